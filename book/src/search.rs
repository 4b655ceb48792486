//! What the search in the browser looks through: one entry for each heading.

use serde_json::{Value, json};

/// A page, and what stands under each of its headings.
pub(crate) struct Entry<'a> {
    pub(crate) title: &'a str,
    pub(crate) address: &'a str,
    /// The heading, its anchor, and the text under it.
    pub(crate) sections: Vec<(&'a str, &'a str, &'a str)>,
}

/// The index as JSON: `[[title, address, [[heading, anchor, text], …]], …]`.
pub(crate) fn index(entries: &[Entry]) -> String {
    let pages = entries.iter().map(|page| {
        let sections = page.sections.iter().map(|(heading, anchor, text)| {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            json!([heading, anchor, text])
        });
        json!([page.title, page.address, sections.collect::<Vec<_>>()])
    });
    Value::from_iter(pages).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_told_once() {
        let sections = vec![("H", "h", "a\n  \"b\"")];
        let page = Entry { title: "T", address: "/t", sections };
        assert_eq!(index(&[page]), r#"[["T","/t",[["H","h","a \"b\""]]]]"#);
    }
}

//! What a page is made of before it is rendered: its headings and their anchors, and the pieces of
//! one that becomes several pages.

use std::collections::BTreeMap;
use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// What the Markdown of the pages may hold besides CommonMark.
pub(crate) const MARKDOWN: Options = Options::ENABLE_TABLES;

/// A heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heading {
    pub(crate) level: u8,
    pub(crate) text: String,
    /// What follows the `#` in a link to it: as code hosts make it, so that links hold there, too.
    pub(crate) anchor: String,
    /// Where it stands in the text of the file.
    pub(crate) range: Range<usize>,
}

/// The headings of a file, in its order.
pub(crate) fn headings(markdown: &str) -> Vec<Heading> {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let mut headings: Vec<Heading> = Vec::new();
    let mut within = false;
    for (event, range) in Parser::new_ext(markdown, MARKDOWN).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                within = true;
                let (text, anchor) = (String::new(), String::new());
                headings.push(Heading { level: level as u8, text, anchor, range });
            }
            Event::End(TagEnd::Heading(_)) => {
                within = false;
                let heading = headings.last_mut().expect("it has begun");
                let slug = slug(&heading.text);
                let count = taken.entry(slug.clone()).or_default();
                heading.anchor = if *count == 0 { slug } else { format!("{slug}-{count}") };
                *count += 1;
            }
            Event::Text(piece) | Event::Code(piece) if within => {
                headings.last_mut().expect("it has begun").text.push_str(&piece);
            }
            _ => {}
        }
    }
    headings
}

/// A heading as part of an address: letters in lower case, digits, `-` and `_`.
pub(crate) fn slug(text: &str) -> String {
    let kept = text.chars().filter(|char| char.is_alphanumeric() || " -_".contains(*char));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// The pieces of a file that is cut before each heading of the second level: what stands before
/// the first of them, and one for each.
pub(crate) fn cut(markdown: &str, headings: &[Heading]) -> Vec<Range<usize>> {
    let cuts = headings.iter().filter(|heading| heading.level == 2).map(|it| it.range.start);
    let starts: Vec<_> = [0].into_iter().chain(cuts).chain([markdown.len()]).collect();
    starts.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_those_of_code_hosts() {
        let page = "# `a b`: C\n\n## D/2\n\n```\n## no\n```\n\n### x_y\n\n## D2\n\ntext";
        let found = headings(page);
        let told: Vec<_> = found.iter().map(|it| (it.level, it.anchor.as_str())).collect();
        assert_eq!(told, [(1, "a-b-c"), (2, "d2"), (3, "x_y"), (2, "d2-1")]);
        let pieces: Vec<_> = cut(page, &found).into_iter().map(|range| &page[range]).collect();
        assert_eq!(pieces.concat(), page);
        assert_eq!(pieces.len(), 3);
        assert!(pieces[1].starts_with("## D/2") && pieces[2].starts_with("## D2"));
    }
}

//! Texts with holes: `{{name}}`.

/// A text with its holes filled in. A value stands as it is: who gives HTML has escaped it.
///
/// # Errors
/// The name of a hole for which there is no value, or of a value without a hole.
pub(crate) fn fill(template: &str, values: &[(&str, &str)]) -> Result<String, String> {
    let mut filled = String::with_capacity(template.len());
    let mut used = vec![false; values.len()];
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").ok_or("a `{{` without its `}}`")?;
        let place = values.iter().position(|(known, _)| *known == name);
        let place = place.ok_or_else(|| format!("`{{{{{name}}}}}` has no value"))?;
        used[place] = true;
        filled.push_str(before);
        filled.push_str(values[place].1);
        rest = after;
    }
    filled.push_str(rest);
    match used.iter().position(|used| !used) {
        Some(place) => Err(format!("there is no `{{{{{}}}}}`", values[place].0)),
        None => Ok(filled),
    }
}

/// A text as HTML shows it, between tags and within quotes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_and_values_fit_each_other() {
        let filled = fill("<{{a}}>{{b}}{{a}}", &[("a", "1"), ("b", "{{a}}")]);
        assert_eq!(filled.as_deref(), Ok("<1>{{a}}1"));
        assert_eq!(fill("{{a}}", &[]), Err("`{{a}}` has no value".to_owned()));
        assert_eq!(fill("", &[("a", "1")]), Err("there is no `{{a}}`".to_owned()));
        assert!(fill("{{a", &[("a", "1")]).is_err());
        assert_eq!(escape("<a b=\"&\">"), "&lt;a b=&quot;&amp;&quot;&gt;");
    }
}

//! Texts with holes: `{{name}}` in a template is filled in when a site is built, or by the
//! server. `{{#name}}…{{/name}}` is a section, which the server shows once, not at all, or
//! several times.

/// A template, taken apart.
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

/// A piece of a template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Piece {
    /// Text, never empty.
    Literal(&'static str),
    /// A hole by its name.
    Hole(&'static str),
    /// A section by its name.
    Section(&'static str, Vec<Piece>),
}

impl Template {
    /// Takes `text` apart. A `{{` that is not closed is literal.
    ///
    /// # Panics
    /// On a section that does not end where it should: a mistake in the template, which every
    /// build would find.
    pub(crate) fn new(text: &'static str) -> Template {
        let mut rest = text;
        let pieces = pieces(&mut rest, None);
        assert!(rest.is_empty(), "no section is open at {rest}");
        Template { pieces }
    }

    /// Its pieces.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The text with every hole filled by what `values` has for its name, escaped for HTML, and each
    /// section shown once for each of its own values.
    ///
    /// # Panics
    /// On a hole or a section that the values around it do not name.
    pub(crate) fn render(&self, values: &Values) -> String {
        let mut out = String::new();
        render(&mut out, &self.pieces, values);
        out
    }
}

/// What stands for the holes and sections of a template, by their names.
pub(crate) type Values = Vec<(&'static str, Filling)>;

/// What stands for one of them.
pub(crate) enum Filling {
    /// A hole's text.
    Text(String),
    /// A section's values, as often as it is shown.
    Each(Vec<Values>),
}

fn render(out: &mut String, pieces: &[Piece], values: &Values) {
    let named = |wanted: &str| {
        let value = values.iter().find(|(name, _)| *name == wanted);
        &value.unwrap_or_else(|| panic!("the template's `{wanted}` has a value")).1
    };
    for piece in pieces {
        match piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::Hole(name) => match named(name) {
                Filling::Text(text) => escape(out, text),
                Filling::Each(_) => panic!("`{name}` is a section's values"),
            },
            Piece::Section(name, pieces) => match named(name) {
                Filling::Each(all) => all.iter().for_each(|values| render(out, pieces, values)),
                Filling::Text(_) => panic!("`{name}` is a hole's value"),
            },
        }
    }
}

/// Takes the pieces of `section`, up to and with its end, off the front of `rest`.
fn pieces(rest: &mut &'static str, section: Option<&str>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    while let Some((literal, tail)) = rest.split_once("{{")
        && let Some((name, tail)) = tail.split_once("}}")
    {
        pieces.extend(Some(Piece::Literal(literal)).filter(|_| !literal.is_empty()));
        if let Some(name) = name.strip_prefix('/') {
            assert_eq!(section, Some(name), "the section that ends here is another one");
            *rest = tail;
            return pieces;
        }
        *rest = tail;
        pieces.push(match name.strip_prefix('#') {
            Some(name) => Piece::Section(name, self::pieces(rest, Some(name))),
            None => Piece::Hole(name),
        });
    }
    assert_eq!(section, None, "a section has no end");
    pieces.extend(Some(Piece::Literal(rest)).filter(|_| !rest.is_empty()));
    *rest = "";
    pieces
}

fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_holes() {
        let text = |value: &str| Filling::Text(value.to_owned());
        let values = vec![("a", text("1 < 2")), ("b", text("\"&\""))];
        let cases = [
            ("", ""),
            ("no holes", "no holes"),
            ("{{a}}", "1 &lt; 2"),
            ("x{{a}}{{b}}y{{a}}", "x1 &lt; 2&quot;&amp;&quot;y1 &lt; 2"),
            ("open {{a", "open {{a"),
            ("a{b:c}", "a{b:c}"),
        ];
        for (template, expected) in cases {
            assert_eq!(Template::new(template).render(&values), expected, "{template}");
        }
    }

    #[test]
    fn sections_hold_pieces() {
        use Piece::{Hole, Literal, Section};
        let template = Template::new("a{{#s}}{{b}}{{#t}}c{{/t}}{{/s}}{{#t}}{{/t}}d");
        let inner = vec![Hole("b"), Section("t", vec![Literal("c")])];
        let expected = [Literal("a"), Section("s", inner), Section("t", Vec::new()), Literal("d")];
        assert_eq!(template.pieces(), expected);
    }

    #[test]
    fn sections_are_shown_for_each_of_their_values() {
        let item = |text: &str| vec![("b", Filling::Text(text.to_owned()))];
        let values = vec![
            ("a", Filling::Text("<".to_owned())),
            ("s", Filling::Each(vec![item("1"), item("2")])),
            ("t", Filling::Each(Vec::new())),
        ];
        let template = Template::new("{{a}}{{#s}}[{{b}}]{{/s}}{{#t}}{{b}}{{/t}}");
        assert_eq!(template.render(&values), "&lt;[1][2]");
    }

    #[test]
    fn sections_end_where_they_should() {
        for text in ["{{#a}}", "{{/a}}", "{{#a}}{{/b}}", "{{#a}}{{#b}}{{/a}}{{/b}}"] {
            assert!(std::panic::catch_unwind(|| Template::new(text)).is_err(), "{text}");
        }
    }
}

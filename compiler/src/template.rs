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

    /// The text with every hole filled by what `values` has for its name, escaped for HTML.
    ///
    /// # Panics
    /// On a section, and on a hole that `values` does not name.
    pub(crate) fn fill(&self, values: &[(&str, &str)]) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Hole(hole) => {
                    let value = values.iter().find(|(name, _)| name == hole);
                    escape(&mut out, value.expect("the template's holes are known").1);
                }
                Piece::Section(name, _) => panic!("the section {name} is the server's to fill"),
            }
        }
        out
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
        let values = [("a", "1 < 2"), ("b", "\"&\"")];
        let cases = [
            ("", ""),
            ("no holes", "no holes"),
            ("{{a}}", "1 &lt; 2"),
            ("x{{a}}{{b}}y{{a}}", "x1 &lt; 2&quot;&amp;&quot;y1 &lt; 2"),
            ("open {{a", "open {{a"),
            ("a{b:c}", "a{b:c}"),
        ];
        for (template, expected) in cases {
            assert_eq!(Template::new(template).fill(&values), expected, "{template}");
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
    fn sections_end_where_they_should() {
        for text in ["{{#a}}", "{{/a}}", "{{#a}}{{/b}}", "{{#a}}{{#b}}{{/a}}{{/b}}"] {
            assert!(std::panic::catch_unwind(|| Template::new(text)).is_err(), "{text}");
        }
    }
}

//! Texts with holes: `{{name}}` in a template is filled in when a site is built.

/// A template, split at its holes.
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

enum Piece {
    Literal(&'static str),
    Hole(&'static str),
}

impl Template {
    /// Splits `text`. A `{{` that is not closed is literal.
    pub(crate) fn new(text: &'static str) -> Template {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some((literal, tail)) = rest.split_once("{{")
            && let Some((name, tail)) = tail.split_once("}}")
        {
            pieces.extend([Piece::Literal(literal), Piece::Hole(name)]);
            rest = tail;
        }
        pieces.push(Piece::Literal(rest));
        Template { pieces }
    }

    /// The text with every hole filled by what `values` has for its name, escaped for HTML.
    ///
    /// # Panics
    /// On a hole that `values` does not name: a mistake in the template, which every build
    /// would find.
    pub(crate) fn fill(&self, values: &[(&str, &str)]) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Hole(hole) => {
                    let value = values.iter().find(|(name, _)| name == hole);
                    escape(&mut out, value.expect("the template's holes are known").1);
                }
            }
        }
        out
    }
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
}

//! Words with `$name` in them, taken apart.

use std::ops::Range;

use super::Checked;
use crate::ast::Word;
use crate::diagnostic::Diagnostic;

/// A part of a word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    /// Bytes that stand for themselves; never two in a row, never none.
    Literal(Vec<u8>),
    /// `$name` or `${name}`.
    Name {
        /// The name, as it was written.
        name: String,
        /// The whole part within the word's value.
        range: Range<usize>,
        /// Whether it has braces.
        braces: bool,
    },
    /// `$1` to `$9`.
    Group {
        /// The number.
        number: usize,
        /// The whole part within the word's value.
        range: Range<usize>,
    },
}

/// The parts of the word's value from `start` on.
pub(crate) fn split(word: &Word, start: usize) -> Checked<Vec<Part>> {
    let value = &word.value;
    let mut parts = Vec::new();
    let mut at = start;
    while at < value.len() {
        let literal = at;
        at += value[at..].iter().take_while(|&&byte| byte != b'$').count();
        if literal < at {
            parts.push(Part::Literal(value[literal..at].to_vec()));
        }
        if at < value.len() {
            let part = reference(word, at)?;
            let (Part::Name { range, .. } | Part::Group { range, .. }) = &part else { break };
            at = range.end;
            parts.push(part);
        }
    }
    Ok(parts)
}

/// The part that begins with the `$` at `start`.
fn reference(word: &Word, start: usize) -> Checked<Part> {
    let braces = word.value.get(start + 1) == Some(&b'{');
    let name_start = start + 1 + usize::from(braces);
    let name: Vec<u8> = word.value[name_start..]
        .iter()
        .copied()
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        .collect();
    if let (Some(digit @ b'1'..=b'9'), false) = (name.first(), braces) {
        let number = usize::from(digit - b'0');
        return Ok(Part::Group { number, range: start..start + 2 });
    }
    let name_end = name_start + name.len();
    let end = name_end + usize::from(braces);
    let wrong = |end: usize, text: &str| {
        Err(Box::new(Diagnostic::error("T18", word.part(start..end.min(word.value.len())), text)))
    };
    if braces && word.value.get(name_end) != Some(&b'}') {
        let text = "this `${` has no `}` behind a name";
        return wrong(name_end, text).map_err(|wrong| Box::new(wrong.help("write `${name}`")));
    }
    if name.is_empty() {
        let help = "a value cannot hold a `$` of its own, as in nginx: write a variable, `$uri`";
        return wrong(end, "this `$` has no name behind it")
            .map_err(|wrong| Box::new(wrong.help(help)));
    }
    let name = String::from_utf8_lossy(&name).into_owned();
    let range = start..end;
    match name.parse() {
        Ok(number @ 1..=9) => Ok(Part::Group { number, range }),
        _ => Ok(Part::Name { name, range, braces }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{outcome, word};

    fn literal(text: &str) -> Part {
        Part::Literal(text.into())
    }

    fn name(name: &str, range: Range<usize>) -> Part {
        Part::Name { name: name.into(), range, braces: false }
    }

    #[test]
    fn words_are_taken_apart() {
        let braced = Part::Name { name: "b".into(), range: 3..7, braces: true };
        let group = |number, range| Part::Group { number, range };
        for (text, expected) in [
            ("", vec![]),
            ("/a", vec![literal("/a")]),
            ("$uri", vec![name("uri", 0..4)]),
            ("$a-${b}c", vec![name("a", 0..2), literal("-"), braced, literal("c")]),
            ("$12$a1", vec![group(1, 0..2), literal("2"), name("a1", 3..6)]),
            ("${3}", vec![group(3, 0..4)]),
            ("$0", vec![name("0", 0..2)]),
        ] {
            assert_eq!(split(&word(text), 0).unwrap(), expected, "{text}");
        }
        assert_eq!(split(&word("=$a"), 1).unwrap(), vec![name("a", 1..3)]);
    }

    #[test]
    fn a_dollar_needs_a_name() {
        let alone = "this `$` has no name behind it [a value cannot hold a `$` of its own, as in \
                     nginx: write a variable, `$uri`]";
        let open = "this `${` has no `}` behind a name [write `${name}`]";
        for (text, at, expected) in [
            ("a$", "1..2", alone),
            ("$.", "0..1", alone),
            ("${}", "0..3", alone),
            ("${a", "0..3", open),
            ("${a-b}", "0..3", open),
        ] {
            let expected = format!("T18 {at} {expected}");
            assert_eq!(outcome(split(&word(text), 0)), Err(expected), "{text}");
        }
    }
}

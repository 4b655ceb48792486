//! Texts that a pattern needs: every match has one of them in it.

use regex_syntax::hir::{Class, Hir, HirKind};

/// The most texts of which a match may have any one.
const MOST_TEXTS: usize = 16;

/// Texts in lower case, of which every match has one.
pub(crate) type Texts = Vec<Vec<u8>>;

/// Texts in lower case of which every match has one, as long as they can be; none where none
/// are known.
pub(crate) fn required(hir: &Hir) -> Texts {
    let longer = |best: Texts, texts: Texts| match shortest(&texts) > shortest(&best) {
        true => texts,
        false => best,
    };
    needs(hir).into_iter().fold(Texts::new(), longer)
}

/// All that is known to be required.
pub(crate) fn needs(hir: &Hir) -> Vec<Texts> {
    let mut needs = Needs::default();
    needs.collect(hir);
    needs.end_run();
    needs.all
}

fn shortest(texts: &Texts) -> usize {
    texts.iter().map(Vec::len).min().unwrap_or(0)
}

#[derive(Default)]
struct Needs {
    all: Vec<Texts>,
    /// The text that every match has right before the place that was come to.
    run: Vec<u8>,
}

impl Needs {
    fn collect(&mut self, hir: &Hir) {
        match hir.kind() {
            HirKind::Literal(text) => self.run.extend(text.0.iter().map(u8::to_ascii_lowercase)),
            HirKind::Class(class) if one_letter(class).is_some() => {
                self.run.extend(one_letter(class));
            }
            HirKind::Capture(capture) => self.collect(&capture.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.collect(part)),
            HirKind::Look(_) | HirKind::Empty => {}
            HirKind::Repetition(repetition) if repetition.min > 0 => {
                self.collect(&repetition.sub);
                self.end_run();
            }
            HirKind::Alternation(parts) => {
                self.end_run();
                let each: Vec<_> = parts.iter().map(required).collect();
                if each.iter().all(|texts| !texts.is_empty()) {
                    let texts = each.concat();
                    self.all.extend(Some(texts).filter(|texts| texts.len() <= MOST_TEXTS));
                }
            }
            HirKind::Class(_) | HirKind::Repetition(_) => self.end_run(),
        }
    }

    /// Ends the run of text.
    fn end_run(&mut self) {
        let run = std::mem::take(&mut self.run);
        if !run.is_empty() {
            self.all.push(vec![run]);
        }
    }
}

/// The letter of a class that is one letter in any case, such as `[Aa]`.
fn one_letter(class: &Class) -> Option<u8> {
    let Class::Bytes(class) = class else { return None };
    let mut bytes = class.ranges().iter().flat_map(|range| range.start()..=range.end());
    let first = bytes.next()?.to_ascii_lowercase();
    bytes.next()?.eq_ignore_ascii_case(&first).then_some(first).filter(|_| bytes.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn what_a_match_must_hold() {
        for (text, expected) in [
            ("^/api/v1/", "/api/v1/"),
            (r"(?i)\.PNG$", ".png"),
            (r"\.(png|jpeg)$", "png jpeg"),
            (r"\.long(png|jpeg)$", ".long"),
            ("(a|b*)c", "c"),
            ("^/a/.*/long", "/long"),
            ("^/long/.*/a", "/long/"),
            ("(ab)+c", "ab"),
            ("(ab)*c", "c"),
            ("ab|cd", "ab cd"),
            ("ab|", ""),
            ("[a-q]|b", ""),
            ("", ""),
            ("[ab]", ""),
        ] {
            let found = required(parse(text, false).unwrap().hir());
            let expected: Vec<_> = expected.split_whitespace().map(str::as_bytes).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}

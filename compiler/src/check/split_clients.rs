//! `split_clients`: variables whose values share out all texts by their hash.

use sitec_runtime::shares::bound;

use super::groups::Groups;
use super::map::{Numbered, literal};
use super::reader::Reader;
use crate::ast::{Directive, Word};
use crate::diagnostic::Diagnostic;
use crate::ir::{Lookup, Map};
use crate::source::Span;
use crate::value::Checked;

/// All, in hundredths of a percent.
const ALL: u32 = 10_000;

impl Reader<'_> {
    /// Resolves a `split_clients`, whose variable is `name`.
    pub(super) fn split_clients(&mut self, directive: &Directive, name: String) -> Checked<Map> {
        let block = directive.block.as_ref().expect("the structure is checked");
        let source = self.value(&directive.args[0], 0, &Groups::AtMost(9))?;
        let (mut values, mut shares, mut default) = (Numbered::default(), Vec::new(), 0);
        let (mut sum, mut rest) = (0, None::<Span>);
        for line in &block.directives {
            let Some((share, value)) = self.share_line(line) else { continue };
            let place = line.name.span;
            if let Some(rest) = rest {
                self.diagnostics.push(
                    Diagnostic::error("R13", place, "nothing is left for this share")
                        .also(rest, "this takes what is left")
                        .help("put `*` behind all shares"),
                );
                continue;
            }
            let number = values.number(literal(value));
            let Some(share) = share else {
                (default, rest) = (number, Some(place));
                continue;
            };
            sum += share;
            if sum > ALL {
                let message = format!("the shares come to {} by here", shown(sum));
                self.diagnostics.push(
                    Diagnostic::error("R13", place, message)
                        .help("all shares together are 100% at most; `*` takes what is left"),
                );
                break;
            }
            shares.push((bound(sum), number));
        }
        let (lookup, values) = (Lookup::Share(shares), values.values);
        Ok(Map { name, source, volatile: false, proxies: None, lookup, default, values })
    }

    /// A line's share in hundredths of a percent, or nothing for `*`, and its value.
    fn share_line<'d>(&mut self, line: &'d Directive) -> Option<(Option<u32>, &'d Word)> {
        let ([value], None) = (&line.args[..], &line.block) else {
            let message = "a line of `split_clients` is a share and its value";
            self.diagnostics.push(
                Diagnostic::error("R13", line.span(), message)
                    .help("write `10% new;` or `* old;`, and put a value with blanks in quotes"),
            );
            return None;
        };
        let share = match &line.name.value[..] {
            b"*" => None,
            _ => Some(self.report(hundredths(&line.name))?),
        };
        Some((share, value))
    }
}

/// `0.5%` in hundredths of a percent.
fn hundredths(word: &Word) -> Checked<u32> {
    let wrong = |message: String| Diagnostic::error("R13", word.span, message);
    let text = word.text().unwrap_or_default();
    let Some(number) = text.strip_suffix('%') else {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let wrong = wrong(format!("`{}` is no share", word.shown()));
        return Err(Box::new(match is_number {
            true => wrong.patch(format!("write `{text}%`"), word.span, format!("{text}%")),
            false => wrong.help("write `0.5%`, or `*` for what is left"),
        }));
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if number.is_empty() || number == "." || !digits(whole) || !digits(part) || part.len() > 2 {
        return Err(Box::new(
            wrong(format!("`{}` is no share", word.shown()))
                .help("a share is a number with two digits behind the point at most: `0.25%`"),
        ));
    }
    let whole: u32 = if whole.is_empty() { Ok(0) } else { whole.parse() }.unwrap_or(u32::MAX);
    let part: u32 = format!("{part:0<2}").parse().unwrap_or(0);
    match whole.saturating_mul(100).saturating_add(part) {
        0 => Err(Box::new(wrong(format!("`{}` is nobody", word.shown())).help("delete the line"))),
        share if share > ALL => {
            Err(Box::new(wrong(format!("`{}` is more than all", word.shown())).help("100% is all")))
        }
        share => Ok(share),
    }
}

/// Hundredths of a percent, as they are written.
fn shown(hundredths: u32) -> String {
    match hundredths % 100 {
        0 => format!("{}%", hundredths / 100),
        part => format!("{}.{part:02}%", hundredths / 100),
    }
}

//! `charset_map`: which characters of two charsets are the same.

use super::reader::Reader;
use crate::ast::{Directive, Word};
use crate::diagnostic::Diagnostic;
use crate::ir::{CharsetMap, MapForm};
use crate::source::Span;
use crate::value::Checked;
use sitec_runtime::http::charset::{Recoded, is_same};
use sitec_runtime::site::UTF8_LEN;

/// What stands for a character that a charset has not.
const UNKNOWN: u8 = b'?';
const UTF8: &[u8] = b"utf-8";

/// The `charset_map`s of a conf, in its order.
fn blocks<'a>(directives: &'a [Directive], found: &mut Vec<&'a Directive>) {
    for directive in directives {
        match &directive.name.value[..] {
            b"charset_map" => found.push(directive),
            b"http" => {
                let block = directive.block.iter();
                block.for_each(|block| blocks(&block.directives, found));
            }
            _ => {}
        }
    }
}

/// Whether contents may be recoded: what one context says, or one within it.
fn may_recode(directives: &[Directive]) -> bool {
    directives.iter().any(|directive| {
        let says = match &directive.name.value[..] {
            b"charset_map" => true,
            b"source_charset" | b"override_charset" => {
                directive.args.first().is_some_and(|word| word.value != b"off")
            }
            _ => false,
        };
        let block = directive.block.as_ref();
        says || block.is_some_and(|block| may_recode(&block.directives))
    })
}

impl Reader<'_> {
    /// Reads them.
    pub(super) fn read_charset_maps(&mut self, directives: &[Directive]) {
        self.recodes = may_recode(directives);
        let mut found = Vec::new();
        blocks(directives, &mut found);
        let mut places: Vec<Span> = Vec::new();
        for directive in found {
            let map = self.charset_map(directive, &places);
            if let Some(map) = self.report(map) {
                self.charset_maps.push(map);
                places.push(directive.span());
            }
        }
    }

    /// The map that leads from one charset to another.
    pub(super) fn map_between(&self, from: &[u8], to: &[u8]) -> Option<Recoded> {
        let names = self.charset_maps.iter().map(|map| (&map.names[0][..], &map.names[1][..]));
        Recoded::find(names, from, to)
    }

    fn charset_map(&mut self, directive: &Directive, places: &[Span]) -> Checked<CharsetMap> {
        let ([first, second], Some(block)) = (&directive.args[..], &directive.block) else {
            unreachable!("the structure is checked")
        };
        let wrong = |span, message: String| Diagnostic::error("T30", span, message);
        for word in [first, second] {
            super::charset::check_name(word)?;
        }
        if is_same(&first.value, &second.value) {
            let message = format!("both charsets are `{}`", second.shown());
            return Err(Box::new(wrong(second.span, message).help("name two charsets")));
        }
        if is_same(&first.value, UTF8) {
            let message = "`utf-8` is the second charset of a map".to_owned();
            return Err(Box::new(
                wrong(first.span, message)
                    .help("put the charset with one byte for each character first")
                    .note("each map is used in both directions"),
            ));
        }
        if let Some(known) = self.map_between(&first.value, &second.value) {
            let message = format!("there is a map of `{}` and `{}`", first.shown(), second.shown());
            return Err(Box::new(
                wrong(directive.name.span, message)
                    .also(places[usize::from(known.map)], "it is here")
                    .note("each map is used in both directions"),
            ));
        }
        let is_utf8 = is_same(&second.value, UTF8);
        let mut lines = Lines::default();
        for line in &block.directives {
            let taken = lines.take(line, is_utf8);
            self.report(taken);
        }
        let form = if is_utf8 { lines.utf8() } else { lines.bytes() };
        Ok(CharsetMap { names: [first.value.clone(), second.value.clone()], form })
    }
}

/// What the lines of a map say.
#[derive(Default)]
struct Lines(Vec<(u8, Vec<u8>)>);

impl Lines {
    /// Takes `80 E282AC;`.
    fn take(&mut self, line: &Directive, is_utf8: bool) -> Checked<()> {
        let ([to], None) = (&line.args[..], &line.block) else {
            return Err(Box::new(
                Diagnostic::error(
                    "T30",
                    line.span(),
                    "a line of a `charset_map` is two characters",
                )
                .help("write the two in hexadecimal: `C0 D18E;`"),
            ));
        };
        let from = hex(&line.name).filter(|bytes| bytes.len() == 1);
        let Some(&[from]) = from.as_deref() else {
            return Err(Box::new(not_hex(&line.name, "a byte in hexadecimal, `C0`")));
        };
        let becomes = hex(to);
        let is_character = |bytes: &Vec<u8>| match is_utf8 {
            false => bytes.len() == 1,
            // As in nginx, no more than three bytes.
            true => str::from_utf8(bytes)
                .is_ok_and(|text| text.chars().count() == 1 && text.len() < UTF8_LEN),
        };
        let Some(becomes) = becomes.filter(is_character) else {
            return Err(Box::new(not_hex(
                to,
                match is_utf8 {
                    true => "the bytes of one character in UTF-8, three at most: `D18E`",
                    false => "a byte in hexadecimal, `C0`",
                },
            )));
        };
        self.0.push((from, becomes));
        Ok(())
    }

    /// Two tables of bytes.
    fn bytes(self) -> MapForm {
        let (mut there, mut back) = (usual(), usual());
        for (from, to) in self.0 {
            there[usize::from(from)] = to[0];
            back[usize::from(to[0])] = from;
        }
        MapForm::Bytes { there, back }
    }

    /// A table of characters in UTF-8, and a list of these.
    fn utf8(self) -> MapForm {
        let mut there: Vec<_> = usual().into_iter().map(|byte| [1, byte, 0, 0]).collect();
        let mut back: Vec<(u16, u8)> = Vec::new();
        for (from, to) in self.0 {
            let place = &mut there[usize::from(from)];
            *place = [to.len() as u8, 0, 0, 0];
            place[1..=to.len()].copy_from_slice(&to);
            let text = String::from_utf8_lossy(&to);
            let Some(number) = text.chars().next().and_then(|c| u16::try_from(u32::from(c)).ok())
            else {
                continue;
            };
            // As in nginx, the last line of a character counts, and nothing becomes a zero.
            back.retain(|pair| pair.0 != number);
            if from != 0 {
                back.push((number, from));
            }
        }
        back.sort_unstable();
        MapForm::Utf8 { there, back }
    }
}

/// What becomes of bytes of which nothing is said: those of ASCII stay.
fn usual() -> Vec<u8> {
    (0..=u8::MAX).map(|byte| if byte.is_ascii() { byte } else { UNKNOWN }).collect()
}

/// Bytes in hexadecimal.
fn hex(word: &Word) -> Option<Vec<u8>> {
    let text = word.text()?;
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    let digits = digits.filter(|digits| !digits.is_empty())?;
    match digits.len() {
        1 => Some(digits),
        len if len % 2 == 0 => Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()),
        _ => None,
    }
}

fn not_hex(word: &Word, wanted: &str) -> Diagnostic {
    Diagnostic::error(
        "T30",
        word.span,
        format!("`{}` is no character of the charset", word.shown()),
    )
    .help(format!("write {wanted}"))
}

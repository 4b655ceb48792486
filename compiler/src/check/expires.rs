//! `expires`, and what maps say for it.

use super::groups::Groups;
use super::map::blocks;
use super::reader::Reader;
use crate::ast::{Directive, Word};
use crate::diagnostic::Diagnostic;
use crate::ir::{Expiration, Piece, Value, Variable};
use crate::value::{self, Checked, keyword};

impl Reader<'_> {
    /// What an `expires` says; `None`: `off`.
    pub(super) fn expires(
        &mut self,
        directive: &Directive,
        groups: &Groups,
    ) -> Checked<Option<Expiration>> {
        let (word, modified) = match &directive.args[..] {
            [number, unit] if number.value.first().is_some_and(u8::is_ascii_digit) => {
                let message = format!("a time is one word, and `{}` is another", unit.shown());
                let help = "its unit is a letter behind the number: `30d`, `1h30m`";
                let span = number.span.to(unit.span);
                return Err(Box::new(Diagnostic::error("T04", span, message).help(help)));
            }
            [modified, time] => {
                keyword(modified, &[("modified", ())])?;
                (time, true)
            }
            [time, ..] => (time, false),
            [] => return Ok(None),
        };
        let value = self.value(word, 0, groups)?;
        if value.literal().is_some() {
            return fixed(word, modified);
        }
        let Value(pieces) = &value;
        if let [Piece::Variable(Variable::Mapped(map, _))] = pieces[..] {
            self.expiring_maps.entry(map).or_insert((directive.span(), modified));
        }
        Ok(Some(Expiration::Computed(value, modified)))
    }

    /// Reports what maps say that an `expires` could not make anything of. nginx would leave it
    /// out of responses without a word.
    pub(super) fn check_expiring_maps(&mut self, directives: &[Directive]) {
        let mut found = Vec::new();
        blocks(directives, &mut found);
        let mut maps: Vec<_> = std::mem::take(&mut self.expiring_maps).into_iter().collect();
        maps.sort_unstable_by_key(|&(map, _)| map);
        for (map, (expires, modified)) in maps {
            let lines = found[map].block.iter().flat_map(|block| &block.directives);
            for line in lines {
                let [word] = &line.args[..] else { continue };
                // Of a `geo`, this line gives no value.
                if line.name.value == b"delete"
                    || word.value.is_empty()
                    || word.value.contains(&b'$')
                {
                    continue;
                }
                let said = fixed(word, modified)
                    .map_err(|wrong| Box::new(wrong.also(expires, "the value is for this")));
                self.report(said);
            }
        }
    }
}

/// The meaning of a word without variables.
fn fixed(word: &Word, modified: bool) -> Checked<Option<Expiration>> {
    let expires = match modified {
        true => Some(value::expires_modified(word)?),
        false => value::expires(word)?,
    };
    Ok(expires.map(Expiration::Fixed))
}

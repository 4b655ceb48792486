//! `limit_rate` and `limit_rate_after`: how fast a response is sent.

use super::groups::Groups;
use super::reader::Reader;
use crate::ast::{Directive, named};
use crate::ir::{self, Amount};
use crate::value::{Checked, size};

/// The two directives in one context, inherited ones included.
#[derive(Clone)]
pub(super) struct Rate {
    per_second: Amount,
    after: Amount,
}

impl Default for Rate {
    fn default() -> Rate {
        Rate { per_second: Amount::Fixed(0), after: Amount::Fixed(0) }
    }
}

impl Rate {
    /// Takes those among the directives of a context.
    pub(super) fn set(
        &mut self,
        directives: &[Directive],
        reader: &mut Reader<'_>,
        groups: &Groups,
    ) {
        for (name, amount) in
            [("limit_rate", &mut self.per_second), ("limit_rate_after", &mut self.after)]
        {
            let Some(directive) = named(directives, name).next() else { continue };
            let read = reader.amount(directive, groups);
            if let Some(read) = reader.report(read) {
                *amount = read;
            }
        }
    }

    /// What they come to. What comes before a limit says nothing without it, but where `set` gives
    /// `$limit_rate`.
    pub(super) fn resolved(&self) -> Option<ir::Rate> {
        let Rate { per_second, after } = self;
        let none = Amount::Fixed(0);
        let says = *per_second != none || *after != none;
        says.then(|| ir::Rate { per_second: per_second.clone(), after: after.clone() })
    }
}

impl Reader<'_> {
    /// A number of bytes: a size, or a value that is one when there is a request.
    pub(super) fn amount(&mut self, directive: &Directive, groups: &Groups) -> Checked<Amount> {
        let word = &directive.args[0];
        let value = self.value(word, 0, groups)?;
        match value.literal() {
            Some(_) => size(word).map(Amount::Fixed),
            None => Ok(Amount::Computed(value)),
        }
    }
}

//! What became of each directive.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;

/// What became of one directive.
#[derive(Clone, Debug)]
pub(super) enum Fate {
    /// It stands in the conf, and means a little else, in these words.
    Different(String),
    /// It is left out, for this reason, and nothing is lost.
    Needless(String),
    /// It is left out, as this says about its place in what is imported.
    Lost(Box<Diagnostic>),
}

impl Fate {
    pub(super) fn lost(why: Diagnostic) -> Fate {
        Fate::Lost(Box::new(why))
    }

    /// Whether the directive does not stand in the conf.
    pub(super) fn is_left_out(&self) -> bool {
        !matches!(self, Fate::Different(_))
    }
}

/// What became of the directives, by their numbers. One that is not here means the same.
#[derive(Default, Debug)]
pub(super) struct Fates(BTreeMap<usize, Fate>);

impl Fates {
    /// Notes it, unless it is noted already that it is left out.
    pub(super) fn set(&mut self, id: usize, fate: Fate) {
        if !self.of(id).is_some_and(Fate::is_left_out) {
            self.0.insert(id, fate);
        }
    }

    /// Notes it, whatever was noted before.
    pub(super) fn replace(&mut self, id: usize, fate: Fate) {
        self.0.insert(id, fate);
    }

    /// Why what is lost is.
    pub(super) fn lost(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.values().filter_map(|fate| match fate {
            Fate::Lost(why) => Some(&**why),
            _ => None,
        })
    }

    pub(super) fn of(&self, id: usize) -> Option<&Fate> {
        self.0.get(&id)
    }
}

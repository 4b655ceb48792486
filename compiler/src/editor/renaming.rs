//! Where a name stands everywhere, and what else it may be called.

use std::collections::BTreeSet;

use super::names::{Name, is_known};
use super::place::{Place, is_in};
use super::project::Project;
use crate::directive::NameKind;
use crate::source::{FileId, Span};

/// Why something cannot be given another name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unnamable {
    /// There is no name at the place, or nothing in the conf gives it.
    NotOfTheConf,
    /// The new name has characters that such names have not.
    Malformed(NameKind),
    /// Something else has the new name already.
    Taken(NameKind),
}

impl Project {
    /// The name at a place of a file.
    pub fn name_at(&self, file: FileId, offset: usize) -> Option<&Name> {
        self.names.iter().find(|name| is_in(name.span, file, offset))
    }

    /// Everywhere the same name stands.
    pub fn same<'a>(&'a self, name: &'a Name) -> impl Iterator<Item = &'a Name> {
        self.names.iter().filter(|other| other.is_same(name))
    }

    /// The places that change where the name at a place is replaced by another.
    ///
    /// Errors: it has no other name, or cannot have this one.
    pub fn rename(&self, file: FileId, offset: usize, new: &str) -> Result<Vec<Span>, Unnamable> {
        let name = self.name_at(file, offset).ok_or(Unnamable::NotOfTheConf)?;
        let is_given = self.same(name).any(|other| other.gives);
        if !is_given || name.is_of_the_language() {
            return Err(Unnamable::NotOfTheConf);
        }
        let shares = |kind| match kind {
            NameKind::Param => NameKind::Variable,
            kind => kind,
        };
        if new.is_empty() || !name.kind.allows(new) {
            return Err(Unnamable::Malformed(name.kind));
        }
        let is_taken = |other: &Name| {
            other.gives
                && shares(other.kind) == shares(name.kind)
                && other.server == name.server
                && other.text == new
        };
        let is_variable = shares(name.kind) == NameKind::Variable;
        let is_builtin = is_variable && is_known(new);
        if new != name.text && (is_builtin || self.names.iter().any(is_taken)) {
            return Err(Unnamable::Taken(name.kind));
        }
        Ok(self.same(name).map(|other| other.span).collect())
    }

    /// The names of a kind that are given where `place` is, each once.
    pub(super) fn given(&self, kind: NameKind, place: Place) -> Vec<&Name> {
        let mut seen = BTreeSet::new();
        let holds = |name: &&Name| {
            name.gives
                && name.kind == kind
                && (name.server.is_none() || name.server == place.server)
        };
        let given = self.names.iter().filter(holds);
        given.filter(|name| seen.insert(&name.text)).collect()
    }
}

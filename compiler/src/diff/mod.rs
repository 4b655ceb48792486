//! The requests that two confs handle differently, with a witness for each class of them.
//!
//! Classes come from the confs, not from guesses: every pair of servers that one host may come to,
//! and for each of them a walk over the product of all prefixes and all regexes of both, which has
//! a path for every pair of locations that one path may come to. The witness of each pair is asked
//! of both confs, with all files there and with none, so that no disk decides.

mod asked;
mod classes;
mod compare;
mod fold;
mod named;
mod seek;
mod show;
#[cfg(test)]
mod tests;
mod views;
mod witness;

use std::collections::BTreeSet;
use std::path::Path;

use sitec_runtime::site::{ListenId, LocationId, ServerId};

use crate::answer::address;
use crate::facts::{Facts, differing};
use crate::ir;
use crate::places::Places;
use crate::source::Sources;
use classes::Class;
pub use witness::Witness;

/// One of the two confs.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// The site.
    pub site: &'a ir::Site,
    /// Where the conf says what.
    pub places: &'a Places,
    /// Its files.
    pub sources: &'a Sources,
    /// Its folder.
    pub folder: &'a Path,
}

impl<'a> Side<'a> {
    /// A location and where it is.
    fn placed(self, id: LocationId) -> String {
        let place = self.sources.place(self.places.locations[id as usize].span);
        format!("{} ({place})", self.places.location(id))
    }

    fn facts(self) -> Facts<'a> {
        Facts { site: self.site, places: self.places }
    }
}

/// What differs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The changes, in the order of the old conf.
    pub changes: Vec<Change>,
    /// Whether there are no others: false where a conf is too large for all its classes to be
    /// looked at.
    pub complete: bool,
}

/// A class of requests that are handled differently.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// One of them; `None` where it is the process that changes.
    pub witness: Option<Witness>,
    /// Whether the two answers to it differ. If not, no request was found that shows on the wire
    /// what has changed.
    pub shows: bool,
    /// How it was handled.
    pub was: Handling,
    /// How it is handled now.
    pub becomes: Handling,
    /// The directives that differ, with both values; empty where there is none.
    pub directives: Vec<(&'static str, String, String)>,
    /// The other locations, as they are now, in which the same directives differ in the same way,
    /// each with its place.
    pub others: Vec<String>,
}

/// What becomes of a request.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Handling {
    /// The location; empty where nobody listens.
    pub location: String,
    /// FILE:LINE of it.
    pub place: String,
    /// The status, where it is known.
    pub status: Option<u16>,
    /// What happens at last, in words.
    pub end: String,
}

/// Compares two confs.
pub fn diff(old: Side<'_>, new: Side<'_>) -> Difference {
    let mut difference = Difference { changes: Vec::new(), complete: true };
    process(old, new, &mut difference);
    let mut seen = BTreeSet::new();
    let ids = |side: Side<'_>| (0..side.site.listens.len()).map(|id| id as ListenId);
    let mut added: Vec<_> = ids(new).collect();
    for old_id in ids(old) {
        match same_listen(old, old_id, new, &added) {
            Some(at) => {
                let pair = Pair { old, new, listens: (old_id, added.remove(at)) };
                pair.compare(&mut seen, &mut difference);
            }
            None => difference.changes.push(compare::listens_no_more(old, old_id)),
        }
    }
    difference.changes.extend(added.into_iter().map(|id| compare::listens_now(new, id)));
    difference
}

/// Which of `ids` is the address of `old_id`: one that is written so, or else is the same with the
/// defaults of params.
fn same_listen(old: Side<'_>, old_id: ListenId, new: Side<'_>, ids: &[ListenId]) -> Option<usize> {
    let written = &old.site.listens[usize::from(old_id)].address;
    let at = address(old.site, old_id);
    let is_written_so = |id: &ListenId| new.site.listens[usize::from(*id)].address == *written;
    let is_same = |id: &ListenId| address(new.site, *id) == at;
    ids.iter()
        .position(|id| is_same(id) && is_written_so(id))
        .or_else(|| ids.iter().position(is_same))
}

/// What the process itself says.
fn process(old: Side<'_>, new: Side<'_>, difference: &mut Difference) {
    let directives = differing(&old.facts().of_process(), &new.facts().of_process());
    if !directives.is_empty() {
        let [was, becomes] = [Handling::default(), Handling::default()];
        difference.changes.push(Change {
            witness: None,
            shows: false,
            was,
            becomes,
            directives,
            others: Vec::new(),
        });
    }
}

/// One address in both confs.
#[derive(Clone, Copy)]
struct Pair<'a> {
    old: Side<'a>,
    new: Side<'a>,
    listens: (ListenId, ListenId),
}

impl Pair<'_> {
    /// Compares what is behind the address; pairs of servers that were compared at another one
    /// are `seen`.
    fn compare(&self, seen: &mut BTreeSet<(ServerId, ServerId)>, difference: &mut Difference) {
        let hosts = classes::hosts(self);
        difference.complete &= hosts.complete;
        for Class { witnesses, pair: servers, .. } in hosts.found {
            if !seen.insert(servers) {
                continue;
            }
            let mut paths = classes::paths(self, servers, false);
            if paths.found.iter().any(|class| self.folders_differ(class.pair)) {
                paths = classes::paths(self, servers, true);
            }
            difference.complete &= paths.complete;
            self.compare_servers(&witnesses[0], servers, &paths, &mut difference.changes);
        }
    }
}

//! Named locations: no path leads there, only other locations do.

use sitec_runtime::http::method::Method;
use sitec_runtime::site::{LocationId, ServerId};

use super::{Change, Handling, Pair, Side};
use crate::facts::differing;
use crate::ir::{Action, ErrorTarget, Fallback};

impl Pair<'_> {
    /// The changes of named locations that both servers have. The witness is a request to a
    /// location that leads there; what has to happen for that is told.
    pub(super) fn compare_named(
        &self,
        host: &[u8],
        servers: (ServerId, ServerId),
        paths: &[(Vec<u8>, (LocationId, LocationId))],
        changes: &mut Vec<Change>,
    ) {
        for old_id in named(self.old, servers.0) {
            let name = &self.old.places.locations[old_id as usize].written;
            let is_it = |id: &LocationId| self.new.places.locations[*id as usize].written == *name;
            let Some(new_id) = named(self.new, servers.1).find(is_it) else { continue };
            let facts =
                (self.old.facts().of_location(old_id), self.new.facts().of_location(new_id));
            let directives = differing(&facts.0, &facts.1);
            let way = paths
                .iter()
                .find_map(|(path, (_, from))| Some((path, leads(self.new, *from, new_id)?)));
            if let (Some((path, way)), false) = (way, directives.is_empty()) {
                changes.push(Change {
                    witness: Some(self.witness(Method::Get, host, path)),
                    was: arrived(self.old, old_id, &way),
                    becomes: arrived(self.new, new_id, &way),
                    directives,
                });
            }
        }
    }
}

/// The named locations of a server.
fn named(side: Side<'_>, server: ServerId) -> impl Iterator<Item = LocationId> {
    let all = (0..).zip(&side.places.locations);
    let named =
        all.filter(move |(_, place)| place.server == server && place.written.starts_with('@'));
    named.map(|(id, _)| id)
}

/// By what a location leads to another.
fn leads(side: Side<'_>, from: LocationId, to: LocationId) -> Option<String> {
    let location = &side.site.locations[from as usize];
    if let Action::Serve { try_files: Some(list), .. } = &location.action
        && list.fallback == Fallback::Named(to)
    {
        return Some("`try_files` leads there".to_owned());
    }
    let pages = &side.site.settings[location.settings].error_pages;
    let page = pages.iter().find(|page| page.target == ErrorTarget::Named(to))?;
    Some(format!("`error_page {}` leads there", page.status))
}

fn arrived(side: Side<'_>, id: LocationId, way: &str) -> Handling {
    Handling {
        location: side.places.location(id),
        place: side.sources.place(side.places.locations[id as usize].span),
        status: None,
        end: way.to_owned(),
    }
}

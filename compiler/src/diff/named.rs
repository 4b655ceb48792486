//! Named locations: no path leads there, only other locations do.

use sitec_runtime::http::method::Method;
use sitec_runtime::site::{LocationId, ServerId};

use super::seek::{Asker, Told};
use super::{Change, Class, Handling, Pair, Side};
use crate::facts::differing;
use crate::ir::{Action, ErrorTarget, Fallback, Value};
use crate::route::Router;
use crate::wording;

impl Asker<'_> {
    /// The changes of named locations that both servers have. The witness is a request to a
    /// location that leads there; what has to happen for that is told.
    pub(super) fn compare_named(&self, paths: &[Class<LocationId>], changes: &mut Vec<Change>) {
        let Pair { old, new, .. } = *self.pair;
        for old_id in named(old, self.servers.0) {
            let name = &old.places.locations[old_id as usize].written;
            let is_it = |id: &LocationId| new.places.locations[*id as usize].written == *name;
            let Some(new_id) = named(new, self.servers.1).find(is_it) else { continue };
            let facts = (old.facts().of_location(old_id), new.facts().of_location(new_id));
            let directives = differing(&facts.0, &facts.1);
            let mut ways =
                paths.iter().filter_map(|class| Some((class, leads(new, class.pair.1, new_id)?)));
            if let (Some((class, way)), false) = (ways.next(), directives.is_empty()) {
                let found = self.seek(class, &directives);
                let shows = found.is_some();
                let plain = || self.witness(Method::Get, &class.witnesses[0]);
                changes.push(Change {
                    witness: Some(found.map_or_else(plain, |found| found.witness)),
                    shows,
                    was: arrived(old, old_id, &way),
                    becomes: arrived(new, new_id, &way),
                    directives,
                    others: Vec::new(),
                });
            }
        }
    }

    /// The change of an `internal` location, to which clients come by another one alone: the
    /// witness is a request to that, and what leads on is told.
    pub(super) fn asked_change(
        &self,
        (old_id, new_id): (LocationId, LocationId),
        directives: &[Told],
        paths: &[Class<LocationId>],
    ) -> Option<Change> {
        let Pair { old, new, .. } = *self.pair;
        let is_internal = |side: Side<'_>, id| side.site.locations[id as usize].internal;
        if directives.is_empty() || !is_internal(old, old_id) || !is_internal(new, new_id) {
            return None;
        }
        let router = Router::new(new.site);
        let leads_to = |path: &[u8]| router.location(self.servers.1, path) == new_id;
        let mut ways =
            paths.iter().filter_map(|class| Some((class, goes(new, class.pair.1, &leads_to)?)));
        let (class, way) = ways.next()?;
        let found = self.seek(class, directives);
        let shows = found.is_some();
        let plain = || self.witness(Method::Get, &class.witnesses[0]);
        Some(Change {
            witness: Some(found.map_or_else(plain, |found| found.witness)),
            shows,
            was: arrived(old, old_id, &way),
            becomes: arrived(new, new_id, &way),
            directives: directives.to_vec(),
            others: Vec::new(),
        })
    }
}

/// By what a location has another one answer too, or instead.
fn goes(side: Side<'_>, from: LocationId, leads_to: &dyn Fn(&[u8]) -> bool) -> Option<String> {
    let location = &side.site.locations[from as usize];
    let settings = &side.site.settings[location.settings];
    let is_it = |uri: &&Value| uri.literal().is_some_and(leads_to);
    if let Some(uri) = settings.admission.inquiry.as_ref().filter(is_it) {
        return Some(format!("`auth_request {}` asks there", wording::value(uri)));
    }
    if settings.mirrors.iter().any(|path| leads_to(path)) {
        return Some("`mirror` has it go there too".to_owned());
    }
    let around = settings.additions.iter().flat_map(|it| [&it.before, &it.after]);
    if around.into_iter().any(|path| !path.is_empty() && leads_to(path)) {
        return Some("its answer goes into the content".to_owned());
    }
    if let Action::Serve { try_files: Some(list), .. } = &location.action
        && let Fallback::Uri(uri) = &list.fallback
        && is_it(&uri)
    {
        return Some("`try_files` leads there".to_owned());
    }
    let page = settings.error_pages.iter().find(|page| match &page.target {
        ErrorTarget::Uri(uri) => is_it(&uri),
        ErrorTarget::Named(_) | ErrorTarget::Redirect(_) => false,
    })?;
    Some(format!("`error_page {}` leads there", page.status))
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

//! One class of requests, as both confs handle it.

use std::collections::{BTreeMap, BTreeSet};

use sitec_runtime::http::method::Method;
use sitec_runtime::pure::escape_path;
use sitec_runtime::site::{ListenId, LocationId, ServerId};

use super::asked::Asked;
use super::classes::Classes;
use super::fold::{Fold, fold};
use super::seek::{Asker, Extra};
use super::views::{Disk, View};
use super::{Change, Handling, Pair, Side, Witness};
use crate::answer::{Answers, CLIENT_UNKNOWN, Request, Shown};
use crate::facts::differing;
use crate::ir::Action;

/// Directives that are asked only of paths that end in a slash.
const OF_FOLDERS: [&str; 2] = ["index", "autoindex"];
/// In how many of the locations that change alike a request is looked for that shows it.
const MOST_ASKED: usize = 4;

/// The change of an address that is served no longer.
pub(super) fn listens_no_more(old: Side<'_>, id: ListenId) -> Change {
    let default = old.site.listens[usize::from(id)].default_server;
    let place = old.sources.place(old.places.servers[usize::from(default)].span);
    let was = Handling { location: "server".to_owned(), place, ..Handling::default() };
    let becomes = Handling { end: "nobody listens there".to_owned(), ..Handling::default() };
    let witness = Witness { without_host: false, ..Witness::new(old.site, id, "GET", b"", "/") };
    Change {
        witness: Some(witness),
        shows: true,
        was,
        becomes,
        directives: Vec::new(),
        others: Vec::new(),
    }
}

/// The change of an address that is served now.
pub(super) fn listens_now(new: Side<'_>, id: ListenId) -> Change {
    let Change { was, becomes, .. } = listens_no_more(new, id);
    Change { was: becomes, becomes: was, ..listens_no_more(new, id) }
}

impl Pair<'_> {
    /// Compares two servers that the same host comes to.
    pub(super) fn compare_servers(
        &self,
        host: &[u8],
        servers: (ServerId, ServerId),
        paths: &Classes<LocationId>,
        changes: &mut Vec<Change>,
    ) {
        let (old, new) = (self.old.facts(), self.new.facts());
        let asker = Asker::new(self, host, servers);
        // What holds for all paths is told once, with a path that they all have.
        let at_server = differing(&old.of_server(servers.0), &new.of_server(servers.1));
        if !at_server.is_empty() {
            changes.extend(asker.change(&asker.class_of(b"/"), at_server));
        }
        let told = paths.found.iter().map(|class| {
            let (was, becomes) = (old.of_location(class.pair.0), new.of_location(class.pair.1));
            let mut directives = differing(&was, &becomes);
            if paths.complete && class.folder.is_none() && !self.may_find_folders(class.pair) {
                directives.retain(|(name, ..)| !OF_FOLDERS.contains(name));
            }
            directives
        });
        let mut told: Vec<Vec<_>> = told.collect();
        let folds = fold(&mut told);
        let folded: BTreeSet<_> = folds.iter().flat_map(|fold| fold.classes.clone()).collect();
        for Fold { directives, classes } in folds {
            let all = classes.iter().map(|&index| &paths.found[index]);
            let seen: Vec<_> = all
                .clone()
                .take(MOST_ASKED)
                .filter_map(|class| asker.change(class, directives.clone()))
                .collect();
            let Some(change) = seen.iter().find(|change| change.shows).or(seen.first()) else {
                continue;
            };
            let others = all.map(|class| self.new.placed(class.pair.1));
            let own = format!("{} ({})", change.becomes.location, change.becomes.place);
            let mut others: Vec<_> = others.filter(|other| *other != own).collect();
            others.dedup();
            changes.push(Change { others, ..change.clone() });
        }
        let first = changes.len();
        let mut asked = BTreeSet::new();
        for (index, (class, directives)) in paths.found.iter().zip(told).enumerate() {
            if directives.is_empty() && folded.contains(&index) {
                continue;
            }
            let change = asker.asked_change(class.pair, &directives, &paths.found);
            asked.extend(change.iter().map(|change| change.becomes.place.clone()));
            changes.extend(change.or_else(|| asker.change(class, directives)));
        }
        // Where nothing but the answer of a location differs that is asked, that is told.
        changes.retain(|it| !it.directives.is_empty() || !asked.contains(&it.becomes.place));
        asker.compare_named(&paths.found, changes);
        merge_alike(changes, first);
    }

    /// Whether what is said of folders differs in two locations.
    pub(super) fn folders_differ(&self, pair: (LocationId, LocationId)) -> bool {
        let facts = (self.old.facts().of_location(pair.0), self.new.facts().of_location(pair.1));
        differing(&facts.0, &facts.1).iter().any(|(name, ..)| OF_FOLDERS.contains(name))
    }

    /// Whether a `try_files` of one of two locations looks for folders, by whatever path.
    fn may_find_folders(&self, pair: (LocationId, LocationId)) -> bool {
        [(self.old.site, pair.0), (self.new.site, pair.1)].iter().any(|(site, id)| {
            match &site.locations[*id as usize].action {
                Action::Serve { try_files: Some(list), .. } => {
                    list.candidates.iter().any(|candidate| candidate.directory)
                }
                _ => false,
            }
        })
    }

    /// What both confs answer.
    pub(super) fn ask(
        &self,
        disk: Disk,
        method: Method,
        host: &[u8],
        path: &[u8],
        extra: &Extra,
    ) -> [Asked; 2] {
        [(self.old, self.listens.0), (self.new, self.listens.1)].map(|(side, listen)| {
            let Side { site, places, sources, folder } = side;
            let target = escape_path(path);
            let request =
                Request::with(site, listen, (method.name(), host, &target), &extra.fields);
            let request = extra.from.into_iter().fold(request, Request::from);
            let view = View::of(disk, path);
            let answer = Answers::new(site, &view, folder).to(&request);
            let shown = Shown { site, places, sources, folder };
            let deciding = answer.deciding().first().copied();
            let location = deciding.unwrap_or(site.servers[usize::from(answer.server)].location);
            let handling = Handling {
                location: places.location(location),
                place: sources.place(places.locations[location as usize].span),
                status: answer.status,
                end: shown.end(&answer),
            };
            let depends_on_client = answer.doubts.iter().any(|doubt| doubt == CLIENT_UNKNOWN);
            Asked { handling, fields: answer.fields, depends_on_client }
        })
    }
}

/// Puts changes from `first` on together that lead from one location to another in the same way:
/// paths may come to them by different ways, and one witness is enough, if possible one that shows
/// the change.
fn merge_alike(changes: &mut Vec<Change>, first: usize) {
    let mut places = BTreeMap::new();
    for change in changes.split_off(first) {
        let key = format!("{:?}", (&change.was.place, &change.becomes.place, &change.directives));
        match places.get(&key) {
            None => {
                places.insert(key, changes.len());
                changes.push(change);
            }
            Some(&at) if change.shows && !changes[at].shows => changes[at] = change,
            Some(_) => {}
        }
    }
}

//! How files are sent: for how long clients keep them, and compressed beforehand.

use std::collections::{BTreeMap, BTreeSet};

use sitec_runtime::http::accept::Coding;
use sitec_runtime::site::{Expires, LocationId};

use super::Tree;
use crate::audit::Subject;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::directive::beside;
use crate::ir::{Action, Expiration, Handler};
use crate::source::Span;

/// A page that is kept for so long has most likely changed since.
const LONG_S: i64 = 30 * DAY_S;
const DAY_S: i64 = 24 * 60 * 60;

/// The most pairs of a location and a page that are looked at.
const MOST_PAIRS: usize = 20_000;

/// Reports pages that are kept for long, and `gzip_static` without files for it.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    kept_pages(subject, diagnostics);
    missing_variants(subject, diagnostics);
}

/// Z10: the first page of each `expires` that lets clients keep pages for long.
fn kept_pages(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let router = subject.router();
    let (mut reported, mut left) = (BTreeSet::new(), MOST_PAIRS);
    for tree in subject.trees().iter() {
        let pages = || tree.files.iter().filter(|file| is_page(file));
        for &id in &tree.locations {
            let Some(time) = kept_for(subject, id) else { continue };
            let Some(expires) = subject.nearest(id, &["expires"]) else { continue };
            let server = subject.places.locations[id as usize].server;
            let urls = pages().take(left).filter_map(|page| tree.url(subject, id, page));
            left = left.saturating_sub(tree.files.len());
            let mut own = urls.filter(|url| router.location(server, url.as_bytes()) == id);
            let Some(url) = own.next() else { continue };
            if reported.insert(expires.span()) {
                diagnostics.push(
                    Diagnostic::warning(
                        "Z10",
                        expires.span(),
                        format!("pages are kept for {time}"),
                    )
                    .label(format!("`{url}`, for one"))
                    .note("until then a client does not ask whether there is a newer one")
                    .help(
                        "let it hold for files whose names change with their content, in a \
                             `location` of their own",
                    )
                    .of_this_disk(subject.is_certain(&tree.path)),
                );
            }
        }
    }
}

/// How long clients keep what a location serves, if that is long.
fn kept_for(subject: &Subject<'_>, id: LocationId) -> Option<String> {
    match subject.settings(id).expires.as_ref()? {
        Expiration::Fixed(Expires::Max) => Some("ten years".to_owned()),
        &Expiration::Fixed(Expires::FromNow(seconds)) if seconds >= LONG_S => {
            Some(format!("{} days", seconds / DAY_S))
        }
        _ => None,
    }
}

fn is_page(file: &str) -> bool {
    let extension = file.rsplit_once('.').map(|(_, extension)| extension);
    let hidden = file.split('/').any(|name| name.starts_with('.'));
    matches!(extension, Some("html" | "htm")) && !hidden
}

/// Z09: each `gzip_static`, or one of its kind, that holds for no folder with a file for it.
fn missing_variants(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    /// Of one directive.
    struct Found {
        coding: Coding,
        any: bool,
        is_certain: bool,
    }
    let mut by_place: BTreeMap<Span, Found> = BTreeMap::new();
    for id in 0..subject.site.locations.len() as LocationId {
        let settings = subject.settings(id);
        let serves_files =
            matches!(subject.location(id).action, Action::Serve { handler: Handler::Files, .. });
        for coding in settings.plain.codings_beside().filter(|_| serves_files) {
            let has_variants = |tree: &Tree| {
                let mut files = tree.files.iter();
                tree.files.is_empty() || files.any(|file| file.ends_with(coding.ending()))
            };
            let Some(place) = subject.nearest(id, &[beside(coding).1]) else { continue };
            let tree = subject.tree(&settings.base);
            let found = by_place.entry(place.span());
            let found = found.or_insert(Found { coding, any: false, is_certain: true });
            // Of a folder that is not known, nothing is.
            found.any |= tree.is_none_or(has_variants);
            found.is_certain &= tree.is_none_or(|tree| subject.is_certain(&tree.path));
        }
    }
    for (place, found) in by_place.into_iter().filter(|(_, found)| !found.any) {
        let message = format!("there is no `{}` file here", found.coding.ending());
        let name = found.coding.name();
        let made = if name == "gzip" { "gzip br".to_owned() } else { name.to_owned() };
        diagnostics.push(
            Diagnostic::warning("Z09", place, message)
                .help(format!("`embed on; precompress {made};` makes them when the site is built"))
                .of_this_disk(found.is_certain),
        );
    }
}

//! Requests that go round in circles: redirects that lead back, and pages that need themselves.
//!
//! Each is found by asking the site, as a client would, and following where it is sent.

use std::collections::BTreeSet;

use sitec_runtime::http::target::Scheme;
use sitec_runtime::site::{LocationId, ServerId};

use super::Subject;
use super::asking::{Asking, authority_end};
use crate::answer::{Answer, Step};
use crate::ast::Word;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{Action, ErrorTarget, Fallback, Piece, Return, Scope, Variable};
use crate::prove::guess;
use crate::source::Span;
use crate::{automata, ir};

/// The most redirects that are followed one after another; browsers follow 20.
const MOST_HOPS: usize = 20;
/// The most locations whose redirects are followed.
const MOST_ASKED: usize = 500;
/// The most files of a server by whose URLs redirects are looked for.
const MOST_FILES: usize = 500;
/// The most of these URLs that one location is asked by.
const MOST_OF_ONE: usize = 4;

/// Reports them.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let asking = Asking::new(subject);
    for (id, server) in subject.site.servers.iter().enumerate() {
        let server_id = id as ServerId;
        let mut starts = Vec::new();
        if redirects(subject, server.location) {
            starts.push((server.location, vec![b"/".to_vec()]));
        }
        collect(&server.scope, &|id| redirects(subject, id), &mut starts);
        add_files(subject, server_id, &mut starts);
        for (id, paths) in starts.iter().take(MOST_ASKED) {
            diagnostics.extend(paths.iter().find_map(|path| circle(&asking, server_id, *id, path)));
        }
    }
    check_fallbacks(subject, diagnostics);
    check_endings(&asking, diagnostics);
    check_pages(subject, diagnostics);
}

/// The locations of a scope that are wanted, each with paths that it may take.
pub(super) fn collect(
    scope: &Scope,
    is_wanted: &dyn Fn(LocationId) -> bool,
    starts: &mut Vec<(LocationId, Vec<Vec<u8>>)>,
) {
    let exact = scope.exact.iter().filter(|(_, id)| is_wanted(*id));
    starts.extend(exact.map(|(path, id)| (*id, vec![path.clone()])));
    for prefix in &scope.prefix {
        if is_wanted(prefix.location) {
            let inner = [&prefix.path[..], b"a"].concat();
            starts.push((prefix.location, vec![prefix.path.clone(), inner]));
        }
        collect(&prefix.nested, is_wanted, starts);
    }
    for regex in &scope.regex {
        if is_wanted(regex.location) {
            let mut path = guess(&automata::parsed(&regex.pattern));
            if !path.starts_with(b"/") {
                path.insert(0, b'/');
            }
            starts.push((regex.location, vec![path]));
        }
        collect(&regex.nested, is_wanted, starts);
    }
}

/// Adds the URLs of files that are there, each to the location that redirects it.
fn add_files(subject: &Subject<'_>, server: ServerId, starts: &mut [(LocationId, Vec<Vec<u8>>)]) {
    if starts.is_empty() {
        return;
    }
    let router = subject.router();
    let is_own = |id: &&LocationId| subject.places.locations[**id as usize].server == server;
    let urls = subject.trees().iter().flat_map(|tree| {
        let ids = tree.locations.iter().filter(is_own);
        ids.flat_map(move |&id| {
            tree.files.iter().filter_map(move |file| tree.url(subject, id, file))
        })
    });
    let mut seen = BTreeSet::new();
    for url in urls.filter(|url| seen.insert(url.clone())).take(MOST_FILES) {
        let taker = router.location(server, url.as_bytes());
        let start = starts.iter_mut().find(|(id, _)| *id == taker);
        if let Some((_, paths)) = start.filter(|(_, paths)| paths.len() < MOST_OF_ONE + 2) {
            paths.push(url.into_bytes());
        }
    }
}

fn redirects(subject: &Subject<'_>, id: LocationId) -> bool {
    matches!(subject.location(id).action, Action::Return(Return::Redirect(..)))
}

/// Follows the redirect that the location `id` gives for `path`, and reports it if it comes
/// back to a URL that was asked for before.
fn circle(
    asking: &Asking<'_>,
    server: ServerId,
    id: LocationId,
    path: &[u8],
) -> Option<Diagnostic> {
    let path = std::str::from_utf8(path).ok().filter(|path| path.starts_with('/'))?;
    let mut url = asking.url(server, path)?;
    let mut passed: Vec<(String, LocationId)> = Vec::new();
    let mut is_certain = true;
    for _ in 0..MOST_HOPS {
        let Some(answer) = asking.get(&url) else {
            let leads_back = names_own_host(asking.subject, id) && is_without_port(&url, &passed);
            return leads_back.then(|| report(asking, &passed, &url).of_this_disk(is_certain));
        };
        is_certain &= asking.subject.is_certain_of(&answer);
        let by = redirected_by(&answer)?;
        if passed.is_empty() && by != id {
            return None;
        }
        if let Some(first) = passed.iter().position(|(earlier, _)| *earlier == url) {
            // Of a circle, the location that is written first is shown.
            let circle = passed[first..].iter().map(|(_, id)| *id);
            let shown = circle.min_by_key(|&id| asking.subject.span(id));
            let is_shown = shown == Some(id);
            return is_shown.then(|| report(asking, &passed, &url).of_this_disk(is_certain));
        }
        let next = asking.follow(&url, answer.field("Location")?)?;
        passed.push((std::mem::replace(&mut url, next), by));
    }
    let by_one = passed.iter().all(|(_, by)| *by == id);
    by_one.then(|| report_endless(asking, &passed).of_this_disk(is_certain))
}

/// Whether a redirect leads to the host that the client asked, whichever that is.
fn names_own_host(subject: &Subject<'_>, id: LocationId) -> bool {
    let Action::Return(Return::Redirect(_, target)) = &subject.location(id).action else {
        return false;
    };
    target.0.contains(&Piece::Variable(Variable::Simple("host")))
}

/// Whether `url`, on whose port nobody listens here, is the one that was asked for, without its
/// port: where another port leads to the site's, a client has none in its URL, and is sent to that
/// same URL again.
fn is_without_port(url: &str, passed: &[(String, LocationId)]) -> bool {
    let split = |url: &str| {
        let end = authority_end(url).unwrap_or(url.len());
        let (front, port) = url[..end].rsplit_once(':')?;
        Some((front.to_owned(), port.to_owned(), url[end..].to_owned()))
    };
    let [(asked, _)] = passed else { return false };
    let (Some((host, port, path)), Some((own_host, _, own_path))) = (split(url), split(asked))
    else {
        return false;
    };
    // The front of each is its scheme and host.
    let usual = if host.starts_with("https:") { Scheme::HTTPS } else { Scheme::HTTP };
    port == usual.port.to_string() && host == own_host && path == own_path
}

/// The location whose `return` redirects the client, if nothing else does.
fn redirected_by(answer: &Answer) -> Option<LocationId> {
    let is_redirect = matches!(answer.status, Some(301 | 302 | 303 | 307 | 308));
    let by_return = !answer.steps.iter().any(|step| matches!(step, Step::ErrorPage { .. }));
    if !is_redirect || !by_return || !answer.doubts.is_empty() {
        return None;
    }
    answer.deciding().first().copied()
}

fn report(asking: &Asking<'_>, passed: &[(String, LocationId)], url: &str) -> Diagnostic {
    let subject = asking.subject;
    let shown: Vec<_> = passed.iter().map(|(url, _)| asking.shown(url)).collect();
    let chain = format!("{} -> {}", shown.join(" -> "), asking.shown(url));
    let place = subject.return_span(passed[0].1);
    let diagnostic = Diagnostic::warning("K14", place, "this redirect leads back to itself");
    let others = passed[1..].iter().map(|(_, id)| subject.return_span(*id));
    let mut others: Vec<_> = others.filter(|span| *span != place).collect();
    others.sort();
    others.dedup();
    let others_are_there = !others.is_empty();
    let diagnostic = others
        .into_iter()
        .fold(diagnostic, |diagnostic, span| diagnostic.also(span, "by way of this one"));
    let help = match others_are_there {
        true => "let one of them answer, or lead elsewhere",
        false => "let it lead elsewhere, or write the page here",
    };
    diagnostic.help(help).note(format!("a browser would go {chain}"))
}

/// A redirect that leads to itself by a new URL each time.
fn report_endless(asking: &Asking<'_>, passed: &[(String, LocationId)]) -> Diagnostic {
    let shown: Vec<_> = passed.iter().take(4).map(|(url, _)| asking.shown(url)).collect();
    let place = asking.subject.return_span(passed[0].1);
    Diagnostic::warning("K14", place, "this redirect leads back to itself")
        .note(format!("a browser would go {}, and so on", shown.join(" -> ")))
        .help(
            "let it lead out of the paths that come here, or let a `location` of its own take them",
        )
}

/// Reports named locations that fall back to each other.
fn check_fallbacks(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let next = |id: LocationId| match &subject.location(id).action {
        Action::Serve {
            try_files: Some(ir::TryFiles { fallback: Fallback::Named(id), .. }),
            ..
        } => Some(*id),
        _ => None,
    };
    for start in 0..subject.site.locations.len() as LocationId {
        let chain = std::iter::successors(next(start), |&id| next(id));
        let mut chain: Vec<_> = chain.take(MOST_HOPS).take_while(|&id| id != start).collect();
        let returns = chain.last().map_or(next(start), |&last| next(last)) == Some(start);
        chain.insert(0, start);
        // Of a circle, the location that is written first is shown.
        if returns && chain.iter().all(|&id| subject.span(id) >= subject.span(start)) {
            let names: Vec<_> = chain.iter().chain([&start]).map(|&id| name(subject, id)).collect();
            diagnostics.push(
                Diagnostic::error("K13", subject.span(start), "this falls back to itself")
                    .allowable()
                    .note(format!("where no file is found: {}", names.join(" -> "))),
            );
        }
    }
}

fn name(subject: &Subject<'_>, id: LocationId) -> String {
    subject.places.locations[id as usize].written.clone()
}

/// Reports `try_files` whose fallback leads back to them, for a file that is not there.
fn check_endings(asking: &Asking<'_>, diagnostics: &mut Diagnostics) {
    let subject = asking.subject;
    for (id, server) in subject.site.servers.iter().enumerate() {
        let falls_back = |id| {
            let action = &subject.location(id).action;
            matches!(
                action,
                Action::Serve {
                    try_files: Some(ir::TryFiles { fallback: Fallback::Uri(_), .. }),
                    ..
                }
            )
        };
        let mut starts = vec![(server.location, vec![b"/".to_vec()])];
        starts.retain(|(id, _)| falls_back(*id));
        collect(&server.scope, &falls_back, &mut starts);
        for (location, paths) in starts.into_iter().take(MOST_ASKED) {
            let path = paths.first().and_then(|path| std::str::from_utf8(path).ok());
            diagnostics
                .extend(path.and_then(|path| endless(asking, id as ServerId, location, path)));
        }
    }
}

/// Asks the location `id` for a file that is not there, by a path that begins with `front`, and
/// reports its `try_files` if that comes back to it again and again.
fn endless(
    asking: &Asking<'_>,
    server: ServerId,
    id: LocationId,
    front: &str,
) -> Option<Diagnostic> {
    let subject = asking.subject;
    let path = format!("{front}no-such-file");
    let answer = asking.get_from(server, &path)?;
    let passed = answer.steps.iter().filter_map(|step| match step {
        Step::Location { location, .. } | Step::Named(location) => Some(*location),
        _ => None,
    });
    let passed: Vec<_> = passed.collect();
    let by_page = answer.steps.iter().any(|step| matches!(step, Step::ErrorPage { .. }));
    if answer.status != Some(500) || by_page || !answer.doubts.is_empty() {
        return None;
    }
    // A server may answer before there is a location.
    let (_, after) = passed.split_first().filter(|&(&first, _)| first == id)?;
    let length = after.iter().position(|&other| other == id)?;
    let circle = &passed[..=length];
    // Of a circle, the location that is written first is shown.
    if circle.iter().any(|&other| subject.span(other) < subject.span(id)) {
        return None;
    }
    let place = |id| Some(subject.nearest(id, &["try_files"])?.span());
    let others: BTreeSet<_> = circle[1..].iter().filter_map(|&other| place(other)).collect();
    let diagnostic = Diagnostic::warning("K13", place(id)?, "this falls back to itself");
    let diagnostic = others
        .into_iter()
        .fold(diagnostic, |diagnostic, span| diagnostic.also(span, "by way of this one"));
    Some(
        diagnostic
            .note(format!("`{path}` goes round in circles, and is answered 500"))
            .help("end it with `=404`, a page that is there, or a `@name`")
            .of_this_disk(subject.is_certain_of(&answer)),
    )
}

/// Reports pages for a status that give that very status and nothing else.
fn check_pages(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let mut reported = BTreeSet::new();
    for id in 0..subject.site.locations.len() as LocationId {
        let server = subject.places.locations[id as usize].server;
        for page in &subject.settings(id).error_pages {
            let target = match &page.target {
                ErrorTarget::Named(id) => *id,
                ErrorTarget::Uri(uri) => match uri.literal() {
                    Some(path) if path.starts_with(b"/") && reported.len() < MOST_ASKED => {
                        subject.router().location(server, path)
                    }
                    _ => continue,
                },
                ErrorTarget::Redirect(_) => continue,
            };
            let gives = match &subject.location(target).action {
                Action::Return(Return::Status(status)) => *status,
                _ => continue,
            };
            if gives == page.status && reported.insert((target, gives)) {
                let answer = subject.return_span(target);
                let place = page_span(subject, id, gives).unwrap_or(answer);
                let message = format!("the page for {gives} answers {gives} itself");
                let diagnostic = Diagnostic::warning("K13", place, message);
                let diagnostic = match place == answer {
                    true => diagnostic,
                    false => diagnostic.also(answer, "this is what it answers"),
                };
                diagnostics
                    .push(diagnostic.help(format!("give it a text: `return {gives} \"…\";`")));
            }
        }
    }
}

/// The target of the `error_page` that holds for a status in a location.
fn page_span(subject: &Subject<'_>, id: LocationId, status: u16) -> Option<Span> {
    let names = |word: &Word| word.text().and_then(|text| text.parse().ok()) == Some(status);
    let page = subject.nearest_that(id, &|directive| {
        directive.name.value == b"error_page" && directive.args.iter().any(names)
    })?;
    Some(page.args.last()?.span)
}

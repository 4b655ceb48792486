//! Named and internal locations that nothing leads to, and log formats that nothing uses.

use std::collections::{BTreeMap, BTreeSet};

use sitec_runtime::http::target::split_args;
use sitec_runtime::site::{LocationId, ServerId, Then};

use super::Subject;
use crate::ast::{Directive, Word};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{self, Action, ErrorTarget, Fallback, Handler, Op, Rewrite};
use crate::source::Span;

/// Reports them.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    check_named(subject, diagnostics);
    check_formats(subject, diagnostics);
    check_internal(subject, diagnostics);
}

fn check_named(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let mut used = BTreeSet::new();
    for location in &subject.site.locations {
        if let Action::Serve { try_files: Some(try_files), .. } = &location.action
            && let Fallback::Named(id) = try_files.fallback
        {
            used.insert(id);
        }
        for page in &subject.site.settings[location.settings].error_pages {
            used.extend(match page.target {
                ErrorTarget::Named(id) => Some(id),
                _ => None,
            });
        }
    }
    // A file that several servers include has its names in each of them.
    let mut by_place: BTreeMap<Span, (&str, bool)> = BTreeMap::new();
    for (id, place) in subject.places.locations.iter().enumerate() {
        if place.written.starts_with('@') {
            let entry = by_place.entry(place.span).or_insert((&place.written, false));
            entry.1 |= used.contains(&(id as u32));
        }
    }
    for (span, (name, _)) in by_place.into_iter().filter(|(_, (_, used))| !used) {
        let message = format!("nothing leads to `{name}`");
        let mut found = Diagnostic::warning("K16", span, message);
        if !subject.site.upstreams.is_empty() {
            found = found
                .note(format!("unless another server answers with `X-Accel-Redirect: {name}`"));
        }
        diagnostics.push(found.help("delete it, or name it in a `try_files` or an `error_page`"));
    }
}

/// Reports `internal` locations that no request is sent on to.
fn check_internal(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for server in 0..subject.site.servers.len() as ServerId {
        let of_server = |id: &LocationId| subject.places.locations[*id as usize].server == server;
        let ids = (0..subject.site.locations.len() as LocationId).filter(of_server);
        let internal = ids.clone().filter(|&id| says_internal(subject, id)).collect::<Vec<_>>();
        if internal.is_empty() {
            continue;
        }
        // Where a request may be sent to any path, nothing is said.
        let Some(ways) = ways(subject, server, ids) else { continue };
        for id in internal.into_iter().filter(|&id| !ways.lead_to(subject, id)) {
            let message = "nothing leads to this `internal` location";
            diagnostics.push(
                Diagnostic::warning("K16", subject.span(id), message)
                    .label("every request for it is answered 404")
                    .help("name it in an `error_page`, a `try_files`, a `rewrite`, an `auth_request`, a `mirror` or an `add_before_body`")
                    .help("if that is meant, `return 404;` says so"),
            );
        }
    }
}

/// Whether the block of a location says `internal`, for the sake of something. Of more paths than
/// one, `internal` alone is another way to write `return 404`.
fn says_internal(subject: &Subject<'_>, id: LocationId) -> bool {
    let block = subject.block(id).and_then(|directive| directive.block.as_ref());
    let Some(block) = block else { return false };
    let says = |directive: &Directive| directive.name.value == b"internal";
    let is_file = subject.places.locations[id as usize].written.starts_with('=');
    block.directives.iter().any(says) && (is_file || block.directives.len() > 1)
}

/// Where the requests of a server are sent on to.
#[derive(Default)]
struct Ways<'a> {
    locations: BTreeSet<LocationId>,
    /// The files that a request for a folder is sent on to.
    indexes: BTreeSet<&'a [u8]>,
}

/// All of them; `None` where a request may be sent on to any path.
fn ways<'a>(
    subject: &Subject<'a>,
    server: ServerId,
    ids: impl Iterator<Item = LocationId>,
) -> Option<Ways<'a>> {
    let (router, mut ways) = (subject.router(), Ways::default());
    let path = |uri| Some(split_args(ir::Value::literal(uri)?).0);
    let of_server = subject.site.servers[usize::from(server)].ops.iter();
    let ids: Vec<_> = ids.collect();
    let of_locations = ids.iter().flat_map(|id| &subject.location(*id).ops);
    for op in of_server.chain(of_locations) {
        match op {
            Op::Rewrite(Rewrite { then: Then::Redirect { .. }, .. }) => {}
            Op::Rewrite(rewrite) => {
                ways.locations.insert(router.location(server, rewrite.target.literal()?));
            }
            Op::Set(..) | Op::If { .. } | Op::Return(_) | Op::Break => {}
        }
    }
    for id in ids {
        let settings = subject.settings(id);
        let limited = subject.location(id).limit_except.as_ref().map(|limit| &limit.admission);
        let additions = settings.additions.iter().flat_map(ir::Additions::paths);
        for uri in settings.mirrors.iter().map(|uri| &uri[..]).chain(additions) {
            ways.locations.insert(router.location(server, uri));
        }
        for admission in limited.into_iter().chain([&settings.admission]) {
            if let Some(uri) = &admission.inquiry {
                ways.locations.insert(router.location(server, uri.literal()?));
            }
        }
        for page in &settings.error_pages {
            if let ErrorTarget::Uri(uri) = &page.target {
                ways.locations.insert(router.location(server, path(uri)?));
            }
        }
        let Action::Serve { try_files, handler } = &subject.location(id).action else { continue };
        if let Some(ir::TryFiles { fallback: Fallback::Uri(uri), .. }) = try_files {
            ways.locations.insert(router.location(server, path(uri)?));
        }
        // By a Location without a host, or `X-Accel-Redirect`.
        if matches!(handler, Handler::Cgi(_) | Handler::Proxy(_)) {
            return None;
        }
        for name in &settings.index {
            match name.literal()? {
                path @ [b'/', ..] => ways.locations.extend([router.location(server, path)]),
                name => ways.indexes.extend([name]),
            }
        }
    }
    Some(ways)
}

impl Ways<'_> {
    /// Whether one may lead to a location.
    fn lead_to(&self, subject: &Subject<'_>, id: LocationId) -> bool {
        let written = subject.places.locations[id as usize].written.as_bytes();
        let is_regex = written.starts_with(b"~");
        let last = written.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1);
        // A folder beneath the location is refused before its index is looked for.
        let begins = |name: &&[u8]| last < written.len() && name.starts_with(&written[last..]);
        self.locations.contains(&id)
            || is_regex && !self.indexes.is_empty()
            || self.indexes.iter().any(begins)
    }
}

fn check_formats(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let (mut defined, mut used) = (Vec::new(), BTreeSet::new());
    collect(&subject.conf.directives, &mut defined, &mut used);
    for name in defined.into_iter().filter(|name| !used.contains(&name.value[..])) {
        let message = format!("no `access_log` uses the format `{}`", name.shown());
        diagnostics.push(Diagnostic::warning("K16", name.span, message).help("delete it"));
    }
}

fn collect<'a>(
    directives: &'a [Directive],
    defined: &mut Vec<&'a Word>,
    used: &mut BTreeSet<&'a [u8]>,
) {
    for directive in directives {
        match &directive.name.value[..] {
            b"log_format" => defined.extend(directive.args.first()),
            b"access_log" => used.extend(directive.args.get(1).map(|word| &word.value[..])),
            _ => {}
        }
        if let Some(block) = &directive.block {
            collect(&block.directives, defined, used);
        }
    }
}

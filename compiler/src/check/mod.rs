//! `ast` to `ir`: values, inheritance and defaults.
//!
//! Every directive is looked at once, where it stands: a [`Level`] is what a context has been
//! given, begins as a copy of the outer one's, and its own directives are put over it. So a
//! mistake is reported once, however many locations inherit it.

mod access;
mod acme;
mod action;
mod added_fields;
mod additions;
mod admission;
mod auth;
mod base;
mod caches;
mod caching;
mod captures;
mod cgi;
mod charset;
mod charset_map;
mod common_types;
mod compression;
mod consistency;
mod draft;
mod embed;
mod error_page;
mod exist;
mod expect;
mod expires;
mod fastcgi;
mod geo;
mod groups;
mod health;
mod inquiry;
mod inside;
mod intern;
mod labels;
mod level;
mod limits;
mod links;
mod listen;
mod location;
mod log;
mod log_cache;
mod map;
mod methods;
mod mirror;
mod modifier;
mod noted;
mod pack;
mod param;
mod path;
mod process;
mod proxy;
mod rate;
mod reader;
mod real_ip;
mod referers;
mod rewrite;
mod server;
mod server_names;
mod split_clients;
mod ssi;
mod steps;
pub mod structure;
mod substitution;
mod symlinks;
mod syslog;
#[cfg(test)]
mod tests;
mod text;
mod tls;
mod tls_servers;
mod trace;
mod type_block;
pub(crate) mod types;
mod unknown;
mod upstream;
mod userid;
mod writing;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::ast::{Conf, Directive, named};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::files::Files;
use crate::ir::{self, Action, Handler};
use crate::places::Places;
use crate::source::Span;
pub(crate) use common_types::is_known_extension;
use draft::Draft;
use groups::{Groups, capture_names};
use level::Level;
use pack::Packing;
use param::Params;
pub(crate) use param::places::check as check_params;
pub(crate) use param::places::references;
pub(crate) use path::regex_words;
pub(crate) use proxy::authority_len;
use reader::{Reader, Tables};
use steps::assigned_names;
pub(crate) use steps::{condition_words, regex_words as regexes_of_steps};
pub(crate) use unknown::foreign_variables;

/// What a conf is checked against.
pub(crate) struct Surroundings<'a> {
    /// The path of the conf.
    pub(crate) path: &'a Path,
    /// Where its folders and files are looked for.
    pub(crate) files: &'a dyn Files,
    /// The text that the server shows with `--conf`.
    pub(crate) text: Vec<u8>,
    /// The variables that directives define which are not supported.
    pub(crate) foreign: BTreeSet<String>,
}

/// Whether a conf is a whole nginx.conf: nginx does not start without `events`, which says nothing
/// here.
fn is_whole(conf: &Conf) -> bool {
    ["events", "http"].iter().all(|name| named(&conf.directives, name).next().is_some())
}

/// Resolves a conf whose directives are known, well placed and well formed, and says where it
/// says what. `None` if there is an error. What was looked for on the disk is added to `dependencies`.
pub(crate) fn check(
    conf: &Conf,
    surroundings: Surroundings<'_>,
    dependencies: &mut Vec<PathBuf>,
    diagnostics: &mut Diagnostics,
) -> Option<(ir::Site, Places)> {
    let Surroundings { path, files, text, foreign } = surroundings;
    let directives = &conf.directives;
    let (assigned, set_first) = assigned_names(directives);
    let mut reader = Reader {
        files,
        folder: path.parent().unwrap_or(Path::new("")).to_owned(),
        is_whole: is_whole(conf),
        is_part: named(directives, "http").next().is_none(),
        params: Params::collect(directives, diagnostics),
        capture_names: capture_names(directives, foreign),
        assigned,
        set_first,
        constants: steps::Constants::default(),
        map_names: map::names(directives),
        maps: Vec::new(),
        charset_maps: Vec::new(),
        recodes: false,
        named: RefCell::default(),
        caches: Vec::new(),
        cache_places: Vec::new(),
        zones: Vec::new(),
        zone_places: Vec::new(),
        expiring_maps: HashMap::new(),
        upstreams: Vec::new(),
        upstream_places: Vec::new(),
        issuers: Vec::new(),
        issuer_places: Vec::new(),
        fetched_files: None,
        fetched: Vec::new(),
        matches: Vec::new(),
        computed: Vec::new(),
        step_regexes: Vec::new(),
        server_names: Vec::new(),
        formats: HashMap::new(),
        default_base: None,
        tables: Tables::new(),
        diagnostics,
        reported: HashSet::new(),
        dependencies,
    };

    // What holds outside of all servers.
    reader.read_maps(directives);
    reader.read_charset_maps(directives);
    reader.read_zones(directives);
    reader.read_caches(directives);
    reader.read_upstreams(directives);
    reader.read_issuers(directives);
    reader.read_matches(directives);
    reader.log_formats(directives);
    let groups = Groups::of_conf(directives);
    let outermost = Level::outermost().inner(directives, &mut reader, &groups, None);
    let process = reader.process(directives, &outermost);

    // The servers, each with its locations.
    let mut draft = Draft::new(reader);
    draft.http(directives, &outermost, &groups);
    draft.must_have_servers(conf);
    compression::check_use(conf, draft.reader.diagnostics);

    // What needs all of them.
    draft.find_targets();
    draft.mark_captures();
    let listens = draft.group_listens();
    draft.bound_counts(conf);
    draft.reader.warn_of_unused_zones();
    draft.reader.warn_of_unused_caches();
    draft.reader.check_expiring_maps(directives);
    draft.reader.warn_of_unused_upstreams();
    draft.reader.warn_of_unused_issuers();
    draft.reader.warn_of_unused_matches();
    let Draft { reader, locations, servers, mut places, .. } = draft;
    let Reader { params, assigned, maps, zones, caches, upstreams, .. } = reader;
    let Reader { issuers, fetched, tables, .. } = reader;
    let Reader { diagnostics, dependencies, folder, charset_maps, recodes, named, .. } = reader;
    let params = params.finish(diagnostics);
    if diagnostics.has_errors() {
        return None;
    }

    // From here on, there is a site.
    places.codings = tables.codings;
    let (fetched, fetched_places) = fetched.into_iter().unzip();
    places.fetched = fetched_places;
    let locations = locations.into_iter().collect::<Option<Vec<_>>>()?;
    let labels = labels::labels(&places, &listens, &params);
    let mut site = ir::Site {
        name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        conf: text,
        process,
        params,
        listens,
        tls: tables.tls.into_items(),
        issuers,
        fetched,
        servers: servers.into_iter().map(|server| server.resolved).collect(),
        max_scripts: locations.iter().any(has_scripts).then_some(tables.max_scripts),
        locations,
        settings: tables.settings.into_items(),
        accesses: tables.accesses.into_items(),
        zones,
        caches,
        upstreams,
        users: tables.users.into_items(),
        directories: tables.directories.into_items(),
        programs: tables.programs.into_items(),
        packs: tables.packs.into_items(),
        logs: tables.logs.into_items(),
        known_files: tables.known_files,
        resolve_every_s: tables.resolve_every_s,
        types: tables.types.into_items(),
        formats: tables.formats.into_items(),
        slots: assigned,
        named: named.into_inner(),
        maps,
        charset_maps,
        recodes,
        labels,
    };
    let packing = Packing { places: &places, folder: &folder, files };
    packing.fill(&mut site, dependencies, diagnostics);
    (!diagnostics.has_errors()).then_some((site, places))
}

/// Whether a location has scripts.
fn has_scripts(location: &ir::Location) -> bool {
    matches!(location.action, Action::Serve { handler: Handler::Cgi(_), .. })
}

impl Draft<'_> {
    /// The servers at this level and in the `http` block within it.
    fn http(&mut self, directives: &[Directive], level: &Level, groups: &Groups) {
        for directive in directives {
            let Some(block) = &directive.block else { continue };
            match &directive.name.value[..] {
                b"http" => {
                    let reader = &mut self.reader;
                    let inner = level.inner(&block.directives, reader, groups, None);
                    self.warn_of_old_ssl(&block.directives);
                    self.http(&block.directives, &inner, groups);
                }
                b"server" => self.server(directive, block, level),
                _ => {}
            }
        }
    }

    fn must_have_servers(&mut self, conf: &Conf) {
        if !self.servers.is_empty() || self.reader.diagnostics.has_errors() {
            return;
        }
        let span = conf.directives.first().map_or(Span::default(), Directive::span);
        let message = "this conf has no `server`: nobody can connect";
        // Those of an nginx.conf may be in files that it includes, where there are any.
        let found = match self.reader.is_whole {
            true => Diagnostic::warning("Z14", span, message),
            false => Diagnostic::error("Z14", span, message),
        };
        self.reader
            .diagnostics
            .push(found.help("the smallest one is `server { listen 8080; root www; }`"));
    }

    /// The ids of the run-time contract are 16 bits wide.
    fn bound_counts(&mut self, conf: &Conf) {
        let most = usize::from(u16::MAX);
        let tables = &self.reader.tables;
        let counts = [
            ("servers", self.servers.len()),
            ("folders", tables.directories.items().len()),
            ("programs", tables.programs.items().len()),
            ("files of users", tables.users.items().len()),
            ("zones", self.reader.zones.len()),
            ("caches", self.reader.caches.len()),
            ("upstreams", self.reader.upstreams.len()),
            ("log files", tables.logs.items().len()),
            ("tables of types", tables.types.len()),
        ];
        for (what, count) in counts.into_iter().filter(|&(_, count)| count > most) {
            let span = conf.directives.first().map_or(Span::default(), Directive::span);
            let message = format!("this conf has {count} {what}; {most} can be told apart");
            self.reader.diagnostics.push(Diagnostic::error("T24", span, message));
        }
    }
}

/// Takes the directives out of a conf that an error was found in, so that it is not the cause
/// of further ones.
pub(crate) fn prune(conf: &mut Conf, diagnostics: &Diagnostics) {
    let places: BTreeSet<Span> = diagnostics
        .sorted()
        .into_iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .map(|diagnostic| diagnostic.primary.span)
        .collect();
    if !places.is_empty() {
        prune_block(&mut conf.directives, &places);
    }
}

fn prune_block(directives: &mut Vec<Directive>, places: &BTreeSet<Span>) {
    directives.retain_mut(|directive| {
        let span = directive.span();
        let end = directive.block.as_ref().map_or(span.end, |block| block.open.end);
        let from = Span { end: span.start, ..span };
        let wrong = places.range(from..).next();
        if wrong.is_some_and(|place| place.file == span.file && place.start <= end) {
            return false;
        }
        if let Some(block) = &mut directive.block {
            prune_block(&mut block.directives, places);
        }
        true
    });
}

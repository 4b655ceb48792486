//! `ast` to `ir`: values, inheritance and defaults.
//!
//! Every directive is looked at once, where it stands: a [`Level`] is what a context has been
//! given, begins as a copy of the outer one's, and its own directives are put over it. So a
//! mistake is reported once, however many locations inherit it.

mod access;
mod action;
mod added_fields;
mod base;
mod caching;
mod captures;
mod cgi;
mod charset;
mod common_types;
mod consistency;
mod embed;
mod error_page;
mod exist;
mod expect;
mod intern;
mod level;
mod listen;
mod location;
mod log;
mod map;
mod modifier;
mod param;
mod process;
mod rewrite;
mod server;
mod server_names;
mod settings;
pub mod structure;
mod symlinks;
#[cfg(test)]
mod tests;
pub(crate) mod text;
pub(crate) mod types;
mod unknown;
mod writing;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use sitec_runtime::site::{LogId, ServerId};

use crate::ast::{self, Conf, Directive};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::files::Files;
use crate::ir;
use crate::places::Places;
use crate::source::Span;
use crate::value::{Checked, Regex};
pub(crate) use common_types::is_known_extension;
use embed::Packing;
use intern::Interner;
use level::Level;
pub(crate) use location::regex_words;
use param::Params;
pub(crate) use param::places::check as check_params;
use text::{CaptureNames, Groups};
use types::TypeTables;
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

/// Resolves a conf whose directives are known, well placed and well formed, and says where it
/// says what. `None` if there is an error. What was looked for on the disk is added to `dependencies`.
pub(crate) fn check(
    conf: &Conf,
    surroundings: Surroundings<'_>,
    dependencies: &mut Vec<PathBuf>,
    diagnostics: &mut Diagnostics,
) -> Option<(ir::Site, Places)> {
    let Surroundings { path, files, text, foreign } = surroundings;
    let mut logs = Interner::new();
    logs.add(ir::LogTarget::Stderr);
    let checker = Checker {
        files,
        folder: path.parent().unwrap_or(Path::new("")).to_owned(),
        params: Params::collect(&conf.directives, diagnostics),
        capture_names: CaptureNames::collect(&conf.directives, foreign),
        diagnostics,
        dependencies,
        reported: HashSet::new(),
        formats: HashMap::new(),
        default_base: None,
        directories: Interner::new(),
        programs: Interner::new(),
        packs: Interner::new(),
        logs,
        log_buffers: HashMap::new(),
        types: TypeTables::new(),
        known_files: None,
        format_values: Interner::new(),
        settings: Interner::new(),
        accesses: Interner::new(),
        locations: Vec::new(),
        places: Places::default(),
        regexes: Vec::new(),
        step_regexes: Vec::new(),
        map_names: map::names(&conf.directives),
        maps: Vec::new(),
        slots: {
            let mut slots = Vec::new();
            rewrite::assigned_names(&conf.directives, &mut slots);
            slots
        },
        servers: Vec::new(),
        listens: Vec::new(),
        looked_up: HashSet::new(),
    };
    checker.site(conf, path, text)
}

/// What is collected on the way.
struct Checker<'a> {
    files: &'a dyn Files,
    folder: PathBuf,
    params: Params,
    capture_names: CaptureNames,
    diagnostics: &'a mut Diagnostics,
    dependencies: &'a mut Vec<PathBuf>,
    /// Places of mistakes that come up once for each location that inherits them.
    reported: HashSet<Span>,
    /// The `log_format`s by name, as indices of `format_values`.
    formats: HashMap<Vec<u8>, (usize, Span)>,
    /// Where files are without a `root`, once it was asked for.
    default_base: Option<Option<ir::FileBase>>,
    directories: Interner<ir::StartText>,
    programs: Interner<ir::StartText>,
    /// What is part of the binary, its files not yet looked for.
    packs: Interner<ir::Pack>,
    logs: Interner<ir::LogTarget>,
    /// `buffer=` and `flush=` of the logs that have any, and where they were read.
    log_buffers: HashMap<LogId, ((usize, u64), Span)>,
    types: TypeTables,
    /// The largest `max=` of an `open_file_cache`.
    known_files: Option<usize>,
    format_values: Interner<ir::Value>,
    settings: Interner<ir::Settings>,
    accesses: Interner<ir::Access>,
    /// Places are reserved before the locations are resolved, so that names can lead to them.
    locations: Vec<Option<ir::Location>>,
    /// Where servers and locations are written.
    places: Places,
    /// For each location, the regexes that lead there, outer ones first.
    regexes: Vec<Vec<Rc<Regex>>>,
    /// The regexes of conditions and of `rewrite`, in the order in which they were read.
    step_regexes: Vec<Rc<Regex>>,
    /// The variables that `set` gives values to.
    slots: Vec<String>,
    /// The variables of maps, and the maps.
    map_names: Vec<String>,
    maps: Vec<ir::Map>,
    servers: Vec<server::Server>,
    listens: Vec<listen::Listen>,
    /// The places of error pages that are known to lead somewhere, for each server.
    looked_up: HashSet<(ServerId, Span)>,
}

impl Checker<'_> {
    fn site(mut self, conf: &Conf, path: &Path, text: Vec<u8>) -> Option<(ir::Site, Places)> {
        self.maps(&conf.directives);
        self.log_formats(&conf.directives);
        let groups = Groups::of_conf(&conf.directives);
        let outermost = Level::outermost().inner(&conf.directives, &mut self, &groups, None);
        let process = self.process(&conf.directives, outermost.error_logs());
        self.http(&conf.directives, &outermost, &groups);
        if self.servers.is_empty() && !self.diagnostics.has_errors() {
            self.no_server(conf);
        }
        self.mark_captures();
        let max_scripts = self.max_scripts(&conf.directives);
        let listens = self.group_listens();
        self.bound_counts(conf);
        let params = std::mem::take(&mut self.params).finish(self.diagnostics);
        if self.diagnostics.has_errors() {
            return None;
        }
        let locations = self.locations.into_iter().collect::<Option<Vec<_>>>()?;
        let mut site = ir::Site {
            name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            conf: text,
            process,
            params,
            listens,
            servers: self.servers.into_iter().map(|server| server.resolved).collect(),
            max_scripts: locations.iter().any(has_scripts).then_some(max_scripts),
            locations,
            settings: self.settings.into_items(),
            accesses: self.accesses.into_items(),
            directories: self.directories.into_items(),
            programs: self.programs.into_items(),
            packs: self.packs.into_items(),
            logs: self.logs.into_items(),
            known_files: self.known_files,
            types: self.types.into_items(),
            formats: self.format_values.into_items(),
            slots: self.slots,
            maps: self.maps,
        };
        let packing = Packing { places: &self.places, folder: &self.folder, files: self.files };
        packing.fill(&mut site, self.dependencies, self.diagnostics);
        (!self.diagnostics.has_errors()).then_some((site, self.places))
    }

    /// The servers at this level and in the `http` block within it.
    fn http(&mut self, directives: &[Directive], level: &Level, groups: &Groups) {
        for directive in directives {
            let Some(block) = &directive.block else { continue };
            match &directive.name.value[..] {
                b"http" => {
                    let inner = level.inner(&block.directives, self, groups, None);
                    self.http(&block.directives, &inner, groups);
                }
                b"server" => self.server(directive, block, level),
                _ => {}
            }
        }
    }

    fn no_server(&mut self, conf: &Conf) {
        let span = conf.directives.first().map_or(Span::default(), ast::Directive::span);
        self.diagnostics.push(
            Diagnostic::error("Z14", span, "this conf has no `server`")
                .help("the smallest one is `server { listen 8080; root www; }`"),
        );
    }

    /// The ids of the run-time contract are 16 bits wide.
    fn bound_counts(&mut self, conf: &Conf) {
        let most = usize::from(u16::MAX);
        let counts = [
            ("servers", self.servers.len()),
            ("folders", self.directories.items().len()),
            ("programs", self.programs.items().len()),
            ("log files", self.logs.items().len()),
            ("tables of types", self.types.len()),
        ];
        for (what, count) in counts.into_iter().filter(|&(_, count)| count > most) {
            let span = conf.directives.first().map_or(Span::default(), ast::Directive::span);
            let message = format!("this conf has {count} {what}; {most} can be told apart");
            self.diagnostics.push(Diagnostic::error("T24", span, message));
        }
    }

    /// The value, if there is one; else its diagnostic is reported.
    fn report<T>(&mut self, result: Checked<T>) -> Option<T> {
        result.map_err(|diagnostic| self.diagnostics.push(*diagnostic)).ok()
    }

    /// Like [`report`](Self::report), for a mistake that comes up more than once.
    fn report_once<T>(&mut self, result: Checked<T>) -> Option<T> {
        match result {
            Err(wrong) if !self.reported.insert(wrong.primary.span) => None,
            other => self.report(other),
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

/// Whether a location has scripts.
fn has_scripts(location: &ir::Location) -> bool {
    matches!(location.action, ir::Action::Serve { handler: ir::Handler::Cgi(_), .. })
}

/// The directives with this name.
fn named<'a>(
    directives: &'a [Directive],
    name: &'static str,
) -> impl Iterator<Item = &'a Directive> {
    directives.iter().filter(move |directive| directive.name.value == name.as_bytes())
}

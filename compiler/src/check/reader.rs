//! What the words of a conf are read by: the disk, the names that the conf defines, and the tables of
//! what it has named so far.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::rc::Rc;

use sitec_runtime::site::LogId;

use super::draft::Name;
use super::expires::ExpiringMaps;
use super::groups::CaptureNames;
use super::intern::Interner;
use super::limits::ZonePlace;
use super::param::Params;
use super::proxy::Computed;
use super::types::TypeTables;
use super::upstream::UpstreamPlace;
use crate::diagnostic::Diagnostics;
use crate::directive::CompiledSettings;
use crate::files::Files;
use crate::ir;
use crate::source::Span;
use crate::value::{Checked, Regex};

/// Reads words, and reports what is wrong with them.
pub(super) struct Reader<'a> {
    pub(super) files: &'a dyn Files,
    /// The folder of the conf.
    pub(super) folder: PathBuf,
    pub(super) params: Params,
    pub(super) capture_names: CaptureNames,
    /// The variables that `set` gives values to.
    pub(super) assigned: Vec<String>,
    /// The variables of maps, and the maps.
    pub(super) map_names: Vec<String>,
    pub(super) maps: Vec<ir::Map>,
    /// The zones of limits, and what each is for.
    pub(super) zones: Vec<ir::Zone>,
    pub(super) zone_places: Vec<ZonePlace>,
    pub(super) expiring_maps: ExpiringMaps,
    /// The names of the server that is being read, and where each stands. Wrong ones are not among them.
    pub(super) server_names: Vec<(Name, Span)>,
    /// The upstreams, and where each is said.
    pub(super) upstreams: Vec<ir::Upstream>,
    pub(super) upstream_places: Vec<UpstreamPlace>,
    /// Every `proxy_pass` with variables.
    pub(super) computed: Vec<Computed>,
    /// The regexes of conditions, of `rewrite`, of `proxy_redirect` and its like, and of maps, in the order in which they were read.
    pub(super) step_regexes: Vec<Rc<Regex>>,
    /// The `log_format`s by name, as indices of [`Tables::formats`].
    pub(super) formats: HashMap<Vec<u8>, (usize, Span)>,
    /// Where files are without a `root`, once it was asked for.
    pub(super) default_base: Option<Option<ir::FileBase>>,
    pub(super) tables: Tables,
    pub(super) diagnostics: &'a mut Diagnostics,
    /// Places of mistakes that come up once for each location that inherits them.
    pub(super) reported: HashSet<Span>,
    pub(super) dependencies: &'a mut Vec<PathBuf>,
}

/// What locations share: each thing once, in the order in which it came up. See [`ir::Site`].
pub(super) struct Tables {
    pub(super) directories: Interner<ir::StartText>,
    pub(super) programs: Interner<ir::StartText>,
    /// What is part of the binary, its files not yet looked for.
    pub(super) packs: Interner<ir::Pack>,
    pub(super) logs: Interner<ir::LogTarget>,
    /// `buffer=` and `flush=` of the logs that have any, and where they were read.
    pub(super) log_buffers: HashMap<LogId, ((usize, u64), Span)>,
    pub(super) types: TypeTables,
    /// `cgi_max_processes`.
    pub(super) max_scripts: u32,
    /// The largest `max=` of an `open_file_cache`.
    pub(super) known_files: Option<usize>,
    pub(super) formats: Interner<ir::Value>,
    pub(super) settings: Interner<ir::Settings>,
    pub(super) accesses: Interner<ir::Access>,
    pub(super) users: Interner<ir::StartText>,
    /// The first `precompress` that asks for something.
    pub(super) codings: Option<Span>,
}

impl Tables {
    /// Nothing but standard error.
    pub(super) fn new() -> Tables {
        let mut logs = Interner::new();
        logs.add(ir::LogTarget::Stderr);
        Tables {
            directories: Interner::new(),
            programs: Interner::new(),
            packs: Interner::new(),
            logs,
            log_buffers: HashMap::new(),
            types: TypeTables::new(),
            max_scripts: CompiledSettings::DEFAULT.cgi_max_processes,
            known_files: None,
            formats: Interner::new(),
            settings: Interner::new(),
            accesses: Interner::new(),
            users: Interner::new(),
            codings: None,
        }
    }
}

impl Reader<'_> {
    /// The value, if there is one; else its diagnostic is reported.
    pub(super) fn report<T>(&mut self, result: Checked<T>) -> Option<T> {
        result.map_err(|diagnostic| self.diagnostics.push(*diagnostic)).ok()
    }

    /// Like [`report`](Self::report), for a mistake that comes up more than once.
    pub(super) fn report_once<T>(&mut self, result: Checked<T>) -> Option<T> {
        match result {
            Err(wrong) if !self.reported.insert(wrong.primary.span) => None,
            other => self.report(other),
        }
    }
}

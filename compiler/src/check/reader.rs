//! What the words of a conf are read by: the disk, the names that the conf defines, and the tables of
//! what it has named so far.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::rc::Rc;

use sitec_runtime::site::LogId;

use super::intern::Interner;
use super::noted::{
    CachePlace, CaptureNames, Computed, ExpiringMaps, IssuerPlace, Name, UpstreamPlace, ZonePlace,
};
use super::param::Params;
use super::steps::Constants;
use super::types::TypeTables;
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
    /// Whether the conf is a whole nginx.conf.
    pub(super) is_whole: bool,
    /// Whether the conf is what stands within `http`, for an nginx.conf to include.
    pub(super) is_part: bool,
    pub(super) params: Params,
    pub(super) capture_names: CaptureNames,
    /// The variables that `set` gives values to.
    pub(super) assigned: Vec<String>,
    /// Those of them that `set` gives one before `auth_request_set` does.
    pub(super) set_first: BTreeSet<String>,
    /// Those that have one value alone where is read now, and it.
    pub(super) constants: Constants,
    /// The variables of maps, and the maps.
    pub(super) map_names: Vec<String>,
    pub(super) maps: Vec<ir::Map>,
    /// The `charset_map`s, and whether contents may be recoded at all.
    pub(super) charset_maps: Vec<ir::CharsetMap>,
    pub(super) recodes: bool,
    /// The variables of the language that values name, those of a family aside.
    pub(super) named: RefCell<BTreeSet<&'static str>>,
    /// Where answers of other servers are kept.
    pub(super) caches: Vec<ir::Cache>,
    pub(super) cache_places: Vec<CachePlace>,
    /// The zones of limits, and what each is for.
    pub(super) zones: Vec<ir::Zone>,
    pub(super) zone_places: Vec<ZonePlace>,
    pub(super) expiring_maps: ExpiringMaps,
    /// The names of the server that is being read, and where each stands. Wrong ones are not among them.
    pub(super) server_names: Vec<(Name, Span)>,
    /// The upstreams, and where each is said.
    pub(super) upstreams: Vec<ir::Upstream>,
    pub(super) upstream_places: Vec<UpstreamPlace>,
    /// The issuers of certificates, and where each is said.
    pub(super) issuers: Vec<ir::Issuer>,
    pub(super) issuer_places: Vec<IssuerPlace>,
    /// What `$acme_certificate` and `$acme_certificate_key` stand for in the server that is being read.
    pub(super) fetched_files: Option<(ir::StartText, ir::StartText)>,
    /// The certificates that are fetched, and where the conf says so.
    pub(super) fetched: Vec<(ir::Fetched, Span)>,
    /// The `match`es.
    pub(super) matches: Vec<Match>,
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
    /// Whether what is written to logs is compressed, and by which level, likewise.
    pub(super) log_gzips: HashMap<LogId, (Option<u32>, Span)>,
    pub(super) types: TypeTables,
    /// `cgi_max_processes`.
    pub(super) max_scripts: u32,
    /// The largest `max=` of an `open_file_cache`.
    pub(super) known_files: Option<usize>,
    /// The shortest `valid=` of a `resolver`, in seconds.
    pub(super) resolve_every_s: Option<u64>,
    pub(super) formats: Interner<ir::Value>,
    pub(super) settings: Interner<ir::Settings>,
    pub(super) accesses: Interner<ir::Access>,
    pub(super) users: Interner<ir::StartText>,
    pub(super) tls: Interner<ir::Tls>,
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
            log_gzips: HashMap::new(),
            types: TypeTables::new(),
            max_scripts: CompiledSettings::DEFAULT.cgi_max_processes,
            known_files: None,
            resolve_every_s: None,
            formats: Interner::new(),
            settings: Interner::new(),
            accesses: Interner::new(),
            users: Interner::new(),
            tls: Interner::new(),
            codings: None,
        }
    }
}

/// A `match`, which says what an answer to a `health_check` is to be.
pub(super) struct Match {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) tests: Vec<ir::HealthTest>,
    pub(super) is_used: bool,
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

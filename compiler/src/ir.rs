//! The resolved site: every value typed, inherited and present; no spans, no syntax. What
//! stands here cannot be wrong, and everything past here cannot fail.
//!
//! Plain types of [`sitec_runtime::site`] are used as they are where they hold no reference;
//! the rest mirrors that module with owned data, and is emitted in the order found here.

mod acme;
mod action;
mod admission;
mod labels;
mod map;
mod pack;
mod rewrite;
mod settings;
mod tls;
mod upstream;
mod value;
mod visit;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::ops::Deref;

use sitec_runtime::http::accept::Coding;
use sitec_runtime::http::method::MethodSet;
use sitec_runtime::http::target::Scheme;
pub use sitec_runtime::pack::Kind as PackKind;
use sitec_runtime::site::{
    DirectoryId, ErrorLog, Level, LocationId, ParamKind, ProcessSettings, ServerId, ServerSettings,
    SocketOptions, TlsId,
};

pub use self::acme::{Fetched, Issuer};
pub use self::action::{
    Action, Candidate, Cgi, CgiParam, CgiRule, Fallback, Handler, Return, Scripts, TryFiles, Upload,
};
pub use self::admission::{Access, Admission, Answered, Auth, LimitExcept, Ranges, RealIp};
pub use self::labels::Labels;
pub use self::map::{Lookup, Map, NameTable, Texts};
pub use self::pack::{Pack, PackNode};
pub use self::rewrite::{Condition, Op, Regex, Rewrite, Test};
pub use self::settings::{
    AccessLog, AddedField, Additions, Amount, Charset, CharsetMap, Coder, Compression, ErrorPage,
    ErrorTarget, Expiration, FileBase, MapForm, Rate, Referers, SecureLink, Settings, Ssi,
    Substitution, Symlinks, Types, UserId, Zone,
};
pub use self::tls::{Certificate, Clients, Tls};
pub use self::upstream::{
    Balance, Cache, CacheValid, Caching, Command, CookieFlags, Fastcgi, FieldTest, Health,
    HealthTest, PassedParam, Peer, Proxy, ProxyField, ProxyTls, Replaced, Replacement, Sticky,
    Target, TargetUri, TlsPeer, Upstream, Wire,
};
pub use self::value::{Escape, Piece, Value, Variable};
pub use self::visit::Purpose;

/// One conf, resolved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// The conf's file name, without its folder.
    pub name: String,
    /// The conf's bytes, for `--conf`: the named file, then each included one under a comment
    /// line that names it.
    pub conf: Vec<u8>,
    /// What holds for the whole process.
    pub process: Process,
    /// The values that may be set at start.
    pub params: Vec<Param>,
    /// The distinct addresses, in the order of the conf.
    pub listens: Vec<Listen>,
    /// What servers say of TLS, each distinct thing once.
    pub tls: Vec<Tls>,
    /// Who issues certificates, and what they are asked for.
    pub issuers: Vec<Issuer>,
    #[allow(missing_docs)]
    pub fetched: Vec<Fetched>,
    /// The servers, in the order of the conf.
    pub servers: Vec<Server>,
    /// All locations of all servers, nested ones and the servers' own included.
    pub locations: Vec<Location>,
    /// The distinct settings that locations have.
    pub settings: Vec<Settings>,
    /// The distinct lists of `allow` and `deny`.
    pub accesses: Vec<Access>,
    /// What `limit_req` and `limit_conn` count by.
    pub zones: Vec<Zone>,
    /// Where answers of other servers are kept.
    pub caches: Vec<Cache>,
    /// The `upstream`s, and what `proxy_pass` names without one.
    pub upstreams: Vec<Upstream>,
    /// The distinct files of users.
    pub users: Vec<StartText>,
    /// The distinct directories that files are opened beneath.
    pub directories: Vec<StartText>,
    /// The distinct programs that scripts are run by, or that are scripts.
    pub programs: Vec<StartText>,
    /// The distinct ways in which files are part of the binary.
    pub packs: Vec<Pack>,
    /// `cgi_max_processes`, where any location has scripts.
    pub max_scripts: Option<u32>,
    /// The distinct log files; the first is standard error.
    pub logs: Vec<LogTarget>,
    /// The largest `max=` of an `open_file_cache`.
    pub known_files: Option<usize>,
    /// The shortest `valid=` of a `resolver`: how often names of upstreams are looked up, in seconds.
    pub resolve_every_s: Option<u64>,
    /// The distinct tables of media types.
    pub types: Vec<Types>,
    /// The distinct log formats.
    pub formats: Vec<Value>,
    /// The names of the variables that `set` gives values to, without `$`.
    pub slots: Vec<String>,
    /// The variables of the language that values name, those of a family aside.
    pub named: BTreeSet<&'static str>,
    /// The maps.
    pub maps: Vec<Map>,
    /// The `charset_map`s.
    pub charset_maps: Vec<CharsetMap>,
    /// Whether a content may be recoded.
    pub recodes: bool,
    /// What servers and locations are called in logs and metrics.
    pub labels: Labels,
}

impl Site {
    /// The codings that contents are brought into or out of, each once.
    pub fn codings(&self) -> impl Iterator<Item = Coding> {
        let on = |coding: &Coding| {
            let mut all = self.settings.iter().filter_map(|settings| settings.compression.as_ref());
            all.any(|Compression { plain, .. }| {
                plain.is_on(*coding) || *coding == Coding::Gzip && plain.gunzip
            })
        };
        [Coding::Gzip, Coding::Brotli, Coding::Zstd].into_iter().filter(on)
    }

    /// Whether some location has a handler of this kind.
    pub fn is_any_handler(&self, is: impl Fn(&Handler) -> bool) -> bool {
        self.locations.iter().any(|location| match &location.action {
            Action::Serve { handler, .. } => is(handler),
            Action::Return(_) => false,
        })
    }

    /// Whether requests are counted by what they are about.
    pub fn has_metrics(&self) -> bool {
        self.is_any_handler(|handler| matches!(handler, Handler::Metrics | Handler::StatusPage))
    }

    /// Whether it is told what servers and locations are called.
    pub fn tells_labels(&self) -> bool {
        self.has_metrics() || self.reads("server_label") || self.reads("location_label")
    }

    /// Whether a value may ask for a variable of this name: one says so, or a content may.
    pub fn reads(&self, name: &str) -> bool {
        self.named.contains(name) || self.ssi().is_some()
    }

    /// Whether it is told how many connections there are.
    pub fn counts_connections(&self) -> bool {
        let mut named = self.named.iter();
        named.any(|name| name.starts_with("connections_")) || self.ssi().is_some()
    }

    /// Whether what is short of a request's content is kept for `$request_body`.
    pub fn keeps_content(&self) -> bool {
        self.reads("request_body")
    }

    /// Whether requests are made within others.
    pub fn has_subrequests(&self) -> bool {
        let limits = self.locations.iter().filter_map(|location| location.limit_except.as_ref());
        let own = self.settings.iter().map(|settings| &settings.admission);
        let mut all = own.chain(limits.map(|limit| &limit.admission));
        let mut proxies = self.locations.iter().filter_map(|location| match &location.action {
            Action::Serve { handler: Handler::Proxy(proxy), .. } => Some(proxy),
            _ => None,
        });
        // What is asked for anew, or by HEAD, is kept without a client.
        let keeps_alone = proxies.any(|proxy| {
            let by_head = proxy.plain.cache_converts_head && matches!(proxy.wire, Wire::Http);
            proxy.caching.is_some() && (proxy.plain.cache_background_update || by_head)
        });
        let inquires = all.any(|admission| admission.inquiry.is_some());
        self.has_mirrors() || self.is_composed() || self.has_slices() || keeps_alone || inquires
    }

    /// Whether contents are fetched in parts.
    pub fn has_slices(&self) -> bool {
        self.settings.iter().any(|settings| settings.slice_len > 0)
    }

    /// Whether others go into contents.
    pub fn is_composed(&self) -> bool {
        self.settings.iter().any(|it| it.additions.is_some() || it.ssi.is_some())
    }

    /// What a content may name that has others in it, where there are such.
    pub fn ssi(&self) -> Option<&Ssi> {
        self.settings.iter().find_map(|settings| settings.ssi.as_ref())
    }

    /// Whether requests go to other locations too.
    pub fn has_mirrors(&self) -> bool {
        self.settings.iter().any(|settings| !settings.mirrors.is_empty())
    }

    /// The distinct ways in which other servers are spoken to over TLS, in the order in which they
    /// come up.
    pub fn tls_peers(&self) -> Vec<&TlsPeer> {
        let mut peers = Vec::new();
        for proxy in self.locations.iter().filter_map(|location| location.action.proxy()) {
            if let Some(ProxyTls { peer, name: _ }) = &proxy.tls
                && !peers.contains(&peer)
            {
                peers.push(peer);
            }
        }
        peers
    }

    /// Whether TLS is spoken, to clients or to other servers.
    pub fn speaks_tls(&self) -> bool {
        !self.tls.is_empty() || !self.tls_peers().is_empty()
    }

    /// Whether keys take passwords that are there when the server starts.
    pub fn has_sealed_keys(&self) -> bool {
        let own = self.tls.iter().flat_map(|tls| &tls.certificates);
        let of_peers = self.tls_peers().into_iter().filter_map(|peer| peer.certificate.as_ref());
        own.chain(of_peers).any(|certificate| certificate.passwords.is_some())
    }

    /// What a server says of TLS, where it speaks that.
    pub fn tls_of(&self, server: ServerId) -> Option<&Tls> {
        self.servers[usize::from(server)].tls.map(|tls| &self.tls[usize::from(tls)])
    }

    /// Whether every handshake for a server is refused where it comes in at a listen.
    pub fn rejects(&self, listen: &Listen, server: ServerId) -> bool {
        listen.tls && self.tls_of(server).is_some_and(|tls| tls.reject_handshake)
    }

    /// All steps of rewriting: those of servers and those of locations.
    pub fn steps(&self) -> impl Iterator<Item = &Op> {
        let of_servers = self.servers.iter().flat_map(|server| &server.ops);
        of_servers.chain(self.locations.iter().flat_map(|location| &location.ops))
    }

    /// The directories that nothing is opened in, since all that is served of them is in the
    /// binary.
    pub fn embedded(&self) -> impl Iterator<Item = DirectoryId> {
        let is_packed = |id: &DirectoryId| {
            let mut packs = self.packs.iter().filter(|pack| pack.directory == *id).peekable();
            let any = packs.peek().is_some();
            any && packs.all(|pack| pack.nodes.iter().all(|node| node.kind != PackKind::OnDisk))
        };
        let is_opened = |id: &DirectoryId| {
            self.locations.iter().any(|location| match &location.action {
                Action::Return(_) => false,
                Action::Serve { handler, try_files } => {
                    let settings = &self.settings[location.settings];
                    let stores = matches!(handler, Handler::Upload(to) if to.directory == *id);
                    let looks = handler.has_files() || try_files.is_some();
                    let opens = looks && settings.pack.is_none();
                    stores || opens && settings.base.directory == *id
                }
            })
        };
        let ids = (0..self.directories.len() as DirectoryId).filter(move |id| is_packed(id));
        ids.filter(move |id| !is_opened(id))
    }

    /// The directories of which a path may reach everything, rising: all but those of an `alias`
    /// that names one file.
    pub fn published(&self) -> impl Iterator<Item = DirectoryId> {
        let served = self.settings.iter().map(|settings| &settings.base);
        let served = served.filter(|base| !base.is_file()).map(|base| base.directory);
        let stored = self.locations.iter().filter_map(|location| match &location.action {
            Action::Serve { handler, .. } => handler.store(),
            Action::Return(_) => None,
        });
        let all = served.chain(stored).filter(|&directory| directory != DirectoryId::MAX);
        all.collect::<BTreeSet<_>>().into_iter()
    }
}

/// See [`sitec_runtime::site::Process`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Process {
    pub plain: ProcessSettings,
    pub user: Option<String>,
    pub group: Option<String>,
    pub pid: Option<StartText>,
    pub error_logs: Vec<ErrorLog>,
}

impl Deref for Process {
    type Target = ProcessSettings;

    fn deref(&self) -> &ProcessSettings {
        &self.plain
    }
}

/// See [`sitec_runtime::site::Param`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Param {
    pub name: String,
    pub default: String,
    pub kind: ParamKind,
}

/// A text that is complete at start, once the params are known; neighbouring literals are one piece.
pub type StartText = Vec<StartPiece>;

/// A text that is known when the site is built.
pub fn known_text(text: &[StartPiece]) -> Option<&str> {
    match text {
        [StartPiece::Literal(only)] => Some(only),
        _ => None,
    }
}

/// A piece of a [`StartText`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum StartPiece {
    /// Text of the conf.
    Literal(String),
    /// The param with this index.
    Param(usize),
    /// The name of the machine that the site runs on. Stands alone, in a `server_name`.
    HostName,
}

impl StartPiece {
    /// How the conf writes [`StartPiece::HostName`], which stands for it where it is not known.
    pub const HOST_NAME: &str = "$hostname";
}

/// See [`sitec_runtime::site::LogTarget`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum LogTarget {
    Stderr,
    Stdout,
    File(StartText),
    Syslog(Syslog),
    Folder(StartText),
}

/// See [`sitec_runtime::site::Syslog`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Syslog {
    pub server: StartText,
    pub facility: u8,
    pub severity: Level,
    pub tag: String,
    pub hostname: bool,
}

/// One address to listen on, and the servers behind it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listen {
    /// Where to bind.
    pub address: Address,
    /// Length of the queue of connections not yet accepted.
    pub backlog: i32,
    /// `ipv6only`.
    pub ipv6_only: bool,
    /// Whether the conf says `ipv6only`.
    pub ipv6_only_given: bool,
    /// `deferred`.
    pub deferred: bool,
    /// `proxy_protocol`.
    pub proxy_protocol: bool,
    /// `ssl`.
    pub tls: bool,
    /// `http2`: all servers here speak HTTP/2, whatever they say themselves.
    pub http2: bool,
    /// `rcvbuf` and its like.
    pub socket: SocketOptions,
    /// Whether another listen overlaps this one.
    pub shared_port: bool,
    /// The names of the servers that listen here.
    pub names: ServerNames,
    /// Server names that are known at start: with params in them, or the machine's.
    pub start_names: Vec<(StartText, ServerId)>,
    /// The server that takes every other Host.
    pub default_server: ServerId,
}

impl Listen {
    /// Whether a server is one of those behind it.
    pub fn reaches(&self, server: ServerId) -> bool {
        let names = &self.names;
        let mut named = [&names.exact, &names.suffix, &names.prefix].into_iter().flatten();
        self.default_server == server
            || named.any(|(_, id)| *id == server)
            || names.regex.iter().any(|name| name.server == server)
            || self.start_names.iter().any(|(_, id)| *id == server)
    }

    /// The scheme of URLs that lead here.
    pub fn scheme(&self) -> Scheme {
        if self.tls { Scheme::HTTPS } else { Scheme::HTTP }
    }
}

/// See [`sitec_runtime::site::Address`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Address {
    Ip(SocketAddr),
    Unix(StartText),
    Param(StartText),
}

/// The server names of one listen, in lower case. No name stands twice in one list.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ServerNames {
    /// Whole names; the empty name is a request without Host.
    pub exact: Vec<(Vec<u8>, ServerId)>,
    /// `*.example.test`, held as `.example.test`: the longest that the host ends in wins.
    pub suffix: Vec<(Vec<u8>, ServerId)>,
    /// `www.*`, held as `www.`: the longest that the host begins with wins.
    pub prefix: Vec<(Vec<u8>, ServerId)>,
    /// Regexes, in the order of the conf.
    pub regex: Vec<ServerRegex>,
}

/// A `~regex` server name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServerRegex {
    /// The pattern.
    pub pattern: Pattern,
    /// The server that it names.
    pub server: ServerId,
    /// Whether a value may use its captures.
    pub captures_used: bool,
}

/// A regex that is known to parse and to fit the limits.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Pattern {
    /// In regex-syntax's language; matched on bytes, without Unicode, anywhere in the subject.
    /// Lookaround is a group named `Ahead`, `NotAhead`, `Behind` or `NotBehind` and a number.
    pub text: String,
    /// `~*`, and every server name.
    pub ignore_case: bool,
}

/// One server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Server {
    /// See [`sitec_runtime::site::Server`]; the fields below are the same.
    pub name: StartText,
    /// The settings outside all locations.
    pub location: LocationId,
    #[allow(missing_docs)]
    pub plain: ServerSettings,
    /// Index into [`Site::tls`], where a listen with `ssl` leads to it.
    pub tls: Option<TlsId>,
    /// What is done before a location is looked for.
    pub ops: Vec<Op>,
    /// Its named locations, by their names without `@`.
    pub named: Vec<(Vec<u8>, LocationId)>,
    /// Its locations. Where the server itself has a `return`, that answers everything: the
    /// scope is empty.
    pub scope: Scope,
}

impl Deref for Server {
    type Target = ServerSettings;

    fn deref(&self) -> &ServerSettings {
        &self.plain
    }
}

/// The locations of a server, or those nested in one location.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Scope {
    /// `location = PATH`.
    pub exact: Vec<(Vec<u8>, LocationId)>,
    /// `location PATH` and `location ^~ PATH`.
    pub prefix: Vec<Prefix>,
    /// `location ~ PATTERN` and `location ~* PATTERN`, in the order of the conf.
    pub regex: Vec<RegexLocation>,
}

/// A prefix location.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prefix {
    /// What a path must begin with.
    pub path: Vec<u8>,
    /// `^~`: the regexes beside it are not asked.
    pub no_regex: bool,
    /// The location.
    pub location: LocationId,
    /// Those nested in it.
    pub nested: Scope,
}

/// A regex location.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegexLocation {
    /// What a path must match.
    pub pattern: Pattern,
    /// The location.
    pub location: LocationId,
    /// Those nested in it.
    pub nested: Scope,
}

/// What one location does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Location {
    /// Index into [`Site::settings`].
    pub settings: usize,
    /// `internal`, and every named location.
    pub internal: bool,
    /// Of the regexes that lead here, outer ones first, those whose captures a value may use.
    pub patterns: Vec<Pattern>,
    /// `limit_except`.
    pub limit_except: Option<LimitExcept>,
    /// The methods that may be used here.
    pub methods: MethodSet,
    /// Whether `methods` names them, or they are what the handler can do.
    pub methods_named: bool,
    /// What is done first.
    pub ops: Vec<Op>,
    /// What is done.
    pub action: Action,
}

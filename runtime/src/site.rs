//! The run-time contract: plain static types that generated code fills in, and the one
//! trait that it implements. Nothing here opens, reads or decides; whatever can be known
//! when a site is built is a constant, an id or a function made of match arms.

mod acme;
mod action;
mod cache;
mod compression;
mod encode;
mod listing;
mod metrics;
mod plain;
mod process;
mod request;
mod response_table;
mod settings;
mod tls;
mod upstream;

use std::sync::OnceLock;

use crate::http::method::MethodSet;
use crate::regex::Program;

pub use self::acme::{AcmeSite, Challenge, Fetched, Issuer, KeyType};
pub use self::action::{
    Action, Assigned, Candidate, Cgi, CgiParam, CgiRule, Condition, Dav, Fallback, Handler, Op,
    PathTest, Prebuilt, Regex, Return, Rewrite, Scripts, Test, Text, Then, TryFiles, Upload,
};
pub use self::cache::{Cache, CacheValid, Caching};
pub use self::compression::{Coder, Compression, LeastVersion, Proxied};
pub use self::encode::{Begin, Effort, Encode};
pub use self::listing::{Listing, ListingFormat, ListingHole, ListingPiece, ListingSection};
pub use self::metrics::{Labels, Metrics, StatusPage};
pub use self::plain::{
    CgiSettings, CompressionSettings, DavSettings, ListingSettings, PlainSettings, ProcessSettings,
    ProxySettings, ServerSettings, TlsPeerSettings, TlsSettings, UploadSettings, UpstreamSettings,
};
pub use self::process::{
    Address, ErrorLog, Level, Listen, LogTarget, Param, ParamKind, Process, Settled, SocketOptions,
    StartPiece, StartText, Syslog, TcpKeepalive,
};
pub use self::request::{
    Agreed, ClientValue, ClientVerdict, LimitStatus, Memo, Offered, Once, Variables,
};
pub(crate) use self::request::{
    CacheStatus, ConnectionFacts, Endpoint, Match, Progress, Report, Tries, Try,
};
pub use self::response_table::ResponseTable;
pub use self::settings::{
    AccessLog, AddedField, AddedFields, Additions, Amount, Around, Beside, Charset, CharsetMap,
    ConnLimit, ErrorPage, ErrorStatus, ErrorTarget, Expires, FileBase, FileCache, Follow,
    IfModifiedSince, KeepaliveDisable, KeepaliveTimeout, Lingering, LinkForm, LogCache, LogGzip,
    LogName, MapForm, MinRate, Rate, RealIp, RealIpSource, Referers, ReqLimit, SecureLink,
    Settings, Ssi, Substitution, Symlinks, TraceContext, UTF8_LEN, UserId, UserIdExpires,
    UserIdForm, Zone,
};
pub use self::tls::{
    Certificate, Clients, Group, SessionCache, Suite, Tls, TlsPeer, TlsSite, TlsVersions,
    VerifyClient,
};

pub use self::upstream::{
    Balance, Command, CookieFlags, Digest, Failures, Fastcgi, FieldTest, Health, HealthTest,
    Ignored, PassedParam, Peer, Proxy, ProxyField, ProxyTls, ProxyVersion, Replaced, Replacement,
    Sticky, StickyBy, Target, TargetUri, Upstream, Wire,
};

/// Index into [`Site::LISTENS`].
pub type ListenId = u16;

/// One `server` block, in the order of the conf.
pub type ServerId = u16;

/// One `location` block, or the settings that a server has outside all of them.
pub type LocationId = u32;

/// Index into [`Site::DIRECTORIES`].
pub type DirectoryId = u16;

/// Index into [`Site::LOGS`].
pub type LogId = u16;

/// Index into [`Site::USERS`].
pub type UsersId = u16;

/// Index into [`Site::ZONES`].
pub type ZoneId = u16;

/// Index into [`Site::CACHES`].
pub type CacheId = u16;

/// Index into [`Site::UPSTREAMS`].
pub type UpstreamId = u16;

/// Index into [`TlsSite::servers`].
pub type TlsId = u16;

/// Index into [`TlsSite::peers`].
pub type TlsPeerId = u16;

/// Index into [`Site::PROGRAMS`].
pub type ProgramId = u16;

/// Names a table of media types for [`Site::media_type`].
pub type TypesId = u16;

/// A compiled conf. Every item is static, so that the runtime, generic over it, keeps only
/// what the site uses.
pub trait Site: Sync + 'static {
    /// The conf's file name, for messages.
    const NAME: &'static str;
    /// The conf's text as it was compiled, for `--conf`.
    const CONF: &'static [u8];
    /// What holds for the whole process.
    const PROCESS: Process;
    /// The values that may still be set at start, in the order of the conf.
    const PARAMS: &'static [Param];
    /// The distinct addresses to listen on.
    const LISTENS: &'static [Listen];
    /// Every directory that files are opened beneath. A relative one is under the prefix.
    const DIRECTORIES: &'static [StartText];
    /// Those of them that need not be there: all that is served from them is in the binary.
    const EMBEDDED: &'static [DirectoryId] = &[];
    /// Those of them of which a path may reach everything, and not one file alone.
    const PUBLISHED: &'static [DirectoryId] = &[];
    /// What files that are part of the binary lie in, where one of them is large: such are sent
    /// from the program's own file.
    const CONTENTS: Option<fn() -> &'static [u8]> = None;
    /// The directories that uploads are stored in. A site without has no code for them.
    const STORES: &'static [DirectoryId] = &[];
    /// The directories of locations with `dav_methods`. A site without has no code for them.
    const DAV: &'static [DirectoryId] = &[];
    /// Whether connections and requests are counted, for [`Handler::Status`].
    const COUNTS: bool = false;
    /// What is counted beside that, and by what it is told apart. A site that tells nothing of it has no
    /// code for it.
    const METRICS: Option<Metrics> = None;
    /// What servers and locations are called, where logs tell it.
    const LABELS: Option<&'static Labels> = None;
    /// Whether any listen has `proxy_protocol`.
    const PROXY_PROTOCOL: bool = false;
    /// Whether any server speaks HTTP/2. A site without has no code for it.
    const HTTP2: bool = false;
    /// The listens whose servers all speak HTTP/2, whatever they say themselves.
    const HTTP2_LISTENS: &'static [ListenId] = &[];
    /// Whether a proxy's word counts anywhere of who a client is.
    const REAL_IP: bool = false;
    /// Whether directories are listed anywhere. A site where none are has no code for it.
    const LISTS: bool = false;
    /// Whether a file of a directory is drawn anywhere. A site where none is has no code for it.
    const RANDOM_INDEX: bool = false;
    /// Whether any location is [`Handler::EmptyGif`].
    const EMPTY_GIF: bool = false;
    /// Every log file. A relative one is under the prefix.
    const LOGS: &'static [LogTarget];
    /// Whether any of them is a syslog server. A site without has no code for it.
    const SYSLOG: bool = LogTarget::any_is_syslog(Self::LOGS);
    /// Whether values name files of any of them. A site where none do has no code for it.
    const NAMED_LOGS: bool = LogTarget::any_is_folder(Self::LOGS);
    /// Every program that scripts are run by, or that is one: a path, relative ones under the
    /// prefix, or without a slash a name that is looked for in `PATH` at start.
    const PROGRAMS: &'static [StartText] = &[];
    /// Every file of users that `auth_basic` asks. A relative one is under the prefix. A site
    /// without has no code for them.
    const USERS: &'static [StartText] = &[];
    /// The servers that requests are passed on to. A site without has no code for them.
    const UPSTREAMS: &'static [Upstream] = &[];
    /// Where answers of other servers are kept. A site without has no code for it.
    const CACHES: &'static [Cache] = &[];
    /// Whether programs run beside the server that requests are passed on to. A site without has no code
    /// for them.
    const COMMANDS: bool = false;
    /// Whether peers are asked whether they are well. A site where none is has no code for it.
    const HEALTH: bool = false;
    /// `resolver … valid=`: how often the names of upstreams are looked up, in seconds.
    const RESOLVE_EVERY_S: u64 = 30;
    /// What servers say of TLS. A site without has no code for it.
    const TLS: Option<TlsSite> = None;
    /// The certificates that are fetched by ACME. A site that fetches none has no code for it.
    const ACME: Option<AcmeSite> = None;
    /// The largest `max=` of an `open_file_cache`, if any location has one: paths that a worker
    /// remembers.
    const KNOWN_FILES: Option<usize> = None;
    /// What `limit_req` and `limit_conn` count by. A site without has no code for them.
    const ZONES: &'static [Zone] = &[];
    /// Whether a request may wait without being worked at. A site where none does has no code for it.
    const WAITS: bool = !Self::USERS.is_empty()
        || !Self::ZONES.is_empty()
        || !Self::CACHES.is_empty()
        || Self::SUBREQUESTS;
    /// Whether texts are replaced in contents anywhere. A site where none are has no code for it.
    const SUBSTITUTES: bool = false;
    /// Whether a content may be recoded (`charset_map`, `source_charset`, `override_charset`). A site where
    /// none may be has no code for it.
    const RECODES: bool = false;
    /// The `charset_map`s, in the order of the conf.
    const CHARSET_MAPS: &'static [CharsetMap] = &[];
    /// Whether fields follow some content (`add_trailer`).
    const TRAILERS: bool = false;
    /// Whether some server or location has steps (`rewrite`, `if`, `set`).
    const REWRITES: bool = false;
    /// Whether some content is compressed or unpacked on its way.
    const COMPRESSES: bool = false;
    /// Whether others go into contents anywhere. A site where none do has no code for it.
    const COMPOSES: bool = false;
    /// Whether commands in contents are carried out anywhere (`ssi`). A site where none are has no code for them.
    const SSI: bool = false;
    /// Whether contents are fetched in parts anywhere (`slice`). A site where none are has no code for it.
    const SLICES: bool = false;
    /// Whether any content waits for requests within its own.
    const ATTENDS: bool = Self::COMPOSES || Self::SLICES;
    /// Whether short contents of requests are kept for `$request_body`. A site that does not read it has
    /// no code for it.
    const KEEPS_CONTENT: bool = false;
    /// Whether any location has a `mirror`. A site where none has has no code for it.
    const MIRRORS: bool = false;
    /// Whether requests are made within others. A site where none is has no code for them.
    const SUBREQUESTS: bool = false;
    /// `cgi_max_processes` of a site that has scripts. One that has none has no code for them.
    const MAX_SCRIPTS: Option<u32> = None;
    /// Whether any response is made elsewhere. A site where none is has no code for it.
    const RELAYS: bool = Self::MAX_SCRIPTS.is_some() || !Self::UPSTREAMS.is_empty();

    /// Builds what cannot be a constant (regex automata over static tables). Called once,
    /// before the first thread starts.
    fn prepare() {}

    /// Picks the server by the name in Host: lower case, no port, no trailing dot; empty
    /// where the request has none.
    fn server(listen: ListenId, host: &[u8]) -> ServerMatch;

    /// What a server settles before a location is known.
    fn server_settings(server: ServerId) -> &'static Server;

    /// Picks the location for a normalised path, by nginx's order.
    fn route(server: ServerId, path: &[u8]) -> LocationId;

    /// How the peers of an upstream are asked whether they are well (`health_check`).
    fn health(_: UpstreamId) -> Option<&'static Health> {
        None
    }

    /// The location that a server calls by this name, which begins with `@`: one that the answer of
    /// another server may lead to. A site that passes nothing on has none to tell of.
    fn named_location(_: ServerId, _: &[u8]) -> Option<LocationId> {
        None
    }

    /// What a location says.
    fn location(id: LocationId) -> &'static Location;

    /// The media type for a lower-case file name extension (without the dot).
    fn media_type(types: TypesId, extension: &[u8]) -> Option<&'static [u8]>;

    /// The page of `status`, 300 and above; [`Prebuilt::EMPTY`] for one that has none.
    fn error_page(status: u16) -> &'static Prebuilt;
}

/// What [`Site::server`] found.
#[derive(Clone, Copy)]
pub struct ServerMatch {
    /// The server chosen.
    pub id: ServerId,
    /// The regex name that matched, if one did and a value uses its captures.
    pub pattern: Option<&'static Pattern>,
}

/// What a server settles before a location is known.
pub struct Server {
    /// The first `server_name`, for `$server_name` and for redirects.
    pub name: Settled,
    /// The server's own settings, outside all locations.
    pub location: LocationId,
    /// What it says of TLS, where it is reached by a `listen` with `ssl`.
    pub tls: Option<TlsId>,
    /// What is one plain value each.
    pub plain: ServerSettings,
    /// What is done before a location is looked for.
    pub ops: &'static [Op],
}

/// What a location says: what to do with a request, and by which settings.
pub struct Location {
    /// The resolved settings; locations that say the same share one.
    pub settings: &'static Settings,
    /// Only for internal redirects: from outside it is 404.
    pub internal: bool,
    /// Of the regexes that lead to the location, outer ones first, those whose captures a value
    /// may use.
    pub patterns: &'static [&'static Pattern],
    /// `limit_except`.
    pub limit_except: Option<LimitExcept>,
    /// The methods that may be used here.
    pub methods: MethodSet,
    /// Whether the conf names them: then they hold before `try_files` looks for anything, else
    /// they are what the handler can do.
    pub methods_named: bool,
    /// The value of the Allow field that goes with a 405 from `methods`.
    pub allow: &'static [u8],
    /// What is done first.
    pub ops: &'static [Op],
    /// What is done.
    pub action: Action,
}

/// `limit_except`: who may use the methods that it does not name.
pub struct LimitExcept {
    /// The methods that it names. They are used as if it were not there.
    pub methods: MethodSet,
    /// Who may use the others.
    pub admission: Admission,
    /// The location that stands in the place of this one for them, where the block passes them on.
    pub location: Option<LocationId>,
}

/// Who may come in: `allow` and `deny`, `auth_basic`, `auth_request` and `satisfy`.
#[derive(Clone, Copy)]
pub struct Admission {
    /// The rules of addresses; `None`: everyone may come in.
    pub access: Option<&'static Access>,
    /// Whom the rules let in by name.
    pub named: Option<&'static Access>,
    /// `satisfy any`, where there are several of rules, passwords and `auth_request`: whom one of them lets
    /// in, the others are not asked about.
    pub satisfy_any: bool,
    /// The passwords; `None`: nobody is asked.
    pub auth: Option<&'static Auth>,
    /// The URI that `auth_request` asks; `None`: none.
    pub inquiry: Option<&'static Text>,
}

impl Admission {
    /// Everyone may come in.
    pub const OPEN: Admission =
        Admission { access: None, named: None, satisfy_any: false, auth: None, inquiry: None };
}

/// `auth_basic`.
pub struct Auth {
    /// What the client is told that the password is for; `off` asks nobody.
    pub realm: Text,
    /// Who may come in.
    pub users: UsersId,
}

/// The rules of `allow` and `deny`, resolved to ranges of addresses.
pub struct Access {
    /// IPv4 clients. `None`: no rule is about them, and all may.
    pub v4: Option<Ranges<u32>>,
    /// IPv6 clients. One whose address is a mapped IPv4 one is judged by `v4`, if there is any.
    pub v6: Ranges<u128>,
    /// Clients that come through the file system.
    pub unix: bool,
}

/// A verdict on each address.
pub struct Ranges<T: 'static> {
    /// The verdict on the lowest address.
    pub first: bool,
    /// The addresses, rising, at which the verdict changes.
    pub flips: &'static [T],
}

/// A regex whose captures are used. The program is rebuilt from its static form on first use.
pub struct Pattern {
    program: &'static [u8],
    built: OnceLock<Program>,
}

impl Pattern {
    /// A pattern from what [`Program::encode`](crate::regex::Program::encode) wrote.
    pub const fn new(program: &'static [u8]) -> Self {
        Pattern { program, built: OnceLock::new() }
    }

    /// The program that finds captures.
    pub fn program(&self) -> &Program {
        self.built.get_or_init(|| Program::decode(self.program))
    }
}

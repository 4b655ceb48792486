//! The resolved site: every value typed, inherited and present; no spans, no syntax. What
//! stands here cannot be wrong, and everything past here cannot fail.
//!
//! Plain types of [`sitec_runtime::site`] are used as they are where they hold no reference;
//! the rest mirrors that module with owned data, and is emitted in the order found here.

use sitec_runtime::http::accept::Coding;
use sitec_runtime::http::method::MethodSet;
pub use sitec_runtime::pack::Kind as PackKind;
use sitec_runtime::site::{
    Dav, DirectoryId, ErrorLog, ErrorStatus, Expires, FileCache, Follow, GzipStatic,
    IfModifiedSince, KeepaliveDisable, Lingering, ListingFormat, LocationId, LogId, ParamKind,
    ProgramId, ServerId, TypesId, Upload,
};
use std::net::SocketAddr;
use std::path::PathBuf;

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
    /// The servers, in the order of the conf.
    pub servers: Vec<Server>,
    /// All locations of all servers, nested ones and the servers' own included.
    pub locations: Vec<Location>,
    /// The distinct settings that locations have.
    pub settings: Vec<Settings>,
    /// The distinct lists of `allow` and `deny`.
    pub accesses: Vec<Access>,
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
    /// The distinct tables of media types.
    pub types: Vec<Types>,
    /// The distinct log formats.
    pub formats: Vec<Value>,
}

/// See [`sitec_runtime::site::Process`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Process {
    pub workers: Option<u16>,
    pub worker_connections: u32,
    pub shutdown_timeout_ms: Option<u64>,
    pub user: Option<String>,
    pub group: Option<String>,
    pub pid: Option<StartText>,
    pub error_log: ErrorLog,
}

/// See [`sitec_runtime::site::Param`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Param {
    pub name: String,
    pub default: String,
    pub kind: ParamKind,
}

/// A text that is complete once the params are known; neighbouring literals are one piece.
pub type StartText = Vec<StartPiece>;

/// A piece of a [`StartText`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum StartPiece {
    /// Text of the conf.
    Literal(String),
    /// The param with this index.
    Param(usize),
}

/// See [`sitec_runtime::site::LogTarget`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum LogTarget {
    Stderr,
    Stdout,
    File(StartText),
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
    /// Whether another listen overlaps this one.
    pub shared_port: bool,
    /// The names of the servers that listen here.
    pub names: ServerNames,
    /// Server names with params in them.
    pub param_names: Vec<(StartText, ServerId)>,
    /// The server that takes every other Host.
    pub default_server: ServerId,
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
}

/// A regex that is known to parse and to fit the limits.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Pattern {
    /// In regex-syntax's language; matched on bytes, without Unicode, anywhere in the subject.
    pub text: String,
    /// `~*`, and every server name.
    pub ignore_case: bool,
    /// Whether a value uses its captures.
    pub captures_used: bool,
}

/// One server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Server {
    /// See [`sitec_runtime::site::Server`]; the fields below are the same.
    pub name: Vec<u8>,
    /// The settings outside all locations.
    pub location: LocationId,
    #[allow(missing_docs)]
    pub client_header_timeout_ms: u64,
    #[allow(missing_docs)]
    pub client_header_buffer_len: usize,
    #[allow(missing_docs)]
    pub large_client_header_buffers: (usize, usize),
    #[allow(missing_docs)]
    pub max_headers: usize,
    #[allow(missing_docs)]
    pub merge_slashes: bool,
    #[allow(missing_docs)]
    pub ignore_invalid_headers: bool,
    #[allow(missing_docs)]
    pub underscores_in_headers: bool,
    /// Its locations. Where the server itself has a `return`, that answers everything: the
    /// scope is empty.
    pub scope: Scope,
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
    /// Its regex, if a value uses the captures.
    pub pattern: Option<Pattern>,
    /// `limit_except`.
    pub limit_except: Option<LimitExcept>,
    /// The methods that may be used here.
    pub methods: MethodSet,
    /// Whether `methods` names them, or they are what the handler can do.
    pub methods_named: bool,
    /// What is done.
    pub action: Action,
}

/// See [`sitec_runtime::site::LimitExcept`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct LimitExcept {
    pub methods: MethodSet,
    /// Index into [`Site::accesses`].
    pub access: Option<usize>,
}

/// See [`sitec_runtime::site::Access`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Access {
    pub v4: Option<Ranges>,
    pub v6: Ranges,
    pub unix: bool,
}

/// See [`sitec_runtime::site::Ranges`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Ranges {
    pub first: bool,
    pub flips: Vec<u128>,
}

/// See [`sitec_runtime::site::Action`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Action {
    Return(Return),
    Serve { try_files: Option<TryFiles>, handler: Handler },
}

/// See [`sitec_runtime::site::Handler`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Handler {
    Files,
    Status,
    Cgi(Cgi),
    Upload(Upload),
    Dav(Dav),
}

impl Handler {
    /// Whether it looks for files, beneath the folder of its location.
    pub fn has_files(&self) -> bool {
        match self {
            Handler::Status => false,
            Handler::Cgi(cgi) => matches!(cgi.scripts, Scripts::ByExtension(_)),
            Handler::Files | Handler::Upload(_) | Handler::Dav(_) => true,
        }
    }
}

/// See [`sitec_runtime::site::Cgi`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Cgi {
    pub scripts: Scripts,
    pub params: Vec<CgiParam>,
    pub timeout_ms: u64,
}

/// See [`sitec_runtime::site::Scripts`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Scripts {
    ByExtension(Vec<CgiRule>),
    Program { program: ProgramId, name_len: usize },
}

/// See [`sitec_runtime::site::CgiRule`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct CgiRule {
    pub extension: Vec<u8>,
    pub interpreter: Option<ProgramId>,
}

/// See [`sitec_runtime::site::CgiParam`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct CgiParam {
    pub name: Vec<u8>,
    pub value: Value,
}

/// A `return`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Return {
    /// A status alone.
    Status(u16),
    /// A redirect to this location.
    Redirect(u16, Value),
    /// A status and a body. Its type is that of the location's path, where only one path
    /// leads there, else found for each request.
    Text(u16, Value),
    /// 444.
    Close,
}

/// A value with variables in it; neighbouring literals are one piece, an empty list is "".
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct Value(pub Vec<Piece>);

/// A piece of a [`Value`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Piece {
    /// Bytes of the conf.
    Literal(Vec<u8>),
    /// A variable.
    Variable(Variable),
    /// A variable, escaped for a log line.
    Logged(Variable, Escape),
}

/// `escape=` of a `log_format`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Escape {
    Default,
    Json,
}

/// A variable.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Variable {
    /// One of [`SIMPLE_VARIABLES`](crate::check::value::SIMPLE_VARIABLES), the name of a
    /// method of `sitec_runtime::variables::Variables`.
    Simple(&'static str),
    /// `$arg_NAME`.
    Argument(Vec<u8>),
    /// `$http_NAME`, in lower case with `-` for `_`.
    RequestField(Vec<u8>),
    /// `$sent_http_NAME`, likewise.
    ResponseField(Vec<u8>),
    /// `$cookie_NAME`.
    Cookie(Vec<u8>),
    /// `$1` to `$9`: a group of the regex that matched last.
    Capture(usize),
    /// A named group, of whichever regex that matched has it.
    NamedCapture(String),
}

/// See [`sitec_runtime::site::FileBase`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct FileBase {
    pub directory: DirectoryId,
    pub inner: Value,
    pub replaced_len: usize,
    pub append_path: bool,
    pub text: Value,
    pub alias: bool,
}

/// The files beneath one directory as some locations serve them from the binary.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Pack {
    /// The directory, whose path is known.
    pub directory: DirectoryId,
    /// Which symlinks are followed.
    pub follow: Follow,
    /// Whether names that begin with a dot are served.
    pub hidden_files: bool,
    /// Their media types, as in [`Settings`].
    pub types: TypesId,
    #[allow(missing_docs)]
    pub default_type: Vec<u8>,
    /// Whether they have entity tags.
    pub etag: bool,
    /// Whether parts of them may be asked for.
    pub ranges: bool,
    /// What compressed forms are made of them.
    pub codings: Vec<Coding>,
    /// All that is there, the directory itself first; by path.
    pub nodes: Vec<PackNode>,
}

/// A path of a [`Pack`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PackNode {
    /// Relative, without a slash at either end; empty for the directory itself.
    pub path: Vec<u8>,
    /// What is there.
    pub kind: PackKind,
    /// Where it is on this machine, symlinks resolved.
    pub source: PathBuf,
    /// The length of a file.
    pub len: u64,
    /// When it was last modified, in seconds since 1970.
    pub modified_s: i64,
}

/// See [`sitec_runtime::site::TryFiles`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct TryFiles {
    pub candidates: Vec<Candidate>,
    pub fallback: Fallback,
}

/// See [`sitec_runtime::site::Candidate`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Candidate {
    pub path: Value,
    pub directory: bool,
}

/// See [`sitec_runtime::site::Fallback`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Fallback {
    Uri(Value),
    Named(LocationId),
    Status(u16),
}

/// See [`sitec_runtime::site::ErrorPage`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct ErrorPage {
    pub status: u16,
    pub response: ErrorStatus,
    pub target: ErrorTarget,
}

/// See [`sitec_runtime::site::ErrorTarget`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum ErrorTarget {
    Uri(Value),
    Named(LocationId),
    Redirect(Value),
}

/// An `add_header`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct AddedField {
    /// The field's name, as it was written: a token.
    pub name: String,
    /// Its value; the literal pieces have no control characters.
    pub value: Value,
    /// Whether it goes with every status.
    pub always: bool,
}

impl AddedField {
    /// Whether a response has at most one field of this name: this one then stands in the place
    /// of another.
    pub fn is_sole(&self) -> bool {
        ["last-modified", "etag"].iter().any(|sole| self.name.eq_ignore_ascii_case(sole))
    }
}

/// See [`sitec_runtime::site::AccessLog`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct AccessLog {
    pub log: LogId,
    /// Index into [`Site::formats`].
    pub format: usize,
    pub buffer_len: usize,
    pub flush_ms: u64,
    pub condition: Option<Value>,
}

/// See [`sitec_runtime::site::Listing`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Listing {
    pub format: ListingFormat,
    pub exact_size: bool,
    pub local_time: bool,
}

/// See [`sitec_runtime::site::Symlinks`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Symlinks {
    pub follow: Follow,
    pub from: Value,
}

/// See [`sitec_runtime::site::Charset`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Charset {
    pub name: Value,
    pub types: Option<Vec<Vec<u8>>>,
}

/// One table of media types: lower-case extensions, each once, in the order of the conf.
pub type Types = Vec<(Vec<u8>, Vec<u8>)>;

/// See [`sitec_runtime::site::Settings`]: the same fields, owned.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Settings {
    pub base: FileBase,
    /// Index into [`Site::packs`].
    pub pack: Option<usize>,
    pub index: Vec<Value>,
    pub types: TypesId,
    pub default_type: Vec<u8>,
    pub charset: Option<Charset>,
    pub error_pages: Vec<ErrorPage>,
    pub recursive_error_pages: bool,
    pub hidden_files: bool,
    pub symlinks: Symlinks,
    pub file_cache: FileCache,
    pub etag: bool,
    pub if_modified_since: IfModifiedSince,
    pub max_ranges: usize,
    pub server_tokens: bool,
    pub absolute_redirect: bool,
    pub port_in_redirect: bool,
    pub server_name_in_redirect: bool,
    pub client_max_body_size: u64,
    pub client_body_buffer_size: usize,
    pub client_body_timeout_ms: u64,
    pub send_timeout_ms: u64,
    pub keepalive_timeout_ms: u64,
    pub keepalive_header_s: Option<u64>,
    pub keepalive_requests: u64,
    pub keepalive_time_ms: u64,
    pub keepalive_disable: KeepaliveDisable,
    pub lingering_close: Lingering,
    pub lingering_time_ms: u64,
    pub lingering_timeout_ms: u64,
    pub reset_timedout_connection: bool,
    pub sendfile: bool,
    pub tcp_nodelay: bool,
    pub tcp_nopush: bool,
    /// Index into [`Site::accesses`].
    pub access: Option<usize>,
    /// In the order in which they are added.
    pub added_fields: Vec<AddedField>,
    pub expires: Option<Expires>,
    pub access_logs: Vec<AccessLog>,
    pub error_log: ErrorLog,
    pub log_not_found: bool,
    pub gzip_static: GzipStatic,
    pub listing: Option<Listing>,
}

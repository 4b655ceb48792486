//! The run-time contract: plain static types that generated code fills in, and the one
//! trait that it implements. Nothing here opens, reads or decides; whatever can be known
//! when a site is built is a constant, an id or a function made of match arms.

use std::net::SocketAddr;
use std::sync::OnceLock;

use crate::files::Files;
use crate::handler::{self, Outcome, Request};
use crate::http::method::MethodSet;
use crate::pack::Pack;
use crate::regex::Program;
use crate::response_table::ResponseTable;
use crate::variables::Variables;

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
    /// What files that are part of the binary lie in, where one of them is large: such are sent
    /// from the program's own file.
    const CONTENTS: Option<fn() -> &'static [u8]> = None;
    /// The directories that uploads are stored in. A site without has no code for them.
    const STORES: &'static [DirectoryId] = &[];
    /// Whether any location has `dav_methods`. A site without has no code for them.
    const DAV: bool = false;
    /// Whether connections and requests are counted, for [`Handler::Status`].
    const COUNTS: bool = false;
    /// Every log file. A relative one is under the prefix.
    const LOGS: &'static [LogTarget];
    /// Every program that scripts are run by, or that is one: a path, relative ones under the
    /// prefix, or without a slash a name that is looked for in `PATH` at start.
    const PROGRAMS: &'static [StartText] = &[];
    /// The largest `max=` of an `open_file_cache`, if any location has one: paths that a worker
    /// remembers.
    const KNOWN_FILES: Option<usize> = None;
    /// `cgi_max_processes` of a site that has scripts. One that has none has no code for them.
    const MAX_SCRIPTS: Option<u32> = None;

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

    /// What a location says.
    fn location(id: LocationId) -> &'static Location;

    /// The media type for a lower-case file name extension (without the dot).
    fn media_type(types: TypesId, extension: &[u8]) -> Option<&'static [u8]>;

    /// The default response with `status`, 300 and above; for a status that has no page of
    /// its own, the one of its class.
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

/// What holds for the whole process.
pub struct Process {
    /// Worker threads; `None` means one for each CPU.
    pub workers: Option<u16>,
    /// Connections that one worker holds open at once.
    pub worker_connections: u32,
    /// How long requests under way may take once the server is to leave; `None`: as long as they do.
    pub shutdown_timeout_ms: Option<u64>,
    /// User name to become after binding, if started as root.
    pub user: Option<&'static str>,
    /// Group name to become; without it, the user's own.
    pub group: Option<&'static str>,
    /// File that holds the process id while the server runs.
    pub pid: Option<StartText>,
    /// Where faults outside of any request go.
    pub error_log: ErrorLog,
}

/// A value that may be set when the binary starts.
pub struct Param {
    /// Its name, as in `${NAME}`.
    pub name: &'static str,
    /// What it is when neither `--set` nor the environment says otherwise.
    pub default: &'static str,
    /// What a value must be to fit wherever the conf uses it.
    pub kind: ParamKind,
}

/// What the uses of a [`Param`] demand of its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParamKind {
    /// Any text without NUL or control characters.
    Text,
    /// A port, 1 to 65535.
    Port,
    /// An address to bind, `ADDR:PORT`, `[ADDR]:PORT`, a port alone or `unix:PATH`.
    Listen,
    /// An IP address.
    Ip,
    /// A path of the file system.
    Path,
    /// A host name, as in `server_name`.
    HostName,
}

/// A text that is complete once the params are known.
pub type StartText = &'static [StartPiece];

/// A piece of a [`StartText`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StartPiece {
    /// Text of the conf.
    Literal(&'static str),
    /// The value of [`Site::PARAMS`] at this index.
    Param(usize),
}

/// One address to listen on.
pub struct Listen {
    /// Where to bind.
    pub address: Address,
    /// Length of the queue of connections not yet accepted.
    pub backlog: i32,
    /// Whether an IPv6 wildcard leaves IPv4 alone.
    pub ipv6_only: bool,
    /// Whether connections are accepted only when there is something to read.
    pub deferred: bool,
    /// Whether another listen of this site overlaps it (a wildcard and an address with the
    /// same port), so that both need `SO_REUSEPORT` even with one worker.
    pub shared_port: bool,
    /// The server for a Host that no server names, and for a head that cannot be read.
    pub default_server: ServerId,
    /// Server names with params in them: compared before [`Site::server`] is asked.
    pub param_names: &'static [(StartText, ServerId)],
}

/// Where to bind.
pub enum Address {
    /// Known when the site was built.
    Ip(SocketAddr),
    /// A socket in the file system.
    Unix(StartText),
    /// Text with params that gives an address once they are known.
    Param(StartText),
}

/// Where a log goes.
pub enum LogTarget {
    /// Standard error.
    Stderr,
    /// Standard output.
    Stdout,
    /// A file, opened for appending, and again upon SIGUSR1. Where params are part of its name,
    /// they may also make it `stderr`, `stdout` or `off`.
    File(StartText),
}

/// Severity of a line in the error log, least to most talkative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum Level {
    Emerg,
    Alert,
    Crit,
    Error,
    Warn,
    Notice,
    Info,
    Debug,
}

/// An `error_log`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ErrorLog {
    /// Where the lines go.
    pub log: LogId,
    /// The least severe level that is written.
    pub level: Level,
}

impl ErrorLog {
    /// Whether lines of a level are written.
    pub fn takes(&self, level: Level) -> bool {
        level <= self.level
    }
}

/// What a server settles before a location is known.
pub struct Server {
    /// The first `server_name`, for `$server_name` and for redirects.
    pub name: &'static [u8],
    /// The server's own settings, outside all locations.
    pub location: LocationId,
    /// Time for a whole head, from its first byte.
    pub client_header_timeout_ms: u64,
    /// First size of the buffer for a head, in bytes.
    pub client_header_buffer_len: usize,
    /// Number and size of the buffers for a large head: no request line or field may be
    /// longer than one, no head longer than all.
    pub large_client_header_buffers: (usize, usize),
    /// Fields that one head may have.
    pub max_headers: usize,
    /// Whether runs of slashes in a path count as one.
    pub merge_slashes: bool,
    /// Whether fields with invalid names are dropped rather than refused.
    pub ignore_invalid_headers: bool,
    /// Whether a field name may have underscores.
    pub underscores_in_headers: bool,
}

/// What a location says: what to do with a request, and by which settings.
pub struct Location {
    /// The resolved settings; locations that say the same share one.
    pub settings: &'static Settings,
    /// Only for internal redirects: from outside it is 404.
    pub internal: bool,
    /// The location's regex, if a value uses its captures.
    pub pattern: Option<&'static Pattern>,
    /// `limit_except`.
    pub limit_except: Option<LimitExcept>,
    /// The methods that may be used here.
    pub methods: MethodSet,
    /// Whether the conf names them: then they hold before `try_files` looks for anything, else
    /// they are what the handler can do.
    pub methods_named: bool,
    /// The value of the Allow field that goes with a 405 from `methods`.
    pub allow: &'static [u8],
    /// What is done.
    pub action: Action,
}

/// `limit_except`: who may use the methods that it does not name.
pub struct LimitExcept {
    /// The methods that it names. They are used as if it were not there.
    pub methods: MethodSet,
    /// Who may use the others; `None`: everyone.
    pub access: Option<&'static Access>,
}

/// Who may come in: the rules of `allow` and `deny`, resolved to ranges of addresses.
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

/// What a location does with a request that it allows.
pub enum Action {
    /// `return`.
    Return(Return),
    /// Finds a resource and serves it.
    Serve {
        /// `try_files`, which picks the resource.
        try_files: Option<&'static TryFiles>,
        /// Who makes the response.
        handler: Handler,
    },
}

/// Who makes the response from the resource.
pub enum Handler {
    /// Static files: `root`, `alias`, `index`, slash redirects.
    Files,
    /// Scripts, and files that are none.
    Cgi(&'static Cgi),
    /// `upload_store`; static files for GET and HEAD.
    Upload(&'static Upload),
    /// `stub_status`.
    Status,
    /// `dav_methods`; static files for the others.
    Dav(&'static Dav),
}

/// The scripts of a location.
pub struct Cgi {
    /// Which they are.
    pub scripts: Scripts,
    /// `cgi_param`: variables beside those that every script is told, or in their place.
    pub params: &'static [CgiParam],
    /// `cgi_timeout`: how long a script may neither read nor write.
    pub timeout_ms: u64,
}

/// Which requests are scripts'.
pub enum Scripts {
    /// Files with one of these extensions.
    ByExtension(&'static [CgiRule]),
    /// All of them are this program's.
    Program {
        /// The program.
        program: ProgramId,
        /// How much of the path names it: the location's prefix, without a slash at its end; 0
        /// for a location without a prefix. The rest is the extra path.
        name_len: usize,
    },
}

/// Files that are scripts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CgiRule {
    /// How their names end: an extension with its dot.
    pub extension: &'static [u8],
    /// What runs them; `None`: they run by themselves.
    pub interpreter: Option<ProgramId>,
}

/// A `cgi_param`.
pub struct CgiParam {
    /// The variable's name.
    pub name: &'static [u8],
    /// Its value.
    pub value: Text,
}

/// `dav_methods`, and what goes with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dav {
    /// The methods.
    pub methods: MethodSet,
    /// `create_full_put_path`.
    pub create_full_put_path: bool,
    /// `min_delete_depth`.
    pub min_delete_depth: usize,
    /// `dav_access`: the permissions of files. Directories may be entered where they may be read.
    pub file_mode: u32,
}

/// An `upload_store`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Upload {
    /// Where uploads are stored.
    pub directory: DirectoryId,
    /// Bytes of a path's front that name the folder, without its last slash: the URI of a prefix
    /// or exact location. `None`, in other locations: all before the last slash.
    pub folder_len: Option<usize>,
    /// `upload_overwrite`.
    pub overwrite: bool,
    /// `upload_sync`.
    pub sync: bool,
}

/// A `return`.
pub enum Return {
    /// A whole response without variables.
    Prebuilt(Prebuilt),
    /// A status alone: the default page or `error_page`.
    Status(u16),
    /// A redirect, 301, 302, 303, 307 or 308, to a computed location.
    Redirect(u16, Text),
    /// A status and a computed or typed-by-URI body.
    Text(u16, Text),
    /// 444: closes the connection without a response.
    Close,
    /// A whole response without variables, of which the site has so many that they stand in
    /// a table: the location's id finds it there.
    Listed(&'static ResponseTable),
}

/// A response that is known when the site is built: all but Date, Server and Connection.
#[derive(Clone, Copy)]
pub struct Prebuilt {
    /// Its status.
    pub status: u16,
    /// Its fields, each ended by CRLF: Content-Type, Content-Length, Location.
    pub fields: &'static [u8],
    /// Its content. Not sent for HEAD.
    pub body: &'static [u8],
}

impl Prebuilt {
    /// A response from its fields, an empty line and its content.
    ///
    /// # Panics
    /// Where there is no empty line: in a constant, when it is built.
    pub const fn parse(status: u16, message: &'static [u8]) -> Prebuilt {
        let mut fields_len = 2;
        while !matches!(message.split_at(fields_len - 2).1, [b'\r', b'\n', b'\r', b'\n', ..]) {
            fields_len += 1;
        }
        let (fields, rest) = message.split_at(fields_len);
        Prebuilt { status, fields, body: rest.split_at(2).1 }
    }
}

/// A value of the conf.
#[derive(Clone, Copy)]
pub enum Text {
    /// Has no variables.
    Fixed(&'static [u8]),
    /// Appends the value for one request.
    Computed(fn(&Variables<'_>, &mut Vec<u8>)),
}

/// Where the files of a location are: `directory`, then `inner`, then what is left of the path
/// once its front is cut off. That rest begins with a slash or is empty; where it does not
/// (`location /i { alias /d/img; }` and the path `/ia`), nothing is found. So no path leaves
/// `directory`/`inner`, and `location /i/ { alias /d/img/; }` is held as if neither had its
/// last slash.
pub struct FileBase {
    /// The directory that no path may leave, whatever it holds. [`DirectoryId::MAX`] where a
    /// location has no files.
    pub directory: DirectoryId,
    /// The rest of `root` or `alias`, beneath `directory`: what follows the last slash
    /// before the first variable, or the file that an `alias` names. Usually empty; without a
    /// slash at its ends.
    pub inner: Text,
    /// For `alias`: bytes of the path's front that it replaces. 0 for `root`.
    pub replaced_len: usize,
    /// Whether the path (without its replaced front) is appended. False for `alias` in an
    /// exact or a regex location, where `inner` is the whole.
    pub append_path: bool,
    /// `root` or `alias` as it stands in the conf, for `$document_root`: a param as its
    /// default, `root` without its last slash.
    pub text: Text,
    /// Whether this is an `alias` (`$document_root` is then the alias itself).
    pub alias: bool,
}

/// `disable_symlinks`.
pub struct Symlinks {
    /// Which are followed.
    pub follow: Follow,
    /// `from=`: the front of absolute paths in which all are.
    pub from: Text,
}

impl Symlinks {
    /// What holds where there is no `disable_symlinks`.
    pub const USUAL: Symlinks = Symlinks { follow: Follow::Beneath, from: Text::Fixed(b"") };
}

/// Which symlinks are followed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Follow {
    /// Those that lead to what is beneath the directory.
    Beneath,
    /// `off`: all.
    Anywhere,
    /// `on`: none.
    Never,
    /// `if_not_owner`: those that have the owner of what they lead to, beneath the directory.
    SameOwner,
}

/// `open_file_cache`, and what goes with it: for how long it is believed what a path was.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FileCache {
    /// `open_file_cache_valid`; 0 where the cache is off: every request looks at the disk.
    pub valid_ms: u64,
    /// `inactive=`: how long something is remembered that is not used.
    pub inactive_ms: u64,
    /// `open_file_cache_min_uses`: how often a file is looked at before it is believed.
    pub min_uses: u32,
    /// `open_file_cache_errors`: whether it is also believed that something is not there.
    pub errors: bool,
}

impl FileCache {
    /// What holds where there is no `open_file_cache`.
    pub const USUAL: FileCache =
        FileCache { valid_ms: 1000, inactive_ms: 60_000, min_uses: 1, errors: true };
}

/// `try_files`.
pub struct TryFiles {
    /// What is looked for, in order.
    pub candidates: &'static [Candidate],
    /// What happens when none is there.
    pub fallback: Fallback,
}

/// One thing that `try_files` looks for.
pub struct Candidate {
    /// The path, a path of a URI beneath the location's root. Without the last slash of the
    /// conf's word.
    pub path: Text,
    /// Whether a directory is looked for (the conf's word ends in a slash).
    pub directory: bool,
}

/// The last parameter of `try_files`.
pub enum Fallback {
    /// An internal redirect to this URI (with arguments after a `?`).
    Uri(Text),
    /// A named location.
    Named(LocationId),
    /// A status.
    Status(u16),
}

/// One status of an `error_page`.
pub struct ErrorPage {
    /// The status that it answers.
    pub status: u16,
    /// What becomes of the status.
    pub response: ErrorStatus,
    /// Who makes the response.
    pub target: ErrorTarget,
}

/// The status of a response that an `error_page` makes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ErrorStatus {
    /// The one that came up.
    Keep,
    /// `=CODE`.
    Replace(u16),
    /// `=`: whatever the target answers.
    FromTarget,
}

/// Who makes the response of an `error_page`.
pub enum ErrorTarget {
    /// An internal redirect to a URI that begins with a slash.
    Uri(Text),
    /// A named location.
    Named(LocationId),
    /// A redirect of the client: 302, unless `=CODE` names another.
    Redirect(Text),
}

/// `charset`, and what it is for.
pub struct Charset {
    /// Its name. One that is empty is not told.
    pub name: Text,
    /// `charset_types`, in lower case; `None`: any.
    pub types: Option<&'static [&'static [u8]]>,
}

/// `autoindex on`. Held by settings, so that a site that lists nothing has no code for it.
pub struct Listing {
    /// `autoindex_format`.
    pub(crate) format: ListingFormat,
    /// `autoindex_exact_size`.
    pub(crate) exact_size: bool,
    /// `autoindex_localtime`.
    pub(crate) local_time: bool,
    /// The page, for [`ListingFormat::Html`].
    pub(crate) page: &'static [ListingPiece],
    serve: fn(&Request<'_>, &mut Files, &Listing) -> Outcome,
}

impl Listing {
    /// A listing in a format; sizes in bytes and times in UTC unless said otherwise.
    pub const fn new(
        format: ListingFormat,
        exact_size: bool,
        local_time: bool,
        page: &'static [ListingPiece],
    ) -> Listing {
        Listing { format, exact_size, local_time, page, serve: handler::listing::serve }
    }

    pub(crate) fn answer(&self, request: &Request<'_>, files: &mut Files) -> Outcome {
        (self.serve)(request, files, self)
    }
}

/// `autoindex_format`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum ListingFormat {
    Html,
    Json,
    Jsonp,
    Xml,
}

/// A piece of the page of a listing.
pub enum ListingPiece {
    /// Text of the template.
    Literal(&'static [u8]),
    /// What is filled in.
    Hole(ListingHole),
    /// Pieces that stand there once, not at all, or for each name.
    Section(ListingSection, &'static [ListingPiece]),
}

/// What is filled in where a listing's template has a hole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListingHole {
    /// The path of the request.
    Path,
    /// How many names are listed.
    Count,
    /// The link to a name.
    Link,
    /// A name, with a slash at the end of a directory's.
    Name,
    /// The length of a file.
    Size,
    /// When it was last modified.
    Time,
}

/// When the pieces of a section are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListingSection {
    /// For each name.
    Items,
    /// Where there is a directory above this one.
    Parent,
    /// Where nothing is listed.
    Empty,
    /// Where not all is listed.
    Cut,
    /// Where files may be deleted; within [`Items`](ListingSection::Items), for a file.
    Delete,
}

/// `gzip_static`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum GzipStatic {
    /// Files are sent as they are.
    Off,
    /// The `.gz` file beside a file is sent to clients that take it.
    On,
    /// It is sent to all.
    Always,
}

/// `if_modified_since`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum IfModifiedSince {
    /// Ignores the field.
    Off,
    /// 304 only for the same time.
    Exact,
    /// 304 for the same or an earlier time.
    Before,
}

/// Old browsers whose connections are not kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct KeepaliveDisable {
    /// Internet Explorer up to 6, after a POST.
    pub msie6: bool,
    /// Safari on macOS.
    pub safari: bool,
}

/// `lingering_close`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Lingering {
    /// Closes at once.
    Off,
    /// Where the client may still be sending.
    On,
    /// Always.
    Always,
}

/// What is put behind the fields of a response: `expires`, then `add_header`.
pub struct AddedFields {
    /// To a status that [takes them](crate::http::status::takes_added_fields).
    pub usual: &'static [AddedField],
    /// To any other status: what is added `always`.
    pub always: &'static [AddedField],
}

/// A part of [`AddedFields`].
pub enum AddedField {
    /// Lines without variables, each ended by CRLF.
    Lines(&'static [u8]),
    /// One line, unless its value is empty.
    Line(&'static str, Text),
    /// One line in the place of any with its name; an empty value leaves none.
    Sole(&'static str, Text),
    /// The Expires and Cache-Control of `expires`, in the place of those that are there.
    Expires(Expires),
}

/// `expires`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Expires {
    /// Long ago: not to be kept.
    Epoch,
    /// In ten years and more.
    Max,
    /// So many seconds from now.
    FromNow(i64),
    /// So many seconds from Last-Modified; from now, where there is none.
    FromModified(i64),
    /// When the day is so many seconds old the next time, in local time.
    AtTime(i64),
}

/// An `access_log`.
pub struct AccessLog {
    /// Where the line goes.
    pub log: LogId,
    /// Appends the line, without its end.
    pub format: fn(&Variables<'_>, &mut Vec<u8>),
    /// Bytes held back before they are written. 0: each line at once.
    pub buffer_len: usize,
    /// The longest that a line is held back. 0: until the buffer is full.
    pub flush_ms: u64,
    /// `if=`: the line is written unless this is empty or `0`.
    pub condition: Option<Text>,
}

/// Everything a location has been given, inherited or by default.
pub struct Settings {
    /// Where files are.
    pub base: FileBase,
    /// The files beneath the base's directory, where they are part of the binary.
    pub pack: Option<&'static Pack>,
    /// `index`: file names, tried in order for a directory.
    pub index: &'static [Text],
    /// `types`.
    pub types: TypesId,
    /// `default_type`; empty: no Content-Type.
    pub default_type: &'static [u8],
    /// `charset`; `None`: off. The types of files and of texts of the conf have it already,
    /// unless its name has variables.
    pub charset: Option<&'static Charset>,
    /// `error_page`.
    pub error_pages: &'static [ErrorPage],
    /// `recursive_error_pages`.
    pub recursive_error_pages: bool,
    /// `hidden_files`: whether a segment that begins with a dot may be served.
    pub hidden_files: bool,
    /// `disable_symlinks`.
    pub symlinks: Symlinks,
    /// `open_file_cache` and what goes with it.
    pub file_cache: FileCache,
    /// `etag`.
    pub etag: bool,
    /// `if_modified_since`.
    pub if_modified_since: IfModifiedSince,
    /// `max_ranges`; 0 turns ranges off.
    pub max_ranges: usize,
    /// `server_tokens`: whether Server has the version.
    pub server_tokens: bool,
    /// `absolute_redirect`.
    pub absolute_redirect: bool,
    /// `port_in_redirect`.
    pub port_in_redirect: bool,
    /// `server_name_in_redirect`.
    pub server_name_in_redirect: bool,
    /// `client_max_body_size` in bytes; `u64::MAX` means any.
    pub client_max_body_size: u64,
    /// `client_body_buffer_size` in bytes.
    pub client_body_buffer_size: usize,
    /// `client_body_timeout`: between two reads.
    pub client_body_timeout_ms: u64,
    /// `send_timeout`: between two writes.
    pub send_timeout_ms: u64,
    /// `keepalive_timeout`; 0 closes after the response.
    pub keepalive_timeout_ms: u64,
    /// The second parameter of `keepalive_timeout`: seconds for the Keep-Alive field.
    pub keepalive_header_s: Option<u64>,
    /// `keepalive_requests`.
    pub keepalive_requests: u64,
    /// `keepalive_time`: the age after which a connection is not kept.
    pub keepalive_time_ms: u64,
    /// `keepalive_disable`.
    pub keepalive_disable: KeepaliveDisable,
    /// `lingering_close`.
    pub lingering_close: Lingering,
    /// `lingering_time`: the longest for all of it.
    pub lingering_time_ms: u64,
    /// `lingering_timeout`: the longest wait for more.
    pub lingering_timeout_ms: u64,
    /// `reset_timedout_connection`.
    pub reset_timedout_connection: bool,
    /// `sendfile`.
    pub sendfile: bool,
    /// `tcp_nodelay`.
    pub tcp_nodelay: bool,
    /// `tcp_nopush`.
    pub tcp_nopush: bool,
    /// `allow` and `deny`; `None`: everyone may come in.
    pub access: Option<&'static Access>,
    /// `add_header` and `expires`.
    pub added_fields: AddedFields,
    /// `access_log`.
    pub access_logs: &'static [AccessLog],
    /// `error_log`.
    pub error_log: ErrorLog,
    /// `log_not_found`.
    pub log_not_found: bool,
    /// `gzip_static`.
    pub gzip_static: GzipStatic,
    /// `autoindex`; `None`: off.
    pub listing: Option<&'static Listing>,
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

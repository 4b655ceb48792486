//! What a location says of how it does it: see [`Settings`].

use super::{
    Access, Admission, Assigned, Compression, DirectoryId, ErrorLog, Listing, LocationId, LogId,
    PlainSettings, Text, TypesId, Variables, ZoneId,
};
use crate::http::accept::Coding;
use crate::http::charset;
pub use crate::http::conditional::IfModifiedSince;
pub use crate::http::expires::Expires;
use crate::links::Digest;
use crate::media::is_among;
use crate::pack::Pack;

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
    /// Whether this is an `alias` (`$document_root` is then the alias itself).
    pub alias: bool,
    /// Whether the `alias` ends in a slash.
    pub slash: bool,
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

/// `client_min_rate`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MinRate {
    /// Bytes a second; not 0.
    pub bytes_per_s: u64,
    /// `grace=`: the time that a client has before it is measured.
    pub grace_ms: u64,
}

impl MinRate {
    /// What holds where there is no `client_min_rate`.
    pub const USUAL: MinRate = MinRate { bytes_per_s: 200, grace_ms: 10_000 };

    /// The time in which so many bytes are to move, in milliseconds.
    pub fn time_ms(&self, bytes: u64) -> u64 {
        bytes.saturating_mul(1000) / self.bytes_per_s.max(1)
    }
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

/// The most bytes of a character in UTF-8 that a map has, and one for their number.
pub const UTF8_LEN: usize = 4;

/// `charset_map`: which characters of two charsets are the same.
#[derive(Debug)]
pub struct CharsetMap {
    /// The names of the two.
    pub names: [&'static [u8]; 2],
    /// What becomes of what.
    pub form: MapForm,
}

/// What becomes of each character of two charsets.
#[derive(Debug)]
pub enum MapForm {
    /// Both have one byte for each.
    Bytes {
        /// What becomes of each byte of the first.
        there: &'static [u8; 256],
        /// The same of the second.
        back: &'static [u8; 256],
    },
    /// The second is UTF-8.
    Utf8 {
        /// For each byte of the first, how many bytes it becomes, and these.
        there: &'static [[u8; UTF8_LEN]; 256],
        /// The characters by number, in order, and what becomes of each.
        back: &'static [(u16, u8)],
    },
}

/// `gzip_static`, `brotli_static`, `zstd_static`: whether the compressed file beside a file is sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Beside {
    /// It is not looked for.
    Off,
    /// It is sent to clients that take it.
    On,
    /// It is sent to all.
    Always,
}

/// Old browsers whose connections are not kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct KeepaliveDisable {
    /// Internet Explorer up to 6, after a POST.
    pub msie6: bool,
    /// Safari on macOS.
    pub safari: bool,
}

/// `otel_trace_context`: what becomes of the place in a trace that a client names (W3C Trace Context).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TraceContext {
    /// Nothing is known of traces.
    Ignore,
    /// The request belongs to the client's trace, or begins one.
    Extract,
    /// It begins one, which goes on to who makes the response.
    Inject,
    /// It belongs to the client's or begins one, which goes on.
    Propagate,
}

impl TraceContext {
    /// Whether a client's word counts.
    pub fn extracts(self) -> bool {
        matches!(self, TraceContext::Extract | TraceContext::Propagate)
    }

    /// Whether it goes on.
    pub fn injects(self) -> bool {
        matches!(self, TraceContext::Inject | TraceContext::Propagate)
    }
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

/// What is put behind the fields of a response: `more_set_headers`, `expires`, then `add_header`.
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
    /// The same, where a value says which. Whether that counts from the last change.
    ComputedExpires(Text, bool),
}

/// An `access_log`.
pub struct AccessLog {
    /// Where the line goes.
    pub log: LogId,
    /// Where that is a folder: the file in it.
    pub name: Option<LogName>,
    /// Appends the line, without its end.
    pub format: fn(&Variables<'_>, &mut Vec<u8>),
    /// Bytes held back before they are written. 0: each line at once.
    pub buffer_len: usize,
    /// The longest that a line is held back. 0: until the buffer is full.
    pub flush_ms: u64,
    /// `gzip`: what is written at once is compressed.
    pub gzip: Option<LogGzip>,
    /// `if=`: the line is written unless this is empty or `0`.
    pub condition: Option<Text>,
}

/// How lines are compressed.
#[derive(Clone, Copy)]
pub struct LogGzip {
    /// How hard is tried, 1 to 9.
    pub level: u32,
    /// Makes a member of a file in gzip, which a site without such logs has no code for.
    pub compress: fn(u32, &[u8]) -> std::io::Result<Vec<u8>>,
}

/// The file that a line goes to, where a value names it.
#[derive(Clone, Copy)]
pub struct LogName {
    /// Its path beneath the folder.
    pub path: Text,
    /// How long such files stay open.
    pub cache: LogCache,
}

/// `open_log_file_cache`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LogCache {
    /// So many files of a worker stay open; 0: none.
    pub max: usize,
    /// Until they are not used for so long.
    pub inactive_ms: u64,
    /// Those that are used so often in that time.
    pub min_uses: u32,
    /// After this time it is asked whether a file still has its name.
    pub valid_ms: u64,
}

impl LogCache {
    /// `off`.
    pub const OFF: LogCache = LogCache { max: 0, inactive_ms: 0, min_uses: 1, valid_ms: 0 };
}

/// `limit_rate` and `limit_rate_after`.
pub struct Rate {
    /// The bytes of a response that are sent in a second; 0: any number.
    pub per_second: Amount,
    /// Those that are sent before it holds.
    pub after: Amount,
}

/// `limit_req_zone` or `limit_conn_zone`.
pub struct Zone {
    /// Its name.
    pub name: &'static str,
    /// What is counted by. An empty value is not counted.
    pub key: Text,
    /// Its memory, in bytes.
    pub len: usize,
    /// Of requests, how many thousandths there may be in a second; of connections, 0.
    pub rate: u64,
}

/// `limit_req`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ReqLimit {
    /// What is counted by.
    pub zone: ZoneId,
    /// `burst`: how many thousandths of requests may be above the rate.
    pub burst: u64,
    /// `delay`: how many of them do not wait; of `nodelay`, `u64::MAX`.
    pub delay: u64,
}

/// `limit_conn`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ConnLimit {
    /// What is counted by.
    pub zone: ZoneId,
    /// How many requests may be under way at once.
    pub most: u64,
}

/// `set_real_ip_from`, `real_ip_header` and `real_ip_recursive`.
pub struct RealIp {
    /// Whose word counts: those that these rules let in.
    pub trusted: &'static Access,
    /// What says who a client is.
    pub source: RealIpSource,
    /// Whether trusted proxies among those named are passed over.
    pub recursive: bool,
}

/// `real_ip_header`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RealIpSource<N = &'static [u8]> {
    /// All lines of X-Forwarded-For.
    Forwarded,
    /// The first line of the field with this name, in lower case.
    Field(N),
    /// `proxy_protocol`: the header that comes before the first request.
    ProxyProtocol,
}

/// `valid_referers`.
pub struct Referers {
    /// `none`: whether a request without the field is valid.
    pub none: bool,
    /// `blocked`: whether a field that is no URL is.
    pub blocked: bool,
    /// What the path must begin with on a host that is named.
    pub path: fn(&[u8]) -> Option<&'static [u8]>,
    /// Whether a regex of `server_names` matches a host.
    pub is_server: fn(&[u8]) -> bool,
    /// Whether one of its own matches a host and what follows.
    pub is_match: fn(&[u8]) -> bool,
}

/// `secure_link` and `secure_link_md5`, or `secure_link_secret`.
pub struct SecureLink {
    /// How links are made.
    pub form: LinkForm,
    /// Whether a text in two parts has a digest.
    pub is_digest: fn([&[u8]; 2], &Digest) -> bool,
}

/// How links are made.
pub enum LinkForm {
    /// What a link says of itself, and what its digest is of.
    Pair(Text, Text),
    /// The digest is part of the path: of what follows it and this secret.
    Secret(&'static [u8]),
}

/// `userid`.
pub struct UserId {
    /// Which numbers clients are given.
    pub form: UserIdForm,
    /// `userid_name`.
    pub name: &'static [u8],
    /// What follows the value of the cookie, but for `expires`.
    pub attributes: &'static [u8],
    /// `userid_expires`.
    pub expires: UserIdExpires,
    /// `userid_mark`.
    pub mark: Option<u8>,
    /// `userid_p3p`; empty: none.
    pub p3p: &'static [u8],
    /// `userid_service`.
    pub service: Option<u32>,
    /// `$uid_reset`.
    pub reset: Text,
}

/// The numbers that clients are given.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UserIdForm {
    /// None: they are only told of.
    Log,
    /// The first form.
    V1,
    /// The second one.
    V2,
}

impl UserIdForm {
    /// The word of the conf.
    pub const fn name(self) -> &'static str {
        match self {
            UserIdForm::Log => "log",
            UserIdForm::V1 => "v1",
            UserIdForm::V2 => "on",
        }
    }
}

/// `userid_expires`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UserIdExpires {
    /// When the browser is closed.
    Off,
    /// At the end of 2037.
    Max,
    /// After so many seconds.
    After(u64),
}

/// A number of bytes.
pub enum Amount {
    /// It is known.
    Fixed(u64),
    /// It is what this value says for one request, in the words of a size.
    Computed(Text),
}

/// `keepalive_timeout`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct KeepaliveTimeout {
    /// How long a connection waits for the next request; 0 closes after the response.
    pub wait_ms: u64,
    /// The second parameter: seconds for the Keep-Alive field.
    pub header_s: Option<u64>,
}

/// Everything a location has been given, inherited or by default.
pub struct Settings {
    /// What is one plain value each.
    pub plain: PlainSettings,
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
    /// `source_charset`; `None`: off.
    pub source_charset: Option<Text>,
    /// `sub_filter`; `None`: no text is replaced.
    pub substitution: Option<&'static Substitution>,
    /// `add_before_body` and `add_after_body`; `None`: nothing is added.
    pub additions: Option<&'static Additions>,
    /// `ssi`; `None`: off.
    pub ssi: Option<&'static Ssi>,
    /// What is compressed; `None`: nothing, and no form is looked for.
    pub compression: Option<&'static Compression>,
    /// `error_page`.
    pub error_pages: &'static [ErrorPage],
    /// `disable_symlinks`.
    pub symlinks: Symlinks,
    /// `open_file_cache` and what goes with it.
    pub file_cache: FileCache,
    /// Who may come in.
    pub admission: Admission,
    /// The paths of `mirror`.
    pub mirrors: &'static [&'static [u8]],
    /// `auth_request_set`.
    pub answered: &'static [(Assigned, Text)],
    /// `limit_rate` and `limit_rate_after`; `None`: a response is as fast as it can be.
    pub rate: Option<&'static Rate>,
    /// `limit_req`.
    pub limit_reqs: &'static [ReqLimit],
    /// `limit_conn`.
    pub limit_conns: &'static [ConnLimit],
    /// Whose word counts of who a client is; `None`: nobody's.
    pub real_ip: Option<&'static RealIp>,
    /// `valid_referers`; `None`: any is valid.
    pub referers: Option<&'static Referers>,
    /// `secure_link` and what goes with it; `None`: no link is checked.
    pub secure_link: Option<&'static SecureLink>,
    /// `userid` and what goes with it; `None`: off.
    pub userid: Option<&'static UserId>,
    /// `add_header` and `expires`.
    pub added_fields: AddedFields,
    /// `add_trailer`: what follows the contents of responses.
    pub added_trailers: AddedFields,
    /// `early_hints`: when what an upstream says before its answer is passed on; empty: always.
    pub early_hints: &'static [Text],
    /// `access_log`.
    pub access_logs: &'static [AccessLog],
    /// `error_log`.
    pub error_logs: &'static [ErrorLog],
    /// `autoindex`; `None`: off.
    pub listing: Option<&'static Listing>,
}

/// Texts that are replaced in contents.
pub struct Substitution {
    /// Each, and what stands in its place.
    pub pairs: &'static [(Text, Text)],
    /// The media types that it is for; `None`: all.
    pub types: Option<&'static [&'static [u8]]>,
}

/// What comes before a content, and after it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around {
    /// The URI of what comes before; empty: nothing does.
    pub before: &'static [u8],
    /// The same of what comes after.
    pub after: &'static [u8],
}

/// What is put around contents.
pub struct Additions {
    /// The URIs of that.
    pub around: Around,
    /// The media types that it is for; `None`: all.
    pub types: Option<&'static [&'static [u8]]>,
}

/// `ssi` and what goes with it.
pub struct Ssi {
    /// The media types that it is for; `None`: all.
    pub types: Option<&'static [&'static [u8]]>,
    /// `ssi_silent_errors`.
    pub silent_errors: bool,
    /// `ssi_value_length`, in bytes.
    pub value_len: usize,
    /// `subrequest_output_buffer_size`: the longest content that goes into a variable, in bytes.
    pub set_len: usize,
    /// Appends the value of the variable with this name, in lower case. Whether there is one.
    pub variable: fn(&[u8], &Variables<'_>, &mut Vec<u8>) -> bool,
}

impl Settings {
    /// Whether others may go into contents.
    pub(crate) fn is_composed(&self) -> bool {
        self.additions.is_some() || self.ssi.is_some()
    }

    /// Whether contents of a media type without parameters say of others that go into them.
    pub(crate) fn weaves(&self, media_type: &[u8]) -> bool {
        self.ssi.is_some_and(|it| is_among(media_type, it.types))
    }

    /// Whether others are put around contents of a media type without parameters.
    pub(crate) fn adds_to(&self, media_type: &[u8]) -> bool {
        self.additions.is_some_and(|it| is_among(media_type, it.types))
    }

    /// Whether all of a content of such a type is changed on its way, but for compression.
    pub(crate) fn changes(&self, media_type: &[u8]) -> bool {
        self.substitutes(media_type)
            || self.adds_to(media_type)
            || self.weaves(media_type)
            || self.recodes(media_type)
    }

    /// Whether contents of a media type without parameters may be recoded.
    fn recodes(&self, media_type: &[u8]) -> bool {
        let (Some(charset), Some(source)) = (self.charset, &self.source_charset) else {
            return false;
        };
        let is_same = match (&charset.name, source) {
            (Text::Fixed(one), Text::Fixed(other)) => charset::is_same(one, other),
            _ => false,
        };
        !is_same && is_among(media_type, charset.types)
    }

    /// Whether texts are replaced in contents of a media type without parameters.
    pub(crate) fn substitutes(&self, media_type: &[u8]) -> bool {
        self.substitution.is_some_and(|it| is_among(media_type, it.types))
    }

    /// Whether a coding is on, and for a media type without parameters.
    pub(crate) fn codes(&self, coding: Coding, media_type: &[u8]) -> bool {
        let coder = self.compression.and_then(|compression| compression.coder(coding));
        coder.is_some_and(|coder| is_among(media_type, coder.types))
    }

    /// Whether a connection of this age is kept after so many requests, where the client wants it.
    pub(crate) fn keeps(&self, requests: u64, age_ms: u64) -> bool {
        self.keepalive_timeout.wait_ms > 0
            && requests < self.keepalive_requests
            && age_ms < self.keepalive_time_ms
    }
}

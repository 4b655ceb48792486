//! What a location says of how it does it: see [`Settings`].

use std::ops::Deref;

use sitec_runtime::http::accept::Coding;
use sitec_runtime::http::charset::{self, takes_charset};
use sitec_runtime::media::is_among;
use sitec_runtime::site::{
    CompressionSettings, ConnLimit, DirectoryId, ErrorLog, ErrorStatus, Expires, FileCache, Follow,
    ListingSettings, LocationId, LogCache, LogId, PlainSettings, ReqLimit, TypesId, UTF8_LEN,
    UserIdExpires, UserIdForm,
};

use super::{Admission, Answered, NameTable, Pattern, Piece, RealIp, Regex, Value};

/// See [`sitec_runtime::site::FileBase`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct FileBase {
    pub directory: DirectoryId,
    pub inner: Value,
    pub replaced_len: usize,
    pub append_path: bool,
    pub alias: bool,
    pub slash: bool,
}

impl FileBase {
    /// Whether it is an `alias` that names one file, and no folder.
    pub fn is_file(&self) -> bool {
        self.alias && matches!(&self.inner.0[..], [Piece::Literal(_)])
    }
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

/// An `add_header`, an `add_trailer`, or a field of `more_set_headers` or `more_clear_headers`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct AddedField {
    /// The field's name, as it was written: a token.
    pub name: String,
    /// Its value; the literal pieces have no control characters.
    pub value: Value,
    /// Whether it goes with every status.
    pub always: bool,
    /// Whether it stands in the place of others of its name, even if it is empty, and before `expires`
    /// (`more_set_headers`).
    pub replaces: bool,
}

impl AddedField {
    /// Whether a response has at most one field of this name: this one then stands in the place
    /// of another.
    pub fn is_sole(&self) -> bool {
        self.replaces
            || ["last-modified", "etag"].iter().any(|sole| self.name.eq_ignore_ascii_case(sole))
    }
}

/// An `expires`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Expiration {
    /// What is known.
    Fixed(Expires),
    /// What a value says, and whether it counts from the last change.
    Computed(Value, bool),
}

/// See [`sitec_runtime::site::AccessLog`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct AccessLog {
    pub log: LogId,
    /// The file in a folder, where a value names it.
    pub name: Option<Value>,
    pub cache: LogCache,
    /// Index into [`Site::formats`](super::Site::formats).
    pub format: usize,
    pub buffer_len: usize,
    pub flush_ms: u64,
    /// The level of `gzip`.
    pub gzip: Option<u32>,
    pub condition: Option<Value>,
}

/// See [`sitec_runtime::site::Rate`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Rate {
    pub per_second: Amount,
    pub after: Amount,
}

/// See [`sitec_runtime::site::Zone`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Zone {
    pub name: String,
    pub key: Value,
    pub len: usize,
    pub rate: u64,
}

/// See [`sitec_runtime::site::Amount`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Amount {
    Fixed(u64),
    Computed(Value),
}

/// See [`sitec_runtime::site::Referers`].
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct Referers {
    /// `none`.
    pub none: bool,
    /// `blocked`.
    pub blocked: bool,
    /// The hosts that are named, each with the number of its path.
    pub hosts: NameTable,
    /// What a path must begin with.
    pub paths: Vec<Vec<u8>>,
    /// The regexes of `server_names`, which are asked about the host.
    pub servers: Vec<Pattern>,
    /// Its own, which are asked about the host and what follows.
    pub regexes: Vec<Pattern>,
}

/// See [`sitec_runtime::site::SecureLink`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum SecureLink {
    /// `secure_link` and `secure_link_md5`.
    Pair {
        /// What a link says of itself.
        link: Value,
        /// What its digest is of.
        hashed: Value,
    },
    /// `secure_link_secret`.
    Secret(Vec<u8>),
}

/// See [`sitec_runtime::site::UserId`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct UserId {
    pub form: UserIdForm,
    pub name: Vec<u8>,
    pub attributes: Vec<u8>,
    pub expires: UserIdExpires,
    pub mark: Option<u8>,
    pub p3p: Vec<u8>,
    pub service: Option<u32>,
    /// `$uid_reset`.
    pub reset: Value,
}

impl UserId {
    /// The variables that stand for the fields which it adds. No conf can name them.
    pub const COOKIE: &str = "userid_cookie";
    #[allow(missing_docs)]
    pub const P3P: &str = "userid_p3p";
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

impl Charset {
    /// Puts a charset whose name is known into a type that takes it.
    pub fn say_in(&self, media_type: &mut Vec<u8>) {
        if let Some(name) = self.name.literal()
            && takes_charset(media_type, self.types.as_deref())
        {
            charset::write(name, media_type);
        }
    }
}

/// See [`sitec_runtime::site::CharsetMap`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct CharsetMap {
    pub names: [Vec<u8>; 2],
    pub form: MapForm,
}

/// See [`sitec_runtime::site::MapForm`]; tables have 256 entries.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum MapForm {
    Bytes { there: Vec<u8>, back: Vec<u8> },
    Utf8 { there: Vec<[u8; UTF8_LEN]>, back: Vec<(u16, u8)> },
}

/// See [`sitec_runtime::site::Substitution`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Substitution {
    pub pairs: Vec<(Value, Value)>,
    pub types: Option<Vec<Vec<u8>>>,
}

impl Substitution {
    /// Whether it is for a media type without parameters.
    pub fn is_for(&self, media_type: &[u8]) -> bool {
        is_among(media_type, self.types.as_deref())
    }
}

/// See [`sitec_runtime::site::Additions`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Additions {
    pub before: Vec<u8>,
    pub after: Vec<u8>,
    pub types: Option<Vec<Vec<u8>>>,
}

/// See [`sitec_runtime::site::Ssi`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Ssi {
    pub types: Option<Vec<Vec<u8>>>,
    pub silent_errors: bool,
    pub value_len: usize,
    pub set_len: usize,
    /// The conf's own variables by name, all of them: a content may name any.
    pub variables: Vec<(String, Value)>,
}

impl Ssi {
    /// Whether it is for a media type without parameters.
    pub fn is_for(&self, media_type: &[u8]) -> bool {
        is_among(media_type, self.types.as_deref())
    }
}

impl Additions {
    /// Whether it is for a media type without parameters.
    pub fn is_for(&self, media_type: &[u8]) -> bool {
        is_among(media_type, self.types.as_deref())
    }

    /// The paths that are asked.
    pub fn paths(&self) -> impl Iterator<Item = &[u8]> {
        [&self.before[..], &self.after].into_iter().filter(|path| !path.is_empty())
    }
}

/// See [`sitec_runtime::site::Compression`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Compression {
    pub plain: CompressionSettings,
    pub coders: Vec<Coder>,
    /// The regex of `gzip_disable`.
    pub disable: Option<Regex>,
}

/// See [`sitec_runtime::site::Coder`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Coder {
    pub coding: Coding,
    pub types: Option<Vec<Vec<u8>>>,
}

/// One table of media types: lower-case extensions, each once, in the order of the conf.
pub type Types = Vec<(Vec<u8>, Vec<u8>)>;

/// See [`sitec_runtime::site::Settings`]: the same fields, owned.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Settings {
    pub plain: PlainSettings,
    pub base: FileBase,
    /// Index into [`Site::packs`](super::Site::packs).
    pub pack: Option<usize>,
    pub index: Vec<Value>,
    pub types: TypesId,
    pub default_type: Vec<u8>,
    pub charset: Option<Charset>,
    pub source_charset: Option<Value>,
    pub substitution: Option<Substitution>,
    pub additions: Option<Additions>,
    pub ssi: Option<Ssi>,
    pub compression: Option<Compression>,
    pub error_pages: Vec<ErrorPage>,
    pub symlinks: Symlinks,
    pub file_cache: FileCache,
    pub admission: Admission,
    pub mirrors: Vec<Vec<u8>>,
    pub answered: Vec<Answered>,
    pub rate: Option<Rate>,
    pub limit_reqs: Vec<ReqLimit>,
    pub limit_conns: Vec<ConnLimit>,
    pub real_ip: Option<RealIp>,
    pub referers: Option<Referers>,
    pub secure_link: Option<SecureLink>,
    pub userid: Option<UserId>,
    /// In the order in which they are added.
    pub added_fields: Vec<AddedField>,
    /// What follows contents, likewise.
    pub added_trailers: Vec<AddedField>,
    /// When what an upstream says before its answer is passed on; empty: always.
    pub early_hints: Vec<Value>,
    pub expires: Option<Expiration>,
    pub access_logs: Vec<AccessLog>,
    pub error_logs: Vec<ErrorLog>,
    pub listing: Option<ListingSettings>,
}

impl Deref for Settings {
    type Target = PlainSettings;

    fn deref(&self) -> &PlainSettings {
        &self.plain
    }
}

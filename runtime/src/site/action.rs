//! What a location does with a request.

use std::sync::LazyLock;

use super::{
    CgiSettings, DavSettings, DirectoryId, LocationId, Pattern, ProgramId, Proxy, ResponseTable,
    StatusPage, UploadSettings, Variables,
};
use crate::http::method::MethodSet;
use crate::regex::Set;

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

impl Action {
    /// Whether the response may be made elsewhere.
    pub(crate) fn is_relayed(&self) -> bool {
        let Action::Serve { handler, .. } = self else { return false };
        matches!(handler, Handler::Cgi(_) | Handler::Proxy(_))
    }
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
    /// `metrics`.
    Metrics,
    /// `status_page`.
    StatusPage(&'static StatusPage),
    /// `empty_gif`.
    EmptyGif,
    /// `dav_methods`; static files for the others.
    Dav(&'static Dav),
    /// `proxy_pass`.
    Proxy(&'static Proxy),
}

/// The scripts of a location.
pub struct Cgi {
    /// Which they are.
    pub scripts: Scripts,
    /// `cgi_param`: variables beside those that every script is told, or in their place.
    pub params: &'static [CgiParam],
    /// What goes with it.
    pub plain: CgiSettings,
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
    /// What goes with it.
    pub plain: DavSettings,
}

/// An `upload_store`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Upload {
    /// Where uploads are stored.
    pub directory: DirectoryId,
    /// Bytes of a path's front that name the folder, without its last slash: the URI of a prefix
    /// or exact location. `None`, in other locations: all before the last slash.
    pub folder_len: Option<usize>,
    /// `upload_redirect`: where a client goes once the files of its form are stored, ready to be
    /// sent.
    pub redirect: Option<&'static str>,
    /// What goes with it.
    pub plain: UploadSettings,
}

/// One step of `set`, `if`, `rewrite`, `break` and `return`. The steps of a context follow one
/// another, those within an `if` behind it.
pub enum Op {
    /// `set`.
    Set(Assigned, Text),
    /// `if`.
    If {
        /// What is asked.
        condition: Condition,
        /// How many of the steps that follow stand in it.
        skip: usize,
        /// The location without a path that it is.
        location: Option<LocationId>,
    },
    /// `rewrite`.
    Rewrite(Rewrite),
    /// `return`.
    Return(Return),
    /// `break`.
    Break,
}

/// What `set` gives a value to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Assigned {
    /// A variable of the conf's own, by number.
    Slot(u16),
    /// `$args`.
    Args,
    /// `$limit_rate`.
    LimitRate,
}

/// The condition of an `if`.
pub struct Condition {
    /// Whether it holds where the test fails.
    pub negated: bool,
    /// The test.
    pub test: Test,
}

/// What a condition asks.
pub enum Test {
    /// Whether a value is neither empty nor `0`.
    Truth(Text),
    /// Whether two values are the same.
    Equal(Text, Text),
    /// Whether a regex matches a value.
    Matches(Text, Regex),
    /// What is at a path of the file system.
    Path(Text, PathTest),
}

/// What is asked about a path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PathTest {
    /// `-f`: whether a file is there.
    File,
    /// `-d`: whether a directory is there.
    Directory,
    /// `-e`: whether anything is there.
    Exists,
    /// `-x`: whether a file is there that its owner may execute.
    Executable,
}

/// A regex that is asked by itself.
pub struct Regex {
    /// Finds whether it matches.
    pub set: &'static LazyLock<Set>,
    /// Finds its captures, where any are used.
    pub captures: Option<&'static Pattern>,
}

/// A `rewrite`.
pub struct Rewrite {
    /// What the path has to match.
    pub regex: Regex,
    /// The path in its place; of a redirect, all of the target.
    pub target: Text,
    /// The arguments, where the target names any; a redirect has them in the target.
    pub args: Option<Text>,
    /// Whether the request's arguments are appended.
    pub keep_args: bool,
    /// What follows.
    pub then: Then,
}

/// What follows a `rewrite` that has matched.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Then {
    /// The next step.
    Next,
    /// `last`: another location is looked for.
    Last,
    /// `break`: the location goes on with the new path.
    Break,
    /// The client is sent elsewhere.
    Redirect {
        /// 301 or 302.
        status: u16,
        /// Whether the target has a `?`.
        has_args: bool,
    },
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
    /// What a status without a page comes to.
    pub const EMPTY: Prebuilt = Prebuilt::parse(0, b"Content-Length: 0\r\n\r\n");

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

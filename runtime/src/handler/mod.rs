//! From an action and a request to a response, or to what happens instead of one.

mod change;
pub mod dav;
pub mod file;
pub(crate) mod gather;
pub mod gif;
mod hidden;
pub(crate) mod listing;
pub(crate) mod proxy;
pub(crate) mod random_index;
mod receive;
mod representation;
mod resource;
pub(crate) mod script;
pub(crate) mod spool;
pub mod status;
pub mod status_page;
pub mod upload;
pub mod work;

pub use receive::{Receiver, Response};
pub use representation::FileResponse;

pub use work::Work;

use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use percent_encoding::{AsciiSet, CONTROLS, percent_encode};

use crate::backend::Input;
use crate::cache::{Hit, Look};
use crate::cgi;
use crate::exchange::UriState;
use crate::files::Files;
use crate::http::body::Framing;
use crate::http::method::Method;
use crate::http::response;
use crate::media;
use crate::output::Produce;
use crate::site::{
    Caching, Level, Listing, Location, ProgramId, Proxy, Settings, TypesId, Variables,
};
use crate::upstream::{self, FoundUpstream};

/// What a handler makes of a request.
#[derive(Debug)]
pub enum Outcome {
    /// An error response, or the page that stands for it.
    Status(u16),
    /// 416, with `Content-Range: bytes */LEN`.
    RangeNotSatisfiable(u64),
    /// The request goes on with this path, decoded and normalised; the arguments stay.
    InternalRedirect(Vec<u8>),
    /// A redirect of the client to a path and its arguments, ready to be sent.
    Redirect(u16, Vec<u8>),
    /// A file, or parts of it.
    File(FileResponse),
    /// A response that was made in memory.
    Response(Response),
    /// A content of this media type, which is made while it is sent.
    Made(&'static [u8], Box<dyn Produce>),
    /// The content is to be received first; then the receiver makes the outcome.
    Receive(Box<dyn Receiver>),
    /// The content was received that had to come before anything, so many bytes.
    Gathered(Input, u64),
    /// This takes longer than others should wait, and then makes the outcome.
    Work(Box<dyn Work>),
    /// A script makes the response.
    Script(Box<cgi::Call>),
    /// Another server makes the response.
    Proxy(Box<upstream::Call>),
    /// Another server has made it before.
    Cached(Box<Hit>),
    /// It is looked again, at this time of the monotonic clock.
    Again(u64),
}

/// The look at what is kept of another server's answers to a request.
pub type Cached<'a> = &'a dyn Fn(&'static Proxy, &'static Caching, &Request<'_>) -> Look;

/// Lists the directory that the path of a request leads to.
pub type List = fn(&Request<'_>, &mut Files, &'static Listing) -> Outcome;

/// What a handler is asked.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// All that values are computed from: path, arguments, fields, settings.
    pub variables: &'a Variables<'a>,
    /// The method to carry out; not always the one that was sent.
    pub method: Method,
    /// How the request's content is framed that is still to be had; a request that goes on in
    /// place of another one has none.
    pub framing: Framing,
    /// Whether the response may be a 304, a 412 or a part. An error's page is sent whole,
    /// whatever conditions and ranges the client names.
    pub conditional: bool,
    /// Whether `try_files` has found a file that the path names beneath an `alias` which is
    /// otherwise complete.
    pub append_path: bool,
    /// What has become of the path that the client has sent.
    pub uri: UriState,
    /// [`Site::media_type`](crate::site::Site::media_type).
    pub media_type: fn(TypesId, &[u8]) -> Option<&'static [u8]>,
    /// The location of another path, for a method that names one.
    pub locate: &'a dyn Fn(&[u8]) -> &'static Location,
    /// The absolute paths of [`Site::PROGRAMS`](crate::site::Site::PROGRAMS).
    pub programs: &'a [PathBuf],
    /// Where the servers behind this one were found.
    pub upstreams: &'static [FoundUpstream],
    /// Lists directories, in a site that lists any.
    pub list: Option<List>,
    /// Looks at what is kept of other servers' answers, in a site that keeps any.
    pub cached: Option<Cached<'a>>,
    /// Writes to the request's error log.
    pub report: &'a dyn Fn(Level, fmt::Arguments<'_>),
}

impl<'a> Request<'a> {
    /// The path of a program.
    pub fn program(&self, id: ProgramId) -> &'a [u8] {
        let program = self.programs.get(usize::from(id));
        program.map_or(b"", |path| path.as_os_str().as_bytes())
    }
}

/// 201, with the path of what has been made.
fn created(path: &[u8]) -> Outcome {
    let location = Some(escape_path(path));
    Outcome::Response(Response { status: 201, location, ..Response::default() })
}

/// 204.
fn no_content() -> Outcome {
    Outcome::Response(Response { status: 204, ..Response::default() })
}

/// What is escaped in the path of a Location; bytes past ASCII always are.
const ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A decoded path for a Location. Two slashes at its front would name another host (RFC 3986,
/// 4.2), so a dot comes between them.
pub fn escape_path(path: &[u8]) -> Vec<u8> {
    let front = if path.starts_with(b"//") { &b"/."[..] } else { b"" };
    let escaped = percent_encode(path, ESCAPED).flat_map(str::bytes);
    front.iter().copied().chain(escaped).collect()
}

/// Where a path that names a folder without a slash at its end is redirected to. The conf may
/// have made the arguments of anything that the client has sent.
pub fn folder_uri(path: &[u8], args: &[u8]) -> Vec<u8> {
    let mut uri = escape_path(path);
    uri.push(b'/');
    if !args.is_empty() {
        uri.push(b'?');
        response::write_uri(&mut uri, args);
    }
    uri
}

/// The media type for the extension of a path, or the location's default one. `types` is
/// [`Site::media_type`](crate::site::Site::media_type).
pub fn media_type(
    settings: &'static Settings,
    path: &[u8],
    types: fn(TypesId, &[u8]) -> Option<&'static [u8]>,
) -> &'static [u8] {
    let extension = media::extension(path);
    // Most are in lower case, as those that are known.
    if let Some(known) = types(settings.types, extension) {
        return known;
    }
    let mut lower = [0; 32];
    let known = lower.get_mut(..extension.len()).and_then(|lower| {
        lower.copy_from_slice(extension);
        lower.make_ascii_lowercase();
        types(settings.types, lower)
    });
    known.unwrap_or(settings.default_type)
}

#[cfg(test)]
mod tests;

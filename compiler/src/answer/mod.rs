//! What a site answers to one request, and why, without being run.
//!
//! The request goes through the server's own phases ([`sitec_runtime::exchange`]), in a world that is
//! made of [`ir`] and [`Files`]. What only a running server knows is not guessed: it is named among
//! [`Answer::doubts`].

mod access;
mod coding;
mod disk;
mod fields;
mod file;
mod files;
mod json;
pub(crate) mod led;
mod proxy;
mod referers;
mod request;
mod resolved;
mod script;
mod text;
mod value;
mod world;
mod writing;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use sitec_runtime::site::{ListenId, LocationId, ServerId};

use crate::files::Files;
use crate::ir;
use crate::route::{Asked, Router};
pub(crate) use access::CLIENT_UNKNOWN;
pub use request::Request;
pub use text::Shown;

/// A site that can be asked.
pub struct Answers<'a> {
    site: &'a ir::Site,
    router: Router<'a>,
    files: &'a dyn Files,
    folder: &'a Path,
}

impl<'a> Answers<'a> {
    /// The site, whose relative paths are beneath `folder`.
    pub fn new(site: &'a ir::Site, files: &'a dyn Files, folder: &'a Path) -> Answers<'a> {
        Answers { site, router: Router::new(site), files, folder }
    }

    /// The answer to a request.
    pub fn to(&self, request: &Request) -> Answer {
        world::Evaluation::new(self, request).run()
    }
}

/// What comes of one request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The request line's method and URL, as they were asked for.
    pub asked: String,
    /// Where the connection comes in.
    pub listen: ListenId,
    /// The host asked for, as servers are chosen by it.
    pub host: Vec<u8>,
    /// The server.
    pub server: ServerId,
    /// Why it is that one.
    pub server_by: ServerBy,
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// Where it ends.
    pub end: End,
    /// The response's status; `None` where there is no response, or a program decides.
    pub status: Option<u16>,
    /// The response's fields, as far as they are known.
    pub fields: Vec<Field>,
    /// What could not be known, and was taken to be absent.
    pub doubts: Vec<String>,
}

/// Why a server takes a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ServerBy {
    /// It was asked for.
    Asked,
    /// Nobody else listens there.
    Alone,
    /// A name with params in it is the host.
    Param,
    /// The host is the machine's name.
    HostName,
    /// The host is one of its names.
    Exact,
    /// Its `*.NAME` is the longest that the host ends in.
    Suffix(String),
    /// Its `NAME.*` is the longest that the host begins with.
    Prefix(String),
    /// Of all regexes, the first that matches is this one of its own, counted from 0.
    Regex(usize),
    /// No name is the host's: it is the default server.
    Default,
}

/// One thing that happens to a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// A location is chosen for a path.
    Location {
        /// The path.
        path: Vec<u8>,
        /// What was asked for it.
        asked: Vec<Asked>,
        /// The location chosen; the server's own settings where none takes the path.
        location: LocationId,
    },
    /// A named location is gone to.
    Named(LocationId),
    /// Something is looked for on the disk.
    Looked {
        /// Who looks.
        by: Looker,
        /// The file or folder.
        path: PathBuf,
        /// Whether it is there, as what is looked for.
        found: bool,
    },
    /// An `if` is asked.
    Asked {
        /// Its condition, as it is written.
        condition: String,
        /// Whether it holds.
        holds: bool,
    },
    /// A `set` gives a value to a variable.
    Assigned {
        /// The variable's name.
        name: String,
        /// The value.
        value: Vec<u8>,
    },
    /// A `rewrite` has matched.
    Rewritten {
        /// Its regex.
        regex: String,
        /// The path and the arguments from now on.
        uri: Vec<u8>,
    },
    /// `auth_request` asks another location whether the client may come in.
    Inquired {
        /// The path that is asked for.
        uri: Vec<u8>,
        /// What happens then, in order.
        steps: Vec<Step>,
        /// What is answered, if that is known here.
        status: Option<u16>,
    },
    /// The request goes to another location too.
    Mirrored {
        /// The path there.
        uri: Vec<u8>,
    },
    /// Another location's answer goes into the content.
    Added {
        /// The path there.
        uri: Vec<u8>,
    },
    /// The content says itself of others that go into it.
    Included,
    /// The request is counted, and let in.
    Limited {
        /// What counts it: `limit_req` or `limit_conn`.
        by: &'static str,
        /// The zones.
        zones: Vec<String>,
    },
    /// The location gives a status instead of a response.
    Status {
        /// The status.
        status: u16,
        /// What led to it.
        reason: String,
    },
    /// An `error_page` takes the status over.
    ErrorPage {
        /// The status.
        status: u16,
        /// Where it leads: a URI or a named location.
        target: String,
    },
    /// The request goes on with another URI.
    Redirect {
        /// What leads there: `try_files` or `index`.
        by: Looker,
        /// The URI.
        uri: Vec<u8>,
    },
}

/// What looks for files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Looker {
    TryFiles,
    Index,
    File,
    Script,
    Condition,
}

/// Where a request ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// A file is sent, or a part of it.
    File(PathBuf),
    /// The client has the file as it is.
    Unchanged(PathBuf),
    /// What is in a folder is listed.
    Listing(PathBuf),
    /// The counts of the process are told.
    Counts,
    /// A file is removed.
    Removed(PathBuf),
    /// The request's content becomes this file, or a folder is made.
    Stored(PathBuf),
    /// The files of a form go into this folder.
    StoredForm(PathBuf),
    /// A file or folder is copied or moved.
    Moved(PathBuf),
    /// A script answers.
    Script {
        /// The script.
        file: PathBuf,
        /// What runs it; `None`: it runs by itself.
        interpreter: Option<String>,
        /// What of the path is behind its name.
        extra_path: Vec<u8>,
    },
    /// Another server is asked.
    PassedOn {
        /// The upstream, as it is named.
        upstream: String,
        /// The first line of what it is asked, without the version, and the fields that the conf
        /// sets.
        lines: Vec<String>,
    },
    /// A text of the conf is sent.
    Text(Vec<u8>),
    /// The page of the status is sent.
    Page,
    /// The connection is closed without a response.
    Close,
}

/// A field of the response.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its value; `None` if only the running server knows it.
    pub value: Option<String>,
}

impl Answer {
    /// The locations that the response comes from: the last one, and the one whose
    /// `error_page` led there.
    pub fn deciding(&self) -> Vec<LocationId> {
        let mut at = None;
        let mut deciding = Vec::new();
        for step in &self.steps {
            match step {
                Step::Location { location, .. } | Step::Named(location) => at = Some(*location),
                Step::ErrorPage { .. } => deciding.extend(at),
                _ => {}
            }
        }
        deciding.extend(at);
        deciding.reverse();
        deciding.dedup();
        deciding
    }

    /// What was looked for on the disk.
    pub fn looked(&self) -> impl Iterator<Item = &PathBuf> {
        let mut all = Vec::new();
        collect_looked(&self.steps, &mut all);
        all.into_iter()
    }

    /// The file that is sent, known already, changed or run.
    pub fn file(&self) -> Option<&Path> {
        match &self.end {
            End::File(file)
            | End::Unchanged(file)
            | End::Removed(file)
            | End::Stored(file)
            | End::StoredForm(file)
            | End::Moved(file) => Some(file),
            End::Script { file, .. } => Some(file),
            End::Listing(_)
            | End::Counts
            | End::PassedOn { .. }
            | End::Text(_)
            | End::Page
            | End::Close => None,
        }
    }

    /// The value of a field, if it is known.
    pub fn field(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
        field?.value.as_deref()
    }
}

/// Adds what was looked for on the disk in these steps.
fn collect_looked<'s>(steps: &'s [Step], all: &mut Vec<&'s PathBuf>) {
    for step in steps {
        match step {
            Step::Looked { path, .. } => all.push(path),
            Step::Inquired { steps, .. } => collect_looked(steps, all),
            _ => {}
        }
    }
}

/// The address of a listen, with the defaults of params.
pub fn address(site: &ir::Site, listen: ListenId) -> String {
    match &site.listens[usize::from(listen)].address {
        ir::Address::Ip(address) => address.to_string(),
        ir::Address::Unix(path) => format!("unix:{}", start_text(site, path)),
        ir::Address::Param(text) => start_text(site, text),
    }
}

/// A text of the start, with the defaults of params. The machine's name stays as it is written.
pub(crate) fn start_text(site: &ir::Site, text: &ir::StartText) -> String {
    let pieces = text.iter().map(|piece| match piece {
        ir::StartPiece::Literal(text) => &text[..],
        ir::StartPiece::Param(param) => &site.params[*param].default,
        ir::StartPiece::HostName => ir::StartPiece::HOST_NAME,
    });
    pieces.collect()
}

/// A server name, with the defaults of params.
pub(crate) fn server_name(site: &ir::Site, name: &ir::StartText) -> String {
    start_text(site, name).to_ascii_lowercase()
}

/// The server that has a host for a name that is known at start. `$hostname` as a host stands for
/// the machine's name.
pub(crate) fn named_at_start<'a>(
    site: &ir::Site,
    listen: &'a ir::Listen,
    host: &[u8],
) -> Option<&'a (ir::StartText, ServerId)> {
    listen.start_names.iter().find(|(name, _)| server_name(site, name).as_bytes() == host)
}

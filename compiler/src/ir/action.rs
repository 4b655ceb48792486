//! What a location does with a request.

use std::ops::Deref;

use sitec_runtime::site::{CgiSettings, Dav, DirectoryId, LocationId, ProgramId, UploadSettings};

use super::{FileBase, Proxy, Value};

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
    Metrics,
    StatusPage,
    EmptyGif,
    Cgi(Cgi),
    Upload(Upload),
    Dav(Dav),
    Proxy(Box<Proxy>),
}

/// See [`sitec_runtime::site::Upload`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Upload {
    pub directory: DirectoryId,
    pub folder_len: Option<usize>,
    pub redirect: Option<String>,
    pub plain: UploadSettings,
}

impl Deref for Upload {
    type Target = UploadSettings;

    fn deref(&self) -> &UploadSettings {
        &self.plain
    }
}

impl Action {
    /// What it passes on, if it does.
    pub fn proxy(&self) -> Option<&Proxy> {
        match self {
            Action::Serve { handler: Handler::Proxy(proxy), .. } => Some(proxy),
            Action::Serve { .. } | Action::Return(_) => None,
        }
    }

    /// The same, to be changed.
    pub(crate) fn proxy_mut(&mut self) -> Option<&mut Proxy> {
        match self {
            Action::Serve { handler: Handler::Proxy(proxy), .. } => Some(proxy),
            Action::Serve { .. } | Action::Return(_) => None,
        }
    }
}

impl Handler {
    /// Whether it looks for files, beneath the folder of its location.
    pub fn has_files(&self) -> bool {
        match self {
            Handler::Status
            | Handler::Metrics
            | Handler::StatusPage
            | Handler::EmptyGif
            | Handler::Proxy(_) => false,
            Handler::Cgi(cgi) => matches!(cgi.scripts, Scripts::ByExtension(_)),
            Handler::Files | Handler::Upload(_) | Handler::Dav(_) => true,
        }
    }

    /// The directory that uploads are stored in.
    pub fn store(&self) -> Option<DirectoryId> {
        match self {
            Handler::Upload(upload) => Some(upload.directory),
            Handler::Files
            | Handler::Status
            | Handler::Metrics
            | Handler::StatusPage
            | Handler::EmptyGif
            | Handler::Cgi(_)
            | Handler::Dav(_)
            | Handler::Proxy(_) => None,
        }
    }

    /// The directory beneath which clients write in a location with this `base`. Where they may
    /// only delete, there is none.
    pub fn writes_beneath(&self, base: &FileBase) -> Option<DirectoryId> {
        match self {
            Handler::Upload(upload) => Some(upload.directory),
            Handler::Dav(_) => Some(base.directory),
            Handler::Files
            | Handler::Status
            | Handler::Metrics
            | Handler::StatusPage
            | Handler::EmptyGif
            | Handler::Cgi(_)
            | Handler::Proxy(_) => None,
        }
    }
}

/// See [`sitec_runtime::site::Cgi`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Cgi {
    pub scripts: Scripts,
    pub params: Vec<CgiParam>,
    pub plain: CgiSettings,
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

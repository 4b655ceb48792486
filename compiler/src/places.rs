//! Where the conf says what [`ir`](crate::ir) numbers: the spans and the words that `ir` itself
//! does not keep. For whoever explains an answer; nothing is generated from it.

use std::collections::BTreeSet;
use std::rc::Rc;

use sitec_runtime::http::method::Method;
use sitec_runtime::site::{LocationId, ServerId};

use crate::ast::Word;
use crate::diagnostic::Diagnostics;
use crate::ir::Value;
use crate::source::Span;

/// The places of one site.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Places {
    /// One for each of [`ir::Site::servers`](crate::ir::Site::servers).
    pub servers: Vec<ServerPlace>,
    /// One for each of [`ir::Site::locations`](crate::ir::Site::locations).
    pub locations: Vec<LocationPlace>,
    /// One for each of [`ir::Site::packs`](crate::ir::Site::packs): the first `embed` that asks
    /// for it.
    pub packs: Vec<Span>,
    /// The first `precompress` that asks for something.
    pub codings: Option<Span>,
    /// The URIs that the conf itself leads to.
    pub pages: Vec<PagePlace>,
    /// The URIs of `auth_request`, each with its server.
    pub inquiries: Vec<(Value, Span, ServerId)>,
    /// The tests of the conf.
    pub expectations: Vec<Expectation>,
    /// Where each of [`Site::fetched`](crate::ir::Site::fetched) is written.
    pub fetched: Vec<Span>,
    /// The locations that no request comes to, as far as that was found.
    pub unreachable: BTreeSet<LocationId>,
}

/// A `server` block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServerPlace {
    /// The word `server`.
    pub span: Span,
    /// Its names, as they are written.
    pub names: Vec<String>,
}

/// A `location` block, or a server outside of all its locations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocationPlace {
    /// From `location` to its URI; for a server, the word `server`.
    pub span: Span,
    /// The server that it is in.
    pub server: ServerId,
    /// Modifier and URI with one space between them, `@NAME`, or nothing for a server.
    pub written: String,
    /// The location that an `if` or a `limit_except` stands in.
    pub within: Option<LocationId>,
    /// What its paths begin with; empty where that is not known.
    pub prefix: Vec<u8>,
    /// The words of its `methods`.
    pub methods: Option<Rc<[(Method, Span)]>>,
    /// The `upload_store` or `dav_methods` by which clients write here.
    pub writer: Option<Span>,
    /// Its `stub_status`, `metrics` or `status_page`.
    pub status: Option<Span>,
    /// Where the extensions of its scripts stand: one for each of the rules of
    /// [`ir::Scripts::ByExtension`](crate::ir::Scripts::ByExtension).
    pub scripts: Vec<Span>,
}

/// A URI that an `error_page` or a `try_files` leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PagePlace {
    /// The URI.
    pub uri: Value,
    /// Where it is written.
    pub span: Span,
    /// The server that looks it up.
    pub server: ServerId,
    /// For `try_files`, the location that it is the fallback of.
    pub fallback_of: Option<LocationId>,
}

/// An `expect`: a test of the conf.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expectation {
    /// The server that is asked.
    pub server: ServerId,
    /// The method.
    pub method: String,
    /// The path or the URL.
    pub url: Word,
    /// The status that is expected.
    pub status: (u16, Span),
    /// What else is.
    pub conditions: Vec<(Condition, Span)>,
}

/// What an `expect` asks for beside a status.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Condition {
    /// The location that answers, as it is written.
    Location(String),
    /// `file=`: the file that is sent or run.
    File(String),
    /// `location=`: the Location field.
    Target(String),
    /// `type=`: the Content-Type field.
    Type(String),
    /// `upstream=`: the upstream that is asked.
    Upstream(String),
}

impl Places {
    /// The locations of which one of these checks has found something.
    pub(crate) fn found(&self, diagnostics: &Diagnostics, codes: &[&str]) -> BTreeSet<LocationId> {
        let found = diagnostics.sorted().into_iter().filter(|it| codes.contains(&it.code));
        let spans: Vec<_> = found.map(|diagnostic| diagnostic.primary.span).collect();
        let locations = (0..).zip(&self.locations);
        locations.filter(|(_, place)| spans.contains(&place.span)).map(|(id, _)| id).collect()
    }

    /// A location for a message: `location ~ \.php$`, or `server`.
    pub fn location(&self, id: LocationId) -> String {
        match &self.locations[id as usize].written[..] {
            "" => "server".to_owned(),
            written => format!("location {written}"),
        }
    }
}

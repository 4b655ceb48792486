//! What is noted of a conf while it is read: where it says what, for who looks at all of it later.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::ast::Word;
use crate::ir::{StartText, Value};
use crate::source::Span;
use crate::value::{Regex, ServerName};

/// One name of a server.
pub(super) enum Name {
    /// A name that is known.
    Known(ServerName),
    /// A name that is known at start: with params in it, or the machine's.
    AtStart(StartText),
}

/// The names of groups, in lower case.
pub(super) struct CaptureNames(pub(super) BTreeSet<String>);

impl CaptureNames {
    /// Whether a group has this name, whatever its case.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains(&name.to_ascii_lowercase())
    }
}

/// Where an issuer is said.
pub(super) struct IssuerPlace {
    pub(super) span: Span,
    pub(super) is_used: bool,
}

/// Where a `keys_zone` is said.
pub(super) struct CachePlace {
    pub(super) span: Span,
    pub(super) is_used: bool,
}

/// Where a zone is said, and what for.
pub(super) struct ZonePlace {
    /// Its name.
    pub(super) span: Span,
    pub(super) counts: Counts,
    pub(super) is_used: bool,
}

/// What a zone is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Counts {
    Requests,
    Connections,
}

/// Where an upstream is said.
pub(super) struct UpstreamPlace {
    /// Its name in an `upstream`; `None` where `proxy_pass` names it without one.
    pub(super) span: Option<Span>,
    pub(super) is_used: bool,
}

/// The maps whose values an `expires` is: where it is written, and whether it counts from the last
/// change.
pub(super) type ExpiringMaps = HashMap<usize, (Span, bool)>;

/// A `proxy_pass` with variables.
pub(super) struct Computed {
    /// The URL as it is written.
    pub(super) word: Word,
    pub(super) value: Value,
    pub(super) form: Form,
    /// Whether one path alone leads here.
    pub(super) is_exact: bool,
    /// The regex whose groups `$1` and its like stand for, where that is known.
    pub(super) regex: Option<Rc<Regex>>,
}

/// What a `…_pass` takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A URL.
    Url,
    /// An address, for gRPC: a scheme may stand before it.
    Grpc,
    /// An address alone, for FastCGI and its like.
    Address,
}

//! The site as far as it is resolved: its servers and locations, and where the conf has them.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use sitec_runtime::site::{LocationId, ServerId, TcpKeepalive};

use super::groups::Usage;
use super::noted::Name;
use super::reader::Reader;
use super::tls::Said;
use crate::ast::Word;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Address};
use crate::places::Places;
use crate::source::Span;
use crate::suggest::closest;
use crate::value::{Checked, Regex};

/// What is resolved so far.
pub(super) struct Draft<'a> {
    /// What the words of the conf are read by, and what they have come to.
    pub(super) reader: Reader<'a>,
    /// Places are reserved before the locations are resolved, so that names can lead to them.
    pub(super) locations: Vec<Option<ir::Location>>,
    /// For each location, the regexes that lead there, outer ones first.
    pub(super) regexes: Vec<Vec<Rc<Regex>>>,
    pub(super) servers: Vec<Server>,
    pub(super) listens: Vec<Listen>,
    /// Where servers and locations are written.
    pub(super) places: Places,
    /// The places of error pages that are known to lead somewhere, for each server.
    pub(super) looked_up: HashSet<(ServerId, Span)>,
}

impl<'a> Draft<'a> {
    /// Nothing but what `reader` has read.
    pub(super) fn new(reader: Reader<'a>) -> Draft<'a> {
        Draft {
            reader,
            locations: Vec::new(),
            regexes: Vec::new(),
            servers: Vec::new(),
            listens: Vec::new(),
            places: Places::default(),
            looked_up: HashSet::new(),
        }
    }
}

/// A server, and what is needed of it once all servers are known.
pub(crate) struct Server {
    /// The server itself.
    pub(super) resolved: ir::Server,
    /// The word `server`.
    pub(super) span: Span,
    /// Its names, in the order of the conf.
    pub(super) names: Vec<(Name, Span)>,
    /// Whether the conf names it; names that are wrong are not among `names`.
    pub(super) is_named: bool,
    /// Its locations, as indices; they follow one another.
    pub(super) locations: std::ops::Range<usize>,
    /// What it says of TLS.
    pub(super) tls: Said,
    /// The captures that values look for in a regex that matched before the location was chosen.
    pub(super) earlier_captures: Usage,
}

/// The named locations of a server.
pub(crate) struct Names {
    /// The server.
    pub(super) id: ServerId,
    pub(super) ids: BTreeMap<Vec<u8>, LocationId>,
    /// The word `server`.
    pub(super) server: Span,
    pub(super) block: Span,
}

impl Names {
    /// The location with this name.
    pub(super) fn named(&self, name: &[u8]) -> Option<LocationId> {
        self.ids.get(name).copied()
    }

    /// All names, sorted.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.ids.keys().filter_map(|name| std::str::from_utf8(name).ok())
    }

    /// The location that `@name` names.
    pub(super) fn find(&self, word: &Word) -> Checked<LocationId> {
        let name = word.value.strip_prefix(b"@").unwrap_or(&word.value);
        if let Some(id) = self.named(name) {
            return Ok(id);
        }
        let shown = String::from_utf8_lossy(name).into_owned();
        let message = format!("there is no `location @{shown}` in this server");
        let diagnostic = Diagnostic::error("K15", word.span, message);
        let mut diagnostic = match closest(&shown, self.all()) {
            Some(meant) => diagnostic.patch(
                format!("did you mean `@{meant}`?"),
                word.span,
                format!("@{meant}"),
            ),
            None => diagnostic.help(format!("add it: `location @{shown} {{ … }}`")),
        };
        if !self.encloses(word.span) {
            diagnostic = diagnostic.also(self.server, "this server inherits it");
        }
        Err(Box::new(diagnostic))
    }

    /// Whether a place is within the server.
    pub(super) fn encloses(&self, span: Span) -> bool {
        span.file != self.block.file || self.block.start <= span.start && span.end <= self.block.end
    }
}

/// One `listen` of one server, or one port of it.
#[derive(Clone)]
pub(crate) struct Listen {
    pub(super) address: Address,
    pub(super) server: ServerId,
    /// The address in the conf.
    pub(super) span: Span,
    pub(super) default_server: Option<Span>,
    pub(super) backlog: Option<(i32, Span)>,
    pub(super) ipv6_only: Option<(bool, Span)>,
    pub(super) deferred: bool,
    pub(super) proxy_protocol: bool,
    pub(super) http2: bool,
    pub(super) rcvbuf: Option<(i32, Span)>,
    pub(super) sndbuf: Option<(i32, Span)>,
    pub(super) keepalive: Option<(TcpKeepalive, Span)>,
    pub(super) fastopen: Option<(i32, Span)>,
    pub(super) ssl: Option<Span>,
    /// The `ssl on` that stands for it.
    pub(super) ssl_on: Option<Span>,
}

impl Listen {
    /// One that says nothing but the address, which stands at `span`.
    pub(super) fn plain(address: Address, server: ServerId, span: Span) -> Listen {
        Listen {
            address,
            server,
            span,
            default_server: None,
            backlog: None,
            ipv6_only: None,
            deferred: false,
            proxy_protocol: false,
            http2: false,
            rcvbuf: None,
            sndbuf: None,
            keepalive: None,
            fastopen: None,
            ssl: None,
            ssl_on: None,
        }
    }
}

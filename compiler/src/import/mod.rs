//! Confs of other servers, as site.confs: what of them carries over, what means a little else here, and
//! what is lost.
//!
//! ```text
//! nginx.conf ─nginx→ tree ─fragment→ tree ─settle→ tree, of which all that is left compiles
//! others ─a reader of each→ draft ───┘        └── what became of each directive
//! ```
//!
//! Each directive is a node with a number. What is left out stands in the conf as a comment. Whether
//! a directive is known, where it may stand and what its words mean is asked of the compiler alone.

mod apache;
mod caddy;
mod draft;
mod fragment;
mod guards;
mod included;
mod language;
mod lighttpd;
mod nginx;
mod outcome;
mod paths;
mod repair;
mod report;
mod settle;
mod tree;

use std::path::Path;

pub use language::Language;
pub use paths::{Base, prefix_of};
pub use report::Report;

use crate::diagnostic::Diagnostics;
use crate::files::Files;
use crate::format::format;
use crate::source::{Sources, unescape};
use included::Included;
use outcome::Fates;
use tree::{Item, Nodes};

/// What is imported, and for where.
pub struct Request<'a> {
    /// The conf.
    pub path: &'a Path,
    /// What is in it.
    pub bytes: &'a [u8],
    /// Its language.
    pub language: Language,
    /// Where the site.conf is to stand. It need not be there.
    pub out: &'a Path,
    /// Where relative paths begin.
    pub base: &'a Base,
}

/// What came of an import.
pub struct Import {
    /// The site.conf; `None` if the conf cannot be read.
    pub conf: Option<Vec<u8>>,
    /// What became of each directive.
    pub report: Report,
}

/// What a reader of a language has read.
struct Read {
    items: Vec<Item>,
    nodes: Nodes,
    fates: Fates,
}

/// Reads a conf and all that it includes, and writes what of it is a site.conf.
pub fn import(files: &dyn Files, request: &Request<'_>) -> Import {
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::default());
    let id = sources.add(request.path.to_string_lossy(), request.bytes);
    let base = request.base;
    let text = sources.file(id).text.clone();
    let read = match request.language {
        Language::Lighttpd => {
            lighttpd::read(Included::new(files, &mut sources, (request.path, id)), base)
        }
        Language::Apache => apache::read(id, &text, base),
        Language::Caddy => {
            caddy::read(Included::new(files, &mut sources, (request.path, id)), base)
        }
        Language::Nginx => {
            let (sources, found) = (&mut sources, &mut diagnostics);
            let mut reader = nginx::Reader::new(files, sources, found, base, request.path);
            let items = reader.file(id);
            reader.end(items)
        }
    };
    if diagnostics.has_errors() {
        diagnostics.finish();
        return Import { conf: None, report: Report::unreadable(sources, diagnostics) };
    }
    let Read { items, nodes, mut fates } = read;
    let settled = settle::settle(&items, &nodes, (files, &sources), request.out, &mut fates);
    let bytes = unescape(&settled.text);
    let conf = format("site.conf", &bytes).unwrap_or(bytes);
    let report = Report::new(request.language, (&items, &fates), settled, sources);
    Import { conf: Some(conf), report }
}

//! `mirror`: which locations get a request too.

use std::rc::Rc;

use super::inquiry::path;
use super::reader::Reader;
use crate::ast::{Directive, named};
use crate::diagnostic::Diagnostic;

/// The paths in one context, inherited ones included.
pub(super) type Mirrors = Rc<[Vec<u8>]>;

impl Reader<'_> {
    /// The paths that the directives of a context name; `None`: there are no such directives.
    pub(super) fn mirrors(&mut self, directives: &[Directive]) -> Option<Mirrors> {
        let all: Vec<_> = named(directives, "mirror").collect();
        let off = all.iter().find(|directive| directive.args[0].value == b"off");
        if let (Some(off), [first, second, ..]) = (off, &all[..]) {
            let other = if std::ptr::eq(*first, *off) { second } else { first };
            self.diagnostics.push(
                Diagnostic::error("D06", off.span(), "`mirror off` stands beside another `mirror`")
                    .also(other.span(), "the other one")
                    .help("delete one of them"),
            );
        }
        let uris = all.iter().filter(|directive| directive.args[0].value != b"off");
        let uris = uris.filter_map(|directive| self.report(path(&directive.args[0])));
        let uris: Mirrors = uris.collect();
        (!all.is_empty()).then_some(uris)
    }
}

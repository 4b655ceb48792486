//! `valid_referers`, in the form that it was resolved to.

use std::borrow::Cow;

use sitec_runtime::referers::ValidReferers;

use crate::ir;
use crate::route::Router;

/// What it says, and what asks its regexes.
pub(super) struct Referers<'v, 'a> {
    pub(super) referers: &'a ir::Referers,
    pub(super) router: &'v Router<'a>,
}

impl ValidReferers for Referers<'_, '_> {
    fn none(&self) -> bool {
        self.referers.none
    }

    fn blocked(&self) -> bool {
        self.referers.blocked
    }

    fn path(&self, host: &[u8]) -> Option<Cow<'_, [u8]>> {
        let path = self.referers.hosts.find(host)?;
        Some(Cow::Borrowed(&self.referers.paths[path as usize]))
    }

    fn is_server(&self, host: &[u8]) -> bool {
        self.referers.servers.iter().any(|regex| self.router.is_match(regex, host))
    }

    fn is_match(&self, rest: &[u8]) -> bool {
        self.referers.regexes.iter().any(|regex| self.router.is_match(regex, rest))
    }
}

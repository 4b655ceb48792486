//! Requests within a request, which nginx calls subrequests: exchanges of their own, with a path, a
//! location and an answer of their own. They share who the client is, the variables of the conf, and
//! the bounds of how many there are.

use std::cell::Cell;
use std::io;
use std::rc::Rc;

use super::world::{Form, Hold};
use super::{Exchange, Gathered};
use crate::http::body::Framing;
use crate::http::method::Method;

/// How deep requests stand within each other at most.
pub const MAX_DEPTH: u8 = 10;
/// The most requests within one that a client has sent.
pub const MAX_PARTS: u32 = 1000;

/// Where a request stands among those of one client's request.
#[derive(Clone, Default)]
pub(super) struct Nesting {
    depth: u8,
    /// Whether its content goes into another one.
    pub(super) is_included: bool,
    /// The charset of the client's response, where the site recodes and this is known.
    pub(super) charset: Option<Rc<[u8]>>,
    /// How many were begun within the client's request.
    begun: Option<Rc<Cell<u32>>>,
}

impl<F: Form> Exchange<F> {
    /// Whether it stands within another one.
    pub fn is_within(&self) -> bool {
        self.nesting.depth > 0
    }

    /// A request by GET for another path within this one, without content. `None`: there are too many
    /// of them, or they stand too deep within each other.
    pub fn within(&mut self) -> Option<Exchange<F>> {
        let begun = self.nesting.begun.get_or_insert_default();
        if self.nesting.depth == MAX_DEPTH || begun.get() == MAX_PARTS {
            return None;
        }
        begun.set(begun.get() + 1);
        let nesting = Nesting {
            depth: self.nesting.depth + 1,
            begun: Some(begun.clone()),
            is_included: false,
            charset: match self.is_within() {
                true => self.nesting.charset.clone(),
                false => self.said_charset.clone(),
            },
        };
        Some(self.part(nesting))
    }

    /// The same for the same path, to ask another server again for what is kept of its answer.
    pub(crate) fn renewing(&mut self) -> Option<Exchange<F>> {
        let mut part = self.within()?;
        part.renews = true;
        Some(part)
    }

    /// The same, whose content goes into this one's.
    pub(crate) fn included(&mut self) -> Option<Exchange<F>> {
        let mut part = self.within()?;
        part.nesting.is_included = true;
        Some(part)
    }

    /// What the log tells of where somebody else goes on for this one.
    pub(crate) fn twin(&self) -> Exchange<F> {
        self.part(self.nesting.clone())
    }

    /// A request by GET within this one that is not counted: there is never more than one of its kind.
    pub(super) fn part_of(&self) -> Exchange<F> {
        let depth = self.nesting.depth.saturating_add(1);
        self.part(Nesting { depth, is_included: false, ..self.nesting.clone() })
    }

    fn part(&self, nesting: Nesting) -> Exchange<F> {
        let mut head = self.head.clone();
        (head.method, head.framing) = (Some(Method::Get), Framing::Length(0));
        Exchange {
            head,
            started_ms: self.started_ms,
            pipelined: self.pipelined,
            persist: self.persist,
            host: self.host.clone(),
            route: self.route,
            internal: true,
            limit_req_status: self.limit_req_status,
            limit_conn_status: self.limit_conn_status,
            real_address: self.real_address,
            matches: self.matches.clone(),
            inherited_matches: self.matches.len(),
            slots: self.slots.clone(),
            slots_since: self.slots_since.clone(),
            memo: self.memo.clone(),
            kept_content: self.kept_content.clone(),
            nesting,
            ..Exchange::default()
        }
    }

    /// The same by this one's method, and with the content that was gathered where that is wanted, as far
    /// as it can be had once more: the error says why not.
    pub(crate) fn mirrored(&mut self, with_content: bool) -> io::Result<Option<Exchange<F>>> {
        let gathered = match &self.gathered {
            _ if !with_content => None,
            Some(Gathered { input, len }) => Some(Gathered { input: input.again()?, len: *len }),
            None => None,
        };
        let Some(mut part) = self.within() else { return Ok(None) };
        part.head.method = self.method();
        part.as_get = self.as_get;
        if let Some(gathered) = &gathered {
            part.head.framing = Framing::Length(gathered.len);
        }
        part.gathered = gathered;
        Ok(Some(part))
    }

    /// Takes what a request within this one shares with it: the conf's own variables, and what it
    /// counts as.
    pub(crate) fn take_back(&mut self, part: &mut Exchange<F>) {
        let counted = self.matches.len();
        for (slot, value) in part.slots.iter().enumerate() {
            if self.slots.get(slot) == Some(value) {
                continue;
            }
            if self.slots.len() <= slot {
                self.slots.resize(slot + 1, None);
                self.slots_since.resize(slot + 1, 0);
            }
            self.slots[slot].clone_from(value);
            self.slots_since[slot] = counted;
        }
        self.memo = part.memo.clone();
        self.limit_req_status = self.limit_req_status.or(part.limit_req_status);
        self.limit_conn_status = self.limit_conn_status.or(part.limit_conn_status);
        if self.held.is_none() {
            self.held = std::mem::take(&mut part.held);
        }
    }
}

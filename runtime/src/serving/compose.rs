//! Contents with others in them, in a running server.

use std::fmt;

use crate::coding::{BeginWeave, Composed, Source};
use crate::context::Context;
use crate::escape::Escaped;
use crate::http::slice::Slice;
use crate::output::{Answered, Attendant, Body, Part};
use crate::site::{Around, ConnectionFacts, Level, Site, Ssi};
use crate::subrequest::Asked;
use crate::sys::time::write_time;

use super::Exchange;
use super::world::Serving;

impl<S: Site> Serving<'_, S> {
    /// What is put around contents by the location's word, where any go into this one.
    pub(super) fn around(&self, exchange: &Exchange) -> Option<Around> {
        // Without such locations in the site, the code is not in the binary.
        let settings = exchange.settings().filter(|_| S::COMPOSES)?;
        let additions = settings.additions.filter(|_| exchange.is_surrounded());
        Some(additions.map_or(Around::default(), |additions| additions.around))
    }

    /// Puts others around a content that is made here, and into it.
    pub(super) fn composed(&mut self, exchange: &Exchange, body: Body) -> Body {
        let Some(around) = self.around(exchange) else { return body };
        // No form of it is kept: what goes into it may be this client's.
        self.file = None;
        let empty = || Source::Owned(Vec::new(), 0..0);
        let source = Source::of(body).unwrap_or_else(|_| empty());
        Body::Made(Box::new(Composed::new(source, around, exchange.commands(), begin_weave::<S>())))
    }
}

/// The requests within one whose content others go into.
#[derive(Default)]
pub(crate) struct Parts(Vec<Option<State>>);

/// How far one of them has come.
enum State {
    Asked(Asked),
    Answered(Box<Exchange>),
}

/// Who serves the request of a content that others go into.
pub(crate) struct Attending<'a, S> {
    pub(crate) cx: &'a Context<S>,
    pub(crate) client: &'a dyn ConnectionFacts,
    pub(crate) exchange: &'a mut Exchange,
    pub(crate) parts: &'a mut Parts,
}

impl<S: Site> Attending<'_, S> {
    fn place(part: Part) -> Option<usize> {
        (part.0 as usize).checked_sub(1)
    }

    /// The exchange of a request; the client's own, where there is no such one.
    fn exchange(&self, of: Part) -> &Exchange {
        let state = Self::place(of).and_then(|at| self.parts.0.get(at));
        match state.and_then(Option::as_ref) {
            Some(State::Answered(exchange)) => exchange,
            _ => self.exchange,
        }
    }

    fn exchange_mut(&mut self, of: Part) -> &mut Exchange {
        let state = Self::place(of).and_then(|at| self.parts.0.get_mut(at));
        match state.and_then(Option::as_mut) {
            Some(State::Answered(exchange)) => exchange,
            _ => self.exchange,
        }
    }
}

impl<S: Site> Attendant for Attending<'_, S> {
    fn ask(&mut self, of: Part, uri: Vec<u8>) -> Option<Part> {
        let Some(part) = self.exchange_mut(of).included() else {
            let uri = Escaped(&uri);
            let text = format_args!("subrequests cycle while processing \"{uri}\"");
            self.report(of, Level::Error, text);
            return None;
        };
        let cx = self.cx;
        let asked = cx.subrequests.begin_whole(cx.token, self.client, part, uri);
        self.parts.0.push(Some(State::Asked(asked)));
        Some(Part(self.parts.0.len() as u32))
    }

    fn ask_slice(&mut self, slice: Slice) -> Part {
        let part = self.exchange.for_slice(slice);
        // What the request was at first leads there again, by whatever rewriting.
        let uri = self.exchange.head.target().to_vec();
        let cx = self.cx;
        let asked = cx.subrequests.begin_whole(cx.token, self.client, part, uri);
        // However many there are, one at a time has a place.
        while matches!(self.parts.0.last(), Some(None)) {
            self.parts.0.pop();
        }
        self.parts.0.push(Some(State::Asked(asked)));
        Part(self.parts.0.len() as u32)
    }

    fn take(&mut self, part: Part, of: Part) -> Answered {
        let state = Self::place(part).and_then(|at| self.parts.0.get_mut(at));
        let Some(Some(State::Asked(asked))) = state else { return Answered::Lost };
        if !asked.has_answered() {
            return Answered::Waits;
        }
        // As in nginx, `return 444` closes the connection of the client.
        let given = asked.take_whole();
        let given = given.filter(|(exchange, _)| exchange.status != 0 && exchange.is_usable());
        let Some((mut exchange, body)) = given else { return Answered::Lost };
        self.exchange_mut(of).take_back(&mut exchange);
        let has_failed = exchange.has_failed();
        if let Some(state) = Self::place(part).and_then(|at| self.parts.0.get_mut(at)) {
            *state = Some(State::Answered(exchange));
        }
        Answered::Content { body, has_failed }
    }

    fn forget(&mut self, part: Part) {
        if let Some(state) = Self::place(part).and_then(|at| self.parts.0.get_mut(at)) {
            *state = None;
        }
    }

    fn variable(&mut self, of: Part, name: &[u8], out: &mut Vec<u8>) -> bool {
        let exchange = self.exchange(of);
        let find = exchange.settings().and_then(|settings| settings.ssi).map(|ssi| ssi.variable);
        find.is_some_and(|find| find(name, &exchange.variables(self.cx, self.client), out))
    }

    fn write_time(&self, is_utc: bool, format: &[u8], out: &mut Vec<u8>) {
        write_time(self.cx.now.unix_s(), is_utc, format, out);
    }

    fn path(&self, of: Part) -> Vec<u8> {
        self.exchange(of).path().to_vec()
    }

    fn commands(&self, of: Part) -> Option<&'static Ssi> {
        self.exchange(of).commands()
    }

    fn report(&mut self, of: Part, level: Level, text: fmt::Arguments<'_>) {
        self.exchange(of).report(self.cx, self.client, level, text);
    }
}

impl Exchange {
    /// What its location says of commands in its content, if they are carried out.
    pub(crate) fn commands(&self) -> Option<&'static Ssi> {
        self.settings()?.ssi.filter(|_| self.is_woven())
    }
}

/// What takes contents apart that have commands in them, in a site where any have.
pub(crate) fn begin_weave<S: Site>() -> Option<BeginWeave> {
    const { assert!(!S::SSI || cfg!(feature = "ssi"), "the conf needs the feature `ssi`") };
    // Without commands in the site's contents, their code is not in its binary.
    #[cfg(feature = "ssi")]
    if S::SSI {
        return Some(crate::ssi::begin);
    }
    None
}

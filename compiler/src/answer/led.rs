//! Where the conf itself leads: to the page of an error, and to what `try_files` falls back to.

use sitec_runtime::site::{LocationId, ServerId};

use sitec_runtime::exchange::Event;

use super::world::{Evaluation, Exchange, end_of};
use super::{Answers, End, Request, Step};
use crate::ir::Action;

/// What comes of a URI that the conf leads to.
pub(crate) struct Led {
    /// What happens, in order.
    pub(crate) steps: Vec<Step>,
    /// Where it ends.
    pub(crate) outcome: Outcome,
}

/// What somebody gets who is led to a URI.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// Something that a location answers, or it depends on the request.
    Answered,
    /// 404, whatever the request is, in this location.
    NotFound(LocationId),
    /// A `return` answers, whatever is asked for.
    Returned(LocationId),
    /// It is led on and on, from this location first.
    Endless(LocationId),
}

impl Answers<'_> {
    /// The status of what a server answers to an `auth_request`, if that is the same whatever the request
    /// is.
    pub(crate) fn inquired(&self, server: ServerId, uri: &[u8]) -> Option<u16> {
        let request = Request::new(self.site, Some(server), "GET", "/", &[]).ok()?;
        let mut world = Evaluation::new(self, &request);
        let mut exchange = Exchange::default();
        exchange.head = request.head.clone().ok()?;
        exchange.enter_server(&world, server);
        let mut part = exchange.within()?;
        let end = end_of(part.step(&mut world, Event::Within(uri)));
        let is_settled = !world.depends.get() && world.doubts.borrow().is_empty();
        let is_known = !matches!(end, End::Script { .. } | End::PassedOn { .. } | End::Close);
        // Whom a limit refuses, who is asked refuses.
        let is_limited = part.limit_req_status.is_some() || part.limit_conn_status.is_some();
        (is_settled && is_known && !is_limited).then_some(part.status)
    }

    /// What a server makes of a URI that its conf leads to, leaving out what an `error_page`
    /// would make of that. Without `is_whole`, more arguments follow. `None` if no request can be
    /// made for it.
    pub(crate) fn led_to(&self, server: ServerId, uri: &[u8], is_whole: bool) -> Option<Led> {
        // Who takes compressed content gets what others do not.
        let fields = [("Accept-Encoding".to_owned(), "gzip".to_owned())];
        let request = Request::new(self.site, Some(server), "GET", "/", &fields).ok()?;
        let mut world = Evaluation::new(self, &request);
        world.without_pages = true;
        world.knows_args = is_whole;
        let mut exchange = Exchange::default();
        exchange.head = request.head.clone().ok()?;
        let end = end_of(exchange.step(&mut world, Event::Led(uri)));
        let is_certain = !world.depends.get() && world.doubts.borrow().is_empty();
        let last = exchange.route()?.id;
        let first = world.steps.iter().find_map(|step| match step {
            Step::Location { location, .. } => Some(*location),
            _ => None,
        });
        let by_return = world.is_returned
            || matches!(self.site.locations[last as usize].action, Action::Return(_));
        let outcome = match (end, exchange.status) {
            _ if !is_certain => Outcome::Answered,
            _ if by_return => Outcome::Returned(last),
            (End::Page, 404) => Outcome::NotFound(last),
            (End::Page, 500) => Outcome::Endless(first?),
            _ => Outcome::Answered,
        };
        Some(Led { steps: world.steps, outcome })
    }
}

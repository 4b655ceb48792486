//! A response with others in it: what it waits for, and what makes its own content elsewhere.

use crate::backend::{Backend, Front};
use crate::coding::{Composed, Encoded, Filtered, Sliced, Source};
use crate::compiled::Exchange;
use crate::connection::{Interests, Next};
use crate::context::Context;
use crate::http::slice::Slices;
use crate::output::{Body, Produce};
use crate::poll_set::Interest;
use crate::serving::{Attending, Reply, begin_weave};
use crate::site::{Around, Site};

use super::states::Sending;
use super::{Connection, State};

impl Connection {
    /// Does what a response waits for, as far as that can be done now. Whether there may be something
    /// to send then.
    pub(super) fn attend<S: Site>(&mut self, cx: &mut Context<S>) -> bool {
        let State::Sending(sending) = &mut self.state else { return false };
        let Sending { output, exchange: Some(exchange), parts, .. } = &mut **sending else {
            return false;
        };
        S::ATTENDS
            && output.waits()
            && output.attend(&mut Attending { cx, client: &self.client, exchange, parts })
    }

    /// The reply with a content that is made elsewhere, which gets a place of its own: others go into it.
    pub(super) fn reply_around<S: Site>(
        &self,
        cx: &mut Context<S>,
        exchange: &Exchange,
        (slices, around): (Option<Box<Slices>>, Option<Around>),
        (mut backend, scratch, promised): (Box<dyn Backend>, &[u8], Option<u64>),
    ) -> Reply {
        let Front { mut content, within, is_last } = backend.take_front();
        content.extend_from_slice(scratch.get(within).unwrap_or_default());
        let front = Front { content, within: 0..0, is_last };
        let twin = exchange.twin();
        let made = (backend, front);
        let reader = cx.subrequests.stream(cx.token, &self.client, twin, made, promised);
        let mut body: Box<dyn Produce> = Box::new(reader);
        if let Some(slices) = slices {
            body = Box::new(Sliced::new(Source::Made(body), *slices));
        }
        if let Some(filter) = cx.filter.take() {
            body = Box::new(Filtered::new(Source::Made(body), filter));
        }
        if let Some(around) = around {
            let (commands, begin) = (exchange.commands(), begin_weave::<S>());
            body = Box::new(Composed::new(Source::Made(body), around, commands, begin));
        }
        if let Some(encoder) = cx.encoder.take() {
            body = Box::new(Encoded::new(Source::Made(body), encoder, None));
        }
        Reply::Response(Body::Made(body))
    }

    /// The client of a response that waits sends no more, or is `gone`.
    pub(super) fn on_awaiting_client_end<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        gone: bool,
    ) -> Next {
        let State::Sending(sending) = &mut self.state else { return Next::Close };
        if !gone {
            sending.client_ended = true;
            return self.wait(cx);
        }
        if let State::Sending(sending) = std::mem::replace(&mut self.state, State::Closed) {
            let Sending { mut output, exchange, .. } = *sending;
            self.log_sent(cx, exchange, output.tally());
        }
        Next::Close
    }
}

impl Sending {
    /// What to poll of a client that waits for what others make: whether it is gone, as long as it has
    /// sent nothing.
    pub(super) fn awaiting_interests(&self, input: &[u8], is_stream: bool) -> Interests {
        match input.is_empty() && !self.client_ended && !is_stream {
            true => Interests::of_client(Interest::Read),
            false => Interests::default(),
        }
    }
}

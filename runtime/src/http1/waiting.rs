//! A request that waits: for the check of a password, or for as long as a limit delays it. It holds
//! nothing up, and nothing is done for it.

use crate::compiled::Exchange;
use crate::connection::Next;
use crate::context::Context;
use crate::serving::Wait;
use crate::site::Site;

use super::states::{After, Left, Waiting};
use super::{Connection, State};

impl Connection {
    /// Lets a request wait.
    pub(super) fn begin_to_wait<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        exchange: Box<Exchange>,
        wait: Wait,
        left: Left,
    ) {
        let waiting = Waiting { exchange, wait, left, client_ended: false };
        // Responses to earlier requests come first.
        self.send(cx, None, After::Waiting(Box::new(waiting)));
    }

    /// Goes on with a request that has waited, if it is time.
    pub fn look_again<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        let now_ms = cx.now.monotonic_ms;
        if S::ATTENDS && matches!(&self.state, State::Sending(sending) if sending.output.waits()) {
            if self.attend(cx) {
                self.continue_sending(cx);
            }
            return self.resume(cx);
        }
        if !matches!(&self.state, State::Waiting(waiting) if waiting.wait.is_over(now_ms)) {
            return Next::Wait(crate::connection::Deadline::Keep);
        }
        self.stop_waiting(cx);
        self.resume(cx)
    }

    /// Goes on with a request that has waited.
    pub(super) fn stop_waiting<S: Site>(&mut self, cx: &mut Context<S>) {
        if let State::Waiting(waiting) = std::mem::replace(&mut self.state, State::Head) {
            let Waiting { mut exchange, wait, left, client_ended: _ } = *waiting;
            let reply = exchange.waited(cx, &self.client, &wait);
            self.settings = exchange.settings().unwrap_or(self.settings);
            match left {
                Left::All => {
                    let begun = !self.input.is_empty();
                    self.take_content(cx, exchange, reply, begun);
                }
                Left::Of(content) => self.answer(cx, exchange, reply, content),
            }
        }
    }

    /// The client sends no more, or is `gone`.
    pub(super) fn on_waiting_client_end<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        gone: bool,
    ) -> Next {
        let State::Waiting(waiting) = &mut self.state else { return Next::Close };
        if !gone {
            waiting.client_ended = true;
            return self.wait(cx);
        }
        if let State::Waiting(waiting) = std::mem::replace(&mut self.state, State::Closed) {
            let mut exchange = waiting.exchange;
            (exchange.status, exchange.persist) = (499, false);
            exchange.log(cx, &self.client);
        }
        Next::Close
    }
}

//! `mirror`: requests that go to other locations too, and the content that they share.

use crate::backend::Input;
use crate::escape::Escaped;
use crate::exchange::{Gathered, Outcome, Room};
use crate::handler::gather::gather;
use crate::handler::{self, Receiver};
use crate::output::RUN_LEN;
use crate::site::{Level, Site};

use super::world::Serving;
use super::{Exchange, Later};

impl<S: Site> Serving<'_, S> {
    /// Begins the mirrors of a location, or has the content gathered for them first. It is gathered, too,
    /// where others go into what somebody else answers: that is sent when nobody listens to the client.
    pub(super) fn mirror_all(&mut self, exchange: &mut Exchange) -> Option<Later> {
        let location = exchange.location();
        let settings = location.settings;
        let has_mirrors = !settings.mirrors.is_empty();
        let is_composed = S::COMPOSES && settings.is_composed() && location.action.is_relayed();
        if !has_mirrors && !is_composed {
            return None;
        }
        let is_wanted = is_composed || has_mirrors && settings.mirror_request_body;
        if is_wanted && exchange.gathered.is_none() && !exchange.framing().is_empty() {
            return Some(Later::Receive(gather(Room::of(settings))));
        }
        self.begin_mirrors(exchange);
        None
    }

    /// Has other locations get the request too.
    pub(super) fn begin_mirrors(&mut self, exchange: &mut Exchange) {
        if !S::MIRRORS {
            return;
        }
        let settings = exchange.location().settings;
        for uri in settings.mirrors {
            let mut path = uri.to_vec();
            if !exchange.args().is_empty() {
                path.push(b'?');
                path.extend_from_slice(exchange.args());
            }
            let part = match exchange.mirrored(settings.mirror_request_body) {
                Ok(Some(part)) => part,
                Ok(None) => {
                    let path = Escaped(&path);
                    let text = format_args!("subrequests cycle while processing \"{path}\"");
                    exchange.report(self.cx, self.client, Level::Error, text);
                    return;
                }
                Err(error) => {
                    let text = format_args!("the content cannot be mirrored: {error}");
                    exchange.report(self.cx, self.client, Level::Error, text);
                    return;
                }
            };
            if !self.cx.subrequests.begin_alone(self.client, part, path) {
                let text = format_args!("too many requests are mirrored already");
                exchange.report(self.cx, self.client, Level::Warn, text);
                return;
            }
        }
    }

    /// The content that was gathered, for who would be given it as a stream.
    pub(super) fn gathered(&self, exchange: &mut Exchange, is_streamed: bool) -> Option<Gathered> {
        let gathers = S::MIRRORS || S::COMPOSES || !S::UPSTREAMS.is_empty();
        if gathers && is_streamed { exchange.take_gathered() } else { None }
    }

    /// Has a receiver take the content, which may be there already.
    pub(super) fn receive(
        &mut self,
        exchange: &mut Exchange,
        mut receiver: Box<dyn Receiver>,
    ) -> Outcome<Self> {
        let Some(gathered) = self.gathered(exchange, true) else {
            return Outcome::Later(Later::Receive(receiver));
        };
        let fed = each_run(&gathered.input, |run| match receiver.receive(run) {
            Ok(()) => None,
            Err(refusal) => Some(refusal.status),
        });
        if let Some(status) = fed {
            return Outcome::Status(status);
        }
        let outcome: handler::Outcome =
            self.with_request(exchange, true, |request, files| receiver.finish(request, files));
        self.outcome(exchange, outcome)
    }
}

/// Calls `take` with the content, run by run, until it gives a status or there is no more. A file that
/// cannot be read is 500.
fn each_run(input: &Input, mut take: impl FnMut(&[u8]) -> Option<u16>) -> Option<u16> {
    match input {
        Input::Empty | Input::Stream => None,
        Input::Bytes(bytes) => bytes.iter().flat_map(|piece| piece.chunks(RUN_LEN)).find_map(take),
        Input::File(file) => {
            let (mut run, mut at) = (vec![0; RUN_LEN], 0);
            loop {
                let read = std::os::unix::fs::FileExt::read_at(file, &mut run, at);
                match read {
                    Ok(0) => return None,
                    Ok(len) => {
                        at += len as u64;
                        if let Some(status) = take(&run[..len]) {
                            return Some(status);
                        }
                    }
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(_) => return Some(500),
                }
            }
        }
    }
}

//! Who has a place among a worker's connections: a client's connection, or a request within another one.

use super::subrequest::Subrequest;
use crate::backend::{Event, RequestId};
use crate::connection::{Deadline, Interests, Next, Source, Stake};
use crate::context::Context;
use crate::counts::Phase;
use crate::http1::{Born, Connection};
use crate::site::Site;

/// Who has a place.
pub(super) enum Guest {
    /// A client.
    Client(Connection),
    /// A request within another one.
    Part(Subrequest),
}

impl Guest {
    /// The client, if it is one.
    pub(super) fn client(&self) -> Option<&Connection> {
        match self {
            Guest::Client(connection) => Some(connection),
            Guest::Part(_) => None,
        }
    }

    /// The streams of a client that have begun and have to wait.
    pub(super) fn take_born(&mut self) -> Vec<Born> {
        match self {
            Guest::Client(connection) => connection.take_born(),
            Guest::Part(_) => Vec::new(),
        }
    }

    /// Whether it is a stream of a client, and none itself.
    pub(super) fn is_stream(&self) -> bool {
        self.client().is_some_and(Connection::is_stream)
    }

    /// What it is counted as.
    pub(super) fn phase(&self) -> Phase {
        self.client().map_or(Phase::Writing, Connection::phase)
    }

    /// What closing it to make room would lose.
    pub(super) fn stake(&self, now_ms: u64) -> Stake {
        self.client().map_or(Stake::Work, |connection| connection.stake(now_ms))
    }

    /// Whether `poll(2)` should watch for a client's input and nothing else.
    pub(super) fn only_reads(&self) -> bool {
        self.client().is_some_and(Connection::only_reads)
    }

    /// What `poll(2)` should watch.
    pub(super) fn interests(&self) -> Interests {
        match self {
            Guest::Client(connection) => connection.interests(),
            Guest::Part(part) => part.interests(),
        }
    }

    // Without requests within others in the site, their code is not in the binary.

    pub(super) fn on_ready<S: Site>(&mut self, cx: &mut Context<S>, source: Source) -> Next {
        match self {
            Guest::Client(connection) => connection.on_ready(cx, source),
            Guest::Part(part) if S::SUBREQUESTS => part.on_ready(cx, source),
            Guest::Part(_) => Next::Close,
        }
    }

    pub(super) fn on_deadline<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        match self {
            Guest::Client(connection) => connection.on_deadline(cx),
            Guest::Part(part) if S::SUBREQUESTS => part.on_deadline(cx),
            Guest::Part(_) => Next::Close,
        }
    }

    pub(super) fn look_again<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        match self {
            Guest::Client(connection) => connection.look_again(cx),
            Guest::Part(part) if S::SUBREQUESTS => part.look_again(cx),
            Guest::Part(_) => Next::Close,
        }
    }

    pub(super) fn on_unwanted<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        match self {
            Guest::Part(part) if S::SUBREQUESTS => part.on_unwanted(cx),
            Guest::Client(_) | Guest::Part(_) => Next::Close,
        }
    }

    pub(super) fn on_script_event<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        id: RequestId,
        event: &Event,
    ) -> Next {
        match self {
            Guest::Client(connection) => connection.on_script_event(cx, id, event),
            Guest::Part(part) if S::SUBREQUESTS => part.on_script_event(cx, id, event),
            Guest::Part(_) => Next::Close,
        }
    }

    pub(super) fn on_queued<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        match self {
            Guest::Client(connection) => connection.on_queued(cx),
            Guest::Part(_) => Next::Wait(Deadline::Keep),
        }
    }

    pub(super) fn on_leaving<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        match self {
            Guest::Client(connection) => connection.on_leaving(cx),
            Guest::Part(_) => Next::Wait(Deadline::Keep),
        }
    }

    pub(super) fn give_way<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        match self {
            Guest::Client(connection) => connection.give_way(cx),
            Guest::Part(_) => Next::Close,
        }
    }
}

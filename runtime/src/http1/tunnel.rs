//! A client that talks to another server in another protocol (RFC 9110, 7.8): bytes go both ways, as
//! fast as the other end takes them.

use crate::backend::Tunnel;
use crate::compiled::Exchange;
use crate::connection::{Deadline, Interests, Next, Source};
use crate::context::Context;
use crate::exchange::BackendHead;
use crate::http::response::Persistence;
use crate::http2::mux::Stream;
use crate::output::{Copying, Output};
use crate::poll_set::Interest;
use crate::site::Site;
use crate::sys::poll::Readiness;

use super::{Connection, State, is_transient};

/// The most that is held for the side that is slower.
const MOST_HELD: usize = 64 * 1024;
/// How often one side is read before others have their turn.
const TURNS: usize = 4;

/// The two sides.
pub(super) struct Tunneling {
    exchange: Box<Exchange>,
    tunnel: Box<dyn Tunnel>,
    to_client: Output,
    to_peer: Vec<u8>,
    client_ended: bool,
    peer_ended: bool,
}

impl Tunneling {
    /// What `poll(2)` should watch.
    pub(super) fn interests(&self) -> Interests {
        let writes = self.to_client.buffered_len() > 0;
        let reads = !self.client_ended && self.to_peer.len() < MOST_HELD;
        let client = match (reads, writes) {
            (true, true) => Some(Interest::Both),
            (true, false) => Some(Interest::Read),
            (false, true) => Some(Interest::Write),
            (false, false) => None,
        };
        let readiness = Readiness {
            reads: !self.peer_ended && self.to_client.buffered_len() < MOST_HELD,
            writes: !self.to_peer.is_empty(),
        };
        Interests {
            client,
            upstream: Some(self.tunnel.interest(readiness)),
            ..Interests::default()
        }
    }

    /// How long nothing may happen.
    pub(super) fn timeout_ms(&self) -> u64 {
        self.tunnel.timeout_ms()
    }

    /// Takes what the client has sent already.
    pub(super) fn feed(&mut self, data: &[u8]) {
        self.to_peer.extend_from_slice(data);
        self.flush_to_peer();
    }

    /// Whether the peer is there still.
    fn flush_to_peer(&mut self) -> bool {
        while !self.to_peer.is_empty() {
            match self.tunnel.write(&self.to_peer) {
                Ok(len) => drop(self.to_peer.drain(..len)),
                Err(error) => return is_transient(&error),
            }
        }
        if self.client_ended {
            self.tunnel.close_write();
        }
        true
    }
}

impl Connection {
    /// Answers that another protocol is gone over to, and lets the two sides talk.
    pub(super) fn begin_tunnel<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        mut exchange: Box<Exchange>,
        (head, mut tunnel): (BackendHead, Box<dyn Tunnel>),
        mut output: Output,
    ) {
        exchange.status = head.status;
        exchange.fields.clear();
        for (name, value) in head.fields.iter() {
            // Who asks by CONNECT knows of no such proof (RFC 8441, 5).
            let is_proof = name.eq_ignore_ascii_case(b"sec-websocket-accept");
            if !(is_proof && exchange.head.is_tunnel) {
                // A token is ASCII.
                exchange.fields.add_checked(str::from_utf8(name).unwrap_or_default(), value);
            }
        }
        exchange.persist = false;
        self.set_nodelay();
        self.write_head(cx.date.text(), &mut output, &mut exchange, Persistence::Upgrade);
        let front = tunnel.take_front();
        exchange.content_sent_len += front.len() as u64;
        output.buffer().extend_from_slice(&front);
        let tunneling = Tunneling {
            exchange,
            tunnel,
            to_client: output,
            to_peer: Vec::new(),
            client_ended: false,
            peer_ended: false,
        };
        self.state = State::Tunnel(Box::new(tunneling));
        self.flush_to_client(cx);
    }

    /// One of the sides is ready.
    pub(super) fn on_tunnel_ready<S: Site>(&mut self, cx: &mut Context<S>, source: Source) -> Next {
        let is_open = cx.with_scratch(|cx, scratch| match source {
            Source::Upstream => self.read_peer(cx, scratch),
            _ => self.flush_to_client(cx) && self.read_tunnel_client::<S>(scratch),
        });
        let State::Tunnel(tunneling) = &self.state else { return Next::Close };
        let has_all = tunneling.client_ended || tunneling.to_client.buffered_len() == 0;
        let is_over = tunneling.peer_ended && has_all;
        match is_open && !is_over {
            true => Next::Wait(Deadline::In(tunneling.timeout_ms())),
            false => self.end_tunnel(cx),
        }
    }

    fn read_peer<S: Site>(&mut self, cx: &mut Context<S>, scratch: &mut [u8]) -> bool {
        for _ in 0..TURNS {
            let State::Tunnel(tunneling) = &mut self.state else { return false };
            if !tunneling.flush_to_peer() {
                return false;
            }
            if tunneling.peer_ended || tunneling.to_client.buffered_len() >= MOST_HELD {
                return true;
            }
            let len = match tunneling.tunnel.read(scratch) {
                Ok(0) => {
                    tunneling.peer_ended = true;
                    return true;
                }
                Ok(len) => len,
                Err(error) => return is_transient(&error),
            };
            tunneling.exchange.content_sent_len += len as u64;
            tunneling.to_client.compact();
            tunneling.to_client.buffer().extend_from_slice(&scratch[..len]);
            if !self.flush_to_client(cx) {
                return false;
            }
            if len < scratch.len() {
                break;
            }
        }
        true
    }

    /// Whether the client is there still.
    fn flush_to_client<S: Site>(&mut self, cx: &mut Context<S>) -> bool {
        let State::Tunnel(tunneling) = &mut self.state else { return false };
        if tunneling.to_client.buffered_len() == 0 {
            return true;
        }
        let (transport, copying) = (&mut self.client.transport, Copying::of(self.settings));
        tunneling.to_client.send(transport, copying, &mut cx.turn).is_ok()
    }

    fn read_tunnel_client<S: Site>(&mut self, scratch: &mut [u8]) -> bool {
        for _ in 0..TURNS {
            let State::Tunnel(tunneling) = &mut self.state else { return false };
            if tunneling.client_ended || tunneling.to_peer.len() >= MOST_HELD {
                return true;
            }
            match self.client.transport.read(scratch) {
                Ok(0) => {
                    tunneling.client_ended = true;
                    return tunneling.flush_to_peer();
                }
                Ok(len) => {
                    tunneling.exchange.content_len += len as u64;
                    tunneling.to_peer.extend_from_slice(&scratch[..len]);
                    if !tunneling.flush_to_peer() {
                        return false;
                    }
                    if len < scratch.len() {
                        break;
                    }
                }
                Err(error) => {
                    // A stream ends beside what is read of it.
                    let stream = self.client.transport.stream();
                    if S::HTTP2 && stream.is_some_and(Stream::take_end) {
                        tunneling.client_ended = true;
                        return tunneling.flush_to_peer();
                    }
                    return is_transient(&error);
                }
            }
        }
        true
    }

    /// It is over, for one side or for both.
    pub(super) fn end_tunnel<S: Site>(&mut self, cx: &mut Context<S>) -> Next {
        if let State::Tunnel(tunneling) = std::mem::replace(&mut self.state, State::Closed) {
            let Tunneling { mut exchange, mut to_client, peer_ended, .. } = *tunneling;
            exchange.is_complete = to_client.buffered_len() == 0;
            if self.is_stream() && peer_ended && to_client.buffered_len() == 0 {
                let _ = self.client.transport.close_write();
            }
            self.log_sent(cx, Some(exchange), to_client.tally());
        }
        Next::Close
    }
}

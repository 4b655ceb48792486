//! A connection to a peer that has gone over to another protocol.

use std::io;
use std::rc::Rc;

use super::pool::Upstreams;
use crate::backend::Tunnel;
use crate::connection::{LeaseId, UpstreamInterest};
use crate::sys::poll::Readiness;

/// The peer's side of it.
pub(super) struct PeerTunnel {
    upstreams: Rc<Upstreams>,
    lease: LeaseId,
    /// What the peer has sent behind its head.
    front: Vec<u8>,
    timeout_ms: u64,
}

impl PeerTunnel {
    /// The peer at the end of a connection; `front` is what has come from it already.
    pub(super) fn new(
        upstreams: Rc<Upstreams>,
        lease: LeaseId,
        front: Vec<u8>,
        timeout_ms: u64,
    ) -> PeerTunnel {
        PeerTunnel { upstreams, lease, front, timeout_ms }
    }
}

impl Tunnel for PeerTunnel {
    fn take_front(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.front)
    }

    fn interest(&self, readiness: Readiness) -> UpstreamInterest {
        UpstreamInterest { lease: self.lease, readiness }
    }

    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.upstreams.with(self.lease, |transport| transport.read(buffer))
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.upstreams.with(self.lease, |transport| transport.write(bytes, false))
    }

    fn close_write(&self) {
        let _ = self.upstreams.with(self.lease, |transport| transport.close_write());
    }

    fn timeout_ms(&self) -> u64 {
        self.timeout_ms
    }
}

impl Drop for PeerTunnel {
    fn drop(&mut self) {
        self.upstreams.close(self.lease);
    }
}

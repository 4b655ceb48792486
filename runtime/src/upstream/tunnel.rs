//! A connection to a peer that has gone over to another protocol: bytes go both ways as they are.

use std::io;
use std::rc::Rc;

use super::pool::{LeaseId, Upstreams};
use crate::connection::UpstreamInterest;
use crate::sys::poll::Readiness;

/// The peer's side of it.
pub(crate) struct Tunnel {
    upstreams: Rc<Upstreams>,
    lease: LeaseId,
    /// What the peer has sent behind its head.
    front: Vec<u8>,
    /// How long nothing may come from either side.
    pub(crate) timeout_ms: u64,
}

impl Tunnel {
    /// The peer at the end of a connection; `front` is what has come from it already.
    pub(super) fn new(
        upstreams: Rc<Upstreams>,
        lease: LeaseId,
        front: Vec<u8>,
        timeout_ms: u64,
    ) -> Tunnel {
        Tunnel { upstreams, lease, front, timeout_ms }
    }

    /// What has come already.
    pub(crate) fn take_front(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.front)
    }

    /// What to watch for.
    pub(crate) fn interest(&self, readiness: Readiness) -> UpstreamInterest {
        UpstreamInterest { lease: self.lease, readiness }
    }

    /// Reads into the front of `buffer`; 0 is the end.
    pub(crate) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.upstreams.with(self.lease, |transport| transport.read(buffer))
    }

    /// Writes from the front of `bytes`.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.upstreams.with(self.lease, |transport| transport.write(bytes, false))
    }

    /// Says that nothing more is written.
    pub(crate) fn close_write(&self) {
        let _ = self.upstreams.with(self.lease, |transport| transport.close_write());
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.upstreams.close(self.lease);
    }
}

//! One end of the connection between a worker and the spawner process.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};

use crate::sys::pass::{self, Packet};

/// One end. Never blocks: what the socket does not take waits in order.
pub(super) struct Channel {
    socket: OwnedFd,
    outgoing: VecDeque<Outgoing>,
}

/// A packet that waits to be sent.
struct Outgoing {
    packet: Vec<u8>,
    fds: Vec<OwnedFd>,
}

impl Channel {
    /// Both ends.
    pub(super) fn pair() -> io::Result<(Channel, Channel)> {
        let channel = |socket| Channel { socket, outgoing: VecDeque::new() };
        let (first, second) = pass::packet_pair()?;
        Ok((channel(first), channel(second)))
    }

    /// The same end, for another process; what waits to be sent stays with this one.
    pub(super) fn another(&self) -> io::Result<Channel> {
        Ok(Channel { socket: self.socket.try_clone()?, outgoing: VecDeque::new() })
    }

    /// Sends a packet, which has two parts, now or later. The error means that the other end is
    /// gone.
    pub(super) fn send(&mut self, parts: [&[u8]; 2], fds: Vec<OwnedFd>) -> io::Result<()> {
        if self.outgoing.is_empty() {
            match pass::send_packet(self.socket.as_fd(), parts, &fds) {
                Err(error) if is_transient(&error) => {}
                result => return result,
            }
        }
        self.outgoing.push_back(Outgoing { packet: parts.concat(), fds });
        self.flush()
    }

    /// Sends what waits, as far as the socket takes it.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        while let Some(Outgoing { packet, fds }) = self.outgoing.front() {
            match pass::send_packet(self.socket.as_fd(), [packet, &[]], fds) {
                Ok(()) => drop(self.outgoing.pop_front()),
                Err(error) if is_transient(&error) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Puts another packet, without descriptors, in the place of the first that waits for which there is
    /// one. Whether there was.
    pub(super) fn replace(&mut self, other: impl Fn(&[u8]) -> Option<Vec<u8>>) -> bool {
        for waiting in &mut self.outgoing {
            if let Some(packet) = other(&waiting.packet) {
                *waiting = Outgoing { packet, fds: Vec::new() };
                return true;
            }
        }
        false
    }

    /// How many packets wait.
    pub(super) fn outgoing_len(&self) -> usize {
        self.outgoing.len()
    }

    /// Whether packets wait until the socket takes more.
    pub(super) fn has_outgoing(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// The next packet, if there is one. The error means that the other end is gone.
    pub(super) fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Option<Packet>> {
        match pass::receive_packet(self.socket.as_fd(), buffer) {
            Ok(packet) if packet.len == 0 => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(packet) => Ok(Some(packet)),
            Err(error) if is_transient(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl AsRawFd for Channel {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

/// Whether the call may succeed later. The kernel also says so, in other words, where the other
/// end has not taken the descriptors of earlier packets yet.
fn is_transient(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EAGAIN | libc::EINTR | libc::ENOBUFS | libc::ENOMEM | libc::ETOOMANYREFS)
    )
}

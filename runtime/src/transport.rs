//! Bytes to and from a client, as its connection carries them. Who speaks a protocol reads and writes
//! here alone, and polls for what this says: a transport may have to write so that something can be
//! read, or the other way round.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::http::target::Scheme;
use crate::poll_set::Interest;
use crate::sys::{fs, net};

/// What carries a connection's bytes. Nothing waits: what cannot be done now is `WouldBlock`.
#[derive(Debug)]
pub enum Transport {
    /// A socket, with the bytes as they are.
    Plain(OwnedFd),
}

impl Transport {
    /// The scheme of URLs that lead to it.
    pub fn scheme(&self) -> Scheme {
        match self {
            Transport::Plain(_) => Scheme::HTTP,
        }
    }

    /// What to poll for, so that this can be done next.
    pub fn interest(&self, wanted: Interest) -> Interest {
        match self {
            Transport::Plain(_) => wanted,
        }
    }

    /// Reads into the front of `buffer`; 0 is the end of the stream.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Transport::Plain(socket) => net::recv(socket.as_fd(), buffer),
        }
    }

    /// Writes from the front of `bytes`. `more` says that further bytes follow at once.
    pub fn write(&mut self, bytes: &[u8], more: bool) -> io::Result<usize> {
        match self {
            Transport::Plain(socket) => net::send(socket.as_fd(), bytes, more),
        }
    }

    /// Writes from the front of `slices`, as one.
    pub fn write_slices(&mut self, slices: &[IoSlice<'_>], more: bool) -> io::Result<usize> {
        match self {
            Transport::Plain(socket) => net::send_vectored(socket.as_fd(), slices, more),
        }
    }

    /// Whether nothing is there to be read, not even its end.
    pub fn is_quiet(&self) -> bool {
        match self {
            Transport::Plain(socket) => net::is_quiet(socket.as_fd()),
        }
    }

    /// What has become of a connection under way: the error that it has come to.
    pub fn take_error(&self) -> io::Result<()> {
        match self {
            Transport::Plain(socket) => net::take_error(socket.as_fd()),
        }
    }

    /// Whether [`send_file`](Self::send_file) can be used. Else what is in files is read and written.
    pub fn sends_files(&self) -> bool {
        match self {
            Transport::Plain(_) => true,
        }
    }

    /// Sends up to `len` bytes of a file from `offset`. 0 is the end of the file.
    pub fn send_file(
        &mut self,
        file: BorrowedFd<'_>,
        offset: u64,
        len: usize,
    ) -> io::Result<usize> {
        match self {
            Transport::Plain(socket) => fs::send_file(socket.as_fd(), file, offset, len),
        }
    }

    /// Says that nothing more is written; what the client sends can still be read.
    pub fn close_write(&mut self) -> io::Result<()> {
        match self {
            Transport::Plain(socket) => net::shutdown_write(socket.as_fd()),
        }
    }

    /// Has the client see a broken connection where it is closed, whatever is on the way. Where that
    /// fails, it is closed as others are.
    pub fn break_on_close(&self) {
        let _ = net::set_reset_on_close(self.as_fd());
    }

    /// Sends short writes at once. Where that fails, they are only slower.
    pub fn set_nodelay(&self) {
        let _ = net::set_nodelay(self.as_fd(), true);
    }

    /// Has the kernel ask a silent peer whether it is there (`SO_KEEPALIVE`).
    pub fn set_keepalive(&self) -> io::Result<()> {
        net::set_keepalive(self.as_fd())
    }

    /// The server's own address; `None` for one of the file system, or where it is not to be had.
    pub fn local_address(&self) -> Option<SocketAddr> {
        net::local_address(self.as_fd()).ok().flatten()
    }
}

impl AsFd for Transport {
    /// What to poll.
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Transport::Plain(socket) => socket.as_fd(),
        }
    }
}

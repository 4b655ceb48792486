//! Bytes to and from a client, as its connection carries them. Who speaks a protocol reads and writes
//! here alone, and polls for what this says: a transport may have to write so that something can be
//! read, or the other way round.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::http::target::Scheme;
use crate::http2::mux::Stream;
use crate::poll_set::Interest;
use crate::secured::Secured;
use crate::site::{Agreed, ClientValue};
use crate::sys::poll::Readiness;
use crate::sys::{fs, net};

/// What carries a connection's bytes. Nothing waits: what cannot be done now is `WouldBlock`.
#[derive(Debug)]
pub struct Transport {
    wire: Wire,
    /// What stands between the socket and who reads and writes; `None`: nothing.
    secured: Option<Box<dyn Secured>>,
    /// Whether it ends without a word, for the client to see that it is broken.
    breaks: bool,
}

/// What the bytes go over.
#[derive(Debug)]
enum Wire {
    /// A socket.
    Socket(OwnedFd),
    /// A stream of a connection that speaks HTTP/2. It has no descriptor: whether it can be read or
    /// written is known to the connection.
    Stream(Stream),
}

impl Transport {
    /// A socket, with the bytes as they are.
    pub fn plain(socket: OwnedFd) -> Transport {
        Transport { wire: Wire::Socket(socket), secured: None, breaks: false }
    }

    /// A stream of a connection that speaks HTTP/2.
    pub fn of_stream(stream: Stream) -> Transport {
        Transport { wire: Wire::Stream(stream), secured: None, breaks: false }
    }

    /// The stream that it is, if it is one.
    pub fn stream(&self) -> Option<&Stream> {
        match &self.wire {
            Wire::Socket(_) => None,
            Wire::Stream(stream) => Some(stream),
        }
    }

    /// From here on, the bytes are those of TLS.
    pub fn secure(&mut self, secured: Box<dyn Secured>) {
        // What a handshake sends waits for nothing.
        self.set_nodelay();
        self.secured = Some(secured);
    }

    /// The scheme of URLs that lead to it.
    pub fn scheme(&self) -> Scheme {
        match (&self.wire, &self.secured) {
            (Wire::Stream(stream), _) => stream.scheme(),
            (Wire::Socket(_), None) => Scheme::HTTP,
            (Wire::Socket(_), Some(_)) => Scheme::HTTPS,
        }
    }

    /// Whether TLS is spoken.
    pub fn is_secured(&self) -> bool {
        self.secured.is_some()
    }

    /// What TLS has agreed on, once it has; `None` without.
    pub fn agreed(&self) -> Option<&Agreed> {
        match &self.wire {
            Wire::Socket(_) => self.secured.as_deref().and_then(Secured::agreed),
            Wire::Stream(stream) => stream.told().agreed.as_ref(),
        }
    }

    /// Appends a value of the client's certificate; nothing where there is none.
    pub fn write_client(&self, which: ClientValue, out: &mut Vec<u8>) {
        match (&self.wire, &self.secured) {
            (Wire::Stream(stream), _) => stream.told().write_client(which, out),
            (Wire::Socket(_), Some(secured)) => secured.write_client(which, out),
            (Wire::Socket(_), None) => {}
        }
    }

    /// What to poll for, so that this can be done next.
    pub fn interest(&self, wanted: Interest) -> Interest {
        match &self.secured {
            None => wanted,
            Some(secured) => Interest::of(secured.readiness(wanted.into())).unwrap_or(wanted),
        }
    }

    /// The same of a connection to a server behind this one.
    pub fn readiness(&self, wanted: Readiness) -> Readiness {
        match &self.secured {
            None => wanted,
            Some(secured) => secured.readiness(wanted),
        }
    }

    /// Reads into the front of `buffer`; 0 is the end of the stream.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match (&mut self.wire, &mut self.secured) {
            (Wire::Socket(socket), None) => net::recv(socket.as_fd(), buffer),
            (Wire::Socket(socket), Some(secured)) => secured.read(socket.as_fd(), buffer),
            (Wire::Stream(stream), _) => stream.read(buffer),
        }
    }

    /// Writes from the front of `bytes`. `more` says that further bytes follow at once.
    pub fn write(&mut self, bytes: &[u8], more: bool) -> io::Result<usize> {
        match (&mut self.wire, &mut self.secured) {
            (Wire::Socket(socket), None) => net::send(socket.as_fd(), bytes, more),
            (Wire::Socket(socket), Some(secured)) => {
                secured.write_slices(socket.as_fd(), &[IoSlice::new(bytes)], more)
            }
            (Wire::Stream(stream), _) => stream.write([bytes, &[]]),
        }
    }

    /// Writes from the front of `slices`, as one.
    pub fn write_slices(&mut self, slices: &[IoSlice<'_>], more: bool) -> io::Result<usize> {
        match (&mut self.wire, &mut self.secured) {
            (Wire::Socket(socket), None) => net::send_vectored(socket.as_fd(), slices, more),
            (Wire::Socket(socket), Some(secured)) => {
                secured.write_slices(socket.as_fd(), slices, more)
            }
            (Wire::Stream(stream), _) => {
                let part = |at: usize| slices.get(at).map_or(&[][..], |slice| slice);
                stream.write([part(0), part(1)])
            }
        }
    }

    /// The most that can be written now, as far as that is known: what is read for it and not taken would be
    /// read for nothing.
    pub fn open_len(&self) -> usize {
        match &self.wire {
            Wire::Socket(_) => usize::MAX,
            Wire::Stream(stream) => stream.open_len(),
        }
    }

    /// Whether nothing is there to be read, not even its end.
    pub fn is_quiet(&self) -> bool {
        let Wire::Socket(socket) = &self.wire else { return true };
        self.secured.as_ref().is_none_or(|secured| secured.is_quiet())
            && net::is_quiet(socket.as_fd())
    }

    /// What has become of a connection under way: the error that it has come to.
    pub fn take_error(&self) -> io::Result<()> {
        match &self.wire {
            Wire::Socket(socket) => net::take_error(socket.as_fd()),
            Wire::Stream(_) => Ok(()),
        }
    }

    /// Whether [`send_file`](Self::send_file) can be used. Else what is in files is read and written.
    pub fn sends_files(&self) -> bool {
        matches!((&self.wire, &self.secured), (Wire::Socket(_), None))
    }

    /// Sends up to `len` bytes of a file from `offset`. 0 is the end of the file.
    pub fn send_file(
        &mut self,
        file: BorrowedFd<'_>,
        offset: u64,
        len: usize,
    ) -> io::Result<usize> {
        match (&self.wire, &self.secured) {
            (Wire::Socket(socket), None) => fs::send_file(socket.as_fd(), file, offset, len),
            (Wire::Socket(_), Some(_)) | (Wire::Stream(_), _) => {
                Err(io::ErrorKind::Unsupported.into())
            }
        }
    }

    /// Says that nothing more is written; what the client sends can still be read.
    pub fn close_write(&mut self) -> io::Result<()> {
        self.say_end();
        match &self.wire {
            Wire::Socket(socket) => net::shutdown_write(socket.as_fd()),
            Wire::Stream(stream) => {
                stream.end();
                Ok(())
            }
        }
    }

    /// Has the client see a broken connection where it is closed, whatever is on the way. Where that
    /// fails, it is closed as others are.
    pub fn break_on_close(&mut self) {
        self.breaks = true;
        match &self.wire {
            Wire::Socket(socket) => drop(net::set_reset_on_close(socket.as_fd())),
            // A stream that has not ended is reset in any case.
            Wire::Stream(_) => {}
        }
    }

    /// Sends short writes at once. Where that fails, they are only slower.
    pub fn set_nodelay(&self) {
        if let Wire::Socket(socket) = &self.wire {
            let _ = net::set_nodelay(socket.as_fd(), true);
        }
    }

    /// Has the kernel ask a silent peer whether it is there (`SO_KEEPALIVE`).
    pub fn set_keepalive(&self) -> io::Result<()> {
        match &self.wire {
            Wire::Socket(socket) => net::set_keepalive(socket.as_fd()),
            Wire::Stream(_) => Ok(()),
        }
    }

    /// The server's own address; `None` for one of the file system, or where it is not to be had.
    pub fn local_address(&self) -> Option<SocketAddr> {
        match &self.wire {
            Wire::Socket(socket) => net::local_address(socket.as_fd()).ok().flatten(),
            Wire::Stream(_) => None,
        }
    }

    /// Has TLS say that nothing more comes: else an end would look like one that somebody made who
    /// stands between.
    fn say_end(&mut self) {
        if let (Wire::Socket(socket), Some(secured)) = (&self.wire, &mut self.secured)
            && !self.breaks
        {
            secured.say_end(socket.as_fd());
        }
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        self.say_end();
    }
}

impl AsFd for Transport {
    /// What to poll.
    ///
    /// # Panics
    /// Of a stream, for which nothing is ever polled.
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.wire {
            Wire::Socket(socket) => socket.as_fd(),
            Wire::Stream(_) => unreachable!("a stream has no descriptor"),
        }
    }
}

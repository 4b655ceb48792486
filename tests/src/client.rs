//! A client that sends the bytes it is told to.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use crate::PATIENCE;
use crate::response::Response;
use crate::secure::{self, Wire};

/// How the bytes of a message reach the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// In one write.
    Whole,
    /// One write, and as far as the kernel goes one packet, for each byte.
    ByteByByte,
}

/// Both.
pub const PACES: [Pace; 2] = [Pace::Whole, Pace::ByteByByte];

/// One connection.
pub struct Client {
    stream: BufReader<Wire>,
}

impl Client {
    /// Connects.
    ///
    /// # Panics
    /// Where nobody accepts.
    pub fn connect(address: impl ToSocketAddrs) -> Client {
        let stream = TcpStream::connect(address).expect("the server accepts");
        stream.set_nodelay(true).expect("a TCP socket");
        Client::over(Wire::Plain(stream))
    }

    /// Connects, and speaks TLS with a server of this name.
    ///
    /// # Errors
    ///
    /// What stands against that, on either side.
    ///
    /// # Panics
    /// Where nobody accepts.
    pub fn secure(
        address: impl ToSocketAddrs,
        config: &Arc<ClientConfig>,
        name: &str,
    ) -> io::Result<Client> {
        let stream = TcpStream::connect(address).expect("the server accepts");
        stream.set_nodelay(true).expect("a TCP socket");
        stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
        Ok(Client::over(Wire::Secure(Box::new(secure::begin(stream, config, name)?))))
    }

    fn over(wire: Wire) -> Client {
        let client = Client { stream: BufReader::new(wire) };
        client.patience(PATIENCE);
        client
    }

    /// Sets how long one read or write may take.
    pub fn patience(&self, limit: Duration) {
        self.stream.get_ref().socket().set_read_timeout(Some(limit)).expect("a limit");
        self.stream.get_ref().socket().set_write_timeout(Some(limit)).expect("a limit");
    }

    /// Sends `bytes`. A server may have answered and closed before it has read all of them;
    /// that is not an error here, as what it sent is there to be read.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Client {
        self.send_at(bytes, Pace::Whole)
    }

    /// Sends `bytes` at a pace.
    pub fn send_at(&mut self, bytes: impl AsRef<[u8]>, pace: Pace) -> &mut Client {
        let bytes = bytes.as_ref();
        let piece = if pace == Pace::Whole { bytes.len().max(1) } else { 1 };
        for piece in bytes.chunks(piece) {
            let wire = self.stream.get_mut();
            match wire.write_all(piece).and_then(|()| wire.flush()) {
                Ok(()) => {}
                Err(e) if gone(e.kind()) => break,
                Err(e) => panic!("cannot send: {e}"),
            }
        }
        self
    }

    /// The same connection once more, to be read while this one is written to.
    ///
    /// # Panics
    /// Where this one has read more than it has given out.
    pub fn twin(&self) -> Client {
        assert!(self.stream.buffer().is_empty());
        let stream = self.stream.get_ref().socket().try_clone().expect("a descriptor");
        Client { stream: BufReader::new(Wire::Plain(stream)) }
    }

    /// Sends nothing more, and says so to the server.
    pub fn finish(&mut self) -> &mut Client {
        let _ = self.stream.get_ref().socket().shutdown(Shutdown::Write);
        self
    }

    /// Reads the response to a request with `method`.
    pub fn response(&mut self, method: &str) -> Response {
        Response::read(&mut self.stream, method)
    }

    /// Sends a request without content and reads its response, passing over interim ones.
    pub fn get(&mut self, path: &str, host: &str) -> Response {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")).response("GET")
    }

    /// Reads bytes until `buffer` is full.
    ///
    /// # Panics
    /// Where fewer come.
    pub fn read_exact(&mut self, buffer: &mut [u8]) {
        self.stream.read_exact(buffer).expect("so many bytes");
    }

    /// Waits for the server to close, and returns what it sent before.
    ///
    /// # Panics
    /// Where the connection is still open when patience ends.
    pub fn until_closed(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Err(e) if !gone(e.kind()) => panic!("not closed: {e}, after {rest:?}"),
            _ => rest,
        }
    }

    /// Waits for the server to end the stream in order, and returns what it sent before.
    ///
    /// # Panics
    /// Where the connection is reset, or still open when patience ends.
    pub fn until_ended(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Err(e) => panic!("not ended: {e}, after {} bytes", rest.len()),
            Ok(_) => rest,
        }
    }

    /// Reads responses to GET requests until the server closes.
    pub fn responses(&mut self) -> Vec<Response> {
        let mut responses = Vec::new();
        while !self.closed() {
            responses.push(self.response("GET"));
        }
        responses
    }

    /// Waits for a byte or the end; whether it was the end.
    pub fn closed(&mut self) -> bool {
        match self.stream.fill_buf() {
            Ok(bytes) => bytes.is_empty(),
            Err(e) if gone(e.kind()) => true,
            Err(e) => panic!("neither a byte nor the end: {e}"),
        }
    }

    /// Whether the server is silent, and the connection open, for as long as `limit`.
    pub fn silent_for(&mut self, limit: Duration) -> bool {
        self.patience(limit);
        let silent = match self.stream.fill_buf() {
            Err(e) => matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
            Ok(_) => false,
        };
        self.patience(PATIENCE);
        silent
    }
}

/// Whether a failure means that the other side has closed.
fn gone(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted
    )
}

//! One connection that speaks TLS: its handshake, and content there and back.
//!
//! What is to be sent is sealed and sent in one go. Where the socket takes only a part, the rest of the
//! sealed bytes waits here, and counts as not written but for what has gone: so that who writes knows
//! when all is on its way, and a client that takes little is seen to take a little.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, IoSlice, Read, Write};
use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::server::{Accepted, AcceptedAlert, Acceptor};
use rustls::{ClientConnection, Connection, HandshakeKind, ProtocolVersion, ServerConnection};

use super::Find;
use super::config::{Configs, HTTP2, cipher_name, group_name};
use super::offered::offered;
use super::value;
use crate::secured::{READ_LEN, Secured, WRITE_LEN};
use crate::site::TlsId;
use crate::site::{Agreed, ClientValue, ClientVerdict, Offered};
use crate::sys::net;
use crate::sys::poll::Readiness;

/// What a record holds at most (RFC 8446, 5.1).
const MAX_RECORD_LEN: usize = 16 << 10;
/// The first so many bytes of content go in records that fit a packet, so that none waits for the
/// next: as many as the network may have on its way before it hears from the client (RFC 6928).
const FIRST_LEN: u64 = 12 << 10;
/// What such a record holds: what a packet of 1,500 bytes has room for, without the headers of IPv6
/// and TCP and what is around a record.
const FIRST_RECORD_LEN: usize = 1368;

thread_local! {
    /// What sealed bytes are read into.
    static SEALED: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_LEN].into());
}

/// A connection that speaks TLS.
pub(super) struct Stream {
    state: State,
    /// Content of the last write of which sealed bytes wait, in bytes.
    owed: usize,
    /// Sealed bytes that were sent since then.
    credit: usize,
    /// Content that is here and was not read yet, in bytes.
    unread: usize,
    /// Sealed bytes that were not looked at for want of room for what is in them.
    unopened: Vec<u8>,
    /// Whether the state has sealed bytes that it has not looked at.
    has_begun: bool,
    /// Content that was sealed so far, in bytes.
    sealed: u64,
    /// Whether the client has said that nothing more comes.
    ended: bool,
    agreed: Option<Agreed>,
}

enum State {
    /// The client says whom it wants.
    Hello(Box<Acceptor>, Option<Asked>),
    /// All that comes then.
    Open(Box<Open>),
    /// Nothing: it has failed, and was told so.
    Failed,
}

/// Who is asked about what a client says.
struct Asked {
    find: Find,
    /// The folders of certificates that are shown to who checks a challenge.
    challenges: Arc<[PathBuf]>,
}

struct Open {
    connection: Connection,
    /// The longest record that is sent, in bytes of content.
    record_len: usize,
    /// The server that a client talks to; `None` of a connection to a peer.
    server: Option<(TlsId, Arc<Configs>)>,
    /// What the client has offered, until it is known what was agreed on.
    offered: Offered,
    /// Whether it is over with the handshake: nothing is to be said behind one that only checks a
    /// challenge (RFC 8737, 3).
    ends_at_once: bool,
}

impl Stream {
    /// Begins on a client's connection of which `received` was read.
    pub(super) fn accept(mut received: &[u8], find: Find, challenges: Arc<[PathBuf]>) -> Stream {
        let mut acceptor = Box::<Acceptor>::default();
        // What is wrong is found out with the rest.
        let _ = acceptor.read_tls(&mut received);
        let state = State::Hello(acceptor, Some(Asked { find, challenges }));
        Stream { has_begun: true, unopened: received.to_vec(), ..Stream::new(state) }
    }

    /// Begins on a connection to a peer.
    pub(super) fn connect(mut connection: ClientConnection) -> Stream {
        connection.set_buffer_limit(None);
        let open = Open::new(Connection::Client(connection));
        Stream::new(State::Open(Box::new(open)))
    }

    fn new(state: State) -> Stream {
        Stream {
            state,
            owed: 0,
            credit: 0,
            unread: 0,
            unopened: Vec::new(),
            has_begun: false,
            sealed: 0,
            ended: false,
            agreed: None,
        }
    }

    /// Opens sealed bytes, and reads the content into `buffer` as far as it goes. Returns how much
    /// that is.
    fn open(
        &mut self,
        socket: BorrowedFd<'_>,
        mut sealed: &[u8],
        buffer: &mut [u8],
    ) -> io::Result<usize> {
        let mut read = 0;
        while !sealed.is_empty() || self.has_begun {
            // There is always room for one record beyond what is read.
            if self.unread > 0 {
                self.unopened.extend_from_slice(sealed);
                break;
            }
            let before = sealed.len();
            let is_first = std::mem::take(&mut self.has_begun);
            match &mut self.state {
                State::Hello(acceptor, _) => {
                    if !is_first {
                        acceptor.read_tls(&mut sealed)?;
                    }
                    self.answer(socket)?;
                }
                State::Open(open) => {
                    open.connection.read_tls(&mut sealed)?;
                }
                State::Failed => return Err(io::ErrorKind::ConnectionAborted.into()),
            }
            let State::Open(open) = &mut self.state else {
                match is_first || sealed.len() < before {
                    true => continue,
                    false => break,
                }
            };
            let now = match open.connection.process_new_packets() {
                Ok(now) => now,
                Err(error) => {
                    // An alert says what is wrong.
                    let _ = open.connection.write_tls(&mut Socket(socket, false));
                    self.state = State::Failed;
                    return Err(invalid(error));
                }
            };
            self.unread = now.plaintext_bytes_to_read();
            self.ended |= now.peer_has_closed();
            self.ended |= open.ends_at_once && !open.connection.is_handshaking();
            if self.agreed.is_none() && !open.connection.is_handshaking() {
                self.agreed = open.agreed();
            }
            read += self.take(&mut buffer[read..])?;
            // After the end nothing is looked at any more.
            if sealed.len() == before && !is_first {
                break;
            }
        }
        Ok(read)
    }

    /// Reads content that is here.
    fn take(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let State::Open(open) = &mut self.state else { return Ok(0) };
        let mut read = 0;
        while self.unread > 0 && read < buffer.len() {
            let len = open.connection.reader().read(&mut buffer[read..])?;
            read += len;
            self.unread = self.unread.saturating_sub(len);
        }
        Ok(read)
    }

    /// Goes on once the client has said whom it wants.
    fn answer(&mut self, socket: BorrowedFd<'_>) -> io::Result<()> {
        let State::Hello(acceptor, asked) = &mut self.state else { return Ok(()) };
        let accepted = match acceptor.accept() {
            Ok(None) => return Ok(()),
            Ok(Some(accepted)) => accepted,
            Err((error, alert)) => return Err(self.refuse(socket, error, alert)),
        };
        let name = accepted.client_hello().server_name().unwrap_or_default().to_ascii_lowercase();
        let name = name.strip_suffix('.').unwrap_or(&name);
        let Some(Asked { find, challenges }) = asked.take() else { return Ok(()) };
        if let Some(config) = challenged(&accepted, name, &challenges) {
            return match accepted.into_connection(config) {
                Ok(connection) => {
                    let open = Open::new(Connection::Server(connection));
                    self.state = State::Open(Box::new(Open { ends_at_once: true, ..open }));
                    Ok(())
                }
                Err((error, alert)) => Err(self.refuse(socket, error, alert)),
            };
        }
        let found = find(name.as_bytes());
        let Some((chosen, tls, configs)) = found.filter(|(_, tls, _)| !tls.reject_handshake) else {
            return Err(self.reject(socket));
        };
        let offered = offered(&accepted.client_hello());
        match open(accepted, &configs, chosen.http2) {
            Ok(connection) => {
                let open = Open::new(Connection::Server(connection));
                let server = Some((chosen.tls, configs));
                let open = Open { record_len: tls.record_len, server, offered, ..open };
                self.state = State::Open(Box::new(open));
                Ok(())
            }
            Err((error, alert)) => Err(self.refuse(socket, error, alert)),
        }
    }

    /// Ends a handshake that has failed.
    fn refuse(
        &mut self,
        socket: BorrowedFd<'_>,
        error: rustls::Error,
        mut alert: AcceptedAlert,
    ) -> io::Error {
        self.state = State::Failed;
        let _ = alert.write(&mut Socket(socket, false));
        invalid(error)
    }

    /// Ends a handshake for a name that nobody has here, as nginx does.
    fn reject(&mut self, socket: BorrowedFd<'_>) -> io::Error {
        self.state = State::Failed;
        let _ = net::send(socket, &UNRECOGNIZED_NAME, false);
        io::Error::new(io::ErrorKind::InvalidData, "handshakes for this name are refused")
    }

    /// Sends the sealed bytes that wait. `WouldBlock`: not all of them.
    fn flush(&mut self, socket: BorrowedFd<'_>, more: bool) -> io::Result<()> {
        let State::Open(open) = &mut self.state else { return Ok(()) };
        while open.connection.wants_write() {
            let sent = open.connection.write_tls(&mut Socket(socket, more))?;
            self.credit += sent;
        }
        Ok(())
    }

    /// What of the content that is owed counts as sent now, at most `most` bytes.
    fn settle(&mut self, flushed: io::Result<()>, most: usize) -> io::Result<usize> {
        let sent = match flushed {
            Ok(()) => self.owed.min(most),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                // The last byte counts as sent when all are.
                let sent = self.credit.min(self.owed.saturating_sub(1)).min(most);
                if sent == 0 {
                    return Err(error);
                }
                sent
            }
            Err(error) => return Err(error),
        };
        self.credit = 0;
        self.owed -= sent;
        Ok(sent)
    }

    /// Seals from the front of `slices`, and returns how much.
    fn seal(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let State::Open(open) = &mut self.state else {
            return Err(io::ErrorKind::WouldBlock.into());
        };
        if open.connection.is_handshaking() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let mut left = WRITE_LEN;
        let mut rest = Rest { slices, at: 0 };
        while left > 0 {
            let longest = match self.sealed {
                ..FIRST_LEN => open.record_len.min(FIRST_RECORD_LEN),
                _ => open.record_len,
            };
            let mut parts = [IoSlice::new(&[]); RECORD_PARTS];
            let count = rest.take(longest.min(left), &mut parts);
            if count == 0 {
                break;
            }
            let len = open.connection.writer().write_vectored(&parts[..count])?;
            self.sealed += len as u64;
            left -= len;
        }
        Ok(WRITE_LEN - left)
    }
}

/// Slices that one record is made of, at most.
const RECORD_PARTS: usize = 8;

/// What is left of some slices.
struct Rest<'a> {
    slices: &'a [IoSlice<'a>],
    /// How much of the first is gone.
    at: usize,
}

impl<'a> Rest<'a> {
    /// Takes at most `len` bytes off the front. Returns in how many parts.
    fn take(&mut self, mut len: usize, parts: &mut [IoSlice<'a>; RECORD_PARTS]) -> usize {
        let mut count = 0;
        while let Some((first, behind)) = self.slices.split_first()
            && len > 0
            && count < RECORD_PARTS
        {
            let first: &'a [u8] = &first[self.at..];
            let taken = first.len().min(len);
            if taken > 0 {
                parts[count] = IoSlice::new(&first[..taken]);
                count += 1;
            }
            len -= taken;
            self.at += taken;
            if taken == first.len() {
                (self.slices, self.at) = (behind, 0);
            }
        }
        count
    }
}

/// Begins with a server that was found.
fn open(
    accepted: Accepted,
    configs: &Configs,
    http2: bool,
) -> Result<ServerConnection, (rustls::Error, AcceptedAlert)> {
    let mut connection = accepted.into_connection(configs.config(http2))?;
    // What is sealed at once is bounded already.
    connection.set_buffer_limit(None);
    Ok(connection)
}

/// What holds for a handshake that only checks a challenge, where it is answered.
#[cfg(feature = "acme")]
fn challenged(
    accepted: &Accepted,
    name: &str,
    folders: &[PathBuf],
) -> Option<Arc<rustls::ServerConfig>> {
    super::challenge::config(&accepted.client_hello(), name, folders)
}

/// Without what answers challenges, none is.
#[cfg(not(feature = "acme"))]
fn challenged(_: &Accepted, _: &str, _: &[PathBuf]) -> Option<Arc<rustls::ServerConfig>> {
    None
}

impl Open {
    fn new(connection: Connection) -> Open {
        Open {
            connection,
            record_len: MAX_RECORD_LEN,
            server: None,
            offered: Offered::default(),
            ends_at_once: false,
        }
    }

    /// What was agreed on with a client, once the handshake is over.
    fn agreed(&mut self) -> Option<Agreed> {
        let (Connection::Server(connection), Some((id, configs))) =
            (&self.connection, &self.server)
        else {
            return None;
        };
        let group = connection.negotiated_key_exchange_group();
        let chain = connection.peer_certificates().unwrap_or_default();
        let name = connection.server_name().unwrap_or_default().to_ascii_lowercase();
        Some(Agreed {
            tls: *id,
            protocol: match connection.protocol_version() {
                Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
                Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
                _ => "",
            },
            cipher: connection.negotiated_cipher_suite().map_or("", cipher_name),
            offered: std::mem::take(&mut self.offered),
            group: group.map_or("", |group| group_name(group.name())),
            name: name.into_bytes().into(),
            resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
            alpn: match connection.alpn_protocol() {
                Some(HTTP2) => HTTP2,
                Some(b"http/1.1") => b"http/1.1",
                Some(b"http/1.0") => b"http/1.0",
                Some(b"http/0.9") => b"http/0.9",
                _ => b"",
            },
            client: match &configs.judge {
                Some(judge) => judge.judge(chain),
                None => ClientVerdict::None,
            },
        })
    }
}

impl Secured for Stream {
    fn read(&mut self, socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<usize> {
        passing(self.flush(socket, false))?;
        let mut read = self.take(buffer)?;
        if read == 0 && (self.has_begun || !self.unopened.is_empty()) {
            let unopened = std::mem::take(&mut self.unopened);
            read = self.open(socket, &unopened, buffer)?;
            passing(self.flush(socket, false))?;
        }
        if read > 0 || self.ended {
            return Ok(read);
        }
        SEALED.with_borrow_mut(|sealed| {
            loop {
                let len = net::recv(socket, sealed)?;
                let read = self.open(socket, &sealed[..len], buffer)?;
                passing(self.flush(socket, false))?;
                if read > 0 || len == 0 || self.ended {
                    return Ok(read);
                }
                if len < sealed.len() {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
            }
        })
    }

    fn write_slices(
        &mut self,
        socket: BorrowedFd<'_>,
        slices: &[IoSlice<'_>],
        more: bool,
    ) -> io::Result<usize> {
        if self.owed == 0 {
            self.credit = 0;
            self.owed = self.seal(slices)?;
        }
        let flushed = self.flush(socket, more);
        self.settle(flushed, slices.iter().map(|slice| slice.len()).sum())
    }

    fn readiness(&self, wanted: Readiness) -> Readiness {
        let (is_handshaking, waits) = match &self.state {
            State::Open(open) => (open.connection.is_handshaking(), open.connection.wants_write()),
            State::Hello(..) => (true, false),
            State::Failed => (false, false),
        };
        let has_content = self.unread > 0 || self.has_begun || !self.unopened.is_empty();
        match wanted {
            Readiness { reads: false, writes: false } => wanted,
            _ if is_handshaking => Readiness { reads: true, writes: waits || has_content },
            // The socket mostly takes something, and tells so at once.
            Readiness { reads: true, writes } => {
                Readiness { reads: true, writes: writes || waits || has_content }
            }
            wanted => wanted,
        }
    }

    fn is_quiet(&self) -> bool {
        self.unread == 0 && !self.has_begun && self.unopened.is_empty() && !self.ended
    }

    fn say_end(&mut self, socket: BorrowedFd<'_>) {
        if let State::Open(open) = &mut self.state
            && !open.connection.is_handshaking()
            && !open.connection.wants_write()
        {
            open.connection.send_close_notify();
            let _ = self.flush(socket, false);
        }
    }

    fn agreed(&self) -> Option<&Agreed> {
        self.agreed.as_ref()
    }

    fn write_client(&self, which: ClientValue, out: &mut Vec<u8>) {
        let State::Open(open) = &self.state else { return };
        let chain = open.connection.peer_certificates().unwrap_or_default();
        if let Some(leaf) = chain.first() {
            value::write(leaf, which, out);
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("agreed", &self.agreed).finish_non_exhaustive()
    }
}

/// The socket, for the library to write to. The flag says that further bytes follow at once.
struct Socket<'a>(BorrowedFd<'a>, bool);

impl Write for Socket<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        net::send(self.0, bytes, self.1)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        net::send_vectored(self.0, slices, self.1)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The alert `unrecognized_name`, fatal, as a record (RFC 6066, 3; RFC 8446, 6).
const UNRECOGNIZED_NAME: [u8; 7] = [21, 3, 3, 0, 2, 2, 112];

/// The same, but for what only takes time.
fn passing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
        result => result,
    }
}

fn invalid(error: rustls::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

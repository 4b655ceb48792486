//! What one worker shares among its connections: the time, caches, logs, scratch memory.

use std::cell::OnceCell;
use std::fmt;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use crate::cgi::Spawner;
use crate::clock::{LocalClock, Now};
use crate::coding::{Encoder, Encoders, Forms};
use crate::counts::{AllCounts, Counts};
use crate::files::Files;
use crate::http::date;
use crate::http::target::Scheme;
use crate::image::Image;
use crate::log::{About, Logs, Trouble};
use crate::output::{Output, Turn};
use crate::proxy_protocol::Proxied;
use crate::serving::Exchange;
use crate::site::{Level, ListenId, ServerId, Site};
use crate::transport::Transport;
use crate::upstream::{FoundUpstream, Upstreams};
use crate::users::desk::Desk;
use crate::users::file::UserFile;
use crate::variables::{ConnectionFacts, Endpoint};
use crate::zone::Zone;

/// What is settled before the first worker starts, and the same for all.
pub struct Shared {
    /// The absolute paths of [`Site::DIRECTORIES`].
    pub directories: Vec<PathBuf>,
    /// The absolute paths of [`Site::PROGRAMS`].
    pub programs: Vec<PathBuf>,
    /// The paths of sockets in the file system, by listen; empty for the others.
    pub socket_paths: Vec<PathBuf>,
    /// The program's own file, where large contents are sent from it.
    pub image: Option<Image>,
    /// The counts of all workers.
    pub counts: AllCounts,
    /// The zones of [`Site::ZONES`].
    pub zones: Vec<Zone>,
    /// The paths of [`Site::USERS`].
    pub user_paths: Vec<PathBuf>,
    /// The files there.
    pub users: Vec<UserFile>,
    /// Where passwords are checked that take long.
    pub desk: Desk,
    /// Where the servers of [`Site::UPSTREAMS`] are.
    pub upstreams: Vec<FoundUpstream>,
    /// Server names that are known at start, by listen: in lower case.
    pub start_names: Vec<Vec<(Vec<u8>, ServerId)>>,
}

/// One worker's belongings.
pub struct Context<S> {
    /// What all workers share.
    pub shared: &'static Shared,
    /// The present, read once a turn.
    pub now: Now,
    /// The value of the Date field.
    pub date: date::Clock,
    /// The value of the last Expires field.
    pub expires: date::Clock,
    /// Local time, for logs.
    pub local_clock: LocalClock,
    /// Opened directories and known files.
    pub files: Files,
    /// What starts scripts, where the site has any.
    pub spawner: Option<Rc<Spawner>>,
    /// The servers behind this one, and the connections to them.
    pub upstreams: Rc<Upstreams>,
    /// The log files.
    pub logs: Logs,
    /// What input is read into.
    pub scratch: Box<[u8]>,
    /// Responses of the connection that is being served.
    pub output: Output,
    /// What that connection may do yet before others have their turn.
    pub turn: Turn,
    /// What the connection that is being served is known by to the event loop.
    pub token: u64,
    /// The worker's number, from 0 on.
    pub worker: usize,
    /// What compresses contents.
    pub encoders: Encoders,
    /// Compressed forms that are kept.
    pub forms: Forms,
    /// What compresses the content of a script whose head has just been answered.
    pub encoder: Option<Encoder>,
    /// What this worker counts, where the site tells it.
    pub counts: Arc<Counts>,
    /// Whether the server is on its way out: no connection is kept.
    pub leaving: bool,
    scratch_len: usize,
    // Boxed, since that is how connections hold them: taking one moves a pointer.
    #[allow(clippy::vec_box)]
    spare: Vec<Box<Exchange>>,
    _site: PhantomData<S>,
}

/// Spare exchanges that are kept for reuse. One is enough for a response that is sent at once.
const SPARE_EXCHANGES: usize = 16;

impl<S: Site> Context<S> {
    /// A worker's context. `scratch_len` is at least the length of the longest head.
    pub fn new(
        shared: &'static Shared,
        files: Files,
        logs: Logs,
        now: Now,
        scratch_len: usize,
    ) -> Self {
        Context {
            shared,
            now,
            date: date::Clock::new(now.unix_s()),
            expires: date::Clock::new(now.unix_s()),
            local_clock: LocalClock::new(now),
            files,
            spawner: None,
            upstreams: Rc::new(Upstreams::new(S::UPSTREAMS, &shared.upstreams)),
            logs,
            scratch: vec![0; scratch_len].into_boxed_slice(),
            output: Output::new(shared.image.as_ref()),
            turn: Turn::default(),
            token: 0,
            worker: 0,
            encoders: Encoders::default(),
            forms: Forms::default(),
            encoder: None,
            counts: shared.counts.join(),
            leaving: false,
            scratch_len,
            spare: Vec::new(),
            _site: PhantomData,
        }
    }

    /// Sets the present, once a turn.
    pub fn set_now(&mut self, now: Now) {
        self.now = now;
        self.date.update(now.unix_s());
        if !S::UPSTREAMS.is_empty() {
            self.upstreams.set_now(now.monotonic_ms);
        }
    }

    /// Writes a line about the process, or about no request, to the error log.
    pub fn report(&self, level: Level, text: fmt::Arguments<'_>) {
        let time = (self.now, &self.local_clock);
        self.logs.error(S::PROCESS.error_logs, level, About::Process, time, text);
    }

    /// Writes what the logs have held back for long enough, at the end of a turn.
    pub fn flush_logs(&self) {
        self.logs.flush_due(self.now);
        self.tell_of_logs(self.logs.retry_due(self.now));
    }

    /// Writes to the error log what is the matter with the logs.
    pub fn tell_of_logs(&self, troubles: Vec<Trouble>) {
        for trouble in troubles {
            self.report(Level::Alert, format_args!("{trouble}"));
        }
    }

    /// Makes good what a panic may have left half done.
    pub fn recover(&mut self) {
        self.output.clear();
        self.output.end_limit();
        if self.scratch.is_empty() {
            self.scratch = vec![0; self.scratch_len].into_boxed_slice();
        }
    }

    /// Lends out the scratch memory.
    pub fn with_scratch<T>(&mut self, act: impl FnOnce(&mut Self, &mut [u8]) -> T) -> T {
        let mut scratch = std::mem::take(&mut self.scratch);
        let result = act(self, &mut scratch);
        self.scratch = scratch;
        result
    }

    /// An exchange, fresh but for its buffers.
    pub fn take_exchange(&mut self) -> Box<Exchange> {
        self.spare.pop().unwrap_or_default()
    }

    /// Frees the memory of spare exchanges.
    pub fn drop_spare(&mut self) {
        self.spare = Vec::new();
    }

    /// Takes an exchange back that was not used.
    pub fn return_exchange(&mut self, exchange: Box<Exchange>) {
        self.spare.push(exchange);
    }

    /// Takes an exchange back that is done.
    pub fn recycle_exchange(&mut self, mut exchange: Box<Exchange>) {
        if self.spare.len() < SPARE_EXCHANGES {
            exchange.reset();
            self.spare.push(exchange);
        }
    }
}

/// The far end of a connection, as far as requests have to do with it.
pub struct Client {
    /// What carries its bytes.
    pub transport: Transport,
    /// Where it was accepted.
    pub listen: ListenId,
    /// Its number, given once.
    pub serial: u64,
    /// Its address; `None` for one that came through the file system.
    pub peer: Option<SocketAddr>,
    /// Whom the proxy speaks for that is connected, as the PROXY protocol says.
    pub proxied: Option<Box<Proxied>>,
    /// When it was accepted, by the monotonic clock.
    pub accepted_ms: u64,
    /// Requests on it so far.
    pub requests: u64,
    local: OnceCell<Option<SocketAddr>>,
    /// Where that is in the file system.
    path: &'static Path,
}

impl Client {
    /// A client that was just accepted.
    pub fn new(
        shared: &'static Shared,
        transport: Transport,
        listen: ListenId,
        serial: u64,
        peer: Option<SocketAddr>,
        accepted_ms: u64,
    ) -> Client {
        let path = &shared.socket_paths[usize::from(listen)];
        let local = OnceCell::new();
        let proxied = None;
        Client { transport, listen, serial, peer, proxied, accepted_ms, requests: 0, local, path }
    }

    /// Our own address on this connection, asked for once.
    pub fn local(&self) -> Option<SocketAddr> {
        *self.local.get_or_init(|| self.transport.local_address())
    }
}

impl ConnectionFacts for Client {
    fn serial(&self) -> u64 {
        self.serial
    }

    fn peer(&self) -> Endpoint<'_> {
        self.peer.map_or(Endpoint::Unix(b""), Endpoint::Ip)
    }

    fn local(&self) -> Endpoint<'_> {
        Client::local(self).map_or(Endpoint::Unix(self.path.as_os_str().as_bytes()), Endpoint::Ip)
    }

    fn proxied(&self) -> Option<&Proxied> {
        self.proxied.as_deref()
    }

    fn requests(&self) -> u64 {
        self.requests
    }

    fn accepted_ms(&self) -> u64 {
        self.accepted_ms
    }

    fn scheme(&self) -> Scheme {
        self.transport.scheme()
    }
}

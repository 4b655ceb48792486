//! What one worker shares among its connections: the time, caches, logs, scratch memory.

use std::cell::OnceCell;
use std::fmt;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use crate::backend::Backend;
use crate::cache::{self, Store};
use crate::cgi::Spawner;
use crate::clock::{LocalClock, Now};
use crate::coding::{Encoder, Encoders};
use crate::commands::{FoundCommand, Sayings};
use crate::compiled::Exchange;
use crate::connection::Places;
use crate::counts::{AllCounts, Counts};
use crate::files::Files;
use crate::forms::Forms;
use crate::http::date;
use crate::http::target::Scheme;
use crate::http2::mux::{Queue, Stream};
use crate::image::Image;
use crate::log::{About, Logs, Trouble};
use crate::metrics::{Meter, Meters};
use crate::output::{Output, Turn};
use crate::proxy_protocol::Proxied;
use crate::secured::{KeyFiles, Keys};
use crate::site::{
    Agreed, Around, ClientValue, ConnectionFacts, Encode, Endpoint, Labels, Level, ListenId,
    ServerId, Site,
};
use crate::subrequest::Subrequests;
use crate::transport::Transport;
use crate::upstream::{self, Findings, FoundUpstream, Names, SharedGroups, Upstreams};
use crate::users::desk::Desk;
use crate::users::file::UserFile;
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
    /// What servers and locations are called.
    pub labels: Option<&'static Labels>,
    /// What else they count.
    pub meters: Meters,
    /// When the server was started, in milliseconds since 1970.
    pub started_unix_ms: u64,
    /// The zones of [`Site::ZONES`].
    pub zones: Vec<Zone>,
    /// The stores of [`Site::CACHES`].
    pub caches: Vec<Store>,
    /// The paths of [`Site::USERS`].
    pub user_paths: Vec<PathBuf>,
    /// The files there.
    pub users: Vec<UserFile>,
    /// The keys of [`Site::TLS`].
    pub keys: Option<Keys>,
    /// The paths of what that names.
    pub key_files: KeyFiles,
    /// Where passwords are checked that take long.
    pub desk: Desk,
    /// Where the servers of [`Site::UPSTREAMS`] are.
    pub upstreams: Vec<FoundUpstream>,
    /// Where they are later, where some of them have names.
    pub names: Option<Names>,
    /// What has come of asking them whether they are well.
    pub findings: Findings,
    /// What workers share of them.
    pub groups: SharedGroups,
    /// The programs that run beside the server.
    pub commands: Vec<FoundCommand>,
    /// What those have said.
    pub sayings: Sayings,
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
    /// Requests within others.
    pub subrequests: Rc<Subrequests>,
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
    /// What changes it before that.
    pub filter: Option<Box<dyn Encode>>,
    /// What goes around it then.
    pub around: Option<Around>,
    /// What this worker counts, where the site tells it.
    pub counts: Arc<Counts>,
    /// What else it counts.
    pub meter: Arc<Meter>,
    /// The places of connections and of streams that wait.
    pub places: Places,
    /// Streams and connections that act in this turn without a descriptor that is ready.
    pub queue: Rc<Queue>,
    /// Whether the server is on its way out: no connection is kept.
    pub leaving: bool,
    scratch_len: usize,
    // Boxed, since that is how connections hold them: taking one moves a pointer.
    #[allow(clippy::vec_box)]
    spare: Vec<Box<Exchange>>,
    _site: PhantomData<S>,
}

/// Spare exchanges that are kept for reuse. One is enough for a response that is sent at once; those
/// that wait for another server are many.
const SPARE_EXCHANGES: usize = 64;

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
            upstreams: Rc::new(match S::UPSTREAMS.is_empty() {
                true => Upstreams::none(&shared.groups),
                false => Upstreams::new(
                    S::UPSTREAMS,
                    &shared.upstreams,
                    &shared.groups,
                    shared.keys.as_ref(),
                ),
            }),
            subrequests: Rc::default(),
            logs,
            scratch: vec![0; scratch_len].into_boxed_slice(),
            output: Output::new(shared.image.as_ref()),
            turn: Turn::default(),
            token: 0,
            worker: 0,
            encoders: Encoders::default(),
            forms: Forms::default(),
            encoder: None,
            filter: None,
            around: None,
            counts: shared.counts.join(),
            meter: S::METRICS.map_or_else(Arc::default, |metrics| {
                shared.meters.join(&metrics, S::UPSTREAMS, (S::ZONES.len(), S::CACHES.len()))
            }),
            places: Places::default(),
            queue: Rc::default(),
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

    /// Has another server asked, and its answer kept where that is wanted.
    pub(crate) fn ask_upstream(&self, mut call: upstream::Call) -> Box<dyn Backend> {
        let keep = call.keep.take().filter(|_| !S::CACHES.is_empty());
        let running = Box::new(upstream::Running::start(&self.upstreams, self.token, call));
        match keep {
            Some(fill) => cache::keep(running, fill, self.now.monotonic_ms),
            None => running,
        }
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

    /// The same client, as far as one of its streams has to do with it.
    pub fn on_stream(&self, stream: Stream) -> Client {
        let local = OnceCell::from(self.local());
        let proxied = self.proxied.clone();
        Client { transport: Transport::of_stream(stream), proxied, local, ..*self }
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

    fn agreed(&self) -> Option<&Agreed> {
        self.transport.agreed()
    }

    fn listen(&self) -> ListenId {
        self.listen
    }

    fn write_client(&self, which: ClientValue, out: &mut Vec<u8>) {
        self.transport.write_client(which, out);
    }
}

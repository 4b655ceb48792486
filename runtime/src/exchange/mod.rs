//! One request and its response, from phase to phase: which location answers, what it makes of the
//! request, and what becomes of that on the way (`error_page`, internal redirects). In nginx's order,
//! so that a conf means here what it means there.
//!
//! The phases are told once. They are run by the server on what comes from a socket, and by the
//! compiler on what somebody asks about a conf: each is a [`World`]. Nothing here opens, reads or
//! waits.

mod admission;
mod backend;
mod charset;
mod compose;
pub mod compress;
mod finish;
mod phases;
pub(crate) mod pieces;
mod reply;
mod rewrite;
mod slice;
mod step;
mod substitute;
mod within;
pub mod world;

use std::mem::take;
use std::net::SocketAddr;
use std::ops::Range;
use std::rc::Rc;

use crate::http::body::Framing;
use crate::http::charset::Recoded;
use crate::http::head::Head;
use crate::http::method::Method;
use crate::http::response::{Fields, Persistence};
use crate::http::slice::{Slice, Slices};
use crate::site::{Level, LimitStatus, LocationId, Memo, ServerId, Tries};

use self::admission::Clearance;
use self::compose::Composition;
use self::within::Nesting;
use self::world::{Form, World};

pub(crate) use self::backend::challenge;
pub use self::backend::{BackendHead, Designated, Input};
pub use self::pieces::{Pieces, Room};
pub use self::rewrite::MAX_VALUE_LEN;
pub(crate) use self::slice::Misfit;
pub use self::within::{MAX_DEPTH, MAX_PARTS};
pub use self::world::Unfit;

/// The most internal redirects of one request, as in nginx.
pub const MAX_REDIRECTS: u32 = 10;

/// What happens to a request, from outside.
pub enum Event<'a, W: World> {
    /// Its head has been read.
    Head,
    /// It cannot be read, or not to its end.
    Refused(&'a Refusal),
    /// What had to come first has come, and this is the outcome. `content_taken`: it was the
    /// request's content.
    Done {
        /// What has been made of it.
        outcome: Outcome<W>,
        /// Whether no content is left for another handler.
        content_taken: bool,
    },
    /// What makes the response elsewhere has made its head.
    Backend(BackendHead),
    /// It has failed.
    Failed(&'a Refusal),
    /// It has waited for as long as a limit wanted it to.
    Waited,
    /// A password was checked: whether it is right, if that could be found out in time.
    Checked(Option<bool>),
    /// The conf leads to this URI, which counts as an internal redirect.
    Led(&'a [u8]),
    /// It stands within another one, and is for this URI.
    Within(&'a [u8]),
    /// The location that was asked whether the client may come in has answered; `None`: it could not.
    Answered(Option<Box<Exchange<W::Form>>>),
}

/// What to send.
pub enum Reply<B, L> {
    /// A head made of the exchange's status and fields, and this content.
    Response(B),
    /// None yet: this makes it, or has to come first.
    Later(L),
    /// A head made of the exchange's status and fields, and then the content that is made elsewhere,
    /// of this length where that is known.
    Content(Option<u64>),
    /// Nothing: the connection is closed (`return 444`).
    Close,
}

/// A reply in a world's form.
pub type ReplyOf<W> = Reply<<W as World>::Body, <W as World>::Later>;

/// What a location makes of a request.
pub enum Outcome<W: World> {
    /// An error response, or the page that stands for it.
    Status(u16),
    /// The page that stands for another server's answer of this status, with the challenge that it has.
    Intercepted(u16, Option<Vec<u8>>),
    /// 416, with `Content-Range: bytes */LEN`.
    RangeNotSatisfiable(u64),
    /// Goes on with this path, decoded and normalised; the arguments stay.
    Path(Vec<u8>),
    /// Goes on with another path and other arguments.
    Uri(Vec<u8>),
    /// Goes on with a named location.
    Named(LocationId),
    /// Goes on with the location of the path, which a `rewrite` has changed.
    Rewritten,
    /// A redirect of the client, ready to be sent.
    Redirect(u16, Vec<u8>),
    /// 401, with the realm that a password is asked for.
    Challenge(Vec<u8>),
    /// A response; the fields stand in the exchange.
    Response(u16, W::Body),
    /// Something else has to come first.
    Later(W::Later),
    /// The content is there that had to come first, and the location goes on with it.
    Gathered,
    /// No response at all.
    Close,
}

/// Why a request or its content is not taken, or a backend's answer is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The status of the response.
    pub status: u16,
    /// How severe it is.
    pub level: Level,
    /// What the error log says, `Escaped` where it quotes the client.
    pub reason: String,
}

impl Refusal {
    /// What a client has done wrong; it is not the server's trouble.
    pub fn of_client(status: u16, reason: &str) -> Refusal {
        Refusal { status, level: Level::Info, reason: reason.to_owned() }
    }
}

/// What has become of the path that a client has sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UriState {
    /// Whether path and arguments are still those.
    pub is_as_sent: bool,
    /// Whether the path is the one that the location was found by: not after a `rewrite … break`.
    pub is_in_location: bool,
}

impl UriState {
    /// As the client has sent it.
    #[cfg(test)]
    pub(crate) const AS_SENT: UriState = UriState { is_as_sent: true, is_in_location: true };
}

/// One request and its response. Reused from one request to the next.
pub struct Exchange<F: Form> {
    /// The request's head. Its path is as the last internal redirect left it.
    pub head: Head,
    /// When its first byte came, by the monotonic clock.
    pub started_ms: u64,
    /// Whether it came before the response to the last one was sent.
    pub pipelined: bool,
    /// Bytes of content received.
    pub content_len: u64,
    /// The response's status, or what is known of it; 0 before that.
    pub status: u16,
    /// The response's fields.
    pub fields: Fields,
    /// Fields of another server's answer that has led elsewhere (`X-Accel-Redirect`).
    carried: Option<Box<Fields>>,
    /// Whether what the client sends after the head is not wanted: a content that is too long, what
    /// is meant for the other end of a tunnel, or what nobody knows the beginning of.
    pub rest_unwanted: bool,
    /// Whether fields of the conf follow the content, however that is framed.
    pub has_trailers: bool,
    /// The fields that have followed it.
    pub sent_trailers: Option<Box<Fields>>,
    /// For the logs, from whoever sends the response: whether the connection may be kept.
    pub persist: bool,
    /// Whether it is, as the response's head says, once that is written.
    pub persistence: Option<Persistence>,
    /// Length of the response's head, in bytes.
    pub head_len: u64,
    /// Bytes of the response's content that were sent.
    pub content_sent_len: u64,
    /// Bytes of the content before it was compressed on its way, and after, once all of it was.
    pub encoded: Option<(u64, u64)>,
    /// Whether the response was sent to its end.
    pub is_complete: bool,
    /// The host asked for: lower case, no port, no trailing dot.
    pub host: Vec<u8>,
    /// Arguments that an internal redirect has put in the place of the head's.
    args: Option<Vec<u8>>,
    route: Option<Route<F>>,
    /// Whether the path or the arguments are no longer those that the client has sent.
    is_changed: bool,
    /// Whether a `rewrite … break` has changed the path that the location was found by.
    has_left_location: bool,
    redirects: u32,
    /// Whether an internal redirect has led to the location.
    internal: bool,
    /// Whether `try_files` has found what an `alias` does not name by itself.
    append_path: bool,
    /// Whether an `error_page` has been used where these do not recur: it was the last one.
    error_pages_end: bool,
    /// The status that an `error_page` has led on for.
    pub error_status: Option<u16>,
    /// The status that an `error_page` gives to whatever its target answers.
    status_override: Option<u16>,
    /// Whether an error page answers in place of a resource: as if by GET.
    as_get: bool,
    /// Whether the content has gone to a handler: there is none for another one.
    content_taken: bool,
    /// The content, where it was gathered before a handler has asked for it.
    pub(crate) gathered: Option<Gathered>,
    /// The same once more, for as long as the request is under way, where a value of the conf may ask
    /// for it and it is short.
    pub(crate) kept_content: Option<Rc<[u8]>>,
    /// The part that is sent of what another server answers; `None`: all of it.
    pub(crate) part: Option<Range<u64>>,
    /// The realm that a password was asked for last.
    realm: Option<Vec<u8>>,
    /// What asks for a password, as the location says that was asked whether the client may come in.
    challenges: Vec<Vec<u8>>,
    /// What is known of whether the client may come in.
    clearance: Clearance,
    /// Where it stands among the requests within a client's.
    nesting: Nesting,
    /// Whether others are put around its content, and whether that says of others that go into it.
    composed: Composition,
    /// Whether its last answer is the server's own, of a status of 300 and above.
    has_failed: bool,
    /// Whether a script has coded its content, so that its charset is nobody's to say.
    is_coded: bool,
    /// The part that it asks for of what the client is to have.
    slice: Option<Slice>,
    /// What of its parts is sent, once the first of them is there.
    pub(crate) slices: Option<Box<Slices>>,
    /// How its content is recoded.
    recoded: Option<Recoded>,
    /// The charset that its content is in, where the site recodes and this is said.
    said_charset: Option<Rc<[u8]>>,
    /// The location that has refused a method, for the Allow field of a 405 (RFC 9110, 15.5.6).
    refused_at: Option<F::Location>,
    /// The regexes that have matched so far, as far as their captures are used: the host's first.
    pub matches: Vec<F::Match>,
    /// How many of them are those of the request that it stands within: of these, only named groups are
    /// its own.
    pub inherited_matches: usize,
    /// What `limit_req` has come to, if it was asked.
    pub limit_req_status: Option<LimitStatus>,
    /// What `limit_conn` has come to, likewise.
    pub limit_conn_status: Option<LimitStatus>,
    /// Who the client is by the word of a trusted proxy.
    pub real_address: Option<SocketAddr>,
    /// Where it counts as long as it is under way.
    pub held: F::Held,
    /// `$limit_rate`, once it is set or the response is begun: the bytes of it that are sent in a
    /// second, or 0 for any number.
    pub limit_rate: Option<u64>,
    /// What `set` has given to the site's own variables, by number.
    pub slots: Vec<Option<Vec<u8>>>,
    /// For each of these, how many regexes had matched before it was given its value.
    pub slots_since: Vec<usize>,
    /// Whether `set` escapes groups where the request's path had escapes: not once a `rewrite` of the same
    /// steps has changed the path, as nginx has it.
    pub escapes_groups: bool,
    /// The servers that it was passed on to.
    pub(crate) tries: Tries,
    /// Whether it is there to ask another server again for what is kept of its answer.
    pub(crate) renews: bool,
    /// The values of maps.
    pub memo: Memo,
}

/// The content of a request, gathered.
pub(crate) struct Gathered {
    /// What it is in.
    pub(crate) input: Input,
    /// Its length in bytes.
    pub(crate) len: u64,
}

/// Where a request has been led.
pub struct Route<F: Form> {
    /// The server.
    pub server_id: ServerId,
    /// The same.
    pub server: F::Server,
    /// The location.
    pub id: LocationId,
    /// The same.
    pub location: F::Location,
}

impl<F: Form> Clone for Route<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F: Form> Copy for Route<F> {}

/// What is kept from one request to the next: memory, and the last head, which the next one is read
/// over.
struct Kept<F: Form> {
    head: Head,
    fields: Fields,
    host: Vec<u8>,
    matches: Vec<F::Match>,
    slots: Vec<Option<Vec<u8>>>,
    slots_since: Vec<usize>,
    memo: Memo,
    tries: Tries,
}

impl<F: Form> Default for Exchange<F> {
    fn default() -> Self {
        Exchange::fresh(Kept {
            head: Head::default(),
            fields: Fields::default(),
            host: Vec::new(),
            matches: Vec::new(),
            slots: Vec::new(),
            slots_since: Vec::new(),
            memo: Memo::default(),
            tries: Tries::default(),
        })
    }
}

impl<F: Form> Exchange<F> {
    /// One that nothing has happened to.
    fn fresh(kept: Kept<F>) -> Exchange<F> {
        let Kept { head, fields, host, matches, slots, slots_since, memo, tries } = kept;
        Exchange {
            head,
            started_ms: 0,
            pipelined: false,
            content_len: 0,
            status: 0,
            fields,
            carried: None,
            rest_unwanted: false,
            has_trailers: false,
            sent_trailers: None,
            persist: false,
            persistence: None,
            head_len: 0,
            content_sent_len: 0,
            encoded: None,
            is_complete: false,
            host,
            args: None,
            route: None,
            is_changed: false,
            has_left_location: false,
            redirects: 0,
            internal: false,
            append_path: false,
            error_pages_end: false,
            error_status: None,
            status_override: None,
            as_get: false,
            content_taken: false,
            gathered: None,
            kept_content: None,
            part: None,
            realm: None,
            challenges: Vec::new(),
            clearance: Clearance::default(),
            nesting: Nesting::default(),
            composed: Composition::default(),
            has_failed: false,
            is_coded: false,
            slice: None,
            slices: None,
            recoded: None,
            said_charset: None,
            refused_at: None,
            matches,
            inherited_matches: 0,
            limit_req_status: None,
            limit_conn_status: None,
            real_address: None,
            held: F::Held::default(),
            limit_rate: None,
            slots,
            slots_since,
            escapes_groups: true,
            tries,
            renews: false,
            memo,
        }
    }
}

impl<F: Form> Exchange<F> {
    /// Forgets the request, but not the buffers' memory.
    pub fn reset(&mut self) {
        let Exchange { head, fields, host, matches, slots, slots_since, memo, tries, .. } = self;
        fields.clear();
        host.clear();
        matches.clear();
        slots.clear();
        slots_since.clear();
        memo.clear();
        tries.clear();
        let kept = Kept {
            head: take(head),
            fields: take(fields),
            host: take(host),
            matches: take(matches),
            slots: take(slots),
            slots_since: take(slots_since),
            memo: take(memo),
            tries: take(tries),
        };
        *self = Exchange::fresh(kept);
    }

    /// Where it has been led; `None` before a server is chosen.
    pub fn route(&self) -> Option<Route<F>> {
        self.route
    }

    /// The location that it has come to.
    ///
    /// # Panics
    /// Before a server is chosen.
    pub fn location(&self) -> F::Location {
        self.chosen().location
    }

    /// Where it has been led, once a server is chosen.
    fn chosen(&self) -> Route<F> {
        self.route.expect("a server is chosen before anything is asked of it")
    }

    /// The path: decoded, normalised, and as the last internal redirect left it.
    pub fn path(&self) -> &[u8] {
        &self.head.path
    }

    /// The arguments, likewise, without the `?`.
    pub fn args(&self) -> &[u8] {
        self.args.as_deref().unwrap_or(self.head.args())
    }

    /// What has become of the path that the client has sent.
    pub(crate) fn uri_state(&self) -> UriState {
        UriState { is_as_sent: !self.is_changed, is_in_location: !self.has_left_location }
    }

    /// Whether an error page is fetched, which is done by GET.
    pub fn is_as_get(&self) -> bool {
        self.as_get
    }

    /// Whether `try_files` has found what the path names beneath an `alias` that is otherwise
    /// complete.
    pub fn appends_path(&self) -> bool {
        self.append_path
    }

    /// The method to carry out.
    pub fn method(&self) -> Option<Method> {
        if self.as_get { Some(Method::Get) } else { self.head.method }
    }

    /// How the request's content is framed that is still to be had.
    pub fn framing(&self) -> Framing {
        match (self.as_get || self.content_taken, &self.gathered) {
            (true, _) => Framing::Length(0),
            (false, Some(gathered)) => Framing::Length(gathered.len),
            (false, None) => self.head.framing,
        }
    }

    /// Takes the content that was gathered: nobody else has it then.
    pub(crate) fn take_gathered(&mut self) -> Option<Gathered> {
        let gathered = self.gathered.take();
        self.content_taken |= gathered.is_some();
        gathered
    }

    /// Whether the response may be a 304, a 412 or a part: the page of an error is sent whole.
    pub fn is_conditional(&self) -> bool {
        !self.is_within() && self.status_override.is_none_or(|status| status == 200)
    }

    /// The status of a response that says `status` of itself: an `error_page` may give it another.
    pub fn status_of(&self, status: u16) -> u16 {
        self.status_override.unwrap_or(status)
    }

    /// The status that an `error_page` gives to whatever its target answers.
    pub fn status_override(&self) -> Option<u16> {
        self.status_override
    }
}

#[cfg(test)]
mod tests;

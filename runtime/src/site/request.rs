//! What values of a conf are computed from: a view of one request, as far as it has come.
//!
//! Whoever handles the request fills it in. Each variable is a method of [`Variables`] in
//! [`variables`](crate::variables); generated code calls those that the conf names.

mod connection;
mod memo;
mod tries;

use std::cell::OnceCell;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::{Action, Amount, Level, Pattern, Server, Settings, Text};
use crate::clock::{LocalClock, Now};
use crate::counts::AllCounts;
use crate::http::head::Head;
use crate::http::response::{Fields, Persistence};
use crate::http::size;
use crate::regex::Captures;

pub use self::connection::{Agreed, ClientValue, ClientVerdict, Offered};
pub(crate) use self::connection::{ConnectionFacts, Endpoint};
pub use self::memo::{Memo, Once};
pub(crate) use self::tries::{CacheStatus, Tries, Try};

/// What the variables of one request are read from.
pub struct Variables<'a> {
    /// The head, as it was sent.
    pub(crate) head: &'a Head,
    /// Whether an `error_page` is fetched, which is done by GET.
    pub(crate) as_get: bool,
    /// The path: decoded and normalised, and as the last internal redirect left it.
    pub(crate) path: &'a [u8],
    /// The arguments, without the `?`, undecoded.
    pub(crate) args: &'a [u8],
    /// The host that was asked for: lower case, no port; the server's name without one.
    pub(crate) host: &'a [u8],
    /// The server chosen.
    pub(crate) server: &'static Server,
    /// What holds for the request now.
    pub(crate) settings: &'static Settings,
    /// What its location does.
    pub(crate) action: Option<&'static Action>,
    /// What its location and its server are called.
    pub(crate) labels: (&'static str, &'static str),
    /// The absolute paths of [`Site::DIRECTORIES`](crate::site::Site::DIRECTORIES).
    pub(crate) directories: &'a [PathBuf],
    /// The regexes that have matched so far, as far as values use their captures.
    pub(crate) matches: &'a [Match],
    /// How many of them are those of the request that this one stands within.
    pub(crate) inherited_matches: usize,
    /// Whether it stands within another one.
    pub(crate) is_within: bool,
    /// What `set` has given to the conf's own variables, by number.
    pub(crate) slots: &'a [Option<Vec<u8>>],
    /// For each of these, how many regexes had matched before it was given its value.
    pub(crate) slots_since: &'a [usize],
    /// Whether `set` escapes groups where the request's path had escapes.
    pub(crate) escapes_groups: bool,
    /// What maps have come to so far.
    pub(crate) memo: &'a Memo,
    /// Where the part begins that is asked for.
    pub(crate) slice_start: Option<u64>,
    /// Where it is told of what is wrong with a value.
    pub(crate) report: Option<&'a dyn Report>,
    /// The regex of a map whose value this is for.
    pub(crate) own_match: Option<&'a Match>,
    /// The connection that the request came on.
    pub(crate) connection: &'a dyn ConnectionFacts,
    /// What has been received and sent so far.
    pub(crate) progress: Progress<'a>,
    /// The present.
    pub(crate) now: Now,
    /// The machine's time.
    pub(crate) local_clock: &'a LocalClock,
    /// How many connections there are.
    pub(crate) counts: &'a AllCounts,
}

/// Takes what is to be told of a request while a value is computed.
pub(crate) trait Report {
    /// Writes a line to the request's error log.
    fn report(&self, level: Level, about: &Variables<'_>, text: fmt::Arguments<'_>);
}

impl Variables<'_> {
    /// The client's end, as far as it is known.
    pub(crate) fn client(&self) -> Endpoint<'_> {
        self.progress.real_address.map_or_else(|| self.connection.peer(), Endpoint::Ip)
    }
}

impl Text {
    /// The text, where it has no variables.
    pub(crate) fn fixed(&self) -> Option<&'static [u8]> {
        match self {
            Text::Fixed(text) => Some(text),
            Text::Computed(_) => None,
        }
    }

    /// Appends the value for one request.
    pub(crate) fn write(&self, variables: &Variables<'_>, out: &mut Vec<u8>) {
        match self {
            Text::Fixed(text) => out.extend_from_slice(text),
            Text::Computed(compute) => compute(variables, out),
        }
    }
}

impl Amount {
    /// The number for one request. `bad` is told of a value that is none, unless it is empty: both are 0.
    pub(crate) fn bytes(&self, variables: &Variables<'_>, bad: impl FnOnce(&[u8])) -> u64 {
        let text = match self {
            Amount::Fixed(bytes) => return *bytes,
            Amount::Computed(text) => text,
        };
        let mut value = Vec::new();
        text.write(variables, &mut value);
        size::parse(&value).unwrap_or_else(|| {
            if !value.is_empty() {
                bad(&value);
            }
            0
        })
    }
}

/// How far a request and its response have come.
#[derive(Clone, Copy)]
pub(crate) struct Progress<'a> {
    /// When the first byte of the head came, by the monotonic clock.
    pub(crate) started_ms: u64,
    /// Whether the request came before the response to the last one was sent.
    pub(crate) pipelined: bool,
    /// Bytes of the request received: head and content.
    pub(crate) request_len: u64,
    /// Bytes of the request's content received.
    pub(crate) received_content_len: u64,
    /// That content, where it was gathered in memory and is kept.
    pub(crate) content: Option<&'a [u8]>,
    /// The response's status, or what is known of it: what a `return` says or what an
    /// `error_page` stands for. 0 before that.
    pub(crate) status: u16,
    /// The status that an `error_page` has led here for.
    pub(crate) error_status: Option<u16>,
    /// Who the client is by the word of a trusted proxy.
    pub(crate) real_address: Option<SocketAddr>,
    /// Bytes of the response that are sent in a second, as far as that is known; 0: any number.
    pub(crate) limit_rate: u64,
    /// What `limit_req` and `limit_conn` have come to.
    pub(crate) limit_req_status: Option<LimitStatus>,
    pub(crate) limit_conn_status: Option<LimitStatus>,
    /// Bytes of the response sent, the head included.
    pub(crate) sent_len: u64,
    /// Bytes of the response's content sent.
    pub(crate) content_sent_len: u64,
    /// Bytes of a content that was compressed on its way, before and after.
    pub(crate) encoded: Option<(u64, u64)>,
    /// Whether the response was sent to its end.
    pub(crate) is_complete: bool,
    /// The fields of the response.
    pub(crate) response_fields: &'a Fields,
    /// Those that have followed its content.
    pub(crate) trailers: Option<&'a Fields>,
    /// Whether the request lets the connection be kept.
    pub(crate) persists: bool,
    /// What the head of the response says of it, once that is written.
    pub(crate) persistence: Option<Persistence>,
    /// The servers that it was passed on to.
    pub(crate) tries: &'a Tries,
}

/// What a limit has come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum LimitStatus {
    Passed,
    Delayed,
    Rejected,
    DelayedDryRun,
    RejectedDryRun,
}

impl LimitStatus {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            LimitStatus::Passed => "PASSED",
            LimitStatus::Delayed => "DELAYED",
            LimitStatus::Rejected => "REJECTED",
            LimitStatus::DelayedDryRun => "DELAYED_DRY_RUN",
            LimitStatus::RejectedDryRun => "REJECTED_DRY_RUN",
        }
    }
}

/// A pattern that matched. The captures are found when one is asked for.
#[derive(Clone)]
pub(crate) struct Match {
    pub(crate) pattern: &'static Pattern,
    subject: Vec<u8>,
    captures: OnceCell<Captures>,
}

impl Match {
    /// A match of `pattern` in `subject`.
    pub(crate) fn new(pattern: &'static Pattern, subject: &[u8]) -> Match {
        Match { pattern, subject: subject.to_vec(), captures: OnceCell::new() }
    }

    /// What a group matched, if it took part.
    pub(crate) fn group(&self, index: usize) -> Option<&[u8]> {
        let find = || self.pattern.program().captures(&self.subject).unwrap_or_default();
        let (start, end) = self.captures.get_or_init(find).get(index).copied().flatten()?;
        self.subject.get(start..end)
    }
}

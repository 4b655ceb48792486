//! Which servers one request was passed on to, for the variables that tell of it.

use std::cell::{Cell, OnceCell, RefCell};
use std::mem::take;
use std::rc::Rc;
use std::sync::Arc;

use crate::site::UpstreamId;

/// One server that was asked.
#[derive(Clone, Debug)]
pub(crate) struct Try {
    /// Where it is, in words.
    pub(crate) address: Arc<str>,
    /// Which upstream it is of, and which of its servers as the conf has them; `None`: there was none to
    /// ask.
    pub(crate) seat: Option<(UpstreamId, usize)>,
    /// The status of its answer, or what it is taken for; 0 before there is one.
    pub(crate) status: u16,
    /// How long it took to connect, to have the head, and to have all, in milliseconds.
    pub(crate) connect_ms: Option<u64>,
    pub(crate) head_ms: Option<u64>,
    pub(crate) response_ms: Option<u64>,
    /// Bytes of the answer's content.
    pub(crate) content_len: u64,
    /// Bytes of the answer, and of what was sent.
    pub(crate) received_len: u64,
    pub(crate) sent_len: u64,
}

impl Try {
    /// Somebody who is asked.
    pub(crate) fn of(address: Arc<str>) -> Try {
        Try {
            address,
            seat: None,
            status: 0,
            connect_ms: None,
            head_ms: None,
            response_ms: None,
            content_len: 0,
            received_len: 0,
            sent_len: 0,
        }
    }
}

/// What has come of a look at what is kept of other servers' answers: `$upstream_cache_status`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CacheStatus {
    /// There is none: the other server is asked.
    Miss,
    /// It is asked whatever there is.
    Bypass,
    /// What there is, is stale: the other server is asked.
    Expired,
    /// What is stale is given, since the other server has failed.
    Stale,
    /// What is stale is given, since somebody else asks the other server.
    Updating,
    /// The other server has said that what there was still holds.
    Revalidated,
    /// It is given as it is.
    Hit,
}

impl CacheStatus {
    /// The word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            CacheStatus::Miss => "MISS",
            CacheStatus::Bypass => "BYPASS",
            CacheStatus::Expired => "EXPIRED",
            CacheStatus::Stale => "STALE",
            CacheStatus::Updating => "UPDATING",
            CacheStatus::Revalidated => "REVALIDATED",
            CacheStatus::Hit => "HIT",
        }
    }
}

/// What is known of what is kept of other servers' answers to a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cached {
    /// What the last look came to.
    pub(crate) status: Option<CacheStatus>,
    /// Last-Modified and ETag of what is stale, for the question whether it still holds.
    pub(crate) validators: Option<[Vec<u8>; 2]>,
    /// Since when it is waited for what somebody else has asked, by the monotonic clock.
    pub(crate) waits_since_ms: Option<u64>,
    /// Whether the answer may be kept, for who keeps it.
    pub(crate) is_kept: Option<Rc<Cell<bool>>>,
}

/// All servers that were asked for one request. Most ask none, and hold nothing here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tries(OnceCell<Box<Asked>>);

/// Servers that were asked.
#[derive(Clone, Debug, Default)]
struct Asked {
    /// In their order. Those that one location has asked follow one another.
    all: Vec<Try>,
    /// Where those of each location begin.
    begins: Vec<usize>,
    /// `$proxy_host` and `$proxy_port` of the last. They are known before the fields are that go
    /// there, and may tell of them.
    target: Cell<(&'static str, &'static str)>,
    /// The fields of the last answer's head, each line ended by CRLF, as they came.
    fields: Vec<u8>,
    /// The fields behind its content, likewise.
    trailers: Vec<u8>,
    /// What is kept of such answers.
    cached: RefCell<Cached>,
}

impl Tries {
    /// Forgets all of them, but not the memory.
    pub(crate) fn clear(&mut self) {
        let Some(asked) = self.0.get_mut() else { return };
        let Asked { all, begins, fields, trailers, .. } = &mut **asked;
        all.clear();
        begins.clear();
        fields.clear();
        trailers.clear();
        **asked = Asked {
            all: take(all),
            begins: take(begins),
            fields: take(fields),
            trailers: take(trailers),
            ..Asked::default()
        };
    }

    fn asked_mut(&mut self) -> &mut Asked {
        self.0.get_or_init(Box::default);
        self.0.get_mut().expect("it was just made")
    }

    /// All of them, in their order.
    pub(crate) fn all(&self) -> &[Try] {
        self.0.get().map_or(&[], |asked| &asked.all)
    }

    /// Where those of each location begin.
    pub(crate) fn begins(&self) -> &[usize] {
        self.0.get().map_or(&[], |asked| &asked.begins)
    }

    /// The fields of the last answer's head, each line ended by CRLF, as they came.
    pub(crate) fn fields(&self) -> &[u8] {
        self.0.get().map_or(&[], |asked| &asked.fields)
    }

    /// Takes the fields of an answer's head, and leaves those of the one before.
    pub(crate) fn swap_fields(&mut self, fields: &mut Vec<u8>) {
        std::mem::swap(&mut self.asked_mut().fields, fields);
    }

    /// The fields behind the content of the last answer, each line ended by CRLF, as they came.
    pub(crate) fn trailers(&self) -> &[u8] {
        self.0.get().map_or(&[], |asked| &asked.trailers)
    }

    /// Takes the fields behind the content of an answer.
    pub(crate) fn set_trailers(&mut self, lines: &[u8]) {
        let trailers = &mut self.asked_mut().trailers;
        trailers.clear();
        trailers.extend_from_slice(lines);
    }

    /// Another location asks.
    pub(crate) fn begin(&mut self) {
        let asked = self.asked_mut();
        asked.begins.push(asked.all.len());
    }

    /// Puts what is known now of those that the last location has asked in the place of what was.
    pub(crate) fn put(&mut self, tries: &[Try]) {
        let asked = self.asked_mut();
        asked.all.truncate(asked.begins.last().copied().unwrap_or(0));
        asked.all.extend_from_slice(tries);
    }

    /// Says who is asked next.
    pub(crate) fn set_target(&self, host: &'static str, port: &'static str) {
        self.0.get_or_init(Box::default).target.set((host, port));
    }

    /// Puts down what is known of what is kept.
    pub(crate) fn set_cached(&self, set: impl FnOnce(&mut Cached)) {
        set(&mut self.0.get_or_init(Box::default).cached.borrow_mut());
    }

    /// What is known of what is kept, as far as `see` wants it.
    pub(crate) fn cached<T>(&self, see: impl FnOnce(&Cached) -> T) -> Option<T> {
        self.0.get().map(|asked| see(&asked.cached.borrow()))
    }

    /// Host and port of who was asked last; both are empty where nobody was.
    pub(crate) fn target(&self) -> (&'static str, &'static str) {
        self.0.get().map(|asked| asked.target.get()).unwrap_or_default()
    }
}

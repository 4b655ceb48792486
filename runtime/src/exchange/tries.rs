//! Which servers one request was passed on to, for the variables that tell of it.

use std::cell::RefCell;

/// One server that was asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Try {
    /// Where it is, in words.
    pub(crate) address: &'static str,
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

/// All servers that were asked for one request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tries {
    /// In their order. Those that one location has asked follow one another.
    pub(crate) all: Vec<Try>,
    /// Where those of each location begin.
    pub(crate) begins: Vec<usize>,
    /// `$proxy_host` and `$proxy_port` of the last. They are known before the fields are that go
    /// there, and may tell of them.
    target: RefCell<(Vec<u8>, Vec<u8>)>,
    /// The fields of the last answer's head, each line ended by CRLF, as they came.
    pub(crate) fields: Vec<u8>,
}

impl Tries {
    /// Another location asks.
    pub(crate) fn begin(&mut self) {
        self.begins.push(self.all.len());
    }

    /// Puts what is known now of those that the last location has asked in the place of what was.
    pub(crate) fn put(&mut self, tries: &[Try]) {
        self.all.truncate(self.begins.last().copied().unwrap_or(0));
        self.all.extend_from_slice(tries);
    }

    /// Says who is asked next.
    pub(crate) fn set_target(&self, host: &str, port: &str) {
        let mut target = self.target.borrow_mut();
        target.0.clear();
        target.0.extend_from_slice(host.as_bytes());
        target.1.clear();
        target.1.extend_from_slice(port.as_bytes());
    }

    /// Lends out host and port of who was asked last.
    pub(crate) fn with_target<T>(&self, see: impl FnOnce(&[u8], &[u8]) -> T) -> T {
        let target = self.target.borrow();
        see(&target.0, &target.1)
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.all.clear();
        self.begins.clear();
        self.target.take();
        self.fields.clear();
    }
}

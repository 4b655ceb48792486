//! The last answer, for who asks the same again within the second: who polls or checks a server,
//! and all who look at one thing at once through the same proxy. Kept is only what follows from
//! the head alone and left no trace, and only as long as the files are believed to be the same
//! that it speaks of. So nobody can tell it from an answer that is made anew.

use crate::clock::Now;
use crate::site::{ListenId, Settings};

/// Longer answers are not kept: to copy them costs more than to make them.
pub const MAX_LEN: usize = 8 * 1024;

/// A request's head, and the response to it.
pub struct LastAnswer {
    head: Vec<u8>,
    response: Vec<u8>,
    asked: Option<Asked>,
}

/// What an answer has been made with, beside the head.
#[derive(Clone, Copy)]
pub struct Asked {
    /// Where the client had come in.
    pub listen: ListenId,
    /// What holds for the response.
    pub settings: &'static Settings,
    /// When it was made.
    pub now: Now,
    /// Until when the files are believed to be as it says, by the monotonic clock.
    pub until_ms: u64,
    /// The changes of files by this process that it takes account of.
    pub changes: u64,
}

/// An answer to give again.
pub struct Found<'a> {
    /// Length of the head that it answers.
    pub head_len: usize,
    /// What holds for the response.
    pub settings: &'static Settings,
    /// Its head and its content. The connection is kept behind it.
    pub response: &'a [u8],
}

impl LastAnswer {
    /// None yet.
    pub const NONE: LastAnswer = LastAnswer { head: Vec::new(), response: Vec::new(), asked: None };

    /// Keeps an answer in the place of the last one.
    pub fn keep(&mut self, head: &[u8], response: &[u8], asked: Asked) {
        if response.len() > MAX_LEN {
            return;
        }
        self.head.clear();
        self.head.extend_from_slice(head);
        self.response.clear();
        self.response.extend_from_slice(response);
        self.asked = Some(asked);
    }

    /// The answer, if the same request is at the front of `input`.
    pub fn find(
        &self,
        input: &[u8],
        listen: ListenId,
        now: Now,
        changes: u64,
    ) -> Option<Found<'_>> {
        let asked = self.asked.as_ref().filter(|asked| {
            // The second is in Date.
            (asked.listen, asked.changes) == (listen, changes)
                && asked.now.unix_s() == now.unix_s()
                && now.monotonic_ms < asked.until_ms
        })?;
        let (head_len, settings) = (self.head.len(), asked.settings);
        input.starts_with(&self.head).then_some(Found {
            head_len,
            settings,
            response: &self.response,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::SETTINGS;

    const NOW: Now = Now { monotonic_ms: 100, unix_ms: 5_400 };

    fn at(ms: u64) -> Now {
        Now { monotonic_ms: NOW.monotonic_ms + ms, unix_ms: NOW.unix_ms + ms }
    }

    fn keep(last: &mut LastAnswer, head: &[u8], response: &[u8], until_ms: u64) {
        let settings = const { &SETTINGS };
        last.keep(head, response, Asked { listen: 1, settings, now: NOW, until_ms, changes: 7 });
    }

    #[test]
    fn the_same_is_answered_for_a_second_at_most() {
        let mut last = LastAnswer::NONE;
        assert!(last.find(b"", 1, NOW, 7).is_none());
        keep(&mut last, b"GET / \r\n\r\n", b"response", u64::MAX);
        for (input, listen, ms, changes, found) in [
            (&b"GET / \r\n\r\n"[..], 1, 0, 7, true),
            (b"GET / \r\n\r\n", 1, 599, 7, true),
            (b"GET / \r\n\r\nGET", 1, 0, 7, true),
            (b"GET / \r\n\r", 1, 0, 7, false),
            (b"GET /x\r\n\r\n", 1, 0, 7, false),
            (b"", 1, 0, 7, false),
            (b"GET / \r\n\r\n", 2, 0, 7, false),
            (b"GET / \r\n\r\n", 1, 600, 7, false),
            (b"GET / \r\n\r\n", 1, 0, 8, false),
        ] {
            let answer = last.find(input, listen, at(ms), changes);
            assert_eq!(answer.is_some(), found, "{input:?} {listen} {ms} {changes}");
            assert!(answer.is_none_or(|a| (a.head_len, a.response) == (10, b"response")));
        }
    }

    #[test]
    fn files_are_believed_no_longer_than_by_others() {
        let mut last = LastAnswer::NONE;
        keep(&mut last, b"a", b"1", NOW.monotonic_ms + 50);
        assert!(last.find(b"a", 1, at(49), 7).is_some());
        assert!(last.find(b"a", 1, at(50), 7).is_none());
    }

    #[test]
    fn one_is_kept_and_none_that_is_long() {
        let mut last = LastAnswer::NONE;
        let mut kept = |head: &[u8], len: usize| {
            keep(&mut last, head, &vec![b'1'; len], u64::MAX);
            [b"a", b"b"].map(|head| last.find(head, 1, NOW, 7).is_some())
        };
        assert_eq!(kept(b"a", 1), [true, false]);
        assert_eq!(kept(b"b", MAX_LEN + 1), [true, false]);
        assert_eq!(kept(b"b", MAX_LEN), [false, true]);
    }
}

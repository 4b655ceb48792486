//! The last answer, for who asks the same again within the second: who polls or checks a server,
//! and all who look at one thing at once through the same proxy. Kept is only what follows from
//! the head alone and left no trace but in access logs, and only as long as the files are believed
//! to be the same that it speaks of. So nobody can tell it from an answer that is made anew.

use crate::clock::Now;
use crate::serving::Exchange;
use crate::site::{ListenId, Settings};

/// Longer answers are not kept: to copy them costs more than to make them.
pub const MAX_LEN: usize = 8 * 1024;

/// A request, and the response to it.
#[derive(Default)]
pub struct LastAnswer {
    exchange: Option<Box<Exchange>>,
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
    /// Keeps an answer in the place of the last one; returns the exchange that is of no use.
    pub fn keep(
        &mut self,
        exchange: Box<Exchange>,
        response: &[u8],
        asked: Asked,
    ) -> Option<Box<Exchange>> {
        if response.len() > MAX_LEN {
            return Some(exchange);
        }
        self.response.clear();
        self.response.extend_from_slice(response);
        self.asked = Some(asked);
        self.exchange.replace(exchange)
    }

    /// The exchange of the answer, for the logs. It has to be given back.
    pub fn take_exchange(&mut self) -> Option<Box<Exchange>> {
        self.exchange.take()
    }

    /// Gives it back.
    pub fn return_exchange(&mut self, exchange: Box<Exchange>) {
        self.exchange = Some(exchange);
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
        let head = self.exchange.as_ref()?.head.bytes();
        input.starts_with(head).then_some(Found {
            head_len: head.len(),
            settings: asked.settings,
            response: &self.response,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::head::Limits;
    use crate::samples::SETTINGS;

    const NOW: Now = Now { monotonic_ms: 100, unix_ms: 5_400 };
    const LIMITS: Limits = Limits {
        line_len: 100,
        head_len: 100,
        max_fields: 10,
        ignore_invalid_fields: true,
        underscores: false,
        merge_slashes: true,
    };
    const HEAD: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const OTHER: &str = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

    fn at(ms: u64) -> Now {
        Now { monotonic_ms: NOW.monotonic_ms + ms, unix_ms: NOW.unix_ms + ms }
    }

    fn keep(last: &mut LastAnswer, head: &str, response: &[u8], until_ms: u64) {
        let settings = const { &SETTINGS };
        let mut exchange = Box::<Exchange>::default();
        assert!(matches!(exchange.head.parse(head.as_bytes(), &LIMITS), Ok(Some(_))));
        let asked = Asked { listen: 1, settings, now: NOW, until_ms, changes: 7 };
        last.keep(exchange, response, asked);
    }

    fn is_found(last: &LastAnswer, head: &str, now: Now) -> bool {
        last.find(head.as_bytes(), 1, now, 7).is_some()
    }

    #[test]
    fn the_same_is_answered_for_a_second_at_most() {
        let mut last = LastAnswer::default();
        assert!(last.find(b"", 1, NOW, 7).is_none());
        keep(&mut last, HEAD, b"response", u64::MAX);
        let (more, less) = (HEAD.to_owned() + "GET", &HEAD[..HEAD.len() - 1]);
        for (input, listen, ms, changes, found) in [
            (HEAD, 1, 0, 7, true),
            (HEAD, 1, 599, 7, true),
            (&more, 1, 0, 7, true),
            (less, 1, 0, 7, false),
            (OTHER, 1, 0, 7, false),
            ("", 1, 0, 7, false),
            (HEAD, 2, 0, 7, false),
            (HEAD, 1, 600, 7, false),
            (HEAD, 1, 0, 8, false),
        ] {
            let answer = last.find(input.as_bytes(), listen, at(ms), changes);
            assert_eq!(answer.is_some(), found, "{input:?} {listen} {ms} {changes}");
            let expected = (HEAD.len(), &b"response"[..]);
            assert!(answer.is_none_or(|a| (a.head_len, a.response) == expected));
        }
    }

    #[test]
    fn files_are_believed_no_longer_than_by_others() {
        let mut last = LastAnswer::default();
        keep(&mut last, HEAD, b"1", NOW.monotonic_ms + 50);
        assert!(is_found(&last, HEAD, at(49)));
        assert!(!is_found(&last, HEAD, at(50)));
    }

    #[test]
    fn one_is_kept_and_none_that_is_long() {
        let mut last = LastAnswer::default();
        let mut kept = |head: &str, len: usize| {
            keep(&mut last, head, &vec![b'1'; len], u64::MAX);
            [HEAD, OTHER].map(|head| is_found(&last, head, NOW))
        };
        assert_eq!(kept(HEAD, 1), [true, false]);
        assert_eq!(kept(OTHER, MAX_LEN + 1), [true, false]);
        assert_eq!(kept(OTHER, MAX_LEN), [false, true]);
    }

    #[test]
    fn without_its_exchange_there_is_no_answer() {
        let mut last = LastAnswer::default();
        keep(&mut last, HEAD, b"1", u64::MAX);
        let exchange = last.take_exchange().expect("the one that was kept");
        assert!(!is_found(&last, HEAD, NOW));
        last.return_exchange(exchange);
        assert!(is_found(&last, HEAD, NOW));
    }
}

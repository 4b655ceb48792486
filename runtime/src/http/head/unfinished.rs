//! A head that comes in pieces: when it is parsed again, so that one which comes byte by byte does
//! not cost the square of its length.

use super::Limits;

/// How far a head that is not whole has been looked through.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Unfinished {
    looked_len: usize,
    /// Where the last line begins, as far as it is there.
    line_start: usize,
    /// At this length it is parsed again even if it is not whole: what is wrong with it is seen
    /// before its end, and all parsing together takes as long as parsing the whole a few times.
    parse_len: usize,
}

impl Unfinished {
    /// A head that was parsed, and that is not whole.
    pub fn new(head: &[u8]) -> Unfinished {
        let line_start = memchr::memrchr(b'\n', head).map_or(0, |at| at + 1);
        Unfinished { looked_len: head.len(), line_start, parse_len: 2 * head.len() }
    }

    /// Whether the head, of which more has come, is to be parsed again: it is whole, it is past a
    /// limit, its request line has just become whole, or it is twice as long as it was.
    pub fn is_to_be_parsed(&mut self, head: &[u8], limits: &Limits) -> bool {
        let Limits { line_len, head_len, .. } = *limits;
        while let Some(at) = memchr::memchr(b'\n', head.get(self.looked_len..).unwrap_or_default())
        {
            let (start, end) = (self.line_start, self.looked_len + at);
            (self.line_start, self.looked_len) = (end + 1, end + 1);
            let is_empty = matches!(head[start..end], [] | [b'\r']);
            if start == 0 || is_empty || self.line_start - start > line_len {
                return true;
            }
        }
        self.looked_len = head.len();
        // A line that has no end yet will have one.
        let longest = head_len.min(self.line_start + line_len - 1);
        head.len() > longest || head.len() >= self.parse_len
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Head, HeadError};
    use super::*;

    const LIMITS: Limits = Limits {
        line_len: 100,
        head_len: 4000,
        max_fields: 1000,
        ignore_invalid_fields: true,
        underscores: false,
        merge_slashes: true,
    };

    /// Feeds a head piece by piece, and parses it when it is to be parsed. The result, how much of
    /// the head had come by then, and how many bytes were parsed in all.
    fn feed(head: &[u8], len: usize) -> (Result<Option<usize>, HeadError>, usize, usize) {
        let mut parsed_len = 0;
        let mut unfinished: Option<Unfinished> = None;
        let ends = (1..=head.len()).filter(|end| end % len == 0 || *end == head.len());
        for end in ends {
            let come = &head[..end];
            if let Some(unfinished) = &mut unfinished
                && !unfinished.is_to_be_parsed(come, &LIMITS)
            {
                continue;
            }
            parsed_len += end;
            match Head::default().parse(come, &LIMITS) {
                Ok(None) => unfinished = Some(Unfinished::new(come)),
                result => return (result, end, parsed_len),
            }
        }
        (Ok(None), head.len(), parsed_len)
    }

    #[test]
    fn a_head_is_parsed_a_few_times_however_it_comes() {
        for count in [1, 10, 100, 390] {
            let head = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X-Y: abc\r\n".repeat(count));
            for len in [1, 2, 3, 50, 4000] {
                let (result, end, parsed_len) = feed(head.as_bytes(), len);
                assert_eq!(result, Ok(Some(head.len())), "{count} by {len}");
                assert_eq!(end, head.len());
                assert!(parsed_len <= 4 * head.len(), "{parsed_len} of {}, by {len}", head.len());
            }
        }
    }

    #[test]
    fn limits_are_seen_at_the_byte_that_passes_them() {
        let long = |text: &str| text.replace("...", &"x".repeat(200));
        for (head, status, seen_at) in [
            (long("GET /..."), 414, 101),
            (long("GET / HTTP/1.1\r\nX: ..."), 431, 116),
            (long("GET / HTTP/1.1\r\nHost: a\r\nX: ..."), 431, 125),
            (format!("GET / HTTP/1.1\r\n{}", "X: y\r\n".repeat(1000)), 431, 4001),
        ] {
            let (result, end, _) = feed(head.as_bytes(), 1);
            let refused = result.map_err(|error| error.status);
            assert_eq!((refused, end), (Err(status), seen_at), "{head:.40}");
        }
    }

    #[test]
    fn a_bad_request_line_is_seen_at_once() {
        for (line, status) in [
            ("GET / HTTP/1.1 x\r\n", 400),
            ("GET / HTTP/2.0\r\n", 505),
            ("GET  / HTTP/1.1\r\n", 400),
            ("GET /%zz HTTP/1.1\r\n\r\n", 400),
        ] {
            let head = format!("{line}Host: a\r\nX: y\r\n");
            let (result, end, _) = feed(head.as_bytes(), 1);
            assert_eq!(result.map_err(|error| error.status), Err(status), "{line}");
            assert!(end <= line.len(), "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_end_comes_to_the_same(
            lines in proptest::collection::vec("(GET / HTTP/1\\.1|Host: a|X[ :@]{1,2}b|Y: [a-z]{0,120}|)\r?\n", 0..20),
            len in 1usize..30,
        ) {
            let head = lines.concat();
            // Empty lines before a head are no part of it.
            let head = head.trim_start_matches(['\r', '\n']);
            let whole = Head::default().parse(head.as_bytes(), &LIMITS);
            let (fed, ..) = feed(head.as_bytes(), len);
            match (whole, fed) {
                (Ok(Some(whole)), fed) => assert_eq!(fed, Ok(Some(whole))),
                // What is wrong may be further on than the limit that a front is past.
                (Err(_), fed) => assert!(fed != Ok(None) || !head.contains("\n\n"), "{fed:?}"),
                (Ok(None), fed) => assert_eq!(fed, Ok(None)),
            }
        }
    }
}

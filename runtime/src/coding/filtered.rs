//! A content that is changed while it is sent.

use std::io;

use super::Source;
use crate::output::{Attendant, Produce, Produced, RUN_LEN};
use crate::site::Encode;

/// What is taken of a content in one run.
const TAKEN_LEN: u64 = 2 * RUN_LEN as u64;

/// A content that is changed while it is sent.
#[derive(Debug)]
pub(crate) struct Filtered {
    source: Source,
    filter: Box<dyn Encode>,
    /// What was read and is to be changed.
    scratch: Vec<u8>,
}

impl Filtered {
    /// What `filter` makes of `source`.
    pub(crate) fn new(source: Source, filter: Box<dyn Encode>) -> Filtered {
        Filtered { source, filter, scratch: Vec::new() }
    }
}

impl Produce for Filtered {
    fn produce(&mut self, out: &mut Vec<u8>, room: usize) -> io::Result<Produced> {
        let (start, mut taken) = (out.len(), 0);
        let mut produced = Produced::More;
        while produced == Produced::More && out.len() < start + room && taken < TAKEN_LEN {
            let (len, after) = self.source.feed(&mut *self.filter, &mut self.scratch, out)?;
            (taken, produced) = (taken + len, after);
            if len == 0 {
                break;
            }
        }
        if produced == Produced::End {
            self.filter.finish(out)?;
        }
        Ok(produced)
    }

    fn attend(&mut self, attendant: &mut dyn Attendant) -> bool {
        self.source.attend(attendant)
    }

    fn remark(&self) -> Option<String> {
        self.source.remark()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coding::Replacer;

    #[test]
    fn all_of_a_content_is_changed_run_by_run() {
        let content = "one two three ".repeat(10_000);
        let pairs = [(b"two".to_vec(), b"2".to_vec())];
        let len = content.len();
        let source = Source::Owned(content.clone().into_bytes(), 0..len);
        let filter = Replacer::new(pairs.into_iter(), false);
        let mut filtered = Filtered::new(source, Box::new(filter));
        let (mut all, mut runs) = (Vec::new(), 0);
        loop {
            let before = all.len();
            let produced = filtered.produce(&mut all, RUN_LEN).expect("nothing fails");
            assert!(all.len() - before <= 3 * RUN_LEN);
            runs += 1;
            if produced == Produced::End {
                break;
            }
        }
        assert!(runs > 4);
        assert!(all == content.replace("two", "2").into_bytes());
    }
}

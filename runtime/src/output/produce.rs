//! Contents that are made while they are sent: no faster than the client takes them, and with no
//! more memory than one run of them.

use std::fmt;
use std::io;

use super::Attendant;

/// How long a run is, about: what is made of a content before the client has taken it.
pub const RUN_LEN: usize = 16 * 1024;
/// Room for the size of a chunk (RFC 9112, 7.1) before a run, and its end.
const SIZE_LEN: usize = 10;
/// The chunk that ends a content; fields may follow, and then an empty line.
const LAST_CHUNK: &[u8] = b"0\r\n";

/// Makes a content run by run.
pub trait Produce: fmt::Debug {
    /// Appends the next run, of about `room` bytes. It may be empty where the content takes longer
    /// to make than others should wait: then it is asked for again soon. After an error, which the
    /// error log tells, the content is broken off.
    fn produce(&mut self, out: &mut Vec<u8>, room: usize) -> io::Result<Produced>;

    /// Does what it waits for that needs more than itself, as far as that can be done now. Whether it
    /// can be asked for more then.
    fn attend(&mut self, _: &mut dyn Attendant) -> bool {
        false
    }

    /// What the error log should know of a content that has come to its end.
    fn remark(&self) -> Option<String> {
        None
    }

    /// How long the content is, where that is known before it is made.
    fn promised_len(&self) -> Option<u64> {
        None
    }

    /// Of a content that is compressed on its way and has come to its end: its bytes before and after.
    fn encoded(&self) -> Option<(u64, u64)> {
        None
    }
}

/// Whether there is more of a content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Produced {
    /// There is more.
    More,
    /// There is more, but not before something else has come.
    Waits,
    /// That was all.
    End,
}

/// How a content goes that is made while it is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chunks {
    /// As it is: its end is that of the connection, or of the stream.
    None,
    /// In chunks.
    Whole,
    /// In chunks, without the empty line that ends them: fields follow.
    Open,
}

/// A content that is made while it is sent, and how the client sees its end.
#[derive(Debug)]
pub struct Made {
    /// What makes it.
    pub producer: Box<dyn Produce>,
    /// How it goes.
    pub chunks: Chunks,
}

impl Made {
    /// Puts the next run into a buffer in the place of what is there. Where it begins, since the
    /// size of a chunk is known only after it, and whether there is more.
    pub(super) fn fill(&mut self, buffer: &mut Vec<u8>) -> io::Result<(usize, Produced)> {
        buffer.clear();
        if self.chunks == Chunks::None {
            return Ok((0, self.producer.produce(buffer, RUN_LEN)?));
        }
        buffer.resize(SIZE_LEN, 0);
        let produced = self.producer.produce(buffer, RUN_LEN)?;
        let mut start = SIZE_LEN;
        let len = buffer.len() - SIZE_LEN;
        if len > 0 {
            let size = format!("{len:x}\r\n");
            start -= size.len();
            buffer[start..SIZE_LEN].copy_from_slice(size.as_bytes());
            buffer.extend_from_slice(b"\r\n");
        }
        if produced == Produced::End {
            buffer.extend_from_slice(LAST_CHUNK);
            if self.chunks == Chunks::Whole {
                buffer.extend_from_slice(b"\r\n");
            }
        }
        Ok((start, produced))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives out these runs.
    #[derive(Debug)]
    struct Runs(Vec<&'static str>);

    impl Produce for Runs {
        fn produce(&mut self, out: &mut Vec<u8>, _: usize) -> io::Result<Produced> {
            out.extend_from_slice(self.0.remove(0).as_bytes());
            Ok(if self.0.is_empty() { Produced::End } else { Produced::More })
        }
    }

    fn all(chunks: Chunks, runs: &[&'static str]) -> String {
        let mut made = Made { producer: Box::new(Runs(runs.to_vec())), chunks };
        let (mut all, mut buffer) = (Vec::new(), b"what was there".to_vec());
        loop {
            let (start, produced) = made.fill(&mut buffer).expect("nothing fails");
            all.extend_from_slice(&buffer[start..]);
            if produced == Produced::End {
                return String::from_utf8(all).expect("ASCII");
            }
        }
    }

    #[test]
    fn runs_are_chunks_and_an_empty_one_is_none() {
        let runs = ["abc", "", "0123456789abcdef", ""];
        assert_eq!(all(Chunks::Whole, &runs), "3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n");
        assert_eq!(all(Chunks::Whole, &["x"]), "1\r\nx\r\n0\r\n\r\n");
        assert_eq!(all(Chunks::Whole, &[""]), "0\r\n\r\n");
        assert_eq!(all(Chunks::Open, &["x"]), "1\r\nx\r\n0\r\n");
        assert_eq!(all(Chunks::None, &runs), "abc0123456789abcdef");
        assert_eq!(all(Chunks::None, &[""]), "");
    }
}

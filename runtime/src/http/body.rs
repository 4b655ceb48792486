//! Where a request's content ends (RFC 9112, sections 6 and 7): by its length, or by chunks
//! that are read strictly, CRLF only. Bytes in, content out; no I/O.

/// How the content of a request is framed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Framing {
    /// `Content-Length`, or 0 where there is neither field.
    Length(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
}

impl Framing {
    /// Whether a request framed so has no content.
    pub fn is_empty(self) -> bool {
        self == Framing::Length(0)
    }
}

/// Chunk framing that is not what RFC 9112, 7.1 says: 400.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadChunk(pub &'static str);

/// What the front of the input held.
#[derive(PartialEq, Eq, Debug)]
pub struct Piece<'a> {
    /// Bytes of the input that are used up.
    pub used: usize,
    /// Content among them.
    pub data: &'a [u8],
}

/// The longest run of chunk extensions of one chunk, in bytes.
const MAX_EXTENSION_LEN: usize = 1024;
/// Bytes of framing that each chunk may have, and each byte of it, for nothing.
const FREE_OF_CHUNK: u64 = 16;
const FREE_OF_BYTE: u64 = 2;
/// Bytes of framing that a content may have beyond that.
const MAX_FRAMING_LEN: u64 = 16 << 10;
/// The longest trailer section, in bytes.
const MAX_TRAILER_LEN: usize = 8192;

/// Reads one message's content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BodyReader {
    state: State,
    /// Bytes of chunk framing beyond those that are free.
    framing_len: u64,
    /// The lines of the trailer section, where they are kept.
    trailers: Option<Vec<u8>>,
}

/// In the order in which a chunked body passes them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// So many bytes are left, and nothing follows them.
    Length(u64),
    /// All that comes, until somebody says that it was all.
    UntilEnd,
    /// In the size of a chunk, after so many digits.
    Size {
        size: u64,
        digits: u8,
    },
    /// In its extensions.
    Extension {
        size: u64,
        len: usize,
    },
    /// Behind the CR that ends the line.
    SizeLf {
        size: u64,
    },
    /// So many bytes of the chunk are left.
    Data {
        left: u64,
    },
    /// Behind the data.
    DataCr,
    DataLf,
    /// In the trailer section, at this place of a line.
    Trailer {
        len: usize,
        at: TrailerAt,
    },
    /// Behind the CR of a trailer field.
    TrailerLf {
        len: usize,
    },
    /// Behind the CR of the empty line.
    EndLf,
    Done,
}

/// A place in a line of the trailer section.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum TrailerAt {
    Start,
    Name,
    Value,
}

impl BodyReader {
    /// A reader for content framed so.
    pub fn new(framing: Framing) -> Self {
        let state = match framing {
            Framing::Length(0) => State::Done,
            Framing::Length(left) => State::Length(left),
            Framing::Chunked => State::Size { size: 0, digits: 0 },
        };
        BodyReader { state, framing_len: 0, trailers: None }
    }

    /// A reader of chunks that keeps the fields behind them.
    pub fn keeping_trailers() -> Self {
        BodyReader { trailers: Some(Vec::new()), ..BodyReader::new(Framing::Chunked) }
    }

    /// The fields behind the content, where they are kept: lines, each ended by CRLF.
    pub fn take_trailers(&mut self) -> Vec<u8> {
        self.trailers.take().unwrap_or_default()
    }

    /// A reader for content that whoever brings it knows the end of, and tells.
    pub fn until_end() -> Self {
        BodyReader { state: State::UntilEnd, framing_len: 0, trailers: None }
    }

    /// Takes note that nothing more comes, where only that is its end.
    pub fn end(&mut self) {
        if self.state == State::UntilEnd {
            self.state = State::Done;
        }
    }

    /// How much follows, where that is known and nothing else does.
    pub fn left_len(&self) -> Option<u64> {
        match self.state {
            State::Length(left) => Some(left),
            _ => None,
        }
    }

    /// Takes note of content that was read by somebody else: so much of what [`left_len`](Self::left_len)
    /// says, and no more.
    pub fn skip(&mut self, len: u64) {
        if let State::Length(left) = &mut self.state {
            *left = left.saturating_sub(len);
            if *left == 0 {
                self.state = State::Done;
            }
        }
    }

    /// Whether all of it has been read.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Reads from the front of `input` up to the end of one run of content, of the content, or
    /// of the input. Call it again with the rest until it uses nothing.
    pub fn read<'a>(&mut self, input: &'a [u8]) -> Result<Piece<'a>, BadChunk> {
        let mut used = 0;
        while used < input.len() {
            let rest = &input[used..];
            match self.state {
                State::Done => break,
                State::UntilEnd => return Ok(Piece { used: input.len(), data: rest }),
                State::Length(left) | State::Data { left } => {
                    let len = rest.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                    self.state = match (self.state, left - len as u64) {
                        (State::Length(_), 0) => State::Done,
                        (State::Length(_), left) => State::Length(left),
                        (_, 0) => State::DataCr,
                        (_, left) => State::Data { left },
                    };
                    return Ok(Piece { used: used + len, data: &rest[..len] });
                }
                state => {
                    self.state = step(state, rest[0])?;
                    used += 1;
                    self.count_framing()?;
                    if let (State::Trailer { .. } | State::TrailerLf { .. }, Some(lines)) =
                        (state, &mut self.trailers)
                        && self.state != State::EndLf
                    {
                        lines.push(rest[0]);
                    }
                }
            }
        }
        Ok(Piece { used, data: &[] })
    }
}

impl BodyReader {
    /// Counts a byte of framing, so that content does not come in more of it than there is content.
    fn count_framing(&mut self) -> Result<(), BadChunk> {
        match self.state {
            // It has a bound of its own.
            State::Trailer { .. } | State::TrailerLf { .. } | State::EndLf | State::Done => {}
            State::Data { left } => {
                let free = FREE_OF_CHUNK.saturating_add(left.saturating_mul(FREE_OF_BYTE));
                self.framing_len = (self.framing_len + 1).saturating_sub(free);
            }
            _ => self.framing_len += 1,
        }
        match self.framing_len > MAX_FRAMING_LEN {
            true => Err(BadChunk("more chunk framing than content")),
            false => Ok(()),
        }
    }
}

/// The state behind one byte of framing.
fn step(state: State, byte: u8) -> Result<State, BadChunk> {
    Ok(match (state, byte) {
        (State::Size { size, digits }, byte) if byte.is_ascii_hexdigit() => {
            if digits == 16 {
                return Err(BadChunk("chunk size is too large"));
            }
            let digit = char::from(byte).to_digit(16).unwrap_or(0);
            let size = size << 4 | u64::from(digit);
            if size > i64::MAX as u64 {
                return Err(BadChunk("chunk size is too large"));
            }
            State::Size { size, digits: digits + 1 }
        }
        (State::Size { digits: 0, .. }, _) => return Err(BadChunk("chunk size is no number")),
        (State::Size { size, .. }, b'\r') => State::SizeLf { size },
        (State::Size { size, .. }, b';') => State::Extension { size, len: 0 },
        (State::Size { .. }, _) => return Err(BadChunk("chunk size is no number")),
        (State::Extension { size, .. }, b'\r') => State::SizeLf { size },
        (State::Extension { size, len }, byte) if is_field_byte(byte) => {
            if len == MAX_EXTENSION_LEN {
                return Err(BadChunk("chunk extensions are too long"));
            }
            State::Extension { size, len: len + 1 }
        }
        (State::Extension { .. }, _) => return Err(BadChunk("control character in a chunk")),
        (State::SizeLf { size: 0 }, b'\n') => State::Trailer { len: 0, at: TrailerAt::Start },
        (State::SizeLf { size }, b'\n') => State::Data { left: size },
        (State::DataCr, b'\r') => State::DataLf,
        (State::DataLf, b'\n') => State::Size { size: 0, digits: 0 },
        (State::DataCr | State::DataLf, _) => {
            return Err(BadChunk("chunk is longer than its size"));
        }
        (State::Trailer { at: TrailerAt::Start, .. }, b'\r') => State::EndLf,
        (State::Trailer { len, at: TrailerAt::Value }, b'\r') => State::TrailerLf { len },
        (State::Trailer { len, at }, byte) => {
            if len == MAX_TRAILER_LEN {
                return Err(BadChunk("trailer section is too long"));
            }
            State::Trailer { len: len + 1, at: trailer_step(at, byte)? }
        }
        (State::TrailerLf { len }, b'\n') => State::Trailer { len, at: TrailerAt::Start },
        (State::EndLf, b'\n') => State::Done,
        _ => return Err(BadChunk("bare CR in chunk framing")),
    })
}

/// The place behind one byte of a trailer field.
fn trailer_step(at: TrailerAt, byte: u8) -> Result<TrailerAt, BadChunk> {
    match at {
        TrailerAt::Start | TrailerAt::Name if is_token_byte(byte) => Ok(TrailerAt::Name),
        TrailerAt::Name if byte == b':' => Ok(TrailerAt::Value),
        TrailerAt::Value if is_field_byte(byte) => Ok(TrailerAt::Value),
        _ => Err(BadChunk("invalid field in the trailer section")),
    }
}

/// A byte that may stand in a field value (RFC 9110, 5.5).
fn is_field_byte(byte: u8) -> bool {
    byte == b'\t' || byte >= b' ' && byte != 0x7f
}

/// A byte of a token (RFC 9110, 5.6.2).
pub fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The content, and how much of the input is used, fed in pieces of `step` bytes.
    fn read_all(
        framing: Framing,
        input: &[u8],
        step: usize,
    ) -> Result<(Vec<u8>, usize, bool), BadChunk> {
        let (mut reader, mut content, mut at) = (BodyReader::new(framing), Vec::new(), 0);
        while at < input.len() && !reader.is_done() {
            let piece = reader.read(&input[at..input.len().min(at + step)])?;
            content.extend_from_slice(piece.data);
            at += piece.used;
        }
        Ok((content, at, reader.is_done()))
    }

    #[test]
    fn reads_bodies_in_any_pieces() {
        let chunked = |input: &'static str| (Framing::Chunked, input);
        let table = [
            (chunked("0\r\n\r\nrest"), Some(("", 5, true))),
            (chunked("3\r\nabc\r\n0\r\n\r\n"), Some(("abc", 13, true))),
            (
                chunked("003;a=\"b\"\r\nabc\r\nA\r\n0123456789\r\n0\r\nX: y\r\nZ:\r\n\r\n!"),
                Some(("abc0123456789", 46, true)),
            ),
            (chunked("3\r\nab"), Some(("ab", 5, false))),
            ((Framing::Length(3), "abcdef"), Some(("abc", 3, true))),
            ((Framing::Length(0), "abc"), Some(("", 0, true))),
            (chunked("\r\n"), None),
            (chunked("g\r\n"), None),
            (chunked("-1\r\n"), None),
            (chunked("0x3\r\nabc"), None),
            (chunked("3 \r\nabc\r\n"), None),
            (chunked(" 3\r\nabc\r\n"), None),
            (chunked("3\nabc\r\n"), None),
            (chunked("3\rabc\r\n"), None),
            (chunked("3\r\nabcd\r\n"), None),
            (chunked("3\r\nabc\n0\r\n\r\n"), None),
            (chunked("3\r\nab\r\n0\r\n\r\n"), None),
            (chunked("fffffffffffffffff\r\n"), None),
            (chunked("8000000000000000\r\n"), None),
            (chunked("3;\x01\r\nabc"), None),
            (chunked("3;a\nabc\r\n"), None),
            (chunked("0\r\nX : y\r\n\r\n"), None),
            (chunked("0\r\nX\r\n\r\n"), None),
            (chunked("0\r\n x: y\r\n\r\n"), None),
            (chunked("0\r\nX: y\n\r\n"), None),
            (chunked("0\r\n\n"), None),
            (chunked("0\r\n\rX"), None),
        ];
        for ((framing, input), expected) in table {
            for step in [1, 2, 3, 7, input.len()] {
                let result = read_all(framing, input.as_bytes(), step).ok();
                let expected = expected.map(|(c, used, done)| (c.as_bytes().to_vec(), used, done));
                assert_eq!(result, expected, "{input:?} in steps of {step}");
            }
        }
    }

    #[test]
    fn trailers_are_kept_where_they_are_wanted() {
        let content = b"2\r\nab\r\n0;x=y\r\nA: 1\r\nB:\r\n\r\n";
        for step in [1, 2, 5, content.len()] {
            let mut reader = BodyReader::keeping_trailers();
            for piece in content.chunks(step) {
                let mut rest = piece;
                while !rest.is_empty() {
                    rest = &rest[reader.read(rest).expect("it is well-formed").used..];
                }
            }
            assert!(reader.is_done());
            assert_eq!(reader.take_trailers(), b"A: 1\r\nB:\r\n", "{step}");
        }
    }

    #[test]
    fn bounds_extensions_and_trailers() {
        let long = |len: usize| "x".repeat(len);
        let extension = format!("1;{}\r\n", long(MAX_EXTENSION_LEN + 1));
        assert!(read_all(Framing::Chunked, extension.as_bytes(), 64).is_err());
        // Whoever sends one extension after the other has a bound for all of them.
        let most = 1000;
        let chunks = |count: usize, chunk: &str| format!("{}0\r\n\r\n", chunk.repeat(count));
        let bomb = format!("1;{}\r\nx\r\n", long(MAX_EXTENSION_LEN));
        for (content, is_taken) in [
            (chunks(10, &bomb), true),
            (chunks(20, &bomb), false),
            (chunks(most, "1\r\nx\r\n"), true),
            (chunks(most, "1;a=bcdefgh\r\nx\r\n"), true),
            (chunks(most, &format!("400;{}\r\n{}\r\n", long(1000), long(1024))), true),
        ] {
            for step in [7, content.len()] {
                let read = read_all(Framing::Chunked, content.as_bytes(), step);
                assert_eq!(read.is_ok(), is_taken, "{}", &content[..20]);
            }
        }
        let trailer = format!("0\r\nX:{}\r\n", long(MAX_TRAILER_LEN));
        assert!(read_all(Framing::Chunked, trailer.as_bytes(), 64).is_err());
    }
}

//! `multipart/form-data` (RFC 7578, RFC 2046): content in pieces of any length in, parts out.
//!
//! Memory stays small whatever comes: a part's content is passed on as it lies in the input,
//! and what may be the front of a delimiter is not kept but known, since it is the delimiter's.

mod disposition;

use memchr::memmem;

pub use disposition::{boundary, file_name};

use super::lines::Line;

/// The longest head of a part, in bytes.
const MAX_HEAD_LEN: usize = 8192;
/// The most fields of a part's head.
const MAX_FIELDS: usize = 32;

/// Content that is no `multipart/form-data`: 400.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Malformed(pub &'static str);

/// What comes next.
#[derive(PartialEq, Eq, Debug)]
pub enum Event<'a> {
    /// A part begins. Its file's name, as the client has it, if it is a file.
    Part(Option<Vec<u8>>),
    /// A run of its content.
    Data(&'a [u8]),
    /// It is whole.
    End,
}

/// In the order in which they are passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Before the first delimiter; what is there is skipped.
    Preamble,
    /// In the content of a part.
    Content,
    /// Behind a delimiter.
    Delimiter,
    /// Behind the first hyphen of two, which make the delimiter the last.
    Hyphen,
    /// In the white space that may follow a delimiter, or behind its CR.
    Padding,
    LineEnd,
    /// In the head of a part.
    Head,
    /// Behind the last delimiter; what is there is skipped.
    Epilogue,
}

/// Reads one request's content.
pub struct Reader {
    state: State,
    /// `CRLF--BOUNDARY`. The CR is nowhere else in it, so a search never has to step back.
    delimiter: memmem::Finder<'static>,
    /// Bytes of the delimiter that the input before has ended with.
    matched_len: usize,
    /// The head under way, from the line end before it.
    head: Vec<u8>,
}

impl Reader {
    /// A reader for content with this boundary.
    pub fn new(boundary: &[u8]) -> Reader {
        let delimiter = [b"\r\n--", boundary].concat();
        // The line end before the first delimiter may be missing: as if it had been there.
        Reader {
            state: State::Preamble,
            delimiter: memmem::Finder::new(&delimiter).into_owned(),
            matched_len: 2,
            head: Vec::new(),
        }
    }

    /// Reads from the front of `input`, and leaves what is behind the event there. `None`: the
    /// input is used up.
    pub fn next<'s, 'i: 's>(
        &'s mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Event<'s>>, Malformed> {
        while let Some(&byte) = input.first() {
            match self.state {
                State::Preamble => {
                    if let Found::Delimiter = self.find(input) {
                        self.state = State::Delimiter;
                    }
                }
                State::Content => match self.find(input) {
                    Found::Nothing => {}
                    Found::Content(data) => return Ok(Some(Event::Data(data))),
                    Found::Front(len) => {
                        return Ok(Some(Event::Data(&self.delimiter.needle()[..len])));
                    }
                    Found::Delimiter => {
                        self.state = State::Delimiter;
                        return Ok(Some(Event::End));
                    }
                },
                State::Head => {
                    if self.read_head(input)? {
                        self.state = State::Content;
                        return Ok(Some(Event::Part(file_of(&self.head)?)));
                    }
                }
                State::Epilogue => *input = &[],
                state => {
                    self.state = behind_delimiter(state, byte)?;
                    *input = &input[1..];
                    self.head.clear();
                    self.head.extend_from_slice(b"\r\n");
                }
            }
        }
        Ok(None)
    }

    /// Whether the last delimiter has come.
    pub fn is_done(&self) -> bool {
        self.state == State::Epilogue
    }

    /// Looks for the delimiter at the front of the input, which is not empty.
    fn find<'i>(&mut self, input: &mut &'i [u8]) -> Found<'i> {
        let delimiter = self.delimiter.needle();
        if self.matched_len == 0 {
            return self.search(input);
        }
        let rest = &delimiter[self.matched_len..];
        let same_len = rest.iter().zip(*input).take_while(|(a, b)| a == b).count();
        let len = self.matched_len + same_len;
        *input = &input[same_len..];
        self.matched_len = 0;
        if len == delimiter.len() {
            Found::Delimiter
        } else if input.is_empty() {
            self.matched_len = len;
            Found::Nothing
        } else {
            Found::Front(len)
        }
    }

    /// The same where nothing has been matched yet.
    fn search<'i>(&mut self, input: &mut &'i [u8]) -> Found<'i> {
        let found = self.delimiter.find(input);
        let end = found.unwrap_or_else(|| partial_match(self.delimiter.needle(), input));
        if end == 0 {
            self.matched_len = 1;
            *input = &input[1..];
            return Found::Nothing;
        }
        let (data, rest) = input.split_at(end);
        *input = rest;
        Found::Content(data)
    }

    /// Reads on in a part's head. True: it is whole.
    fn read_head(&mut self, input: &mut &[u8]) -> Result<bool, Malformed> {
        let before = self.head.len();
        let room = (MAX_HEAD_LEN - before).min(input.len());
        self.head.extend_from_slice(&input[..room]);
        let searched = before.saturating_sub(3);
        if let Some(end) = memmem::find(&self.head[searched..], b"\r\n\r\n") {
            let len = searched + end + 4;
            self.head.truncate(len);
            *input = &input[len - before..];
            return Ok(true);
        }
        *input = &input[room..];
        match self.head.len() {
            MAX_HEAD_LEN => Err(Malformed("the head of a part is too long")),
            _ => Ok(false),
        }
    }
}

/// What is at the front of the input, and was taken from it.
enum Found<'i> {
    /// Perhaps a part of the delimiter.
    Nothing,
    /// No part of the delimiter.
    Content(&'i [u8]),
    /// So many bytes of the delimiter's front, behind which something else came.
    Front(usize),
    Delimiter,
}

/// Where the front of the delimiter begins that the input ends with: at its end, if it does not.
fn partial_match(delimiter: &[u8], input: &[u8]) -> usize {
    let last = memchr::memrchr(b'\r', input).filter(|&at| delimiter.starts_with(&input[at..]));
    last.unwrap_or(input.len())
}

/// The state behind one byte of what follows `--BOUNDARY`.
fn behind_delimiter(state: State, byte: u8) -> Result<State, Malformed> {
    Ok(match (state, byte) {
        (State::Delimiter, b'-') => State::Hyphen,
        (State::Hyphen, b'-') => State::Epilogue,
        (State::Delimiter | State::Padding, b' ' | b'\t') => State::Padding,
        (State::Delimiter | State::Padding, b'\r') => State::LineEnd,
        (State::LineEnd, b'\n') => State::Head,
        _ => return Err(Malformed("a boundary does not end its line")),
    })
}

/// The file name in a part's head, which begins and ends with an empty line.
fn file_of(head: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
    let mut rest = head.strip_prefix(b"\r\n").unwrap_or(head);
    let mut disposition = None;
    for _ in 0..=MAX_FIELDS {
        match Line::read(rest) {
            Ok(Some(Line::End(_))) => return disposition.map_or(Ok(None), file_name),
            Ok(Some(Line::Field(field))) => {
                if rest[..field.name_len].eq_ignore_ascii_case(b"Content-Disposition")
                    && disposition.replace(&rest[field.value]).is_some()
                {
                    return Err(Malformed("a part has more than one Content-Disposition"));
                }
                rest = &rest[field.len..];
            }
            Ok(Some(Line::Invalid(_)) | None) | Err(_) => break,
        }
    }
    Err(Malformed("the head of a part is not understood"))
}

#[cfg(test)]
mod tests;

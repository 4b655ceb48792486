//! FastCGI 1.0, as far as a server speaks it that asks responders: records there, records back. Bytes
//! in, content out; no I/O.

/// The longest content of a record that is written: a multiple of 8, so that it needs no padding.
const MAX_RECORD_LEN: usize = 65_528;
/// The only request of a connection.
const REQUEST_ID: [u8; 2] = [0, 1];

/// Kinds of records.
const BEGIN_REQUEST: u8 = 1;
const END_REQUEST: u8 = 3;
const PARAMS: u8 = 4;
const STDIN: u8 = 5;
const STDOUT: u8 = 6;
const STDERR: u8 = 7;

/// The role of who answers requests.
const RESPONDER: u8 = 1;
const KEEP_CONN: u8 = 1;

/// Appends what begins a request: `keeps` says that the connection is not closed behind it.
pub fn begin(keeps: bool, out: &mut Vec<u8>) {
    write_header(BEGIN_REQUEST, 8, out);
    out.extend_from_slice(&[0, RESPONDER, if keeps { KEEP_CONN } else { 0 }, 0, 0, 0, 0, 0]);
}

/// Appends a name and its value, as they stand among the params.
pub fn write_pair(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    for len in [name.len(), value.len()] {
        match u8::try_from(len) {
            Ok(len) if len < 0x80 => out.push(len),
            // Heads are shorter than 2 GB.
            _ => out.extend_from_slice(&(len as u32 | 1 << 31).to_be_bytes()),
        }
    }
    out.extend_from_slice(name);
    out.extend_from_slice(value);
}

/// Appends the params, pairs as [`write_pair`] has made them, and their end. A record ends between two
/// pairs where that is possible: php-fpm reads none that is in two.
pub fn write_params(pairs: &[u8], out: &mut Vec<u8>) {
    let (mut start, mut at) = (0, 0);
    while at < pairs.len() {
        let end = at + pair_len(&pairs[at..]);
        if end - start > MAX_RECORD_LEN && at > start {
            write_record(PARAMS, &pairs[start..at], out);
            start = at;
        }
        at = end;
    }
    write_stream(PARAMS, &pairs[start..], out);
    write_header(PARAMS, 0, out);
}

/// How long the first pair is.
fn pair_len(pairs: &[u8]) -> usize {
    let (name_len, name_size) = read_len(pairs);
    let (value_len, value_size) = read_len(pairs.get(name_size..).unwrap_or_default());
    (name_len + name_size + value_len + value_size).min(pairs.len()).max(1)
}

/// A length, and how many bytes tell it.
fn read_len(bytes: &[u8]) -> (usize, usize) {
    match *bytes {
        [len, ..] if len < 0x80 => (usize::from(len), 1),
        [a, b, c, d, ..] => (u32::from_be_bytes([a & 0x7f, b, c, d]) as usize, 4),
        _ => (0, 1),
    }
}

/// Appends content.
pub fn write_content(content: &[u8], out: &mut Vec<u8>) {
    write_stream(STDIN, content, out);
}

/// Appends the end of the content.
pub fn end_content(out: &mut Vec<u8>) {
    write_header(STDIN, 0, out);
}

fn write_stream(kind: u8, bytes: &[u8], out: &mut Vec<u8>) {
    for piece in bytes.chunks(MAX_RECORD_LEN) {
        write_record(kind, piece, out);
    }
}

fn write_record(kind: u8, content: &[u8], out: &mut Vec<u8>) {
    write_header(kind, content.len(), out);
    out.extend_from_slice(content);
}

fn write_header(kind: u8, len: usize, out: &mut Vec<u8>) {
    let [high, low] = (len as u16).to_be_bytes();
    out.extend_from_slice(&[1, kind, REQUEST_ID[0], REQUEST_ID[1], high, low, 0, 0]);
}

/// Records that are none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadRecord(pub &'static str);

/// Takes records apart, in pieces of any length.
#[derive(Debug, Default)]
pub struct RecordReader {
    header: [u8; 8],
    /// How much of it is there.
    header_len: usize,
    /// What is left of the record's content, and of its padding.
    content_left: usize,
    padding_left: usize,
    /// The content of the last record of the request.
    end: Vec<u8>,
    is_done: bool,
}

impl RecordReader {
    /// Whether the request has ended.
    pub fn is_done(&self) -> bool {
        self.is_done
    }

    /// Puts the output that the front of `bytes` holds, `len` long, at that front, and returns its
    /// length, and how much of the rest is behind the end of the request. What is said about errors
    /// goes to `errors`.
    pub fn read(
        &mut self,
        bytes: &mut [u8],
        len: usize,
        errors: &mut dyn FnMut(&[u8]),
    ) -> Result<(usize, usize), BadRecord> {
        let (mut at, mut end) = (0, 0);
        while at < len && !self.is_done {
            if self.header_len < 8 {
                let taken = (8 - self.header_len).min(len - at);
                self.header[self.header_len..][..taken].copy_from_slice(&bytes[at..at + taken]);
                self.header_len += taken;
                at += taken;
                if self.header_len == 8 {
                    self.begin_record()?;
                }
                continue;
            }
            let taken = self.content_left.min(len - at);
            match self.header[1] {
                STDOUT => {
                    bytes.copy_within(at..at + taken, end);
                    end += taken;
                }
                STDERR if taken > 0 => errors(&bytes[at..at + taken]),
                END_REQUEST => self.end.extend_from_slice(&bytes[at..at + taken]),
                _ => {}
            }
            self.content_left -= taken;
            at += taken;
            let padding = self.padding_left.min(len - at);
            self.padding_left -= padding;
            at += padding;
            self.end_record()?;
        }
        Ok((end, len - at))
    }

    fn begin_record(&mut self) -> Result<(), BadRecord> {
        let [version, kind, id_high, id_low, len_high, len_low, padding, _] = self.header;
        if version != 1 || !matches!(kind, STDOUT | STDERR | END_REQUEST) {
            return Err(BadRecord("an unsupported FastCGI record"));
        }
        if [id_high, id_low] != REQUEST_ID {
            return Err(BadRecord("a FastCGI record of another request"));
        }
        self.content_left = usize::from(u16::from_be_bytes([len_high, len_low]));
        self.padding_left = usize::from(padding);
        if kind == END_REQUEST && self.content_left != 8 {
            return Err(BadRecord("an invalid end of a FastCGI request"));
        }
        self.end_record()
    }

    fn end_record(&mut self) -> Result<(), BadRecord> {
        if self.content_left > 0 || self.padding_left > 0 {
            return Ok(());
        }
        self.header_len = 0;
        if self.header[1] == END_REQUEST {
            self.is_done = true;
            // REQUEST_COMPLETE; the others say that nobody has begun.
            if self.end.get(4) != Some(&0) {
                return Err(BadRecord("a refusal of the FastCGI request"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u8, content: &[u8], padding: u8) -> Vec<u8> {
        let [high, low] = (content.len() as u16).to_be_bytes();
        let mut out = vec![1, kind, 0, 1, high, low, padding, 0];
        out.extend_from_slice(content);
        out.extend(std::iter::repeat_n(0, usize::from(padding)));
        out
    }

    /// Output, errors, and how much is behind the end, of records that come in pieces.
    fn read(bytes: &[u8], step: usize) -> Result<(String, String, usize, bool), BadRecord> {
        let mut reader = RecordReader::default();
        let (mut out, mut errors, mut surplus) = (Vec::new(), Vec::new(), 0);
        for piece in bytes.chunks(step) {
            let mut piece = piece.to_vec();
            let len = piece.len();
            let (made, left) =
                reader.read(&mut piece, len, &mut |text| errors.extend_from_slice(text))?;
            out.extend_from_slice(&piece[..made]);
            surplus += left;
        }
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ok((text(out), text(errors), surplus, reader.is_done()))
    }

    #[test]
    fn records_are_taken_apart_in_any_pieces() {
        let end = record(END_REQUEST, &[0; 8], 0);
        let all = [
            record(STDERR, b"oh", 6),
            record(STDOUT, b"Status: 200\r\n", 3),
            record(STDOUT, b"\r\nhello", 0),
            record(STDERR, b" no", 0),
            record(STDOUT, b"", 0),
            record(STDERR, b"", 0),
            end.clone(),
        ]
        .concat();
        for step in [1, 2, 3, 7, 8, 9, all.len()] {
            let expected = ("Status: 200\r\n\r\nhello".into(), "oh no".into(), 0, true);
            assert_eq!(read(&all, step), Ok(expected), "{step}");
        }
        assert!(!read(&all[..20], 3).unwrap().3);
        let more = [&end[..], b"abc"].concat();
        assert_eq!(read(&more, more.len()), Ok((String::new(), String::new(), 3, true)));
        let refused = record(END_REQUEST, &[0, 0, 0, 0, 2, 0, 0, 0], 0);
        for (bytes, reason) in [
            (b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), "an unsupported FastCGI record"),
            (record(STDIN, b"", 0), "an unsupported FastCGI record"),
            (vec![1, STDOUT, 0, 2, 0, 0, 0, 0], "a FastCGI record of another request"),
            (record(END_REQUEST, b"", 0), "an invalid end of a FastCGI request"),
            (refused, "a refusal of the FastCGI request"),
        ] {
            for step in [1, 5, bytes.len()] {
                assert_eq!(read(&bytes, step), Err(BadRecord(reason)), "{bytes:?}");
            }
        }
    }

    #[test]
    fn params_are_split_between_pairs() {
        let mut pairs = Vec::new();
        write_pair(b"A", b"b", &mut pairs);
        assert_eq!(pairs, b"\x01\x01Ab");
        write_pair(b"LONG", &[b'x'; 200], &mut pairs);
        assert_eq!(&pairs[4..9], b"\x04\x80\0\0\xc8");
        for _ in 0..20 {
            write_pair(b"NAME", &[b'y'; 9000], &mut pairs);
        }
        let mut out = Vec::new();
        write_params(&pairs, &mut out);
        let (mut at, mut lens) = (0, Vec::new());
        while at < out.len() {
            let len = usize::from(u16::from_be_bytes([out[at + 4], out[at + 5]]));
            let content = &out[at + 8..at + 8 + len];
            let mut within = 0;
            while within < len {
                within += pair_len(&content[within..]);
            }
            assert_eq!(within, len, "a pair is in two records");
            lens.push(len);
            at += 8 + len;
        }
        assert_eq!(lens.iter().sum::<usize>(), pairs.len());
        assert_eq!((lens.len(), lens.last()), (4, Some(&0)));
    }

    #[test]
    fn content_is_in_records_without_padding() {
        let mut out = Vec::new();
        write_content(&vec![b'x'; MAX_RECORD_LEN + 1], &mut out);
        end_content(&mut out);
        assert_eq!(out.len(), MAX_RECORD_LEN + 1 + 3 * 8);
        assert_eq!(&out[..8], [1, STDIN, 0, 1, 0xff, 0xf8, 0, 0]);
        assert_eq!(&out[out.len() - 8..], [1, STDIN, 0, 1, 0, 0, 0, 0]);
        let mut out = Vec::new();
        begin(true, &mut out);
        assert_eq!(out, [1, 1, 0, 1, 0, 8, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]);
    }
}

//! Conf files as read, and places in them.

/// Index of a file in [`Sources`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct FileId(pub u32);

/// A byte range of one file's text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from the start of `self` to the end of `other`, which is in the same file.
    pub fn to(self, other: Span) -> Span {
        Span { end: other.end, ..self }
    }
}

/// One conf file.
pub struct Source {
    /// The name that messages show: as the user gave it, or as an `include` spelled it.
    pub name: String,
    /// The text that spans refer to. Bytes that are not UTF-8 are escaped in it, so that a
    /// message can show every conf; words hold the bytes as they are in the file.
    pub text: String,
    /// Whether any byte was escaped.
    pub escaped: bool,
    /// How many bytes of the file stand before the text: those of a byte order mark.
    pub mark_len: u32,
}

impl Source {
    /// The bytes of the file.
    fn bytes(&self) -> Vec<u8> {
        if self.escaped { unescape(&self.text) } else { self.text.clone().into_bytes() }
    }
}

/// All files of one compilation; the first is the one that was named.
#[derive(Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Adds a file with these bytes. A byte order mark at its start is no part of the text.
    pub fn add(&mut self, name: impl Into<String>, bytes: &[u8]) -> FileId {
        let whole = bytes.len();
        let bytes = bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(bytes);
        let mark_len = (whole - bytes.len()) as u32;
        let (text, escaped) = match std::str::from_utf8(bytes) {
            Ok(text) => (text.to_owned(), false),
            Err(_) => (escape(bytes), true),
        };
        self.files.push(Source { name: name.into(), text, escaped, mark_len });
        FileId(self.files.len() as u32 - 1)
    }

    /// The file with this id.
    pub fn file(&self, id: FileId) -> &Source {
        &self.files[id.0 as usize]
    }

    /// FILE:LINE of a place.
    pub fn place(&self, span: Span) -> String {
        format!("{}:{}", self.file(span.file).name, self.line_column(span).0)
    }

    /// All files, in the order in which they were read.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(i, file)| (FileId(i as u32), file))
    }

    /// The bytes of all files: the first as it is, each other one under a comment that names
    /// it.
    pub fn text(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for (i, file) in self.files.iter().enumerate() {
            if i > 0 {
                if !text.ends_with(b"\n") {
                    text.push(b'\n');
                }
                text.extend_from_slice(format!("# {}\n", file.name).as_bytes());
            }
            text.extend(file.bytes());
        }
        text
    }

    /// Line and column of a span's start, both from 1; the column counts characters.
    pub fn line_column(&self, span: Span) -> (usize, usize) {
        let text = &self.file(span.file).text;
        let before = &text[..char_floor(text, span.start as usize)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// The last boundary of characters that is not behind `at`.
pub(crate) fn char_floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// The first boundary of characters that is not before `at`; the text's end at most.
pub(crate) fn char_ceil(text: &str, at: usize) -> usize {
    (at..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len())
}

/// First of the 256 private-use characters that stand for bytes that are not UTF-8.
const ESCAPE_BASE: u32 = 0xF700;

/// `bytes` as text in which each byte that is not part of valid UTF-8 is one character of
/// the escape range, as is each byte of a character that lies in that range itself.
fn escape(bytes: &[u8]) -> String {
    let mut text = String::new();
    let push_byte = |text: &mut String, byte: u8| {
        text.extend(char::from_u32(ESCAPE_BASE + u32::from(byte)));
    };
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if (ESCAPE_BASE..ESCAPE_BASE + 0x100).contains(&(character as u32)) {
                let mut buffer = [0; 4];
                let encoded = character.encode_utf8(&mut buffer);
                encoded.bytes().for_each(|byte| push_byte(&mut text, byte));
            } else {
                text.push(character);
            }
        }
        chunk.invalid().iter().for_each(|&byte| push_byte(&mut text, byte));
    }
    text
}

/// The bytes that `text` of a [`Source`] stands for.
pub(crate) fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        match escaped_byte(character) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

/// The byte that an escaped character of a [`Source`] stands for.
pub(crate) fn escaped_byte(character: char) -> Option<u8> {
    u8::try_from((character as u32).checked_sub(ESCAPE_BASE)?).ok()
}

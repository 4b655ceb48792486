//! Files that a conf of lighttpd or Caddy includes, within bounds. All texts stand one behind the other,
//! so that one number tells a place in any of them.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::files::{Files, Kind};
use crate::source::{FileId, Sources, Span};

/// The most files that are put in place.
const MOST_FILES: usize = 1_000;
/// The most files that include each other.
const MOST_WITHIN: usize = 20;
/// The most bytes that they have together.
const MOST_LEN: usize = 16 << 20;

/// Texts, one behind the other.
#[derive(Default)]
pub(super) struct Texts {
    all: String,
    /// Where each begins, in this order.
    starts: Vec<(usize, FileId)>,
}

impl Texts {
    /// One text.
    pub(super) fn of(file: FileId, text: &str) -> Texts {
        let mut texts = Texts::default();
        texts.add(file, text);
        texts
    }

    /// Adds a text, and returns where it begins.
    fn add(&mut self, file: FileId, text: &str) -> usize {
        let start = self.all.len();
        self.starts.push((start, file));
        self.all.push_str(text);
        // No text is empty, so that each place is in one.
        self.all.push('\n');
        start
    }

    /// A place, which begins in one text and is cut where that ends.
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        let after = self.starts.partition_point(|(start, _)| *start <= range.start);
        let Some((start, file)) = after.checked_sub(1).and_then(|index| self.starts.get(index))
        else {
            return Span::default();
        };
        let end = self.starts.get(after).map_or(self.all.len(), |(next, _)| *next) - 1;
        let within = |place: usize| (place.clamp(*start, end) - start) as u32;
        Span { file: *file, start: within(range.start), end: within(range.end) }
    }

    /// What stands at a place.
    pub(super) fn at(&self, span: Span) -> &str {
        let start = self.starts.iter().find(|(_, file)| *file == span.file).map_or(0, |it| it.0);
        let range = start + span.start as usize..start + span.end as usize;
        self.all.get(range).unwrap_or_default()
    }
}

/// Finds and reads files.
pub(super) struct Included<'a> {
    files: &'a dyn Files,
    sources: &'a mut Sources,
    /// The files that are being read, each included by the one before.
    chain: Vec<PathBuf>,
    count: usize,
    pub(super) texts: Texts,
}

impl<'a> Included<'a> {
    /// Begins with the file at `path`, whose text is that of `id`.
    pub(super) fn new(
        files: &'a dyn Files,
        sources: &'a mut Sources,
        (path, id): (&Path, FileId),
    ) -> Included<'a> {
        let texts = Texts::of(id, &sources.file(id).text);
        Included { files, sources, chain: vec![path.to_owned()], count: 0, texts }
    }

    /// The first file.
    pub(super) fn text(&self) -> String {
        self.texts.all.trim_end_matches('\n').to_owned()
    }

    /// The folder of the first file.
    pub(super) fn first_folder(&self) -> PathBuf {
        folder_of(self.chain.first())
    }

    /// The folder of the file that is being read.
    pub(super) fn folder(&self) -> PathBuf {
        folder_of(self.chain.last())
    }

    /// The files of this name, which may be a pattern, and else is there. Why there are none, if so.
    pub(super) fn find(&self, name: &str, folder: &Path) -> Result<Vec<PathBuf>, String> {
        if !name.contains(['*', '?', '[']) {
            let path = folder.join(name);
            return match self.files.kind(&path) {
                Some(_) => Ok(vec![path]),
                None => Err(format!("there is no file `{name}`")),
            };
        }
        let escaped = glob::Pattern::escape(&folder.to_string_lossy());
        let pattern = Path::new(&escaped).join(name);
        match self.files.glob(&pattern.to_string_lossy()) {
            Ok(found) if found.is_empty() => Err(format!("no file matches `{name}`")),
            found => found,
        }
    }

    /// The text of a file, and where it begins among all. Until [`Included::close`], it is the one that
    /// is being read.
    pub(super) fn open(&mut self, path: &Path) -> Result<(String, usize), String> {
        let shown = path.display();
        if self.chain.iter().any(|earlier| earlier == path) {
            return Err(format!("`{shown}` includes itself"));
        }
        if self.chain.len() > MOST_WITHIN || self.count >= MOST_FILES {
            return Err(format!("`{shown}` is one file too many"));
        }
        if self.files.kind(path) != Some(Kind::File) {
            return Err(format!("`{shown}` is no file"));
        }
        let bytes = self.files.read(path);
        let bytes = bytes.map_err(|error| format!("`{shown}` cannot be read: {error}"))?;
        if self.texts.all.len() + bytes.len() > MOST_LEN {
            return Err(format!("`{shown}` is too long"));
        }
        let id = self.sources.add(path.to_string_lossy(), &bytes);
        let text = self.sources.file(id).text.clone();
        let start = self.texts.add(id, &text);
        self.count += 1;
        self.chain.push(path.to_owned());
        Ok((text, start))
    }

    /// Goes on with the file before.
    pub(super) fn close(&mut self) {
        self.chain.pop();
    }
}

fn folder_of(path: Option<&PathBuf>) -> PathBuf {
    path.and_then(|path| path.parent()).unwrap_or(Path::new("")).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Memory;

    #[test]
    fn places_are_in_one_text() {
        let mut sources = Sources::default();
        let ids = ["ab\ncd", "", "xyz"].map(|text| sources.add("x", text.as_bytes()));
        let mut texts = Texts::default();
        let starts = ids.map(|id| texts.add(id, &sources.file(id).text));
        assert_eq!(starts, [0, 6, 7]);
        for (range, id, at) in
            [(0..2, 0, "ab"), (3..5, 0, "cd"), (3..9, 0, "cd"), (6..6, 1, ""), (8..10, 2, "yz")]
        {
            let span = texts.span(range);
            assert_eq!((span.file, texts.at(span)), (ids[id], at));
        }
    }

    #[test]
    fn files_are_found_and_read_once_within_each_other() {
        let files = Memory::new([("/c/main", "m"), ("/c/sub/a", "a"), ("/c/sub/b", "b")]);
        let mut sources = Sources::default();
        let id = sources.add("/c/main", b"m");
        let mut included = Included::new(&files, &mut sources, (Path::new("/c/main"), id));
        let folder = included.first_folder();
        let found = included.find("sub/*", &folder).unwrap();
        assert_eq!(found, ["/c/sub/a", "/c/sub/b"].map(PathBuf::from));
        assert_eq!(included.open(&found[0]).unwrap(), ("a".to_owned(), 2));
        assert_eq!(included.folder(), Path::new("/c/sub"));
        for (name, said) in [("b", None), ("a", Some("includes itself")), ("c", Some("no file"))] {
            let folder = included.folder();
            let found = included.find(name, &folder);
            let opened = found.and_then(|found| included.open(&found[0]).map(|_| included.close()));
            assert_eq!(opened.is_err(), said.is_some(), "{name}");
            assert!(opened.err().is_none_or(|error| error.contains(said.unwrap_or_default())));
        }
        included.close();
        assert!(included.find("*.conf", &folder).unwrap_err().contains("no file matches"));
        assert!(included.open(Path::new("/c/sub")).unwrap_err().contains("is no file"));
    }
}

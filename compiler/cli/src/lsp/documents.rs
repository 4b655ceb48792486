//! The texts that the editor has open, and the paths and URIs of files.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use lsp_types::{TextDocumentContentChangeEvent, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use sitec_compiler::editor::Lines;
use sitec_compiler::files::plain;

use super::convert;

/// What a path keeps as it is in a URI.
const IN_PATHS: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text that is open.
struct Open {
    uri: Uri,
    version: i32,
}

/// The texts that are open, by their paths.
#[derive(Default)]
pub(super) struct Documents {
    open: BTreeMap<PathBuf, Open>,
    contents: BTreeMap<PathBuf, String>,
}

impl Documents {
    /// Opens a text.
    pub(super) fn open(&mut self, uri: Uri, version: i32, text: String) {
        let path = path_of(&uri);
        self.contents.insert(path.clone(), text);
        self.open.insert(path, Open { uri, version });
    }

    /// Changes a text; one that is not open stays so.
    pub(super) fn change(
        &mut self,
        path: &Path,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
    ) {
        let (Some(open), Some(text)) = (self.open.get_mut(path), self.contents.get_mut(path))
        else {
            return;
        };
        open.version = version;
        for change in changes {
            match change.range {
                None => *text = change.text,
                Some(range) => {
                    let [start, end] = [range.start, range.end].map(convert::from_position);
                    let range = Lines::new(text).range(start, end);
                    text.replace_range(range, &change.text);
                }
            }
        }
    }

    /// Closes a text.
    pub(super) fn close(&mut self, path: &Path) {
        self.open.remove(path);
        self.contents.remove(path);
    }

    /// The paths of all texts, in their order.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        self.open.keys().cloned().collect()
    }

    /// The texts by their paths.
    pub(super) fn contents(&self) -> &BTreeMap<PathBuf, String> {
        &self.contents
    }

    /// A text that is open.
    pub(super) fn text(&self, path: &Path) -> Option<&str> {
        self.contents.get(path).map(String::as_str)
    }

    /// The version of a text.
    pub(super) fn version(&self, path: &Path) -> Option<i32> {
        self.open.get(path).map(|open| open.version)
    }

    /// The URI of a file: as the editor has it, if that is open.
    pub(super) fn uri(&self, path: &Path) -> Option<Uri> {
        if let Some(open) = self.open.get(path) {
            return Some(open.uri.clone());
        }
        let encoded = percent_encode(path.as_os_str().as_bytes(), IN_PATHS);
        path.is_absolute().then(|| format!("file://{encoded}").parse().ok())?
    }
}

/// The path of a file. What is no file has a path that nothing else has.
pub(super) fn path_of(uri: &Uri) -> PathBuf {
    let text = uri.as_str();
    let path = text.strip_prefix("file://").and_then(|rest| rest.find('/').map(|at| &rest[at..]));
    match path {
        Some(path) => {
            let path = path.split(['?', '#']).next().unwrap_or_default();
            let bytes: Vec<u8> = percent_decode_str(path).collect();
            plain(Path::new(OsStr::from_bytes(&bytes)))
        }
        None => PathBuf::from(text.replace('/', "_")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_uris() {
        for (uri, path) in [
            ("file:///a/b.conf", "/a/b.conf"),
            ("file://localhost/a/b.conf", "/a/b.conf"),
            ("file:///a%20b/%C3%A4.conf", "/a b/ä.conf"),
            ("file:///a/./c/../b.conf", "/a/b.conf"),
            ("untitled:Untitled-1", "untitled:Untitled-1"),
            ("git:/a/b.conf?x", "git:_a_b.conf?x"),
        ] {
            assert_eq!(path_of(&uri.parse().unwrap()), Path::new(path), "{uri}");
        }
        let uri = Documents::default().uri(Path::new("/a b/ä+.conf")).unwrap();
        assert_eq!(uri.as_str(), "file:///a%20b/%C3%A4%2B.conf");
        assert_eq!(path_of(&uri), Path::new("/a b/ä+.conf"));
        assert!(Documents::default().uri(Path::new("a")).is_none());
    }

    #[test]
    fn texts_change_as_a_whole_and_in_parts() {
        let uri: Uri = "file:///a".parse().unwrap();
        let mut documents = Documents::default();
        documents.open(uri, 1, "a𝄞b\nc".to_owned());
        let change = |json: serde_json::Value| serde_json::from_value(json).unwrap();
        let at =
            |line: u32, character: u32| serde_json::json!({ "line": line, "character": character });
        let range = |from: (u32, u32), to: (u32, u32), text: &str| {
            change(serde_json::json!({
                "range": { "start": at(from.0, from.1), "end": at(to.0, to.1) },
                "text": text,
            }))
        };
        let path = Path::new("/a");
        documents.change(path, 2, vec![range((0, 3), (0, 4), "x"), range((1, 1), (1, 1), "d\n")]);
        assert_eq!(documents.text(path), Some("a𝄞x\ncd\n"));
        assert_eq!(documents.version(path), Some(2));
        // What is out of the text, or the wrong way round, breaks nothing.
        documents.change(path, 3, vec![range((9, 9), (0, 0), "!")]);
        assert_eq!(documents.text(path), Some("a𝄞x\ncd\n!"));
        documents.change(path, 4, vec![change(serde_json::json!({ "text": "new" }))]);
        assert_eq!(documents.text(path), Some("new"));
        documents.change(Path::new("/b"), 1, vec![change(serde_json::json!({ "text": "new" }))]);
        assert_eq!(documents.paths(), [path]);
        documents.close(path);
        assert_eq!(documents.text(path), None);
    }
}

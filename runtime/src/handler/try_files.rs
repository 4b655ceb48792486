//! `try_files`: which of several paths is there.

use super::{Request, file};
use crate::files::{Entry, Files};
use crate::site::{Candidate, Text};

/// The candidate that was found, as the request goes on with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The path of the request from now on; `None` leaves it as it is.
    pub path: Option<Vec<u8>>,
    /// [`Request::append_path`] from now on.
    pub append_path: bool,
}

/// The first candidate that is there: a file, or a directory where one is looked for.
pub fn find(candidates: &[Candidate], request: &Request<'_>, files: &mut Files) -> Option<Found> {
    candidates.iter().find_map(|candidate| try_one(candidate, request, files))
}

fn try_one(candidate: &Candidate, request: &Request<'_>, files: &mut Files) -> Option<Found> {
    let variables = request.variables;
    let base = &variables.settings.base;
    let front = variables.path.get(..base.replaced_len).unwrap_or_default();
    let mut path = Vec::new();
    candidate.path.write(variables, &mut path);
    // Beneath an `alias`, a candidate names the whole path of the URI or what is left of it.
    let names_all = is_computed(candidate) && is_within(&path, front);
    if !front.is_empty() && !names_all {
        let slash: &[u8] = if path.is_empty() || path[0] == b'/' { b"" } else { b"/" };
        path = [front, slash, &path].concat();
    }
    let complete = base.alias && !base.append_path;
    let asked = Request { append_path: request.append_path || complete, ..*request };
    let is_directory = match file::look_up(&asked, files, &path) {
        Entry::Directory => true,
        Entry::Unreadable { directory } => directory,
        Entry::File(_) | Entry::Packed(_) | Entry::Special => false,
        Entry::Failed(_) => return None,
    };
    if is_directory != candidate.directory {
        return None;
    }
    // Of an alias that is complete, nginx takes on a file and leaves a directory.
    let taken = !(complete && is_directory);
    Some(Found { path: taken.then_some(path), append_path: complete && taken })
}

fn is_computed(candidate: &Candidate) -> bool {
    matches!(candidate.path, Text::Computed(_))
}

/// Whether a path is `front` or leads beneath it.
fn is_within(path: &[u8], front: &[u8]) -> bool {
    path.strip_prefix(front).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
}

//! What lies in the folders that are served.

mod files;
mod index;
mod secrets;
mod sending;
mod tree;

use super::Subject;
use crate::diagnostic::Diagnostics;
pub(super) use tree::{Tree, Trees};

/// Reports what should not lie there, or not so.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    index::check(subject, diagnostics);
    secrets::check(subject, diagnostics);
    sending::check(subject, diagnostics);
    for tree in subject.trees().iter() {
        files::check(subject, tree, diagnostics);
    }
}

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
pub(super) fn check(subject: &Subject<'_>, trees: &Trees<'_>, diagnostics: &mut Diagnostics) {
    index::check(subject, trees, diagnostics);
    secrets::check(subject, trees, diagnostics);
    sending::check(subject, trees, diagnostics);
    for tree in trees.iter() {
        files::check(subject, tree, diagnostics);
    }
}

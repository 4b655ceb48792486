//! What a resolved site says as a whole: facts that no directive shows by itself.
//!
//! Runs once a conf has no errors. What is said here is proved, or shown by a request that the
//! router or the disk confirms; where a proof hits its bound, nothing is said.

mod asking;
mod disk;
mod subject;

use crate::diagnostic::Diagnostics;
pub(crate) use subject::Subject;

/// Looks at a whole site.
pub(crate) fn audit(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let trees = disk::Trees::of_site(subject);
    disk::check(subject, &trees, diagnostics);
}

//! What a resolved site says as a whole: facts that no directive shows by itself.
//!
//! Runs once a conf has no errors. What is said here is proved, or shown by a request that the
//! router or the disk confirms; where a proof hits its bound, nothing is said.

mod asking;
mod certificates;
mod challenges;
#[cfg(test)]
mod challenges_tests;
mod circles;
mod disk;
#[cfg(test)]
mod elsewhere_tests;
mod empty;
mod expect;
mod exposed_uploads;
mod folders;
mod grpc;
mod guards;
mod hosts;
mod inquiries;
mod limit_keys;
mod masks;
mod open_access;
mod pages;
mod plain;
mod process;
mod programs;
mod reach;
mod returns;
mod rewriting;
mod scripts;
mod siblings;
mod statuses;
mod subject;
mod surprises;
mod targets;
#[cfg(test)]
mod tests;
mod timeouts;
mod unanswered_methods;
mod undecoded;
mod unused;
mod words;

use std::path::PathBuf;

use crate::diagnostic::Diagnostics;
pub(crate) use subject::Subject;

/// What is found of locations that no request comes to.
pub(crate) const UNREACHABLE: &[&str] = &["K07", "K08", "K09", "K16"];

/// Looks at a whole site. What it looks for on the disk is added to `dependencies`.
pub(crate) fn audit(
    subject: &Subject<'_>,
    dependencies: &mut Vec<PathBuf>,
    diagnostics: &mut Diagnostics,
) {
    confirm(subject, dependencies, diagnostics);
    certificates::check(subject, dependencies, diagnostics);
    challenges::check(subject, diagnostics);
    if !diagnostics.has_errors() {
        review(subject, diagnostics);
    }
}

/// Whether a site does what its conf says: these may be errors.
pub(crate) fn confirm(
    subject: &Subject<'_>,
    dependencies: &mut Vec<PathBuf>,
    diagnostics: &mut Diagnostics,
) {
    open_access::check(subject, diagnostics);
    pages::check(subject, diagnostics);
    scripts::check(subject, diagnostics);
    unanswered_methods::check(subject, diagnostics);
    exposed_uploads::check(subject, diagnostics);
    if !diagnostics.has_errors() {
        expect::check(subject, dependencies, diagnostics);
    }
}

/// What is probably not meant, or could be better.
fn review(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    words::check(subject, diagnostics);
    unused::check(subject, diagnostics);
    empty::check(subject, diagnostics);
    returns::check(subject, diagnostics);
    statuses::check(subject, diagnostics);
    process::check(subject, diagnostics);
    programs::check(subject, diagnostics);
    timeouts::check(subject, diagnostics);
    reach::check(subject, diagnostics);
    siblings::check(subject, diagnostics);
    undecoded::check(subject, diagnostics);
    hosts::check(subject, diagnostics);
    inquiries::check(subject, diagnostics);
    limit_keys::check(subject, diagnostics);
    circles::check(subject, diagnostics);
    rewriting::check(subject, diagnostics);
    surprises::check(subject, diagnostics);
    guards::check(subject, diagnostics);
    grpc::check(subject, diagnostics);
    targets::check(subject, diagnostics);
    disk::check(subject, diagnostics);
    masks::check(subject, diagnostics);
    plain::check(subject, diagnostics);
}

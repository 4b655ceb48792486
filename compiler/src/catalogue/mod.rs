//! The catalogue of checks: for each its code, name, severity and meaning, a conf that has
//! the mistake, and one that nearly has it.
//!
//! It is the one source for `sitec explain`, for the pages in docs/checks, and for what SARIF
//! says of a rule; the tests walk it. How a mistake is found is no business of this module.

mod admission;
mod compression;
mod consistency;
mod directives;
mod disk;
mod embed;
mod expect;
mod page;
mod rewriting;
mod routing;
mod security;
mod severity;
mod syntax;
#[cfg(test)]
pub(crate) mod tests;
mod tls;
mod upstream;
mod values;

pub use page::{explain, index, markdown, page};
pub use severity::Severity;

/// One check.
#[derive(Debug)]
pub struct Check {
    /// A letter for the group and two digits.
    pub code: &'static str,
    /// A name of a few words, in kebab case.
    pub name: &'static str,
    /// How bad it is. A finding may be milder where there is reason to doubt.
    pub severity: Severity,
    /// What is found, why it matters, and what to do. A paragraph of Markdown.
    pub meaning: &'static str,
    /// A conf that has the mistake and no other. `⟪` and `⟫` enclose the place at fault.
    pub bad: &'static str,
    /// A conf that is near to having it, and has not.
    pub good: &'static str,
    /// What is on the disk beside the usual, for both confs.
    pub files: &'static [Entry],
}

/// Something on the disk.
#[derive(Clone, Copy, Debug)]
pub enum Entry {
    /// A file of this path and content.
    File(&'static str, &'static str),
    /// A file of this path that its owner alone can read.
    Private(&'static str),
    /// A file of this path and length.
    Long(&'static str, u64),
    /// The file of this path was changed after the others.
    Newer(&'static str),
    /// A symlink: its path, and what it holds.
    Link(&'static str, &'static str),
}

/// Checks that belong together.
pub struct Group {
    /// What they have in common.
    pub title: &'static str,
    /// The checks, in the order of their codes.
    pub checks: &'static [Check],
}

/// All checks.
pub const GROUPS: &[Group] = &[
    syntax::GROUP,
    directives::GROUP,
    values::GROUP,
    routing::GROUP,
    rewriting::GROUP,
    disk::GROUP,
    embed::GROUP,
    compression::GROUP,
    security::GROUP,
    admission::GROUP,
    tls::GROUP,
    upstream::GROUP,
    consistency::GROUP,
    expect::GROUP,
];

/// All checks, group by group.
pub fn all() -> impl Iterator<Item = &'static Check> {
    GROUPS.iter().flat_map(|group| group.checks)
}

/// The check with this code or name.
pub fn find(text: &str) -> Option<&'static Check> {
    all().find(|check| check.code.eq_ignore_ascii_case(text) || check.name == text)
}

impl Check {
    /// The conf that has the mistake, without the marks.
    pub fn bad_conf(&self) -> String {
        self.bad.replace(['⟪', '⟫'], "")
    }

    /// What is on the disk for this check.
    const fn among(self, files: &'static [Entry]) -> Check {
        Check { files, ..self }
    }
}

const fn error(
    code: &'static str,
    name: &'static str,
    meaning: &'static str,
    bad: &'static str,
    good: &'static str,
) -> Check {
    Check { code, name, severity: Severity::Error, meaning, bad, good, files: &[] }
}

const fn warning(
    code: &'static str,
    name: &'static str,
    meaning: &'static str,
    bad: &'static str,
    good: &'static str,
) -> Check {
    Check { severity: Severity::Warning, ..error(code, name, meaning, bad, good) }
}

const fn lint(
    code: &'static str,
    name: &'static str,
    meaning: &'static str,
    bad: &'static str,
    good: &'static str,
) -> Check {
    Check { severity: Severity::Lint, ..error(code, name, meaning, bad, good) }
}

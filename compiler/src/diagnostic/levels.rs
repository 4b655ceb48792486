//! What a run asks for: which findings are shown, and which are errors.

use super::{Diagnostic, Severity};

/// What a run asks for. By default warnings are warnings, and lints are not shown.
#[derive(Clone, Default, Debug)]
pub struct Levels {
    /// Lints are shown.
    pub lints: bool,
    /// Warnings are errors.
    pub deny_warnings: bool,
    /// The codes of findings that are errors, lints included.
    pub deny: Vec<&'static str>,
    /// The codes of findings that are not shown, unless the site cannot be built.
    pub allow: Vec<&'static str>,
}

impl Levels {
    /// Whether nobody asked for it.
    pub(super) fn hide(&self, diagnostic: &Diagnostic) -> bool {
        let is_lint = diagnostic.severity == Severity::Lint;
        let allowed = diagnostic.allowable && self.allow.contains(&diagnostic.code);
        allowed || is_lint && !self.lints && !self.deny.contains(&diagnostic.code)
    }

    /// Whether it is an error in this run.
    pub(super) fn denies(&self, diagnostic: &Diagnostic) -> bool {
        let is_warning = diagnostic.severity == Severity::Warning;
        self.deny.contains(&diagnostic.code) || is_warning && self.deny_warnings
    }
}

//! What is wrong in a conf: facts with their places, collected, and rendered as rustc does.

mod allow;
#[cfg(test)]
mod allow_tests;
mod json;
mod levels;
#[cfg(test)]
mod machine_tests;
mod render;
mod repeats;
mod sarif;
#[cfg(test)]
mod tests;

use crate::ast::Conf;
pub use crate::catalogue::Severity;
use crate::source::{Sources, Span};
use allow::Allow;
pub use json::json;
pub use levels::Levels;
pub use sarif::sarif;

/// A place with a few words about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is there; may be empty for the primary place.
    pub text: String,
}

/// A `help:` line, perhaps with what to type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Help {
    /// What to do.
    pub text: String,
    /// The text to put in the place of a span (an empty span inserts).
    pub patch: Option<(Span, String)>,
}

/// One fact about a conf.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// Error, warning or lint.
    pub severity: Severity,
    /// Whether the site can be built all the same, so that an `allow` may silence it: every
    /// warning and lint, and such errors as say that a whole site is not what was meant.
    pub allowable: bool,
    /// Its code in the catalogue, such as `D01`.
    pub code: &'static str,
    /// The fact, in one sentence: lower case, names in backticks, no full stop.
    pub message: String,
    /// The smallest place at fault.
    pub primary: Label,
    /// Other places that matter ("first defined here").
    pub secondary: Vec<Label>,
    /// What to do about it.
    pub helps: Vec<Help>,
    /// What else to know (what nginx does, if sitec differs).
    pub notes: Vec<String>,
    /// What it has in common with others that are to be shown as one with it.
    pub(crate) family: Option<Family>,
    /// The same found again elsewhere: gathered when a run ends.
    pub repeats: Vec<Diagnostic>,
}

/// Findings of one family are shown as one, such as the use of several directives of a feature
/// that is missing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Family {
    /// What they have in common.
    pub(crate) key: String,
    /// What this one is about: a name that stands in the conf.
    pub(crate) member: String,
}

impl Diagnostic {
    /// An error at `span`.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, span, message.into())
    }

    /// A warning at `span`.
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, span, message.into())
    }

    /// A lint at `span`.
    pub fn lint(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Lint, code, span, message.into())
    }

    fn new(severity: Severity, code: &'static str, span: Span, message: String) -> Self {
        let primary = Label { span, text: String::new() };
        let allowable = severity != Severity::Error;
        let (secondary, helps, notes) = (Vec::new(), Vec::new(), Vec::new());
        let (family, repeats) = (None, Vec::new());
        Diagnostic {
            severity,
            allowable,
            code,
            message,
            primary,
            secondary,
            helps,
            notes,
            family,
            repeats,
        }
    }

    /// Lets an `allow` silence this error. The site must be whole without it.
    pub fn allowable(self) -> Self {
        Diagnostic { allowable: true, ..self }
    }

    /// Says a few words at the primary place.
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Shows another place.
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// Says what to do.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.helps.push(Help { text: text.into(), patch: None });
        self
    }

    /// Says what to do and what to type in the place of `span`.
    pub fn patch(
        mut self,
        text: impl Into<String>,
        span: Span,
        replacement: impl Into<String>,
    ) -> Self {
        self.helps.push(Help { text: text.into(), patch: Some((span, replacement.into())) });
        self
    }

    /// Shows it as one with all others of its code that have this in common.
    pub(crate) fn family(mut self, key: impl Into<String>, member: impl Into<String>) -> Self {
        self.family = Some(Family { key: key.into(), member: member.into() });
        self
    }

    /// Says what else to know.
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Says that another machine may have it otherwise, where that is not certain.
    pub fn of_this_disk(self, is_certain: bool) -> Self {
        match is_certain {
            true => self,
            false => self.note("this rests on what is on the machine that compiles"),
        }
    }
}

/// The most findings that are kept: whoever has more reads the first of them.
const MOST: usize = 10_000;

/// The sink of all phases. What the conf or the user allows never gets in.
#[derive(Default, Debug)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    /// Whether an error was not kept.
    lost_error: bool,
    levels: Levels,
    allows: Vec<Allow>,
}

impl Diagnostics {
    /// An empty sink of a run with these levels.
    pub fn new(levels: Levels) -> Diagnostics {
        Diagnostics { levels, ..Diagnostics::default() }
    }

    /// Adds one, unless it is allowed.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.silences(&diagnostic) {
            return;
        }
        if self.list.len() < MOST {
            self.list.push(diagnostic);
        } else {
            self.lost_error |= diagnostic.severity == Severity::Error;
        }
    }

    /// Adds all of `more`.
    pub fn extend(&mut self, more: impl IntoIterator<Item = Diagnostic>) {
        more.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }

    /// Whether an `allow` of the conf takes it, or the levels hide it.
    fn silences(&mut self, diagnostic: &Diagnostic) -> bool {
        let by_comment = allow::take(&mut self.allows, diagnostic);
        by_comment || self.levels.hide(diagnostic)
    }

    /// Whether anybody asks for this lint, so that it is worth looking for.
    pub(crate) fn wants(&self, lint: &str) -> bool {
        let levels = &self.levels;
        levels.lints || levels.deny.contains(&lint) || self.allows.iter().any(|a| a.is_for(lint))
    }

    /// Takes in the `allow` comments of the conf, which hold for what was found before, too.
    pub(crate) fn allow(&mut self, conf: &Conf, sources: &Sources) {
        let found = std::mem::take(&mut self.list);
        let mut faults = Vec::new();
        self.allows = allow::read(conf, sources, &mut faults);
        self.extend(found.into_iter().chain(faults));
    }

    /// Ends the run: reports each `allow` that silenced nothing, unless an error kept a phase
    /// from running, makes errors of what the levels deny, and makes one of what was found
    /// several times.
    pub(crate) fn finish(&mut self) {
        if !self.has_errors() {
            let unused = allow::unused(&self.allows);
            self.extend(unused);
        }
        for diagnostic in &mut self.list {
            if self.levels.denies(diagnostic) {
                diagnostic.severity = Severity::Error;
            }
        }
        let sorted = self.sorted().into_iter().cloned().collect();
        self.list = repeats::gather(sorted);
    }

    /// Whether any is an error: the barrier after each phase.
    pub fn has_errors(&self) -> bool {
        let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
        self.lost_error || self.list.iter().any(is_error)
    }

    /// All of them, in the order of their places, and of equal ones the first: a file may
    /// be included more than once.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut sorted: Vec<_> = self.list.iter().collect();
        sorted.sort_by_key(|diagnostic| diagnostic.primary.span);
        let mut unique: Vec<&Diagnostic> = Vec::with_capacity(sorted.len());
        for diagnostic in sorted {
            let same_place =
                unique.iter().rev().take_while(|d| d.primary.span == diagnostic.primary.span);
            if !same_place.into_iter().any(|earlier| *earlier == diagnostic) {
                unique.push(diagnostic);
            }
        }
        unique
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All of them as rustc would show them, one empty line between two. Without `color`,
    /// plain text.
    pub fn render(&self, sources: &Sources, color: bool) -> String {
        let rendered = self.sorted().into_iter().map(|d| render::render(d, sources, color) + "\n");
        rendered.collect::<Vec<_>>().join("\n")
    }

    /// One line for each: `FILE:LINE:COLUMN: error[CODE]: MESSAGE`.
    pub fn short(&self, sources: &Sources) -> String {
        self.sorted().into_iter().map(|d| render::short(d, sources) + "\n").collect()
    }

    /// The last line, as rustc would show it: what became of the conf, and how much was found.
    /// `None` for a clean conf.
    pub fn closing(&self, sources: &Sources, color: bool) -> Option<String> {
        let worst = self.list.iter().map(|diagnostic| diagnostic.severity).max()?;
        let name = sources.iter().next().map_or("", |(_, source)| &source.name);
        let became = match worst {
            Severity::Error => " does not compile",
            Severity::Warning | Severity::Lint => "",
        };
        let said = format!("`{name}`{became}: {}", self.summary());
        Some(render::title(worst, &said, color))
    }

    /// How many there are: `2 errors, 1 warning`; empty if there are none.
    pub fn summary(&self) -> String {
        let sorted = self.sorted();
        let count = |severity| match sorted.iter().filter(|d| d.severity == severity).count() {
            0 => None,
            1 => Some(format!("1 {severity}")),
            count => Some(format!("{count} {severity}s")),
        };
        let counts = [Severity::Error, Severity::Warning, Severity::Lint].map(count);
        counts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// A line like the last one of a run, such as `error: MESSAGE`.
pub(crate) fn titled(severity: Severity, message: &str, color: bool) -> String {
    render::title(severity, message, color)
}

impl Diagnostic {
    /// Without what it says for others that are shown as one with it.
    pub(crate) fn alone(&self) -> Diagnostic {
        repeats::alone(self)
    }

    /// This one alone, as rustc would show it, with a line break at the end.
    pub fn render(&self, sources: &Sources, color: bool) -> String {
        render::render(self, sources, color) + "\n"
    }
}

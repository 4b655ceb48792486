//! Diagnostics as text, drawn by rustc's own renderer.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{
    Annotation, AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet,
    normalize_untrusted_str,
};

use super::{Diagnostic, Help, Label, Severity};
use crate::source::{FileId, Sources, Span, char_ceil, char_floor, escaped_byte};

/// The columns that a message may take. Fixed, so that equal confs give equal text.
const WIDTH: usize = 140;

/// `diagnostic` as rustc would show it, without a line break at the end.
pub(super) fn render(diagnostic: &Diagnostic, sources: &Sources, color: bool) -> String {
    let mut report = vec![facts(diagnostic, sources)];
    report.extend(diagnostic.helps.iter().filter_map(|help| suggestion(help, sources)));
    let text = renderer(color).render(&report);
    if color {
        return text;
    }
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// `error: MESSAGE`, in the colours of a diagnostic.
pub(super) fn title(severity: Severity, message: &str, color: bool) -> String {
    renderer(color).render(&[Group::with_title(level(severity).primary_title(safe(message)))])
}

fn renderer(color: bool) -> Renderer {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    renderer.decor_style(DecorStyle::Ascii).term_width(WIDTH)
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Lint => Level::INFO.with_name("lint"),
    }
}

/// `FILE:LINE:COLUMN: error[CODE]: MESSAGE`.
pub(super) fn short(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let span = diagnostic.primary.span;
    let (line, column) = sources.line_column(span);
    let (name, code) = (&sources.file(span.file).name, diagnostic.code);
    let (severity, message) = (diagnostic.severity, safe(&diagnostic.message));
    format!("{}:{line}:{column}: {severity}[{code}]: {message}", safe(name))
}

/// Text of the conf may hold control characters, which a terminal must not obey.
fn safe(text: &str) -> String {
    normalize_untrusted_str(&text.replace(['\n', '\r', '\t'], " "))
}

/// The message, its places, and what is said about it.
fn facts<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Group<'a> {
    let title = level(diagnostic.severity).primary_title(safe(&diagnostic.message));
    let mut group = Group::with_title(title.id(diagnostic.code));
    let primary = &diagnostic.primary;
    if sources.file(primary.span.file).text.is_empty() {
        let (line, column) = (1, 1);
        let name = safe(&sources.file(primary.span.file).name);
        group = group.element(Origin::path(name).line(line).char_column(column));
    } else {
        group = group.element(places(diagnostic, primary.span.file, sources));
    }
    let mut files: Vec<_> = others(diagnostic).map(|(span, _)| span.file).collect();
    files.sort();
    files.dedup();
    for file in files.into_iter().filter(|&file| file != primary.span.file) {
        group = group.element(places(diagnostic, file, sources));
    }
    let helps = diagnostic.helps.iter().filter(|help| help.patch.is_none());
    let helps = helps.map(|help| Level::HELP.message(safe(&help.text)));
    let elsewhere = diagnostic.elsewhere(sources);
    let notes = diagnostic.notes.iter().map(|note| safe(note));
    let notes = notes.chain(elsewhere.map(|note| safe(&note)));
    group.elements(helps).elements(notes.map(|note| Level::NOTE.message(note)))
}

/// The places beside the primary one, and what is said there.
fn others(diagnostic: &Diagnostic) -> impl Iterator<Item = (Span, &str)> + Clone {
    let secondary = diagnostic.secondary.iter().map(|label| (label.span, &label.text[..]));
    secondary.chain(diagnostic.drawn().iter().map(|repeat| (repeat.primary.span, "and here")))
}

/// The lines of `file` that `diagnostic` is about.
fn places<'a>(
    diagnostic: &'a Diagnostic,
    file: FileId,
    sources: &'a Sources,
) -> Snippet<'a, Annotation<'a>> {
    let Label { span, text } = &diagnostic.primary;
    let primary = Some((*span, &text[..])).filter(|(span, _)| span.file == file);
    let others = others(diagnostic).filter(|(span, _)| span.file == file);
    let spans: Vec<_> = primary.into_iter().chain(others.clone()).map(|(span, _)| span).collect();
    let window = Window::around(sources, file, &spans);
    let draw = |kind: AnnotationKind, (span, text): (Span, &'a str)| {
        kind.span(window.range(span)).label((!text.is_empty()).then(|| safe(text)))
    };
    let annotations: Vec<_> = primary
        .map(|label| draw(AnnotationKind::Primary, label))
        .into_iter()
        .chain(others.map(|label| draw(AnnotationKind::Context, label)))
        .collect();
    Snippet::source(window.text)
        .line_start(window.line)
        .path(safe(&sources.file(file).name))
        .annotations(annotations)
}

/// A help that says what to type.
fn suggestion<'a>(help: &'a Help, sources: &'a Sources) -> Option<Group<'a>> {
    let (span, replacement) = help.patch.as_ref()?;
    let window = Window::around(sources, span.file, &[*span]);
    let patch = Patch::new(window.range(*span), replacement.as_str());
    let snippet = Snippet::source(window.text).line_start(window.line).patch(patch);
    Some(Group::with_title(Level::HELP.secondary_title(safe(&help.text))).element(snippet))
}

/// The lines from the first to the last place: the renderer reads all that it is given.
struct Window {
    text: String,
    /// The first byte, in the file.
    start: usize,
    /// The first line, from 1.
    line: usize,
}

impl Window {
    fn around(sources: &Sources, file: FileId, spans: &[Span]) -> Window {
        let source = sources.file(file);
        let first = spans.iter().map(|span| span.start as usize).min().unwrap_or(0);
        let last = spans.iter().map(|span| span.end as usize).max().unwrap_or(0);
        let first = char_floor(&source.text, first);
        let last = char_ceil(&source.text, last.max(first));
        let start = source.text[..first].rfind('\n').map_or(0, |at| at + 1);
        let end = source.text[last..].find('\n').map_or(source.text.len(), |at| last + at);
        let line_end = source.text[last..end].trim_end_matches('\r').len() + last;
        let mut text = source.text[start..line_end].to_owned();
        if source.escaped {
            // Both take three bytes, so that places stay.
            text = text.replace(|c| escaped_byte(c).is_some(), "\u{FFFD}");
        }
        Window { text, start, line: source.text[..start].matches('\n').count() + 1 }
    }

    /// A place in the window. One that cuts a character has all of it.
    fn range(&self, span: Span) -> Range<usize> {
        let within = |at: u32| (at as usize).saturating_sub(self.start);
        let start = char_floor(&self.text, within(span.start));
        start..char_ceil(&self.text, within(span.end).max(start))
    }
}

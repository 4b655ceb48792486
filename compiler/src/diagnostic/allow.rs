//! `# sitec: allow(CODE) REASON`: comments that silence a finding at one place.
//!
//! Such a comment holds for its own line, or, if it has a line to itself, for the next one
//! that is no comment, and for all of a directive that begins there.

use super::Diagnostic;
use crate::ast::{Comment, Conf, Directive};
use crate::catalogue;
use crate::source::{Sources, Span};
use crate::suggest::closest;

/// One code of one `allow` comment.
#[derive(Debug)]
pub(super) struct Allow {
    code: &'static str,
    /// The code in the comment.
    span: Span,
    /// What it holds for.
    covers: Span,
    used: bool,
}

impl Allow {
    /// Whether it silences this check.
    pub(super) fn is_for(&self, code: &str) -> bool {
        self.code == code
    }
}

/// The `allow`s of a conf; what is wrong with them goes to `faults`.
pub(super) fn read(conf: &Conf, sources: &Sources, faults: &mut Vec<Diagnostic>) -> Vec<Allow> {
    let mut allows = Vec::new();
    for comment in &conf.comments {
        let Some(list) = allow_list(comment) else { continue };
        let covers = covered(comment, conf, sources);
        let codes = codes(comment, &list);
        if codes.is_empty() || comment.text[list.end..].trim_matches([')', ' ', '\t']).is_empty() {
            faults.push(malformed(comment, !codes.is_empty()));
        }
        for (name, span) in codes {
            match catalogue::find(name) {
                Some(check) => allows.push(Allow { code: check.code, span, covers, used: false }),
                None => faults.push(unknown(name, span)),
            }
        }
    }
    allows
}

/// Whether an `allow` takes `diagnostic`; if so, it was of use.
pub(super) fn take(allows: &mut [Allow], diagnostic: &Diagnostic) -> bool {
    let place = diagnostic.primary.span;
    let fits = |allow: &&mut Allow| {
        let covers = allow.covers;
        allow.code == diagnostic.code
            && covers.file == place.file
            && (covers.start..=covers.end).contains(&place.start)
    };
    if !diagnostic.allowable {
        return false;
    }
    let mut found = false;
    for allow in allows.iter_mut().filter(fits) {
        allow.used = true;
        found = true;
    }
    found
}

/// What to say of the `allow`s that silenced nothing.
pub(super) fn unused(allows: &[Allow]) -> Vec<Diagnostic> {
    let unused = allows.iter().filter(|allow| !allow.used);
    let report = |allow: &Allow| {
        let message = format!("`allow({})` silences nothing", allow.code);
        Diagnostic::warning("Y12", allow.span, message).help("delete it")
    };
    unused.map(report).collect()
}

/// The range of the codes in `sitec: allow(CODES) REASON`; without a `)`, all that follows.
fn allow_list(comment: &Comment) -> Option<std::ops::Range<usize>> {
    let text = comment.text.trim_start().strip_prefix("sitec:")?.trim_start();
    let text = text.strip_prefix("allow")?.trim_start();
    let inner = text.strip_prefix('(').unwrap_or("");
    let start = comment.text.len() - inner.len();
    Some(start..start + inner.find(')').unwrap_or(inner.len()))
}

/// The codes in this range of a comment, each with its place.
fn codes<'a>(comment: &'a Comment, list: &std::ops::Range<usize>) -> Vec<(&'a str, Span)> {
    let mut at = list.start;
    let mut codes = Vec::new();
    for part in comment.text[list.clone()].split(',') {
        let name = part.trim();
        let skipped = part.len() - part.trim_start().len();
        // The text begins behind the `#`.
        let start = comment.span.start + 1 + (at + skipped) as u32;
        let span = Span { start, end: start + name.len() as u32, ..comment.span };
        if !name.is_empty() {
            codes.push((name, span));
        }
        at += part.len() + 1;
    }
    codes
}

fn malformed(comment: &Comment, has_codes: bool) -> Diagnostic {
    let message = match has_codes {
        true => "this `allow` gives no reason",
        false => "this `allow` names no code",
    };
    Diagnostic::error("Y13", comment.span, message)
        .help("write `# sitec: allow(CODE) why it is meant`")
}

fn unknown(name: &str, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error("Y13", span, format!("there is no check `{name}`"));
    let known = catalogue::all().flat_map(|check| [check.code, check.name]);
    match closest(name, known) {
        Some(meant) => diagnostic.patch(format!("did you mean `{meant}`?"), span, meant),
        None => diagnostic.help("`sitec explain` lists all checks"),
    }
}

/// What a comment holds for: one line, and the rest of the directives that begin on it.
fn covered(comment: &Comment, conf: &Conf, sources: &Sources) -> Span {
    let text = &sources.file(comment.span.file).text;
    let line_start = text[..comment.span.start as usize].rfind('\n').map_or(0, |at| at + 1);
    let is_alone = text[line_start..comment.span.start as usize].trim().is_empty();
    let mut start = line_start;
    if is_alone {
        start = next_line(text, start);
        while text[start..].trim_start_matches([' ', '\t', '\r']).starts_with('#') {
            start = next_line(text, start);
        }
    }
    let end = line_end(text, start) as u32;
    let mut covers = Span { start: start as u32, end, ..comment.span };
    extend(&mut covers, &conf.directives, end);
    covers
}

/// Where the line at `start` ends.
fn line_end(text: &str, start: usize) -> usize {
    text[start..].find('\n').map_or(text.len(), |at| start + at)
}

/// Where the line behind the one at `start` begins.
fn next_line(text: &str, start: usize) -> usize {
    text.len().min(line_end(text, start) + 1)
}

/// Makes `covers` reach the end of the directives that begin in its first line.
fn extend(covers: &mut Span, directives: &[Directive], line_end: u32) {
    for directive in directives {
        let span = directive.span();
        if span.file == covers.file && (covers.start..line_end).contains(&span.start) {
            covers.end = covers.end.max(span.end);
        }
        if let Some(block) = &directive.block {
            extend(covers, &block.directives, line_end);
        }
    }
}

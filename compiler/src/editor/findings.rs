//! What is wrong with a conf, each finding at its own place.

use crate::diagnostic::{Diagnostic, Diagnostics, Help};
use crate::source::{Sources, Span};

/// The longest text to type that a help shows.
const MOST_SHOWN: usize = 60;

/// A finding, and what an editor may do about it.
pub struct Finding {
    /// What was found, without others that are shown as one with it elsewhere.
    pub diagnostic: Diagnostic,
    /// Its message, what is at the place, its helps and its notes, a line each.
    pub text: String,
    /// The changes that it offers, each with its text.
    pub fixes: Vec<Fix>,
}

/// Changes of a conf.
pub struct Fix {
    /// What they do.
    pub text: String,
    /// The places, and what to write there.
    pub changes: Vec<(Span, String)>,
}

/// What was found in a conf, in the order of the places. What was found several times is several
/// findings.
pub fn findings(diagnostics: &Diagnostics, sources: &Sources) -> Vec<Finding> {
    let mut findings = Vec::new();
    for diagnostic in diagnostics.sorted() {
        let each = [diagnostic].into_iter().chain(&diagnostic.repeats);
        findings.extend(each.map(|one| finding(one.alone(), diagnostic, sources)));
    }
    findings.sort_by_key(|finding| finding.diagnostic.primary.span);
    findings
}

/// A finding that was made as one of those that `all` has.
fn finding(diagnostic: Diagnostic, all: &Diagnostic, sources: &Sources) -> Finding {
    let mut text = diagnostic.message.clone();
    if !diagnostic.primary.text.is_empty() {
        text += &format!(": {}", diagnostic.primary.text);
    }
    for help in &diagnostic.helps {
        text += &format!("\nhelp: {}", said(help));
    }
    for note in &diagnostic.notes {
        text += &format!("\nnote: {note}");
    }
    let mut fixes: Vec<_> = diagnostic.helps.iter().filter_map(fix).collect();
    let everywhere: Vec<_> =
        diagnostic.helps.iter().filter_map(|help| fix_everywhere(help, all)).collect();
    fixes.extend(everywhere);
    if diagnostic.allowable {
        fixes.push(allow(&diagnostic, sources));
    }
    Finding { diagnostic, text, fixes }
}

/// A help, with what it says to type where that is short.
fn said(help: &Help) -> String {
    let patch = help.patch.as_ref().map_or("", |(_, replacement)| replacement.trim());
    let is_short = !patch.is_empty() && patch.len() <= MOST_SHOWN && !patch.contains('\n');
    let is_new = is_short && !help.text.contains(&format!("`{patch}`"));
    if is_new { format!("{}: `{patch}`", help.text) } else { help.text.clone() }
}

/// What a help says to type.
fn fix(help: &Help) -> Option<Fix> {
    let (span, replacement) = help.patch.clone()?;
    Some(Fix { text: said(help), changes: vec![(span, replacement)] })
}

/// The same wherever the same is wrong.
fn fix_everywhere(help: &Help, all: &Diagnostic) -> Option<Fix> {
    let each = [all].into_iter().chain(&all.repeats);
    let same = each.filter_map(|one| one.helps.iter().find(|other| other.text == help.text));
    let changes: Vec<_> = same.filter_map(|help| help.patch.clone()).collect();
    let text = format!("{} (all {} places)", said(help), changes.len());
    (changes.len() > 1).then_some(Fix { text, changes })
}

/// A comment that allows it, to which a reason is to be added.
fn allow(diagnostic: &Diagnostic, sources: &Sources) -> Fix {
    let span = diagnostic.primary.span;
    let text = &sources.file(span.file).text;
    let start = text[..span.start as usize].rfind('\n').map_or(0, |at| at + 1);
    let line = &text[start..];
    let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
    let comment = format!("{indent}# sitec: allow({}) why it is meant\n", diagnostic.code);
    let at = Span { start: start as u32, end: start as u32, ..span };
    Fix { text: format!("allow {} here", diagnostic.code), changes: vec![(at, comment)] }
}

//! Leaves out of a tree what does not compile, until what is left does. Only the compiler says
//! what that is.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::guards;
use super::outcome::{Fate, Fates};
use super::repair::repaired;
use super::tree::{Body, Instead, Item, Node, Nodes, Written};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::files::{Files, Kind, Status};
use crate::source::{Sources, Span, unescape};
use crate::{Compilation, compile, directive};

/// What has no effect.
const NO_EFFECT: &str = "D08";
/// What is wrong with a conf as a whole, so that nothing need be left out for it.
const OF_THE_WHOLE: &[&str] = &["Z14"];

/// A tree of which the compiler takes all that is not left out.
pub(super) struct Settled {
    /// The conf.
    pub(super) text: String,
    /// What else the compiler says of it that `sitec check` will show.
    pub(super) warnings: usize,
    /// What keeps it from compiling and has no place in it; empty where it compiles.
    pub(super) unplaced: Vec<String>,
}

/// Notes in `fates` what has to be left out of `items`.
pub(super) fn settle(
    items: &[Item],
    nodes: &Nodes,
    (files, sources): (&dyn Files, &Sources),
    out: &Path,
    fates: &mut Fates,
) -> Settled {
    let mut all = BTreeMap::new();
    index(items, None, &mut all);
    let mut instead = vec![Instead::default(); nodes.count()];
    for (id, (node, parent)) in &all {
        if let Some(fate) = fates.of(*id) {
            instead[*id] = replaced(node, *parent, fate, instead[*id].clone());
        }
    }
    let overlay = Overlay { inner: files, path: out, text: RefCell::default() };
    loop {
        let written = Written::new(items, &instead, sources);
        overlay.text.replace(unescape(&written.text));
        let compilation = compile(&overlay, out);
        let found = flattened(&compilation);
        let has_errors = compilation.site.is_none();
        let (mut changed, mut unplaced) = (false, Vec::new());
        let mut left_out: Vec<(u32, u32)> = Vec::new();
        // Those within others first: what is wrong around them may be so because of them.
        let mut errors: Vec<_> = found.iter().filter(|it| is_to_go(it, has_errors)).collect();
        errors.sort_by_key(|error| {
            std::cmp::Reverse(written.at(error.primary.span.start).map(|place| place.start))
        });
        for error in errors {
            let span = error.primary.span;
            let is_own = compilation.sources.file(span.file).name == out.to_string_lossy();
            let is_own = is_own && !OF_THE_WHOLE.contains(&error.code);
            let place = written.at(span.start).filter(|_| is_own);
            let Some((place, (node, parent))) =
                place.and_then(|place| Some((place, all.get(&place.id)?)))
            else {
                unplaced.push(error.message.clone());
                continue;
            };
            if left_out.iter().any(|range| (place.start..=place.end).contains(&range.0)) {
                continue;
            }
            if error.severity != Severity::Error && directive::find(&node.name).is_some() {
                continue;
            }
            let own = &mut instead[node.id];
            if own.comment.is_some() {
                // What was to take its place is wrong there.
                changed |= own.closing.take().is_some();
                continue;
            }
            changed = true;
            if error.severity == Severity::Error && error.allowable {
                if own.allowed.contains(&error.code) {
                    own.comment = Some(reason(&error.message));
                } else {
                    own.allowed.push(error.code);
                    continue;
                }
            }
            if let Some(repaired) = repaired(node, error).filter(|_| own.header.is_none()) {
                own.header = Some(repaired.header);
                fates.set(node.id, Fate::Different(repaired.how.to_owned()));
                continue;
            }
            left_out.push((place.start, place.end));
            let own_error = at_origin(error, node, place.start);
            let fate = match error.severity {
                Severity::Error => Fate::lost(own_error),
                _ => Fate::Needless(own_error.notes.first().cloned().unwrap_or_default()),
            };
            *own = replaced(node, *parent, &fate, own.clone());
            fates.set(node.id, fate);
        }
        if !changed {
            let is_shown = |it: &&Diagnostic| it.severity == Severity::Warning;
            let warnings = found.iter().filter(is_shown).count();
            // The place of what stands there after all.
            for (id, (node, _)) in &all {
                note_closing(*id, node, &instead, fates);
            }
            return Settled { text: written.text, warnings, unplaced };
        }
    }
}

/// Whether what a finding is about is to be left out: an error, or, once there is none, what has no
/// effect.
fn is_to_go(finding: &Diagnostic, has_errors: bool) -> bool {
    match has_errors {
        true => finding.severity == Severity::Error,
        false => finding.code == NO_EFFECT,
    }
}

/// All nodes by their numbers, each with the name of the block that it stands in.
fn index<'a>(
    items: &'a [Item],
    parent: Option<&'a str>,
    all: &mut BTreeMap<usize, (&'a Node, Option<&'a str>)>,
) {
    for item in items {
        let Item::Node(node) = item else { continue };
        all.insert(node.id, (node, parent));
        if let Body::Block(items) = &node.body {
            index(items, Some(&node.name), all);
        }
    }
}

/// What is written in place of a node with this fate.
fn replaced(node: &Node, parent: Option<&str>, fate: &Fate, own: Instead) -> Instead {
    match fate {
        Fate::Different(_) => own,
        Fate::Needless(why) => {
            Instead { comment: Some(format!("not needed: {}", one_line(why))), ..own }
        }
        Fate::Lost(why) => {
            let closing = guards::closing(node, parent);
            Instead { comment: Some(reason(&why.message)), closing, ..Instead::default() }
        }
    }
}

fn reason(message: &str) -> String {
    format!("not carried over: {}", one_line(message))
}

fn one_line(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ")
}

/// Says of what is lost what stands in its place.
fn note_closing(id: usize, node: &Node, instead: &[Instead], fates: &mut Fates) {
    let Some(Fate::Lost(why)) = fates.of(id) else { return };
    let mut why = why.clone();
    match instead[id].closing {
        Some(guards::CLOSED) => {
            why.notes
                .push(format!("`{}` stands in its place, so that nobody comes in", guards::CLOSED));
        }
        Some(closing) => {
            why.notes.push(format!("`{closing}` stands in its place, so that no file is shown"));
        }
        None if keeps_out(node) => {
            why.notes.push("it kept clients out: what it refused is answered now".to_owned());
        }
        None => return,
    }
    fates.replace(id, Fate::Lost(why));
}

/// Whether a block refuses requests.
fn keeps_out(node: &Node) -> bool {
    let Body::Block(items) = &node.body else { return false };
    items.iter().any(|item| match item {
        Item::Node(inner) => {
            let value = inner.header[inner.name.len().min(inner.header.len())..].trim();
            let refuses = inner.name == "return" && value.starts_with('4');
            refuses || inner.name == "deny" || keeps_out(inner)
        }
        Item::Comment { .. } => false,
    })
}

/// All findings, those that are shown as one with another among them.
fn flattened(compilation: &Compilation) -> Vec<Diagnostic> {
    fn add(finding: &Diagnostic, found: &mut Vec<Diagnostic>) {
        found.push(finding.alone());
        finding.repeats.iter().for_each(|repeat| add(repeat, found));
    }
    let mut found = Vec::new();
    compilation.diagnostics.sorted().into_iter().for_each(|it| add(it, &mut found));
    found
}

/// A finding about a node that was written at `start`, as one about what is imported.
fn at_origin(finding: &Diagnostic, node: &Node, start: u32) -> Diagnostic {
    let whole = node.origin.unwrap_or_default();
    let len = node.header.len() as u32;
    let end = whole.end.min(whole.start + if node.verbatim { len } else { u32::MAX - whole.start });
    let header = Span { end, ..whole };
    let moved = |span: Span| {
        let is_within = node.verbatim && span.start >= start && span.end <= start + len;
        let by = |at: u32| whole.start + (at - start);
        if is_within { Span { start: by(span.start), end: by(span.end), ..whole } } else { header }
    };
    let mut own = Diagnostic::error(finding.code, moved(finding.primary.span), &finding.message)
        .label(&finding.primary.text);
    own.family = finding.family.clone();
    own.notes = finding.notes.clone();
    own.helps = finding.helps.clone();
    // What to type would be for the conf that is written.
    own.helps.iter_mut().for_each(|help| match help.patch.take() {
        Some((_, text)) if !text.is_empty() && !text.contains('\n') => {
            help.text = format!("{}: `{text}`", help.text);
        }
        _ => {}
    });
    own
}

/// Files of which one has a text that is not on the disk.
struct Overlay<'a> {
    inner: &'a dyn Files,
    path: &'a Path,
    text: RefCell<Vec<u8>>,
}

impl Files for Overlay<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match path == self.path {
            true => Ok(self.text.borrow().clone()),
            false => self.inner.read(path),
        }
    }

    fn kind(&self, path: &Path) -> Option<Kind> {
        if path == self.path { Some(Kind::File) } else { self.inner.kind(path) }
    }

    fn glob(&self, pattern: &str) -> Result<Vec<PathBuf>, String> {
        self.inner.glob(pattern)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<(String, Kind)>> {
        self.inner.list(directory)
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<OsString>> {
        self.inner.names(directory)
    }

    fn status(&self, path: &Path) -> io::Result<Status> {
        self.inner.status(path)
    }

    fn real(&self, path: &Path) -> Option<PathBuf> {
        self.inner.real(path)
    }

    fn is_link(&self, path: &Path) -> bool {
        self.inner.is_link(path)
    }

    fn modified(&self, path: &Path) -> Option<SystemTime> {
        self.inner.modified(path)
    }

    fn is_executable(&self, path: &Path) -> bool {
        self.inner.is_executable(path)
    }

    fn search_path(&self) -> Vec<PathBuf> {
        self.inner.search_path()
    }

    fn mode(&self, path: &Path) -> Option<u32> {
        self.inner.mode(path)
    }

    fn is_denied(&self, path: &Path) -> bool {
        self.inner.is_denied(path)
    }

    fn now_s(&self) -> i64 {
        self.inner.now_s()
    }

    fn knows_all(&self) -> bool {
        self.inner.knows_all()
    }
}

/// Gathers what is lost, as the findings of a run.
pub(super) fn lost(fates: &Fates) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    diagnostics.extend(fates.lost().cloned());
    diagnostics.finish();
    diagnostics
}

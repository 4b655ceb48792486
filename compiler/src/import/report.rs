//! What an import tells.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Language;
use super::outcome::{Fate, Fates};
use super::settle::{Settled, lost};
use super::tree::{Body, Item, Node};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, titled};
use crate::directive::{self, Form};
use crate::source::{Sources, Span};
use crate::wrap::wrapped;

/// How wide the text of a difference is.
const WIDTH: usize = 90;
/// The most places that are named of one difference.
const MOST_PLACES: usize = 3;

/// What became of each directive of a conf.
pub struct Report {
    sources: Sources,
    diagnostics: Diagnostics,
    differences: Vec<Difference>,
    counts: Option<Counts>,
    warnings: usize,
    unplaced: Vec<String>,
    language: Language,
}

/// How many directives of a conf mean the same, mean a little else, and are lost.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    /// Those that mean the same.
    pub same: usize,
    /// Those that mean a little else, or that need not be there.
    pub different: usize,
    /// Those that are left out.
    pub lost: usize,
}

/// What some directives have in common that mean a little else.
struct Difference {
    name: String,
    how: String,
    places: Vec<Span>,
}

/// What became of one directive, the worst last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Became {
    Same,
    Different,
    Lost,
}

impl Report {
    pub(super) fn unreadable(sources: Sources, diagnostics: Diagnostics) -> Report {
        let (differences, unplaced) = (Vec::new(), Vec::new());
        let language = Language::Nginx;
        Report { sources, diagnostics, differences, counts: None, warnings: 0, unplaced, language }
    }

    pub(super) fn new(
        language: Language,
        (items, fates): (&[Item], &Fates),
        settled: Settled,
        sources: Sources,
    ) -> Report {
        let mut gathered = Gathered { language, fates, became: BTreeMap::new(), all: Vec::new() };
        gathered.items(items, false, Became::Same);
        let counted = |wanted| gathered.became.values().filter(|it| **it == wanted).count();
        let counts = Counts {
            same: counted(Became::Same),
            different: counted(Became::Different),
            lost: counted(Became::Lost),
        };
        Report {
            sources,
            diagnostics: lost(fates),
            differences: gathered.all,
            counts: Some(counts),
            warnings: settled.warnings,
            unplaced: settled.unplaced,
            language,
        }
    }

    /// How many directives mean the same, mean a little else, and are lost; `None` if the conf could
    /// not be read.
    pub fn counts(&self) -> Option<Counts> {
        self.counts
    }

    /// Whether what was written compiles, and nothing was lost.
    pub fn is_whole(&self) -> bool {
        self.compiles() && self.counts.is_some_and(|counts| counts.lost == 0)
    }

    /// Whether what was written compiles.
    pub fn compiles(&self) -> bool {
        self.counts.is_some() && self.unplaced.is_empty()
    }

    /// What is lost, each with its place in what was imported.
    pub fn lost(&self) -> Vec<&Diagnostic> {
        self.diagnostics.sorted()
    }

    /// All of it, as a terminal shows it.
    pub fn render(&self, color: bool) -> String {
        let mut text = self.diagnostics.render(&self.sources, color);
        let Some(counts) = self.counts else {
            let closing = self.diagnostics.closing(&self.sources, color).unwrap_or_default();
            return format!("{}\n\n{closing}\n", text.trim_end());
        };
        if !self.differences.is_empty() {
            text += if text.is_empty() { "" } else { "\n" };
            let _ = writeln!(text, "different from {}:", self.language.server());
            self.differences.iter().for_each(|it| self.difference(it, &mut text));
        }
        text += if text.is_empty() { "" } else { "\n" };
        for message in &self.unplaced {
            text += &titled(
                Severity::Error,
                &format!("what is left does not compile: {message}"),
                color,
            );
            text.push('\n');
        }
        let name = self.sources.iter().next().map_or("", |(_, source)| &source.name);
        let Counts { same, different, lost } = counts;
        let said = format!("`{name}`: {same} the same, {different} different, {lost} left out");
        let severity = if self.is_whole() { Severity::Lint } else { Severity::Error };
        match severity {
            Severity::Error => text += &titled(severity, &said, color),
            _ => text += &said,
        }
        text.push('\n');
        if self.warnings > 0 {
            let findings = if self.warnings == 1 { "warning" } else { "warnings" };
            let _ = writeln!(text, "`sitec check` has {} {findings} about it", self.warnings);
        }
        text
    }

    fn difference(&self, difference: &Difference, text: &mut String) {
        let Difference { name, how, places } = difference;
        let shown = places.iter().take(MOST_PLACES).map(|place| self.sources.place(*place));
        let mut shown = shown.collect::<Vec<_>>().join(", ");
        if places.len() > MOST_PLACES {
            let _ = write!(shown, " and {} more", places.len() - MOST_PLACES);
        }
        let _ = writeln!(text, "  `{name}` at {shown}");
        for line in wrapped(how, WIDTH).lines() {
            let _ = writeln!(text, "      {line}");
        }
    }
}

/// What is told of the nodes of a tree.
struct Gathered<'a> {
    language: Language,
    fates: &'a Fates,
    /// By the place in what is imported: one directive of another server may be several here.
    became: BTreeMap<Span, Became>,
    all: Vec<Difference>,
}

impl Gathered<'_> {
    fn items(&mut self, items: &[Item], is_table: bool, around: Became) {
        for item in items {
            let Item::Node(node) = item else { continue };
            let own = self.node(node, is_table, around);
            if let Body::Block(items) = &node.body {
                let row = directive::find(&node.name);
                let is_table = row.is_some_and(|row| row.form == Form::Table)
                    || matches!(&node.name[..], "map" | "geo" | "split_clients" | "charset_map");
                let inner = if own == Became::Lost { own } else { around };
                self.items(items, is_table, inner);
            }
        }
    }

    fn node(&mut self, node: &Node, is_table: bool, around: Became) -> Became {
        let fate = self.fates.of(node.id);
        let (became, how) = match fate {
            Some(Fate::Lost(_)) => (Became::Lost, None),
            _ if around == Became::Lost => (Became::Lost, None),
            Some(Fate::Different(how)) => (Became::Different, Some(how.clone())),
            Some(Fate::Needless(why)) => {
                (Became::Different, Some(format!("Left out, and nothing is lost: {why}.")))
            }
            None => match self.differs(node, is_table) {
                Some(how) => (Became::Different, Some(how)),
                None => (Became::Same, None),
            },
        };
        // Lines of a table are part of it, unless one of them is lost.
        let counts = !is_table || fate.is_some();
        if let Some(origin) = node.origin.filter(|_| counts) {
            let known = self.became.entry(origin).or_insert(became);
            *known = became.max(*known);
        }
        if let Some(how) = how {
            self.note(node, how);
        }
        became
    }

    /// What the reference says of a directive that nginx has, too.
    fn differs(&self, node: &Node, is_table: bool) -> Option<String> {
        if self.language != Language::Nginx || is_table || matches!(node.body, Body::Block(_)) {
            return None;
        }
        let differs = directive::find(&node.name)?.difference_in_use();
        (!differs.is_empty()).then_some(differs)
    }

    fn note(&mut self, node: &Node, how: String) {
        let known = self.all.iter_mut().find(|it| it.name == node.name && it.how == how);
        let place = node.origin.or_else(|| first_origin(node)).unwrap_or_default();
        match known {
            Some(known) => known.places.push(place),
            None => {
                self.all.push(Difference { name: node.name.clone(), how, places: vec![place] });
            }
        }
    }
}

/// The place of the first directive within a node that stands in what is imported.
fn first_origin(node: &Node) -> Option<Span> {
    let Body::Block(items) = &node.body else { return None };
    items.iter().find_map(|item| match item {
        Item::Node(inner) => inner.origin.or_else(|| first_origin(inner)),
        Item::Comment { .. } => None,
    })
}

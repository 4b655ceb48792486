//! What the compiler knows as what the protocol has for it.

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Diagnostic, DiagnosticSeverity,
    DocumentSymbol, InsertTextFormat, NumberOrString, Range, SymbolKind, TextEdit,
};
use serde_json::json;
use similar::{DiffOp, TextDiff};
use sitec_compiler::diagnostic::Severity;
use sitec_compiler::directive::NameKind;
use sitec_compiler::editor::{Completion, Finding, Item, ItemKind, Lines, Of, Position, Unnamable};
use sitec_compiler::source::{Source, Span};

pub(super) fn from_position(position: lsp_types::Position) -> Position {
    Position { line: position.line, column: position.character }
}

fn to_position(position: Position) -> lsp_types::Position {
    lsp_types::Position { line: position.line, character: position.column }
}

/// A file's text as the editor counts in it.
pub(super) struct View<'a> {
    text: &'a str,
    lines: Lines<'a>,
    /// Characters of the first line that the editor has and the compiler has not: a byte order mark.
    mark: u32,
}

impl<'a> View<'a> {
    /// The view of a file, which the editor has as `open`, if it has it.
    pub(super) fn new(source: &'a Source, open: Option<&str>) -> View<'a> {
        let mark = open.is_some_and(|text| text.starts_with('\u{FEFF}'));
        View { text: &source.text, lines: Lines::new(&source.text), mark: u32::from(mark) }
    }

    pub(super) fn offset(&self, position: lsp_types::Position) -> usize {
        let mut position = from_position(position);
        if position.line == 0 {
            position.column = position.column.saturating_sub(self.mark);
        }
        self.lines.offset(position)
    }

    fn position(&self, offset: usize) -> lsp_types::Position {
        let mut position = self.lines.position(offset);
        if position.line == 0 {
            position.column += self.mark;
        }
        to_position(position)
    }

    pub(super) fn range(&self, span: Span) -> Range {
        self.bytes(span.start as usize..span.end as usize)
    }

    pub(super) fn bytes(&self, range: std::ops::Range<usize>) -> Range {
        Range { start: self.position(range.start), end: self.position(range.end) }
    }

    /// The changes that make another text of this one, line by line.
    pub(super) fn edits_to(&self, new: &str) -> Vec<TextEdit> {
        let old_lines: Vec<_> = self.text.split_inclusive('\n').collect();
        let new_lines: Vec<_> = new.split_inclusive('\n').collect();
        let place = |line: usize| match line < old_lines.len() {
            true => lsp_types::Position { line: line as u32, character: 0 },
            false => self.position(self.text.len()),
        };
        let diff = TextDiff::from_slices(&old_lines, &new_lines);
        let changed = diff.ops().iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
        let edits = changed.map(|op| TextEdit {
            range: Range { start: place(op.old_range().start), end: place(op.old_range().end) },
            new_text: new_lines[op.new_range()].concat(),
        });
        edits.collect()
    }
}

/// A finding without the places of others.
pub(super) fn diagnostic(finding: &Finding, range: Range) -> Diagnostic {
    let found = &finding.diagnostic;
    Diagnostic {
        range,
        severity: Some(match found.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Lint => DiagnosticSeverity::INFORMATION,
        }),
        code: Some(NumberOrString::String(found.code.to_owned())),
        source: Some("sitec".to_owned()),
        message: finding.text.clone(),
        ..Diagnostic::default()
    }
}

/// A completion, the `index`th of all; as a snippet where the editor takes such.
pub(super) fn completion(
    completion: &Completion,
    index: usize,
    view: &View<'_>,
    snippets: bool,
) -> CompletionItem {
    let Completion { text, of, detail, replaces, ends_line, has_parameters, is_line } = completion;
    let is_directive = of.is_directive();
    let snippet = (snippets && *ends_line && is_directive).then(|| {
        let parameters = if *has_parameters { " $1" } else { "" };
        match of {
            Of::Block => format!("{text}{parameters} {{\n\t$0\n}}"),
            _ => format!("{text}{parameters};"),
        }
    });
    let is_snippet = snippet.is_some();
    let new_text = snippet.unwrap_or_else(|| text.clone());
    let edit = TextEdit { range: view.bytes(replaces.clone()), new_text };
    // A param is written in braces, whether they were begun or not.
    let typed = &view.text[replaces.clone()];
    let filter =
        (text.starts_with("${") && !typed.starts_with("${")).then(|| text.replace("${", "$"));
    CompletionItem {
        label: text.clone(),
        kind: Some(match of {
            Of::Simple => CompletionItemKind::PROPERTY,
            Of::Block => CompletionItemKind::MODULE,
            Of::Keyword => CompletionItemKind::ENUM_MEMBER,
            Of::Variable => CompletionItemKind::VARIABLE,
            Of::Name(_) => CompletionItemKind::REFERENCE,
            Of::Check => CompletionItemKind::CONSTANT,
        }),
        detail: (!detail.is_empty()).then(|| detail.clone()),
        sort_text: (!is_directive).then(|| format!("{index:04}")),
        filter_text: filter,
        insert_text_format: is_snippet.then_some(InsertTextFormat::SNIPPET),
        text_edit: Some(CompletionTextEdit::Edit(edit)),
        data: (!matches!(of, Of::Keyword | Of::Name(_))).then(|| json!([text, is_line])),
        ..CompletionItem::default()
    }
}

/// A part of a file, with its own parts.
pub(super) fn symbol(item: &Item, view: &View<'_>) -> DocumentSymbol {
    let children: Vec<_> = item.items.iter().map(|item| symbol(item, view)).collect();
    // The field is deprecated and has to be named.
    #[allow(deprecated)]
    DocumentSymbol {
        name: item.name.clone(),
        detail: (!item.detail.is_empty()).then(|| item.detail.clone()),
        kind: match item.kind {
            ItemKind::Block => SymbolKind::NAMESPACE,
            ItemKind::Named(NameKind::Variable) => SymbolKind::VARIABLE,
            ItemKind::Named(NameKind::Param) => SymbolKind::CONSTANT,
            ItemKind::Named(_) => SymbolKind::OBJECT,
        },
        tags: None,
        deprecated: None,
        range: view.range(item.span),
        selection_range: view.range(item.head),
        children: (!children.is_empty()).then_some(children),
    }
}

/// Why a name cannot be replaced.
pub(super) fn unnamable(why: &Unnamable, new: &str) -> String {
    match why {
        Unnamable::NotOfTheConf => "nothing in this conf gives a name here".to_owned(),
        Unnamable::Malformed(kind) => format!("`{new}` cannot be the name of a {}", kind.noun()),
        Unnamable::Taken(kind) => format!("there is a {} `{new}` already", kind.noun()),
    }
}

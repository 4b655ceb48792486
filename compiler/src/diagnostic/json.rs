//! Diagnostics for programs, as docs/diagnostics.md describes them.

use serde_json::{Value, json};

use super::{Diagnostics, Label, Severity};
use crate::catalogue;
use crate::source::{Sources, Span};

/// The version of the format: raised when a field changes its meaning or goes.
const VERSION: u32 = 1;

/// What was found in some confs, as one JSON document that ends in a line break.
pub fn json(found: &[(&Diagnostics, &Sources)]) -> String {
    let mut diagnostics = Vec::new();
    let mut counts = [Severity::Error, Severity::Warning, Severity::Lint].map(|kind| (kind, 0));
    for (list, sources) in found {
        for diagnostic in list.sorted() {
            let count = counts.iter_mut().find(|(kind, _)| *kind == diagnostic.severity);
            count.into_iter().for_each(|(_, count)| *count += 1);
            diagnostics.push(entry(diagnostic, sources));
        }
    }
    let [errors, warnings, lints] = counts.map(|(_, count)| count);
    let document = json!({
        "version": VERSION,
        "errors": errors,
        "warnings": warnings,
        "lints": lints,
        "diagnostics": diagnostics,
    });
    format!("{document:#}\n")
}

fn entry(diagnostic: &super::Diagnostic, sources: &Sources) -> Value {
    let secondary = diagnostic.secondary.iter().map(|label| labelled(label, sources));
    let repeats = diagnostic.repeats.iter().map(|repeat| {
        let mut place = place(repeat.primary.span, sources);
        place["label"] = json!(repeat.message);
        place["helps"] = helps(repeat, sources);
        place
    });
    json!({
        "code": diagnostic.code,
        "name": catalogue::find(diagnostic.code).map(|check| check.name),
        "severity": diagnostic.severity.to_string(),
        "message": diagnostic.message,
        "primary": labelled(&diagnostic.primary, sources),
        "secondary": secondary.chain(repeats).collect::<Vec<_>>(),
        "helps": helps(diagnostic, sources),
        "notes": diagnostic.notes,
    })
}

fn helps(diagnostic: &super::Diagnostic, sources: &Sources) -> Value {
    let helps = diagnostic.helps.iter().map(|help| {
        let patch = help.patch.as_ref().map(|(span, replacement)| {
            let mut patch = place(*span, sources);
            patch["replacement"] = json!(replacement);
            patch
        });
        json!({ "text": help.text, "patch": patch })
    });
    helps.collect()
}

fn labelled(label: &Label, sources: &Sources) -> Value {
    let mut place = place(label.span, sources);
    place["label"] = json!(label.text);
    place
}

fn place(span: Span, sources: &Sources) -> Value {
    let file = sources.file(span.file);
    let point = |at: u32| {
        let (line, column) = sources.line_column(Span { start: at, end: at, ..span });
        json!({ "byte": file.mark_len + at, "line": line, "column": column })
    };
    json!({
        "file": file.name,
        "start": point(span.start),
        "end": point(span.end),
    })
}

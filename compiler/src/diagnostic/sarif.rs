//! Diagnostics as SARIF 2.1.0, which code hosts and editors show.

#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use super::{Diagnostic, Diagnostics, Help, Label, Severity};
use crate::catalogue::{self, Check};
use crate::source::{FileId, Sources, Span};

/// What was found in some confs, as one log that ends in a line break.
pub fn sarif(found: &[(&Diagnostics, &Sources)]) -> String {
    let rules: Vec<_> = catalogue::all().map(rule).collect();
    let results = found.iter().flat_map(|(list, sources)| {
        list.sorted().into_iter().map(|diagnostic| result(diagnostic, sources))
    });
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "sitec",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    });
    format!("{log:#}\n")
}

fn rule(check: &Check) -> Value {
    let first = check.meaning.split_inclusive(". ").next().unwrap_or_default().trim_end();
    json!({
        "id": check.code,
        "name": check.name,
        "shortDescription": { "text": first },
        "fullDescription": { "text": check.meaning },
        "help": { "text": catalogue::explain(check), "markdown": catalogue::markdown(check) },
        "defaultConfiguration": { "level": level(check.severity) },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Lint => "note",
    }
}

fn result(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let helps = diagnostic.helps.iter().map(|help| format!("help: {}", help.text));
    let notes = diagnostic.notes.iter().map(|note| format!("note: {note}"));
    let text: Vec<_> = [diagnostic.message.clone()].into_iter().chain(helps).chain(notes).collect();
    let repeats = diagnostic.repeats.iter();
    let repeats =
        repeats.map(|repeat| Label { span: repeat.primary.span, text: repeat.message.clone() });
    let others = diagnostic.secondary.iter().cloned().chain(repeats);
    let related = others.enumerate().map(|(index, label)| {
        let mut related = location(&label, sources);
        related["id"] = json!(index + 1);
        related
    });
    let fixes = diagnostic.helps.iter().filter_map(|help| fix(help, &diagnostic.repeats, sources));
    let mut result = json!({
        "ruleId": diagnostic.code,
        "level": level(diagnostic.severity),
        "message": { "text": text.join("\n") },
        "locations": [location(&diagnostic.primary, sources)],
        "relatedLocations": related.collect::<Vec<_>>(),
        "fixes": fixes.collect::<Vec<_>>(),
    });
    if let Some(index) = catalogue::all().position(|check| check.code == diagnostic.code) {
        result["ruleIndex"] = json!(index);
    }
    result
}

fn location(label: &Label, sources: &Sources) -> Value {
    let mut location = json!({ "physicalLocation": {
        "artifactLocation": artifact(label.span.file, sources),
        "region": region(label.span, sources),
    }});
    if !label.text.is_empty() {
        location["message"] = json!({ "text": label.text });
    }
    location
}

/// What to type, here and wherever the same is wrong.
fn fix(help: &Help, repeats: &[Diagnostic], sources: &Sources) -> Option<Value> {
    help.patch.as_ref()?;
    let same = repeats.iter().flat_map(|repeat| &repeat.helps).filter(|h| h.text == help.text);
    let patches = [help].into_iter().chain(same).filter_map(|help| help.patch.as_ref());
    let changes = patches.map(|(span, replacement)| {
        json!({
            "artifactLocation": artifact(span.file, sources),
            "replacements": [{
                "deletedRegion": region(*span, sources),
                "insertedContent": { "text": replacement },
            }],
        })
    });
    let changes: Vec<_> = changes.collect();
    Some(json!({ "description": { "text": help.text }, "artifactChanges": changes }))
}

fn region(span: Span, sources: &Sources) -> Value {
    let end = Span { start: span.end, ..span };
    let [(line, column), (end_line, end_column)] =
        [span, end].map(|span| sources.line_column(span));
    json!({
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
    })
}

/// The file as a URI: relative to the working directory as it was named, else of the scheme `file`.
fn artifact(file: FileId, sources: &Sources) -> Value {
    let name = &sources.file(file).name;
    let mut uri = if name.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => uri += &format!("%{byte:02X}"),
        }
    }
    json!({ "uri": uri })
}

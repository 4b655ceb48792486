//! A log has what the standard demands, and nothing that it does not know: for all that is ever
//! said, since each check of the catalogue has a conf with its mistake.

use std::path::Path;

use serde_json::Value;

use super::sarif;
use crate::catalogue;
use crate::diagnostic::{Levels, Severity};
use crate::files::Memory;
use crate::{Compilation, compile_with};

/// What a value is to be.
enum Shape {
    Text,
    /// A text that may be empty.
    AnyText,
    /// A URI reference (RFC 3986) that is relative, or of the scheme `file`.
    Uri,
    /// A count from 1.
    Count,
    /// A place in the list of rules.
    Index,
    One(&'static [&'static str]),
    Object(&'static str),
    List(&'static str),
}

use Shape::{AnyText, Count, Index, List, Object, One, Text, Uri};

/// A property: its name, whether it must be there, and what it is.
type Property = (&'static str, bool, Shape);

/// The objects of SARIF 2.1.0, section 3, that logs have, with those of their properties that they
/// have. One that is demanded here and not by the standard is one that code hosts need.
const OBJECTS: &[(&str, &[Property])] = &[
    (
        "sarifLog",
        &[("$schema", true, Uri), ("version", true, One(&["2.1.0"])), ("runs", true, List("run"))],
    ),
    (
        "run",
        &[
            ("tool", true, Object("tool")),
            ("columnKind", true, One(&["unicodeCodePoints", "utf16CodeUnits"])),
            ("results", true, List("result")),
        ],
    ),
    ("tool", &[("driver", true, Object("toolComponent"))]),
    (
        "toolComponent",
        &[
            ("name", true, Text),
            ("version", false, Text),
            ("rules", true, List("reportingDescriptor")),
        ],
    ),
    (
        "reportingDescriptor",
        &[
            ("id", true, Text),
            ("name", true, Text),
            ("shortDescription", true, Object("multiformatMessageString")),
            ("fullDescription", true, Object("multiformatMessageString")),
            ("help", true, Object("multiformatMessageString")),
            ("defaultConfiguration", true, Object("reportingConfiguration")),
        ],
    ),
    ("multiformatMessageString", &[("text", true, Text), ("markdown", false, Text)]),
    ("reportingConfiguration", &[("level", true, One(LEVELS))]),
    (
        "result",
        &[
            ("ruleId", true, Text),
            ("ruleIndex", true, Index),
            ("level", true, One(LEVELS)),
            ("message", true, Object("message")),
            ("locations", true, List("location")),
            ("relatedLocations", false, List("location")),
            ("fixes", false, List("fix")),
        ],
    ),
    ("message", &[("text", true, Text)]),
    (
        "location",
        &[
            ("id", false, Count),
            ("physicalLocation", true, Object("physicalLocation")),
            ("message", false, Object("message")),
        ],
    ),
    (
        "physicalLocation",
        &[
            ("artifactLocation", true, Object("artifactLocation")),
            ("region", true, Object("region")),
        ],
    ),
    ("artifactLocation", &[("uri", true, Uri)]),
    (
        "region",
        &[
            ("startLine", true, Count),
            ("startColumn", true, Count),
            ("endLine", true, Count),
            ("endColumn", true, Count),
        ],
    ),
    (
        "fix",
        &[
            ("description", false, Object("message")),
            ("artifactChanges", true, List("artifactChange")),
        ],
    ),
    (
        "artifactChange",
        &[
            ("artifactLocation", true, Object("artifactLocation")),
            ("replacements", true, List("replacement")),
        ],
    ),
    (
        "replacement",
        &[
            ("deletedRegion", true, Object("region")),
            ("insertedContent", false, Object("artifactContent")),
        ],
    ),
    ("artifactContent", &[("text", true, AnyText)]),
];

const LEVELS: &[&str] = &["none", "note", "warning", "error"];

/// What is wrong with `value` as an object of this kind, each with where it is.
fn faults(value: &Value, kind: &str, path: &str, faults: &mut Vec<String>) {
    let (_, properties) = OBJECTS.iter().find(|(name, _)| *name == kind).expect(kind);
    let Some(object) = value.as_object() else { return faults.push(format!("{path}: no object")) };
    for (name, value) in object {
        let path = format!("{path}.{name}");
        match properties.iter().find(|(known, ..)| known == name) {
            Some((.., shape)) => fault(value, shape, &path, faults),
            None => faults.push(format!("{path}: unknown")),
        }
    }
    let missing = properties.iter().filter(|(name, must, _)| *must && !object.contains_key(*name));
    faults.extend(missing.map(|(name, ..)| format!("{path}: no `{name}`")));
}

fn fault(value: &Value, shape: &Shape, path: &str, list: &mut Vec<String>) {
    let text = value.as_str();
    let right = match shape {
        Object(kind) => return faults(value, kind, path, list),
        List(kind) => {
            let Some(values) = value.as_array() else {
                return list.push(format!("{path}: no list"));
            };
            for (index, value) in values.iter().enumerate() {
                faults(value, kind, &format!("{path}[{index}]"), list);
            }
            return;
        }
        Text => text.is_some_and(|text| !text.is_empty()),
        AnyText => text.is_some(),
        Uri => text.is_some_and(is_uri),
        Count => value.as_u64().is_some_and(|count| count > 0),
        Index => value.as_u64().is_some_and(|index| index < catalogue::all().count() as u64),
        One(words) => text.is_some_and(|text| words.contains(&text)),
    };
    if !right {
        list.push(format!("{path}: {value}"));
    }
}

fn is_uri(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~/%:".contains(c);
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    text.chars().all(allowed)
        && !text.starts_with('/')
        && scheme.is_none_or(|scheme| matches!(scheme, "file" | "https"))
}

fn log(compilations: &[Compilation]) -> Value {
    let found: Vec<_> = compilations.iter().map(|it| (&it.diagnostics, &it.sources)).collect();
    serde_json::from_str(&sarif(&found)).expect("it is JSON")
}

#[test]
fn a_log_is_what_the_standard_demands() {
    let compilations = catalogue::all().map(|check| {
        let levels = Levels { lints: check.severity == Severity::Lint, ..Levels::default() };
        let disk = catalogue::tests::disk(check, &check.bad_conf());
        compile_with(&disk, Path::new("site.conf"), levels)
    });
    let log = log(&compilations.collect::<Vec<_>>());
    let mut wrong = Vec::new();
    faults(&log, "sarifLog", "$", &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let run = &log["runs"][0];
    let results = run["results"].as_array().expect("a list");
    assert!(results.len() >= catalogue::all().count());
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("a number") as usize;
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    }
}

/// A text that is passed on has no links to pages beside it.
#[test]
fn rules_stand_alone() {
    let text = sarif(&[]);
    assert!(!text.contains("](README.md)") && text.contains("## Wrong"));
}

#[test]
fn files_are_uris() {
    let cases = [
        ("site.conf", "site.conf"),
        ("a b/ü#?.conf", "a%20b/%C3%BC%23%3F.conf"),
        ("/srv/a:b.conf", "file:///srv/a%3Ab.conf"),
    ];
    for (name, uri) in cases {
        let files = Memory::new([(name, "lsten 80;")]);
        let compilation = compile_with(&files, Path::new(name), Levels::default());
        let log = log(&[compilation]);
        let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], uri);
    }
}

/// What the test asks, it can deny.
#[test]
fn a_fault_is_found() {
    let text = sarif(&[]);
    for (from, to) in [
        ("\"2.1.0\"", "\"2.0.0\""),
        ("\"id\": \"Y01\"", "\"ids\": \"Y01\""),
        ("\"level\": \"warning\"", "\"level\": \"lint\""),
    ] {
        let log = serde_json::from_str(&text.replacen(from, to, 1)).expect("it is JSON");
        let mut wrong = Vec::new();
        faults(&log, "sarifLog", "$", &mut wrong);
        assert!(!wrong.is_empty(), "{from}");
    }
}

//! What programs are told.

use std::path::Path;

use serde_json::{Value, json};

use super::{Levels, json as to_json, sarif};
use crate::files::Memory;
use crate::{Compilation, compile_with};

const CONF: &str =
    "# é\nserver { listen 8080 default; root www; keepalive_requests 5; lsten 1; }\n";

fn compiled() -> Compilation {
    let files = Memory::new([("a b/site.conf", CONF), ("a b/www/index.html", "")]);
    let levels = Levels { lints: true, ..Levels::default() };
    compile_with(&files, Path::new("a b/site.conf"), levels)
}

#[test]
fn json_tells_all_of_a_diagnostic() {
    let compilation = compiled();
    let found = (&compilation.diagnostics, &compilation.sources);
    let document: Value = serde_json::from_str(&to_json(&[found, found])).unwrap();
    let counts = ["version", "errors", "warnings", "lints"].map(|name| &document[name]);
    assert_eq!(counts, [1, 2, 2, 2]);
    let list = document["diagnostics"].as_array().unwrap();
    let codes: Vec<_> = list.iter().map(|entry| entry["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["D13", "Z07", "D01", "D13", "Z07", "D01"]);
    let place = |extra: (&str, &str)| {
        let mut place = json!({
            "file": "a b/site.conf",
            "start": { "byte": 26, "line": 2, "column": 22 },
            "end": { "byte": 33, "line": 2, "column": 29 },
        });
        place[extra.0] = json!(extra.1);
        place
    };
    assert_eq!(
        list[0],
        json!({
            "code": "D13",
            "name": "deprecated-form",
            "severity": "warning",
            "message": "`default` is spelled `default_server` today",
            "primary": place(("label", "")),
            "secondary": [],
            "helps": [{
                "text": "write `default_server`",
                "patch": place(("replacement", "default_server")),
            }],
            "notes": [],
        })
    );
}

#[test]
fn bytes_are_counted_from_the_start_of_the_file() {
    let files = Memory::new([("site.conf", "\u{FEFF}é; server { listen 80; }")]);
    let compilation = compile_with(&files, Path::new("site.conf"), Levels::default());
    let text = to_json(&[(&compilation.diagnostics, &compilation.sources)]);
    let document: Value = serde_json::from_str(&text).unwrap();
    let primary = &document["diagnostics"][0]["primary"];
    assert_eq!(primary["start"], json!({ "byte": 3, "line": 1, "column": 1 }));
    assert_eq!(primary["end"], json!({ "byte": 5, "line": 1, "column": 2 }));
}

#[test]
fn sarif_names_rules_and_fixes() {
    let compilation = compiled();
    let text = sarif(&[(&compilation.diagnostics, &compilation.sources)]);
    let log: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), crate::catalogue::all().count());
    let results = run["results"].as_array().unwrap();
    let levels: Vec<_> = results.iter().map(|result| result["level"].as_str().unwrap()).collect();
    assert_eq!(levels, ["warning", "note", "error"]);
    for result in results {
        let index = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
    let region = json!({ "startLine": 2, "startColumn": 22, "endLine": 2, "endColumn": 29 });
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%20b/site.conf");
    assert_eq!(place["region"], region);
    let replacement = &results[0]["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["deletedRegion"], region);
    assert_eq!(replacement["insertedContent"]["text"], "default_server");
}

/// Where the same was found again, and what to type there.
#[test]
fn repeats_have_their_places_and_patches() {
    let conf = "server { listen 8080 default; }\nserver { listen 8081 default; image_filter on; }\n\
                server { listen 8082 default; pagespeed on; image_filter on; }";
    let files = Memory::new([("site.conf", conf)]);
    let compilation = compile_with(&files, Path::new("site.conf"), Levels::default());
    let found = [(&compilation.diagnostics, &compilation.sources)];
    let document: Value = serde_json::from_str(&to_json(&found)).unwrap();
    let list = document["diagnostics"].as_array().unwrap();
    assert_eq!((document["errors"].as_u64(), document["warnings"].as_u64()), (Some(1), Some(1)));
    let lines = |list: &Value| -> Vec<_> {
        let places = list.as_array().unwrap().iter();
        places.map(|place| place["start"]["line"].as_u64().unwrap()).collect()
    };
    assert_eq!(lines(&list[0]["secondary"]), [2, 3]);
    let second = &list[0]["secondary"][0];
    assert_eq!(second["label"], "`default` is spelled `default_server` today");
    assert_eq!(second["helps"][0]["patch"]["replacement"], "default_server");
    assert_eq!(second["helps"][0]["patch"]["start"]["line"], 2);
    assert_eq!(list[1]["secondary"][0]["label"], "nginx's `pagespeed` is not supported");
    assert_eq!(list[1]["notes"], json!(["the same holds for `pagespeed`"]));

    let log: Value = serde_json::from_str(&sarif(&found)).unwrap();
    let result = &log["runs"][0]["results"][0];
    let related = result["relatedLocations"].as_array().unwrap();
    let region = |place: &Value| place["physicalLocation"]["region"]["startLine"].as_u64();
    assert_eq!(related.iter().map(region).collect::<Vec<_>>(), [Some(2), Some(3)]);
    let changes = result["fixes"][0]["artifactChanges"].as_array().unwrap();
    let line = |change: &Value| change["replacements"][0]["deletedRegion"]["startLine"].as_u64();
    assert_eq!(changes.iter().map(line).collect::<Vec<_>>(), [Some(1), Some(2), Some(3)]);
}

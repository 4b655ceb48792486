//! The grammar by which editors colour a conf, in TextMate's format: written from the tables.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::directive::{self, Directive, Form};

/// The name that editors know the language by.
const SCOPE: &str = "source.sitec";

/// The text of the grammar.
pub fn textmate() -> String {
    let is_block = |row: &&Directive| row.form != Form::Simple;
    let blocks = alternatives(directive::all().filter(is_block).map(|row| row.name.to_owned()));
    let simple =
        alternatives(directive::all().filter(|row| !is_block(row)).map(|row| row.name.to_owned()));
    let keywords = directive::all().flat_map(Directive::keywords).map(|keyword| keyword.text);
    let is_word = |text: &String| text.ends_with(|char: char| char.is_ascii_alphanumeric());
    let keywords = alternatives(keywords.filter(|text| is_word(text) && !text.contains('=')));
    let keys = directive::all().flat_map(Directive::keywords).map(|keyword| keyword.text);
    let keys = alternatives(keys.filter_map(|text| Some(text.split_once('=')?.0.to_owned())));
    let directive = |names: &str, scope: &str| {
        json!({
            "begin": format!("(?<=^|[\\s;{{}}])({names})(?=[\\s;{{]|$)"),
            "beginCaptures": { "1": { "name": scope } },
            "end": "(?=[;{}])",
            "patterns": [{ "include": "#parameters" }],
        })
    };
    let grammar = json!({
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "site.conf",
        "scopeName": SCOPE,
        "comment": "Written from the tables of the compiler: see docs/contributing.md.",
        "patterns": [
            { "include": "#comment" },
            directive(&blocks, "keyword.control.sitec"),
            directive(&simple, "support.function.sitec"),
            { "include": "#parameters" },
            { "name": "punctuation.terminator.sitec", "match": ";" },
            { "name": "punctuation.section.block.sitec", "match": "[{}]" },
        ],
        "repository": {
            "comment": { "name": "comment.line.number-sign.sitec", "match": "(?<=^|[\\s;{}])#.*$" },
            "parameters": { "patterns": parameters(&keywords, &keys) },
            "variable": {
                "name": "variable.other.sitec",
                "match": "\\$(?:[A-Za-z0-9_]+|\\{[A-Za-z0-9_]+\\})",
            },
        },
    });
    format!("{grammar:#}\n")
}

fn parameters(keywords: &str, keys: &str) -> Vec<Value> {
    let string = |quote: &str, name: &str| {
        json!({
            "name": name,
            "begin": quote,
            "end": quote,
            "patterns": [
                { "name": "constant.character.escape.sitec", "match": "\\\\." },
                { "include": "#variable" },
            ],
        })
    };
    vec![
        json!({ "include": "#comment" }),
        string("\"", "string.quoted.double.sitec"),
        string("'", "string.quoted.single.sitec"),
        json!({ "include": "#variable" }),
        json!({
            "match": "(?<=\\s)(!?~\\*?|\\^~|=)\\s+([^\\s;{}]+)",
            "captures": {
                "1": { "name": "keyword.operator.sitec" },
                "2": { "name": "string.regexp.sitec" },
            },
        }),
        json!({ "name": "entity.name.function.sitec", "match": "(?<=\\s)@[^\\s;{}]+" }),
        json!({
            "match": format!("(?<=\\s)({keys})(=)"),
            "captures": {
                "1": { "name": "variable.parameter.sitec" },
                "2": { "name": "keyword.operator.sitec" },
            },
        }),
        json!({
            "name": "constant.language.sitec",
            "match": format!("(?<=[\\s=])({keywords})(?=[\\s;{{]|$)"),
        }),
        json!({
            "name": "constant.numeric.sitec",
            "match": "(?<=[\\s=:])[0-9]+(?:ms|[kKmMgGsmhdwMy]|r/[sm])?(?=[\\s;{]|$)",
        }),
    ]
}

/// Texts as the alternatives of a regex, the longest of those that begin alike first.
fn alternatives(texts: impl Iterator<Item = String>) -> String {
    let texts: BTreeSet<_> = texts.map(|text| regex_syntax::escape(&text)).collect();
    texts.into_iter().rev().collect::<Vec<_>>().join("|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grammar_is_fresh() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../editors/vscode/syntaxes/sitec.tmLanguage.json"
        );
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, textmate()).unwrap();
        }
        let grammar = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            grammar == textmate(),
            "{path} is stale: run `UPDATE=1 cargo test -p sitec-compiler --lib fresh`"
        );
    }

    #[test]
    fn the_extension_names_the_grammar() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../editors/vscode");
        let read = |name: &str| -> Value {
            let text = std::fs::read_to_string(format!("{folder}/{name}")).unwrap();
            serde_json::from_str(&text).unwrap()
        };
        let package = read("package.json");
        let contributes = &package["contributes"];
        assert_eq!(package["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(contributes["grammars"][0]["scopeName"], SCOPE);
        assert_eq!(contributes["grammars"][0]["language"], contributes["languages"][0]["id"]);
        let grammar = read(contributes["grammars"][0]["path"].as_str().unwrap());
        assert_eq!(grammar["scopeName"], SCOPE);
        read(contributes["languages"][0]["configuration"].as_str().unwrap());
        assert!(std::path::Path::new(folder).join(package["main"].as_str().unwrap()).is_file());
    }
}

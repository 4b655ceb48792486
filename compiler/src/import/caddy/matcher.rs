//! Which requests a directive is for: those of some paths.

use std::collections::BTreeMap;

use super::lines::Statement;
use crate::import::draft::escaped;

/// The paths that a directive is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Matcher {
    All,
    Paths(Vec<String>),
    /// Something else, in the words of the Caddyfile.
    Other(String),
}

/// Matchers by their names.
pub(super) type Named = BTreeMap<String, Matcher>;

/// What a definition (`@name …`) says.
pub(super) fn definition(statement: &Statement) -> Matcher {
    let inline: Vec<_> = statement.words[1..].to_vec();
    let parts = match &statement.block {
        Some(block) => {
            block.iter().filter(|it| !it.is_comment()).map(|it| it.words.clone()).collect()
        }
        None => vec![inline],
    };
    match &parts[..] {
        [one] => match one.split_first() {
            Some((kind, paths)) if kind == "path" && !paths.is_empty() => {
                Matcher::Paths(paths.to_vec())
            }
            _ => Matcher::Other(one.join(" ")),
        },
        _ => Matcher::Other(parts.iter().map(|it| it.join(" ")).collect::<Vec<_>>().join(", ")),
    }
}

/// Takes the matcher off the parameters of a directive.
pub(super) fn taken(words: &[String], named: &Named) -> (Matcher, Vec<String>) {
    match words.split_first() {
        Some((first, rest)) if first == "*" => (Matcher::All, rest.to_vec()),
        Some((first, rest)) if first.starts_with('/') => {
            (Matcher::Paths(vec![first.clone()]), rest.to_vec())
        }
        Some((first, rest)) if first.starts_with('@') => {
            let known = named.get(first).cloned();
            (known.unwrap_or_else(|| Matcher::Other(first.clone())), rest.to_vec())
        }
        _ => (Matcher::All, words.to_vec()),
    }
}

/// The parameters of the `location` for a path.
pub(super) fn location(path: &str) -> Vec<String> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    match path.strip_suffix('*') {
        None if !path.contains('*') => words(&["=", path]),
        Some(prefix) if !prefix.contains('*') && prefix.starts_with('/') => words(&["^~", prefix]),
        _ => words(&["~*", &regex(path)]),
    }
}

/// A regex for a path.
pub(super) fn regex(path: &str) -> String {
    let (inner, before) = match path.strip_prefix('*') {
        Some(rest) => (rest, ""),
        None => (path, "^"),
    };
    let (inner, after) = match inner.strip_suffix('*') {
        Some(rest) => (rest, ""),
        None => (inner, "$"),
    };
    let pieces = inner.split('*').map(escaped);
    format!("{before}{}{after}", pieces.collect::<Vec<_>>().join("[^/]*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (path, expected) in [
            ("/a", "= /a"),
            ("/a/*", "^~ /a/"),
            ("/a*", "^~ /a"),
            ("*.php", "~* \\.php$"),
            ("/a/*/b", "~* ^/a/[^/]*/b$"),
            ("*/x/*", "~* /x/"),
        ] {
            assert_eq!(location(path).join(" "), expected);
        }
    }
}

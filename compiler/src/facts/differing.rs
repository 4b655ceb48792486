//! Which facts of two locations differ.

use std::collections::HashSet;

use super::Fact;

/// What a location does: shown even where the other one has no such directive. Of other
/// directives, that would only say that it does something else.
const DEEDS: [&str; 8] = [
    "return",
    "try_files",
    "cgi_pass",
    "upload_store",
    "dav_methods",
    "stub_status",
    "root",
    "alias",
];

/// The facts that differ, with both values.
pub(crate) fn differing(was: &[Fact], becomes: &[Fact]) -> Vec<(&'static str, String, String)> {
    let value = |facts: &[Fact], name: &str| {
        facts.iter().find(|(other, _)| *other == name).map(|(_, value)| value.clone())
    };
    let new = becomes.iter().filter(|(name, _)| !was.iter().any(|(other, _)| other == name));
    let names = was.iter().chain(new).map(|(name, _)| *name);
    let differing = names.filter_map(|name| {
        let both = (value(was, name), value(becomes, name));
        let told = matches!(both, (Some(_), Some(_))) || DEEDS.contains(&name);
        let (was, becomes) = (both.0.unwrap_or_default(), both.1.unwrap_or_default());
        (told && was != becomes).then(|| with_less_alike(name, was, becomes))
    });
    differing.collect()
}

/// Values that are long lists, without what both have.
fn with_less_alike(
    name: &'static str,
    was: String,
    becomes: String,
) -> (&'static str, String, String) {
    const LONG: usize = 80;
    /// So many parts of a table are told.
    const MOST_PARTS: usize = 4;
    if was.len().max(becomes.len()) <= LONG {
        return (name, was, becomes);
    }
    let less = |text: &str, other: &str| {
        let others: HashSet<&str> = other.split(", ").collect();
        let own = text.split(", ").filter(|part| !others.contains(part));
        own.collect::<Vec<_>>().join(", ")
    };
    let shorter = (less(&was, &becomes), less(&becomes, &was));
    // Lists of the same in another order differ, too.
    let (was, becomes) = if shorter.0 == shorter.1 { (was, becomes) } else { shorter };
    if name != "types" {
        return (name, was, becomes);
    }
    let first = |text: String| match text.match_indices(", ").nth(MOST_PARTS - 1) {
        None => text,
        Some((end, _)) => {
            let more = text[end..].matches(", ").count();
            format!("{} and {more} more", &text[..end])
        }
    };
    (name, first(was), first(becomes))
}

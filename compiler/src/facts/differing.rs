//! Which facts of two locations differ.

use std::collections::HashSet;

use super::Fact;

/// The facts that differ, with both values. What a location does is told even where the other one
/// has no such directive; of other directives, that would only say that it does something else.
pub(crate) fn differing(was: &[Fact], becomes: &[Fact]) -> Vec<(&'static str, String, String)> {
    let find = |facts: &[Fact], name| facts.iter().find(|fact| fact.name == name).cloned();
    let new = becomes.iter().filter(|fact| find(was, fact.name).is_none());
    let differing = was.iter().chain(new).filter_map(|fact| {
        let name = fact.name;
        let told = match (find(was, name), find(becomes, name)) {
            (Some(was), Some(becomes)) => Some((was.value, becomes.value)),
            (Some(was), None) if was.is_action => Some((was.value, String::new())),
            (None, Some(becomes)) if becomes.is_action => Some((String::new(), becomes.value)),
            _ => None,
        };
        let (was, becomes) = told.filter(|(was, becomes)| was != becomes)?;
        Some(with_less_alike(name, was, becomes))
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

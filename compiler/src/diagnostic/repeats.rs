//! One mistake that was made several times, or one missing feature under several names: one
//! diagnostic, with its other places beneath it.

use std::collections::HashMap;

use super::{Diagnostic, Severity};
use crate::source::{Sources, Span};

/// The most different helps of one diagnostic.
const MOST_HELPS: usize = 5;
/// The most names that a note lists.
const MOST_NAMES: usize = 12;
/// The most repeats that are drawn.
const MOST_DRAWN: usize = 3;
/// The most lines that a note lists.
const MOST_LINES: usize = 12;

/// What two findings have in common that are the same.
#[derive(PartialEq, Eq, Hash)]
enum Kind<'a> {
    /// They are of one family.
    Family(&'a str),
    /// They say the same in the same words, and show the same other places.
    Words(Vec<&'a str>, Vec<Span>),
}

/// The findings of a run, in the order of their places, each kind once.
pub(super) fn gather(sorted: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut groups: Vec<usize> = Vec::with_capacity(sorted.len());
    let mut first: HashMap<(&str, Severity, Kind<'_>), usize> = HashMap::new();
    for diagnostic in &sorted {
        let key = (diagnostic.code, diagnostic.severity, kind(diagnostic));
        let count = first.len();
        groups.push(*first.entry(key).or_insert(count));
    }
    let mut gathered: Vec<Diagnostic> = Vec::with_capacity(first.len());
    for (diagnostic, group) in sorted.into_iter().zip(groups) {
        match gathered.get_mut(group) {
            Some(earlier) => earlier.repeats.push(diagnostic),
            None => gathered.push(diagnostic),
        }
    }
    gathered.into_iter().map(summed_up).collect()
}

fn kind(diagnostic: &Diagnostic) -> Kind<'_> {
    if let Some(family) = &diagnostic.family {
        return Kind::Family(&family.key);
    }
    let labels = [&diagnostic.primary].into_iter().chain(&diagnostic.secondary);
    let mut words = vec![&diagnostic.message[..]];
    words.extend(labels.map(|label| &label.text[..]));
    words.extend(diagnostic.helps.iter().map(|help| &help.text[..]));
    words.extend(diagnostic.notes.iter().map(|note| &note[..]));
    Kind::Words(words, diagnostic.secondary.iter().map(|label| label.span).collect())
}

/// A diagnostic that says for its repeats what they would have said.
fn summed_up(mut diagnostic: Diagnostic) -> Diagnostic {
    for repeat in &diagnostic.repeats {
        for help in &repeat.helps {
            let is_new = diagnostic.helps.iter().all(|known| known.text != help.text);
            if is_new && diagnostic.helps.len() < MOST_HELPS {
                diagnostic.helps.push(help.clone());
            }
        }
    }
    let names = names(&diagnostic);
    diagnostic.notes.extend(names);
    diagnostic
}

/// A diagnostic that was summed up, as it was before but for the helps of its repeats.
pub(super) fn alone(diagnostic: &Diagnostic) -> Diagnostic {
    let names = names(diagnostic);
    let mut alone = Diagnostic { repeats: Vec::new(), ..diagnostic.clone() };
    alone.notes.pop_if(|last| Some(&*last) == names.as_ref());
    alone
}

/// Which other names of a family are in the conf.
fn names(diagnostic: &Diagnostic) -> Option<String> {
    let own = &diagnostic.family.as_ref()?.member;
    let members =
        diagnostic.repeats.iter().filter_map(|repeat| Some(&repeat.family.as_ref()?.member));
    let mut counted: Vec<(&String, usize)> = Vec::new();
    for member in members.filter(|member| *member != own) {
        match counted.iter_mut().find(|(known, _)| *known == member) {
            Some((_, count)) => *count += 1,
            None => counted.push((member, 1)),
        }
    }
    let more = counted.len().checked_sub(MOST_NAMES).filter(|&more| more > 0);
    let shown = counted.iter().take(MOST_NAMES).map(|(name, count)| match count {
        1 => format!("`{name}`"),
        count => format!("`{name}` ({count} times)"),
    });
    let list: Vec<_> = shown.chain(more.map(|more| format!("{more} more"))).collect();
    (!list.is_empty()).then(|| format!("the same holds for {}", list.join(", ")))
}

impl Diagnostic {
    /// The repeats that are drawn where they are; the others are named by their lines.
    pub(super) fn drawn(&self) -> &[Diagnostic] {
        &self.repeats[..self.repeats.len().min(MOST_DRAWN)]
    }

    /// Where the repeats are that are not drawn: `and 5 times more: site.conf:10, 14, 20, …`.
    pub(super) fn elsewhere(&self, sources: &Sources) -> Option<String> {
        let others = &self.repeats[self.drawn().len()..];
        let mut lines: Vec<_> = others
            .iter()
            .map(|repeat| (repeat.primary.span.file, sources.line_column(repeat.primary.span).0))
            .collect();
        lines.dedup();
        let mut shown = String::new();
        let mut last = None;
        for &(file, line) in lines.iter().take(MOST_LINES) {
            shown += &match last == Some(file) {
                true => format!(", {line}"),
                false => format!("; {}:{line}", sources.file(file).name),
            };
            last = Some(file);
        }
        let end = if lines.len() > MOST_LINES { ", …" } else { "" };
        let times = if others.len() == 1 { "once" } else { &*format!("{} times", others.len()) };
        (!others.is_empty()).then(|| format!("and {times} more: {}{end}", &shown[2..]))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::diagnose;

    /// Code, line and lines beneath of all that is said about a conf.
    fn found(text: &str) -> Vec<(&'static str, usize, Vec<usize>)> {
        let (diagnostics, sources) = diagnose(text);
        let line = |diagnostic: &super::Diagnostic| sources.line_column(diagnostic.primary.span).0;
        let sorted = diagnostics.sorted().into_iter();
        sorted.map(|d| (d.code, line(d), d.repeats.iter().map(line).collect())).collect()
    }

    #[test]
    fn one_missing_feature_is_one_diagnostic() {
        let text = "image_filter on;\nimage_filter_buffer 1m;\nserver {\nredis2_pass x;\npagespeed on;\n\
                    redis2_query a b;\nredis2_query c d;\nlocation / { redis2_pass y; }\n}";
        assert_eq!(found(text), [("D02", 1, vec![2, 5]), ("D02", 4, vec![6, 7, 8])]);
        let (diagnostics, _) = diagnose(text);
        let proxying = diagnostics.sorted()[1];
        assert_eq!(proxying.notes, ["the same holds for `redis2_query` (2 times)"]);
        assert_eq!(proxying.helps.len(), 1);
    }

    #[test]
    fn one_mistake_is_one_diagnostic() {
        assert_eq!(found("lisen 1;\nlisen 2;\nserver { lisen 3; }"), [("D01", 1, vec![2, 3])]);
        let misplaced = "server {\nlocation /a { listen 1; }\nlocation /b { listen 2; }\n}";
        assert_eq!(found(misplaced), [("D04", 2, vec![3])]);
    }

    #[test]
    fn other_mistakes_stay_apart() {
        // Other words, other places beside them, or another block.
        assert_eq!(found("lisen 1;\nlsten 2;").len(), 2);
        assert_eq!(found("root a;\nroot b;\nserver {\nroot a;\nroot b;\n}").len(), 2);
        assert_eq!(found("server {\nserver { }\nlocation / { server { } }\n}").len(), 2);
        assert_eq!(found("image_filter on;\nauth_digest x;").len(), 2);
    }

    #[test]
    fn places_are_shown_up_to_a_bound() {
        let text = |count: usize| "image_filter on;\n".repeat(count);
        let rendered = |count: usize| {
            let (diagnostics, sources) = diagnose(&text(count));
            diagnostics.render(&sources, false)
        };
        assert_eq!(rendered(4).matches("and here").count(), 3);
        assert!(!rendered(4).contains("more:"));
        assert!(rendered(5).contains("note: and once more: site.conf:5\n"), "{}", rendered(5));
        let many =
            "note: and 496 times more: site.conf:5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, …\n";
        assert!(rendered(500).contains(many), "{}", rendered(500));
        assert_eq!(diagnose(&text(500)).0.summary(), "1 error");
    }
}

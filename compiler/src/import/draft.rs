//! A tree that is made of another language's directives.

use super::included::Texts;
use super::outcome::{Fate, Fates};
use super::tree::{Body, Item, Nodes};
use super::{Base, Read};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// What a directive that has no counterpart is told by: the code of names of other servers.
const CODE: &str = "D03";

/// Makes items, each of a place in what is imported.
pub(super) struct Draft<'a> {
    pub(super) base: &'a Base,
    pub(super) texts: Texts,
    /// How the server is called whose conf it is.
    pub(super) server: &'static str,
    nodes: Nodes,
    fates: Fates,
}

impl<'a> Draft<'a> {
    pub(super) fn new(server: &'static str, texts: Texts, base: &'a Base) -> Self {
        let (nodes, fates) = (Nodes::default(), Fates::default());
        Draft { base, texts, server, nodes, fates }
    }

    /// A place of the texts.
    pub(super) fn span(&self, range: std::ops::Range<usize>) -> Span {
        self.texts.span(range)
    }

    /// `NAME ARGS;`
    pub(super) fn simple(&mut self, origin: Span, words: &[&str]) -> Item {
        Item::Node(self.nodes.made(Some(origin), words, Body::None))
    }

    /// `NAME ARGS { … }`, counted as a directive of the conf that is imported.
    pub(super) fn block(&mut self, origin: Span, words: &[&str], items: Vec<Item>) -> Item {
        Item::Node(self.nodes.made(Some(origin), words, Body::Block(items)))
    }

    /// A block that stands nowhere in the conf that is imported.
    pub(super) fn around(&mut self, words: &[&str], items: Vec<Item>) -> Item {
        Item::Node(self.nodes.made(None, words, Body::Block(items)))
    }

    /// A directive that stands nowhere in the conf that is imported.
    pub(super) fn added(&mut self, words: &[&str]) -> Item {
        Item::Node(self.nodes.made(None, words, Body::None))
    }

    /// Says of an item how what it means is different.
    pub(super) fn differs(&mut self, item: Item, how: &str) -> Item {
        if let Item::Node(node) = &item {
            self.fates.set(node.id, Fate::Different(how.to_owned()));
        }
        item
    }

    /// A directive that is left out, and what to do.
    pub(super) fn lost(&mut self, origin: Span, name: &str, why: &str, help: &str) -> Item {
        let message = match why {
            "" => format!("{}'s `{name}` has no counterpart", self.server),
            why => why.to_owned(),
        };
        let header = self.texts.at(origin);
        // The first line is shown; what is in a block is told by its name.
        let line = header.lines().next().unwrap_or_default().trim_end().len() as u32;
        let shown = Span { end: origin.start + line, ..origin };
        let mut diagnostic = Diagnostic::error(CODE, shown, &message).family(&message, name);
        if !help.is_empty() {
            diagnostic = diagnostic.help(help);
        }
        let node = self.nodes.made(Some(origin), &[name], Body::None);
        self.fates.set(node.id, Fate::lost(diagnostic));
        Item::Node(node)
    }

    /// The same for what kept clients out: `deny all;` stands in its place.
    pub(super) fn lost_guard(
        &mut self,
        origin: Span,
        name: &str,
        why: &str,
        help: &str,
    ) -> Vec<Item> {
        let lost = self.lost(origin, name, why, help);
        vec![lost, self.added(&["deny", "all"])]
    }

    /// The same for what answered: a refusal stands in its place.
    pub(super) fn lost_handler(
        &mut self,
        origin: Span,
        name: &str,
        why: &str,
        help: &str,
    ) -> Vec<Item> {
        let lost = self.lost(origin, name, why, help);
        vec![lost, self.added(&["return", "501"])]
    }

    /// A directive that nothing need be said for.
    pub(super) fn needless(&mut self, origin: Span, name: &str, why: &str) -> Item {
        let node = self.nodes.made(Some(origin), &[name], Body::None);
        self.fates.set(node.id, Fate::Needless(why.to_owned()));
        Item::Node(node)
    }

    pub(super) fn end(self, items: Vec<Item>) -> Read {
        Read { items, nodes: self.nodes, fates: self.fates }
    }
}

/// A comment as it is written there.
pub(super) fn comment(text: &str, gap: bool) -> Item {
    Item::Comment { text: text.trim_end().to_owned(), gap }
}

/// Puts an empty line before an item, where there is one in what is imported.
pub(super) fn spaced(item: Option<&mut Item>, gap: bool) {
    if let Some(Item::Node(node)) = item {
        node.gap |= gap;
    }
}

/// A text as a regex that matches it alone.
pub(super) fn escaped(text: &str) -> String {
    regex_syntax::escape(text)
}

/// A pattern with `*` and `?` as a regex, whose `*` matches no slash if so said.
pub(super) fn of_pattern(pattern: &str, any: &str) -> String {
    let piece = |c: char| match c {
        '*' => any.to_owned(),
        '?' => "[^/]".to_owned(),
        _ => escaped(&c.to_string()),
    };
    pattern.chars().map(piece).collect()
}

/// The alternatives of a regex that stand in no group.
pub(super) fn alternatives(regex: &str) -> Vec<&str> {
    let (mut found, mut start, mut depth, mut in_class) = (Vec::new(), 0, 0_i32, false);
    let mut characters = regex.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => {
                characters.next();
            }
            '[' if !in_class => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => depth += 1,
            ')' if !in_class => depth -= 1,
            '|' if !in_class && depth == 0 => {
                found.push(&regex[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&regex[start..]);
    found
}

/// `access plus 1 month 2 days` or `A2592000`, as `expires` has it.
pub(super) fn duration(words: &[&str]) -> Option<String> {
    let text = words.join(" ").to_ascii_lowercase();
    let (modified, rest) = match text.split_at_checked(1)? {
        ("a", seconds) if seconds.parse::<u32>().is_ok() => return Some(format!("{seconds}s")),
        _ => {
            let base = text.split(' ').next()?;
            (
                base == "modification",
                text[base.len()..].trim().trim_start_matches("plus").trim().to_owned(),
            )
        }
    };
    let is_base = text.starts_with("access") || text.starts_with("now") || modified;
    let (mut seconds, mut words) = (0_u64, rest.split_whitespace());
    while let Some(number) = words.next() {
        let number: u64 = number.parse().ok()?;
        let unit = match words.next()?.trim_end_matches('s') {
            "year" => 31_536_000,
            "month" => 2_592_000,
            "week" => 604_800,
            "day" => 86_400,
            "hour" => 3_600,
            "minute" => 60,
            "second" => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(number.checked_mul(unit)?)?;
    }
    let days = seconds > 0 && seconds % 86_400 == 0;
    let time = if days { format!("{}d", seconds / 86_400) } else { format!("{seconds}s") };
    // A time that counts from the file's is two words, which `expires` of a map cannot have.
    (is_base && !modified).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, expected) in [
            ("access plus 1 month", Some("30d")),
            ("access 1 week 2 hours", Some("612000s")),
            ("now plus 30 seconds", Some("30s")),
            ("access plus 0 seconds", Some("0s")),
            ("A3600", Some("3600s")),
            ("modification plus 1 day", None),
            ("access plus one day", None),
            ("", None),
        ] {
            let words: Vec<_> = text.split_whitespace().collect();
            assert_eq!(duration(&words).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn regexes() {
        assert_eq!(alternatives("a|b(c|d)|[|]|\\|"), ["a", "b(c|d)", "[|]", "\\|"]);
        assert_eq!(alternatives(""), [""]);
        assert_eq!(of_pattern("*.ph?", "[^/]*"), "[^/]*\\.ph[^/]");
    }
}

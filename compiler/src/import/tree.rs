//! What is imported, as a tree of directives and comments that can be written again, whole or in
//! part.

use crate::source::{Sources, Span};

/// A directive or a comment, in the order of the text.
#[derive(Debug)]
pub(super) enum Item {
    Comment { text: String, gap: bool },
    Node(Node),
}

/// A directive.
#[derive(Debug)]
pub(super) struct Node {
    /// Its place among all of the tree: what became of it is noted by this number.
    pub(super) id: usize,
    /// From its name to its end, the block included, in what is imported; `None` for what stands
    /// nowhere there.
    pub(super) origin: Option<Span>,
    /// Its name.
    pub(super) name: String,
    /// Its name and parameters, as they are written.
    pub(super) header: String,
    /// Whether `header` is what stands at `origin`, byte for byte.
    pub(super) verbatim: bool,
    pub(super) body: Body,
    /// A comment behind it, on its line.
    pub(super) after: Option<String>,
    /// Whether an empty line is before it.
    pub(super) gap: bool,
}

#[derive(Debug)]
pub(super) enum Body {
    None,
    Block(Vec<Item>),
    /// A block in another language, with its braces.
    Verbatim(String),
}

/// Makes nodes, each with a number of its own.
#[derive(Default)]
pub(super) struct Nodes {
    count: usize,
}

impl Nodes {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    fn id(&mut self) -> usize {
        self.count += 1;
        self.count - 1
    }

    /// A directive whose header is text of the conf.
    pub(super) fn written(&mut self, origin: Span, name: String, header: &str, body: Body) -> Node {
        let (id, header) = (self.id(), header.to_owned());
        let origin = Some(origin);
        Node { id, origin, name, header, verbatim: true, body, after: None, gap: false }
    }

    /// A directive of these words.
    pub(super) fn made(&mut self, origin: Option<Span>, words: &[&str], body: Body) -> Node {
        let name = words.first().map_or(String::new(), |name| (*name).to_owned());
        let header = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
        Node { id: self.id(), origin, name, header, verbatim: false, body, after: None, gap: false }
    }
}

/// A word as a conf has it: in quotes, if it needs them.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| !c.is_whitespace() && !matches!(c, ';' | '{' | '}' | '"' | '\'');
    let escapes = |(at, _): (usize, &str)| {
        let next = word[at + 1..].chars().next();
        next.is_none_or(|next| matches!(next, '\\' | 't' | 'r' | 'n'))
    };
    let is_word = !word.is_empty() && !word.starts_with('#') && word.chars().all(is_plain);
    if is_word && !word.match_indices('\\').any(escapes) {
        return word.to_owned();
    }
    // A backslash before any other character stays where it is.
    let mut text = String::from("\"");
    let mut rest = word.chars().peekable();
    while let Some(character) = rest.next() {
        match (character, rest.peek()) {
            ('\\', None | Some('\\' | '"' | '\'' | 't' | 'r' | 'n')) => text.push_str("\\\\"),
            ('"', _) => text.push_str("\\\""),
            _ => text.push(character),
        }
    }
    text + "\""
}

/// What is written in place of a node or before it.
#[derive(Clone, Default)]
pub(super) struct Instead {
    /// The node stands as a comment, behind these words.
    pub(super) comment: Option<String>,
    /// A directive that takes its place.
    pub(super) closing: Option<&'static str>,
    /// Its header is this.
    pub(super) header: Option<String>,
    /// The codes of findings that the conf allows here.
    pub(super) allowed: Vec<&'static str>,
}

/// Where a node stands in what was written.
pub(super) struct Place {
    pub(super) id: usize,
    pub(super) start: u32,
    /// Behind its block.
    pub(super) end: u32,
}

/// The text of a tree, and where its nodes stand in it: those within others after them.
#[derive(Default)]
pub(super) struct Written {
    pub(super) text: String,
    pub(super) places: Vec<Place>,
}

const INDENT: &str = "    ";

impl Written {
    /// Writes all of `items`, each node as `instead` says for its number.
    pub(super) fn new(items: &[Item], instead: &[Instead], sources: &Sources) -> Written {
        let mut written = Written::default();
        written.items(items, 0, instead, sources);
        written
    }

    /// The innermost node at a byte of the text.
    pub(super) fn at(&self, byte: u32) -> Option<&Place> {
        self.places.iter().rev().find(|place| (place.start..=place.end).contains(&byte))
    }

    fn items(&mut self, items: &[Item], depth: usize, instead: &[Instead], sources: &Sources) {
        let mut closed: Vec<&str> = Vec::new();
        for item in items {
            match item {
                Item::Comment { text, gap } => {
                    self.gap(*gap);
                    self.line(depth, &format!("#{text}"));
                }
                Item::Node(node) => {
                    let mut how = instead.get(node.id).cloned().unwrap_or_default();
                    // One is enough for a block.
                    how.closing = how.closing.filter(|closing| !closed.contains(closing));
                    closed.extend(how.closing);
                    self.gap(node.gap);
                    self.node(node, depth, &how, (instead, sources));
                }
            }
        }
    }

    fn node(
        &mut self,
        node: &Node,
        depth: usize,
        how: &Instead,
        (instead, sources): (&[Instead], &Sources),
    ) {
        for code in &how.allowed {
            self.line(depth, &format!("# sitec: allow({code}) as it was before the import"));
        }
        if let Some(reason) = &how.comment {
            self.line(depth, &format!("# {reason}"));
            for line in original(node, sources) {
                self.line(depth, format!("#   {line}").trim_end());
            }
            if let Some(comment) = &node.after {
                self.line(depth, &format!("#   #{comment}"));
            }
            let start = self.text.len();
            if let Some(closing) = how.closing {
                self.line(depth, closing);
                self.places.push(Place {
                    id: node.id,
                    start: start as u32,
                    end: self.text.len() as u32,
                });
            }
            return;
        }
        self.text.push_str(&INDENT.repeat(depth));
        let start = self.text.len() as u32;
        self.text.push_str(how.header.as_ref().unwrap_or(&node.header));
        let index = self.places.len();
        self.places.push(Place { id: node.id, start, end: start });
        match &node.body {
            Body::None => self.text.push(';'),
            Body::Verbatim(text) => {
                self.text.push(' ');
                self.text.push_str(text);
            }
            Body::Block(items) => {
                self.text.push_str(" {\n");
                self.items(items, depth + 1, instead, sources);
                self.text.push_str(&INDENT.repeat(depth));
                self.text.push('}');
            }
        }
        self.places[index].end = self.text.len() as u32;
        if let Some(comment) = &node.after {
            self.text.push_str(&format!(" #{comment}"));
        }
        self.text.push('\n');
    }

    fn gap(&mut self, gap: bool) {
        if gap {
            self.text.push('\n');
        }
    }

    fn line(&mut self, depth: usize, text: &str) {
        self.text.push_str(&INDENT.repeat(depth));
        self.text.push_str(text);
        self.text.push('\n');
    }
}

/// The lines of a node as they stand in what is imported, with their indentation to each other.
fn original(node: &Node, sources: &Sources) -> Vec<String> {
    let Some(span) = node.origin else { return vec![node.header.clone()] };
    let text = &sources.file(span.file).text[span.start as usize..span.end as usize];
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let behind = text.lines().skip(1).filter(|line| !line.trim().is_empty());
    let least = behind.map(indent).min().unwrap_or(0);
    let cut = |(index, line): (usize, &str)| match index {
        0 => line.to_owned(),
        _ => line.get(least..).unwrap_or_default().to_owned(),
    };
    // Some characters end a line to a terminal, and not to `lines`.
    let plain = |line: String| line.trim_end().replace(|c: char| c.is_control() && c != '\t', " ");
    text.lines().enumerate().map(cut).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostics;
    use crate::parse;

    #[test]
    fn quoted_words_are_read_as_they_were() {
        for word in [
            "", "a", "a b", "#a", "a#b", "^/a{2};$", "\\.php$", "a\\", "\\\\", "\\n", "\"x\"", "'",
            "a'b", "x\\\"y", "$a", "${a}b", "\\d+ \\t", "\\d+", "\\.a\\", "\\\\.",
        ] {
            let text = format!("name {};", quoted(word));
            let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::default());
            let id = sources.add("x", text.as_bytes());
            let mut comments = Vec::new();
            let (directives, _) =
                parse::file(id, sources.file(id), &mut comments, &mut diagnostics);
            assert!(diagnostics.is_empty(), "{text}");
            assert_eq!(directives[0].args[0].shown(), word, "{text}");
        }
    }
}

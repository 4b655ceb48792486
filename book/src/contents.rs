//! The table of contents: `docs/SUMMARY.md`, a list of links under headings, which is also what
//! people read on a code host. Every page of the book is named there once, and its order is the
//! order of "back" and "next".

use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};

/// A heading of the table of contents, and the chapters under it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) title: String,
    pub(crate) chapters: Vec<Chapter>,
}

/// A line of it: what it is called there, and the path of its Markdown as the link has it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Chapter {
    pub(crate) title: String,
    pub(crate) link: String,
}

/// The parts of a table of contents. Chapters above the first heading of the second level are in
/// a part without a title.
pub(crate) fn parse(summary: &str) -> Vec<Part> {
    let mut parts = vec![Part { title: String::new(), chapters: Vec::new() }];
    let mut link = None;
    let mut text = String::new();
    for event in Parser::new(summary) {
        match event {
            Event::Start(Tag::Heading { .. }) => text.clear(),
            Event::Start(Tag::Link { dest_url, .. }) => {
                text.clear();
                link = Some(dest_url.to_string());
            }
            Event::Text(piece) | Event::Code(piece) => text.push_str(&piece),
            Event::End(TagEnd::Heading(HeadingLevel::H2)) => {
                parts.push(Part { title: text.clone(), chapters: Vec::new() });
            }
            Event::End(TagEnd::Link) => {
                let chapter = link.take().map(|link| Chapter { title: text.clone(), link });
                parts.last_mut().expect("one at least").chapters.extend(chapter);
            }
            _ => {}
        }
    }
    parts.retain(|part| !part.chapters.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_and_links_are_parts_and_chapters() {
        let parts =
            parse("# Contents\n\n- [Front](README.md)\n\n## Use\n\n- [`a` b](a.md)\n- [C](c/d.md)");
        let told: Vec<_> = parts
            .iter()
            .map(|part| {
                let chapters = part.chapters.iter().map(|it| (it.title.as_str(), it.link.as_str()));
                (part.title.as_str(), chapters.collect::<Vec<_>>())
            })
            .collect();
        let front = vec![("Front", "README.md")];
        assert_eq!(told, [("", front), ("Use", vec![("a b", "a.md"), ("C", "c/d.md")])]);
    }
}

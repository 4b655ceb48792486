//! Which pages there are, in their order, and which address each of them has.

use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag};

use crate::contents::{Chapter, Part};
use crate::outline::{Heading, cut, headings, slug};

/// Files that become a page for each of their headings of the second level.
const CUT: &[&str] = &["docs/directives.md"];

/// A file of Markdown.
pub(crate) struct Source {
    /// Its path in the repository: `docs/tls.md`.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) headings: Vec<Heading>,
}

impl Source {
    pub(crate) fn new(path: &str, text: String) -> Source {
        let headings = headings(&text);
        Source { path: path.to_owned(), text, headings }
    }
}

/// A page of the site: a file, or a piece of one.
pub(crate) struct Page {
    pub(crate) source: usize,
    /// The piece of the source's text, and of its headings.
    pub(crate) text: Range<usize>,
    pub(crate) headings: Range<usize>,
    /// By how many levels its headings are raised.
    pub(crate) up: u8,
    /// `/`, `/tls`, `/directives/`, `/directives/tls`.
    pub(crate) address: String,
    /// What links in the table of contents call it.
    pub(crate) title: String,
    /// The part of the table of contents.
    pub(crate) part: usize,
    /// The chapter that it is in, unless it is one.
    pub(crate) parent: Option<usize>,
    /// Whether the table of contents shows it.
    pub(crate) listed: bool,
}

impl Page {
    /// The file that its address is served from.
    pub(crate) fn file(&self) -> String {
        file_of(&self.address)
    }
}

/// The file that an address is served from.
fn file_of(address: &str) -> String {
    let path = &address[1..];
    match path.is_empty() || path.ends_with('/') {
        true => format!("{path}index.html"),
        false => format!("{path}.html"),
    }
}

/// The path in the repository that a link of a file leads to: `None` where it leads out of it.
pub(crate) fn joined(from: &str, link: &str) -> Option<String> {
    let mut parts: Vec<_> = from.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The address of a file's page. Files of the repository's own folder are about the project.
fn address(path: &str) -> String {
    let stem = path.strip_suffix(".md").unwrap_or(path);
    let Some(stem) = stem.strip_prefix("docs/") else {
        return format!("/project/{}", stem.to_lowercase());
    };
    if CUT.contains(&path) {
        return format!("/{stem}/");
    }
    match stem.strip_suffix("README") {
        Some(folder) => format!("/{folder}"),
        None => format!("/{stem}"),
    }
}

/// Where the table of contents lies, which links in it are relative to.
pub(crate) const SUMMARY: &str = "docs/SUMMARY.md";

/// The pages of a table of contents. `read` gives the text of a file by its path in the
/// repository.
///
/// A chapter that is the `README.md` of a folder within `docs` brings the pages of its folder to
/// which it leads.
///
/// # Errors
/// Chapters whose files are not there.
pub(crate) fn pages(
    parts: &[Part],
    read: &dyn Fn(&str) -> Option<String>,
) -> Result<(Vec<Source>, Vec<Page>), Vec<String>> {
    let mut pages = Pages { sources: Vec::new(), pages: Vec::new(), problems: Vec::new(), read };
    for (part, chapters) in parts.iter().enumerate() {
        for chapter in &chapters.chapters {
            pages.chapter(part, chapter);
        }
    }
    match pages.problems.is_empty() {
        true => Ok((pages.sources, pages.pages)),
        false => Err(pages.problems),
    }
}

struct Pages<'a> {
    sources: Vec<Source>,
    pages: Vec<Page>,
    problems: Vec<String>,
    read: &'a dyn Fn(&str) -> Option<String>,
}

impl Pages<'_> {
    fn chapter(&mut self, part: usize, chapter: &Chapter) {
        let Some(path) = joined(SUMMARY, &chapter.link) else { return self.missing(&chapter.link) };
        let Some(source) = self.source(&path) else { return self.missing(&chapter.link) };
        let parent = self.pages.len();
        let text = self.sources[source].text.clone();
        if CUT.contains(&path.as_str()) {
            return self.cut(part, chapter, source);
        }
        self.whole(source, &chapter.title, part, None);
        let folder = path.strip_suffix("README.md").filter(|folder| *folder != "docs/");
        for link in folder.map(|_| links(&text)).unwrap_or_default() {
            let Some(path) = joined(&path, &link) else { continue };
            let inside = folder.is_some_and(|folder| path.starts_with(folder));
            if inside && self.sources.iter().all(|source| source.path != path) {
                let Some(source) = self.source(&path) else { continue };
                let title = self.sources[source].headings.first().map(|it| it.text.clone());
                self.whole(source, &title.unwrap_or(path), part, Some(parent));
            }
        }
    }

    fn missing(&mut self, link: &str) {
        self.problems.push(format!("{SUMMARY}: there is no {link}"));
    }

    /// Reads a file that is not there yet.
    fn source(&mut self, path: &str) -> Option<usize> {
        if self.sources.iter().any(|source| source.path == path) {
            self.problems.push(format!("{SUMMARY}: {path} is there twice"));
        }
        self.sources.push(Source::new(path, (self.read)(path)?));
        Some(self.sources.len() - 1)
    }

    fn whole(&mut self, source: usize, title: &str, part: usize, parent: Option<usize>) {
        let Source { path, text, headings } = &self.sources[source];
        self.pages.push(Page {
            source,
            text: 0..text.len(),
            headings: 0..headings.len(),
            up: 0,
            address: address(path),
            title: title.to_owned(),
            part,
            parent,
            listed: parent.is_none(),
        });
    }

    fn cut(&mut self, part: usize, chapter: &Chapter, source: usize) {
        let Source { path, text, headings } = &self.sources[source];
        let chapter_page = self.pages.len();
        let chapter_address = address(path);
        for (number, text) in cut(text, headings).into_iter().enumerate() {
            let begins = |heading: &Heading| heading.range.start;
            let first = headings.partition_point(|heading| begins(heading) < text.start);
            let last = headings.partition_point(|heading| begins(heading) < text.end);
            let own = headings.get(first).map(|heading| heading.text.clone()).unwrap_or_default();
            let (title, address) = match number {
                0 => (chapter.title.clone(), chapter_address.clone()),
                _ => (own.clone(), format!("{chapter_address}{}", slug(&own))),
            };
            self.pages.push(Page {
                source,
                text,
                headings: first..last,
                up: if number == 0 { 0 } else { 1 },
                address,
                title,
                part,
                parent: (number > 0).then_some(chapter_page),
                listed: true,
            });
        }
    }
}

/// The links of a text, each once, without what follows a `#`.
fn links(text: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let targets = Parser::new_ext(text, crate::outline::MARKDOWN).filter_map(|event| match event {
        Event::Start(Tag::Link { dest_url, .. }) => Some(dest_url.to_string()),
        _ => None,
    });
    let files = targets.map(|target| target.split('#').next().unwrap_or_default().to_owned());
    files.filter(|file| file.ends_with(".md") && seen.insert(file.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contents::parse;

    fn files(path: &str) -> Option<String> {
        Some(
            match path {
                "docs/README.md" => "# Front\n\n[A](a.md)",
                "docs/a.md" => "# A",
                "docs/c/README.md" => "# C\n\n[two](two.md) [one](one.md#x) [A](../a.md)",
                "docs/c/one.md" => "# One",
                "docs/c/two.md" => "# Two\n\n[C](README.md)",
                "docs/directives.md" => "# All\n\n## B\n\n### b\n\n## C/D\n\n### c",
                "CHANGES.md" => "# Changes",
                _ => return None,
            }
            .to_owned(),
        )
    }

    #[test]
    fn pages_stand_in_the_order_of_the_contents() {
        let summary = "[F](README.md) [A](a.md)\n\n## P\n\n[C](c/README.md)\n\
                       [D](directives.md) [N](../CHANGES.md)";
        let (_, pages) = pages(&parse(summary), &files).unwrap_or_else(|_| panic!("all there"));
        let told: Vec<_> = pages.iter().map(|it| (it.file(), it.title.as_str(), it.part)).collect();
        let told: Vec<_> = told.iter().map(|it| (it.0.as_str(), it.1, it.2)).collect();
        assert_eq!(
            told,
            [
                ("index.html", "F", 0),
                ("a.html", "A", 0),
                ("c/index.html", "C", 1),
                ("c/two.html", "Two", 1),
                ("c/one.html", "One", 1),
                ("directives/index.html", "D", 1),
                ("directives/b.html", "B", 1),
                ("directives/cd.html", "C/D", 1),
                ("project/changes.html", "N", 1),
            ]
        );
        assert_eq!(pages[7].parent, Some(5));
        assert_eq!(pages[7].headings.len(), 2);
    }

    #[test]
    fn what_is_not_there_or_twice_is_told() {
        let problems = |summary: &str| pages(&parse(summary), &files).map(|_| ()).unwrap_err();
        assert_eq!(problems("[X](x.md)"), ["docs/SUMMARY.md: there is no x.md"]);
        let twice = problems("[A](a.md) [A](./a.md)");
        assert_eq!(twice, ["docs/SUMMARY.md: docs/a.md is there twice"]);
        assert_eq!(problems("[A](../../a.md)"), ["docs/SUMMARY.md: there is no ../../a.md"]);
    }

    #[test]
    fn links_are_relative_to_their_file() {
        let joined = |from, link| super::joined(from, link).unwrap_or_default();
        assert_eq!(joined("docs/a.md", "checks/X.md"), "docs/checks/X.md");
        assert_eq!(joined("docs/checks/X.md", "../a.md"), "docs/a.md");
        assert_eq!(joined("docs/a.md", "../B.md"), "B.md");
        assert_eq!(joined("B.md", "docs/a.md"), "docs/a.md");
        assert_eq!(super::joined("B.md", "../a.md"), None);
    }
}

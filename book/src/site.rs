//! From the texts of the sources to the files of the site.

use std::collections::{BTreeMap, BTreeSet};

use xxhash_rust::xxh3::xxh3_64;

use crate::contents::{self, Part};
use crate::outline::Heading;
use crate::pages::{self, Page, SUMMARY, Source, joined};
use crate::render::{Links, Rendered, render};
use crate::search::{Entry, index};
use crate::template::{escape, fill};
use crate::{PICTURES, THEME};

/// The texts of the sources by their path in the repository.
type Texts = BTreeMap<String, String>;

/// The page for what is not there, and how it is called.
const MISSING: (&str, &str) = ("404.html", "Not found");

/// The files of the site by their path, or all that is wrong with the sources.
pub(crate) fn build(texts: &Texts) -> Result<BTreeMap<String, Vec<u8>>, Vec<String>> {
    let summary = texts.get(SUMMARY).ok_or_else(|| vec![format!("there is no {SUMMARY}")])?;
    let parts = contents::parse(summary);
    let (sources, pages) = pages::pages(&parts, &|path| texts.get(path).cloned())?;
    let book = Pages::new(texts, parts, sources, pages);
    let mut problems = book.left_out(texts);
    let rendered: Vec<_> = (0..book.pages.len()).map(|number| book.render(number)).collect();
    for (page, rendered) in book.pages.iter().zip(&rendered) {
        let path = &book.sources[page.source].path;
        problems.extend(rendered.problems.iter().map(|problem| format!("{path}: {problem}")));
    }
    if !problems.is_empty() {
        return Err(problems);
    }

    let mut files = BTreeMap::new();
    let theme = |name: &str| {
        let text = texts.get(&format!("{THEME}/{name}"));
        text.ok_or_else(|| vec![format!("there is no {THEME}/{name}")])
    };
    let assets = Assets {
        style: asset(&mut files, "book.css", theme("book.css")?),
        script: asset(&mut files, "book.js", theme("book.js")?),
        icon: asset(&mut files, "icon.svg", theme("icon.svg")?),
        index: asset(&mut files, "search.json", &book.index(&rendered)),
    };
    for (path, text) in texts.iter().filter(|(path, _)| path.ends_with(".svg")) {
        if let Some(name) = path.strip_prefix(PICTURES) {
            files.insert(format!("pictures{name}"), text.clone().into_bytes());
        }
    }
    let template = theme("page.html")?;
    let fault = |fault| vec![format!("{THEME}/page.html: {fault}")];
    for (number, rendered) in rendered.iter().enumerate() {
        let html = book.page(number, rendered, &assets, template).map_err(fault)?;
        files.insert(book.pages[number].file(), html.into_bytes());
    }
    let (file, title) = MISSING;
    let rendered = Rendered { html: theme(file)?.clone(), ..Rendered::default() };
    let html = book.filled(None, title, &rendered, &assets, template).map_err(fault)?;
    files.insert(file.to_owned(), html.into_bytes());
    Ok(files)
}

/// The addresses of what all pages need.
struct Assets {
    style: String,
    script: String,
    icon: String,
    index: String,
}

/// Adds a file whose name holds a hash of its content, so that it may be kept for ever.
fn asset(files: &mut BTreeMap<String, Vec<u8>>, name: &str, content: &str) -> String {
    let (stem, extension) = name.split_once('.').unwrap_or((name, ""));
    let path = format!("assets/{stem}-{:016x}.{extension}", xxh3_64(content.as_bytes()));
    let address = format!("/{path}");
    files.insert(path, content.as_bytes().to_vec());
    address
}

struct Pages {
    parts: Vec<Part>,
    sources: Vec<Source>,
    pages: Vec<Page>,
    pictures: BTreeSet<String>,
    /// The addresses of directives' entries.
    directives: BTreeMap<String, String>,
}

impl Pages {
    fn new(texts: &Texts, parts: Vec<Part>, sources: Vec<Source>, pages: Vec<Page>) -> Pages {
        let pictures = texts.keys().filter(|path| path.starts_with(PICTURES)).cloned().collect();
        let mut book = Pages { parts, sources, pages, pictures, directives: BTreeMap::new() };
        let mut directives = BTreeMap::new();
        for source in book.sources.iter().filter(|source| source.path == "docs/directives.md") {
            for heading in source.headings.iter().filter(|heading| heading.level == 3) {
                // One that means something else in another block has its name and that.
                let name = heading.text.split(' ').next().unwrap_or_default();
                if let Ok(address) = book.address(source, &heading.anchor) {
                    directives.entry(name.to_owned()).or_insert(address);
                }
            }
        }
        book.directives = directives;
        book
    }

    /// Pages of `docs` that the table of contents does not have.
    fn left_out(&self, texts: &Texts) -> Vec<String> {
        let known: BTreeSet<_> = self.sources.iter().map(|source| source.path.as_str()).collect();
        let all = texts.keys().filter(|path| path.starts_with("docs/") && path.ends_with(".md"));
        let missing = all.filter(|path| *path != SUMMARY && !known.contains(path.as_str()));
        missing.map(|path| format!("{path} is not in {SUMMARY}: add a line for it")).collect()
    }

    fn headings(&self, page: &Page) -> &[Heading] {
        &self.sources[page.source].headings[page.headings.clone()]
    }

    fn render(&self, number: usize) -> Rendered {
        let page = &self.pages[number];
        let source = &self.sources[page.source];
        let links = Of { book: self, source };
        render(&source.text[page.text.clone()], self.headings(page), page.up, &links)
    }

    /// The address of a heading of a file; with an empty anchor, of the file.
    fn address(&self, source: &Source, anchor: &str) -> Result<String, String> {
        let mut own =
            self.pages.iter().filter(|page| self.sources[page.source].path == source.path);
        if anchor.is_empty() {
            return Ok(own.next().expect("a file has a page").address.clone());
        }
        let found = source.headings.iter().position(|heading| heading.anchor == anchor);
        let found = found.ok_or_else(|| format!("there is no `#{anchor}` in {}", source.path))?;
        let page = own.find(|page| page.headings.contains(&found)).expect("it is on a page");
        match found == page.headings.start {
            true => Ok(page.address.clone()),
            false => Ok(format!("{}#{anchor}", page.address)),
        }
    }

    fn index(&self, rendered: &[Rendered]) -> String {
        let entries = self.pages.iter().zip(rendered).map(|(page, rendered)| {
            let sections = self.headings(page).iter().zip(&rendered.texts);
            let sections = sections.enumerate().map(|(number, (heading, text))| {
                let anchor = if number == 0 { "" } else { heading.anchor.as_str() };
                (heading.text.as_str(), anchor, text.as_str())
            });
            Entry { title: &page.title, address: &page.address, sections: sections.collect() }
        });
        index(&entries.collect::<Vec<_>>())
    }

    fn page(
        &self,
        number: usize,
        rendered: &Rendered,
        assets: &Assets,
        template: &str,
    ) -> Result<String, String> {
        let title = self.headings(&self.pages[number]).first().map(|it| it.text.as_str());
        self.filled(Some(number), title.unwrap_or_default(), rendered, assets, template)
    }

    /// A whole page; that of 404 has no number.
    fn filled(
        &self,
        number: Option<usize>,
        title: &str,
        rendered: &Rendered,
        assets: &Assets,
        template: &str,
    ) -> Result<String, String> {
        let turn = |number: Option<usize>, rel: &str, word: &str| {
            let Some(page) = number.and_then(|number| self.pages.get(number)) else {
                return String::new();
            };
            let (address, title) = (escape(&page.address), escape(&page.title));
            format!(
                "<a class=\"{rel}\" rel=\"{rel}\" href=\"{address}\"><small>{word}</small> {title}</a>"
            )
        };
        let previous = turn(number.and_then(|number| number.checked_sub(1)), "prev", "Back");
        let next = turn(number.map(|number| number + 1), "next", "Next");
        let full_title = match number {
            Some(0) => escape(title),
            _ => format!("{} · sitec", escape(title)),
        };
        fill(
            template,
            &[
                ("title", &full_title),
                ("description", &escape(rendered.summary.trim())),
                ("style", &assets.style),
                ("script", &assets.script),
                ("icon", &assets.icon),
                ("index", &assets.index),
                ("contents", &self.contents(number)),
                ("crumbs", &number.map(|number| self.crumbs(number)).unwrap_or_default()),
                ("content", &rendered.html),
                ("on_this_page", &number.map(|it| self.on_this_page(it)).unwrap_or_default()),
                ("previous", &previous),
                ("next", &next),
            ],
        )
    }

    /// The table of contents: all chapters, and what is listed in the one that is open.
    fn contents(&self, current: Option<usize>) -> String {
        let mut html = String::new();
        let open = current.map(|number| self.pages[number].parent.unwrap_or(number));
        let listed = |parent| {
            let pages = self.pages.iter().enumerate();
            pages.filter(move |(_, page)| page.listed && page.parent == parent)
        };
        for (part, heading) in self.parts.iter().enumerate() {
            if !heading.title.is_empty() {
                html.push_str(&format!("<h2>{}</h2>\n", escape(&heading.title)));
            }
            html.push_str("<ul>\n");
            for (number, page) in listed(None).filter(|(_, page)| page.part == part) {
                html.push_str(&format!(
                    "<li>{}",
                    entry(page, current == Some(number), open == Some(number))
                ));
                let within: Vec<_> = listed(Some(number)).collect();
                if open == Some(number) && !within.is_empty() {
                    html.push_str("\n<ul>\n");
                    for (number, page) in within {
                        html.push_str(&format!(
                            "<li>{}</li>\n",
                            entry(page, current == Some(number), false)
                        ));
                    }
                    html.push_str("</ul>\n");
                }
                html.push_str("</li>\n");
            }
            html.push_str("</ul>\n");
        }
        html
    }

    /// The chapter that a page is in.
    fn crumbs(&self, number: usize) -> String {
        let Some(parent) = self.pages[number].parent else { return String::new() };
        let Page { address, title, .. } = &self.pages[parent];
        format!("<p class=\"crumbs\"><a href=\"{}\">{}</a></p>", escape(address), escape(title))
    }

    /// The headings of a page, where there are enough to choose from.
    fn on_this_page(&self, number: usize) -> String {
        let page = &self.pages[number];
        let headings = self.headings(page).iter().skip(1);
        let headings: Vec<_> = headings.filter(|it| it.level - page.up == 2).collect();
        if headings.len() < 2 {
            return String::new();
        }
        let links = headings.iter().map(|heading| {
            let (anchor, text) = (escape(&heading.anchor), escape(&heading.text));
            format!("<li><a href=\"#{anchor}\">{text}</a></li>\n")
        });
        format!("<h2>On this page</h2>\n<ul>\n{}</ul>\n", links.collect::<String>())
    }
}

/// A line of the table of contents.
fn entry(page: &Page, current: bool, open: bool) -> String {
    let mark = match (current, open) {
        (true, _) => " aria-current=\"page\"",
        (false, true) => " aria-current=\"true\"",
        (false, false) => "",
    };
    format!("<a href=\"{}\"{mark}>{}</a>", escape(&page.address), escape(&page.title))
}

/// The links of one file.
struct Of<'a> {
    book: &'a Pages,
    source: &'a Source,
}

impl Links for Of<'_> {
    fn resolve(&self, link: &str) -> Result<String, String> {
        if link.starts_with("https://")
            || link.starts_with("http://")
            || link.starts_with("mailto:")
        {
            return Ok(link.to_owned());
        }
        let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
        if file.is_empty() {
            return self.book.address(self.source, anchor);
        }
        let path = joined(&self.source.path, file);
        let path = path.ok_or_else(|| format!("`{link}` leads out of the repository"))?;
        if let Some(name) =
            path.strip_prefix(PICTURES).filter(|_| self.book.pictures.contains(&path))
        {
            return Ok(format!("/pictures{name}"));
        }
        // Each page shows the table of contents.
        if path == SUMMARY {
            return Ok("/".to_owned());
        }
        let source = self.book.sources.iter().find(|source| source.path == path);
        let source = source.ok_or_else(|| format!("`{link}` leads to no page of the book"))?;
        self.book.address(source, anchor)
    }

    fn directive(&self, name: &str) -> Option<String> {
        self.book.directives.get(name).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of a book with these pages, each in the table of contents but for `left.md`.
    fn problems(pages: &[(&str, &str)]) -> Vec<String> {
        let theme = ["book.css", "book.js", "icon.svg", "404.html", "page.html"];
        let mut texts: Texts =
            theme.iter().map(|name| (format!("{THEME}/{name}"), String::new())).collect();
        let listed = pages.iter().filter(|(name, _)| *name != "left.md");
        let summary = listed.map(|(name, _)| format!("- [{name}]({name})\n")).collect();
        texts.insert(SUMMARY.to_owned(), summary);
        for (name, text) in pages {
            texts.insert(format!("docs/{name}"), (*text).to_owned());
        }
        build(&texts).map(|_| ()).unwrap_err()
    }

    #[test]
    fn what_leads_nowhere_is_told() {
        for (text, problem) in [
            ("# A\n\n[x](b.md)", "docs/a.md: `b.md` leads to no page of the book"),
            ("# A\n\n[x](#b)", "docs/a.md: there is no `#b` in docs/a.md"),
            ("# A\n\n[x](a.md#b)", "docs/a.md: there is no `#b` in docs/a.md"),
            ("# A\n\n[x](../../b)", "docs/a.md: `../../b` leads out of the repository"),
            (
                "# A\n\n![x](pictures/b.svg)",
                "docs/a.md: `pictures/b.svg` leads to no page of the book",
            ),
            ("# A\n\n<b>x</b>", "docs/a.md: HTML in Markdown: `<b>`"),
        ] {
            assert_eq!(problems(&[("a.md", text)]).first().map(String::as_str), Some(problem));
        }
        let left = problems(&[("a.md", "# A"), ("left.md", "# Left")]);
        assert_eq!(left, ["docs/left.md is not in docs/SUMMARY.md: add a line for it"]);
        // The page of this theme has no holes to be filled.
        let fine = problems(&[("a.md", "# A\n\n[x](#a) [y](a.md) [z](https://example.test/#b)")]);
        assert!(fine[0].starts_with("sites/docs/theme/page.html: there is no `{{"), "{fine:?}");
    }
}

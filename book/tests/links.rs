//! The book as a browser gets it: every link within it leads somewhere, every anchor is there once,
//! and nothing is inline that its Content-Security-Policy forbids.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The HTML pages by their address.
fn pages(book: &sitec_book::Book) -> BTreeMap<String, String> {
    let files = book.files().iter().filter(|(name, _)| name.ends_with(".html"));
    files
        .map(|(name, content)| {
            let address = name.strip_suffix("index.html").or(name.strip_suffix(".html")).unwrap();
            (format!("/{address}"), String::from_utf8(content.clone()).unwrap())
        })
        .collect()
}

/// The values of an attribute.
fn values<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    page.split(start.as_str()).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0)).collect()
}

fn book() -> sitec_book::Book {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    sitec_book::read(&repository).unwrap_or_else(|problems| panic!("{}", problems.join("\n")))
}

#[test]
fn every_link_and_anchor_is_there() {
    let book = book();
    let pages = pages(&book);
    let (mut count, mut wrong) = (0, Vec::new());
    for (address, page) in &pages {
        let links = ["href", "src", "data-index"].map(|name| values(page, name));
        for link in links.iter().flatten().filter(|link| !link.contains("://")) {
            count += 1;
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let path = if path.is_empty() { address } else { path };
            let there = match pages.get(path) {
                Some(page) => anchor.is_empty() || values(page, "id").contains(&anchor),
                None => book.files().contains_key(path.trim_start_matches('/')),
            };
            if !there {
                wrong.push(format!("{address}: {link}"));
            }
        }
        let ids = values(page, "id");
        if ids.iter().collect::<BTreeSet<_>>().len() < ids.len() {
            wrong.push(format!("{address}: an id is there twice: {ids:?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(pages.len() > 200 && count > 5000, "{} pages, {count} links", pages.len());
}

#[test]
fn nothing_is_inline() {
    for (address, page) in pages(&book()) {
        // Code in a page is escaped, so that a tag is one of the page's own.
        for tag in page.split('<').skip(1).filter_map(|rest| Some(rest.split_once('>')?.0)) {
            // What is not within quotes: names.
            let names: String = tag.split('"').step_by(2).collect();
            assert!(!names.contains(" style=") && !names.contains(" on"), "{address}: {tag}");
            assert!(!tag.starts_with("style"), "{address}: {tag}");
            assert!(!tag.starts_with("script") || tag.contains(" src=\""), "{address}: {tag}");
        }
    }
}

/// What the search looks through has every directive under its own name.
#[test]
fn the_index_has_every_page() {
    let book = book();
    let index = book.files().iter().find(|(name, _)| name.starts_with("assets/search-"));
    let index: serde_json::Value = serde_json::from_slice(index.unwrap().1).unwrap();
    let entries = index.as_array().unwrap();
    let addresses: BTreeSet<_> = entries.iter().map(|it| it[1].as_str().unwrap()).collect();
    let known = pages(&book);
    let known: BTreeSet<_> = known.keys().map(String::as_str).filter(|it| *it != "/404").collect();
    assert_eq!(addresses, known);
    let headings = entries.iter().flat_map(|page| page[2].as_array().unwrap());
    let mut headings = headings.map(|section| section[0].as_str().unwrap());
    assert!(headings.any(|heading| heading == "try_files"));
}

/// A folder is brought up to date: what is right stays, what is wrong is written, the rest goes.
#[test]
fn writing_again_changes_nothing() {
    let folder = std::env::temp_dir().join(format!("sitec-book-{}", std::process::id()));
    let book = book();
    book.write(&folder).unwrap();
    let time = |name: &str| folder.join(name).metadata().unwrap().modified().unwrap();
    let written = (time("index.html"), time("checks"));
    std::fs::write(folder.join("tls.html"), "stale").unwrap();
    std::fs::write(folder.join("checks/old.html"), "gone").unwrap();
    book.write(&folder).unwrap();
    assert_eq!((time("index.html"), time("checks")), written);
    assert_eq!(std::fs::read(folder.join("tls.html")).unwrap(), book.files()["tls.html"]);
    assert!(!folder.join("checks/old.html").exists());
    std::fs::remove_dir_all(folder).unwrap();
}

//! An .htaccess of Apache: a server for the folder that it is in.

mod access;
mod lines;
mod rewrite;
mod section;
mod variables;

use super::Base;
use super::Read;
use super::draft::Draft;
use super::included::Texts;
use super::tree::Item;
use crate::source::FileId;
use section::Section;

/// What Apache runs by itself where its conf says so, and what must not be shown as a file.
const SCRIPTS: &str = r"\.(?:php\d?|phtml|phar)$";

/// Reads an .htaccess.
pub(super) fn read(file: FileId, text: &str, base: &Base) -> Read {
    let mut draft = Draft::new("Apache", Texts::of(file, text), base);
    let lines = lines::lines(text);
    let mut section = Section::new(true);
    section.lines(&lines, &mut draft);
    let mut items = section.end(&mut draft);
    if text.to_ascii_lowercase().contains("php") {
        let refused = draft.added(&["return", "501"]);
        let block = draft.around(&["location", "~*", SCRIPTS], vec![refused]);
        let how = "An .htaccess does not say who runs PHP: scripts are refused until a `fastcgi_pass` \
                   stands here in place of the `return`.";
        items.push(draft.differs(block, how));
    }
    let folder = draft.base.conf.to_string_lossy().into_owned();
    let root = draft.added(&["root", &folder]);
    let how = "An .htaccess is a part of a server: here it has one of its own, on port 80, for the folder \
               that it is in.";
    items.insert(0, root);
    let (outside, inside): (Vec<_>, Vec<_>) = items.into_iter().partition(is_map);
    let server = draft.around(&["server"], inside);
    let server = draft.differs(server, how);
    let items = outside.into_iter().chain([server]).collect();
    draft.end(items)
}

fn is_map(item: &Item) -> bool {
    matches!(item, Item::Node(node) if node.name == "map")
}

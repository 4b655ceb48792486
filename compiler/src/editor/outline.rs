//! What a file consists of: its blocks, and what it gives names to.

use super::place::Place;
use super::project::Project;
use crate::ast::Directive;
use crate::directive::{NameKind, Naming};
use crate::source::{FileId, Span};

/// A part of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// What it is called: `location /a/`.
    pub name: String,
    /// What else tells it from others: the names of a server.
    pub detail: String,
    /// What it is.
    pub kind: ItemKind,
    /// All of it.
    pub span: Span,
    /// From its name to its last parameter.
    pub head: Span,
    /// The parts that it has.
    pub items: Vec<Item>,
}

/// What a part of a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ItemKind {
    /// A block.
    Block,
    /// A directive that gives a name to something.
    Named(NameKind),
}

/// What tells servers from each other, the first that there is.
const SERVER_DETAILS: [&[u8]; 2] = [b"server_name", b"listen"];

impl Project {
    /// The parts of a file, as they stand in it.
    pub fn outline(&self, file: FileId) -> Vec<Item> {
        let written = self.draft.written.get(&file).map_or(&[][..], |written| &written[..]);
        items(written, self.base(file))
    }
}

fn items(directives: &[Directive], place: Place) -> Vec<Item> {
    directives.iter().filter_map(|directive| item(directive, place)).collect()
}

fn item(directive: &Directive, place: Place) -> Option<Item> {
    let row = place.inside.row(&directive.name);
    let mut names = row.map_or(&[][..], |row| row.names).iter();
    let named = names.find_map(|naming| match naming {
        Naming::Gives(kind, _) => Some(*kind),
        Naming::Uses(..) => None,
    });
    let kind = match (&directive.block, named) {
        (_, Some(kind)) if !directive.args.is_empty() && kind != NameKind::Location => {
            ItemKind::Named(kind)
        }
        (Some(_), _) => ItemKind::Block,
        (None, _) => return None,
    };
    let head = directive.span();
    let words = [&directive.name].into_iter().chain(&directive.args).map(|word| word.shown());
    let block = directive.block.as_ref();
    let inside = block.map_or(&[][..], |block| &block.directives);
    let detail = SERVER_DETAILS.iter().find_map(|name| {
        let found = inside.iter().find(|directive| directive.name.value == **name)?;
        let words: Vec<_> = found.args.iter().map(|word| word.shown()).collect();
        Some(words.join(" "))
    });
    Some(Item {
        name: words.collect::<Vec<_>>().join(" "),
        detail: detail.unwrap_or_default(),
        kind,
        span: block.map_or(head, |block| head.to(block.close)),
        head,
        items: items(inside, place.within(directive)),
    })
}

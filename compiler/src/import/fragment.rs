//! Parts of a conf that stand in a `server` or a `location`: packages ship such, to be included.
//! They get what they need around them.

use super::outcome::{Fate, Fates};
use super::tree::{Body, Item, Node, Nodes};
use crate::directive::{self, Context};

/// What may enclose the directives of a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Http,
    Server,
    Location,
}

/// The outermost place that a directive may have.
fn level(node: &Node) -> Option<Level> {
    let row = directive::find(&node.name)?;
    let may_stand = |context| row.contexts.contains(&context);
    [
        (Level::Http, [Context::Main, Context::Events, Context::Http]),
        (Level::Server, [Context::Server, Context::IfInServer, Context::Server]),
        (Level::Location, [Context::Location, Context::IfInLocation, Context::LimitExcept]),
    ]
    .into_iter()
    .find(|(_, contexts)| contexts.iter().any(|context| may_stand(*context)))
    .map(|(level, _)| level)
}

/// `items` as a whole conf: within a `server`, and a `location`, if they are part of one.
pub(super) fn completed(items: Vec<Item>, nodes: &mut Nodes, fates: &mut Fates) -> Vec<Item> {
    let of_items = items.iter().filter_map(|item| match item {
        Item::Node(node) => Some(level(node)?),
        Item::Comment { .. } => None,
    });
    let Some(deepest) = of_items.max().filter(|level| *level > Level::Http) else { return items };
    // A `location` among what belongs in one is part of the server around it.
    let is_server = items.iter().any(|item| match item {
        Item::Node(node) => level(node) == Some(Level::Server),
        Item::Comment { .. } => false,
    });
    let (mut outside, mut server, mut location) = (Vec::new(), Vec::new(), Vec::new());
    let mut comments: Vec<Item> = Vec::new();
    for item in items {
        let into = match &item {
            Item::Comment { .. } => {
                comments.push(item);
                continue;
            }
            Item::Node(node) => match (is_http_alone(node), level(node)) {
                (true, _) => &mut outside,
                (false, Some(Level::Location)) => &mut location,
                (false, _) if is_server || deepest == Level::Server => &mut server,
                (false, _) => &mut location,
            },
        };
        into.append(&mut comments);
        into.push(item);
    }
    if !location.is_empty() {
        let block = nodes.made(None, &["location", "/"], Body::Block(location));
        server.push(Item::Node(block));
    }
    server.append(&mut comments);
    let block = nodes.made(None, &["server"], Body::Block(server));
    let how = "What is imported is a part of a `server`: here it has one of its own, on port 80.";
    fates.set(block.id, Fate::Different(how.to_owned()));
    outside.push(Item::Node(block));
    outside
}

/// Whether a directive must stand outside of any server.
fn is_http_alone(node: &Node) -> bool {
    let row = directive::find(&node.name);
    row.is_some_and(|row| {
        !row.contexts.contains(&Context::Server) && !row.contexts.contains(&Context::Location)
    })
}

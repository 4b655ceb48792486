//! How large the files make the binary.

use std::collections::BTreeMap;
use std::path::Path;

use crate::diagnostic::Diagnostic;
use crate::ir::{Pack, PackKind, PackNode};
use crate::source::Span;

/// What is told, in bytes.
const LARGE_LEN: u64 = 64_000_000;

/// How many files are named.
const NAMED: usize = 10;

/// Says where much is embedded, and what.
pub(super) fn check(packs: &[Pack], spans: &[Span]) -> Option<Diagnostic> {
    // A file that is in several packs is in the binary once.
    let nodes = packs.iter().flat_map(|pack| &pack.nodes);
    let embedded = nodes.filter(|node| node.kind == PackKind::File);
    let files: BTreeMap<&Path, &PackNode> = embedded.map(|node| (&*node.source, node)).collect();
    let total = files.values().map(|node| node.len).sum::<u64>();
    if total < LARGE_LEN {
        return None;
    }
    let mut largest: Vec<_> = files.into_values().collect();
    largest.sort_by_key(|node| (std::cmp::Reverse(node.len), &node.path));
    let named = largest.iter().take(NAMED).map(|node| {
        format!("{} ({} MB)", String::from_utf8_lossy(&node.path), node.len.div_ceil(1_000_000))
    });
    let named = named.collect::<Vec<_>>().join(", ");
    let message = format!("{} MB of files become part of the binary", total / 1_000_000);
    let warning = Diagnostic::warning("F12", *spans.first()?, message)
        .note(format!("the largest: {named}"))
        .help(format!("leave some on the disk: `{} {{ embed off; }}`", location(&largest)));
    Some(warning)
}

/// A location that takes the largest file out, by its folder.
fn location(largest: &[&PackNode]) -> String {
    let path = largest.first().map_or(&b""[..], |node| &node.path);
    let folder = path.split(|&byte| byte == b'/').next().filter(|folder| folder.len() < path.len());
    match folder {
        Some(folder) => format!("location /{}/", String::from_utf8_lossy(folder)),
        None => format!("location = /{}", String::from_utf8_lossy(path)),
    }
}

//! Slips that nginx takes for what was meant, and the compiler refuses: how the directive is written so
//! that it means the same without the slip.

use super::tree::Node;
use crate::diagnostic::Diagnostic;

/// A directive as it is written instead, and what that changes.
pub(super) struct Repaired {
    pub(super) header: String,
    pub(super) how: &'static str,
}

/// What mends `error` at a node, if that is known.
pub(super) fn repaired(node: &Node, error: &Diagnostic) -> Option<Repaired> {
    match (error.code, &node.name[..]) {
        // The location ends without a slash.
        ("X01", "alias") => {
            let header = node.header.strip_suffix('/')?;
            let how = "Written without the slash at its end, which the location lacks: with it, a path \
                       may leave the folder.";
            (!header.ends_with(['/', ' ', '\t']))
                .then(|| Repaired { header: header.to_owned(), how })
        }
        _ => None,
    }
}

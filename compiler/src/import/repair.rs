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
        // The location ends in a slash.
        ("X01", "alias") => {
            let how = "Written with a slash at its end, which the location has: without it, no file \
                       is found.";
            Some(Repaired { header: format!("{}/", node.header), how })
        }
        _ => None,
    }
}

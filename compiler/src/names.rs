//! Names of directives that are not ours.

/// Whether nginx has a directive of this name.
pub(crate) fn is_nginx(_name: &str) -> bool {
    false
}

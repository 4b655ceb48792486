//! Which paths are hidden.

use super::Request;
use crate::files::path;
use crate::site::Text;

/// Whether the path is hidden, or what variables have put into `root` or `alias`.
pub(super) fn is_hidden(request: &Request<'_>, path: &[u8]) -> bool {
    let base = &request.variables.settings.base;
    if base.append_path && path::is_hidden(path) {
        return true;
    }
    let Text::Computed(_) = base.inner else { return false };
    let mut inner = Vec::new();
    base.inner.write(request.variables, &mut inner);
    if request.append_path {
        inner.extend_from_slice(path);
    }
    path::is_hidden(&inner)
}

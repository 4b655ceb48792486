//! Text to tree: reads a conf and all that it includes.

use std::path::{Path, PathBuf};

use crate::ast;
use crate::diagnostic::Diagnostics;
use crate::files::Files;
use crate::source::Sources;

/// Reads the conf at `path` and what it includes. `dependencies` gets every file that was
/// read or looked for and the folder of every pattern, the conf itself first. `None` if the
/// text is so broken that looking at its directives would only bring follow-up messages;
/// with `Some`, there may be errors in `diagnostics` all the same.
pub fn parse(
    _files: &dyn Files,
    _path: &Path,
    _sources: &mut Sources,
    _dependencies: &mut Vec<PathBuf>,
    _diagnostics: &mut Diagnostics,
) -> Option<ast::Conf> {
    None
}

//! Reads and compiles a conf that the user named, and shows what is wrong with it.

use std::io::{self, IsTerminal};
use std::path::Path;

use sitec_compiler::files::Disk;
use sitec_compiler::places::Places;
use sitec_compiler::source::Sources;
use sitec_compiler::{Compilation, compile, ir};

/// Compiles the conf at `path` and prints its diagnostics to standard error.
///
/// Errors: the file cannot be read. What is wrong inside it is in the result.
pub(crate) fn compile_and_show(path: &Path) -> io::Result<Compilation> {
    std::fs::read(path)?;
    let compilation = compile(&Disk, path);
    show(&compilation);
    Ok(compilation)
}

/// Prints what was found in a conf.
pub(crate) fn show(compilation: &Compilation) {
    let Compilation { diagnostics, sources, .. } = compilation;
    if let Some(closing) = diagnostics.closing(sources, color()) {
        let all = diagnostics.render(sources, color());
        eprintln!("{}\n\n{closing}", all.trim_end());
    }
}

/// A conf without errors.
pub(crate) struct Checked {
    pub(crate) site: ir::Site,
    pub(crate) places: Places,
    pub(crate) sources: Sources,
}

/// Compiles the conf at `path`; `None` if it is wrong, which has then been shown. Warnings are
/// not: whoever asks about a conf asks something else.
pub(crate) fn checked(path: &Path) -> Result<Option<Checked>, String> {
    std::fs::read(path).map_err(|error| unreadable(path, &error))?;
    let compilation = compile(&Disk, path);
    if compilation.site.is_none() {
        show(&compilation);
    }
    let Compilation { site, places, sources, .. } = compilation;
    Ok(site.map(|site| Checked { site, places, sources }))
}

/// What to say of a conf that cannot be read.
pub(crate) fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("cannot read `{}`: {error}", path.display())
}

/// Whether standard error is shown by something that knows colours (see no-color.org).
pub(crate) fn color() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !unwanted && io::stderr().is_terminal()
}

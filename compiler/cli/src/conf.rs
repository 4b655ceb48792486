//! Reads and compiles a conf that the user named, and shows what is wrong with it.

use std::io::{self, IsTerminal};
use std::path::Path;

use sitec_compiler::diagnostic::Severity;
use sitec_compiler::files::Disk;
use sitec_compiler::{Compilation, compile};

/// Compiles the conf at `path` and prints its diagnostics to standard error.
///
/// Errors: the file cannot be read. What is wrong inside it is in the result.
pub(crate) fn compile_and_show(path: &Path) -> io::Result<Compilation> {
    std::fs::read(path)?;
    let compilation = compile(&Disk, path);
    let diagnostics = &compilation.diagnostics;
    if !diagnostics.is_empty() {
        eprintln!("{}\n", diagnostics.render(&compilation.sources, color()).trim_end());
    }
    if let Some(summary) = summary(&compilation) {
        eprintln!("{summary}");
    }
    Ok(compilation)
}

/// What to say of a conf that cannot be read.
pub(crate) fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("cannot read `{}`: {error}", path.display())
}

/// Whether standard error is shown by something that knows colours (see no-color.org).
fn color() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !unwanted && io::stderr().is_terminal()
}

/// The last line: how much was found. Nothing for a clean conf.
fn summary(compilation: &Compilation) -> Option<String> {
    let diagnostics = compilation.diagnostics.sorted();
    let count = |severity| diagnostics.iter().filter(|d| d.severity == severity).count();
    let name = compilation.sources.iter().next().map_or("", |(_, source)| &source.name);
    match (count(Severity::Error), count(Severity::Warning)) {
        (0, 0) => None,
        (0, warnings) => Some(format!("warning: `{name}`: {}", plural(warnings, "warning"))),
        (errors, 0) => {
            Some(format!("error: `{name}` does not compile: {}", plural(errors, "error")))
        }
        (errors, warnings) => Some(format!(
            "error: `{name}` does not compile: {}, {}",
            plural(errors, "error"),
            plural(warnings, "warning")
        )),
    }
}

fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

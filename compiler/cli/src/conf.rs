//! Finds, reads and compiles the conf that the user means, and shows what is wrong with it.

use std::io::{self, ErrorKind, IsTerminal};
use std::path::{Path, PathBuf};

use crate::findings::Findings;
use clap::Args;
use clap::builder::{PathBufValueParser, TypedValueParser};
use sitec_compiler::diagnostic::Levels;
use sitec_compiler::files::Disk;
use sitec_compiler::map::Map;
use sitec_compiler::places::Places;
use sitec_compiler::source::Sources;
use sitec_compiler::{Compilation, compile, compile_with, ir};

/// The conf that is meant where none is named, and what it is called in a folder that is named.
pub(crate) const NAME: &str = "site.conf";

/// The conf of a command.
#[derive(Args)]
pub(crate) struct Named {
    /// A conf, or a folder with a site.conf
    #[arg(value_name = "FILE", default_value = NAME, value_parser = parser())]
    pub(crate) file: PathBuf,
}

/// Reads the name of a conf; that of a folder stands for the conf in it.
pub(crate) fn parser() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(within)
}

/// The conf that a path stands for.
pub(crate) fn within(path: PathBuf) -> PathBuf {
    match path.is_dir() {
        true if path == Path::new(".") => PathBuf::from(NAME),
        true => path.join(NAME),
        false => path,
    }
}

/// The confs that are named, or the one that is meant where none is.
pub(crate) fn or_default(files: &[PathBuf]) -> Vec<PathBuf> {
    match files {
        [] => vec![PathBuf::from(NAME)],
        _ => files.to_owned(),
    }
}

/// Compiles the conf at `path` and prints its diagnostics to standard error.
///
/// Errors: the file cannot be read. What is wrong inside it is in the result.
pub(crate) fn compile_and_show(path: &Path, levels: Levels) -> io::Result<Compilation> {
    std::fs::read(path)?;
    let compilation = compile_with(&Disk, path, levels);
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

/// Prints what was found in a conf, and where that is nothing, what was looked at.
pub(crate) fn show_or_praise(compilation: &Compilation) {
    show(compilation);
    if let Some(site) = &compilation.site
        && compilation.diagnostics.closing(&compilation.sources, false).is_none()
    {
        let name = compilation.sources.iter().next().map_or(NAME, |(_, source)| &*source.name);
        eprintln!("`{name}` is fine: {}", counts(site, &compilation.places, &compilation.sources));
    }
}

/// How much a conf says.
fn counts(site: &ir::Site, places: &Places, sources: &Sources) -> String {
    let (servers, locations) = Map::new(site, places, sources).counts();
    let count = |count: usize, noun: &str| match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    };
    let tests = places.expectations.len();
    let parts = [count(servers, "server"), count(locations, "location")];
    let tests = (tests > 0).then(|| count(tests, "expectation"));
    parts.into_iter().chain(tests).collect::<Vec<_>>().join(", ")
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

/// The same for what is to be built: warnings are shown, and findings are as they are asked for.
pub(crate) fn compiled(path: &Path, findings: &Findings) -> Result<Option<Checked>, String> {
    let compilation =
        compile_and_show(path, findings.levels()).map_err(|error| unreadable(path, &error))?;
    let Compilation { site, places, sources, .. } = compilation;
    Ok(site.map(|site| Checked { site, places, sources }))
}

/// What to say of a conf that cannot be read.
pub(crate) fn unreadable(path: &Path, error: &io::Error) -> String {
    if error.kind() == ErrorKind::NotFound && path == Path::new(NAME) {
        return format!(
            "there is no `{NAME}` in this folder: name a conf, or begin a site with `sitec new`"
        );
    }
    format!("cannot read `{}`: {error}", path.display())
}

/// Whether standard error is shown by something that knows colours.
pub(crate) fn color() -> bool {
    color_is_wanted() && io::stderr().is_terminal()
}

/// Whether the user has nothing against colours (see no-color.org).
pub(crate) fn color_is_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

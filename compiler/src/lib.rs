//! The site compiler: conf text in, diagnostics or the Rust text of one web server out.
//!
//! ```text
//! site.conf ─parse→ ast ─check→ ir ─route→ ir ─codegen→ Rust text
//!             └── diagnostics ──┘    (nothing past here can fail)
//! ```

#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};

pub mod answer;
pub mod assets;
pub mod ast;
mod audit;
pub mod automata;
pub mod bounds;
pub mod catalogue;
mod certificates;
pub mod check;
mod codegen;
pub mod diagnostic;
pub mod diff;
pub mod directive;
pub mod editor;
pub mod explain;
mod facts;
pub mod files;
pub mod format;
pub mod import;
pub mod ir;
pub mod map;
mod names;
pub mod needs;
pub mod operating;
pub mod parse;
pub mod picture;
pub mod places;
mod prove;
pub mod route;
#[cfg(test)]
mod sketch;
pub mod source;
mod suggest;
mod template;
#[cfg(test)]
mod testing;
pub mod value;
mod wording;
mod wrap;

use assets::Assets;
use diagnostic::{Diagnostics, Levels};
use files::Files;
use places::Places;
use source::Sources;

/// What came of compiling one conf.
pub struct Compilation {
    /// Every file that was read, for messages.
    pub sources: Sources,
    /// Everything that was found; an error means that `site` is `None`.
    pub diagnostics: Diagnostics,
    /// The files and directories that the result depends on, the conf itself first. Also
    /// those that were looked for and were not there.
    pub dependencies: Vec<PathBuf>,
    /// The resolved site.
    pub site: Option<ir::Site>,
    /// Where the conf says what the site numbers; empty without one.
    pub places: Places,
}

/// The Rust text of a site, and the tables that it includes.
pub struct Generated {
    /// A Rust source file. It defines `pub struct Conf` and its `impl Site`, and names only
    /// `::sitec_runtime`, the `blobs` and, where files are embedded, [`assets::FILE_NAME`].
    pub code: String,
    /// Files to stand beside it: name and content, included by `include_bytes!("NAME")`.
    pub blobs: Vec<(String, Vec<u8>)>,
    /// The features of the runtime that it needs.
    pub features: Vec<&'static str>,
}

/// Reads, parses and checks the conf at `path`; see [`compile_with`].
pub fn compile(files: &dyn Files, path: &Path) -> Compilation {
    compile_with(files, path, Levels::default())
}

/// Reads, parses and checks the conf at `path`, and says what `levels` ask for. Whatever a
/// phase finds fault with, the next one does not see, so that one run shows all mistakes and
/// none twice.
pub fn compile_with(files: &dyn Files, path: &Path, levels: Levels) -> Compilation {
    run(files, path, levels, audit::audit)
}

/// The phases in order; `audit` is the last one.
fn run(
    files: &dyn Files,
    path: &Path,
    levels: Levels,
    audit: fn(&audit::Subject<'_>, &mut Vec<PathBuf>, &mut Diagnostics),
) -> Compilation {
    let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new(levels));
    let mut dependencies = Vec::new();
    let conf = parse::parse(files, path, &mut sources, &mut dependencies, &mut diagnostics);
    let checked = conf.and_then(|mut conf| {
        diagnostics.allow(&conf, &sources);
        check::structure::check(&conf, &mut diagnostics);
        check::check_params(&conf, &mut diagnostics);
        let foreign = check::foreign_variables(&conf);
        check::prune(&mut conf, &diagnostics);
        let text = sources.text();
        let surroundings = check::Surroundings { path, files, text, foreign };
        let checked = check::check(&conf, surroundings, &mut dependencies, &mut diagnostics)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let (site, mut places) = checked;
        let subject = audit::Subject::new((&conf, &sources), (&site, &places), files, folder);
        audit(&subject, &mut dependencies, &mut diagnostics);
        places.unreachable = places.found(&diagnostics, audit::UNREACHABLE);
        Some((site, places))
    });
    diagnostics.finish();
    let checked = checked.filter(|_| !diagnostics.has_errors());
    let (site, places) =
        checked.map_or((None, Places::default()), |(site, places)| (Some(site), places));
    Compilation { sources, diagnostics, dependencies, site, places }
}

/// Generates the server of a checked site, whose embedded files were gathered to `assets`.
pub fn generate(site: &ir::Site, assets: &Assets) -> Generated {
    codegen::generate(site, assets)
}

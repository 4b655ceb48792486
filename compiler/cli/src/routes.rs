//! `sitec routes`: the whole map of a site.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use sitec_compiler::map::Map;

use crate::{conf, output};

/// Show the whole map of a site: servers, locations, and what each does
///
/// Locations stand in the order in which they are tried. `html` is one page that needs nothing
/// beside it: its search box tells which location takes a path.
#[derive(Args)]
pub(crate) struct Options {
    /// The conf
    file: PathBuf,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// How a map is shown.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people, as wide as the terminal
    Table,
    /// For programs
    Json,
    /// A graph in Graphviz's language
    Dot,
    /// A page with a search box
    Html,
}

/// Compiles the conf and prints its map.
pub(crate) fn routes(options: &Options) -> Result<ExitCode, String> {
    let Some(checked) = conf::checked(&options.file)? else { return Ok(ExitCode::FAILURE) };
    let map = Map::new(&checked.site, &checked.places, &checked.sources);
    output::print(&match options.format {
        Format::Table => map.table(output::width()),
        Format::Json => format!("{:#}\n", map.json()),
        Format::Dot => map.dot(),
        Format::Html => map.html(),
    })?;
    Ok(ExitCode::SUCCESS)
}

//! `sitec routes`: the whole map of a site.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use sitec_compiler::map::Map;

use crate::{conf, output};

/// Show the map of a site: its servers, their locations, and what each location does
///
/// Locations are listed in the order in which they are tried. `html` is one page that needs no
/// other file: its search box tells which location takes a path.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    conf: conf::Named,
    /// Choose how to show it
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
    /// A picture
    Svg,
    /// A page with a search box
    Html,
}

/// Compiles the conf and prints its map.
pub(crate) fn routes(options: &Options) -> Result<ExitCode, String> {
    let Some(checked) = conf::checked(&options.conf.file)? else { return Ok(ExitCode::FAILURE) };
    let map = Map::new(&checked.site, &checked.places, &checked.sources);
    output::print(&match options.format {
        Format::Table => map.table(output::width()),
        Format::Json => format!("{:#}\n", map.json()),
        Format::Dot => map.dot(),
        Format::Svg => map.svg(),
        Format::Html => map.html(),
    })?;
    Ok(ExitCode::SUCCESS)
}

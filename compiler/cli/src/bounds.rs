//! `sitec bounds`: what the server of a conf may need at most, and what it contains.

use std::process::ExitCode;
use std::thread;

use clap::{Args, ValueEnum};
use sitec_compiler::bounds;

use crate::{conf, output};

/// Show the most memory, descriptors and processes that a site's server may use
///
/// Shows which parts of the server its binary will contain, too.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    conf: conf::Named,
    /// Choose how to show it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// How bounds are shown.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Human,
    Json,
}

/// Compiles the conf and prints its bounds.
pub(crate) fn bounds(options: &Options) -> Result<ExitCode, String> {
    let Some(checked) = conf::checked(&options.conf.file)? else { return Ok(ExitCode::FAILURE) };
    let cpus = thread::available_parallelism().map_or(1, |cpus| cpus.get() as u64);
    let reckoned = bounds::reckon(&checked.site, &checked.places, &checked.sources, cpus);
    output::print(&match options.format {
        Format::Human => reckoned.text(),
        Format::Json => format!("{:#}\n", reckoned.json()),
    })?;
    Ok(ExitCode::SUCCESS)
}

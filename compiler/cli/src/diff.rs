//! `sitec diff`: the requests that two confs handle differently.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use sitec_compiler::diff::{Side, diff};

use crate::conf::{self, Checked};
use crate::output;

/// Show the requests that two confs handle differently
///
/// Each kind of request that a change of the conf affects is shown by an example. Exit status: 0
/// if all requests are handled alike, 1 if some are not, 2 if a conf has errors or cannot be read.
#[derive(Args)]
pub(crate) struct Options {
    /// The conf as it was, or its folder
    #[arg(value_parser = conf::parser())]
    old: PathBuf,
    /// The conf as it is now, or its folder
    #[arg(default_value = conf::NAME, value_parser = conf::parser())]
    new: PathBuf,
    /// Choose how to show it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// How differences are shown.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Human,
    Json,
}

/// The status where there is nothing to compare.
const UNREADABLE: u8 = 2;

/// Compiles both confs and prints what differs.
pub(crate) fn run(options: &Options) -> Result<ExitCode, String> {
    let Some((old, new)) = both(options) else { return Ok(ExitCode::from(UNREADABLE)) };
    let difference = diff(side(&old, &options.old), side(&new, &options.new));
    output::print(&match options.format {
        Format::Human => difference.text(),
        Format::Json => format!("{:#}\n", difference.json()),
    })?;
    Ok(ExitCode::from(u8::from(!difference.changes.is_empty())))
}

/// Both confs; what is wrong with one is shown, and does not hide what is wrong with the other.
fn both(options: &Options) -> Option<(Checked, Checked)> {
    let read = |path: &Path| {
        conf::checked(path).unwrap_or_else(|failure| {
            eprintln!("error: {failure}");
            None
        })
    };
    let (old, new) = (read(&options.old), read(&options.new));
    old.zip(new)
}

fn side<'a>(checked: &'a Checked, path: &'a Path) -> Side<'a> {
    let Checked { site, places, sources } = checked;
    Side { site, places, sources, folder: path.parent().unwrap_or(Path::new("")) }
}

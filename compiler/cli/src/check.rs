//! `sitec check`: says what is wrong with confs, and builds nothing.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::conf;

/// Some conf has errors.
const WRONG: u8 = 1;
/// Some conf could not be read.
const UNREADABLE: u8 = 2;

/// Say what is wrong with confs; build nothing
///
/// Exit status: 0 if they compile, with or without warnings; 1 if one has errors; 2 if one
/// could not be read.
#[derive(Args)]
pub(crate) struct Options {
    /// The confs
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Checks all files, and returns the worst that any of them came to.
pub(crate) fn check(options: &Options) -> ExitCode {
    let statuses = options.files.iter().map(|path| match conf::compile_and_show(path) {
        Ok(compilation) if compilation.site.is_some() => 0,
        Ok(_) => WRONG,
        Err(error) => {
            eprintln!("error: {}", conf::unreadable(path, &error));
            UNREADABLE
        }
    });
    ExitCode::from(statuses.max().unwrap_or(0))
}

//! `sitec fmt`: lays out confs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use sitec_compiler::format::format;

use crate::{carried, conf};

/// Lay out confs in one way
///
/// Four spaces for each block, one directive a line, at most one empty line; words and comments
/// stay as they are. Exit status: 0; with --check, 1 if a conf would change; 1 if one cannot be
/// read.
#[derive(Args)]
pub(crate) struct Options {
    /// The confs
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write nothing; name the confs that would change
    #[arg(long)]
    check: bool,
}

/// Formats all files.
pub(crate) fn fmt(options: &Options) -> ExitCode {
    let results = options.files.iter().map(|path| one(path, options.check));
    let failed = results.filter(|result| match result {
        Ok(settled) => !settled,
        Err(failure) => {
            eprintln!("{failure}");
            true
        }
    });
    if failed.count() > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Whether the file is laid out now.
fn one(path: &Path, check: bool) -> Result<bool, String> {
    let error = |error: std::io::Error| format!("error: {}", conf::unreadable(path, &error));
    let bytes = std::fs::read(path).map_err(error)?;
    let formatted = format(&path.to_string_lossy(), &bytes).map_err(|wrong| {
        wrong.diagnostics.render(&wrong.sources, conf::color()).trim_end().to_owned()
    })?;
    if check && formatted != bytes {
        eprintln!("`{}` is not laid out", path.display());
        return Ok(false);
    }
    carried::write(path, &formatted)
        .map_err(|error| format!("error: cannot write `{}`: {error}", path.display()))?;
    Ok(true)
}

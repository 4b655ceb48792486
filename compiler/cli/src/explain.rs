//! `sitec explain`: what a directive, a variable or a code means.

use std::process::ExitCode;

use clap::Args;
use sitec_compiler::explain;

use crate::output;

/// Explain a directive, a variable, or a finding of `sitec check`
///
/// Examples: `sitec explain root`, `sitec explain '$uri'`, `sitec explain K04`. The whole
/// reference is part of this command: no network is needed.
#[derive(Args)]
pub(crate) struct Options {
    /// A directive, a variable with its `$` (in quotes, for the shell), or the code or name of a
    /// check; without it, everything is listed
    word: Option<String>,
}

/// Prints what there is to tell about the word, or the list of all.
pub(crate) fn explain(options: &Options) -> Result<ExitCode, String> {
    output::print(&match &options.word {
        None => explain::index(),
        Some(word) => explain::explain(word)?,
    })?;
    Ok(ExitCode::SUCCESS)
}

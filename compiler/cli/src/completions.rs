//! `sitec completions` and `sitec man`: what shells and readers know of the command line,
//! written by the library that reads it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::{Arguments, output};

/// Print what a shell needs to complete sitec's command line
///
/// For bash: `sitec completions bash > /etc/bash_completion.d/sitec`.
#[derive(Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Print sitec's man page, or write all of them
#[derive(Args)]
pub(crate) struct Man {
    /// A folder that gets one page for each command
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints the completions of a shell.
pub(crate) fn completions(options: &Completions) -> Result<ExitCode, String> {
    let mut text = Vec::new();
    clap_complete::generate(options.shell, &mut Arguments::command(), "sitec", &mut text);
    output::print(&String::from_utf8_lossy(&text))?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the man page, or writes the pages to a folder.
pub(crate) fn man(options: &Man) -> Result<ExitCode, String> {
    let command = Arguments::command();
    match &options.out {
        Some(folder) => clap_mangen::generate_to(command, folder)
            .map_err(|error| format!("cannot write to `{}`: {error}", folder.display()))?,
        None => {
            let mut text = Vec::new();
            let page = clap_mangen::Man::new(command);
            page.render(&mut text).map_err(|error| error.to_string())?;
            output::print(&String::from_utf8_lossy(&text))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

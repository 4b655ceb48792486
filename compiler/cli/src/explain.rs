//! `sitec explain`: what a check means.

use std::fmt::Write;
use std::process::ExitCode;

use clap::Args;
use sitec_compiler::catalogue::{self, Check};

use crate::output;

/// Explain a finding of `sitec check`, with a conf that has it and one that has not
#[derive(Args)]
pub(crate) struct Options {
    /// Its code, such as K07, or its name; without it, all checks are listed
    code: Option<String>,
}

/// Prints the page of a check, or the list of all.
pub(crate) fn explain(options: &Options) -> Result<ExitCode, String> {
    let text = match &options.code {
        None => list(),
        Some(code) => {
            let check = catalogue::find(code);
            let check = check.ok_or_else(|| {
                format!("there is no check `{code}`: `sitec explain` lists all of them")
            })?;
            catalogue::explain(check)
        }
    };
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn list() -> String {
    let mut text = String::new();
    for group in catalogue::GROUPS {
        let _ = writeln!(text, "{}", group.title);
        for Check { code, name, severity, .. } in group.checks {
            let _ = writeln!(text, "  {code}  {:8} {name}", severity.to_string());
        }
    }
    text
}

//! `sitec run`: builds the server of a conf and becomes it.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use clap::Args;

use crate::build;
use crate::package::Profile;

/// Build the web server of a conf, and run it
#[derive(Args)]
pub(crate) struct Options {
    /// The conf
    file: PathBuf,
    #[command(flatten)]
    profile: Profile,
    /// What the server gets as its arguments
    #[arg(last = true)]
    args: Vec<OsString>,
}

/// Builds, and replaces this process, so that signals reach the server itself.
pub(crate) fn run(options: &Options) -> Result<ExitCode, String> {
    let Some(package) = build::compiled(&options.file)? else { return Ok(ExitCode::FAILURE) };
    let binary = package.build(options.profile, None)?;
    let error = Command::new(&binary).args(&options.args).exec();
    Err(format!("cannot run `{}`: {error}", binary.display()))
}

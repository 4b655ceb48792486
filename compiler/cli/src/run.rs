//! `sitec run`: builds the server of a conf and becomes it.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use clap::Args;

use crate::cargo_package::Profile;
use crate::findings::Findings;
use crate::{build, conf};

/// Build the web server of a conf, and run it
///
/// What stands after `--` goes to the server: `sitec run -- --set PORT=8081` sets a `param`, and
/// `sitec run -- --help` shows the server's own options.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    conf: conf::Named,
    #[command(flatten)]
    profile: Profile,
    #[command(flatten)]
    findings: Findings,
    /// Arguments for the server
    #[arg(last = true)]
    args: Vec<OsString>,
}

/// Builds, and replaces this process, so that signals reach the server itself.
pub(crate) fn run(options: &Options) -> Result<ExitCode, String> {
    let Some(package) = build::compiled(&options.conf.file, &options.findings)? else {
        return Ok(ExitCode::FAILURE);
    };
    let binary = package.build(options.profile, None)?;
    let error = Command::new(&binary).args(&options.args).exec();
    Err(format!("cannot run `{}`: {error}", binary.display()))
}

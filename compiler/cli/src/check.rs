//! `sitec check`: says what is wrong with confs, and builds nothing.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use clap::{Args, ValueEnum};
use sitec_compiler::diagnostic::{Levels, json, sarif};
use sitec_compiler::files::{Disk, Files, Sysroot};
use sitec_compiler::{Compilation, catalogue, compile_with};

use crate::watch::Watch;
use crate::{conf, output};

/// Some conf has errors.
const WRONG: u8 = 1;
/// Some conf could not be read.
const UNREADABLE: u8 = 2;

/// Say what is wrong with confs; build nothing
///
/// Exit status: 0 if they compile, with or without warnings; 1 if one has errors; 2 if one
/// could not be read. `sitec explain CODE` says more about a finding.
#[derive(Args)]
pub(crate) struct Options {
    /// The confs
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Findings that are errors: `warnings` for all warnings, or a code such as K04; may be
    /// given more than once
    #[arg(long, value_name = "CODE", value_parser = denied)]
    deny: Vec<Deny>,
    /// Findings that are not shown, by code; may be given more than once
    #[arg(long, value_name = "CODE", value_parser = code)]
    allow: Vec<&'static str>,
    /// Show lints too: what is right and could be better
    #[arg(long)]
    lints: bool,
    /// How to show findings: `human` and `short` on standard error, the others on standard
    /// output
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Go on, and check again whenever the confs or what they refer to change
    #[arg(long, conflicts_with = "format")]
    watch: bool,
    /// Look for absolute paths in the image that will run the site, which is in DIR
    #[arg(long, value_name = "DIR")]
    sysroot: Option<PathBuf>,
}

/// How findings are shown.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// With the lines that they are about
    Human,
    /// One line for each
    Short,
    /// One JSON document
    Json,
    /// A log in SARIF 2.1.0
    Sarif,
}

/// What `--deny` names.
#[derive(Clone, Copy)]
enum Deny {
    Warnings,
    Code(&'static str),
}

fn denied(text: &str) -> Result<Deny, String> {
    match text {
        "warnings" => Ok(Deny::Warnings),
        _ => code(text).map(Deny::Code),
    }
}

fn code(text: &str) -> Result<&'static str, String> {
    let check = catalogue::find(text);
    check.map(|check| check.code).ok_or_else(|| "`sitec explain` lists all checks".to_owned())
}

impl Options {
    fn levels(&self) -> Levels {
        let code = |deny: &Deny| match deny {
            Deny::Code(code) => Some(*code),
            Deny::Warnings => None,
        };
        Levels {
            lints: self.lints,
            deny_warnings: self.deny.iter().any(|deny| code(deny).is_none()),
            deny: self.deny.iter().filter_map(code).collect(),
            allow: self.allow.clone(),
        }
    }

    /// Compiles one conf, against the image if there is one.
    fn compile(&self, path: &Path) -> std::io::Result<Compilation> {
        std::fs::read(path)?;
        let sysroot = self.sysroot.as_ref().map(|root| Sysroot::new(root, path));
        let files: &dyn Files = match &sysroot {
            Some(sysroot) => sysroot,
            None => &Disk,
        };
        Ok(compile_with(files, path, self.levels()))
    }
}

/// Checks all files, and returns the worst that any of them came to. With `--watch`, does so
/// until it is ended.
pub(crate) fn check(options: &Options) -> Result<ExitCode, String> {
    if let Some(root) = options.sysroot.as_ref().filter(|root| !root.is_dir()) {
        eprintln!("error: there is no folder `{}`", root.display());
        return Ok(ExitCode::from(UNREADABLE));
    }
    loop {
        let (since, mut dependencies) = (SystemTime::now(), options.files.clone());
        let status = check_once(options, &mut dependencies)?;
        if !options.watch {
            return Ok(ExitCode::from(status));
        }
        let watch = Watch::new(dependencies, since);
        eprintln!("waiting for changes");
        watch.wait();
    }
}

/// Checks all files. What they depend on is added to `dependencies`.
fn check_once(options: &Options, dependencies: &mut Vec<PathBuf>) -> Result<u8, String> {
    let mut status = 0;
    let mut compilations = Vec::new();
    for path in &options.files {
        match options.compile(path) {
            Ok(compilation) => {
                dependencies.extend_from_slice(&compilation.dependencies);
                status = status.max(if compilation.site.is_some() { 0 } else { WRONG });
                match options.format {
                    Format::Human => conf::show(&compilation),
                    Format::Short => {
                        eprint!("{}", compilation.diagnostics.short(&compilation.sources));
                    }
                    Format::Json | Format::Sarif => compilations.push(compilation),
                }
            }
            Err(error) => {
                eprintln!("error: {}", conf::unreadable(path, &error));
                status = UNREADABLE;
            }
        }
    }
    let found: Vec<_> = compilations.iter().map(|c| (&c.diagnostics, &c.sources)).collect();
    match options.format {
        Format::Json => output::print(&json(&found))?,
        Format::Sarif => output::print(&sarif(&found))?,
        Format::Human | Format::Short => {}
    }
    Ok(status)
}

//! `sitec check`: says what is wrong with confs, and builds nothing.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use clap::{Args, ValueEnum};
use sitec_compiler::diagnostic::{json, sarif};
use sitec_compiler::files::{Disk, Files, Sysroot};
use sitec_compiler::{Compilation, compile_with, picture};

use crate::findings::Findings;
use crate::watch::Watch;
use crate::{conf, output};

/// Some conf has errors.
const WRONG: u8 = 1;
/// Some conf could not be read.
const UNREADABLE: u8 = 2;

/// Check confs for mistakes, without building anything
///
/// Exit status: 0 if all confs compile, with or without warnings; 1 if one has errors; 2 if one
/// cannot be read. `sitec explain CODE` says more about a finding.
#[derive(Args)]
pub(crate) struct Options {
    /// Confs, or folders with a site.conf [default: site.conf]
    #[arg(value_name = "FILE", value_parser = conf::parser())]
    files: Vec<PathBuf>,
    #[command(flatten)]
    findings: Findings,
    /// How to show findings: `human` and `short` go to standard error, the others to standard
    /// output
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Keep running, and check again whenever a conf or a file that it needs changes
    #[arg(long, conflicts_with = "format")]
    watch: bool,
    /// Look up absolute paths in DIR, the root of the image that will run the site
    #[arg(long, value_name = "DIR")]
    sysroot: Option<PathBuf>,
}

/// How findings are shown.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// With the lines of the conf that they are about
    Human,
    /// One line for each finding
    Short,
    /// One JSON document
    Json,
    /// A log in SARIF 2.1.0
    Sarif,
    /// A picture of what a terminal shows
    Svg,
}

impl Options {
    /// Compiles one conf, against the image if there is one.
    fn compile(&self, path: &Path) -> std::io::Result<Compilation> {
        std::fs::read(path)?;
        let sysroot = self.sysroot.as_ref().map(|root| Sysroot::new(root, path));
        let files: &dyn Files = match &sysroot {
            Some(sysroot) => sysroot,
            None => &Disk,
        };
        Ok(compile_with(files, path, self.findings.levels()))
    }
}

/// What a terminal shows of all findings.
fn picture(compilations: &[Compilation]) -> String {
    let names = compilations.iter().filter_map(|it| Some(&*it.sources.iter().next()?.1.name));
    let command = format!("sitec check {}", names.collect::<Vec<_>>().join(" "));
    let said = compilations.iter().map(|it| {
        let all = it.diagnostics.render(&it.sources, true);
        let closing = it.diagnostics.closing(&it.sources, true).unwrap_or_default();
        format!("{}\n\n{closing}", all.trim_end())
    });
    picture::terminal(command.trim_end(), &said.collect::<Vec<_>>().join("\n\n"))
}

/// Checks all files, and returns the worst that any of them came to. With `--watch`, does so
/// until it is ended.
pub(crate) fn check(options: &Options) -> Result<ExitCode, String> {
    if let Some(root) = options.sysroot.as_ref().filter(|root| !root.is_dir()) {
        eprintln!("error: there is no folder `{}`", root.display());
        return Ok(ExitCode::from(UNREADABLE));
    }
    let files = conf::or_default(&options.files);
    loop {
        let (since, mut dependencies) = (SystemTime::now(), files.clone());
        let status = check_once(options, &files, &mut dependencies)?;
        if !options.watch {
            return Ok(ExitCode::from(status));
        }
        let watch = Watch::new(dependencies, since);
        eprintln!("waiting for changes");
        watch.wait();
    }
}

/// Checks all files. What they depend on is added to `dependencies`.
fn check_once(
    options: &Options,
    files: &[PathBuf],
    dependencies: &mut Vec<PathBuf>,
) -> Result<u8, String> {
    let mut status = 0;
    let mut compilations = Vec::new();
    for path in files {
        match options.compile(path) {
            Ok(compilation) => {
                dependencies.extend_from_slice(&compilation.dependencies);
                status = status.max(if compilation.site.is_some() { 0 } else { WRONG });
                match options.format {
                    Format::Human => conf::show_or_praise(&compilation),
                    Format::Short => {
                        eprint!("{}", compilation.diagnostics.short(&compilation.sources));
                    }
                    Format::Json | Format::Sarif | Format::Svg => compilations.push(compilation),
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
        Format::Svg => output::print(&picture(&compilations))?,
        Format::Human | Format::Short => {}
    }
    Ok(status)
}

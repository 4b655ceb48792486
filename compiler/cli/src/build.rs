//! `sitec build`: a conf anywhere becomes a binary.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use clap::Args;

use crate::cargo_package::{CargoPackage, Profile};
use crate::conf;
use crate::findings::Findings;

/// Build the web server of a conf: one binary
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    conf: conf::Named,
    /// Write the binary to OUT: a file, or a folder that exists. Without it, the binary goes to
    /// the working directory, under the name of the conf, or of its folder if the conf is called
    /// site.conf
    #[arg(short, value_name = "OUT")]
    out: Option<PathBuf>,
    #[command(flatten)]
    profile: Profile,
    /// Build for another machine, by rustc's name for it. x86_64-unknown-linux-musl makes a static
    /// binary, which needs no library
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
    #[command(flatten)]
    findings: Findings,
}

/// Compiles the conf, builds its package and puts the binary where it was asked for.
pub(crate) fn build(options: &Options) -> Result<ExitCode, String> {
    let file = &options.conf.file;
    let Some(package) = compiled(file, &options.findings)? else {
        return Ok(ExitCode::FAILURE);
    };
    let out = destination(file, options.out.as_deref());
    let problem = |error| format!("cannot write `{}`: {error}", out.display());
    // A build takes too long to find out only after it.
    fs::metadata(folder_of(&out)).map_err(problem)?;
    let binary = package.build(options.profile, options.target.as_deref())?;
    let len = install(&binary, &out).map_err(problem)?;
    eprintln!("wrote {} ({} KB)", out.display(), len.div_ceil(1000));
    Ok(ExitCode::SUCCESS)
}

/// The package of a conf; `None` if the conf is wrong, which has then been shown.
pub(crate) fn compiled(file: &Path, findings: &Findings) -> Result<Option<CargoPackage>, String> {
    let checked = conf::compiled(file, findings)?;
    checked.map(|checked| CargoPackage::new(file, &checked.site)).transpose()
}

/// Where the binary goes.
fn destination(file: &Path, out: Option<&Path>) -> PathBuf {
    let name = default_name(file);
    let out = out.map_or_else(|| PathBuf::from(&name), Path::to_owned);
    if out.is_dir() { out.join(name) } else { out }
}

/// The stem of the file's name; for `site.conf`, which says nothing, the folder's name.
pub(crate) fn default_name(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let folder = std::path::absolute(file).ok();
    let folder = folder.as_deref().and_then(Path::parent).and_then(Path::file_name);
    match folder {
        Some(folder) if stem == "site" => folder.to_string_lossy().into_owned(),
        _ => stem,
    }
}

/// Copies the binary, so that `out` is at every moment the old file or the new one. Returns
/// its length.
pub(crate) fn install(binary: &Path, out: &Path) -> io::Result<u64> {
    let copy = folder_of(out).join(format!(".sitec-{}", std::process::id()));
    let copied = fs::copy(binary, &copy).and_then(|len| fs::rename(&copy, out).map(|()| len));
    if copied.is_err() {
        let _ = fs::remove_file(&copy);
    }
    copied
}

/// The folder that a file is in.
fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_is_named_for_its_conf() {
        let cases = [
            ("/srv/blog/site.conf", "blog"),
            ("/srv/blog/nginx.conf", "nginx"),
            ("manual.site.conf", "manual.site"),
            ("/site.conf", "site"),
            ("/srv/blog/site", "blog"),
        ];
        for (file, name) in cases {
            assert_eq!(default_name(Path::new(file)), name, "{file}");
        }
    }

    #[test]
    fn a_binary_goes_into_a_folder_that_exists() {
        let folder = std::env::temp_dir();
        let file = Path::new("/srv/blog/site.conf");
        assert_eq!(destination(file, Some(&folder)), folder.join("blog"));
        assert_eq!(destination(file, Some(Path::new("new/server"))), Path::new("new/server"));
    }
}

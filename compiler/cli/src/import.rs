//! `sitec import`: writes the site.conf of another server's conf.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use sitec_compiler::files::{Disk, Files, Sysroot};
use sitec_compiler::import::{Base, Language, Request, import, prefix_of};

use crate::{carried, conf, output};

/// Something was lost.
const LOST: u8 = 1;
/// The conf could not be read.
const UNREADABLE: u8 = 2;

/// Write the site.conf of another server's conf
///
/// Reads a conf of nginx with all that it includes, one of lighttpd, an .htaccess of Apache or a
/// Caddyfile, and prints what of it is a site.conf, which compiles. What is left out stands there
/// as a comment, and is told on standard error, with what to do. Exit status: 0 if nothing was
/// lost; 1 if something was; 2 if the conf cannot be read.
#[derive(Args)]
pub(crate) struct Options {
    /// The conf to read
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Write the site.conf to FILE, which must not exist yet, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The language of the conf, where its name and content do not tell
    #[arg(long, value_enum)]
    from: Option<From>,
    /// Look up absolute paths in DIR, the root of the machine that the conf is from
    #[arg(long, value_name = "DIR")]
    sysroot: Option<PathBuf>,
    /// The folder that nginx's relative paths are in [default: /usr/share/nginx for a conf in
    /// /etc/nginx, or else the folder of the conf]
    #[arg(long, value_name = "DIR")]
    prefix: Option<PathBuf>,
}

/// A language, by the server that reads it.
#[derive(Clone, Copy, ValueEnum)]
enum From {
    Nginx,
    Lighttpd,
    /// An .htaccess
    Apache,
    /// A Caddyfile
    Caddy,
}

/// Imports a conf.
pub(crate) fn run(options: &Options) -> Result<ExitCode, String> {
    if let Some(root) = options.sysroot.as_ref().filter(|root| !root.is_dir()) {
        eprintln!("error: there is no folder `{}`", root.display());
        return Ok(ExitCode::from(UNREADABLE));
    }
    let bytes = match std::fs::read(&options.file) {
        Ok(bytes) => bytes,
        Err(error) => {
            eprintln!("error: {}", conf::unreadable(&options.file, &error));
            return Ok(ExitCode::from(UNREADABLE));
        }
    };
    let folder = options.file.parent().unwrap_or(Path::new(""));
    let out = options.output.clone().unwrap_or_else(|| folder.join(conf::NAME));
    let base = options.base(folder, &out);
    let language = match options.from {
        Some(From::Nginx) => Language::Nginx,
        Some(From::Lighttpd) => Language::Lighttpd,
        Some(From::Apache) => Language::Apache,
        Some(From::Caddy) => Language::Caddy,
        None => Language::of(&options.file, &String::from_utf8_lossy(&bytes)),
    };
    let sysroot = options.sysroot.as_ref().map(|root| Sysroot::new(root, &out));
    let files: &dyn Files = match &sysroot {
        Some(sysroot) => sysroot,
        None => &Disk,
    };
    let request = Request { path: &options.file, bytes: &bytes, language, out: &out, base: &base };
    let import = import(files, &request);
    eprint!("{}", import.report.render(conf::color()));
    let Some(text) = &import.conf else { return Ok(ExitCode::from(UNREADABLE)) };
    match &options.output {
        None => output::print_bytes(text)?,
        Some(path) if path.exists() => {
            return Err(format!("`{}` is there already: nothing was written", path.display()));
        }
        Some(path) => carried::write(path, text)
            .map_err(|error| format!("cannot write `{}`: {error}", path.display()))?,
    }
    Ok(ExitCode::from(if import.report.is_whole() { 0 } else { LOST }))
}

impl Options {
    /// Where relative paths begin, as the machine has it that the conf is from.
    fn base(&self, folder: &Path, out: &Path) -> Base {
        let absolute = |path: &Path| {
            let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
            path.canonicalize().unwrap_or_else(|_| path.to_owned())
        };
        let within = |path: PathBuf| {
            let root = self.sysroot.as_ref().map(|root| absolute(root));
            match root.and_then(|root| Some(path.strip_prefix(root).ok()?.to_owned())) {
                Some(inside) => Path::new("/").join(inside),
                None => path,
            }
        };
        let conf = within(absolute(folder));
        let prefix = self.prefix.clone().unwrap_or_else(|| prefix_of(&conf));
        Base { conf, prefix, out: within(absolute(out.parent().unwrap_or(Path::new("")))) }
    }
}

//! Picks the site's conf, compiles it, and leaves `site.rs` for `src/main.rs` to include.
//!
//! Which conf: `SITE_CONF=FILE` in the environment; else the one feature `site-NAME`, which
//! means `sites/NAME/site.conf`; else `sites/default/site.conf`.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use sitec_compiler::files::Disk;
use sitec_compiler::{Compilation, assets, compile, generate};

/// Begins each line of a diagnostic: takes the cursor to the first column and erases the
/// line, and with it the package's name that cargo puts there. Into a pipe cargo does not
/// write it.
const ERASE_LINE: &str = "\x1b[1G\x1b[2K";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SITE_CONF");
    println!("cargo::rerun-if-env-changed=NO_COLOR");
    println!("cargo::rerun-if-env-changed={}", assets::EPOCH_VARIABLE);
    match picked_conf() {
        Ok(conf) => build(&conf),
        Err(message) => println!("cargo::error={message}"),
    }
}

/// The path of the conf that is asked for, absolute.
fn picked_conf() -> Result<PathBuf, String> {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    if let Some(path) = env::var_os("SITE_CONF").filter(|path| !path.is_empty()) {
        let conf = root.join(path);
        let problem = |error| format!("cannot read SITE_CONF={}: {error}", conf.display());
        return conf.canonicalize().map_err(problem);
    }
    let features = variable("CARGO_CFG_FEATURE");
    let sites: Vec<_> = features.split(',').filter_map(|name| name.strip_prefix("site-")).collect();
    let name = match sites[..] {
        [] => "default",
        [name] => name,
        [first, second, ..] => {
            return Err(format!(
                "the features `site-{first}` and `site-{second}` are both on: \
                 a binary is built from one site"
            ));
        }
    };
    let conf = root.join("sites").join(name).join("site.conf");
    if !conf.is_file() {
        return Err(format!(
            "the feature `site-{name}` needs sites/{name}/site.conf, which does not exist"
        ));
    }
    Ok(conf)
}

/// A variable that cargo sets for every build script, or nothing.
fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

/// Compiles `conf`, says what is wrong with it, and writes what it generates.
fn build(conf: &Path) {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    #[cfg(feature = "site-docs")]
    if let Err(problems) = write_book(&root) {
        problems.iter().for_each(|problem| println!("cargo::error={problem}"));
        return;
    }
    let compilation = compile(&Disk, conf.strip_prefix(&root).unwrap_or(conf));
    let folder = conf.parent().unwrap_or(Path::new("/"));
    for path in &compilation.dependencies {
        if let Some(path) = watchable(&root.join(path), folder) {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    show(&compilation);
    let Some(site) = &compilation.site else { return };
    println!("cargo::rustc-env=SITE_PREFIX={}", folder.display());
    let out = PathBuf::from(variable("OUT_DIR"));
    // What a build script says is shown when it has ended: there is no progress to tell.
    let mut options = assets::Options::new(&Disk, |name| env::var_os(name), &|_, _| {});
    options.forms.get_or_insert_with(|| out.join("forms"));
    let assets = match assets::gather_into(&out, site, &options) {
        Ok(assets) => assets,
        Err(failure) => return println!("cargo::error={failure}"),
    };
    let generated = generate(site, &assets);
    let files = generated.blobs.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    for (name, bytes) in files.chain([("site.rs", generated.code.as_bytes())]) {
        if let Err(error) = write(&out.join(name), bytes) {
            println!("cargo::error=cannot write {}: {error}", out.join(name).display());
        }
    }
}

/// Writes the files of `sites/docs`, which are made from `docs`.
#[cfg(feature = "site-docs")]
fn write_book(root: &Path) -> Result<(), Vec<String>> {
    for source in sitec_book::sources(root) {
        println!("cargo::rerun-if-changed={}", source.display());
    }
    let folder = root.join(sitec_book::SITE);
    let failed = |error| vec![format!("cannot write {}: {error}", folder.display())];
    sitec_book::read(root)?.write(&folder).map_err(failed)
}

/// What cargo can watch for `path`. A path that is missing would make every build run this
/// script, so the nearest folder that exists stands for it, if it is within the site's.
fn watchable<'a>(path: &'a Path, folder: &Path) -> Option<&'a Path> {
    let existing = path.ancestors().find(|path| path.exists())?;
    (existing == path || existing.starts_with(folder)).then_some(existing)
}

/// Prints the diagnostics through cargo, as rustc would show them.
fn show(compilation: &Compilation) {
    let color = env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let kind = if compilation.site.is_none() { "error" } else { "warning" };
    for line in compilation.diagnostics.render(&compilation.sources, color).lines() {
        println!("cargo::{kind}={ERASE_LINE}{line}");
    }
}

/// Writes a file, unless it holds the same bytes already.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    fs::write(path, bytes)
}

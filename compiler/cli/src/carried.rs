//! The runtime's source, carried in this binary, and the folder where it is unpacked and
//! sites are built.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use sitec_compiler::assets;

include!(concat!(env!("OUT_DIR"), "/carried.rs"));

/// The folder of this version: `$SITEC_HOME/HASH`, else `sitec/HASH` in the user's cache.
pub(crate) fn home() -> Result<PathBuf, String> {
    let cache = assets::home(|name| env::var_os(name))
        .ok_or("neither SITEC_HOME nor HOME says where to build")?;
    let version = format!("{}-{HASH}", env!("CARGO_PKG_VERSION"));
    std::path::absolute(cache.join(version)).map_err(|error| error.to_string())
}

/// Unpacks the runtime into `home`. What is there already stays untouched, so that cargo
/// does not compile it again, and another process may do the same at the same time.
pub(crate) fn unpack(home: &Path) -> io::Result<()> {
    for (name, bytes) in FILES.iter().filter(|(name, _)| name.starts_with("runtime/src/")) {
        write(&home.join(name), bytes)?;
    }
    // Nobody tests it there, so that what tests need is not downloaded.
    let runtime = sections(text("runtime/Cargo.toml"), |header| header != "dev-dependencies");
    write(&home.join("runtime/Cargo.toml"), runtime.as_bytes())
}

/// The section of a manifest that makes a workspace of the package and the runtime in the folder
/// `runtime` beside it, with what the runtime's manifest means by it.
pub(crate) fn workspace() -> String {
    let shared = sections(manifest(), |header| header.starts_with("workspace."));
    format!("[workspace]\nmembers = [\"runtime\"]\nresolver = \"3\"\n\n{shared}")
}

/// The lock file of the checkout: the versions that the runtime was tested with.
pub(crate) fn lock() -> &'static [u8] {
    file("Cargo.lock")
}

/// The sections of the checkout's manifest that say how a site is optimised.
pub(crate) fn profiles() -> String {
    let wanted = |header: &str| header.starts_with("profile.") && !header.ends_with(".package");
    sections(manifest(), wanted)
}

/// Writes a file and the folders on the way, unless it holds the same bytes already. At no
/// moment is a part of it to be seen.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
    let mut part = path.as_os_str().to_owned();
    part.push(format!(".{}", std::process::id()));
    fs::write(&part, bytes)?;
    fs::rename(&part, path)
}

fn manifest() -> &'static str {
    text("Cargo.toml")
}

fn text(name: &str) -> &'static str {
    str::from_utf8(file(name)).expect("a manifest is text")
}

fn file(name: &str) -> &'static [u8] {
    FILES.iter().find(|(path, _)| *path == name).expect("a file that is carried").1
}

/// The sections of a manifest whose header is wanted.
fn sections(manifest: &str, wanted: impl Fn(&str) -> bool) -> String {
    let mut kept = String::new();
    let mut keep = false;
    for line in manifest.lines() {
        if let Some(header) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            keep = wanted(header);
        }
        if keep {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_kept_whole() {
        let manifest = "[a.b]\nx = [1]\n\n[c]\ny = 2\n[a.d]\nz = 3\n";
        let kept = sections(manifest, |header| header.starts_with("a."));
        assert_eq!(kept, "[a.b]\nx = [1]\n\n[a.d]\nz = 3\n");
    }

    #[test]
    fn the_runtime_is_carried_whole() {
        for name in ["runtime/Cargo.toml", "runtime/src/lib.rs", "runtime/src/http/mod.rs"] {
            assert!(!file(name).is_empty(), "{name}");
        }
        assert!(workspace().contains("[workspace.dependencies]\n"));
        assert!(profiles().contains("[profile.release]") && !profiles().contains("brotli"));
    }
}

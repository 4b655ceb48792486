//! Lists the runtime's source, which the binary carries, so that it builds sites on machines
//! that have Rust and no checkout.
//!
//! `carried/` links to it. A folder with a `Cargo.toml` would be left out of the package that cargo
//! publishes, so manifests have another name there.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Write as _;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// What is carried: its place in `carried/`, and beneath the root of the checkout. The manifest there
/// says which versions and lints the runtime's own manifest means, and how a release is built.
const CARRIED: [(&str, &str); 4] = [
    ("workspace.toml", "Cargo.toml"),
    ("workspace.lock", "Cargo.lock"),
    ("runtime.toml", "runtime/Cargo.toml"),
    ("runtime", "runtime/src"),
];

fn main() -> io::Result<()> {
    let manifest_dir = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut files = Vec::new();
    for (place, name) in CARRIED {
        let place = manifest_dir.join("carried").join(place).canonicalize()?;
        println!("cargo::rerun-if-changed={}", place.display());
        list(&place, name, &mut files)?;
    }
    let mut hasher = DefaultHasher::new();
    let mut rows = String::new();
    for (file, name) in &files {
        (name, fs::read(file)?).hash(&mut hasher);
        writeln!(rows, "    ({name:?}, include_bytes!({file:?})),").expect("memory");
    }
    let code = format!(
        "/// Paths beneath the root of the checkout, and what is there.\n\
         pub(crate) const FILES: &[(&str, &[u8])] = &[\n{rows}];\n\n\
         /// Tells one content of all files from another.\n\
         pub(crate) const HASH: &str = \"{:016x}\";\n",
        hasher.finish()
    );
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("carried.rs"), code)
}

/// Adds the file at `path`, or all files beneath it, each with its name, in an order that does
/// not change.
fn list(path: &Path, name: &str, files: &mut Vec<(PathBuf, String)>) -> io::Result<()> {
    if path.is_file() {
        files.push((path.to_owned(), name.to_owned()));
        return Ok(());
    }
    let mut inside: Vec<_> =
        fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    inside.sort();
    inside.iter().try_for_each(|path| {
        let last = path.file_name().unwrap_or_default().to_string_lossy();
        list(path, &format!("{name}/{last}"), files)
    })
}

//! Writes the files of `sites/docs`, which the test server has in it.

use std::path::Path;

fn main() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    println!("cargo::rerun-if-changed=build.rs");
    for source in sitec_book::sources(&repository) {
        println!("cargo::rerun-if-changed={}", source.display());
    }
    let folder = repository.join(sitec_book::SITE);
    let written = sitec_book::read(&repository).and_then(|book| {
        book.write(&folder).map_err(|error| vec![format!("{}: {error}", folder.display())])
    });
    for problem in written.err().iter().flatten() {
        println!("cargo::error={problem}");
    }
}

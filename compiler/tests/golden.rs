//! Confs of tests/golden, and the whole text that is generated from each. `UPDATE=1` writes
//! the texts anew; read them before committing.

use std::path::{Path, PathBuf};
use std::{env, fs};

use sitec_compiler::assets::Assets;
use sitec_compiler::files::Disk;
use sitec_compiler::{compile, generate};

/// The confs, in order.
fn confs() -> Vec<PathBuf> {
    let folder = Path::new("../tests/golden");
    let entries = fs::read_dir(folder).expect("tests/golden is there");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("is readable").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "conf"));
    paths.sort();
    paths
}

#[test]
fn generated_text_is_as_committed() {
    let confs = confs();
    assert!(!confs.is_empty());
    for conf in confs {
        let compilation = compile(&Disk, &conf);
        let rendered = compilation.diagnostics.render(&compilation.sources, false);
        let site = compilation.site.unwrap_or_else(|| panic!("{}:\n{rendered}", conf.display()));
        let generated = generate(&site, &Assets::default());
        let golden = conf.with_extension("rs");
        if env::var_os("UPDATE").is_some() {
            fs::write(&golden, &generated.code).expect("tests/golden is writable");
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        let differing = expected.lines().zip(generated.code.lines()).position(|(a, b)| a != b);
        assert!(
            expected == generated.code,
            "{} differs from line {:?} on: look, then set UPDATE=1\n{}",
            golden.display(),
            differing.map(|line| line + 1),
            generated.code,
        );
        for (name, _) in &generated.blobs {
            let include = format!("include_bytes!(\"{name}\")");
            assert!(generated.code.contains(&include), "{name} is not included");
        }
        assert_eq!(generated.code.matches("include_bytes!(").count(), generated.blobs.len());
        assert_eq!(
            generate(&site, &Assets::default()).code,
            generated.code,
            "equal input gives equal bytes"
        );
    }
}

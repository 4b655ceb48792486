//! The pictures of the README: as the commands draw them today.

use std::path::{Path, PathBuf};

use sitec_compiler::files::Memory;
use sitec_compiler::map::Map;
use sitec_compiler::{Compilation, compile, picture};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/pictures")
}

/// A conf of that folder, compiled among what it names.
fn compiled(name: &str) -> Compilation {
    let conf = std::fs::read_to_string(folder().join(name)).expect("a conf");
    let files = ["www/404.html", "www/files/a", "www/img/a", "www/index.html", "www/new.html"];
    let files = files.map(|path| (path, "")).into_iter().chain([("site.conf", &conf[..])]);
    compile(&Memory::new(files), Path::new("site.conf"))
}

/// Compares a picture with the file that the README shows.
#[track_caller]
fn check_fresh(name: &str, picture: &str) {
    let path = folder().join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, picture).expect("written");
    }
    let drawn = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        drawn == picture,
        "docs/pictures/{name} is stale: run `UPDATE=1 cargo test -p sitec-compiler --test pictures`"
    );
}

#[test]
fn the_picture_of_mistakes_is_fresh() {
    let Compilation { diagnostics, sources, site, .. } = compiled("mistake.conf");
    assert!(site.is_none());
    let closing = diagnostics.closing(&sources, true).expect("a last line");
    let said = format!("{}\n\n{closing}", diagnostics.render(&sources, true).trim_end());
    check_fresh("mistake.svg", &picture::terminal("sitec check", &said));
}

#[test]
fn the_picture_of_routes_is_fresh() {
    let Compilation { diagnostics, sources, site, places, .. } = compiled("shop.conf");
    assert!(diagnostics.is_empty(), "{}", diagnostics.render(&sources, false));
    let map = Map::new(site.as_ref().expect("a site"), &places, &sources);
    check_fresh("routes.svg", &map.svg());
}

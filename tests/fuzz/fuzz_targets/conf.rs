//! Any conf: no panic, every message has its place, and what is found right makes a server.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sitec_compiler::assets::Assets;
use sitec_compiler::files::Memory;
use sitec_compiler::{compile, generate};

/// The longest conf that code is generated for: automata take their time.
const GENERATED_LEN: usize = 600;

fuzz_target!(|text: &[u8]| {
    let files = Memory::new([
        ("site.conf", text),
        ("part.conf", b"index a.html;"),
        ("itself.conf", b"include site.conf;"),
        ("www/index.html", b"<p>"),
        ("www/a/b.txt", b"b"),
    ]);
    let compilation = compile(&files, Path::new("site.conf"));
    let _ = compilation.diagnostics.render(&compilation.sources, false);
    assert_eq!(compilation.site.is_none(), compilation.diagnostics.has_errors());
    if let Some(site) = compilation.site.filter(|_| text.len() < GENERATED_LEN) {
        let assets = Assets::default();
        assert_eq!(generate(&site, &assets).code, generate(&site, &assets).code);
    }
});

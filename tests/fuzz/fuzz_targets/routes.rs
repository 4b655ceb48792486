//! Sites drawn from the bytes: they compile, the evaluation goes where the plain router goes, and
//! what two of them answer differently is told by their comparison.
#![no_main]

#[path = "../../../compiler/src/sketch.rs"]
#[allow(dead_code)]
mod sketch;

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use proptest::collection::vec;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sitec_compiler::answer::{Answer, Answers, Request, Step};
use sitec_compiler::assets::Assets;
use sitec_compiler::diff::{Side, diff};
use sitec_compiler::files::Memory;
use sitec_compiler::map::Map;
use sitec_compiler::route::Router;
use sitec_compiler::{Compilation, compile, generate};
use sitec_runtime::http::target::normalize;

/// What is drawn is not longer than that: what comes later has less effect.
const USED_LEN: usize = 4096;

fn compiled(text: &str) -> Compilation {
    let compilation = compile(&Memory::new([("site.conf", text)]), Path::new("site.conf"));
    let said = compilation.diagnostics.render(&compilation.sources, false);
    assert!(compilation.site.is_some(), "{said}");
    compilation
}

fn side(compilation: &Compilation) -> Side<'_> {
    let Compilation { site, places, sources, .. } = compilation;
    Side { site: site.as_ref().expect("it compiles"), places, sources, folder: Path::new("") }
}

/// What a site answers, and where the location is that decides; routed as the plain router says.
fn asked(side: Side<'_>, host: &str, path: &str) -> (Answer, String) {
    let host = if host.is_empty() { "none" } else { host };
    let url = format!("http://{host}:8080{path}");
    let request = Request::new(side.site, None, "GET", &url, &[]).expect("a request");
    let answer = Answers::new(side.site, &Memory::new::<&str>([]), side.folder).to(&request);
    let router = Router::new(side.site);
    assert_eq!(answer.server, router.server(0, host.as_bytes()), "{host}");
    let mut normal = Vec::new();
    normalize(path.as_bytes(), true, &mut normal).expect("a path");
    let Step::Location { location, .. } = answer.steps[0] else { panic!("{answer:?}") };
    assert_eq!(location, router.location(answer.server, &normal), "{path}");
    (answer, side.sources.place(side.places.locations[location as usize].span))
}

fuzz_target!(|bytes: &[u8]| {
    if bytes.len() < 8 || bytes.len() > USED_LEN {
        return;
    }
    let rng = TestRng::from_seed(RngAlgorithm::PassThrough, bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let requests = vec((sketch::hosts(), sketch::paths()), 8);
    let drawn = (sketch::sketches(), sketch::sketches(), requests).new_tree(&mut runner);
    let (old, new, requests) = drawn.expect("nothing is rejected").current();
    let (old, new) = (compiled(&old.conf()), compiled(&new.conf()));
    let (old, new) = (side(&old), side(&new));
    assert!(!generate(old.site, &Assets::default()).code.is_empty());
    assert!(!Map::new(old.site, old.places, old.sources).html().is_empty());
    assert!(diff(old, old).changes.is_empty());
    let difference = diff(old, new);
    for (host, path) in requests {
        let (was, was_at) = asked(old, &host, &path);
        let (becomes, becomes_at) = asked(new, &host, &path);
        let changes = difference.changes.iter();
        let mut places = changes.map(|change| (&change.was.place, &change.becomes.place));
        let told = places.any(|places| places == (&was_at, &becomes_at));
        assert!(was.end == becomes.end || told || !difference.complete, "{host} {path}");
    }
});

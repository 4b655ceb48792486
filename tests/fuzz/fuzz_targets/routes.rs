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

/// So many bytes seed one draw. They cannot be passed through as the random numbers themselves:
/// proptest halves what is left of them at each choice, and draws forever once there are none.
const SEED_LEN: usize = 32;

/// What `strategy` makes of the front of `bytes`, which is taken off; `None` where they end.
fn draw<T>(strategy: impl Strategy<Value = T>, bytes: &mut &[u8]) -> Option<T> {
    let (seed, rest) = bytes.split_first_chunk::<SEED_LEN>()?;
    *bytes = rest;
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, seed);
    let drawn = strategy.new_tree(&mut TestRunner::new_with_rng(Config::default(), rng));
    Some(drawn.expect("nothing is rejected").current())
}

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
    let mut bytes = bytes;
    let mut drawn = || {
        let (old, new) =
            (draw(sketch::sketches(), &mut bytes)?, draw(sketch::sketches(), &mut bytes)?);
        Some((old, new, draw(vec((sketch::hosts(), sketch::paths()), 8), &mut bytes)?))
    };
    let Some((old, new, requests)) = drawn() else { return };
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

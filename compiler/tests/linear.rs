//! The time of a check grows as the conf does, whatever the conf consists of.

use std::path::Path;
use std::time::{Duration, Instant};

use sitec_compiler::compile;
use sitec_compiler::files::Memory;

#[path = "../benches/shapes.rs"]
mod shapes;

const FEW: usize = 100;
const MANY: usize = 1_000;
/// Ten times the conf may take forty times as long: half as much as if the time grew with the
/// square, less what a busy machine adds.
const MOST: u32 = 40;

/// How often it is measured again on a machine that was busy in between.
const TRIES: usize = 3;

fn is_linear(&(few, many): &(Duration, Duration)) -> bool {
    many < few * MOST
}

/// The best of a few runs, for other processes slow some of them down.
fn check(conf: &str) -> Duration {
    let files = Memory::new([("site.conf", conf), ("www/index.html", "")]);
    let run = |_| {
        let start = Instant::now();
        let compilation = compile(&files, Path::new("site.conf"));
        assert!(compilation.site.is_some());
        start.elapsed()
    };
    (0..3).map(run).min().unwrap_or_default()
}

#[test]
fn time_grows_with_the_conf() {
    for (name, conf) in shapes::SHAPES {
        let measure = |_| (check(&conf(FEW)), check(&conf(MANY)));
        let measured: Vec<_> = (0..TRIES).map(measure).take_while(|m| !is_linear(m)).collect();
        assert!(measured.len() < TRIES, "{name}: {FEW} and {MANY} take {measured:?}");
    }
}

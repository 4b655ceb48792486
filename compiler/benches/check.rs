//! How long a check takes, by the number of locations: `cargo bench -p sitec-compiler`, or, for
//! some kinds alone, `cargo bench -p sitec-compiler -- KIND…`.
//!
//! The time for one location must not grow with their number.

use std::path::Path;
use std::time::{Duration, Instant};

use sitec_compiler::compile;
use sitec_compiler::files::Memory;

mod shapes;

const COUNTS: &[usize] = &[100, 1_000, 10_000];
/// The best of so many runs counts.
const RUNS: usize = 3;

fn main() {
    println!("{:>14} {:>9} {:>9} {:>13}", "kind", "count", "ms", "us for each");
    // Cargo adds `--bench`.
    let wanted: Vec<_> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|kind| kind == name);
    for (name, conf) in shapes::SHAPES.iter().filter(|(name, _)| is_wanted(name)) {
        for &count in COUNTS {
            let time = (0..RUNS).map(|_| check(&conf(count))).min().unwrap_or_default();
            let (ms, each) = (time.as_secs_f64() * 1e3, time.as_secs_f64() * 1e6 / count as f64);
            println!("{name:>14} {count:>9} {ms:>9.1} {each:>13.1}");
        }
    }
}

fn check(conf: &str) -> Duration {
    let files = Memory::new([("site.conf", conf), ("www/index.html", "")]);
    let start = Instant::now();
    let compilation = compile(&files, Path::new("site.conf"));
    let time = start.elapsed();
    assert!(compilation.site.is_some(), "{}", compilation.diagnostics.short(&compilation.sources));
    time
}

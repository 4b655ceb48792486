//! How long a check takes, and writing the server's text and tables, by the number of locations:
//! `cargo bench -p sitec-compiler`, or, for some kinds alone, `cargo bench -p sitec-compiler --
//! KIND…`.
//!
//! The time for one location must not grow with their number.

use std::path::Path;
use std::time::{Duration, Instant};

use sitec_compiler::assets::Assets;
use sitec_compiler::files::Memory;
use sitec_compiler::{compile, generate};

mod shapes;

const COUNTS: &[usize] = &[100, 1_000, 10_000];
/// The best of so many runs counts.
const RUNS: usize = 3;

fn main() {
    println!("{:>14} {:>9} {:>23} {:>23}", "", "", "check", "generate");
    let [ms, each] = ["ms", "us for each"];
    println!("{:>14} {:>9} {ms:>9} {each:>13} {ms:>9} {each:>13}", "kind", "count");
    // Cargo adds `--bench`.
    let wanted: Vec<_> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|kind| kind == name);
    for (name, conf) in shapes::SHAPES.iter().filter(|(name, _)| is_wanted(name)) {
        for &count in COUNTS {
            let [check, generate] = measure(&conf(count));
            let ms = |time: Duration| time.as_secs_f64() * 1e3;
            let each = |time| ms(time) * 1e3 / count as f64;
            print!("{name:>14} {count:>9} {:>9.1} {:>13.1}", ms(check), each(check));
            println!(" {:>9.1} {:>13.1}", ms(generate), each(generate));
        }
    }
}

/// The time of a check, and of writing what rustc compiles: the best of each.
fn measure(conf: &str) -> [Duration; 2] {
    let files = Memory::new([("site.conf", conf), ("www/index.html", "")]);
    let run = |_| {
        let start = Instant::now();
        let compilation = compile(&files, Path::new("site.conf"));
        let check = start.elapsed();
        let Some(site) = compilation.site else {
            panic!("{}", compilation.diagnostics.short(&compilation.sources));
        };
        let start = Instant::now();
        std::hint::black_box(generate(&site, &Assets::default()));
        [check, start.elapsed()]
    };
    let best = |best: [Duration; 2], run: [Duration; 2]| [best[0].min(run[0]), best[1].min(run[1])];
    (0..RUNS).map(run).reduce(best).unwrap_or_default()
}

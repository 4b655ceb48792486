//! From a host to its server and from a path to its location, with few and with many of them.
//! What a request costs should not grow with the conf.

use divan::Bencher;
use sitec_bench::{few, many};
use sitec_runtime::site::{ListenId, ServerId, Site};

/// How many of each thing there are: as in `build.rs`.
const SIZES: [usize; 2] = [10, 1000];
/// Lookups of one run, in an order that no branch predictor knows.
const LOOKUPS: usize = 1000;

/// The servers with locations and with regexes.
const PREFIXES: ServerId = 0;
const REGEXES: ServerId = 1;

fn main() {
    few::Conf::prepare();
    many::Conf::prepare();
    divan::main();
}

/// One text for each lookup, made of a number below `size`.
fn texts(size: usize, text: impl Fn(usize) -> String) -> Vec<String> {
    (0..LOOKUPS).map(|n| text(n * 7919 % size)).collect()
}

fn route(bencher: Bencher, size: usize, server: ServerId, paths: &[String]) {
    let find = if size == SIZES[0] { few::Conf::route } else { many::Conf::route };
    bencher.bench_local(|| {
        for path in paths {
            divan::black_box(find(server, path.as_bytes()));
        }
    });
}

#[divan::bench(args = SIZES)]
fn prefixes(bencher: Bencher, size: usize) {
    route(bencher, size, PREFIXES, &texts(size, |n| format!("/r{n}/x")));
}

#[divan::bench(args = SIZES)]
fn regexes(bencher: Bencher, size: usize) {
    route(bencher, size, REGEXES, &texts(size, |n| format!("/x{n}/abc.html")));
}

#[divan::bench(args = SIZES)]
fn hosts(bencher: Bencher, size: usize) {
    let find = if size == SIZES[0] { few::Conf::server } else { many::Conf::server };
    let hosts = texts(size, |n| format!("h{n}.test"));
    bencher.bench_local(|| {
        for host in &hosts {
            divan::black_box(find(ListenId::default(), host.as_bytes()).id);
        }
    });
}

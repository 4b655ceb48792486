//! Response heads, and what conditional and range requests ask.

use divan::Bencher;
use sitec_runtime::http::date;
use sitec_runtime::http::range;
use sitec_runtime::http::response::{Fields, Persistence, write_head};

fn main() {
    divan::main();
}

#[divan::bench]
fn head(bencher: Bencher) {
    let mut fields = Fields::default();
    for (name, value) in [
        ("Content-Type", "text/html"),
        ("Content-Length", "1024"),
        ("Last-Modified", "Mon, 23 Nov 2026 01:33:56 GMT"),
        ("ETag", "\"6a1b2c3d-400\""),
    ] {
        fields.add(name, value.as_bytes());
    }
    let date = [b'x'; date::LEN];
    let mut out = Vec::with_capacity(1024);
    bencher.bench_local(|| {
        out.clear();
        write_head(&mut out, 200, &date, false, &fields, Persistence::Keep(None));
    });
}

#[divan::bench]
fn field(bencher: Bencher) {
    let mut fields = Fields::default();
    bencher.bench_local(|| {
        fields.clear();
        fields.add("Location", b"https://www.example.test/docs/guide/");
    });
}

#[divan::bench(args = ["bytes=0-499", "bytes=0-0,500-999,-1"])]
fn ranges(value: &str) -> range::Selection {
    range::select(divan::black_box(value.as_bytes()), 100_000, 64)
}

#[divan::bench]
fn parse_date() -> Option<i64> {
    date::parse(divan::black_box(b"Mon, 23 Nov 2026 01:33:56 GMT"))
}

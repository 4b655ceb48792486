//! Request heads, targets and hosts.

use divan::Bencher;
use divan::counter::BytesCount;
use sitec_runtime::http::head::{Head, Limits};
use sitec_runtime::http::target::{is_valid_host, normalize};

const LIMITS: Limits = Limits {
    line_len: 8192,
    head_len: 33_792,
    max_fields: 1000,
    ignore_invalid_fields: true,
    underscores: false,
    merge_slashes: true,
};

const SHORT: &[u8] = b"GET /1k.html HTTP/1.1\r\nHost: bench.test\r\n\r\n";

/// What a browser sends.
const LONG: &[u8] = b"GET /docs/guide/index.html?page=2 HTTP/1.1\r\nHost: www.example.test\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
    Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n\
    Connection: keep-alive\r\nCookie: session=0123456789abcdef; theme=dark\r\n\
    Upgrade-Insecure-Requests: 1\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n\
    If-Modified-Since: Mon, 23 Nov 2026 01:33:56 GMT\r\n\r\n";

fn main() {
    divan::main();
}

#[divan::bench]
fn short_head(bencher: Bencher) {
    new_head(bencher, SHORT);
}

#[divan::bench]
fn long_head(bencher: Bencher) {
    new_head(bencher, LONG);
}

fn new_head(bencher: Bencher, input: &[u8]) {
    let heads = bencher.counter(BytesCount::of_slice(input)).with_inputs(Head::default);
    heads.bench_local_refs(|head| head.parse(input, &LIMITS));
}

#[divan::bench(args = ["/1k.html", "/a/b/../c//d.html", "/%7euser/%C3%A4.html"])]
fn path(bencher: Bencher, path: &str) {
    let mut out = Vec::new();
    bencher.bench_local(|| normalize(path.as_bytes(), true, &mut out));
}

#[divan::bench(args = ["bench.test", "127.0.0.1:8080", "[::1]:8080"])]
fn host(host: &str) -> bool {
    is_valid_host(divan::black_box(host.as_bytes()))
}

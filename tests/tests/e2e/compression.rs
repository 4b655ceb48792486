//! What is compressed on its way to a client, and how that is said.

use std::io::Read;
use std::time::{Duration, Instant};

use crate::launch;
use sitec_tests::PATIENCE;
use sitec_tests::client::Client;
use sitec_tests::folder::Folder;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

/// A text that can be compressed, of this length.
fn text(len: usize) -> String {
    let lines = (0..).map(|n: u32| format!("line {n} of a text\n"));
    let bytes = lines.flat_map(String::into_bytes).take(len).collect();
    String::from_utf8(bytes).unwrap()
}

/// A server over the files that most tests ask for.
fn serve(folder: &Folder) -> Server {
    folder.write("www/page.html", text(10_240));
    folder.write("www/style.css", text(46_000));
    folder.write("www/style.css.gz", gzip(&text(46_000)));
    folder.write("www/thirty.txt", "a".repeat(30));
    folder.write("www/short.html", "short");
    folder.write("www/noise.png", noise(30_000));
    launch("compression").arg("--prefix").arg(folder.path()).start()
}

fn gzip(content: &str) -> Vec<u8> {
    let mut form = Vec::new();
    let encoder = flate2::read::GzEncoder::new(content.as_bytes(), flate2::Compression::best());
    { encoder }.read_to_end(&mut form).unwrap();
    form
}

/// Bytes that cannot be compressed.
fn noise(len: usize) -> Vec<u8> {
    let next = |seed: &u64| Some(seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    std::iter::successors(Some(1), next).map(|seed| (seed >> 56) as u8).take(len).collect()
}

fn send(client: &mut Client, method: &str, path: &str, fields: &str) -> Response {
    client.send(format!("{method} {path} HTTP/1.1\r\nHost: a.test\r\n{fields}\r\n"));
    client.response(method)
}

fn get(server: &Server, path: &str, fields: &str) -> Response {
    send(&mut server.connect(), "GET", path, fields)
}

/// The content of a response, whatever it is coded in.
fn content(response: &Response) -> Vec<u8> {
    let body = &response.body[..];
    let mut content = Vec::new();
    match response.field("Content-Encoding") {
        None => content = body.to_vec(),
        Some("gzip") => {
            flate2::read::GzDecoder::new(body).read_to_end(&mut content).expect("gzip");
        }
        Some("br") => {
            brotli::Decompressor::new(body, 4096).read_to_end(&mut content).expect("Brotli");
        }
        Some("zstd") => content = zstd::decode_all(body).expect("Zstandard"),
        Some(other) => panic!("{other}"),
    }
    content
}

const GZIP: &str = "Accept-Encoding: gzip\r\n";
const PART: &str = "Accept-Encoding: gzip\r\nRange: bytes=0-9\r\n";
const VIA: &str = "Accept-Encoding: gzip\r\nVia: 1.1 x\r\n";
const MSIE: &str =
    "Accept-Encoding: gzip\r\nUser-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows)\r\n";
const SV1: &str =
    "Accept-Encoding: gzip\r\nUser-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows; SV1)\r\n";
const CURL: &str = "Accept-Encoding: gzip\r\nUser-Agent: cUrL/1\r\n";

/// What nginx 1.22 answers: the status, whether it is in gzip, whether it says that it varies.
const ANSWERS: &[(&str, &str, u16, bool, bool)] = &[
    ("/page.html", GZIP, 200, false, false),
    ("/on/page.html", GZIP, 200, true, false),
    ("/on/page.html", "", 200, false, false),
    ("/on/page.html", "Accept-Encoding: *\r\n", 200, false, false),
    ("/on/page.html", "Accept-Encoding: gzip;q=0\r\n", 200, false, false),
    ("/on/page.html", "Accept-Encoding: deflate, gzip;q=0.1\r\n", 200, true, false),
    ("/on/page.html", PART, 200, true, false),
    ("/on/page.html", "Range: bytes=0-9\r\n", 206, false, false),
    ("/on/page.html", VIA, 200, false, false),
    ("/on/style.css", GZIP, 200, false, false),
    ("/on/short.html", GZIP, 200, false, false),
    ("/on/none.html", GZIP, 404, true, false),
    ("/types/style.css", GZIP, 200, true, true),
    ("/types/style.css", "", 200, false, true),
    ("/types/style.css", "Range: bytes=0-9\r\n", 206, false, true),
    ("/types/page.html", GZIP, 200, true, true),
    ("/types/noise.png", GZIP, 200, false, false),
    ("/all/noise.png", GZIP, 200, true, false),
    ("/all/short.html", GZIP, 200, true, false),
    ("/min/thirty.txt", GZIP, 200, false, false),
    ("/min/page.html", GZIP, 200, true, true),
    ("/proxy/page.html", VIA, 200, true, false),
    ("/expired/page.html", VIA, 200, true, false),
    ("/disable/page.html", MSIE, 200, false, true),
    ("/disable/page.html", SV1, 200, false, true),
    ("/disable/page.html", CURL, 200, false, true),
    ("/disable/page.html", GZIP, 200, true, true),
    ("/msie6/page.html", MSIE, 200, false, false),
    ("/msie6/page.html", SV1, 200, true, false),
    ("/static/style.css", GZIP, 200, true, true),
    ("/static/style.css", "", 200, false, true),
    ("/static/page.html", GZIP, 200, true, true),
    ("/charset/page.html", GZIP, 200, true, false),
    ("/etag/page.html", GZIP, 200, true, false),
    ("/if/page.html?z=1", GZIP, 200, true, false),
    ("/if/page.html", GZIP, 200, false, false),
    ("/outer/style.css", GZIP, 200, true, false),
    ("/outer/in/style.css", GZIP, 200, false, false),
    ("/outer/in/thirty.txt", GZIP, 200, true, false),
    ("/text", GZIP, 200, true, false),
    ("/failed", GZIP, 500, false, false),
];

#[test]
fn what_is_compressed_is_what_nginx_compresses() {
    let folder = Folder::new();
    let server = serve(&folder);
    // The second time, forms that are kept are sent.
    for &(path, fields, status, is_gzip, varies) in ANSWERS.iter().chain(ANSWERS) {
        let response = get(&server, path, fields);
        assert_eq!(response.status, status, "{path} {fields}");
        assert_eq!(response.field("Content-Encoding").is_some(), is_gzip, "{path} {fields}");
        assert_eq!(response.field("Vary").is_some(), varies, "{path} {fields}");
        if path == "/etag/page.html" {
            assert_eq!(response.field("ETag"), None);
        } else if let Some(tag) = response.field("ETag") {
            // What lies there compressed has a tag of its own.
            let is_weak = is_gzip && path != "/static/style.css";
            assert_eq!(tag.starts_with("W/"), is_weak, "{path} {fields}");
        }
        assert!(!is_gzip || response.field("Accept-Ranges").is_none(), "{path} {fields}");
        let head = send(&mut server.connect(), "HEAD", path, fields);
        for name in ["Content-Encoding", "Vary", "ETag", "Accept-Ranges", "Content-Type"] {
            assert_eq!(head.field(name), response.field(name), "{path} {fields} {name}");
        }
    }
}

#[test]
fn contents_are_the_same_in_every_coding() {
    let folder = Folder::new();
    let server = serve(&folder);
    let long = text(3_000_000);
    folder.write("www/long.txt", &long);
    folder.write("www/medium.txt", &long[..200_000]);
    let mut client = server.connect();
    for (name, plain) in [
        ("page.html", text(10_240).into_bytes()),
        ("medium.txt", long.as_bytes()[..200_000].to_vec()),
        ("long.txt", long.clone().into_bytes()),
        ("noise.png", noise(30_000)),
    ] {
        for (location, coding) in [("all", "gzip"), ("br", "br"), ("zstd", "zstd")] {
            for time in 1..=2 {
                let path = format!("/{location}/{name}");
                let fields = format!("Accept-Encoding: {coding}\r\n");
                let response = send(&mut client, "GET", &path, &fields);
                assert_eq!(response.field("Content-Encoding"), Some(coding), "{path}");
                assert!(content(&response) == plain, "{path}");
                // What is kept has a length; what is longer is compressed anew each time.
                let is_known = name == "page.html" || time == 2 && name != "long.txt";
                assert_eq!(response.field("Content-Length").is_some(), is_known, "{path} {time}");
            }
        }
    }
    for (accepted, coding) in [
        ("gzip, zstd, br", "br"),
        ("gzip, zstd", "zstd"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0, zstd;q=0.1", "zstd"),
    ] {
        let response = get(&server, "/any/page.html", &format!("Accept-Encoding: {accepted}\r\n"));
        assert_eq!(response.field("Content-Encoding"), Some(coding), "{accepted}");
    }
}

#[test]
fn a_form_that_is_kept_is_that_of_the_file_as_it_is() {
    let folder = Folder::new();
    let server = serve(&folder);
    for time in 0..3 {
        let plain = format!("{time} {}", text(9000));
        folder.write("www/page.html", &plain);
        let end = Instant::now() + PATIENCE;
        // What a file was is believed for a second.
        while content(&get(&server, "/on/page.html", GZIP)) != plain.as_bytes() {
            assert!(Instant::now() < end, "the old one is sent");
            std::thread::sleep(Duration::from_millis(50));
        }
        let response = get(&server, "/on/page.html", GZIP);
        assert!(content(&response) == plain.as_bytes());
        let tag = response.field("ETag").unwrap();
        let fields = format!("{GZIP}If-None-Match: {tag}\r\n");
        assert_eq!(get(&server, "/on/page.html", &fields).status, 304);
        let strong = tag.strip_prefix("W/").unwrap();
        let fields = format!("{GZIP}If-None-Match: {strong}\r\n");
        assert_eq!(get(&server, "/on/page.html", &fields).status, 304);
        let fields = format!("{GZIP}If-Match: {tag}\r\n");
        assert_eq!(get(&server, "/on/page.html", &fields).status, 412);
    }
}

#[test]
fn old_clients_get_what_they_can_read() {
    let folder = Folder::new();
    let server = serve(&folder);
    let ask = |path: &str| {
        let mut client = server.connect();
        client.send(format!("GET {path} HTTP/1.0\r\nHost: a.test\r\n{GZIP}\r\n"));
        client.response("GET")
    };
    assert_eq!(ask("/on/page.html").field("Content-Encoding"), None);
    let response = ask("/v10/page.html");
    assert_eq!(response.field("Content-Encoding"), Some("gzip"));
    assert_eq!(response.field("Transfer-Encoding"), None);
    assert!(content(&response) == text(10_240).as_bytes());
}

#[test]
fn what_lies_there_compressed_is_unpacked() {
    let folder = Folder::new();
    let server = serve(&folder);
    let plain = get(&server, "/gunzip/style.css", "");
    assert_eq!((plain.status, plain.field("Content-Encoding")), (200, None));
    assert!(plain.text() == text(46_000));
    assert_eq!(plain.field("Vary"), Some("Accept-Encoding"));
    assert!(plain.field("ETag").unwrap().starts_with("W/"));
    let coded = get(&server, "/gunzip/style.css", GZIP);
    assert_eq!(coded.field("Content-Encoding"), Some("gzip"));
    assert!(coded.body == gzip(&text(46_000)));
    // What is broken breaks off where it is.
    folder.write("www/cut.css", "");
    folder.write("www/cut.css.gz", &gzip(&text(46_000))[..2000]);
    let mut client = server.connect();
    client.send("GET /gunzip/cut.css HTTP/1.1\r\nHost: a.test\r\n\r\n");
    assert!(!client.until_closed().ends_with(b"0\r\n\r\n"));
    server.wait_for("the response is broken off");
    assert_eq!(get(&server, "/on/page.html", "").status, 200);
}

/// The next line, with its end.
fn line(client: &mut Client) -> String {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte);
        line.push(byte[0]);
    }
    String::from_utf8(line).unwrap()
}

#[test]
fn what_a_script_writes_comes_at_once() {
    let folder = Folder::new();
    folder.write(
        "www/slow.sh",
        "printf 'Content-Type: text/plain\\n\\nfirst\\n'; read wait <go; echo then",
    );
    folder.write("www/long.sh", "printf 'Content-Type: text/plain\\n\\n'; seq 100000");
    folder
        .write("www/short.sh", "printf 'Content-Type: text/plain\\nContent-Length: 9\\n\\nshort'");
    let server = serve(&folder);
    let fifo = folder.path().join("www/go");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let mut client = server.connect();
    let fields = format!("{GZIP}Connection: close\r\n");
    client.send(format!("GET /bin/slow.sh HTTP/1.1\r\nHost: a.test\r\n{fields}\r\n"));
    while line(&mut client) != "\r\n" {}
    let (mut chunks, mut first) = (Vec::new(), [0; 6]);
    // What has come can be read while the script waits.
    while flate2::read::GzDecoder::new(&chunks[..]).read_exact(&mut first).is_err() {
        let size = usize::from_str_radix(line(&mut client).trim(), 16).unwrap();
        let mut chunk = vec![0; size + 2];
        client.read_exact(&mut chunk);
        chunks.extend_from_slice(&chunk[..size]);
    }
    assert_eq!(&first, b"first\n");
    std::fs::write(&fifo, "go\n").unwrap();
    assert!(client.until_closed().ends_with(b"0\r\n\r\n"));

    let response = get(&server, "/bin/long.sh", GZIP);
    let plain: String = (1..=100_000).map(|n| format!("{n}\n")).collect();
    assert!(content(&response) == plain.as_bytes());
    server.wait_for("ratio of /bin/long.sh: 2.");
    // What is cut is seen to be cut.
    let mut client = server.connect();
    client.send(format!("GET /bin/short.sh HTTP/1.1\r\nHost: a.test\r\n{GZIP}\r\n"));
    assert!(!client.until_closed().ends_with(b"0\r\n\r\n"));
    server.wait_for("script has written less than its Content-Length");
}

#[test]
fn what_is_one_client_s_alone_is_not_compressed() {
    let folder = Folder::new();
    folder.write(
        "www/cookie.sh",
        "printf 'Content-Type: text/plain\\nSet-Cookie: a=b\\n\\n'; seq 1000",
    );
    let server = serve(&folder);
    let authorised = format!("{GZIP}Authorization: Basic eDp5\r\n");
    for (path, fields, is_gzip) in [
        ("/bin/cookie.sh", GZIP, false),
        ("/private/cookie.sh", GZIP, true),
        ("/echo?a=b", GZIP, true),
        ("/echo?a=b", &authorised, false),
        ("/list/", &authorised, false),
        ("/text", &authorised, false),
        // Of what is the same for all, nothing is learned.
        ("/on/page.html", &authorised, true),
    ] {
        let response = get(&server, path, fields);
        assert_eq!(response.status, 200, "{path}");
        assert_eq!(response.field("Content-Encoding").is_some(), is_gzip, "{path} {fields}");
    }
    let listing = get(&server, "/list/", GZIP);
    assert!(String::from_utf8(content(&listing)).unwrap().contains("thirty.txt"));
}

#[test]
fn ratios_are_logged() {
    let folder = Folder::new();
    let server = serve(&folder);
    for path in ["/on/page.html", "/on/page.html", "/types/style.css", "/on/short.html"] {
        get(&server, path, GZIP);
    }
    server.wait_for("ratio of /on/short.html: -");
    let log = server.log();
    let ratios = log
        .lines()
        .filter(|line| line.contains("ratio of"))
        .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap_or(0.0));
    let ratios: Vec<_> = ratios.collect();
    assert!(ratios[0] > 3.0 && ratios[0] == ratios[1] && ratios[2] > 3.0, "{ratios:?}");
}

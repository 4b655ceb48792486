//! HTTP/2: every kind of answer over it, and how its streams share a connection.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::launch;
use sitec_tests::backend::{Backend, Then};
use sitec_tests::folder::Folder;
use sitec_tests::http2::*;
use sitec_tests::server::Server;

/// A server of `sites/http2.conf`, its two folders, and files in the first.
pub(crate) struct Site {
    pub(crate) server: Server,
    #[allow(dead_code)] // It is there as long as this is.
    www: Folder,
    pub(crate) store: Folder,
}

/// Bytes that tell where they stand.
pub(crate) fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8).collect()
}

pub(crate) fn serve() -> Site {
    serve_before("127.0.0.1:1")
}

fn serve_before(backend: &str) -> Site {
    let (www, store) = (Folder::new(), Folder::new());
    www.write("small.txt", "small");
    www.write("empty.txt", "");
    www.write("large.bin", bytes(1_000_000));
    www.write("text.html", "compress me, compress me, compress me ".repeat(50));
    let launch = launch("http2").ports(2).set("BACK", backend);
    let launch = launch.set("WWW", www.path().to_str().unwrap());
    let server = launch.set("STORE", store.path().to_str().unwrap()).start();
    Site { server, www, store }
}

#[test]
fn http2_answers_are_those_of_http1() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    for path in ["/ping", "/small.txt", "/empty.txt", "/large.bin", "/nothing", "/moved", "/empty"]
    {
        let (old, new) = (site.server.get(path), client.get(path));
        assert_eq!((old.status, &old.body), (new.status, &new.content), "{path}");
        for name in
            ["Content-Type", "Content-Length", "ETag", "Location", "Accept-Ranges", "Server"]
        {
            let field = new.field(&name.to_ascii_lowercase());
            assert_eq!(old.field(name), field, "{path} {name}");
        }
        assert_eq!(new.field("connection"), None);
        assert_eq!((new.ended, new.reset), (true, None), "{path}");
    }
    site.server.wait_for("HTTP/2.0 \"GET /ping HTTP/2.0\" 200 4 h2c");
}

#[test]
fn http2_answers_without_content_end_with_their_head() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    let date = client.get("/small.txt").field("last-modified").unwrap().to_owned();
    for (method, path, more, status) in [
        ("HEAD", "/small.txt", None, 200),
        ("GET", "/empty", None, 204),
        ("GET", "/empty.txt", None, 200),
        ("GET", "/small.txt", Some(("if-modified-since", &date[..])), 304),
    ] {
        let more: Vec<_> = more.into_iter().collect();
        let id = client.open(method, path, &more, true);
        let answer = client.answer(id);
        assert_eq!((answer.status, answer.ended_by_head), (status, true), "{method} {path}");
        assert!(answer.content.is_empty());
    }
}

#[test]
fn http2_ranges_and_compression_are_as_over_http1() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    let id = client.open("GET", "/large.bin", &[("range", "bytes=500000-500009")], true);
    let answer = client.answer(id);
    assert_eq!((answer.status, &answer.content[..]), (206, &bytes(1_000_000)[500_000..500_010]));
    let id = client.open("GET", "/zipped/text.html", &[("accept-encoding", "gzip")], true);
    let answer = client.answer(id);
    assert_eq!((answer.status, answer.field("content-encoding")), (200, Some("gzip")));
    let mut text = String::new();
    let mut decoder = flate2::read::GzDecoder::new(&answer.content[..]);
    std::io::Read::read_to_string(&mut decoder, &mut text).unwrap();
    assert_eq!(text, "compress me, compress me, compress me ".repeat(50));
}

/// The fields of CONNECT with a protocol.
fn tunnel(path: &str) -> Vec<(&str, &str)> {
    let method = [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http")];
    let rest = [(":path", path), (":authority", "h2.test"), ("sec-websocket-version", "13")];
    [method, rest].concat()
}

/// RFC 8441, 3 to 5.
#[test]
fn http2_rfc8441_websocket_is_an_upgrade_to_the_other_server() {
    let backend = Backend::start(|_, stream| {
        let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX-Own: y\r\n\
                    Sec-WebSocket-Accept: x\r\nConnection: Upgrade\r\n\r\nhi";
        let _ = stream.write_all(head.as_bytes());
        let mut buffer = [0; 4096];
        while let Ok(len @ 1..) = std::io::Read::read(stream, &mut buffer) {
            let _ = stream.write_all(&buffer[..len].to_ascii_uppercase());
        }
        Then::Close
    });
    let site = serve_before(&backend.address());
    let mut client = Http2::connect(&site.server);
    let settings = client.wait_for(|frame| frame.kind == SETTINGS && frame.flags == 0).payload;
    assert!(settings.chunks(6).any(|pair| pair == [0, 8, 0, 0, 0, 1]), "{settings:?}");
    let id = client.open_with(&tunnel("/back/chat?a"), false);
    let mut answer = client.head(id);
    assert_eq!((answer.status, answer.field("x-own")), (200, Some("y")));
    for name in ["upgrade", "connection", "sec-websocket-accept", "content-length"] {
        assert_eq!(answer.field(name), None, "{name}");
    }
    let mut said = b"HI".to_vec();
    for round in 0..50 {
        let piece = format!("message {round} ").repeat(500);
        client.frame(DATA, 0, id, piece.as_bytes());
        said.extend_from_slice(piece.to_ascii_uppercase().as_bytes());
        while answer.content.len() < said.len() {
            let frame = client.wait_for(|frame| frame.stream == id);
            client.take(&mut answer, frame);
        }
        // Others are served meanwhile.
        assert!(round % 10 > 0 || client.works());
    }
    client.frame(DATA, END_STREAM, id, b"end");
    while !answer.ended {
        let frame = client.wait_for(|frame| frame.stream == id);
        client.take(&mut answer, frame);
    }
    said.extend_from_slice(b"END");
    said[..2].copy_from_slice(b"hi");
    assert!(answer.content == said && answer.reset.is_none());
    let asked = backend.only();
    assert_eq!(asked.line(), "GET /back/chat?a HTTP/1.1");
    for (name, value) in
        [("Upgrade", "websocket"), ("Connection", "upgrade"), ("Sec-WebSocket-Version", "13")]
    {
        assert_eq!(asked.fields(name), [value], "{name}");
    }
    let key = asked.fields("Sec-WebSocket-Key")[0].to_owned();
    assert_eq!(data_encoding::BASE64.decode(key.as_bytes()).map(|key| key.len()), Ok(16), "{key}");
    site.server.wait_for("\"GET /back/chat?a HTTP/2.0\" 101");
}

#[test]
fn http2_tunnels_that_are_none_are_no_success() {
    let backend = Backend::start(|asked, stream| {
        let status = if asked.target().ends_with("no") { "403 Forbidden" } else { "200 OK" };
        let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nhi");
        Then::Keep
    });
    let site = serve_before(&backend.address());
    let mut client = Http2::connect(&site.server);
    for (path, status) in [("/back/no", 403), ("/back/yes", 501), ("/ping", 501), ("/nothing", 404)]
    {
        let id = client.open_with(&tunnel(path), false);
        assert_eq!(client.answer(id).status, status, "{path}");
    }
    // Without a protocol, it is for a proxy that clients choose.
    let id = client.open_with(&[(":method", "CONNECT"), (":authority", "h2.test:80")], false);
    assert_eq!(client.answer(id).status, 405);
}

#[test]
fn http2_tunnels_end_with_their_stream() {
    let (told, ended) = std::sync::mpsc::channel();
    let backend = Backend::start(move |_, stream| {
        let head = "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n";
        let _ = stream.write_all(head.as_bytes());
        let mut buffer = [0; 64];
        while let Ok(len @ 1..) = std::io::Read::read(stream, &mut buffer) {
            if &buffer[..len] == b"close" {
                return Then::Close;
            }
        }
        let _ = told.send(());
        Then::Close
    });
    let site = serve_before(&backend.address());
    let mut client = Http2::connect(&site.server);
    let id = client.open_with(&tunnel("/back/"), false);
    assert_eq!(client.head(id).status, 200);
    client.frame(RST_STREAM, 0, id, &CANCEL.to_be_bytes());
    ended.recv_timeout(sitec_tests::PATIENCE).expect("the other server sees the end");
    let id = client.open_with(&tunnel("/back/"), false);
    let mut answer = client.head(id);
    client.frame(DATA, 0, id, b"close");
    while !answer.ended {
        let frame = client.wait_for(|frame| frame.stream == id);
        client.take(&mut answer, frame);
    }
    assert!(answer.content.is_empty() && client.works());
}

#[test]
fn http2_values_are_those_of_http1() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    let id = client.open("GET", "/host", &[("cookie", "a=1"), ("cookie", "b=2")], true);
    assert_eq!(client.answer(id).text(), "h2.test h2.test a=1; b=2");
}

#[test]
fn http2_streams_are_answered_at_once_and_in_any_order() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    let slow: Vec<_> = (0..20).map(|_| client.open("GET", "/large.bin", &[], true)).collect();
    let quick = client.open("GET", "/ping", &[], true);
    assert_eq!(client.answer(quick).text(), "pong");
    for id in slow.into_iter().rev() {
        assert!(client.answer(id).content == bytes(1_000_000));
    }
}

/// RFC 9113, 5.2: nothing is sent beyond the windows, and what was held back comes once they open.
#[test]
fn http2_rfc9113_5_2_content_waits_for_both_windows() {
    let site = serve();
    let mut client = Http2::with_settings(&site.server, 0, &[(4, 1000)]);
    client.gives_back = false;
    let id = client.open("GET", "/large.bin", &[], true);
    let mut answer = client.head(id);
    assert_eq!(client.wait_for(|frame| frame.kind == DATA).payload, bytes(1000));
    assert!(client.is_silent_for(Duration::from_millis(200)));
    // A head needs no window.
    let head = client.open("HEAD", "/small.txt", &[], true);
    assert_eq!(client.answer(head).status, 200);
    client.window(id, 1);
    assert_eq!(client.wait_for(|frame| frame.kind == DATA).payload, bytes(1001)[1000..]);
    // The connection's window ends first now.
    client.window(id, 2_000_000);
    let mut came = 1001;
    while came < 65_535 {
        let frame = client.wait_for(|frame| frame.kind == DATA);
        came += frame.payload.len();
    }
    assert_eq!(came, 65_535);
    assert!(client.is_silent_for(Duration::from_millis(200)));
    client.window(0, 2_000_000);
    while !answer.ended {
        let frame = client.wait_for(|frame| frame.kind == DATA);
        client.take(&mut answer, frame);
    }
    assert!(answer.content == bytes(1_000_000)[65_535..]);
}

/// RFC 9113, 6.9.2: a change holds for all streams, and windows may become negative.
#[test]
fn http2_rfc9113_6_9_2_settings_change_the_windows_of_open_streams() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    client.gives_back = false;
    let id = client.open("GET", "/large.bin", &[], true);
    let mut came = 0;
    while came < 65_535 {
        came += client.wait_for(|frame| frame.kind == DATA).payload.len();
    }
    client.window(0, 1_000_000).settings(&[(4, 0)]).window(id, 65_535);
    client.wait_for(|frame| frame.kind == SETTINGS && frame.flags == ACK);
    client.wait_for(|frame| frame.kind == SETTINGS && frame.flags == ACK);
    assert!(client.is_silent_for(Duration::from_millis(200)), "the window is 0");
    client.settings(&[(4, 10)]);
    assert_eq!(client.wait_for(|frame| frame.kind == DATA).payload.len(), 10);
}

/// RFC 9113, 4.2: no frame is longer than the peer takes, nor than `http2_chunk_size`.
#[test]
fn http2_frames_are_no_longer_than_the_conf_says() {
    let site = serve();
    for (port, path, most) in [(0, "/large.bin", 8192), (1, "/www/large.bin", 1024)] {
        let mut client = Http2::with_settings(&site.server, port, &[(5, 1 << 20)]);
        client.open("GET", path, &[], true);
        let len = client.wait_for(|frame| frame.kind == DATA).payload.len();
        assert_eq!(len, most);
    }
}

#[test]
fn http2_uploads_become_files() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    let content = bytes(50_000);
    let id = client.open("PUT", "/put/a.bin", &[("content-length", "50000")], false);
    for piece in content.chunks(9999) {
        client.frame(DATA, 0, id, piece);
    }
    client.frame(DATA, END_STREAM, id, b"");
    assert_eq!(client.answer(id).status, 201);
    assert!(std::fs::read(site.store.path().join("a.bin")).unwrap() == content);
    let form =
        "--x\r\nContent-Disposition: form-data; name=f; filename=b.txt\r\n\r\nhello\r\n--x--\r\n";
    let kind = ("content-type", "multipart/form-data; boundary=x");
    let id = client.open("POST", "/up/", &[kind], false);
    client.frame(DATA, END_STREAM, id, form.as_bytes());
    assert_eq!(client.answer(id).status, 201);
    assert_eq!(site.store.text("b.txt"), "hello");
    assert!(client.works());
}

/// Uploads that are longer than all windows: what was used is given back.
#[test]
fn http2_uploads_may_be_longer_than_the_windows() {
    let site = serve();
    for (port, prefix) in [(0, "/put/"), (1, "/put/")] {
        let mut client = Http2::with_settings(&site.server, port, &[]);
        let content = bytes(600_000);
        let id = client.open("PUT", &format!("{prefix}long-{port}"), &[], false);
        let (mut of_stream, mut of_connection) = (65_535usize, 65_535usize);
        if port == 1 {
            // It is told that there is no window before it is wanted.
            client.wait_for(|frame| frame.kind == SETTINGS && frame.flags == 0);
            client.frame(SETTINGS, ACK, 0, b"");
        }
        let mut at = 0;
        while at < content.len() {
            let len = of_stream.min(of_connection).min(16_384).min(content.len() - at);
            if len == 0 {
                let frame = client.wait_for(|frame| frame.kind == WINDOW_UPDATE);
                let window = if frame.stream == 0 { &mut of_connection } else { &mut of_stream };
                *window += frame.number(0) as usize;
                continue;
            }
            client.frame(DATA, 0, id, &content[at..at + len]);
            (at, of_stream, of_connection) = (at + len, of_stream - len, of_connection - len);
        }
        client.frame(DATA, END_STREAM, id, b"");
        assert_eq!(client.answer(id).status, 201);
        assert!(
            site.store.path().join(format!("long-{port}")).metadata().unwrap().len() == 600_000
        );
    }
}

/// RFC 9113, 6.1: padding counts to the windows, and is given back.
#[test]
fn http2_rfc9113_6_1_padding_is_given_back() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    let id = client.open("PUT", "/put/padded", &[], false);
    let padded = [&[255][..], b"x", &[0; 255]].concat();
    for _ in 0..1000 {
        client.frame(DATA, PADDED, id, &padded);
    }
    client.frame(DATA, END_STREAM, id, b"");
    assert_eq!(client.answer(id).status, 201);
    assert_eq!(site.store.text("padded"), "x".repeat(1000));
}

#[test]
fn http2_trailers_are_taken() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    let id = client.open("PUT", "/put/t", &[("content-length", "3"), ("te", "trailers")], false);
    client.frame(DATA, 0, id, b"abc");
    client.frame(HEADERS, END_HEADERS | END_STREAM, id, &block(&[("x-sum", "5")]));
    assert_eq!(client.answer(id).status, 201);
    assert_eq!(site.store.text("t"), "abc");
    // After content that nobody has asked for as well.
    let id = client.open("GET", "/ping", &[], false);
    assert_eq!(client.head(id).status, 200);
    client.frame(HEADERS, END_HEADERS | END_STREAM, id, &block(&[("x-sum", "5")]));
    assert!(client.works());
}

/// RFC 9110, 10.1.1.
#[test]
fn http2_expect_is_answered_by_100() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    let id = client.open("PUT", "/put/e", &[("expect", "100-continue")], false);
    let frame = client.wait_for(|frame| frame.stream == id);
    let mut answer = Answer::default();
    client.take(&mut answer, frame);
    assert_eq!((&answer.interim[..], answer.ended), (&[100][..], false));
    client.frame(DATA, END_STREAM, id, b"late");
    assert_eq!(client.answer(id).status, 201);
    let id = client.open("PUT", "/nothing", &[("expect", "100-continue")], false);
    let answer = client.answer(id);
    assert_eq!((answer.interim.len(), answer.ended), (0, true), "{answer:?}");
    let id = client.open("PUT", "/put/e", &[("expect", "more")], false);
    assert_eq!(client.answer(id).status, 417);
}

/// RFC 9113, 8.1: an answer that comes before all of the request is whole, and then the rest is not
/// wanted.
#[test]
fn http2_rfc9113_8_1_an_early_answer_is_whole() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    let id = client.open("PUT", "/small/x", &[], false);
    client.frame(DATA, 0, id, &bytes(100));
    let answer = client.answer(id);
    assert_eq!((answer.status, answer.ended, answer.reset), (413, true, None));
    let reset = client.wait_for(|frame| frame.kind == RST_STREAM && frame.stream == id);
    assert_eq!(reset.number(0), NO_ERROR);
    // What is on its way is thrown away, and given back.
    for _ in 0..20 {
        client.frame(DATA, 0, id, &bytes(3000));
    }
    client.frame(DATA, END_STREAM, id, b"");
    client.wait_for(|frame| frame.kind == WINDOW_UPDATE && frame.stream == 0);
    assert!(client.works());
}

/// The same where the head is what is refused: content that comes meanwhile breaks nothing.
#[test]
fn http2_an_answer_to_a_head_that_is_refused_is_whole() {
    let site = serve();
    let mut client = Http2::with_settings(&site.server, 0, &[(4, 0)]);
    let id = client.open("PUT", "/put/x", &[("x", &"y".repeat(5000))], false);
    client.frame(DATA, 0, id, &bytes(100));
    assert_eq!(client.head(id).status, 431);
    client.settings(&[(4, 65_535)]);
    let rest = client.answer(id);
    assert_eq!((rest.ended, rest.reset), (true, None));
}

#[test]
fn http2_scripts_answer_and_are_told() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    let code = "printf 'Status: 201\\nX-A: b\\n\\n'; cat; echo $SERVER_PROTOCOL $CONTENT_LENGTH";
    let id = client.open("POST", "/cgi/run.sh", &[("x-run", code)], false);
    client.frame(DATA, 0, id, b"one ").frame(DATA, END_STREAM, id, b"two ");
    let answer = client.answer(id);
    assert_eq!((answer.status, answer.field("x-a")), (201, Some("b")));
    assert_eq!(answer.text(), "one two HTTP/2.0 8\n");
    assert!(answer.ended);
    // Several at once, of which the first ends last.
    let slow = "printf 'X: y\\n\\n'; sleep 0.5; echo slow";
    let slow = client.open("GET", "/cgi/run.sh", &[("x-run", slow)], true);
    let quick = client.open("GET", "/cgi/run.sh", &[("x-run", "printf 'X: y\\n\\nquick'")], true);
    assert_eq!(client.answer(quick).text(), "quick");
    assert_eq!(client.answer(slow).text(), "slow\n");
}

/// A stream that is reset stops its script.
#[test]
fn http2_a_reset_stops_the_script() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    let file = site.store.path().join("done");
    let code = format!(
        "trap 'echo stopped >{0}; exit' TERM; printf 'X: y\\n\\n'; echo begun; \
                        sleep 20 & wait",
        file.display()
    );
    let id = client.open("GET", "/cgi/run.sh", &[("x-run", &code)], true);
    assert_eq!(client.head(id).status, 200);
    client.wait_for(|frame| frame.kind == DATA);
    client.frame(RST_STREAM, 0, id, &CANCEL.to_be_bytes());
    let began = Instant::now();
    while !file.exists() {
        assert!(began.elapsed() < Duration::from_secs(10), "{}", site.server.log());
        std::thread::yield_now();
    }
    assert!(client.works());
}

#[test]
fn http2_requests_are_passed_on() {
    let backend = Backend::start(|asked, stream| {
        let text = format!("{}{}", asked.head, String::from_utf8_lossy(&asked.content));
        let head = format!(
            "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: {}\r\n\r\n",
            text.len()
        );
        let _ = stream.write_all((head + &text).as_bytes());
        Then::Keep
    });
    let site = serve_before(&backend.address());
    let mut client = Http2::connect(&site.server);
    for (path, framing) in
        [("/back/a", "Content-Length: 5"), ("/stream/a", "Transfer-Encoding: chunked")]
    {
        let more = [("te", "trailers"), ("cookie", "a"), ("cookie", "b")];
        let id = client.open("POST", path, &more, false);
        client.frame(DATA, 0, id, b"he").frame(DATA, END_STREAM, id, b"llo");
        let answer = client.answer(id);
        assert_eq!((answer.status, answer.field("connection")), (200, None));
        let text = answer.text();
        assert!(text.starts_with(&format!("POST {path} HTTP/1.1\n")), "{text}");
        assert!(text.contains(framing) && text.ends_with("hello"), "{text}");
        assert!(
            text.to_lowercase().contains("cookie: a; b\n") && !text.to_lowercase().contains("te:"),
            "{text}"
        );
    }
    // Many at once.
    let ids: Vec<_> = (0..50).map(|_| client.open("GET", "/back/b", &[], true)).collect();
    assert!(ids.into_iter().all(|id| client.answer(id).status == 200));
}

/// An answer that breaks off is a reset, so that nobody takes it for whole.
#[test]
fn http2_answers_that_break_off_are_reset() {
    let backend =
        Backend::saying("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", Then::Close);
    let site = serve_before(&backend.address());
    let mut client = Http2::connect(&site.server);
    let answer = client.get("/back/x");
    assert_eq!((answer.status, answer.ended, answer.reset), (200, false, Some(INTERNAL_ERROR)));
    let answer = client.get("/shut");
    assert_eq!((answer.status, answer.reset), (0, Some(INTERNAL_ERROR)));
    assert!(client.works());
}

#[test]
fn http2_a_rate_holds_for_each_stream() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    let slow = client.open("GET", "/limited/large.bin", &[], true);
    assert_eq!(client.head(slow).status, 200);
    let began = Instant::now();
    assert!(client.works());
    assert!(began.elapsed() < Duration::from_millis(500));
    client.frame(RST_STREAM, 0, slow, &CANCEL.to_be_bytes());
    assert!(client.works());
}

/// Streams that wait hold nothing up, and go on.
#[test]
fn http2_requests_that_wait_go_on() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    let open = |client: &mut Http2| client.open("GET", "/paced/small.txt", &[], true);
    let began = Instant::now();
    let all: Vec<_> = (0..4).map(|_| open(&mut client)).collect();
    let given_up = open(&mut client);
    client.frame(RST_STREAM, 0, given_up, &CANCEL.to_be_bytes());
    assert!(client.works());
    assert!(all.into_iter().all(|id| client.answer(id).text() == "small"));
    assert!(began.elapsed() > Duration::from_millis(250));
    site.server.wait_for("\"GET /paced/small.txt HTTP/2.0\" 499");
}

/// What comes steadily is not too slow, though nothing of it ends with a read.
#[test]
fn http2_uploads_may_take_longer_than_a_head() {
    let site = serve();
    let mut client = Http2::with_settings(&site.server, 1, &[]);
    let id = client.open("PUT", "/put/steady", &[], false);
    client.frame(SETTINGS, ACK, 0, b"");
    let frames = frame(DATA, 0, id, b"0123456789").repeat(8);
    client.send(&frames[..5]);
    for piece in frames[5..].chunks(19) {
        assert!(client.paces(Duration::from_millis(150)));
        client.send(piece);
    }
    client.frame(DATA, END_STREAM, id, b"");
    assert_eq!(client.answer(id).status, 201);
    assert_eq!(site.store.text("steady"), "0123456789".repeat(8));
}

/// Each stream has deadlines of its own, which end it alone.
#[test]
fn http2_a_stream_that_stands_still_is_ended_alone() {
    let site = serve();
    let mut client = Http2::with_settings(&site.server, 0, &[(4, 100)]);
    let id = client.open("PUT", "/slow/x", &[], false);
    client.frame(DATA, 0, id, b"a");
    let answer = client.answer(id);
    assert_eq!((answer.status, answer.ended), (408, true));
    client.gives_back = false;
    let id = client.open("GET", "/stalled/large.bin", &[], true);
    let answer = client.answer(id);
    assert_eq!((answer.content.len(), answer.reset), (100, Some(INTERNAL_ERROR)));
    assert!(client.works());
}

#[test]
fn http2_contents_are_replaced_on_their_way() {
    let site = serve();
    let mut client = Http2::connect(&site.server);
    let answer = client.get("/replaced/text.html");
    assert_eq!((answer.status, answer.field("content-length")), (200, None));
    assert_eq!(answer.text(), "squeeze me, squeeze me, squeeze me ".repeat(50));
    // More than the windows hold, in pieces.
    let answer = client.get("/replaced/large.bin");
    assert!(answer.ended && answer.content == bytes(1_000_000));
    let id = client.open("HEAD", "/replaced/text.html", &[], true);
    let answer = client.answer(id);
    assert_eq!((answer.status, answer.ended_by_head), (200, true));
}

#[test]
fn http2_requests_are_mirrored() {
    let backend = Backend::start(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        Then::Keep
    });
    let site = serve_before(&backend.address());
    let mut client = Http2::connect(&site.server);
    let content = bytes(50_000);
    let id = client.open("PUT", "/copied/x", &[], false);
    for piece in content.chunks(10_000) {
        client.frame(DATA, 0, id, piece);
    }
    client.frame(DATA, END_STREAM, id, b"");
    assert_eq!(client.answer(id).status, 201);
    assert_eq!(std::fs::read(site.store.path().join("x")).unwrap(), content);
    let until = Instant::now() + sitec_tests::PATIENCE;
    while backend.asked().is_empty() {
        assert!(Instant::now() < until, "nothing was mirrored");
        std::thread::sleep(Duration::from_millis(5));
    }
    let asked = &backend.asked()[0];
    assert!(asked.line().starts_with("PUT /copy HTTP/1."), "{}", asked.line());
    assert!(asked.content == content);
    // One that is reset is answered no more, and its connection goes on.
    let id = client.open("PUT", "/copied/y", &[], false);
    client.frame(RST_STREAM, 0, id, &CANCEL.to_be_bytes());
    assert!(client.works());
}

#[test]
fn http2_passwords_are_asked_for() {
    let site = serve();
    site.store.write("users", "me:{PLAIN}secret\n");
    let mut client = Http2::connect(&site.server);
    let answer = client.get("/members/small.txt");
    assert_eq!(
        (answer.status, answer.field("www-authenticate")),
        (401, Some("Basic realm=\"Members\""))
    );
    // "me:secret" and "me:wrong".
    for (said, status) in [("Basic bWU6c2VjcmV0", 200), ("Basic bWU6d3Jvbmc=", 401)] {
        let id = client.open("GET", "/members/small.txt", &[("authorization", said)], true);
        assert_eq!(client.answer(id).status, status, "{said}");
    }
}

/// RFC 9113, 6.8: on its way out, the server says what it has done, and finishes that.
#[test]
fn http2_rfc9113_6_8_streams_are_finished_when_the_server_leaves() {
    let mut site = serve();
    let mut idle = Http2::connect(&site.server);
    assert!(idle.works());
    let mut client = Http2::connect(&site.server);
    let put = client.open("PUT", "/put/last", &[], false);
    client.frame(DATA, 0, put, b"begun, ");
    assert!(client.works());
    site.server.signal("TERM");
    // What was on its way then is done.
    for client in [&mut idle, &mut client] {
        let goaway = client.wait_for(|frame| frame.kind == GOAWAY);
        assert_eq!((goaway.number(0), goaway.number(4)), (u32::MAX >> 1, NO_ERROR));
        assert!(client.works());
    }
    let ping = client.wait_for(|frame| frame.kind == PING && frame.flags == 0);
    client.frame(PING, ACK, 0, &ping.payload);
    let goaway = client.wait_for(|frame| frame.kind == GOAWAY);
    assert_eq!((goaway.number(0), goaway.number(4)), (5, NO_ERROR));
    // Who does not say that it has heard is told all the same.
    assert_eq!(idle.goaway(), (3, NO_ERROR));
    // What comes later is not done, which its client knows.
    client.open("GET", "/ping", &[], true);
    client.frame(DATA, END_STREAM, put, b"ended");
    assert_eq!(client.answer(put).status, 201);
    client.until_closed();
    assert_eq!(site.store.text("last"), "begun, ended");
    assert!(site.server.ended().success());
}

/// A connection on which nothing happens is ended in order.
#[test]
fn http2_an_idle_connection_is_ended_by_goaway() {
    let site = serve();
    let mut client = Http2::with_settings(&site.server, 1, &[]);
    client.frame(SETTINGS, ACK, 0, b"");
    assert!(client.works());
    assert_eq!(client.goaway(), (1, NO_ERROR));
}

/// RFC 9113, 6.5.3: who does not take note of our SETTINGS is not one to go on with.
#[test]
fn http2_rfc9113_6_5_3_settings_are_to_be_acknowledged() {
    let site = serve();
    let mut client = Http2::with_settings(&site.server, 1, &[]);
    client.open("PUT", "/put/never", &[], false);
    assert_eq!(client.goaway().1, SETTINGS_TIMEOUT);
    // Who does goes on, as long as it asks for something.
    let mut client = Http2::with_settings(&site.server, 1, &[]);
    client.frame(SETTINGS, ACK, 0, b"");
    client.open("PUT", "/put/later", &[], false);
    assert!(client.paces(Duration::from_millis(900)));
    assert!(client.works());
}

#[test]
fn http2_keepalive_requests_end_a_connection() {
    let site = serve();
    let mut client = Http2::with_settings(&site.server, 1, &[]);
    assert!((0..5).all(|_| client.works()));
    assert_eq!(client.goaway(), (9, NO_ERROR));
}

/// RFC 9113, 5.1.2.
#[test]
fn http2_rfc9113_5_1_2_more_streams_than_allowed_are_refused() {
    let site = serve();
    let mut client = Http2::with_settings(&site.server, 1, &[]);
    let settings = client.wait_for(|frame| frame.kind == SETTINGS && frame.flags == 0);
    assert_eq!(settings.payload, b"\0\x03\0\0\0\x04\0\x04\0\0\0\0\0\x08\0\0\0\x01");
    let open: Vec<_> = (0..4).map(|_| client.open("PUT", "/put/x", &[], false)).collect();
    let more = client.open("GET", "/ping", &[], true);
    assert_eq!(client.answer(more).reset, Some(REFUSED_STREAM));
    client.frame(RST_STREAM, 0, open[0], &CANCEL.to_be_bytes());
    assert!(client.works());
}

/// Streams that wait have places as connections do: where there are no more, one is reset, and what can be
/// answered at once is.
#[test]
fn http2_streams_that_wait_take_places() {
    let folder = Folder::new();
    let server = launch("few").ports(3).arg("--prefix").arg(folder.path()).start();
    let mut client = Http2::with_settings(&server, 0, &[(4, 0)]);
    let ids: Vec<_> = (0..10).map(|_| client.open("GET", "/", &[], true)).collect();
    let last = client.open("HEAD", "/", &[], true);
    assert_eq!(client.answer(last).status, 200);
    let resets = client.resets_so_far();
    assert_eq!(resets, 7, "four places, and one is the connection's");
    // The slow ones make way for others.
    assert_eq!(server.get("/").text(), "few");
    client.settings(&[(4, 100)]);
    let answered = ids.iter().filter(|&&id| client.is_answered(id)).count();
    assert!((1..3).contains(&answered), "{answered}");
}

/// Beside HTTP/2, the same port speaks HTTP/1; and whoever asks to go over to h2c stays there.
#[test]
fn http2_and_http1_share_a_port() {
    let site = serve();
    assert_eq!(site.server.get("/ping").text(), "pong");
    let mut client = site.server.connect();
    client.send(
        "GET /ping HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\
         HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
    );
    let response = client.response("GET");
    assert_eq!((response.status, response.text()), (200, "pong".to_owned()));
    // A method that begins as the preface does.
    let response = site.server.connect().send("PRIX / HTTP/1.1\r\nHost: a\r\n\r\n").response("GET");
    assert_eq!(response.status, 501);
    let http1 = launch("http").ports(3).start();
    let mut client = http1.connect();
    assert!(
        [400, 505]
            .contains(&client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").response("GET").status)
    );
}

/// RFC 9218, 10: the more urgent comes first, and those that say so share.
#[test]
fn http2_rfc9218_10_the_urgent_comes_first() {
    let site = serve();
    let mut client = Http2::with_settings(&site.server, 0, &[(4, 2_000_000)]);
    client.gives_back = false;
    let late = client.open("GET", "/large.bin", &[("priority", "u=6")], true);
    let soon = client.open("GET", "/large.bin", &[("priority", "u=1")], true);
    client.head(late);
    client.head(soon);
    client.window(0, 700_000);
    let (mut came, mut of_soon) = (0, 0);
    while came < 700_000 {
        let frame = client.wait_for(|frame| frame.kind == DATA);
        came += frame.payload.len();
        of_soon += if frame.stream == soon { frame.payload.len() } else { 0 };
    }
    assert!(of_soon > 500_000, "{of_soon} of {came}");
}

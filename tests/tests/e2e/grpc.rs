//! `grpc_pass` and `proxy_http_version 2` before a server that somebody else has written.

use std::future::{Future, poll_fn};
use std::net::{Ipv4Addr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use bytes::Bytes;
use h2::Reason;
use h2::server::SendResponse;
use http::{HeaderMap, Request, Response};

use crate::launch;
use sitec_tests::PATIENCE;
use sitec_tests::backend::nobody;
use sitec_tests::folder::Folder;
use sitec_tests::http2::*;
use sitec_tests::secure::Authority;
use sitec_tests::server::Server;

/// A server that speaks HTTP/2 by a library of its own.
pub(crate) struct Upstream {
    port: u16,
    connections: Arc<AtomicUsize>,
    said: Receiver<String>,
}

type Handled = Pin<Box<dyn Future<Output = Option<()>>>>;

impl Upstream {
    /// One that does what the end of each path says.
    pub(crate) fn start() -> Upstream {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        listener.set_nonblocking(true).unwrap();
        let (say, said) = channel();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
            let local = tokio::task::LocalSet::new();
            local.block_on(&runtime.unwrap(), async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    count.fetch_add(1, Ordering::SeqCst);
                    let _ = stream.set_nodelay(true);
                    tokio::task::spawn_local(serve(stream, say.clone()));
                }
            });
        });
        Upstream { port, connections, said }
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// What it says next.
    fn next(&self) -> String {
        self.said.recv_timeout(PATIENCE).expect("the other server says something")
    }
}

async fn serve(stream: tokio::net::TcpStream, say: Sender<String>) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, respond))) = connection.accept().await {
        tokio::task::spawn_local(handle(request, respond, say.clone()));
    }
}

fn head(more: &[(&'static str, &str)]) -> Response<()> {
    let mut response = Response::builder().status(200).header("content-type", "application/grpc");
    for (name, value) in more {
        response = response.header(*name, *value);
    }
    response.body(()).unwrap()
}

fn status(value: &str) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", value.parse().unwrap());
    trailers.insert("grpc-message", "said behind".parse().unwrap());
    trailers
}

/// The next piece of a request's content.
async fn piece(request: &mut Request<h2::RecvStream>) -> Option<Bytes> {
    let piece = request.body_mut().data().await?.ok()?;
    let _ = request.body_mut().flow_control().release_capacity(piece.len());
    Some(piece)
}

/// Sends content as far as the windows are open. How much was sent until the stream was reset.
async fn send_all(send: &mut h2::SendStream<Bytes>, mut content: Bytes) -> Result<(), usize> {
    let whole = content.len();
    while !content.is_empty() {
        send.reserve_capacity(content.len());
        let Some(Ok(room)) = poll_fn(|cx| send.poll_capacity(cx)).await else {
            return Err(whole - content.len());
        };
        let piece = content.split_to(room.min(content.len()));
        send.send_data(piece, false).map_err(|_| whole - content.len())?;
    }
    Ok(())
}

fn handle(
    mut request: Request<h2::RecvStream>,
    mut respond: SendResponse<Bytes>,
    say: Sender<String>,
) -> Handled {
    let path = request.uri().path().to_owned();
    let name = path.rsplit('/').next().unwrap_or_default().to_owned();
    Box::pin(async move {
        let field = |name: &str| {
            let value = request.headers().get(name).and_then(|it| it.to_str().ok());
            value.unwrap_or("-").to_owned()
        };
        match &name[..] {
            // Echoes the content, and some of the head.
            "Unary" => {
                let authority = request.uri().authority().map_or("-", |it| it.as_str()).to_owned();
                let method = request.method().as_str().to_owned();
                let head = head(&[
                    ("x-path", request.uri().path_and_query().unwrap().as_str()),
                    ("x-authority", &authority),
                    ("x-method", &method),
                    ("x-te", &field("te")),
                    ("x-set", &field("x-set")),
                    ("x-length", &field("content-length")),
                    ("x-hidden", "1"),
                ]);
                let mut content = Vec::new();
                while let Some(piece) = piece(&mut request).await {
                    content.extend_from_slice(&piece);
                }
                let mut send = respond.send_response(head, false).ok()?;
                send_all(&mut send, content.into()).await.ok()?;
                send.send_trailers(status("0")).ok()
            }
            "Only" => {
                let head = head(&[("grpc-status", "5"), ("grpc-message", "not there")]);
                respond.send_response(head, true).ok().map(drop)
            }
            "Unavailable" => {
                let head = Response::builder().status(503).body(()).unwrap();
                respond.send_response(head, true).ok().map(drop)
            }
            "Down" => {
                let mut send = respond.send_response(head(&[]), false).ok()?;
                send_all(&mut send, crate::http2::bytes(3_000_000).into()).await.ok()?;
                send.send_trailers(status("0")).ok()
            }
            "Up" => {
                let mut len = 0;
                while let Some(piece) = piece(&mut request).await {
                    len += piece.len();
                    let _ = say.send(len.to_string());
                }
                let mut send = respond.send_response(head(&[]), false).ok()?;
                send.send_data(len.to_string().into(), false).ok()?;
                send.send_trailers(status("0")).ok()
            }
            "Chat" => {
                let mut send = respond.send_response(head(&[]), false).ok()?;
                while let Some(piece) = piece(&mut request).await {
                    let stops = &piece[..] == b"stop";
                    send.send_data(piece, false).ok()?;
                    if stops {
                        break;
                    }
                }
                send.send_trailers(status("0")).ok()
            }
            // Says when it is given up.
            "Hang" => {
                let _ = say.send("asked".to_owned());
                let reason = poll_fn(|cx| respond.poll_reset(cx)).await;
                let _ = say.send(format!("reset {:?}", reason.ok()?));
                Some(())
            }
            "Begun" => {
                let mut send = respond.send_response(head(&[]), false).ok()?;
                send.send_data("some".into(), false).ok()?;
                let reason = poll_fn(|cx| send.poll_reset(cx)).await;
                let _ = say.send(format!("reset {:?}", reason.ok()?));
                Some(())
            }
            "Flood" => {
                let mut send = respond.send_response(head(&[]), false).ok()?;
                let sent = send_all(&mut send, vec![b'x'; 20_000_000].into()).await;
                let _ = say.send(format!("{}", sent.expect_err("it is too much")));
                Some(())
            }
            "Break" => {
                let mut send = respond.send_response(head(&[]), false).ok()?;
                send.send_data("some".into(), false).ok()?;
                // The head goes first.
                tokio::task::yield_now().await;
                piece(&mut request).await;
                send.send_reset(Reason::INTERNAL_ERROR);
                Some(())
            }
            "Refuse" => {
                respond.send_reset(Reason::REFUSED_STREAM);
                Some(())
            }
            other => {
                let _ = say.send(format!("no such method: {other}"));
                None
            }
        }
    })
}

/// A server of `sites/grpc.conf`, its keys, and what those are certified by.
pub(crate) struct Site {
    pub(crate) server: Server,
    #[allow(dead_code)] // It is there as long as this is.
    keys: Folder,
}

pub(crate) fn before(one: &str, two: &str) -> Site {
    let (authority, keys) = (Authority::new("root"), Folder::new());
    let own = authority.server(&["app.test"], &rcgen::PKCS_ECDSA_P256_SHA256);
    own.write(&keys, "own");
    keys.write("ca.pem", authority.pem());
    let path = |name: &str| keys.path().join(name).display().to_string();
    let launch = launch("grpc").ports(2).set("ONE", one).set("TWO", two);
    let launch = launch.set("CERT", &path("own.pem")).set("KEY", &path("own.key"));
    Site { server: launch.set("CA", &path("ca.pem")).start(), keys }
}

/// Begins a call.
pub(crate) fn call(client: &mut Http2, path: &str) -> u32 {
    let fields = [("content-type", "application/grpc"), ("te", "trailers")];
    client.open("POST", path, &fields, false)
}

/// Whether the other server answers.
fn works(client: &mut Http2) -> bool {
    let id = call(client, "/a/Only");
    client.frame(DATA, END_STREAM, id, b"");
    client.answer(id).status == 200
}

fn trailer<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.trailers.iter().find(|(field, _)| field == name).map(|(_, value)| &value[..])
}

#[test]
fn grpc_calls_have_fields_behind_their_content() {
    let upstream = Upstream::start();
    let site = before(&upstream.address(), &nobody());
    let mut client = Http2::connect(&site.server);
    for round in 0..3 {
        let id = call(&mut client, "/a%20b/Unary?c=d");
        client.frame(DATA, END_STREAM, id, b"hello");
        let answer = client.answer(id);
        assert_eq!((answer.status, &answer.text()[..]), (200, "hello"));
        for (name, value) in [
            ("content-type", Some("application/grpc")),
            ("x-path", Some("/a%20b/Unary?c=d")),
            ("x-method", Some("POST")),
            ("x-te", Some("trailers")),
            ("x-set", Some("h2.test")),
            ("x-length", Some("-")),
            ("x-authority", Some(&upstream.address()[..])),
            ("x-hidden", None),
        ] {
            assert_eq!(answer.field(name), value, "{name}, {round}");
        }
        assert_eq!(trailer(&answer, "grpc-status"), Some("0"));
        assert_eq!(trailer(&answer, "grpc-message"), Some("said behind"));
    }
    let id = call(&mut client, "/named/Unary");
    client.frame(DATA, END_STREAM, id, b"");
    assert_eq!(client.answer(id).field("x-authority"), Some("h2.test"));
    // An upstream of one and a pair are two: each has one connection.
    assert_eq!(upstream.connections(), 2);
    let said = format!("/a%20b/Unary?c=d 200 {} 200 /a%20b/Unary?c=d 0", upstream.address());
    site.server.wait_for_times(3, &said);
}

#[test]
fn grpc_answers_may_be_fields_alone() {
    let upstream = Upstream::start();
    let site = before(&upstream.address(), &nobody());
    let mut client = Http2::connect(&site.server);
    let id = call(&mut client, "/a/Only");
    client.frame(DATA, END_STREAM, id, b"hello");
    let answer = client.answer(id);
    assert_eq!((answer.status, answer.field("grpc-status")), (200, Some("5")));
    assert!(answer.ended_by_head && answer.content.is_empty());
    // The answer comes while the client has not said all: it need not.
    let id = call(&mut client, "/a/Only");
    client.frame(DATA, 0, id, b"hello");
    let answer = client.answer(id);
    assert_eq!((answer.field("grpc-status"), answer.reset), (Some("5"), None));
    client.wait_for(|frame| frame.kind == RST_STREAM && frame.number(0) == NO_ERROR);
    assert_eq!(upstream.connections(), 1);
    // HTTP/1.1 has the fields behind chunks.
    let mut old = site.server.connect();
    let head = "POST /a/Unary HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nContent-Length: 2\r\n\r\nhi";
    let response = old.send(head).response("POST");
    assert_eq!((response.status, &response.text()[..]), (200, "hi"));
    assert!(response.trailers.contains(&("grpc-status".to_owned(), "0".to_owned())));
    assert_eq!(response.field("x-length"), Some("2"));
}

/// Each message waits for the one before to come back.
#[test]
fn grpc_messages_go_at_once_in_both_directions() {
    let upstream = Upstream::start();
    let site = before(&upstream.address(), &nobody());
    let mut client = Http2::connect(&site.server);
    let id = call(&mut client, "/a/Chat");
    assert_eq!(client.head(id).status, 200);
    for round in 0..100 {
        let message = format!("message {round}");
        client.frame(DATA, 0, id, message.as_bytes());
        let echo = client.wait_for(|frame| frame.stream == id && frame.kind == DATA);
        assert_eq!(echo.payload, message.as_bytes());
    }
    client.frame(DATA, 0, id, b"stop");
    let mut rest = Answer { status: 200, ..Answer::default() };
    while !rest.ended {
        let frame = client.wait_for(|frame| frame.stream == id);
        client.take(&mut rest, frame);
    }
    assert_eq!((&rest.text()[..], trailer(&rest, "grpc-status")), ("stop", Some("0")));
    let id = call(&mut client, "/a/Up");
    for round in 1..=10 {
        client.frame(DATA, 0, id, &[b'x'; 100]);
        assert_eq!(upstream.next(), (round * 100).to_string());
    }
    client.frame(DATA, END_STREAM, id, b"");
    assert_eq!(client.answer(id).text(), "1000");
}

#[test]
fn grpc_content_of_any_length_goes_both_ways() {
    let upstream = Upstream::start();
    let site = before(&upstream.address(), &nobody());
    let mut client = Http2::connect(&site.server);
    let id = call(&mut client, "/a/Down");
    client.frame(DATA, END_STREAM, id, b"");
    let answer = client.answer(id);
    assert!(answer.content == crate::http2::bytes(3_000_000));
    assert_eq!(trailer(&answer, "grpc-status"), Some("0"));
    // By a client that has no windows to look after.
    let content = crate::http2::bytes(3_000_000);
    let mut old = site.server.connect();
    let head = "POST /a/Unary HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n";
    old.send(head);
    let mut writer = old.twin();
    let sent = content.clone();
    let writer = thread::spawn(move || {
        writer.send(sent);
    });
    assert!(old.response("POST").body == content);
    writer.join().unwrap();
    assert_eq!(upstream.connections(), 1);
}

/// What a client does not take is not fetched.
#[test]
fn grpc_answers_wait_for_their_client() {
    let upstream = Upstream::start();
    let site = before(&upstream.address(), &nobody());
    let mut client = Http2::connect(&site.server);
    client.gives_back = false;
    let id = call(&mut client, "/a/Flood");
    let mut taken = 0;
    while taken < 65_535 {
        let frame = client.wait_for(|frame| frame.stream == id && frame.kind == DATA);
        taken += frame.payload.len();
    }
    client.frame(RST_STREAM, 0, id, &CANCEL.to_be_bytes());
    let sent: usize = upstream.next().parse().unwrap();
    assert!((65_535..2_000_000).contains(&sent), "{sent}");
    assert!(works(&mut client));
    assert_eq!(upstream.connections(), 1);
}

#[test]
fn grpc_calls_that_are_given_up_end_at_once() {
    let upstream = Upstream::start();
    let site = before(&upstream.address(), &nobody());
    let mut client = Http2::connect(&site.server);
    let id = call(&mut client, "/a/Hang");
    assert_eq!(upstream.next(), "asked");
    client.frame(RST_STREAM, 0, id, &CANCEL.to_be_bytes());
    assert_eq!(upstream.next(), "reset CANCEL");
    let id = call(&mut client, "/a/Begun");
    assert_eq!(client.wait_for(|frame| frame.kind == DATA).payload, b"some");
    client.frame(RST_STREAM, 0, id, &CANCEL.to_be_bytes());
    assert_eq!(upstream.next(), "reset CANCEL");
    // The connection is used again.
    assert!(works(&mut client));
    assert_eq!(upstream.connections(), 1);
    // The other way round, the client hears of it.
    let id = call(&mut client, "/a/Break");
    assert_eq!(client.wait_for(|frame| frame.kind == DATA).payload, b"some");
    client.frame(DATA, 0, id, b"break");
    let reset = client.wait_for(|frame| frame.kind == RST_STREAM && frame.stream == id);
    assert_eq!(reset.number(0), INTERNAL_ERROR);
    site.server.wait_for("upstream rejected request with error 2 (INTERNAL_ERROR)");
    // A client that goes away is one that gives up.
    call(&mut client, "/a/Hang");
    assert_eq!(upstream.next(), "asked");
    drop(client);
    assert_eq!(upstream.next(), "reset CANCEL");
}

#[test]
fn grpc_calls_may_be_asked_of_another_server() {
    let (one, two) = (Upstream::start(), Upstream::start());
    let site = before(&nobody(), &two.address());
    let mut client = Http2::connect(&site.server);
    for _ in 0..2 {
        let id = call(&mut client, "/named/Unary");
        client.frame(DATA, END_STREAM, id, b"hello");
        assert_eq!(client.answer(id).text(), "hello");
    }
    let site = before(&one.address(), &one.address());
    let mut client = Http2::connect(&site.server);
    // Both refuse; what was refused by a server that is asked again on a new connection is so once more.
    let id = client.open("POST", "/named/Refuse", &[], true);
    assert_eq!(client.answer(id).status, 502);
    site.server.wait_for("error 7 (REFUSED_STREAM)");
    let id = client.open("POST", "/slow/Hang", &[], true);
    let answer = client.answer(id);
    assert_eq!(answer.status, 504);
    site.server.wait_for("upstream timed out while reading response header from upstream");
    let id = call(&mut client, "/caught/Unavailable");
    client.frame(DATA, END_STREAM, id, b"");
    assert_eq!(client.answer(id).text(), "made");
    let id = call(&mut client, "/a/Unavailable");
    client.frame(DATA, END_STREAM, id, b"");
    assert_eq!(client.answer(id).status, 503);
}

/// Streams of one client are one worker's.
#[test]
fn requests_wait_for_a_server_in_their_order() {
    let upstream = Upstream::start();
    let site = before(&upstream.address(), &nobody());
    let mut client = Http2::connect(&site.server);
    let first = call(&mut client, "/queued/Chat");
    assert_eq!(client.head(first).status, 200);
    let waiting = [call(&mut client, "/queued/Chat"), call(&mut client, "/queued/Chat")];
    client.frame(DATA, 0, waiting[0], b"early");
    // There is no room for more.
    let late = call(&mut client, "/queued/Chat");
    assert_eq!(client.answer(late).status, 502);
    site.server.wait_for("upstream queue is full while connecting to upstream");
    let mut before = first;
    for id in waiting {
        client.frame(DATA, 0, before, b"stop");
        assert_eq!(client.head(id).status, 200);
        before = id;
    }
    assert_eq!(
        client.wait_for(|frame| frame.stream == waiting[0] && frame.kind == DATA).payload,
        b"early"
    );
    client.frame(DATA, 0, before, b"stop");
    // One that is given up makes room for others.
    let first = call(&mut client, "/queued/Chat");
    assert_eq!(client.head(first).status, 200);
    let given_up = [call(&mut client, "/queued/Chat"), call(&mut client, "/queued/Chat")];
    client.frame(RST_STREAM, 0, given_up[0], &CANCEL.to_be_bytes());
    site.server.wait_for("/queued/Chat 499");
    let last = call(&mut client, "/queued/Chat");
    client.frame(RST_STREAM, 0, given_up[1], &CANCEL.to_be_bytes());
    client.frame(DATA, 0, first, b"stop");
    assert_eq!(client.head(last).status, 200);
    // None waits longer than it may.
    let first = call(&mut client, "/impatient/Chat");
    assert_eq!(client.head(first).status, 200);
    let second = call(&mut client, "/impatient/Chat");
    assert_eq!(client.answer(second).status, 502);
    site.server.wait_for("upstream queue timed out while connecting to upstream");
}

#[test]
fn grpc_goes_over_tls() {
    let site = before(&nobody(), &nobody());
    let mut client = Http2::connect(&site.server);
    for _ in 0..3 {
        let id = client.open("POST", "/secure/x?y=z", &[("te", "trailers")], true);
        let answer = client.answer(id);
        let expected = "HTTP/2.0 POST /secure/x?y=z secure";
        assert_eq!((answer.status, &answer.text()[..]), (200, expected));
    }
    let expected = "HTTP/2.0 GET /secure/a%20b app.test";
    assert_eq!(site.server.get("/secure-http/a%20b").text(), expected);
}

#[test]
fn proxy_http_version_2_is_the_same_for_all_else() {
    let upstream = Upstream::start();
    let site = before(&upstream.address(), &nobody());
    let mut client = site.server.connect();
    for (request, method, length, content) in [
        ("GET /http/Unary?a=b HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), "GET", "-", ""),
        (
            "POST /http/Unary?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc".to_owned(),
            "POST",
            "3",
            "abc",
        ),
        // Content is gathered first, as with other versions.
        (
            "PUT /http/Unary?a=b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\
             3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
                .to_owned(),
            "PUT",
            "5",
            "abcde",
        ),
    ] {
        let response = client.send(&request).response(method);
        assert_eq!((response.status, &response.text()[..]), (200, content), "{method}");
        for (name, value) in [
            ("x-path", "/replaced/Unary?a=b"),
            ("x-authority", "x"),
            ("x-method", method),
            ("x-te", "-"),
            ("x-length", length),
        ] {
            assert_eq!(response.field(name), Some(value), "{method} {name}");
        }
    }
    let response = client.send("HEAD /http/Unary HTTP/1.1\r\nHost: x\r\n\r\n").response("HEAD");
    assert_eq!((response.status, response.field("x-method")), (200, Some("HEAD")));
    assert_eq!(upstream.connections(), 1);
    let large = crate::http2::bytes(1_000_000);
    for path in ["/http/Unary", "/streamed/Unary"] {
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
        client.send(head);
        let mut writer = client.twin();
        let sent = large.clone();
        let writer = thread::spawn(move || {
            writer.send(sent);
        });
        assert!(client.response("POST").body == large, "{path}");
        writer.join().unwrap();
    }
}

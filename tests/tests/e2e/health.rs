//! Servers that are asked whether they are well.

use std::io::Write;
use std::sync::{Arc, Mutex};

use crate::launch;
use sitec_tests::backend::{Backend, Then};
use sitec_tests::server::Server;

const WELL: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Well: yes\r\n";

/// A server that says what it is told to whoever asks how it is, and who it is to others.
struct Patient {
    backend: Backend,
    says: Arc<Mutex<String>>,
}

impl Patient {
    fn start(name: &'static str, says: &str) -> Patient {
        let says = Arc::new(Mutex::new(says.to_owned()));
        let own = says.clone();
        let backend = Backend::start(move |asked, stream| {
            if asked.target().contains("health") {
                let _ = stream.write_all(own.lock().unwrap().as_bytes());
                return Then::Close;
            }
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{name}", name.len());
            let _ = stream.write_all(head.as_bytes());
            Then::Keep
        });
        Patient { backend, says }
    }

    fn say(&self, text: &str) {
        text.clone_into(&mut self.says.lock().unwrap());
    }
}

fn before(one: &Patient, two: &Patient) -> Server {
    let (one, two) = (one.backend.address(), two.backend.address());
    launch("health").set("ONE", &one).set("TWO", &two).start()
}

/// Who answers so many requests, each on a connection of its own.
fn who(server: &Server, count: usize) -> Vec<String> {
    let mut all: Vec<_> = (0..count).map(|_| server.get("/watched/").text()).collect();
    all.sort();
    all.dedup();
    all
}

#[test]
fn who_is_ill_is_not_asked() {
    let well = format!("{WELL}\r\nall is well");
    let (one, two) = (Patient::start("one", &well), Patient::start("two", &well));
    let server = before(&one, &two);
    assert_eq!(who(&server, 8), ["one", "two"]);
    let address = one.backend.address();
    for (times, answer) in [
        // A status, a field that is not as it should be, one too many, a type, a content, no answer.
        "HTTP/1.1 205 Reset\r\nX-Well: yes\r\nContent-Type: text/a\r\n\r\nall well".to_owned(),
        well.replace("yes", "no"),
        well.replace("X-Well", "X-Ill: 1\r\nX-Well"),
        well.replace("text/plain", "image/png"),
        format!("{WELL}Content-Length: 8\r\n\r\nall ill!"),
        format!(
            "{WELL}Transfer-Encoding: chunked\r\n\r\n7\r\nbut not\r\n8\r\nall well\r\n0\r\n\r\n"
        ),
        format!("{WELL}Content-Length: 80\r\n\r\nall well"),
        String::new(),
    ]
    .iter()
    .enumerate()
    {
        one.say(answer);
        server.wait_for_times(
            times + 1,
            &format!("upstream server {address} of \"watched\" is unhealthy: "),
        );
        assert_eq!(who(&server, 6), ["two"], "{answer}");
        one.say(&format!(
            "{WELL}Transfer-Encoding: chunked\r\n\r\n4\r\nall \r\n4\r\nwell\r\n0\r\n\r\n"
        ));
        server.wait_for_times(
            times + 1,
            &format!("upstream server {address} of \"watched\" is healthy"),
        );
        assert_eq!(who(&server, 6), ["one", "two"], "{answer}");
    }
    let asked = one.backend.asked();
    let health = asked.iter().find(|asked| asked.target() == "/health?a").unwrap();
    let expected =
        "GET /health?a HTTP/1.0\nHost: fine.test\nUser-Agent: sitec\nConnection: close\n";
    assert_eq!(health.head, expected);
    // With nobody who is well, nobody is asked.
    one.say("HTTP/1.1 500 No\r\n\r\n");
    two.say("HTTP/1.1 500 No\r\n\r\n");
    server.wait_for(&format!(
        "upstream server {} of \"watched\" is unhealthy: ",
        two.backend.address()
    ));
    server.wait_for_times(9, &format!("upstream server {address} of \"watched\" is unhealthy: "));
    assert_eq!(server.get("/watched/").status, 502);
    server.wait_for("no live upstreams");
}

#[test]
fn who_has_to_be_well_is_not_asked_before() {
    let one = Patient::start("one", "HTTP/1.1 503 Not yet\r\n\r\n");
    let two = Patient::start("two", "");
    let server = before(&one, &two);
    assert_eq!(server.get("/wanted/").status, 502);
    one.say("HTTP/1.1 301 Fine\r\nLocation: /\r\n\r\n");
    server.wait_for(&format!("upstream server {} of \"wanted\" is healthy", one.backend.address()));
    assert_eq!(server.get("/wanted/").text(), "one");
}

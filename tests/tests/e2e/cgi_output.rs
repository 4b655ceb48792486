//! G4: from what a script writes to a response.

use crate::cgi::{ask, run, serve};
use sitec_tests::client::Client;

/// Status, and the fields that a script has a say in.
fn shown(response: &sitec_tests::response::Response) -> String {
    let own = ["Server", "Date", "Connection"];
    let fields = response.fields.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let fields: Vec<_> = fields.map(|(name, value)| format!("{name}: {value}")).collect();
    format!("{} {}", response.status_line, fields.join("|"))
}

#[test]
fn heads_become_responses() {
    let server = serve();
    let chunked = "Transfer-Encoding: chunked";
    for (output, expected, content) in [
        ("Content-Type: a/b\\n\\nhello", format!("200 OK Content-Type: a/b|{chunked}"), "hello"),
        (
            "Content-Type: a/b\\r\\n\\r\\nhello",
            format!("200 OK Content-Type: a/b|{chunked}"),
            "hello",
        ),
        ("X: y\\n\\nhello", format!("200 OK X: y|Content-Type: text/plain|{chunked}"), "hello"),
        (
            "Status: 404 Lost\\nContent-Type: a/b\\n\\nlost",
            format!("404 Not Found Content-Type: a/b|{chunked}"),
            "lost",
        ),
        (
            "Content-Type: a/b\\nContent-Length: 5\\n\\nhello, world",
            "200 OK Content-Type: a/b|Content-Length: 5".into(),
            "hello",
        ),
        ("Status: 204\\n\\n", "204 No Content ".into(), ""),
        ("Status: 204\\nX: y\\n\\nnothing", "204 No Content X: y".into(), ""),
        ("Status: 205\\nX: y\\n\\nnothing", "205 Reset Content X: y|Content-Length: 0".into(), ""),
        (
            "Content-Length:\\nX: y\\n\\n",
            format!("200 OK X: y|Content-Type: text/plain|{chunked}"),
            "",
        ),
        (
            "Content-Type: a/b\\nContent-Type: a/b\\nContent-Length: 0\\n\\n",
            "200 OK Content-Type: a/b|Content-Length: 0".into(),
            "",
        ),
        ("Location: /inside#part\\n\\n", format!("302 Found Location: /inside#part|{chunked}"), ""),
        ("Location: /inside?a#b\\n\\n", format!("302 Found Location: /inside?a#b|{chunked}"), ""),
        ("Status: 304\\nETag: \"x\"\\n\\n", "304 Not Modified ETag: \"x\"".into(), ""),
        (
            "Set-Cookie: a=1\\nSet-Cookie: b=2\\nContent-Type: a/b\\nContent-Length: 0\\n\\n",
            "200 OK Set-Cookie: a=1|Set-Cookie: b=2|Content-Type: a/b|Content-Length: 0".into(),
            "",
        ),
        (
            "HTTP/1.1 402 Pay\\nContent-Type: a/b\\nContent-Length: 3\\n\\npay",
            "402 Payment Required Content-Type: a/b|Content-Length: 3".into(),
            "pay",
        ),
        (
            "Connection: close\\nDate: never\\nServer: x\\nKeep-Alive: 1\\nContent-Length: 0\\n\\n",
            "200 OK Content-Length: 0".into(),
            "",
        ),
        (
            "Location: http://a.test/x\\nContent-Length: 0\\n\\n",
            "302 Found Location: http://a.test/x|Content-Length: 0".into(),
            "",
        ),
        (
            "Location: http://a.test/\\nContent-Type: a/b\\n\\ngo",
            format!("302 Found Content-Type: a/b|Location: http://a.test/|{chunked}"),
            "go",
        ),
        (
            "Status: 301 Moved\\nLocation: /x\\nContent-Length: 0\\n\\n",
            "301 Moved Permanently Location: /x|Content-Length: 0".into(),
            "",
        ),
    ] {
        let mut client = server.connect();
        // Twice on one connection: it stays in step.
        for _ in 0..2 {
            let response = ask(&mut client, "/bin/run.sh", &format!("printf '{output}'"));
            assert_eq!(shown(&response), format!("HTTP/1.1 {expected}"), "{output}");
            assert_eq!(response.text(), content, "{output}");
            assert_eq!(response.field("Connection"), Some("keep-alive"), "{output}");
        }
    }
}

#[test]
fn types_default_to_the_locations() {
    let server = serve();
    let response = ask(&mut server.connect(), "/typed/run.sh", "printf 'X: y\\n\\nhello'");
    assert_eq!(response.field("Content-Type"), Some("text/x-typed"));
}

#[test]
fn a_local_redirect_is_answered_here() {
    let server = serve();
    for (to, expected) in [
        ("/inside?a=b", "inside a=b"),
        ("/bin/../inside", "inside "),
        ("/inside.txt", "GET"),
        ("/dir.sh/file.txt", "text\n"),
        ("/bin/by.run", "run by "),
    ] {
        let response = run(&server, &format!("printf 'Location: {to}\\n\\n'"));
        assert_eq!(response.status, 200, "{to}");
        assert!(response.text().starts_with(expected), "{to}: {response:?}");
    }
    let text = "POST /bin/run.sh HTTP/1.1\r\nHost: cgi.test\r\nContent-Length: 4\r\n\
                X-Run: printf 'Location: /bin/env.sh\\n\\n'\r\n\r\nbody";
    let mut client = server.connect();
    for _ in 0..2 {
        let response = client.send(text).response("POST");
        let lines: Vec<_> = response.text().lines().map(str::to_owned).collect();
        assert!(lines.iter().any(|line| line == "REQUEST_METHOD=GET"), "{response:?}");
        assert!(!lines.iter().any(|line| line.starts_with("CONTENT_LENGTH")), "{response:?}");
    }
    assert_eq!(run(&server, "printf 'Location: /none\\n\\n'").status, 404);
    for to in ["/bin/run.sh", "/%00", "/../x"] {
        let code = format!("printf 'Location: {}\\n\\n'", to.replace('%', "%%"));
        assert_eq!(run(&server, &code).status, 502, "{to}");
    }
    server.wait_for("internal redirection cycle");
}

#[test]
fn head_has_no_content() {
    let server = serve();
    for (output, len) in
        [("X: y\\nContent-Length: 5\\n\\nhello", Some("5")), ("X: y\\n\\nhello", None)]
    {
        let mut client = server.connect();
        for _ in 0..2 {
            let request =
                format!("HEAD /bin/run.sh HTTP/1.1\r\nHost: a\r\nX-Run: printf '{output}'\r\n\r\n");
            let response = client.send(request).response("HEAD");
            assert_eq!((response.status, response.field("X")), (200, Some("y")), "{output}");
            assert_eq!(response.field("Content-Length"), len, "{output}");
        }
    }
}

#[test]
fn http_1_0_gets_content_until_the_end() {
    let server = serve();
    let request = "GET /bin/run.sh HTTP/1.0\r\nConnection: keep-alive\r\n\
                   X-Run: printf 'Content-Type: a/b\\n\\nhello'\r\n\r\n";
    let response = server.connect().send(request).response("GET");
    assert_eq!((response.text().as_str(), response.closes()), ("hello", true));
    assert_eq!(response.field("Transfer-Encoding"), None);
}

#[test]
fn output_comes_as_it_is_written() {
    let server = serve();
    let folder = sitec_tests::folder::Folder::new();
    let gate = folder.path().join("gate");
    let code = format!(
        "mkfifo {0}; printf 'Content-Type: text/plain\\n\\nfirst'; cat {0}",
        gate.display()
    );
    let mut client = server.connect();
    crate::cgi::send(&mut client, "/bin/run.sh", &code);
    read_until(&mut client, b"5\r\nfirst\r\n");
    std::fs::write(&gate, "second").expect("the script reads");
    assert_eq!(read_until(&mut client, b"0\r\n\r\n"), b"6\r\nsecond\r\n0\r\n\r\n");
}

/// Reads until what came ends so.
fn read_until(client: &mut Client, end: &[u8]) -> Vec<u8> {
    let mut seen = Vec::new();
    while !seen.ends_with(end) {
        let mut byte = [0];
        client.read_exact(&mut byte);
        seen.extend(byte);
    }
    seen
}

#[test]
fn a_slow_client_slows_the_script_down() {
    let server = serve();
    let code = "printf 'Content-Type: text/plain\\n\\n'; exec head -c 200000000 /dev/zero";
    let mut client = server.connect();
    crate::cgi::send(&mut client, "/bin/run.sh", code);
    // Other clients are served meanwhile.
    assert_eq!(server.get_from("cgi.test", "/page.html").status, 200);
    let response = client.response("GET");
    assert_eq!(response.body.len(), 200_000_000);
    let memory = server.peak_memory_kb();
    assert!(memory < 32 * 1024, "{memory} kB");
}

#[test]
fn scripts_may_close_their_output_and_go_on() {
    let server = serve();
    let folder = sitec_tests::folder::Folder::new();
    let gate = folder.path().join("gate");
    let code = format!(
        "mkfifo {0}; printf 'Content-Type: text/plain\\n\\nhello'; exec >/dev/null; cat {0}; \
         echo done >&2",
        gate.display()
    );
    assert_eq!(run(&server, &code).text(), "hello");
    std::fs::write(&gate, "").expect("the script goes on");
}

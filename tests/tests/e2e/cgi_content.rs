//! G3: content on its way to a script.

use crate::cgi::serve;
use sitec_tests::client::{Client, PACES};
use sitec_tests::response::Response;

/// Sums up what it reads.
const SUM: &str = "printf 'Content-Type: text/plain\\n\\n'; echo $CONTENT_LENGTH; cksum";

/// What `SUM` answers to this content.
fn sum_of(content: &[u8]) -> String {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let command = &mut Command::new("cksum");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("cksum");
    child.stdin.take().expect("a pipe").write_all(content).expect("written");
    let output = child.wait_with_output().expect("cksum");
    format!("{}\n{}", content.len(), String::from_utf8_lossy(&output.stdout))
}

/// The head of a POST to a script that does what `code` says.
fn head(path: &str, code: &str, fields: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: cgi.test\r\nX-Run: {code}\r\n{fields}\r\n")
}

fn post(client: &mut Client, path: &str, code: &str, content: &[u8]) -> Response {
    client.send(head(path, code, &format!("Content-Length: {}\r\n", content.len())));
    client.send(content).response("POST")
}

fn chunked(content: &[u8], size: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in content.chunks(size) {
        out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"0\r\n\r\n");
    out
}

/// So many bytes that are not all alike.
fn content(len: usize) -> Vec<u8> {
    (0..len).map(|index| (index * 7 + index / 251) as u8).collect()
}

#[test]
fn content_reaches_the_script_whole() {
    let server = serve();
    let mut client = server.connect();
    for len in [0, 1, 4096, 65_536, 65_537, 1_000_000] {
        let content = content(len);
        let path = if len > 100_000 { "/large/run.sh" } else { "/bin/run.sh" };
        assert_eq!(post(&mut client, path, SUM, &content).text(), sum_of(&content), "{len}");
    }
    for len in [0, 1, 100, 1024, 1025, 50_000, 900_000] {
        let content = content(len);
        client.send(head("/small/run.sh", SUM, "Transfer-Encoding: chunked\r\n"));
        let response = client.send(chunked(&content, 8000)).response("POST");
        assert_eq!(response.text(), sum_of(&content), "{len}, chunked");
    }
}

#[test]
fn content_may_come_in_any_pieces() {
    let server = serve();
    let content = content(700);
    for pace in PACES {
        let mut client = server.connect();
        for _ in 0..2 {
            let plain = head("/bin/run.sh", SUM, "Content-Length: 700\r\n");
            client.send_at([plain.as_bytes(), &content].concat(), pace);
            assert_eq!(client.response("POST").text(), sum_of(&content));
            let framed = head("/bin/run.sh", SUM, "Transfer-Encoding: chunked\r\n");
            client.send_at([framed.as_bytes(), &chunked(&content, 33)].concat(), pace);
            assert_eq!(client.response("POST").text(), sum_of(&content));
        }
    }
}

#[test]
fn content_is_asked_for() {
    let server = serve();
    let mut client = server.connect();
    for fields in ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"] {
        client.send(head("/bin/run.sh", SUM, &format!("{fields}Expect: 100-continue\r\n")));
        assert_eq!(client.response("POST").status, 100);
        let content =
            if fields.starts_with('C') { b"hello".to_vec() } else { chunked(b"hello", 9) };
        assert_eq!(client.send(content).response("POST").text(), sum_of(b"hello"));
    }
}

#[test]
fn content_has_a_bound() {
    let server = serve();
    let code = "cat >/dev/null; printf 'Status: 204\\n\\n'";
    assert_eq!(post(&mut server.connect(), "/limited/run.sh", code, b"0123456789").status, 204);
    assert_eq!(post(&mut server.connect(), "/limited/run.sh", code, b"0123456789a").status, 413);
    let mut client = server.connect();
    client.send(head("/limited/run.sh", code, "Transfer-Encoding: chunked\r\n"));
    assert_eq!(client.send(chunked(b"0123456789a", 3)).response("POST").status, 413);
}

#[test]
fn a_script_need_not_read() {
    let server = serve();
    let mut client = server.connect();
    let content = content(800_000);
    for code in [
        "printf 'Content-Type: text/plain\\n\\nhello'",
        "exec <&-; printf 'Content-Type: text/plain\\n\\nhello'",
        "head -c 10 >/dev/null; printf 'Content-Type: text/plain\\nContent-Length: 5\\n\\nhello'",
    ] {
        // The connection stays in step, whatever of the content was not read.
        for _ in 0..2 {
            let response = post(&mut client, "/large/run.sh", code, &content);
            assert_eq!((response.status, response.text().as_str()), (200, "hello"), "{code}");
        }
    }
}

#[test]
fn a_slow_script_slows_the_client_down() {
    let server = serve();
    let len = 100_000_000;
    let code = "printf 'Content-Type: text/plain\\n\\n'; sleep 0.2; wc -c";
    let mut client = server.connect();
    client.send(head("/large/run.sh", code, &format!("Content-Length: {len}\r\n")));
    let piece = vec![b'x'; 1_000_000];
    for _ in 0..len / piece.len() {
        client.send(&piece);
    }
    assert_eq!(client.response("POST").text().trim(), len.to_string());
    let memory = server.peak_memory_kb();
    assert!(memory < 32 * 1024, "{memory} kB");
}

#[test]
fn chunked_content_is_not_held_in_memory() {
    let server = serve();
    let (count, size) = (100, 1_000_000);
    let mut client = server.connect();
    let code = "printf 'Content-Type: text/plain\\n\\n'; wc -c";
    client.send(head("/large/run.sh", code, "Transfer-Encoding: chunked\r\n"));
    let chunk = [b"f4240\r\n", &vec![b'x'; size][..], b"\r\n"].concat();
    for _ in 0..count {
        client.send(&chunk);
    }
    assert_eq!(client.send("0\r\n\r\n").response("POST").text().trim(), "100000000");
    let memory = server.peak_memory_kb();
    assert!(memory < 32 * 1024, "{memory} kB");
}

#[test]
fn a_client_that_sends_no_more_gets_408() {
    let server = serve();
    let code = "printf 'Content-Type: text/plain\\n\\n'; cat";
    for fields in ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"] {
        let mut client = server.connect();
        client.send(head("/stalled/run.sh", "cat >/dev/null", fields));
        let response = client.response("POST");
        assert_eq!((response.status, response.closes()), (408, true));
        // What comes too late is neither content nor a request.
        client.send("helloGET /page.html HTTP/1.1\r\nHost: cgi.test\r\n\r\n");
        assert_eq!(client.until_closed(), b"");
    }
    // Once the response has begun, there is only its end to miss.
    let mut client = server.connect();
    client.send(head("/stalled/run.sh", code, "Content-Length: 5\r\n")).send("he");
    let seen = String::from_utf8(client.until_closed()).expect("text");
    assert!(seen.starts_with("HTTP/1.1 200 ") && !seen.ends_with("0\r\n\r\n"), "{seen}");
}

//! Requests that are passed on by FastCGI: what is told, and what of the answer comes back.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::launch;
use sitec_tests::folder::Folder;
use sitec_tests::responder::{Responder, Told, answer, record};
use sitec_tests::server::Server;

const HELLO: &[u8] = b"Content-Type: text/x\r\nX-Own: yes\r\n\r\nhello";

/// A server of `sites/fcgi.conf` before this one.
fn before(responder: &Responder) -> Server {
    launch("fcgi").set("BACK", &responder.address()).start()
}

/// One that says hello.
fn hello() -> Responder {
    Responder::start(|_| answer(HELLO))
}

/// What is told for a request, the last one.
fn told(request: &str) -> Told {
    let responder = hello();
    let server = before(&responder);
    let response = server.connect().send(request).response("GET");
    assert_eq!((response.status, &response.text()[..]), (200, "hello"), "{}", server.log());
    responder.told().pop().unwrap()
}

#[test]
fn a_script_is_told_what_the_conf_says() {
    let told = told(
        "GET /app/a.php/b%20c?d=e HTTP/1.1\r\nHost: a.test:81\r\nX-A: 1\r\nX-A: 2\r\nProxy: p\r\n\
         Cookie: x=y\r\n\r\n",
    );
    for (name, value) in [
        ("SCRIPT_NAME", "/app/a.php"),
        ("PATH_INFO", "/b c"),
        ("QUERY_STRING", "d=e"),
        ("REQUEST_METHOD", "GET"),
        ("REQUEST_URI", "/app/a.php/b%20c?d=e"),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("REMOTE_ADDR", "127.0.0.1"),
        ("HTTP_HOST", "a.test:81"),
        ("HTTP_X_A", "1, 2"),
        ("HTTP_COOKIE", "x=y"),
        ("HTTP_PROXY", "-"),
        ("EMPTY", ""),
        ("LEFT_OUT", "-"),
    ] {
        assert_eq!(told.param(name), value, "{name} in {told:?}");
    }
    assert!(told.param("SCRIPT_FILENAME").ends_with("/app/a.php"), "{told:?}");
    assert!(!told.keeps);
    assert_eq!(told.content, b"");
}

#[test]
fn a_folder_has_an_index() {
    let told = told("GET /app/ HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!((told.param("SCRIPT_NAME"), told.param("PATH_INFO")), ("/app/index.php", ""));
}

#[test]
fn content_is_told_whole() {
    let responder = hello();
    let server = before(&responder);
    let long = "x".repeat(300_000);
    for path in ["/app/", "/stream/", "/kept/"] {
        for content in ["", "hello", &long] {
            let len = content.len();
            let mut client = server.connect();
            client
                .send(format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len}\r\n\r\n"));
            assert_eq!(client.send(content).response("POST").text(), "hello", "{}", server.log());
            let told = responder.told().pop().unwrap();
            assert!(told.content == content.as_bytes(), "{path} {len}");
            assert_eq!(told.param("CONTENT_LENGTH"), len.to_string());
        }
        let mut client = server.connect();
        client
            .send(format!("POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
        client.send("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
        assert_eq!(client.response("POST").text(), "hello");
        assert_eq!(responder.told().pop().unwrap().content, b"abcde");
    }
}

#[test]
fn connections_are_kept_where_the_conf_says_so() {
    let responder = hello();
    let server = before(&responder);
    for _ in 0..3 {
        assert_eq!(server.get("/kept/").text(), "hello");
    }
    let connections: Vec<_> = responder.told().iter().map(|told| told.connection).collect();
    assert_eq!(connections, [0, 0, 0]);
    for _ in 0..2 {
        assert_eq!(server.get("/app/").text(), "hello");
    }
    let connections: Vec<_> = responder.told().iter().map(|told| told.connection).collect();
    assert_eq!(connections[3..], [1, 2]);
}

/// What a program says on its standard error has the bound that a script's has.
#[test]
fn standard_errors_have_a_bound() {
    let line = record(7, &[&[b'x'; 60_000][..], b"\n"].concat(), 0);
    let said = [line.repeat(20), answer(HELLO)].concat();
    let responder = Responder::start(move |_| said.clone());
    let server = before(&responder);
    assert_eq!(server.get("/app/").text(), "hello");
    server.wait_for("FastCGI sent in stderr: \"xxx");
    let log = server.log();
    assert!(log.len() < 128 << 10, "{}", log.len());
}

#[test]
fn answers_come_back() {
    for (output, status, body) in [
        (&b"Status: 404 Not Found\r\n\r\nno"[..], 404, "no"),
        (b"Location: http://a.test/\r\n\r\n", 302, ""),
        (b"Content-Length: 5\r\n\r\nhello", 200, "hello"),
        (b"X: y\n\nhello", 200, "hello"),
    ] {
        let responder = Responder::start(|_| answer(output));
        let server = before(&responder);
        let response = server.get("/app/");
        assert_eq!((response.status, &response.text()[..]), (status, body));
        assert_eq!(response.field("Status"), None);
    }
    let long = [b"Content-Type: a/b\r\n\r\n", &[b'x'; 500_000][..]].concat();
    let responder = Responder::start(move |_| answer(&long));
    assert_eq!(before(&responder).get("/app/").body.len(), 500_000);
}

#[test]
fn what_goes_wrong_is_seen_and_logged() {
    let said = [record(7, b"PHP message: oh no\n", 5), answer(HELLO)].concat();
    let cut = [record(6, b"Content-Type: a/b\r\n\r\nhel", 0)].concat();
    for (bytes, status, logged) in [
        (said, Some(200), "FastCGI sent in stderr: \"PHP message: oh no\""),
        (Vec::new(), Some(502), "upstream prematurely closed connection"),
        (b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), Some(502), "an unsupported FastCGI record"),
        (answer(b"no head"), Some(502), "no head"),
        (answer(b"A b\r\n\r\n"), Some(502), "a line of its head is no field"),
        (record(3, &[0, 0, 0, 0, 1, 0, 0, 0], 0), Some(502), "a refusal of the FastCGI request"),
        (cut, None, "upstream prematurely closed connection while reading upstream"),
    ] {
        let responder = Responder::start(move |_| bytes.clone());
        let server = before(&responder);
        let mut client = server.connect();
        client.send("GET /app/ HTTP/1.1\r\nHost: a\r\n\r\n");
        match status {
            Some(status) => assert_eq!(client.response("GET").status, status, "{logged}"),
            None => {
                let rest = String::from_utf8(client.until_closed()).unwrap();
                assert!(rest.contains("hel") && !rest.ends_with("0\r\n\r\n"), "{rest}");
            }
        }
        server.wait_for(logged);
    }
}

#[test]
fn what_is_caught_in_stderr_is_no_answer() {
    let with = |text: &[u8]| [record(7, text, 0), answer(HELLO)].concat();
    for (said, status) in [
        (with(b"PHP Warning: all is well"), 200),
        (with(b"PHP message: PHP Fatal error: Uncaught"), 502),
        (with(b"PHP Parse error\n"), 502),
    ] {
        let responder = Responder::start(move |_| said.clone());
        let server = before(&responder);
        assert_eq!(server.get("/caught/").status, status, "{}", server.log());
        if status == 502 {
            server.wait_for("in stderr while reading response header");
        }
        assert_eq!(server.get("/app/").status, 200);
    }
}

#[test]
fn answers_of_scripts_are_read_slowly_too() {
    let long = [b"Content-Type: a/b\r\n\r\n", &[b'x'; 25_000][..]].concat();
    let responder = Responder::start(move |_| answer(&long));
    let server = before(&responder);
    let begun = std::time::Instant::now();
    assert_eq!(server.get("/caught/").body.len(), 25_000);
    let took = begun.elapsed();
    assert!((1400..4000).contains(&took.as_millis()), "{took:?}");
}

/// php-fpm, which is ended with the test.
struct Fpm(Child);

impl Drop for Fpm {
    fn drop(&mut self) {
        // Killed, it would leave its workers behind.
        let _ = Command::new("sh").args(["-c", "kill $0", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

#[test]
fn php_runs() {
    let folder = Folder::new();
    let fpm = fs::read_dir("/usr/sbin").into_iter().flatten().flatten().map(|entry| entry.path());
    let mut fpm = fpm.filter(|path| path.to_string_lossy().contains("/php-fpm"));
    let Some(fpm) = fpm.next() else {
        assert!(std::env::var_os("CI").is_none(), "php-fpm is installed for the tests");
        eprintln!("there is no php-fpm: nothing was tested");
        return;
    };
    let socket = folder.path().join("fpm.sock");
    let conf = folder.path().join("fpm.conf");
    let text = format!(
        "[global]\nerror_log = {}/fpm.log\ndaemonize = no\n[www]\nlisten = {}\npm = static\n\
         pm.max_children = 2\ncatch_workers_output = no\n",
        folder.path().display(),
        socket.display()
    );
    fs::write(&conf, text).unwrap();
    fs::create_dir(folder.path().join("www")).unwrap();
    let script = "<?php\nsession_save_path(__DIR__); session_start();\n\
                  $_SESSION['n'] = ($_SESSION['n'] ?? 0) + 1;\n\
                  error_log('from php');\nheader('X-Session: ' . session_id());\n\
                  echo $_SERVER['REQUEST_METHOD'], ' ', $_SERVER['PATH_INFO'] ?? '-', ' ', \
                  $_SESSION['n'], ' ', strlen(file_get_contents('php://input')), ' ', \
                  $_FILES['f']['size'] ?? '-';\n";
    fs::write(folder.path().join("www/a.php"), script).unwrap();
    let mut command = Command::new(fpm);
    command.args(["--allow-to-run-as-root", "--nodaemonize", "--fpm-config"]).arg(&conf);
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // It runs its workers as root where it is root itself.
    let _fpm = Fpm(command.arg("-R").spawn().expect("php-fpm runs"));
    for _ in 0..100 {
        if socket.exists() {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    let server = launch("fcgi")
        .set("BACK", &format!("unix:{}", socket.display()))
        .set("WWW", &folder.path().join("www").display().to_string())
        .start();
    let response = server.get("/php/a.php/extra");
    assert_eq!(
        (response.status, &response.text()[..]),
        (200, "GET /extra 1 0 -"),
        "{}",
        server.log()
    );
    server.wait_for("from php");
    let cookie = format!("PHPSESSID={}", response.field("X-Session").unwrap());
    let form = format!(
        "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n{}\r\n--b--\r\n",
        "y".repeat(100_000)
    );
    let request = format!(
        "POST /php/a.php HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\n\
         Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let response = server.connect().send(request).response("POST");
    assert_eq!(response.text(), "POST  2 0 100000");
    // What is no file is not php-fpm's.
    assert_eq!(server.get("/php/b.php").status, 404);
    assert_eq!(server.get("/php/a.jpg/b.php").status, 404);
}

//! Access logs and error logs.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::files::{folder, serve};
use crate::launch;
use sitec_tests::PATIENCE;
use sitec_tests::client::Client;
use sitec_tests::folder::Folder;
use sitec_tests::server::Server;

/// Sends requests on one connection, and one more that is not logged: when that is answered,
/// the lines of those before it are written.
fn ask(client: &mut Client, requests: &[&str]) {
    for request in requests.iter().chain(&["GET /log/off HTTP/1.1\r\nHost: files.test\r\n\r\n"]) {
        let method = request.split(' ').next().unwrap();
        client.send(request).response(method);
    }
}

#[test]
fn a_line_for_each_request() {
    let folder = folder(&["a.txt"]);
    let server = serve(&folder);
    ask(
        &mut server.connect(),
        &[
            "GET /a.txt HTTP/1.1\r\nHost: files.test\r\nX-Tag: one\r\n\r\n",
            "HEAD /a.txt HTTP/1.1\r\nHost: files.test\r\n\r\n",
            "GET /%61.txt?x HTTP/1.1\r\nHost: files.test\r\n\r\n",
            "POST /a.txt HTTP/1.1\r\nHost: files.test\r\n\r\n",
        ],
    );
    let lines = folder.lines("logs/parts.log");
    assert_eq!(
        lines[..3],
        [
            "127.0.0.1|GET /a.txt HTTP/1.1|200|5|one",
            "127.0.0.1|HEAD /a.txt HTTP/1.1|200|0|",
            "127.0.0.1|GET /%61.txt?x HTTP/1.1|200|5|",
        ]
    );
    assert!(lines[3].starts_with("127.0.0.1|POST /a.txt HTTP/1.1|405|"), "{lines:?}");
    assert_eq!(lines.len(), 4);
}

#[test]
fn values_are_escaped() {
    let folder = folder(&[]);
    let server = serve(&folder);
    let tag = "X-Tag: a\"b\\c\td\u{e9}\r\n";
    ask(
        &mut server.connect(),
        &[
            &format!("GET /log/quoted HTTP/1.1\r\nHost: files.test\r\n{tag}\r\n"),
            "GET /log/quoted HTTP/1.1\r\nHost: files.test\r\n\r\n",
            &format!("GET /log/json%0a%22 HTTP/1.1\r\nHost: files.test\r\n{tag}\r\n"),
        ],
    );
    assert_eq!(
        folder.lines("logs/quoted.log"),
        [r#"200 "a\x22b\x5Cc\x09d\xC3\xA9""#, r#"200 "-""#,]
    );
    let expected = "{\"uri\":\"/log/json\\n\\\"\",\"tag\":\"a\\\"b\\\\c\\td\u{e9}\"}";
    assert_eq!(folder.lines("logs/json.log"), [expected]);
}

#[test]
fn where_and_when_a_line_is_written() {
    let folder = folder(&[]);
    let server = serve(&folder);
    let get = |path: &str, fields: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: files.test\r\n{fields}\r\n")
    };
    ask(
        &mut server.connect(),
        &[
            &get("/log/if", ""),
            &get("/log/if", "X-Tag: 0\r\n"),
            &get("/log/if", "X-Tag: yes\r\n"),
            &get("/log/two", "Referer: http://r.test/\r\nUser-Agent: probe\r\n"),
            &get("/log/off", ""),
        ],
    );
    assert_eq!(folder.lines("logs/if.log"), ["127.0.0.1|GET /log/if HTTP/1.1|200|1|yes"]);
    assert_eq!(folder.lines("logs/two-a.log"), ["127.0.0.1|GET /log/two HTTP/1.1|200|1|"]);
    let combined = folder.lines("logs/two-b.log");
    assert!(combined[0].starts_with("127.0.0.1 - - ["), "{combined:?}");
    let end = "] \"GET /log/two HTTP/1.1\" 200 1 \"http://r.test/\" \"probe\"";
    assert!(combined[0].ends_with(end), "{combined:?}");
    assert!(folder.lines("logs/parts.log").is_empty());
}

#[test]
fn a_buffered_line_is_written_at_the_end() {
    let folder = folder(&[]);
    let mut server = serve(&folder);
    ask(&mut server.connect(), &["GET /log/buffer HTTP/1.1\r\nHost: files.test\r\n\r\n"]);
    assert!(folder.lines("logs/buffer.log").is_empty());
    server.signal("TERM");
    assert!(server.ended().success());
    assert_eq!(folder.lines("logs/buffer.log").len(), 1);
}

/// Each buffer that is written is whole by itself, so that a file is readable whenever it is read.
#[test]
fn a_compressed_log_is_readable_after_a_kill() {
    let folder = folder(&[]);
    let mut server = serve(&folder);
    let mut client = server.connect();
    let path = folder.path().join("logs/packed.gz");
    let text = || {
        let mut text = String::new();
        let file = std::fs::File::open(&path).expect("the log");
        let read = flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text);
        read.map(|_| text)
    };
    // What is being written may be seen in part.
    let count_lines = || text().map_or(0, |text| text.lines().count());
    let start = Instant::now();
    for (rounds, count) in [(1, 1), (200, 201), (3, 204)] {
        for _ in 0..rounds {
            ask(&mut client, &["GET /log/gzip HTTP/1.1\r\nHost: files.test\r\n\r\n"]);
        }
        while count_lines() < count {
            assert!(start.elapsed() < PATIENCE, "{} of {count} lines", count_lines());
            std::thread::yield_now();
        }
    }
    server.signal("KILL");
    assert!(!server.ended().success());
    assert_eq!(text().expect("gzip"), "127.0.0.1|GET /log/gzip HTTP/1.1|200|1|\n".repeat(204));
    let members = std::fs::read(&path).unwrap();
    assert!(members.windows(3).filter(|bytes| bytes == b"\x1f\x8b\x08").count() >= 4);
}

#[test]
fn a_param_may_name_a_stream_or_nothing() {
    let folder = Folder::new();
    let file = folder.path().join("a.log");
    let serve = |log: &str| launch("content").set("LOG", log).start();
    let ask = |server: &Server| {
        let mut client = server.connect();
        for path in ["/one", "/refused", "/two"] {
            client.get(path, "logs.test");
        }
    };
    let server = serve("stderr");
    ask(&server);
    server.wait_for("told /one\n");
    server.wait_for("access forbidden by rule");

    let mut server = serve(file.to_str().unwrap());
    ask(&server);
    server.signal("TERM");
    assert!(server.ended().success());
    assert!(folder.text("a.log").contains("told /two\n"));

    let mut server = serve("off");
    ask(&server);
    server.signal("TERM");
    assert!(server.ended().success());
    assert!(!server.log().contains("told"), "{}", server.log());
    assert!(!std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sites/off").exists());
}

#[test]
fn logs_are_reopened_on_usr1_and_hup() {
    for signal in ["USR1", "HUP"] {
        let folder = folder(&["a.txt"]);
        let server = serve(&folder);
        server.get_from("files.test", "/a.txt");
        let logs = folder.path().join("logs");
        std::fs::rename(logs.join("parts.log"), logs.join("old.log")).unwrap();
        server.signal(signal);
        let start = Instant::now();
        while folder.lines("logs/parts.log").is_empty() {
            server.get_from("files.test", "/a.txt");
            assert!(start.elapsed() < PATIENCE, "the log is not reopened by {signal}");
        }
        assert!(!folder.lines("logs/old.log").is_empty());
    }
}

#[test]
fn a_log_that_cannot_be_reopened_stays_in_use() {
    let folder = Folder::new();
    folder.write("logs/a.log", "");
    let path = folder.path().join("logs/a.log");
    let mut server = launch("content").set("LOG", path.to_str().unwrap()).start();
    std::fs::rename(folder.path().join("logs"), folder.path().join("old")).unwrap();
    server.signal("USR1");
    server.wait_for("cannot reopen the log");
    server.connect().get("/still", "logs.test");
    server.signal("TERM");
    assert!(server.ended().success());
    assert!(folder.text("old/a.log").contains("told /still\n"));
}

/// Asks for so many paths of a kilobyte on one connection.
fn ask_for_long_paths(server: &mut Client, path: &str, count: usize) {
    let get = format!("GET /{path}{} HTTP/1.1\r\nHost: logs.test\r\n\r\n", "x".repeat(1000));
    for _ in 0..count {
        server.send(&get).response("GET");
    }
}

#[test]
fn nobody_waits_for_a_log_that_is_not_read() {
    const ASKED: usize = 600;
    let folder = Folder::new();
    let fifo = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    // With both ends, so that opening it does not wait here either.
    let mut options = std::fs::File::options();
    let mut reader = options.read(true).write(true).open(&fifo).unwrap();
    let mut server = launch("content").set("LOG", fifo.to_str().unwrap()).start();
    // More than the pipe and what is kept of it have room for.
    ask_for_long_paths(&mut server.connect(), "one", ASKED);
    // Who reads it gets what was kept, and it is told how much is missing.
    let lines = std::thread::spawn(move || {
        let (mut text, mut part) = (Vec::new(), vec![0; 1 << 16]);
        while !text.ends_with(b"last\n") {
            let len = reader.read(&mut part).unwrap();
            text.extend_from_slice(&part[..len]);
        }
        (String::from_utf8(text).unwrap(), reader)
    });
    server.wait_for("were dropped");
    server.connect().get("/last", "logs.test");
    let (text, reader) = lines.join().unwrap();
    let whole = text.lines().filter(|line| line.ends_with("xxx")).count();
    assert!(text.lines().all(|line| line.starts_with("told /")), "a line is torn");
    let log = server.log();
    let dropped = log.split("[alert] ").skip(1).filter_map(|line| {
        let (ids, rest) = line.split_once(": ")?;
        assert!(ids.contains('#'), "{ids}");
        rest.contains("of the log").then(|| rest.split(' ').next()?.parse::<usize>().ok())?
    });
    assert_eq!(whole + dropped.sum::<usize>(), ASKED, "{log}");
    assert!(whole < ASKED);
    // Nor does the end wait.
    ask_for_long_paths(&mut server.connect(), "two", ASKED);
    server.signal("TERM");
    assert!(server.ended().success());
    drop(reader);
}

#[test]
fn a_full_standard_error_stops_neither_start_nor_service_nor_end() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    // As much as a pipe holds.
    writer.write_all(&[b'x'; 65536]).unwrap();
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let mut command = launch("content").command(&[port]);
    let mut child = command.stderr(Stdio::from(writer)).spawn().unwrap();
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(start.elapsed() < PATIENCE, "it does not listen");
    }
    let mut client = Client::connect(("127.0.0.1", port));
    ask_for_long_paths(&mut client, "refused", 400);
    assert_eq!(client.get("/one", "logs.test").status, 200);
    let killed = Command::new("kill").arg(child.id().to_string()).status();
    assert!(killed.unwrap().success());
    assert!(child.wait().unwrap().success());
    drop(reader);
}

#[test]
fn faults_are_in_the_error_log() {
    let folder = folder(&[]);
    let server = serve(&folder);
    ask(
        &mut server.connect(),
        &["GET /missing.txt HTTP/1.1\r\nHost: files.test\r\nReferer: http://r.test/\r\n\r\n"],
    );
    let text = folder.text("logs/error.log");
    assert!(text.contains("missing.txt") && text.contains("127.0.0.1"), "{text}");
    assert!(text.contains("[error]"), "{text}");
    // A name cannot forge a line.
    ask(&mut server.connect(), &["GET /x%0a[emerg]%20forged HTTP/1.1\r\nHost: files.test\r\n\r\n"]);
    let text = folder.text("logs/error.log");
    assert!(!text.lines().any(|line| line.starts_with("[emerg]")), "{text}");
}

/// nginx 1.22 has the same lines in the same files.
#[test]
fn each_error_log_of_a_context_has_a_level_of_its_own() {
    let folder = folder(&["a.txt"]);
    let fifo = folder.path().join("www/fifo");
    assert!(Command::new("mkfifo").arg(fifo).status().unwrap().success());
    let server = serve(&folder);
    let ask_for = |paths: &[&str]| {
        let get = |path: &&str| format!("GET {path} HTTP/1.1\r\nHost: files.test\r\n\r\n");
        let requests: Vec<_> = paths.iter().map(get).collect();
        ask(&mut server.connect(), &requests.iter().map(String::as_str).collect::<Vec<_>>());
    };
    // The names of the files that each log's lines are about, with the levels.
    let told = |name: &str| -> Vec<String> {
        let word = |line: &str| {
            let level = line.split(['[', ']']).nth(1)?;
            Some(format!("{level} {}", line.split('"').nth(1)?.rsplit('/').next()?))
        };
        folder.lines(name).iter().filter_map(|line| word(line)).collect()
    };
    ask_for(&["/log/errors/a", "/log/errors/fifo", "/log/errors/same/b", "/log/errors/own/c"]);
    assert_eq!(told("logs/errors.log"), ["error a", "crit fifo", "error b"]);
    assert_eq!(told("logs/worst.log"), ["crit fifo"]);
    assert!(told("logs/own.log").is_empty());
    // The outer log has what happens outside: the page of the 404 is missing.
    assert_eq!(told("logs/error.log"), ["error 404.html"; 4]);
    // Each is opened again.
    for name in ["errors", "worst"] {
        let log = |name: &str| folder.path().join(format!("logs/{name}.log"));
        std::fs::rename(log(name), log(&format!("{name}-old"))).unwrap();
    }
    server.signal("USR1");
    let start = Instant::now();
    while folder.lines("logs/worst.log").is_empty() {
        ask_for(&["/log/errors/fifo"]);
        assert!(start.elapsed() < PATIENCE, "the log is not reopened");
    }
    assert_eq!(told("logs/errors.log"), told("logs/worst.log"));
}

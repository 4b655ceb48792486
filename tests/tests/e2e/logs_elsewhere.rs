//! Logs that are not files of the conf: syslog servers, and files that values name.

use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::time::Instant;

use crate::launch;
use sitec_tests::PATIENCE;
use sitec_tests::client::Client;
use sitec_tests::folder::Folder;
use sitec_tests::server::Server;

/// A server whose datagrams come to a socket in its folder and to one of the network.
fn serve(folder: &Folder, port: u16) -> Server {
    folder.write("www/a.txt", "text");
    folder.write("named/sub/b.log", "");
    folder.write("www/here/root/a.txt", "");
    let port = port.to_string();
    launch("logs").set("SYSLOG", &port).arg("--prefix").arg(folder.path()).start()
}

fn listen(folder: &Folder) -> UnixDatagram {
    let socket = UnixDatagram::bind(folder.path().join("syslog.sock")).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

fn next(receive: impl Fn(&mut [u8]) -> std::io::Result<usize>) -> String {
    let mut text = [0; 4096];
    let len = receive(&mut text).expect("a line");
    String::from_utf8_lossy(&text[..len]).into_owned()
}

/// The line with its time as that of the first of a month.
fn without_time(line: &str) -> String {
    let start = line.find('>').expect("a priority") + 1;
    format!("{}TIME{}", &line[..start], &line[start + "Nov 22 21:05:10".len()..])
}

#[test]
fn lines_are_datagrams_of_syslog() {
    let folder = Folder::new();
    let local = listen(&folder);
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.set_read_timeout(Some(PATIENCE)).unwrap();
    let server = serve(&folder, udp.local_addr().unwrap().port());
    let mut client = server.connect();
    client.send("GET /a.txt HTTP/1.1\r\nHost: a\r\nX-Tag: a\"b\r\n\r\n").response("GET");
    assert_eq!(
        without_time(&next(|text| local.recv(text))),
        "<156>TIME a_b: /a.txt 200 \"a\\x22b\""
    );
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap().to_lowercase();
    assert_eq!(
        without_time(&next(|text| udp.recv(text))),
        format!("<190>TIME {} nginx: /a.txt 200 \"a\\x22b\"", host.trim())
    );
    // A fault has its own level, and its time once more.
    assert_eq!(client.get("/missing", "a").status, 404);
    let fault = next(|text| local.recv(text));
    let about = format!("<187>TIME {} faults: ", host.trim());
    assert!(without_time(&fault).starts_with(&about), "{fault}");
    assert!(fault.contains(" [error] ") && fault.contains("/missing"), "{fault}");
    assert!(!fault.ends_with('\n'));
    assert!(next(|text| local.recv(text)).ends_with("/missing 404 \"-\""));
    // What is in a line does not make two of it.
    client.get("/lines", "a");
    assert_eq!(without_time(&next(|text| local.recv(text))), "<190>TIME nginx: /lines 200");
}

#[test]
fn nobody_waits_for_a_syslog_server() {
    let folder = Folder::new();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let server = serve(&folder, udp.local_addr().unwrap().port());
    // It need not be there yet.
    let mut client = server.connect();
    assert_eq!(client.get("/a.txt", "a").text(), "text");
    let local = listen(&folder);
    assert!(next(|text| local.recv(text)).ends_with("/a.txt 200 \"-\""));
    // It takes nothing for a while: lines are kept, in their order.
    const MANY: usize = 600;
    for number in 0..MANY {
        assert_eq!(client.get(&format!("/lines?{number}"), "a").status, 200);
    }
    for number in 0..MANY {
        assert!(next(|text| local.recv(text)).ends_with("/lines 200"), "{number}");
    }
    // It begins again.
    drop(local);
    std::fs::remove_file(folder.path().join("syslog.sock")).unwrap();
    client.get("/a.txt", "a");
    let local = listen(&folder);
    let start = Instant::now();
    while !next(|text| local.recv(text)).ends_with("/a.txt 200 \"-\"") {
        assert!(start.elapsed() < PATIENCE);
    }
}

/// Asks for a path, with a tag that a log is named for, and then for one that is not logged: when
/// that is answered, the line of the first is written.
fn tagged(client: &mut Client, path: &str, tag: &str) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nX-Tag: {tag}\r\n\r\n");
    assert_eq!(client.send(&request).response("GET").status, 200, "{path} {tag}");
    assert_eq!(client.get("/unlogged", "a").status, 200);
}

#[test]
fn a_value_names_a_log_beneath_its_folder() {
    let folder = Folder::new();
    let local = listen(&folder);
    let server = serve(&folder, 9);
    let mut client = server.connect();
    std::os::unix::fs::symlink("/tmp", folder.path().join("named/link")).unwrap();
    for tag in ["one", "two", "sub/b", "none/c", "../out", "/tmp/out", "link/out", "", "one"] {
        tagged(&mut client, "/named/", tag);
    }
    let line = |tag: &str| format!("/named/ 200 \"{tag}\"\n");
    assert_eq!(folder.text("named/one.log"), line("one").repeat(2));
    assert_eq!(folder.text("named/two.log"), line("two"));
    assert_eq!(folder.text("named/sub/b.log"), line("sub/b"));
    assert_eq!(folder.text("named/.log"), line(""));
    for outside in ["out.log", "../out.log"] {
        assert!(!folder.path().join(outside).exists(), "{outside}");
    }
    assert!(!std::path::Path::new("/tmp/out.log").exists());
    // It is told why, but not for each.
    let told = next(|text| local.recv(text));
    assert!(told.contains("[crit]") && told.contains("1 line was not written to a log"), "{told}");
    assert!(told.contains("/named/none/c.log`: No such file"), "{told}");
}

#[test]
fn a_log_without_a_root_is_not_made() {
    let folder = Folder::new();
    let server = serve(&folder, 9);
    let mut client = server.connect();
    for (tag, status) in [("nowhere", 404), ("here", 200)] {
        let request = format!("GET /root/a.txt HTTP/1.1\r\nHost: a\r\nX-Tag: {tag}\r\n\r\n");
        assert_eq!(client.send(&request).response("GET").status, status, "{tag}");
    }
    tagged(&mut client, "/named/", "one");
    assert!(!folder.path().join("named/root-nowhere.log").exists());
    assert_eq!(folder.text("named/root-here.log"), "/root/a.txt 200 \"here\"\n");
}

#[test]
fn some_named_logs_stay_open() {
    let folder = Folder::new();
    let server = serve(&folder, 9);
    let mut client = server.connect();
    let open = || {
        let files = std::fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap();
        let paths = files.filter_map(|file| std::fs::read_link(file.unwrap().path()).ok());
        let named = paths.filter(|path| path.to_string_lossy().contains("/named/"));
        let names = named.map(|path| path.file_name().unwrap().to_string_lossy().into_owned());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names.join(" ")
    };
    for (tag, expected) in
        [("1", "1.log"), ("2", "1.log 2.log"), ("1", "1.log 2.log"), ("3", "1.log 3.log")]
    {
        tagged(&mut client, "/open/", tag);
        assert_eq!(open(), expected);
    }
    // Moved, it stays in use until the logs are opened again.
    let (log, old) = (folder.path().join("named/1.log"), folder.path().join("named/old"));
    std::fs::rename(&log, &old).unwrap();
    tagged(&mut client, "/open/", "1");
    assert!(!log.exists());
    server.signal("USR1");
    let start = Instant::now();
    while !log.exists() {
        tagged(&mut client, "/open/", "1");
        assert!(start.elapsed() < PATIENCE, "the log is not opened again");
    }
    assert!(folder.text("named/1.log").ends_with("/open/ 200 \"1\"\n"));
}

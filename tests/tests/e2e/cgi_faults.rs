//! G5: scripts that fail, hang, write rubbish or die; and those that wait for their turn.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::cgi::{ask, run, send, serve};
use crate::launch;
use sitec_tests::PATIENCE;
use sitec_tests::folder::Folder;
use sitec_tests::server::Server;

/// The processes that `wanted` holds of: number, group, parent, name.
fn processes(wanted: impl Fn(&[&str]) -> bool) -> Vec<u32> {
    let stat = |entry: fs::DirEntry| fs::read_to_string(entry.path().join("stat")).ok();
    let stats = fs::read_dir("/proc").expect("/proc").flatten().filter_map(stat);
    let found = stats.filter_map(|stat| {
        let (front, rest) = stat.rsplit_once(')')?;
        let (pid, name) = front.split_once(" (")?;
        let rest: Vec<_> = rest.split_whitespace().collect();
        wanted(&[pid, rest[2], rest[1], name]).then(|| pid.parse().ok())?
    });
    found.collect()
}

/// Waits until no process is left in a group.
fn wait_until_gone(group: &str) {
    let end = Instant::now() + PATIENCE;
    while !processes(|process| process[1] == group).is_empty() {
        assert!(Instant::now() < end, "group {group} is still there");
        std::thread::yield_now();
    }
}

/// A place where a script leaves its number, which is its group's.
struct Note {
    _folder: Folder,
    path: PathBuf,
}

impl Note {
    fn new() -> Note {
        let folder = Folder::new();
        let path = folder.path().join("note");
        Note { _folder: folder, path }
    }

    /// What a script does to leave its number.
    fn code(&self) -> String {
        let path = self.path.display();
        format!("echo $$ >{path}.new; mv {path}.new {path}")
    }

    /// Waits for the number.
    fn group(&self) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            match fs::read_to_string(&self.path) {
                Ok(number) => return number.trim().to_owned(),
                Err(_) => assert!(Instant::now() < end, "the script has not begun"),
            }
            std::thread::yield_now();
        }
    }
}

/// The one child of a process that is not `old`, once there is one.
fn child_of(parent: u32, old: Option<u32>) -> u32 {
    let parent = parent.to_string();
    let end = Instant::now() + PATIENCE;
    loop {
        let children = processes(|process| process[2] == parent);
        if let [child] = children[..]
            && Some(child) != old
        {
            return child;
        }
        assert!(Instant::now() < end, "{children:?}");
        std::thread::yield_now();
    }
}

/// The process that starts the scripts of a server, which another one keeps.
fn spawner_of(server: &Server) -> u32 {
    child_of(child_of(server.pid(), None), None)
}

#[test]
fn rubbish_is_a_bad_gateway() {
    let server = serve();
    for (code, reason) in [
        ("exit 0", "it has written nothing"),
        ("printf 'hello'", "its output ends within its head"),
        ("printf 'hello\\n\\n'", "a line of its head is no field"),
        ("printf 'Content-Type: a/b\\n'", "its output ends within its head"),
        ("printf '\\nhello'", "it has written no head"),
        ("printf 'A : b\\n\\n'", "a field of its head has an invalid name"),
        ("printf 'A: b\\rSet-Cookie: c\\n\\n'", "control character"),
        ("printf 'Status: 99\\n\\n'", "its status is invalid"),
        ("printf 'Status: 103\\nLink: </a>\\n\\n'", "its status is invalid"),
        ("printf 'Content-Length: x\\n\\n'", "its Content-Length is no number"),
        ("printf 'Content-Type: a/b\\nContent-Type: c/d\\n\\n'", "it has two content types"),
        ("printf 'Transfer-Encoding: chunked\\n\\n0\\r\\n\\r\\n'", "names a transfer coding"),
        ("exec yes x", "a line of its head is no field"),
        ("exec tr '\\0' a </dev/zero", "its head is too long"),
        ("kill -9 $$", "it has written nothing"),
    ] {
        let mut client = server.connect();
        let response = ask(&mut client, "/bin/run.sh", code);
        assert_eq!((response.status, response.closes()), (502, false), "{code}");
        server.wait_for(reason);
        // The connection can be used on.
        assert_eq!(client.get("/page.html", "cgi.test").status, 200, "{code}");
    }
    server.wait_for("/cgi/bin/run.sh\" was killed by signal 9");
}

#[test]
fn a_failed_script_may_have_a_page() {
    let server = serve();
    let response = ask(&mut server.connect(), "/paged/run.sh", "exit 1");
    assert_eq!((response.status, response.text().as_str()), (502, "<p>page</p>\n"));
    let response = ask(&mut server.connect(), "/rescued/run.sh", "exit 1");
    assert_eq!(response.status, 200);
    assert!(response.text().contains("\nQUERY_STRING=rescue\n"), "{response:?}");
    // A redirect that a script answers has the script's Location alone.
    let response = ask(&mut server.connect(), "/led", "echo Location: http://else.test/; echo");
    assert_eq!((response.status, response.field("Location")), (302, Some("http://else.test/")));
    let response = server.get_from("cgi.test", "/lost/x");
    assert_eq!(response.status, 404);
    assert!(response.text().contains("\nQUERY_STRING=lost\n"), "{response:?}");
}

#[test]
fn a_broken_response_breaks_off() {
    let server = serve();
    let code = "printf 'Content-Type: a/b\\nContent-Length: 10\\n\\nhello'";
    let mut client = server.connect();
    let seen = send(&mut client, "/bin/run.sh", code).until_closed();
    assert!(seen.ends_with(b"\r\n\r\nhello"));
    server.wait_for("written less than its Content-Length");
}

#[test]
fn a_response_whose_script_is_killed_breaks_off() {
    let server = serve();
    let code = |end: &str| format!("printf 'Content-Type: a/b\\n\\nhello'; {end}");
    for killed in ["kill -9 $$", "sleep 0.1; kill -9 $$", "kill -TERM $$"] {
        let mut client = server.connect();
        let seen = send(&mut client, "/bin/run.sh", &code(killed)).until_closed();
        assert!(seen.ends_with(b"\r\n5\r\nhello\r\n"), "{}", String::from_utf8_lossy(&seen));
    }
    // What leaves by itself has said what it had to, and so has what closes its output and goes on.
    for ended in ["exit 0", "exit 3", "exec >&-; sleep 0.3", "sleep 0.2 & exit 0"] {
        let mut client = server.connect();
        for _ in 0..2 {
            let response = ask(&mut client, "/bin/run.sh", &code(ended));
            assert_eq!((response.text().as_str(), response.closes()), ("hello", false), "{ended}");
        }
    }
    // A length says more than how it has ended.
    let sized = "printf 'Content-Type: a/b\\nContent-Length: 5\\n\\nhello'; kill -9 $$";
    assert_eq!(ask(&mut server.connect(), "/bin/run.sh", sized).text(), "hello");
}

#[test]
fn a_response_to_an_old_client_whose_script_is_killed_is_reset() {
    let server = serve();
    for (end, is_reset) in [("kill -9 $$", true), ("exit 0", false)] {
        let mut stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        let code = format!("printf 'Content-Type: a/b\\n\\nhello'; {end}");
        let request =
            format!("GET /bin/run.sh HTTP/1.0\r\nHost: cgi.test\r\nX-Run: {code}\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let read = stream.read_to_end(&mut Vec::new());
        assert_eq!(read.is_err(), is_reset, "{end}: {read:?}");
    }
}

#[test]
fn a_script_that_hangs_is_stopped() {
    let server = serve();
    for rest in ["sleep 1000", "trap '' TERM; sleep 1000 & sleep 1000; sleep 1000"] {
        let note = Note::new();
        let response =
            ask(&mut server.connect(), "/quick/run.sh", &format!("{}; {rest}", note.code()));
        assert_eq!(response.status, 504, "{rest}");
        wait_until_gone(&note.group());
    }
    server.wait_for("/cgi/bin/run.sh\" timed out");
    // Having begun, the response breaks off.
    let note = Note::new();
    let code = format!("{}; printf 'Content-Type: a/b\\n\\nhello'; sleep 1000", note.code());
    let mut client = server.connect();
    let seen = send(&mut client, "/quick/run.sh", &code).until_closed();
    assert!(seen.ends_with(b"\r\n5\r\nhello\r\n"), "{}", String::from_utf8_lossy(&seen));
    wait_until_gone(&note.group());
}

#[test]
fn output_keeps_a_script_alive() {
    let server = serve();
    let code =
        "printf 'Content-Type: a/b\\n\\n'; for i in 1 2 3 4 5; do sleep 0.15; printf $i; done";
    assert_eq!(ask(&mut server.connect(), "/quick/run.sh", code).text(), "12345");
}

#[test]
fn a_script_whose_client_is_gone_is_stopped() {
    let server = serve();
    for rest in [
        "sleep 1000",
        "printf 'Content-Type: a/b\\n\\n'; exec yes",
        "printf 'Content-Type: a/b\\n\\n'; trap '' TERM PIPE; while :; do echo x; done",
    ] {
        let note = Note::new();
        let mut client = server.connect();
        send(&mut client, "/brief/run.sh", &format!("{}; {rest}", note.code()));
        let group = note.group();
        drop(client);
        wait_until_gone(&group);
    }
    // Content that breaks off.
    let note = Note::new();
    let mut client = server.connect();
    let head = "POST /bin/run.sh HTTP/1.1\r\nHost: cgi.test\r\nContent-Length: 9\r\n";
    client.send(format!("{head}X-Run: {}; cat\r\n\r\nhalf", note.code()));
    let group = note.group();
    drop(client);
    wait_until_gone(&group);
}

#[test]
fn a_client_that_sends_its_end_gets_what_comes_soon() {
    let server = serve();
    let code = "sleep 0.1; printf 'Content-Type: a/b\\n\\nhello'";
    let mut client = server.connect();
    let response = send(&mut client, "/bin/run.sh", code).finish().response("GET");
    assert_eq!(response.text(), "hello");
}

#[test]
fn what_a_script_leaves_behind_holds_nobody_up() {
    let server = serve();
    for head in ["Content-Type: a/b", "Content-Type: a/b\\nContent-Length: 5"] {
        let note = Note::new();
        let code = format!("{}; printf '{head}\\n\\nhello'; sleep 1000 & exit", note.code());
        let mut client = server.connect();
        assert_eq!(ask(&mut client, "/quick/run.sh", &code).text(), "hello");
        wait_until_gone(&note.group());
        assert_eq!(client.get("/page.html", "cgi.test").status, 200);
    }
    // What has let go of the output lives on.
    let note = Note::new();
    let code = format!(
        "{}; printf 'Content-Type: a/b\\n\\nhello'; sleep 1000 >/dev/null 2>&1 & exit",
        note.code()
    );
    assert_eq!(ask(&mut server.connect(), "/quick/run.sh", &code).text(), "hello");
    let group = note.group();
    // Longer than the script itself could have gone on.
    assert!(server.connect().silent_for(Duration::from_millis(600)));
    let members = processes(|process| process[1] == group);
    assert_eq!(members.len(), 1);
    for pid in members {
        kill(pid);
    }
    wait_until_gone(&group);
}

fn kill(pid: u32) {
    let args = ["-c", "kill -s KILL $0", &pid.to_string()];
    let status = std::process::Command::new("sh").args(args).status();
    assert!(status.expect("a shell").success());
}

#[test]
fn what_a_script_says_is_logged() {
    let server = serve();
    let code = "echo 'first line' >&2; printf 'second \\033line' >&2; \
                printf 'Content-Type: a/b\\n\\nhello'";
    assert_eq!(run(&server, code).text(), "hello");
    server.wait_for("script says: first line");
    server.wait_for("script says: second \\x1Bline");
    let code = "printf 'Content-Type: a/b\\n\\nhello'; yes 'a great deal' | head -100000 >&2";
    assert_eq!(run(&server, code).text(), "hello");
    server.wait_for("(the rest of what it says is not logged)");
    assert!(server.log().matches("a great deal").count() < 10_000);
}

#[test]
fn scripts_end_with_the_server() {
    for signal in ["KILL", "TERM"] {
        let server = serve();
        let spawner = spawner_of(&server).to_string();
        let note = Note::new();
        let code = format!("{}; trap '' TERM; sleep 1000; sleep 1000", note.code());
        let mut client = server.connect();
        send(&mut client, "/quick/run.sh", &code);
        let group = note.group();
        server.signal(signal);
        wait_until_gone(&group);
        wait_until_gone(&spawner);
    }
}

#[test]
fn another_spawner_takes_the_place_of_one_that_has_died() {
    let server = serve();
    let note = Note::new();
    let mut client = server.connect();
    send(&mut client, "/quick/run.sh", &format!("{}; sleep 1000", note.code()));
    let group = note.group();
    kill(spawner_of(&server));
    assert_eq!(client.response("GET").status, 502);
    wait_until_gone(&group);
    server.wait_for("is started again");
    assert_eq!(server.get_from("cgi.test", "/bin/env.sh").status, 200);
}

#[test]
fn without_a_spawner_there_are_no_scripts_and_all_else() {
    let server = serve();
    let keeper = child_of(server.pid(), None);
    let mut spawner = None;
    // It is started again however often it dies.
    for _ in 0..7 {
        spawner = Some(child_of(keeper, spawner));
        spawner.into_iter().for_each(kill);
    }
    server.wait_for_times(7, "has died, and is started again");
    assert_eq!(server.get_from("cgi.test", "/bin/env.sh").status, 200);
    kill(keeper);
    server.wait_for("the process that starts scripts is gone");
    assert_eq!(server.get_from("cgi.test", "/bin/env.sh").status, 502);
    assert_eq!(server.get_from("cgi.test", "/page.html").status, 200);
}

#[test]
fn nothing_is_left_of_many_scripts() {
    let server = serve();
    let descriptors = || fs::read_dir(format!("/proc/{}/fd", server.pid())).expect("/proc").count();
    let spawner = spawner_of(&server).to_string();
    let mut client = server.connect();
    assert_eq!(client.get("/bin/env.sh", "cgi.test").status, 200);
    let before = descriptors();
    for number in 0..200 {
        let code = format!("printf 'Content-Type: a/b\\n\\n{number}'");
        assert_eq!(ask(&mut client, "/bin/run.sh", &code).text(), number.to_string());
    }
    assert_eq!(descriptors(), before);
    let end = Instant::now() + PATIENCE;
    while !processes(|process| process[2] == spawner).is_empty() {
        assert!(Instant::now() < end, "a script or its remains are still there");
        std::thread::yield_now();
    }
}

#[test]
fn scripts_wait_for_their_turn() {
    let server = launch("cgi_queue").start();
    let folder = Folder::new();
    let gate = folder.path().join("gate");
    let note = Note::new();
    let code = format!("mkfifo {0}; {1}; cat {0}", gate.display(), note.code());
    let mut first = server.connect();
    send(&mut first, "/bin/run.sh", &code);
    note.group();
    let mut second = server.connect();
    send(&mut second, "/bin/run.sh", "printf 'Content-Type: a/b\\n\\nsecond'");
    assert!(second.silent_for(Duration::from_millis(50)));
    // Who waits too long is told so, and who gives up is not waited for.
    let mut third = server.connect();
    assert_eq!(ask(&mut third, "/quick/run.sh", "exit").status, 504);
    send(&mut server.connect(), "/bin/run.sh", "exit");
    fs::write(&gate, "Content-Type: a/b\n\nfirst").expect("the script reads");
    assert_eq!(first.response("GET").text(), "first");
    assert_eq!(second.response("GET").text(), "second");
}

#[test]
fn a_server_that_leaves_waits_for_a_script_no_longer_than_it_is_told() {
    let mut server = launch("cgi_queue").start();
    let note = Note::new();
    let mut client = server.connect();
    send(&mut client, "/bin/run.sh", &format!("{}; sleep 1000", note.code()));
    let group = note.group();
    let told = Instant::now();
    server.signal("TERM");
    assert!(client.until_closed().is_empty());
    assert!(told.elapsed() >= Duration::from_millis(150), "has not waited");
    assert_eq!(server.ended().code(), Some(0));
    wait_until_gone(&group);
}

#[test]
fn too_many_are_unavailable() {
    let server = launch("cgi_queue").start();
    let folder = Folder::new();
    let gate = folder.path().join("gate");
    let note = Note::new();
    let code = format!("mkfifo {0}; {1}; cat {0}", gate.display(), note.code());
    let mut first = server.connect();
    send(&mut first, "/bin/run.sh", &code);
    note.group();
    let mut clients: Vec<_> = (0..140).map(|_| server.connect()).collect();
    for client in &mut clients {
        send(client, "/bin/run.sh", "printf 'Content-Type: a/b\\n\\nhello'");
    }
    server.wait_for_times(12, "too many scripts wait");
    fs::write(&gate, "Content-Type: a/b\n\nfirst").expect("the script reads");
    let statuses = clients.iter_mut().map(|client| client.response("GET").status);
    let (served, refused): (Vec<_>, Vec<_>) = statuses.partition(|status| *status == 200);
    assert_eq!((served.len(), refused.len()), (128, 12));
    assert!(refused.iter().all(|status| *status == 503));
}

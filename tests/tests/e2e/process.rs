//! The binary: its options, its signals, sockets that it is given.

use std::io::{ErrorKind, Read};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::launch;
use sitec_tests::PATIENCE;
use sitec_tests::folder::Folder;
use sitec_tests::server::{Launch, Server};

/// The folder that the site needs, in place of the conf's.
fn place() -> Folder {
    let folder = Folder::new();
    folder.write("www/here.txt", "here");
    folder.write("www/docs/there.txt", "there");
    folder.write("run/access.log", "");
    folder
}

/// The site in a place.
fn site(place: &Folder) -> Launch {
    launch("process").arg("--prefix").arg(place.path())
}

/// What a process that ends by itself says: whether it succeeded, its output, its errors.
fn run(launch: Launch) -> (bool, String, String) {
    let output = launch.output();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

/// Waits until nobody accepts on the server's port.
fn until_refused(server: &Server) {
    let start = Instant::now();
    loop {
        match TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())) {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => return,
            _ => assert!(start.elapsed() < PATIENCE, "still accepts"),
        }
    }
}

#[test]
fn options_that_print() {
    let (fine, said, _) = run(launch("process").arg("--version"));
    assert!(fine && !said.is_empty(), "{said}");
    let (fine, said, _) = run(launch("process").arg("--conf"));
    let conf = include_str!("../../sites/process.conf");
    assert!(fine && said == conf, "{said}");
    let (fine, said, _) = run(launch("process").arg("--help"));
    for option in ["--prefix", "--check", "--version", "--conf", "--set"] {
        assert!(fine && said.contains(option), "{option}: {said}");
    }
}

#[test]
fn options_that_are_wrong() {
    for (args, named) in [
        (&["--nonsense"][..], "--nonsense"),
        (&["extra"], "extra"),
        (&["--prefix"], "--prefix"),
        (&["--prefix", "/no/such/folder"], "help: there is no folder `/no/such/folder`"),
        (&["--set"], "--set"),
        (&["--set", "NAME"], "NAME"),
        (&["--set", "OTHER=1"], "OTHER"),
        (&["--set", "NAME=a b"], "NAME"),
        (&["--set", "NAME=http://x"], "NAME"),
        (&["--set", "FOLDER=no/such/folder"], "no/such/folder"),
    ] {
        let launch = launch("process").ports(0).arg("--check");
        let (fine, _, errors) = run(args.iter().fold(launch, |launch, arg| launch.arg(*arg)));
        assert!(!fine && errors.contains(named), "{args:?}: {errors}");
    }
    for port in ["", "0", "65536", "-1", "80a", "http"] {
        let (fine, _, errors) = run(launch("process").ports(0).set("PORT", port));
        assert!(!fine && errors.contains("PORT"), "{port:?}: {errors}");
    }
    let (fine, _, errors) = run(launch("process").ports(0).variable("PORT", "many"));
    assert!(!fine && errors.contains("PORT"), "{errors}");
}

#[test]
fn check_looks_and_does_not_serve() {
    let place = place();
    let (fine, _, errors) = run(site(&place).arg("--check"));
    assert!(fine, "{errors}");
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (fine, _, errors) = run(site(&place).ports(0).arg("--check").set("PORT", &port));
    assert!(!fine && errors.contains(&port), "{errors}");
}

#[test]
fn a_port_that_is_taken_stops_the_start() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (fine, _, errors) = run(site(&place()).ports(0).set("PORT", &port));
    assert!(!fine && errors.contains(&port), "{errors}");
    assert!(errors.contains("help: another program listens there"), "{errors}");
}

#[test]
fn requests_under_way_are_finished() {
    for signal in ["TERM", "INT", "QUIT"] {
        let place = place();
        let mut server = site(&place).start();
        let mut under_way = server.connect();
        let mut idle = server.connect();
        assert_eq!(idle.get("/ping", "a").text(), "pong");
        // Answered, so that the server has read what is sent after it on the same connection.
        under_way.send("GET /ping HTTP/1.1\r\nHost: a\r\n\r\nGET /ping HTTP/1.1\r\n");
        assert_eq!(under_way.response("GET").text(), "pong");
        server.signal(signal);
        until_refused(&server);
        assert!(idle.until_closed().is_empty());
        under_way.send("Host: a\r\n\r\n");
        let response = under_way.response("GET");
        assert_eq!((response.text().as_str(), response.closes()), ("pong", true), "{signal}");
        assert!(under_way.until_closed().is_empty());
        assert_eq!(server.ended().code(), Some(0), "{signal}");
    }
}

#[test]
fn a_second_signal_ends_the_server_at_once() {
    for (first, second) in [("TERM", "TERM"), ("INT", "INT"), ("QUIT", "TERM")] {
        let place = place();
        let mut server = site(&place).start();
        let mut under_way = server.connect();
        under_way.send("GET /ping HTTP/1.1\r\nHost: a\r\n\r\nGET /ping HTTP/1.1\r\n");
        assert_eq!(under_way.response("GET").text(), "pong");
        server.signal(first);
        until_refused(&server);
        // It drains, and more signals to drain change nothing.
        server.signal("QUIT");
        server.signal(second);
        assert!(under_way.until_closed().is_empty());
        assert_eq!(server.ended().code(), Some(0), "{first} {second}");
        assert!(!place.path().join("run/server.pid").exists());
    }
}

#[test]
fn signals_that_mean_nothing_end_nothing() {
    let place = place();
    let mut server = site(&place).start();
    for signal in ["USR2", "HUP", "PIPE"] {
        server.signal(signal);
        assert_eq!(server.get("/ping").text(), "pong", "{signal}");
    }
    server.signal("QUIT");
    assert_eq!(server.ended().code(), Some(0));
}

#[test]
fn the_pid_file_lives_as_long_as_the_process() {
    let folder = place();
    let mut server = site(&folder).start();
    assert_eq!(server.get("/ping").text(), "pong");
    assert_eq!(folder.text("run/server.pid").trim(), server.pid().to_string());
    server.signal("TERM");
    assert!(server.ended().success());
    assert!(!folder.path().join("run/server.pid").exists());
}

#[test]
fn a_prefix_stands_for_the_folder_of_the_conf() {
    let place = place();
    let server = site(&place).start();
    assert_eq!(server.get("/files/here.txt").text(), "here");
    assert_eq!(server.get("/log").text(), "logged");
}

/// The site with a descriptor handed over: a shell moves it to number 3 and becomes the server.
/// `variables` are what the shell sets.
fn handed_over(descriptor: OwnedFd, variables: &str, launch: &Launch) -> Command {
    let direct = launch.command(&[]);
    let script =
        format!("exec 3<&0 </dev/null; LISTEN_PID=$$ {variables} exec -a process \"$0\" \"$@\"");
    let mut command = Command::new("bash");
    command.args(["-c", &script]).arg(direct.get_program()).args(direct.get_args());
    command.stdin(Stdio::from(descriptor));
    command
}

#[test]
fn a_socket_that_is_handed_over_is_used() {
    for variables in ["LISTEN_FDS=1", "LISTEN_FDS=1 LISTEN_FDNAMES=web"] {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let place = place();
        let site = site(&place).set("PORT", &port.to_string());
        let mut server = Server::spawn(handed_over(listener.into(), variables, &site), vec![port]);
        // The socket takes connections before the server runs, so this needs no waiting.
        assert_eq!(server.get("/ping").text(), "pong");
        server.signal("TERM");
        assert!(server.ended().success());
    }
}

/// Nobody has set the port, so that the parent's socket says which it is.
#[test]
fn a_parent_says_where_the_site_listens() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let place = place();
    let command = handed_over(listener.into(), "LISTEN_FDS=1", &site(&place));
    let server = Server::spawn(command, vec![port]);
    assert_eq!(server.get("/ping").text(), "pong");
    let address = format!("http://127.0.0.1:{port}");
    assert!(server.log().contains(&address), "{}", server.log());
}

#[test]
fn what_is_handed_over_for_another_process_is_left_alone() {
    let file = std::fs::File::open("/dev/null").unwrap();
    let place = place();
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let site = site(&place).set("PORT", &port.to_string());
    let command = handed_over(file.into(), "LISTEN_PID=1 LISTEN_FDS=9", &site);
    let server = Server::spawn(command, vec![port]);
    assert!(server.listens(), "{}", server.log());
    assert_eq!(server.get("/ping").text(), "pong");
}

#[test]
fn what_is_handed_over_and_no_listening_socket_of_the_site_stops_the_start() {
    let place = place();
    let listener = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let peer = listener();
    let connected = TcpStream::connect(peer.local_addr().unwrap()).unwrap();
    let datagrams = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let file = std::fs::File::open("/dev/null").unwrap();
    let unwanted = listener();
    let nobodys = format!("descriptor 3 listens on {}", unwanted.local_addr().unwrap());
    for (descriptor, variables, said) in [
        (connected.into(), "LISTEN_FDS=1", "descriptor 3 is a socket that does not listen"),
        (datagrams.into(), "LISTEN_FDS=1", "descriptor 3 is a socket without connections"),
        (file.into(), "LISTEN_FDS=1 LISTEN_FDNAMES=web", "descriptor 3 (`web`) is not a socket"),
        (listener().into(), "LISTEN_FDS=9", "LISTEN_FDS is 9, and descriptor 4 is not open"),
        (listener().into(), "LISTEN_FDS=0", "LISTEN_FDS is \"0\""),
        (listener().into(), "LISTEN_FDS=1 LISTEN_FDNAMES=a:b", "LISTEN_FDNAMES has 2 names"),
        (OwnedFd::from(unwanted), "LISTEN_FDS=1", nobodys.as_str()),
    ] {
        let port = listener().local_addr().unwrap().port().to_string();
        let site = site(&place).set("PORT", &port);
        let output = handed_over(descriptor, variables, &site).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && errors.contains(said), "{variables}: {errors}");
    }
}

#[test]
fn start_says_where_to_look() {
    let place = place();
    let server = site(&place).start();
    let address = format!("http://127.0.0.1:{}", server.port());
    assert!(server.log().contains(&address), "{}", server.log());
    let mut byte = [0];
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).unwrap();
    stream.set_nonblocking(true).unwrap();
    assert_eq!(stream.read(&mut byte).unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn params_are_set_when_the_binary_starts() {
    let place = place();
    let asked = |launch: Launch, host: &str| launch.start().get_from(host, "/ping").text();
    for (set, variable, named) in [
        (None, None, "site.test"),
        (Some("set.test"), None, "set.test"),
        (None, Some("env.test"), "env.test"),
        (Some("set.test"), Some("env.test"), "set.test"),
    ] {
        let launch = || {
            let launch = set.iter().fold(site(&place), |launch, name| launch.set("NAME", name));
            variable.iter().fold(launch, |launch, name| launch.variable("NAME", name))
        };
        assert_eq!(asked(launch(), named), "by name", "{set:?} {variable:?}");
        assert_eq!(asked(launch(), "other.test"), "pong", "{set:?} {variable:?}");
    }
    let server = site(&place).set("FOLDER", "www/docs").start();
    assert_eq!(server.get("/files/there.txt").text(), "there");
}

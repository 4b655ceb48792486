//! A new server takes the place of a running one while clients ask it.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crate::launch;
use sitec_tests::PATIENCE;
use sitec_tests::server::Server;

/// Clients that ask who serves, again and again.
struct Load {
    ends: Arc<AtomicBool>,
    answers: Arc<AtomicU64>,
    served_by: Arc<Mutex<BTreeSet<String>>>,
    threads: Vec<JoinHandle<()>>,
}

/// Sends a request, and reads the response to its end. `None`: the connection has ended before the first
/// byte.
fn ask(stream: &mut TcpStream, connection: &str) -> Option<String> {
    let request =
        format!("GET /pid HTTP/1.1\r\nHost: main.test\r\nConnection: {connection}\r\n\r\n");
    let mut response = Vec::new();
    let sent = stream.write_all(request.as_bytes());
    let mut buffer = [0; 1024];
    while sent.is_ok() && !response.ends_with(b".") {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(len) => response.extend_from_slice(&buffer[..len]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => panic!("{error}"),
        }
    }
    if response.is_empty() {
        return None;
    }
    let response = String::from_utf8(response).expect("text");
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n") && response.ends_with('.'), "{response}");
    Some(response.rsplit("\r\n").next().expect("a content").to_owned())
}

impl Load {
    /// Begins to ask: clients of a connection for each request, and some that keep theirs.
    fn begin(port: u16) -> Load {
        let load = Load {
            ends: Arc::default(),
            answers: Arc::default(),
            served_by: Arc::default(),
            threads: Vec::new(),
        };
        let threads = (0..6).map(|number| {
            let (ends, answers, served_by) =
                (load.ends.clone(), load.answers.clone(), load.served_by.clone());
            thread::spawn(move || {
                let mut kept: Option<TcpStream> = None;
                let keeps = number % 2 == 0;
                while !ends.load(Ordering::SeqCst) {
                    let is_new = kept.is_none();
                    let mut stream = kept.take().unwrap_or_else(|| connect(port));
                    let how = if keeps { "keep-alive" } else { "close" };
                    match ask(&mut stream, how) {
                        Some(pid) => {
                            served_by.lock().unwrap().insert(pid);
                            answers.fetch_add(1, Ordering::SeqCst);
                            kept = keeps.then_some(stream);
                        }
                        // One that was idle may be closed at any time (RFC 9112, 9.3.1).
                        None => assert!(!is_new, "a new connection has ended without an answer"),
                    }
                }
            })
        });
        let threads = threads.collect();
        Load { threads, ..load }
    }

    /// Waits until so many more answers have come.
    fn wait_for_more(&self, count: u64) {
        let (before, began) = (self.answers.load(Ordering::SeqCst), Instant::now());
        while self.answers.load(Ordering::SeqCst) < before + count {
            assert!(began.elapsed() < PATIENCE, "no answers");
            assert!(!self.threads.iter().any(JoinHandle::is_finished), "a client has failed");
            thread::yield_now();
        }
    }

    /// Ends, and tells who has served.
    fn end(self) -> BTreeSet<String> {
        self.ends.store(true, Ordering::SeqCst);
        self.threads.into_iter().for_each(|thread| thread.join().expect("no request is lost"));
        Arc::into_inner(self.served_by).expect("all have ended").into_inner().unwrap()
    }
}

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("somebody accepts");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    stream
}

/// Puts new servers in the place of one, several times, and sees that all have served.
fn replace(first: Server, mut start: impl FnMut() -> Server) {
    let load = Load::begin(first.port());
    let mut pids = BTreeSet::from([format!("{}.", first.pid())]);
    let mut server = first;
    for _ in 0..3 {
        load.wait_for_more(50);
        let next = start();
        assert!(next.listens(), "{}", next.log());
        pids.insert(format!("{}.", next.pid()));
        server.signal("QUIT");
        assert!(server.ended().success(), "{}", server.log());
        server = next;
        load.wait_for_more(50);
    }
    assert_eq!(load.end(), pids);
}

#[test]
fn servers_side_by_side_take_turns() {
    let first = launch("restarts").arg("--beside").start();
    let ports = vec![first.port()];
    replace(first, || {
        Server::spawn(launch("restarts").arg("--beside").command(&ports), ports.clone())
    });
}

#[test]
fn a_server_that_was_not_started_so_shares_nothing() {
    let first = launch("restarts").start();
    let second = launch("restarts").command(&[first.port()]).output().expect("it runs");
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success() && said.contains("`--beside`"), "{said}");
}

/// A server that has this socket from its parent: a shell moves it to descriptor 3 and becomes the server.
fn with_socket(socket: &TcpListener) -> Server {
    let port = socket.local_addr().expect("bound").port();
    let direct = launch("restarts").command(&[port]);
    let script = r#"exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec -a restarts "$0" "$@""#;
    let mut command = Command::new("bash");
    command.args(["-c", script]).arg(direct.get_program()).args(direct.get_args());
    command.stdin(Stdio::from(OwnedFd::from(socket.try_clone().expect("a descriptor"))));
    Server::spawn(command, vec![port])
}

#[test]
fn sockets_of_a_parent_go_from_one_to_the_next() {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let first = with_socket(&socket);
    assert!(first.listens(), "{}", first.log());
    replace(first, || with_socket(&socket));
}

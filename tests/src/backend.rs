//! Servers that stand behind the one under test: they remember what they are asked, byte by byte, and
//! answer with whatever bytes a test says.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::PATIENCE;

/// One request as it came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// Which connection it came on, from 0.
    pub connection: usize,
    /// The request line and the fields, without the empty line.
    pub head: String,
    /// The content, without its framing.
    pub content: Vec<u8>,
}

impl Asked {
    /// The request line.
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// The path and the arguments.
    pub fn target(&self) -> &str {
        self.line().split(' ').nth(1).unwrap_or_default()
    }

    /// The values of all fields of this name.
    pub fn fields(&self, name: &str) -> Vec<&str> {
        let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let named = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value).collect()
    }
}

/// What follows an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Then {
    /// The next request.
    Keep,
    /// The end.
    Close,
}

/// A server behind another one.
pub struct Backend {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    connections: Arc<AtomicUsize>,
}

impl Backend {
    /// Starts one that does with each request, on its connection, what `answer` does.
    pub fn start(
        answer: impl Fn(&Asked, &mut TcpStream) -> Then + Send + Sync + 'static,
    ) -> Backend {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let (all, count, answer) = (asked.clone(), connections.clone(), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(stream), all, answer) = (stream, all.clone(), answer.clone()) else {
                    return;
                };
                let connection = count.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || {
                    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
                    stream.set_nodelay(true).expect("a TCP socket");
                    let mut own = stream.try_clone().expect("a descriptor");
                    let mut input = BufReader::new(stream);
                    while let Some(asked) = read(&mut input, connection) {
                        all.lock().unwrap().push(asked.clone());
                        if answer(&asked, &mut own) == Then::Close {
                            break;
                        }
                    }
                });
            }
        });
        Backend { port, asked, connections }
    }

    /// One that sends the same bytes each time.
    pub fn saying(bytes: &'static str, then: Then) -> Backend {
        Backend::start(move |_, stream| {
            let _ = stream.write_all(bytes.as_bytes());
            then
        })
    }

    /// Where it is.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The only request so far.
    ///
    /// # Panics
    /// Where there were none, or several.
    pub fn only(&self) -> Asked {
        let asked = self.asked();
        assert_eq!(asked.len(), 1, "{asked:?}");
        asked[0].clone()
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Reads a request; `None` at the end, or where the rest does not come.
fn read(input: &mut impl BufRead, connection: usize) -> Option<Asked> {
    let mut head = String::new();
    loop {
        let mut line = String::new();
        if input.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        head += &line.replace("\r\n", "\n");
    }
    let mut asked = Asked { connection, head, content: Vec::new() };
    if asked.fields("Transfer-Encoding") == ["chunked"] {
        loop {
            let mut line = String::new();
            input.read_line(&mut line).ok()?;
            let len = usize::from_str_radix(line.trim_end(), 16).ok()?;
            let mut chunk = vec![0; len + 2];
            input.read_exact(&mut chunk).ok()?;
            asked.content.extend_from_slice(&chunk[..len]);
            if len == 0 {
                break;
            }
        }
    } else if let Some(len) = asked.fields("Content-Length").first() {
        asked.content = vec![0; len.parse().ok()?];
        input.read_exact(&mut asked.content).ok()?;
    }
    Some(asked)
}

/// An address where nobody listens.
pub fn nobody() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    format!("{}", listener.local_addr().expect("an address"))
}

//! Servers behind the one under test that speak FastCGI: they remember what they are told, and answer
//! with whatever a test says.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::PATIENCE;

/// One request as it came.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Told {
    /// Which connection it came on, from 0.
    pub connection: usize,
    /// Whether the connection is to be kept.
    pub keeps: bool,
    /// The params.
    pub params: BTreeMap<String, String>,
    /// The content.
    pub content: Vec<u8>,
}

impl Told {
    /// A param; a dash where there is none.
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("-", String::as_str)
    }
}

/// A FastCGI server.
pub struct Responder {
    port: u16,
    told: Arc<Mutex<Vec<Told>>>,
}

/// A record with so much padding.
pub fn record(kind: u8, content: &[u8], padding: u8) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).expect("a short record").to_be_bytes();
    let mut out = vec![1, kind, 0, 1, high, low, padding, 0];
    out.extend_from_slice(content);
    out.extend(vec![0; usize::from(padding)]);
    out
}

/// Output in records, and the end of the request.
pub fn answer(output: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> =
        output.chunks(1000).flat_map(|piece| record(6, piece, (piece.len() % 8) as u8)).collect();
    out.extend(record(6, b"", 0));
    out.extend(record(3, &[0; 8], 0));
    out
}

impl Responder {
    /// Starts one that sends the bytes that `answer` makes, and keeps the connection if that is
    /// wanted.
    pub fn start(answer: impl Fn(&Told) -> Vec<u8> + Send + Sync + 'static) -> Responder {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let told = Arc::new(Mutex::new(Vec::new()));
        let (all, answer) = (told.clone(), Arc::new(answer));
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().enumerate() {
                let (Ok(mut stream), all, answer) = (stream, all.clone(), answer.clone()) else {
                    return;
                };
                thread::spawn(move || {
                    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
                    while let Some(told) = read(&mut stream, connection) {
                        all.lock().unwrap().push(told.clone());
                        let sent = stream.write_all(&answer(&told));
                        if sent.is_err() || !told.keeps {
                            break;
                        }
                    }
                });
            }
        });
        Responder { port, told }
    }

    /// Where it is.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What it was told so far.
    pub fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap().clone()
    }
}

fn read(stream: &mut TcpStream, connection: usize) -> Option<Told> {
    let mut told = Told { connection, ..Told::default() };
    let mut params = Vec::new();
    loop {
        let mut header = [0; 8];
        stream.read_exact(&mut header).ok()?;
        let len = usize::from(u16::from_be_bytes([header[4], header[5]]));
        let mut content = vec![0; len + usize::from(header[6])];
        stream.read_exact(&mut content).ok()?;
        content.truncate(len);
        match header[1] {
            1 => told.keeps = content[2] & 1 == 1,
            4 if content.is_empty() => told.params = pairs(&params),
            4 => params.extend(content),
            5 if content.is_empty() => return Some(told),
            5 => told.content.extend(content),
            kind => panic!("a record of kind {kind}"),
        }
    }
}

/// Takes names and values apart.
fn pairs(mut bytes: &[u8]) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    while !bytes.is_empty() {
        let mut len = || {
            let (len, size) = match bytes[0] {
                short @ 0..0x80 => (usize::from(short), 1),
                first => {
                    let rest = [first & 0x7f, bytes[1], bytes[2], bytes[3]];
                    (u32::from_be_bytes(rest) as usize, 4)
                }
            };
            bytes = &bytes[size..];
            len
        };
        let (name_len, value_len) = (len(), len());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (name, rest) = bytes.split_at(name_len);
        let (value, rest) = rest.split_at(value_len);
        assert_eq!(all.insert(text(name), text(value)), None, "{name:?} is there twice");
        bytes = rest;
    }
    all
}

//! The authority's side of HTTP over TLS.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::{ServerConnection, StreamOwned};

use super::{Inner, Reply, random};
use crate::PATIENCE;

/// The longest content that is read.
const MOST_READ: u64 = 1 << 20;

impl Inner {
    /// Answers requests until there are no more.
    pub(super) fn serve(&self, stream: TcpStream) {
        let _ = stream.set_read_timeout(Some(PATIENCE));
        let Ok(connection) = ServerConnection::new(Arc::clone(&self.tls)) else { return };
        let mut stream = BufReader::new(StreamOwned::new(connection, stream));
        while self.answer(&mut stream).is_some() {}
    }

    fn answer(
        &self,
        stream: &mut BufReader<StreamOwned<ServerConnection, TcpStream>>,
    ) -> Option<()> {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let mut words = line.split(' ');
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let (mut len, mut kind) = (0, String::new());
        loop {
            let mut field = String::new();
            stream.read_line(&mut field).ok()?;
            let Some((name, value)) = field.trim_end().split_once(": ") else { break };
            match &name.to_ascii_lowercase()[..] {
                "content-length" => len = value.parse().ok()?,
                "content-type" => kind = value.to_owned(),
                _ => {}
            }
        }
        let mut body = Vec::new();
        stream.take(MOST_READ.min(len)).read_to_end(&mut body).ok()?;
        let path = path.trim_start_matches('/');
        let is_busy = {
            let mut state = self.state();
            state.requests.push(format!("{method} {path}"));
            let is_busy = state.behaviour.busy > 0;
            state.behaviour.busy = state.behaviour.busy.saturating_sub(1);
            is_busy
        };
        let reply = match (&method[..], &kind[..]) {
            _ if is_busy => Reply::problem(503, "serverInternal", "busy"),
            ("POST", "application/jose+json") => match self.checked(path, &body) {
                Ok(request) => self.signed(path, &request),
                Err(refused) => refused,
            },
            ("POST", _) => Reply::problem(415, "malformed", "that is no request of ACME"),
            _ => self.plain(&method, path),
        };
        let Reply(status, fields, content) = reply;
        let nonce = random();
        self.state().nonces.insert(nonce.clone());
        let mut head = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\n", content.len());
        for (name, value) in fields.into_iter().chain([("Replay-Nonce", nonce)]) {
            head += &format!("{name}: {value}\r\n");
        }
        let stream = stream.get_mut();
        stream.write_all(format!("{head}\r\n").as_bytes()).ok()?;
        stream.write_all(&content).ok()?;
        stream.flush().ok()
    }
}

//! The server behind both: it answers with what it was asked, so that a difference in that is one in
//! what both answer.

use std::io::Write;
use std::net::TcpStream;
use std::sync::LazyLock;

use sitec_tests::backend::{Asked, Backend, Then};

/// Where it is.
pub fn address() -> String {
    static BACK: LazyLock<Backend> = LazyLock::new(|| Backend::start(answer));
    BACK.address()
}

fn answer(asked: &Asked, stream: &mut TcpStream) -> Then {
    let (_, target) = line(asked).split_once(' ').unwrap_or_default();
    let (status, more) = match () {
        () if target.contains("none") => ("404 Not Found", String::new()),
        () if target.contains("page") => ("500 Internal Server Error", String::new()),
        () if target.contains("empty") => ("204 No Content", String::new()),
        () if target.contains("/d") => {
            ("201 Created", format!("Location: http://{}/m{target}\r\n", address()))
        }
        () => ("200 OK", String::new()),
    };
    let content = if status.starts_with("204") { String::new() } else { echo(asked) };
    let len = match status.starts_with("204") {
        true => String::new(),
        false => format!("Content-Type: text/plain\r\nContent-Length: {}\r\n", content.len()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nServer: back\r\n{len}{more}X-Own: own\r\n\
         X-Powered-By: back\r\nSet-Cookie: a=b; Domain=.s1.test; Path=/a/b\r\n\r\n"
    );
    let is_head = asked.line().starts_with("HEAD ");
    let _ = stream.write_all([&head[..], if is_head { "" } else { &content }].concat().as_bytes());
    Then::Keep
}

/// A request in lines: what it asks for, its fields in order of their names, and its content.
fn echo(asked: &Asked) -> String {
    let mut fields: Vec<_> = asked.head.lines().skip(1).map(str::to_owned).collect();
    fields.retain(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    fields.sort_by_key(|line| line.split(':').next().map(str::to_ascii_lowercase));
    let content = String::from_utf8_lossy(&asked.content);
    format!("{}\n{}\n\n{content}\n", line(asked), fields.join("\n"))
}

/// The request line without its version: nginx may ask for a path with blanks in it.
fn line(asked: &Asked) -> &str {
    asked.line().rsplit_once(' ').map_or(asked.line(), |(line, _)| line)
}

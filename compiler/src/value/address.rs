//! Where to listen: `8080`, `127.0.0.1:8080`, `*:80`, `[::]:80`, `unix:run/web.sock`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::Range;

use super::Checked;
use crate::ast::Word;
use crate::diagnostic::Diagnostic;

/// The port of an address that names none.
const DEFAULT_PORT: u16 = 80;

/// The most bytes of a socket's path that every system takes.
const MOST_PATH_LEN: usize = 103;

/// What a `listen` asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Bind {
    /// A port alone.
    Port(u16),
    /// An address with its port.
    Ip(SocketAddr),
    /// A socket in the file system.
    Unix(String),
}

/// The address of a `listen`.
pub(crate) fn bind(word: &Word) -> Checked<Bind> {
    let fits = |text: &&str| !text.is_empty() && !text.contains("://");
    let Some(text) = word.text().filter(fits) else {
        return Err(not_an_address(word));
    };
    if let Some(path) = text.strip_prefix("unix:") {
        return unix(word, path);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return port(word).map(Bind::Port);
    }
    if let Some(range) = port_range(word, text) {
        return Err(range);
    }
    let (host_end, port_start) = match text.rfind(']') {
        Some(bracket) => match text.as_bytes().get(bracket + 1) {
            None => (text.len(), None),
            Some(b':') => (bracket + 1, Some(bracket + 2)),
            Some(_) => return Err(not_an_address(word)),
        },
        None => match text.find(':') {
            Some(colon) => (colon, Some(colon + 1)),
            None => (text.len(), None),
        },
    };
    if let (Ok(address), None) = (text.parse::<Ipv6Addr>(), text.find('[')) {
        let diagnostic = Diagnostic::error("T07", word.span, "an IPv6 address stands in brackets");
        let parts = text.rsplit_once(':').filter(|(front, port)| {
            front.parse::<Ipv6Addr>().is_ok() && port.parse::<u16>().is_ok_and(|port| port >= 80)
        });
        return Err(Box::new(match parts {
            Some((front, port)) => {
                let meant = format!("[{front}]:{port}");
                diagnostic.patch(format!("write `{meant}`"), word.span, meant)
            }
            None => diagnostic.patch(
                format!("write `[{address}]`, and the port behind it as `:80`"),
                word.span,
                format!("[{address}]"),
            ),
        }));
    }
    let host = host(word, 0..host_end)?;
    let port = match port_start {
        Some(start) => port_part(word, start..text.len())?,
        None => DEFAULT_PORT,
    };
    Ok(Bind::Ip(SocketAddr::new(host, port)))
}

/// What to say of ports from one to another, which nginx takes.
fn port_range(word: &Word, text: &str) -> Option<Box<Diagnostic>> {
    let start = text.rfind(':').map_or(0, |colon| colon + 1);
    let (first, last) = text[start..].split_once('-')?;
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    if !is_port(first) || !is_port(last) {
        return None;
    }
    let address = &text[..start];
    let message = "a range of ports is not supported";
    Some(Box::new(
        Diagnostic::error("D14", word.part(start..text.len()), message)
            .label("nginx would listen on each of them")
            .help(format!("write a `listen` for each port: `listen {address}{first};` and so on")),
    ))
}

/// An address without a port; IPv6 with or without brackets.
pub(crate) fn ip(word: &Word) -> Checked<IpAddr> {
    match word.text().and_then(|text| text.parse::<Ipv6Addr>().ok()) {
        Some(address) => Ok(IpAddr::V6(address)),
        None => host(word, 0..word.value.len()),
    }
}

/// A port, 1 to 65535.
pub(crate) fn port(word: &Word) -> Checked<u16> {
    port_part(word, 0..word.value.len())
}

fn port_part(word: &Word, part: Range<usize>) -> Checked<u16> {
    let text = String::from_utf8_lossy(&word.value[part.clone()]).into_owned();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let (true, Ok(port @ 1..)) = (digits, text.parse()) {
        return Ok(port);
    }
    let (place, message) = match digits {
        true => (word.part(part), format!("port `{text}` is not between 1 and 65535")),
        false if text.is_empty() => (word.span, "there is no port behind the colon".to_owned()),
        false => (word.part(part), format!("`{text}` is not a port")),
    };
    let help = "a port is a number from 1 to 65535: `8080`";
    Err(Box::new(Diagnostic::error("T06", place, message).help(help)))
}

/// `*`, an IPv4 address, or an IPv6 address in brackets.
fn host(word: &Word, part: Range<usize>) -> Checked<IpAddr> {
    let text = String::from_utf8_lossy(&word.value[part.clone()]).into_owned();
    if text == "*" {
        return Ok(Ipv4Addr::UNSPECIFIED.into());
    }
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Some(address) = bare.and_then(|inner| inner.parse::<Ipv6Addr>().ok()) {
        return Ok(address.into());
    }
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Ok(address.into());
    }
    let looks_like_name = bare.is_none()
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if !looks_like_name {
        return Err(not_an_address(word));
    }
    let place = word.part(part);
    let diagnostic = Diagnostic::error("T07", place, format!("`{text}` is a name, not an address"));
    Err(Box::new(match text.as_str() {
        "localhost" => diagnostic.patch("write `127.0.0.1`", place, "127.0.0.1"),
        _ => diagnostic
            .help("write its address, or `${NAME}` of a `param` that is set at start")
            .note("names are not looked up when a site is built"),
    }))
}

fn unix(word: &Word, path: &str) -> Checked<Bind> {
    let part = word.value.len() - path.len()..word.value.len();
    let message = match path {
        "" => "there is no path behind `unix:`".to_owned(),
        _ if path.len() > MOST_PATH_LEN => {
            format!("the path of a socket has at most {MOST_PATH_LEN} bytes")
        }
        _ if path.contains('\0') => "a path has no NUL".to_owned(),
        _ => return Ok(Bind::Unix(path.to_owned())),
    };
    let place = if path.is_empty() { word.span } else { word.part(part) };
    Err(Box::new(Diagnostic::error("T07", place, message)))
}

fn not_an_address(word: &Word) -> Box<Diagnostic> {
    let message = format!("`{}` is not an address to listen on", word.shown());
    Box::new(
        Diagnostic::error("T07", word.span, message)
            .help("write a port, `ADDRESS:PORT`, `[ADDRESS]:PORT` or `unix:PATH`"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{outcome, word};

    #[test]
    fn addresses() {
        let ip = |text: &str| Bind::Ip(text.parse().unwrap());
        for (text, expected) in [
            ("80", Bind::Port(80)),
            ("65535", Bind::Port(65535)),
            ("*:80", ip("0.0.0.0:80")),
            ("*", ip("0.0.0.0:80")),
            ("127.0.0.1:8080", ip("127.0.0.1:8080")),
            ("127.0.0.1", ip("127.0.0.1:80")),
            ("[::]:80", ip("[::]:80")),
            ("[::1]", ip("[::1]:80")),
            ("unix:run/web.sock", Bind::Unix("run/web.sock".into())),
        ] {
            assert_eq!(bind(&word(text)).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn wrong_addresses() {
        let forms = "[write a port, `ADDRESS:PORT`, `[ADDRESS]:PORT` or `unix:PATH`]";
        let not_one = |at: &str, text: &str| {
            format!("T07 {at} `{text}` is not an address to listen on {forms}")
        };
        let port = |text: &str| format!("{text} [a port is a number from 1 to 65535: `8080`]");
        for (text, expected) in [
            ("70000", port("T06 0..5 port `70000` is not between 1 and 65535")),
            ("0", port("T06 0..1 port `0` is not between 1 and 65535")),
            ("*:99999", port("T06 2..7 port `99999` is not between 1 and 65535")),
            ("*:http", port("T06 2..6 `http` is not a port")),
            ("*:", port("T06 0..2 there is no port behind the colon")),
            (
                "example.test:80",
                "T07 0..12 `example.test` is a name, not an address [write its address, or \
                 `${NAME}` of a `param` that is set at start]"
                    .to_owned(),
            ),
            (
                "localhost:80",
                "T07 0..9 `localhost` is a name, not an address [write `127.0.0.1`]".to_owned(),
            ),
            ("http://a:80", not_one("0..11", "http://a:80")),
            ("1.2.3:80", not_one("0..8", "1.2.3:80")),
            ("[::1", not_one("0..4", "[::1")),
            ("[::1]80", not_one("0..7", "[::1]80")),
            ("", not_one("0..0", "")),
            (
                "::1",
                "T07 0..3 an IPv6 address stands in brackets [write `[::1]`, and the port behind \
                 it as `:80`]"
                    .to_owned(),
            ),
            ("unix:", "T07 0..5 there is no path behind `unix:`".to_owned()),
        ] {
            assert_eq!(outcome(bind(&word(text))), Err(expected), "{text}");
        }
    }
}

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

/// The addresses of a `listen`: one, or one for each of several ports.
pub(crate) fn binds(word: &Word) -> Checked<Vec<Bind>> {
    let Some((first, last)) = word.text().and_then(port_range) else {
        return bind(word).map(|bind| vec![bind]);
    };
    let ports = port_part(word, first.clone())?..=port_part(word, last.clone())?;
    if ports.is_empty() {
        let message = format!("no port is from {} to {}", ports.start(), ports.end());
        let meant = format!("{}-{}", ports.end(), ports.start());
        let place = word.part(first.start..last.end);
        let diagnostic = Diagnostic::error("T06", place, message);
        return Err(Box::new(diagnostic.patch(format!("did you mean `{meant}`?"), place, meant)));
    }
    let of = bind(&word.front(first.end))?;
    let with = |port| match &of {
        Bind::Ip(address) => Bind::Ip(SocketAddr::new(address.ip(), port)),
        Bind::Port(_) | Bind::Unix(_) => Bind::Port(port),
    };
    Ok(ports.map(with).collect())
}

/// The address of a `listen` with at most one port.
pub(crate) fn bind(word: &Word) -> Checked<Bind> {
    if let Some(path) = word.text().and_then(|text| text.strip_prefix("unix:")) {
        return unix(word, path);
    }
    let fits = |text: &&str| !text.is_empty() && !text.contains("://");
    let Some(text) = word.text().filter(fits) else {
        return Err(not_an_address(word));
    };
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return port(word).map(Bind::Port);
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

/// Where the first and the last of several ports stand: `81-85`, behind an address or alone.
fn port_range(text: &str) -> Option<(Range<usize>, Range<usize>)> {
    if text.starts_with("unix:") {
        return None;
    }
    let start = text.rfind(':').map_or(0, |colon| colon + 1);
    let (first, last) = text[start..].split_once('-')?;
    let is_number = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let middle = start + first.len();
    (is_number(first) && is_number(last))
        .then_some((start..middle, middle + 1..middle + 1 + last.len()))
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
        false if text.is_empty() => (word.span, "a port is missing".to_owned()),
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
            ("unix:///run/web.sock", Bind::Unix("///run/web.sock".into())),
        ] {
            assert_eq!(bind(&word(text)).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn several_ports() {
        let ip = |text: &str| Bind::Ip(text.parse().unwrap());
        for (text, expected) in [
            ("80", vec![Bind::Port(80)]),
            ("80-82", vec![Bind::Port(80), Bind::Port(81), Bind::Port(82)]),
            ("80-80", vec![Bind::Port(80)]),
            ("127.0.0.1:80-81", vec![ip("127.0.0.1:80"), ip("127.0.0.1:81")]),
            ("*:80-81", vec![ip("0.0.0.0:80"), ip("0.0.0.0:81")]),
            ("[::1]:80-81", vec![ip("[::1]:80"), ip("[::1]:81")]),
            ("unix:80-81", vec![Bind::Unix("80-81".into())]),
        ] {
            assert_eq!(binds(&word(text)).unwrap(), expected, "{text}");
        }
        let port = "[a port is a number from 1 to 65535: `8080`]";
        for (text, expected) in [
            ("82-80", "T06 0..5 no port is from 82 to 80 [did you mean `80-82`?]".to_owned()),
            ("*:0-2", format!("T06 2..3 port `0` is not between 1 and 65535 {port}")),
            ("1-70000", format!("T06 2..7 port `70000` is not between 1 and 65535 {port}")),
            ("80-", format!("T06 0..3 a port is missing {port}")),
        ] {
            assert_eq!(outcome(binds(&word(text))), Err(expected), "{text}");
        }
        let found = binds(&word("a-b"));
        assert_eq!(found.unwrap_err().code, "T07");
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
            ("*:", port("T06 0..2 a port is missing")),
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

//! The header that a proxy puts before a connection's first byte, to say whose connection it is: the PROXY
//! protocol, versions 1 and 2. Bytes to values, and no more.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What a version 2 header begins with.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// The length of what follows its signature and says what else does.
const V2_LEN: usize = 16;
/// What a version 1 header begins with.
const WORD: &[u8] = b"PROXY ";
/// The longest version 1 header, its line end included, as the protocol has it.
const MAX_V1_LEN: usize = 107;
/// The longest header of all. One of version 2 may have more to it than addresses, which is left out.
pub const MAX_LEN: usize = 1024;

/// The two ends of the connection that a proxy speaks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Proxied {
    /// The client.
    pub client: SocketAddr,
    /// Whom it has connected to.
    pub server: SocketAddr,
}

/// A header that was read whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// How many bytes it has.
    pub len: usize,
    /// Whose connection it is; `None`: the proxy's own, or one whose addresses it does not tell.
    pub proxied: Option<Proxied>,
}

/// Why there is no header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Broken(pub &'static str);

/// Reads a header from the front of what has come. `None`: there is more of it to come.
pub fn parse(input: &[u8]) -> Result<Option<Header>, Broken> {
    let signature = &SIGNATURE[..input.len().min(SIGNATURE.len())];
    if input.starts_with(signature) {
        return parse_v2(input);
    }
    let word = &WORD[..input.len().min(WORD.len())];
    if !input.starts_with(word) {
        return Err(Broken("there is no PROXY header"));
    }
    let front = &input[..input.len().min(MAX_V1_LEN)];
    let Some(end) = front.iter().position(|&byte| byte == b'\n') else {
        return match front.len() == MAX_V1_LEN {
            true => Err(Broken("the line of the PROXY header is too long")),
            false => Ok(None),
        };
    };
    let line = front[..end].strip_suffix(b"\r").ok_or(Broken("a line does not end in CRLF"))?;
    let proxied = parse_line(&line[WORD.len().min(line.len())..])?;
    Ok(Some(Header { len: end + 1, proxied }))
}

/// What follows `PROXY ` in a line.
fn parse_line(line: &[u8]) -> Result<Option<Proxied>, Broken> {
    const WRONG: Broken = Broken("the addresses cannot be read");
    if line.starts_with(b"UNKNOWN") {
        return Ok(None);
    }
    let text = std::str::from_utf8(line).map_err(|_| WRONG)?;
    let words: Vec<_> = text.split(' ').collect();
    let [family, client, server, client_port, server_port] = words[..] else { return Err(WRONG) };
    let end = |address: &str, port: &str| {
        let address = address.parse::<IpAddr>().ok()?;
        let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|_| is_number)?;
        let is_of_family = match address {
            IpAddr::V4(_) => family == "TCP4",
            IpAddr::V6(_) => family == "TCP6",
        };
        is_of_family.then(|| SocketAddr::new(address, port))
    };
    let (client, server) = (end(client, client_port), end(server, server_port));
    Ok(Some(Proxied { client: client.ok_or(WRONG)?, server: server.ok_or(WRONG)? }))
}

/// Version 2: a signature, what it is, a length, and so many bytes.
fn parse_v2(input: &[u8]) -> Result<Option<Header>, Broken> {
    let Some((front, rest)) = input.split_at_checked(V2_LEN) else { return Ok(None) };
    let (command, family) = (front[12], front[13]);
    if command >> 4 != 2 {
        return Err(Broken("unknown version of the PROXY protocol"));
    }
    let len = usize::from(u16::from_be_bytes([front[14], front[15]]));
    if V2_LEN + len > MAX_LEN {
        return Err(Broken("the PROXY header is too long"));
    }
    let Some(body) = rest.get(..len) else { return Ok(None) };
    // Of a connection of the proxy's own, or of another kind, the addresses are nobody's.
    let proxied = match (command & 0x0f, family) {
        (1, 0x11) => Some(addresses::<4>(body)?),
        (1, 0x21) => Some(addresses::<16>(body)?),
        _ => None,
    };
    Ok(Some(Header { len: V2_LEN + len, proxied }))
}

/// Two addresses and two ports. What follows them is left out.
fn addresses<const LEN: usize>(body: &[u8]) -> Result<Proxied, Broken>
where
    [u8; LEN]: IntoAddress,
{
    let read = || {
        let (client, rest) = body.split_first_chunk::<LEN>()?;
        let (server, rest) = rest.split_first_chunk::<LEN>()?;
        let (client_port, rest) = rest.split_first_chunk::<2>()?;
        let server_port = rest.first_chunk::<2>()?;
        let port = |bytes: &[u8; 2]| u16::from_be_bytes(*bytes);
        Some(Proxied {
            client: SocketAddr::new(client.address(), port(client_port)),
            server: SocketAddr::new(server.address(), port(server_port)),
        })
    };
    read().ok_or(Broken("the PROXY header is shorter than its addresses"))
}

/// Bytes that are an address.
trait IntoAddress {
    fn address(self) -> IpAddr;
}

impl IntoAddress for [u8; 4] {
    fn address(self) -> IpAddr {
        Ipv4Addr::from(self).into()
    }
}

impl IntoAddress for [u8; 16] {
    fn address(self) -> IpAddr {
        Ipv6Addr::from(self).into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const V1: &[u8] = b"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n";

    /// A header of version 2.
    fn v2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let len = (body.len() as u16).to_be_bytes();
        [&SIGNATURE[..], &[command, family], &len, body].concat()
    }

    const V4_BODY: &[u8] = &[192, 0, 2, 1, 198, 51, 100, 2, 0xdc, 0x04, 0x01, 0xbb];

    fn shown(input: &[u8]) -> String {
        match parse(input) {
            Ok(None) => "more".to_owned(),
            Err(Broken(reason)) => reason.to_owned(),
            Ok(Some(Header { proxied: None, len })) => format!("{len}: own"),
            Ok(Some(Header { proxied: Some(Proxied { client, server }), len })) => {
                format!("{len}: {client} {server}")
            }
        }
    }

    /// What a header comes to, which does not depend on how it is split or what follows.
    fn check(input: &[u8], expected: &str) {
        assert_eq!(shown(input), expected, "{}", input.escape_ascii());
        for len in 0..input.len() {
            let part = shown(&input[..len]);
            assert!(part == "more" || part == expected, "{}: {part}", input.escape_ascii());
        }
        if expected.contains(": ") && !expected.starts_with("the") {
            assert_eq!(shown(&[input, b"GET / HTTP/1.1\r\n"].concat()), expected);
        }
    }

    #[test]
    fn version_1() {
        const WRONG: &str = "the addresses cannot be read";
        const NONE: &str = "there is no PROXY header";
        check(V1, "45: 192.0.2.1:56324 198.51.100.2:443");
        check(b"PROXY TCP6 2001:DB8::1 ::1 1 65535\r\n", "36: [2001:db8::1]:1 [::1]:65535");
        check(b"PROXY UNKNOWN\r\n", "15: own");
        check(b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", "35: own");
        for wrong in [
            "PROXY \r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443 \r\n",
            "PROXY TCP4  192.0.2.1 198.51.100.2 56324 443\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.2 65536 443\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.2 +1 443\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.2 1 \r\n",
            "PROXY TCP6 192.0.2.1 198.51.100.2 56324 443\r\n",
            "PROXY TCP4 ::1 ::2 56324 443\r\n",
            "PROXY TCP5 ::1 ::2 56324 443\r\n",
            "PROXY UDP4 192.0.2.1 198.51.100.2 56324 443\r\n",
            "PROXY TCP4 192.0.2.1\r198.51.100.2 56324 443\r\n",
        ] {
            check(wrong.as_bytes(), WRONG);
        }
        check(b"GET / HTTP/1.1\r\n", NONE);
        check(b"proxy TCP4", NONE);
        check(b"PROXY\tTCP4", NONE);
        check(b"PROXY UNKNOWN\n", "a line does not end in CRLF");
        let long = [&b"PROXY UNKNOWN "[..], &[b'x'; 92], b"\r\n"].concat();
        check(&long, "the line of the PROXY header is too long");
        let longest = [&b"PROXY UNKNOWN "[..], &[b'x'; 91], b"\r\n"].concat();
        check(&longest, "107: own");
    }

    #[test]
    fn version_2() {
        check(&v2(0x21, 0x11, V4_BODY), "28: 192.0.2.1:56324 198.51.100.2:443");
        let more = [V4_BODY, &[4, 0, 1, 0]].concat();
        check(&v2(0x21, 0x11, &more), "32: 192.0.2.1:56324 198.51.100.2:443");
        let v6 =
            [&[0x20, 1, 0xd, 0xb8][..], &[0; 11], &[1], &[0; 15], &[2], &[0, 7, 0, 8]].concat();
        check(&v2(0x21, 0x21, &v6), "52: [2001:db8::1]:7 [::2]:8");
        // Its own, datagrams, paths of the file system, and what it does not tell.
        for (command, family) in
            [(0x20, 0x11), (0x20, 0), (0x21, 0), (0x21, 0x12), (0x21, 0x31), (0x2f, 0x11)]
        {
            check(&v2(command, family, V4_BODY), "28: own");
        }
        check(&v2(0x20, 0, b""), "16: own");
        const SHORT: &str = "the PROXY header is shorter than its addresses";
        check(&v2(0x21, 0x11, &V4_BODY[1..]), SHORT);
        check(&v2(0x21, 0x21, V4_BODY), SHORT);
        check(&v2(0x11, 0x11, V4_BODY), "unknown version of the PROXY protocol");
        check(&v2(0x20, 0, &[0; MAX_LEN - V2_LEN]), "1024: own");
        check(&v2(0x20, 0, &[0; MAX_LEN - V2_LEN + 1]), "the PROXY header is too long");
    }

    proptest! {
        #[test]
        fn mutated_headers_do_no_harm(
            which in 0usize..3,
            changes in proptest::collection::vec((0usize..64, any::<u8>()), 0..4),
            cut in 0usize..80,
        ) {
            let v6 = [0x21u8; 36];
            let mut input = match which {
                0 => V1.to_vec(),
                1 => v2(0x21, 0x11, V4_BODY),
                _ => v2(0x21, 0x21, &v6),
            };
            for (at, byte) in changes {
                let len = input.len();
                input[at % len] = byte;
            }
            input.extend_from_slice(b"GET / HTTP/1.1\r\n\r\n");
            let whole = parse(&input);
            if let Ok(Some(header)) = whole {
                prop_assert!(header.len <= input.len().min(MAX_LEN));
            }
            // A part of it comes to the same, or to nothing yet.
            let part = parse(&input[..cut.min(input.len())]);
            prop_assert!(part == Ok(None) || part == whole);
        }
    }
}

//! Who a client really is: what a proxy says of it, where the proxy is trusted. As nginx reads it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::http::fields::Fields;
use crate::site::{Access, RealIpSource, Variables};

/// What says who a client is.
pub enum Said<'a> {
    /// Nothing does.
    Nothing,
    /// The first line of a field.
    Line(&'a [u8]),
    /// This address.
    Address(SocketAddr),
    /// All lines of a field, in their order: the last one was written last.
    Lines(Vec<&'a [u8]>),
}

/// What the fields of a request say, by `real_ip_header`.
/// `proxied` is whom the PROXY protocol names.
pub fn said<N: AsRef<[u8]>>(
    fields: Fields<'_>,
    source: RealIpSource<N>,
    proxied: Option<SocketAddr>,
) -> Said<'_> {
    match source {
        RealIpSource::Forwarded => {
            let named =
                fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case(b"x-forwarded-for"));
            Said::Lines(named.map(|(_, value)| value).collect())
        }
        RealIpSource::Field(name) => match fields.first(name.as_ref()) {
            Some(line) => Said::Line(line),
            None => Said::Nothing,
        },
        RealIpSource::ProxyProtocol => proxied.map_or(Said::Nothing, Said::Address),
    }
}

/// The address that a client is said to have, with port 0 where none is named; `None`: its own.
/// `peer` is who is connected, `None` through the file system. `is_trusted` tells whose word counts.
/// With `is_recursive`, trusted proxies among those named are passed over, from the end.
pub fn find(
    peer: Option<IpAddr>,
    said: &Said<'_>,
    is_recursive: bool,
    is_trusted: impl Fn(Option<IpAddr>) -> bool,
) -> Option<SocketAddr> {
    let lines: &[&[u8]] = match said {
        Said::Nothing => &[],
        Said::Address(address) => return Some(*address).filter(|_| is_trusted(peer)),
        Said::Line(line) => std::slice::from_ref(line),
        Said::Lines(lines) => lines,
    };
    let words = lines.iter().rev().flat_map(|line| words_from_end(line));
    let mut found: Option<SocketAddr> = None;
    for word in words {
        let speaker = found.map(|address| address.ip()).or(peer);
        let Some(address) = Some(speaker).filter(|it| is_trusted(*it)).and_then(|_| address(word))
        else {
            break;
        };
        found = Some(address);
        if !is_recursive {
            break;
        }
    }
    found
}

/// Puts the address that X-Forwarded-For names in the place of one that is trusted to say so (`proxy` of a
/// `geo`).
pub fn name_forwarded(
    fields: Fields<'_>,
    is_recursive: bool,
    is_trusted: impl Fn(Option<IpAddr>) -> bool,
    address: &mut Vec<u8>,
) {
    let peer = std::str::from_utf8(address).ok().and_then(|text| text.parse().ok());
    let said = said(fields, RealIpSource::<&[u8]>::Forwarded, None);
    if let Some(found) = find(peer, &said, is_recursive, is_trusted) {
        *address = found.ip().to_string().into_bytes();
    }
}

/// The same for the lookup of a request.
pub fn forwarded(
    variables: &Variables<'_>,
    trusted: &Access,
    is_recursive: bool,
    address: &mut Vec<u8>,
) {
    let is_trusted = |speaker| trusted.allow(speaker);
    name_forwarded(variables.head.fields(), is_recursive, is_trusted, address);
}

/// The words of a list from its end. A line without any has an empty one, which is no address.
fn words_from_end(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_between = |byte: &u8| matches!(byte, b' ' | b',');
    let mut words = line.rsplit(is_between).filter(|word| !word.is_empty()).peekable();
    let none = words.peek().is_none().then_some(&b""[..]);
    none.into_iter().chain(words)
}

/// An address, and its port where one is named: `192.0.2.1`, `192.0.2.1:80`, `[2001:db8::1]:80`.
fn address(text: &[u8]) -> Option<SocketAddr> {
    let text = std::str::from_utf8(text).ok()?;
    let ip = |text: &str| {
        let ip = text.parse::<IpAddr>().ok()?;
        (ip != IpAddr::V4(Ipv4Addr::BROADCAST)).then_some(ip)
    };
    if let Some(ip) = ip(text) {
        return Some(SocketAddr::new(ip, 0));
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once("]:")?,
        None => text.split_once(':')?,
    };
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.parse().ok().filter(|&port: &u16| port > 0 && is_number)?;
    Some(SocketAddr::new(ip(host)?, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(lines: &[&str], is_recursive: bool) -> String {
        let is_trusted = |ip: Option<IpAddr>| match ip {
            None => false,
            Some(IpAddr::V4(ip)) => matches!(ip.octets()[0], 10 | 127),
            Some(IpAddr::V6(ip)) => ip.segments()[1] == 0xdb8,
        };
        let said = Said::Lines(lines.iter().map(|line| line.as_bytes()).collect());
        let found = find(Some(Ipv4Addr::LOCALHOST.into()), &said, is_recursive, is_trusted);
        found.map_or_else(|| "own".to_owned(), |address| address.to_string())
    }

    #[test]
    fn lists() {
        for (lines, last, first) in [
            (&[][..], "own", "own"),
            (&["192.0.2.1"], "192.0.2.1:0", "192.0.2.1:0"),
            (&["192.0.2.1:99"], "192.0.2.1:99", "192.0.2.1:99"),
            (&["192.0.2.1, 10.0.0.1"], "10.0.0.1:0", "192.0.2.1:0"),
            (&["192.0.2.1,192.0.2.2, 10.0.0.1"], "10.0.0.1:0", "192.0.2.2:0"),
            (&["10.0.0.2, 10.0.0.1"], "10.0.0.1:0", "10.0.0.2:0"),
            (&["junk"], "own", "own"),
            (&["junk, 10.0.0.1"], "10.0.0.1:0", "10.0.0.1:0"),
            (&["192.0.2.1, junk"], "own", "own"),
            (&[""], "own", "own"),
            (&[", ,"], "own", "own"),
            (&["192.0.2.1, "], "192.0.2.1:0", "192.0.2.1:0"),
            (&["[2001:db9::1]:80"], "[2001:db9::1]:80", "[2001:db9::1]:80"),
            (&["[2001:db9::1]"], "own", "own"),
            (&["192.0.2.9, 2001:db8::1"], "[2001:db8::1]:0", "192.0.2.9:0"),
            (&["255.255.255.255"], "own", "own"),
            (&["192.0.2.1:0"], "own", "own"),
            (&["192.0.2.1:+9"], "own", "own"),
            (&["192.0.2.1", "192.0.2.2"], "192.0.2.2:0", "192.0.2.2:0"),
            (&["192.0.2.1", "10.0.0.1"], "10.0.0.1:0", "192.0.2.1:0"),
            (&["192.0.2.1", "junk"], "own", "own"),
            (&["junk", "10.0.0.1"], "10.0.0.1:0", "10.0.0.1:0"),
            (&["192.0.2.1", "junk, 10.0.0.1"], "10.0.0.1:0", "10.0.0.1:0"),
        ] {
            assert_eq!(found(lines, false), last, "{lines:?}");
            assert_eq!(found(lines, true), first, "{lines:?}");
        }
        let line = Said::Line(b"192.0.2.1");
        assert_eq!(find(None, &line, false, |_| false), None);
        assert!(find(None, &line, false, |peer| peer.is_none()).is_some());
        let address = "192.0.2.1:7".parse().unwrap();
        assert_eq!(find(None, &Said::Address(address), false, |_| true), Some(address));
        assert_eq!(find(None, &Said::Address(address), false, |_| false), None);
        assert_eq!(find(None, &Said::Nothing, false, |_| true), None);
    }
}

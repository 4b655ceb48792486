//! Whom a rule is about: `192.0.2.1`, `10.0.0.0/8`, `2001:db8::/32`, `unix:`, `all`.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use super::Checked;
use crate::ast::Word;
use crate::diagnostic::Diagnostic;

/// Whom a rule is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Clients {
    /// Everyone.
    All,
    /// Those with these IPv4 addresses.
    V4(RangeInclusive<u128>),
    /// Those with these IPv6 addresses.
    V6(RangeInclusive<u128>),
    /// Those that come through the file system.
    Unix,
}

/// A network as it should have been written, if an address has bits that its prefix leaves out.
pub(crate) type HostBits = Option<String>;

/// Whom the word behind `allow` or `deny` is about.
pub(crate) fn clients(word: &Word) -> Checked<(Clients, HostBits)> {
    match &word.value[..] {
        b"all" => return Ok((Clients::All, None)),
        b"unix:" => return Ok((Clients::Unix, None)),
        _ => {}
    }
    let text = word.text().unwrap_or_default();
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let Ok(ip) = address.parse::<IpAddr>() else { return Err(not_an_address(word, address)) };
    let (bits, width) = match ip {
        IpAddr::V4(ip) => (u128::from(ip.to_bits()), 32),
        IpAddr::V6(ip) => (ip.to_bits(), 128),
    };
    let prefix = match prefix {
        Some(prefix) => prefix_len(word, address.len() + 1, prefix, width)?,
        None => width,
    };
    let host_mask = u128::MAX.checked_shr(128 - (width - prefix)).unwrap_or_default();
    let (first, last) = (bits & !host_mask, bits | host_mask);
    let network = |first: u128| match ip {
        IpAddr::V4(_) => IpAddr::from((first as u32).to_be_bytes()),
        IpAddr::V6(_) => IpAddr::from(first.to_be_bytes()),
    };
    let host_bits = (first != bits).then(|| format!("{}/{prefix}", network(first)));
    let clients = match ip {
        IpAddr::V4(_) => Clients::V4(first..=last),
        IpAddr::V6(_) => Clients::V6(first..=last),
    };
    Ok((clients, host_bits))
}

/// The number behind the slash, which stands at `start` of the word.
fn prefix_len(word: &Word, start: usize, prefix: &str, width: u32) -> Checked<u32> {
    let digits = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
    match prefix.parse() {
        Ok(len @ 0..=128) if digits && len <= width => Ok(len),
        _ => {
            let place = word.part(start..word.value.len());
            let message = format!("`{prefix}` is no length of a prefix");
            Err(Box::new(
                Diagnostic::error("T07", place, message)
                    .help(format!("it is a number from 0 to {width}, as in `10.0.0.0/8`")),
            ))
        }
    }
}

fn not_an_address(word: &Word, address: &str) -> Box<Diagnostic> {
    let shown = word.shown();
    let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Some(bare) = bare.filter(|bare| bare.parse::<IpAddr>().is_ok()) {
        let place = word.part(0..address.len());
        return Box::new(
            Diagnostic::error("T07", place, format!("`{address}` is not an address")).patch(
                "write it without brackets",
                place,
                bare,
            ),
        );
    }
    let message = format!("`{shown}` is not an address");
    Box::new(
        Diagnostic::error("T07", word.span, message)
            .help("a rule is about an address, a network such as `10.0.0.0/8`, `unix:` or `all`"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{outcome, word};

    #[test]
    fn addresses_and_networks() {
        let v4 = |first, last| Ok((Clients::V4(first..=last), None));
        let v6 = |first, last| Ok((Clients::V6(first..=last), None));
        for (text, expected) in [
            ("all", Ok((Clients::All, None))),
            ("unix:", Ok((Clients::Unix, None))),
            ("10.0.0.1", v4(0x0a00_0001, 0x0a00_0001)),
            ("10.0.0.0/8", v4(0x0a00_0000, 0x0aff_ffff)),
            ("10.0.0.1/32", v4(0x0a00_0001, 0x0a00_0001)),
            ("0.0.0.0/0", v4(0, 0xffff_ffff)),
            ("::1", v6(1, 1)),
            ("::/0", v6(0, u128::MAX)),
            ("ff00::/8", v6(0xff << 120, u128::MAX)),
            ("10.0.0.1/8", Ok((Clients::V4(0x0a00_0000..=0x0aff_ffff), Some("10.0.0.0/8".into())))),
            ("8000::1/1", Ok((Clients::V6(1 << 127..=u128::MAX), Some("8000::/1".into())))),
            (
                "10.0.0.0/33",
                Err("T07 9..11 `33` is no length of a prefix \
                     [it is a number from 0 to 32, as in `10.0.0.0/8`]"
                    .into()),
            ),
            ("[::1]", Err("T07 0..5 `[::1]` is not an address [write it without brackets]".into())),
        ] {
            assert_eq!(outcome(clients(&word(text))), expected, "{text}");
        }
        for text in ["", "localhost", "10.0.0", "10.0.0.0/", "10.0.0.0/+8", "::/129", "a.test/8"] {
            assert_eq!(clients(&word(text)).unwrap_err().code, "T07", "{text}");
        }
    }
}

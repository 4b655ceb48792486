//! Addresses looked up among networks, for `geo`: which part of all addresses one lies in.
//!
//! ```text
//! u32 count | count times: u32 where a part of IPv4 begins, u32 its number
//!           | 20 bytes for each part of IPv6: u128 where it begins, u32 its number
//! ```
//!
//! All numbers are big-endian, so that their bytes compare as they do. The first part of each family
//! begins with its first address.

use std::net::{IpAddr, Ipv4Addr};

/// Parts as [`Networks::encode`] wrote them.
pub struct Networks<'a> {
    v4: &'a [[u8; 8]],
    v6: &'a [[u8; 20]],
}

impl<'a> Networks<'a> {
    /// The bytes that [`Networks::new`] reads. The parts are in the order of their addresses.
    pub fn encode(v4: &[(u32, u32)], v6: &[(u128, u32)]) -> Vec<u8> {
        let mut out = (v4.len() as u32).to_be_bytes().to_vec();
        for (start, number) in v4 {
            out.extend(start.to_be_bytes());
            out.extend(number.to_be_bytes());
        }
        for (start, number) in v6 {
            out.extend(start.to_be_bytes());
            out.extend(number.to_be_bytes());
        }
        out
    }

    /// The parts in `bytes`.
    ///
    /// # Panics
    /// Where `bytes` is too short for what it says it holds: in a constant, when it is built.
    pub const fn new(bytes: &'a [u8]) -> Networks<'a> {
        let (count, rest) = bytes.split_at(4);
        let count = u32::from_be_bytes([count[0], count[1], count[2], count[3]]) as usize;
        let (v4, v6) = rest.split_at(count * 8);
        Networks { v4: v4.as_chunks().0, v6: v6.as_chunks().0 }
    }

    /// The number of the part that the address lies in which `text` is.
    pub fn find(&self, text: &[u8]) -> u32 {
        match address(text) {
            IpAddr::V4(address) => number_at(self.v4, &address.octets()),
            IpAddr::V6(address) => number_at(self.v6, &address.octets()),
        }
    }
}

/// The number of the last part that does not begin behind an address.
fn number_at<const LEN: usize>(parts: &[[u8; LEN]], address: &[u8]) -> u32 {
    let behind = parts.partition_point(|part| &part[..address.len()] <= address);
    let number = behind.checked_sub(1).and_then(|at| parts[at][address.len()..].first_chunk());
    number.map_or(0, |number| u32::from_be_bytes(*number))
}

/// The address that a text is. An IPv4 address within an IPv6 one is itself; what is no address counts
/// as 255.255.255.255, as in nginx.
pub fn address(text: &[u8]) -> IpAddr {
    let address = std::str::from_utf8(text).ok().and_then(|text| text.parse::<IpAddr>().ok());
    address.map_or(Ipv4Addr::BROADCAST.into(), |address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lie_in_their_parts() {
        let bytes = Networks::encode(
            &[(0, 1), (0x0a00_0000, 2), (0x0b00_0000, 1), (u32::MAX, 3)],
            &[(0, 4), (1, 5), (2, 4)],
        );
        let networks = Networks::new(&bytes);
        for (text, number) in [
            ("0.0.0.0", 1),
            ("9.255.255.255", 1),
            ("10.0.0.0", 2),
            ("10.255.255.255", 2),
            ("11.0.0.0", 1),
            ("::ffff:10.1.2.3", 2),
            ("255.255.255.255", 3),
            ("unix:", 3),
            ("", 3),
            ("10.0.0.1:80", 3),
            ("::", 4),
            ("::1", 5),
            ("ffff::", 4),
        ] {
            assert_eq!(networks.find(text.as_bytes()), number, "{text}");
        }
        let none = Networks::encode(&[], &[]);
        assert_eq!(Networks::new(&none).find(b"::1"), 0);
    }
}

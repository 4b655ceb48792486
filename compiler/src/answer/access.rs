//! Who may come in: `allow`, `deny` and `limit_except`, as far as the client's address is known.

use std::net::IpAddr;

use crate::ir::{Access, Ranges};

/// The doubt where rules ask for an address that is not known.
pub(crate) const CLIENT_UNKNOWN: &str = "the client's address; it is taken to be let in";

/// Whether a client is let in.
pub(super) enum Verdict {
    In,
    Out,
    /// It depends on the address.
    Unknown,
}

/// Whether rules let a client in.
pub(super) fn verdict(access: &Access, from: Option<IpAddr>) -> Verdict {
    let Access { v4, v6, unix } = access;
    let Some(from) = from else {
        let all = |wanted: bool| {
            let is = |ranges: &Ranges| ranges.flips.is_empty() && ranges.first == wanted;
            v4.as_ref().map_or(wanted, is) && is(v6) && *unix == wanted
        };
        return match () {
            () if all(true) => Verdict::In,
            // Without rules for them, IPv4 clients are let in.
            () if v4.is_some() && all(false) => Verdict::Out,
            () => Verdict::Unknown,
        };
    };
    let allowed = match (from, v4) {
        (IpAddr::V4(ip), v4) => v4.as_ref().is_none_or(|v4| v4.allows(ip.to_bits().into())),
        (IpAddr::V6(ip), Some(v4)) if ip.to_ipv4_mapped().is_some() => {
            ip.to_ipv4_mapped().is_some_and(|ip| v4.allows(ip.to_bits().into()))
        }
        (IpAddr::V6(ip), _) => v6.allows(ip.to_bits()),
    };
    if allowed { Verdict::In } else { Verdict::Out }
}

impl Ranges {
    /// The verdict on an address.
    fn allows(&self, address: u128) -> bool {
        let flips = self.flips.partition_point(|flip| *flip <= address);
        self.first ^ (flips % 2 == 1)
    }
}

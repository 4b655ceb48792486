//! Who may come in.

use std::net::IpAddr;

use crate::http::method::{Method, MethodSet};
use crate::site::{Access, Action, Admission, Auth, Location, Ranges};

impl Location {
    /// Whether the location keeps a client out that wants to use a method, and was let in by who
    /// is asked for a password `here`.
    pub(crate) fn keeps_out(
        &self,
        method: Option<Method>,
        client: Option<IpAddr>,
        here: Option<&Auth>,
    ) -> bool {
        let Admission { access, any, auth } = self.admission(method);
        let asks_others = auth.is_some_and(|auth| here.is_none_or(|here| here.users != auth.users));
        match any {
            Some(any) => !any.allow(client) && asks_others,
            None => asks_others || access.is_some_and(|rules| !rules.allow(client)),
        }
    }

    /// Who of those may come in that want to use a method.
    pub(crate) fn admission(&self, method: Option<Method>) -> Admission {
        let is_named = |set: &MethodSet| method.is_some_and(|method| set.contains(method));
        let limit = self.limit_except.as_ref().filter(|limit| !is_named(&limit.methods));
        match limit {
            Some(limit) => limit.admission,
            // A `return` comes before anybody asks who the client is.
            None if matches!(self.action, Action::Return(_)) => Admission::OPEN,
            None => self.settings.admission,
        }
    }
}

impl Access {
    /// Whether a client may come in; `None` is one that came through the file system.
    pub(crate) fn allow(&self, client: Option<IpAddr>) -> bool {
        match client {
            None => self.unix,
            Some(IpAddr::V4(ip)) => self.v4.as_ref().is_none_or(|v4| v4.verdict(ip.to_bits())),
            Some(IpAddr::V6(ip)) => match (ip.to_ipv4_mapped(), &self.v4) {
                (Some(ip), Some(v4)) => v4.verdict(ip.to_bits()),
                _ => self.v6.verdict(ip.to_bits()),
            },
        }
    }
}

impl<T: Ord> Ranges<T> {
    /// The verdict on an address.
    fn verdict(&self, address: T) -> bool {
        let flips = self.flips.partition_point(|flip| *flip <= address);
        self.first ^ (flips % 2 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts() {
        let access = Access {
            v4: Some(Ranges { first: false, flips: &[0x0a00_0000, 0x0b00_0000] }),
            v6: Ranges { first: true, flips: &[1 << 127] },
            unix: false,
        };
        let only_v6 = Access { v4: None, v6: Ranges { first: false, flips: &[] }, unix: true };
        for (client, expected, without_v4) in [
            ("9.255.255.255", false, true),
            ("10.0.0.0", true, true),
            ("10.255.255.255", true, true),
            ("11.0.0.0", false, true),
            ("::1", true, false),
            ("7fff::", true, false),
            ("8000::", false, false),
            ("::ffff:10.0.0.1", true, false),
            ("::ffff:11.0.0.1", false, false),
        ] {
            let ip = client.parse().ok();
            assert!(ip.is_some());
            assert_eq!(access.allow(ip), expected, "{client}");
            assert_eq!(only_v6.allow(ip), without_v4, "{client}");
        }
        assert!(!access.allow(None) && only_v6.allow(None));
    }
}

//! Who may come in.

use std::net::IpAddr;

use crate::http::method::{Method, MethodSet};
use crate::site::{Access, Action, Admission, Location, Ranges};

impl Location {
    /// Whether the location keeps a client out that wants to use a method, and was let in by what
    /// holds `here`.
    pub(crate) fn keeps_out(
        &self,
        method: Option<Method>,
        client: Option<IpAddr>,
        here: &Admission,
    ) -> bool {
        let Admission { access, named, satisfy_any, auth, inquiry } = self.admission(method);
        let asks_others = auth
            .is_some_and(|auth| here.auth.is_none_or(|it| it.users != auth.users))
            || inquiry.is_some_and(|uri| here.inquiry.is_none_or(|it| it.fixed() != uri.fixed()));
        match named.filter(|_| satisfy_any) {
            Some(named) => !named.allow(client) && asks_others,
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
    use crate::samples::{SETTINGS, leak};
    use crate::site::{Auth, Handler, LimitExcept, Return, Settings, Text};

    /// `allow 10.0.0.0/8; deny all;`
    static INSIDE: Access = Access {
        v4: Some(Ranges { first: false, flips: &[0x0a00_0000, 0x0b00_0000] }),
        v6: Ranges { first: false, flips: &[] },
        unix: false,
    };
    static FIRST: Auth = Auth { realm: Text::Fixed(b"r"), users: 1 };
    static SECOND: Auth = Auth { realm: Text::Fixed(b"r"), users: 2 };
    static ASKED: Text = Text::Fixed(b"/asked");
    static OTHER: Text = Text::Fixed(b"/other");

    const RULES: Admission = Admission { access: Some(&INSIDE), ..Admission::OPEN };
    const PASSWORD: Admission = Admission { auth: Some(&FIRST), ..Admission::OPEN };
    const INQUIRY: Admission = Admission { inquiry: Some(&ASKED), ..Admission::OPEN };

    fn location(admission: Admission) -> Location {
        Location {
            settings: leak(Settings { admission, ..SETTINGS }),
            internal: false,
            patterns: &[],
            limit_except: None,
            methods: MethodSet::ALL,
            methods_named: false,
            ops: &[],
            allow: b"",
            action: Action::Serve { try_files: None, handler: Handler::Files },
        }
    }

    #[test]
    fn who_was_let_in_elsewhere_is_kept_out() {
        let (inside, outside) = (Some([10, 0, 0, 1].into()), Some([11, 0, 0, 1].into()));
        let other_users = Admission { auth: Some(&SECOND), ..Admission::OPEN };
        let other_inquiry = Admission { inquiry: Some(&OTHER), ..Admission::OPEN };
        let any = |of: Admission| Admission { satisfy_any: true, named: Some(&INSIDE), ..of };
        for (number, (there, client, here, kept_out)) in [
            (Admission::OPEN, outside, Admission::OPEN, false),
            (RULES, inside, Admission::OPEN, false),
            (RULES, outside, Admission::OPEN, true),
            (RULES, None, Admission::OPEN, true),
            // Who has given the password once is not asked for it again.
            (PASSWORD, outside, Admission::OPEN, true),
            (PASSWORD, outside, other_users, true),
            (PASSWORD, outside, PASSWORD, false),
            (INQUIRY, outside, Admission::OPEN, true),
            (INQUIRY, outside, other_inquiry, true),
            (INQUIRY, outside, INQUIRY, false),
            (Admission { inquiry: Some(&ASKED), ..PASSWORD }, outside, PASSWORD, true),
            (Admission { inquiry: Some(&ASKED), ..PASSWORD }, outside, INQUIRY, true),
            // All of them have to let the client in, unless one is enough.
            (Admission { access: Some(&INSIDE), ..PASSWORD }, inside, Admission::OPEN, true),
            (Admission { access: Some(&INSIDE), ..PASSWORD }, outside, PASSWORD, true),
            (any(PASSWORD), inside, Admission::OPEN, false),
            (any(PASSWORD), outside, Admission::OPEN, true),
            (any(PASSWORD), outside, PASSWORD, false),
            // Whom the rules would let in by name is named where one is enough, and only there.
            (Admission { satisfy_any: false, ..any(RULES) }, outside, Admission::OPEN, true),
        ]
        .into_iter()
        .enumerate()
        {
            let found = location(there).keeps_out(Some(Method::Get), client, &here);
            assert_eq!(found, kept_out, "case {number}");
        }
    }

    #[test]
    fn other_rules_hold_for_other_methods() {
        let methods = MethodSet::of(&[Method::Get]);
        let limit_except = Some(LimitExcept { methods, admission: RULES, location: None });
        let limited = Location { limit_except, ..location(Admission::OPEN) };
        let back = Location { action: Action::Return(Return::Status(404)), ..location(RULES) };
        let client = Some([11, 0, 0, 1].into());
        for (location, method, kept_out) in [
            (&limited, Some(Method::Get), false),
            (&limited, Some(Method::Put), true),
            // A method that is not known is none of them.
            (&limited, None, true),
            (&location(RULES), Some(Method::Get), true),
            // A `return` is everyone's.
            (&back, Some(Method::Get), false),
        ] {
            let found = location.keeps_out(method, client, &Admission::OPEN);
            assert_eq!(found, kept_out, "{method:?}");
        }
    }

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

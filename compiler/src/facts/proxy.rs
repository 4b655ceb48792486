//! What a location passes on to other servers, and what is known of those.

use super::{Fact, Facts, action, plain_facts};
use crate::directive::Values;
use crate::ir::{
    Balance, Peer, Piece, Proxy, ProxyField, Replaced, Replacement, Target, Upstream, Value,
};
use crate::wording::{self, regex};

impl Facts<'_> {
    /// What a `proxy_pass` comes to.
    pub(super) fn of_proxy(self, proxy: &Proxy) -> Vec<Fact> {
        let Proxy {
            target,
            method,
            fields,
            body,
            redirects,
            cookie_domains,
            cookie_paths,
            hidden,
            plain,
        } = proxy;
        let text = |value: &Option<Value>| value.as_ref().map_or_else(String::new, wording::value);
        let fields = fields.iter().map(|ProxyField { name, value }| {
            format!("{} {:?}", String::from_utf8_lossy(name), wording::value(value))
        });
        let hidden = hidden.iter().map(|name| String::from_utf8_lossy(name));
        let mut facts = vec![action("proxy_pass", wording::target(self.site, target))];
        facts.push(match target {
            Target::Fixed { upstream, .. } => {
                let upstream = &self.site.upstreams[usize::from(*upstream)];
                ("upstream", self.upstream(upstream)).into()
            }
            Target::Computed(url) => self.of_upstreams(url),
        });
        facts.extend(super::details([
            ("proxy_method", text(method)),
            ("proxy_set_header", fields.collect::<Vec<_>>().join(", ")),
            ("proxy_set_body", text(body)),
            ("proxy_redirect", replaced(redirects)),
            ("proxy_cookie_domain", replaced(cookie_domains)),
            ("proxy_cookie_path", replaced(cookie_paths)),
            ("proxy_hide_header", hidden.collect::<Vec<_>>().join(" ")),
        ]));
        let values = Values { proxy: *plain, ..Values::DEFAULT };
        facts.extend(plain_facts("proxy", &values));
        facts
    }

    /// Those of all that a URL with variables may name.
    fn of_upstreams(self, url: &Value) -> Fact {
        let front = match url.0.first() {
            Some(Piece::Literal(front)) => String::from_utf8_lossy(front),
            _ => "".into(),
        };
        let named = front.strip_prefix("http://").unwrap_or_default();
        let named = &named[..named.find('/').unwrap_or(named.len())];
        let may_be = self.site.upstreams.iter().filter(|it| it.name.starts_with(named));
        let all: Vec<_> = may_be.map(|it| self.upstream(it)).collect();
        ("upstream", all.join("; ")).into()
    }

    /// The servers of an upstream, and how they are chosen.
    fn upstream(self, upstream: &Upstream) -> String {
        let Upstream {
            name,
            // These follow from the name.
            host: _,
            port: _,
            is_optional: _,
            peers,
            balance,
            plain,
        } = upstream;
        let peers = peers.iter().map(|it| self.peer(it)).collect::<Vec<_>>().join(", ");
        let balance = match balance {
            Balance::RoundRobin => String::new(),
            Balance::LeastConn => " least_conn".to_owned(),
            Balance::IpHash => " ip_hash".to_owned(),
            Balance::Hash(key) => format!(" hash {}", wording::value(key)),
            Balance::ConsistentHash(key) => format!(" hash {} consistent", wording::value(key)),
            Balance::Random => " random".to_owned(),
            Balance::RandomTwo => " random two".to_owned(),
        };
        let values = Values { upstream: *plain, ..Values::DEFAULT };
        let plain = plain_facts("upstream", &values);
        let plain: String = plain.map(|fact| format!(" {} {}", fact.name, fact.value)).collect();
        format!("{name}: {peers}{balance}{plain}")
    }

    fn peer(self, peer: &Peer) -> String {
        let Peer { address, weight, max_conns, max_fails, fail_timeout_ms, backup, down } = peer;
        let mut text = wording::start_text(self.site, address);
        let usual = Peer::plain(address.clone());
        for (name, value, default) in [
            ("weight", *weight, usual.weight),
            ("max_conns", *max_conns, usual.max_conns),
            ("max_fails", *max_fails, usual.max_fails),
        ] {
            if value != default {
                text += &format!(" {name}={value}");
            }
        }
        if *fail_timeout_ms != usual.fail_timeout_ms {
            text += &format!(" fail_timeout={}", wording::time(*fail_timeout_ms));
        }
        for (name, is_so) in [("backup", *backup), ("down", *down)] {
            if is_so {
                text += &format!(" {name}");
            }
        }
        text
    }
}

/// What texts of an answer are replaced by.
fn replaced(replacements: &[Replacement]) -> String {
    let all = replacements.iter().map(|Replacement { pattern, by }| {
        let pattern = match pattern {
            Replaced::Front(text) => wording::value(text),
            Replaced::Regex(found) => {
                let any_case = if found.pattern.ignore_case { "*" } else { "" };
                format!("~{any_case}{}", regex(&found.pattern))
            }
        };
        format!("{pattern} {}", wording::value(by))
    });
    all.collect::<Vec<_>>().join(", ")
}

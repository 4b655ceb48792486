//! What a location passes on to other servers, and what is known of those.

use super::{Fact, Facts, action, plain_facts};
use crate::directive::Values;
use crate::ir::{
    Balance, Fastcgi, PassedParam, Peer, Piece, Proxy, ProxyField, Replaced, Replacement, Target,
    Upstream, Value, Wire,
};
use crate::wording::{self, regex};

impl Facts<'_> {
    /// What a `proxy_pass` comes to.
    pub(super) fn of_proxy(self, proxy: &Proxy) -> Vec<Fact> {
        let Proxy {
            target,
            wire,
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
        let mut facts = vec![action(wire.pass(), wording::target(self.site, proxy))];
        let hide = match wire {
            Wire::Http => "proxy_hide_header",
            Wire::Fastcgi(_) => "fastcgi_hide_header",
            Wire::Scgi(_) => "scgi_hide_header",
            Wire::Uwsgi { .. } => "uwsgi_hide_header",
        };
        facts.push(match target {
            Target::Fixed { upstream, .. } => {
                let upstream = &self.site.upstreams[usize::from(*upstream)];
                ("upstream", self.upstream(upstream)).into()
            }
            Target::Computed(url) => self.of_upstreams(url),
        });
        facts.extend(of_wire(wire));
        facts.extend(super::details([
            ("proxy_method", text(method)),
            ("proxy_set_header", fields.collect::<Vec<_>>().join(", ")),
            ("proxy_set_body", text(body)),
            ("proxy_redirect", replaced(redirects)),
            ("proxy_cookie_domain", replaced(cookie_domains)),
            ("proxy_cookie_path", replaced(cookie_paths)),
            (hide, hidden.collect::<Vec<_>>().join(" ")),
        ]));
        let (proxy, fastcgi, scgi, uwsgi) = (*plain, *plain, *plain, *plain);
        let values = Values { proxy, fastcgi, scgi, uwsgi, ..Values::DEFAULT };
        facts.extend(plain_facts(wire.front(), &values));
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

/// What a script is told, and how.
fn of_wire(wire: &Wire) -> Vec<Fact> {
    let params = wire.params().iter().map(|PassedParam { name, value, if_not_empty }| {
        let end = if *if_not_empty { " if_not_empty" } else { "" };
        format!("{} {:?}{end}", String::from_utf8_lossy(name), wording::value(value))
    });
    let params = params.collect::<Vec<_>>().join(", ");
    let all = match wire {
        Wire::Http => Vec::new(),
        Wire::Fastcgi(Fastcgi { params: _, index, split, keeps }) => vec![
            ("fastcgi_param", params),
            ("fastcgi_index", index.as_ref().map_or_else(String::new, wording::value)),
            (
                "fastcgi_split_path_info",
                split.as_ref().map_or_else(String::new, |it| regex(&it.pattern)),
            ),
            ("fastcgi_keep_conn", if *keeps { "on".to_owned() } else { String::new() }),
        ],
        Wire::Scgi(_) => vec![("scgi_param", params)],
        Wire::Uwsgi { params: _, modifiers: [first, second] } => vec![
            ("uwsgi_param", params),
            ("uwsgi_modifier1", first.to_string()),
            ("uwsgi_modifier2", second.to_string()),
        ],
    };
    all.into_iter().map(Fact::from).collect()
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

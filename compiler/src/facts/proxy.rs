//! What a location passes on to other servers, and what is known of those.

use super::{Fact, Facts, action, plain_facts, words};
use crate::directive::Values;
use crate::ir::{
    Balance, Cache, CacheValid, Caching, Certificate, Command, CookieFlags, Fastcgi, PassedParam,
    Peer, Piece, Proxy, ProxyField, ProxyTls, Replaced, Replacement, StartText, Sticky, Target,
    TlsPeer, Upstream, Value, Wire,
};
use crate::wording::{self, regex};

/// The directives that say where and for how long answers are kept.
fn names_of_caching(wire: &Wire) -> [&'static str; 5] {
    macro_rules! names {
        ($front:literal) => {
            [
                concat!($front, "_cache"),
                concat!($front, "_cache_key"),
                concat!($front, "_cache_valid"),
                concat!($front, "_cache_bypass"),
                concat!($front, "_no_cache"),
            ]
        };
    }
    match wire {
        Wire::Http | Wire::Grpc | Wire::Memcached { .. } => names!("proxy"),
        Wire::Fastcgi(_) => names!("fastcgi"),
        Wire::Scgi(_) => names!("scgi"),
        Wire::Uwsgi { .. } => names!("uwsgi"),
    }
}

impl Facts<'_> {
    /// Where and for how long answers are kept.
    fn of_caching(self, wire: &Wire, caching: &Caching) -> Vec<Fact> {
        let Caching { cache, key, valid, bypass, refused } = caching;
        let Cache { name, path, levels, keys_len, inactive_ms, max_len, min_free } =
            &self.site.caches[usize::from(*cache)];
        let levels = levels.iter().filter(|&&level| level > 0).map(u8::to_string);
        let place = format!(
            "{name} {} levels={} keys={} inactive={} max={max_len} free={min_free}",
            wording::start_text(self.site, path),
            levels.collect::<Vec<_>>().join(":"),
            wording::size(*keys_len as u64),
            wording::time(*inactive_ms),
        );
        let valid = valid.iter().map(|CacheValid { statuses, time_s }| {
            let statuses = statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(" ");
            format!("{statuses} {time_s}s")
        });
        let values =
            |values: &[Value]| values.iter().map(wording::value).collect::<Vec<_>>().join(" ");
        let texts = [
            place,
            wording::value(key),
            valid.collect::<Vec<_>>().join(", "),
            values(bypass),
            values(refused),
        ];
        names_of_caching(wire).into_iter().zip(texts).map(Fact::from).collect()
    }

    /// What a `proxy_pass` comes to.
    pub(super) fn of_proxy(self, proxy: &Proxy) -> Vec<Fact> {
        let Proxy {
            target,
            wire,
            tls,
            method,
            fields,
            body,
            redirects,
            cookie_domains,
            cookie_paths,
            cookie_flags,
            local,
            rate,
            caching,
            hidden,
            plain,
        } = proxy;
        let text = |value: &Option<Value>| value.as_ref().map_or_else(String::new, wording::value);
        let fields = fields.iter().map(|ProxyField { name, value }| {
            format!("{} {:?}", String::from_utf8_lossy(name), wording::value(value))
        });
        let hidden = hidden.iter().map(|name| String::from_utf8_lossy(name));
        let mut facts = vec![action(wire.pass(), wording::target(self.site, proxy))];
        facts.extend(caching.iter().flat_map(|caching| self.of_caching(wire, caching)));
        let [hide, bind, limit] = match wire {
            Wire::Http => ["proxy_hide_header", "proxy_bind", "proxy_limit_rate"],
            Wire::Grpc => ["grpc_hide_header", "grpc_bind", ""],
            Wire::Fastcgi(_) => ["fastcgi_hide_header", "fastcgi_bind", "fastcgi_limit_rate"],
            Wire::Scgi(_) => ["scgi_hide_header", "scgi_bind", "scgi_limit_rate"],
            Wire::Uwsgi { .. } => ["uwsgi_hide_header", "uwsgi_bind", "uwsgi_limit_rate"],
            Wire::Memcached { .. } => ["", "memcached_bind", ""],
        };
        facts.push(match target {
            Target::Fixed { upstream, .. } => {
                let upstream = &self.site.upstreams[usize::from(*upstream)];
                ("upstream", self.upstream(upstream)).into()
            }
            Target::Computed(url) => self.of_upstreams(url),
        });
        facts.extend(of_wire(wire));
        facts.extend(tls.iter().flat_map(|tls| self.of_peer(tls, wire)));
        let set_field = if *wire == Wire::Grpc { "grpc_set_header" } else { "proxy_set_header" };
        facts.extend(super::details([
            ("proxy_method", text(method)),
            (set_field, fields.collect::<Vec<_>>().join(", ")),
            ("proxy_set_body", text(body)),
            ("proxy_redirect", replaced(redirects)),
            ("proxy_cookie_domain", replaced(cookie_domains)),
            ("proxy_cookie_path", replaced(cookie_paths)),
            ("proxy_cookie_flags", flagged(cookie_flags)),
            (bind, text(local)),
            (limit, rate.as_ref().map_or_else(String::new, words::amount)),
            (hide, hidden.collect::<Vec<_>>().join(" ")),
        ]));
        let values = Values {
            proxy: *plain,
            grpc: *plain,
            fastcgi: *plain,
            scgi: *plain,
            uwsgi: *plain,
            memcached: *plain,
            ..Values::DEFAULT
        };
        facts.extend(plain_facts(wire.front(), &values));
        facts
    }

    /// How a server is spoken to over TLS.
    fn of_peer(self, ProxyTls { peer, name }: &ProxyTls, wire: &Wire) -> Vec<Fact> {
        let TlsPeer { plain, suites, certificate, trusted, revoked, is_http2: _ } = peer;
        let (names, group) = match wire {
            Wire::Grpc => (OF_GRPC_PEERS, "grpc_tls"),
            _ => (OF_PEERS, "tls_peer"),
        };
        let path = |text: &StartText| wording::start_text(self.site, text);
        let file = |text: Option<&StartText>| text.map_or_else(String::new, path);
        let suites: Vec<_> = suites.iter().map(|suite| suite.name()).collect();
        let own = certificate.as_ref();
        let texts = [
            wording::value(name),
            suites.join(":"),
            file(own.map(|Certificate { chain, .. }| chain)),
            file(own.map(|Certificate { key, .. }| key)),
            file(own.and_then(|Certificate { passwords, .. }| passwords.as_ref())),
            file(trusted.as_ref()),
            file(revoked.as_ref()),
        ];
        let mut texts = names.into_iter().zip(texts);
        let files =
            super::details(std::array::from_fn::<_, 6, _>(|_| texts.next().unwrap_or_default()));
        let values = Values { tls_peer: *plain, grpc_tls: *plain, ..Values::DEFAULT };
        plain_facts(group, &values).chain(files).collect()
    }

    /// Those of all that a URL with variables may name.
    fn of_upstreams(self, url: &Value) -> Fact {
        let front = match url.0.first() {
            Some(Piece::Literal(front)) => String::from_utf8_lossy(front),
            _ => "".into(),
        };
        let named = front.strip_prefix("http://").or_else(|| front.strip_prefix("https://"));
        let named = named.or_else(|| front.strip_prefix("grpc://"));
        let named = named.or_else(|| front.strip_prefix("grpcs://"));
        let named = named.unwrap_or_default();
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
            commands,
            is_shared,
            sticky,
            health,
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
        let health = health.as_ref().map_or_else(String::new, |it| format!(" health_check {it:?}"));
        let commands = commands.iter().map(|Command { name, program: _, args }| {
            let words = [name].into_iter().chain(args).map(|it| wording::start_text(self.site, it));
            format!(" upstream_command {}", words.collect::<Vec<_>>().join(" "))
        });
        let commands: String = commands.collect();
        let zone = if *is_shared { " zone" } else { "" };
        format!(
            "{name}: {peers}{balance}{zone}{}{health}{plain}{commands}",
            sticky.as_ref().map_or_else(String::new, stuck)
        )
    }

    fn peer(self, peer: &Peer) -> String {
        let Peer {
            address,
            weight,
            max_conns,
            max_fails,
            fail_timeout_ms,
            slow_start_ms,
            backup,
            down,
            drain,
            route,
        } = peer;
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
        if *slow_start_ms > 0 {
            text += &format!(" slow_start={}", wording::time(*slow_start_ms));
        }
        if !route.is_empty() {
            text += &format!(" route={route}");
        }
        for (name, is_so) in [("backup", *backup), ("down", *down), ("drain", *drain)] {
            if is_so {
                text += &format!(" {name}");
            }
        }
        text
    }
}

/// What is said of TLS with another server.
const OF_PEERS: [&str; 7] = [
    "proxy_ssl_name",
    "proxy_ssl_ciphers",
    "proxy_ssl_certificate",
    "proxy_ssl_certificate_key",
    "proxy_ssl_password_file",
    "proxy_ssl_trusted_certificate",
    "proxy_ssl_crl",
];
/// The same for gRPC.
const OF_GRPC_PEERS: [&str; 7] = [
    "grpc_ssl_name",
    "grpc_ssl_ciphers",
    "grpc_ssl_certificate",
    "grpc_ssl_certificate_key",
    "grpc_ssl_password_file",
    "grpc_ssl_trusted_certificate",
    "grpc_ssl_crl",
];

/// By what clients come to the same server again.
fn stuck(sticky: &Sticky) -> String {
    let all = |values: &[Value]| values.iter().map(wording::value).collect::<Vec<_>>().join(" ");
    match sticky {
        Sticky::Cookie { name, attributes, lifetime_s } => {
            let name = String::from_utf8_lossy(name);
            let lifetime = lifetime_s.map_or_else(String::new, |s| format!(" expires={s}s"));
            format!(" sticky cookie {name}{lifetime} {:?}", wording::value(attributes))
        }
        Sticky::Route(values) => format!(" sticky route {}", all(values)),
        Sticky::Learn { create, lookup, zone_len, timeout_ms } => format!(
            " sticky learn create={} lookup={} zone={} timeout={}",
            all(create),
            all(lookup),
            wording::size(*zone_len as u64),
            wording::time(*timeout_ms)
        ),
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
        Wire::Http | Wire::Grpc => Vec::new(),
        Wire::Memcached { key, gzip_flag } => vec![
            ("set $memcached_key", wording::value(key)),
            ("memcached_gzip_flag", gzip_flag.to_string()),
        ],
        Wire::Fastcgi(Fastcgi { params: _, index, split, keeps, caught }) => vec![
            ("fastcgi_param", params),
            ("fastcgi_index", index.as_ref().map_or_else(String::new, wording::value)),
            (
                "fastcgi_split_path_info",
                split.as_ref().map_or_else(String::new, |it| regex(&it.pattern)),
            ),
            ("fastcgi_catch_stderr", {
                let caught =
                    caught.iter().map(|text| format!("{:?}", String::from_utf8_lossy(text)));
                caught.collect::<Vec<_>>().join(" ")
            }),
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
    let all = replacements
        .iter()
        .map(|Replacement { pattern, by }| format!("{} {}", sought(pattern), wording::value(by)));
    all.collect::<Vec<_>>().join(", ")
}

fn sought(pattern: &Replaced) -> String {
    match pattern {
        Replaced::Front(text) => wording::value(text),
        Replaced::Regex(found) => {
            let any_case = if found.pattern.ignore_case { "*" } else { "" };
            format!("~{any_case}{}", regex(&found.pattern))
        }
    }
}

/// Which cookies get which flags.
fn flagged(all: &[CookieFlags]) -> String {
    let all = all.iter().map(|CookieFlags { cookie, flags }| {
        let flags = flags.iter().map(wording::value).collect::<Vec<_>>().join(" ");
        format!("{} {flags}", sought(cookie))
    });
    all.collect::<Vec<_>>().join(", ")
}

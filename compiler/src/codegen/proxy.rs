//! Servers behind this one, and what locations pass on to them: a static each.

use proc_macro2::TokenStream;
use quote::quote;

use super::plain::plain;
use super::rewrite::regex;
use super::route::Sets;
use super::tokens::{Shared, amount, bytes, number, numbered, option, start_text};
use crate::directive::Values;
use crate::ir::{
    Balance, Cache, CacheValid, Caching, Command, CookieFlags, Fastcgi, FieldTest, Health,
    HealthTest, PassedParam, Peer, Proxy, ProxyField, ProxyTls, Replaced, Replacement, Sticky,
    Target, TargetUri, Upstream, Value, Wire,
};

/// What a site that passes requests on has beyond others.
pub(super) fn upstreams(upstreams: &[Upstream], shared: &mut Shared) -> Option<TokenStream> {
    let values: Vec<_> = upstreams.iter().map(|it| upstream(it, shared)).collect();
    let has_health = upstreams.iter().any(|it| it.health.is_some());
    let health = has_health.then(|| {
        quote!(
            const HEALTH: bool = true;
        )
    });
    let has_commands = upstreams.iter().any(|it| !it.commands.is_empty());
    let commands = has_commands.then(|| {
        quote!(
            const COMMANDS: bool = true;
        )
    });
    (!upstreams.is_empty()).then(|| {
        quote! {
            const UPSTREAMS: &'static [site::Upstream] = &[#(#values),*];
            #commands
            #health
        }
    })
}

fn upstream(upstream: &Upstream, shared: &mut Shared) -> TokenStream {
    let Upstream {
        name,
        host,
        port,
        is_optional,
        peers,
        balance,
        commands,
        is_shared,
        sticky,
        health,
        plain,
    } = upstream;
    let (host, port) = (start_text(host), start_text(port));
    let peers = peers.iter().map(peer);
    let balance = match balance {
        Balance::RoundRobin => quote!(RoundRobin),
        Balance::LeastConn => quote!(LeastConn),
        Balance::IpHash => quote!(IpHash),
        Balance::Hash(key) => {
            let key = shared.text(key);
            quote!(Hash(#key))
        }
        Balance::ConsistentHash(key) => {
            let key = shared.text(key);
            quote!(ConsistentHash(#key))
        }
        Balance::Random => quote!(Random),
        Balance::RandomTwo => quote!(RandomTwo),
    };
    let is_mandatory = health.as_ref().is_some_and(|health| health.is_mandatory);
    let sticky = option(sticky.as_ref().map(|it| self::sticky(it, upstream.has_digests(), shared)));
    let commands = commands.iter().map(|Command { name, program, args }| {
        let (name, program, args) =
            (start_text(name), number(*program), args.iter().map(start_text));
        quote!(site::Command { name: #name, program: #program, args: &[#(#args),*] })
    });
    let plain = self::plain("upstream", &Values { upstream: *plain, ..Values::DEFAULT });
    quote! {
        site::Upstream {
            name: #name,
            host: #host,
            port: #port,
            is_optional: #is_optional,
            peers: &[#(#peers),*],
            balance: site::Balance::#balance,
            commands: &[#(#commands),*],
            is_shared: #is_shared,
            sticky: #sticky,
            is_mandatory: #is_mandatory,
            plain: #plain,
        }
    }
}

/// The function that tells how peers are asked whether they are well, and its statics.
pub(super) fn healths(
    upstreams: &[Upstream],
    sets: &mut Sets,
    shared: &mut Shared,
) -> (Option<TokenStream>, TokenStream) {
    let of_upstream = |(at, upstream): (usize, &Upstream)| {
        let health = upstream.health.as_ref()?;
        let (name, value) = (numbered("HEALTH", at), self::health(health, sets, shared));
        let at = number(at);
        Some((quote!(#at => Some(&#name)), quote!(static #name: site::Health = #value;)))
    };
    let found = upstreams.iter().enumerate().filter_map(of_upstream);
    let (arms, items): (Vec<_>, Vec<_>) = found.unzip();
    let function = (!arms.is_empty()).then(|| {
        quote! {
            fn health(upstream: site::UpstreamId) -> Option<&'static site::Health> {
                match upstream {
                    #(#arms,)*
                    _ => None,
                }
            }
        }
    });
    (function, items.into_iter().collect())
}

fn health(health: &Health, sets: &mut Sets, shared: &mut Shared) -> TokenStream {
    let Health {
        uri,
        host,
        port,
        interval_ms,
        jitter_ms,
        timeout_ms,
        fails,
        passes,
        is_mandatory,
        tests,
    } = health;
    let request = [
        b"GET ",
        &uri[..],
        b" HTTP/1.0\r\nHost: ",
        host.as_bytes(),
        b"\r\nUser-Agent: sitec\r\nConnection: close\r\n\r\n",
    ];
    let request = bytes(&request.concat());
    let port = option(port.map(|port| {
        let port = number(port);
        quote!(#port)
    }));
    let [interval_ms, jitter_ms, timeout_ms] =
        [interval_ms, jitter_ms, timeout_ms].map(|ms| number(*ms));
    let (fails, passes) = (number(*fails), number(*passes));
    let tests = tests.iter().map(|test| match test {
        HealthTest::Status { negated, ranges } => {
            let ranges = ranges.iter().map(|(from, to)| {
                let (from, to) = (number(*from), number(*to));
                quote!((#from, #to))
            });
            quote!(Status { negated: #negated, ranges: &[#(#ranges),*] })
        }
        HealthTest::Field { name, test, negated } => {
            let test = match test {
                FieldTest::Present => quote!(Present),
                FieldTest::Equal(text) => {
                    let text = bytes(text);
                    quote!(Equal(#text))
                }
                FieldTest::Matches(pattern) => {
                    let regex = regex(pattern, sets, shared);
                    quote!(Matches(#regex))
                }
            };
            quote!(Field { name: #name, test: site::FieldTest::#test, negated: #negated })
        }
        HealthTest::Content { regex: pattern, negated } => {
            let regex = regex(pattern, sets, shared);
            quote!(Content { regex: #regex, negated: #negated })
        }
    });
    let tests = tests.collect::<Vec<_>>();
    quote! {
        site::Health {
            request: #request,
            port: #port,
            interval_ms: #interval_ms,
            jitter_ms: #jitter_ms,
            timeout_ms: #timeout_ms,
            fails: #fails,
            passes: #passes,
            is_mandatory: #is_mandatory,
            tests: &[#(site::HealthTest::#tests),*],
        }
    }
}

/// A `site::Sticky`.
fn sticky(sticky: &Sticky, has_digests: bool, shared: &mut Shared) -> TokenStream {
    let mut texts = |values: &[Value]| {
        let texts = values.iter().map(|value| shared.text(value)).collect::<Vec<_>>();
        quote!(&[#(#texts),*])
    };
    let by = match sticky {
        Sticky::Cookie { name, attributes, lifetime_s } => {
            let (name, attributes) = (bytes(name), shared.text(attributes));
            let lifetime_s = option(lifetime_s.map(|seconds| {
                let seconds = proc_macro2::Literal::u64_unsuffixed(seconds);
                quote!(#seconds)
            }));
            quote!(Cookie { name: #name, attributes: #attributes, lifetime_s: #lifetime_s })
        }
        Sticky::Route(values) => {
            let values = texts(values);
            quote!(Route(#values))
        }
        Sticky::Learn { create, lookup, zone_len, timeout_ms } => {
            let (create, lookup) = (texts(create), texts(lookup));
            let (zone_len, timeout_ms) = (number(*zone_len), number(*timeout_ms));
            quote! {
                Learn {
                    create: #create,
                    lookup: #lookup,
                    zone_len: #zone_len,
                    timeout_ms: #timeout_ms,
                }
            }
        }
    };
    let digest = option(has_digests.then(|| quote!(links::digest)));
    quote!(site::Sticky { by: site::StickyBy::#by, digest: #digest })
}

fn peer(peer: &Peer) -> TokenStream {
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
    let address = start_text(address);
    let (weight, max_conns, max_fails) = (number(*weight), number(*max_conns), number(*max_fails));
    let [fail_timeout_ms, slow_start_ms] = [fail_timeout_ms, slow_start_ms].map(|ms| number(*ms));
    quote! {
        site::Peer {
            address: #address,
            weight: #weight,
            max_conns: #max_conns,
            max_fails: #max_fails,
            fail_timeout_ms: #fail_timeout_ms,
            slow_start_ms: #slow_start_ms,
            backup: #backup,
            down: #down,
            drain: #drain,
            route: #route,
        }
    }
}

/// The statics of all that locations pass on.
pub(super) fn proxies(sets: &mut Sets, shared: &mut Shared) -> TokenStream {
    let proxies = shared.proxies.items().to_vec();
    let item = |(index, proxy): (usize, Proxy)| {
        let (name, value) = (numbered("PROXY", index), value(&proxy, sets, shared));
        quote!(static #name: site::Proxy = #value;)
    };
    proxies.into_iter().enumerate().map(item).collect()
}

/// A `site::Proxy`.
fn value(proxy: &Proxy, sets: &mut Sets, shared: &mut Shared) -> TokenStream {
    let target = match &proxy.target {
        Target::Fixed { upstream, uri } => {
            let upstream = number(*upstream);
            let uri = option(uri.as_ref().map(|TargetUri { text, replaced_len }| {
                let (text, replaced_len) = (bytes(text), number(*replaced_len));
                quote!(site::TargetUri { text: #text, replaced_len: #replaced_len })
            }));
            quote!(Fixed { upstream: #upstream, uri: #uri })
        }
        Target::Computed(url) => {
            let url = shared.text(url);
            quote!(Computed(#url))
        }
    };
    let wire = wire(&proxy.wire, sets, shared);
    let framing =
        option(proxy.is_http2().then(|| quote!(&::sitec_runtime::http2::client::FRAMING)));
    let tls = option(proxy.tls.as_ref().map(|ProxyTls { peer, name }| {
        let peer = shared.peers.iter().position(|other| other == peer).unwrap_or_default();
        let (peer, name) = (number(peer), shared.text(name));
        quote!(site::ProxyTls { peer: #peer, name: #name })
    }));
    let method = option(proxy.method.as_ref().map(|method| shared.text(method)));
    let fields = proxy.fields.iter().map(|ProxyField { name, value }| {
        let (name, value) = (bytes(name), shared.text(value));
        quote!(site::ProxyField { name: #name, value: #value })
    });
    let fields = fields.collect::<Vec<_>>();
    let body = option(proxy.body.as_ref().map(|body| shared.text(body)));
    let redirects = replacements(&proxy.redirects, sets, shared);
    let cookie_domains = replacements(&proxy.cookie_domains, sets, shared);
    let cookie_paths = replacements(&proxy.cookie_paths, sets, shared);
    let cookie_flags = proxy.cookie_flags.iter().map(|CookieFlags { cookie, flags }| {
        let cookie = replaced(cookie, sets, shared);
        let flags = flags.iter().map(|flag| shared.text(flag)).collect::<Vec<_>>();
        quote!(site::CookieFlags { cookie: #cookie, flags: &[#(#flags),*] })
    });
    let cookie_flags = cookie_flags.collect::<Vec<_>>();
    let local = option(proxy.local.as_ref().map(|local| shared.text(local)));
    let rate = option(proxy.rate.as_ref().map(|rate| amount(rate, shared)));
    let caching = option(proxy.caching.as_ref().map(|caching| self::caching(caching, shared)));
    let hidden = proxy.hidden.iter().map(|name| bytes(name));
    let plain = plain("proxy", &Values { proxy: proxy.plain, ..Values::DEFAULT });
    quote! {
        site::Proxy {
            target: site::Target::#target,
            wire: site::Wire::#wire,
            framing: #framing,
            tls: #tls,
            method: #method,
            fields: &[#(#fields),*],
            body: #body,
            redirects: #redirects,
            cookie_domains: #cookie_domains,
            cookie_paths: #cookie_paths,
            cookie_flags: &[#(#cookie_flags),*],
            local: #local,
            rate: #rate,
            caching: #caching,
            hidden: &[#(#hidden),*],
            plain: #plain,
        }
    }
}

/// A `site::Caching`.
fn caching(caching: &Caching, shared: &mut Shared) -> TokenStream {
    let Caching { cache, key, valid, bypass, refused } = caching;
    let valid = valid.iter().map(|CacheValid { statuses, time_s }| {
        let (statuses, time_s) = (statuses.iter().map(|it| number(*it)), number(*time_s));
        quote!(site::CacheValid { statuses: &[#(#statuses),*], time_s: #time_s })
    });
    let valid = valid.collect::<Vec<_>>();
    let mut texts = |values: &[Value]| {
        let texts = values.iter().map(|value| shared.text(value)).collect::<Vec<_>>();
        quote!(&[#(#texts),*])
    };
    let (bypass, refused) = (texts(bypass), texts(refused));
    let (cache, key) = (number(*cache), shared.text(key));
    quote! {
        site::Caching {
            cache: #cache,
            key: #key,
            valid: &[#(#valid),*],
            bypass: #bypass,
            refused: #refused,
        }
    }
}

/// What a site that keeps answers has beyond others.
pub(super) fn caches(caches: &[Cache]) -> Option<TokenStream> {
    let values = caches.iter().map(|cache| {
        let Cache { name, path, levels, keys_len, inactive_ms, max_len, min_free } = cache;
        let (path, levels) = (start_text(path), levels.map(number));
        let (keys_len, inactive_ms) = (number(*keys_len), number(*inactive_ms));
        let (max_len, min_free) = (number(*max_len), number(*min_free));
        quote! {
            site::Cache {
                name: #name,
                path: #path,
                levels: [#(#levels),*],
                keys_len: #keys_len,
                inactive_ms: #inactive_ms,
                max_len: #max_len,
                min_free: #min_free,
                digest: links::digest,
            }
        }
    });
    let values = values.collect::<Vec<_>>();
    (!caches.is_empty()).then(|| quote!(const CACHES: &'static [site::Cache] = &[#(#values),*];))
}

/// A `site::Wire`, without its type.
fn wire(wire: &Wire, sets: &mut Sets, shared: &mut Shared) -> TokenStream {
    let params = wire.params().iter().map(|PassedParam { name, value, if_not_empty }| {
        let (name, value) = (bytes(name), shared.text(value));
        quote!(site::PassedParam { name: #name, value: #value, if_not_empty: #if_not_empty })
    });
    let params = params.collect::<Vec<_>>();
    let params = quote!(&[#(#params),*]);
    match wire {
        Wire::Http => quote!(Http),
        Wire::Grpc => quote!(Grpc),
        Wire::Fastcgi(Fastcgi { params: _, index, split, keeps, caught }) => {
            let caught = caught.iter().map(|text| bytes(text));
            let index = option(index.as_ref().map(|index| shared.text(index)));
            let split = option(split.as_ref().map(|split| regex(split, sets, shared)));
            quote! {
                Fastcgi(site::Fastcgi {
                    params: #params,
                    index: #index,
                    split: #split,
                    keeps: #keeps,
                    caught: &[#(#caught),*],
                })
            }
        }
        Wire::Memcached { key, gzip_flag } => {
            let (key, gzip_flag) = (shared.text(key), number(*gzip_flag));
            quote!(Memcached { key: #key, gzip_flag: #gzip_flag })
        }
        Wire::Scgi(_) => quote!(Scgi(#params)),
        Wire::Uwsgi { params: _, modifiers: [first, second] } => {
            let (first, second) = (number(*first), number(*second));
            quote!(Uwsgi { params: #params, modifiers: [#first, #second] })
        }
    }
}

/// A slice of `site::Replacement`.
fn replacements(all: &[Replacement], sets: &mut Sets, shared: &mut Shared) -> TokenStream {
    let all = all.iter().map(|Replacement { pattern, by }| {
        let (pattern, by) = (replaced(pattern, sets, shared), shared.text(by));
        quote!(site::Replacement { pattern: #pattern, by: #by })
    });
    let all = all.collect::<Vec<_>>();
    quote!(&[#(#all),*])
}

/// A `site::Replaced`.
fn replaced(pattern: &Replaced, sets: &mut Sets, shared: &mut Shared) -> TokenStream {
    match pattern {
        Replaced::Front(text) => {
            let text = shared.text(text);
            quote!(site::Replaced::Front(#text))
        }
        Replaced::Regex(pattern) => {
            let regex = regex(pattern, sets, shared);
            quote!(site::Replaced::Regex(#regex))
        }
    }
}

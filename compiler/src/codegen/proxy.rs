//! Servers behind this one, and what locations pass on to them: a static each.

use proc_macro2::TokenStream;
use quote::quote;

use super::plain::plain;
use super::rewrite::regex;
use super::route::Sets;
use super::tokens::{Shared, bytes, number, numbered, option, start_text};
use crate::directive::Values;
use crate::ir::{
    Balance, Fastcgi, PassedParam, Peer, Proxy, ProxyField, Replaced, Replacement, Target,
    TargetUri, Upstream, Wire,
};

/// What a site that passes requests on has beyond others.
pub(super) fn upstreams(upstreams: &[Upstream], shared: &mut Shared) -> Option<TokenStream> {
    let values: Vec<_> = upstreams.iter().map(|it| upstream(it, shared)).collect();
    (!upstreams.is_empty())
        .then(|| quote!(const UPSTREAMS: &'static [site::Upstream] = &[#(#values),*];))
}

fn upstream(upstream: &Upstream, shared: &mut Shared) -> TokenStream {
    let Upstream { name, host, port, is_optional, peers, balance, plain } = upstream;
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
    let plain = self::plain("upstream", &Values { upstream: *plain, ..Values::DEFAULT });
    quote! {
        site::Upstream {
            name: #name,
            host: #host,
            port: #port,
            is_optional: #is_optional,
            peers: &[#(#peers),*],
            balance: site::Balance::#balance,
            plain: #plain,
        }
    }
}

fn peer(peer: &Peer) -> TokenStream {
    let Peer { address, weight, max_conns, max_fails, fail_timeout_ms, backup, down } = peer;
    let address = start_text(address);
    let (weight, max_conns, max_fails) = (number(*weight), number(*max_conns), number(*max_fails));
    let fail_timeout_ms = number(*fail_timeout_ms);
    quote! {
        site::Peer {
            address: #address,
            weight: #weight,
            max_conns: #max_conns,
            max_fails: #max_fails,
            fail_timeout_ms: #fail_timeout_ms,
            backup: #backup,
            down: #down,
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
    let hidden = proxy.hidden.iter().map(|name| bytes(name));
    let plain = plain("proxy", &Values { proxy: proxy.plain, ..Values::DEFAULT });
    quote! {
        site::Proxy {
            target: site::Target::#target,
            wire: site::Wire::#wire,
            method: #method,
            fields: &[#(#fields),*],
            body: #body,
            redirects: #redirects,
            cookie_domains: #cookie_domains,
            cookie_paths: #cookie_paths,
            hidden: &[#(#hidden),*],
            plain: #plain,
        }
    }
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
        Wire::Fastcgi(Fastcgi { params: _, index, split, keeps }) => {
            let index = option(index.as_ref().map(|index| shared.text(index)));
            let split = option(split.as_ref().map(|split| regex(split, sets, shared)));
            quote! {
                Fastcgi(site::Fastcgi {
                    params: #params,
                    index: #index,
                    split: #split,
                    keeps: #keeps,
                })
            }
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
        let pattern = match pattern {
            Replaced::Front(text) => {
                let text = shared.text(text);
                quote!(Front(#text))
            }
            Replaced::Regex(pattern) => {
                let regex = regex(pattern, sets, shared);
                quote!(Regex(#regex))
            }
        };
        let by = shared.text(by);
        quote!(site::Replacement { pattern: site::Replaced::#pattern, by: #by })
    });
    let all = all.collect::<Vec<_>>();
    quote!(&[#(#all),*])
}

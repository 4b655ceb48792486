//! What servers say of TLS.

use proc_macro2::TokenStream;
use quote::quote;

use super::plain::plain;
use super::tokens::{option, start_text, variant};
use crate::directive::Values;
use crate::ir;

/// What a site with TLS has beyond others.
pub(super) fn constant(site: &ir::Site) -> Option<TokenStream> {
    let servers = site.tls.iter().map(tls);
    let peers = site.tls_peers().into_iter().map(peer);
    let all = quote! {
        site::TlsSite { servers: &[#(#servers),*], peers: &[#(#peers),*] }
    };
    site.speaks_tls().then(|| quote!(const TLS: Option<site::TlsSite> = Some(#all);))
}

fn peer(peer: &ir::TlsPeer) -> TokenStream {
    let ir::TlsPeer { plain: settings, suites, certificate: own, trusted, revoked, is_http2 } =
        peer;
    let plain = plain("tls_peer", &Values { tls_peer: *settings, ..Values::DEFAULT });
    let suites = suites.iter().map(variant);
    let own = option(own.as_ref().map(certificate));
    let (trusted, revoked) = (file(trusted), file(revoked));
    quote! {
        site::TlsPeer {
            plain: #plain,
            suites: &[#(site::Suite::#suites),*],
            certificate: #own,
            trusted: #trusted,
            revoked: #revoked,
            is_http2: #is_http2,
        }
    }
}

fn certificate(certificate: &ir::Certificate) -> TokenStream {
    let ir::Certificate { chain, key, is_fetched, passwords } = certificate;
    let (chain, key) = (start_text(chain), start_text(key));
    let passwords = option(passwords.as_ref().map(start_text));
    quote! {
        site::Certificate {
            chain: #chain,
            key: #key,
            is_fetched: #is_fetched,
            passwords: #passwords,
        }
    }
}

fn tls(tls: &ir::Tls) -> TokenStream {
    let ir::Tls { plain: settings, certificates, stapling, ticket_keys, suites, groups, clients } =
        tls;
    let plain = plain("tls", &Values { tls: *settings, ..Values::DEFAULT });
    let certificates = certificates.iter().map(certificate);
    let stapling = file(stapling);
    let ticket_keys = ticket_keys.iter().map(start_text);
    let (suites, groups) = (suites.iter().map(variant), groups.iter().map(variant));
    let clients = option(clients.as_ref().map(|ir::Clients { authorities, trusted, revoked }| {
        let (authorities, trusted, revoked) = (file(authorities), file(trusted), file(revoked));
        quote! {
            site::Clients { authorities: #authorities, trusted: #trusted, revoked: #revoked }
        }
    }));
    quote! {
        site::Tls {
            plain: #plain,
            certificates: &[#(#certificates),*],
            stapling: #stapling,
            ticket_keys: &[#(#ticket_keys),*],
            suites: &[#(site::Suite::#suites),*],
            groups: &[#(site::Group::#groups),*],
            clients: #clients,
        }
    }
}

/// The path of a file, where there is one.
pub(super) fn file(file: &Option<ir::StartText>) -> TokenStream {
    option(file.as_ref().map(start_text))
}

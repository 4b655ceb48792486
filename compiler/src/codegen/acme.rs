//! Certificates that are fetched.

use proc_macro2::TokenStream;
use quote::quote;

use super::tls::file;
use super::tokens::{number, option, start_text, variant};
use crate::ir;

/// What a site has beyond others that fetches certificates.
pub(super) fn constant(site: &ir::Site) -> Option<TokenStream> {
    let issuers = site.issuers.iter().map(issuer);
    let certificates = site.fetched.iter().map(|fetched| {
        let ir::Fetched { issuer, names, key_type, chain, key } = fetched;
        let (issuer, names) = (number(*issuer), names.iter().map(start_text));
        let (key_type, chain, key) = (variant(*key_type), start_text(chain), start_text(key));
        quote! {
            site::Fetched {
                issuer: #issuer,
                names: &[#(#names),*],
                key_type: site::KeyType::#key_type,
                certificate: site::Certificate { chain: #chain, key: #key, is_fetched: true, passwords: None },
            }
        }
    });
    let all = quote! {
        site::AcmeSite {
            issuers: &[#(#issuers),*],
            certificates: &[#(#certificates),*],
        }
    };
    (!site.fetched.is_empty()).then(|| quote!(const ACME: Option<site::AcmeSite> = Some(#all);))
}

fn issuer(issuer: &ir::Issuer) -> TokenStream {
    let ir::Issuer {
        name,
        uri,
        contacts,
        accepts_terms,
        state,
        account_key,
        trusted,
        external,
        challenge,
        profile,
    } = issuer;
    let (uri, state) = (start_text(uri), start_text(state));
    let (account_key, trusted) = (file(account_key), file(trusted));
    let external = option(external.as_ref().map(|(id, key)| {
        let key = start_text(key);
        quote!((#id, #key))
    }));
    let (challenge, profile) = (variant(*challenge), option(profile.as_ref()));
    quote! {
        site::Issuer {
            name: #name,
            uri: #uri,
            contacts: &[#(#contacts),*],
            accepts_terms: #accepts_terms,
            state: #state,
            account_key: #account_key,
            trusted: #trusted,
            external: #external,
            challenge: site::Challenge::#challenge,
            profile: #profile,
        }
    }
}

//! Who may come in: the lists of `allow` and `deny`, each once, and passwords.

use proc_macro2::TokenStream;
use quote::quote;
use sitec_runtime::site::RealIpSource;

use super::location::method_set;
use super::tokens::{Shared, bytes, number, option, start_text};
use crate::ir;

/// The array of all lists, if there are any.
pub(super) fn accesses(accesses: &[ir::Access]) -> TokenStream {
    if accesses.is_empty() {
        return TokenStream::new();
    }
    let count = number(accesses.len());
    let values = accesses.iter().map(|access| {
        let (v4, v6, unix) =
            (option(access.v4.as_ref().map(ranges)), ranges(&access.v6), access.unix);
        quote!(site::Access { v4: #v4, v6: #v6, unix: #unix })
    });
    quote!(static ACCESSES: [site::Access; #count] = [#(#values),*];)
}

/// A `site::Admission`.
pub(super) fn admission(admission: &ir::Admission, shared: &mut Shared) -> TokenStream {
    if admission.is_open() {
        return quote!(site::Admission::OPEN);
    }
    let ir::Admission { access, any, auth } = admission;
    let (access, any) = (access_of(*access), access_of(*any));
    let auth = option(auth.as_ref().map(|ir::Auth { realm, users }| {
        let (realm, users) = (shared.text(realm), number(*users));
        quote!(&site::Auth { realm: #realm, users: #users })
    }));
    quote!(site::Admission { access: #access, any: #any, auth: #auth })
}

/// What a site with passwords has beyond others.
pub(super) fn users(users: &[ir::StartText]) -> Option<TokenStream> {
    let texts = users.iter().map(start_text);
    let users_of = quote!(const USERS: &'static [site::StartText] = &[#(#texts),*];);
    (!users.is_empty()).then_some(users_of)
}

/// An `Option<&'static site::Access>`.
fn access_of(access: Option<usize>) -> TokenStream {
    option(access.map(|index| {
        let index = number(index);
        quote!(&ACCESSES[#index])
    }))
}

/// A `site::RealIp`.
pub(super) fn real_ip(real_ip: &ir::RealIp) -> TokenStream {
    let ir::RealIp { trusted, source, recursive } = real_ip;
    let trusted = number(*trusted);
    let source = match source {
        RealIpSource::Forwarded => quote!(Forwarded),
        RealIpSource::ProxyProtocol => quote!(ProxyProtocol),
        RealIpSource::Field(name) => {
            let name = bytes(name);
            quote!(Field(#name))
        }
    };
    quote! {
        &site::RealIp {
            trusted: &ACCESSES[#trusted],
            source: site::RealIpSource::#source,
            recursive: #recursive,
        }
    }
}

/// A `site::LimitExcept`.
pub(super) fn limit_except(limit: &ir::LimitExcept, shared: &mut Shared) -> TokenStream {
    let (methods, admission) = (method_set(limit.methods), admission(&limit.admission, shared));
    quote!(site::LimitExcept { methods: #methods, admission: #admission })
}

fn ranges(ranges: &ir::Ranges) -> TokenStream {
    let first = ranges.first;
    let flips = ranges.flips.iter().map(|&flip| proc_macro2::Literal::u128_unsuffixed(flip));
    quote!(site::Ranges { first: #first, flips: &[#(#flips),*] })
}

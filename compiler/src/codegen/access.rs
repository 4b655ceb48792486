//! Who may come in: the lists of `allow` and `deny`, each once, and passwords.

use proc_macro2::TokenStream;
use quote::quote;
use sitec_runtime::site::RealIpSource;

use super::rewrite::assigned;
use super::tokens::{Shared, bytes, method_set, number, option, start_text};
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
    let ir::Admission { access, named, satisfy_any, auth, inquiry } = admission;
    let (access, named) = (access_of(*access), access_of(*named));
    let auth = option(auth.as_ref().map(|ir::Auth { realm, users }| {
        let (realm, users) = (shared.text(realm), number(*users));
        quote!(&site::Auth { realm: #realm, users: #users })
    }));
    let inquiry = option(inquiry.as_ref().map(|uri| {
        let uri = shared.text(uri);
        quote!(&#uri)
    }));
    quote! {
        site::Admission {
            access: #access,
            named: #named,
            satisfy_any: #satisfy_any,
            auth: #auth,
            inquiry: #inquiry,
        }
    }
}

/// An array of what is remembered of answers.
pub(super) fn answered(answered: &[ir::Answered], shared: &mut Shared) -> TokenStream {
    let pairs = answered.iter().map(|ir::Answered { variable, name: _, value }| {
        let (variable, value) = (assigned(*variable), shared.text(value));
        quote!((#variable, #value))
    });
    let pairs: Vec<_> = pairs.collect();
    quote!(&[#(#pairs),*])
}

/// What a site with requests within others has beyond the rest.
pub(super) fn subrequests(site: &ir::Site) -> Option<TokenStream> {
    let mirrors = site.has_mirrors().then(|| {
        quote!(
            const MIRRORS: bool = true;
        )
    });
    let composes = site.is_composed().then(|| {
        quote!(
            const COMPOSES: bool = true;
        )
    });
    let ssi = site.settings.iter().any(|settings| settings.ssi.is_some()).then(|| {
        quote!(
            const SSI: bool = true;
        )
    });
    let slices = site.has_slices().then(|| {
        quote!(
            const SLICES: bool = true;
        )
    });
    site.has_subrequests().then(|| {
        quote! {
            const SUBREQUESTS: bool = true;
            #composes
            #ssi
            #slices
            #mirrors
        }
    })
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
    let location = option(limit.location.map(|id| {
        let id = number(id);
        quote!(#id)
    }));
    quote!(site::LimitExcept { methods: #methods, admission: #admission, location: #location })
}

fn ranges(ranges: &ir::Ranges) -> TokenStream {
    let first = ranges.first;
    let flips = ranges.flips.iter().map(|&flip| proc_macro2::Literal::u128_unsuffixed(flip));
    quote!(site::Ranges { first: #first, flips: &[#(#flips),*] })
}

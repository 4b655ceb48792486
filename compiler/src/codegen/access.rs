//! Who may come in: the lists of `allow` and `deny`, each once.

use proc_macro2::TokenStream;
use quote::quote;

use super::location::method_set;
use super::tokens::{number, option};
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

/// An `Option<&'static site::Access>`.
pub(super) fn access_of(access: Option<usize>) -> TokenStream {
    option(access.map(|index| {
        let index = number(index);
        quote!(&ACCESSES[#index])
    }))
}

/// A `site::LimitExcept`.
pub(super) fn limit_except(limit: &ir::LimitExcept) -> TokenStream {
    let (methods, access) = (method_set(limit.methods), access_of(limit.access));
    quote!(site::LimitExcept { methods: #methods, access: #access })
}

fn ranges(ranges: &ir::Ranges) -> TokenStream {
    let first = ranges.first;
    let flips = ranges.flips.iter().map(|&flip| proc_macro2::Literal::u128_unsuffixed(flip));
    quote!(site::Ranges { first: #first, flips: &[#(#flips),*] })
}

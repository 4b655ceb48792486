//! `valid_referers`: a lookup of hosts and an automaton or two for each.

use proc_macro2::TokenStream;
use quote::quote;

use super::map::names;
use super::route::Sets;
use super::tokens::{Shared, bytes, choice_by_index, numbered};
use crate::ir;

/// The statics of all that settings have referred to.
pub(super) fn referers(sets: &mut Sets, shared: &mut Shared) -> TokenStream {
    let all = shared.referers.items().to_vec();
    all.iter().enumerate().map(|(index, referers)| item(index, referers, sets, shared)).collect()
}

fn item(
    index: usize,
    referers: &ir::Referers,
    sets: &mut Sets,
    shared: &mut Shared,
) -> TokenStream {
    let ir::Referers { none, blocked, hosts, paths, servers, regexes } = referers;
    let (name, path) = (numbered("REFERERS", index), numbered("path_of_referers", index));
    let found = choice_by_index(
        quote!(value),
        paths.iter().map(|path| {
            let path = bytes(path);
            quote!(Some(#path))
        }),
    );
    let (lookup, items) =
        names(&format!("referers_{index}"), hosts, &quote!(return #found), shared);
    let (is_server, is_match) = (any(servers, sets, shared), any(regexes, sets, shared));
    quote! {
        static #name: site::Referers = site::Referers {
            none: #none,
            blocked: #blocked,
            path: #path,
            is_server: #is_server,
            is_match: #is_match,
        };
        #[allow(unused_variables)]
        fn #path(name: &[u8]) -> Option<&'static [u8]> {
            #lookup
            None
        }
        #items
    }
}

/// What tells whether any of the regexes matches.
fn any(regexes: &[ir::Pattern], sets: &mut Sets, shared: &mut Shared) -> TokenStream {
    if regexes.is_empty() {
        return quote!(|_| false);
    }
    let set = sets.name(&regexes.iter().collect::<Vec<_>>(), shared);
    quote!(|text| #set.find(text).is_some())
}

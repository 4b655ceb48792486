//! Media types by file name extension.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use sitec_runtime::trie::{End, Tree};

use super::lookup::{Lookup, MAX_ARMS};
use super::tokens::{Shared, bytes, choice_by_index, numbered};
use crate::ir;

/// The body of `Site::media_type`, and the functions that it calls.
pub(super) fn media_types(types: &[ir::Types], shared: &mut Shared) -> (TokenStream, TokenStream) {
    let items = types.iter().enumerate().map(|(index, table)| item(index, table, shared)).collect();
    if types.is_empty() {
        return (quote!(None), items);
    }
    let call = |index| {
        let function = numbered("types", index);
        quote!(#function(extension))
    };
    (choice_by_index(quote!(types), (0..types.len()).map(call)), items)
}

/// The function of one table. Extensions of one type share an arm.
fn item(index: usize, table: &ir::Types, shared: &mut Shared) -> TokenStream {
    let function = numbered("types", index);
    let mut by_type: Vec<(&[u8], Vec<&[u8]>)> = Vec::new();
    for (extension, media_type) in table {
        match by_type.iter_mut().find(|(other, _)| other == media_type) {
            Some((_, extensions)) => extensions.push(extension),
            None => by_type.push((media_type, vec![extension])),
        }
    }
    let signature = |extension: &str| {
        let extension = format_ident!("{extension}");
        quote!(fn #function(#extension: &[u8]) -> Option<&'static [u8]>)
    };
    if table.is_empty() {
        let signature = signature("_extension");
        return quote!(#signature { None });
    }
    let signature = signature("extension");
    if table.len() > MAX_ARMS {
        return large(index, &by_type, &signature, shared);
    }
    let arms = by_type.iter().map(|(media_type, extensions)| {
        let media_type = bytes(media_type);
        let extensions = extensions.iter().map(|extension| bytes(extension));
        quote!(#(#extensions)|* => #media_type,)
    });
    quote! {
        #signature {
            let media_type: &'static [u8] = match extension { #(#arms)* _ => return None };
            Some(media_type)
        }
    }
}

/// A table with too many extensions for match arms.
fn large(
    index: usize,
    by_type: &[(&[u8], Vec<&[u8]>)],
    signature: &TokenStream,
    shared: &mut Shared,
) -> TokenStream {
    let keys = by_type.iter().zip(0..).flat_map(|((_, extensions), number)| {
        extensions.iter().map(move |&extension| (extension, number))
    });
    let tree = Tree::new(End::Front, keys, []);
    let lookup = Lookup {
        tree: &tree,
        end: End::Front,
        count: usize::MAX,
        function: numbered("extensions", index),
        key: format_ident!("extension"),
        otherwise: None,
    };
    let (find, names) = (&lookup.function, numbered("MEDIA_TYPES", index));
    let media_types = by_type.iter().map(|(media_type, _)| bytes(media_type));
    let items = lookup.items(shared);
    quote! {
        #signature { Some(#names[#find(extension)? as usize]) }
        static #names: &[&[u8]] = &[#(#media_types),*];
        #items
    }
}

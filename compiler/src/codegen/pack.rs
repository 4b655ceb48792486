//! The files that are part of the binary: a table for each pack, and one file with all contents.

use proc_macro2::TokenStream;
use quote::quote;

use super::tokens::{Shared, number, numbered};
use crate::assets::{Assets, FILE_NAME};
use crate::ir;

/// The statics of all packs.
pub(super) fn packs(assets: &Assets, shared: &mut Shared) -> TokenStream {
    if assets.tables().is_empty() {
        return TokenStream::new();
    }
    let packs = assets.tables().iter().enumerate().map(|(index, table)| {
        let name = numbered("PACK", index);
        let table = shared.include(format!("pack_{index}.bin"), table.clone());
        quote!(static #name: Pack = Pack::new(#table, FILES);)
    });
    let packs = packs.collect::<Vec<_>>();
    quote! {
        use ::sitec_runtime::pack::Pack;
        static FILES: &[u8] = include_bytes!(#FILE_NAME);
        #(#packs)*
    }
}

/// `Site::CONTENTS`: what the files of all packs lie in, where one is large.
pub(super) fn contents(site: &ir::Site) -> Option<TokenStream> {
    let is_needed = site.packs.iter().any(ir::Pack::has_large_files);
    is_needed.then(|| {
        quote!(
            const CONTENTS: Option<fn() -> &'static [u8]> = Some(|| FILES);
        )
    })
}

/// `Site::EMBEDDED`: the directories that nothing is opened in.
pub(super) fn embedded(site: &ir::Site) -> Option<TokenStream> {
    let ids: Vec<_> = site.embedded().map(number).collect();
    (!ids.is_empty()).then(|| quote!(const EMBEDDED: &'static [site::DirectoryId] = &[#(#ids),*];))
}

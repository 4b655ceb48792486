//! The files that are part of the binary: a table for each pack, and one file with all contents.

use proc_macro2::TokenStream;
use quote::quote;
use sitec_runtime::site::DirectoryId;

use super::tokens::{Shared, number, numbered};
use crate::assets::{Assets, FILE_NAME};
use crate::ir::{self, Action, PackKind};

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
    let is_packed = |id: &DirectoryId| {
        let mut packs = site.packs.iter().filter(|pack| pack.directory == *id).peekable();
        let any = packs.peek().is_some();
        any && packs.all(|pack| pack.nodes.iter().all(|node| node.kind != PackKind::OnDisk))
    };
    let is_opened = |id: &DirectoryId| {
        site.locations.iter().any(|location| match &location.action {
            Action::Return(_) => false,
            Action::Serve { handler, try_files } => {
                let settings = &site.settings[location.settings];
                let stores = matches!(handler, ir::Handler::Upload(to) if to.directory == *id);
                let looks = handler.has_files() || try_files.is_some();
                let opens = looks && settings.pack.is_none();
                stores || opens && settings.base.directory == *id
            }
        })
    };
    let ids = (0..site.directories.len() as DirectoryId).filter(|id| is_packed(id));
    let ids: Vec<_> = ids.filter(|id| !is_opened(id)).map(number).collect();
    (!ids.is_empty()).then(|| quote!(const EMBEDDED: &'static [site::DirectoryId] = &[#(#ids),*];))
}

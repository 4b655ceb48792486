//! Locations that write files.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;
use sitec_runtime::site::{Dav, Upload};

use super::location::method_set;
use super::tokens::{number, option};
use crate::ir::{Action, Handler, Location};

/// What a site with such locations has beyond others.
pub(super) fn constants(locations: &[Location]) -> TokenStream {
    let handlers = || {
        locations.iter().filter_map(|location| match &location.action {
            Action::Serve { handler, .. } => Some(handler),
            Action::Return(_) => None,
        })
    };
    let stores: BTreeSet<_> = handlers()
        .filter_map(|handler| match handler {
            Handler::Upload(upload) => Some(upload.directory),
            _ => None,
        })
        .collect();
    let has_dav = handlers().any(|handler| matches!(handler, Handler::Dav(_)));
    let stores = (!stores.is_empty()).then(|| {
        let stores = stores.into_iter().map(number);
        quote!(const STORES: &'static [site::DirectoryId] = &[#(#stores),*];)
    });
    let dav = has_dav.then(|| {
        quote!(
            const DAV: bool = true;
        )
    });
    quote!(#stores #dav)
}

/// A `site::Handler::Upload`, without its path.
pub(super) fn upload(upload: &Upload) -> TokenStream {
    let Upload { directory, folder_len, overwrite, sync } = upload;
    let (directory, folder_len) = (number(*directory), option(folder_len.map(number)));
    quote!(Upload(&site::Upload {
        directory: #directory,
        folder_len: #folder_len,
        overwrite: #overwrite,
        sync: #sync,
    }))
}

/// A `site::Handler::Dav`, without its path.
pub(super) fn dav(dav: &Dav) -> TokenStream {
    let Dav { methods, create_full_put_path, min_delete_depth, file_mode } = dav;
    let (methods, min_delete_depth) = (method_set(*methods), number(*min_delete_depth));
    let file_mode = number(*file_mode);
    quote!(Dav(&site::Dav {
        methods: #methods,
        create_full_put_path: #create_full_put_path,
        min_delete_depth: #min_delete_depth,
        file_mode: #file_mode,
    }))
}

//! Locations that write files.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;
use sitec_runtime::site::{Dav, Upload};

use super::location::method_set;
use super::plain::plain;
use super::tokens::{number, option};
use crate::directive::Values;
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
    let Upload { directory, folder_len, plain } = upload;
    let (directory, folder_len) = (number(*directory), option(folder_len.map(number)));
    let plain = self::plain("upload", &Values { upload: *plain, ..Values::DEFAULT });
    quote!(Upload(&site::Upload { directory: #directory, folder_len: #folder_len, plain: #plain }))
}

/// A `site::Handler::Dav`, without its path.
pub(super) fn dav(dav: &Dav) -> TokenStream {
    let Dav { methods, plain } = dav;
    let methods = method_set(*methods);
    let plain = self::plain("dav", &Values { dav: *plain, ..Values::DEFAULT });
    quote!(Dav(&site::Dav { methods: #methods, plain: #plain }))
}

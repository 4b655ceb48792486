//! Locations that write files.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use sitec_runtime::site::{Dav, DirectoryId};

use super::plain::plain;
use super::tokens::{method_set, number, option};
use crate::directive::Values;
use crate::ir::{Action, Handler, Site, Upload};

/// What a site with such locations has beyond others.
pub(super) fn constants(site: &Site) -> TokenStream {
    let (mut stores, mut dav) = (BTreeSet::new(), BTreeSet::new());
    for location in &site.locations {
        match &location.action {
            Action::Serve { handler: Handler::Upload(upload), .. } => {
                stores.insert(upload.directory);
            }
            Action::Serve { handler: Handler::Dav(_), .. } => {
                dav.insert(site.settings[location.settings].base.directory);
            }
            _ => {}
        }
    }
    let constant = |name: &str, ids: BTreeSet<DirectoryId>| {
        let (name, is_used) = (format_ident!("{name}"), !ids.is_empty());
        let ids = ids.into_iter().map(number);
        is_used.then(|| quote!(const #name: &'static [site::DirectoryId] = &[#(#ids),*];))
    };
    let (stores, dav) = (constant("STORES", stores), constant("DAV", dav));
    quote!(#stores #dav)
}

/// A `site::Handler::Upload`, without its path.
pub(super) fn upload(upload: &Upload) -> TokenStream {
    let Upload { directory, folder_len, redirect, plain } = upload;
    let (directory, folder_len) = (number(*directory), option(folder_len.map(number)));
    let redirect = option(redirect.as_ref().map(|uri| quote!(#uri)));
    let plain = self::plain("upload", &Values { upload: *plain, ..Values::DEFAULT });
    quote! {
        Upload(&site::Upload {
            directory: #directory,
            folder_len: #folder_len,
            redirect: #redirect,
            plain: #plain,
        })
    }
}

/// A `site::Handler::Dav`, without its path.
pub(super) fn dav(dav: &Dav) -> TokenStream {
    let Dav { methods, plain } = dav;
    let methods = method_set(*methods);
    let plain = self::plain("dav", &Values { dav: *plain, ..Values::DEFAULT });
    quote!(Dav(&site::Dav { methods: #methods, plain: #plain }))
}

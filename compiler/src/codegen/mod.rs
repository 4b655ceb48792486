//! `ir` to the Rust text of one server.
//!
//! Each part writes the body of one function of `impl Site`, and the items that it calls.
//! What is large stands in files beside the text. Equal input gives equal bytes: everything
//! is written in the order of `ir`.

mod access;
mod acme;
mod added;
mod answer;
mod host;
mod listing;
mod location;
mod lookup;
mod map;
mod media;
mod pack;
mod page;
mod plain;
mod plan;
mod proxy;
mod referers;
mod rewrite;
mod route;
mod script;
mod settings;
mod start;
#[cfg(test)]
mod tests;
mod tls;
mod tokens;
mod value;
mod writing;

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;
use sitec_runtime::http::accept::Coding;

use crate::assets::Assets;
use crate::{Generated, ir};
use plan::Plan;
use route::Sets;
use tokens::Shared;

/// The server of `site`.
pub(crate) fn generate(site: &ir::Site, assets: &Assets) -> Generated {
    let peers = site.tls_peers().into_iter().cloned().collect();
    let mut shared = Shared { peers, ..Shared::default() };
    let file = syn::parse2(file(site, assets, &mut shared)).expect("generated text is Rust");
    let head = format!("// Compiled from `{}` by sitec: do not edit.\n", site.name);
    let passwords = (!site.users.is_empty()).then_some("passwords");
    let links = site.settings.iter().any(|settings| settings.secure_link.is_some())
        || site.upstreams.iter().any(ir::Upstream::has_digests)
        || !site.caches.is_empty();
    let links = links.then_some("links");
    let tls = site.speaks_tls().then_some("tls");
    let acme = (!site.fetched.is_empty()).then_some("acme");
    let sealed = site.has_sealed_keys().then_some("sealed");
    let ssi = site.ssi().map(|_| "ssi");
    let mut logs = site.settings.iter().flat_map(|settings| &settings.access_logs);
    let compresses_logs = logs.any(|log| log.gzip.is_some());
    let codings: BTreeSet<_> =
        site.codings().chain(compresses_logs.then_some(Coding::Gzip)).collect();
    let features =
        codings.into_iter().map(settings::module).chain(passwords).chain(links).chain(ssi);
    let features = features.chain(sealed).chain(tls).chain(acme);
    let features = features.collect();
    Generated { code: head + &printed(file), blobs: shared.blobs, features }
}

/// The text of a file. Items of more than one line have empty lines around them.
fn printed(file: syn::File) -> String {
    let mut text = String::new();
    let mut was_long = true;
    for item in file.items {
        let item =
            syn::File { shebang: None, frontmatter: None, attrs: Vec::new(), items: vec![item] };
        let item = prettyplease::unparse(&item);
        let is_long = item.lines().count() > 1;
        if is_long || was_long {
            text.push('\n');
        }
        text.push_str(&item);
        was_long = is_long;
    }
    text
}

fn file(site: &ir::Site, assets: &Assets, shared: &mut Shared) -> TokenStream {
    let mut sets = Sets::default();
    let constants = start::constants(site, shared);
    let (server, server_items) = host::servers(&site.listens, &mut sets, shared);
    let (route, route_items) = route::routes(&Plan::new(site), &mut sets, shared);
    let named = route::named(site);
    let (location, location_items) = location::locations(site, &mut sets, shared);
    let packs = pack::packs(assets, shared);
    let accesses = access::accesses(&site.accesses);
    let settings = settings::all_settings(&site.settings, &mut sets, shared);
    let referers = referers::referers(&mut sets, shared);
    let (media_type, media_items) = media::media_types(&site.types, shared);
    let (error_page, page_items) = page::pages(site, shared);
    let servers = start::servers(&site.servers, &mut sets, shared);
    let labels = start::labels(site);
    let status_page = page::status_page(site, shared);
    let formats = value::formats(&site.formats);
    let maps = map::maps(&site.maps, &mut sets, shared);
    let scripts = script::scripts(shared);
    let proxies = proxy::proxies(&mut sets, shared);
    let (health, healths) = proxy::healths(&site.upstreams, &mut sets, shared);
    let listings = listing::listings(shared);
    let by_name = value::named(site);
    let values = value::values(shared);
    let put = value::put(site, shared);
    let patterns = value::patterns(shared);
    let (loads, set_items) = (sets.loads(), sets.items());
    let doc = format!(" The site that `{}` describes.", site.name);
    quote! {
        #[allow(unused_imports)]
        use ::sitec_runtime::{
            coding, http::accept::Coding, http::method::{Method, MethodSet}, links, networks::Networks,
            regex, shares::share, site::{self, ResponseTable, Variables},
            texts::Texts, trie::Trie,
        };
        #[allow(unused_imports)]
        use ::std::sync::LazyLock;

        #[doc = #doc]
        pub struct Conf;

        #[allow(unused_variables)]
        impl site::Site for Conf {
            #constants
            fn prepare() { #(#loads)* }
            fn server(listen: site::ListenId, host: &[u8]) -> site::ServerMatch { #server }
            fn server_settings(server: site::ServerId) -> &'static site::Server {
                &SERVERS[usize::from(server)]
            }
            fn route(server: site::ServerId, path: &[u8]) -> site::LocationId { #route }
            #named
            #health
            fn location(id: site::LocationId) -> &'static site::Location { #location }
            fn media_type(types: site::TypesId, extension: &[u8]) -> Option<&'static [u8]> {
                #media_type
            }
            fn error_page(status: u16) -> &'static site::Prebuilt { #error_page }
        }

        #labels
        #status_page
        #servers
        #server_items
        #route_items
        #set_items
        #location_items
        #settings
        #referers
        #packs
        #accesses
        #scripts
        #proxies
        #healths
        #listings
        #values
        #by_name
        #formats
        #maps
        #put
        #patterns
        #media_items
        #page_items
    }
}

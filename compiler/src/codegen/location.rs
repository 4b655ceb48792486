//! What locations say: an array of the distinct ones, chosen by id. One array costs rustc a
//! fifth of what a static each would.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use sitec_runtime::site::{LocationId, ResponseTable};

use super::access::limit_except;
use super::answer::{Answer, Body, Response, answer, exact_paths, prebuilt};
use super::page::page;
use super::rewrite::steps;
use super::route::Sets;
use super::tokens::{Shared, bytes, choice, id_pattern, method_set, number, numbered, option};
use super::writing;
use crate::ir;

/// The most locations with a known response of their own that stand with it. Above it they
/// share one location, and a table in a file holds their responses.
const MAX_RESPONSES: usize = 100;

/// The body of `Site::location`, and the statics.
pub(super) fn locations(
    site: &ir::Site,
    sets: &mut Sets,
    shared: &mut Shared,
) -> (TokenStream, TokenStream) {
    let answers = answers(site);
    let known: Vec<(LocationId, &Response)> = (0..)
        .zip(&answers)
        .filter_map(|(id, answer)| match answer {
            Some(Answer::Known(response)) => Some((id, response)),
            _ => None,
        })
        .collect();
    let is_listed = known.len() > MAX_RESPONSES;
    let mut distinct = Distinct::default();
    for ((id, location), answer) in (0..).zip(&site.locations).zip(&answers) {
        let action = action(&location.action, answer.as_ref(), is_listed, shared);
        distinct.add(id, location_value(location, &action, sets, shared));
    }
    let (body, mut items) = distinct.tokens();
    if is_listed {
        items.extend(response_table(&known, shared));
    }
    (body, items)
}

/// What the `return` of each location comes to, if it has one.
fn answers(site: &ir::Site) -> Vec<Option<Answer>> {
    let paths = exact_paths(site);
    let answer = |(id, location): (LocationId, &ir::Location)| match &location.action {
        ir::Action::Return(back) => {
            let settings = &site.settings[location.settings];
            Some(answer(site, settings, paths.get(&id).copied(), back))
        }
        ir::Action::Serve { .. } => None,
    };
    (0..).zip(&site.locations).map(answer).collect()
}

/// A `site::Action`.
fn action(
    action: &ir::Action,
    answer: Option<&Answer>,
    is_listed: bool,
    shared: &mut Shared,
) -> TokenStream {
    match (action, answer) {
        (ir::Action::Serve { try_files, handler }, _) => serve(try_files.as_ref(), handler, shared),
        (ir::Action::Return(_), Some(answer)) => {
            let back = back(answer, is_listed, shared);
            quote!(site::Action::Return(site::Return::#back))
        }
        (ir::Action::Return(_), None) => unreachable!("every return has an answer"),
    }
}

/// Distinct locations, each with the ids that it has.
#[derive(Default)]
struct Distinct {
    numbers: HashMap<String, usize>,
    items: Vec<(TokenStream, Vec<LocationId>)>,
}

impl Distinct {
    fn add(&mut self, id: LocationId, value: TokenStream) {
        let next = self.items.len();
        let number = *self.numbers.entry(value.to_string()).or_insert(next);
        if number == next {
            self.items.push((value, Vec::new()));
        }
        self.items[number].1.push(id);
    }

    fn tokens(self) -> (TokenStream, TokenStream) {
        let (values, ids): (Vec<_>, Vec<_>) = self.items.into_iter().unzip();
        let index = match ids.iter().all(|ids| ids.len() == 1) {
            true => quote!(id as usize),
            false => choice(
                quote!(id),
                ids.iter()
                    .enumerate()
                    .map(|(index, ids)| (id_pattern(ids), number(index).into_token_stream())),
            ),
        };
        let count = number(values.len());
        let items = quote!(static LOCATIONS: [site::Location; #count] = [#(#values),*];);
        (quote!(&LOCATIONS[#index]), items)
    }
}

fn location_value(
    location: &ir::Location,
    action: &TokenStream,
    sets: &mut Sets,
    shared: &mut Shared,
) -> TokenStream {
    let ops = steps(&location.ops, sets, shared);
    let settings = number(location.settings);
    let internal = location.internal;
    let patterns = location.patterns.iter().map(|pattern| shared.pattern(pattern));
    let patterns: Vec<_> = patterns.collect();
    let limit = location.limit_except.as_ref().map(|limit| limit_except(limit, shared));
    let limit_except = option(limit);
    let methods = method_set(location.methods);
    let methods_named = location.methods_named;
    let allow = bytes(location.methods.allow().as_bytes());
    quote! {
        site::Location {
            settings: &SETTINGS[#settings],
            internal: #internal,
            patterns: &[#(#patterns),*],
            limit_except: #limit_except,
            methods: #methods,
            methods_named: #methods_named,
            allow: #allow,
            ops: #ops,
            action: #action,
        }
    }
}

/// A variant of `site::Return`.
fn back(answer: &Answer, is_listed: bool, shared: &mut Shared) -> TokenStream {
    match answer {
        Answer::Known(_) if is_listed => quote!(Listed(&RESPONSES)),
        Answer::Known(response) => {
            let prebuilt = prebuilt(response);
            quote!(Prebuilt(#prebuilt))
        }
        Answer::Status(code) => {
            let code = number(*code);
            quote!(Status(#code))
        }
        Answer::Redirect(code, value) => {
            let (code, text) = (number(*code), shared.text(value));
            quote!(Redirect(#code, #text))
        }
        Answer::Text(code, value) => {
            let (code, text) = (number(*code), shared.text(value));
            quote!(Text(#code, #text))
        }
        Answer::Close => quote!(Close),
    }
}

/// An `Action::Serve`.
fn serve(
    try_files: Option<&ir::TryFiles>,
    handler: &ir::Handler,
    shared: &mut Shared,
) -> TokenStream {
    let try_files = option(try_files.map(|try_files| {
        let candidates = try_files.candidates.iter().map(|candidate| {
            let (path, directory) = (shared.text(&candidate.path), candidate.directory);
            quote!(site::Candidate { path: #path, directory: #directory })
        });
        let candidates = candidates.collect::<Vec<_>>();
        let fallback = match &try_files.fallback {
            ir::Fallback::Uri(uri) => {
                let uri = shared.text(uri);
                quote!(Uri(#uri))
            }
            ir::Fallback::Named(location) => {
                let location = number(*location);
                quote!(Named(#location))
            }
            ir::Fallback::Status(code) => {
                let code = number(*code);
                quote!(Status(#code))
            }
        };
        quote!(&site::TryFiles {
            candidates: &[#(#candidates),*],
            fallback: site::Fallback::#fallback,
        })
    }));
    let handler = match handler {
        ir::Handler::Files => quote!(Files),
        ir::Handler::Status => quote!(Status),
        ir::Handler::Metrics => quote!(Metrics),
        ir::Handler::StatusPage => quote!(StatusPage(&STATUS_PAGE)),
        ir::Handler::EmptyGif => quote!(EmptyGif),
        ir::Handler::Cgi(cgi) => {
            let cgi = numbered("CGI", shared.scripts.number(cgi));
            quote!(Cgi(&#cgi))
        }
        ir::Handler::Proxy(proxy) => {
            let proxy = numbered("PROXY", shared.proxies.number(proxy));
            quote!(Proxy(&#proxy))
        }
        ir::Handler::Upload(upload) => writing::upload(upload),
        ir::Handler::Dav(dav) => writing::dav(dav),
    };
    quote!(site::Action::Serve { try_files: #try_files, handler: site::Handler::#handler })
}

/// The table of all known responses.
fn response_table(known: &[(LocationId, &Response)], shared: &mut Shared) -> TokenStream {
    let response = |&(id, response): &(LocationId, &Response)| {
        let body = match &response.body {
            Body::Page => page(response.status).into_bytes(),
            Body::Bytes(content) => content.clone(),
        };
        (id, response.status, response.fields.clone(), body)
    };
    let table = ResponseTable::encode(&known.iter().map(response).collect::<Vec<_>>());
    let include = shared.include("responses.table".to_owned(), table);
    quote!(static RESPONSES: ResponseTable = ResponseTable::new(#include);)
}

//! The text that picks a server by the name in Host: whole names, then the longest suffix,
//! then the longest prefix, then regexes in the order of the conf.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use sitec_runtime::site::ServerId;
use sitec_runtime::trie::{End, Tree};

use super::lookup::Lookup;
use super::route::Sets;
use super::tokens::{Shared, choice_by_index, number, numbered, option};
use crate::ir;

/// The body of `Site::server`, and the functions that it calls.
pub(super) fn servers(
    listens: &[ir::Listen],
    sets: &mut Sets,
    shared: &mut Shared,
) -> (TokenStream, TokenStream) {
    let mut items = TokenStream::new();
    let mut bodies: Vec<TokenStream> = Vec::new();
    for (index, listen) in listens.iter().enumerate() {
        let same = listens[..index].iter().position(|other| {
            other.names == listen.names && other.default_server == listen.default_server
        });
        let body = match same {
            Some(other) => bodies[other].clone(),
            None => {
                let (body, functions) = names(index, listen, sets, shared);
                items.extend(functions);
                body
            }
        };
        bodies.push(body);
    }
    (choice_by_index(quote!(listen), bodies), items)
}

/// Names that are looked up together.
pub(super) struct Part {
    /// From which end they are read.
    pub(super) end: End,
    /// The names, with their servers.
    pub(super) tree: Tree,
    /// How many there are.
    pub(super) count: usize,
}

/// The names that are not regexes, in the order in which they are asked: whole names and
/// suffixes, then prefixes.
pub(super) fn parts(names: &ir::ServerNames) -> [Part; 2] {
    [(End::Back, &names.exact[..], &names.suffix), (End::Front, &[], &names.prefix)].map(
        |(end, exact, part)| Part {
            end,
            tree: Tree::new(end, keys(exact), keys(part)),
            count: exact.len() + part.len(),
        },
    )
}

/// How one listen picks its server.
fn names(
    index: usize,
    listen: &ir::Listen,
    sets: &mut Sets,
    shared: &mut Shared,
) -> (TokenStream, TokenStream) {
    let names = &listen.names;
    let default = found(listen.default_server);
    if is_default_alone(listen) {
        return (default, TokenStream::new());
    }
    let mut steps = Vec::new();
    let mut items = TokenStream::new();
    for (part, function) in parts(names).into_iter().zip(["names_of_listen", "starts_of_listen"]) {
        if part.count == 0 {
            continue;
        }
        let lookup = Lookup {
            tree: &part.tree,
            end: part.end,
            count: part.count,
            function: numbered(function, index),
            key: format_ident!("host"),
            otherwise: None,
        };
        let function = &lookup.function;
        steps.push(quote! {
            if let Some(id) = #function(host) {
                return site::ServerMatch { id: id as site::ServerId, pattern: None };
            }
        });
        items.extend(lookup.items(shared));
    }
    if !names.regex.is_empty() {
        steps.push(regex_step(&names.regex, sets, shared));
    }
    let function = numbered("server_of_listen", index);
    let functions = quote! {
        fn #function(host: &[u8]) -> site::ServerMatch { #(#steps)* #default }
        #items
    };
    (quote!(#function(host)), functions)
}

/// Whether all names lead where a name that is not known leads.
fn is_default_alone(listen: &ir::Listen) -> bool {
    let names = &listen.names;
    let named = names.exact.iter().chain(&names.suffix).chain(&names.prefix);
    names.regex.is_empty() && named.into_iter().all(|(_, server)| *server == listen.default_server)
}

/// The regex names. A request without a name matches none.
fn regex_step(regex: &[ir::ServerRegex], sets: &mut Sets, shared: &mut Shared) -> TokenStream {
    let set = sets.name(&regex.iter().map(|name| &name.pattern).collect::<Vec<_>>(), shared);
    let server = |name: &ir::ServerRegex| {
        let used = name.captures_used.then(|| shared.pattern(&name.pattern));
        let (id, pattern) = (number(name.server), option(used));
        quote!(site::ServerMatch { id: #id, pattern: #pattern })
    };
    let server = choice_by_index(quote!(pattern), regex.iter().map(server));
    let pattern = if regex.len() > 1 { quote!(pattern) } else { quote!(_) };
    quote! {
        if !host.is_empty() && let Some(#pattern) = #set.find(host) {
            return #server;
        }
    }
}

fn keys(names: &[(Vec<u8>, ServerId)]) -> impl Iterator<Item = (&[u8], u32)> {
    names.iter().map(|(name, server)| (&name[..], u32::from(*server)))
}

/// A `ServerMatch` without captures.
fn found(server: ServerId) -> TokenStream {
    let id = number(server);
    quote!(site::ServerMatch { id: #id, pattern: None })
}

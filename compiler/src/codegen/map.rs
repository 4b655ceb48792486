//! Maps: two functions each. One finds the number of a value by a lookup of names and an automaton, among
//! networks or by a hash, and appends the value; the other sees to it that this is done once for a request. Values without
//! variables stand in one run of bytes.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use sitec_runtime::networks::Networks;
use sitec_runtime::texts::Texts;
use sitec_runtime::trie::{End, Tree};

use super::lookup::Lookup;
use super::route::Sets;
use super::tokens::{Shared, bytes, choice_by_index, number, numbered};
use crate::ir;

/// The functions of all maps.
pub(super) fn maps(maps: &[ir::Map], sets: &mut Sets, shared: &mut Shared) -> TokenStream {
    maps.iter().enumerate().map(|(index, map)| item(index, map, sets, shared)).collect()
}

fn item(index: usize, map: &ir::Map, sets: &mut Sets, shared: &mut Shared) -> TokenStream {
    let (function, find) = (numbered("map", index), numbered("find_in_map", index));
    let (write, texts) = (numbered("write_of_map", index), numbered("MAP_TEXTS", index));
    let once = match map.volatile {
        true => quote!(#find(v, out)),
        false => {
            let index = number(index);
            quote!(v.mapped(#index, out, #find))
        }
    };
    let source = match map.source.literal() {
        Some(text) => {
            let text = bytes(text);
            quote!(subject.extend_from_slice(#text);)
        }
        None => {
            let value = numbered("value", shared.values.number(&map.source));
            quote!(#value(v, &mut subject);)
        }
    };
    let forwarded = map.proxies.map(|(trusted, is_recursive)| {
        let trusted = number(trusted);
        quote!(::sitec_runtime::real_ip::forwarded(v, &ACCESSES[#trusted], #is_recursive, &mut subject);)
    });
    let (find_number, lookups) = match &map.lookup {
        ir::Lookup::Text(texts) => by_text(index, map, texts, sets, shared),
        ir::Lookup::Address(v4, v6) => {
            let networks = numbered("MAP_NETWORKS", index);
            let include = shared.include(format!("map-{index}.networks"), Networks::encode(v4, v6));
            let find = quote!(#write(v, out, #networks.find(&subject)));
            (find, quote!(static #networks: Networks<'static> = Networks::new(#include);))
        }
        ir::Lookup::Share(shares) => {
            let shares = shares.iter().map(|(bound, value)| {
                let (bound, value) = (number(*bound), number(*value));
                quote!((#bound, #value))
            });
            let (default, table) = (number(map.default), numbered("MAP_SHARES", index));
            let find = quote!(#write(v, out, share(#table, &subject).unwrap_or(#default)));
            (find, quote!(static #table: &[(u32, u32)] = &[#(#shares),*];))
        }
    };
    let known = map.values.iter().map(|value| value.literal().unwrap_or_default());
    let known: Vec<&[u8]> = known.collect();
    let include = shared.include(format!("map-{index}.texts"), Texts::encode(&known));
    let computed = map.values.iter().enumerate().filter(|(_, value)| value.literal().is_none());
    let computed = computed.map(|(at, value)| {
        let (at, value) = (number(at), numbered("value", shared.values.number(value)));
        quote!(#at => #value(v, out),)
    });
    quote! {
        #[allow(unused_variables)]
        fn #function(v: &Variables<'_>, out: &mut Vec<u8>) { #once }
        #[allow(unused_variables)]
        fn #find(v: &Variables<'_>, out: &mut Vec<u8>) {
            let mut subject = Vec::new();
            #source
            #forwarded
            #find_number
        }
        #[allow(unused_variables)]
        fn #write(v: &Variables<'_>, out: &mut Vec<u8>, value: u32) {
            match value {
                #(#computed)*
                _ => out.extend_from_slice(#texts.get(value as usize)),
            }
        }
        static #texts: Texts<'static> = Texts::new(#include);
        #lookups
    }
}

/// The statements that look a text up, and the functions that they call.
fn by_text(
    index: usize,
    map: &ir::Map,
    texts: &ir::Texts,
    sets: &mut Sets,
    shared: &mut Shared,
) -> (TokenStream, TokenStream) {
    let write = numbered("write_of_map", index);
    let whole_dot =
        texts.hostnames.then(|| quote!(let name = name.strip_suffix(b".").unwrap_or(name);));
    let found = quote!(return #write(v, out, value));
    let (names, lookups) = names(&format!("map_{index}"), &texts.names, &found, shared);
    let regexes =
        (!texts.regexes.is_empty()).then(|| regexes(map, &texts.regexes, &write, sets, shared));
    let default = number(map.default);
    let steps = quote! {
        let lower = subject.to_ascii_lowercase();
        let name = &lower[..];
        #whole_dot
        #names
        #regexes
        #write(v, out, #default)
    };
    (steps, lookups)
}

/// The statements that look `name` up and do what is to be done with the `value` that is found, and the
/// functions that they call.
pub(super) fn names(
    whose: &str,
    names: &ir::NameTable,
    found: &TokenStream,
    shared: &mut Shared,
) -> (TokenStream, TokenStream) {
    let (mut steps, mut items) = (TokenStream::new(), TokenStream::new());
    for (end, exact, part, function) in [
        (End::Back, &names.exact[..], &names.suffix, "names_of"),
        (End::Front, &[], &names.prefix, "starts_of"),
    ] {
        let count = exact.len() + part.len();
        if count == 0 {
            continue;
        }
        let lookup = Lookup {
            tree: &Tree::new(end, keys(exact), keys(part)),
            end,
            count,
            function: format_ident!("{function}_{whose}"),
            key: format_ident!("name"),
            otherwise: None,
        };
        let function = &lookup.function;
        steps.extend(quote! {
            if let Some(value) = #function(name) {
                #found;
            }
        });
        items.extend(lookup.items(shared));
    }
    (steps, items)
}

/// The statements that ask the regexes. An empty text matches none.
fn regexes(
    map: &ir::Map,
    regexes: &[(ir::Regex, u32)],
    write: &proc_macro2::Ident,
    sets: &mut Sets,
    shared: &mut Shared,
) -> TokenStream {
    let patterns: Vec<_> = regexes.iter().map(|(regex, _)| &regex.pattern).collect();
    let set = sets.name(&patterns, shared);
    let arms = regexes.iter().map(|(regex, value)| {
        let is_computed = map.values[*value as usize].literal().is_none();
        let value = number(*value);
        // Its named groups may be asked for elsewhere.
        let is_named = ["(?P<", "(?<"].iter().any(|front| regex.pattern.text.contains(front));
        if regex.captures_used && (is_computed || is_named) {
            let pattern = shared.pattern(&regex.pattern);
            return quote!(v.with_match(#pattern, &subject, out, |v, out| #write(v, out, #value)));
        }
        quote!(#write(v, out, #value))
    });
    let arms: Vec<_> = arms.collect();
    let choice = choice_by_index(quote!(pattern), arms);
    let pattern = if regexes.len() > 1 { quote!(pattern) } else { quote!(_) };
    quote! {
        if !subject.is_empty() && let Some(#pattern) = #set.find(&subject) {
            return #choice;
        }
    }
}

fn keys(names: &[(Vec<u8>, u32)]) -> impl Iterator<Item = (&[u8], u32)> {
    names.iter().map(|(name, value)| (&name[..], *value))
}

//! The text that routes a path to a location.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use sitec_runtime::trie::End;

use super::lookup::Lookup;
use super::plan::{Plan, RegexesIndex, Scope, Target};
use super::tokens::{Shared, bytes, choice_by_index, id_pattern, number, numbered};
use crate::{automata, ir};

/// Regex sets by their patterns: lists that are the same share one automaton.
#[derive(Default)]
pub(super) struct Sets {
    numbers: HashMap<Vec<(String, bool)>, usize>,
    items: Vec<TokenStream>,
}

impl Sets {
    /// The name of the static that finds the first of `patterns`.
    pub(super) fn name(&mut self, patterns: &[&ir::Pattern], shared: &mut Shared) -> TokenStream {
        let key = patterns.iter().map(|p| (p.text.clone(), p.ignore_case)).collect();
        let next = self.numbers.len();
        let set = *self.numbers.entry(key).or_insert(next);
        let name = numbered("REGEXES", set);
        if set == next {
            let table = numbered("REGEX_TABLE", set);
            let include = shared.include(format!("regexes-{set}.dfa"), automata::set(patterns));
            self.items.push(quote! {
                static #name: LazyLock<regex::Set> = LazyLock::new(|| regex::Set::load(#table));
                static #table: &[u8] = #include;
            });
        }
        quote!(#name)
    }

    /// The statements that load them all.
    pub(super) fn loads(&self) -> impl Iterator<Item = TokenStream> {
        (0..self.items.len()).map(|set| {
            let name = numbered("REGEXES", set);
            quote!(LazyLock::force(&#name);)
        })
    }

    /// The statics.
    pub(super) fn items(&self) -> TokenStream {
        let items = &self.items;
        quote!(#(#items)*)
    }
}

/// The body of `Site::route`, and the functions that it calls.
pub(super) fn routes(
    plan: &Plan,
    sets: &mut Sets,
    shared: &mut Shared,
) -> (TokenStream, TokenStream) {
    let body = choice_by_index(quote!(server), plan.servers.iter().map(|to| target(*to)));
    let scopes = plan.scopes.iter().enumerate();
    let mut items: TokenStream =
        scopes.map(|(index, scope)| scope_items(index, scope, shared)).collect();
    for (index, regexes) in plan.regexes.iter().enumerate() {
        let set = sets.name(&regexes.patterns.iter().collect::<Vec<_>>(), shared);
        items.extend(regexes_item(index, &set, &regexes.targets));
    }
    (body, items)
}

/// Where a path goes, as an expression.
fn target(target: Target) -> TokenStream {
    match target {
        Target::Location(id) => {
            let id = number(id);
            quote!(#id)
        }
        Target::Scope(scope) => {
            let function = numbered("scope", scope);
            quote!(#function(path))
        }
    }
}

/// The functions of one scope: its names, and what is asked after them.
fn scope_items(index: usize, scope: &Scope, shared: &mut Shared) -> TokenStream {
    let after_name = scope.regexes_after(false);
    let after_no_regex = scope.regexes_after(true);
    let is_plain = after_name.is_empty() && scope.nested.is_empty();
    let scope_name = numbered("scope", index);
    let lookup = Lookup {
        tree: &scope.names,
        end: End::Front,
        count: scope.name_count,
        function: if is_plain { scope_name.clone() } else { numbered("names", index) },
        key: format_ident!("path"),
        otherwise: Some(scope.otherwise),
    };
    let (by_name, names) = match scope.name_count {
        0 => (number(scope.otherwise).into_token_stream(), TokenStream::new()),
        _ => {
            let function = &lookup.function;
            (quote!(#function(path)), lookup.items(shared))
        }
    };
    if is_plain {
        return names;
    }
    let mut arms = Vec::new();
    let mut settled = scope.exact.clone();
    if after_no_regex.is_empty() {
        settled.extend(&scope.no_regex);
        settled.sort_unstable();
    } else if after_no_regex != after_name && !scope.no_regex.is_empty() {
        let (no_regex, next) = (id_pattern(&scope.no_regex), first_regex(&after_no_regex));
        arms.push(quote!(#no_regex => #next,));
    }
    if !after_name.is_empty() && !settled.is_empty() {
        let settled = id_pattern(&settled);
        arms.push(quote!(#settled => found,));
    }
    for &(location, nested) in &scope.nested {
        let (location, nested) = (number(location), target(Target::Scope(nested)));
        arms.push(quote!(#location => #nested,));
    }
    let next = first_regex(&after_name);
    let body = match arms.is_empty() {
        true => next,
        false => quote!(match found { #(#arms)* _ => #next, }),
    };
    quote! {
        fn #scope_name(path: &[u8]) -> u32 {
            let found = #by_name;
            #body
        }
        #names
    }
}

/// The location of the first regex of `lists` that matches, else what was found by name.
fn first_regex(lists: &[RegexesIndex]) -> TokenStream {
    let Some((first, others)) = lists.split_first() else { return quote!(found) };
    let (first, others) = (numbered("regexes", *first), others.iter());
    let others = others.map(|&list| numbered("regexes", list));
    quote!(#first(path) #(.or_else(|| #others(path)))* .unwrap_or(found))
}

/// The function that asks one list of regex locations.
fn regexes_item(index: usize, set: &TokenStream, targets: &[Target]) -> TokenStream {
    let function = numbered("regexes", index);
    let to = choice_by_index(quote!(pattern), targets.iter().map(|to| target(*to)));
    let pattern = if targets.len() > 1 { quote!(pattern) } else { quote!(_) };
    let body = quote!(#set.find(path).map(|#pattern| #to));
    quote! {
        fn #function(path: &[u8]) -> Option<u32> { #body }
    }
}

/// The function that finds named locations, where another server may lead to them.
pub(super) fn named(site: &ir::Site) -> Option<TokenStream> {
    let of_servers = site.servers.iter().enumerate();
    let arms = of_servers.flat_map(|(server, ir::Server { named, .. })| {
        named.iter().map(move |(name, id)| {
            let name = bytes(&[b"@", &name[..]].concat());
            let (server, id) = (number(server), number(*id));
            quote!((#server, #name) => Some(#id))
        })
    });
    let arms: Vec<_> = arms.collect();
    (!site.upstreams.is_empty() && !arms.is_empty()).then(|| {
        quote! {
            fn named_location(server: site::ServerId, name: &[u8]) -> Option<site::LocationId> {
                match (server, name) {
                    #(#arms,)*
                    _ => None,
                }
            }
        }
    })
}

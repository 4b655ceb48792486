//! Lookups of names: nested match arms on bytes, or above [`MAX_ARMS`] names a flat trie in a
//! file. The first are faster where they fit, the second cost rustc nothing.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, format_ident, quote};
use sitec_runtime::trie::{End, Tree};

use super::tokens::{Shared, number};

/// The most names that become match arms.
pub(super) const MAX_ARMS: usize = 500;
/// The most nodes that one function holds. LLVM's time grows faster than a function does.
const MAX_NODES: usize = 64;

/// A lookup to be written.
pub(super) struct Lookup<'a> {
    /// The names, and a number for each.
    pub(super) tree: &'a Tree,
    /// From which end they are read.
    pub(super) end: End,
    /// How many names there are.
    pub(super) count: usize,
    /// What the function is called, in lower case.
    pub(super) function: Ident,
    /// What the key is called.
    pub(super) key: Ident,
    /// What is found where no name matches; without it the function gives an `Option`.
    pub(super) otherwise: Option<u32>,
}

impl Lookup<'_> {
    /// The items of the lookup, its function first.
    pub(super) fn items(&self, shared: &mut Shared) -> TokenStream {
        if self.count > MAX_ARMS { self.flat(shared) } else { self.arms() }
    }

    /// A function around a trie that stands in a file.
    fn flat(&self, shared: &mut Shared) -> TokenStream {
        let (function, key) = (&self.function, &self.key);
        let file = format!("{}.trie", self.function).replace('_', "-");
        let include = shared.include(file, self.tree.flatten(self.end));
        let table = format_ident!("{}", self.function.to_string().to_uppercase());
        let find = match self.end {
            End::Front => quote!(#table.find(#key)),
            End::Back => quote!(#table.find_from_end(#key)),
        };
        let (result, or) = match self.otherwise.map(number) {
            Some(otherwise) => (quote!(u32), quote!(.unwrap_or(#otherwise))),
            None => (quote!(Option<u32>), quote!()),
        };
        quote! {
            fn #function(#key: &[u8]) -> #result { #find #or }
            static #table: Trie<'static> = Trie::new(#include);
        }
    }

    /// Nested matches.
    fn arms(&self) -> TokenStream {
        let mut functions = Functions { lookup: self, parts: Vec::new() };
        let (body, _) = functions.node(self.tree, self.otherwise);
        let (function, key, result) = (&self.function, &self.key, self.result());
        let parts = functions.parts;
        quote! {
            #[allow(clippy::collapsible_match)]
            fn #function(#key: &[u8]) -> #result { #body }
            #(#parts)*
        }
    }

    fn result(&self) -> TokenStream {
        match self.otherwise {
            Some(_) => quote!(u32),
            None => quote!(Option<u32>),
        }
    }

    fn found(&self, value: Option<u32>) -> TokenStream {
        match (value, self.otherwise) {
            (Some(value), Some(_)) => number(value).into_token_stream(),
            (Some(value), None) => {
                let value = number(value);
                quote!(Some(#value))
            }
            (None, _) => quote!(None),
        }
    }
}

/// The functions that a lookup is split into.
struct Functions<'a> {
    lookup: &'a Lookup<'a>,
    parts: Vec<TokenStream>,
}

impl Functions<'_> {
    /// What is found beneath `node`, where nothing longer than `best` has been found above it;
    /// and how many nodes that is.
    fn node(&mut self, node: &Tree, best: Option<u32>) -> (TokenStream, usize) {
        if is_settled(node, best) {
            return (self.lookup.found(node.prefix.or(best)), 1);
        }
        let best = node.prefix.or(best);
        let at_end = node.exact.or(best);
        let mut count = 1;
        let mut arms = Vec::new();
        if at_end != best {
            let found = self.lookup.found(at_end);
            arms.push(quote!([] => #found,));
        }
        for child in &node.children {
            let (rest, body, nodes) = self.child(child, best);
            let pattern = self.pattern(child, &rest);
            count += nodes;
            arms.push(quote!(#pattern => #body,));
        }
        let (key, otherwise) = (&self.lookup.key, self.lookup.found(best));
        let body = quote!(match #key { #(#arms)* _ => #otherwise, });
        if count > MAX_NODES { (self.split_off(body), 1) } else { (body, count) }
    }

    /// How the key goes on after `child`'s label, what is then found, and how many nodes that
    /// is.
    fn child(&mut self, child: &Tree, best: Option<u32>) -> (TokenStream, TokenStream, usize) {
        let key = &self.lookup.key;
        if child.children.is_empty() && child.prefix.is_none() && child.exact.is_some() {
            // Anything longer is what it would be without this name.
            return (quote!(), self.lookup.found(child.exact), 1);
        }
        let rest = if is_settled(child, best) { quote!(..) } else { quote!(#key @ ..) };
        let (body, nodes) = self.node(child, best);
        (rest, body, nodes)
    }

    /// A call of a new function that holds `body`. Inlined, it would be one function again.
    fn split_off(&mut self, body: TokenStream) -> TokenStream {
        let name = format_ident!("{}_part_{}", self.lookup.function, self.parts.len());
        let (key, result) = (&self.lookup.key, self.lookup.result());
        self.parts.push(quote! {
            #[allow(clippy::collapsible_match)]
            #[inline(never)]
            fn #name(#key: &[u8]) -> #result { #body }
        });
        quote!(#name(#key))
    }

    /// The pattern of a key that goes on with `child`'s label and then `rest`.
    fn pattern(&self, child: &Tree, rest: &TokenStream) -> TokenStream {
        let mut parts: Vec<_> =
            child.label.iter().map(|&byte| byte_literal(byte).into_token_stream()).collect();
        if !rest.is_empty() {
            parts.push(rest.clone());
        }
        if self.lookup.end == End::Back {
            parts.reverse();
        }
        quote!([#(#parts),*])
    }
}

/// Whether everything that comes to `node` finds the same, however it goes on.
fn is_settled(node: &Tree, best: Option<u32>) -> bool {
    let best = node.prefix.or(best);
    node.children.is_empty() && node.exact.or(best) == best
}

/// `b'x'`, or a number where that would not be readable.
fn byte_literal(byte: u8) -> Literal {
    match byte {
        b' '..=b'~' => Literal::byte_character(byte),
        _ => number(byte),
    }
}

//! Small pieces of Rust text that every part writes, and what the parts share.

use std::collections::HashMap;
use std::hash::Hash;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use sitec_runtime::http::method::MethodSet;
use sitec_runtime::site::{ErrorLog, ListingSettings};

use crate::ir;

/// Distinct things, numbered in the order in which they were first met.
pub(super) struct Interner<T> {
    numbers: HashMap<T, usize>,
    items: Vec<T>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Interner { numbers: HashMap::new(), items: Vec::new() }
    }
}

impl<T: Hash + Eq + Clone> Interner<T> {
    /// The number of `item`.
    pub(super) fn number(&mut self, item: &T) -> usize {
        if let Some(&number) = self.numbers.get(item) {
            return number;
        }
        self.items.push(item.clone());
        self.numbers.insert(item.clone(), self.items.len() - 1);
        self.items.len() - 1
    }

    /// All of them, in order.
    pub(super) fn items(&self) -> &[T] {
        &self.items
    }
}

/// What several parts refer to and is written once: values, patterns, and the files beside
/// the text.
#[derive(Default)]
pub(super) struct Shared {
    /// Values with variables: each is a function.
    pub(super) values: Interner<ir::Value>,
    /// Patterns whose captures are used.
    pub(super) patterns: Interner<ir::Pattern>,
    /// Scripts: each is a static.
    pub(super) scripts: Interner<ir::Cgi>,
    /// What is passed on: each is a static.
    pub(super) proxies: Interner<ir::Proxy>,
    /// The ways in which directories are listed.
    pub(super) listings: Interner<ListingSettings>,
    /// What `valid_referers` says.
    pub(super) referers: Interner<ir::Referers>,
    /// Names and contents of the files.
    /// The ways in which other servers are spoken to over TLS.
    pub(super) peers: Vec<ir::TlsPeer>,
    pub(super) blobs: Vec<(String, Vec<u8>)>,
}

impl Shared {
    /// `include_bytes!` of a file with this name and content.
    pub(super) fn include(&mut self, name: String, content: Vec<u8>) -> TokenStream {
        let include = quote!(include_bytes!(#name));
        self.blobs.push((name, content));
        include
    }

    /// A `site::Text`.
    pub(super) fn text(&mut self, value: &ir::Value) -> TokenStream {
        match value.literal() {
            Some(text) => {
                let text = bytes(text);
                quote!(site::Text::Fixed(#text))
            }
            None => {
                let function = numbered("value", self.values.number(value));
                quote!(site::Text::Computed(#function))
            }
        }
    }

    /// A `&'static site::Pattern`.
    pub(super) fn pattern(&mut self, pattern: &ir::Pattern) -> TokenStream {
        let name = numbered("PATTERN", self.patterns.number(pattern));
        quote!(&#name)
    }
}

/// `b"…"`.
pub(super) fn bytes(bytes: &[u8]) -> Literal {
    Literal::byte_string(bytes)
}

/// A number without its type.
pub(super) fn number(number: impl TryInto<u64>) -> Literal {
    Literal::u64_unsuffixed(number.try_into().unwrap_or(u64::MAX))
}

/// `PREFIX_NUMBER`.
pub(super) fn numbered(prefix: &str, number: usize) -> Ident {
    format_ident!("{prefix}_{number}", span = Span::call_site())
}

/// `Some(…)` or `None`.
pub(super) fn option(tokens: Option<impl ToTokens>) -> TokenStream {
    match tokens {
        Some(tokens) => quote!(Some(#tokens)),
        None => quote!(None),
    }
}

/// A `site::Settled`.
pub(super) fn settled(text: &ir::StartText) -> TokenStream {
    match &text[..] {
        [] => quote!(site::Settled::Known(b"")),
        [ir::StartPiece::Literal(text)] => {
            let text = bytes(text.as_bytes());
            quote!(site::Settled::Known(#text))
        }
        _ => {
            let text = start_text(text);
            quote!(site::Settled::at_start(#text))
        }
    }
}

/// A `site::StartText`.
pub(super) fn start_text(text: &ir::StartText) -> TokenStream {
    let pieces = text.iter().map(|piece| match piece {
        ir::StartPiece::Literal(text) => quote!(site::StartPiece::Literal(#text)),
        ir::StartPiece::HostName => quote!(site::StartPiece::HostName),
        ir::StartPiece::Param(index) => {
            let index = number(*index);
            quote!(site::StartPiece::Param(#index))
        }
    });
    quote!(&[#(#pieces),*])
}

/// A variant by the name that `Debug` gives it: for enums of the contract without fields.
pub(super) fn variant(value: impl std::fmt::Debug) -> Ident {
    format_ident!("{value:?}")
}

/// The pattern that takes exactly `ids`, which rise: runs of three and more as ranges.
pub(super) fn id_pattern(ids: &[u32]) -> TokenStream {
    let runs = ids.chunk_by(|a, b| a + 1 == *b).flat_map(|run| match run {
        [first, .., last] if run.len() > 2 => {
            let (first, last) = (number(*first), number(*last));
            vec![quote!(#first..=#last)]
        }
        _ => run.iter().map(|&id| number(id).into_token_stream()).collect(),
    });
    quote!(#(#runs)|*)
}

/// A `match` on `key`, or the only body. The last arm takes everything else: `arms` are all
/// that can come.
pub(super) fn choice(
    key: TokenStream,
    arms: impl IntoIterator<Item = (TokenStream, TokenStream)>,
) -> TokenStream {
    let (mut patterns, mut bodies): (Vec<_>, Vec<_>) = arms.into_iter().unzip();
    let (Some(_), Some(last)) = (patterns.pop(), bodies.pop()) else {
        return quote!(unreachable!());
    };
    if bodies.is_empty() {
        last
    } else {
        quote!(match #key { #(#patterns => #bodies,)* _ => #last })
    }
}

/// [`choice`] by index.
pub(super) fn choice_by_index(
    key: TokenStream,
    bodies: impl IntoIterator<Item = TokenStream>,
) -> TokenStream {
    let bodies = bodies.into_iter().enumerate();
    choice(key, bodies.map(|(index, body)| (number(index).into_token_stream(), body)))
}

/// A `MethodSet`.
pub(super) fn method_set(methods: MethodSet) -> TokenStream {
    if methods == MethodSet::ALL {
        return quote!(MethodSet::ALL);
    }
    let methods = methods.iter().map(variant);
    quote!(MethodSet::of(&[#(Method::#methods),*]))
}

/// A slice of `site::ErrorLog`.
pub(super) fn error_logs(logs: &[ErrorLog]) -> TokenStream {
    let logs = logs.iter().map(|ErrorLog { log, level }| {
        let (log, level) = (number(*log), variant(*level));
        quote!(site::ErrorLog { log: #log, level: site::Level::#level })
    });
    quote!(&[#(#logs),*])
}

/// A `site::Amount`.
pub(super) fn amount(amount: &ir::Amount, shared: &mut Shared) -> TokenStream {
    match amount {
        ir::Amount::Fixed(bytes) => {
            let bytes = number(*bytes);
            quote!(site::Amount::Fixed(#bytes))
        }
        ir::Amount::Computed(value) => {
            let text = shared.text(value);
            quote!(site::Amount::Computed(#text))
        }
    }
}

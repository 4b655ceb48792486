//! Values with variables, and log formats: a function each.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::tokens::{Shared, bytes, number, numbered};
use crate::value::variable::{FAMILIES, VARIABLES};
use crate::{automata, ir};

/// The functions of all values that were referred to.
pub(super) fn values(shared: &Shared) -> TokenStream {
    let values = shared.values.items().iter().enumerate();
    values.map(|(index, value)| function(&numbered("value", index), value)).collect()
}

/// The functions of all log formats.
pub(super) fn formats(formats: &[ir::Value]) -> TokenStream {
    let formats = formats.iter().enumerate();
    formats.map(|(index, value)| function(&numbered("format", index), value)).collect()
}

/// The statics of all patterns whose captures are used.
pub(super) fn patterns(shared: &mut Shared) -> TokenStream {
    let patterns = shared.patterns.items().to_vec();
    let item = |(index, pattern): (usize, ir::Pattern)| {
        let name = numbered("PATTERN", index);
        let program = automata::program(&pattern);
        let include = shared.include(format!("pattern-{index}.nfa"), program);
        quote!(static #name: site::Pattern = site::Pattern::new(#include);)
    };
    patterns.into_iter().enumerate().map(item).collect()
}

/// The function that finds a variable by the name that a content gives, where there are such.
pub(super) fn named(site: &ir::Site) -> Option<TokenStream> {
    let ssi = site.ssi()?;
    let there = quote!(::sitec_runtime::variables::is_there);
    let arm = |name: &str, variable: &ir::Variable| {
        let (name, call) = (bytes(name.as_bytes()), call(variable));
        quote!(#name => #there(#call),)
    };
    let simple = VARIABLES.iter().map(|row| arm(row.name, &ir::Variable::Simple(row.name)));
    let own = ssi.variables.iter().flat_map(|(name, value)| {
        value.0.iter().filter_map(move |piece| match piece {
            ir::Piece::Variable(variable) => Some(arm(name, variable)),
            ir::Piece::Literal(_) | ir::Piece::Logged(..) => None,
        })
    });
    let families = FAMILIES.iter().map(|family| {
        let (method, is_field) = match family.of("x") {
            ir::Variable::Argument(_) => ("argument", false),
            ir::Variable::RequestField(_) => ("request_field", true),
            ir::Variable::ResponseField(_) => ("response_field", true),
            ir::Variable::Cookie(_) => ("cookie", false),
            ir::Variable::Trailer(_) => ("trailer", true),
            ir::Variable::UpstreamField(_) => ("upstream_field", true),
            ir::Variable::UpstreamTrailer(_) => ("upstream_trailer", true),
            ir::Variable::UpstreamCookie(_) => ("upstream_cookie", false),
            other => unreachable!("no family is of {other:?}"),
        };
        let (prefix, method) = (bytes(family.prefix.as_bytes()), format_ident!("{method}"));
        let name = match is_field {
            true => {
                quote!(&rest.iter().map(|&b| if b == b'_' { b'-' } else { b }).collect::<Vec<u8>>())
            }
            false => quote!(rest),
        };
        quote! {
            if let Some(rest) = name.strip_prefix(#prefix) {
                return #there(v.#method(#name, out));
            }
        }
    });
    Some(quote! {
        fn ssi_variable(name: &[u8], v: &Variables<'_>, out: &mut Vec<u8>) -> bool {
            match name {
                #(#own)*
                #(#simple)*
                _ => {
                    #(#families)*
                    false
                }
            }
        }
    })
}

/// What appends the literal pieces, if there are any. Inlined, its checks of
/// the room that is left would be most of a large site's code.
pub(super) fn put(site: &ir::Site, shared: &Shared) -> TokenStream {
    let mut pieces = site.formats.iter().chain(shared.values.items()).flat_map(|value| &value.0);
    if !pieces.any(|piece| matches!(piece, ir::Piece::Literal(_))) {
        return TokenStream::new();
    }
    quote! {
        #[inline(never)]
        fn put(out: &mut Vec<u8>, bytes: &[u8]) { out.extend_from_slice(bytes); }
    }
}

/// A function that appends `value`.
fn function(name: &Ident, value: &ir::Value) -> TokenStream {
    let has_variables = value.0.iter().any(|piece| !matches!(piece, ir::Piece::Literal(_)));
    let v = if has_variables { format_ident!("v") } else { format_ident!("_v") };
    let pieces = value.0.iter().map(piece);
    quote! {
        fn #name(#v: &Variables<'_>, out: &mut Vec<u8>) { #(#pieces)* }
    }
}

fn piece(piece: &ir::Piece) -> TokenStream {
    match piece {
        ir::Piece::Literal(literal) => {
            let literal = bytes(literal);
            quote!(put(out, #literal);)
        }
        ir::Piece::Variable(variable) => {
            let call = call(variable);
            quote!(#call;)
        }
        ir::Piece::Logged(variable, escape) => {
            let method = match escape {
                ir::Escape::Default => format_ident!("logged_default"),
                ir::Escape::Json => format_ident!("logged_json"),
            };
            let call = call(variable);
            quote!(v.#method(out, |out| #call);)
        }
    }
}

/// The call that appends a variable's value.
fn call(variable: &ir::Variable) -> TokenStream {
    let named = |method: &str, name: Literal| {
        let method = format_ident!("{method}");
        quote!(v.#method(#name, out))
    };
    match variable {
        ir::Variable::Simple(name) => {
            let method: Ident = format_ident!("{name}");
            quote!(v.#method(out))
        }
        ir::Variable::Argument(name) => named("argument", bytes(name)),
        ir::Variable::RequestField(name) => named("request_field", bytes(name)),
        ir::Variable::ResponseField(name) => named("response_field", bytes(name)),
        ir::Variable::Trailer(name) => named("trailer", bytes(name)),
        ir::Variable::Cookie(name) => named("cookie", bytes(name)),
        ir::Variable::UpstreamField(name) => named("upstream_field", bytes(name)),
        ir::Variable::UpstreamTrailer(name) => named("upstream_trailer", bytes(name)),
        ir::Variable::UpstreamCookie(name) => named("upstream_cookie", bytes(name)),
        ir::Variable::Capture(group) => named("capture", number(*group)),
        ir::Variable::EscapedCapture(group) => named("escaped_capture", number(*group)),
        ir::Variable::Mapped(map, _) => {
            let function = numbered("map", *map);
            quote!(#function(v, out))
        }
        ir::Variable::StepCapture(group) => named("step_capture", number(*group)),
        ir::Variable::Assigned(slot, _, false) => named("assigned", number(*slot)),
        ir::Variable::Assigned(slot, name, true) => {
            let (slot, name) = (number(*slot), name.to_token_stream());
            quote!(v.assigned_or_warn(#slot, #name, out))
        }
        ir::Variable::Shared(slot, name) => {
            let (slot, name) = (number(*slot), name.to_token_stream());
            quote!(v.assigned_or_group(#slot, #name, out))
        }
        ir::Variable::NamedCapture(name) => {
            let name = name.to_token_stream();
            quote!(v.named_capture(#name, out))
        }
    }
}

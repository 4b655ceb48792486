//! What is added to the fields of responses. Lines without variables that follow one another
//! are one run of bytes.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use sitec_runtime::site::Expires;

use super::tokens::{Shared, bytes, number, variant};
use crate::ir;

/// A `site::AddedFields`: what follows contents. Where all of it is empty, the content is framed for
/// fields all the same, as in nginx.
pub(super) fn added_trailers(settings: &ir::Settings, shared: &mut Shared) -> TokenStream {
    let mut framed = |fields: Vec<&ir::AddedField>| {
        let mut list = list(&fields, shared);
        if list.is_empty() && !fields.is_empty() {
            list.push(quote!(site::AddedField::Lines(b"")));
        }
        list
    };
    let usual = framed(settings.added_trailers.iter().collect());
    let always = framed(settings.added_trailers.iter().filter(|field| field.always).collect());
    quote!(site::AddedFields { usual: &[#(#usual),*], always: &[#(#always),*] })
}

/// A `site::AddedFields`: what is put behind the fields of responses.
pub(super) fn added_fields(settings: &ir::Settings, shared: &mut Shared) -> TokenStream {
    let expires = settings.expires.as_ref().map(|expires| match expires {
        ir::Expiration::Fixed(expires) => {
            let expires = expires_value(*expires);
            quote!(site::AddedField::Expires(site::Expires::#expires))
        }
        ir::Expiration::Computed(value, modified) => {
            let text = shared.text(value);
            quote!(site::AddedField::ComputedExpires(#text, #modified))
        }
    });
    let fields = settings.added_fields.iter();
    let (first, added): (Vec<_>, Vec<_>) = fields.partition(|field| field.replaces);
    let always: Vec<_> = added.iter().copied().filter(|field| field.always).collect();
    let first = list(&first, shared);
    let added = list(&added, shared);
    let usual = first.iter().cloned().chain(expires).chain(added).collect::<Vec<_>>();
    let always = first.into_iter().chain(list(&always, shared)).collect::<Vec<_>>();
    quote!(site::AddedFields { usual: &[#(#usual),*], always: &[#(#always),*] })
}

/// Each a `site::AddedField`.
fn list(fields: &[&ir::AddedField], shared: &mut Shared) -> Vec<TokenStream> {
    let mut list = Vec::new();
    let mut lines = Vec::new();
    for field in fields {
        let is_sole = field.is_sole();
        match field.value.literal() {
            Some(value) if !is_sole => lines.extend(line(&field.name, value)),
            _ => {
                list.extend(take_lines(&mut lines));
                let (name, text) = (&field.name, shared.text(&field.value));
                list.push(match is_sole {
                    true => quote!(site::AddedField::Sole(#name, #text)),
                    false => quote!(site::AddedField::Line(#name, #text)),
                });
            }
        }
    }
    list.extend(take_lines(&mut lines));
    list
}

/// A whole line; none for an empty value.
fn line(name: &str, value: &[u8]) -> Vec<u8> {
    match value {
        [] => Vec::new(),
        _ => [name.as_bytes(), b": ", value, b"\r\n"].concat(),
    }
}

fn take_lines(lines: &mut Vec<u8>) -> Option<TokenStream> {
    if lines.is_empty() {
        return None;
    }
    let lines = bytes(&std::mem::take(lines));
    Some(quote!(site::AddedField::Lines(#lines)))
}

/// A variant of `site::Expires`.
fn expires_value(expires: Expires) -> TokenStream {
    let seconds = |time: i64| match time {
        0.. => number(time).into_token_stream(),
        _ => {
            let time = number(time.unsigned_abs());
            quote!(-#time)
        }
    };
    match expires {
        Expires::Epoch | Expires::Max => variant(expires).into_token_stream(),
        Expires::FromNow(time) => {
            let time = seconds(time);
            quote!(FromNow(#time))
        }
        Expires::FromModified(time) => {
            let time = seconds(time);
            quote!(FromModified(#time))
        }
        Expires::AtTime(time) => {
            let time = seconds(time);
            quote!(AtTime(#time))
        }
    }
}

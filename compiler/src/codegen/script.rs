//! The scripts of locations: a static each.

use proc_macro2::TokenStream;
use quote::quote;

use super::plain::plain;
use super::tokens::{Shared, bytes, number, numbered, option};
use crate::directive::Values;
use crate::ir;

/// The statics of all scripts that locations refer to.
pub(super) fn scripts(shared: &mut Shared) -> TokenStream {
    let scripts = shared.scripts.items().to_vec();
    let item = |(index, cgi): (usize, ir::Cgi)| {
        let (name, value) = (numbered("CGI", index), value(&cgi, shared));
        quote!(static #name: site::Cgi = #value;)
    };
    scripts.into_iter().enumerate().map(item).collect()
}

/// A `site::Cgi`.
fn value(cgi: &ir::Cgi, shared: &mut Shared) -> TokenStream {
    let scripts = match &cgi.scripts {
        ir::Scripts::ByExtension(rules) => {
            let rules = rules.iter().map(|rule| {
                let extension = bytes(&rule.extension);
                let interpreter = option(rule.interpreter.map(number));
                quote!(site::CgiRule { extension: #extension, interpreter: #interpreter })
            });
            quote!(ByExtension(&[#(#rules),*]))
        }
        ir::Scripts::Program { program, name_len } => {
            let (program, name_len) = (number(*program), number(*name_len));
            quote!(Program { program: #program, name_len: #name_len })
        }
    };
    let params = cgi.params.iter().map(|param| {
        let (name, value) = (bytes(&param.name), shared.text(&param.value));
        quote!(site::CgiParam { name: #name, value: #value })
    });
    let params = params.collect::<Vec<_>>();
    let plain = plain("cgi", &Values { cgi: cgi.plain, ..Values::DEFAULT });
    quote! {
        site::Cgi {
            scripts: site::Scripts::#scripts,
            params: &[#(#params),*],
            plain: #plain,
        }
    }
}

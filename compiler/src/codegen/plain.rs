//! Settings of one plain value each: those that are not the default, by the table of directives.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::directive::{self, Values};

/// The struct of the run-time contract for a group of [`Values`]: `site::PlainSettings` for `plain`.
pub(super) fn plain(group: &str, values: &Values) -> TokenStream {
    let words = group.split('_').map(|word| word[..1].to_uppercase() + &word[1..]);
    let name = format_ident!("{}Settings", words.collect::<String>());
    let settings = directive::all().filter_map(|row| row.setting);
    let settings: Vec<_> = settings.filter(|setting| setting.place().0 == group).collect();
    let fields = settings.iter().filter_map(|setting| {
        let field = format_ident!("{}", setting.place().1);
        let value: TokenStream = setting.rust(values)?.parse().expect("an expression of Rust");
        Some(quote!(#field: #value))
    });
    let fields: Vec<_> = fields.collect();
    match fields.len() {
        0 => quote!(site::#name::DEFAULT),
        all if all == settings.len() => quote!(site::#name { #(#fields),* }),
        _ => quote!(site::#name { #(#fields,)* ..site::#name::DEFAULT }),
    }
}

#[cfg(test)]
mod tests {
    use sitec_runtime::site::{KeepaliveTimeout, Lingering, UploadSettings};

    use super::*;

    fn text(group: &str, change: impl FnOnce(&mut Values)) -> String {
        let mut values = Values::DEFAULT;
        change(&mut values);
        plain(group, &values).to_string().replace(' ', "")
    }

    #[test]
    fn what_is_not_the_default_is_written() {
        let settings = |fields: &str| {
            format!("site::PlainSettings{{{fields},..site::PlainSettings::DEFAULT}}")
        };
        assert_eq!(text("plain", |_| {}), "site::PlainSettings::DEFAULT");
        assert_eq!(
            text("plain", |values| values.upload.sync = true),
            "site::PlainSettings::DEFAULT"
        );
        assert_eq!(text("plain", |values| values.plain.etag = false), settings("etag:false"));
        assert_eq!(
            text("plain", |values| {
                values.plain.client_min_rate = None;
                values.plain.keepalive_timeout = KeepaliveTimeout { wait_ms: 1, header_s: Some(2) };
                values.plain.lingering_close = Lingering::Always;
            }),
            settings(
                "client_min_rate:None,\
                 keepalive_timeout:site::KeepaliveTimeout{wait_ms:1,header_s:Some(2)},\
                 lingering_close:site::Lingering::Always"
            )
        );
        assert_eq!(
            text("upload", |values| values.upload = UploadSettings { overwrite: true, sync: true }),
            "site::UploadSettings{overwrite:true,sync:true}"
        );
    }
}

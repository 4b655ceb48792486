//! The settings that locations have.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use sitec_runtime::http::accept::Coding;
use sitec_runtime::site::{
    ConnLimit, ErrorStatus, FileCache, Follow, LogCache, ReqLimit, UserIdExpires,
};

use super::access::{admission, answered, real_ip};
use super::added::{added_fields, added_trailers};
use super::plain::plain;
use super::route::Sets;
use super::tokens::{Shared, amount, bytes, error_logs, number, numbered, option, variant};
use crate::directive::Values;
use crate::ir;

/// The array of all settings.
pub(super) fn all_settings(
    settings: &[ir::Settings],
    sets: &mut Sets,
    shared: &mut Shared,
) -> TokenStream {
    let count = number(settings.len());
    let values = settings.iter().map(|settings| settings_value(settings, sets, shared));
    let values = values.collect::<Vec<_>>();
    quote!(static SETTINGS: [site::Settings; #count] = [#(#values),*];)
}

fn settings_value(settings: &ir::Settings, sets: &mut Sets, shared: &mut Shared) -> TokenStream {
    let base = base(&settings.base, shared);
    let pack = option(settings.pack.map(|pack| {
        let name = numbered("PACK", pack);
        quote!(&#name)
    }));
    let index = settings.index.iter().map(|name| shared.text(name)).collect::<Vec<_>>();
    let default_type = bytes(&settings.default_type);
    let charset = option(settings.charset.as_ref().map(|charset| charset_value(charset, shared)));
    let source_charset = option(settings.source_charset.as_ref().map(|name| shared.text(name)));
    let compression = settings.compression.as_ref();
    let compression = option(compression.map(|it| compression_value(it, sets, shared)));
    let error_pages = settings.error_pages.iter().map(|page| error_page(page, shared));
    let error_pages = error_pages.collect::<Vec<_>>();
    let admission = admission(&settings.admission, shared);
    let substitution =
        option(settings.substitution.as_ref().map(|it| substitution_value(it, shared)));
    let additions = option(settings.additions.as_ref().map(additions_value));
    let ssi = option(settings.ssi.as_ref().map(ssi_value));
    let answered = answered(&settings.answered, shared);
    let mirrors = settings.mirrors.iter().map(|path| bytes(path)).collect::<Vec<_>>();
    let mirrors = quote!(&[#(#mirrors),*]);
    let limit_reqs = settings.limit_reqs.iter().map(|ReqLimit { zone, burst, delay }| {
        let (zone, burst, delay) = (number(*zone), number(*burst), number(*delay));
        quote!(site::ReqLimit { zone: #zone, burst: #burst, delay: #delay })
    });
    let limit_conns = settings.limit_conns.iter().map(|ConnLimit { zone, most }| {
        let (zone, most) = (number(*zone), number(*most));
        quote!(site::ConnLimit { zone: #zone, most: #most })
    });
    let real_ip = option(settings.real_ip.as_ref().map(real_ip));
    let referers = option(settings.referers.as_ref().map(|referers| {
        let name = numbered("REFERERS", shared.referers.number(referers));
        quote!(&#name)
    }));
    let secure_link =
        option(settings.secure_link.as_ref().map(|link| secure_link_value(link, shared)));
    let userid = option(settings.userid.as_ref().map(|userid| userid_value(userid, shared)));
    let rate = option(settings.rate.as_ref().map(|rate| {
        let (per_second, after) = (amount(&rate.per_second, shared), amount(&rate.after, shared));
        quote!(&site::Rate { per_second: #per_second, after: #after })
    }));
    let added_fields = added_fields(settings, shared);
    let added_trailers = added_trailers(settings, shared);
    let early_hints = settings.early_hints.iter().map(|value| shared.text(value));
    let early_hints = early_hints.collect::<Vec<_>>();
    let access_logs = settings.access_logs.iter().map(|log| access_log(log, shared));
    let access_logs = access_logs.collect::<Vec<_>>();
    let error_logs = error_logs(&settings.error_logs);
    let listing = settings.listing.as_ref().map(|listing| {
        let name = numbered("LISTING", shared.listings.number(listing));
        quote!(&#name)
    });
    let listing = option(listing);
    let symlinks = symlinks(&settings.symlinks, shared);
    let file_cache = file_cache(settings.file_cache);
    let plain = plain("plain", &Values { plain: settings.plain, ..Values::DEFAULT });
    let types = number(settings.types);
    quote! {
        site::Settings {
            plain: #plain,
            base: #base,
            pack: #pack,
            index: &[#(#index),*],
            types: #types,
            default_type: #default_type,
            charset: #charset,
            source_charset: #source_charset,
            substitution: #substitution,
            additions: #additions,
            ssi: #ssi,
            compression: #compression,
            error_pages: &[#(#error_pages),*],
            symlinks: #symlinks,
            file_cache: #file_cache,
            admission: #admission,
            mirrors: #mirrors,
            answered: #answered,
            rate: #rate,
            limit_reqs: &[#(#limit_reqs),*],
            limit_conns: &[#(#limit_conns),*],
            real_ip: #real_ip,
            referers: #referers,
            secure_link: #secure_link,
            userid: #userid,
            added_fields: #added_fields,
            added_trailers: #added_trailers,
            early_hints: &[#(#early_hints),*],
            access_logs: &[#(#access_logs),*],
            error_logs: #error_logs,
            listing: #listing,
        }
    }
}

fn secure_link_value(link: &ir::SecureLink, shared: &mut Shared) -> TokenStream {
    let form = match link {
        ir::SecureLink::Pair { link, hashed } => {
            let (link, hashed) = (shared.text(link), shared.text(hashed));
            quote!(Pair(#link, #hashed))
        }
        ir::SecureLink::Secret(secret) => {
            let secret = bytes(secret);
            quote!(Secret(#secret))
        }
    };
    quote! {
        &site::SecureLink { form: site::LinkForm::#form, is_digest: links::is_digest }
    }
}

fn userid_value(userid: &ir::UserId, shared: &mut Shared) -> TokenStream {
    let ir::UserId { form, name, attributes, expires, mark, p3p, service, reset } = userid;
    let (form, name, attributes, p3p) = (variant(form), bytes(name), bytes(attributes), bytes(p3p));
    let expires = match expires {
        UserIdExpires::Off => quote!(Off),
        UserIdExpires::Max => quote!(Max),
        UserIdExpires::After(seconds) => {
            let seconds = number(*seconds);
            quote!(After(#seconds))
        }
    };
    let (mark, service) = (option(mark.map(number)), option(service.map(number)));
    let reset = shared.text(reset);
    quote! {
        &site::UserId {
            form: site::UserIdForm::#form,
            name: #name,
            attributes: #attributes,
            expires: site::UserIdExpires::#expires,
            mark: #mark,
            p3p: #p3p,
            service: #service,
            reset: #reset,
        }
    }
}

fn base(base: &ir::FileBase, shared: &mut Shared) -> TokenStream {
    let (directory, replaced_len) = (number(base.directory), number(base.replaced_len));
    let inner = shared.text(&base.inner);
    let (append_path, alias, slash) = (base.append_path, base.alias, base.slash);
    quote! {
        site::FileBase {
            directory: #directory,
            inner: #inner,
            replaced_len: #replaced_len,
            append_path: #append_path,
            alias: #alias,
            slash: #slash,
        }
    }
}

fn symlinks(symlinks: &ir::Symlinks, shared: &mut Shared) -> TokenStream {
    if symlinks.follow == Follow::Beneath {
        return quote!(site::Symlinks::USUAL);
    }
    let (follow, from) = (variant(symlinks.follow), shared.text(&symlinks.from));
    quote!(site::Symlinks { follow: site::Follow::#follow, from: #from })
}

fn file_cache(cache: FileCache) -> TokenStream {
    if cache == FileCache::USUAL {
        return quote!(site::FileCache::USUAL);
    }
    let FileCache { valid_ms, inactive_ms, min_uses, errors } = cache;
    let (valid_ms, inactive_ms) = (number(valid_ms), number(inactive_ms));
    let min_uses = number(min_uses);
    quote! {
        site::FileCache {
            valid_ms: #valid_ms,
            inactive_ms: #inactive_ms,
            min_uses: #min_uses,
            errors: #errors,
        }
    }
}

fn charset_value(charset: &ir::Charset, shared: &mut Shared) -> TokenStream {
    let name = shared.text(&charset.name);
    let types = media_types(charset.types.as_deref());
    quote!(&site::Charset { name: #name, types: #types })
}

fn substitution_value(substitution: &ir::Substitution, shared: &mut Shared) -> TokenStream {
    let ir::Substitution { pairs, types } = substitution;
    let pairs = pairs.iter().map(|(text, by)| {
        let (text, by) = (shared.text(text), shared.text(by));
        quote!((#text, #by))
    });
    let pairs = pairs.collect::<Vec<_>>();
    let types = media_types(types.as_deref());
    quote!(&site::Substitution { pairs: &[#(#pairs),*], types: #types })
}

fn additions_value(additions: &ir::Additions) -> TokenStream {
    let ir::Additions { before, after, types } = additions;
    let (before, after, types) = (bytes(before), bytes(after), media_types(types.as_deref()));
    quote! {
        &site::Additions {
            around: site::Around { before: #before, after: #after },
            types: #types,
        }
    }
}

fn ssi_value(ssi: &ir::Ssi) -> TokenStream {
    // What contents may name is the site's.
    let ir::Ssi { types, silent_errors, value_len, set_len, variables: _ } = ssi;
    let types = media_types(types.as_deref());
    let (value_len, set_len) = (number(*value_len), number(*set_len));
    quote! {
        &site::Ssi {
            types: #types,
            silent_errors: #silent_errors,
            value_len: #value_len,
            set_len: #set_len,
            variable: ssi_variable,
        }
    }
}

/// An `Option` of a list of media types.
fn media_types(types: Option<&[Vec<u8>]>) -> TokenStream {
    option(types.map(|types| {
        let types = types.iter().map(|name| bytes(name));
        quote!(&[#(#types),*])
    }))
}

fn compression_value(
    compression: &ir::Compression,
    sets: &mut Sets,
    shared: &mut Shared,
) -> TokenStream {
    let ir::Compression { plain, coders, disable } = compression;
    let plain =
        super::plain::plain("compression", &Values { compression: *plain, ..Values::DEFAULT });
    let coders = coders.iter().map(|ir::Coder { coding, types }| {
        let types = media_types(types.as_deref());
        let (coding, module) = (variant(coding), format_ident!("{}", module(*coding)));
        quote! {
            site::Coder { coding: Coding::#coding, types: #types, begin: coding::#module::begin }
        }
    });
    let coders = coders.collect::<Vec<_>>();
    let gunzip = option(compression.plain.gunzip.then(|| quote!(coding::gunzip::begin)));
    let disable = option(disable.as_ref().map(|regex| {
        let regex = super::rewrite::regex(regex, sets, shared);
        quote!(&#regex)
    }));
    quote! {
        &site::Compression {
            plain: #plain,
            coders: &[#(#coders),*],
            gunzip: #gunzip,
            disable: #disable,
        }
    }
}

/// The runtime's module with the encoder of a coding, which is also the name of its feature.
pub(super) fn module(coding: Coding) -> &'static str {
    match coding {
        Coding::Gzip => "gzip",
        Coding::Brotli => "brotli",
        Coding::Zstd => "zstd",
    }
}

fn error_page(page: &ir::ErrorPage, shared: &mut Shared) -> TokenStream {
    let status = number(page.status);
    let response = match page.response {
        ErrorStatus::Replace(status) => {
            let status = number(status);
            quote!(Replace(#status))
        }
        other => variant(other).to_token_stream(),
    };
    let target = match &page.target {
        ir::ErrorTarget::Uri(uri) => {
            let uri = shared.text(uri);
            quote!(Uri(#uri))
        }
        ir::ErrorTarget::Named(location) => {
            let location = number(*location);
            quote!(Named(#location))
        }
        ir::ErrorTarget::Redirect(uri) => {
            let uri = shared.text(uri);
            quote!(Redirect(#uri))
        }
    };
    quote! {
        site::ErrorPage {
            status: #status,
            response: site::ErrorStatus::#response,
            target: site::ErrorTarget::#target,
        }
    }
}

fn access_log(log: &ir::AccessLog, shared: &mut Shared) -> TokenStream {
    let format = numbered("format", log.format);
    let condition = option(log.condition.as_ref().map(|condition| shared.text(condition)));
    let name = option(log.name.as_ref().map(|name| {
        let path = shared.text(name);
        let LogCache { max, inactive_ms, min_uses, valid_ms } = log.cache;
        let cache = match log.cache {
            LogCache::OFF => quote!(site::LogCache::OFF),
            _ => {
                let (max, inactive_ms) = (number(max), number(inactive_ms));
                let (min_uses, valid_ms) = (number(min_uses), number(valid_ms));
                quote! {
                    site::LogCache {
                        max: #max,
                        inactive_ms: #inactive_ms,
                        min_uses: #min_uses,
                        valid_ms: #valid_ms,
                    }
                }
            }
        };
        quote!(site::LogName { path: #path, cache: #cache })
    }));
    let gzip = option(log.gzip.map(|level| {
        let level = number(level);
        quote! {
            site::LogGzip { level: #level, compress: ::sitec_runtime::coding::gzip::member }
        }
    }));
    let (log, buffer_len, flush_ms) =
        (number(log.log), number(log.buffer_len), number(log.flush_ms));
    quote! {
        site::AccessLog {
            log: #log,
            name: #name,
            format: #format,
            buffer_len: #buffer_len,
            flush_ms: #flush_ms,
            gzip: #gzip,
            condition: #condition,
        }
    }
}

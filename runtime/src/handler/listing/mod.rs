//! `autoindex`: what is in a directory, as nginx's autoindex module lists it. The page has a
//! look of its own; the other formats are nginx's byte for byte.

mod data;
mod page;

use std::ffi::CString;

use super::{Outcome, Request, Response, file};
use crate::files::{Files, Item, ItemKind, Items, Links, path};
use crate::site::{Level, Listing, ListingFormat};

/// Names that are listed of one directory: each costs a look at the disk, and some hundred
/// bytes of memory until the client has them.
pub(crate) const MAX_ITEMS: usize = 20_000;

/// The longest name of a callback, as in nginx.
const MAX_CALLBACK_LEN: usize = 127;

/// Lists the directory that the path of the request leads to.
pub(crate) fn serve(request: &Request<'_>, files: &mut Files, listing: &Listing) -> Outcome {
    let mut callback = Vec::new();
    if listing.format == ListingFormat::Jsonp {
        request.variables.argument(b"callback", &mut callback);
    }
    if !is_callback(&callback) {
        (request.report)(Level::Error, format_args!("client sent invalid callback name"));
        return Outcome::Status(400);
    }
    let (items, cut) = match items(request, files) {
        Ok(items) => items,
        Err(error) => return file::fail(request, error),
    };
    if cut {
        let name = file::name_of(request);
        let text = format_args!("only {MAX_ITEMS} names of directory \"{name}\" are listed");
        (request.report)(Level::Warn, text);
    }
    let mut content = Vec::new();
    match listing.format {
        ListingFormat::Html => page::write(request, listing, &items, cut, &mut content),
        ListingFormat::Json | ListingFormat::Jsonp => {
            data::write_json(&items, &callback, &mut content);
        }
        ListingFormat::Xml => data::write_xml(&items, &mut content),
    }
    let content_type = match listing.format {
        ListingFormat::Html => &b"text/html"[..],
        ListingFormat::Jsonp if !callback.is_empty() => b"application/javascript",
        ListingFormat::Json | ListingFormat::Jsonp => b"application/json",
        ListingFormat::Xml => b"text/xml; charset=utf-8",
    };
    Outcome::Response(Response { status: 200, content_type, content, ..Response::default() })
}

/// What is in the directory, in the order of a listing, and whether there is more. Errors are
/// `errno`.
fn items(request: &Request<'_>, files: &mut Files) -> Result<(Vec<Item>, bool), i32> {
    let Request { variables, append_path, .. } = *request;
    let settings = variables.settings;
    let mut path = Vec::new();
    path::write_beneath(&settings.base, variables.path, variables, append_path, &mut path)
        .ok_or(libc::ENOENT)?;
    let mut found = match settings.pack {
        Some(pack) => Items::packed(pack, &path, MAX_ITEMS).ok_or(libc::ENOENT)?,
        None => {
            let path = CString::new(path).map_err(|_| libc::ENOENT)?;
            let links = Links::of(&settings.symlinks, variables);
            let directory = files.directory(settings.base.directory, links, variables.now);
            let found = directory.and_then(|directory| directory.list(&path, MAX_ITEMS));
            found.map_err(|error| error.raw_os_error().unwrap_or(libc::ENOTDIR))?
        }
    };
    let order = |item: &Item| item.kind != ItemKind::Directory;
    found.items.sort_unstable_by(|a, b| (order(a), &a.name).cmp(&(order(b), &b.name)));
    Ok((found.items, found.cut))
}

/// Whether nginx takes a name for a callback, or for none: it goes into a script as it is.
fn is_callback(name: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    name.len() <= MAX_CALLBACK_LEN && name.iter().all(fits)
}

#[cfg(test)]
mod tests;

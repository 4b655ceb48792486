//! `autoindex`: what is in a directory, as nginx's autoindex module lists it. The page has a
//! look of its own; the other formats are nginx's byte for byte.
//!
//! A listing is made while it is sent: what is held of a large directory is its names.

mod data;
mod page;

use std::ffi::CString;
use std::fmt;
use std::io;

use super::{Outcome, Request, file};
use crate::files::{Files, Item, Items, Links, MAX_LISTED_LEN, MAX_NAMES, path};
use crate::http::method::Method;
use crate::output::{Produce, Produced};
use crate::site::{Level, Listing, ListingFormat};
use page::Page;

/// The longest name of a callback, as in nginx.
const MAX_CALLBACK_LEN: usize = 127;

/// Lists the directory that the path of the request leads to.
pub(crate) fn serve(
    request: &Request<'_>,
    files: &mut Files,
    listing: &'static Listing,
) -> Outcome {
    let mut callback = Vec::new();
    if listing.format == ListingFormat::Jsonp {
        request.variables.argument(b"callback", &mut callback);
    }
    if !is_callback(&callback) {
        (request.report)(Level::Error, format_args!("client sent invalid callback name"));
        return Outcome::Status(400);
    }
    let opened = items(request, files).and_then(|mut items| {
        // What hinders reading is mostly seen at once. Of HEAD, the names are not wanted.
        if request.method != Method::Head {
            items.read().map_err(|error| error.raw_os_error().unwrap_or(libc::EIO))?;
        }
        Ok(items)
    });
    let items = match opened {
        Ok(items) => items,
        Err(libc::ENOBUFS) => {
            let text = format_args!("listings on their way take {MAX_LISTED_LEN} bytes already");
            (request.report)(Level::Error, text);
            return Outcome::Status(503);
        }
        Err(error) => return file::fail(request, error),
    };
    let content_type = match listing.format {
        ListingFormat::Html => &b"text/html"[..],
        ListingFormat::Jsonp if !callback.is_empty() => b"application/javascript",
        ListingFormat::Json | ListingFormat::Jsonp => b"application/json",
        ListingFormat::Xml => b"text/xml; charset=utf-8",
    };
    let form = match listing.format {
        ListingFormat::Html => Form::Page(Page::new(request, listing)),
        ListingFormat::Json | ListingFormat::Jsonp => Form::Json { callback },
        ListingFormat::Xml => Form::Xml,
    };
    let name = file::name_of(request);
    Outcome::Made(content_type, Box::new(Contents { items, form, name, written: None }))
}

/// What is in the directory, in the order of a listing. Errors are `errno`.
pub(super) fn items(request: &Request<'_>, files: &mut Files) -> Result<Items, i32> {
    let Request { variables, append_path, .. } = *request;
    let settings = variables.settings;
    let mut path = Vec::new();
    path::write_beneath(&settings.base, variables.path, variables, append_path, &mut path)
        .ok_or(libc::ENOENT)?;
    if let Some(pack) = settings.pack {
        return Items::packed(pack, &path).ok_or(libc::ENOENT);
    }
    let path = CString::new(path).map_err(|_| libc::ENOENT)?;
    let links = Links::of(&settings.symlinks, variables);
    let directory = files.directory(settings.base.directory, links, variables.now);
    let items = directory.and_then(|directory| files.folders.list(directory, path, variables.now));
    items.map_err(|error| error.raw_os_error().unwrap_or(libc::ENOTDIR))
}

/// A listing on its way.
struct Contents {
    items: Items,
    form: Form,
    /// The directory's name, for the log.
    name: String,
    /// How many items are written, once the front is.
    written: Option<usize>,
}

/// What a listing looks like.
enum Form {
    Page(Page),
    Json { callback: Vec<u8> },
    Xml,
}

impl Produce for Contents {
    fn produce(&mut self, out: &mut Vec<u8>, room: usize) -> io::Result<Produced> {
        let end = out.len() + room;
        if self.written.is_none() {
            if !self.items.read()? {
                return Ok(Produced::More);
            }
            self.form.write_front(&self.items, out);
        }
        let written = self.written.get_or_insert(0);
        while out.len() < end {
            let Some(item) = self.items.next() else {
                self.form.write_back(&self.items, out);
                return Ok(Produced::End);
            };
            self.form.write_item(&item, *written == 0, out);
            *written += 1;
        }
        Ok(Produced::More)
    }

    fn remark(&self) -> Option<String> {
        let text = || format!("only {MAX_NAMES} names of directory \"{}\" are listed", self.name);
        self.items.are_cut().then(text)
    }
}

impl fmt::Debug for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contents").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Form {
    fn write_front(&self, items: &Items, out: &mut Vec<u8>) {
        match self {
            Form::Page(page) => page.write_front(items, out),
            Form::Json { callback } => data::write_json_front(callback, out),
            Form::Xml => data::write_xml_front(out),
        }
    }

    fn write_item(&self, item: &Item, first: bool, out: &mut Vec<u8>) {
        match self {
            Form::Page(page) => page.write_item(item, out),
            Form::Json { .. } => data::write_json(item, first, out),
            Form::Xml => data::write_xml(item, out),
        }
    }

    fn write_back(&self, items: &Items, out: &mut Vec<u8>) {
        match self {
            Form::Page(page) => page.write_back(items, out),
            Form::Json { callback } => data::write_json_back(callback, out),
            Form::Xml => data::write_xml_back(out),
        }
    }
}

/// Whether nginx takes a name for a callback, or for none: it goes into a script as it is.
pub fn is_callback(name: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    name.len() <= MAX_CALLBACK_LEN && name.iter().all(fits)
}

#[cfg(test)]
mod tests;

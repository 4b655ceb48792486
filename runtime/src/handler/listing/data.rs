//! Listings for programs: JSON, JSONP and XML, as nginx writes them.

use crate::escape;
use crate::files::{Item, ItemKind};
use crate::http::date;

/// Appends `items` as an array of objects, in a call of `callback` unless that is
/// empty.
pub(super) fn write_json(items: &[Item], callback: &[u8], out: &mut Vec<u8>) {
    if !callback.is_empty() {
        out.extend_from_slice(b"/* callback */\r\n");
        out.extend_from_slice(callback);
        out.push(b'(');
    }
    out.push(b'[');
    for (index, item) in items.iter().enumerate() {
        out.extend_from_slice(if index == 0 { b"" } else { b"," });
        out.extend_from_slice(b"\r\n{ \"name\":\"");
        escape::write_json(&item.name, out);
        out.extend_from_slice(b"\", \"type\":\"");
        out.extend_from_slice(kind(item));
        out.extend_from_slice(b"\", \"mtime\":\"");
        out.extend_from_slice(&date::format(item.modified_s));
        out.push(b'"');
        if item.kind == ItemKind::File {
            out.extend_from_slice(b", \"size\":");
            out.extend_from_slice(itoa::Buffer::new().format(item.len).as_bytes());
        }
        out.extend_from_slice(b" }");
    }
    out.extend_from_slice(b"\r\n]");
    if !callback.is_empty() {
        out.extend_from_slice(b");");
    }
}

/// Appends `items` as a document with an element for each.
pub(super) fn write_xml(items: &[Item], out: &mut Vec<u8>) {
    out.extend_from_slice(b"<?xml version=\"1.0\"?>\r\n<list>\r\n");
    for item in items {
        out.push(b'<');
        out.extend_from_slice(kind(item));
        out.extend_from_slice(b" mtime=\"");
        date::write_iso(item.modified_s, out);
        if item.kind == ItemKind::File {
            out.extend_from_slice(b"\" size=\"");
            out.extend_from_slice(itoa::Buffer::new().format(item.len).as_bytes());
        }
        out.extend_from_slice(b"\">");
        escape::write_html(&item.name, out);
        out.extend_from_slice(b"</");
        out.extend_from_slice(kind(item));
        out.extend_from_slice(b">\r\n");
    }
    out.extend_from_slice(b"</list>\r\n");
}

fn kind(item: &Item) -> &'static [u8] {
    match item.kind {
        ItemKind::Directory => b"directory",
        ItemKind::File => b"file",
        ItemKind::Other => b"other",
    }
}

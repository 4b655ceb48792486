//! Listings for programs: JSON, JSONP and XML, as nginx writes them.

use crate::escape;
use crate::files::{Item, ItemKind};
use crate::http::date;

/// What stands before an array of objects: the front of a call of `callback` unless that is empty.
pub(super) fn write_json_front(callback: &[u8], out: &mut Vec<u8>) {
    if !callback.is_empty() {
        out.extend_from_slice(b"/* callback */\r\n");
        out.extend_from_slice(callback);
        out.push(b'(');
    }
    out.push(b'[');
}

/// Appends an object.
pub(super) fn write_json(item: &Item, first: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if first { b"" } else { b"," });
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

/// What stands behind the objects.
pub(super) fn write_json_back(callback: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"\r\n]");
    if !callback.is_empty() {
        out.extend_from_slice(b");");
    }
}

/// The front of a document with an element for each item.
pub(super) fn write_xml_front(out: &mut Vec<u8>) {
    out.extend_from_slice(b"<?xml version=\"1.0\"?>\r\n<list>\r\n");
}

/// Appends an element.
pub(super) fn write_xml(item: &Item, out: &mut Vec<u8>) {
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

/// Its end.
pub(super) fn write_xml_back(out: &mut Vec<u8>) {
    out.extend_from_slice(b"</list>\r\n");
}

fn kind(item: &Item) -> &'static [u8] {
    match item.kind {
        ItemKind::Directory => b"directory",
        ItemKind::File => b"file",
    }
}

//! A listing as a page: the pieces of `templates/listing.html`, filled in.

use std::io::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use crate::escape;
use crate::files::{Item, ItemKind};
use crate::handler::Request;
use crate::http::date;
use crate::http::method::Method;
use crate::site::{Listing, ListingHole, ListingPiece, ListingSection};

/// What is escaped in a link to a name: all but the characters that RFC 3986 calls unreserved.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Bytes of a row beside the name, about.
const ROW_LEN: usize = 200;

/// What a page shows.
struct Page<'a> {
    request: &'a Request<'a>,
    listing: &'a Listing,
    items: &'a [Item],
    cut: bool,
    /// Whether files may be deleted.
    deletes: bool,
    /// Seconds that are added to times.
    offset_s: i64,
}

/// Appends the page that shows `items`; `cut` where there are more.
pub(super) fn write(
    request: &Request<'_>,
    listing: &Listing,
    items: &[Item],
    cut: bool,
    out: &mut Vec<u8>,
) {
    let variables = request.variables;
    let offset_s = match listing.local_time {
        // As in nginx, the present distance from UTC, summer or not.
        true => i64::from(variables.local_clock.offset_s(variables.now)),
        false => 0,
    };
    let names_len: usize = items.iter().map(|item| 2 * item.name.len() + ROW_LEN).sum();
    out.reserve(names_len + 4 * ROW_LEN);
    let methods = (request.locate)(variables.path).methods;
    let deletes = methods.contains(Method::Delete);
    Page { request, listing, items, cut, deletes, offset_s }.fill(listing.page, None, out);
}

impl Page<'_> {
    /// Appends pieces; `item` is the one that they are about.
    fn fill(&self, pieces: &[ListingPiece], item: Option<&Item>, out: &mut Vec<u8>) {
        for piece in pieces {
            match (piece, item) {
                (ListingPiece::Literal(text), _) => out.extend_from_slice(text),
                (ListingPiece::Section(ListingSection::Items, pieces), _) => {
                    self.items.iter().for_each(|item| self.fill(pieces, Some(item), out));
                }
                (ListingPiece::Section(section, pieces), _) => {
                    if self.has(*section, item) {
                        self.fill(pieces, item, out);
                    }
                }
                (ListingPiece::Hole(ListingHole::Path), _) => {
                    escape::write_html(self.request.variables.path, out);
                }
                (ListingPiece::Hole(ListingHole::Count), _) => {
                    let count = self.items.len();
                    out.extend_from_slice(itoa::Buffer::new().format(count).as_bytes());
                }
                (ListingPiece::Hole(hole), Some(item)) => self.fill_hole(*hole, item, out),
                (ListingPiece::Hole(_), None) => {}
            }
        }
    }

    /// Whether a section is shown.
    fn has(&self, section: ListingSection, item: Option<&Item>) -> bool {
        match section {
            ListingSection::Items => true,
            ListingSection::Parent => self.request.variables.path != b"/",
            ListingSection::Cut => self.cut,
            ListingSection::Empty => self.items.is_empty(),
            ListingSection::Delete => {
                self.deletes && item.is_none_or(|item| item.kind == ItemKind::File)
            }
        }
    }

    fn fill_hole(&self, hole: ListingHole, item: &Item, out: &mut Vec<u8>) {
        let slash: &[u8] = if item.kind == ItemKind::Directory { b"/" } else { b"" };
        match hole {
            ListingHole::Path | ListingHole::Count => {}
            ListingHole::Link => {
                out.extend(percent_encode(&item.name, ESCAPED).flat_map(str::bytes));
                out.extend_from_slice(slash);
            }
            ListingHole::Name => {
                escape::write_html(&item.name, out);
                out.extend_from_slice(slash);
            }
            ListingHole::Size if item.kind == ItemKind::Directory => out.push(b'-'),
            ListingHole::Size if self.listing.exact_size => {
                out.extend_from_slice(itoa::Buffer::new().format(item.len).as_bytes());
            }
            ListingHole::Size => write_rounded(item.len, out),
            ListingHole::Time => date::write_short(item.modified_s + self.offset_s, out),
        }
    }
}

/// Appends a length as nginx rounds it: to four digits or, in a larger unit, to whole ones.
fn write_rounded(len: u64, out: &mut Vec<u8>) {
    const K: u64 = 1 << 10;
    let (unit, sign) = match len {
        0..=9999 => (1, ""),
        10_000..0x10_0000 => (K, "K"),
        0x10_0000..0x4000_0000 => (K * K, "M"),
        _ => (K * K * K, "G"),
    };
    let rounded = len / unit + u64::from(len % unit * 2 >= unit && unit > 1);
    // Writing to a vector does not fail.
    let _ = write!(out, "{rounded}{sign}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_rounded_as_in_nginx() {
        for (len, text) in [
            (0, "0"),
            (9999, "9999"),
            (10_000, "10K"),
            (10_240, "10K"),
            (10_751, "10K"),
            (10_752, "11K"),
            (1_048_064, "1024K"),
            (1_048_575, "1024K"),
            (1_048_576, "1M"),
            (1_536_000, "1M"),
            (1_572_864, "2M"),
            (1 << 30, "1G"),
            (u64::MAX, "17179869184G"),
        ] {
            let mut out = Vec::new();
            write_rounded(len, &mut out);
            assert_eq!(String::from_utf8_lossy(&out), text, "{len}");
        }
    }
}

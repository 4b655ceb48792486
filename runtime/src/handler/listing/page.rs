//! A listing as a page: the pieces of `templates/listing.html`, filled in.

use std::io::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use crate::escape;
use crate::files::{Item, ItemKind, Items};
use crate::handler::Request;
use crate::http::date;
use crate::http::method::Method;
use crate::site::{Listing, ListingHole, ListingPiece, ListingSection};

/// What is escaped in a link to a name: all but the characters that RFC 3986 calls unreserved.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What a page shows beside the items.
pub(super) struct Page {
    /// The path of the request.
    path: Vec<u8>,
    listing: &'static Listing,
    /// Whether files may be deleted.
    deletes: bool,
    /// Seconds that are added to times.
    offset_s: i64,
}

/// What a piece of a page is about.
#[derive(Clone, Copy)]
enum About<'a> {
    All(&'a Items),
    Item(&'a Item),
}

impl Page {
    pub(super) fn new(request: &Request<'_>, listing: &'static Listing) -> Page {
        let variables = request.variables;
        let offset_s = match listing.local_time {
            // As in nginx, the present distance from UTC, summer or not.
            true => i64::from(variables.local_clock.offset_s(variables.now)),
            false => 0,
        };
        let methods = (request.locate)(variables.path).methods;
        let deletes = methods.contains(Method::Delete);
        Page { path: variables.path.to_vec(), listing, deletes, offset_s }
    }

    /// Appends what stands before the items.
    pub(super) fn write_front(&self, items: &Items, out: &mut Vec<u8>) {
        self.fill(self.parts().0, About::All(items), out);
    }

    /// Appends what stands for an item.
    pub(super) fn write_item(&self, item: &Item, out: &mut Vec<u8>) {
        self.fill(self.parts().1, About::Item(item), out);
    }

    /// Appends what stands behind the items.
    pub(super) fn write_back(&self, items: &Items, out: &mut Vec<u8>) {
        self.fill(self.parts().2, About::All(items), out);
    }

    /// The pieces before the items, for each of them, and behind them. The items are not within
    /// another section.
    fn parts(&self) -> (&'static [ListingPiece], &'static [ListingPiece], &'static [ListingPiece]) {
        let pieces = self.listing.page;
        let items = pieces.iter().enumerate().find_map(|(index, piece)| match piece {
            ListingPiece::Section(ListingSection::Items, pieces) => Some((index, *pieces)),
            _ => None,
        });
        match items {
            Some((index, items)) => (&pieces[..index], items, &pieces[index + 1..]),
            None => (pieces, &[], &[]),
        }
    }

    /// Appends pieces.
    fn fill(&self, pieces: &[ListingPiece], about: About<'_>, out: &mut Vec<u8>) {
        for piece in pieces {
            match (piece, about) {
                (ListingPiece::Literal(text), _) => out.extend_from_slice(text),
                (ListingPiece::Section(section, pieces), _) => {
                    if self.has(*section, about) {
                        self.fill(pieces, about, out);
                    }
                }
                (ListingPiece::Hole(ListingHole::Path), _) => escape::write_html(&self.path, out),
                (ListingPiece::Hole(ListingHole::Count), About::All(items)) => {
                    let count = items.count();
                    out.extend_from_slice(itoa::Buffer::new().format(count).as_bytes());
                }
                (ListingPiece::Hole(hole), About::Item(item)) => self.fill_hole(*hole, item, out),
                (ListingPiece::Hole(_), About::All(_)) => {}
            }
        }
    }

    /// Whether a section is shown.
    fn has(&self, section: ListingSection, about: About<'_>) -> bool {
        match (section, about) {
            (ListingSection::Items, _) => false,
            (ListingSection::Parent, _) => self.path != b"/",
            (ListingSection::Cut, About::All(items)) => items.are_cut(),
            (ListingSection::Empty, About::All(items)) => items.count() == 0,
            (ListingSection::Cut | ListingSection::Empty, About::Item(_)) => false,
            (ListingSection::Delete, About::All(_)) => self.deletes,
            (ListingSection::Delete, About::Item(item)) => {
                self.deletes && item.kind == ItemKind::File
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

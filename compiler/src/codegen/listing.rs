//! Listings of directories: the distinct ways in which a site lists them, and the page.

use proc_macro2::TokenStream;
use quote::quote;
use sitec_runtime::site::{ListingFormat, ListingHole, ListingSection};

use super::plain::plain;
use super::tokens::{Shared, bytes, numbered, variant};
use crate::directive::Values;
use crate::template::{Piece, Template};

/// What the names of the template's holes mean.
const HOLES: &[(&str, ListingHole)] = &[
    ("path", ListingHole::Path),
    ("count", ListingHole::Count),
    ("link", ListingHole::Link),
    ("name", ListingHole::Name),
    ("size", ListingHole::Size),
    ("time", ListingHole::Time),
];

/// What the names of its sections mean.
const SECTIONS: &[(&str, ListingSection)] = &[
    ("items", ListingSection::Items),
    ("parent", ListingSection::Parent),
    ("empty", ListingSection::Empty),
    ("cut", ListingSection::Cut),
    ("delete", ListingSection::Delete),
];

/// The statics of all listings that settings have referred to.
pub(super) fn listings(shared: &Shared) -> TokenStream {
    let mut items = TokenStream::new();
    let listings = shared.listings.items();
    if listings.iter().any(|listing| listing.format == ListingFormat::Html) {
        let template = Template::new(include_str!("../../templates/listing.html"));
        let pieces = template.pieces().iter().map(piece);
        items.extend(quote! {
            const LISTING_PAGE: &[site::ListingPiece] = &[#(#pieces),*];
        });
    }
    for (index, listing) in listings.iter().enumerate() {
        let name = numbered("LISTING", index);
        let plain = plain("listing", &Values { listing: *listing, ..Values::DEFAULT });
        let page = match listing.format {
            ListingFormat::Html => quote!(LISTING_PAGE),
            _ => quote!(&[]),
        };
        items.extend(quote! {
            static #name: site::Listing = site::Listing::new(#plain, #page);
        });
    }
    items
}

fn piece(piece: &Piece) -> TokenStream {
    match piece {
        Piece::Literal(text) => {
            let text = bytes(text.as_bytes());
            quote!(site::ListingPiece::Literal(#text))
        }
        Piece::Hole(name) => {
            let hole = variant(meaning(HOLES, name));
            quote!(site::ListingPiece::Hole(site::ListingHole::#hole))
        }
        Piece::Section(name, pieces) => {
            let section = variant(meaning(SECTIONS, name));
            let pieces = pieces.iter().map(self::piece);
            quote! {
                site::ListingPiece::Section(site::ListingSection::#section, &[#(#pieces),*])
            }
        }
    }
}

/// What a name of the template means.
fn meaning<T: Copy>(names: &[(&str, T)], name: &str) -> T {
    let known = names.iter().find(|(known, _)| *known == name);
    known.unwrap_or_else(|| panic!("`{name}` of the template means nothing")).1
}

#[cfg(test)]
mod tests {
    use sitec_runtime::site::ListingSettings;

    use super::*;

    #[test]
    fn the_page_is_written_where_a_page_is_shown() {
        let mut shared = Shared::default();
        let text = |shared: &Shared| listings(shared).to_string();
        assert_eq!(text(&shared), "");
        let json = ListingSettings { format: ListingFormat::Json, ..ListingSettings::DEFAULT };
        shared.listings.number(&json);
        assert!(!text(&shared).contains("LISTING_PAGE"));
        shared.listings.number(&ListingSettings::DEFAULT);
        assert!(text(&shared).contains("ListingSection :: Items"));
    }
}

//! How lists of folders look.

use super::ListingSettings;

/// `autoindex on`.
pub struct Listing {
    /// What is shown.
    pub(crate) plain: ListingSettings,
    /// The page, for [`ListingFormat::Html`].
    pub(crate) page: &'static [ListingPiece],
}

impl Listing {
    /// A listing that shows what the settings say; `page` is for [`ListingFormat::Html`].
    pub const fn new(plain: ListingSettings, page: &'static [ListingPiece]) -> Listing {
        Listing { plain, page }
    }
}

/// `autoindex_format`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum ListingFormat {
    Html,
    Json,
    Jsonp,
    Xml,
}

/// A piece of the page of a listing.
pub enum ListingPiece {
    /// Text of the template.
    Literal(&'static [u8]),
    /// What is filled in.
    Hole(ListingHole),
    /// Pieces that stand there once, not at all, or for each name.
    Section(ListingSection, &'static [ListingPiece]),
}

/// What is filled in where a listing's template has a hole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListingHole {
    /// The path of the request.
    Path,
    /// How many names are listed.
    Count,
    /// The link to a name.
    Link,
    /// A name, with a slash at the end of a directory's.
    Name,
    /// The length of a file.
    Size,
    /// When it was last modified.
    Time,
}

/// When the pieces of a section are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListingSection {
    /// For each name.
    Items,
    /// Where there is a directory above this one.
    Parent,
    /// Where nothing is listed.
    Empty,
    /// Where not all is listed.
    Cut,
    /// Where files may be deleted; within [`Items`](ListingSection::Items), for a file.
    Delete,
}

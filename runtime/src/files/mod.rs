//! Files of a site: opened beneath their directory, and kept open while they stay the same.
//!
//! No request reaches a file outside of its directory: paths are checked as text first
//! ([`path`]), then opened by a call or a walk that does not leave the directory ([`open`]).
//! What a path is, is asked of the disk at most once a second ([`cache`]). What is written is
//! written beneath a directory too ([`spot`]), and seen when it is whole ([`draft`]).

mod cache;
mod draft;
mod entry;
mod journal;
mod links;
mod list;
mod open;
pub mod path;
mod placement;
mod places;
mod saved;
mod spot;
mod sweep;
mod tree;
mod walk;

pub use cache::{Changes, Files, MAX_CONTENT_LEN, MAX_DESCRIPTORS, MAX_ENTRIES, Name, Question};
pub use draft::{Draft, Present};
pub use entry::{Entry, Source, StoredFile};
pub use links::Links;
pub use list::{Item, ItemKind, Items, MAX_LISTED_LEN, MAX_NAMES};
pub use open::Directory;
pub use placement::{Placement, Temporary};
pub use places::MAX_WORKS;
pub(crate) use places::Place;
pub use saved::Saved;
pub use spot::Spot;
pub use sweep::{is_reserved, prepare_store, sweep};
pub use tree::{Failure, FileCopy, LEVEL_DESCRIPTORS, MAX_DEPTH, RECORDS_LEN, Removal, TreeCopy};

#[cfg(test)]
mod change_tests;
#[cfg(test)]
mod link_tests;
#[cfg(test)]
mod tests;

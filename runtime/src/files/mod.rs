//! Files of a site: opened beneath their directory, and kept open while they stay the same.
//!
//! No request reaches a file outside of its directory: paths are checked as text first
//! ([`path`]), then opened by a call or a walk that does not leave the directory ([`open`]).
//! What a path is, is asked of the disk at most once a second ([`cache`]).

mod cache;
mod entry;
mod open;
pub mod path;

pub use cache::Files;
pub use entry::{Entry, Source, StoredFile};

#[cfg(test)]
mod tests;

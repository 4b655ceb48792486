//! Answers of other servers that are kept, to be given again without asking (`proxy_cache` and its
//! like): how long one may be given ([`freshness`]), its file ([`record`]), what is known of all of
//! them ([`index`]), their folder ([`store`]), what tells those of one key apart ([`variant`]), the look
//! at it ([`look`]), and what keeps an answer on its way to the client ([`fill`]).

mod fill;
mod freshness;
mod index;
mod look;
mod record;
mod store;
mod variant;

use crate::site::Digest as Hash;

pub(crate) use fill::{Fill, keep};
pub(crate) use look::{Asked, Hit, Look, holds, look};
pub use store::Store;

/// What an answer is known by: a MD5.
type Digest = [u8; 16];

/// The MD5 of several texts in a row.
fn digest(hash: Hash, texts: &[&[u8]]) -> Digest {
    hash(&texts.concat())
}

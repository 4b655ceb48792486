//! Answers of other servers that are kept, to be given again without asking.

use super::{CacheId, Digest, StartText, Text};

/// A `proxy_cache_path`, or that of another protocol.
pub struct Cache {
    /// The name of its `keys_zone`.
    pub name: &'static str,
    /// The folder that its files are in. A relative one is under the prefix.
    pub path: StartText,
    /// `levels`: how many digits of a file's name the folders above it are named by, the outermost
    /// first; 0: there is no such folder.
    pub levels: [u8; 3],
    /// `keys_zone`: bytes of memory for what is known of the files.
    pub keys_len: usize,
    /// `inactive`: how long a file stays that nobody asks for.
    pub inactive_ms: u64,
    /// `max_size`: bytes of all files; past them, those go that were asked for longest ago.
    pub max_len: u64,
    /// `min_free`: bytes of the file system that stay free.
    pub min_free: u64,
    /// The MD5 that files are named by.
    pub digest: Digest,
}

/// What goes with a `proxy_cache`.
pub struct Caching {
    /// Where answers are kept.
    pub cache: CacheId,
    /// `proxy_cache_key`: what tells one from another.
    pub key: Text,
    /// `proxy_cache_valid`: how long answers count as fresh that say nothing of it.
    pub valid: &'static [CacheValid],
    /// `proxy_cache_bypass`: where one of these is neither empty nor `0`, the other server is asked
    /// whatever is kept.
    pub bypass: &'static [Text],
    /// `proxy_no_cache`: where one of these is so, its answer is not kept.
    pub refused: &'static [Text],
}

/// A `proxy_cache_valid`.
pub struct CacheValid {
    /// The statuses that it is about; empty: all.
    pub statuses: &'static [u16],
    /// How long, in seconds; 0: such an answer is not kept.
    pub time_s: u64,
}

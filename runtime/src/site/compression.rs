//! What is compressed on its way to a client: see [`Compression`].

use super::{Begin, CompressionSettings, Regex};
use crate::http::accept::Coding;

/// `gzip`, `brotli` and `zstd`, and what goes with them.
pub struct Compression {
    /// What is one plain value each.
    pub plain: CompressionSettings,
    /// Those that are on, the one first that is taken where a client likes several equally well.
    pub coders: &'static [Coder],
    /// `gunzip`: makes what undoes gzip for clients that do not take it.
    pub gunzip: Option<Begin>,
    /// `gzip_disable`: the clients that get nothing in gzip, by User-Agent.
    pub disable: Option<&'static Regex>,
}

/// One coding that is on.
pub struct Coder {
    /// Which one.
    pub coding: Coding,
    /// The media types that it is for, in lower case; `None`: all.
    pub types: Option<&'static [&'static [u8]]>,
    /// Makes its encoder.
    pub begin: Begin,
}

impl Compression {
    /// The coder of a coding that is on.
    pub fn coder(&self, coding: Coding) -> Option<&Coder> {
        self.coders.iter().find(|coder| coder.coding == coding)
    }
}

impl CompressionSettings {
    /// Whether a coding is on.
    pub fn is_on(&self, coding: Coding) -> bool {
        match coding {
            Coding::Gzip => self.gzip,
            Coding::Brotli => self.brotli,
            Coding::Zstd => self.zstd,
        }
    }

    /// The shortest content that is compressed so, in bytes.
    pub fn min_len(&self, coding: Coding) -> u64 {
        match coding {
            Coding::Gzip => self.gzip_min_len,
            Coding::Brotli => self.brotli_min_len,
            Coding::Zstd => self.zstd_min_len,
        }
    }

    /// `gzip_comp_level` and its like.
    pub fn level(&self, coding: Coding) -> u32 {
        match coding {
            Coding::Gzip => self.gzip_level,
            Coding::Brotli => self.brotli_level,
            Coding::Zstd => self.zstd_level,
        }
    }
}

/// `gzip_http_version`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum LeastVersion {
    Http10,
    Http11,
}

impl LeastVersion {
    /// The version's second number.
    pub fn minor(self) -> u8 {
        match self {
            LeastVersion::Http10 => 0,
            LeastVersion::Http11 => 1,
        }
    }
}

/// `gzip_proxied`: which responses to requests that have come through a proxy are compressed. None
/// of them: `off`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Proxied {
    /// All.
    pub any: bool,
    /// Those to requests with Authorization.
    pub auth: bool,
    /// Those whose Expires has passed.
    pub expired: bool,
    /// Those with `Cache-Control: no-cache`.
    pub no_cache: bool,
    /// Those with `Cache-Control: no-store`.
    pub no_store: bool,
    /// Those with `Cache-Control: private`.
    pub private: bool,
    /// None with Last-Modified.
    pub no_last_modified: bool,
    /// None with ETag.
    pub no_etag: bool,
}

impl Proxied {
    /// `off`.
    pub const OFF: Proxied = Proxied {
        any: false,
        auth: false,
        expired: false,
        no_cache: false,
        no_store: false,
        private: false,
        no_last_modified: false,
        no_etag: false,
    };
}

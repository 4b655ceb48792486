//! Files that lie in the binary.

use std::path::PathBuf;

use sitec_runtime::http::accept::Coding;
use sitec_runtime::pack::LARGE_LEN;
use sitec_runtime::site::{DirectoryId, Follow, TypesId};

use super::PackKind;

/// The files beneath one directory as some locations serve them from the binary.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Pack {
    /// The directory, whose path is known.
    pub directory: DirectoryId,
    /// Which symlinks are followed.
    pub follow: Follow,
    /// Whether names that begin with a dot are served.
    pub hidden_files: bool,
    /// Their media types, as in [`Settings`](super::Settings).
    pub types: TypesId,
    #[allow(missing_docs)]
    pub default_type: Vec<u8>,
    /// Whether they have entity tags.
    pub etag: bool,
    /// Whether parts of them may be asked for.
    pub ranges: bool,
    /// What compressed forms are made of them.
    pub codings: Vec<Coding>,
    /// All that is there, the directory itself first; by path.
    pub nodes: Vec<PackNode>,
}

impl Pack {
    /// Whether a file of it is sent from the program's own file.
    pub fn has_large_files(&self) -> bool {
        self.nodes.iter().any(|node| node.kind == PackKind::File && node.len >= LARGE_LEN as u64)
    }
}

/// A path of a [`Pack`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PackNode {
    /// Relative, without a slash at either end; empty for the directory itself.
    pub path: Vec<u8>,
    /// What is there.
    pub kind: PackKind,
    /// Where it is on this machine, symlinks resolved.
    pub source: PathBuf,
    /// The length of a file.
    pub len: u64,
    /// When it was last modified, in seconds since 1970.
    pub modified_s: i64,
}

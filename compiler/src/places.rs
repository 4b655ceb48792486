//! Where the conf says what [`ir`](crate::ir) numbers: the spans and the words that `ir` itself
//! does not keep. For whoever explains an answer; nothing is generated from it.

use sitec_runtime::site::{LocationId, ServerId};

use crate::source::Span;

/// The places of one site.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Places {
    /// One for each of [`ir::Site::servers`](crate::ir::Site::servers).
    pub servers: Vec<ServerPlace>,
    /// One for each of [`ir::Site::locations`](crate::ir::Site::locations).
    pub locations: Vec<LocationPlace>,
}

/// A `server` block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServerPlace {
    /// The word `server`.
    pub span: Span,
    /// Its names, as they are written.
    pub names: Vec<String>,
}

/// A `location` block, or a server outside of all its locations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocationPlace {
    /// From `location` to its URI; for a server, the word `server`.
    pub span: Span,
    /// The server that it is in.
    pub server: ServerId,
    /// Modifier and URI with one space between them, `@NAME`, or nothing for a server.
    pub written: String,
}

impl Places {
    /// A location for a message: `location ~ \.php$`, or `server`.
    pub fn location(&self, id: LocationId) -> String {
        match &self.locations[id as usize].written[..] {
            "" => "server".to_owned(),
            written => format!("location {written}"),
        }
    }
}

//! What the end-to-end tests share: servers that are started from compiled sites, and clients
//! that speak bytes. Everything here has a time limit, and panics with what it has seen when
//! a test cannot go on.

pub mod acme;
pub mod backend;
pub mod browser;
pub mod client;
pub mod folder;
pub mod http2;
pub mod responder;
pub mod response;
pub mod secure;
pub mod server;

use std::time::Duration;

/// The longest that a test waits for anything at all.
pub const PATIENCE: Duration = Duration::from_secs(10);

//! Servers behind this one: which of them a request goes to ([`balance`], [`held`]), the connections to them
//! ([`pool`]), what of their answers goes on ([`edit`]), and how one request comes to its response
//! ([`Running`]), if need be by several of them. What they are asked is for the handler to say
//! (`handler::proxy`).
//!
//! What goes to a server is written anew from the parsed request, in a framing of our own. Fields that
//! speak of one connection are never passed on, in either direction. A connection is used again only
//! after a complete answer with nothing behind it.

pub(crate) mod balance;
mod call;
mod edit;
mod find;
mod health;
mod held;
mod names;
mod pool;
mod running;
pub(crate) mod sticky;
mod tunnel;

pub(crate) use balance::Choice;
pub(crate) use call::{Call, Content, Secure};
pub(crate) use edit::edit;
use find::{FoundPeer, PeerAddress};
pub use find::{FoundUpstream, find};
pub use health::Findings;
pub use held::SharedGroups;
pub use names::{Names, News};
pub(crate) use pool::Heard;
pub use pool::{UPSTREAM, Upstreams};
pub(crate) use running::{MOST_UNSENT, Running};

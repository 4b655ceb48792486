//! CGI (RFC 3875): which script a request runs ([`script`]), what it is told ([`environment`]),
//! the process that starts it ([`spawner`]), its pipes ([`Running`]) and what it answers
//! ([`output`]). A script runs in a process group of its own and is stopped with all of it.

mod backend;
mod command;
pub(crate) mod environment;
mod fault;
pub(crate) mod output;
mod running;
pub mod script;
mod spawner;
mod stderr;

pub use fault::{describe_end, not_started};
pub use output::MAX_HEAD_LEN;
pub use running::{Call, Running};
pub(crate) use spawner::queue_len;
pub use spawner::{Spawner, SpawnerProcess};
pub(crate) use stderr::ErrorLines;

//! Scripts of CGI (RFC 3875) that run: the process that starts them ([`spawner`]), its pipes ([`Running`]) and what it answers
//! ([`output`]). A script runs in a process group of its own and is stopped with all of it.

mod backend;
mod command;
mod fault;
pub(crate) mod output;
mod running;
mod spawner;
mod stderr;

pub use command::Command;
pub use fault::{describe_end, not_started};
pub use output::MAX_HEAD_LEN;
pub use running::{Call, Running};
pub(crate) use spawner::queue_len;
pub use spawner::{Spawner, SpawnerProcess};
pub(crate) use stderr::{ERRORS_LEVEL, ErrorLines};

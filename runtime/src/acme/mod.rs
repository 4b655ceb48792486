//! Certificates that are fetched and renewed by ACME (RFC 8555): a command of the site's own binary, which
//! knows the names, the files and the folders, and is where the server is. The server itself only
//! answers challenges: from a folder that the conf serves, or in handshakes by what lies in one.

#[cfg(feature = "acme")]
mod answer;
#[cfg(feature = "acme")]
mod fault;
#[cfg(feature = "acme")]
mod jose;
#[cfg(feature = "acme")]
mod order;
#[cfg(feature = "acme")]
mod pair;
// Only who fetches reads all of it.
#[cfg_attr(not(feature = "acme"), allow(dead_code))]
mod plan;
#[cfg(feature = "acme")]
mod renewal;
#[cfg(feature = "acme")]
mod run;
#[cfg(feature = "acme")]
mod session;
#[cfg(feature = "acme")]
mod state;
#[cfg(feature = "acme")]
mod time;

pub use plan::{Authority, CHALLENGE_PATH, Mode, Plan, TLS_FOLDER, Wait, Wanted};
#[cfg(feature = "acme")]
pub use run::run;

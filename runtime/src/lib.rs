//! The runtime that a site compiled by sitec is linked against: an event loop around
//! `poll(2)`, HTTP/1.1 and HTTP/2, TLS, and the handlers. It knows nothing of the compiler;
//! the two meet in the generated text, which fills in the types of [`site`].

#![deny(unsafe_code)]

mod access;
mod acme;
mod backend;
pub mod bounds;
mod cache;
mod cgi;
mod clock;
pub mod coding;
mod commands;
mod compiled;
mod connection;
mod context;
mod counts;
mod deadlines;
mod escape;
pub mod exchange;
pub mod fastcgi;
mod files;
mod forms;
mod handed_over;
mod handler;
pub mod http;
mod http1;
pub mod http2;
mod image;
mod keeper;
pub mod links;
mod listener;
mod log;
pub mod media;
pub mod memcached;
mod metrics;
pub mod networks;
mod options;
mod output;
pub mod pack;
mod params;
mod poll_set;
mod programs;
pub mod proxy_protocol;
pub mod pure;
pub mod real_ip;
pub mod referers;
pub mod regex;
#[cfg(test)]
mod samples;
#[cfg(feature = "sealed")]
pub mod sealed;
// Only TLS reads all that is there.
#[cfg_attr(not(feature = "tls"), allow(dead_code))]
mod secured;
mod serving;
pub mod shares;
pub mod site;
#[cfg(feature = "ssi")]
mod ssi;
mod start;
mod subrequest;
mod sys;
pub mod texts;
#[cfg(feature = "tls")]
mod tls;
mod transport;
pub mod trie;
mod upstream;
pub mod users;
pub mod variables;
mod worker;
mod zone;

pub use start::{main, run};

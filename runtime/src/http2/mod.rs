//! HTTP/2 (RFC 9113).
//!
//! A connection is two kinds of things to the event loop. What reads its frames is a state of the
//! connection that was accepted (`http1/frames.rs`), beside those of HTTP/1: it owns the socket, the
//! compression of fields and the order of frames ([`session`]). Each stream is a connection of its own
//! (`http1/streams.rs`), whose transport is the stream: it has an exchange, a state, a deadline and a
//! token as one of HTTP/1 has, and goes through the same code for content, scripts, servers behind this
//! one, waiting and logs. Between the two stands the [`mux`], which all of them hold.
//!
//! A stream whose answer is sent at once, as mostly, has never been anywhere but on the stack. One that
//! waits for anything takes a place of the worker, as a connection does: so the places bound what
//! streams may hold, and those that are slow make way.
//!
//! The other way round, where this server asks another one, [`client`] is the end of a connection.
//!
//! `hpack`, `frame`, `flow`, `budget`, `client` and `priority` do no I/O and know nothing of sites.

pub mod budget;
pub mod client;
pub mod flow;
pub mod frame;
mod gathered;
pub mod hpack;
pub(crate) mod mux;
pub mod priority;
mod response;
pub(crate) mod session;

/// What a connection with so many streams holds for them at most, in bytes: frames to be sent, with what
/// their memory grows by; content; fields that are not whole; the table of fields; what is known of
/// each stream.
pub(crate) const fn held_len(max_streams: u32, head_len: usize) -> usize {
    let tables_len = 4 * hpack::TABLE_LEN + max_streams as usize * mux::ENTRY_LEN;
    2 * mux::GATHERED_LEN + mux::RECEIVED_LEN + 2 * head_len + tables_len
}

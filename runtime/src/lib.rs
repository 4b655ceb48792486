//! The runtime that a site compiled by sitec is linked against: an event loop around
//! `poll(2)`, HTTP/1.1, and the handlers. It knows nothing of the compiler; the two meet in
//! the generated text, which fills in the types of [`site`].

#![deny(unsafe_code)]

pub mod http;
pub mod regex;
pub mod site;
pub mod trie;
pub mod variables;

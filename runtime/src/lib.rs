//! The runtime that a site compiled by sitec is linked against: an event loop around
//! `poll(2)`, HTTP/1.1, and the handlers. It knows nothing of the compiler; the two meet in
//! the generated text, which fills in the types of [`site`].

#![deny(unsafe_code)]
#![allow(dead_code)]

mod clock;
mod deadlines;
mod escape;
mod files;
mod handler;
pub mod http;
pub mod media;
mod poll_set;
pub mod regex;
pub mod response_table;
pub mod site;
mod sys;
pub mod trie;
pub mod variables;

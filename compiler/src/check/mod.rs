//! `ast` to `ir`: structure, values, inheritance and defaults.

pub mod structure;
mod unknown;

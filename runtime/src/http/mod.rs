//! RFC 9110 and 9112: bytes to values and back. No I/O.

pub mod method;
pub mod status;

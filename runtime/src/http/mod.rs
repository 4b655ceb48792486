//! RFC 9110 and 9112: bytes to values and back. No I/O.

pub mod accept;
pub mod answer;
pub mod body;
pub mod charset;
pub mod conditional;
pub mod credentials;
pub mod date;
pub mod etag;
pub mod expires;
pub mod fields;
pub mod framed;
pub mod head;
mod lines;
pub mod method;
pub mod multipart;
pub mod range;
pub mod response;
mod scan;
pub mod size;
pub mod slice;
pub mod status;
pub mod target;

//! What is counted of requests for `metrics` and `status_page`, and how it is told. Each worker counts
//! its own, in tables whose sizes the conf decides; who is asked adds them up. A count that only one
//! thread writes is a plain addition.

mod facts;
mod families;
mod json;
mod meter;
mod telling;
mod text;
mod times;

pub use facts::{Facts, Peer};
pub use families::names;
pub use meter::{Meter, Meters, Request, counts_len};
pub use telling::{Form, Telling};
pub use text::TEXT_TYPE;

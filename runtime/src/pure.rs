//! Pure functions of the server that the compiler asks too where it works out what a site
//! answers, so that the two never disagree.

pub use crate::escape::write_arguments;
pub use crate::exchange::compress::{beside, wanted};
pub use crate::files::path::{is_hidden, stays_beneath};
pub use crate::handler::listing::is_callback;
pub use crate::handler::status_page::StatusPart;
pub use crate::handler::upload::name::check as check_upload_name;
pub use crate::handler::{escape_path, folder_uri, gif};
pub use crate::http::slice::write_range as write_slice_range;
pub use crate::log::{MOST_NAME_LEN as MOST_LOG_NAME_LEN, SyslogServer};
pub use crate::metrics::names as metric_names;
pub use crate::params::{BindAddress, is_whole_name, parse_listen};
pub use crate::variables::{find_argument, find_cookie, has_sequence, is_same_name, read_uid};

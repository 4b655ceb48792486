//! One word to one typed value. Nothing here knows where the word stands; what is wrong with
//! it comes back as a diagnostic at the smallest part at fault.

mod address;
mod client;
mod expires;
mod file_mode;
mod media_type;
mod method;
mod number;
mod pcre;
mod regex;
mod server_name;
mod size;
mod status;
mod template;
#[cfg(test)]
pub(crate) mod testing;
mod time;
pub mod variable;

pub(crate) use address::{Bind, bind, binds, ip, port};
pub(crate) use client::{Clients, clients};
pub(crate) use expires::{expires, expires_modified};
pub(crate) use file_mode::{file_mode, file_mode_words};
pub(crate) use media_type::{is_token, media_type};
pub(crate) use method::method;
pub(crate) use number::{count, flag, keyword, keyword_in_any_case};
pub(crate) use regex::{Outline, Regex, outline, regex};
pub(crate) use server_name::{ServerName, server_name};
pub(crate) use size::{buffer_len, size};
pub(crate) use status::status;
pub(crate) use template::{Part, split};
pub(crate) use time::{seconds, time_ms};
pub(crate) use variable::{instead_of, is_only_nginx, variable};

use crate::diagnostic::Diagnostic;

/// A value, or what is wrong with the word that was to give it.
pub(crate) type Checked<T> = Result<T, Box<Diagnostic>>;

//! The variables that values of a conf may use, read from one request.

/// What the variables of one request are read from.
pub struct Variables<'a> {
    _request: &'a (),
}

//! The names that uploads may have.

use std::ffi::CString;

/// The longest name that file systems take, in bytes.
const MAX_LEN: usize = 255;

/// A decoded name as one for the system, or why it is none: one segment of a path that is not
/// hidden, without control characters.
pub fn check(name: &[u8]) -> Result<CString, &'static str> {
    const CONTROL: &str = "the name of the upload has a control character";
    match name {
        [] => Err("the upload has no name"),
        [b'.', ..] => Err("the name of the upload begins with a dot"),
        _ if name.contains(&b'/') => Err("the name of the upload has a slash"),
        _ if name.iter().any(u8::is_ascii_control) => Err(CONTROL),
        _ if name.len() > MAX_LEN => Err("the name of the upload is too long"),
        _ => CString::new(name).map_err(|_| CONTROL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let long = "n".repeat(MAX_LEN);
        for name in ["a", "a.txt", "a..b", "-", "~", "\u{e9} x", "a\\b", "a%2fb", &long] {
            assert_eq!(check(name.as_bytes()).as_deref().map(|name| name.to_bytes()), {
                Ok(name.as_bytes())
            });
        }
        let too_long = "n".repeat(MAX_LEN + 1);
        for name in ["", ".", "..", ".a", "a/b", "/a", "a/", "a\0", "a\n", "\u{7f}", &too_long] {
            assert!(check(name.as_bytes()).is_err(), "{name:?}");
        }
        assert!(check(b"\xff\xfe").is_ok());
    }
}

//! Media types: what of a path decides its own, and which of them a list names.

/// The extension of a path's last segment, without its dot; empty if it has none. As in
/// nginx, a dot that begins the segment begins no extension.
pub fn extension(path: &[u8]) -> &[u8] {
    let Some(at) = path.iter().rposition(|&byte| byte == b'.' || byte == b'/') else { return &[] };
    match &path[..at] {
        [] | [.., b'/'] => &[],
        _ if path[at] == b'/' => &[],
        _ => &path[at + 1..],
    }
}

/// A media type without its parameters.
pub fn without_parameters(media_type: &[u8]) -> &[u8] {
    let bare = media_type.split(|&byte| byte == b';').next().unwrap_or_default();
    bare.trim_ascii()
}

/// Whether a media type without parameters is one of `types`, where these are limited.
pub fn is_among<T: AsRef<[u8]>>(media_type: &[u8], types: Option<&[T]>) -> bool {
    let is_same = |other: &T| other.as_ref().eq_ignore_ascii_case(media_type);
    types.is_none_or(|types| types.iter().any(is_same))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions() {
        let cases = [
            ("/a.html", "html"),
            ("/a.tar.gz", "gz"),
            ("/a.b/c", ""),
            ("/.profile", ""),
            ("/.profile.txt", "txt"),
            ("/a.", ""),
            ("/a..html", "html"),
            ("/a.b/", ""),
            ("a.b", "b"),
            (".a", ""),
            ("a", ""),
            ("/", ""),
            ("", ""),
        ];
        for (path, expected) in cases {
            assert_eq!(extension(path.as_bytes()), expected.as_bytes(), "{path}");
        }
    }
}

//! What of a path decides its media type.

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

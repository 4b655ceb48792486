//! What of a path decides its media type.

/// The extension of a path's last segment, without its dot; empty if it has none. As in
/// nginx, a dot that begins the segment begins no extension.
pub fn extension(path: &[u8]) -> &[u8] {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
    match name.iter().rposition(|&byte| byte == b'.') {
        None | Some(0) => &[],
        Some(dot) => &name[dot + 1..],
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
            ("/", ""),
            ("", ""),
        ];
        for (path, expected) in cases {
            assert_eq!(extension(path.as_bytes()), expected.as_bytes(), "{path}");
        }
    }
}

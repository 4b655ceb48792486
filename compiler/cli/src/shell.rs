//! Words of command lines that are shown, for a shell to take them as they are.

use std::path::Path;

/// A path as one word.
pub(crate) fn quoted(path: &Path) -> String {
    word(&path.to_string_lossy())
}

/// The path of a file that a program would else take for the name of something.
pub(crate) fn local(path: &Path) -> String {
    let front = if path.is_absolute() || path.starts_with("..") { "" } else { "./" };
    word(&format!("{front}{}", path.display()))
}

/// A text as one word.
pub(crate) fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%:=,".contains(c);
    match !text.is_empty() && text.chars().all(plain) && !text.starts_with('-') {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole() {
        for (text, expected) in [
            ("a/b-1.conf", "a/b-1.conf"),
            ("a b", "'a b'"),
            ("it's", "'it'\\''s'"),
            ("$x", "'$x'"),
            ("-f", "'-f'"),
            ("", "''"),
        ] {
            assert_eq!(word(text), expected);
        }
        for (path, expected) in [("a.deb", "./a.deb"), ("/a b", "'/a b'"), ("../a", "../a")] {
            assert_eq!(local(Path::new(path)), expected);
        }
    }
}

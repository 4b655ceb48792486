//! Who may read and write: `user:rw group:r`.

use super::Checked;
use crate::ast::Word;
use crate::diagnostic::Diagnostic;

/// The permissions of a `dav_access`: the owner may read and write unless it says otherwise.
pub(crate) fn file_mode(words: &[Word]) -> Checked<u32> {
    let (mut mode, mut owner) = (0, 0o600);
    for word in words {
        let colon = word.value.iter().position(|&byte| byte == b':');
        let (who, rights) = word.value.split_at(colon.unwrap_or(word.value.len()));
        let shift = match who {
            b"user" => 6,
            b"group" => 3,
            b"all" => 0,
            _ => return Err(wrong_rights(word)),
        };
        let rights = match rights {
            b":rw" => 6,
            b":r" => 4,
            _ => return Err(wrong_rights(word)),
        };
        if who == b"user" {
            owner = 0;
        }
        mode |= rights << shift;
    }
    Ok(mode | owner)
}

/// The words that such permissions are written with.
pub(crate) fn file_mode_words(mode: u32) -> String {
    let rights = [("user", mode >> 6), ("group", mode >> 3), ("all", mode)];
    let words = rights.iter().filter_map(|(who, rights)| match rights & 7 {
        6 => Some(format!("{who}:rw")),
        4 => Some(format!("{who}:r")),
        _ => None,
    });
    words.collect::<Vec<_>>().join(" ")
}

fn wrong_rights(word: &Word) -> Box<Diagnostic> {
    let message = format!("`{}` does not say what somebody may do", word.shown());
    Box::new(
        Diagnostic::error("T25", word.span, message)
            .help("write `user`, `group` or `all`, and `:r` or `:rw`, as in `group:r`"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::word;

    #[test]
    fn permissions() {
        for (text, mode, words) in [
            ("user:rw", 0o600, "user:rw"),
            ("group:r", 0o640, "user:rw group:r"),
            ("user:r all:r", 0o404, "user:r all:r"),
            ("all:rw group:rw", 0o666, "user:rw group:rw all:rw"),
        ] {
            let read = file_mode(&text.split(' ').map(word).collect::<Vec<_>>()).unwrap();
            assert_eq!((read, file_mode_words(read).as_str()), (mode, words), "{text}");
        }
        for text in ["user", "user:w", "others:r", ""] {
            assert_eq!(file_mode(&[word(text)]).unwrap_err().code, "T25", "{text}");
        }
    }
}

//! Server names: `example.test`, `*.example.test`, `www.*`, `.example.test`, `~regex`, `""`.

use super::{Checked, Regex, regex};
use crate::ast::Word;
use crate::diagnostic::Diagnostic;

/// One name of a server, in lower case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum ServerName {
    /// A whole name; the empty one is a request without Host.
    Exact(Vec<u8>),
    /// `*.example.test`, as `.example.test`.
    Suffix(Vec<u8>),
    /// `.example.test`, as it is: the name and all names under it.
    Tree(Vec<u8>),
    /// `www.*`, as `www.`.
    Prefix(Vec<u8>),
    /// A regex after `~`.
    Regex(Regex),
}

/// A name without params in it.
pub(crate) fn server_name(word: &Word) -> Checked<ServerName> {
    if word.value == b"~" {
        return Err(Box::new(Diagnostic::error("T20", word.span, "there is no regex behind `~`")));
    }
    if word.value.first() == Some(&b'~') {
        return regex(word, 1, true).map(ServerName::Regex);
    }
    if let Some(wrong) = misspelled(word) {
        return Err(Box::new(wrong));
    }
    let mut name = word.value.to_ascii_lowercase();
    if name.len() > 1 && name.ends_with(b".") {
        name.pop();
    }
    Ok(match &name[..] {
        [b'*', rest @ ..] => ServerName::Suffix(rest.to_vec()),
        [b'.', _, ..] => ServerName::Tree(name),
        [rest @ .., b'*'] => ServerName::Prefix(rest.to_vec()),
        _ => ServerName::Exact(name),
    })
}

/// What keeps the word from being a name.
fn misspelled(word: &Word) -> Option<Diagnostic> {
    let value = &word.value;
    let text = word.shown();
    let wrong = |range: std::ops::Range<usize>, message: &str| {
        Some(Diagnostic::error("T20", word.part(range), message))
    };
    if let Some(scheme_end) = text.find("://") {
        let host = text[scheme_end + 3..].split(['/', ':']).next().unwrap_or_default();
        return wrong(0..scheme_end + 3, "a server name has no scheme")
            .map(|diagnostic| diagnostic.patch(format!("write `{host}`"), word.span, host));
    }
    if let Some(slash) = value.iter().position(|&byte| byte == b'/') {
        return wrong(slash..value.len(), "a server name has no path")
            .map(|diagnostic| diagnostic.patch("delete it", word.part(slash..value.len()), ""));
    }
    // An IPv6 address is a name too: `[::1]`.
    let bracketed = value.starts_with(b"[") && value.ends_with(b"]");
    if let (Some(colon), false) = (value.iter().position(|&byte| byte == b':'), bracketed) {
        return wrong(colon..value.len(), "a server name has no port").map(|diagnostic| {
            diagnostic.patch("a port stands in `listen`", word.part(colon..value.len()), "")
        });
    }
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._*".contains(byte);
    if let Some(at) = value.iter().position(|byte| !bracketed && !belongs(byte)) {
        return match value[at].is_ascii() {
            true if at == value.len() - 1 && matches!(value[at], b',' | b';') => {
                wrong(at..at + 1, "this character cannot stand in a server name").map(
                    |diagnostic| {
                        diagnostic.patch("a blank separates names", word.part(at..at + 1), "")
                    },
                )
            }
            true => wrong(at..at + 1, "this character cannot stand in a server name"),
            false => wrong(at..value.len(), "a server name is ASCII").map(|diagnostic| {
                diagnostic.help("write it as clients send it, beginning with `xn--`")
            }),
        };
    }
    if let Some(dots) = value.windows(2).position(|pair| pair == b"..") {
        return wrong(dots..dots + 2, "there is nothing between these dots");
    }
    if value == b"." {
        return wrong(0..1, "there is no name behind this dot");
    }
    let star = value.iter().position(|&byte| byte == b'*')?;
    let last = value.len() - 1;
    let at_front = star == 0 && value.len() > 2 && value[1] == b'.' && !value[1..].contains(&b'*');
    let at_end = star == last && value.len() > 2 && value[last - 1] == b'.' && value[0] != b'.';
    if at_front || at_end {
        return None;
    }
    wrong(star..star + 1, "a star stands for whole labels at the front or the end of a name")
        .map(|diagnostic| diagnostic.help("write `*.example.test`, `www.*`, or a regex after `~`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{outcome, word};

    #[test]
    fn names() {
        for (text, expected) in [
            ("Example.TEST", ServerName::Exact(b"example.test".to_vec())),
            ("a.test.", ServerName::Exact(b"a.test".to_vec())),
            ("_", ServerName::Exact(b"_".to_vec())),
            ("", ServerName::Exact(Vec::new())),
            ("[::1]", ServerName::Exact(b"[::1]".to_vec())),
            ("*.a.test", ServerName::Suffix(b".a.test".to_vec())),
            (".a.test", ServerName::Tree(b".a.test".to_vec())),
            ("www.*", ServerName::Prefix(b"www.".to_vec())),
        ] {
            assert_eq!(server_name(&word(text)).unwrap(), expected, "{text}");
        }
        assert!(matches!(server_name(&word(r"~^w+\.")), Ok(ServerName::Regex(_))));
    }

    #[test]
    fn wrong_names() {
        const STAR: &str = "a star stands for whole labels at the front or the end of a name \
                            [write `*.example.test`, `www.*`, or a regex after `~`]";
        for (text, expected) in [
            ("http://a.test/", "T20 0..7 a server name has no scheme [write `a.test`]".to_owned()),
            ("a.test/x", "T20 6..8 a server name has no path [delete it]".to_owned()),
            (
                "a.test:80",
                "T20 6..9 a server name has no port [a port stands in `listen`]".to_owned(),
            ),
            ("a test", "T20 1..2 this character cannot stand in a server name".to_owned()),
            (
                "a.test,",
                "T20 6..7 this character cannot stand in a server name [a blank separates names]"
                    .to_owned(),
            ),
            (".", "T20 0..1 there is no name behind this dot".to_owned()),
            ("~", "T20 0..1 there is no regex behind `~`".to_owned()),
            ("a..test", "T20 1..3 there is nothing between these dots".to_owned()),
            (
                "bücher.test",
                "T20 1..12 a server name is ASCII [write it as clients send it, beginning with \
                 `xn--`]"
                    .to_owned(),
            ),
            ("*", format!("T20 0..1 {STAR}")),
            ("*a.test", format!("T20 0..1 {STAR}")),
            ("www.*.test", format!("T20 4..5 {STAR}")),
            ("*.a.*", format!("T20 0..1 {STAR}")),
            (
                r"~(",
                "T15 1..2 unclosed group [for the character itself, write `\\` before it]"
                    .to_owned(),
            ),
        ] {
            assert_eq!(outcome(server_name(&word(text))), Err(expected), "{text}");
        }
    }
}

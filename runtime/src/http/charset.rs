//! The `charset` parameter of media types (RFC 9110, 8.3.2), as nginx's charset module adds it.

use crate::media::is_among;

/// Whether a media type is to be given the parameter: it has none yet, and is one of `types`,
/// where these are limited. A type with any parameters is of none of them.
pub fn takes_charset<T: AsRef<[u8]>>(media_type: &[u8], types: Option<&[T]>) -> bool {
    !media_type.is_empty() && !has_charset(media_type) && is_among(media_type, types)
}

/// How a content is recoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recoded {
    /// The number of the `charset_map`.
    pub map: u16,
    /// Whether that is used from its second charset to its first.
    pub is_back: bool,
}

/// Whether two names are of one charset.
pub fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// A media type without its charset and what follows it, and that charset, as nginx reads the types of
/// other servers' answers.
pub fn without_charset(media_type: &[u8]) -> (&[u8], Option<&[u8]>) {
    let marks = (0..media_type.len()).filter(|&at| media_type[at] == b';');
    for at in marks {
        let parameter = media_type[at + 1..].trim_ascii_start();
        let Some((name, value)) = parameter.split_at_checked(b"charset=".len()) else { continue };
        if name.eq_ignore_ascii_case(b"charset=") {
            let value = value.strip_prefix(b"\"").unwrap_or(value);
            return (&media_type[..at], Some(value.strip_suffix(b"\"").unwrap_or(value)));
        }
    }
    (media_type, None)
}

/// Appends the parameter.
pub fn write(name: &[u8], media_type: &mut Vec<u8>) {
    media_type.extend_from_slice(&parameter(name));
}

/// The parameter with what is between it and the type.
pub fn parameter(name: &[u8]) -> Vec<u8> {
    [b"; charset=", name].concat()
}

fn has_charset(media_type: &[u8]) -> bool {
    let parameters = media_type.split(|&byte| byte == b';').skip(1);
    parameters.map(<[u8]>::trim_ascii_start).any(|parameter| {
        let name = parameter.get(..b"charset=".len());
        name.is_some_and(|name| name.eq_ignore_ascii_case(b"charset="))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_types_take_it() {
        let types: &[&[u8]] = &[b"text/html", b"text/plain"];
        for (media_type, of_types, of_all) in [
            ("text/html", true, true),
            ("Text/HTML", true, true),
            ("text/plain", true, true),
            ("text/css", false, true),
            ("text/html; a=b", false, true),
            ("text/html;", false, true),
            ("text/html; charset=x", false, false),
            ("text/html;CharSet=x", false, false),
            ("text/html; a=b;  charset=\"x\"", false, false),
            ("text/html; charsets=x", false, true),
            ("", false, false),
        ] {
            let media_type = media_type.as_bytes();
            let shown = String::from_utf8_lossy(media_type);
            assert_eq!(takes_charset(media_type, Some(types)), of_types, "{shown}");
            assert_eq!(takes_charset::<&[u8]>(media_type, None), of_all, "{shown}");
        }
    }

    #[test]
    fn it_is_taken_from_a_type() {
        for (media_type, bare, charset) in [
            ("text/html", "text/html", None),
            ("text/html; charset=koi8-r", "text/html", Some("koi8-r")),
            ("text/html;CharSet=\"koi8-r\"", "text/html", Some("koi8-r")),
            ("text/html; a=b;  charset=x", "text/html; a=b", Some("x")),
            ("text/html; charset=", "text/html", Some("")),
            ("text/html; charset", "text/html; charset", None),
            ("text/html;", "text/html;", None),
        ] {
            let (found, own) = without_charset(media_type.as_bytes());
            assert_eq!((found, own), (bare.as_bytes(), charset.map(str::as_bytes)), "{media_type}");
        }
    }

    #[test]
    fn it_is_appended() {
        let mut media_type = b"text/html".to_vec();
        write(b"utf-8", &mut media_type);
        assert_eq!(media_type, b"text/html; charset=utf-8");
    }
}

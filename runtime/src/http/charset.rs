//! The `charset` parameter of media types (RFC 9110, 8.3.2), as nginx's charset module adds it.

use crate::media::is_among;

/// Whether a media type is to be given the parameter: it has none yet, and is one of `types`,
/// where these are limited. A type with any parameters is of none of them.
pub fn takes_charset<T: AsRef<[u8]>>(media_type: &[u8], types: Option<&[T]>) -> bool {
    !media_type.is_empty() && !has_charset(media_type) && is_among(media_type, types)
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
    fn it_is_appended() {
        let mut media_type = b"text/html".to_vec();
        write(b"utf-8", &mut media_type);
        assert_eq!(media_type, b"text/html; charset=utf-8");
    }
}

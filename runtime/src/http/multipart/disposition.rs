//! The parameters that multipart lives by: `boundary` in Content-Type, `filename` in
//! Content-Disposition (RFC 2045, 5.1; RFC 6266; RFC 8187).

use percent_encoding::percent_decode;

use super::Malformed;

/// The longest boundary (RFC 2046, 5.1.1).
const MAX_BOUNDARY_LEN: usize = 70;

/// The boundary in a Content-Type that is `multipart/form-data`; `None` for another type.
pub fn boundary(content_type: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
    const NONE: Malformed = Malformed("multipart/form-data has no boundary");
    let (media_type, mut rest) = split_value(content_type);
    if !media_type.eq_ignore_ascii_case(b"multipart/form-data") {
        return Ok(None);
    }
    let mut boundary = None;
    while let Some((name, value)) = parameter(&mut rest)? {
        if name.eq_ignore_ascii_case(b"boundary") && boundary.replace(value).is_some() {
            return Err(Malformed("multipart/form-data has more than one boundary"));
        }
    }
    let boundary = boundary.filter(|boundary| !boundary.is_empty()).ok_or(NONE)?;
    let printable = boundary.iter().all(|byte| matches!(byte, b' '..=b'~'));
    match printable && boundary.len() <= MAX_BOUNDARY_LEN && !boundary.ends_with(b" ") {
        true => Ok(Some(boundary)),
        false => Err(Malformed("the boundary is not valid")),
    }
}

/// The name of the file that a part is, by its Content-Disposition; `None` if it is no file.
/// `filename*` goes before `filename`, where its character set is known.
pub fn file_name(disposition: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
    let (kind, mut rest) = split_value(disposition);
    if !kind.eq_ignore_ascii_case(b"form-data") {
        return Err(Malformed("a part is not form-data"));
    }
    let (mut plain, mut extended) = (None, None);
    while let Some((name, value)) = parameter(&mut rest)? {
        let seen = match () {
            () if name.eq_ignore_ascii_case(b"filename") => plain.replace(value),
            () if name.eq_ignore_ascii_case(b"filename*") => extended.replace(value),
            () => None,
        };
        if seen.is_some() {
            return Err(Malformed("a part has more than one file name"));
        }
    }
    let extended = extended.and_then(|value| decode_extended(&value));
    Ok(extended.or_else(|| plain.map(|name| unescape(&name))))
}

/// The word in front of the parameters, and the parameters.
fn split_value(value: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr::memchr(b';', value).unwrap_or(value.len());
    (value[..end].trim_ascii(), &value[end..])
}

/// A parameter's name and value.
type Parameter<'v> = (&'v [u8], Vec<u8>);

/// The next `; NAME=VALUE`; what is not taken is left in `rest`. Semicolons without a parameter
/// are skipped.
fn parameter<'v>(rest: &mut &'v [u8]) -> Result<Option<Parameter<'v>>, Malformed> {
    const BAD: Malformed = Malformed("a parameter is not NAME=VALUE");
    while let Some(more) = rest.trim_ascii_start().strip_prefix(b";") {
        *rest = more.trim_ascii_start();
        if rest.is_empty() || rest.starts_with(b";") {
            continue;
        }
        let equals = memchr::memchr2(b'=', b';', rest).filter(|&at| rest[at] == b'=').ok_or(BAD)?;
        let (name, after) = (rest[..equals].trim_ascii(), rest[equals + 1..].trim_ascii_start());
        let (value, len) = match after.strip_prefix(b"\"") {
            Some(quoted) => quoted_string(quoted)
                .filter(|(_, len)| ends_value(&after[*len..]))
                .or_else(|| unescaped_string(quoted))
                .ok_or(Malformed("a quote is not closed"))?,
            None => {
                let len = memchr::memchr(b';', after).unwrap_or(after.len());
                (after[..len].trim_ascii().to_vec(), len)
            }
        };
        *rest = &after[len..];
        return Ok(Some((name, value)));
    }
    match rest.trim_ascii().is_empty() {
        true => Ok(None),
        false => Err(BAD),
    }
}

/// The value of a quoted string behind its first quote, and how long it is with both quotes. A
/// backslash escapes a quote and itself; before anything else it stands for itself, for clients
/// that send the paths of their file system.
fn quoted_string(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut value = Vec::new();
    let mut at = 0;
    loop {
        match (*text.get(at)?, text.get(at + 1)) {
            (b'"', _) => return Some((value, at + 2)),
            (b'\\', Some(&escaped @ (b'"' | b'\\'))) => {
                value.push(escaped);
                at += 2;
            }
            (byte, _) => {
                value.push(byte);
                at += 1;
            }
        }
    }
}

/// The same of a client that escapes nothing, and whose value ends with a backslash: up to the
/// next quote.
fn unescaped_string(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let len = memchr::memchr(b'"', text)?;
    Some((text[..len].to_vec(), len + 2))
}

/// Whether a value may end in front of `rest`.
fn ends_value(rest: &[u8]) -> bool {
    matches!(rest.trim_ascii_start().first(), None | Some(b';'))
}

/// Undoes what browsers do to a quote and a line end in a name, and nothing else: a percent
/// sign stands for itself (HTML, multipart/form-data encoding algorithm).
fn unescape(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((&byte, more)) = rest.split_first() {
        let escaped = match rest.get(..3).map(<[u8]>::to_ascii_uppercase).as_deref() {
            Some(b"%22") => Some(b'"'),
            Some(b"%0D") => Some(b'\r'),
            Some(b"%0A") => Some(b'\n'),
            _ => None,
        };
        out.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { &rest[3..] } else { more };
    }
    out
}

/// `CHARSET'LANGUAGE'PERCENT-ENCODED` (RFC 8187, 3.2) in UTF-8.
fn decode_extended(value: &[u8]) -> Option<Vec<u8>> {
    let mut pieces = value.splitn(3, |&byte| byte == b'\'');
    let (charset, _language, text) = (pieces.next()?, pieces.next()?, pieces.next()?);
    let decoded: Vec<u8> = percent_decode(text).collect();
    match charset.to_ascii_lowercase().as_slice() {
        b"utf-8" => String::from_utf8(decoded).ok().map(String::into_bytes),
        b"iso-8859-1" => Some(decoded.into_iter().map(char::from).collect::<String>().into_bytes()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: Option<Vec<u8>>) -> Option<String> {
        value.map(|value| String::from_utf8_lossy(&value).into_owned())
    }

    #[test]
    fn boundaries() {
        for (content_type, expected) in [
            ("multipart/form-data; boundary=abc", Some("abc")),
            ("Multipart/Form-Data;BOUNDARY=\"a b;c\" ; x=y", Some("a b;c")),
            ("multipart/form-data; charset=utf-8; boundary=----WebKit'()+_,-./:=?", {
                Some("----WebKit'()+_,-./:=?")
            }),
            ("multipart/form-data; ; boundary=a;", Some("a")),
            ("multipart/mixed; boundary=a", None),
            ("multipart/form-datax; boundary=a", None),
            ("text/plain", None),
            ("", None),
        ] {
            let found = boundary(content_type.as_bytes()).map(text);
            assert_eq!(found, Ok(expected.map(str::to_owned)), "{content_type}");
        }
        let long = format!("multipart/form-data; boundary={}", "b".repeat(71));
        for content_type in [
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=\"\"",
            "multipart/form-data; boundary=\"a",
            "multipart/form-data; boundary=\"a \"",
            "multipart/form-data; boundary=a; boundary=b",
            "multipart/form-data; boundary",
            "multipart/form-data; boundary=\"a\"b",
            "multipart/form-data; boundary=\u{e9}",
            &long,
        ] {
            assert!(boundary(content_type.as_bytes()).is_err(), "{content_type}");
        }
        assert!(boundary(&long.as_bytes()[..long.len() - 1]).is_ok());
    }

    #[test]
    fn file_names() {
        for (disposition, expected) in [
            (r#"form-data; name="a""#, None),
            (r#"form-data; name="a"; filename="b.txt""#, Some("b.txt")),
            (r#"form-data; name="filename=x"; filename=b.txt"#, Some("b.txt")),
            (r#"FORM-DATA;filename="a;b=\"c\"";name=x"#, Some(r#"a;b="c""#)),
            (r#"form-data; filename="C:\dir\\x""#, Some(r"C:\dir\x")),
            (r#"form-data; filename="a%22b%0d%0A%41.txt""#, Some("a\"b\r\n%41.txt")),
            (r#"form-data; filename="""#, Some("")),
            (r#"form-data; filename="trail\""#, Some(r"trail\")),
            (r#"form-data; filename="C:\dir\"; name="x""#, Some(r"C:\dir\")),
            (r#"form-data; name="a\"; filename=b"#, Some("b")),
            // The reverse: where it closes, it is escaped.
            (r#"form-data; filename="a\"; x=\"b"; name=y"#, Some(r#"a"; x="b"#)),
            (r#"form-data; filename="plain"; filename*=UTF-8''%e2%82%ac%20rates"#, {
                Some("\u{20ac} rates")
            }),
            (r"form-data; filename*=iso-8859-1'en'%A3", Some("\u{a3}")),
            (r#"form-data; filename="plain"; filename*=koi8-r''%A3"#, Some("plain")),
            (r#"form-data; filename="plain"; filename*=UTF-8''%ff"#, Some("plain")),
            ("form-data; filename=\"\u{e9}\u{20ac}\"", Some("\u{e9}\u{20ac}")),
        ] {
            let found = file_name(disposition.as_bytes()).map(text);
            assert_eq!(found, Ok(expected.map(str::to_owned)), "{disposition}");
        }
        for disposition in [
            "attachment; filename=a",
            "form-data; filename",
            "form-data; filename=\"a",
            "form-data; filename=\"a\\\"b",
            "form-data; filename=\"a\" b",
            "form-data; filename=a; filename=b",
            "form-data; filename*=UTF-8''a; filename*=UTF-8''b",
        ] {
            assert!(file_name(disposition.as_bytes()).is_err(), "{disposition}");
        }
    }
}

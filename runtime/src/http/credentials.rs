//! What a client says that it is called (RFC 7617). Nothing here checks a password.

/// The user in the value of an Authorization field, read as nginx reads it; `None` where the field
/// is of another scheme, is no valid base64, or names nobody.
pub fn basic_user(authorization: &[u8]) -> Option<Vec<u8>> {
    basic(authorization).map(|(user, _)| user)
}

/// The user, and the password.
pub fn basic(authorization: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (scheme, rest) = authorization.split_at_checked(b"Basic ".len())?;
    if !scheme.eq_ignore_ascii_case(b"Basic ") {
        return None;
    }
    let mut decoded = decode_base64(rest.trim_ascii_start())?;
    let len = memchr::memchr(b':', &decoded).filter(|&len| len > 0)?;
    let password = decoded.split_off(len + 1);
    decoded.truncate(len);
    Some((decoded, password))
}

/// The bytes that `text` stands for (RFC 4648, 4), up to the first `=`. The bits that are left over
/// may be anything.
pub(crate) fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    let digits = text.split(|&byte| byte == b'=').next().unwrap_or_default();
    let mut decoded = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    for group in digits.chunks(4) {
        let mut bits = 0;
        for &digit in group {
            bits = bits << 6 | u32::from(value_of(digit)?);
        }
        // A digit alone is less than a byte.
        let len = group.len().checked_sub(1).filter(|&len| len > 0)?;
        bits <<= 6 * (4 - group.len());
        decoded.extend_from_slice(&bits.to_be_bytes()[1..=len]);
    }
    Some(decoded)
}

/// The six bits of a digit.
fn value_of(digit: u8) -> Option<u8> {
    Some(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_read_as_nginx_reads_them() {
        for (value, expected) in [
            ("Basic dXNlcjpwYXNz", Some("user")),
            ("basic dXNlcjpwYXNz", Some("user")),
            ("BASIC   dXNlcjpwYXNz", Some("user")),
            ("Basic dXNlcjo=", Some("user")),
            ("Basic dXNlcjo", Some("user")),
            ("Basic dTo6OmE6", Some("u")),
            ("Basic w7w6cA==", Some("\u{fc}")),
            ("Basic dXNlcg==", None),
            ("Basic OnBhc3M=", None),
            ("Basic dXNlcjpwYXNz!!", None),
            ("Basic dXNlcjpwYXNzA", None),
            ("Basic ", None),
            ("Basic", None),
            ("Basicx dXNlcjpwYXNz", None),
            ("Bearer dXNlcjpwYXNz", None),
            ("", None),
        ] {
            let user = basic_user(value.as_bytes());
            let user = user.map(|user| String::from_utf8(user).expect("text"));
            assert_eq!(user.as_deref(), expected, "{value}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_user_is_found(user in "[^:]{1,40}", password: String, padded: bool) {
            const DIGITS: &[u8] =
                b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            let mut value = b"Basic ".to_vec();
            for group in format!("{user}:{password}").as_bytes().chunks(3) {
                let mut bits = [0; 4];
                bits[1..=group.len()].copy_from_slice(group);
                let bits = u32::from_be_bytes(bits);
                let digits = (0..=group.len()).map(|at| DIGITS[(bits >> (18 - 6 * at)) as usize & 63]);
                value.extend(digits);
                value.resize(value.len() + if padded { 3 - group.len() } else { 0 }, b'=');
            }
            assert_eq!(basic_user(&value), Some(user.into_bytes()));
        }

        #[test]
        fn no_value_makes_it_panic(value: Vec<u8>) {
            basic_user(&value);
            basic_user(&[b"Basic ", &value[..]].concat());
        }
    }
}

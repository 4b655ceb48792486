//! Links that only who knows a secret can make: `secure_link` and `secure_link_secret`, read as nginx
//! reads them.

/// A MD5.
pub type Digest = [u8; 16];

/// The most bytes that stand for a digest, its padding included.
const MAX_DIGEST_LEN: usize = 24;

/// What the value of a `secure_link` says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Claim<'a> {
    /// The digest, in base64url.
    digest: &'a [u8],
    /// Up to when the link holds, as it is written and in seconds since 1970.
    pub expires: Option<(&'a [u8], u64)>,
}

impl<'a> Claim<'a> {
    /// Reads a value: a digest and perhaps, after a comma, a time. `None`: the time is none.
    pub fn read(value: &'a [u8]) -> Option<Claim<'a>> {
        let Some(comma) = value.iter().position(|&byte| byte == b',') else {
            return Some(Claim { digest: value, expires: None });
        };
        let text = &value[comma + 1..];
        let seconds = seconds(text).filter(|&seconds| seconds > 0)?;
        Some(Claim { digest: &value[..comma], expires: Some((text, seconds)) })
    }

    /// The digest that it claims. What comes after padding is left out, as in nginx.
    pub fn digest(&self) -> Option<Digest> {
        if self.digest.len() > MAX_DIGEST_LEN {
            return None;
        }
        let text = self.digest.split(|&byte| byte == b'=').next().unwrap_or_default();
        let values = text.iter().map(|&byte| sextet(byte)).collect::<Option<Vec<u8>>>()?;
        let (mut bytes, mut bits, mut held) = (Vec::with_capacity(16), 0u32, 0u32);
        for value in values {
            held = held << 6 | u32::from(value);
            bits += 6;
            if bits >= 8 {
                bits -= 8;
                bytes.push((held >> bits) as u8);
            }
        }
        // 22 characters are 16 bytes and four bits.
        bytes.try_into().ok().filter(|_| text.len() == 22)
    }
}

/// Digits alone, and no more of them than a time has.
fn seconds(text: &[u8]) -> Option<u64> {
    let digits = text.iter().all(u8::is_ascii_digit).then_some(text)?;
    let number: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (number <= i64::MAX as u64).then_some(number)
}

/// The value of a character of base64url.
fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    }
}

/// What a target of the form `/NAME/DIGEST/LINK` holds: the digest, and the link, which is all that
/// follows.
pub fn in_target(target: &[u8]) -> Option<(Digest, &[u8])> {
    let rest = target.get(1..)?;
    let slash = rest.iter().position(|&byte| byte == b'/')?;
    let (hex, link) = rest[slash + 1..].split_at_checked(32)?;
    let link = link.strip_prefix(b"/")?;
    let mut digest = Digest::default();
    for (byte, pair) in digest.iter_mut().zip(hex.chunks_exact(2)) {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        *byte = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
    }
    Some((digest, link))
}

/// The MD5 of a text.
#[cfg(feature = "links")]
pub fn digest(text: &[u8]) -> Digest {
    use md5::Digest as _;

    md5::Md5::digest(text).into()
}

/// Whether `claimed` is the MD5 of a text in two parts. The time that this takes tells nothing.
#[cfg(feature = "links")]
pub fn is_digest(text: [&[u8]; 2], claimed: &Digest) -> bool {
    use md5::Digest as _;
    use subtle::ConstantTimeEq;

    let mut hash = md5::Md5::new();
    text.into_iter().for_each(|part| hash.update(part));
    let found: [u8; 16] = hash.finalize().into();
    found.ct_eq(claimed).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims() {
        let digest = "ASvcileRP0U_NjWsevQchg";
        for (value, expires, is_digest) in [
            ("ASvcileRP0U_NjWsevQchg", None, true),
            ("ASvcileRP0U_NjWsevQchg=", None, true),
            ("ASvcileRP0U_NjWsevQchg==", None, true),
            ("ASvcileRP0U_NjWsevQchg=x", None, true),
            ("ASvcileRP0U_NjWsevQchg===", None, false),
            ("ASvcileRP0U/NjWsevQchg==", None, false),
            ("ASvcileRP0U_NjWsevQch", None, false),
            ("ASvcileRP0U_NjWsevQchgA", None, false),
            ("", None, false),
            ("ASvcileRP0U_NjWsevQchg,1", Some(1), true),
            ("x,0012", Some(12), false),
            ("x,9223372036854775807", Some(i64::MAX as u64), false),
        ] {
            let claim = Claim::read(value.as_bytes()).unwrap();
            assert_eq!(claim.expires.map(|(_, seconds)| seconds), expires, "{value}");
            assert_eq!(claim.digest().is_some(), is_digest, "{value}");
        }
        for value in ["x,", "x,0", "x,5,6", "x,+5", "x,a", "x,9223372036854775808", "x,-1"] {
            assert_eq!(Claim::read(value.as_bytes()), None, "{value}");
        }
        let claimed = Claim::read(digest.as_bytes()).unwrap().digest().unwrap();
        assert!(is_digest_of_two(&claimed));
    }

    #[cfg(feature = "links")]
    fn is_digest_of_two(claimed: &Digest) -> bool {
        is_digest([b"/nox", b" k"], claimed) && !is_digest([b"/nox", b" "], claimed)
    }

    #[cfg(not(feature = "links"))]
    fn is_digest_of_two(_: &Digest) -> bool {
        true
    }

    #[test]
    fn targets() {
        let hex = "c4438e101f99d14d60bdb7664a274e6c";
        for (target, link) in [
            (format!("/p/{hex}/a/b.txt"), Some("a/b.txt")),
            (format!("/p/{}/a?x=/1", hex.to_uppercase()), Some("a?x=/1")),
            (format!("/p/{hex}/"), Some("")),
            (format!("/p/{hex}"), None),
            (format!("/p//{hex}/a"), None),
            (format!("/p/q/{hex}/a"), None),
            (format!("/p/{hex}0/a"), None),
            (format!("/p/x{}/a", &hex[1..]), None),
            (format!("{hex}/a"), None),
            ("/p/".to_owned(), None),
            ("*".to_owned(), None),
            (String::new(), None),
        ] {
            let found = in_target(target.as_bytes()).map(|(_, link)| link);
            assert_eq!(found, link.map(str::as_bytes), "{target}");
        }
    }
}

//! Which content codings a client takes (RFC 9110, 12.5.3).

use super::fields::Fields;
use super::head::Head;

/// Whether a request may be answered in gzip. As in nginx, not where the client is an old one or
/// there is a proxy on the way.
pub fn accepts_gzip(head: &Head) -> bool {
    let fields = head.fields();
    head.minor_version > 0 && fields.first(b"via").is_none() && accepts_coding(fields, b"gzip")
}

/// Whether a coding is named with a weight above zero. As in nginx, `*` stands for none, and
/// a weight that is not well formed is zero.
fn accepts_coding(fields: Fields<'_>, name: &[u8]) -> bool {
    let members = fields.values(b"accept-encoding").flat_map(|line| line.split(|&b| b == b','));
    let weight = members.filter_map(|member| weight_of(member, name)).next();
    weight.is_some_and(|weight| weight > 0)
}

/// The weight of a member in thousandths, if it names the coding.
fn weight_of(member: &[u8], name: &[u8]) -> Option<u16> {
    let mut parts = member.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
    let coding = parts.next()?;
    if !coding.eq_ignore_ascii_case(name) {
        return None;
    }
    Some(match (parts.next(), parts.next()) {
        (None | Some(b""), _) => 1000,
        (Some([b'q' | b'Q', b'=', weight @ ..]), None) => thousandths(weight).unwrap_or(0),
        _ => 0,
    })
}

/// A weight: 0 to 1 with up to three digits behind the point.
fn thousandths(weight: &[u8]) -> Option<u16> {
    let (whole, digits) = match weight {
        [whole] => (whole, &b""[..]),
        [whole, b'.', digits @ ..] if digits.len() <= 3 => (whole, digits),
        _ => return None,
    };
    let mut value = match whole {
        b'0' => 0,
        b'1' => 1000,
        _ => return None,
    };
    for (digit, place) in digits.iter().zip([100, 10, 1]) {
        value += place * u16::from(digit.is_ascii_digit().then(|| digit - b'0')?);
    }
    Some(value).filter(|&value| value <= 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::fields::spans_of;

    #[test]
    fn weights_are_read_as_in_nginx() {
        for (value, accepted) in [
            ("gzip", true),
            ("GZip", true),
            ("identity,gzip", true),
            ("deflate, gzip;q=0.5", true),
            ("gzip;q=0.001", true),
            ("gzip ; q=1.000", true),
            ("gzip;Q=1", true),
            ("gzip;", true),
            ("", false),
            ("*", false),
            ("x-gzip", false),
            ("gzipped", false),
            ("gzip;q=0", false),
            ("gzip;q=0.000", false),
            ("gzip;q=", false),
            ("gzip;q=1.5", false),
            ("gzip;q=2", false),
            ("gzip;q=0.1234", false),
            ("gzip;q=.5", false),
            ("gzip;q=0.x", false),
            ("gzip;q =1", false),
            ("gzip;q=1;x=y", false),
            ("gzip;level=1", false),
            ("gzip;q=0, gzip", false),
        ] {
            let head = format!("Accept-Encoding: {value}\r\n");
            let spans = spans_of(&head);
            let fields = Fields { bytes: head.as_bytes(), spans: &spans };
            assert_eq!(accepts_coding(fields, b"gzip"), accepted, "{value}");
        }
    }

    #[test]
    fn several_lines_are_one_list() {
        let head = "Accept-Encoding: br\r\naccept-encoding: gzip\r\n";
        let spans = spans_of(head);
        let fields = Fields { bytes: head.as_bytes(), spans: &spans };
        assert!(accepts_coding(fields, b"gzip") && accepts_coding(fields, b"br"));
        assert!(!accepts_coding(fields, b"zstd"));
    }
}

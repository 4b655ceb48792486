//! Which content codings a client takes (RFC 9110, 12.5.3).

use super::fields::Fields;

/// How a content is compressed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum Coding {
    Gzip,
    Brotli,
    Zstd,
}

impl Coding {
    /// All codings, the one first that makes less of most: of those that a client likes equally
    /// well, it gets the first.
    pub const ORDER: [Coding; 3] = [Coding::Brotli, Coding::Zstd, Coding::Gzip];

    /// Its name in Content-Encoding and Accept-Encoding.
    pub const fn name(self) -> &'static str {
        match self {
            Coding::Gzip => "gzip",
            Coding::Brotli => "br",
            Coding::Zstd => "zstd",
        }
    }

    /// What the name of a file in this coding ends with.
    pub const fn ending(self) -> &'static str {
        match self {
            Coding::Gzip => ".gz",
            Coding::Brotli => ".br",
            Coding::Zstd => ".zst",
        }
    }
}

/// What a client says of content codings: how much it wants each, not at all where that is 0.
#[derive(Clone, Copy, Default, Debug)]
pub struct Weights {
    /// Of no coding, and of each [`Coding`].
    named: [Option<u16>; 4],
    /// Of all that are not named.
    others: Option<u16>,
}

impl Weights {
    /// What the fields of a request say; `None` if they say nothing. What is named twice is as
    /// it was named first; a weight that is not well formed is 0.
    pub fn read(fields: Fields<'_>) -> Option<Weights> {
        let mut lines = fields.values(b"accept-encoding").peekable();
        lines.peek()?;
        let mut weights = Weights::default();
        for (name, weight) in lines.flat_map(|line| line.split(|&b| b == b',')).map(member) {
            let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
            let place = match () {
                () if is("identity") => &mut weights.named[0],
                () if is("gzip") || is("x-gzip") => &mut weights.named[1],
                () if is("br") => &mut weights.named[2],
                () if is("zstd") => &mut weights.named[3],
                () if is("*") => &mut weights.others,
                () => continue,
            };
            place.get_or_insert(weight);
        }
        Some(weights)
    }

    /// The weight of a form with this coding, or with none. One without is always welcome unless
    /// it is ruled out, and least where it is not named.
    pub fn of(&self, coding: Option<Coding>) -> u16 {
        let named = self.named[coding.map_or(0, |coding| 1 + coding as usize)];
        let said = named.or(self.others).map(|weight| 2 * weight);
        said.unwrap_or(coding.is_none().into())
    }
}

/// How much a client wants a coding, in thousandths. As in nginx, `*` stands for none, and a weight
/// that is not well formed is zero.
pub fn weight(fields: Fields<'_>, coding: Coding) -> u16 {
    let members = fields.values(b"accept-encoding").flat_map(|line| line.split(|&b| b == b','));
    let is_named = |name: &[u8]| name.eq_ignore_ascii_case(coding.name().as_bytes());
    let mut named = members.map(member).filter(|(name, _)| is_named(name));
    named.next().map_or(0, |(_, weight)| weight)
}

/// The coding that a member of the list names, and its weight in thousandths.
fn member(member: &[u8]) -> (&[u8], u16) {
    let mut parts = member.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
    let coding = parts.next().unwrap_or_default();
    let weight = match (parts.next(), parts.next()) {
        (None | Some(b""), _) => 1000,
        (Some([b'q' | b'Q', b'=', weight @ ..]), None) => thousandths(weight).unwrap_or(0),
        _ => 0,
    };
    (coding, weight)
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
            let fields = Fields::new(head.as_bytes(), &spans);
            assert_eq!(weight(fields, Coding::Gzip) > 0, accepted, "{value}");
        }
    }

    #[test]
    fn codings_are_weighed() {
        // Of no coding, gzip, br and zstd.
        for (value, expected) in [
            ("", [1, 0, 0, 0]),
            ("gzip", [1, 2000, 0, 0]),
            ("x-gzip, BR;q=0.5", [1, 2000, 1000, 0]),
            ("gzip;q=0.001", [1, 2, 0, 0]),
            ("*", [2000, 2000, 2000, 2000]),
            ("*;q=0", [0, 0, 0, 0]),
            ("*;q=0, identity;q=0.1", [200, 0, 0, 0]),
            ("identity;q=0", [0, 0, 0, 0]),
            ("zstd;q=0, *;q=0.2", [400, 400, 400, 0]),
            ("br;q=x, gzip;q=1.000", [1, 2000, 0, 0]),
            ("gzip;q=0, gzip", [1, 0, 0, 0]),
        ] {
            let head = format!("Accept-Encoding: {value}\r\n");
            let spans = spans_of(&head);
            let weights = Weights::read(Fields::new(head.as_bytes(), &spans)).unwrap();
            let codings = [None, Some(Coding::Gzip), Some(Coding::Brotli), Some(Coding::Zstd)];
            assert_eq!(codings.map(|coding| weights.of(coding)), expected, "{value}");
        }
        assert!(Weights::read(Fields::default()).is_none());
    }

    #[test]
    fn several_lines_are_one_list() {
        let head = "Accept-Encoding: br\r\naccept-encoding: gzip\r\n";
        let spans = spans_of(head);
        let fields = Fields::new(head.as_bytes(), &spans);
        let weights = [Coding::Gzip, Coding::Brotli, Coding::Zstd].map(|it| weight(fields, it));
        assert_eq!(weights, [1000, 1000, 0]);
    }
}

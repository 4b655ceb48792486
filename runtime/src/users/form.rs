//! The forms in which passwords are stored, and whether a password is the one.

/// The longest password that is looked at, in bytes: what some forms take for it grows with the
/// square.
pub const MAX_PASSWORD_LEN: usize = 512;
/// The most that `htpasswd` makes a bcrypt cost: a check takes seconds.
const MAX_COST: u32 = 17;
/// The most rounds of a SHA-crypt: likewise.
const MAX_ROUNDS: u32 = 5_000_000;
/// The fewest that crypt(3) takes, and what it takes where nothing is said.
const MIN_ROUNDS: u32 = 1000;
const USUAL_ROUNDS: u32 = 5000;

/// The digits of crypt(3), lowest first.
pub(super) const CRYPT: &[u8; 64] =
    b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Those of bcrypt.
pub(super) const BCRYPT: &[u8; 64] =
    b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A stored password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stored {
    pub(super) text: Box<[u8]>,
    pub(super) form: Form,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Form {
    Plain,
    /// A SHA-1, and the salt behind the password.
    Sha1 {
        salt: Vec<u8>,
        hash: Vec<u8>,
    },
    /// `$1$` or `$apr1$`.
    Md5 {
        magic: &'static [u8],
        salt: Vec<u8>,
    },
    Sha256 {
        rounds: u32,
        salt: Vec<u8>,
    },
    Sha512 {
        rounds: u32,
        salt: Vec<u8>,
    },
    Bcrypt {
        cost: u32,
        salt: [u8; 16],
    },
}

impl Stored {
    /// Reads what stands after the user's colon. The error says what is wrong.
    pub(super) fn parse(text: &[u8]) -> Result<Stored, &'static str> {
        Ok(Stored { text: text.into(), form: form(text)? })
    }

    /// What stands in the file.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether everyone who reads the file knows the password.
    pub fn is_plain(&self) -> bool {
        self.form == Form::Plain
    }

    /// Whether a check takes longer than others should wait.
    pub fn is_slow(&self) -> bool {
        !matches!(self.form, Form::Plain | Form::Sha1 { .. })
    }
}

pub(super) const PLAIN: &[u8] = b"{PLAIN}";

fn form(text: &[u8]) -> Result<Form, &'static str> {
    let after = |front: &[u8]| text.strip_prefix(front);
    if after(PLAIN).is_some() {
        return Ok(Form::Plain);
    }
    if let Some(digits) = after(b"{SHA}").or(after(b"{SSHA}")) {
        let decoded = crate::http::credentials::decode_base64(digits);
        let mut hash = decoded.ok_or("this is no base64")?;
        if hash.len() < SHA1_LEN || hash.len() > SHA1_LEN && text[1..].starts_with(b"SHA") {
            return Err("this is not as long as a SHA-1");
        }
        let salt = hash.split_off(SHA1_LEN);
        return Ok(Form::Sha1 { salt, hash });
    }
    for magic in [&b"$apr1$"[..], b"$1$"] {
        if let Some(rest) = after(magic) {
            let salt = salt(rest, 8, MD5_ORDER)?;
            return Ok(Form::Md5 { magic, salt });
        }
    }
    if let Some(rest) = after(b"$5$") {
        let (rounds, rest) = rounds(rest)?;
        return Ok(Form::Sha256 { rounds, salt: salt(rest, 16, SHA256_ORDER)? });
    }
    if let Some(rest) = after(b"$6$") {
        let (rounds, rest) = rounds(rest)?;
        return Ok(Form::Sha512 { rounds, salt: salt(rest, 16, SHA512_ORDER)? });
    }
    for version in [&b"$2y$"[..], b"$2a$", b"$2b$"] {
        if let Some(rest) = after(version) {
            return bcrypt_form(rest);
        }
    }
    Err(match text {
        b"" => "there is no password after the `:`",
        [b'$' | b'{', ..] => "this form of passwords is not known",
        _ if text.len() == 13 => {
            "this form, of DES, looks at 8 characters of a password and is broken: make it anew \
             with `htpasswd -B`"
        }
        _ => {
            "this is no hash of a password: make it with `htpasswd -B`, or put `{PLAIN}` before it"
        }
    })
}

const SHA1_LEN: usize = 20;

/// The cost and the salt of a bcrypt.
fn bcrypt_form(rest: &[u8]) -> Result<Form, &'static str> {
    let malformed = "this is no bcrypt: a cost of two digits, `$`, and 53 characters";
    let ([high @ b'0'..=b'9', low @ b'0'..=b'9', b'$'], digits) =
        rest.split_at_checked(3).ok_or(malformed)?
    else {
        return Err(malformed);
    };
    let cost = u32::from(high - b'0') * 10 + u32::from(low - b'0');
    if !(4..=MAX_COST).contains(&cost) {
        return Err("the cost of a bcrypt is 4 to 17");
    }
    if digits.len() != 22 + 31 {
        return Err(malformed);
    }
    let salt = from_digits_highest_first(&digits[..22], BCRYPT).ok_or(malformed)?;
    from_digits_highest_first(&digits[22..], BCRYPT).ok_or(malformed)?;
    let salt = salt.try_into().map_err(|_| malformed)?;
    Ok(Form::Bcrypt { cost, salt })
}

/// The rounds of a SHA-crypt, and what follows them.
fn rounds(rest: &[u8]) -> Result<(u32, &[u8]), &'static str> {
    let Some(number) = rest.strip_prefix(b"rounds=") else { return Ok((USUAL_ROUNDS, rest)) };
    let malformed = "`rounds=` has no number and `$` after it";
    let len = memchr::memchr(b'$', number).ok_or(malformed)?;
    let text = str::from_utf8(&number[..len]).map_err(|_| malformed)?;
    let rounds: u32 = text.parse().map_err(|_| malformed)?;
    match rounds {
        ..=MAX_ROUNDS => Ok((rounds.max(MIN_ROUNDS), &number[len + 1..])),
        _ => Err("a check of so many rounds takes too long: 5,000,000 is the most"),
    }
}

/// The salt before the last `$`; a hash of the right length follows it.
fn salt(rest: &[u8], most: usize, order: Order) -> Result<Vec<u8>, &'static str> {
    let malformed = "this is no salt, `$`, and hash of the form's length";
    let len = memchr::memchr(b'$', rest).ok_or(malformed)?;
    let hash = &rest[len + 1..];
    if hash.len() != digits_len(order) || !hash.iter().all(|digit| CRYPT.contains(digit)) {
        return Err(malformed);
    }
    Ok(rest[..len.min(most)].to_vec())
}

/// In which order the bytes of a hash become digits: the first of three is the highest.
pub(super) type Order = &'static [&'static [usize]];

pub(super) const MD5_ORDER: Order =
    &[&[0, 6, 12], &[1, 7, 13], &[2, 8, 14], &[3, 9, 15], &[4, 10, 5], &[11]];

pub(super) const SHA256_ORDER: Order = &[
    &[0, 10, 20],
    &[21, 1, 11],
    &[12, 22, 2],
    &[3, 13, 23],
    &[24, 4, 14],
    &[15, 25, 5],
    &[6, 16, 26],
    &[27, 7, 17],
    &[18, 28, 8],
    &[9, 19, 29],
    &[31, 30],
];

pub(super) const SHA512_ORDER: Order = &[
    &[0, 21, 42],
    &[22, 43, 1],
    &[44, 2, 23],
    &[3, 24, 45],
    &[25, 46, 4],
    &[47, 5, 26],
    &[6, 27, 48],
    &[28, 49, 7],
    &[50, 8, 29],
    &[9, 30, 51],
    &[31, 52, 10],
    &[53, 11, 32],
    &[12, 33, 54],
    &[34, 55, 13],
    &[56, 14, 35],
    &[15, 36, 57],
    &[37, 58, 16],
    &[59, 17, 38],
    &[18, 39, 60],
    &[40, 61, 19],
    &[62, 20, 41],
    &[63],
];

pub(super) fn digits_len(order: Order) -> usize {
    order.iter().map(|group| group.len() + 1).sum()
}

/// The bytes of digits, as in base64.
fn from_digits_highest_first(digits: &[u8], alphabet: &[u8; 64]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for group in digits.chunks(4) {
        let mut bits = 0;
        for at in 0..4 {
            let digit = group.get(at).copied().unwrap_or(alphabet[0]);
            bits = bits << 6 | memchr::memchr(digit, alphabet)? as u32;
        }
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_that_others_have_written() {
        for (text, password) in STORED {
            let stored = Stored::parse(text.as_bytes()).expect(text);
            assert!(stored.matches(password.as_bytes()), "{text}");
            let password = password.as_bytes();
            for other in [&b""[..], b"x", &[password, b"x"].concat(), &password[1..]] {
                let is_it = other == password;
                assert_eq!(stored.matches(other), is_it, "{text} {other:?}");
            }
        }
    }

    #[test]
    fn what_takes_too_long_is_refused() {
        for text in [
            "$6$rounds=5000001$salt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6WouIL9AjRbLCelDCy.g.",
            "$2y$18$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.",
            "$2y$03$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.",
        ] {
            assert!(Stored::parse(text.as_bytes()).is_err(), "{text}");
        }
        let stored = Stored::parse(b"{PLAIN}x").expect("a password");
        assert!(!stored.matches(&[b'x'; MAX_PASSWORD_LEN + 1]));
    }

    const STORED: &[(&str, &str)] = &[
        ("$2y$05$2ZMdYBoxIjGVotL67PenquTlpOPWcV66E.pQhhaVunEIAhTKpwhmS", "secret"),
        ("$apr1$CaiPxnvw$JsXwMaSTmMW74gDiQk0w1.", "a longer one than sixteen bytes"),
        ("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "secret"),
        ("$5$yt5b.Qf6r4OcMd2J$HkkjnZB7rpm/RJM.59Aof1pa2J06PaeR8dVuOUvld15", "secret"),
        (
            "$6$3V2bIuPH3M3yidJw$1CJCLVAOasIRUHFgkhndFPWFRLvEy8RrWZZ32pdPrIuw7ohFOQaTAqUQpr0fbisI8Ib3DnnrJ1ymdSPz9dVEM0",
            "secret",
        ),
        ("$apr1$gllgMHjU$JRiomGeG9gpexBGYPLXl5/", "secret"),
        ("$1$NK408wlN$A.VBOj/FQAcF15OVb5XS2.", "p"),
        ("$5$WEH9xK9cLGY4zRV5$OaiAom29CthCZvyXsDZraIurkJX7dW3pEBzFswUoMeB", "secret"),
        (
            "$6$F/0YvNu/4pgS.N9D$pJiyEQH/DiZzbwONptlp90gtegWavcGIlZs88JGb8hAzqvfP/Ahwny3H8SZJRtDIgNIGJJige1hdq6o.9Xio51",
            "pässwörd",
        ),
        ("$2a$04$DCq7YPn5Rq63x1Lad4cll.6We44vn68DYwdgwGmkl0/lw.1Yaaf9W", "secret"),
        ("$5$rounds=1234$saltstring012345$RNEe4evfVJJAioidFVWojIJarTUJMuRfqLKB6F5vft/", "secret"),
        (
            "$6$rounds=1000$s$jWKWW4frHd2UJCMnzN3684fspPDUebzE6OnlK.F/bIYlUl9ch1/YyU4YMwEz1ya6974pdkzQ/w/5/LikcSsVm.",
            "secret",
        ),
        ("{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0", "secret"),
        ("{PLAIN}secret", "secret"),
    ];
}

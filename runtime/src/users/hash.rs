//! Whether a password is the one that is stored, form by form.

use md5::{Digest, Md5};
use sha_crypt::{Params, sha256_crypt, sha512_crypt};
use sha1::Sha1;
use subtle::ConstantTimeEq;

use super::form::{
    BCRYPT, CRYPT, Form, MD5_ORDER, Order, PLAIN, SHA256_ORDER, SHA512_ORDER, Stored, digits_len,
};

/// Rounds of the forms that are made of MD5.
const MD5_ROUNDS: usize = 1000;

/// Whether this is the password. How long that takes depends on the form and on the length of the
/// password alone.
pub(super) fn matches(stored: &Stored, password: &[u8]) -> bool {
    // The last part of the text: what the password is hashed to.
    let hash = |len: usize| stored.text.get(stored.text.len().saturating_sub(len)..);
    let is = |found: &[u8], expected: &[u8]| bool::from(found.ct_eq(expected));
    match &stored.form {
        Form::Plain => is(password, &stored.text[PLAIN.len()..]),
        Form::Sha1 { salt, hash } => {
            is(&Sha1::new().chain_update(password).chain_update(salt).finalize(), hash)
        }
        Form::Md5 { magic, salt } => {
            let digits = digits(&md5_crypt(password, magic, salt), MD5_ORDER);
            is(&digits, hash(digits.len()).unwrap_or_default())
        }
        Form::Sha256 { rounds, salt } => {
            let Ok(params) = Params::new(*rounds) else { return false };
            let digits = digits(&sha256_crypt(password, salt, params), SHA256_ORDER);
            is(&digits, hash(digits.len()).unwrap_or_default())
        }
        Form::Sha512 { rounds, salt } => {
            let Ok(params) = Params::new(*rounds) else { return false };
            let digits = digits(&sha512_crypt(password, salt, params), SHA512_ORDER);
            is(&digits, hash(digits.len()).unwrap_or_default())
        }
        Form::Bcrypt { cost, salt } => {
            // It ends in a NUL, where there is room.
            let mut ended = [password, b"\0"].concat();
            ended.truncate(72);
            let hashed = bcrypt::bcrypt(*cost, *salt, &ended);
            let digits = digits_highest_first(&hashed[..23], BCRYPT);
            is(&digits, hash(digits.len()).unwrap_or_default())
        }
    }
}

/// The form of FreeBSD's crypt(3), and Apache's of it.
fn md5_crypt(password: &[u8], magic: &[u8], salt: &[u8]) -> [u8; 16] {
    let mut hash: [u8; 16] = Md5::new()
        .chain_update(password)
        .chain_update(salt)
        .chain_update(password)
        .finalize()
        .into();
    let mut first = Md5::new();
    [password, magic, salt].iter().for_each(|part| first.update(part));
    for run in password.chunks(hash.len()) {
        first.update(&hash[..run.len()]);
    }
    let mut bits = password.len();
    while bits > 0 {
        first.update(if bits & 1 == 1 { &[0] } else { &password[..1] });
        bits >>= 1;
    }
    hash = first.finalize().into();
    for round in 0..MD5_ROUNDS {
        let mut next = Md5::new();
        let (begin, end) = match round % 2 {
            1 => (password, &hash[..]),
            _ => (&hash[..], password),
        };
        next.update(begin);
        if round % 3 != 0 {
            next.update(salt);
        }
        if round % 7 != 0 {
            next.update(password);
        }
        next.update(end);
        hash = next.finalize().into();
    }
    hash
}

/// The digits of crypt(3) for a hash.
fn digits(hash: &[u8], order: Order) -> Vec<u8> {
    let mut digits = Vec::with_capacity(digits_len(order));
    for group in order {
        let mut bits = group.iter().fold(0, |bits, &at| bits << 8 | usize::from(hash[at]));
        for _ in 0..=group.len() {
            digits.push(CRYPT[bits & 63]);
            bits >>= 6;
        }
    }
    digits
}

/// The digits of bytes, as in base64.
fn digits_highest_first(bytes: &[u8], alphabet: &[u8; 64]) -> Vec<u8> {
    let mut digits = Vec::new();
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, at| {
            bits << 8 | usize::from(group.get(at).copied().unwrap_or_default())
        });
        digits.extend((0..=group.len()).map(|at| alphabet[bits >> (18 - 6 * at) & 63]));
    }
    digits
}

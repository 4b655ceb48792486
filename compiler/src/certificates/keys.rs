//! Private keys, and whose public keys they go with.

use x509_parser::certificate::X509Certificate;
use x509_parser::pem::Pem;
use x509_parser::public_key::PublicKey;

/// What a key computes with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Rsa,
    Ec,
    Ed25519,
    Other,
}

/// The public part of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Key {
    pub(crate) kind: Kind,
    /// The modulus of RSA, without zeros at its front, or the point of a curve; `None` where a private
    /// key does not say it.
    public: Option<Vec<u8>>,
}

/// Why there is no key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum KeyFault {
    /// It takes a password.
    Encrypted,
    /// The file has none.
    None,
    /// It is none.
    Broken,
}

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

impl Key {
    /// That of a certificate.
    pub(super) fn of(certificate: &X509Certificate<'_>) -> Key {
        let info = certificate.public_key();
        let kind = kind_of(info.algorithm.algorithm.as_bytes());
        let public = match info.parsed() {
            Ok(PublicKey::RSA(key)) => Some(number(key.modulus).to_vec()),
            Ok(PublicKey::EC(point)) => Some(point.data().to_vec()),
            _ => Some(info.subject_public_key.data.to_vec()),
        };
        Key { kind, public }
    }

    /// Whether two of them are one, or may be: where one does not say.
    pub(crate) fn may_be(&self, other: &Key) -> bool {
        let same = match (&self.public, &other.public) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        self.kind == other.kind && same
    }

    /// The length of the modulus of RSA, in bits.
    pub(crate) fn rsa_bits(&self) -> Option<usize> {
        let modulus = self.public.as_ref().filter(|_| self.kind == Kind::Rsa)?;
        let first = modulus.first()?;
        Some(8 * modulus.len() - first.leading_zeros() as usize)
    }
}

/// The first private key of a file of PEM: of PKCS #8 (RFC 5208), PKCS #1 (RFC 8017) or SEC 1 (RFC
/// 5915).
pub(crate) fn private_key(pem: &[u8]) -> Result<Key, KeyFault> {
    let has = |text: &str| memchr::memmem::find(pem, text.as_bytes()).is_some();
    if has("BEGIN ENCRYPTED PRIVATE KEY") || has("Proc-Type: 4,ENCRYPTED") {
        return Err(KeyFault::Encrypted);
    }
    for block in Pem::iter_from_buffer(pem) {
        let block = block.map_err(|_| KeyFault::Broken)?;
        let content = block.contents.as_slice();
        let key = match &block.label[..] {
            "PRIVATE KEY" => pkcs8(content),
            "RSA PRIVATE KEY" => rsa(content),
            "EC PRIVATE KEY" => ec(content),
            _ => continue,
        };
        return key.ok_or(KeyFault::Broken);
    }
    Err(KeyFault::None)
}

fn kind_of(algorithm: &[u8]) -> Kind {
    match algorithm {
        RSA => Kind::Rsa,
        EC => Kind::Ec,
        ED25519 => Kind::Ed25519,
        _ => Kind::Other,
    }
}

/// `PrivateKeyInfo`: a version, an algorithm, and the key of that.
fn pkcs8(der: &[u8]) -> Option<Key> {
    let [(INTEGER, _), (SEQUENCE, algorithm), (OCTETS, key), ..] = items(der)?[..] else {
        return None;
    };
    let [(OBJECT, algorithm), ..] = parts(algorithm)?[..] else { return None };
    match kind_of(algorithm) {
        Kind::Rsa => rsa(key),
        Kind::Ec => ec(key),
        kind => Some(Key { kind, public: None }),
    }
}

/// `RSAPrivateKey`: a version, the modulus, and more numbers.
fn rsa(der: &[u8]) -> Option<Key> {
    let [(INTEGER, _), (INTEGER, modulus), ..] = items(der)?[..] else { return None };
    Some(Key { kind: Kind::Rsa, public: Some(number(modulus).to_vec()) })
}

/// `ECPrivateKey`: a version, the key, and perhaps the curve and the point.
fn ec(der: &[u8]) -> Option<Key> {
    let items = items(der)?;
    let [(INTEGER, _), (OCTETS, _), ..] = items[..] else { return None };
    let point = items.iter().find(|(tag, _)| *tag == POINT).and_then(|(_, point)| {
        let [(BITS, bits)] = parts(point)?[..] else { return None };
        // How many bits of its last byte are unused stands at its front.
        bits.strip_prefix(&[0])
    });
    Some(Key { kind: Kind::Ec, public: point.map(<[u8]>::to_vec) })
}

/// A number without zeros at its front.
fn number(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}

/// Tags of DER (X.690).
const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;
const OCTETS: u8 = 0x04;
const OBJECT: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
/// `[1]` of an `ECPrivateKey`.
const POINT: u8 = 0xa1;

/// The items of a sequence, each with its tag.
fn items(der: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    match parts(der)?[..] {
        [(SEQUENCE, inner), ..] => parts(inner),
        _ => None,
    }
}

/// The items of a content.
fn parts(mut der: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut parts = Vec::new();
    while let [tag, rest @ ..] = der {
        let (first, rest) = rest.split_first()?;
        let (len, rest) = match first {
            0..=0x7f => (usize::from(*first), rest),
            // So many bytes of a length follow.
            0x81..=0x84 => {
                let (len, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
                (len.iter().fold(0, |len, byte| len << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(len)?;
        parts.push((*tag, content));
        der = rest;
    }
    Some(parts)
}

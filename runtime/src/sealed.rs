//! Private keys that a password seals: of PKCS #8 (RFC 5958, sealed by PBES2 of RFC 8018), and in the
//! form of their own that OpenSSL had before, which names its cipher in the PEM. No I/O.

use aes::{Aes128, Aes192, Aes256};
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt, KeyInit, KeyIvInit};
use data_encoding::{BASE64, HEXUPPER_PERMISSIVE};
use des::{Des, TdesEde3};
use md5::{Digest, Md5};
use pkcs8::{EncryptedPrivateKeyInfoRef, Error, pkcs5};

/// Why there is no key that takes a password.
enum Fault {
    /// It takes none, or there is none.
    NotSealed,
    /// It is broken, or sealed in a way that is not known: which.
    Unknown(String),
}

/// The first private key of a file of PEM as it is without a password, in PEM: opened by the first password
/// that fits, of which each line of `passwords` is one. One that takes none is as it was.
///
/// # Errors
///
/// What is wrong with it, as a clause.
pub fn open(pem: &[u8], passwords: &[u8]) -> Result<Vec<u8>, String> {
    let sealed = match Sealed::find(pem) {
        Ok(sealed) => sealed,
        Err(Fault::NotSealed) => return Ok(pem.to_vec()),
        Err(Fault::Unknown(what)) => return Err(what),
    };
    for password in lines(passwords) {
        if let Some(der) = sealed.open(password)? {
            return Ok(in_pem(sealed.label(), &der));
        }
    }
    Err("none of the passwords opens it".to_owned())
}

/// A content in PEM.
fn in_pem(label: &str, der: &[u8]) -> Vec<u8> {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64.encode(der)).into_bytes()
}

/// The passwords of a file. Empty lines are none, as in nginx.
fn lines(passwords: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = passwords.split(|&byte| byte == b'\n');
    lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line)).filter(|line| !line.is_empty())
}

/// A key that takes a password.
enum Sealed {
    /// PKCS #8.
    Pkcs8(Vec<u8>),
    /// The older form.
    Old { label: String, cipher: Cipher, iv: Vec<u8>, content: Vec<u8> },
}

/// The ciphers of the older form that OpenSSL offers for keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Cipher {
    Aes128,
    Aes192,
    Aes256,
    Des3,
    Des,
}

impl Cipher {
    const ALL: &[(&str, Cipher)] = &[
        ("AES-128-CBC", Cipher::Aes128),
        ("AES-192-CBC", Cipher::Aes192),
        ("AES-256-CBC", Cipher::Aes256),
        ("DES-EDE3-CBC", Cipher::Des3),
        ("DES-CBC", Cipher::Des),
    ];

    fn key_len(self) -> usize {
        match self {
            Cipher::Aes128 => 16,
            Cipher::Aes192 | Cipher::Des3 => 24,
            Cipher::Aes256 => 32,
            Cipher::Des => 8,
        }
    }

    fn block_len(self) -> usize {
        match self {
            Cipher::Aes128 | Cipher::Aes192 | Cipher::Aes256 => 16,
            Cipher::Des3 | Cipher::Des => 8,
        }
    }

    /// What was sealed; `None` where its end is not as it was padded.
    fn decrypt(self, key: &[u8], iv: &[u8], content: &[u8]) -> Option<Vec<u8>> {
        match self {
            Cipher::Aes128 => decrypt::<Aes128>(key, iv, content),
            Cipher::Aes192 => decrypt::<Aes192>(key, iv, content),
            Cipher::Aes256 => decrypt::<Aes256>(key, iv, content),
            Cipher::Des3 => decrypt::<TdesEde3>(key, iv, content),
            Cipher::Des => decrypt::<Des>(key, iv, content),
        }
    }
}

fn decrypt<C>(key: &[u8], iv: &[u8], content: &[u8]) -> Option<Vec<u8>>
where
    C: BlockCipherDecrypt + KeyInit,
    Decryptor<C>: KeyIvInit + BlockModeDecrypt,
{
    let cipher = Decryptor::<C>::new_from_slices(key, iv).ok()?;
    cipher.decrypt_padded_vec::<Pkcs7>(content).ok()
}

impl Sealed {
    /// The first private key of a file.
    fn find(pem: &[u8]) -> Result<Sealed, Fault> {
        let text = String::from_utf8_lossy(pem);
        let broken = || Fault::Unknown("it cannot be read".to_owned());
        let mut rest = &text[..];
        while let Some((_, begun)) = rest.split_once("-----BEGIN ") {
            let (label, body) = begun.split_once("-----").ok_or_else(broken)?;
            let (body, behind) = body.split_once("-----END ").ok_or_else(broken)?;
            rest = behind;
            match label {
                "ENCRYPTED PRIVATE KEY" => {
                    return Ok(Sealed::Pkcs8(content(body).ok_or_else(broken)?));
                }
                "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" => {
                    return Sealed::old(label, body);
                }
                _ => {}
            }
        }
        Err(Fault::NotSealed)
    }

    /// A key in the older form: fields of text stand before its content (RFC 1421, 4.6).
    fn old(label: &str, body: &str) -> Result<Sealed, Fault> {
        let fields: Vec<_> = body.lines().filter_map(|line| line.split_once(": ")).collect();
        let field = |name| fields.iter().find(|(other, _)| *other == name).map(|(_, value)| *value);
        if field("Proc-Type").is_none_or(|value| !value.ends_with("ENCRYPTED")) {
            return Err(Fault::NotSealed);
        }
        let info = field("DEK-Info").unwrap_or_default();
        let unknown = || Fault::Unknown(format!("it is sealed by `{info}`, which is not known"));
        let (name, iv) = info.split_once(',').ok_or_else(unknown)?;
        let known = Cipher::ALL.iter().find(|(other, _)| *other == name);
        let (_, cipher) = *known.ok_or_else(unknown)?;
        let iv = HEXUPPER_PERMISSIVE.decode(iv.trim().as_bytes()).ok();
        let iv = iv.filter(|iv| iv.len() == cipher.block_len()).ok_or_else(unknown)?;
        let rest = body.lines().filter(|line| !line.contains(": ")).collect::<String>();
        let content = content(&rest).ok_or_else(unknown)?;
        Ok(Sealed::Old { label: label.to_owned(), cipher, iv, content })
    }

    /// What the key is called once it is opened.
    fn label(&self) -> &str {
        match self {
            Sealed::Pkcs8(_) => "PRIVATE KEY",
            Sealed::Old { label, .. } => label,
        }
    }

    /// The key in DER, if the password is its own.
    fn open(&self, password: &[u8]) -> Result<Option<Vec<u8>>, String> {
        match self {
            Sealed::Pkcs8(der) => {
                let sealed = EncryptedPrivateKeyInfoRef::try_from(&der[..]);
                let sealed = sealed.map_err(|_| match is_sequence(der) {
                    true => "it is sealed in a way that is not known".to_owned(),
                    false => "it cannot be read".to_owned(),
                })?;
                match sealed.decrypt(password) {
                    Ok(der) => Ok(Some(der.as_bytes().to_vec())),
                    // What a wrong password makes of it is padded wrongly, or is no key.
                    Err(Error::EncryptedPrivateKey(pkcs5::Error::DecryptFailed)) => Ok(None),
                    Err(Error::Asn1(_) | Error::KeyMalformed(_)) => Ok(None),
                    Err(error) => Err(format!("it is sealed in a way that is not known: {error}")),
                }
            }
            Sealed::Old { label: _, cipher, iv, content } => {
                let key = old_key(password, &iv[..8], cipher.key_len());
                Ok(cipher.decrypt(&key, iv, content).filter(|der| is_sequence(der)))
            }
        }
    }
}

/// The key of the older form: MD5 of the password and the salt, and of that before them once more, as long
/// as there is too little (OpenSSL's `EVP_BytesToKey`, by which these files are written).
fn old_key(password: &[u8], salt: &[u8], len: usize) -> Vec<u8> {
    let mut key = Vec::with_capacity(len + 16);
    let mut last = Vec::new();
    while key.len() < len {
        let digest = Md5::new().chain_update(&last[..]).chain_update(password).chain_update(salt);
        last = digest.finalize().to_vec();
        key.extend_from_slice(&last);
    }
    key.truncate(len);
    key
}

/// Whether bytes are one sequence of DER and nothing else: a wrong password seldom leaves something that is
/// padded rightly, and hardly ever this.
fn is_sequence(der: &[u8]) -> bool {
    let len = match der {
        [0x30, len @ ..=0x7f, ..] => Some(2 + usize::from(*len)),
        [0x30, 0x81, len, ..] => Some(3 + usize::from(*len)),
        [0x30, 0x82, high, low, ..] => Some(4 + usize::from(u16::from_be_bytes([*high, *low]))),
        _ => None,
    };
    len == Some(der.len())
}

/// The bytes of a content in Base64, lines and blanks aside.
fn content(body: &str) -> Option<Vec<u8>> {
    let digits: String = body.split_ascii_whitespace().collect();
    BASE64.decode(digits.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! samples {
        ($($name:literal)*) => { [$(($name, &include_bytes!(concat!("sealed/", $name, ".key"))[..])),*] };
    }

    /// The content of a key in PEM, in DER.
    fn der(pem: &[u8]) -> Vec<u8> {
        let text = std::str::from_utf8(pem).unwrap();
        let lines: Vec<_> = text.lines().collect();
        content(&lines[1..lines.len() - 1].concat()).unwrap()
    }

    #[test]
    fn keys_are_opened_by_the_password_that_fits() {
        let [(_, pkcs8), (_, sec1)] = samples!("pkcs8" "sec1");
        let all = samples!(
            "pkcs8-aes256" "pkcs8-aes128-sha1" "pkcs8-des3" "pkcs8-scrypt" "sec1-aes128" "sec1-aes192"
            "sec1-aes256" "sec1-des3" "sec1-des"
        );
        for (name, sealed) in all {
            let plain = if name.starts_with("pkcs8") { pkcs8 } else { sec1 };
            let opened = open(sealed, b"wrong\ntwo words\n").expect(name);
            assert_eq!(der(&opened), der(plain), "{name}");
            let first = opened.split(|&byte| byte == b'\n').next();
            assert_eq!(first, plain.split(|&byte| byte == b'\n').next(), "{name}");
            for wrong in [&b""[..], b"wrong\n", b"two words \n", b"two\nwords\n"] {
                let said = "none of the passwords opens it".to_owned();
                assert_eq!(open(sealed, wrong), Err(said), "{name}");
            }
        }
    }

    #[test]
    fn a_way_that_is_not_known_is_said() {
        let [(_, sealed)] = samples!("pkcs8-v1");
        let said = open(sealed, b"two words").unwrap_err();
        assert!(said.starts_with("it is sealed in a way that is not known"), "{said}");
    }

    #[test]
    fn passwords_are_lines() {
        let all: Vec<_> = lines(b"one\r\n\ntwo words\nlast").collect();
        assert_eq!(all, [&b"one"[..], b"two words", b"last"]);
        assert_eq!(lines(b"\n\r\n").count(), 0);
    }

    #[test]
    fn what_takes_no_password_is_as_it_was() {
        for pem in [
            "",
            "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n",
            "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n",
        ] {
            assert_eq!(open(pem.as_bytes(), b"").as_deref(), Ok(pem.as_bytes()));
        }
    }

    #[test]
    fn what_is_broken_is_said() {
        let old = |info: &str| {
            format!(
                "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: {info}\n\nAA==\n-----END EC PRIVATE KEY-----\n"
            )
        };
        for (pem, said) in [
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\n!\n-----END ENCRYPTED PRIVATE KEY-----\n".to_owned(), "it cannot be read"),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n".to_owned(), "it cannot be read"),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\n".to_owned(), "it cannot be read"),
            (old("IDEA-CBC,00"), "it is sealed by `IDEA-CBC,00`, which is not known"),
            (old("AES-128-CBC,00"), "it is sealed by `AES-128-CBC,00`, which is not known"),
            (old("DES-CBC,0011223344556677"), "none of the passwords opens it"),
        ] {
            assert_eq!(open(pem.as_bytes(), b"a\nb\n"), Err(said.to_owned()), "{pem}");
        }
    }
}

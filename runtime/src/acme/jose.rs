//! The key of an account, and what is signed by it (RFC 7515, RFC 7638; RFC 8555, 6.2 and 7.3.4).

use std::fs;
use std::io;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use data_encoding::{BASE64URL_NOPAD, Specification};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use super::state::write_secret;

/// Bytes as ACME writes them.
pub(super) fn base64url(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// SHA-256.
pub(super) fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

/// The key of an account: ECDSA with P-256.
pub(super) struct AccountKey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl AccountKey {
    /// Reads the key; makes one where there is none.
    pub(super) fn open(path: &Path, owner: Option<(u32, u32)>) -> Result<AccountKey, String> {
        let shown = path.display();
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256);
                let key = key.map_err(|error| format!("cannot make a key: {error}"))?;
                let text = key.serialize_pem().into_bytes();
                write_secret(path, &text, owner)?;
                text
            }
            Err(error) => return Err(format!("cannot read the account key `{shown}`: {error}")),
        };
        let der = PrivatePkcs8KeyDer::from_pem_slice(&text).map_err(|error| {
            format!("the account key `{shown}` is no private key in PEM (PKCS #8): {error}")
        })?;
        let der = der.secret_pkcs8_der();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der)
            .map_err(|_| format!("the account key `{shown}` is no ECDSA key with P-256"))?;
        Ok(AccountKey { pair, random: SystemRandom::new() })
    }

    /// The public key. Its names are in the order that a thumbprint wants.
    fn public(&self) -> Value {
        // A byte that says how it is written, and two numbers.
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        json!({"crv": "P-256", "kty": "EC", "x": base64url(x), "y": base64url(y)})
    }

    /// What a challenge is answered with.
    pub(super) fn authorization(&self, token: &str) -> String {
        format!("{token}.{}", base64url(&sha256(self.public().to_string().as_bytes())))
    }

    /// A request as it is sent. `account` is its URL, once it is known. An empty payload only asks.
    pub(super) fn sign(
        &self,
        account: Option<&str>,
        (url, nonce): (&str, &str),
        payload: Option<&Value>,
    ) -> Result<String, String> {
        let mut head = json!({"alg": "ES256", "nonce": nonce, "url": url});
        match account {
            Some(account) => head["kid"] = account.into(),
            None => head["jwk"] = self.public(),
        }
        let head = base64url(head.to_string().as_bytes());
        let payload = payload.map_or_else(String::new, |it| base64url(it.to_string().as_bytes()));
        let signature = self.pair.sign(&self.random, format!("{head}.{payload}").as_bytes());
        let signature = signature.map_err(|_| "cannot sign with the account key".to_owned())?;
        let signature = base64url(signature.as_ref());
        let signed = json!({"protected": head, "payload": payload, "signature": signature});
        Ok(signed.to_string())
    }

    /// What ties a new account to one that the authority knows already (RFC 8555, 7.3.4).
    pub(super) fn tie(&self, url: &str, id: &str, key_path: &Path) -> Result<Value, String> {
        let shown = key_path.display();
        let key = fs::read(key_path).map_err(|error| format!("cannot read `{shown}`: {error}"))?;
        let key = shared_key(&key)
            .ok_or_else(|| format!("`{shown}` is no key in Base64, as the authority gives it"))?;
        let head = base64url(json!({"alg": "HS256", "kid": id, "url": url}).to_string().as_bytes());
        let payload = base64url(self.public().to_string().as_bytes());
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let signature = hmac::sign(&key, format!("{head}.{payload}").as_bytes());
        let signature = base64url(signature.as_ref());
        Ok(json!({"protected": head, "payload": payload, "signature": signature}))
    }
}

/// A key as authorities give it: Base64, of either alphabet, with `=` at its end or without.
fn shared_key(text: &[u8]) -> Option<Vec<u8>> {
    let text: Vec<u8> = text
        .trim_ascii()
        .iter()
        .map(|byte| match byte {
            b'+' => b'-',
            b'/' => b'_',
            other => *other,
        })
        .collect();
    let end = text.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
    let mut lenient = Specification::new();
    lenient.symbols.push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    lenient.check_trailing_bits = false;
    let key = lenient.encoding().ok()?.decode(&text[..end]).ok()?;
    (!key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    fn key() -> AccountKey {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        AccountKey { pair, random: SystemRandom::new() }
    }

    fn decoded(value: &Value) -> Value {
        let bytes = BASE64URL_NOPAD.decode(value.as_str().unwrap().as_bytes()).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn requests_are_signed() {
        let key = key();
        let signed = key.sign(None, ("https://ca.test/a", "n"), Some(&json!({"b": 1}))).unwrap();
        let signed: Value = serde_json::from_str(&signed).unwrap();
        let head = decoded(&signed["protected"]);
        assert_eq!((&head["alg"], &head["nonce"]), (&"ES256".into(), &"n".into()));
        assert_eq!((&head["jwk"], head.get("kid")), (&key.public(), None));
        assert_eq!(decoded(&signed["payload"]), json!({"b": 1}));
        let text = |name: &str| signed[name].as_str().unwrap().to_owned();
        let signature = BASE64URL_NOPAD.decode(text("signature").as_bytes()).unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.pair.public_key());
        let message = format!("{}.{}", text("protected"), text("payload"));
        public.verify(message.as_bytes(), &signature).unwrap();
        // One that only asks has no payload.
        let signed = key.sign(Some("https://ca.test/1"), ("https://ca.test/a", "n"), None).unwrap();
        let signed: Value = serde_json::from_str(&signed).unwrap();
        assert_eq!(signed["payload"], "");
        let head = decoded(&signed["protected"]);
        assert_eq!((&head["kid"], head.get("jwk")), (&"https://ca.test/1".into(), None));
    }

    /// RFC 7638, 3.3: members in the order of their names, without blanks.
    #[test]
    fn a_thumbprint_is_of_the_canonical_form() {
        let text = key().public().to_string();
        let names: Vec<_> = ["\"crv\":", "\"kty\":", "\"x\":", "\"y\":"].to_vec();
        let places: Vec<_> = names.iter().map(|name| text.find(name).unwrap()).collect();
        assert!(places.is_sorted() && !text.contains(' '), "{text}");
    }

    #[test]
    fn keys_of_authorities_are_read_in_any_alphabet() {
        let expected = Some(vec![0xfb, 0xff, 0xbf, 0x01]);
        for text in ["-_-_AQ", "+/+/AQ==\n", " -_-_AQ== "] {
            assert_eq!(shared_key(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(shared_key(b""), None);
        assert_eq!(shared_key(b"a key!"), None);
    }
}

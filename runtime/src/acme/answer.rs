//! Answers to challenges: a file that the site serves, or a certificate that it shows. They are gone when
//! they are no longer needed.

use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;

use rcgen::{CertificateParams, CustomExtension, KeyPair, PKCS_ECDSA_P256_SHA256};

use super::jose::sha256;
use super::plan::{CHALLENGE_PATH, TLS_FOLDER, Wanted};
use super::state::{write_public, write_secret};
use crate::site::Challenge;

/// An answer, as long as this lives.
pub(super) struct Answer(Vec<PathBuf>);

impl Answer {
    /// Has the site answer the challenge of `name`, whose token is `token`, with `text`.
    pub(super) fn put(
        (wanted, name): (&Wanted, &str),
        (challenge, state): (Challenge, &std::path::Path),
        (token, text): (&str, &str),
        owner: Option<(u32, u32)>,
    ) -> Result<Answer, String> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if token.is_empty() || !token.bytes().all(is_plain) {
            return Err("the authority's token is not one (RFC 8555, 8.3)".to_owned());
        }
        let mut answer = Answer(Vec::new());
        match challenge {
            Challenge::Http01 => {
                if wanted.folders.is_empty() {
                    return Err(format!(
                        "the conf serves no folder as `http://{name}{CHALLENGE_PATH}`"
                    ));
                }
                for folder in &wanted.folders {
                    let path = folder.join(token);
                    answer.0.push(path.clone());
                    write_public(&path, text.as_bytes(), owner)?;
                }
            }
            Challenge::TlsAlpn01 => {
                let path = state.join(TLS_FOLDER).join(format!("{}.pem", asked_for(name)));
                answer.0.push(path.clone());
                let pem = shown(name, text).map_err(|error| {
                    format!("cannot make the certificate for `{name}`: {error}")
                })?;
                write_secret(&path, pem.as_bytes(), owner)?;
            }
        }
        Ok(answer)
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        for path in &self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

/// The certificate that a handshake shows, and its key (RFC 8737, 3).
fn shown(name: &str, text: &str) -> Result<String, rcgen::Error> {
    let mut params = CertificateParams::new(vec![name.to_owned()])?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(&sha256(text.as_bytes()))];
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let certificate = params.self_signed(&key)?;
    Ok(key.serialize_pem() + &certificate.pem())
}

/// The name that a handshake asks for: an address has one, too (RFC 8738, 6).
fn asked_for(name: &str) -> String {
    match name.parse::<IpAddr>() {
        Err(_) => name.to_owned(),
        Ok(IpAddr::V4(address)) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        Ok(IpAddr::V6(address)) => {
            let nibbles = address.octets().into_iter().rev().flat_map(|it| [it & 15, it >> 4]);
            nibbles.map(|nibble| format!("{nibble:x}.")).collect::<String>() + "ip6.arpa"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_names() {
        assert_eq!(asked_for("a.test"), "a.test");
        assert_eq!(asked_for("192.0.2.1"), "1.2.0.192.in-addr.arpa");
        let expected = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa";
        assert_eq!(asked_for("2001:db8::1"), expected);
    }
}

//! What certificates and private keys say, as they stand in files of PEM. Signatures are not checked:
//! that is a client's business.

mod keys;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::pem::Pem;
use x509_parser::prelude::FromDer;

pub(crate) use keys::{Key, KeyFault, Kind, private_key};

/// A certificate, as far as somebody who shows it needs to know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Certificate {
    /// Whose it is, and who has signed it, in DER.
    subject: Vec<u8>,
    issuer: Vec<u8>,
    /// Who has signed it, in words.
    pub(crate) signed_by: String,
    /// The names that it is for, in lower case; one may begin with `*.`.
    pub(crate) names: Vec<String>,
    /// The addresses that it is for.
    pub(crate) addresses: Vec<IpAddr>,
    /// From when and until when it holds, in seconds since 1970.
    pub(crate) from_s: i64,
    pub(crate) until_s: i64,
    /// The public key.
    pub(crate) key: Key,
    /// Whether its signature is made with MD5 or SHA-1, which anybody can forge.
    pub(crate) is_forgeable: bool,
    /// Whether it says where the certificate of its authority can be had, as public authorities do.
    pub(crate) names_authority: bool,
}

/// Signatures with MD5 and SHA-1.
const FORGEABLE: &[&str] =
    &["1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5", "1.2.840.10045.4.1", "1.2.840.10040.4.3"];

impl Certificate {
    fn new(found: &X509Certificate<'_>) -> Certificate {
        let (mut names, mut addresses, mut names_authority) = (Vec::new(), Vec::new(), false);
        for extension in found.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::SubjectAlternativeName(all) => {
                    for name in &all.general_names {
                        match name {
                            GeneralName::DNSName(name) => names.push(name.to_ascii_lowercase()),
                            GeneralName::IPAddress(bytes) => addresses.extend(address(bytes)),
                            _ => {}
                        }
                    }
                }
                ParsedExtension::AuthorityInfoAccess(_) => names_authority = true,
                _ => {}
            }
        }
        let signature = found.signature_algorithm.algorithm.to_id_string();
        Certificate {
            subject: found.subject().as_raw().to_vec(),
            issuer: found.issuer().as_raw().to_vec(),
            signed_by: found.issuer().to_string(),
            names,
            addresses,
            from_s: found.validity().not_before.timestamp(),
            until_s: found.validity().not_after.timestamp(),
            key: Key::of(found),
            is_forgeable: FORGEABLE.contains(&&signature[..]),
            names_authority,
        }
    }

    /// Whether it is signed with its own key, as a root is.
    pub(crate) fn is_root(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whether another one is that of who has signed it, by the names.
    pub(crate) fn is_signed_by(&self, other: &Certificate) -> bool {
        self.issuer == other.subject
    }

    /// Whether it is for a host, which is in lower case: by its name, by a star in the place of its
    /// first label (RFC 9525, 6.3), or by its address.
    pub(crate) fn covers(&self, host: &str) -> bool {
        if let Ok(address) = host.parse::<IpAddr>() {
            return self.addresses.contains(&address);
        }
        let beneath = host.split_once('.').map(|(_, rest)| rest);
        self.names.iter().any(|name| {
            name == host || name.strip_prefix("*.").is_some_and(|rest| Some(rest) == beneath)
        })
    }
}

/// The certificates of a file, in their order. The error says what is wrong with the file.
pub(crate) fn chain(pem: &[u8]) -> Result<Vec<Certificate>, String> {
    let mut chain = Vec::new();
    for block in Pem::iter_from_buffer(pem) {
        let block = block.map_err(|_| "what stands in it is no PEM".to_owned())?;
        if !block.label.ends_with("CERTIFICATE") {
            continue;
        }
        let at = chain.len() + 1;
        let parsed = X509Certificate::from_der(&block.contents);
        let (_, found) = parsed.map_err(|_| format!("certificate {at} in it cannot be read"))?;
        chain.push(Certificate::new(&found));
    }
    match chain.is_empty() {
        true => Err("there is no certificate in it".to_owned()),
        false => Ok(chain),
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

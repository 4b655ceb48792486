//! Certificates that are fetched by ACME (RFC 8555): from whom, for which names, and where they go.

use super::{Certificate, StartText};

/// All that a site fetches.
pub struct AcmeSite {
    /// Who issues certificates.
    pub issuers: &'static [Issuer],
    /// The certificates, in the order of the conf.
    pub certificates: &'static [Fetched],
}

/// `acme_issuer`.
pub struct Issuer {
    /// Its name in the conf.
    pub name: &'static str,
    /// `uri`: where its directory is.
    pub uri: StartText,
    /// `contact`, as URLs.
    pub contacts: &'static [&'static str],
    /// `accept_terms_of_service`.
    pub accepts_terms: bool,
    /// `state_path`: the folder for what is remembered from one time to the next.
    pub state: StartText,
    /// `account_key`; `None`: a file in the folder.
    pub account_key: Option<StartText>,
    /// `ssl_trusted_certificate`: whom to trust on the way there; `None`: whom browsers trust.
    pub trusted: Option<StartText>,
    /// `external_account_key`: a name that the issuer has given, and the file of its key.
    pub external: Option<(&'static str, StartText)>,
    /// `challenge`.
    pub challenge: Challenge,
    /// `profile`: the kind of certificates that is asked for.
    pub profile: Option<&'static str>,
}

/// `acme_certificate`.
pub struct Fetched {
    /// Index into [`AcmeSite::issuers`].
    pub issuer: u16,
    /// What it is for: names, and addresses.
    pub names: &'static [StartText],
    /// What kind of key it has.
    pub key_type: KeyType,
    /// Where it is put.
    pub certificate: Certificate,
}

/// How a name is shown to be the site's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Challenge {
    /// By a file that the site serves without TLS (RFC 8555, 8.3).
    Http01,
    /// By a certificate that it shows to who asks for it (RFC 8737).
    TlsAlpn01,
}

impl Challenge {
    /// All of them.
    pub const ALL: &'static [Challenge] = &[Challenge::Http01, Challenge::TlsAlpn01];

    /// Its name in ACME and in the conf.
    pub const fn name(self) -> &'static str {
        match self {
            Challenge::Http01 => "http-01",
            Challenge::TlsAlpn01 => "tls-alpn-01",
        }
    }
}

/// A kind of keys of certificates.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum KeyType {
    EcdsaP256,
    EcdsaP384,
    Rsa2048,
    Rsa3072,
    Rsa4096,
}

impl KeyType {
    /// All of them, the usual one of each algorithm first.
    pub const ALL: &'static [KeyType] = &[
        KeyType::EcdsaP256,
        KeyType::EcdsaP384,
        KeyType::Rsa2048,
        KeyType::Rsa3072,
        KeyType::Rsa4096,
    ];

    /// Its name in the conf: algorithm and size.
    pub const fn name(self) -> &'static str {
        match self {
            KeyType::EcdsaP256 => "ecdsa:256",
            KeyType::EcdsaP384 => "ecdsa:384",
            KeyType::Rsa2048 => "rsa:2048",
            KeyType::Rsa3072 => "rsa:3072",
            KeyType::Rsa4096 => "rsa:4096",
        }
    }
}

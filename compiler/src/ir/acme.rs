//! Certificates that are fetched by ACME.

use sitec_runtime::site::{Challenge, KeyType};

use super::StartText;

/// See [`sitec_runtime::site::Issuer`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Issuer {
    pub name: String,
    pub uri: StartText,
    pub contacts: Vec<String>,
    pub accepts_terms: bool,
    pub state: StartText,
    pub account_key: Option<StartText>,
    pub trusted: Option<StartText>,
    pub external: Option<(String, StartText)>,
    pub challenge: Challenge,
    pub profile: Option<String>,
}

/// See [`sitec_runtime::site::Fetched`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Fetched {
    pub issuer: usize,
    pub names: Vec<StartText>,
    pub key_type: KeyType,
    pub chain: StartText,
    pub key: StartText,
}

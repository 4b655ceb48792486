//! What servers say of TLS.

use std::ops::Deref;

use sitec_runtime::site::{Group, Suite, TlsSettings};

use super::StartText;

/// See [`sitec_runtime::site::Tls`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Tls {
    pub plain: TlsSettings,
    pub certificates: Vec<Certificate>,
    pub stapling: Option<StartText>,
    pub ticket_keys: Vec<StartText>,
    pub suites: Vec<Suite>,
    pub groups: Vec<Group>,
    pub clients: Option<Clients>,
}

/// See [`sitec_runtime::site::Certificate`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Certificate {
    pub chain: StartText,
    pub key: StartText,
    pub is_fetched: bool,
    pub passwords: Option<StartText>,
}

/// See [`sitec_runtime::site::Clients`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Clients {
    pub authorities: Option<StartText>,
    pub trusted: Option<StartText>,
    pub revoked: Option<StartText>,
}

impl Deref for Tls {
    type Target = TlsSettings;

    fn deref(&self) -> &TlsSettings {
        &self.plain
    }
}

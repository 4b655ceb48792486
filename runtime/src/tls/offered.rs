//! What a client offers in its first message, by OpenSSL's names.

use rustls::server::ClientHello;

use crate::site::Offered;

/// The most of each that is kept of a connection: several times what clients offer.
const MOST: usize = 128;

/// What a client offers.
pub(super) fn offered(hello: &ClientHello<'_>) -> Offered {
    let groups = hello.named_groups().unwrap_or_default();
    Offered {
        suites: hello.cipher_suites().iter().take(MOST).map(|&suite| suite.into()).collect(),
        groups: groups.iter().take(MOST).map(|&group| group.into()).collect(),
    }
}

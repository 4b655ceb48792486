//! What a server that speaks TLS demands of a connection.

use std::borrow::Cow;

use crate::exchange::Unfit;
use crate::site::{Agreed, ClientVerdict};
use crate::site::{ConnectionFacts, ServerId, Site, TlsSite, VerifyClient};

/// What is wrong with a client's connection, for a request to this server.
pub(super) fn unfit<S: Site>(
    site: &TlsSite,
    client: &dyn ConnectionFacts,
    server: ServerId,
) -> Option<Unfit> {
    let Some(agreed) = client.agreed() else { return Some(Unfit::Plain) };
    let tls = S::server_settings(server).tls?;
    let verify = site.servers[usize::from(tls)].verify_client;
    if verify == VerifyClient::Off {
        return None;
    }
    match agreed {
        // Whom the client has shown its certificate to is another.
        Agreed { tls: other, .. } if *other != tls => Some(Unfit::Misdirected),
        Agreed { client, .. } => refused(client, verify),
    }
}

/// Whether a client with such a certificate is refused.
fn refused(client: &ClientVerdict, verify: VerifyClient) -> Option<Unfit> {
    match client {
        ClientVerdict::Good => None,
        ClientVerdict::None if verify == VerifyClient::On => Some(Unfit::NoCertificate),
        ClientVerdict::None => None,
        ClientVerdict::Bad { by_stranger: true, .. } if verify == VerifyClient::OptionalNoCa => {
            None
        }
        ClientVerdict::Bad { reason, .. } => Some(Unfit::BadCertificate(reason)),
    }
}

/// What the log is told of it, in nginx's words.
pub(super) fn remark(unfit: Unfit) -> Cow<'static, str> {
    match unfit {
        Unfit::Plain => "client sent plain HTTP request to HTTPS port".into(),
        Unfit::BadCertificate(reason) => {
            format!("client SSL certificate verify error: ({reason})").into()
        }
        Unfit::NoCertificate => "client sent no required SSL certificate".into(),
        Unfit::Misdirected => "client attempted to request the server name different from the one \
                               that was negotiated"
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_demanded_as_the_conf_says() {
        let stranger = ClientVerdict::Bad { reason: "who?", by_stranger: true };
        let expired = ClientVerdict::Bad { reason: "old", by_stranger: false };
        let table = [
            (VerifyClient::On, [None, Some(496), Some(495), Some(495)]),
            (VerifyClient::Optional, [None, None, Some(495), Some(495)]),
            (VerifyClient::OptionalNoCa, [None, None, None, Some(495)]),
        ];
        for (verify, expected) in table {
            let clients = [&ClientVerdict::Good, &ClientVerdict::None, &stranger, &expired];
            let statuses = clients.map(|client| refused(client, verify).map(Unfit::status));
            assert_eq!(statuses, expected, "{verify:?}");
        }
    }
}

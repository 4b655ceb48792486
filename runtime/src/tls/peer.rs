//! Servers behind this one that speak TLS: how they are spoken to, and whether they are who they say.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientConfig, ClientConnection, Resumption};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme, version};
use webpki::{EndEntityCert, KeyUsage};

use super::client::{Judge, reason};
use super::config::HTTP2;
use super::config::provider;
use super::identity::certified;
use crate::secured::PeerFiles;
use crate::site::{Group, TlsPeer};

/// Sessions that are remembered, so that they can be resumed.
const SESSIONS: usize = 256;

/// What is sent to a peer that has no name, or one that is none: nobody looks at it.
const NO_NAME: &str = "upstream.invalid";

/// How a peer is spoken to.
pub(super) struct PeerConfig {
    config: Arc<ClientConfig>,
    verifies: bool,
}

impl PeerConfig {
    /// Reads what `proxy_ssl_*` names.
    pub(super) fn read(peer: &TlsPeer, files: &PeerFiles) -> Result<PeerConfig, String> {
        // What few peers know comes last: its keys are long.
        let groups = [Group::X25519, Group::Secp256r1, Group::Secp384r1, Group::X25519MlKem768];
        let provider = Arc::new(provider(peer.suites, &groups));
        let versions: Vec<_> = [
            peer.versions.v13.then_some(&version::TLS13),
            peer.versions.v12.then_some(&version::TLS12),
        ]
        .into_iter()
        .flatten()
        .collect();
        let fault = |error: Error| format!("TLS cannot be set up: {error}");
        let builder = ClientConfig::builder_with_provider(provider.clone());
        let builder = builder.with_protocol_versions(&versions).map_err(fault)?;
        let verifier = verifier(peer, files, &provider)?;
        let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
        let mut config = match &files.certificate {
            Some(pair) => {
                let passwords = pair.passwords.as_deref();
                let own = certified(&provider, &pair.chain, &pair.key, passwords)?;
                builder
                    .with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(own)))
            }
            None => builder.with_no_client_auth(),
        };
        config.enable_sni = peer.server_name;
        if peer.is_http2 {
            config.alpn_protocols = vec![HTTP2.to_vec()];
        }
        config.resumption = match peer.session_reuse {
            true => Resumption::in_memory_sessions(SESSIONS),
            false => Resumption::disabled(),
        };
        Ok(PeerConfig { config: Arc::new(config), verifies: peer.verify })
    }

    /// Begins a connection to a peer of this name.
    ///
    /// # Errors
    ///
    /// The name is none that a certificate could have.
    pub(super) fn begin(&self, name: &str) -> Result<ClientConnection, String> {
        let parsed = ServerName::try_from(name.to_owned());
        let name = match parsed {
            Ok(name) => name,
            Err(_) if !self.verifies => {
                ServerName::try_from(NO_NAME).map_err(|error| error.to_string())?
            }
            Err(error) => return Err(format!("\"{name}\" names no server: {error}")),
        };
        ClientConnection::new(self.config.clone(), name).map_err(|error| error.to_string())
    }
}

fn verifier(
    peer: &TlsPeer,
    files: &PeerFiles,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, String> {
    if !peer.verify {
        return Ok(Arc::new(Anybody(provider.signature_verification_algorithms)));
    }
    let (trusted, revoked) = (files.trusted.as_deref(), files.revoked.as_deref());
    let usage = KeyUsage::server_auth();
    let judge = Judge::read(provider, [trusted, None], revoked, peer.verify_depth, usage)?;
    Ok(Arc::new(Known { judge, algorithms: provider.signature_verification_algorithms }))
}

/// Takes who is certified for the name by somebody who is trusted: `proxy_ssl_verify on`.
struct Known {
    judge: Judge,
    algorithms: WebPkiSupportedAlgorithms,
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known").finish_non_exhaustive()
    }
}

impl ServerCertVerifier for Known {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let named = |leaf: &CertificateDer<'_>| {
            EndEntityCert::try_from(leaf)?.verify_is_valid_for_subject_name(name)
        };
        match self.judge.verify(leaf, between).and_then(|()| named(leaf)) {
            Ok(()) => Ok(ServerCertVerified::assertion()),
            Err(error) => {
                let (reason, _) = reason(&error);
                Err(Error::General(format!("upstream SSL certificate verify error: ({reason})")))
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Takes whoever has the key of the certificate that it shows: `proxy_ssl_verify off`.
#[derive(Debug)]
struct Anybody(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

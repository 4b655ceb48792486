//! Certificates of clients. A handshake only shows that a client has the key; whether its certificate
//! holds is found out behind it, so that a request of one that does not is answered, as nginx does.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use webpki::{
    CertRevocationList, EndEntityCert, KeyUsage, OwnedCertRevocationList, RevocationCheckDepth,
    RevocationOptionsBuilder, UnknownStatusPolicy, anchor_from_trusted_cert,
};

use super::identity::{certificates, revocations};
use crate::secured::TlsFiles;
use crate::site::ClientVerdict;

/// Whom one trusts to certify others.
pub(super) struct Judge {
    anchors: Vec<TrustAnchor<'static>>,
    revoked: Vec<CertRevocationList<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
    /// Authorities that may stand between who is judged and an anchor.
    depth: usize,
    /// What certificates are to be for.
    usage: KeyUsage,
}

/// What a handshake asks of a client's certificate: that it has the key.
#[derive(Debug)]
pub(super) struct Asker {
    algorithms: WebPkiSupportedAlgorithms,
    hints: Vec<DistinguishedName>,
}

/// Reads whom a server trusts to certify clients.
pub(super) fn read(
    provider: &CryptoProvider,
    files: &TlsFiles,
    depth: u32,
) -> Result<(Arc<Asker>, Judge), String> {
    let told = files.authorities.as_deref();
    let paths = [told, files.trusted.as_deref()];
    let revoked = files.revoked.as_deref();
    let judge = Judge::read(provider, paths, revoked, depth, KeyUsage::client_auth())?;
    let told = told.map(certificates).transpose()?.unwrap_or_default();
    let hint = |certificate: &CertificateDer<'_>| {
        let anchor = anchor_from_trusted_cert(certificate).ok()?;
        Some(DistinguishedName::in_sequence(&anchor.subject))
    };
    let hints = told.iter().filter_map(hint).collect();
    Ok((Arc::new(Asker { algorithms: judge.algorithms, hints }), judge))
}

impl Judge {
    /// Reads authorities, and lists of what they have revoked.
    pub(super) fn read(
        provider: &CryptoProvider,
        authorities: [Option<&Path>; 2],
        revoked_path: Option<&Path>,
        depth: u32,
        usage: KeyUsage,
    ) -> Result<Judge, String> {
        let algorithms = provider.signature_verification_algorithms;
        let mut anchors = Vec::new();
        for path in authorities.into_iter().flatten() {
            for certificate in certificates(path)? {
                let anchor = anchor_from_trusted_cert(&certificate).map_err(|error| {
                    format!("a certificate in `{}` cannot be used: {error}", path.display())
                })?;
                anchors.push(anchor.to_owned());
            }
        }
        let mut revoked = Vec::new();
        if let Some(path) = revoked_path {
            for list in revocations(path)? {
                let list = OwnedCertRevocationList::from_der(&list).map_err(|error| {
                    format!("a list in `{}` cannot be used: {error}", path.display())
                })?;
                revoked.push(list.into());
            }
        }
        let depth = usize::try_from(depth).unwrap_or(usize::MAX);
        Ok(Judge { anchors, revoked, algorithms, depth, usage })
    }

    /// Whether a client's certificate, with what it sent behind it, holds now.
    pub(super) fn judge(&self, chain: &[CertificateDer<'_>]) -> ClientVerdict {
        let Some((leaf, between)) = chain.split_first() else { return ClientVerdict::None };
        match self.verify(leaf, between) {
            Ok(()) => ClientVerdict::Good,
            Err(error) => {
                let (reason, by_stranger) = reason(&error);
                ClientVerdict::Bad { reason, by_stranger }
            }
        }
    }

    /// The same, with what is wrong.
    pub(super) fn verify(
        &self,
        leaf: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
    ) -> Result<(), webpki::Error> {
        let lists: Vec<&CertRevocationList<'_>> = self.revoked.iter().collect();
        // As in nginx, where there is a list, there must be one of every authority.
        let revocation = RevocationOptionsBuilder::new(&lists).ok().map(|options| {
            options
                .with_depth(RevocationCheckDepth::Chain)
                .with_status_policy(UnknownStatusPolicy::Deny)
                .build()
        });
        let within_depth =
            |path: &webpki::VerifiedPath<'_>| match path.intermediate_certificates().count()
                <= self.depth
            {
                true => Ok(()),
                false => Err(webpki::Error::MaximumPathDepthExceeded),
            };
        let leaf = EndEntityCert::try_from(leaf)?;
        leaf.verify_for_usage(
            self.algorithms.all,
            &self.anchors,
            between,
            UnixTime::now(),
            self.usage,
            revocation,
            Some(&within_depth),
        )
        .map(|_| ())
    }
}

/// What is wrong, in OpenSSL's words where it has them, and whether it is only that nobody who is
/// trusted has certified the client.
pub(super) fn reason(error: &webpki::Error) -> (&'static str, bool) {
    use webpki::Error as E;
    match error {
        E::UnknownIssuer => ("unable to get local issuer certificate", true),
        E::MaximumPathDepthExceeded => ("certificate chain too long", true),
        E::CertExpired { .. } => ("certificate has expired", false),
        E::CertNotValidYet { .. } => ("certificate is not yet valid", false),
        E::CertRevoked => ("certificate revoked", false),
        E::UnknownRevocationStatus => ("unable to get certificate CRL", false),
        E::CrlExpired { .. } => ("CRL has expired", false),
        E::RequiredEkuNotFoundContext(_) => ("unsuitable certificate purpose", false),
        E::CaUsedAsEndEntity | E::EndEntityUsedAsCa => ("invalid CA certificate", false),
        E::CertNotValidForName(_) => ("no alternative certificate subject name matches", false),
        E::InvalidSignatureForPublicKey => ("certificate signature failure", false),
        _ => ("certificate rejected", false),
    }
}

impl ClientCertVerifier for Asker {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
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

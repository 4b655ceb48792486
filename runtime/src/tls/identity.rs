//! Certificates and keys, from files in PEM.

use std::path::Path;
use std::sync::Arc;

use memchr::memmem;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys, SignatureAlgorithm};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

/// The longest file that is read, in bytes: no more than whole lists of authorities have.
const MAX_FILE_LEN: u64 = 16 << 20;

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let fault = |what: &dyn std::fmt::Display| format!("cannot read `{}`: {what}", path.display());
    let data = std::fs::metadata(path).map_err(|error| fault(&error))?;
    if !data.is_file() {
        return Err(fault(&"it is not a file"));
    }
    if data.len() > MAX_FILE_LEN {
        return Err(fault(&"it is too long"));
    }
    std::fs::read(path).map_err(|error| fault(&error))
}

/// Reads the certificates of a file, at least one.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(path)?).collect();
    match found {
        Ok(found) if found.is_empty() => {
            Err(format!("`{}` has no certificate in PEM", path.display()))
        }
        Ok(found) => Ok(found),
        Err(error) => Err(format!("`{}` is broken: {error}", path.display())),
    }
}

/// Reads the lists of revoked certificates of a file, at least one.
pub(super) fn revocations(
    path: &Path,
) -> Result<Vec<CertificateRevocationListDer<'static>>, String> {
    let found: Result<Vec<_>, _> =
        CertificateRevocationListDer::pem_slice_iter(&read(path)?).collect();
    match found {
        Ok(found) if found.is_empty() => {
            Err(format!("`{}` has no X509 CRL in PEM", path.display()))
        }
        Ok(found) => Ok(found),
        Err(error) => Err(format!("`{}` is broken: {error}", path.display())),
    }
}

/// Reads a certificate with what leads to its authority, and its key. Whether they belong together is not
/// looked at.
pub(super) fn paired(
    provider: &CryptoProvider,
    chain_path: &Path,
    key_path: &Path,
    passwords: Option<&Path>,
) -> Result<CertifiedKey, String> {
    let chain = certificates(chain_path)?;
    let name = key_path.display();
    let mut text = read(key_path)?;
    if let Some(file) = passwords {
        text = open_key(&text, &read(file)?)
            .map_err(|what| format!("the key in `{name}` cannot be opened: {what}"))?;
    }
    let is_sealed = || memmem::find(&text, b"ENCRYPTED").is_some();
    let key = PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
        _ if is_sealed() => {
            format!("the key in `{name}` takes a password, and no `ssl_password_file` has one")
        }
        pem::Error::NoItemsFound => format!("`{name}` has no private key in PEM"),
        error => format!("`{name}` is broken: {error}"),
    })?;
    let key = provider
        .key_provider
        .load_private_key(key)
        .map_err(|error| format!("the key in `{name}` cannot be used: {error}"))?;
    Ok(CertifiedKey::new(chain, key))
}

/// The same of what belongs together.
pub(crate) fn certified(
    provider: &CryptoProvider,
    chain_path: &Path,
    key_path: &Path,
    passwords: Option<&Path>,
) -> Result<CertifiedKey, String> {
    let certified = paired(provider, chain_path, key_path, passwords)?;
    match certified.keys_match() {
        Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
        Err(Error::InconsistentKeys(_)) => Err(format!(
            "the key in `{}` does not belong to the certificate in `{}`",
            key_path.display(),
            chain_path.display()
        )),
        Err(error) => Err(format!("`{}` is broken: {error}", chain_path.display())),
    }
}

/// A private key as it is without the password that it takes, by a file with one in each line.
#[cfg(feature = "sealed")]
fn open_key(pem: &[u8], passwords: &[u8]) -> Result<Vec<u8>, String> {
    crate::sealed::open(pem, passwords)
}

#[cfg(not(feature = "sealed"))]
fn open_key(_: &[u8], _: &[u8]) -> Result<Vec<u8>, String> {
    unreachable!("a site with passwords for keys turns the feature on")
}

/// Shows a client the first certificate that it can check.
#[derive(Debug)]
pub(super) struct Identities(Vec<Arc<CertifiedKey>>);

impl Identities {
    /// Of these. RSA comes last: it costs several times as much.
    pub(super) fn new(mut keys: Vec<CertifiedKey>) -> Identities {
        keys.sort_by_key(|key| key.key.algorithm() == SignatureAlgorithm::RSA);
        Identities(keys.into_iter().map(Arc::new).collect())
    }
}

impl ResolvesServerCert for Identities {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let checks = |certified: &&Arc<CertifiedKey>| {
            certified.key.choose_scheme(hello.signature_schemes()).is_some()
        };
        // Who can check none of them is told so by the handshake, and not that it may not come in.
        self.0.iter().find(checks).or(self.0.first()).cloned()
    }
}

//! Clients that speak TLS, and certificates for both sides.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, CertifiedIssuer,
    DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    SerialNumber, SignatureAlgorithm,
};
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned,
    SupportedProtocolVersion,
};

use crate::folder::Folder;

/// An authority that certifies whom a test wants certified.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate, and its key.
pub struct Identity {
    /// In PEM.
    pub certificate: String,
    /// In PEM.
    pub key: String,
    der: CertificateDer<'static>,
    key_der: PrivateKeyDer<'static>,
}

impl Authority {
    /// An authority of this name.
    #[allow(clippy::missing_panics_doc)]
    pub fn new(name: &str) -> Authority {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key");
        Authority(CertifiedIssuer::self_signed(params, key).expect("an authority"))
    }

    /// Its own certificate in PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A server of these names.
    #[allow(clippy::missing_panics_doc)]
    pub fn server(&self, names: &[&str], algorithm: &'static SignatureAlgorithm) -> Identity {
        let names = names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let params = CertificateParams::new(names).expect("names");
        self.certify(params, algorithm)
    }

    /// A certificate in PEM for these names and a key that is there.
    #[allow(clippy::missing_panics_doc)]
    pub fn certificate(&self, names: &[&str], key: &str) -> String {
        let names = names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let params = CertificateParams::new(names).expect("names");
        let key = KeyPair::from_pem(key).expect("a key");
        params.signed_by(&key, &self.0).expect("a certificate").pem()
    }

    /// A client of this name.
    #[allow(clippy::missing_panics_doc)]
    pub fn client(&self, name: &str, serial: u64, is_over: bool) -> Identity {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.serial_number = Some(SerialNumber::from(serial));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        if is_over {
            params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        }
        self.certify(params, &rcgen::PKCS_ECDSA_P256_SHA256)
    }

    /// What this authority signs of a request, in PEM.
    #[allow(clippy::missing_panics_doc)]
    pub fn sign(&self, request: &CertificateSigningRequestParams) -> String {
        request.signed_by(&self.0).expect("a certificate").pem()
    }

    /// A server of these names.
    #[allow(clippy::missing_panics_doc)]
    pub fn serving(&self, names: &[&str]) -> ServerConfig {
        let Identity { der, key_der, .. } = self.server(names, &rcgen::PKCS_ECDSA_P256_SHA256);
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider);
        let builder = builder.with_safe_default_protocol_versions().expect("versions");
        builder.with_no_client_auth().with_single_cert(vec![der], key_der).expect("an identity")
    }

    fn certify(
        &self,
        params: CertificateParams,
        algorithm: &'static SignatureAlgorithm,
    ) -> Identity {
        let key = KeyPair::generate_for(algorithm).expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            der: certificate.der().clone(),
            key_der: PrivateKeyDer::try_from(key.serialize_der()).expect("a key"),
        }
    }

    /// A client that trusts this authority alone, and shows who it is, if it is somebody.
    #[allow(clippy::missing_panics_doc)]
    pub fn trusted(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        identity: Option<&Identity>,
    ) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).expect("a certificate");
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider);
        let builder = builder.with_protocol_versions(versions).expect("versions");
        let builder = builder.with_root_certificates(roots);
        let mut config = match identity {
            Some(Identity { der, key_der, .. }) => builder
                .with_client_auth_cert(vec![der.clone()], key_der.clone_key())
                .expect("an identity"),
            None => builder.with_no_client_auth(),
        };
        config.resumption = Resumption::in_memory_sessions(8);
        config
    }
}

impl Identity {
    /// Writes it into a folder, as `NAME.pem` and `NAME.key`.
    pub fn write(&self, folder: &Folder, name: &str) {
        folder.write(&format!("{name}.pem"), &self.certificate);
        folder.write(&format!("{name}.key"), &self.key);
    }
}

/// The client's side of a connection that speaks TLS.
pub type Stream = StreamOwned<ClientConnection, TcpStream>;

/// Begins TLS with a server of this name, and says what comes of the handshake.
///
/// # Errors
///
/// What stands against it, on either side.
#[allow(clippy::missing_panics_doc)]
pub fn begin(stream: TcpStream, config: &Arc<ClientConfig>, name: &str) -> io::Result<Stream> {
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    let connection = ClientConnection::new(Arc::clone(config), name).expect("a client");
    let mut stream = StreamOwned::new(connection, stream);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}

/// What carries a client's bytes.
pub(crate) enum Wire {
    Plain(TcpStream),
    Secure(Box<Stream>),
}

impl Wire {
    pub(crate) fn socket(&self) -> &TcpStream {
        match self {
            Wire::Plain(socket) => socket,
            Wire::Secure(stream) => &stream.sock,
        }
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Wire::Plain(socket) => socket.read(buffer),
            Wire::Secure(stream) => stream.read(buffer),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Wire::Plain(socket) => socket.write(bytes),
            Wire::Secure(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Wire::Plain(socket) => socket.flush(),
            Wire::Secure(stream) => stream.flush(),
        }
    }
}

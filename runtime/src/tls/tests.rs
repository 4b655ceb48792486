use std::io::{self, IoSlice, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams,
    SerialNumber,
};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientConfig, ClientConnection, Resumption};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme, SupportedProtocolVersion, version};

use super::load;
use crate::secured::{Chosen, Keeper, KeyFiles, PairFiles, PeerFiles, Renewed, Secured, TlsFiles};
use crate::site::{Agreed, ClientValue, ClientVerdict};
use crate::site::{
    Clients, Group, SessionCache, Suite, Tls, TlsId, TlsPeer, TlsPeerSettings, TlsSettings,
    TlsSite, TlsVersions, VerifyClient,
};
use crate::sys::poll::Readiness;

const BOTH: Readiness = Readiness { reads: true, writes: true };

/// A server with nothing out of the ordinary.
fn tls(plain: TlsSettings, clients: bool) -> &'static Tls {
    let clients =
        clients.then_some(Clients { authorities: Some(&[]), trusted: None, revoked: None });
    Box::leak(Box::new(Tls {
        plain,
        certificates: &[],
        stapling: None,
        ticket_keys: &[],
        suites: Suite::ALL,
        groups: Group::ALL,
        clients,
    }))
}

/// A folder that goes with its test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("sitec-tls-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// A certificate that is its own authority, and its key.
    fn own(&self, name: &str, algorithm: &'static rcgen::SignatureAlgorithm) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate_for(algorithm).expect("a key");
        let params = CertificateParams::new([format!("{name}.test")]).expect("a name");
        let certificate = params.self_signed(&key).expect("a certificate");
        let chain = self.write(&format!("{name}.pem"), &certificate.pem());
        (chain, self.write(&format!("{name}.key"), &key.serialize_pem()))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn files(certificates: Vec<(PathBuf, PathBuf)>) -> TlsFiles {
    let certificates = certificates.into_iter();
    let certificates = certificates
        .map(|(chain, key)| PairFiles { chain, key, is_fetched: false, passwords: None })
        .collect();
    TlsFiles {
        certificates,
        stapling: None,
        ticket_keys: Vec::new(),
        authorities: None,
        trusted: None,
        revoked: None,
    }
}

/// Takes whatever certificate a server shows, and keeps nothing.
#[derive(Debug)]
struct Trusting(Vec<SignatureScheme>);

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.clone()
    }
}

/// A client's certificate, with what leads to its authority, and its key.
type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn client(
    versions: &[&'static SupportedProtocolVersion],
    schemes: Vec<SignatureScheme>,
    identity: Option<Identity>,
) -> ClientConfig {
    let mut provider = aws_lc_rs::default_provider();
    provider.kx_groups = vec![aws_lc_rs::kx_group::X25519MLKEM768, aws_lc_rs::kx_group::SECP256R1];
    let builder = ClientConfig::builder_with_provider(Arc::new(provider));
    let builder = builder.with_protocol_versions(versions).expect("versions");
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(Trusting(schemes)));
    match identity {
        Some((chain, key)) => builder.with_client_auth_cert(chain, key).expect("an identity"),
        None => builder.with_no_client_auth(),
    }
}

fn any_client() -> ClientConfig {
    client(&[&version::TLS13, &version::TLS12], all_schemes(), None)
}

fn all_schemes() -> Vec<SignatureScheme> {
    aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
}

/// The two ends of a connection.
struct Pair {
    client: ClientConnection,
    far: UnixStream,
    server: Box<dyn Secured>,
    near: UnixStream,
}

impl Pair {
    fn new(config: impl Into<Arc<ClientConfig>>, name: &str, keeper: &dyn Keeper) -> Pair {
        Pair::with(config, name, keeper, 0)
    }

    /// The same where most names lead to this server.
    fn with(
        config: impl Into<Arc<ClientConfig>>,
        name: &str,
        keeper: &dyn Keeper,
        server: TlsId,
    ) -> Pair {
        let (near, far) = UnixStream::pair().expect("sockets");
        near.set_nonblocking(true).expect("sockets");
        far.set_nonblocking(true).expect("sockets");
        let name = ServerName::try_from(name.to_owned()).expect("a name");
        let client = ClientConnection::new(config.into(), name).expect("a client");
        let choose = move |name: &[u8]| match name {
            b"nobody.test" => None,
            b"second.test" => Some(Chosen { tls: 1, http2: false }),
            name => Some(Chosen { tls: server, http2: name == b"two.test" }),
        };
        Pair { client, far, server: keeper.begin(b"", Box::new(choose)), near }
    }

    /// Lets both act until nothing moves, `piece` bytes at a time to the server. What the server
    /// has received.
    fn run(&mut self, piece: usize) -> io::Result<Vec<u8>> {
        let mut received = Vec::new();
        let mut waiting = Vec::new();
        let mut idle = 0;
        while idle < 3 {
            let mut moved = false;
            let _ = self.client.write_tls(&mut waiting);
            if !waiting.is_empty() {
                let len = piece.min(waiting.len());
                if let Ok(len) = self.far.write(&waiting[..len]) {
                    waiting.drain(..len);
                    moved = true;
                }
            }
            let mut buffer = [0; 1000];
            match self.server.read(self.near.as_fd(), &mut buffer) {
                Ok(len) => {
                    moved |= len > 0;
                    received.extend_from_slice(&buffer[..len]);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => {
                    self.hear();
                    return Err(error);
                }
            }
            moved |= self.hear();
            idle = if moved { 0 } else { idle + 1 };
        }
        Ok(received)
    }

    /// Lets the client read.
    fn hear(&mut self) -> bool {
        let moved = matches!(self.client.read_tls(&mut self.far), Ok(1..));
        let _ = self.client.process_new_packets();
        moved
    }

    fn agreed(&self) -> &Agreed {
        self.server.agreed().expect("an agreement")
    }
}

fn keeper(servers: Vec<&'static Tls>, files: Vec<TlsFiles>) -> Arc<dyn Keeper> {
    let servers: Vec<Tls> = servers.into_iter().map(copy).collect();
    let files = KeyFiles { servers: files, ..KeyFiles::default() };
    match load(&TlsSite { servers: Vec::leak(servers), peers: &[] }, files) {
        Ok(keeper) => keeper,
        Err(faults) => panic!("{faults:?}"),
    }
}

fn copy(tls: &'static Tls) -> Tls {
    let clients = tls.clients.as_ref();
    Tls {
        plain: tls.plain,
        certificates: tls.certificates,
        stapling: tls.stapling,
        ticket_keys: tls.ticket_keys,
        suites: tls.suites,
        groups: tls.groups,
        clients: clients.map(|clients| Clients { ..*clients }),
    }
}

#[test]
fn handshakes_come_in_any_pieces() {
    let folder = Folder::new("pieces");
    let ec = folder.own("a", &rcgen::PKCS_ECDSA_P256_SHA256);
    let keeper = keeper(vec![tls(TlsSettings::DEFAULT, false)], vec![files(vec![ec])]);
    for (version, name) in [(&version::TLS12, "TLSv1.2"), (&version::TLS13, "TLSv1.3")] {
        for piece in [1, 7, 100_000] {
            let mut pair = Pair::new(client(&[version], all_schemes(), None), "A.test", &*keeper);
            pair.client.writer().write_all(b"hello").expect("room");
            assert_eq!(pair.run(piece).expect("a handshake"), b"hello", "{name} by {piece}");
            let Agreed { tls, protocol, name: asked, resumed, client, .. } = pair.agreed();
            assert_eq!((*tls, *protocol, &asked[..], *resumed), (0, name, &b"a.test"[..], false));
            assert_eq!(*client, ClientVerdict::None);
            let slices = [IoSlice::new(b"who "), IoSlice::new(b"is there")];
            let sent = pair.server.write_slices(pair.near.as_fd(), &slices, false);
            assert_eq!(sent.expect("room"), 12);
            pair.run(piece).expect("no more");
            let mut heard = [0; 12];
            pair.client.reader().read_exact(&mut heard).expect("all");
            assert_eq!(&heard, b"who is there");
            assert!(pair.server.is_quiet());
            // Both say that they are done.
            pair.client.send_close_notify();
            let _ = pair.run(piece);
            let end = pair.server.read(pair.near.as_fd(), &mut [0; 10]);
            assert_eq!(end.expect("an end"), 0);
            pair.server.say_end(pair.near.as_fd());
            pair.hear();
            assert_eq!(pair.client.reader().read(&mut [0; 10]).expect("an end"), 0);
        }
    }
}

#[test]
fn a_client_sees_a_certificate_that_it_can_check() {
    let folder = Folder::new("kinds");
    let rsa = folder.own("rsa", &rcgen::PKCS_RSA_SHA256);
    let ec = folder.own("ec", &rcgen::PKCS_ECDSA_P256_SHA256);
    let keeper = keeper(vec![tls(TlsSettings::DEFAULT, false)], vec![files(vec![rsa, ec])]);
    let rsa_only = vec![SignatureScheme::RSA_PSS_SHA256, SignatureScheme::RSA_PKCS1_SHA256];
    for (schemes, cipher) in [
        (all_schemes(), "ECDHE-ECDSA-AES256-GCM-SHA384"),
        (rsa_only, "ECDHE-RSA-AES256-GCM-SHA384"),
    ] {
        let mut pair = Pair::new(client(&[&version::TLS12], schemes, None), "a.test", &*keeper);
        pair.run(1000).expect("a handshake");
        assert_eq!(pair.agreed().cipher, cipher);
    }
}

#[test]
fn what_is_agreed_on_is_what_both_have() {
    let folder = Folder::new("agreed");
    let ec = folder.own("a", &rcgen::PKCS_ECDSA_P256_SHA256);
    let keeper = keeper(vec![tls(TlsSettings::DEFAULT, false)], vec![files(vec![ec])]);
    let both: &[&[u8]] = &[b"h2", b"http/1.1"];
    for (name, offered, expected) in [
        ("a.test", both, Some(&b"http/1.1"[..])),
        ("two.test", both, Some(b"h2")),
        ("two.test", &both[1..], Some(b"http/1.1")),
        ("a.test", &[], Some(b"")),
        // RFC 7301, 3.2: no protocol is spoken that the client does not know.
        ("a.test", &both[..1], None),
    ] {
        let mut config = any_client();
        config.alpn_protocols = offered.iter().map(|name| name.to_vec()).collect();
        let mut pair = Pair::new(config, name, &*keeper);
        let result = pair.run(1000);
        assert_eq!(result.is_ok(), expected.is_some(), "{name} {offered:?}");
        assert_eq!(pair.server.agreed().map(|agreed| agreed.alpn), expected);
    }
    let mut pair = Pair::new(any_client(), "a.test", &*keeper);
    pair.run(1000).expect("a handshake");
    let Agreed { cipher, group, offered, .. } = pair.agreed();
    assert!(offered.suites.contains(&0x1301) && offered.groups.len() == 2, "{offered:?}");
    assert_eq!((*cipher, *group), ("TLS_AES_256_GCM_SHA384", "X25519MLKEM768"));
}

#[test]
fn names_that_nobody_has_are_refused() {
    let folder = Folder::new("refused");
    let ec = folder.own("a", &rcgen::PKCS_ECDSA_P256_SHA256);
    let rejects = TlsSettings { reject_handshake: true, ..TlsSettings::DEFAULT };
    let servers = vec![tls(TlsSettings::DEFAULT, false), tls(rejects, false)];
    let keeper = keeper(servers, vec![files(vec![ec]), files(vec![])]);
    for name in ["nobody.test", "second.test"] {
        let mut pair = Pair::new(any_client(), name, &*keeper);
        assert!(pair.run(1000).is_err());
        let told = pair.client.process_new_packets();
        assert_eq!(
            told.expect_err("an alert"),
            rustls::Error::AlertReceived(rustls::AlertDescription::UnrecognisedName)
        );
    }
    // What is no handshake at all.
    let mut pair = Pair::new(any_client(), "a.test", &*keeper);
    pair.far.write_all(b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00").expect("room");
    let error = pair.server.read(pair.near.as_fd(), &mut [0; 100]).expect_err("no handshake");
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    let mut alert = [0; 7];
    pair.far.read_exact(&mut alert).expect("an alert");
    assert_eq!(alert[0], 21, "{alert:?}");
}

#[test]
fn a_client_that_can_check_no_certificate_is_told_so() {
    let folder = Folder::new("unchecked");
    let ec = folder.own("a", &rcgen::PKCS_ECDSA_P256_SHA256);
    let keeper = keeper(vec![tls(TlsSettings::DEFAULT, false)], vec![files(vec![ec])]);
    let rsa_only = vec![SignatureScheme::RSA_PSS_SHA256, SignatureScheme::RSA_PKCS1_SHA256];
    for version in [&version::TLS12, &version::TLS13] {
        let mut pair = Pair::new(client(&[version], rsa_only.clone(), None), "a.test", &*keeper);
        assert!(pair.run(1000).is_err());
        let told = pair.client.process_new_packets().expect_err("an alert");
        let expected = rustls::AlertDescription::HandshakeFailure;
        assert_eq!(told, rustls::Error::AlertReceived(expected), "{version:?}");
    }
}

#[test]
fn only_what_has_gone_counts_as_written() {
    let folder = Folder::new("written");
    let ec = folder.own("a", &rcgen::PKCS_ECDSA_P256_SHA256);
    let keeper = keeper(vec![tls(TlsSettings::DEFAULT, false)], vec![files(vec![ec])]);
    let mut pair = Pair::new(any_client(), "a.test", &*keeper);
    pair.run(1000).expect("a handshake");
    let content: Vec<u8> = (0..3_000_000u32).map(|number| (number % 251) as u8).collect();
    let (mut written, mut blocked) = (0, 0);
    let mut heard = Vec::new();
    let mut step = 0;
    while heard.len() < content.len() {
        step += 1;
        assert!(step < 100_000, "it goes on");
        // What is left is passed in other pieces each time, and sometimes less than waits.
        let most = [1, 70_000, 300, 1 << 20][step % 4];
        let rest = &content[written..];
        let rest = &rest[..rest.len().min(most)];
        let (front, back) = rest.split_at(rest.len() / 3);
        let slices = [IoSlice::new(front), IoSlice::new(back)];
        if !rest.is_empty() {
            match pair.server.write_slices(pair.near.as_fd(), &slices, false) {
                Ok(len) => {
                    assert!(len <= rest.len());
                    written += len;
                    continue;
                }
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
            }
            blocked += 1;
            assert_eq!(pair.server.readiness(Readiness::READ), BOTH);
        }
        pair.hear();
        let mut buffer = [0; 10_000];
        while let Ok(len @ 1..) = pair.client.reader().read(&mut buffer) {
            heard.extend_from_slice(&buffer[..len]);
        }
        // A client has at least what counts as written, but for what waits in the sockets.
        assert!(written < content.len() || !rest.is_empty() || heard.len() <= written);
    }
    assert!(blocked > 10, "{blocked}");
    assert_eq!(written, content.len());
    assert!(heard == content);
}

#[test]
fn content_waits_for_who_reads_little() {
    let folder = Folder::new("little");
    let ec = folder.own("a", &rcgen::PKCS_ECDSA_P256_SHA256);
    let keeper = keeper(vec![tls(TlsSettings::DEFAULT, false)], vec![files(vec![ec])]);
    let mut pair = Pair::new(any_client(), "a.test", &*keeper);
    pair.run(1000).expect("a handshake");
    let content: Vec<u8> = (0..50_000u32).map(|number| (number % 251) as u8).collect();
    pair.client.writer().write_all(&content).expect("room");
    while pair.client.wants_write() {
        pair.client.write_tls(&mut pair.far).expect("room");
    }
    let mut read = Vec::new();
    while read.len() < content.len() {
        let mut buffer = [0; 33];
        let len = pair.server.read(pair.near.as_fd(), &mut buffer).expect("content");
        read.extend_from_slice(&buffer[..len]);
        if read.len() < content.len() {
            assert!(!pair.server.is_quiet());
            // The socket has nothing more to say.
            assert_eq!(pair.server.readiness(Readiness::READ), BOTH);
        }
    }
    assert!(read == content);
    assert!(pair.server.is_quiet());
    assert_eq!(pair.server.readiness(Readiness::READ), Readiness::READ);
}

#[test]
fn sessions_are_resumed_unless_the_conf_says_no() {
    let folder = Folder::new("resumed");
    let ec = folder.own("a", &rcgen::PKCS_ECDSA_P256_SHA256);
    let none = TlsSettings { session_tickets: false, ..TlsSettings::DEFAULT };
    let kept = TlsSettings { session_cache: SessionCache::Kept(10), ..none };
    let shared = SessionCache::Shared { name: "a", sessions: 10 };
    let shared = TlsSettings { session_cache: shared, ..none };
    for (settings, expected) in
        [(TlsSettings::DEFAULT, true), (none, false), (kept, true), (shared, true)]
    {
        let keeper = keeper(vec![tls(settings, false)], vec![files(vec![ec.clone()])]);
        for version in [&version::TLS12, &version::TLS13] {
            let mut config = client(&[version], all_schemes(), None);
            config.resumption = Resumption::in_memory_sessions(10);
            let config = Arc::new(config);
            let mut resumed = Vec::new();
            for _ in 0..2 {
                let mut pair = Pair::new(config.clone(), "a.test", &*keeper);
                pair.client.writer().write_all(b"x").expect("room");
                pair.run(1000).expect("a handshake");
                resumed.push(pair.agreed().resumed);
            }
            assert_eq!(resumed, [false, expected], "{settings:?} {version:?}");
        }
    }
}

/// Servers that name the same cache know each other's sessions of the same name; a new key leaves them.
#[test]
fn servers_share_sessions_by_the_name_of_their_cache() {
    let folder = Folder::new("shared");
    let ec = folder.own("a", &rcgen::PKCS_ECDSA_P256_SHA256);
    let named = |name| TlsSettings {
        session_tickets: false,
        session_cache: SessionCache::Shared { name, sessions: 10 },
        ..TlsSettings::DEFAULT
    };
    for (name, expected) in [("a", true), ("b", false)] {
        let servers = || vec![tls(named("a"), false), tls(named(name), false)];
        let keeper = keeper(servers(), vec![files(vec![ec.clone()]), files(vec![ec.clone()])]);
        let mut config = client(&[&version::TLS12], all_schemes(), None);
        config.resumption = Resumption::in_memory_sessions(10);
        let config = Arc::new(config);
        for (server, resumed) in [(0, false), (0, true), (1, expected)] {
            let mut pair = Pair::with(config.clone(), "a.test", &*keeper, server);
            pair.client.writer().write_all(b"x").expect("room");
            pair.run(1000).expect("a handshake");
            assert_eq!(pair.agreed().resumed, resumed, "{name} {server}");
        }
    }
}

#[test]
fn versions_are_those_of_the_conf() {
    let folder = Folder::new("versions");
    let ec = folder.own("a", &rcgen::PKCS_ECDSA_P256_SHA256);
    let only = TlsVersions { v12: false, v13: true };
    let settings = TlsSettings { versions: only, ..TlsSettings::DEFAULT };
    let keeper = keeper(vec![tls(settings, false)], vec![files(vec![ec])]);
    for (version, expected) in [(&version::TLS12, false), (&version::TLS13, true)] {
        let mut pair = Pair::new(client(&[version], all_schemes(), None), "a.test", &*keeper);
        assert_eq!(pair.run(1000).is_ok(), expected, "{version:?}");
    }
}

/// The news of looking at the files again: whether new ones were taken, and what was said.
fn news(keeper: &dyn Keeper) -> Vec<(bool, String)> {
    let told = |renewed| match renewed {
        Renewed::Taken(text) => (true, text),
        Renewed::Kept(text) => (false, text),
    };
    keeper.renew().into_iter().map(told).collect()
}

#[test]
fn files_that_change_are_taken_once_they_are_whole() {
    let folder = Folder::new("renewed");
    let (chain, key) = folder.own("a", &rcgen::PKCS_ECDSA_P256_SHA256);
    let (other_chain, other_key) = folder.own("b", &rcgen::PKCS_RSA_SHA256);
    let keeper = keeper(
        vec![tls(TlsSettings::DEFAULT, false)],
        vec![files(vec![(chain.clone(), key.clone())])],
    );
    let cipher = || {
        let config = client(&[&version::TLS12], all_schemes(), None);
        let mut pair = Pair::new(config, "a.test", &*keeper);
        pair.run(1000).expect("a handshake");
        pair.agreed().cipher
    };
    assert!(news(&*keeper).is_empty());
    assert!(cipher().contains("ECDSA"));
    // Half of a pair, nothing, and what is no certificate.
    let copy = |from: &Path, to: &Path| std::fs::copy(from, to).expect("a copy");
    copy(&other_chain, &chain);
    let told = news(&*keeper);
    assert!(!told[0].0 && told[0].1.contains("does not belong to"), "{told:?}");
    assert!(news(&*keeper).is_empty(), "it is told once");
    assert!(cipher().contains("ECDSA"));
    std::fs::remove_file(&key).expect("a file");
    assert!(!news(&*keeper)[0].0);
    folder.write("a.key", "no key");
    let told = news(&*keeper);
    assert!(told[0].1.contains("has no private key in PEM"), "{told:?}");
    assert!(cipher().contains("ECDSA"));
    copy(&other_key, &key);
    let told = news(&*keeper);
    assert!(told[0].0 && told[0].1.contains("days"), "{told:?}");
    assert!(cipher().contains("RSA"));
}

#[test]
fn files_that_cannot_be_used_are_faults_at_start() {
    let folder = Folder::new("faults");
    let (chain, key) = folder.own("a", &rcgen::PKCS_ECDSA_P256_SHA256);
    let (_, other_key) = folder.own("b", &rcgen::PKCS_ECDSA_P256_SHA256);
    let empty = folder.write("empty", "");
    let broken =
        folder.write("broken", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n");
    let missing = folder.0.join("missing");
    for (chain, key, expected) in [
        (&missing, &key, "No such file"),
        (&chain, &missing, "No such file"),
        (&folder.0, &key, "it is not a file"),
        (&empty, &key, "has no certificate in PEM"),
        (&broken, &key, "is broken"),
        (&chain, &empty, "has no private key in PEM"),
        (&chain, &other_key, "does not belong to"),
    ] {
        let servers: &'static [Tls] = Vec::leak(vec![copy(tls(TlsSettings::DEFAULT, false))]);
        let named = vec![files(vec![(chain.clone(), key.clone())])];
        let named = KeyFiles { servers: named, ..KeyFiles::default() };
        let loaded = load(&TlsSite { servers, peers: &[] }, named);
        let faults = loaded.expect_err("a fault");
        assert!(faults.len() == 1 && faults[0].contains(expected), "{faults:?}");
    }
}

/// An authority.
fn authority(
    name: &str,
    issuer: Option<&CertifiedIssuer<'static, KeyPair>>,
) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().expect("a key");
    match issuer {
        Some(issuer) => CertifiedIssuer::signed_by(params, key, issuer),
        None => CertifiedIssuer::self_signed(params, key),
    }
    .expect("an authority")
}

/// Somebody who is certified by an authority.
fn certified(
    serial: u64,
    issuer: &CertifiedIssuer<'static, KeyPair>,
    change: impl FnOnce(&mut CertificateParams),
) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let mut params = CertificateParams::default();
    let names = [
        (DnType::CountryName, "DE"),
        (DnType::OrganizationName, "Müller, Söhne"),
        (DnType::CommonName, "client"),
    ];
    params.distinguished_name = rcgen::DistinguishedName::new();
    for (kind, name) in names {
        params.distinguished_name.push(kind, name);
    }
    params.serial_number = Some(SerialNumber::from(serial));
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    change(&mut params);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, issuer).expect("a certificate");
    (certificate.der().clone(), PrivateKeyDer::try_from(key.serialize_der()).expect("a key"))
}

#[test]
fn certificates_of_clients_are_judged_after_the_handshake() {
    let folder = Folder::new("clients");
    let own = folder.own("a", &rcgen::PKCS_ECDSA_P256_SHA256);
    let root = authority("root", None);
    let between = authority("between", Some(&root));
    let stranger = authority("stranger", None);
    let list = CertificateRevocationListParams {
        this_update: rcgen::date_time_ymd(2024, 1, 1),
        next_update: rcgen::date_time_ymd(4000, 1, 1),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: vec![RevokedCertParams {
            serial_number: SerialNumber::from(13),
            revocation_time: rcgen::date_time_ymd(2024, 1, 1),
            reason_code: None,
            invalidity_date: None,
        }],
        key_identifier_method: KeyIdMethod::Sha256,
    };
    let list = list.signed_by(&root).expect("a list").pem().expect("a list");
    let mut told = files(vec![own]);
    told.authorities = Some(folder.write("root.pem", &root.pem()));
    let mut strict = told.clone();
    strict.revoked = Some(folder.write("root.crl", &list));
    let verify = TlsSettings { verify_client: VerifyClient::On, ..TlsSettings::DEFAULT };
    let no_depth = TlsSettings { verify_depth: 0, ..verify };
    let bad = |reason, by_stranger| ClientVerdict::Bad { reason, by_stranger };
    let expired = |params: &mut CertificateParams| {
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    };
    let serves = |params: &mut CertificateParams| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    };
    let middle = between.der().clone();
    let good = certified(12, &root, |_| {});
    let alone = |(leaf, key): (CertificateDer<'static>, PrivateKeyDer<'static>)| (vec![leaf], key);
    let via = |(leaf, key): (CertificateDer<'static>, PrivateKeyDer<'static>)| {
        (vec![leaf, middle.clone()], key)
    };
    let copy_of = |(leaf, key): &(CertificateDer<'static>, PrivateKeyDer<'static>)| {
        (leaf.clone(), key.clone_key())
    };
    type Case = (TlsSettings, bool, Option<Identity>, ClientVerdict);
    let cases: Vec<Case> = vec![
        (verify, false, None, ClientVerdict::None),
        (verify, false, Some(alone(copy_of(&good))), ClientVerdict::Good),
        (verify, true, Some(alone(copy_of(&good))), ClientVerdict::Good),
        (verify, false, Some(via(certified(1, &between, |_| {}))), ClientVerdict::Good),
        (
            no_depth,
            false,
            Some(via(certified(1, &between, |_| {}))),
            bad("certificate chain too long", true),
        ),
        (
            verify,
            false,
            Some(alone(certified(1, &between, |_| {}))),
            bad("unable to get local issuer certificate", true),
        ),
        (
            verify,
            false,
            Some(alone(certified(1, &stranger, |_| {}))),
            bad("unable to get local issuer certificate", true),
        ),
        (
            verify,
            false,
            Some(alone(certified(1, &root, expired))),
            bad("certificate has expired", false),
        ),
        (
            verify,
            false,
            Some(alone(certified(1, &root, serves))),
            bad("unsuitable certificate purpose", false),
        ),
        (
            verify,
            true,
            Some(alone(certified(13, &root, |_| {}))),
            bad("certificate revoked", false),
        ),
        (
            verify,
            true,
            Some(via(certified(1, &between, |_| {}))),
            bad("unable to get certificate CRL", false),
        ),
    ];
    for (index, (settings, revokes, identity, expected)) in cases.into_iter().enumerate() {
        let files = if revokes { strict.clone() } else { told.clone() };
        let keeper = keeper(vec![tls(settings, true)], vec![files]);
        for version in [&version::TLS12, &version::TLS13] {
            let identity = identity.as_ref().map(|(chain, key)| (chain.clone(), key.clone_key()));
            let mut config = client(&[version], all_schemes(), identity);
            config.resumption = Resumption::in_memory_sessions(10);
            let config = Arc::new(config);
            for resumed in [false, true] {
                let mut pair = Pair::new(config.clone(), "a.test", &*keeper);
                pair.client.writer().write_all(b"x").expect("room");
                pair.run(1000).expect("a handshake");
                assert_eq!(pair.agreed().resumed, resumed, "{index}");
                assert_eq!(pair.agreed().client, expected, "{index} {version:?} {resumed}");
            }
        }
    }
    // What is told of it.
    let keeper = keeper(vec![tls(verify, true)], vec![told]);
    let identity = Some(alone(copy_of(&good)));
    let config = client(&[&version::TLS13], all_schemes(), identity);
    let mut pair = Pair::new(config, "a.test", &*keeper);
    pair.run(1000).expect("a handshake");
    let value = |which| {
        let mut out = Vec::new();
        pair.server.write_client(which, &mut out);
        String::from_utf8(out).expect("text")
    };
    for (which, expected) in [
        (ClientValue::Subject, r"CN=client,O=M\C3\BCller\, S\C3\B6hne,C=DE"),
        (ClientValue::LegacySubject, r"/C=DE/O=M\xC3\xBCller, S\xC3\xB6hne/CN=client"),
        (ClientValue::Issuer, "CN=root"),
        (ClientValue::LegacyIssuer, "/CN=root"),
        (ClientValue::Serial, "0C"),
        (ClientValue::ValidFrom, "Jan  1 00:00:00 1975 GMT"),
        (ClientValue::ValidUntil, "Jan  1 00:00:00 4096 GMT"),
    ] {
        assert_eq!(value(which), expected, "{which:?}");
    }
    let raw = value(ClientValue::RawCert);
    let parsed: CertificateDer<'_> =
        rustls::pki_types::pem::PemObject::from_pem_slice(raw.as_bytes()).expect("a certificate");
    assert_eq!(parsed, good.0);
    assert_eq!(value(ClientValue::Cert), raw.trim_end().replace('\n', "\n\t"));
    let escaped = value(ClientValue::EscapedCert);
    assert!(escaped.starts_with("-----BEGIN%20CERTIFICATE-----%0A"), "{escaped}");
    assert_eq!(value(ClientValue::Fingerprint).len(), 40);
    assert!(value(ClientValue::DaysLeft).parse::<u32>().expect("a number") > 700_000);
}

/// A keeper that talks to peers in one way.
fn talker(plain: TlsPeerSettings, files: PeerFiles) -> Arc<dyn Keeper> {
    let peer = TlsPeer {
        plain,
        suites: Suite::ALL,
        certificate: None,
        trusted: None,
        revoked: None,
        is_http2: false,
    };
    let site = TlsSite { servers: &[], peers: Box::leak(Box::new([peer])) };
    load(&site, KeyFiles { peers: vec![files], ..KeyFiles::default() }).expect("a keeper")
}

/// Lets both ends read and write until nothing moves; what each has read. The errors are of the end
/// that connects.
fn talk(
    one: &mut (Box<dyn Secured>, UnixStream),
    other: &mut (Box<dyn Secured>, UnixStream),
    said: &[u8],
) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let (mut by_one, mut by_other, mut written) = (Vec::new(), Vec::new(), 0);
    let mut buffer = [0; 1000];
    for _ in 0..100 {
        let slices = [IoSlice::new(&said[written..])];
        if written < said.len() {
            written += one.0.write_slices(one.1.as_fd(), &slices, false).unwrap_or(0);
        }
        match one.0.read(one.1.as_fd(), &mut buffer) {
            Ok(len) => by_one.extend_from_slice(&buffer[..len]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        if let Ok(len) = other.0.read(other.1.as_fd(), &mut buffer) {
            by_other.extend_from_slice(&buffer[..len]);
        }
    }
    Ok((by_one, by_other))
}

#[test]
fn peers_are_who_they_say_where_the_conf_wants_that() {
    let folder = Folder::new("peers");
    let own = folder.own("a", &rcgen::PKCS_ECDSA_P256_SHA256);
    let other = folder.own("b", &rcgen::PKCS_ECDSA_P256_SHA256);
    let server = keeper(vec![tls(TlsSettings::DEFAULT, false)], vec![files(vec![own.clone()])]);
    let plain = TlsPeerSettings::DEFAULT;
    let verify = TlsPeerSettings { verify: true, server_name: true, ..plain };
    let trusting = |trusted| PeerFiles { certificate: None, trusted, revoked: None };
    for (settings, trusted, name, asked, fault) in [
        (plain, None, "a.test", "", None),
        (plain, None, "not a name", "", None),
        (TlsPeerSettings { server_name: true, ..plain }, None, "c.test", "c.test", None),
        (verify, Some(own.0.clone()), "a.test", "a.test", None),
        (
            verify,
            Some(own.0.clone()),
            "c.test",
            "",
            Some("no alternative certificate subject name"),
        ),
        // The two have the same subject.
        (verify, Some(other.0.clone()), "a.test", "", Some("certificate signature failure")),
    ] {
        let talker = talker(settings, trusting(trusted));
        let (near, far) = UnixStream::pair().expect("sockets");
        near.set_nonblocking(true).expect("sockets");
        far.set_nonblocking(true).expect("sockets");
        let choose = |_: &[u8]| Some(Chosen { tls: 0, http2: false });
        let mut server = (server.begin(b"", Box::new(choose)), near);
        let mut client = (talker.connect(0, name).expect("a name"), far);
        // Until the handshake is over, there is nothing to wait for but the other end.
        let wanted = client.0.readiness(BOTH);
        assert_eq!(wanted, Readiness { reads: true, writes: true }, "the hello is to be sent");
        match (talk(&mut client, &mut server, b"hello"), fault) {
            (Ok((_, heard)), None) => {
                assert_eq!(heard, b"hello", "{name}");
                let agreed = server.0.agreed().expect("an agreement");
                assert_eq!(&agreed.name[..], asked.as_bytes());
            }
            (Err(error), Some(fault)) => {
                let error = error.to_string();
                assert!(error.contains(fault), "{error}");
            }
            (result, _) => panic!("{name}: {result:?}"),
        }
    }
    let strict = talker(verify, trusting(Some(own.0)));
    let fault = strict.connect(0, "not a name").expect_err("a fault");
    assert!(fault.contains("names no server"), "{fault}");
}

//! What a server says of TLS, made ready for handshakes.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, SupportedKxGroup, aws_lc_rs as library};
use rustls::server::{
    NoServerSessionStorage, ResolvesServerCertUsingSni, ServerSessionMemoryCache,
    StoresServerSessions,
};
use rustls::{CipherSuite, NamedGroup, ServerConfig, SupportedCipherSuite, version};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::client::{self, Judge};
use super::identity::{self, Identities};
use super::ticket::Tickets;
use crate::secured::TlsFiles;
use crate::site::{Group, SessionCache, Suite, Tls};

/// What holds for handshakes with one server.
pub(super) struct Configs {
    http1: Arc<ServerConfig>,
    http2: Arc<ServerConfig>,
    /// Whom it trusts to certify clients.
    pub(super) judge: Option<Judge>,
    /// When the first of its certificates ends, in seconds since 1970.
    ends_s: Option<i64>,
}

/// What clients are offered to speak (RFC 7301), as by nginx.
const HTTP1: [&[u8]; 3] = [b"http/1.1", b"http/1.0", b"http/0.9"];
/// HTTP/2 (RFC 9113, 3.2).
pub(super) const HTTP2: &[u8] = b"h2";

impl Configs {
    /// Reads what a server names.
    pub(super) fn read(
        tls: &Tls,
        files: &TlsFiles,
        sessions: Arc<dyn StoresServerSessions>,
    ) -> Result<Configs, String> {
        let provider = Arc::new(provider(tls.suites, tls.groups));
        let mut keys = Vec::new();
        for pair in files.certificates.iter().filter(|pair| !pair.is_absent()) {
            keys.push(identity::certified(
                &provider,
                &pair.chain,
                &pair.key,
                pair.passwords.as_deref(),
            )?);
        }
        if let (Some(path), Some(first)) = (&files.stapling, keys.first_mut()) {
            first.ocsp = Some(identity::read(path)?);
        }
        let ends_s = keys.iter().filter_map(|key| ends_s(key.cert.first()?)).min();
        let fault = |error: rustls::Error| format!("TLS cannot be set up: {error}");
        let versions: Vec<_> = [
            tls.versions.v13.then_some(&version::TLS13),
            tls.versions.v12.then_some(&version::TLS12),
        ]
        .into_iter()
        .flatten()
        .collect();
        let builder = ServerConfig::builder_with_provider(provider.clone());
        let builder = builder.with_protocol_versions(&versions).map_err(fault)?;
        let (builder, judge) = match &tls.clients {
            Some(_) => {
                let (asker, judge) = client::read(&provider, files, tls.verify_depth)?;
                (builder.with_client_cert_verifier(asker), Some(judge))
            }
            None => (builder.with_no_client_auth(), None),
        };
        let mut config = match keys.is_empty() {
            // Who refuses every handshake has none, or it is yet to be fetched.
            true => builder.with_cert_resolver(Arc::new(ResolvesServerCertUsingSni::new())),
            false => builder.with_cert_resolver(Arc::new(Identities::new(keys))),
        };
        config.ignore_client_order = tls.prefer_server_ciphers;
        config.session_storage = sessions;
        match tls.session_tickets {
            true => {
                config.ticketer = Arc::new(Tickets::new(tls.session_timeout_s, &files.ticket_keys)?)
            }
            // The library has TLS 1.3 resume from its store as well.
            false if tls.session_cache == SessionCache::Off => config.send_tls13_tickets = 0,
            false => {}
        }
        config.alpn_protocols = HTTP1.map(<[u8]>::to_vec).to_vec();
        let mut http2 = config.clone();
        http2.alpn_protocols.insert(0, HTTP2.to_vec());
        Ok(Configs { http1: Arc::new(config), http2: Arc::new(http2), judge, ends_s })
    }

    /// What holds for a handshake.
    pub(super) fn config(&self, http2: bool) -> Arc<ServerConfig> {
        if http2 { self.http2.clone() } else { self.http1.clone() }
    }

    /// How long the certificates last, as a remark behind a sentence.
    pub(super) fn lasts(&self) -> String {
        let Some(ends_s) = self.ends_s else { return String::new() };
        let now_s = rustls::pki_types::UnixTime::now().as_secs() as i64;
        match (ends_s - now_s) / 86_400 {
            ..0 => ", though its time is over".to_owned(),
            days => format!("; it lasts for {days} days"),
        }
    }
}

/// Where each server keeps sessions, in their order. They outlive its keys.
pub(super) fn session_stores(servers: &[Tls]) -> Vec<Arc<dyn StoresServerSessions>> {
    let mut shared: BTreeMap<&str, u32> = BTreeMap::new();
    for tls in servers {
        if let SessionCache::Shared { name, sessions } = tls.session_cache {
            let most = shared.entry(name).or_default();
            *most = sessions.max(*most);
        }
    }
    let made = |sessions: u32| ServerSessionMemoryCache::new(sessions as usize);
    let shared: BTreeMap<_, _> =
        shared.into_iter().map(|(name, most)| (name, made(most))).collect();
    let store = |tls: &Tls| -> Arc<dyn StoresServerSessions> {
        match tls.session_cache {
            SessionCache::Off => Arc::new(NoServerSessionStorage {}),
            SessionCache::Kept(sessions) => made(sessions),
            SessionCache::Shared { name, .. } => shared[name].clone(),
        }
    };
    servers.iter().map(store).collect()
}

/// When a certificate ends; `None` where that cannot be read.
fn ends_s(certificate: &[u8]) -> Option<i64> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    Some(certificate.validity().not_after.timestamp())
}

/// The library, with what the conf lets it use.
pub(super) fn provider(suites: &[Suite], groups: &[Group]) -> CryptoProvider {
    let v13 = library::ALL_CIPHER_SUITES.iter().filter(|suite| suite.tls13().is_some());
    let v12 = suites.iter().filter_map(|suite| {
        library::ALL_CIPHER_SUITES.iter().find(|known| known.suite() == number(*suite))
    });
    CryptoProvider {
        cipher_suites: v13.chain(v12).copied().collect(),
        kx_groups: groups.iter().map(|group| exchange(*group)).collect(),
        ..library::default_provider()
    }
}

/// A suite's number (RFC 5289, RFC 7905).
fn number(suite: Suite) -> CipherSuite {
    match suite {
        Suite::EcdheEcdsaAes256GcmSha384 => CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        Suite::EcdheRsaAes256GcmSha384 => CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        Suite::EcdheEcdsaAes128GcmSha256 => CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        Suite::EcdheRsaAes128GcmSha256 => CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        Suite::EcdheEcdsaChacha20Poly1305 => {
            CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
        }
        Suite::EcdheRsaChacha20Poly1305 => CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    }
}

fn exchange(group: Group) -> &'static dyn SupportedKxGroup {
    match group {
        Group::X25519MlKem768 => library::kx_group::X25519MLKEM768,
        Group::X25519 => library::kx_group::X25519,
        Group::Secp256r1 => library::kx_group::SECP256R1,
        Group::Secp384r1 => library::kx_group::SECP384R1,
    }
}

/// OpenSSL's name of a suite.
pub(super) fn cipher_name(suite: SupportedCipherSuite) -> &'static str {
    let suite = suite.suite();
    match suite {
        CipherSuite::TLS13_AES_256_GCM_SHA384 => "TLS_AES_256_GCM_SHA384",
        CipherSuite::TLS13_AES_128_GCM_SHA256 => "TLS_AES_128_GCM_SHA256",
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => "TLS_CHACHA20_POLY1305_SHA256",
        _ => Suite::ALL.iter().find(|known| number(**known) == suite).map_or("", |it| it.name()),
    }
}

/// OpenSSL's name of a group.
pub(super) fn group_name(group: NamedGroup) -> &'static str {
    let known = Group::ALL.iter().find(|known| exchange(**known).name() == group);
    known.map_or("", |group| group.names()[0])
}

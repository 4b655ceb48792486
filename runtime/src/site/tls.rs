//! Servers that speak TLS: who they are to a client, and what they demand of one.
//!
//! Keys and certificates are data: they are read when a server starts, and again when they change.

use super::{StartText, TlsPeerSettings, TlsSettings};

/// All TLS of a site.
pub struct TlsSite {
    /// What its servers say, each distinct one once. Servers name theirs by [`TlsId`](super::TlsId).
    pub servers: &'static [Tls],
    /// How servers behind it are spoken to, each distinct way once.
    pub peers: &'static [TlsPeer],
}

/// What a server with `listen … ssl` says of TLS.
pub struct Tls {
    /// What is one plain value each.
    pub plain: TlsSettings,
    /// Who it is, in the order of the conf: the first that a client can check is shown to it. None
    /// where every handshake is refused.
    pub certificates: &'static [Certificate],
    /// `ssl_stapling_file`: an answer of OCSP, in DER, about the first certificate.
    pub stapling: Option<StartText>,
    /// `ssl_session_ticket_key`: files of keys that tickets are sealed by, the first by which new ones are.
    /// None: the server makes keys itself.
    pub ticket_keys: &'static [StartText],
    /// `ssl_ciphers`: the cipher suites of TLS 1.2 that may be used, the preferred ones first. Those
    /// of TLS 1.3 may all be, as in nginx.
    pub suites: &'static [Suite],
    /// `ssl_ecdh_curve`: the groups that keys are exchanged in, the preferred ones first.
    pub groups: &'static [Group],
    /// `ssl_verify_client`, where it is not `off`.
    pub clients: Option<Clients>,
}

/// How a server behind this one is spoken to over TLS: `proxy_ssl_…`.
pub struct TlsPeer {
    /// What is one plain value each.
    pub plain: TlsPeerSettings,
    /// `proxy_ssl_ciphers`: the cipher suites of TLS 1.2.
    pub suites: &'static [Suite],
    /// `proxy_ssl_certificate`: what is shown to a peer that asks who it talks to.
    pub certificate: Option<Certificate>,
    /// `proxy_ssl_trusted_certificate`.
    pub trusted: Option<StartText>,
    /// `proxy_ssl_crl`.
    pub revoked: Option<StartText>,
    /// Whether HTTP/2 is asked for, and nothing else.
    pub is_http2: bool,
}

/// `ssl_certificate` and the `ssl_certificate_key` that goes with it. Relative paths are under the
/// prefix; both may be one file.
#[derive(Clone, Copy)]
pub struct Certificate {
    /// A file with the certificate and, behind it, those that lead to its authority, in PEM.
    pub chain: StartText,
    /// A file with its private key, in PEM.
    pub key: StartText,
    /// Whether they are fetched by ACME: a server starts without them, and refuses handshakes until they
    /// are there.
    pub is_fetched: bool,
    /// `ssl_password_file` and its like: a file with a password in each line, which are tried in turn.
    pub passwords: Option<StartText>,
}

/// What is demanded of clients.
pub struct Clients {
    /// `ssl_client_certificate`: the authorities that clients may be certified by. Clients are told
    /// of them.
    pub authorities: Option<StartText>,
    /// `ssl_trusted_certificate`: more of them, of which clients are not told.
    pub trusted: Option<StartText>,
    /// `ssl_crl`: lists of certificates that are revoked.
    pub revoked: Option<StartText>,
}

/// `ssl_verify_client`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VerifyClient {
    /// No certificate is asked for.
    Off,
    /// A request without one, or with one that does not hold, is refused.
    On,
    /// A request with one that does not hold is refused.
    Optional,
    /// It is asked for, and only told of in `$ssl_client_verify` by whom it is certified.
    OptionalNoCa,
}

/// `ssl_protocols`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TlsVersions {
    /// `TLSv1.2`.
    pub v12: bool,
    /// `TLSv1.3`.
    pub v13: bool,
}

/// `ssl_session_cache`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SessionCache {
    /// `off` and `none`: sessions are resumed by tickets alone.
    Off,
    /// `builtin`: so many of them are kept, for clients that take no tickets. All workers share them.
    Kept(u32),
    /// `shared`: likewise, and servers that name the same one share it.
    Shared {
        /// Its name.
        name: &'static str,
        /// So many. Of several servers, the largest number counts.
        sessions: u32,
    },
}

/// A cipher suite of TLS 1.2.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Suite {
    EcdheEcdsaAes256GcmSha384,
    EcdheRsaAes256GcmSha384,
    EcdheEcdsaAes128GcmSha256,
    EcdheRsaAes128GcmSha256,
    EcdheEcdsaChacha20Poly1305,
    EcdheRsaChacha20Poly1305,
}

impl Suite {
    /// All of them, the preferred ones first.
    pub const ALL: &'static [Suite] = &[
        Suite::EcdheEcdsaAes256GcmSha384,
        Suite::EcdheRsaAes256GcmSha384,
        Suite::EcdheEcdsaAes128GcmSha256,
        Suite::EcdheRsaAes128GcmSha256,
        Suite::EcdheEcdsaChacha20Poly1305,
        Suite::EcdheRsaChacha20Poly1305,
    ];

    /// Its name in OpenSSL, as in `ssl_ciphers`.
    pub const fn name(self) -> &'static str {
        match self {
            Suite::EcdheEcdsaAes256GcmSha384 => "ECDHE-ECDSA-AES256-GCM-SHA384",
            Suite::EcdheRsaAes256GcmSha384 => "ECDHE-RSA-AES256-GCM-SHA384",
            Suite::EcdheEcdsaAes128GcmSha256 => "ECDHE-ECDSA-AES128-GCM-SHA256",
            Suite::EcdheRsaAes128GcmSha256 => "ECDHE-RSA-AES128-GCM-SHA256",
            Suite::EcdheEcdsaChacha20Poly1305 => "ECDHE-ECDSA-CHACHA20-POLY1305",
            Suite::EcdheRsaChacha20Poly1305 => "ECDHE-RSA-CHACHA20-POLY1305",
        }
    }
}

/// A group that keys are exchanged in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Group {
    X25519MlKem768,
    X25519,
    Secp256r1,
    Secp384r1,
}

impl Group {
    /// All of them, the preferred ones first: `auto`.
    pub const ALL: &'static [Group] =
        &[Group::X25519MlKem768, Group::X25519, Group::Secp256r1, Group::Secp384r1];

    /// Its names in OpenSSL, as in `ssl_ecdh_curve`; the first is the one that `$ssl_curve` has.
    pub const fn names(self) -> &'static [&'static str] {
        match self {
            Group::X25519MlKem768 => &["X25519MLKEM768"],
            Group::X25519 => &["X25519"],
            Group::Secp256r1 => &["prime256v1", "secp256r1", "P-256"],
            Group::Secp384r1 => &["secp384r1", "P-384"],
        }
    }
}

//! What the authority checks: signatures, and answers to challenges.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use data_encoding::BASE64URL_NOPAD;
use rcgen::SanType;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};
use serde_json::Value;

use super::{Inner, Reply};
use crate::PATIENCE;

/// A request whose signature holds.
pub(super) struct Signed {
    /// The account that has signed it; `None`: the key is in it.
    pub(super) account: Option<usize>,
    pub(super) key: Value,
    pub(super) thumbprint: String,
    /// `None`: it only asks.
    pub(super) payload: Option<Value>,
}

fn decoded(value: &Value) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(value.as_str()?.as_bytes()).ok()
}

impl Inner {
    /// Checks a request (RFC 8555, 6.2 to 6.5).
    pub(super) fn checked(&self, path: &str, body: &[u8]) -> Result<Signed, Reply> {
        let malformed = |what: &str| Reply::problem(400, "malformed", what);
        let object: Value = serde_json::from_slice(body).map_err(|_| malformed("no JSON"))?;
        let head = decoded(&object["protected"]).ok_or_else(|| malformed("no head"))?;
        let head: Value = serde_json::from_slice(&head).map_err(|_| malformed("no head"))?;
        if head["alg"] != "ES256" {
            return Err(Reply::problem(400, "badSignatureAlgorithm", "only ES256 is taken"));
        }
        if head["url"] != *self.url(path) {
            return Err(Reply::problem(401, "unauthorized", "that is signed for another URL"));
        }
        let mut state = self.state();
        let is_known = state.nonces.remove(head["nonce"].as_str().unwrap_or_default());
        if !is_known || state.behaviour.refused_nonces > 0 {
            state.behaviour.refused_nonces = state.behaviour.refused_nonces.saturating_sub(1);
            return Err(Reply::problem(400, "badNonce", "the nonce is not good"));
        }
        let (account, key) = match (head.get("kid"), head.get("jwk")) {
            (None, Some(key)) if path == "account" => (None, key.clone()),
            (Some(kid), None) => {
                let urls = (0..state.accounts.len()).map(|id| self.url(&format!("account/{id}")));
                let id = urls.collect::<Vec<_>>().iter().position(|url| *kid == **url);
                let id = id.ok_or_else(|| {
                    Reply::problem(400, "accountDoesNotExist", "there is no such account")
                })?;
                (Some(id), state.accounts[id].key.clone())
            }
            _ => return Err(malformed("a key or an account is to be named, and not both")),
        };
        drop(state);
        let point = [vec![4], part(&key, "x"), part(&key, "y")].concat();
        let signature = decoded(&object["signature"]).unwrap_or_default();
        let text = |name: &str| object[name].as_str().unwrap_or_default().to_owned();
        let message = format!("{}.{}", text("protected"), text("payload"));
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point);
        public
            .verify(message.as_bytes(), &signature)
            .map_err(|_| malformed("the signature does not hold"))?;
        let payload = match text("payload").is_empty() {
            true => None,
            false => {
                let bytes = decoded(&object["payload"]).unwrap_or_default();
                Some(serde_json::from_slice(&bytes).map_err(|_| malformed("no payload"))?)
            }
        };
        // RFC 7638, written by hand, so that it is not what the client has made of it.
        let word = |name: &str| key[name].as_str().unwrap_or_default().to_owned();
        let canonical = format!(
            "{{\"crv\":\"{}\",\"kty\":\"{}\",\"x\":\"{}\",\"y\":\"{}\"}}",
            word("crv"),
            word("kty"),
            word("x"),
            word("y")
        );
        let thumbprint = BASE64URL_NOPAD.encode(digest(&SHA256, canonical.as_bytes()).as_ref());
        Ok(Signed { account, key, thumbprint, payload })
    }
}

fn part(key: &Value, name: &str) -> Vec<u8> {
    decoded(&key[name]).unwrap_or_default()
}

/// Whether an account's key is tied to `me` (RFC 8555, 7.3.4).
pub(super) fn is_tied(tied: &Value, key: &Value, url: &str, secret: &[u8]) -> bool {
    let json = |name: &str| -> Value {
        let bytes = decoded(&tied[name]).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    };
    let head = json("protected");
    let text = |name: &str| tied[name].as_str().unwrap_or_default().to_owned();
    let message = format!("{}.{}", text("protected"), text("payload"));
    let secret = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let signature = decoded(&tied["signature"]).unwrap_or_default();
    head["alg"] == "HS256"
        && head["kid"] == "me"
        && head["url"] == url
        && head.get("nonce").is_none()
        && json("payload") == *key
        && hmac::verify(&secret, message.as_bytes(), &signature).is_ok()
}

/// A name as it is shown.
pub(super) fn shown(name: &SanType) -> String {
    match name {
        SanType::DnsName(name) => name.as_str().to_owned(),
        SanType::IpAddress(address) => address.to_string(),
        other => format!("{other:?}"),
    }
}

/// Asks for a file (RFC 8555, 8.3).
pub(super) fn file(port: u16, name: &str, token: &str, expected: &str) -> Result<(), String> {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let path = format!("/.well-known/acme-challenge/{token}");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let answer = ask().map_err(|error| format!("no file: {error}"))?;
    let status = answer.split(' ').nth(1).unwrap_or_default().to_owned();
    let content = answer.split_once("\r\n\r\n").map_or("", |(_, content)| content);
    match status == "200" && content == expected {
        true => Ok(()),
        false => Err(format!("no file: {status}")),
    }
}

/// Asks in a handshake (RFC 8737, 3).
pub(super) fn handshake(port: u16, name: &str, expected: &str) -> Result<(), String> {
    let fault = |error: &dyn std::fmt::Display| format!("no handshake: {error}");
    let provider = Arc::new(default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let verifier = Arc::new(Taking);
    let builder = builder.map_err(|error| fault(&error))?.dangerous();
    let mut config = builder.with_custom_certificate_verifier(verifier).with_no_client_auth();
    config.alpn_protocols = vec![b"acme-tls/1".to_vec()];
    let server = ServerName::try_from(name.to_owned()).map_err(|error| fault(&error))?;
    let mut client =
        ClientConnection::new(Arc::new(config), server).map_err(|error| fault(&error))?;
    let mut stream =
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).map_err(|error| fault(&error))?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(|error| fault(&error))?;
    while client.is_handshaking() {
        client.complete_io(&mut stream).map_err(|error| fault(&error))?;
    }
    if client.alpn_protocol() != Some(b"acme-tls/1") {
        return Err(fault(&"another protocol"));
    }
    let shown = client.peer_certificates().unwrap_or_default();
    let [certificate] = shown else { return Err(fault(&"not one certificate")) };
    // id-pe-acmeIdentifier, critical, an OCTET STRING in an OCTET STRING.
    let mut extension = vec![6, 8, 0x2b, 6, 1, 5, 5, 7, 1, 0x1f, 1, 1, 0xff, 4, 0x22, 4, 0x20];
    extension.extend(digest(&SHA256, expected.as_bytes()).as_ref());
    // subjectAltName with this name alone.
    let len = name.len() as u8;
    let mut alone = vec![6, 3, 0x55, 0x1d, 0x11, 4, len + 4, 0x30, len + 2, 0x82, len];
    alone.extend(name.as_bytes());
    let has = |part: &[u8]| certificate.windows(part.len()).any(|window| window == part);
    match has(&extension) && has(&alone) {
        true => Ok(()),
        false => Err(fault(&"another certificate")),
    }
}

/// Takes any certificate, so that it can be looked at.
#[derive(Debug)]
struct Taking;

impl ServerCertVerifier for Taking {
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
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}

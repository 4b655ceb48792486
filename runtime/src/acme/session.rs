//! Requests to an authority, each signed (RFC 8555, 6). What is only temporary is tried again, after a
//! rest.

use std::fs;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::crypto::aws_lc_rs::default_provider;
use serde_json::Value;
use ureq::http::{Response, header::HeaderMap};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};

use super::fault::{Fault, cleaned};
use super::jose::AccountKey;
use super::plan::Authority;
use super::time::rest;

/// The longest time for one request.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest answer that is read, in bytes: a chain of certificates is a few thousand.
const MOST_READ: u64 = 1 << 20;
/// How often a request is sent at most, where it fails for reasons that may pass.
const TRIES: u32 = 4;
/// The first rest between two tries. Each further one is twice as long.
const FIRST_REST: Duration = Duration::from_millis(500);
/// The longest rest within a run: who is to wait longer comes again another time.
const MOST_REST: Duration = Duration::from_secs(30);
/// The kind of a fault where somebody else answers than the authority.
const STRANGER: &str = "stranger";
/// How often a nonce may be refused.
const MOST_NONCES: u32 = 5;

/// What an authority offers (RFC 8555, 7.1.1; RFC 9773, 4).
pub(super) struct Directory {
    pub(super) new_nonce: String,
    pub(super) new_account: String,
    pub(super) new_order: String,
    pub(super) renewal_info: Option<String>,
    pub(super) terms: Option<String>,
    pub(super) wants_external: bool,
}

/// An answer that is a good one.
pub(super) struct Reply {
    pub(super) status: u16,
    /// `Location`.
    pub(super) location: Option<String>,
    /// `Retry-After`.
    pub(super) rest: Option<Duration>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// What it says in JSON.
    pub(super) fn json(&self) -> Result<Value, Fault> {
        let value: Option<Value> = serde_json::from_slice(&self.body).ok();
        value
            .filter(Value::is_object)
            .ok_or_else(|| Fault::from("the authority's answer is no object in JSON".to_owned()))
    }
}

/// A talk with an authority.
pub(super) struct Session<'a> {
    pub(super) authority: &'a Authority,
    pub(super) key: &'a AccountKey,
    pub(super) directory: &'a Directory,
    agent: &'a Agent,
    /// The account's URL, once it is known.
    pub(super) account: Option<String>,
    nonce: Option<String>,
}

/// Who sends requests to an authority.
pub(super) fn agent(authority: &Authority) -> Result<Agent, String> {
    let roots = match &authority.trusted {
        None => RootCerts::WebPki,
        Some(path) => {
            let shown = path.display();
            let text = fs::read(path).map_err(|error| format!("cannot read `{shown}`: {error}"))?;
            let certificates = parse_pem(&text).filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            });
            let certificates: Vec<Certificate<'static>> = certificates.collect();
            if certificates.is_empty() {
                return Err(format!("`{shown}` has no certificate in PEM"));
            }
            RootCerts::new_with_certs(&certificates)
        }
    };
    let tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(Arc::new(default_provider()))
        .root_certs(roots);
    let config = Agent::config_builder()
        .tls_config(tls.build())
        .https_only(true)
        .http_status_as_error(false)
        .timeout_global(Some(TIMEOUT))
        .user_agent(concat!("sitec/", env!("CARGO_PKG_VERSION")));
    Ok(config.build().new_agent())
}

/// Asks for what everybody may know.
pub(super) fn get(agent: &Agent, url: &str) -> Result<Reply, Fault> {
    let mut tries = Tries::default();
    loop {
        let sent = agent.get(url).call().map_err(|error| unreachable(url, &error));
        match sent.and_then(|response| finish(response).map(|(reply, _)| reply)) {
            Ok(reply) if reply.status < 300 => return Ok(reply),
            other => tries.after(other)?,
        }
    }
}

/// What an authority offers.
pub(super) fn directory(agent: &Agent, authority: &Authority) -> Result<Directory, Fault> {
    let found = get(agent, &authority.uri)?.json()?;
    let url = |name: &str| found[name].as_str().map(str::to_owned);
    let needed = |name: &str| {
        url(name).ok_or_else(|| {
            Fault::from(format!("there is no `{name}` in `{}`: is it ACME?", authority.uri))
        })
    };
    Ok(Directory {
        new_nonce: needed("newNonce")?,
        new_account: needed("newAccount")?,
        new_order: needed("newOrder")?,
        renewal_info: url("renewalInfo"),
        terms: found["meta"]["termsOfService"].as_str().map(cleaned),
        wants_external: found["meta"]["externalAccountRequired"] == true,
    })
}

impl<'a> Session<'a> {
    /// Begins one.
    pub(super) fn new(
        (authority, key): (&'a Authority, &'a AccountKey),
        (agent, directory): (&'a Agent, &'a Directory),
    ) -> Session<'a> {
        Session { authority, key, directory, agent, account: None, nonce: None }
    }

    /// Sends a request. One without a payload only asks (RFC 8555, 6.3).
    pub(super) fn post(&mut self, url: &str, payload: Option<&Value>) -> Result<Reply, Fault> {
        let mut tries = Tries::default();
        let mut refused = 0;
        loop {
            let answered = self.send(url, payload);
            match answered {
                Ok(reply) if reply.status < 300 => return Ok(reply),
                Ok(reply) if refused < MOST_NONCES && is_bad_nonce(&reply) => refused += 1,
                other => tries.after(other)?,
            }
        }
    }

    fn send(&mut self, url: &str, payload: Option<&Value>) -> Result<Reply, Fault> {
        let nonce = match self.nonce.take() {
            Some(nonce) => nonce,
            None => self.new_nonce()?,
        };
        let signed = self.key.sign(self.account.as_deref(), (url, &nonce), payload)?;
        let request = self.agent.post(url).content_type("application/jose+json");
        let response = request.send(&signed).map_err(|error| unreachable(url, &error))?;
        let (reply, fields) = finish(response)?;
        self.nonce = text(&fields, "replay-nonce");
        Ok(reply)
    }

    fn new_nonce(&mut self) -> Result<String, Fault> {
        let url = &self.directory.new_nonce;
        let response = self.agent.head(url).call().map_err(|error| unreachable(url, &error))?;
        let (reply, fields) = finish(response)?;
        text(&fields, "replay-nonce").ok_or_else(|| match reply.status {
            ..300 => Fault::from("the authority gives no nonce".to_owned()),
            status => Fault::of_response(status, reply.rest, &reply.body),
        })
    }
}

fn is_bad_nonce(reply: &Reply) -> bool {
    Fault::of_response(reply.status, None, &reply.body).kind == "badNonce"
}

/// Tries of one request.
#[derive(Default)]
struct Tries(u32);

impl Tries {
    /// Rests after one that has failed. The error: it is not worth another.
    fn after(&mut self, failed: Result<Reply, Fault>) -> Result<(), Fault> {
        let (fault, may_pass) = match failed {
            Ok(reply) => {
                let fault = Fault::of_response(reply.status, reply.rest, &reply.body);
                (fault, reply.status >= 500)
            }
            Err(fault) => {
                let may_pass = fault.kind != STRANGER;
                (fault, may_pass)
            }
        };
        self.0 += 1;
        let rest = fault.rest.unwrap_or_default().max(FIRST_REST * 2u32.pow(self.0 - 1));
        if !may_pass || self.0 == TRIES || rest > MOST_REST {
            return Err(fault);
        }
        std::thread::sleep(rest);
        Ok(())
    }
}

/// Nobody has answered, or somebody else.
fn unreachable(url: &str, error: &ureq::Error) -> Fault {
    let is_other = match error {
        ureq::Error::Io(error) => error.kind() == ErrorKind::InvalidData,
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) | ureq::Error::BadUri(_) => true,
        _ => false,
    };
    let kind = if is_other { STRANGER.to_owned() } else { String::new() };
    let fault = Fault::from(format!("cannot reach `{}`: {error}", cleaned(url)));
    Fault { kind, ..fault }
}

/// Reads an answer to its end.
fn finish(mut response: Response<Body>) -> Result<(Reply, HeaderMap), Fault> {
    let body = response.body_mut().with_config().limit(MOST_READ).read_to_vec();
    let body = body.map_err(|error| Fault::from(format!("the answer breaks off: {error}")))?;
    let fields = response.headers();
    let reply = Reply {
        status: response.status().as_u16(),
        location: text(fields, "location"),
        rest: text(fields, "retry-after").and_then(|it| rest(&it, SystemTime::now())),
        body,
    };
    Ok((reply, response.into_parts().0.headers))
}

fn text(fields: &HeaderMap, name: &str) -> Option<String> {
    fields.get(name)?.to_str().ok().map(str::to_owned)
}

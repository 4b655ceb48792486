//! An authority that speaks ACME (RFC 8555, 8737, 9773), small and strict: it checks signatures, nonces,
//! URLs and requests for certificates, and asks for what a challenge is about, before it issues
//! anything. What it does otherwise is what a test tells it to.

mod check;
mod serve;

use std::collections::HashSet;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand;
use data_encoding::BASE64URL_NOPAD;
use rcgen::CertificateSigningRequestParams;
use rustls::ServerConfig;
use rustls::pki_types::CertificateSigningRequestDer;
use serde_json::{Value, json};

use crate::secure::Authority;

/// What a test wants of the authority.
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// Where it asks for files and for handshakes, in the place of 80 and 443.
    pub ports: (u16, u16),
    /// How many nonces it refuses yet that are good.
    pub refused_nonces: u32,
    /// It was asked for too many orders, and for so many seconds.
    pub limit: Option<&'static str>,
    /// It is busy: so many requests yet are answered with 503.
    pub busy: u32,
    /// No account is good.
    pub closes_accounts: bool,
    /// Where its terms are.
    pub terms: Option<&'static str>,
    /// The key of `me`, without which nobody has an account.
    pub external: Option<Vec<u8>>,
    /// How long certificates hold.
    pub lifetime: Duration,
    /// When certificates are to be renewed; `None`: it says nothing of that.
    pub window: Option<(&'static str, &'static str)>,
    /// It certifies something else than what was ordered.
    pub mixes_up: bool,
}

/// The authority. Dropped, it takes no more connections.
pub struct Ca {
    inner: Arc<Inner>,
    ends: Arc<AtomicBool>,
}

struct Inner {
    port: u16,
    authority: Authority,
    tls: Arc<ServerConfig>,
    state: Mutex<State>,
}

struct State {
    behaviour: Behaviour,
    nonces: HashSet<String>,
    accounts: Vec<Account>,
    orders: Vec<Order>,
    names: Vec<Name>,
    /// What was asked for.
    requests: Vec<String>,
    /// What new orders were to replace.
    replaced: Vec<Value>,
}

/// An account's key, as it stands in requests.
struct Account {
    key: Value,
}

struct Order {
    account: usize,
    identifiers: Vec<Value>,
    names: Vec<usize>,
    chain: Option<String>,
}

/// A name that somebody is to show to be theirs.
struct Name {
    account: usize,
    identifier: Value,
    token: String,
    status: &'static str,
    /// What has gone wrong, and which of [`KINDS`] that was.
    error: Option<(usize, Value)>,
}

/// The kinds of challenges.
const KINDS: [&str; 3] = ["dns-01", "http-01", "tls-alpn-01"];

/// A response: its status, more fields, and its content.
struct Reply(u16, Vec<(&'static str, String)>, Vec<u8>);

impl Reply {
    fn json(status: u16, value: &Value) -> Reply {
        let fields = vec![("Content-Type", "application/json".to_owned())];
        Reply(status, fields, value.to_string().into_bytes())
    }

    fn problem(status: u16, kind: &str, detail: &str) -> Reply {
        let kind = format!("urn:ietf:params:acme:error:{kind}");
        Reply::json(status, &json!({"type": kind, "detail": detail}))
    }

    fn with(mut self, name: &'static str, value: String) -> Reply {
        self.1.push((name, value));
        self
    }
}

fn random() -> String {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).expect("random bytes");
    BASE64URL_NOPAD.encode(&bytes)
}

impl Ca {
    /// An authority that asks at these ports, and that itself is known by `authority`'s word.
    #[allow(clippy::missing_panics_doc)]
    pub fn start(ports: (u16, u16)) -> Ca {
        let behaviour = Behaviour {
            ports,
            refused_nonces: 0,
            limit: None,
            busy: 0,
            closes_accounts: false,
            terms: Some("https://ca.test/terms"),
            external: None,
            lifetime: Duration::from_secs(90 * 86_400),
            window: None,
            mixes_up: false,
        };
        let authority = Authority::new("the authority");
        let tls = Arc::new(authority.serving(&["127.0.0.1"]));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state = State {
            behaviour,
            nonces: HashSet::new(),
            accounts: Vec::new(),
            orders: Vec::new(),
            names: Vec::new(),
            requests: Vec::new(),
            replaced: Vec::new(),
        };
        let inner = Arc::new(Inner { port, authority, tls, state: Mutex::new(state) });
        let ends = Arc::new(AtomicBool::new(false));
        let (served, ended) = (inner.clone(), ends.clone());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                let served = served.clone();
                thread::spawn(move || served.serve(stream));
            }
        });
        Ca { inner, ends }
    }

    /// Where its directory is.
    pub fn directory(&self) -> String {
        self.inner.url("directory")
    }

    /// Its own certificate, in PEM.
    pub fn pem(&self) -> String {
        self.inner.authority.pem()
    }

    /// By whose word its certificates hold.
    pub fn authority(&self) -> &Authority {
        &self.inner.authority
    }

    /// Has it behave otherwise.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.inner.state().behaviour);
    }

    /// How many certificates it has issued.
    pub fn issued(&self) -> usize {
        self.inner.state().orders.iter().filter(|order| order.chain.is_some()).count()
    }

    /// The method and path of each request so far.
    pub fn requests(&self) -> Vec<String> {
        self.inner.state().requests.clone()
    }

    /// How many accounts there are.
    pub fn accounts(&self) -> usize {
        self.inner.state().accounts.len()
    }

    /// What new orders were said to replace.
    pub fn replaced(&self) -> Vec<Value> {
        self.inner.state().replaced.clone()
    }
}

impl Drop for Ca {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        let _ = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, self.inner.port));
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn url(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}/{path}", self.port)
    }

    fn directory(&self) -> Reply {
        let state = self.state();
        let mut meta = json!({});
        if let Some(terms) = state.behaviour.terms {
            meta["termsOfService"] = terms.into();
        }
        if state.behaviour.external.is_some() {
            meta["externalAccountRequired"] = true.into();
        }
        let mut directory = json!({
            "newNonce": self.url("nonce"), "newAccount": self.url("account"),
            "newOrder": self.url("order"), "meta": meta,
        });
        if state.behaviour.window.is_some() {
            directory["renewalInfo"] = self.url("renewal").into();
        }
        Reply::json(200, &directory)
    }

    /// What is asked without a signature.
    fn plain(&self, method: &str, path: &str) -> Reply {
        match (method, path.split_once('/').unwrap_or((path, ""))) {
            ("GET", ("directory", "")) => self.directory(),
            ("HEAD", ("nonce", "")) => Reply(200, Vec::new(), Vec::new()),
            ("GET", ("renewal", id)) if id.split('.').count() == 2 => {
                let Some((start, end)) = self.state().behaviour.window else {
                    return Reply::problem(404, "malformed", "no such path");
                };
                let window = json!({"suggestedWindow": {"start": start, "end": end}});
                Reply::json(200, &window).with("Retry-After", "21600".to_owned())
            }
            _ => Reply::problem(404, "malformed", "no such path"),
        }
    }

    /// What a signed request comes to. An empty payload only asks.
    fn signed(&self, path: &str, request: &check::Signed) -> Reply {
        let (kind, id) = path.split_once('/').unwrap_or((path, ""));
        let id = id.parse::<usize>().unwrap_or(usize::MAX);
        if kind == "account" {
            return match id {
                usize::MAX => self.account(request),
                _ => Reply::json(200, &json!({"status": "valid"})),
            };
        }
        let Some(account) = request.account else {
            return Reply::problem(400, "malformed", "an account is to be named");
        };
        let payload = request.payload.as_ref();
        match (kind, payload) {
            ("order", Some(payload)) if id == usize::MAX => self.order(account, payload),
            ("order", None) => self.shown_order(account, id),
            ("authorization", None) => self.shown_name(account, id),
            ("challenge", Some(payload)) if *payload == json!({}) => {
                self.challenge(account, id, &request.thumbprint)
            }
            ("finalize", Some(payload)) => self.finalize(account, id, payload),
            ("certificate", None) => self.certificate(account, id),
            _ => Reply::problem(400, "malformed", "that is not to be asked so"),
        }
    }

    fn account(&self, request: &check::Signed) -> Reply {
        let Some(payload) = &request.payload else {
            return Reply::problem(400, "malformed", "no payload");
        };
        let mut state = self.state();
        if state.behaviour.closes_accounts {
            return Reply::problem(403, "unauthorized", "the account is deactivated");
        }
        let contacts = payload["contact"].as_array().cloned().unwrap_or_default();
        if !contacts.iter().all(|it| it.as_str().is_some_and(|it| it.starts_with("mailto:"))) {
            return Reply::problem(400, "unsupportedContact", "only mail is written");
        }
        let known = state.accounts.iter().position(|account| account.key == request.key);
        if known.is_none() {
            if state.behaviour.terms.is_some() && payload["termsOfServiceAgreed"] != true {
                return Reply::problem(403, "userActionRequired", "the terms are not accepted");
            }
            if let Some(key) = &state.behaviour.external {
                let tied = &payload["externalAccountBinding"];
                if !check::is_tied(tied, &request.key, &self.url("account"), key) {
                    return Reply::problem(403, "unauthorized", "who are you");
                }
            }
            state.accounts.push(Account { key: request.key.clone() });
        }
        let id = known.unwrap_or(state.accounts.len() - 1);
        let account = json!({"status": "valid", "contact": contacts});
        let status = if known.is_some() { 200 } else { 201 };
        Reply::json(status, &account).with("Location", self.url(&format!("account/{id}")))
    }

    fn order(&self, account: usize, payload: &Value) -> Reply {
        let mut state = self.state();
        if let Some(seconds) = state.behaviour.limit {
            return Reply::problem(429, "rateLimited", "too many orders")
                .with("Retry-After", seconds.to_owned());
        }
        let identifiers = payload["identifiers"].as_array().cloned().unwrap_or_default();
        let is_kind = |it: &Value| it["type"] == "dns" || it["type"] == "ip";
        if identifiers.is_empty() || !identifiers.iter().all(is_kind) {
            return Reply::problem(400, "malformed", "no identifiers");
        }
        if let Some(replaced) = payload.get("replaces") {
            if state.replaced.contains(replaced) {
                return Reply::problem(409, "alreadyReplaced", "that is replaced already");
            }
            state.replaced.push(replaced.clone());
        }
        let mut names = Vec::new();
        for identifier in &identifiers {
            names.push(state.names.len());
            state.names.push(Name {
                account,
                identifier: identifier.clone(),
                token: random(),
                status: "pending",
                error: None,
            });
        }
        state.orders.push(Order { account, identifiers, names, chain: None });
        let id = state.orders.len() - 1;
        drop(state);
        let Reply(_, fields, body) = self.shown_order(account, id);
        Reply(201, fields, body).with("Location", self.url(&format!("order/{id}")))
    }

    fn shown_order(&self, account: usize, id: usize) -> Reply {
        let state = self.state();
        let Some(order) = state.orders.get(id).filter(|order| order.account == account) else {
            return Reply::problem(404, "malformed", "no such order");
        };
        let statuses: Vec<_> = order.names.iter().map(|&name| state.names[name].status).collect();
        let status = match &order.chain {
            Some(_) => "valid",
            None if statuses.contains(&"invalid") => "invalid",
            None if statuses.iter().all(|status| *status == "valid") => "ready",
            None => "pending",
        };
        let urls = order.names.iter().map(|name| self.url(&format!("authorization/{name}")));
        let mut shown = json!({
            "status": status, "identifiers": order.identifiers,
            "authorizations": urls.collect::<Vec<_>>(),
            "finalize": self.url(&format!("finalize/{id}")),
        });
        if order.chain.is_some() {
            shown["certificate"] = self.url(&format!("certificate/{id}")).into();
        }
        Reply::json(200, &shown)
    }

    fn shown_name(&self, account: usize, id: usize) -> Reply {
        let mut state = self.state();
        let Some(name) = state.names.get_mut(id).filter(|name| name.account == account) else {
            return Reply::problem(404, "malformed", "no such name");
        };
        // One look comes before it has been asked, as where that takes time.
        if name.status == "processing" {
            name.status = if name.error.is_some() { "invalid" } else { "valid" };
            return Reply::json(200, &json!({"status": "pending", "identifier": name.identifier}));
        }
        let challenge = |kind: usize| {
            let url = self.url(&format!("challenge/{}", id * KINDS.len() + kind));
            let token = &name.token;
            let mut shown =
                json!({"type": KINDS[kind], "url": url, "token": token, "status": name.status});
            if let Some((_, error)) = name.error.as_ref().filter(|(failed, _)| *failed == kind) {
                shown["error"] = error.clone();
            }
            shown
        };
        let challenges: Vec<_> = (0..KINDS.len()).map(challenge).collect();
        let shown = json!({
            "status": name.status, "identifier": name.identifier, "challenges": challenges,
        });
        Reply::json(200, &shown)
    }

    fn challenge(&self, account: usize, id: usize, thumbprint: &str) -> Reply {
        let (id, kind) = (id / KINDS.len(), id % KINDS.len());
        let (name, token, ports) = {
            let state = self.state();
            let Some(name) = state.names.get(id).filter(|name| name.account == account) else {
                return Reply::problem(404, "malformed", "no such challenge");
            };
            let shown = name.identifier["value"].as_str().unwrap_or_default().to_owned();
            (shown, name.token.clone(), state.behaviour.ports)
        };
        let expected = format!("{token}.{thumbprint}");
        let shown = match KINDS[kind] {
            "http-01" => check::file(ports.0, &name, &token, &expected),
            "tls-alpn-01" => check::handshake(ports.1, &name, &expected),
            other => Err(format!("nobody looks for {other}")),
        };
        let mut state = self.state();
        state.names[id].status = "processing";
        state.names[id].error = shown.err().map(|detail| {
            let kind_of_error = "urn:ietf:params:acme:error:unauthorized";
            (kind, json!({"type": kind_of_error, "detail": detail}))
        });
        Reply::json(200, &json!({"status": "processing"}))
    }

    fn finalize(&self, account: usize, id: usize, payload: &Value) -> Reply {
        let Reply(status, _, shown) = self.shown_order(account, id);
        let order: Value = serde_json::from_slice(&shown).unwrap_or_default();
        if status != 200 || order["status"] != "ready" {
            return Reply::problem(403, "orderNotReady", "the order is not ready");
        }
        let request = payload["csr"].as_str().unwrap_or_default();
        let request = BASE64URL_NOPAD.decode(request.as_bytes()).unwrap_or_default();
        let request = CertificateSigningRequestDer::from(request);
        // That checks the signature, too.
        let Ok(mut request) = CertificateSigningRequestParams::from_der(&request) else {
            return Reply::problem(400, "badCSR", "the request cannot be read");
        };
        let mut wanted: Vec<_> =
            request.params.subject_alt_names.iter().map(check::shown).collect();
        let ordered = order["identifiers"].as_array().cloned().unwrap_or_default();
        let mut ordered: Vec<_> =
            ordered.iter().map(|it| it["value"].as_str().unwrap_or_default().to_owned()).collect();
        wanted.sort();
        ordered.sort();
        if wanted != ordered {
            return Reply::problem(400, "badCSR", "the request is for other names");
        }
        let mut state = self.state();
        if state.behaviour.mixes_up {
            let other = "other.test".to_owned().try_into().expect("a name");
            request.params.subject_alt_names = vec![rcgen::SanType::DnsName(other)];
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
        let zero = rcgen::date_time_ymd(1970, 1, 1);
        request.params.not_before = zero + now;
        request.params.not_after = zero + now + state.behaviour.lifetime;
        request.params.use_authority_key_identifier_extension = true;
        let chain = self.authority.sign(&request) + &self.authority.pem();
        state.orders[id].chain = Some(chain);
        drop(state);
        self.shown_order(account, id)
    }

    fn certificate(&self, account: usize, id: usize) -> Reply {
        let state = self.state();
        let order = state.orders.get(id).filter(|order| order.account == account);
        match order.and_then(|order| order.chain.clone()) {
            Some(chain) => {
                let kind = "application/pem-certificate-chain".to_owned();
                Reply(200, vec![("Content-Type", kind)], chain.into_bytes())
            }
            None => Reply::problem(404, "malformed", "no such certificate"),
        }
    }
}

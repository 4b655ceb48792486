//! Servers behind this one: see [`sitec_runtime::site::Upstream`] and
//! [`sitec_runtime::site::Proxy`].

use sitec_runtime::site::{ProxySettings, UpstreamId, UpstreamSettings};

use super::{Regex, StartText, Value};

/// See [`sitec_runtime::site::Upstream`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Upstream {
    pub name: String,
    pub host: StartText,
    pub port: StartText,
    pub is_optional: bool,
    pub peers: Vec<Peer>,
    pub balance: Balance,
    pub plain: UpstreamSettings,
}

/// See [`sitec_runtime::site::Peer`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Peer {
    pub address: StartText,
    pub weight: u32,
    pub max_conns: u32,
    pub max_fails: u32,
    pub fail_timeout_ms: u64,
    pub backup: bool,
    pub down: bool,
}

impl Peer {
    /// A server of which the conf says nothing but the address.
    pub(crate) fn plain(address: StartText) -> Peer {
        Peer {
            address,
            weight: 1,
            max_conns: 0,
            max_fails: 1,
            fail_timeout_ms: 10_000,
            backup: false,
            down: false,
        }
    }
}

/// See [`sitec_runtime::site::Balance`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Balance {
    RoundRobin,
    LeastConn,
    IpHash,
    Hash(Value),
    ConsistentHash(Value),
    Random,
    RandomTwo,
}

impl Balance {
    /// What it looks at of a request.
    pub fn key(&self) -> Option<&Value> {
        match self {
            Balance::Hash(key) | Balance::ConsistentHash(key) => Some(key),
            Balance::RoundRobin
            | Balance::LeastConn
            | Balance::IpHash
            | Balance::Random
            | Balance::RandomTwo => None,
        }
    }
}

/// See [`sitec_runtime::site::Proxy`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Proxy {
    pub target: Target,
    pub wire: Wire,
    pub method: Option<Value>,
    pub fields: Vec<ProxyField>,
    pub body: Option<Value>,
    pub redirects: Vec<Replacement>,
    pub cookie_domains: Vec<Replacement>,
    pub cookie_paths: Vec<Replacement>,
    pub hidden: Vec<Vec<u8>>,
    pub plain: ProxySettings,
}

impl Proxy {
    /// The regexes in it, to settle whether their captures are used.
    pub(crate) fn regexes_mut(&mut self) -> impl Iterator<Item = &mut Regex> {
        let lists = [&mut self.redirects, &mut self.cookie_domains, &mut self.cookie_paths];
        lists.into_iter().flatten().filter_map(|replacement| match &mut replacement.pattern {
            Replaced::Regex(regex) => Some(regex),
            Replaced::Front(_) => None,
        })
    }
}

/// See [`sitec_runtime::site::Wire`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Wire {
    Http,
    Fastcgi(Fastcgi),
    Scgi(Vec<PassedParam>),
    Uwsgi { params: Vec<PassedParam>, modifiers: [u8; 2] },
}

impl Wire {
    /// What the names of its directives begin with.
    pub fn front(&self) -> &'static str {
        match self {
            Wire::Http => "proxy",
            Wire::Fastcgi(_) => "fastcgi",
            Wire::Scgi(_) => "scgi",
            Wire::Uwsgi { .. } => "uwsgi",
        }
    }

    /// The directive that passes on.
    pub fn pass(&self) -> &'static str {
        match self {
            Wire::Http => "proxy_pass",
            Wire::Fastcgi(_) => "fastcgi_pass",
            Wire::Scgi(_) => "scgi_pass",
            Wire::Uwsgi { .. } => "uwsgi_pass",
        }
    }

    /// What a script is told.
    pub fn params(&self) -> &[PassedParam] {
        match self {
            Wire::Http => &[],
            Wire::Fastcgi(fastcgi) => &fastcgi.params,
            Wire::Scgi(params) | Wire::Uwsgi { params, .. } => params,
        }
    }
}

/// See [`sitec_runtime::site::Fastcgi`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Fastcgi {
    pub params: Vec<PassedParam>,
    pub index: Option<Value>,
    pub split: Option<Regex>,
    pub keeps: bool,
}

/// See [`sitec_runtime::site::PassedParam`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct PassedParam {
    pub name: Vec<u8>,
    pub value: Value,
    pub if_not_empty: bool,
}

/// See [`sitec_runtime::site::Target`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Target {
    Fixed { upstream: UpstreamId, uri: Option<TargetUri> },
    Computed(Value),
}

/// See [`sitec_runtime::site::TargetUri`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct TargetUri {
    pub text: Vec<u8>,
    pub replaced_len: usize,
}

/// See [`sitec_runtime::site::ProxyField`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct ProxyField {
    pub name: Vec<u8>,
    pub value: Value,
}

/// See [`sitec_runtime::site::Replacement`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Replacement {
    pub pattern: Replaced,
    pub by: Value,
}

/// See [`sitec_runtime::site::Replaced`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Replaced {
    Front(Value),
    Regex(Regex),
}

//! Servers behind this one: see [`sitec_runtime::site::Upstream`] and
//! [`sitec_runtime::site::Proxy`].

use sitec_runtime::site::{
    CacheId, ProgramId, ProxySettings, ProxyVersion, Suite, TlsPeerSettings, UpstreamId,
    UpstreamSettings,
};

use super::{Amount, Certificate, Regex, StartText, Value};

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
    pub commands: Vec<Command>,
    pub is_shared: bool,
    pub sticky: Option<Sticky>,
    pub health: Option<Health>,
    pub plain: UpstreamSettings,
}

/// See [`sitec_runtime::site::Command`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Command {
    pub name: StartText,
    pub program: ProgramId,
    pub args: Vec<StartText>,
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
    pub slow_start_ms: u64,
    pub backup: bool,
    pub down: bool,
    pub drain: bool,
    pub route: String,
}

/// See [`sitec_runtime::site::Health`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Health {
    pub uri: Vec<u8>,
    pub host: String,
    pub port: Option<u16>,
    pub interval_ms: u64,
    pub jitter_ms: u64,
    pub timeout_ms: u64,
    pub fails: u32,
    pub passes: u32,
    pub is_mandatory: bool,
    pub tests: Vec<HealthTest>,
}

/// See [`sitec_runtime::site::HealthTest`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum HealthTest {
    Status { negated: bool, ranges: Vec<(u16, u16)> },
    Field { name: String, test: FieldTest, negated: bool },
    Content { regex: Regex, negated: bool },
}

/// See [`sitec_runtime::site::FieldTest`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum FieldTest {
    Present,
    Equal(Vec<u8>),
    Matches(Regex),
}

/// See [`sitec_runtime::site::StickyBy`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Sticky {
    Cookie { name: Vec<u8>, attributes: Value, lifetime_s: Option<u64> },
    Route(Vec<Value>),
    Learn { create: Vec<Value>, lookup: Vec<Value>, zone_len: usize, timeout_ms: u64 },
}

impl Sticky {
    /// What it looks at of a request or an answer.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        let (one, two): (&[Value], &[Value]) = match self {
            Sticky::Cookie { name: _, attributes, lifetime_s: _ } => {
                (std::slice::from_ref(attributes), &[])
            }
            Sticky::Route(values) => (values, &[]),
            Sticky::Learn { create, lookup, zone_len: _, timeout_ms: _ } => (create, lookup),
        };
        one.iter().chain(two)
    }
}

impl Upstream {
    /// What it looks at of a request or an answer.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.balance.key().into_iter().chain(self.sticky.iter().flat_map(Sticky::values))
    }

    /// Whether peers are known by the MD5 of where they are.
    pub fn has_digests(&self) -> bool {
        self.sticky.is_some() && self.peers.iter().any(|peer| peer.route.is_empty())
    }
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
            slow_start_ms: 0,
            backup: false,
            down: false,
            drain: false,
            route: String::new(),
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
    pub tls: Option<ProxyTls>,
    pub method: Option<Value>,
    pub fields: Vec<ProxyField>,
    pub body: Option<Value>,
    pub redirects: Vec<Replacement>,
    pub cookie_domains: Vec<Replacement>,
    pub cookie_paths: Vec<Replacement>,
    pub cookie_flags: Vec<CookieFlags>,
    pub local: Option<Value>,
    pub rate: Option<Amount>,
    pub caching: Option<Caching>,
    pub hidden: Vec<Vec<u8>>,
    pub plain: ProxySettings,
}

impl Proxy {
    /// Whether it is asked in HTTP/2.
    pub fn is_http2(&self) -> bool {
        match self.wire {
            Wire::Grpc => true,
            Wire::Http => self.plain.http_version == ProxyVersion::Http2,
            Wire::Fastcgi(_) | Wire::Scgi(_) | Wire::Uwsgi { .. } | Wire::Memcached { .. } => false,
        }
    }

    /// Whether it is asked for a URL, and not in the manner of CGI or of a cache.
    pub fn is_http(&self) -> bool {
        matches!(self.wire, Wire::Http | Wire::Grpc)
    }

    /// The regexes in it, to settle whether their captures are used.
    pub(crate) fn regexes_mut(&mut self) -> impl Iterator<Item = &mut Regex> {
        let lists = [&mut self.redirects, &mut self.cookie_domains, &mut self.cookie_paths];
        let patterns = lists.into_iter().flatten().map(|replacement| &mut replacement.pattern);
        let of_flags = self.cookie_flags.iter_mut().map(|flags| &mut flags.cookie);
        patterns.chain(of_flags).filter_map(|pattern| match pattern {
            Replaced::Regex(regex) => Some(regex),
            Replaced::Front(_) => None,
        })
    }
}

/// See [`sitec_runtime::site::Cache`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Cache {
    pub name: String,
    pub path: StartText,
    pub levels: [u8; 3],
    pub keys_len: usize,
    pub inactive_ms: u64,
    pub max_len: u64,
    pub min_free: u64,
}

/// See [`sitec_runtime::site::Caching`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Caching {
    pub cache: CacheId,
    pub key: Value,
    pub valid: Vec<CacheValid>,
    pub bypass: Vec<Value>,
    pub refused: Vec<Value>,
}

/// See [`sitec_runtime::site::CacheValid`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct CacheValid {
    pub statuses: Vec<u16>,
    pub time_s: u64,
}

/// See [`sitec_runtime::site::ProxyTls`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct ProxyTls {
    pub peer: TlsPeer,
    pub name: Value,
}

/// See [`sitec_runtime::site::TlsPeer`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct TlsPeer {
    pub plain: TlsPeerSettings,
    pub suites: Vec<Suite>,
    pub certificate: Option<Certificate>,
    pub trusted: Option<StartText>,
    pub revoked: Option<StartText>,
    pub is_http2: bool,
}

/// See [`sitec_runtime::site::Wire`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Wire {
    Http,
    Grpc,
    Fastcgi(Fastcgi),
    Scgi(Vec<PassedParam>),
    Uwsgi { params: Vec<PassedParam>, modifiers: [u8; 2] },
    Memcached { key: Value, gzip_flag: u32 },
}

impl Wire {
    /// What the names of its directives begin with.
    pub fn front(&self) -> &'static str {
        match self {
            Wire::Http => "proxy",
            Wire::Grpc => "grpc",
            Wire::Fastcgi(_) => "fastcgi",
            Wire::Scgi(_) => "scgi",
            Wire::Uwsgi { .. } => "uwsgi",
            Wire::Memcached { .. } => "memcached",
        }
    }

    /// The directive that passes on.
    pub fn pass(&self) -> &'static str {
        match self {
            Wire::Http => "proxy_pass",
            Wire::Grpc => "grpc_pass",
            Wire::Fastcgi(_) => "fastcgi_pass",
            Wire::Scgi(_) => "scgi_pass",
            Wire::Uwsgi { .. } => "uwsgi_pass",
            Wire::Memcached { .. } => "memcached_pass",
        }
    }

    /// What a script is told.
    pub fn params(&self) -> &[PassedParam] {
        match self {
            Wire::Http | Wire::Grpc | Wire::Memcached { .. } => &[],
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
    pub caught: Vec<Vec<u8>>,
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

/// See [`sitec_runtime::site::CookieFlags`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct CookieFlags {
    pub cookie: Replaced,
    pub flags: Vec<Value>,
}

/// See [`sitec_runtime::site::Replaced`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Replaced {
    Front(Value),
    Regex(Regex),
}

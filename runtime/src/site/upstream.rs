//! Servers behind this one: who they are, what they are asked, and what of their answers goes on.

use super::{
    Amount, Caching, ProgramId, ProxySettings, Regex, StartText, Text, TlsPeerId, UpstreamId,
    UpstreamSettings,
};
use crate::http::framed::Framing;

/// An `upstream`, or what a `proxy_pass` names without one.
pub struct Upstream {
    /// How the conf names it: `backend`, `127.0.0.1:8080`, `unix:/run/app.sock`. No two have one
    /// name, whatever its case; the host and the port of a [`Target::Computed`] are looked for
    /// among these.
    pub name: &'static str,
    /// `$proxy_host` of a `proxy_pass` that names it: the name without a port that is the scheme's
    /// own; `localhost` for a socket in the file system.
    pub host: StartText,
    /// `$proxy_port`; empty for such a socket.
    pub port: StartText,
    /// Whether variables alone lead here: a name that has no address at start is then for the
    /// requests that ask for it to find out, as it is in nginx.
    pub is_optional: bool,
    /// Its servers, in the order of the conf.
    pub peers: &'static [Peer],
    /// Which of them a request goes to.
    pub balance: Balance,
    /// Programs that run beside the server: each listens where the peer of the same index is.
    pub commands: &'static [Command],
    /// `zone`: whether all workers know the same of the peers.
    pub is_shared: bool,
    /// `sticky`: how a client comes to the same peer again.
    pub sticky: Option<Sticky>,
    /// `health_check … mandatory`: whether no peer is asked before it was found well.
    pub is_mandatory: bool,
    /// What goes with it.
    pub plain: UpstreamSettings,
}

/// An `upstream_command`.
pub struct Command {
    /// The program as the conf names it.
    pub name: StartText,
    /// The same where it was found.
    pub program: ProgramId,
    /// Its arguments, without its name.
    pub args: &'static [StartText],
}

/// A `server` of an `upstream`. A name that has several addresses is as many peers once the server
/// has started.
pub struct Peer {
    /// `HOST:PORT`, or `unix:PATH`; a relative path is under the prefix. The port is always there,
    /// unless a param stands for the whole address: then it is 80 where it is missing.
    pub address: StartText,
    /// `weight`.
    pub weight: u32,
    /// `max_conns`; 0: any number.
    pub max_conns: u32,
    /// `max_fails`; 0: it is never taken for failed.
    pub max_fails: u32,
    /// `fail_timeout`: in which so many failures count, and how long it is left alone then.
    pub fail_timeout_ms: u64,
    /// `slow_start`: how long it is until it has its whole weight once it can be asked again.
    pub slow_start_ms: u64,
    /// `backup`: asked where none of the others can be.
    pub backup: bool,
    /// `down`: never asked.
    pub down: bool,
    /// `drain`: asked for clients alone that come again.
    pub drain: bool,
    /// `route`: how those know it; empty: by the MD5 of where it is.
    pub route: &'static str,
}

/// `health_check`.
pub struct Health {
    /// What each peer is asked.
    pub request: &'static [u8],
    /// `port`: where it is asked; `None`: where requests go.
    pub port: Option<u16>,
    /// `interval`, and the longest that may be added to it by chance.
    pub interval_ms: u64,
    /// `jitter`.
    pub jitter_ms: u64,
    /// How long a question may take.
    pub timeout_ms: u64,
    /// After how many failures a peer counts as ill.
    pub fails: u32,
    /// After how many answers it counts as well again.
    pub passes: u32,
    /// `mandatory`: whether it counts as ill before it was asked.
    pub is_mandatory: bool,
    /// `match`: what an answer is to be; none: a status of 200 to 399.
    pub tests: &'static [HealthTest],
}

/// A line of a `match`.
pub enum HealthTest {
    /// `status`.
    Status {
        /// Whether it is to be none of these.
        negated: bool,
        /// From and to.
        ranges: &'static [(u16, u16)],
    },
    /// `header`.
    Field {
        #[allow(missing_docs)]
        name: &'static str,
        #[allow(missing_docs)]
        test: FieldTest,
        /// Whether it is not to be so.
        negated: bool,
    },
    /// `body`.
    Content {
        #[allow(missing_docs)]
        regex: Regex,
        /// Whether it is not to match.
        negated: bool,
    },
}

/// What a field is to be.
pub enum FieldTest {
    /// There.
    Present,
    /// This text.
    Equal(&'static [u8]),
    /// Matched by this.
    Matches(Regex),
}

/// `sticky`.
pub struct Sticky {
    /// By what.
    pub by: StickyBy,
    /// The MD5, where a peer has no route of its own.
    pub digest: Option<Digest>,
}

/// The MD5 of a text.
pub type Digest = fn(&[u8]) -> [u8; 16];

/// By what a client comes to the same peer again.
pub enum StickyBy {
    /// `sticky cookie`: a cookie of the server's own.
    Cookie {
        #[allow(missing_docs)]
        name: &'static [u8],
        /// All of its attributes but when it ends.
        attributes: Text,
        /// `expires`, in seconds; `None`: with the browser's session.
        lifetime_s: Option<u64>,
    },
    /// `sticky route`: the first of these values that is not empty names the peer.
    Route(&'static [Text]),
    /// `sticky learn`: sessions of the peers' own.
    Learn {
        /// What an answer says of the session.
        create: &'static [Text],
        /// What a request says of it.
        lookup: &'static [Text],
        /// Bytes of the zone.
        zone_len: usize,
        /// How long a session is remembered after its last use.
        timeout_ms: u64,
    },
}

/// Which peer a request goes to.
pub enum Balance {
    /// By weight, one after the other.
    RoundRobin,
    /// `least_conn`: the one with the fewest connections for its weight.
    LeastConn,
    /// `ip_hash`: by the client's address.
    IpHash,
    /// `hash KEY`.
    Hash(Text),
    /// `hash KEY consistent`.
    ConsistentHash(Text),
    /// `random`.
    Random,
    /// `random two`: of two that are drawn, the one with the fewer connections.
    RandomTwo,
}

/// `proxy_pass`, and what goes with it.
pub struct Proxy {
    /// Who is asked for what.
    pub target: Target,
    /// What it is spoken to in.
    pub wire: Wire,
    /// How requests go in frames, where they do: HTTP/2.
    pub framing: Option<&'static Framing>,
    /// How it is spoken to where that is over TLS: `https://`, or a scheme that a variable gives.
    pub tls: Option<ProxyTls>,
    /// `proxy_method`; `None`: as the client asks.
    pub method: Option<Text>,
    /// `proxy_set_header`, and what nginx sets where the conf says nothing of that name. One that
    /// comes to nothing is not sent. A client's fields of these names are not passed on.
    pub fields: &'static [ProxyField],
    /// `proxy_set_body`.
    pub body: Option<Text>,
    /// `proxy_redirect`, in the order of the conf. The first that fits is the one.
    pub redirects: &'static [Replacement],
    /// `proxy_cookie_domain`.
    pub cookie_domains: &'static [Replacement],
    /// `proxy_cookie_path`.
    pub cookie_paths: &'static [Replacement],
    /// `proxy_cookie_flags`, in the order of the conf. The first that fits a cookie is the one.
    pub cookie_flags: &'static [CookieFlags],
    /// `proxy_bind`: the address that connections come from.
    pub local: Option<Text>,
    /// `proxy_limit_rate`: how many bytes of an answer are read in a second.
    pub rate: Option<Amount>,
    /// `proxy_cache`: where answers are kept, if they are.
    pub caching: Option<Caching>,
    /// Fields of an answer that do not go on, by their names in lower case: those that nginx hides
    /// and `proxy_hide_header` names, without those of `proxy_pass_header`.
    pub hidden: &'static [&'static [u8]],
    /// What goes with it.
    pub plain: ProxySettings,
}

/// What a server behind this one is spoken to in.
pub enum Wire {
    /// HTTP: `proxy_pass`. In which version is `http_version`.
    Http,
    /// HTTP/2, whose content goes on as it comes in both directions: `grpc_pass`.
    Grpc,
    /// FastCGI: `fastcgi_pass`. Of what stands beside it, the fields, the method, the body and the
    /// URI are for HTTP alone.
    Fastcgi(Fastcgi),
    /// SCGI: `scgi_pass`, with these params.
    Scgi(&'static [PassedParam]),
    /// uwsgi: `uwsgi_pass`, with these params.
    Uwsgi {
        #[allow(missing_docs)]
        params: &'static [PassedParam],
        /// `uwsgi_modifier1` and `uwsgi_modifier2`.
        modifiers: [u8; 2],
    },
    /// memcached: `memcached_pass`.
    Memcached {
        /// `$memcached_key`.
        key: Text,
        /// `memcached_gzip_flag`; 0: none.
        gzip_flag: u32,
    },
}

/// What goes with a `fastcgi_pass`.
pub struct Fastcgi {
    /// `fastcgi_param`, in the order of the conf.
    pub params: &'static [PassedParam],
    /// `fastcgi_index`: what stands behind a script's name that ends in a slash.
    pub index: Option<Text>,
    /// `fastcgi_split_path_info`: its first group is the script's name, its second the path behind
    /// that. Its captures are there.
    pub split: Option<Regex>,
    /// `fastcgi_keep_conn`.
    pub keeps: bool,
    /// `fastcgi_catch_stderr`: texts in the standard error that make an answer invalid.
    pub caught: &'static [&'static [u8]],
}

/// A `fastcgi_param`, `scgi_param` or `uwsgi_param`.
pub struct PassedParam {
    /// Its name.
    pub name: &'static [u8],
    /// Its value.
    pub value: Text,
    /// `if_not_empty`: whether it is left out where the value is empty.
    pub if_not_empty: bool,
}

/// Who is asked for what.
pub enum Target {
    /// Known when the site is built.
    Fixed {
        /// Who.
        upstream: UpstreamId,
        /// The URI that stands behind it, if one does: it takes the place of the front of the path
        /// that the location names.
        uri: Option<TargetUri>,
    },
    /// A URL with variables: scheme, host, and a port or a URI where it has them. Whatever
    /// host and port it can come to are the name of one of
    /// [`Site::UPSTREAMS`](super::Site::UPSTREAMS).
    Computed(Text),
}

/// The URI of a `proxy_pass`.
pub struct TargetUri {
    /// The URI.
    pub text: &'static [u8],
    /// How much of the path it takes the place of: the location's, of a prefix or an exact one.
    pub replaced_len: usize,
}

/// How a server is spoken to over TLS.
pub struct ProxyTls {
    /// In which way.
    pub peer: TlsPeerId,
    /// `proxy_ssl_name`: who it is to be.
    pub name: Text,
}

/// A field of the request that goes upstream.
pub struct ProxyField {
    /// Its name.
    pub name: &'static [u8],
    /// Its value.
    pub value: Text,
}

/// What a text of an answer is replaced by.
pub struct Replacement {
    /// What is looked for.
    pub pattern: Replaced,
    /// What takes its place.
    pub by: Text,
}

/// What is looked for in a text of an answer.
pub enum Replaced {
    /// This front of it; of a cookie's domain, all of it, whatever its case.
    Front(Text),
    /// What a regex matches: all of the text is replaced.
    Regex(Regex),
}

/// A `proxy_cookie_flags`.
pub struct CookieFlags {
    /// Which cookies it is about: the name, in any case, or what the name matches.
    pub cookie: Replaced,
    /// `secure`, `nosecure`, `httponly`, `nohttponly`, `samesite=…`, `nosamesite`.
    pub flags: &'static [Text],
}

/// The version of HTTP that an upstream is spoken to in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProxyVersion {
    /// 1.0, a connection for each request.
    Http10,
    /// 1.1.
    Http11,
    /// 2.
    Http2,
}

/// What may be tried again at another peer: `proxy_next_upstream`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Failures(pub u16);

impl Failures {
    /// `off`.
    pub const NONE: Failures = Failures(0);
    /// No connection, or one that breaks.
    pub const ERROR: Failures = Failures(1);
    /// No answer in time.
    pub const TIMEOUT: Failures = Failures(1 << 1);
    /// An answer that is none.
    pub const INVALID_HEADER: Failures = Failures(1 << 2);
    #[allow(missing_docs)]
    pub const HTTP_500: Failures = Failures(1 << 3);
    #[allow(missing_docs)]
    pub const HTTP_502: Failures = Failures(1 << 4);
    #[allow(missing_docs)]
    pub const HTTP_503: Failures = Failures(1 << 5);
    #[allow(missing_docs)]
    pub const HTTP_504: Failures = Failures(1 << 6);
    #[allow(missing_docs)]
    pub const HTTP_403: Failures = Failures(1 << 7);
    #[allow(missing_docs)]
    pub const HTTP_404: Failures = Failures(1 << 8);
    #[allow(missing_docs)]
    pub const HTTP_429: Failures = Failures(1 << 9);
    /// Requests too that may have been carried out, and must not be twice.
    pub const NON_IDEMPOTENT: Failures = Failures(1 << 10);
    /// Somebody else asks already: `proxy_cache_use_stale` alone has it.
    pub const UPDATING: Failures = Failures(1 << 11);
    /// What holds where a conf says nothing.
    pub const USUAL: Failures = Failures::ERROR.and(Failures::TIMEOUT);

    /// Both.
    pub const fn and(self, other: Failures) -> Failures {
        Failures(self.0 | other.0)
    }

    /// Whether all of the others are among them.
    pub const fn have(self, others: Failures) -> bool {
        self.0 & others.0 == others.0
    }

    /// The failure that an answer with this status is, if it may be one.
    pub const fn of_status(status: u16) -> Failures {
        match status {
            500 => Failures::HTTP_500,
            502 => Failures::HTTP_502,
            503 => Failures::HTTP_503,
            504 => Failures::HTTP_504,
            403 => Failures::HTTP_403,
            404 => Failures::HTTP_404,
            429 => Failures::HTTP_429,
            _ => Failures::NONE,
        }
    }
}

/// Fields of an answer that are not acted on: `proxy_ignore_headers`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ignored(pub u16);

impl Ignored {
    /// None.
    pub const NONE: Ignored = Ignored(0);
    #[allow(missing_docs)]
    pub const ACCEL_REDIRECT: Ignored = Ignored(1);
    #[allow(missing_docs)]
    pub const ACCEL_EXPIRES: Ignored = Ignored(1 << 1);
    #[allow(missing_docs)]
    pub const ACCEL_LIMIT_RATE: Ignored = Ignored(1 << 2);
    #[allow(missing_docs)]
    pub const ACCEL_BUFFERING: Ignored = Ignored(1 << 3);
    #[allow(missing_docs)]
    pub const ACCEL_CHARSET: Ignored = Ignored(1 << 4);
    #[allow(missing_docs)]
    pub const EXPIRES: Ignored = Ignored(1 << 5);
    #[allow(missing_docs)]
    pub const CACHE_CONTROL: Ignored = Ignored(1 << 6);
    #[allow(missing_docs)]
    pub const SET_COOKIE: Ignored = Ignored(1 << 7);
    #[allow(missing_docs)]
    pub const VARY: Ignored = Ignored(1 << 8);

    /// Both.
    pub const fn and(self, other: Ignored) -> Ignored {
        Ignored(self.0 | other.0)
    }

    /// Whether these are among them.
    pub const fn have(self, others: Ignored) -> bool {
        self.0 & others.0 == others.0
    }
}

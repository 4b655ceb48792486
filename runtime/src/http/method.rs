//! Methods: the ones that this server knows, and sets of them.

/// A method that this server knows: those that IANA has registered, and PURGE. Any other is answered
/// with 501.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
#[repr(u8)]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Delete,
    Connect,
    Options,
    Trace,
    Patch,
    Mkcol,
    Copy,
    Move,
    Propfind,
    Proppatch,
    Lock,
    Unlock,
    Acl,
    BaselineControl,
    Bind,
    Checkin,
    Checkout,
    Label,
    Link,
    Merge,
    Mkactivity,
    Mkcalendar,
    Mkredirectref,
    Mkworkspace,
    Orderpatch,
    Purge,
    Query,
    Rebind,
    Report,
    Search,
    Unbind,
    Uncheckout,
    Unlink,
    Update,
    Updateredirectref,
    VersionControl,
}

impl Method {
    /// Every known method, in the order of their numbers.
    pub const ALL: [Method; 40] = [
        Method::Get,
        Method::Head,
        Method::Post,
        Method::Put,
        Method::Delete,
        Method::Connect,
        Method::Options,
        Method::Trace,
        Method::Patch,
        Method::Mkcol,
        Method::Copy,
        Method::Move,
        Method::Propfind,
        Method::Proppatch,
        Method::Lock,
        Method::Unlock,
        Method::Acl,
        Method::BaselineControl,
        Method::Bind,
        Method::Checkin,
        Method::Checkout,
        Method::Label,
        Method::Link,
        Method::Merge,
        Method::Mkactivity,
        Method::Mkcalendar,
        Method::Mkredirectref,
        Method::Mkworkspace,
        Method::Orderpatch,
        Method::Purge,
        Method::Query,
        Method::Rebind,
        Method::Report,
        Method::Search,
        Method::Unbind,
        Method::Uncheckout,
        Method::Unlink,
        Method::Update,
        Method::Updateredirectref,
        Method::VersionControl,
    ];

    /// The method with this name. Names are case-sensitive (RFC 9110, 9.1).
    pub fn parse(name: &[u8]) -> Option<Method> {
        match name {
            b"GET" => Some(Method::Get),
            _ => Method::ALL.into_iter().find(|method| method.name().as_bytes() == name),
        }
    }

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
            Method::Connect => "CONNECT",
            Method::Options => "OPTIONS",
            Method::Trace => "TRACE",
            Method::Patch => "PATCH",
            Method::Mkcol => "MKCOL",
            Method::Copy => "COPY",
            Method::Move => "MOVE",
            Method::Propfind => "PROPFIND",
            Method::Proppatch => "PROPPATCH",
            Method::Lock => "LOCK",
            Method::Unlock => "UNLOCK",
            Method::Acl => "ACL",
            Method::BaselineControl => "BASELINE-CONTROL",
            Method::Bind => "BIND",
            Method::Checkin => "CHECKIN",
            Method::Checkout => "CHECKOUT",
            Method::Label => "LABEL",
            Method::Link => "LINK",
            Method::Merge => "MERGE",
            Method::Mkactivity => "MKACTIVITY",
            Method::Mkcalendar => "MKCALENDAR",
            Method::Mkredirectref => "MKREDIRECTREF",
            Method::Mkworkspace => "MKWORKSPACE",
            Method::Orderpatch => "ORDERPATCH",
            Method::Purge => "PURGE",
            Method::Query => "QUERY",
            Method::Rebind => "REBIND",
            Method::Report => "REPORT",
            Method::Search => "SEARCH",
            Method::Unbind => "UNBIND",
            Method::Uncheckout => "UNCHECKOUT",
            Method::Unlink => "UNLINK",
            Method::Update => "UPDATE",
            Method::Updateredirectref => "UPDATEREDIRECTREF",
            Method::VersionControl => "VERSION-CONTROL",
        }
    }
}

/// A set of known methods.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MethodSet(u64);

impl MethodSet {
    /// No method.
    pub const EMPTY: MethodSet = MethodSet(0);
    /// Every known method.
    pub const ALL: MethodSet = MethodSet::of(&Method::ALL);

    /// The set of `methods`.
    pub const fn of(methods: &[Method]) -> MethodSet {
        let mut set = MethodSet::EMPTY;
        let mut i = 0;
        while i < methods.len() {
            set = set.with(methods[i]);
            i += 1;
        }
        set
    }

    /// The set with `method` in it.
    pub const fn with(self, method: Method) -> MethodSet {
        MethodSet(self.0 | 1 << method as u64)
    }

    /// Whether `method` is in the set.
    pub const fn contains(self, method: Method) -> bool {
        self.0 & 1 << method as u64 != 0
    }

    /// The methods in the set, in the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = Method> {
        Method::ALL.into_iter().filter(move |&method| self.contains(method))
    }

    /// The value of an Allow field (RFC 9110, 10.2.1): names with `, ` between them.
    pub fn allow(self) -> String {
        self.iter().map(Method::name).collect::<Vec<_>>().join(", ")
    }

    /// The set as a number, for generated code.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The set that [`bits`](Self::bits) gave.
    pub const fn from_bits(bits: u64) -> MethodSet {
        MethodSet(bits)
    }
}

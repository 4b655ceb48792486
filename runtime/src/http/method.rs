//! Methods: the ones that this server knows, and sets of them.

/// A method that this server knows. Any other is answered with 501.
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
}

impl Method {
    /// Every known method, in the order of their numbers.
    pub const ALL: [Method; 16] = [
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
        }
    }
}

/// A set of known methods.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MethodSet(u16);

impl MethodSet {
    /// No method.
    pub const EMPTY: MethodSet = MethodSet(0);
    /// Every known method.
    pub const ALL: MethodSet = MethodSet(u16::MAX);

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
        MethodSet(self.0 | 1 << method as u16)
    }

    /// Whether `method` is in the set.
    pub const fn contains(self, method: Method) -> bool {
        self.0 & 1 << method as u16 != 0
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
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// The set that [`bits`](Self::bits) gave.
    pub const fn from_bits(bits: u16) -> MethodSet {
        MethodSet(bits)
    }
}

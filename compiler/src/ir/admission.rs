//! Who may come in: see [`sitec_runtime::site::Admission`].

use sitec_runtime::http::method::MethodSet;
use sitec_runtime::site::{Assigned, LocationId, RealIpSource, UsersId};

use super::Value;

/// See [`sitec_runtime::site::Admission`]. Rules are indices into
/// [`Site::accesses`](super::Site::accesses).
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
#[allow(missing_docs)]
pub struct Admission {
    pub access: Option<usize>,
    pub named: Option<usize>,
    pub satisfy_any: bool,
    pub auth: Option<Auth>,
    pub inquiry: Option<Value>,
}

impl Admission {
    /// Whether nothing is asked of anybody.
    pub fn is_open(&self) -> bool {
        self.access.is_none() && self.auth.is_none() && self.inquiry.is_none()
    }

    /// Whether nobody is kept out; `accesses` are the site's.
    pub fn lets_all_in(&self, accesses: &[Access]) -> bool {
        let all = |access: Option<usize>| access.is_none_or(|id| accesses[id].lets_all_in());
        match self.satisfy_any {
            true => self.named.is_some() && all(self.named),
            false => self.auth.is_none() && self.inquiry.is_none() && all(self.access),
        }
    }
}

/// An `auth_request_set`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Answered {
    /// What is given a value.
    pub variable: Assigned,
    /// Its name, without `$`.
    pub name: String,
    /// The value, of the request that was asked.
    pub value: Value,
}

/// See [`sitec_runtime::site::Auth`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Auth {
    pub realm: Value,
    /// Index into [`Site::users`](super::Site::users).
    pub users: UsersId,
}

/// See [`sitec_runtime::site::RealIp`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct RealIp {
    /// Index into [`Site::accesses`](super::Site::accesses).
    pub trusted: usize,
    pub source: RealIpSource<Vec<u8>>,
    pub recursive: bool,
}

/// See [`sitec_runtime::site::LimitExcept`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct LimitExcept {
    pub methods: MethodSet,
    pub admission: Admission,
    pub location: Option<LocationId>,
}

/// See [`sitec_runtime::site::Access`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Access {
    pub v4: Option<Ranges>,
    pub v6: Ranges,
    pub unix: bool,
}

impl Access {
    /// Whether nobody is kept out.
    pub fn lets_all_in(&self) -> bool {
        let all = |ranges: &Ranges| ranges.first && ranges.flips.is_empty();
        self.unix && all(&self.v6) && self.v4.as_ref().is_none_or(all)
    }
}

/// See [`sitec_runtime::site::Ranges`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub struct Ranges {
    pub first: bool,
    pub flips: Vec<u128>,
}

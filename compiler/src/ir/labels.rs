//! What servers and locations are called in logs and metrics.

/// See [`sitec_runtime::site::Labels`].
#[derive(Clone, PartialEq, Eq, Default, Debug)]
#[allow(missing_docs)]
pub struct Labels {
    pub all: Vec<(String, String)>,
    pub of: Vec<u32>,
}

//! What is counted of requests.

use super::LocationId;

/// What a site that counts tells apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Metrics {
    /// A hash of the conf.
    pub conf_hash: &'static str,
    /// What its servers and locations are called.
    pub labels: &'static Labels,
}

/// What servers and locations are called in logs and metrics.
#[derive(PartialEq, Eq, Debug)]
pub struct Labels {
    /// The distinct pairs of a server and a location.
    pub all: &'static [(&'static str, &'static str)],
    /// Which of them each location is.
    pub of: &'static [u32],
}

impl Labels {
    /// Which pair a location is.
    pub fn number(&self, location: LocationId) -> usize {
        self.of.get(location as usize).map_or(0, |number| *number as usize)
    }

    /// What a location and its server are called.
    pub fn pair(&self, location: LocationId) -> (&'static str, &'static str) {
        self.all.get(self.number(location)).copied().unwrap_or_default()
    }
}

/// The page that shows what is counted, and what it is made with.
#[derive(PartialEq, Eq, Debug)]
pub struct StatusPage {
    /// HTML.
    pub page: &'static [u8],
    /// The program that asks for the numbers.
    pub script: &'static [u8],
    /// What it looks like.
    pub style: &'static [u8],
}

//! What is to be fetched, with all that the conf leaves open filled in.

use std::path::PathBuf;
use std::time::Duration;

use crate::site::{Challenge, KeyType};

/// Where the files of challenges are asked for (RFC 8555, 8.3).
pub const CHALLENGE_PATH: &str = "/.well-known/acme-challenge/";
/// The folder of certificates for challenges, in that of an authority's state.
pub const TLS_FOLDER: &str = "tls-alpn-01";

/// Waits so long. False: the process is to end.
pub type Wait<'a> = &'a dyn Fn(Duration) -> bool;

/// What the command line asks for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Mode {
    /// `--watch`: go on, and renew when it is time.
    pub watch: bool,
    /// `--dry-run`: only say what would be done.
    pub dry_run: bool,
    /// `--force`: fetch what is not due, too.
    pub force: bool,
}

/// All that a site fetches.
#[derive(Debug)]
pub struct Plan {
    /// What messages begin with.
    pub program: &'static str,
    /// Who issues certificates.
    pub authorities: Vec<Authority>,
    /// What they are asked for.
    pub wanted: Vec<Wanted>,
    /// User and group that the server runs as, where that is not who fetches.
    pub owner: Option<(u32, u32)>,
}

/// Who issues certificates.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Authority {
    pub name: &'static str,
    pub uri: String,
    pub contacts: &'static [&'static str],
    pub accepts_terms: bool,
    pub state: PathBuf,
    pub account_key: PathBuf,
    pub trusted: Option<PathBuf>,
    pub external: Option<(&'static str, PathBuf)>,
    pub challenge: Challenge,
    pub profile: Option<&'static str>,
}

/// One certificate.
#[derive(Debug)]
pub struct Wanted {
    /// Index into [`Plan::authorities`].
    pub authority: usize,
    /// Names in lower case, and addresses.
    pub names: Vec<String>,
    /// What kind of key it has.
    pub key_type: KeyType,
    /// Where it is put, and its key.
    pub chain: PathBuf,
    #[allow(missing_docs)]
    pub key: PathBuf,
    /// The folders that the site serves [`CHALLENGE_PATH`] from, for any of the names.
    pub folders: Vec<PathBuf>,
}

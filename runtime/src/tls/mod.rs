//! TLS, by rustls: who a server is to its clients, and the connections that speak it. Nothing outside
//! of this module names the library.

#[cfg(feature = "acme")]
mod challenge;
mod client;
mod config;
pub(crate) mod identity;
mod offered;
mod peer;
mod stream;
#[cfg(test)]
mod tests;
mod ticket;
mod value;

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rustls::server::StoresServerSessions;

use crate::secured::{Choose, Chosen, Keeper, KeyFiles, PairFiles, Renewed, Secured, TlsFiles};
use crate::site::{Tls, TlsPeerId, TlsSite};

use config::Configs;
use peer::PeerConfig;
use stream::Stream;

/// Reads what servers that speak TLS name, and what is named of those behind this one.
///
/// # Errors
///
/// Everything that is wrong with it, each with its file.
pub fn load(site: &TlsSite, files: KeyFiles) -> Result<Arc<dyn Keeper>, Vec<String>> {
    let KeyFiles { servers: files, peers: peer_files, challenges } = files;
    let mut faults = Vec::new();
    let mut servers = Vec::new();
    let stores = config::session_stores(site.servers);
    for ((tls, files), sessions) in site.servers.iter().zip(files).zip(stores) {
        let stamps = Mutex::new(stamps(paths(&files)));
        match Configs::read(tls, &files, sessions.clone()) {
            Ok(configs) => {
                let configs = RwLock::new(Arc::new(configs));
                servers.push(Server { tls, files, sessions, stamps, configs });
            }
            Err(fault) => faults.push(fault),
        }
    }
    let mut peers = Vec::new();
    for (peer, files) in site.peers.iter().zip(peer_files) {
        match PeerConfig::read(peer, &files) {
            Ok(config) => peers.push(config),
            Err(fault) => faults.push(fault),
        }
    }
    match faults.is_empty() {
        true => {
            Ok(Arc::new(Keys { servers: servers.into(), peers, challenges: challenges.into() }))
        }
        false => Err(faults),
    }
}

/// The keys and certificates of a site.
struct Keys {
    servers: Arc<[Server]>,
    peers: Vec<PeerConfig>,
    challenges: Arc<[PathBuf]>,
}

/// What one [`Tls`] comes to.
struct Server {
    tls: &'static Tls,
    files: TlsFiles,
    sessions: Arc<dyn StoresServerSessions>,
    /// What the files were when they were last read.
    stamps: Mutex<Vec<Option<Stamp>>>,
    configs: RwLock<Arc<Configs>>,
}

impl Server {
    /// What holds now.
    fn configs(&self) -> Arc<Configs> {
        self.configs.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the files again, if they are others than before.
    fn renew(&self) -> Option<Renewed> {
        let now = stamps(paths(&self.files));
        let mut stamps = self.stamps.lock().unwrap_or_else(PoisonError::into_inner);
        if *stamps == now {
            return None;
        }
        *stamps = now;
        let name = paths(&self.files).next().unwrap_or(Path::new("")).display().to_string();
        Some(match Configs::read(self.tls, &self.files, self.sessions.clone()) {
            Ok(configs) => {
                let remark = configs.lasts();
                *self.configs.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(configs);
                Renewed::Taken(format!("`{name}` has changed, and is used from now on{remark}"))
            }
            Err(fault) => Renewed::Kept(format!("{fault}; what was there before stays in use")),
        })
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Keys are not for anybody to see.
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl Keeper for Keys {
    fn begin(&self, received: &[u8], choose: Choose) -> Box<dyn Secured> {
        let servers = self.servers.clone();
        let find = move |name: &[u8]| {
            let chosen = choose(name)?;
            let server: &Server = servers.get(usize::from(chosen.tls))?;
            Some((chosen, server.tls, server.configs()))
        };
        Box::new(Stream::accept(received, Box::new(find), self.challenges.clone()))
    }

    fn connect(&self, peer: TlsPeerId, name: &str) -> Result<Box<dyn Secured>, String> {
        let config = self.peers.get(usize::from(peer)).ok_or("no such peer")?;
        Ok(Box::new(Stream::connect(config.begin(name)?)))
    }

    fn renew(&self) -> Vec<Renewed> {
        self.servers.iter().filter_map(Server::renew).collect()
    }
}

/// What tells one content of a file from another: device, inode, length, and the time of the last
/// change of its state, in seconds and nanoseconds. Links are followed.
type Stamp = (u64, u64, u64, i64, i64);

fn stamp(path: &Path) -> io::Result<Stamp> {
    let data = fs::metadata(path)?;
    Ok((data.dev(), data.ino(), data.size(), data.ctime(), data.ctime_nsec()))
}

/// The stamps of all files; `None` of one that is not there.
fn stamps<'a>(paths: impl Iterator<Item = &'a Path>) -> Vec<Option<Stamp>> {
    paths.map(|path| stamp(path).ok()).collect()
}

fn paths<'a>(files: &'a TlsFiles) -> impl Iterator<Item = &'a Path> {
    let TlsFiles { certificates, stapling, ticket_keys, authorities, trusted, revoked } = files;
    let pair = |PairFiles { chain, key, is_fetched: _, passwords }: &'a PairFiles| {
        [Some(chain), Some(key), passwords.as_ref()]
    };
    let pairs = certificates.iter().flat_map(pair).flatten();
    pairs
        .chain([stapling, authorities, trusted, revoked].into_iter().flatten())
        .chain(ticket_keys)
        .map(PathBuf::as_path)
}

/// Finds what holds for a client by the name that it asks for.
type Find = Box<dyn FnOnce(&[u8]) -> Option<(Chosen, &'static Tls, Arc<Configs>)>>;

//! Tickets that sessions are resumed by (RFC 5077; RFC 8446, 4.6.1). Their keys are made at start, are
//! the same for all workers, and change every few hours; or they are those of files, which several
//! servers may share.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, rand};
use rustls::crypto::aws_lc_rs::Ticketer;
use rustls::server::ProducesTickets;

use super::identity::read;

/// The bytes of a key's name, with which its file and its tickets begin.
const NAME_LEN: usize = 16;
/// The lengths that nginx knows of such a file.
const FILE_LENS: [usize; 2] = [48, 80];

/// The library's tickets, which it takes for as long as it has their keys, with the time of their
/// making, so that they hold no longer than `ssl_session_timeout`.
pub(super) struct Tickets {
    sealing: Arc<dyn ProducesTickets>,
    lifetime_s: u32,
}

impl Tickets {
    /// Tickets that hold so long, sealed by the first of these files; without one, by keys that nobody
    /// else has.
    pub(super) fn new(lifetime_s: u32, files: &[PathBuf]) -> Result<Tickets, String> {
        let sealing: Arc<dyn ProducesTickets> = match files {
            [] => Ticketer::new().map_err(|error| format!("TLS cannot be set up: {error}"))?,
            files => {
                let keys = files.iter().map(|file| TicketKey::read(file));
                Arc::new(TicketKeys(keys.collect::<Result<_, _>>()?))
            }
        };
        Ok(Tickets { sealing, lifetime_s })
    }
}

/// A key from a file.
struct TicketKey {
    name: [u8; NAME_LEN],
    key: LessSafeKey,
}

impl TicketKey {
    /// Reads a key: its name, and bytes that nobody else knows.
    fn read(path: &Path) -> Result<TicketKey, String> {
        let shown = path.display();
        let bytes = read(path)?;
        if !FILE_LENS.contains(&bytes.len()) {
            let len = bytes.len();
            return Err(format!("`{shown}` has {len} bytes: the key of tickets has 48 or 80"));
        }
        let (name, secret) = bytes.split_first_chunk().ok_or("a file without a name")?;
        let derived = hkdf::Salt::new(hkdf::HKDF_SHA256, b"sitec ticket").extract(secret);
        let derived = derived.expand(&[b"AES-256-GCM"], &AES_256_GCM);
        let derived = derived.map_err(|_| format!("`{shown}` cannot be used"))?;
        Ok(TicketKey { name: *name, key: LessSafeKey::new(UnboundKey::from(derived)) })
    }
}

/// The keys of files. A ticket is the name of its key, a number that is used once, and what is sealed.
struct TicketKeys(Vec<TicketKey>);

impl ProducesTickets for TicketKeys {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        u32::MAX
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let TicketKey { name, key } = self.0.first()?;
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).ok()?;
        let mut sealed = plain.to_vec();
        let unique = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(unique, Aad::from(name), &mut sealed).ok()?;
        Some([&name[..], &nonce, &sealed].concat())
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        let (name, rest) = ticket.split_first_chunk::<NAME_LEN>()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>()?;
        let TicketKey { key, .. } = self.0.iter().find(|key| key.name == *name)?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let mut sealed = sealed.to_vec();
        let plain = key.open_in_place(nonce, Aad::from(name), &mut sealed).ok()?;
        Some(plain.to_vec())
    }
}

impl fmt::Debug for TicketKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Keys are not for anybody to see.
        f.debug_struct("TicketKeys").finish_non_exhaustive()
    }
}

/// Seconds since 1970.
fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

impl ProducesTickets for Tickets {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        self.lifetime_s.min(self.sealing.lifetime())
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        self.sealing.encrypt(&[&now_s().to_be_bytes(), plain].concat())
    }

    fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        let mut plain = self.sealing.decrypt(cipher)?;
        let (made_s, _) = plain.split_first_chunk::<8>()?;
        let age_s = now_s().checked_sub(u64::from_be_bytes(*made_s))?;
        if age_s > u64::from(self.lifetime_s) {
            return None;
        }
        plain.drain(..8);
        Some(plain)
    }
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tickets").field("lifetime_s", &self.lifetime_s).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Folder;

    #[test]
    fn servers_share_the_keys_of_files() {
        let folder = Folder::new();
        let file = |name: &str, fill: u8, len: usize| {
            folder.write(name, (0..len).map(|at| fill ^ at as u8).collect::<Vec<_>>())
        };
        let (old, new, short) = (file("old", 1, 48), file("new", 2, 80), file("short", 3, 47));
        let tickets = |files: &[&PathBuf]| {
            let files: Vec<_> = files.iter().map(|&file| file.clone()).collect();
            Tickets::new(300, &files)
        };
        let first = tickets(&[&old]).unwrap();
        let ticket = first.encrypt(b"a session").unwrap();
        // Another server, which seals by the next key already.
        let second = tickets(&[&new, &old]).unwrap();
        assert_eq!(second.decrypt(&ticket).unwrap(), b"a session");
        let newer = second.encrypt(b"another").unwrap();
        assert_eq!(first.decrypt(&newer), None);
        assert_eq!(tickets(&[&new]).unwrap().decrypt(&newer).unwrap(), b"another");
        assert_ne!(second.encrypt(b"another").unwrap(), newer);
        for place in 0..ticket.len() {
            let mut other = ticket.clone();
            other[place] ^= 1;
            assert_eq!(second.decrypt(&other), None, "{place}");
            assert_eq!(second.decrypt(&ticket[..place]), None, "{place}");
        }
        let fault = tickets(&[&old, &short]).unwrap_err();
        assert!(fault.contains("short` has 47 bytes"), "{fault}");
        assert!(tickets(&[&folder.0]).unwrap_err().contains("it is not a file"));
    }

    #[test]
    fn a_ticket_holds_as_long_as_sessions_do() {
        let tickets = Tickets::new(300, &[]).unwrap();
        let ticket = tickets.encrypt(b"a session").unwrap();
        assert_eq!(tickets.decrypt(&ticket).unwrap(), b"a session");
        let made = |age_s: u64| {
            let made_s = now_s().wrapping_sub(age_s).to_be_bytes();
            tickets.sealing.encrypt(&[&made_s[..], b"a session"].concat()).unwrap()
        };
        assert!(tickets.decrypt(&made(290)).is_some());
        assert!(tickets.decrypt(&made(302)).is_none());
        // A clock that was set back.
        assert!(tickets.decrypt(&made(10u64.wrapping_neg())).is_none());
        let others = Tickets::new(300, &[]).unwrap();
        assert!(others.decrypt(&ticket).is_none());
        assert!(tickets.decrypt(&ticket[..ticket.len() - 1]).is_none());
        assert!(tickets.decrypt(b"").is_none());
    }
}

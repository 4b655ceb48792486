//! A certificate and its key, as they lie on the disk: what is there, and how new ones are put there.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use data_encoding::BASE64URL_NOPAD;
use rustls::crypto::aws_lc_rs::default_provider;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::public_key::PublicKey;

use super::plan::Wanted;
use super::state::{beside, put, with_ending};
use super::time::at;
use crate::site::KeyType;
use crate::tls::identity::certified;

/// What a certificate says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Leaf {
    pub(super) from: SystemTime,
    pub(super) until: SystemTime,
    names: Vec<String>,
    key_type: Option<KeyType>,
    /// What it is called where an authority is asked about renewing it (RFC 9773, 4.1).
    pub(super) id: Option<String>,
}

impl Leaf {
    /// What the certificate says that is there with its key. The error says why it cannot be used.
    pub(super) fn read(chain: &Path, key: &Path) -> Result<Leaf, String> {
        let certified = certified(&default_provider(), chain, key, None)?;
        let broken = || format!("`{}` is broken", chain.display());
        let first = certified.cert.first().ok_or_else(broken)?;
        let (_, certificate) = X509Certificate::from_der(first).map_err(|_| broken())?;
        let validity = certificate.validity();
        Ok(Leaf {
            from: at(validity.not_before.timestamp()),
            until: at(validity.not_after.timestamp()),
            names: names(&certificate),
            key_type: key_type(&certificate),
            id: id(&certificate),
        })
    }

    /// Why it is not what is wanted.
    pub(super) fn differs(&self, wanted: &Wanted) -> Option<String> {
        let is_missing = |name: &&String| !self.names.contains(name);
        if let Some(name) = wanted.names.iter().find(is_missing) {
            return Some(format!("it is not for `{name}`"));
        }
        let is_other = self.key_type != Some(wanted.key_type);
        is_other.then(|| format!("its key is not `{}`", wanted.key_type.name()))
    }

    /// When two thirds of its time are over.
    pub(super) fn last_third(&self) -> SystemTime {
        let lifetime = self.until.duration_since(self.from).unwrap_or(Duration::ZERO);
        self.from + lifetime * 2 / 3
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        GeneralName::IPAddress(bytes) => {
            let four = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            let address = four.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from));
            address.ok().map(|address| address.to_string())
        }
        _ => None,
    };
    extension.value.general_names.iter().filter_map(name).collect()
}

fn key_type(certificate: &X509Certificate<'_>) -> Option<KeyType> {
    match certificate.public_key().parsed().ok()? {
        PublicKey::EC(point) => match point.key_size() {
            256 => Some(KeyType::EcdsaP256),
            384 => Some(KeyType::EcdsaP384),
            _ => None,
        },
        PublicKey::RSA(key) => match key.key_size() {
            2048 => Some(KeyType::Rsa2048),
            3072 => Some(KeyType::Rsa3072),
            4096 => Some(KeyType::Rsa4096),
            _ => None,
        },
        _ => None,
    }
}

fn id(certificate: &X509Certificate<'_>) -> Option<String> {
    let key = certificate.extensions().iter().find_map(|it| match it.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(it) => it.key_identifier.as_ref(),
        _ => None,
    })?;
    let serial = BASE64URL_NOPAD.encode(certificate.raw_serial());
    Some(format!("{}.{serial}", BASE64URL_NOPAD.encode(key.0)))
}

/// Puts a new certificate and its key where they belong, if they are what is wanted. Nobody reads a half of
/// a file, and who reads between the two finds that they do not belong together, and looks again. One
/// file with both has no such moment. Where this fails, what was there before is there again.
pub(super) fn install(
    wanted: &Wanted,
    chain: &str,
    key: &str,
    owner: Option<(u32, u32)>,
) -> Result<Leaf, String> {
    let (chain_path, key_path) = (real(&wanted.chain), real(&wanted.key));
    if chain_path == key_path {
        let new = beside(&key_path, format!("{key}{chain}").as_bytes(), 0o600, owner)?;
        let leaf = checked(wanted, &new, &new)?;
        return put(&new, &key_path).map(|()| leaf);
    }
    let new_key = beside(&key_path, key.as_bytes(), 0o600, owner)?;
    let new_chain = beside(&chain_path, chain.as_bytes(), 0o644, owner)?;
    let leaf = checked(wanted, &new_chain, &new_key)?;
    let old_key = with_ending(&key_path, ".old");
    let _ = fs::remove_file(&old_key);
    let has_old = fs::hard_link(&key_path, &old_key).is_ok();
    put(&new_key, &key_path)?;
    let placed = put(&new_chain, &chain_path);
    if placed.is_err() && has_old {
        let _ = fs::rename(&old_key, &key_path);
    }
    let _ = fs::remove_file(&old_key);
    placed.map(|()| leaf)
}

/// Looks at what was issued before it is put in place. What is not wanted does not stay beside it.
fn checked(wanted: &Wanted, chain: &Path, key: &Path) -> Result<Leaf, String> {
    let leaf = Leaf::read(chain, key).and_then(|leaf| match leaf.differs(wanted) {
        Some(differs) => Err(format!("what was issued is not what was ordered: {differs}")),
        None => Ok(leaf),
    });
    if leaf.is_err() {
        let _ = fs::remove_file(chain);
        let _ = fs::remove_file(key);
    }
    leaf
}

/// Puts in place what an earlier run was kept from: its key is there already, and the certificate lies
/// beside.
pub(super) fn mend(wanted: &Wanted) {
    let (chain, key) = (real(&wanted.chain), real(&wanted.key));
    let new = with_ending(&chain, ".new");
    if chain != key
        && new.is_file()
        && Leaf::read(&chain, &key).is_err()
        && Leaf::read(&new, &key).is_ok()
    {
        let _ = put(&new, &chain);
    }
}

/// Whether new ones could be put there: that is not to be found out when they have been issued.
pub(super) fn check_writable(wanted: &Wanted, owner: Option<(u32, u32)>) -> Result<(), String> {
    for path in [&wanted.chain, &wanted.key] {
        let probe = with_ending(&real(path), ".probe");
        let written = beside(&probe, b"", 0o600, owner)?;
        let _ = fs::remove_file(written);
    }
    Ok(())
}

/// Where a path leads: what is put there replaces a file, and no link to one.
fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;
    use crate::samples::Folder;

    fn pair(names: &[&str]) -> (String, String) {
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    fn wanted(folder: &Path, chain: &str, key: &str) -> Wanted {
        Wanted {
            authority: 0,
            names: vec!["a.test".to_owned()],
            key_type: KeyType::EcdsaP256,
            chain: folder.join(chain),
            key: folder.join(key),
            folders: Vec::new(),
        }
    }

    #[test]
    fn a_pair_is_put_in_place_whole() {
        let folder = Folder::new();
        for (chain, key) in [("x/a.pem", "x/a.key"), ("y/both.pem", "y/both.pem")] {
            let wanted = wanted(&folder.0, chain, key);
            for _ in 0..2 {
                let (chain, key) = pair(&["a.test", "192.0.2.1"]);
                install(&wanted, &chain, &key, None).unwrap();
                let leaf = Leaf::read(&wanted.chain, &wanted.key).unwrap();
                assert_eq!(leaf.names, ["a.test", "192.0.2.1"]);
                assert_eq!(leaf.differs(&wanted), None);
            }
            let mode = fs::metadata(&wanted.key).unwrap().permissions();
            assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
            let left = fs::read_dir(wanted.chain.parent().unwrap()).unwrap().count();
            assert_eq!(left, if chain == key { 1 } else { 2 });
        }
    }

    #[test]
    fn what_does_not_belong_together_stays_out() {
        let folder = Folder::new();
        let wanted = wanted(&folder.0, "a.pem", "a.key");
        let ((chain, key), (_, other)) = (pair(&["a.test"]), pair(&["a.test"]));
        install(&wanted, &chain, &key, None).unwrap();
        assert!(install(&wanted, &chain, &other, None).unwrap_err().contains("does not belong"));
        let (others, other) = pair(&["b.test"]);
        let fault = install(&wanted, &others, &other, None).unwrap_err();
        assert_eq!(fault, "what was issued is not what was ordered: it is not for `a.test`");
        assert_eq!(fs::read_to_string(&wanted.key).unwrap(), key);
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 2);
    }

    #[test]
    fn a_run_that_was_cut_off_is_finished() {
        let folder = Folder::new();
        let wanted = wanted(&folder.0, "a.pem", "a.key");
        let ((old, old_key), (new, new_key)) = (pair(&["a.test"]), pair(&["a.test"]));
        install(&wanted, &old, &old_key, None).unwrap();
        // Between the two.
        fs::write(&wanted.key, &new_key).unwrap();
        fs::write(with_ending(&wanted.chain, ".new"), &new).unwrap();
        mend(&wanted);
        assert_eq!(fs::read_to_string(&wanted.chain).unwrap(), new);
        // Before both: nothing is to be done.
        fs::write(with_ending(&wanted.chain, ".new"), &old).unwrap();
        mend(&wanted);
        assert_eq!(fs::read_to_string(&wanted.chain).unwrap(), new);
    }

    #[test]
    fn what_is_not_wanted_any_more_differs() {
        let folder = Folder::new();
        let mut wanted = wanted(&folder.0, "a.pem", "a.key");
        let (chain, key) = pair(&["a.test"]);
        install(&wanted, &chain, &key, None).unwrap();
        let leaf = Leaf::read(&wanted.chain, &wanted.key).unwrap();
        wanted.names.push("b.test".to_owned());
        assert_eq!(leaf.differs(&wanted).unwrap(), "it is not for `b.test`");
        wanted.names.pop();
        wanted.key_type = KeyType::Rsa2048;
        assert_eq!(leaf.differs(&wanted).unwrap(), "its key is not `rsa:2048`");
        let third = leaf.until.duration_since(leaf.from).unwrap() / 3;
        assert!(
            leaf.until.duration_since(leaf.last_third()).unwrap().abs_diff(third).as_secs() < 2
        );
    }
}

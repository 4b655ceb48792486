//! SHA-256 of what is written.

use std::io::{self, Write};

use sha2::{Digest, Sha256};

/// A writer that hashes what goes through it.
pub(super) struct Hashed<W> {
    inner: W,
    hasher: Sha256,
    len: u64,
}

impl<W: Write> Hashed<W> {
    pub(super) fn new(inner: W) -> Hashed<W> {
        Hashed { inner, hasher: Sha256::new(), len: 0 }
    }

    /// How much was written, and its hash, in hexadecimal.
    pub(super) fn finish(self) -> (u64, String, W) {
        (self.len, hex(&self.hasher.finalize()), self.inner)
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.len += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// The SHA-256 of some bytes, in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_hashed() {
        let mut hashed = Hashed::new(Vec::new());
        hashed.write_all(b"a").unwrap();
        hashed.write_all(b"bc").unwrap();
        let (len, hash, bytes) = hashed.finish();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!((len, &hash[..], &bytes[..]), (3, abc, &b"abc"[..]));
        assert_eq!(sha256(b"abc"), abc);
    }
}

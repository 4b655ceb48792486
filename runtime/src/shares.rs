//! Texts shared out by their hash, for `split_clients`.

/// What is chosen for a text: the number of the first share whose bound is above the text's hash. The
/// shares are in the order of their bounds; what is above all of them has none.
pub fn share(shares: &[(u32, u32)], text: &[u8]) -> Option<u32> {
    let hash = hash(text);
    shares.iter().find(|(bound, _)| hash < *bound).map(|(_, number)| *number)
}

/// Below which hash the shares of so many hundredths of a percent lie, as nginx reckons it.
pub const fn bound(hundredths: u32) -> u32 {
    (u32::MAX as u64 * hundredths as u64 / 10_000) as u32
}

/// MurmurHash2 with the seed 0, as nginx uses it.
fn hash(text: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let mut hash = text.len() as u32;
    let (words, rest) = text.as_chunks();
    for word in words {
        let mixed = u32::from_le_bytes(*word).wrapping_mul(M);
        let mixed = (mixed ^ (mixed >> 24)).wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ mixed;
    }
    if !rest.is_empty() {
        let bytes = (0..).step_by(8).zip(rest);
        hash ^= bytes.fold(0, |all, (shift, &byte)| all | u32::from(byte) << shift);
        hash = hash.wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_shared_out_as_by_nginx() {
        let shares = [(bound(50), 1), (bound(5050), 2), (bound(7575), 3)];
        for (text, number) in [
            ("a", Some(3)),
            ("c", Some(2)),
            ("d", None),
            ("g", Some(2)),
            ("", Some(1)),
            ("abcde", Some(2)),
            ("longer-text", None),
        ] {
            assert_eq!(share(&shares, text.as_bytes()), number, "{text}");
        }
    }
}

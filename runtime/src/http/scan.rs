//! How far a text holds bytes of one kind, looked at sixteen at a time.

use crate::sys::block::high_bits;

/// The length of the front of `bytes` that holds what may stand in a field value (RFC 9110, 5.5):
/// no controls, but for tabs.
#[inline]
pub fn text_len(bytes: &[u8]) -> usize {
    front_len(bytes, |byte| (byte >= b' ') & (byte != 0x7f) | (byte == b'\t'))
}

/// The length of the front that holds neither controls nor blanks.
#[inline]
pub fn visible_len(bytes: &[u8]) -> usize {
    front_len(bytes, |byte| (byte > b' ') & (byte != 0x7f))
}

/// The length of the front that holds letters and hyphens, as most names do.
#[inline]
pub fn word_len(bytes: &[u8]) -> usize {
    front_len(bytes, |byte| ((byte | 0x20).wrapping_sub(b'a') < 26) | (byte == b'-'))
}

/// The length of the front whose bytes are of a kind. What tells them is written without branches:
/// so it is done with sixteen bytes at once.
#[inline(always)]
fn front_len(bytes: &[u8], is_of_kind: impl Fn(u8) -> bool) -> usize {
    let mut rest = bytes;
    while let Some((block, behind)) = rest.split_first_chunk::<16>() {
        let mut others = [0; 16];
        for (other, &byte) in others.iter_mut().zip(block) {
            *other = if is_of_kind(byte) { 0 } else { 0xff };
        }
        let others = high_bits(others);
        if others != 0 {
            return bytes.len() - rest.len() + others.trailing_zeros() as usize;
        }
        rest = behind;
    }
    let len = rest.iter().take_while(|&&byte| is_of_kind(byte)).count();
    bytes.len() - rest.len() + len
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fronts_end_where_a_byte_is_of_another_kind() {
        let is_text = |byte: u8| byte == b'\t' || byte >= b' ' && byte != 0x7f;
        let is_visible = |byte: u8| byte > b' ' && byte != 0x7f;
        let is_of_word = |byte: u8| byte.is_ascii_alphabetic() || byte == b'-';
        for byte in 0..=u8::MAX {
            for len in [1, 2, 15, 16, 17, 33] {
                for at in 0..len {
                    let mut bytes = vec![b'a'; len];
                    bytes[at] = byte;
                    let front = |of_kind: fn(u8) -> bool| {
                        bytes.iter().position(|&byte| !of_kind(byte)).unwrap_or(len)
                    };
                    assert_eq!(text_len(&bytes), front(is_text), "{bytes:?}");
                    assert_eq!(visible_len(&bytes), front(is_visible), "{bytes:?}");
                    assert_eq!(word_len(&bytes), front(is_of_word), "{bytes:?}");
                }
            }
        }
    }
}

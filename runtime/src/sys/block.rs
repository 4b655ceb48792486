//! Sixteen bytes at once.

/// The highest bit of each byte, that of the first one lowest.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub fn high_bits(block: [u8; 16]) -> u32 {
    use std::arch::x86_64::{__m128i, _mm_movemask_epi8};

    // SAFETY: both types are 16 bytes, of which any are valid.
    let block = unsafe { std::mem::transmute::<[u8; 16], __m128i>(block) };
    // SAFETY: SSE2, which it is part of, is part of x86_64.
    unsafe { _mm_movemask_epi8(block) as u32 }
}

/// The highest bit of each byte, that of the first one lowest.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub fn high_bits(block: [u8; 16]) -> u32 {
    bit_by_bit(block)
}

#[cfg(any(test, not(target_arch = "x86_64")))]
fn bit_by_bit(block: [u8; 16]) -> u32 {
    let bits = block.iter().enumerate().map(|(at, byte)| u32::from(byte >> 7) << at);
    bits.fold(0, |all, bit| all | bit)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn bits_are_in_the_order_of_bytes(block: [u8; 16]) {
            let found = high_bits(block);
            assert_eq!(found, bit_by_bit(block));
            assert_eq!(found.count_ones() as usize, block.iter().filter(|&&byte| byte > 127).count());
            assert_eq!(found & 1 == 1, block[0] > 127);
        }
    }
}

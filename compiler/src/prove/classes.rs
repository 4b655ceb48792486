//! Bytes that need not be told apart.

use std::collections::HashMap;

/// Classes of bytes that nothing tells apart.
pub(super) struct Classes {
    of: [u16; 256],
    count: usize,
}

impl Classes {
    /// All bytes in one.
    pub(super) fn new() -> Classes {
        Classes { of: [0; 256], count: 1 }
    }

    /// Splits classes whose bytes `key` tells apart.
    pub(super) fn split(&mut self, key: impl Fn(u8) -> u8) {
        let mut numbers = HashMap::new();
        for byte in 0..=255u8 {
            let next = numbers.len() as u16;
            let class = &mut self.of[usize::from(byte)];
            *class = *numbers.entry((*class, key(byte))).or_insert(next);
        }
        self.count = numbers.len();
    }

    /// One byte of each class: the one that reads best, best first.
    pub(super) fn representatives(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..=255).collect();
        bytes.sort_by_key(|&byte| match byte {
            b'a'..=b'z' => (0, byte),
            b'0'..=b'9' => (1, byte),
            b'/' | b'.' | b'-' | b'_' => (2, byte),
            b'A'..=b'Z' => (3, byte),
            // These would have to be escaped in a URL.
            b'%' | b'?' | b'#' => (5, byte),
            b'!'..=b'~' => (4, byte),
            _ => (6, byte),
        });
        let mut seen = vec![false; self.count];
        bytes.retain(|&byte| {
            !std::mem::replace(&mut seen[self.of[usize::from(byte)] as usize], true)
        });
        bytes
    }
}

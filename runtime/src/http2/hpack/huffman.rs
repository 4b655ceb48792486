//! The Huffman code of strings (RFC 7541, 5.2 and appendix B). The code is canonical: the lengths say
//! all, and the tables are computed from them when the server is compiled.

/// A string that is no Huffman code: padding of more than seven bits or with a zero in it, or the
/// end of the string as a symbol (RFC 7541, 5.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadCode;

/// Symbols with the one that ends a string, which is never sent.
const SYMBOLS: usize = 257;
const END_OF_STRING: u16 = 256;
/// The longest code, in bits.
const LONGEST: usize = 30;
/// Codes up to this length are found by one look. All others are of bytes that text rarely has.
const SHORT: usize = 10;

/// The length of each symbol's code, in bits.
#[rustfmt::skip]
const LENGTHS: [u8; SYMBOLS] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
];

/// What follows from the lengths.
struct Tables {
    /// The symbols by length and then by value, which is the order of their codes.
    symbols: [u16; SYMBOLS],
    /// The first code of each length.
    first_code: [u32; LONGEST + 1],
    /// Where its symbol stands.
    first_symbol: [u16; LONGEST + 1],
    /// How many codes each length has.
    count: [u16; LONGEST + 1],
    /// By the next bits: the symbol, and in the upper byte its length; 0 for longer codes.
    short: [u16; 1 << SHORT],
    /// Each symbol's code.
    codes: [u32; SYMBOLS],
}

static TABLES: Tables = Tables::new();

impl Tables {
    const fn new() -> Tables {
        let mut tables = Tables {
            symbols: [0; SYMBOLS],
            first_code: [0; LONGEST + 1],
            first_symbol: [0; LONGEST + 1],
            count: [0; LONGEST + 1],
            short: [0; 1 << SHORT],
            codes: [0; SYMBOLS],
        };
        let (mut len, mut code, mut place) = (1, 0u32, 0);
        while len <= LONGEST {
            code <<= 1;
            tables.first_code[len] = code;
            tables.first_symbol[len] = place as u16;
            let mut symbol = 0;
            while symbol < SYMBOLS {
                if LENGTHS[symbol] as usize == len {
                    tables.symbols[place] = symbol as u16;
                    tables.codes[symbol] = code;
                    tables.count[len] += 1;
                    if len <= SHORT {
                        let first = (code as usize) << (SHORT - len);
                        let mut at = first;
                        while at < first + (1 << (SHORT - len)) {
                            tables.short[at] = (len as u16) << 8 | symbol as u16;
                            at += 1;
                        }
                    }
                    code += 1;
                    place += 1;
                }
                symbol += 1;
            }
            len += 1;
        }
        tables
    }
}

/// Appends what a string stands for. It is at most 8/5 as long.
pub fn decode(string: &[u8], out: &mut Vec<u8>) -> Result<(), BadCode> {
    let mut bytes = string.iter();
    // The next bits, from the highest on, and how many of them there are.
    let (mut bits, mut count) = (0u64, 0usize);
    loop {
        while count <= 56 {
            let Some(&byte) = bytes.next() else { break };
            bits |= u64::from(byte) << (56 - count);
            count += 8;
        }
        let short = TABLES.short[(bits >> (64 - SHORT)) as usize];
        let (symbol, len) = match short {
            0 => find_long(bits),
            short => (short & 0xff, usize::from(short >> 8)),
        };
        if len > count {
            // What is left is padding: the front of the longest code, all ones.
            let is_padding = count < 8 && bits.leading_ones() as usize >= count;
            return if is_padding { Ok(()) } else { Err(BadCode) };
        }
        if symbol == END_OF_STRING {
            return Err(BadCode);
        }
        out.push(symbol as u8);
        bits <<= len;
        count -= len;
    }
}

/// The symbol of a code that is longer than [`SHORT`], and its length.
#[inline(never)]
fn find_long(bits: u64) -> (u16, usize) {
    let mut len = SHORT + 1;
    loop {
        let code = (bits >> (64 - len)) as u32;
        let offset = code.wrapping_sub(TABLES.first_code[len]);
        // The code is complete: the longest length has all that is left.
        if offset < u32::from(TABLES.count[len]) {
            return (TABLES.symbols[usize::from(TABLES.first_symbol[len]) + offset as usize], len);
        }
        if len == LONGEST {
            return (END_OF_STRING, LONGEST);
        }
        len += 1;
    }
}

/// The length of a string in this code, in bytes.
pub fn encoded_len(string: &[u8]) -> usize {
    let bits: usize = string.iter().map(|&byte| usize::from(LENGTHS[usize::from(byte)])).sum();
    bits.div_ceil(8)
}

/// Appends a string in this code.
pub fn encode(string: &[u8], out: &mut Vec<u8>) {
    let (mut bits, mut count) = (0u64, 0usize);
    for &byte in string {
        let len = usize::from(LENGTHS[usize::from(byte)]);
        bits = bits << len | u64::from(TABLES.codes[usize::from(byte)]);
        count += len;
        while count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    if count > 0 {
        out.push((bits << (8 - count)) as u8 | 0xff >> count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(string: &[u8]) -> Result<Vec<u8>, BadCode> {
        let mut out = Vec::new();
        decode(string, &mut out).map(|()| out)
    }

    /// RFC 7541, appendix B: codes of each length, as they are printed there.
    #[test]
    fn codes_are_those_of_appendix_b() {
        for (symbol, code) in [
            (usize::from(b'0'), 0x0),
            (usize::from(b' '), 0x14),
            (usize::from(b'A'), 0x21),
            (usize::from(b'z'), 0x7b),
            (usize::from(b'&'), 0xf8),
            (usize::from(b'!'), 0x3f8),
            (0, 0x1ff8),
            (usize::from(b'\\'), 0x7fff0),
            (10, 0x3fff_fffc),
            (22, 0x3fff_fffe),
            (249, 0x0fff_fffe),
            (256, 0x3fff_ffff),
        ] {
            assert_eq!(TABLES.codes[symbol], code, "{symbol}");
        }
    }

    #[test]
    fn every_byte_comes_back_alone_and_among_others() {
        let all: Vec<u8> = (0..=255).collect();
        let repeated: Vec<u8> = all.iter().flat_map(|&byte| [byte, b'a', byte]).collect();
        for string in all.chunks(1).chain([&all[..], &repeated[..], b""]) {
            let mut code = Vec::new();
            encode(string, &mut code);
            assert_eq!(code.len(), encoded_len(string));
            assert_eq!(decoded(&code).as_deref(), Ok(string));
        }
    }

    /// RFC 7541, 5.2: "A padding strictly longer than 7 bits MUST be treated as a decoding error.
    /// A padding not corresponding to the most significant bits of the code for the EOS symbol MUST
    /// be treated as a decoding error."
    #[test]
    fn rfc7541_5_2_padding_is_checked() {
        assert_eq!(decoded(&[0b0001_1111]), Ok(b"a".to_vec()));
        assert_eq!(decoded(&[0b0001_1110]), Err(BadCode), "a zero in the padding");
        assert_eq!(decoded(&[0b0001_1111, 0xff]), Err(BadCode), "more than seven bits");
        assert_eq!(decoded(&[0xff]), Err(BadCode), "eight bits");
        assert_eq!(decoded(&[0b1111_1000, 0xff]), Err(BadCode), "ends within a code");
    }

    /// RFC 7541, 5.2: "A Huffman-encoded string literal containing the EOS symbol MUST be treated
    /// as a decoding error."
    #[test]
    fn rfc7541_5_2_the_end_of_a_string_is_no_symbol() {
        assert_eq!(decoded(&[0xff, 0xff, 0xff, 0xff]), Err(BadCode));
        assert_eq!(decoded(&[0b0001_1111, 0xff, 0xff, 0xff, 0xff]), Err(BadCode));
    }
}

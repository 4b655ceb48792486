//! Integers and strings (RFC 7541, section 5).

use super::{BadBlock, huffman};

/// The largest integer that is taken: longer than any string, larger than any index.
const MOST: u32 = 1 << 28;

/// Reads an integer whose first byte has `prefix` bits of it (RFC 7541, 5.1).
pub(super) fn read_integer(block: &mut &[u8], prefix: u32) -> Result<usize, BadBlock> {
    let [first, rest @ ..] = block else { return Err(BadBlock("an integer is cut off")) };
    *block = rest;
    let most = (1u32 << prefix) - 1;
    let mut value = u32::from(*first) & most;
    if value < most {
        return Ok(value as usize);
    }
    for shift in (0..28).step_by(7) {
        let [byte, rest @ ..] = block else { return Err(BadBlock("an integer is cut off")) };
        *block = rest;
        value = value.saturating_add(u32::from(byte & 0x7f) << shift);
        if value > MOST {
            break;
        }
        if byte & 0x80 == 0 {
            return Ok(value as usize);
        }
    }
    // RFC 7541, 5.1: what goes beyond a limit of the implementation is a decoding error.
    Err(BadBlock("an integer is too large"))
}

/// Appends an integer, behind the bits of `first` that are not its own.
pub(super) fn write_integer(out: &mut Vec<u8>, first: u8, prefix: u32, value: usize) {
    let most = (1usize << prefix) - 1;
    if value < most {
        return out.push(first | value as u8);
    }
    out.push(first | most as u8);
    let mut left = value - most;
    while left >= 0x80 {
        out.push(left as u8 | 0x80);
        left >>= 7;
    }
    out.push(left as u8);
}

/// Reads a string (RFC 7541, 5.2). One that is coded is put into `memory`.
pub(super) fn read_string<'m, 'b: 'm>(
    block: &mut &'b [u8],
    memory: &'m mut Vec<u8>,
) -> Result<&'m [u8], BadBlock> {
    let is_coded = block.first().is_some_and(|first| first & 0x80 != 0);
    let len = read_integer(block, 7)?;
    let Some((string, rest)) = block.split_at_checked(len) else {
        return Err(BadBlock("a string is cut off"));
    };
    *block = rest;
    if !is_coded {
        return Ok(string);
    }
    memory.clear();
    huffman::decode(string, memory).map_err(|_| BadBlock("a string has an invalid code"))?;
    Ok(memory)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7541, appendix C.1.
    #[test]
    fn rfc7541_c_1_integers() {
        for (prefix, value, bytes) in
            [(5, 10, &[10][..]), (5, 1337, &[31, 154, 10]), (8, 42, &[42]), (5, 31, &[31, 0])]
        {
            let mut out = Vec::new();
            write_integer(&mut out, 0, prefix, value);
            assert_eq!(out, bytes);
            assert_eq!(read_integer(&mut &out[..], prefix), Ok(value));
            for len in 0..out.len() {
                assert!(read_integer(&mut &out[..len], prefix).is_err());
            }
        }
    }

    /// RFC 7541, 5.1: "Integer encodings that exceed implementation limits -- in value or octet
    /// length -- MUST be treated as decoding errors."
    #[test]
    fn rfc7541_5_1_integers_that_are_too_long_or_large_are_errors() {
        for bytes in [
            &[31, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00][..],
            &[31, 0xff, 0xff, 0xff, 0xff, 0x0f],
            &[31, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        ] {
            assert_eq!(
                read_integer(&mut &bytes[..], 5),
                Err(BadBlock("an integer is too large")),
                "{bytes:?}"
            );
        }
        assert_eq!(read_integer(&mut &[31, 0xff, 0xff, 0x7f][..], 5), Ok(0x1f_ffff + 31));
    }
}

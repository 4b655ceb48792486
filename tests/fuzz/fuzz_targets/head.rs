//! Any head, whole and byte by byte: no panic, what is taken whole is taken so in pieces, and
//! what comes out holds what the rest of the server builds on.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sitec_runtime::http::head::{Head, HeadError, Limits, skip_empty_lines};

/// A head and its length, as far as it is there.
type Parsed = Result<Option<(usize, Head)>, HeadError>;

fn parse(input: &[u8], limits: &Limits) -> Parsed {
    let mut head = Head::default();
    Ok(head.parse(input, limits)?.map(|len| (len, head)))
}

fn parse_growing(input: &[u8], limits: &Limits) -> Parsed {
    let mut head = Head::default();
    for len in 0..=input.len() {
        if let Some(len) = head.parse(&input[..len], limits)? {
            return Ok(Some((len, head)));
        }
    }
    Ok(None)
}

fn check(head: &Head, limits: &Limits) {
    assert!(head.path.starts_with(b"/"), "{head:?}");
    assert!(!head.path.contains(&0), "{head:?}");
    assert!(
        !head.path.split(|&byte| byte == b'/').any(|segment| segment == b".." || segment == b".")
    );
    assert!(!limits.merge_slashes || !head.path.windows(2).any(|pair| pair == b"//"), "{head:?}");
    let mut count = 0;
    for (name, value) in head.fields().iter() {
        assert!(!name.is_empty() && !name.iter().any(|&byte| byte <= b' ' || byte == b':'));
        assert!(!value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)), "{head:?}");
        count += 1;
    }
    // The host of the target may be one more.
    assert!(count <= limits.max_fields + usize::from(head.target().contains(&b':')));
    assert!(head.fields().values(b"host").count() <= 1);
    assert!(head.fields().values(b"content-length").count() <= 1);
    for part in [head.line(), head.target(), head.uri(), head.args(), head.host()] {
        assert!(!part.iter().any(|byte| matches!(byte, b'\r' | b'\n')), "{head:?}");
    }
}

fuzz_target!(|input: (u8, &[u8])| {
    let (choices, input) = input;
    let chosen = |bit: u8| choices & (1 << bit) != 0;
    let limits = Limits {
        line_len: if chosen(0) { 40 } else { 8192 },
        head_len: if chosen(1) { 120 } else { 33_792 },
        max_fields: if chosen(2) { 3 } else { 1000 },
        ignore_invalid_fields: chosen(3),
        underscores: chosen(4),
        merge_slashes: chosen(5),
    };
    let (whole, growing) = (parse(input, &limits), parse_growing(input, &limits));
    match (&whole, &growing) {
        // Which of two mistakes is seen first may differ.
        (Err(_), Err(_)) | (Ok(None), Ok(None)) => {}
        (Ok(Some((len, head))), Ok(Some((other_len, other)))) => {
            assert_eq!((len, format!("{head:?}")), (other_len, format!("{other:?}")));
            check(head, &limits);
            assert!(len - (input.len() - skip_empty_lines(input).len()) <= limits.head_len);
        }
        _ => panic!("whole {whole:?}, byte by byte {growing:?}"),
    }
});

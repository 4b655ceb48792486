//! Any bytes before a connection's first request: no panic, and the same for any split of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sitec_runtime::proxy_protocol::{MAX_LEN, parse};

fuzz_target!(|input: (usize, &[u8])| {
    let (at, input) = input;
    let whole = parse(input);
    if let Ok(Some(header)) = whole {
        assert!(header.len <= input.len().min(MAX_LEN));
        assert_eq!(parse(&input[..header.len]), whole);
    }
    if whole == Ok(None) {
        assert!(input.len() < MAX_LEN);
    }
    let part = parse(&input[..at % (input.len() + 1)]);
    assert!(part == Ok(None) || part == whole);
});

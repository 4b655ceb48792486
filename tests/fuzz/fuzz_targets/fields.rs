//! Any value of the fields that choose what of a file is sent: no panic, and what is chosen
//! lies within the file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sitec_runtime::http::accept::Weights;
use sitec_runtime::http::date;
use sitec_runtime::http::etag::{Comparison, list_matches};
use sitec_runtime::http::head::{Head, Limits};
use sitec_runtime::http::range::{Selection, select};

const LIMITS: Limits = Limits {
    line_len: 8192,
    head_len: 33_792,
    max_fields: 1000,
    ignore_invalid_fields: true,
    underscores: false,
    merge_slashes: true,
};

fuzz_target!(|input: (u64, u8, &[u8])| {
    let (len, max, value) = input;
    let parts = match select(value, len, max.into()) {
        Selection::One(part) => vec![part],
        Selection::Several(parts) => parts,
        Selection::Whole | Selection::Unsatisfiable => vec![],
    };
    assert!(parts.len() <= usize::from(max));
    assert!(parts.iter().all(|part| part.start < part.end && part.end <= len));
    for tag in [None, Some(&b"\"t\""[..])] {
        let weak = list_matches(value, tag, Comparison::Weak);
        assert!(weak || !list_matches(value, tag, Comparison::Strong));
    }
    if let Some(time) = date::parse(value) {
        assert_eq!(date::parse(&date::format(time)), Some(time));
    }
    let head = [b"GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: ", value, b"\r\n\r\n"].concat();
    let mut parsed = Head::default();
    if let Ok(Some(_)) = parsed.parse(&head, &LIMITS) {
        let _ = Weights::read(parsed.fields());
    }
});

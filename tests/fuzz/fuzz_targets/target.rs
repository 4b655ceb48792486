//! Any target, path and host: no panic, and a path comes out as by another way to normalise it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sitec_runtime::http::target::{Target, is_valid_host, normalize, split_port};

/// Decodes a path, then takes its segments one by one. `None`: it is refused.
fn normalize_plainly(path: &[u8], merge_slashes: bool) -> Option<Vec<u8>> {
    let mut decoded = Vec::new();
    let mut at = 0;
    while at < path.len() {
        if path[at] == b'%' {
            let digits = std::str::from_utf8(path.get(at + 1..at + 3)?).ok()?;
            let hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            decoded.push(u8::from_str_radix(digits, 16).ok().filter(|&byte| hex && byte != 0)?);
            at += 3;
        } else {
            decoded.push(path[at]);
            at += 1;
        }
    }
    let mut segments = Vec::new();
    let all: Vec<&[u8]> = decoded[1..].split(|&byte| byte == b'/').collect();
    for (index, &segment) in all.iter().enumerate() {
        let last = index + 1 == all.len();
        match segment {
            b".." => drop(segments.pop()?),
            b"." => {}
            b"" if merge_slashes && !last => continue,
            b"" if last => {}
            segment => segments.push(segment),
        }
        if last && matches!(segment, b"" | b"." | b"..") {
            segments.push(b"");
        }
    }
    Some([b"/", &segments.join(&b'/')[..]].concat())
}

fuzz_target!(|input: (bool, &[u8])| {
    let (merge_slashes, text) = input;
    if let Ok(target) = Target::parse(text) {
        assert!(target.path.starts_with(b"/") && !target.path.contains(&b'?'));
    }
    let (name, port) = split_port(text);
    assert!(name.len() + port.map_or(0, |port| port.len() + 1) == text.len());
    let _ = is_valid_host(text);
    let path = [b"/", text].concat();
    if !path.contains(&0) {
        let mut out = Vec::new();
        let result = normalize(&path, merge_slashes, &mut out).ok().map(|()| out);
        assert_eq!(result, normalize_plainly(&path, merge_slashes));
    }
});

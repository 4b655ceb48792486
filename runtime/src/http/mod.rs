//! RFC 9110 and 9112: bytes to values and back. No I/O.

pub mod body;
pub mod conditional;
pub mod date;
pub mod etag;
pub mod fields;
pub mod head;
pub mod method;
pub mod range;
pub mod response;
pub mod status;
pub mod target;

/// The head of `GET TARGET HTTP/1.1` with these field lines, for tests.
#[cfg(test)]
pub(crate) fn sample_head(target: &str, fields: &str) -> head::Head {
    let limits = head::Limits {
        line_len: 8192,
        head_len: 32768,
        max_fields: 100,
        ignore_invalid_fields: true,
        underscores: true,
        merge_slashes: true,
    };
    let mut head = head::Head::default();
    let text = format!("GET {target} HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
    head.parse(text.as_bytes(), &limits).expect("a valid head").expect("a whole head");
    head
}

//! The text format of Prometheus, version 0.0.4.

use super::families::{Family, Kind, Number, Sample};
use super::times::{BOUNDS_MS, Times};

/// Its media type.
pub const TEXT_TYPE: &[u8] = b"text/plain; version=0.0.4; charset=utf-8";

/// What stands before the samples of a family.
pub(super) fn write_front(family: &Family, out: &mut Vec<u8>) {
    let kind = match family.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    };
    for text in
        ["# HELP ", family.name, " ", family.help, "\n# TYPE ", family.name, " ", kind, "\n"]
    {
        out.extend_from_slice(text.as_bytes());
    }
}

/// The lines of a sample.
pub(super) fn write_sample(name: &str, sample: &Sample<'_>, out: &mut Vec<u8>) {
    let Sample { labels, number } = sample;
    match number {
        Number::Whole(number) => {
            write_name(name, "", labels, None, out);
            write_whole(*number, out);
        }
        Number::Millis(time_ms) => {
            write_name(name, "", labels, None, out);
            write_millis(*time_ms, out);
        }
        Number::Times(times) => write_times(name, labels, times, out),
    }
    out.push(b'\n');
}

fn write_times(name: &str, labels: &[(&str, &str)], times: &Times, out: &mut Vec<u8>) {
    for (number, count) in times.up_to.iter().enumerate() {
        let mut bound = Vec::new();
        match BOUNDS_MS.get(number) {
            Some(bound_ms) => write_millis(*bound_ms, &mut bound),
            None => bound.extend_from_slice(b"+Inf"),
        }
        write_name(name, "_bucket", labels, Some(&bound), out);
        write_whole(*count, out);
        out.push(b'\n');
    }
    write_name(name, "_sum", labels, None, out);
    write_millis(times.sum_ms, out);
    out.push(b'\n');
    write_name(name, "_count", labels, None, out);
    write_whole(times.count(), out);
}

/// A name with its labels, and the blank behind it. `bound`: of a bucket.
fn write_name(
    name: &str,
    suffix: &str,
    labels: &[(&str, &str)],
    bound: Option<&[u8]>,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(suffix.as_bytes());
    let mut before = b'{';
    let labels = labels.iter().map(|(label, value)| (*label, value.as_bytes()));
    for (label, value) in labels.chain(bound.map(|bound| ("le", bound))) {
        out.push(before);
        out.extend_from_slice(label.as_bytes());
        out.extend_from_slice(b"=\"");
        for byte in value {
            match byte {
                b'\\' => out.extend_from_slice(br"\\"),
                b'"' => out.extend_from_slice(b"\\\""),
                b'\n' => out.extend_from_slice(b"\\n"),
                byte => out.push(*byte),
            }
        }
        out.push(b'"');
        before = b',';
    }
    out.extend_from_slice(if before == b',' { b"} " } else { b" " });
}

fn write_whole(number: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Seconds, to the millisecond.
pub(super) fn write_millis(time_ms: u64, out: &mut Vec<u8>) {
    write_whole(time_ms / 1000, out);
    let part = time_ms % 1000;
    if part > 0 {
        let digits = [part / 100, part / 10 % 10, part % 10].map(|digit| b'0' + digit as u8);
        out.push(b'.');
        out.extend_from_slice(&digits);
        while out.last() == Some(&b'0') {
            out.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_have_no_needless_digits() {
        for (time_ms, text) in
            [(0, "0"), (1, "0.001"), (10, "0.01"), (250, "0.25"), (1000, "1"), (61_500, "61.5")]
        {
            let mut out = Vec::new();
            write_millis(time_ms, &mut out);
            assert_eq!(String::from_utf8_lossy(&out), text);
        }
    }

    #[test]
    fn what_a_label_may_not_have_is_escaped() {
        let labels = [("location", "~ \\.\"\n$")];
        let mut out = Vec::new();
        write_sample("a", &Sample { labels: &labels, number: Number::Whole(3) }, &mut out);
        assert_eq!(String::from_utf8_lossy(&out), "a{location=\"~ \\\\.\\\"\\n$\"} 3\n");
    }
}

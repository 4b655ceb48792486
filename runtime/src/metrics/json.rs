//! The same as JSON, for the page that shows it: an object with the time, the bounds of the buckets, and
//! the families by name.

use std::io::Write;

use super::facts::Facts;
use super::families::{Family, Number, Sample};
use super::text::write_millis;
use super::times::BOUNDS_MS;
use crate::escape;

/// What stands before the families.
pub(super) fn write_front(facts: &Facts, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"time\":");
    write_millis(facts.now_unix_ms, out);
    out.extend_from_slice(b",\"bounds\":[");
    for (number, bound_ms) in BOUNDS_MS.iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        write_millis(*bound_ms, out);
    }
    out.extend_from_slice(b"],\"families\":{");
}

/// What stands behind them.
pub(super) fn write_back(out: &mut Vec<u8>) {
    out.extend_from_slice(b"}}\n");
}

/// What stands before the samples of a family.
pub(super) fn write_family_front(family: &Family, is_first: bool, out: &mut Vec<u8>) {
    if !is_first {
        out.push(b',');
    }
    out.push(b'\n');
    write_string(family.name.as_bytes(), out);
    out.extend_from_slice(b":[");
}

/// A sample: its labels, and its number, or the numbers of a histogram.
pub(super) fn write_sample(sample: &Sample<'_>, is_first: bool, out: &mut Vec<u8>) {
    let Sample { labels, number } = sample;
    out.extend_from_slice(if is_first { b"{" } else { b",{" });
    for (label, value) in *labels {
        write_string(label.as_bytes(), out);
        out.push(b':');
        write_string(value.as_bytes(), out);
        out.push(b',');
    }
    match number {
        Number::Whole(number) => {
            // Writing to a vector does not fail.
            let _ = write!(out, "\"value\":{number}");
        }
        Number::Millis(time_ms) => {
            out.extend_from_slice(b"\"value\":");
            write_millis(*time_ms, out);
        }
        Number::Times(times) => {
            let _ = write!(out, "\"buckets\":{:?},\"sum\":", times.up_to);
            write_millis(times.sum_ms, out);
        }
    }
    out.push(b'}');
}

fn write_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    escape::write_json(text, out);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_objects() {
        let labels = [("location", "~ \\.\"$")];
        let mut out = Vec::new();
        let sample = Sample { labels: &labels, number: Number::Millis(1500) };
        write_sample(&sample, true, &mut out);
        let sample = Sample { labels: &[], number: Number::Whole(3) };
        write_sample(&sample, false, &mut out);
        let expected = r#"{"location":"~ \\.\"$","value":1.5},{"value":3}"#;
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }
}

//! The fields of a response of which not every value is known. They are lines like those of a
//! response that is sent; a value that only the running server knows is a NUL, which no line has.

use super::Field;

const UNKNOWN: u8 = 0;

/// Appends a field whose value is not known.
pub(super) fn write_unknown(fields: &mut Vec<u8>, name: &str) {
    fields.extend_from_slice(name.as_bytes());
    fields.extend_from_slice(&[b':', b' ', UNKNOWN, b'\r', b'\n']);
}

/// The fields of lines.
pub(super) fn read(lines: &[u8]) -> Vec<Field> {
    let lines = lines.split(|&byte| byte == b'\n').filter_map(|line| line.strip_suffix(b"\r"));
    lines.filter_map(read_line).collect()
}

fn read_line(line: &[u8]) -> Option<Field> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes.trim_ascii()).into_owned();
    let value = Some(&line[colon + 1..]).filter(|value| !value.contains(&UNKNOWN));
    Some(Field { name: text(&line[..colon]), value: value.map(text) })
}

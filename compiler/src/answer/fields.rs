//! The fields of a response of which not every value is known. A value that only the running server
//! knows is a NUL, which no value of a response that is sent has.

use sitec_runtime::http::response::Fields;

use super::Field;

const UNKNOWN: u8 = 0;

/// Adds a field whose value is not known.
pub(super) fn add_unknown(fields: &mut Fields, name: &str) {
    fields.add_checked(name, &[UNKNOWN]);
}

/// The fields, as far as they are known.
pub(super) fn read(fields: &Fields) -> impl Iterator<Item = Field> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let len = fields.content_len().map(|len| len.to_string());
    let len = len.map(|len| Field { name: "Content-Length".to_owned(), value: Some(len) });
    let others = fields.iter().map(move |(name, value)| {
        let known = Some(value).filter(|value| !value.contains(&UNKNOWN));
        Field { name: text(name), value: known.map(text) }
    });
    others.chain(len)
}

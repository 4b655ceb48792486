//! Heads of responses, as blocks of fields (RFC 9113, 8.3.2).

use super::hpack::Encoder;
use crate::http::date;
use crate::http::response::Fields;

/// Appends the block of a response's head: its status, what every response has, its fields.
pub(super) fn write_head(
    encoder: &mut Encoder,
    out: &mut Vec<u8>,
    (status, date, server_tokens): (u16, &[u8; date::LEN], bool),
    fields: &Fields,
) {
    encoder.begin(out, status);
    if fields.wants_server() {
        let is_own = !fields.has_origin() && server_tokens;
        let server = if is_own { concat!("sitec/", env!("CARGO_PKG_VERSION")) } else { "sitec" };
        encoder.server(out, server.as_bytes());
    }
    if !(fields.has_origin() && fields.get("Date").is_some()) {
        encoder.field(out, b"date", date);
    }
    write_fields(encoder, out, fields);
    if let Some(len) = fields.content_len() {
        encoder.field(out, b"content-length", itoa::Buffer::new().format(len).as_bytes());
    }
}

/// Appends the block of an interim response (RFC 9113, 8.1).
pub(super) fn write_interim(
    encoder: &mut Encoder,
    out: &mut Vec<u8>,
    status: u16,
    fields: &Fields,
) {
    encoder.begin(out, status);
    write_fields(encoder, out, fields);
}

/// Appends the block of the fields behind a content.
pub(super) fn write_trailers(encoder: &mut Encoder, out: &mut Vec<u8>, fields: &Fields) {
    encoder.begin_trailers(out);
    write_fields(encoder, out, fields);
}

fn write_fields(encoder: &mut Encoder, out: &mut Vec<u8>, fields: &Fields) {
    let fields_of_message = fields.iter().filter(|(name, _)| !is_of_connection(name));
    fields_of_message.for_each(|(name, value)| encoder.field(out, name, value));
}

/// Whether a field is of the connection alone, and may not be sent (RFC 9113, 8.2.2).
fn is_of_connection(name: &[u8]) -> bool {
    let is = |other: &[u8]| name.eq_ignore_ascii_case(other);
    match name.len() {
        7 => is(b"upgrade"),
        10 => is(b"connection") || is(b"keep-alive"),
        16 => is(b"proxy-connection"),
        17 => is(b"transfer-encoding"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http2::hpack::Decoder;

    fn written(fields: &Fields) -> Vec<String> {
        let (mut out, mut all) = (Vec::new(), Vec::new());
        let date = date::format(784_111_777);
        write_head(&mut Encoder::default(), &mut out, (404, &date, true), fields);
        let taken = Decoder::default().decode(&out, |name, value| {
            all.push(format!("{}: {}", name.escape_ascii(), value.escape_ascii()));
        });
        assert_eq!(taken, Ok(()));
        all
    }

    #[test]
    fn heads_have_what_every_response_has() {
        let mut fields = Fields::default();
        fields.append(b"Content-Type: text/html\r\nX-Y: z\r\n");
        fields.set_content_len(5);
        let server = concat!("server: sitec/", env!("CARGO_PKG_VERSION"));
        assert_eq!(
            written(&fields),
            [
                ":status: 404",
                server,
                "date: Sun, 06 Nov 1994 08:49:37 GMT",
                "content-type: text/html",
                "x-y: z",
                "content-length: 5",
            ]
        );
    }

    #[test]
    fn a_server_of_its_own_is_kept() {
        let mut fields = Fields::default();
        fields.append(b"Server: other\r\n");
        fields.set_origin();
        let date = "date: Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(written(&fields), [":status: 404", date, "server: other"]);
        fields.remove_server();
        assert_eq!(written(&fields), [":status: 404", date]);
        fields.add("Server", b"another");
        assert_eq!(written(&fields), [":status: 404", date, "server: another"]);
    }

    /// RFC 9113, 8.2.2.
    #[test]
    fn rfc9113_8_2_2_fields_of_the_connection_are_not_sent() {
        let mut fields = Fields::default();
        for name in ["Connection", "Keep-Alive", "Proxy-Connection", "Upgrade", "Transfer-Encoding"]
        {
            fields.add(name, b"x");
        }
        assert_eq!(written(&fields).len(), 3);
    }
}

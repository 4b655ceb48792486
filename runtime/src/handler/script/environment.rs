//! What a script is told: the meta-variables of RFC 3875, section 4.1, and those that real
//! programs want beside them, as a process's environment.
//!
//! What the server has acted on already is not told again: the content comes without its transfer
//! coding, and the client has been asked for it. A program that reads of these would do it twice.
//!
//! The request decides the value of a variable, never its name beyond `HTTP_…`, and never
//! `HTTP_PROXY`, which programs take for their own setting. What the client sends for
//! authentication is withheld (RFC 3875, 4.1.18), unless `cgi_param` hands it on.

use std::os::unix::ffi::OsStringExt;
use std::sync::OnceLock;

use super::super::Request;
use crate::http::target::Scheme;
use crate::site::{CgiParam, Variables};

/// Where programs are looked for if the server itself was not told.
const DEFAULT_PATH: &[u8] = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Fields that have a variable of their own, or none.
const WITHHELD: [&[u8]; 7] = [
    b"content-type",
    b"content-length",
    b"transfer-encoding",
    b"expect",
    b"authorization",
    b"proxy-authorization",
    b"proxy",
];

/// A script, as the path of a request names it.
#[derive(Clone, Copy)]
pub(super) struct Named<'s> {
    /// Its path in the file system.
    pub(super) file: &'s [u8],
    /// How much of the request's path names it; the rest is the extra path.
    pub(super) name_len: usize,
}

/// Appends the environment of a script: `NAME=VALUE` texts, each ended by a NUL. `content_len` is
/// the length of the content, if there is any.
pub(super) fn write(
    request: &Request<'_>,
    script: Named<'_>,
    content_len: Option<u64>,
    params: &'static [CgiParam],
    out: &mut Vec<u8>,
) {
    let mut environment = Environment { bytes: out, params };
    for param in params {
        environment.push(param.name, |out| param.value.write(request.variables, out));
    }
    environment.set(b"GATEWAY_INTERFACE", b"CGI/1.1");
    let software = concat!("sitec/", env!("CARGO_PKG_VERSION"));
    environment.set(b"SERVER_SOFTWARE", software.as_bytes());
    environment.set_status(request.variables);
    environment.set(b"PATH", path());
    environment.add_request(request, content_len);
    environment.add_script(request.variables, script);
    environment.add_ends(request.variables);
    environment.add_fields(request.variables);
}

/// `PATH`, as the server has it.
fn path() -> &'static [u8] {
    static PATH: OnceLock<Vec<u8>> = OnceLock::new();
    let own = || std::env::var_os("PATH").map(OsStringExt::into_vec);
    PATH.get_or_init(|| own().filter(|path| !path.is_empty()).unwrap_or(DEFAULT_PATH.to_vec()))
}

struct Environment<'a> {
    bytes: &'a mut Vec<u8>,
    /// What the conf sets takes the place of what is set here.
    params: &'static [CgiParam],
}

impl Environment<'_> {
    /// Appends a variable. One whose value has a NUL in it cannot be told, and is left out.
    fn push<R>(&mut self, name: &[u8], write: impl FnOnce(&mut Vec<u8>) -> R) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(name);
        self.bytes.push(b'=');
        write(self.bytes);
        match memchr::memchr(0, &self.bytes[start..]) {
            Some(_) => self.bytes.truncate(start),
            None => self.bytes.push(0),
        }
    }

    /// Appends a variable, unless the conf sets it.
    fn compute<R>(&mut self, name: &[u8], write: impl FnOnce(&mut Vec<u8>) -> R) {
        if self.params.iter().all(|param| param.name != name) {
            self.push(name, write);
        }
    }

    fn set(&mut self, name: &[u8], value: &[u8]) {
        self.compute(name, |out| out.extend_from_slice(value));
    }

    /// The status that the script makes the page of. PHP runs no script without this variable, so
    /// that one which is asked for has 200.
    fn set_status(&mut self, variables: &Variables<'_>) {
        let status = variables.progress.error_status.unwrap_or(200);
        self.set(b"REDIRECT_STATUS", itoa::Buffer::new().format(status).as_bytes());
    }

    /// The request line, and what is known of the content.
    fn add_request(&mut self, request: &Request<'_>, content_len: Option<u64>) {
        let variables = request.variables;
        self.set(b"REQUEST_METHOD", request.method.name().as_bytes());
        self.compute(b"REQUEST_URI", |out| variables.request_uri(out));
        self.compute(b"DOCUMENT_URI", |out| variables.document_uri(out));
        self.compute(b"QUERY_STRING", |out| variables.query_string(out));
        self.compute(b"SERVER_PROTOCOL", |out| variables.server_protocol(out));
        self.compute(b"REQUEST_SCHEME", |out| variables.scheme(out));
        if variables.connection.scheme() == Scheme::HTTPS {
            // What programs look for since Apache has said it so.
            self.set(b"HTTPS", b"on");
        }
        if let Some(len) = content_len {
            self.set(b"CONTENT_LENGTH", itoa::Buffer::new().format(len).as_bytes());
            if let Some(media_type) = variables.head.fields().first(b"content-type") {
                self.set(b"CONTENT_TYPE", media_type);
            }
        }
    }

    /// The script, and the path behind it.
    fn add_script(&mut self, variables: &Variables<'_>, script: Named<'_>) {
        let (name, extra_path) = variables.path.split_at(script.name_len.min(variables.path.len()));
        self.set(b"SCRIPT_NAME", name);
        self.set(b"SCRIPT_FILENAME", script.file);
        self.compute(b"DOCUMENT_ROOT", |out| variables.document_root(out));
        if !extra_path.is_empty() {
            self.set(b"PATH_INFO", extra_path);
            self.compute(b"PATH_TRANSLATED", |out| {
                variables.document_root(out);
                out.extend_from_slice(extra_path);
            });
        }
    }

    /// Both ends of the connection.
    fn add_ends(&mut self, variables: &Variables<'_>) {
        self.compute(b"SERVER_NAME", |out| write_server_name(variables, out));
        self.compute(b"SERVER_ADDR", |out| variables.server_addr(out));
        self.compute(b"SERVER_PORT", |out| variables.server_port(out));
        self.compute(b"REMOTE_ADDR", |out| variables.remote_addr(out));
        // Names are not looked up: the address stands for the name (RFC 3875, 4.1.9).
        self.compute(b"REMOTE_HOST", |out| variables.remote_addr(out));
        self.compute(b"REMOTE_PORT", |out| variables.remote_port(out));
    }

    /// The request's fields as `HTTP_NAME`.
    fn add_fields(&mut self, variables: &Variables<'_>) {
        each_field(variables, &WITHHELD, &mut |name, value| {
            self.compute(name, |out| out.extend_from_slice(value));
        });
    }
}

/// Calls `see` with the request's fields as `HTTP_NAME` and values, those of several lines joined;
/// fields that are `withheld` are left out. Sorted, so that the lines of one variable stand together:
/// to look for them behind each line would take the square of the lines' number.
pub(in super::super) fn each_field(
    variables: &Variables<'_>,
    withheld: &[&[u8]],
    see: &mut dyn FnMut(&[u8], &[u8]),
) {
    let mut lines: Vec<_> = variables.head.fields().iter().collect();
    lines.sort_by(|(one, _), (other, _)| variable_bytes(one).cmp(variable_bytes(other)));
    let (mut name, mut joined) = (Vec::with_capacity(32), Vec::new());
    for lines in lines.chunk_by(|(one, _), (other, _)| is_same(one, other)) {
        let (field, value) = lines[0];
        if !write_name(field, withheld, &mut name) {
            continue;
        }
        if lines.len() == 1 {
            see(&name, value);
            continue;
        }
        let is_cookie = field.eq_ignore_ascii_case(b"cookie");
        let separator: &[u8] = if is_cookie { b"; " } else { b", " };
        joined.clear();
        for (number, (_, value)) in lines.iter().enumerate() {
            joined.extend_from_slice(if number > 0 { separator } else { b"" });
            joined.extend_from_slice(value);
        }
        see(&name, &joined);
    }
}

/// Whether two fields become the same variable.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && variable_bytes(one).eq(variable_bytes(other))
}

/// What a field's name becomes in the name of its variable.
fn variable_bytes(field: &[u8]) -> impl Iterator<Item = u8> {
    let variable_byte = |byte: &u8| if *byte == b'-' { b'_' } else { byte.to_ascii_uppercase() };
    field.iter().map(variable_byte)
}

/// The variable of a field. False for a field that is withheld, or whose name has bytes that would
/// make it look like another one's.
fn write_name(field: &[u8], withheld: &[&[u8]], name: &mut Vec<u8>) -> bool {
    name.clear();
    name.extend_from_slice(b"HTTP_");
    name.extend(variable_bytes(field));
    let plain = name.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'_');
    plain && !withheld.iter().any(|withheld| is_same(withheld, field))
}

/// The server's name if it has one, and else what the client calls it.
fn write_server_name(variables: &Variables<'_>, out: &mut Vec<u8>) {
    let name = variables.server.name.bytes();
    let is_pattern = name.iter().any(|byte| b"*~^$".contains(byte)) || name.starts_with(b".");
    match (name, variables.host) {
        (name, _) if !name.is_empty() && !is_pattern => out.extend_from_slice(name),
        (_, b"") => variables.server_addr(out),
        (_, host) => out.extend_from_slice(host),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::http::head::{Head, Limits};
    use crate::samples::{SETTINGS, head, leak, with_variables};
    use crate::site::{Server, Settled, Text};

    /// The `HTTP_…` variables of a request with these fields, after Host.
    fn variables(fields: &str, params: &'static [CgiParam]) -> Vec<String> {
        let head = head("/", fields);
        with_variables(&head, leak(SETTINGS), &[], |variables| {
            let mut bytes = Vec::new();
            Environment { bytes: &mut bytes, params }.add_fields(variables);
            let text = String::from_utf8(bytes).expect("ASCII");
            let others = text.split_terminator('\0').filter(|line| *line != "HTTP_HOST=a");
            others.map(str::to_owned).collect()
        })
    }

    #[test]
    fn fields_become_variables() {
        for (fields, expected) in [
            ("", vec![]),
            ("Accept-Language: de\r\n", vec!["HTTP_ACCEPT_LANGUAGE=de"]),
            ("X: a\r\nY: b\r\nx: c\r\n", vec!["HTTP_X=a, c", "HTTP_Y=b"]),
            ("Cookie: a=1\r\ncookie: b=2\r\n", vec!["HTTP_COOKIE=a=1; b=2"]),
            ("X-Y: a\r\nX_Y: b\r\n", vec!["HTTP_X_Y=a, b"]),
            ("X.Forwarded.For: a\r\nX!: b\r\n", vec![]),
            ("Proxy: a\r\nPROXY: b\r\n", vec![]),
            ("Authorization: a\r\nProxy-Authorization: b\r\nContent-Type: c\r\n", vec![]),
            ("Transfer-Encoding: chunked\r\nEXPECT: 100-continue\r\n", vec![]),
            ("Transfer_Encoding: chunked\r\nTE: trailers\r\n", vec!["HTTP_TE=trailers"]),
            ("Expectation: x\r\n", vec!["HTTP_EXPECTATION=x"]),
            ("X: \r\n", vec!["HTTP_X="]),
            ("X: \u{e9}=\r\n", vec!["HTTP_X=\u{e9}="]),
        ] {
            assert_eq!(variables(fields, &[]), expected, "{fields:?}");
        }
        let params = leak([CgiParam { name: b"HTTP_X", value: Text::Fixed(b"conf") }]);
        assert!(variables("X: client\r\n", params).is_empty());
    }

    #[test]
    fn the_time_grows_with_the_fields_and_not_with_their_square() {
        // The shortest of several, since the machine may be busy.
        let shortest = |count: usize| {
            let fields: String = (0..count).map(|number| format!("X-{number}: y\r\n")).collect();
            let text = format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
            let limits = Limits {
                line_len: 100,
                head_len: text.len(),
                max_fields: count + 1,
                ignore_invalid_fields: true,
                underscores: true,
                merge_slashes: true,
            };
            let mut head = Head::default();
            head.parse(text.as_bytes(), &limits).expect("a valid head").expect("a whole head");
            with_variables(&head, leak(SETTINGS), &[], |variables| {
                let once = || {
                    let mut bytes = Vec::new();
                    let started = Instant::now();
                    Environment { bytes: &mut bytes, params: &[] }.add_fields(variables);
                    let took = started.elapsed();
                    assert_eq!(bytes.iter().filter(|&&byte| byte == 0).count(), count + 1);
                    took
                };
                (0..10).map(|_| once()).min().unwrap_or_default()
            })
        };
        let (few, many) = (shortest(200), shortest(200 * 32));
        // Linear is 32, and the square 1024.
        assert!(many < few * 200, "{few:?} {many:?}");
    }

    #[test]
    fn a_value_with_a_nul_is_not_told() {
        let mut bytes = b"Z=0\0".to_vec();
        let mut environment = Environment { bytes: &mut bytes, params: &[] };
        environment.set(b"A", b"1");
        environment.set(b"B", b"2\0C=3");
        environment.set(b"D", b"");
        assert_eq!(bytes, b"Z=0\0A=1\0D=\0");
    }

    #[test]
    fn servers_have_names() {
        let name = |server: &'static [u8], host: &'static [u8]| {
            let name = Settled::Known(server);
            with_variables(&head("/", ""), leak(SETTINGS), &[], |variables| {
                variables.server = leak(Server { name, ..*variables.server });
                variables.host = host;
                let mut out = Vec::new();
                write_server_name(variables, &mut out);
                String::from_utf8(out).expect("ASCII")
            })
        };
        assert_eq!(name(b"a.test", b"b.test"), "a.test");
        for pattern in [&b"*.a.test"[..], b"www.*", b"~^w\\d+$", b".a.test", b""] {
            assert_eq!(name(pattern, b"b.test"), "b.test");
        }
        assert_eq!(name(b"", b""), "2001:db8::1");
    }
}

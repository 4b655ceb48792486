//! What a server is told that is spoken to in the manner of CGI: the conf's params, and the request's
//! fields as `HTTP_NAME`.

use super::super::Request;
use super::super::script::environment::each_field;
use crate::fastcgi;
use crate::site::{PassedParam, Proxy, Variables, Wire};
use crate::upstream::Content;

/// Fields that are not told: what the framing is about is the server's, and `Proxy` is what programs
/// take for a setting of theirs.
const WITHHELD: [&[u8]; 3] = [b"transfer-encoding", b"expect", b"proxy"];

/// Calls `see` with the name and the value of each param.
fn each_param(
    params: &'static [PassedParam],
    passes_fields: bool,
    variables: &Variables<'_>,
    see: &mut dyn FnMut(&[u8], &[u8]),
) {
    let mut value = Vec::new();
    for param in params {
        value.clear();
        param.value.write(variables, &mut value);
        if !(param.if_not_empty && value.is_empty()) {
            see(param.name, &value);
        }
    }
    if passes_fields {
        each_field(variables, &WITHHELD, &mut |name, value| {
            if params.iter().all(|param| param.name != name) {
                see(name, value);
            }
        });
    }
}

/// Writes what a request begins with that is passed on in this manner.
pub(super) fn write(proxy: &'static Proxy, request: &Request<'_>, content: Content) -> Vec<u8> {
    let variables = request.variables;
    let mut out = Vec::with_capacity(1024);
    match &proxy.wire {
        Wire::Http | Wire::Grpc | Wire::Memcached { .. } => {}
        Wire::Fastcgi(said) => {
            let mut pairs = Vec::with_capacity(1024);
            each_param(said.params, proxy.pass_fields, variables, &mut |name, value| {
                fastcgi::write_pair(name, value, &mut pairs);
            });
            fastcgi::begin(said.keeps, &mut out);
            fastcgi::write_params(&pairs, &mut out);
            if content == Content::None {
                fastcgi::end_content(&mut out);
            }
        }
        Wire::Scgi(params) => write_scgi(params, proxy.pass_fields, variables, content, &mut out),
        Wire::Uwsgi { params, modifiers } => {
            let mut pairs = Vec::with_capacity(1024);
            each_param(params, proxy.pass_fields, variables, &mut |name, value| {
                for text in [name, value] {
                    // A head is not that long, and a value of the conf is bounded.
                    let text = &text[..text.len().min(usize::from(u16::MAX))];
                    pairs.extend_from_slice(&(text.len() as u16).to_le_bytes());
                    pairs.extend_from_slice(text);
                }
            });
            pairs.truncate(usize::from(u16::MAX));
            out.push(modifiers[0]);
            out.extend_from_slice(&(pairs.len() as u16).to_le_bytes());
            out.push(modifiers[1]);
            out.extend_from_slice(&pairs);
        }
    }
    out
}

/// A netstring of NUL-ended names and values. The length comes first, as SCGI has it.
fn write_scgi(
    params: &'static [PassedParam],
    passes_fields: bool,
    variables: &Variables<'_>,
    content: Content,
    out: &mut Vec<u8>,
) {
    let len = match content {
        Content::Length(len) => len,
        Content::None | Content::Chunked => 0,
    };
    let mut pairs = b"CONTENT_LENGTH\0".to_vec();
    pairs.extend_from_slice(itoa::Buffer::new().format(len).as_bytes());
    pairs.push(0);
    each_param(params, passes_fields, variables, &mut |name, value| {
        // What has a NUL in it would be taken for several.
        if name != b"CONTENT_LENGTH" && !value.contains(&0) {
            pairs.extend_from_slice(name);
            pairs.push(0);
            pairs.extend_from_slice(value);
            pairs.push(0);
        }
    });
    out.extend_from_slice(itoa::Buffer::new().format(pairs.len()).as_bytes());
    out.push(b':');
    out.extend_from_slice(&pairs);
    out.push(b',');
}

//! `otel_trace_context`, where a trace goes on: as fields or params of what makes the responses, so that
//! the server has nothing more to do for it than for others that the conf sets.

use crate::ir::{CgiParam, Handler, PassedParam, Piece, ProxyField, Value, Variable, Wire};

/// The fields, and their values.
const FIELDS: [(&str, &str, &str); 2] = [
    ("traceparent", "HTTP_TRACEPARENT", "otel_traceparent"),
    ("tracestate", "HTTP_TRACESTATE", "otel_tracestate"),
];

/// Has who makes the responses be told of the trace. What the conf sets itself stays.
pub(super) fn pass_on(handler: &mut Handler) {
    for (field, param, variable) in FIELDS {
        let value = Value(vec![Piece::Variable(Variable::Simple(variable))]);
        let (field, param) = (field.as_bytes(), param.as_bytes());
        match handler {
            Handler::Proxy(proxy) => match &mut proxy.wire {
                Wire::Http | Wire::Grpc => {
                    if !proxy.fields.iter().any(|it| it.name.eq_ignore_ascii_case(field)) {
                        proxy.fields.push(ProxyField { name: field.to_vec(), value });
                    }
                }
                Wire::Fastcgi(fastcgi) => add(&mut fastcgi.params, param, value),
                Wire::Scgi(params) | Wire::Uwsgi { params, .. } => add(params, param, value),
                Wire::Memcached { .. } => {}
            },
            Handler::Cgi(cgi) => {
                if !cgi.params.iter().any(|it| it.name == param) {
                    cgi.params.push(CgiParam { name: param.to_vec(), value });
                }
            }
            Handler::Files
            | Handler::Status
            | Handler::Metrics
            | Handler::StatusPage
            | Handler::EmptyGif
            | Handler::Upload(_)
            | Handler::Dav(_) => {}
        }
    }
}

fn add(params: &mut Vec<PassedParam>, name: &[u8], value: Value) {
    if !params.iter().any(|it| it.name == name) {
        params.push(PassedParam { name: name.to_vec(), value, if_not_empty: true });
    }
}

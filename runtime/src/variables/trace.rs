//! The place of a request in a trace (W3C Trace Context), by `otel_trace_context`.

use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::sync::OnceLock;

use super::Variables;
use crate::site::Once;
use crate::site::TraceContext;

/// The length of version 00 of `traceparent`.
const LEN: usize = 55;

/// What a client says of its place in a trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Parent<'a> {
    trace_id: &'a [u8],
    span_id: &'a [u8],
    is_sampled: bool,
}

impl<'a> Parent<'a> {
    /// Reads a `traceparent`; `None`: it is none. Of a version to come, what is known of this one counts
    /// (4.2 there).
    fn parse(value: &'a [u8]) -> Option<Parent<'a>> {
        let (known, rest) = value.split_at_checked(LEN)?;
        let mut parts = known.split(|&byte| byte == b'-');
        let mut part = |len: usize| {
            let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            parts.next().filter(|part| part.len() == len && part.iter().all(is_digit))
        };
        let (version, trace_id, span_id, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
        let fits = match version {
            b"ff" => false,
            b"00" => rest.is_empty(),
            _ => matches!(rest, [] | [b'-', ..]),
        };
        let is_some = |id: &[u8]| id.iter().any(|&digit| digit != b'0');
        // The last digit's lowest bit.
        let is_sampled = matches!(flags[1], b'1' | b'3' | b'5' | b'7' | b'9' | b'b' | b'd' | b'f');
        (fits && is_some(trace_id) && is_some(span_id)).then_some(Parent {
            trace_id,
            span_id,
            is_sampled,
        })
    }
}

impl Variables<'_> {
    /// What the client says, where that counts.
    fn parent(&self) -> Option<Parent<'_>> {
        if !self.settings.trace_context.extracts() {
            return None;
        }
        let mut all = self.head.fields().values(b"traceparent");
        // Two say nothing.
        let (first, None) = (all.next()?, all.next()) else { return None };
        Parent::parse(first)
    }

    /// Whether the request has a place in a trace.
    fn is_traced(&self) -> bool {
        self.settings.trace_context != TraceContext::Ignore
    }

    /// `$otel_trace_id`: the client's, or one that begins here.
    pub fn otel_trace_id(&self, out: &mut Vec<u8>) -> bool {
        match self.parent() {
            Some(parent) => out.extend_from_slice(parent.trace_id),
            None if self.is_traced() => {
                self.memo
                    .write(Once::Trace, out, |out| (0..2).for_each(|half| self.draw(half, out)));
            }
            None => {}
        }
        self.is_traced()
    }

    /// `$otel_span_id`: the request's own.
    pub fn otel_span_id(&self, out: &mut Vec<u8>) -> bool {
        if self.is_traced() {
            self.memo.write(Once::Span, out, |out| self.draw(2, out));
        }
        self.is_traced()
    }

    /// `$otel_parent_id`: the client's.
    pub fn otel_parent_id(&self, out: &mut Vec<u8>) -> bool {
        let parent = self.parent();
        parent.iter().for_each(|parent| out.extend_from_slice(parent.span_id));
        parent.is_some()
    }

    /// `$otel_parent_sampled`: whether the client says that the trace is recorded.
    pub fn otel_parent_sampled(&self, out: &mut Vec<u8>) -> bool {
        let parent = self.parent();
        parent.iter().for_each(|parent| out.push(if parent.is_sampled { b'1' } else { b'0' }));
        parent.is_some()
    }

    /// `$otel_traceparent`: what is told to who is asked next. A trace that begins here is to be recorded.
    pub fn otel_traceparent(&self, out: &mut Vec<u8>) -> bool {
        if self.is_traced() {
            out.extend_from_slice(b"00-");
            self.otel_trace_id(out);
            out.push(b'-');
            self.otel_span_id(out);
            let is_sampled = self.parent().is_none_or(|parent| parent.is_sampled);
            out.extend_from_slice(if is_sampled { b"-01" } else { b"-00" });
        }
        self.is_traced()
    }

    /// `$otel_tracestate`: the client's, in one line, where its trace goes on.
    pub fn otel_tracestate(&self, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        if self.parent().is_some() {
            for value in self.head.fields().values(b"tracestate").filter(|it| !it.is_empty()) {
                if out.len() > start {
                    out.push(b',');
                }
                out.extend_from_slice(value);
            }
        }
        out.len() > start
    }

    /// Appends 16 hexadecimal digits that no other request has, and which are not all 0.
    fn draw(&self, part: u8, out: &mut Vec<u8>) {
        static SEED: OnceLock<RandomState> = OnceLock::new();
        let seed = SEED.get_or_init(RandomState::new);
        let connection = self.connection;
        let of = (part, connection.serial(), connection.requests(), connection.accepted_ms());
        // Writing to a vector does not fail.
        let _ = write!(out, "{:016x}", seed.hash_one(of).max(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{SETTINGS, head, leak, with_variables};
    use crate::site::{PlainSettings, Settings};

    const VALID: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_traceparent_is_read_as_the_recommendation_says() {
        let parent = Parent::parse(VALID.as_bytes()).expect("it is one");
        assert_eq!(parent.trace_id, b"4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!((parent.span_id, parent.is_sampled), (&b"00f067aa0ba902b7"[..], true));
        let zeros = format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32));
        for (value, is_one) in [
            (VALID.replace("-01", "-00"), true),
            (VALID.replacen("00-", "cc-", 1), true),
            (VALID.replacen("00-", "cc-", 1) + "-what-comes", true),
            (VALID.replacen("00-", "cc-", 1) + "x", false),
            (VALID.replacen("00-", "ff-", 1), false),
            (VALID.to_owned() + "-x", false),
            (VALID.to_owned() + "-", false),
            (VALID.to_uppercase(), false),
            (VALID.replacen('-', "_", 1), false),
            (VALID.replace("00f067aa0ba902b7", "0000000000000000"), false),
            (VALID.replace("4bf9", "4bg9"), false),
            (zeros, false),
            (VALID[..54].to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(Parent::parse(value.as_bytes()).is_some(), is_one, "{value}");
        }
        for digit in 0..16 {
            let value = VALID.replace("-01", &format!("-0{digit:x}"));
            let parent = Parent::parse(value.as_bytes()).expect("it is one");
            assert_eq!(parent.is_sampled, digit % 2 == 1, "{value}");
        }
    }

    /// The trace, the span, what goes on of both, and the client's span.
    fn told(context: TraceContext, fields: &str) -> [String; 5] {
        let plain = PlainSettings { trace_context: context, ..SETTINGS.plain };
        let settings = leak(Settings { plain, ..SETTINGS });
        let head = head("/", fields);
        with_variables(&head, settings, &[], |v| {
            let text = |write: &dyn Fn(&mut Vec<u8>) -> bool| {
                let mut out = Vec::new();
                write(&mut out);
                String::from_utf8(out).expect("text")
            };
            [
                text(&|out| v.otel_trace_id(out)),
                text(&|out| v.otel_span_id(out)),
                text(&|out| v.otel_traceparent(out)),
                text(&|out| v.otel_parent_id(out)),
                text(&|out| v.otel_tracestate(out)),
            ]
        })
    }

    #[test]
    fn a_trace_goes_on_or_begins() {
        let fields = format!("traceparent: {VALID}\r\ntracestate: a=1\r\nTracestate: b=2\r\n");
        assert_eq!(told(TraceContext::Ignore, &fields), ["", "", "", "", ""]);
        let [trace, span, passed, parent, state] = told(TraceContext::Propagate, &fields);
        assert_eq!(trace, "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!((passed, parent), (format!("00-{trace}-{span}-01"), "00f067aa0ba902b7".into()));
        assert_eq!(state, "a=1,b=2");
        for (context, fields) in [
            (TraceContext::Inject, fields.clone()),
            (TraceContext::Propagate, fields.replace("00-4", "00-x")),
            (TraceContext::Propagate, format!("{fields}traceparent: {VALID}\r\n")),
            (TraceContext::Extract, String::new()),
        ] {
            let [trace, span, passed, parent, state] = told(context, &fields);
            assert_eq!((trace.len(), span.len()), (32, 16), "{fields}");
            assert_ne!(trace, "4bf92f3577b34da6a3ce929d0e0e4736");
            assert!(Parent::parse(passed.as_bytes()).is_some(), "{passed}");
            assert_eq!((passed, parent), (format!("00-{trace}-{span}-01"), String::new()));
            assert_eq!(state, "");
        }
    }
}

//! Values of the conf for one request. A variable that only a running server knows stays as it
//! is written, and is noted.

use sitec_runtime::http::credentials::basic_user;
use sitec_runtime::pure::{find_argument, find_cookie, is_same_name};

use super::request::listen_port;
use super::walk::Walk;
use super::{address, server_name};
use crate::ir::{Piece, Value, Variable};

impl Walk<'_, '_> {
    /// A value for this request.
    pub(super) fn value(&self, value: &Value) -> Vec<u8> {
        let mut out = Vec::new();
        for piece in &value.0 {
            match piece {
                Piece::Literal(bytes) => out.extend_from_slice(bytes),
                Piece::Variable(variable) | Piece::Logged(variable, _) => {
                    out.extend(self.variable(variable));
                }
            }
        }
        out
    }

    /// A URI to go on with. What variables make of its arguments alone leaves its path known.
    pub(super) fn target(&mut self, value: &Value) -> Vec<u8> {
        let depended = self.depends.get();
        let uri = self.value(value);
        let path_is_fixed =
            matches!(value.0.first(), Some(Piece::Literal(front)) if front.contains(&b'?'));
        if path_is_fixed && self.depends.get() && !depended {
            self.depends.set(false);
            self.knows_args = false;
        }
        uri
    }

    fn variable(&self, variable: &Variable) -> Vec<u8> {
        if !self.is_of_path(variable) {
            self.depends.set(true);
        }
        let found = match variable {
            Variable::Simple(name) => return self.simple(name),
            Variable::Argument(name) => find_argument(&self.args, name).map(<[u8]>::to_vec),
            Variable::RequestField(name) => self.request_field(name),
            Variable::ResponseField(name) => self.response_field(name),
            Variable::Cookie(name) => {
                let mut lines = self.lines(b"cookie");
                lines.find_map(|line| find_cookie(line, name)).map(<[u8]>::to_vec)
            }
            Variable::Capture(number) => self.capture(*number),
            Variable::NamedCapture(name) => self.named_capture(name),
        };
        found.unwrap_or_default()
    }

    /// Whether the path and its arguments alone decide on a variable.
    fn is_of_path(&self, variable: &Variable) -> bool {
        let router = &self.answers.router;
        match variable {
            Variable::Simple("args" | "query_string" | "is_args") | Variable::Argument(_) => {
                self.knows_args
            }
            Variable::Simple(name) => matches!(
                *name,
                "uri" | "document_uri" | "server_name" | "document_root" | "request_filename"
            ),
            // Without a match on the way it is one of the request's own.
            Variable::Capture(_) => !self.matches.is_empty(),
            Variable::NamedCapture(name) => {
                let mut matches = self.matches.iter();
                matches.any(|(pattern, _)| router.group_named(pattern, name).is_some())
            }
            Variable::RequestField(_) | Variable::ResponseField(_) | Variable::Cookie(_) => false,
        }
    }

    fn simple(&self, name: &str) -> Vec<u8> {
        let server = &self.site().servers[usize::from(self.server)];
        match name {
            "uri" | "document_uri" => self.path.clone(),
            "args" | "query_string" => self.args.clone(),
            "is_args" => if self.args.is_empty() { "" } else { "?" }.into(),
            "request_uri" => self.head.uri().to_vec(),
            "request" => self.head.line().to_vec(),
            "request_method" if self.as_get => "GET".into(),
            "request_method" => self.head.method_name().to_vec(),
            "scheme" => "http".into(),
            "server_protocol" => "HTTP/1.1".into(),
            "host" if self.host.is_empty() => server_name(self.site(), &server.name).into(),
            "host" => self.host.clone(),
            "server_name" => server_name(self.site(), &server.name).into(),
            "server_port" => self.port(),
            "content_length" => self.first(b"content-length"),
            "content_type" => self.first(b"content-type"),
            "document_root" => self.document_root(),
            "request_filename" => self.file_name(),
            "remote_addr" if self.request.from.is_some() => {
                self.request.from.map_or_else(Vec::new, |address| address.to_string().into())
            }
            "status" => format!("{:03}", self.status).into(),
            "remote_user" => basic_user(&self.first(b"authorization")).unwrap_or_default(),
            _ => self.unknown(name),
        }
    }

    /// Stands for a variable that is not known here.
    fn unknown(&self, name: &str) -> Vec<u8> {
        self.doubt(format!("`${name}` is known to the running server alone"));
        format!("${name}").into()
    }

    fn port(&self) -> Vec<u8> {
        match listen_port(self.site(), self.listen) {
            Some(port) => port.to_string().into(),
            None if address(self.site(), self.listen).starts_with("unix:") => Vec::new(),
            None => self.unknown("server_port"),
        }
    }

    fn lines<'s>(&'s self, name: &'s [u8]) -> impl Iterator<Item = &'s [u8]> {
        let fields = self.head.fields().iter();
        fields.filter(move |(field, _)| is_same_name(field, name)).map(|(_, value)| value)
    }

    fn first(&self, name: &[u8]) -> Vec<u8> {
        self.lines(name).next().unwrap_or_default().to_vec()
    }

    fn request_field(&self, name: &[u8]) -> Option<Vec<u8>> {
        let separator: &[u8] = if name.eq_ignore_ascii_case(b"cookie") { b"; " } else { b", " };
        let lines: Vec<_> = self.lines(name).collect();
        (!lines.is_empty()).then(|| lines.join(separator))
    }

    fn response_field(&self, name: &[u8]) -> Option<Vec<u8>> {
        let fields = self.fields.iter();
        let mut named = fields.filter(|field| is_same_name(field.name.as_bytes(), name));
        named.find_map(|field| field.value.clone()).map(String::into_bytes)
    }

    /// A group of the regex that matched last.
    fn capture(&self, number: usize) -> Option<Vec<u8>> {
        let (pattern, subject) = self.matches.last()?;
        let groups = self.answers.router.groups(pattern, subject);
        groups.get(number)?.clone().map(|range| subject[range].to_vec())
    }

    /// A named group of the last regex that has one of this name.
    fn named_capture(&self, name: &str) -> Option<Vec<u8>> {
        let router = &self.answers.router;
        let mut matches = self.matches.iter().rev();
        let (number, pattern, subject) = matches.find_map(|(pattern, subject)| {
            Some((router.group_named(pattern, name)?, pattern, subject))
        })?;
        router.groups(pattern, subject).get(number)?.clone().map(|range| subject[range].to_vec())
    }
}

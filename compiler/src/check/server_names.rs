//! The names of all servers of one address.

use std::collections::HashMap;

use sitec_runtime::site::ServerId;

use super::draft::Draft;
use super::noted::Name;
use crate::diagnostic::Diagnostic;
use crate::ir::{ServerNames, ServerRegex, StartText};
use crate::source::Span;
use crate::value::ServerName;

/// Who has which name so far.
#[derive(Default)]
struct Owners {
    by_name: HashMap<(Kind, Vec<u8>), (ServerId, Span)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Exact,
    Suffix,
    Prefix,
}

impl Draft<'_> {
    /// The names of these servers, which share the address that is shown as `address`.
    pub(super) fn names_at(
        &mut self,
        address: &str,
        servers: &[ServerId],
    ) -> (ServerNames, Vec<(StartText, ServerId)>) {
        let mut names = ServerNames::default();
        let mut at_start = Vec::new();
        let mut owners = Owners::default();
        let mut clashes = Vec::new();
        // Those that are not known before the server starts.
        let mut open = Vec::new();
        for &id in servers {
            let server = &self.servers[usize::from(id)];
            let mut add = |kind, list: &mut Vec<_>, name: &[u8], span| match owners
                .claim(kind, name, id, span)
            {
                Claim::New => list.push((name.to_vec(), id)),
                Claim::Own => {}
                Claim::Taken(first) => clashes.push((name.to_vec(), span, first)),
            };
            if !server.is_named {
                add(Kind::Exact, &mut names.exact, b"", server.span);
            }
            for (name, span) in &server.names {
                match name {
                    Name::AtStart(text) => {
                        // The default clashes where a name that is written would, and
                        // `$hostname` where it stands twice.
                        add(
                            Kind::Exact,
                            &mut Vec::new(),
                            self.reader.params.text(text).to_ascii_lowercase().as_bytes(),
                            *span,
                        );
                        at_start.push((text.clone(), id));
                        open.push(*span);
                    }
                    Name::Known(ServerName::Regex(regex)) => {
                        let pattern = regex.pattern.clone();
                        let captures_used = server.earlier_captures.needs(regex);
                        names.regex.push(ServerRegex { pattern, server: id, captures_used });
                    }
                    Name::Known(ServerName::Exact(name)) => {
                        add(Kind::Exact, &mut names.exact, name, *span);
                    }
                    Name::Known(ServerName::Suffix(name)) => {
                        add(Kind::Suffix, &mut names.suffix, name, *span);
                    }
                    Name::Known(ServerName::Prefix(name)) => {
                        add(Kind::Prefix, &mut names.prefix, name, *span);
                    }
                    Name::Known(ServerName::Tree(name)) => {
                        add(Kind::Exact, &mut names.exact, &name[1..], *span);
                        add(Kind::Suffix, &mut names.suffix, name, *span);
                    }
                }
            }
        }
        for (name, span, first) in clashes {
            let is_open = open.contains(&span) || open.contains(&first);
            self.report_clash(address, &name, span, first, is_open);
        }
        (names, at_start)
    }

    /// Where that is allowed, the first server goes by the name, as in nginx. Names that are found equal when the server
    /// starts keep it from starting.
    fn report_clash(&mut self, address: &str, name: &[u8], span: Span, first: Span, is_open: bool) {
        let shown = String::from_utf8_lossy(name);
        let message = match name {
            b"" => format!("another server on `{address}` has no name either"),
            _ => format!("another server on `{address}` has the name `{shown}`"),
        };
        let diagnostic = match is_open {
            true => Diagnostic::error("K02", span, message),
            false => Diagnostic::error("K02", span, message).allowable(),
        };
        let diagnostic = diagnostic
            .also(first, "this one gets the requests")
            .note("nginx ignores the second name with a warning");
        let diagnostic = match name {
            b"" => diagnostic.help("give each a `server_name`"),
            _ => diagnostic.help("delete it from one of them"),
        };
        self.reader.report_once::<()>(Err(Box::new(diagnostic)));
    }
}

enum Claim {
    New,
    Own,
    Taken(Span),
}

impl Owners {
    fn claim(&mut self, kind: Kind, name: &[u8], server: ServerId, span: Span) -> Claim {
        match self.by_name.get(&(kind, name.to_vec())) {
            Some(&(owner, _)) if owner == server => Claim::Own,
            Some(&(_, first)) => Claim::Taken(first),
            None => {
                self.by_name.insert((kind, name.to_vec()), (server, span));
                Claim::New
            }
        }
    }
}

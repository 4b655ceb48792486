//! `proxy_ssl_…` and `grpc_ssl_…`: how other servers are spoken to over TLS.

use std::rc::Rc;

use sitec_runtime::site::{Suite, TlsPeerSettings};

use super::Family;
use crate::ast::Directive;
use crate::check::groups::Groups;
use crate::check::reader::Reader;
use crate::check::tls::{File, all_files, default_suites, suites_of};
use crate::diagnostic::Diagnostic;
use crate::ir::{Certificate, Piece, ProxyTls, TlsPeer, Value, Variable};
use crate::source::Span;

/// What a level has been given, but for what is one plain value each.
#[derive(Clone)]
pub(super) struct PeerTls {
    family: Family,
    name: Option<Value>,
    suites: Rc<[Suite]>,
    certificate: Option<File>,
    key: Option<File>,
    passwords: Option<File>,
    trusted: Option<File>,
    revoked: Option<File>,
    /// Where `proxy_ssl_verify` turns it on.
    verify: Option<Span>,
}

impl PeerTls {
    /// What holds where nothing was said.
    pub(super) fn outermost(family: Family) -> PeerTls {
        PeerTls {
            family,
            name: None,
            suites: default_suites(),
            certificate: None,
            key: None,
            passwords: None,
            trusted: None,
            revoked: None,
            verify: None,
        }
    }

    /// Takes what these directives say.
    pub(super) fn set(
        &mut self,
        directives: &[Directive],
        reader: &mut Reader<'_>,
        groups: &Groups,
    ) {
        let family = self.family;
        if let Some(directive) = family.named(directives, "ssl_name").next() {
            let value = reader.value(&directive.args[0], 0, groups);
            self.name = reader.report(value).or(self.name.take());
        }
        if let Some(directive) = family.named(directives, "ssl_ciphers").next() {
            self.suites = suites_of(&directive.args[0]);
        }
        let names = match family {
            Family::Proxy => [
                "proxy_ssl_certificate",
                "proxy_ssl_certificate_key",
                "proxy_ssl_password_file",
                "proxy_ssl_trusted_certificate",
                "proxy_ssl_crl",
            ],
            Family::Grpc => [
                "grpc_ssl_certificate",
                "grpc_ssl_certificate_key",
                "grpc_ssl_password_file",
                "grpc_ssl_trusted_certificate",
                "grpc_ssl_crl",
            ],
        };
        let places = [
            &mut self.certificate,
            &mut self.key,
            &mut self.passwords,
            &mut self.trusted,
            &mut self.revoked,
        ];
        for (name, place) in names.into_iter().zip(places) {
            if let Some(files) = all_files(name, directives, reader) {
                *place = files.first().cloned();
            }
        }
        if let Some(directive) = family.named(directives, "ssl_verify").next() {
            self.verify = Some(directive.span());
        }
    }

    /// How a server is spoken to.
    pub(super) fn resolved(&self, plain: TlsPeerSettings, is_http2: bool) -> ProxyTls {
        let text = |file: &Option<File>| file.as_ref().map(|(text, _)| text.clone());
        let certificate = match (text(&self.certificate), text(&self.key)) {
            (Some(chain), Some(key)) => {
                let passwords = text(&self.passwords);
                Some(Certificate { chain, key, is_fetched: false, passwords })
            }
            _ => None,
        };
        let peer = TlsPeer {
            plain,
            suites: self.suites.to_vec(),
            certificate,
            trusted: text(&self.trusted),
            revoked: text(&self.revoked),
            is_http2,
        };
        let host = || Value(vec![Piece::Variable(Variable::Simple("proxy_host"))]);
        ProxyTls { peer, name: self.name.clone().unwrap_or_else(host) }
    }

    /// Says what is missing where a server is asked over TLS.
    pub(super) fn check(&self, plain: TlsPeerSettings, reader: &mut Reader<'_>) {
        let front = self.family.front();
        if let (true, None, Some(place)) = (plain.verify, &self.trusted, self.verify) {
            let message = "nothing says whose certificates the other server may have";
            reader.diagnostics.push(
                Diagnostic::error("S07", place, message)
                    .help(format!(
                        "add `{front}_ssl_trusted_certificate FILE;`, with the authorities in PEM"
                    ))
                    .help("those of the system are often in `/etc/ssl/certs/ca-certificates.crt`"),
            );
        }
        if let (Some((_, place)), None) = (&self.certificate, &self.key) {
            let message = format!("no `{front}_ssl_certificate_key` goes with this certificate");
            reader.diagnostics.push(Diagnostic::error("S07", *place, message).help("add its key"));
        }
    }
}

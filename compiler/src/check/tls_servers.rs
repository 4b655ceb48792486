//! Which servers speak TLS, and who they are: known once all `listen`s are.

use sitec_runtime::site::{ServerId, TlsId};

use super::draft::{Draft, Listen};
use super::tls::{File, Said};
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Certificate};
use crate::source::Span;
use crate::value::Checked;

/// An address with TLS that a server listens on.
#[derive(Clone, Copy)]
struct Reached {
    /// Where the conf says `ssl`, for this server or another one.
    ssl: Span,
    /// The server of a client that asks for no name.
    default: ServerId,
}

impl Draft<'_> {
    /// Says of each server with TLS what it says of it. `groups` are the `listen`s of each address.
    pub(super) fn settle_tls(&mut self, groups: &[Vec<&Listen>], listens: &[ir::Listen]) {
        let mut reached: Vec<Vec<Reached>> = vec![Vec::new(); self.servers.len()];
        for (group, listen) in groups.iter().zip(listens) {
            let Some(first) = group.iter().find_map(|listen| listen.ssl) else { continue };
            for listen in group {
                let ssl = listen.ssl.unwrap_or(first);
                let at = Reached { ssl, default: self.default_of(group) };
                reached[usize::from(listen.server)].push(at);
            }
            debug_assert!(listen.tls);
        }
        for (server, reached) in reached.iter().enumerate() {
            match reached.first() {
                None => self.warn_of_unused_certificate(server),
                Some(_) => {
                    let tls = self.tls_of(server, reached);
                    self.servers[server].resolved.tls = self.reader.report(tls);
                }
            }
        }
    }

    fn default_of(&self, group: &[&Listen]) -> ServerId {
        let said = group.iter().find(|listen| listen.default_server.is_some());
        said.unwrap_or(&group[0]).server
    }

    fn warn_of_unused_certificate(&mut self, server: usize) {
        let Some(place) = self.servers[server].tls.own_certificate else { return };
        self.reader.diagnostics.push(
            Diagnostic::warning("S08", place, "no `listen` of this server speaks TLS")
                .label("nobody is shown this certificate")
                .help("write `listen 443 ssl;`, or leave the certificate out"),
        );
    }

    /// The TLS of a server that is reached so.
    fn tls_of(&mut self, server: usize, reached: &[Reached]) -> Checked<TlsId> {
        let said = &self.servers[server].tls;
        let certificates = match said.plain.reject_handshake {
            true => Vec::new(),
            false => self.certificates_of(server, reached)?,
        };
        let Said { tls, plain, .. } = said;
        let text = |file: &Option<File>| file.as_ref().map(|(text, _)| text.clone());
        let tls = ir::Tls {
            plain: *plain,
            certificates,
            stapling: text(&tls.stapling),
            ticket_keys: tls.ticket_keys.iter().map(|(text, _)| text.clone()).collect(),
            suites: tls.spoken_suites(plain)?,
            groups: tls.groups.to_vec(),
            clients: tls.clients(plain)?,
        };
        Ok(self.reader.tables.tls.add(tls) as TlsId)
    }

    /// The certificates of a server: its own, or those of the default servers where it is reached.
    fn certificates_of(&self, server: usize, reached: &[Reached]) -> Checked<Vec<Certificate>> {
        let fetched = &self.reader.fetched;
        if let Some(own) = self.servers[server].tls.tls.pairs(fetched)? {
            return Ok(own);
        }
        let mut shown: Option<(Vec<Certificate>, ServerId)> = None;
        for at in reached {
            let default = &self.servers[usize::from(at.default)].tls.tls;
            // What is wrong with these is told where they are the server's own.
            let Some(certificates) = default.pairs(fetched).ok().flatten() else {
                return Err(self.no_certificate(server, at));
            };
            match &shown {
                Some((before, first)) if *before != certificates => {
                    let message =
                        "this server has no certificate, and is reached where two are shown";
                    let span = |server: ServerId| self.servers[usize::from(server)].span;
                    return Err(Box::new(
                        Diagnostic::error("S07", self.servers[server].span, message)
                            .also(span(*first), "the default server of one address")
                            .also(span(at.default), "that of another one")
                            .help("add an `ssl_certificate` here"),
                    ));
                }
                _ => shown = Some((certificates, at.default)),
            }
        }
        Ok(shown.map(|(certificates, _)| certificates).unwrap_or_default())
    }

    fn no_certificate(&self, server: usize, at: &Reached) -> Box<Diagnostic> {
        let mut diagnostic =
            Diagnostic::error("S07", at.ssl, "no `ssl_certificate` goes with `ssl`")
                .help("add `ssl_certificate FILE; ssl_certificate_key FILE;`")
                .help("or `ssl_reject_handshake on;`, for a server that turns all away");
        let server = &self.servers[server];
        if at.ssl.file != server.span.file || at.ssl.start < server.span.start {
            diagnostic = diagnostic.also(server.span, "this server lacks it");
        }
        Box::new(diagnostic)
    }
}

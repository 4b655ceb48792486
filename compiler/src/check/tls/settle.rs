//! Which servers speak TLS, and who they are: known once all `listen`s are.

use sitec_runtime::site::{ServerId, TlsId, TlsSettings, VerifyClient};

use super::{File, Tls};
use crate::ast::{Directive, named};
use crate::check::draft::{Draft, Listen};
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Certificate, Clients, Fetched};
use crate::source::Span;
use crate::value::Checked;

/// What a server says of TLS.
pub(crate) struct Said {
    tls: Tls,
    plain: TlsSettings,
    /// The first `ssl_certificate` that stands in the server itself.
    own_certificate: Option<Span>,
}

impl Said {
    /// What is said in a server with these directives, whose level has come to this.
    pub(in crate::check) fn new(tls: &Tls, plain: TlsSettings, directives: &[Directive]) -> Said {
        let own = named(directives, "ssl_certificate").next();
        Said { tls: tls.clone(), plain, own_certificate: own.map(|directive| directive.name.span) }
    }
}

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
    pub(in crate::check) fn settle_tls(&mut self, groups: &[Vec<&Listen>], listens: &[ir::Listen]) {
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

impl Tls {
    /// The certificates with their keys; `None` where there are none.
    fn pairs(&self, fetched: &[(Fetched, Span)]) -> Checked<Option<Vec<Certificate>>> {
        if self.certificates.is_empty() {
            return Ok(None);
        }
        if let Some((_, place)) = self.certificates.get(self.keys.len()) {
            let message = "no `ssl_certificate_key` goes with this certificate";
            return Err(Box::new(
                Diagnostic::error("S07", *place, message)
                    .help("keys stand in the order of their certificates"),
            ));
        }
        let pairs = self.certificates.iter().zip(self.keys.iter());
        let pair = |((chain, _), (key, _)): (&File, &File)| Certificate {
            chain: chain.clone(),
            key: key.clone(),
            is_fetched: fetched.iter().any(|(it, _)| it.chain == *chain && it.key == *key),
        };
        Ok(Some(pairs.map(pair).collect()))
    }

    /// What is demanded of clients.
    fn clients(&self, plain: &TlsSettings) -> Checked<Option<Clients>> {
        let Tls { authorities, trusted, revoked, .. } = self;
        let needs = match plain.verify_client {
            VerifyClient::Off => return Ok(None),
            VerifyClient::On | VerifyClient::Optional => true,
            VerifyClient::OptionalNoCa => false,
        };
        if needs && authorities.is_none() && trusted.is_none() {
            let message = "nothing says whose certificates clients may have";
            return Err(Box::new(
                Diagnostic::error("S07", self.verify.unwrap_or_default(), message)
                    .help("add `ssl_client_certificate FILE;`, with the authorities in PEM"),
            ));
        }
        let text = |file: &Option<File>| file.as_ref().map(|(text, _)| text.clone());
        Ok(Some(Clients {
            authorities: text(authorities),
            trusted: text(trusted),
            revoked: text(revoked),
        }))
    }
}

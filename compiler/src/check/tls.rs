//! The `ssl_…` directives of one context. What comes of them is known once all servers are: one
//! without a certificate shows that of a default server.

mod groups;
mod suites;

use std::rc::Rc;

use sitec_runtime::site::{Group, ParamKind, Suite, TlsSettings, VerifyClient};

use super::param::places::references;
use super::reader::Reader;
use crate::ast::{Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::directive;
use crate::ir::{Certificate, Clients, Fetched, StartText};
use crate::source::Span;
use crate::value::Checked;
use groups::groups;
use suites::{LACKING, suites};

/// A file that the conf names, and where.
pub(super) type File = (StartText, Span);

/// The directives in one context, inherited ones included, but for those of one plain value.
#[derive(Clone)]
pub(crate) struct Tls {
    certificates: Rc<[File]>,
    keys: Rc<[File]>,
    /// The suites, and where they are written.
    suites: (Rc<[Suite]>, Option<Span>),
    pub(super) groups: Rc<[Group]>,
    pub(super) stapling: Option<File>,
    pub(super) ticket_keys: Rc<[File]>,
    authorities: Option<File>,
    passwords: Option<File>,
    trusted: Option<File>,
    revoked: Option<File>,
    /// Where `ssl_verify_client` is written.
    verify: Option<Span>,
}

/// What a server says of TLS.
pub(crate) struct Said {
    pub(super) tls: Tls,
    pub(super) plain: TlsSettings,
    /// The first `ssl_certificate` that stands in the server itself.
    pub(super) own_certificate: Option<Span>,
}

impl Said {
    /// What is said in a server with these directives, whose level has come to this.
    pub(super) fn new(tls: &Tls, plain: TlsSettings, directives: &[Directive]) -> Said {
        let own = named(directives, "ssl_certificate").next();
        Said { tls: tls.clone(), plain, own_certificate: own.map(|directive| directive.name.span) }
    }
}

impl Tls {
    /// What holds where nothing was said.
    pub(super) fn outermost() -> Tls {
        Tls {
            certificates: Rc::new([]),
            keys: Rc::new([]),
            suites: (default_suites(), None),
            groups: Group::ALL.into(),
            stapling: None,
            ticket_keys: Rc::new([]),
            authorities: None,
            passwords: None,
            trusted: None,
            revoked: None,
            verify: None,
        }
    }

    /// Takes those among the directives of a context.
    pub(super) fn set(&mut self, directives: &[Directive], reader: &mut Reader<'_>) {
        if let Some(files) = all_files("ssl_certificate", directives, reader) {
            self.certificates = files;
        }
        if let Some(files) = all_files("ssl_certificate_key", directives, reader) {
            self.keys = files;
        }
        if let Some(files) = all_files("ssl_session_ticket_key", directives, reader) {
            self.ticket_keys = files;
        }
        for (name, place) in [
            ("ssl_stapling_file", &mut self.stapling),
            ("ssl_password_file", &mut self.passwords),
            ("ssl_client_certificate", &mut self.authorities),
            ("ssl_trusted_certificate", &mut self.trusted),
            ("ssl_crl", &mut self.revoked),
        ] {
            if let Some(file) = all_files(name, directives, reader) {
                *place = file.first().cloned();
            }
        }
        if let Some(directive) = named(directives, "ssl_ciphers").next() {
            let word = &directive.args[0];
            self.suites = (suites_of(word), Some(word.span));
        }
        if let Some(directive) = named(directives, "ssl_ecdh_curve").next() {
            let found = reader.report(groups(&directive.args[0]));
            self.groups = found.map_or_else(|| self.groups.clone(), Rc::from);
        }
        if let Some(directive) = named(directives, "ssl_verify_client").next() {
            self.verify = Some(directive.span());
        }
    }

    /// The file of the certificate at this place in the order.
    pub(super) fn certificate(&self, at: usize) -> Option<StartText> {
        self.certificates.get(at).map(|(text, _)| text.clone())
    }

    /// The file of its key.
    pub(super) fn key(&self, at: usize) -> Option<StartText> {
        self.keys.get(at).map(|(text, _)| text.clone())
    }

    /// The suites of TLS 1.2, of which there must be some where it is spoken.
    pub(super) fn spoken_suites(&self, plain: &TlsSettings) -> Checked<Vec<Suite>> {
        let (suites, place) = &self.suites;
        match place {
            Some(place) if suites.is_empty() && plain.versions.v12 => {
                let names: Vec<_> = Suite::ALL.iter().map(|suite| suite.name()).collect();
                Err(Box::new(
                    Diagnostic::error("S04", *place, "none of these cipher suites is there")
                        .label("TLS 1.2 cannot be spoken without one")
                        .help(format!("leave the line out, or write `{}`", names.join(":")))
                        .note(LACKING),
                ))
            }
            _ => Ok(suites.to_vec()),
        }
    }
}

/// The suites where nothing was said.
pub(super) fn default_suites() -> Rc<[Suite]> {
    suites(&directive::default_words("ssl_ciphers")).into()
}

/// Those of a list.
pub(super) fn suites_of(word: &Word) -> Rc<[Suite]> {
    suites(&word.shown()).into()
}

/// The files that the directives with a name give, where there is one.
pub(super) fn all_files(
    name: &'static str,
    directives: &[Directive],
    reader: &mut Reader<'_>,
) -> Option<Rc<[File]>> {
    let mut said = named(directives, name).peekable();
    said.peek()?;
    let files = said.map(|directive| {
        let word = &directive.args[0];
        let file = file(word, reader);
        // One that is wrong has its place all the same: what goes with it is not missing.
        (reader.report(file).unwrap_or_default(), word.span)
    });
    Some(files.collect::<Vec<_>>().into())
}

/// The path of a file, which is read when the server starts.
fn file(word: &Word, reader: &mut Reader<'_>) -> Checked<StartText> {
    if let Some(file) = reader.fetched_file(word) {
        return file;
    }
    for (front, reason) in [
        ("data:", "a key that is part of a conf cannot be renewed"),
        ("engine:", "rustls has no engines of OpenSSL"),
        ("store:", "rustls has no stores of OpenSSL"),
    ] {
        if word.value.starts_with(front.as_bytes()) {
            let message = format!("`{front}` is not taken here");
            return Err(Box::new(
                Diagnostic::error("S09", word.part(0..front.len()), message)
                    .note(reason)
                    .help("name a file"),
            ));
        }
    }
    let params = &mut reader.params;
    if let Some((name, range)) = references(word).find(|(name, _)| params.find(name).is_none()) {
        let message = format!("`${name}` is known of a request, and certificates come before it");
        return Err(Box::new(
            Diagnostic::error("S09", word.part(range), message)
                .note("certificates are read when the server starts, not for each handshake")
                .help(
                    "give each name a `server` with an `ssl_certificate` of its own; a `param` may be \
                     part of the path",
                ),
        ));
    }
    params.start_text(word, 0, ParamKind::Path)
}

impl Tls {
    /// The certificates with their keys; `None` where there are none.
    pub(super) fn pairs(&self, fetched: &[(Fetched, Span)]) -> Checked<Option<Vec<Certificate>>> {
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
            passwords: self.passwords.as_ref().map(|(text, _)| text.clone()),
        };
        Ok(Some(pairs.map(pair).collect()))
    }

    /// What is demanded of clients.
    pub(super) fn clients(&self, plain: &TlsSettings) -> Checked<Option<Clients>> {
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

//! Keys and certificates, as they lie on the disk: whether they belong together, hold, and are for the
//! names of the servers that show them.
//!
//! They are data, and may be others when the server runs: nothing here is built in.

mod files;
mod names;
mod peers;
#[cfg(test)]
mod tests;
mod times;

use std::collections::BTreeMap;
use std::path::PathBuf;

use sitec_runtime::sealed;
use sitec_runtime::site::{LocationId, ServerId};

use super::Subject;
use crate::certificates::{Certificate, Key, KeyFault, Kind, chain, private_key};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{self, Clients, StartText};
use crate::source::Span;
use files::File;

/// The shortest modulus of RSA that is taken.
const LEAST_RSA_BITS: usize = 2048;

/// Reports what is wrong with them.
pub(super) fn check(
    subject: &Subject<'_>,
    dependencies: &mut Vec<PathBuf>,
    diagnostics: &mut Diagnostics,
) {
    let mut look = Look { subject, dependencies, diagnostics, chains: BTreeMap::new() };
    for id in 0..subject.site.servers.len() as ServerId {
        if let Some(tls) = subject.site.tls_of(id) {
            look.at_server(id, tls);
        }
    }
    for (id, location) in subject.site.locations.iter().enumerate() {
        if let Some(tls) = location.action.proxy().and_then(|proxy| proxy.tls.as_ref()) {
            look.at_location(id as LocationId, &tls.peer);
        }
    }
}

/// What is looked at, and what was found so far.
struct Look<'a, 'b> {
    subject: &'b Subject<'a>,
    dependencies: &'b mut Vec<PathBuf>,
    diagnostics: &'b mut Diagnostics,
    /// What stands in the files of certificates, by where these are named.
    chains: BTreeMap<(Span, Span), Option<Vec<Certificate>>>,
}

/// A certificate and its key, as the conf names them.
struct Pair<'a> {
    chain: File<'a>,
    key: File<'a>,
    /// A file with the passwords of keys.
    passwords: Option<File<'a>>,
}

impl<'a> Look<'a, '_> {
    fn at_server(&mut self, id: ServerId, tls: &'a ir::Tls) {
        let from = self.shown_by(id, tls);
        let places = |name| {
            let all = self.subject.all_of_server(from, name).into_iter();
            all.map(|directive| directive.args[0].span).collect::<Vec<_>>()
        };
        let (chains, keys) = (places("ssl_certificate"), places("ssl_certificate_key"));
        let pairs = tls.certificates.iter().zip(chains.into_iter().zip(keys));
        // What is fetched is not there yet, or is renewed by itself.
        let passwords = places("ssl_password_file").into_iter().next();
        let pairs = pairs.filter(|(text, _)| !text.is_fetched).map(|(text, (chain, key))| Pair {
            chain: File { text: &text.chain, span: chain },
            key: File { text: &text.key, span: key },
            passwords: text
                .passwords
                .as_ref()
                .zip(passwords)
                .map(|(text, span)| File { text, span }),
        });
        let mut shown = Vec::new();
        for pair in pairs {
            let chain = pair.chain;
            shown.push((chain, self.shown_pair(pair)));
        }
        self.check_names(id, &shown);
        self.advise_ecdsa(&shown);
        let keys =
            tls.ticket_keys.iter().zip(self.subject.all_of_server(id, "ssl_session_ticket_key"));
        for (text, directive) in keys {
            self.ticket_key(&File { text, span: directive.args[0].span });
        }
        let others = [
            ("ssl_stapling_file", tls.stapling.as_ref()),
            ("ssl_client_certificate", of_clients(tls, |it| &it.authorities)),
            ("ssl_trusted_certificate", of_clients(tls, |it| &it.trusted)),
            ("ssl_crl", of_clients(tls, |it| &it.revoked)),
        ];
        for (name, text) in others {
            let directive = self.subject.all_of_server(id, name);
            if let (Some(text), Some(directive)) = (text, directive.first()) {
                self.other_file(name, &File { text, span: directive.args[0].span });
            }
        }
    }

    /// The server whose directives give the certificates of one: itself, or the default server that
    /// they come from.
    fn shown_by(&self, id: ServerId, tls: &ir::Tls) -> ServerId {
        let site = self.subject.site;
        if !self.subject.all_of_server(id, "ssl_certificate").is_empty() {
            return id;
        }
        let defaults = site.listens.iter().filter(|it| it.tls).map(|it| it.default_server);
        let shows = |it: &ServerId| {
            site.tls_of(*it).is_some_and(|other| other.certificates == tls.certificates)
        };
        defaults.into_iter().find(shows).unwrap_or(id)
    }

    /// Looks at a pair, unless it was looked at before. Returns where it is found among the chains.
    fn shown_pair(&mut self, pair: Pair<'_>) -> (Span, Span) {
        let places = (pair.chain.span, pair.key.span);
        if !self.chains.contains_key(&places) {
            let found = self.pair(&pair);
            self.chains.insert(places, found);
        }
        places
    }

    /// The chain of a certificate, once it and its key were looked at.
    fn pair(&mut self, pair: &Pair<'_>) -> Option<Vec<Certificate>> {
        let chain = self.chain(&pair.chain);
        let passwords = pair.passwords.as_ref().and_then(|file| self.passwords(file));
        let key = self.key(pair, passwords.as_deref());
        let chain = chain?;
        if let Some(key) = key {
            self.check_key(pair, &chain, &key);
        }
        self.check_order(&pair.chain, &chain);
        self.check_strength(&pair.chain, &chain);
        self.check_times(&pair.chain, &chain[0]);
        Some(chain)
    }

    fn chain(&mut self, file: &File<'_>) -> Option<Vec<Certificate>> {
        let found = chain(&self.read(file)?);
        found
            .map_err(|reason| {
                let message = format!("`{}` is no certificate: {reason}", file.shown(self.subject));
                self.wrong(file, "S01", message, |it| {
                    it.help("a certificate begins with `-----BEGIN CERTIFICATE-----`")
                });
            })
            .ok()
    }

    /// The passwords of a file, which hardly anybody should read either.
    fn passwords(&mut self, file: &File<'_>) -> Option<Vec<u8>> {
        let is_new = self.chains.insert((file.span, file.span), None).is_none();
        let passwords = self.read(file)?;
        if is_new {
            self.check_readers(file, "the passwords");
        }
        Some(passwords)
    }

    fn key(&mut self, pair: &Pair<'_>, passwords: Option<&[u8]>) -> Option<Key> {
        let file = &pair.key;
        let mut text = self.read(file)?;
        self.check_readers(file, "the private key");
        if let Some(passwords) = passwords {
            match sealed::open(&text, passwords) {
                Ok(opened) => text = opened,
                Err(what) => {
                    let message =
                        format!("`{}` cannot be opened: {what}", file.shown(self.subject));
                    let place = pair.passwords.as_ref().map(|file| file.span);
                    self.wrong(file, "S01", message, |it| match place {
                        Some(place) => it.also(place, "the passwords, one in each line"),
                        None => it,
                    });
                    return None;
                }
            }
        }
        let fault = match private_key(&text) {
            Ok(key) => return Some(key),
            Err(fault) => fault,
        };
        let name = file.shown(self.subject);
        match fault {
            // What the file of passwords is wrong in was said.
            KeyFault::Encrypted if pair.passwords.is_some() => {}
            KeyFault::Encrypted => {
                let message = format!("`{name}` takes a password, and nobody is there to give it");
                self.wrong(file, "S01", message, |it| {
                    it.help("name a file with it by `ssl_password_file`").help(format!(
                        "or store it as it is, for root alone: `openssl pkey -in {name} -out \
                         PLAIN.key && chmod 600 PLAIN.key`"
                    ))
                });
            }
            KeyFault::None | KeyFault::Broken => {
                let what = match fault {
                    KeyFault::None => "there is no private key in it",
                    _ => "it cannot be read",
                };
                let message = format!("`{name}` is no private key: {what}");
                self.wrong(file, "S01", message, |it| {
                    it.help("a key begins with `-----BEGIN PRIVATE KEY-----`")
                });
            }
        }
        None
    }

    /// That a key goes with the first certificate of its chain.
    fn check_key(&mut self, pair: &Pair<'_>, chain: &[Certificate], key: &Key) {
        if chain[0].key.may_be(key) {
            return;
        }
        let place = pair.chain.span;
        let (message, help) = match chain.iter().position(|other| other.key.may_be(key)) {
            Some(at) => (
                format!(
                    "this key belongs to certificate {} of the chain, and not to the first",
                    at + 1
                ),
                "the server's own certificate goes first, and behind it who has signed it",
            ),
            None => (
                "this key does not belong to the certificate".to_owned(),
                "a certificate and the key that it was made of are named in the same order",
            ),
        };
        self.wrong(&pair.key, "S01", message, |it| it.also(place, "the certificate").help(help));
    }

    /// That each certificate of a chain is signed by the next one.
    fn check_order(&mut self, file: &File<'_>, chain: &[Certificate]) {
        let gap = chain.windows(2).position(|pair| !pair[0].is_signed_by(&pair[1]));
        let name = file.shown(self.subject);
        if let Some(at) = gap {
            let message = format!(
                "certificate {} in `{name}` is not the one that has signed certificate {}",
                at + 2,
                at + 1
            );
            let signed_by = format!("that is signed by `{}`", chain[at].signed_by);
            self.doubtful(file, "S01", message, |it| {
                it.label("some clients cannot follow the chain").note(signed_by).help(
                    "the server's own certificate goes first, and behind each who has signed it",
                )
            });
        } else if let [alone] = chain
            && alone.names_authority
            && !alone.is_root()
        {
            let message = format!("`{name}` holds the server's certificate alone");
            let signed_by = format!("it is signed by `{}`", alone.signed_by);
            self.doubtful(file, "S01", message, |it| {
                it.label("clients that do not have who has signed it refuse it")
                    .note(signed_by)
                    .help("name the file with the whole chain, `fullchain.pem` of most authorities")
            });
        }
    }

    fn check_strength(&mut self, file: &File<'_>, chain: &[Certificate]) {
        let name = file.shown(self.subject);
        let short = chain[0].key.rsa_bits().filter(|&bits| bits < LEAST_RSA_BITS);
        let forgeable = chain.iter().any(|it| it.is_forgeable && !it.is_root());
        if let Some(bits) = short {
            let message =
                format!("the RSA key of `{name}` has {bits} bits: {LEAST_RSA_BITS} are the least");
            self.wrong(file, "S04", message, |it| {
                it.help("make a new one: `openssl ecparam -name prime256v1 -genkey -noout -out NEW.key`")
            });
        } else if forgeable {
            let message = format!("a certificate of `{name}` is signed with SHA-1 or MD5");
            self.doubtful(file, "S04", message, |it| {
                it.label("clients refuse it").help("have a new one signed")
            });
        }
    }

    /// That what is in a file is not for everyone's eyes.
    fn check_readers(&mut self, file: &File<'_>, what: &str) {
        let mode = self.subject.files.mode(&file.path(self.subject));
        if mode.is_some_and(|mode| mode & 0o004 != 0) {
            let name = file.shown(self.subject);
            let message = format!("everyone on this machine can read {what} `{name}`");
            self.doubtful(file, "S01", message, |it| {
                it.help(format!(
                    "`chmod 600 {name}`: the server reads it before it gives up root's rights"
                ))
            });
        }
    }

    /// A key that tickets are sealed by.
    fn ticket_key(&mut self, file: &File<'_>) {
        if self.chains.insert((file.span, file.span), None).is_some() {
            return;
        }
        let Some(bytes) = self.read(file) else { return };
        self.check_readers(file, "the private key");
        if ![48, 80].contains(&bytes.len()) {
            let name = file.shown(self.subject);
            let message =
                format!("`{name}` has {} bytes: the key of tickets has 48 or 80", bytes.len());
            self.wrong(file, "S01", message, |it| {
                it.help(format!("make one: `openssl rand 80 > {name}`"))
            });
        }
    }

    /// What else is named.
    fn other_file(&mut self, name: &str, file: &File<'_>) {
        if self.chains.insert((file.span, file.span), None).is_some() {
            return;
        }
        match name {
            "ssl_client_certificate"
            | "ssl_trusted_certificate"
            | "proxy_ssl_trusted_certificate" => {
                self.chain(file);
            }
            _ => {
                self.read(file);
            }
        }
    }

    /// Says what RSA costs, to who asks for such advice.
    fn advise_ecdsa(&mut self, shown: &[(File<'_>, (Span, Span))]) {
        let first = |places| self.chains.get(places)?.as_ref()?.first();
        let all: Option<Vec<_>> = shown.iter().map(|(_, places)| first(places)).collect();
        let is_rsa = |it: &&Certificate| it.key.kind == Kind::Rsa;
        let is_slow = all.is_some_and(|all| !all.is_empty() && all.iter().all(is_rsa));
        if is_slow && self.diagnostics.wants("S10") {
            let (file, _) = &shown[0];
            let lint = Diagnostic::lint("S10", file.span, "clients are shown RSA alone")
                .label("a handshake costs the server two to four times what it does with ECDSA")
                .help(
                    "add a certificate with an ECDSA key before it: clients that do not know ECDSA \
                     get the other one",
                );
            self.diagnostics.push(lint.of_this_disk(file.is_certain(self.subject)));
        }
    }
}

/// A file that is about clients.
fn of_clients(tls: &ir::Tls, part: impl Fn(&Clients) -> &Option<StartText>) -> Option<&StartText> {
    part(tls.clients.as_ref()?).as_ref()
}

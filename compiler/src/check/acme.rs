//! `acme_issuer` and `acme_certificate`: who issues certificates, for which names, and where they go.

use std::net::IpAddr;

use sitec_runtime::site::{Challenge, KeyType, ParamKind};

use super::draft::Draft;
use super::noted::{IssuerPlace, Name};
use super::reader::Reader;
use super::tls::Tls;
use crate::ast::{Block, Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::ir::{Fetched, Issuer, StartPiece, StartText};
use crate::source::Span;
use crate::suggest::closest;
use crate::value::{Checked, ServerName, keyword, server_name};

/// What stands for the file of a certificate that is fetched, and for that of its key.
const CERTIFICATE: &[u8] = b"$acme_certificate";
const KEY: &[u8] = b"$acme_certificate_key";

/// The words of `challenge`; the shorter ones are nginx's.
const CHALLENGES: &[(&str, Challenge)] = &[
    (Challenge::Http01.name(), Challenge::Http01),
    (Challenge::TlsAlpn01.name(), Challenge::TlsAlpn01),
    ("http", Challenge::Http01),
    ("tls-alpn", Challenge::TlsAlpn01),
];

/// What an `acme_certificate` says.
pub(super) struct Wish {
    issuer: usize,
    names: Vec<StartText>,
    key_type: KeyType,
    span: Span,
}

impl Reader<'_> {
    /// Takes the issuers of a conf, which an `acme_certificate` may come before.
    pub(super) fn read_issuers(&mut self, directives: &[Directive]) {
        for directive in directives {
            let Some(block) = &directive.block else { continue };
            match &directive.name.value[..] {
                b"http" => self.read_issuers(&block.directives),
                b"acme_issuer" => {
                    let issuer = self.issuer(directive, block);
                    if let Some(issuer) = self.report(issuer) {
                        self.issuers.push(issuer);
                        let span = directive.args[0].span;
                        self.issuer_places.push(IssuerPlace { span, is_used: false });
                    }
                }
                _ => {}
            }
        }
    }

    fn issuer(&mut self, directive: &Directive, block: &Block) -> Checked<Issuer> {
        let word = &directive.args[0];
        let name = word.shown();
        if let Some(at) = self.issuers.iter().position(|issuer| issuer.name == name) {
            let message = format!("there is an issuer `{name}` already");
            let first = self.issuer_places[at].span;
            return Err(Box::new(
                Diagnostic::error("D06", word.span, message).also(first, "the first one is here"),
            ));
        }
        let lines = &block.directives;
        let line = |name| named(lines, name).next().map(|line| &line.args[..]);
        let path = |reader: &mut Self, word: &Word| {
            let text = reader.params.start_text(word, 0, ParamKind::Path);
            reader.report(text)
        };
        let state = match line("state_path") {
            Some([word]) if word.value == b"off" => {
                let message = "the account is to be remembered from one time to the next";
                return Err(Box::new(
                    Diagnostic::error("S11", word.span, message).help("name a folder"),
                ));
            }
            Some([word]) => path(self, word).unwrap_or_default(),
            _ => vec![StartPiece::Literal(format!("acme_{name}"))],
        };
        let account_key = match line("account_key") {
            Some([word]) => {
                let text = word.shown();
                let kind = text.split(':').next().unwrap_or_default();
                match (kind, &text[..]) {
                    (_, "ecdsa" | "ecdsa:256") => None,
                    ("ecdsa" | "rsa", _) => {
                        let message = "the key of an account is one of ECDSA with P-256";
                        return Err(Box::new(
                            Diagnostic::error("S11", word.span, message)
                                .help("leave the line out: such a key is made"),
                        ));
                    }
                    _ => path(self, word),
                }
            }
            _ => None,
        };
        let external = match line("external_account_key") {
            Some([id, key]) => path(self, key).map(|key| (id.shown(), key)),
            _ => None,
        };
        let challenge = line("challenge").map(|args| keyword(&args[0], CHALLENGES));
        let challenge = challenge.and_then(|challenge| self.report(challenge));
        let contacts = named(lines, "contact").map(|line| line.args[0].shown());
        let contacts = contacts.map(|contact| match contact.contains(':') {
            true => contact,
            false => format!("mailto:{contact}"),
        });
        let uri = match line("uri") {
            Some([word]) => self.directory(word)?,
            _ => {
                let message = format!("nothing says where the issuer `{name}` is");
                return Err(Box::new(Diagnostic::error("S11", word.span, message).help(
                    "add its directory: `uri https://acme-v02.api.letsencrypt.org/directory;`",
                )));
            }
        };
        Ok(Issuer {
            uri,
            contacts: contacts.collect(),
            accepts_terms: line("accept_terms_of_service").is_some(),
            state,
            account_key,
            trusted: line("ssl_trusted_certificate").and_then(|args| path(self, &args[0])),
            external,
            challenge: challenge.unwrap_or(Challenge::Http01),
            profile: line("profile").map(|args| args[0].shown()),
            name,
        })
    }

    /// Where a directory is: over TLS, so that nobody on the way can be it.
    fn directory(&mut self, word: &Word) -> Checked<StartText> {
        let text = self.params.start_text(word, 0, ParamKind::Text)?;
        let is_wrong = match text.first() {
            Some(StartPiece::Literal(front)) => !front.starts_with("https://"),
            _ => false,
        };
        match is_wrong {
            true => Err(Box::new(
                Diagnostic::error("S11", word.span, "an authority is asked over HTTPS")
                    .help("write `https://…`"),
            )),
            false => Ok(text),
        }
    }

    /// What `$acme_certificate` and `$acme_certificate_key` stand for; `None` for any other word.
    pub(super) fn fetched_file(&self, word: &Word) -> Option<Checked<StartText>> {
        if word.value != CERTIFICATE && word.value != KEY {
            return None;
        }
        let message =
            format!("`{}` is a certificate that is fetched, and none is here", word.shown());
        let wrong = Diagnostic::error("S11", word.span, message)
            .help("add `acme_certificate ISSUER;` beside it, in the `server`");
        let files = self.fetched_files.as_ref().ok_or_else(|| Box::new(wrong));
        Some(files.map(|(chain, key)| if word.value == KEY { key } else { chain }.clone()))
    }

    /// Warns of issuers that nobody asks.
    pub(super) fn warn_of_unused_issuers(&mut self) {
        // What asks one may be wrong, and was told of.
        let is_right = !self.diagnostics.has_errors();
        for (issuer, place) in self.issuers.iter().zip(&self.issuer_places) {
            if is_right && !place.is_used {
                let message = format!("the issuer `{}` is never used", issuer.name);
                self.diagnostics.push(
                    Diagnostic::warning("K16", place.span, message)
                        .help(format!("write `acme_certificate {};` in a `server`", issuer.name)),
                );
            }
        }
    }

    /// A name that a certificate is to be for.
    fn fetched_name(&mut self, word: &Word) -> Checked<StartText> {
        let text = self.params.start_text(word, 0, ParamKind::HostName)?;
        let [StartPiece::Literal(known)] = &text[..] else { return Ok(text) };
        match known.parse::<IpAddr>() {
            Ok(address) => Ok(vec![StartPiece::Literal(address.to_string())]),
            Err(_) => known_name(&server_name(word)?, word.span),
        }
    }
}

impl Draft<'_> {
    /// Reads the `acme_certificate` of a server with these names, and says what its variables stand for.
    pub(super) fn wish(
        &mut self,
        directives: &[Directive],
        names: &[(Name, Span)],
    ) -> Option<Wish> {
        self.reader.fetched_files = None;
        let directive = named(directives, "acme_certificate").next()?;
        let wish = self.read_wish(directive, names);
        let wish = self.reader.report(wish);
        let files = wish.as_ref().map(|wish| {
            let state = &self.reader.issuers[wish.issuer].state;
            let file = |ending| joined(state, &wish.names[0], ending);
            (file(".pem"), file(".key"))
        });
        // One that is wrong has its files all the same: what names them is not wrong too.
        self.reader.fetched_files = Some(files.unwrap_or_default());
        wish
    }

    fn read_wish(&mut self, directive: &Directive, names: &[(Name, Span)]) -> Checked<Wish> {
        let (issuer, rest) = directive.args.split_first().expect("the number of words is checked");
        let at = self.reader.issuers.iter().position(|it| it.name == issuer.shown());
        let Some(at) = at else {
            let name = issuer.shown();
            let message = format!("there is no `acme_issuer {name}`");
            let wrong = Diagnostic::error("S11", issuer.span, message);
            let known = self.reader.issuers.iter().map(|it| &it.name[..]);
            return Err(Box::new(match closest(&name, known) {
                Some(meant) => {
                    wrong.patch(format!("did you mean `{meant}`?"), issuer.span, meant.to_owned())
                }
                None => wrong.help(format!("add it: `acme_issuer {name} {{ uri https://…; }}`")),
            }));
        };
        self.reader.issuer_places[at].is_used = true;
        let mut key_type = KeyType::EcdsaP256;
        let mut own = Vec::new();
        for word in rest {
            match word.value.strip_prefix(b"key=") {
                Some(kind) => key_type = read_key_type(word, kind)?,
                None => own.push(self.reader.fetched_name(word)?),
            }
        }
        if own.is_empty() {
            for (name, span) in names {
                match name {
                    Name::AtStart(text) => own.push(text.clone()),
                    Name::Known(ServerName::Exact(name)) if name.is_empty() => {}
                    Name::Known(name) => own.push(known_name(name, *span)?),
                }
            }
        }
        let mut unique: Vec<StartText> = Vec::new();
        own.into_iter().for_each(|name| {
            if !unique.contains(&name) {
                unique.push(name);
            }
        });
        if unique.is_empty() {
            let message = "nothing says what the certificate is for";
            return Err(Box::new(
                Diagnostic::error("S11", directive.span(), message)
                    .help(format!("name it: `acme_certificate {} example.test;`", issuer.shown())),
            ));
        }
        Ok(Wish { issuer: at, names: unique, key_type, span: directive.span() })
    }

    /// Takes down what is fetched for a server, whose certificates and keys are these.
    pub(super) fn take_wish(&mut self, wish: Wish, directives: &[Directive], tls: &Tls) {
        let taken = self.fetched(wish, directives, tls);
        self.reader.report(taken);
    }

    fn fetched(&mut self, wish: Wish, directives: &[Directive], tls: &Tls) -> Checked<()> {
        let Wish { issuer, names, key_type, span } = wish;
        let own: Vec<_> =
            named(directives, "ssl_certificate").map(|directive| &directive.args[0]).collect();
        let meant = own.iter().position(|word| word.value == CERTIFICATE);
        let at = match (meant, own.len()) {
            (Some(at), _) => at,
            (None, 1) => 0,
            (None, 0) => {
                let message = "nothing says where the certificate goes";
                return Err(Box::new(Diagnostic::error("S11", span, message).help(
                    "add `ssl_certificate $acme_certificate; ssl_certificate_key \
                     $acme_certificate_key;`, or name files",
                )));
            }
            (None, _) => {
                let message = "one certificate is fetched, and the server has several";
                return Err(Box::new(
                    Diagnostic::error("S11", span, message)
                        .also(own[0].span, "the first one")
                        .help("write `$acme_certificate` for the one that is fetched"),
                ));
            }
        };
        // A key that is missing is told of where certificates are.
        let (Some(chain), Some(key)) = (tls.certificate(at), tls.key(at)) else { return Ok(()) };
        let fetched = Fetched { issuer, names, key_type, chain, key };
        let is_same =
            |it: &&(Fetched, Span)| it.0.chain == fetched.chain || it.0.key == fetched.key;
        match self.reader.fetched.iter().find(is_same) {
            None => self.reader.fetched.push((fetched, span)),
            Some((first, _)) if *first == fetched => {}
            Some((_, first)) => {
                let message = "two certificates are to be in the same file";
                return Err(Box::new(
                    Diagnostic::error("S11", span, message)
                        .also(*first, "the other one is here")
                        .help(
                            "write the same in both servers, with all names, or name other files",
                        ),
                ));
            }
        }
        Ok(())
    }
}

/// A name that is known: a whole one, since no challenge is about more.
fn known_name(name: &ServerName, span: Span) -> Checked<StartText> {
    match name {
        ServerName::Exact(name) if !name.contains(&b'_') => {
            let name = String::from_utf8_lossy(name);
            let name = name.trim_start_matches('[').trim_end_matches(']').to_owned();
            Ok(vec![StartPiece::Literal(name)])
        }
        ServerName::Exact(_) => Err(Box::new(
            Diagnostic::error("S11", span, "no certificate is issued for such a name")
                .help("name what it is for: `acme_certificate ISSUER example.test;`"),
        )),
        _ => Err(Box::new(
            Diagnostic::error("S11", span, "a certificate is fetched for whole names")
                .note("`http-01` and `tls-alpn-01` show nothing of all names beneath one")
                .help("name each: `acme_certificate ISSUER example.test www.example.test;`"),
        )),
    }
}

fn read_key_type(word: &Word, kind: &[u8]) -> Checked<KeyType> {
    let kind = String::from_utf8_lossy(kind);
    let is_it = |it: &&KeyType| it.name() == kind || it.name().split(':').next() == Some(&kind);
    KeyType::ALL.iter().find(is_it).copied().ok_or_else(|| {
        let names: Vec<_> = KeyType::ALL.iter().map(|it| format!("`{}`", it.name())).collect();
        let message = format!("`{kind}` is no kind of key");
        let help = format!("there are {}", names.join(", "));
        Box::new(Diagnostic::error("S11", word.part(4..word.value.len()), message).help(help))
    })
}

/// The path of a file in a folder.
fn joined(folder: &StartText, name: &StartText, ending: &str) -> StartText {
    let mut path = Vec::new();
    let slash = [StartPiece::Literal("/".to_owned())];
    let ending = [StartPiece::Literal(ending.to_owned())];
    for piece in folder.iter().chain(&slash).chain(name).chain(&ending) {
        match (path.last_mut(), piece) {
            (Some(StartPiece::Literal(last)), StartPiece::Literal(text)) => last.push_str(text),
            _ => path.push(piece.clone()),
        }
    }
    path
}

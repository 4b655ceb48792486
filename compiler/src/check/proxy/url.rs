//! The URL of a `proxy_pass`, taken apart.

use sitec_runtime::site::UpstreamId;

use super::{Pass, Stand};
use crate::ast::{Directive, Word};
use crate::check::groups::Groups;
use crate::check::noted::{Computed, Form};
use crate::check::path::Path;
use crate::check::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::ir::{Piece, Replaced, Replacement, Target, TargetUri, Value, Variable};
use crate::value::{self, Checked, Part};

/// What a URL begins with, and the port where it names none.
const SCHEMES: [(&str, &str); 2] = [("http://", "80"), ("https://", "443")];

impl Reader<'_> {
    /// What a `proxy_pass` says.
    pub(super) fn proxy_pass(
        &mut self,
        directive: &Directive,
        groups: &Groups,
        stand: Stand<'_>,
    ) -> Checked<Pass> {
        let word = &directive.args[0];
        if self.has_variables(word)? {
            let value = self.value(word, 0, groups)?;
            let is_exact = matches!(stand.path, Some(Path::Exact(_)));
            let regex = stand.regex.cloned();
            let word = word.clone();
            let form = Form::Url;
            self.computed.push(Computed { word, value: value.clone(), form, is_exact, regex });
            let is_secure = may_be_secure(&value);
            let target = Target::Computed(value);
            return Ok(Pass { target, is_secure, uri: None, redirect: None });
        }
        let (scheme, port) = check_scheme(word)?;
        let is_secure = port == "443";
        let rest = word.tail(scheme.len());
        let (len, uri_start) = authority_len(&rest.value);
        let authority = self.authority(&rest.front(len))?;
        let upstream = self.named_upstream(authority.with_default_port(port))?;
        let uri = rest.tail(uri_start.min(rest.value.len()));
        self.params.refuse_in(&uri, "the URI is the same wherever the server runs")?;
        let mut text = uri.value.clone();
        if text.starts_with(b"?") {
            text.insert(0, b'/');
        }
        let shown = (!text.is_empty()).then(|| (uri.shown(), uri.span));
        let uri = match (&text[..], stand.path) {
            (b"", _) => None,
            (_, Some(Path::Prefix { path, .. } | Path::Exact(path))) if !stand.is_if => {
                self.warn_of_slashes(&uri, &text, stand.path);
                Some(TargetUri { text: text.clone(), replaced_len: path.len() })
            }
            _ => return Err(no_place(&uri, stand)),
        };
        let redirect = Some(default_redirect(word, scheme, uri.as_ref(), stand.path));
        Ok(Pass { target: Target::Fixed { upstream, uri }, is_secure, uri: shown, redirect })
    }

    /// What a `grpc_pass` says: an address, with or without a scheme.
    pub(super) fn grpc_pass(&mut self, directive: &Directive, groups: &Groups) -> Checked<Pass> {
        let word = &directive.args[0];
        if self.has_variables(word)? {
            let value = self.value(word, 0, groups)?;
            let is_secure = match value.0.first() {
                Some(Piece::Literal(front)) => front.starts_with(b"grpcs:"),
                _ => true,
            };
            let (word, target) = (word.clone(), Target::Computed(value.clone()));
            let form = Form::Grpc;
            self.computed.push(Computed { word, value, form, is_exact: true, regex: None });
            return Ok(Pass { target, is_secure, uri: None, redirect: None });
        }
        let front = |scheme: &str| {
            let begins = word.value.get(..scheme.len());
            begins.is_some_and(|front| front.eq_ignore_ascii_case(scheme.as_bytes()))
        };
        let (scheme, is_secure) = match () {
            () if front("grpc://") => ("grpc://", false),
            () if front("grpcs://") => ("grpcs://", true),
            () => ("", false),
        };
        let rest = word.tail(scheme.len());
        let upstream = self.address(directive, &rest, "the client's path is what is asked for")?;
        let target = Target::Fixed { upstream, uri: None };
        Ok(Pass { target, is_secure, uri: None, redirect: None })
    }

    /// Whom a `fastcgi_pass` or one of its like asks: an address alone.
    pub(in crate::check) fn passed_address(
        &mut self,
        directive: &Directive,
        groups: &Groups,
    ) -> Checked<Target> {
        let word = &directive.args[0];
        if self.has_variables(word)? {
            let value = self.value(word, 0, groups)?;
            let (word, target) = (word.clone(), Target::Computed(value.clone()));
            self.computed.push(Computed {
                word,
                value,
                form: Form::Address,
                is_exact: true,
                regex: None,
            });
            return Ok(target);
        }
        let upstream = self.address(directive, word, "the params say what is asked for")?;
        Ok(Target::Fixed { upstream, uri: None })
    }

    /// Who is at an address. `why`: what speaks against a URI behind it.
    fn address(&mut self, directive: &Directive, word: &Word, why: &str) -> Checked<UpstreamId> {
        let name = directive.name.shown();
        let shown = word.shown();
        if let Some((scheme, rest)) = shown.split_once("://") {
            let place = word.part(0..scheme.len() + 3);
            let message = format!("`{name}` takes an address, and no URL");
            let wrong = Diagnostic::error("U10", place, message);
            let address = rest.trim_end_matches('/');
            return Err(Box::new(match address.is_empty() || address.contains('/') {
                true => wrong.help("write `HOST:PORT` or `unix:PATH`"),
                false => wrong.patch("write the address alone", word.span, address.to_owned()),
            }));
        }
        if let (false, Some(at)) = (shown.starts_with("unix:"), shown.find(['/', '?'])) {
            let message = match at {
                0 => "a socket in the file system begins with `unix:`".to_owned(),
                _ => format!("`{name}` takes no URI: {why}"),
            };
            let place = if at == 0 { word.span } else { word.part(at..shown.len()) };
            let wrong = Diagnostic::error("U10", place, message);
            return Err(Box::new(match at {
                0 => wrong.patch("write it so", word.span, format!("unix:{shown}")),
                _ => wrong.patch("leave it out", place, ""),
            }));
        }
        let authority = self.authority(word)?;
        self.named_address(authority, word)
    }

    /// Whether a word has variables of a request in it.
    pub(in crate::check) fn has_variables(&self, word: &Word) -> Checked<bool> {
        let parts = value::split(word, 0)?;
        Ok(parts.iter().any(|part| match part {
            Part::Literal(_) => false,
            Part::Name { name, .. } => self.params.find(name).is_none(),
            Part::Group { .. } => true,
        }))
    }

    /// Says what paths become where only one of both texts ends in a slash.
    fn warn_of_slashes(&mut self, word: &Word, uri: &[u8], path: Option<&Path>) {
        let Some(Path::Prefix { path, .. }) = path else { return };
        if uri.contains(&b'?') || path.ends_with(b"/") == uri.ends_with(b"/") || path.is_empty() {
            return;
        }
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (path, uri) = (shown(path), shown(uri));
        let (asked, help) = match path.ends_with('/') {
            true => (format!("{path}x"), format!("end the URI in a slash, too: `{uri}/`")),
            false => (format!("{path}/x"), format!("write `location {path}/`")),
        };
        let arrives = asked.replacen(&path, &uri, 1);
        let message = format!("`{asked}` arrives as `{arrives}`");
        self.diagnostics.push(
            Diagnostic::warning("U04", word.span, message)
                .label(format!("takes the place of `{path}`"))
                .help(help),
        );
    }
}

/// The length of the host and the port, or of the socket, and where the URI begins behind it.
pub(crate) fn authority_len(rest: &[u8]) -> (usize, usize) {
    let position = |wanted: &dyn Fn(&u8) -> bool, from: usize| {
        rest[from..].iter().position(wanted).map_or(rest.len(), |at| from + at)
    };
    if rest.starts_with(b"unix:") {
        let end = position(&|&byte| byte == b':', "unix:".len());
        return (end, end + 1);
    }
    let end = position(&|&byte| matches!(byte, b'/' | b'?'), 0);
    (end, end)
}

/// Whether a URL with variables may begin with `https://`, as far as its own text says.
fn may_be_secure(url: &Value) -> bool {
    match url.0.first() {
        Some(Piece::Literal(front)) => !front.to_ascii_lowercase().starts_with(b"http:"),
        _ => true,
    }
}

/// What a URL begins with, and the port where it names none.
fn check_scheme(word: &Word) -> Checked<(&'static str, &'static str)> {
    let shown = word.shown();
    let begins = |(scheme, _): &(&str, &str)| {
        shown.get(..scheme.len()).is_some_and(|front| front.eq_ignore_ascii_case(scheme))
    };
    if let Some(found) = SCHEMES.into_iter().find(begins) {
        return Ok(found);
    }
    let message = format!("`{shown}` does not begin with `http://`");
    let wrong = Diagnostic::error("U10", word.span, message);
    Err(Box::new(match shown.contains("://") || shown.is_empty() {
        true => wrong.help("it is a URL: `http://127.0.0.1:8080`"),
        false => wrong.patch("write the scheme, too", word.span, format!("http://{shown}")),
    }))
}

/// That there is no path that the URI could take the place of.
fn no_place(uri: &Word, stand: Stand<'_>) -> Box<Diagnostic> {
    let place = match stand.path {
        _ if stand.is_if => "an `if` or a `limit_except`",
        Some(Path::Regex(_)) => "a regex location",
        _ => "a named location",
    };
    let shown = uri.shown();
    let message = format!("`proxy_pass` has no URI in {place}");
    let wrong = Diagnostic::error("U10", uri.span, message)
        .label("there is no path that this could take the place of");
    Box::new(match &shown[..] {
        "/" => wrong.patch("leave it out: the request's path is passed on as it is", uri.span, ""),
        _ => wrong.help(format!(
            "leave it out, and put the path together before: `rewrite ^(.*)$ {}$1 break;`",
            shown.trim_end_matches('/')
        )),
    })
}

/// What `proxy_redirect default` is.
fn default_redirect(
    word: &Word,
    scheme: &str,
    uri: Option<&TargetUri>,
    path: Option<&Path>,
) -> Replacement {
    let path = match (uri, path) {
        (Some(_), Some(Path::Prefix { path, .. } | Path::Exact(path))) => &path[..],
        _ => b"/",
    };
    let mut front = Value::default();
    if word.value.contains(&b'$') {
        // With params in it, the host is known at start.
        front.push_literal(scheme.as_bytes());
        front.0.push(Piece::Variable(Variable::Simple("proxy_host")));
        front.push_literal(uri.map_or(b"", |uri| &uri.text));
    } else {
        front.push_literal(&word.value);
    }
    if uri.is_none() {
        front.push_literal(b"/");
    }
    let mut by = Value::default();
    by.push_literal(path);
    Replacement { pattern: Replaced::Front(front), by }
}

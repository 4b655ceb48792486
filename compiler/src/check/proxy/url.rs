//! The URL of a `proxy_pass`, taken apart.

use super::target::Computed;
use super::{Pass, Stand};
use crate::ast::{Directive, Word};
use crate::check::groups::Groups;
use crate::check::path::Path;
use crate::check::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::ir::{Piece, Replaced, Replacement, Target, TargetUri, Value, Variable};
use crate::source::Span;
use crate::value::{self, Checked, Part};

/// What a URL begins with.
const SCHEME: &str = "http://";

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
            let is_url = true;
            self.computed.push(Computed { word, value: value.clone(), is_url, is_exact, regex });
            return Ok(Pass { target: Target::Computed(value), uri: None, redirect: None });
        }
        check_scheme(word)?;
        let rest = word.tail(SCHEME.len());
        let (len, uri_start) = authority_len(&rest.value);
        let authority = self.authority(&rest.front(len))?;
        let upstream = self.named_upstream(&authority)?;
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
        let redirect = Some(default_redirect(word, uri.as_ref(), stand.path));
        Ok(Pass { target: Target::Fixed { upstream, uri }, uri: shown, redirect })
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
                is_url: false,
                is_exact: true,
                regex: None,
            });
            return Ok(target);
        }
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
                _ => format!("`{name}` takes no URI: the params say what is asked for"),
            };
            let place = if at == 0 { word.span } else { word.part(at..shown.len()) };
            let wrong = Diagnostic::error("U10", place, message);
            return Err(Box::new(match at {
                0 => wrong.patch("write it so", word.span, format!("unix:{shown}")),
                _ => wrong.patch("leave it out", place, ""),
            }));
        }
        let authority = self.authority(word)?;
        let upstream = self.named_address(&authority, word)?;
        Ok(Target::Fixed { upstream, uri: None })
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

/// That a URL begins as one does.
fn check_scheme(word: &Word) -> Checked<()> {
    let shown = word.shown();
    let begins = |scheme: &str| {
        shown.get(..scheme.len()).is_some_and(|front| front.eq_ignore_ascii_case(scheme))
    };
    if begins(SCHEME) {
        return Ok(());
    }
    if begins("https://") {
        return Err(no_tls(word.part(0.."https://".len())));
    }
    let message = format!("`{shown}` does not begin with `http://`");
    let wrong = Diagnostic::error("U10", word.span, message);
    Err(Box::new(match shown.contains("://") || shown.is_empty() {
        true => wrong.help("it is a URL: `http://127.0.0.1:8080`"),
        false => wrong.patch("write the scheme, too", word.span, format!("{SCHEME}{shown}")),
    }))
}

/// That no other server is asked by TLS.
pub(super) fn no_tls(place: Span) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error("D14", place, "TLS to other servers is not supported")
            .label("would have to be encrypted")
            .help("ask it by `http://`, where the way to it is safe"),
    )
}

/// That there is no path that the URI could take the place of.
fn no_place(uri: &Word, stand: Stand<'_>) -> Box<Diagnostic> {
    let place = match stand.path {
        _ if stand.is_if => "an `if`",
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
fn default_redirect(word: &Word, uri: Option<&TargetUri>, path: Option<&Path>) -> Replacement {
    let path = match (uri, path) {
        (Some(_), Some(Path::Prefix { path, .. } | Path::Exact(path))) => &path[..],
        _ => b"/",
    };
    let mut front = Value::default();
    if word.value.contains(&b'$') {
        // With params in it, the host is known at start.
        front.push_literal(SCHEME.as_bytes());
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

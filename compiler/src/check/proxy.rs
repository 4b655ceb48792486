//! `proxy_pass` and `grpc_pass`, and what goes with them.

mod line;
mod needless;
mod replace;
mod target;
mod tls;
mod url;

use std::rc::Rc;

use sitec_runtime::site::{ProxySettings, ProxyVersion};

use super::caches::{Keeping, withheld_fields};
use super::groups::Groups;
use super::path::Path;
use super::reader::Reader;
use super::steps::have_regexes;
use crate::ast::{Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::directive::Values;
use crate::ir::{self, CookieFlags, Piece, ProxyField, Replacement, Value, Variable};
use crate::source::Span;
use crate::value::{Checked, Regex, is_token};
pub(super) use line::Line;
use replace::Redirect;
use tls::PeerTls;
pub(crate) use url::authority_len;

/// The fields of an answer that no client is sent, unless `proxy_pass_header` names them. The first is
/// of HTTP/1 alone, as in nginx.
const HIDDEN: &[&str] = &[
    "x-pad",
    "date",
    "server",
    "x-accel-expires",
    "x-accel-redirect",
    "x-accel-limit-rate",
    "x-accel-buffering",
    "x-accel-charset",
];

/// Fields that are about a connection: the server sends its own, whatever a conf says of them.
const OF_CONNECTION: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A family of directives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// `proxy_pass`.
    Proxy,
    /// `grpc_pass`.
    Grpc,
}

impl Family {
    /// What the names begin with.
    fn front(self) -> &'static str {
        match self {
            Family::Proxy => "proxy",
            Family::Grpc => "grpc",
        }
    }

    /// The directives of this family whose name ends so.
    fn named<'d>(
        self,
        directives: &'d [Directive],
        end: &'static str,
    ) -> impl Iterator<Item = &'d Directive> {
        let is_it = move |name: &[u8]| {
            let rest = name.strip_prefix(self.front().as_bytes());
            rest.and_then(|rest| rest.strip_prefix(b"_")) == Some(end.as_bytes())
        };
        directives.iter().filter(move |directive| is_it(&directive.name.value))
    }
}

/// What a level has been given for proxying.
#[derive(Clone)]
pub(super) struct Proxy {
    family: Family,
    /// `proxy_pass`, which holds where it stands and in an `if` there.
    pass: Option<Rc<Pass>>,
    fields: Rc<[(ProxyField, Span)]>,
    method: Option<Value>,
    body: Option<Value>,
    hidden: Rc<[Vec<u8>]>,
    shown: Rc<[Vec<u8>]>,
    /// `None`: nothing was said.
    redirects: Option<Rc<[Redirect]>>,
    cookie_domains: Rc<[Replacement]>,
    cookie_paths: Rc<[Replacement]>,
    cookie_flags: Rc<[CookieFlags]>,
    line: Line,
    keeping: Keeping,
    tls: PeerTls,
}

/// A `proxy_pass`.
struct Pass {
    target: ir::Target,
    /// Whether the other server is, or may be, asked over TLS.
    is_secure: bool,
    /// The URI in it, and where that is.
    uri: Option<(String, Span)>,
    /// What `proxy_redirect default` is here.
    redirect: Option<Replacement>,
}

/// Where the directives of a level stand.
#[derive(Clone, Copy)]
pub(super) struct Stand<'a> {
    /// The paths of the location; `None` outside of all.
    pub(super) path: Option<&'a Path>,
    /// Its regex.
    pub(super) regex: Option<&'a Rc<Regex>>,
    /// Whether it is an `if` in the location.
    pub(super) is_if: bool,
}

impl<'a> Stand<'a> {
    /// In a location with such a path, or outside of all.
    pub(super) fn within(path: Option<&'a Path>) -> Stand<'a> {
        let regex = match path {
            Some(Path::Regex(regex)) => Some(regex),
            Some(Path::Exact(_) | Path::Prefix { .. } | Path::Named(_)) | None => None,
        };
        Stand { path, regex, is_if: false }
    }

    /// In an `if` there.
    pub(super) fn in_if(path: &'a Path) -> Stand<'a> {
        Stand { path: Some(path), regex: None, is_if: true }
    }
}

impl Proxy {
    /// What holds where nothing was said.
    pub(super) fn outermost(family: Family) -> Proxy {
        Proxy {
            family,
            pass: None,
            fields: Rc::new([]),
            method: None,
            body: None,
            hidden: Rc::new([]),
            shown: Rc::new([]),
            redirects: None,
            cookie_domains: Rc::new([]),
            cookie_paths: Rc::new([]),
            cookie_flags: Rc::new([]),
            line: Line::default(),
            keeping: Keeping::default(),
            tls: PeerTls::outermost(family),
        }
    }

    /// Forgets what is passed on.
    pub(super) fn turn_off(&mut self) {
        self.pass = None;
    }

    /// What a location within this one has of it.
    pub(super) fn inherited(&self) -> Proxy {
        Proxy { pass: None, ..self.clone() }
    }

    /// Takes what these directives say.
    pub(super) fn set(
        &mut self,
        directives: &[Directive],
        reader: &mut Reader<'_>,
        groups: &Groups,
        stand: Stand<'_>,
    ) {
        let family = self.family;
        if family.named(directives, "set_header").next().is_some() {
            self.set_fields(directives, reader, groups);
        }
        for (name, place) in [("method", &mut self.method), ("set_body", &mut self.body)] {
            if let Some(directive) = family.named(directives, name).next() {
                let value = reader.value(&directive.args[0], 0, groups);
                *place = reader.report(value).or(place.take());
            }
        }
        for (name, place) in [("hide_header", &mut self.hidden), ("pass_header", &mut self.shown)] {
            if family.named(directives, name).next().is_some() {
                let names = family.named(directives, name);
                let names = names.map(|directive| field_name(&directive.args[0]));
                let names: Vec<_> = names.collect();
                *place = names.into_iter().filter_map(|name| reader.report(name)).collect();
            }
        }
        self.line.set(family.front(), directives, reader, groups);
        self.tls.set(directives, reader, groups);
        match family {
            Family::Proxy => self.set_of_http(directives, reader, groups, stand),
            Family::Grpc => {
                if let Some(directive) = named(directives, "grpc_pass").next() {
                    let pass = reader.grpc_pass(directive, groups);
                    self.pass = reader.report(pass).map(Rc::new);
                }
            }
        }
    }

    /// Takes what `proxy_pass` alone has.
    fn set_of_http(
        &mut self,
        directives: &[Directive],
        reader: &mut Reader<'_>,
        groups: &Groups,
        stand: Stand<'_>,
    ) {
        if named(directives, "proxy_redirect").next().is_some() {
            self.redirects = Some(reader.redirects(directives, groups));
        }
        if named(directives, "proxy_cookie_domain").next().is_some() {
            self.cookie_domains = reader.cookie_domains(directives, groups);
        }
        if named(directives, "proxy_cookie_path").next().is_some() {
            self.cookie_paths = reader.cookie_paths(directives, groups);
        }
        if named(directives, "proxy_cookie_flags").next().is_some() {
            self.cookie_flags = reader.cookie_flags(directives, groups);
        }
        self.keeping.set("proxy", directives, reader, groups);
        reader.check_needless(directives);
        if let Some(directive) = named(directives, "proxy_pass").next() {
            // Whose groups `$1` stands for is known where no step has a regex of its own.
            let stand = match stand.is_if || have_regexes(directives) {
                true => Stand { regex: None, ..stand },
                false => stand,
            };
            let pass = reader.proxy_pass(directive, groups, stand);
            self.pass = reader.report(pass).map(Rc::new);
            self.warn_of_break(directives, reader);
            self.warn_of_host(directive, reader);
            self.warn_of_parts(reader);
        }
    }

    /// Says that a part may be kept as the whole: a part is asked for, and the key does not say which.
    fn warn_of_parts(&self, reader: &mut Reader<'_>) {
        let range = self.fields.iter().find(|(field, _)| is_named(field, b"range"));
        let (Some((range, span)), Some(caching)) = (range, self.keeping.resolved("proxy_host"))
        else {
            return;
        };
        let mut of_range = range.value.0.iter().filter(|piece| matches!(piece, Piece::Variable(_)));
        if of_range.any(|piece| !caching.key.0.contains(piece)) {
            let message = "a part may be kept, and given to who asks for another one";
            reader.diagnostics.push(
                Diagnostic::warning("U13", *span, message)
                    .help("name what it is made of in the `proxy_cache_key` as well"),
            );
        }
    }

    fn set_fields(&mut self, directives: &[Directive], reader: &mut Reader<'_>, groups: &Groups) {
        let fields = self.family.named(directives, "set_header").map(|directive| {
            let [name, value] = &directive.args[..] else {
                unreachable!("the structure is checked")
            };
            field_name(name)?;
            let value = reader.value(value, 0, groups)?;
            Ok((ProxyField { name: name.value.clone(), value }, directive.name.span.to(name.span)))
        });
        let fields: Vec<Checked<_>> = fields.collect();
        let own: Vec<_> = fields.into_iter().filter_map(|field| reader.report(field)).collect();
        reader.diagnostics.extend(dropped(&own, &self.fields, self.family));
        self.fields = own.into();
    }

    /// Says which host the upstream is asked for, where the conf does not.
    fn warn_of_host(&self, directive: &Directive, reader: &mut Reader<'_>) {
        if self.pass.is_none() || self.fields.iter().any(|(field, _)| is_named(field, b"host")) {
            return;
        }
        let message = "the other server is asked for the host that stands here";
        reader.diagnostics.push(
            Diagnostic::lint("U02", directive.args[0].span, message)
                .help("`proxy_set_header Host $host;` passes on the one that the client asks for"),
        );
    }

    /// Says that a path which is rewritten here leaves nothing that the URI could take the place of.
    fn warn_of_break(&self, directives: &[Directive], reader: &mut Reader<'_>) {
        let is_break = |it: &&Directive| it.args.last().is_some_and(|flag| flag.value == b"break");
        let Some(rewrite) = named(directives, "rewrite").find(is_break) else { return };
        let Some((uri, span)) = self.pass.as_ref().and_then(|pass| pass.uri.as_ref()) else {
            return;
        };
        if uri != "/" {
            let message = format!("`{uri}` is left out where the path is rewritten");
            reader.diagnostics.push(
                Diagnostic::warning("U04", *span, message)
                    .also(
                        rewrite.span(),
                        "what this makes of it is passed on as it is, as in nginx",
                    )
                    .help("let `rewrite` write all of the path"),
            );
        }
    }

    /// What a location does that has been given this; `None` if it passes nothing on.
    pub(super) fn resolved(&self, values: &Values) -> Option<ir::Proxy> {
        let pass = self.pass.as_ref()?;
        let mut fields: Vec<_> = self.fields.iter().map(|(field, _)| field.clone()).collect();
        if !fields.iter().any(|field| is_named(field, b"host")) {
            let value = Value(vec![Piece::Variable(Variable::Simple("proxy_host"))]);
            fields.push(ProxyField { name: b"Host".to_vec(), value });
        }
        let caching = self.keeping.resolved("proxy_host");
        if caching.is_some() {
            for (name, value) in withheld_fields() {
                let name = name.as_bytes();
                if !fields.iter().any(|field| is_named(field, name)) {
                    fields.push(ProxyField { name: name.to_vec(), value });
                }
            }
        }
        let default = [Redirect::Default];
        let redirects = self.redirects.as_deref().unwrap_or(&default).iter();
        let redirects = redirects.filter_map(|redirect| match redirect {
            Redirect::Default => pass.redirect.clone(),
            Redirect::To(replacement) => Some(replacement.clone()),
        });
        let always = if self.family == Family::Grpc { &HIDDEN[1..] } else { HIDDEN };
        let hidden = always.iter().map(|name| name.as_bytes().to_vec());
        let mut hidden: Vec<_> = hidden.chain(self.hidden.iter().cloned()).collect();
        hidden.retain(|name| !self.shown.contains(name));
        hidden.sort_unstable();
        hidden.dedup();
        let (wire, plain, tls_plain) = match self.family {
            Family::Proxy => (ir::Wire::Http, values.proxy, values.tls_peer),
            Family::Grpc => {
                let plain =
                    ProxySettings { buffering: false, request_buffering: false, ..values.grpc };
                (ir::Wire::Grpc, plain, values.grpc_tls)
            }
        };
        let is_http2 = self.family == Family::Grpc || plain.http_version == ProxyVersion::Http2;
        Some(ir::Proxy {
            target: pass.target.clone(),
            wire,
            tls: pass.is_secure.then(|| self.tls.resolved(tls_plain, is_http2)),
            method: self.method.clone(),
            fields,
            body: self.body.clone(),
            redirects: redirects.collect(),
            cookie_domains: self.cookie_domains.to_vec(),
            cookie_paths: self.cookie_paths.to_vec(),
            cookie_flags: self.cookie_flags.to_vec(),
            local: self.line.local(),
            rate: self.line.rate(),
            caching,
            hidden,
            plain,
        })
    }

    /// Says what is missing of what is passed on.
    pub(super) fn check(&self, values: &Values, reader: &mut Reader<'_>) {
        if self.pass.as_ref().is_some_and(|pass| pass.is_secure) {
            let plain = match self.family {
                Family::Proxy => values.tls_peer,
                Family::Grpc => values.grpc_tls,
            };
            self.tls.check(plain, reader);
        }
    }
}

fn is_named(field: &ProxyField, name: &[u8]) -> bool {
    field.name.eq_ignore_ascii_case(name)
}

/// The name of a field, in lower case.
pub(super) fn field_name(word: &Word) -> Checked<Vec<u8>> {
    if is_token(&word.value) {
        return Ok(word.value.to_ascii_lowercase());
    }
    let shown = word.shown();
    let message = format!("`{shown}` is not the name of a field");
    let diagnostic = Diagnostic::error("T13", word.span, message);
    Err(Box::new(match shown.strip_suffix(':') {
        Some(bare) if is_token(bare.as_bytes()) => {
            diagnostic.patch("write the name without a colon", word.span, bare)
        }
        _ => diagnostic.help("a name has letters, digits and `-`: `X-Real-IP`"),
    }))
}

/// Warns where a context's own fields are the reason that outer ones are not passed on.
fn dropped(
    own: &[(ProxyField, Span)],
    outer: &[(ProxyField, Span)],
    family: Family,
) -> Option<Diagnostic> {
    let says_something = |(field, _): &&(ProxyField, Span)| {
        let name = String::from_utf8_lossy(&field.name).to_ascii_lowercase();
        field.value.literal() != Some(b"") && !OF_CONNECTION.contains(&&*name)
    };
    let is_dropped = |(field, _): &&(ProxyField, Span)| {
        !own.iter().any(|(other, _)| is_named(other, &field.name))
    };
    let dropped: Vec<_> = outer.iter().filter(says_something).filter(is_dropped).collect();
    let (_, place) = own.first()?;
    let names: Vec<_> = dropped
        .iter()
        .map(|(field, _)| format!("`{}`", String::from_utf8_lossy(&field.name)))
        .collect();
    let message = match &names[..] {
        [] => return None,
        [name] => format!("{name} is not passed on from here"),
        [first, last] => format!("{first} and {last} are not passed on from here"),
        [first, more @ ..] => {
            format!("{first} and {} more fields are not passed on from here", more.len())
        }
    };
    let diagnostic = Diagnostic::warning("U03", *place, message).label(format!(
        "a context with a `{}_set_header` of its own inherits none, as in nginx",
        family.front()
    ));
    let diagnostic = dropped.iter().fold(diagnostic, |diagnostic, (_, span)| {
        diagnostic.also(*span, "this one holds outside only")
    });
    Some(diagnostic.help("write it here, too; with an empty value, it says that it is not meant"))
}

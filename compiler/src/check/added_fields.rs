//! `add_header`, `add_trailer` and `expires`: what is added to the fields of responses.

use std::rc::Rc;

use super::groups::Groups;
use super::reader::Reader;
use crate::ast::{Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::directive::{CompiledSettings, InheritFields};
use crate::ir::{self, Expiration, Piece};
use crate::source::Span;
use crate::value::{Checked, is_token, keyword};

/// Fields by which a client finds the end of a response, or of the connection.
const FRAMING: &[&str] = &["content-length", "transfer-encoding", "connection"];

/// What one context adds, inherited fields included.
#[derive(Clone, Default)]
pub(crate) struct Additions {
    fields: Rc<[Added]>,
    /// What stands in the place of other fields (`more_set_headers`).
    replacing: Rc<[Added]>,
    /// What follows contents.
    trailers: Rc<[Added]>,
    /// `expires`, and where it is written.
    expires: Option<(Expiration, Span)>,
}

/// One `add_header`, `add_trailer`, or field of `more_set_headers`.
#[derive(Clone)]
struct Added {
    field: ir::AddedField,
    /// From the directive's name to the field's.
    span: Span,
}

impl Additions {
    /// Takes the `add_header`s, the `add_trailer`s and the `expires` among the directives of a context.
    pub(super) fn set_fields(
        &mut self,
        directives: &[Directive],
        reader: &mut Reader<'_>,
        groups: &Groups,
        values: &CompiledSettings,
    ) {
        let own = reader.all_added(directives, "add_header", groups);
        let trailers = reader.all_added(directives, "add_trailer", groups);
        self.replace(&reader.all_replacing(directives, groups));
        inherit(&mut self.trailers, &trailers, values.add_trailer_inherit);
        let expires = named(directives, "expires").next();
        if let Some(directive) = expires {
            let read = reader.expires(directive, groups);
            if let Some(read) = reader.report(read) {
                self.expires = read.map(|expires| (expires, directive.span()));
            }
        }
        let says_something = !own.is_empty() || expires.is_some();
        if values.add_header_inherit == InheritFields::Outer {
            reader.diagnostics.extend(dropped(&own, &self.fields));
        }
        inherit(&mut self.fields, &own, values.add_header_inherit);
        if says_something {
            reader.diagnostics.extend(self.sent_twice());
        }
    }

    /// Takes fields of `more_set_headers` for those of their names. Outer ones hold as well.
    fn replace(&mut self, own: &[Added]) {
        for added in own {
            let others = self.replacing.iter().filter(|other| !other.is(&added.field.name));
            self.replacing = others.chain([added]).cloned().collect();
        }
    }

    /// The fields that stand in the place of others, then those that `add_header` adds.
    pub(super) fn fields(&self) -> Vec<ir::AddedField> {
        self.replacing.iter().chain(&*self.fields).map(|added| added.field.clone()).collect()
    }

    /// Those that `add_trailer` adds.
    pub(super) fn trailers(&self) -> Vec<ir::AddedField> {
        self.trailers.iter().map(|added| added.field.clone()).collect()
    }

    /// What `expires` says.
    pub(super) fn expires(&self) -> Option<Expiration> {
        self.expires.as_ref().map(|(expires, _)| expires.clone())
    }

    /// The fields of `expires` that an `add_header` sends again.
    fn sent_twice(&self) -> Option<Diagnostic> {
        let (_, expires) = self.expires.as_ref()?;
        let twice = self.fields.iter().find(|added| {
            added.sends_something() && (added.is("cache-control") || added.is("expires"))
        })?;
        let message = format!("a response has two `{}` fields", twice.field.name);
        let diagnostic = match twice.combines() {
            true => Diagnostic::lint("Z12", twice.span, message),
            false => Diagnostic::warning("Z12", twice.span, message),
        };
        Some(
            diagnostic
                .label("one is sent by this")
                .also(*expires, "and one by this")
                .help("leave `expires` out and say all of it with `add_header`, or the reverse"),
        )
    }
}

/// Puts what holds in a context in the place of what holds outside.
fn inherit(outer: &mut Rc<[Added]>, own: &[Added], how: InheritFields) {
    match how {
        InheritFields::Outer if own.is_empty() => {}
        InheritFields::Outer | InheritFields::Own => *outer = own.into(),
        InheritFields::Both => *outer = own.iter().chain(&**outer).cloned().collect(),
    }
}

impl Added {
    /// Whether it has this name, given in lower case.
    fn is(&self, name: &str) -> bool {
        self.field.name.eq_ignore_ascii_case(name)
    }

    /// Whether it is a Cache-Control that says nothing about how long a response is fresh: what
    /// `expires` says of that and what this says are read as one list.
    fn combines(&self) -> bool {
        let of_time = ["max-age", "s-maxage", "no-cache", "no-store"];
        let value = self.field.value.literal().map(<[u8]>::to_ascii_lowercase);
        let value = value.map(|value| String::from_utf8_lossy(&value).into_owned());
        self.is("cache-control")
            && value.is_some_and(|value| !of_time.iter().any(|word| value.contains(word)))
    }

    fn sends_something(&self) -> bool {
        self.field.value.literal() != Some(b"")
    }
}

/// Warns where a context's own fields are the reason that outer ones are not sent.
fn dropped(own: &[Added], outer: &[Added]) -> Option<Diagnostic> {
    if !own.iter().any(Added::sends_something) {
        // An empty value sends nothing: it is there to keep the outer ones out.
        return None;
    }
    let is_dropped = |added: &&Added| {
        added.sends_something() && !own.iter().any(|other| other.is(&added.field.name))
    };
    let dropped: Vec<_> = outer.iter().filter(is_dropped).collect();
    let names: Vec<_> = dropped.iter().map(|added| format!("`{}`", added.field.name)).collect();
    let message = match &names[..] {
        [] => return None,
        [name] => format!("{name} is not sent here"),
        [first, last] => format!("{first} and {last} are not sent here"),
        [first, more @ ..] => format!("{first} and {} more fields are not sent here", more.len()),
    };
    let diagnostic = Diagnostic::warning("D09", own[0].span, message)
        .label("a context with an `add_header` of its own inherits none, as in nginx");
    let diagnostic = dropped.iter().fold(diagnostic, |diagnostic, added| {
        diagnostic.also(added.span, "this one holds outside only")
    });
    Some(diagnostic.help(
        "`add_header_inherit merge;` keeps what is outside, `add_header_inherit off;` says that \
         it is not meant to be sent",
    ))
}

impl Reader<'_> {
    /// The directives of a context that have this name.
    fn all_added(
        &mut self,
        directives: &[Directive],
        name: &'static str,
        groups: &Groups,
    ) -> Vec<Added> {
        let added = named(directives, name).map(|directive| self.added(directive, groups));
        let added: Vec<_> = added.collect();
        added.into_iter().filter_map(|added| self.report(added)).collect()
    }

    /// The fields of the `more_set_headers` and the `more_clear_headers` of a context.
    fn all_replacing(&mut self, directives: &[Directive], groups: &Groups) -> Vec<Added> {
        let mut all = Vec::new();
        for directive in directives {
            let clears = match directive.name.value.as_slice() {
                b"more_set_headers" => false,
                b"more_clear_headers" => true,
                _ => continue,
            };
            for word in &directive.args {
                let added = self.replacing(word, clears, groups);
                all.extend(self.report(added));
            }
        }
        all
    }

    /// `NAME: VALUE`, or `NAME` of a field that is to be left out.
    fn replacing(&mut self, word: &Word, clears: bool, groups: &Groups) -> Checked<Added> {
        let error = |message: String| Diagnostic::error("T13", word.span, message);
        if word.value.starts_with(b"-") {
            let message = format!("`{}` is not in sitec", word.shown());
            let help = "leave it out: the fields are for all statuses and types, each once";
            return Err(Box::new(error(message).help(help)));
        }
        let colon = word.value.iter().position(|&byte| byte == b':');
        let name = word.part(0..colon.unwrap_or(word.value.len()));
        let text = String::from_utf8_lossy(&word.value[..colon.unwrap_or(word.value.len())]);
        let text = text.trim_end().to_owned();
        if text.ends_with('*') && clears {
            let message = format!("`{text}` names no single field");
            return Err(Box::new(error(message).help("name each field")));
        }
        if !is_token(text.as_bytes()) {
            let message = format!("`{text}` is not the name of a field");
            let help = "write `'NAME: VALUE'`, in one pair of quotes";
            return Err(Box::new(error(message).help(help)));
        }
        if colon.is_none() && !clears {
            let message = format!("`{text}` has no value");
            let help = "write `'NAME: VALUE'`, or leave the field out by `more_clear_headers`";
            return Err(Box::new(error(message).help(help)));
        }
        let lower = text.to_ascii_lowercase();
        if FRAMING.contains(&&*lower) || lower == "date" {
            let message = format!("`{text}` is the server's own to send");
            return Err(Box::new(Diagnostic::error("Z13", name, message)));
        }
        let value = match colon {
            Some(colon) if !clears => {
                let blanks = word.value[colon + 1..].iter().take_while(|byte| **byte == b' ');
                let start = colon + 1 + blanks.count();
                let value = self.value(word, start, groups)?;
                check_text(word, &value)?;
                value
            }
            _ => ir::Value(Vec::new()),
        };
        let field = ir::AddedField { name: text, value, always: true, replaces: true };
        Ok(Added { field, span: word.span })
    }

    /// One `add_header`, or `add_trailer`.
    fn added(&mut self, directive: &Directive, groups: &Groups) -> Checked<Added> {
        let [name, text, options @ ..] = &directive.args[..] else {
            unreachable!("the table asks for two parameters")
        };
        let span = directive.name.span.to(name.span);
        let mut value = self.value(text, 0, groups)?;
        if says_no_content(name, text) {
            let message = "the server says itself how long a response is: this is left out";
            let warning = Diagnostic::warning("Z13", name.span, message);
            self.diagnostics.push(warning.help("delete the line"));
            // Like any other field here, it keeps outer ones out.
            value = ir::Value(Vec::new());
        } else {
            check_name(name)?;
        }
        check_text(text, &value)?;
        if let [always] = options {
            keyword(always, &[("always", ())])?;
        }
        let added = Added {
            field: ir::AddedField {
                name: name.shown(),
                value,
                always: !options.is_empty(),
                replaces: false,
            },
            span,
        };
        if added.sends_something() && directive.name.value == b"add_header" {
            self.diagnostics.extend(spoken_for(name));
        }
        Ok(added)
    }
}

/// Whether this is `Content-Length 0`, which many guides write before a `return 204`.
fn says_no_content(name: &Word, text: &Word) -> bool {
    name.value.eq_ignore_ascii_case(b"content-length") && text.value == b"0"
}

/// A field's name is a token (RFC 9110, 5.1).
fn check_name(word: &Word) -> Checked<()> {
    let shown = word.shown();
    if FRAMING.contains(&shown.to_ascii_lowercase().as_str()) {
        let message = format!("`{shown}` is the server's own to send");
        return Err(Box::new(
            Diagnostic::error("Z13", word.span, message)
                .note("a second one would leave clients in doubt where the response ends"),
        ));
    }
    if is_token(&word.value) {
        return Ok(());
    }
    let message = format!("`{shown}` is not the name of a field");
    let diagnostic = Diagnostic::error("T13", word.span, message);
    Err(Box::new(match shown.strip_suffix(':') {
        Some(bare) if is_token(bare.as_bytes()) => {
            diagnostic.patch("write the name without a colon", word.span, bare)
        }
        _ => diagnostic.help("a name has letters, digits and `-`: `X-Frame-Options`"),
    }))
}

/// A field's value has no control characters but tabs (RFC 9110, 5.5).
fn check_text(word: &Word, value: &ir::Value) -> Checked<()> {
    let is_wrong = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
    let mut literals = value.0.iter().filter_map(|piece| match piece {
        Piece::Literal(bytes) => Some(bytes),
        _ => None,
    });
    if !literals.any(|bytes| bytes.iter().any(is_wrong)) {
        return Ok(());
    }
    let at = word.value.iter().position(is_wrong).unwrap_or_default();
    let (message, help) = match word.value[at] {
        b'\r' | b'\n' => ("a field is one line", "write the value on one line"),
        _ => ("a field has no control characters", "leave it out"),
    };
    Err(Box::new(Diagnostic::error("T13", word.part(at..at + 1), message).help(help)))
}

/// Warns about a field that every response has anyhow.
fn spoken_for(name: &Word) -> Option<Diagnostic> {
    let help = match name.shown().to_ascii_lowercase().as_str() {
        "content-type" => "set the type with `default_type` or `types`",
        "date" | "server" => "leave it out",
        _ => return None,
    };
    let message = format!("a response with `{0}` gets a second `{0}`", name.shown());
    Some(Diagnostic::warning("Z13", name.span, message).help(help))
}

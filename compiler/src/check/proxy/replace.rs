//! What takes the place of texts of an answer: `proxy_redirect`, `proxy_cookie_domain`,
//! `proxy_cookie_path` and `proxy_cookie_flags`.

use std::rc::Rc;

use crate::ast::{Directive, Word, named};
use crate::check::groups::Groups;
use crate::check::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::ir::{CookieFlags, Piece, Regex, Replaced, Replacement, Value};
use crate::suggest::closest;
use crate::value::{Checked, regex};

/// A `proxy_redirect`.
#[derive(Clone)]
pub(super) enum Redirect {
    /// `default`.
    Default,
    /// A text or a regex.
    To(Replacement),
}

/// How a text or a regex is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As a path: `~*` is a regex in any case.
    Path,
    /// As a domain: in any case. A dot before it says nothing.
    Domain,
}

impl Reader<'_> {
    /// The `proxy_redirect`s among these directives.
    pub(super) fn redirects(
        &mut self,
        directives: &[Directive],
        groups: &Groups,
    ) -> Rc<[Redirect]> {
        let mut redirects = Vec::new();
        for directive in named(directives, "proxy_redirect") {
            let redirect = match &directive.args[..] {
                [word] if word.value == b"off" => return Rc::new([]),
                [word] if word.value == b"default" => Ok(Redirect::Default),
                [word] => Err(lone(directive, word)),
                _ => self.replacement(directive, groups, Form::Path).map(Redirect::To),
            };
            redirects.extend(self.report(redirect));
        }
        redirects.into()
    }

    /// The `proxy_cookie_domain`s among these directives.
    pub(super) fn cookie_domains(
        &mut self,
        directives: &[Directive],
        groups: &Groups,
    ) -> Rc<[Replacement]> {
        self.of_cookies(directives, "proxy_cookie_domain", groups, Form::Domain)
    }

    /// The `proxy_cookie_path`s among these directives.
    pub(super) fn cookie_paths(
        &mut self,
        directives: &[Directive],
        groups: &Groups,
    ) -> Rc<[Replacement]> {
        self.of_cookies(directives, "proxy_cookie_path", groups, Form::Path)
    }

    /// The `proxy_cookie_flags` among these directives.
    pub(super) fn cookie_flags(
        &mut self,
        directives: &[Directive],
        groups: &Groups,
    ) -> Rc<[CookieFlags]> {
        let mut all = Vec::new();
        for directive in named(directives, "proxy_cookie_flags") {
            let flags = match &directive.args[..] {
                [word] if word.value == b"off" => return Rc::new([]),
                [word] => Err(without_flags(word)),
                _ => self.flags_of_cookie(directive, groups),
            };
            all.extend(self.report(flags));
        }
        all.into()
    }

    fn flags_of_cookie(&mut self, directive: &Directive, groups: &Groups) -> Checked<CookieFlags> {
        let [cookie, flags @ ..] = &directive.args[..] else {
            unreachable!("the structure is checked")
        };
        let cookie = match cookie.value.starts_with(b"~") {
            false => Replaced::Front(self.value(cookie, 0, groups)?),
            true => {
                let regex = regex(cookie, 1, true)?;
                let found = Regex { pattern: regex.pattern.clone(), captures_used: false };
                self.step_regexes.push(Rc::new(regex));
                Replaced::Regex(found)
            }
        };
        let flags = flags.iter().map(|word| {
            let value = self.value(word, 0, groups)?;
            match value.literal() {
                Some(text) if !is_flag(text) => Err(no_flag(word)),
                _ => Ok(value),
            }
        });
        Ok(CookieFlags { cookie, flags: flags.collect::<Checked<_>>()? })
    }

    fn of_cookies(
        &mut self,
        directives: &[Directive],
        name: &'static str,
        groups: &Groups,
        form: Form,
    ) -> Rc<[Replacement]> {
        let mut replacements = Vec::new();
        for directive in named(directives, name) {
            let replacement = match &directive.args[..] {
                [word] if word.value == b"off" => return Rc::new([]),
                [word] => Err(lone(directive, word)),
                _ => self.replacement(directive, groups, form),
            };
            replacements.extend(self.report(replacement));
        }
        replacements.into()
    }

    fn replacement(
        &mut self,
        directive: &Directive,
        groups: &Groups,
        form: Form,
    ) -> Checked<Replacement> {
        let [pattern, by] = &directive.args[..] else { unreachable!("the structure is checked") };
        if !pattern.value.starts_with(b"~") {
            let mut text = self.value(pattern, 0, groups)?;
            if form == Form::Domain {
                trim_dot(&mut text);
            }
            let by = self.value(by, 0, groups)?;
            return Ok(Replacement { pattern: Replaced::Front(text), by });
        }
        let any_case = form == Form::Path && pattern.value.starts_with(b"~*");
        let start = 1 + usize::from(any_case);
        let regex = regex(pattern, start, any_case || form == Form::Domain)?;
        let own = Groups::Of { pattern: pattern.span, count: regex.groups };
        let by = self.value(by, 0, &own)?;
        let found = Regex { pattern: regex.pattern.clone(), captures_used: false };
        self.step_regexes.push(Rc::new(regex));
        Ok(Replacement { pattern: Replaced::Regex(found), by })
    }
}

/// A dot before a domain says nothing.
fn trim_dot(text: &mut Value) {
    if let Some(Piece::Literal(first)) = text.0.first_mut()
        && first.starts_with(b".")
    {
        first.remove(0);
        if first.is_empty() {
            text.0.remove(0);
        }
    }
}

/// What stands alone where two texts should.
fn lone(directive: &Directive, word: &Word) -> Box<Diagnostic> {
    let name = directive.name.shown();
    let words = if name == "proxy_redirect" { "`off` or `default`" } else { "`off`" };
    let message = format!("`{}` is not {words}", word.shown());
    Box::new(
        Diagnostic::error("T25", word.span, message)
            .help(format!("a text has another behind it that takes its place: `{name} TEXT BY;`")),
    )
}

/// What a cookie may be given, or have taken from it.
const FLAGS: [&str; 8] = [
    "secure",
    "nosecure",
    "httponly",
    "nohttponly",
    "samesite=strict",
    "samesite=lax",
    "samesite=none",
    "nosamesite",
];

fn is_flag(text: &[u8]) -> bool {
    FLAGS.iter().any(|flag| text.eq_ignore_ascii_case(flag.as_bytes()))
}

fn no_flag(word: &Word) -> Box<Diagnostic> {
    let shown = word.shown();
    let wrong = Diagnostic::error("T25", word.span, format!("`{shown}` is no flag of a cookie"));
    Box::new(match closest(&shown, FLAGS) {
        Some(meant) => wrong.patch(format!("did you mean `{meant}`?"), word.span, meant),
        None => wrong.help(format!("there are `{}`", FLAGS.join("`, `"))),
    })
}

fn without_flags(word: &Word) -> Box<Diagnostic> {
    let message = format!("`{}` is not `off`", word.shown());
    let wrong = Diagnostic::error("T25", word.span, message);
    Box::new(wrong.help(
        "a cookie has its flags behind it: `proxy_cookie_flags session secure httponly samesite=lax;`",
    ))
}

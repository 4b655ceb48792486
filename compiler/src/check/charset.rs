//! `charset` and `charset_types`: which responses say in which charset their content is.
//!
//! Where the conf knows the types of files and texts, it is put into the types themselves;
//! the server is left with those that only a response has.

use std::rc::Rc;

use sitec_runtime::http::charset::{self, takes_charset};

use super::text::Groups;
use super::{Checker, named};
use crate::ast::{Directive, Word};
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Value};
use crate::value::{Checked, media_type};

/// The type that `charset_types` need not name.
const ALWAYS: &[u8] = b"text/html";

/// The types where no `charset_types` was given.
const USUAL: &[&[u8]] = &[
    ALWAYS,
    b"text/xml",
    b"text/plain",
    b"text/vnd.wap.wml",
    b"application/javascript",
    b"text/javascript",
    b"application/rss+xml",
];

/// The two directives in one context, inherited ones included.
#[derive(Clone)]
pub(super) struct Charset {
    /// `None`: off.
    name: Option<Value>,
    /// `None`: all.
    types: Rc<Option<Vec<Vec<u8>>>>,
}

impl Charset {
    pub(super) fn outermost() -> Charset {
        let usual = USUAL.iter().map(|name| name.to_vec()).collect();
        Charset { name: None, types: Rc::new(Some(usual)) }
    }

    /// Takes those among the directives of a context.
    pub(super) fn set(
        &mut self,
        directives: &[Directive],
        checker: &mut Checker<'_>,
        groups: &Groups,
    ) {
        if let Some(directive) = named(directives, "charset").next() {
            let name = checker.charset_name(&directive.args[0], groups);
            self.name = checker.report(name).flatten();
        }
        let words = named(directives, "charset_types").flat_map(|directive| &directive.args);
        let words: Vec<_> = words.collect();
        if !words.is_empty()
            && let Some(types) = checker.report(charset_types(&words))
        {
            self.types = Rc::new(types);
        }
    }

    /// Puts the charset into the settings of a location, and into its default type.
    pub(super) fn fill_in(&self, settings: &mut ir::Settings) {
        settings.charset = self.name.as_ref().map(|name| {
            let charset = ir::Charset { name: name.clone(), types: Option::clone(&self.types) };
            say_charset(&charset, &mut settings.default_type);
            charset
        });
    }
}

/// Puts a charset whose name is known into a type that takes it.
pub(super) fn say_charset(charset: &ir::Charset, media_type: &mut Vec<u8>) {
    if let Some(name) = charset.name.literal()
        && takes_charset(media_type, charset.types.as_deref())
    {
        charset::write(name, media_type);
    }
}

impl Checker<'_> {
    /// The name of a charset; `None` for `off`.
    fn charset_name(&mut self, word: &Word, groups: &Groups) -> Checked<Option<Value>> {
        if word.value == b"off" {
            return Ok(None);
        }
        let value = self.value(word, 0, groups)?;
        match value.literal() {
            Some(name) if !is_name(name) => {
                let message = format!("`{}` is not the name of a charset", word.shown());
                Err(Box::new(
                    Diagnostic::error("T14", word.span, message)
                        .help("a name is made of letters, digits, `-`, `_`, `.` and `+`: `utf-8`"),
                ))
            }
            _ => Ok(Some(value)),
        }
    }
}

/// Whether this could be a name that is registered with IANA, and is a token.
fn is_name(name: &[u8]) -> bool {
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.+".contains(byte);
    !name.is_empty() && name.iter().all(belongs)
}

/// The types of a `charset_types`, in lower case.
fn charset_types(words: &[&Word]) -> Checked<Option<Vec<Vec<u8>>>> {
    if words.iter().any(|word| word.value == b"*") {
        return Ok(None);
    }
    let mut types = vec![ALWAYS.to_vec()];
    for word in words {
        let name = media_type(word)?.to_ascii_lowercase();
        if !types.contains(&name) {
            types.push(name);
        }
    }
    Ok(Some(types))
}

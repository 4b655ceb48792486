//! `charset`, `charset_types` and `source_charset`: which responses say in which charset their content
//! is, and in which it lies there.
//!
//! Where the conf knows the types of files and texts, it is put into the types themselves;
//! the server is left with those that only a response has, and with all where contents are recoded.

use std::rc::Rc;

use sitec_runtime::http::charset::is_same;

use super::compression::media_types;
use super::groups::Groups;
use super::reader::Reader;
use crate::ast::{Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::directive;
use crate::ir::{self, Value};
use crate::value::Checked;

/// The directives in one context, inherited ones included.
#[derive(Clone)]
pub(super) struct Charset {
    /// `None`: off.
    name: Option<Value>,
    /// `source_charset`; `None`: off.
    source: Option<Value>,
    /// `None`: all.
    types: Rc<Option<Vec<Vec<u8>>>>,
}

impl Charset {
    pub(super) fn outermost() -> Charset {
        let usual = directive::default_words("charset_types");
        let usual = usual.split(' ').map(|name| name.as_bytes().to_vec()).collect();
        Charset { name: None, source: None, types: Rc::new(Some(usual)) }
    }

    /// Takes those among the directives of a context.
    pub(super) fn set(
        &mut self,
        directives: &[Directive],
        reader: &mut Reader<'_>,
        groups: &Groups,
    ) {
        if let Some(directive) = named(directives, "charset").next() {
            let name = reader.charset_name(&directive.args[0], groups);
            self.name = reader.report(name).flatten();
        }
        if let Some(directive) = named(directives, "source_charset").next() {
            let name = reader.charset_name(&directive.args[0], groups);
            self.source = reader.report(name).flatten();
        }
        self.check_map(directives, reader);
        let words = named(directives, "charset_types").flat_map(|directive| &directive.args);
        let words: Vec<_> = words.collect();
        if !words.is_empty()
            && let Some(types) = reader.report(media_types(&words))
        {
            self.types = Rc::new(types);
        }
    }

    /// As in nginx, two charsets that are known need a map.
    fn check_map(&self, directives: &[Directive], reader: &mut Reader<'_>) {
        let names = ["source_charset", "charset"].into_iter();
        let Some(directive) = names.flat_map(|name| named(directives, name)).next() else { return };
        let literal = |value: &Option<Value>| value.as_ref()?.literal().map(<[u8]>::to_vec);
        let (Some(from), Some(to)) = (literal(&self.source), literal(&self.name)) else { return };
        if is_same(&from, &to) || reader.map_between(&from, &to).is_some() {
            return;
        }
        let [from, to] = [from, to].map(|name| String::from_utf8_lossy(&name).into_owned());
        let message = format!("no `charset_map` is between `{from}` and `{to}`");
        reader.diagnostics.push(Diagnostic::error("T30", directive.args[0].span, message).help(
            format!(
                "write `charset_map {from} {to} {{ … }}`, or include one of nginx's: \
                               `koi-utf`, `koi-win`, `win-utf`"
            ),
        ));
    }

    /// What `source_charset` comes to.
    pub(super) fn source(&self) -> Option<Value> {
        self.source.clone()
    }

    /// What it comes to.
    pub(super) fn resolved(&self) -> Option<ir::Charset> {
        let name = self.name.clone()?;
        Some(ir::Charset { name, types: Option::clone(&self.types) })
    }
}

impl Reader<'_> {
    /// The name of a charset; `None` for `off`.
    fn charset_name(&mut self, word: &Word, groups: &Groups) -> Checked<Option<Value>> {
        if word.value == b"off" {
            return Ok(None);
        }
        let value = self.value(word, 0, groups)?;
        if value.literal().is_some() {
            check_name(word)?;
        }
        Ok(Some(value))
    }
}

/// That a word could be the name of a charset.
pub(super) fn check_name(word: &Word) -> Checked<()> {
    if is_name(&word.value) {
        return Ok(());
    }
    let message = format!("`{}` is not the name of a charset", word.shown());
    Err(Box::new(
        Diagnostic::error("T14", word.span, message)
            .help("a name is made of letters, digits, `-`, `_`, `.` and `+`: `utf-8`"),
    ))
}

/// Whether this could be a name that is registered with IANA, and is a token.
fn is_name(name: &[u8]) -> bool {
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.+".contains(byte);
    !name.is_empty() && name.iter().all(belongs)
}

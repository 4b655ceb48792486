//! `charset` and `charset_types`: which responses say in which charset their content is.
//!
//! Where the conf knows the types of files and texts, it is put into the types themselves;
//! the server is left with those that only a response has.

use std::rc::Rc;

use super::compression::media_types;
use super::groups::Groups;
use super::reader::Reader;
use crate::ast::{Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::directive;
use crate::ir::{self, Value};
use crate::value::Checked;

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
        let usual = directive::default_words("charset_types");
        let usual = usual.split(' ').map(|name| name.as_bytes().to_vec()).collect();
        Charset { name: None, types: Rc::new(Some(usual)) }
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
        let words = named(directives, "charset_types").flat_map(|directive| &directive.args);
        let words: Vec<_> = words.collect();
        if !words.is_empty()
            && let Some(types) = reader.report(media_types(&words))
        {
            self.types = Rc::new(types);
        }
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

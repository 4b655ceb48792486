//! `sub_filter` and `sub_filter_types`: texts that are replaced in contents.

use std::rc::Rc;

use super::compression::media_types;
use super::groups::Groups;
use super::reader::Reader;
use crate::ast::{Directive, named};
use crate::diagnostic::Diagnostic;
use crate::directive;
use crate::ir::{self, Value};
use crate::value::Checked;

/// The directives in one context, inherited ones included.
#[derive(Clone)]
pub(super) struct Substitution {
    pairs: Rc<[(Value, Value)]>,
    /// `None`: all.
    types: Rc<Option<Vec<Vec<u8>>>>,
}

impl Substitution {
    pub(super) fn outermost() -> Substitution {
        let usual = directive::default_words("sub_filter_types").into_bytes();
        Substitution { pairs: Rc::new([]), types: Rc::new(Some(vec![usual])) }
    }

    /// Takes those among the directives of a context.
    pub(super) fn set(
        &mut self,
        directives: &[Directive],
        reader: &mut Reader<'_>,
        groups: &Groups,
    ) {
        let all: Vec<_> = named(directives, "sub_filter").collect();
        if !all.is_empty() {
            let pairs = all.into_iter().filter_map(|directive| {
                let pair = reader.substitution(directive, groups);
                reader.report(pair)
            });
            self.pairs = pairs.collect();
        }
        let words = named(directives, "sub_filter_types").flat_map(|directive| &directive.args);
        let words: Vec<_> = words.collect();
        if !words.is_empty()
            && let Some(types) = reader.report(media_types(&words))
        {
            self.types = Rc::new(types);
        }
    }

    /// What they come to, if any text is replaced.
    pub(super) fn resolved(&self) -> Option<ir::Substitution> {
        let types = Option::clone(&self.types);
        (!self.pairs.is_empty()).then(|| ir::Substitution { pairs: self.pairs.to_vec(), types })
    }
}

impl Reader<'_> {
    /// A text, and what stands in its place.
    fn substitution(&mut self, directive: &Directive, groups: &Groups) -> Checked<(Value, Value)> {
        let [text, by] = &directive.args[..] else { unreachable!("the structure is checked") };
        if text.value.is_empty() {
            return Err(Box::new(
                Diagnostic::error("T28", text.span, "an empty text stands everywhere")
                    .help("name the text that is to be replaced"),
            ));
        }
        Ok((self.value(text, 0, groups)?, self.value(by, 0, groups)?))
    }
}

//! `add_before_body`, `add_after_body` and `addition_types`: what is put around contents.

use std::rc::Rc;

use super::compression::media_types;
use super::inquiry::path;
use super::reader::Reader;
use crate::ast::{Directive, named};
use crate::directive;
use crate::ir;

/// The directives in one context, inherited ones included.
#[derive(Clone)]
pub(super) struct Around {
    /// Empty: nothing comes before.
    before: Rc<[u8]>,
    after: Rc<[u8]>,
    /// `None`: all.
    types: Rc<Option<Vec<Vec<u8>>>>,
}

impl Around {
    pub(super) fn outermost() -> Around {
        let usual = directive::default_words("addition_types").into_bytes();
        let nothing: Rc<[u8]> = Rc::from([]);
        Around { before: nothing.clone(), after: nothing, types: Rc::new(Some(vec![usual])) }
    }

    /// Takes those among the directives of a context.
    pub(super) fn set(&mut self, directives: &[Directive], reader: &mut Reader<'_>) {
        for (name, place) in
            [("add_before_body", &mut self.before), ("add_after_body", &mut self.after)]
        {
            let Some(directive) = named(directives, name).next() else { continue };
            let word = &directive.args[0];
            // As in nginx, an empty one puts nothing there.
            let uri = if word.value.is_empty() { Ok(Vec::new()) } else { path(word) };
            if let Some(uri) = reader.report(uri) {
                *place = uri.into();
            }
        }
        let words = named(directives, "addition_types").flat_map(|directive| &directive.args);
        let words: Vec<_> = words.collect();
        if !words.is_empty()
            && let Some(types) = reader.report(media_types(&words))
        {
            self.types = Rc::new(types);
        }
    }

    /// What they come to, if anything is put around contents.
    pub(super) fn resolved(&self) -> Option<ir::Additions> {
        let Around { before, after, types } = self;
        let is_any = !before.is_empty() || !after.is_empty();
        is_any.then(|| ir::Additions {
            before: before.to_vec(),
            after: after.to_vec(),
            types: Option::clone(types),
        })
    }
}

//! `ssi` and what goes with it: contents that say of others that go into them.

use std::rc::Rc;

use super::compression::media_types;
use super::reader::Reader;
use crate::ast::{Directive, named};
use crate::directive::{self, Values};
use crate::ir::{self, Piece, Value, Variable};

/// The directives in one context, inherited ones included, but for those that are one plain value.
#[derive(Clone)]
pub(super) struct Ssi {
    /// `None`: all.
    types: Rc<Option<Vec<Vec<u8>>>>,
    /// The conf's own variables, which a content may name.
    variables: Rc<[(String, Value)]>,
}

impl Ssi {
    pub(super) fn outermost() -> Ssi {
        let usual = directive::default_words("ssi_types").into_bytes();
        Ssi { types: Rc::new(Some(vec![usual])), variables: Rc::new([]) }
    }

    /// Takes those among the directives of a context.
    pub(super) fn set(&mut self, directives: &[Directive], reader: &mut Reader<'_>) {
        let words = named(directives, "ssi_types").flat_map(|directive| &directive.args);
        let words: Vec<_> = words.collect();
        if !words.is_empty()
            && let Some(types) = reader.report(media_types(&words))
        {
            self.types = Rc::new(types);
        }
        if named(directives, "ssi").next().is_some() {
            self.variables = reader.own_variables().into();
        }
    }

    /// What they come to, where it is on.
    pub(super) fn resolved(&self, values: &Values) -> Option<ir::Ssi> {
        let compiled = &values.compiled;
        compiled.ssi.then(|| ir::Ssi {
            types: Option::clone(&self.types),
            silent_errors: compiled.ssi_silent_errors,
            value_len: compiled.ssi_value_len,
            set_len: compiled.subrequest_output_len,
            variables: self.variables.to_vec(),
        })
    }
}

impl Reader<'_> {
    /// The variables that the conf itself gives values to.
    fn own_variables(&self) -> Vec<(String, Value)> {
        let names = self.assigned.iter().chain(&self.map_names).chain(&self.capture_names.0);
        let mut own: Vec<(String, Variable)> = Vec::new();
        for name in names {
            if own.iter().all(|(other, _)| other != name)
                && let Some(variable) = self.own_variable(name)
            {
                own.push((name.clone(), variable));
            }
        }
        let value = |(name, variable)| (name, Value(vec![Piece::Variable(variable)]));
        own.into_iter().map(value).collect()
    }
}

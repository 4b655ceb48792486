//! The words of `methods` and `limit_except`.

use std::rc::Rc;

use sitec_runtime::http::method::{Method, MethodSet};

use crate::ast::{Directive, Word};
use crate::source::Span;
use crate::value::{self, Checked};

/// The words of a `methods`, and where they are.
pub(super) type Named = Rc<[(Method, Span)]>;

/// The words of a `methods` directive.
pub(super) fn named_methods(directive: &Directive) -> Checked<Named> {
    let named = |word: &Word| Ok((value::method(word)?, word.span));
    directive.args.iter().map(named).collect()
}

/// The methods that such words let be used; HEAD comes with GET.
pub(super) fn method_set(named: &Named) -> MethodSet {
    let set = named.iter().fold(MethodSet::EMPTY, |set, (method, _)| set.with(*method));
    if set.contains(Method::Get) { set.with(Method::Head) } else { set }
}

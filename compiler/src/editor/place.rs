//! Where directives stand, and what may stand there.

use crate::ast::{Directive, Word};
use crate::directive::{self, Context, Form};
use crate::source::{FileId, Span};

/// What stands within a block.
#[derive(Clone, Copy)]
pub(super) enum Inside {
    /// Directives.
    Directives(Context),
    /// Lines that are no directives, such as those of a `map`.
    Lines,
    /// Nobody knows.
    Unknown,
}

impl Inside {
    /// The row of a directive that stands here.
    pub(super) fn row(self, name: &Word) -> Option<&'static directive::Directive> {
        let Inside::Directives(context) = self else { return None };
        name.text().and_then(|name| directive::find_for(name, context))
    }

    /// What stands within a block of this name here.
    pub(super) fn within(self, name: &Word) -> Inside {
        let (Inside::Directives(context), Some(row)) = (self, self.row(name)) else {
            return Inside::Unknown;
        };
        match (row.form, row.form.within(context)) {
            (_, Some(inside)) => Inside::Directives(inside),
            (Form::Table, None) => Inside::Lines,
            (_, None) => Inside::Unknown,
        }
    }
}

/// Where a directive stands.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) inside: Inside,
    /// The `server` block that it is in.
    pub(super) server: Option<Span>,
}

impl Place {
    pub(super) const TOP: Place = Place { inside: Inside::Directives(Context::Main), server: None };

    /// Where what is in a directive's block stands.
    pub(super) fn within(self, directive: &Directive) -> Place {
        let inside = self.inside.within(&directive.name);
        let is_server = matches!(inside, Inside::Directives(Context::Server));
        Place { inside, server: if is_server { Some(directive.name.span) } else { self.server } }
    }
}

/// Whether an offset of a file is in a span, or at its end.
pub(super) fn is_in(span: Span, file: FileId, offset: usize) -> bool {
    span.file == file && (span.start as usize..=span.end as usize).contains(&offset)
}

/// Visits directives with the place of each, until `visit` says that it has seen enough. Returns
/// whether it never did.
pub(super) fn walk<'a>(
    directives: &'a [Directive],
    place: Place,
    visit: &mut dyn FnMut(&'a Directive, Place) -> bool,
) -> bool {
    directives.iter().all(|directive| {
        let block = directive.block.as_ref().map_or(&[][..], |block| &block.directives);
        visit(directive, place) && walk(block, place.within(directive), visit)
    })
}

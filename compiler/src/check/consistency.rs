//! What a location lets clients ask for and nobody answers there: handlers without a method, sizes
//! of content that nobody reads.

use sitec_runtime::http::method::{Method, MethodSet};

use super::level::Level;
use super::reader::Reader;
use crate::ast::{Directive, named};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// Methods by which content comes.
const WITH_CONTENT: MethodSet = MethodSet::of(&[
    Method::Post,
    Method::Put,
    Method::Patch,
    Method::Propfind,
    Method::Proppatch,
    Method::Lock,
]);

impl Reader<'_> {
    /// Looks at what a location says of methods beside what needs them.
    pub(super) fn check_methods_of(&mut self, directives: &[Directive], level: &Level) {
        let Some((methods, words)) = level.methods.zip(level.named_methods.as_ref()) else {
            return;
        };
        // What is nested may have others.
        if named(directives, "location").next().is_some() {
            return;
        }
        let place = words.first().map_or(Span::default(), |(_, span)| *span);
        let writers = MethodSet::of(&[Method::Post, Method::Put]);
        if let Some(store) = named(directives, "upload_store").next()
            && !intersect(methods, writers)
        {
            self.diagnostics.push(
                Diagnostic::warning("Z02", store.name.span, "nobody can upload anything here")
                    .also(place, "only these methods may be used")
                    .help("add POST or PUT to `methods`"),
            );
        }
        let dav = named(directives, "dav_methods").next();
        for word in dav.into_iter().flat_map(|directive| &directive.args) {
            let method = Method::parse(&word.value.to_ascii_uppercase());
            if let Some(method) = method.filter(|&method| !methods.contains(method)) {
                let message = format!("`methods` does not let {} be used", method.name());
                self.diagnostics.push(
                    Diagnostic::warning("Z02", word.span, message)
                        .also(place, "only these methods may be used")
                        .help("add it there, or leave `methods` out"),
                );
            }
        }
        if let Some(size) = named(directives, "client_max_body_size").next()
            && !intersect(methods, WITH_CONTENT)
        {
            self.diagnostics.push(
                Diagnostic::warning("Z03", size.name.span, "no method here has content")
                    .also(place, "only these methods may be used")
                    .help("delete the line"),
            );
        }
    }
}

fn intersect(one: MethodSet, other: MethodSet) -> bool {
    one.iter().any(|method| other.contains(method))
}

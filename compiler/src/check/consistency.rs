//! What a conf lets clients ask for and nobody answers: methods without a handler, handlers
//! without a method, sizes of content that nobody reads.

use std::collections::BTreeMap;
use std::rc::Rc;

use sitec_runtime::http::method::{Method, MethodSet};
use sitec_runtime::site::LocationId;

use super::level::Level;
use super::{Checker, named};
use crate::ast::Directive;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{self, Action, Fallback, Handler, TryFiles};
use crate::source::Span;

/// The words of a `methods`, and where they are.
pub(super) type Named = Rc<[(Method, Span)]>;

/// Methods by which content comes.
const WITH_CONTENT: MethodSet = MethodSet::of(&[
    Method::Post,
    Method::Put,
    Method::Patch,
    Method::Propfind,
    Method::Proppatch,
    Method::Lock,
]);

impl Checker<'_> {
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

/// Reports the words of a `methods` that no location answers which has them.
pub(super) fn check_methods(
    uses: &[(LocationId, Named)],
    site: &ir::Site,
    diagnostics: &mut Diagnostics,
) {
    let mut answered: BTreeMap<Span, (Method, bool)> = BTreeMap::new();
    for (id, words) in uses {
        for &(method, span) in &words[..] {
            let entry = answered.entry(span).or_insert((method, false));
            entry.1 |= may_answer(site, *id, method);
        }
    }
    for (span, (method, _)) in answered.into_iter().filter(|(_, (_, answered))| !answered) {
        let message = format!("nothing here answers {0}: it would be 405", method.name());
        diagnostics.push(Diagnostic::warning("Z01", span, message).help(
            "delete it, or add what answers it: `cgi_pass`, `upload_store`, `dav_methods`, `return`",
        ));
    }
}

/// Whether a location answers a method, or leads to another that may.
fn may_answer(site: &ir::Site, id: LocationId, method: Method) -> bool {
    let location = &site.locations[id as usize];
    let Action::Serve { try_files, handler } = &location.action else { return true };
    let falls_back =
        matches!(try_files, Some(TryFiles { fallback: Fallback::Uri(_) | Fallback::Named(_), .. }));
    let pages = &site.settings[location.settings].error_pages;
    let by_file = matches!(method, Method::Get | Method::Head | Method::Delete);
    let by_handler = match handler {
        Handler::Cgi(_) => true,
        Handler::Upload(_) => matches!(method, Method::Post | Method::Put),
        Handler::Dav(dav) => dav.methods.contains(method),
        Handler::Files | Handler::Status => false,
    };
    // An index may be a script of another location.
    let by_index = method == Method::Post && site.max_scripts.is_some();
    falls_back || by_file || by_handler || by_index || pages.iter().any(|page| page.status == 405)
}

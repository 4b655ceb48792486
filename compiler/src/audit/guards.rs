//! `valid_referers` and `$invalid_referer`, of which one says nothing without the other.

use std::collections::BTreeSet;

use sitec_runtime::site::LocationId;

use super::Subject;
use super::rewriting::names_in;
use crate::ast::Directive;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{Piece, Value, Variable};

/// Reports what is said and not asked, and the reverse.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let (mut said, mut read) = (Vec::new(), BTreeSet::new());
    collect(&subject.conf.directives, &mut said, &mut read);
    if let Some(first) = said.first()
        && !read.contains("invalid_referer")
    {
        diagnostics.push(
            Diagnostic::warning("A12", first.name.span, "nothing reads `$invalid_referer`")
                .label("so this keeps nobody out")
                .help("add `if ($invalid_referer) { return 403; }`"),
        );
    }
    check_unsaid(subject, diagnostics);
}

fn collect<'a>(
    directives: &'a [Directive],
    said: &mut Vec<&'a Directive>,
    read: &mut BTreeSet<String>,
) {
    for directive in directives {
        if directive.name.value == b"valid_referers" {
            said.push(directive);
            continue;
        }
        let words = std::iter::once(&directive.name).chain(&directive.args);
        read.extend(words.flat_map(|word| names_in(&word.value)));
        if let Some(block) = &directive.block {
            collect(&block.directives, said, read);
        }
    }
}

/// Reports servers and locations that ask where nothing was said.
fn check_unsaid(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let site = subject.site;
    let mut reported = BTreeSet::new();
    for id in 0..site.locations.len() as LocationId {
        if subject.settings(id).referers.is_some() {
            continue;
        }
        let mut asks = false;
        let see = &mut |_, value: &Value| asks |= reads_it(value);
        subject.location(id).each_value(see);
        let server = site.servers.iter().find(|server| server.location == id);
        server.iter().flat_map(|server| &server.ops).for_each(|op| op.each_value(see));
        let span = subject.span(id);
        if asks && reported.insert(span) {
            diagnostics.push(
                Diagnostic::warning("A12", span, "`$invalid_referer` is always empty here")
                    .label("no `valid_referers` holds")
                    .help("say in this block which are valid: `valid_referers none server_names;`"),
            );
        }
    }
}

fn reads_it(value: &Value) -> bool {
    value.0.iter().any(|piece| match piece {
        Piece::Variable(Variable::Simple(name)) | Piece::Logged(Variable::Simple(name), _) => {
            *name == "invalid_referer"
        }
        _ => false,
    })
}

//! Limits that count by what a client chooses freely: whoever says something else each time is counted
//! anew each time.

use super::Subject;
use crate::ast::Directive;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{Piece, Value, Variable};

/// Reports them.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    look(subject, &subject.conf.directives, diagnostics);
}

fn look(subject: &Subject<'_>, directives: &[Directive], diagnostics: &mut Diagnostics) {
    for directive in directives {
        if let Some(block) = directive.block.as_ref().filter(|_| directive.name.value == b"http") {
            look(subject, &block.directives, diagnostics);
        }
        let is_zone = matches!(&directive.name.value[..], b"limit_req_zone" | b"limit_conn_zone");
        let [key, zone, ..] = &directive.args[..] else { continue };
        if !is_zone {
            continue;
        }
        let zone = zone.shown();
        let name = zone.trim_start_matches("zone=").split(':').next().unwrap_or_default();
        let found = subject.site.zones.iter().find(|zone| zone.name == name);
        if found.is_some_and(|zone| is_chosen(&zone.key)) {
            diagnostics.push(
                Diagnostic::warning("A04", key.span, "a client chooses what it is counted by")
                    .label("whoever says something else each time is never limited")
                    .help(
                        "count by `$binary_remote_addr`; behind a proxy, `set_real_ip_from` and \
                         `real_ip_header` make that the client's address",
                    ),
            );
        }
    }
}

/// Whether a client alone decides on all that is in a key: by fields, arguments and cookies.
fn is_chosen(key: &Value) -> bool {
    let mut variables = key.0.iter().filter(|piece| !matches!(piece, Piece::Literal(_))).peekable();
    let is_chosen = |piece: &Piece| {
        matches!(
            piece,
            Piece::Variable(
                Variable::RequestField(_) | Variable::Argument(_) | Variable::Cookie(_)
            )
        )
    };
    variables.peek().is_some() && variables.all(is_chosen)
}

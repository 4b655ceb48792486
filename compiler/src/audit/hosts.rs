//! Server names that no host comes to, since others take all of theirs.

use std::rc::Rc;

use sitec_runtime::site::{ListenId, ServerId};

use super::Subject;
use crate::automata;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::Pattern;
use crate::prove::{Budget, Found, Machine, Text, guess, search};
use crate::route::{NameMatch, Router};
use crate::source::Span;

/// The most names that are ruled out one after another.
const MOST_TAKERS: usize = 8;

/// Reports the names, which are regexes: any other one has a host of its own.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let router = subject.router();
    let mut budget = Budget::default();
    for (listen, group) in subject.site.listens.iter().enumerate() {
        let mut seen = vec![0; subject.site.servers.len()];
        for name in &group.names.regex {
            let number = &mut seen[usize::from(name.server)];
            let place = regex_name(subject, name.server, *number);
            *number += 1;
            let Some(taker) = taken(&router, listen as ListenId, &name.pattern, &mut budget) else {
                continue;
            };
            let Some(span) = place else { continue };
            let other = subject.places.servers[usize::from(taker)].span;
            diagnostics.push(
                Diagnostic::warning("K12", span, "no host is left for this name")
                    .label("never selected")
                    .also(other, "this server has its hosts")
                    .note(
                        "names are looked for first whole, then with `*` in front, then behind, \
                         and then as regexes in the order of the conf",
                    ),
            );
        }
    }
}

/// The first server that takes hosts from a regex, if others take them all.
fn taken(
    router: &Router<'_>,
    listen: ListenId,
    pattern: &Pattern,
    budget: &mut Budget,
) -> Option<ServerId> {
    let is_own = |why| matches!(why, NameMatch::Regex(by) if std::ptr::eq(by, pattern));
    let guess = guess(&automata::parsed(pattern));
    if Text::Host.contains(&guess) && is_own(router.server_and_why(listen, &guess).1) {
        return None;
    }
    if budget.is_spent() {
        return None;
    }
    let own = Machine::Pattern { dfa: Rc::new(automata::searcher(pattern)?), negated: false };
    let mut machines = vec![Machine::Text(Text::Host), own];
    let mut taker = None;
    for _ in 0..MOST_TAKERS {
        let host = match search(&machines, budget) {
            Found::Witness(host) => host,
            Found::Nothing => return taker,
            Found::Unknown => return None,
        };
        let (server, why) = router.server_and_why(listen, &host);
        let other = match why {
            _ if is_own(why) => return None,
            NameMatch::Regex(other) => other.clone(),
            NameMatch::Exact => whole("^", &host, "$"),
            NameMatch::Suffix(name) => whole("", name, "$"),
            NameMatch::Prefix(name) => whole("^", name, ""),
            NameMatch::Default => return None,
        };
        taker = taker.or(Some(server));
        let dfa = Rc::new(automata::searcher(&other)?);
        machines.push(Machine::Pattern { dfa, negated: true });
    }
    None
}

/// A pattern of a text between these.
fn whole(front: &str, text: &[u8], back: &str) -> Pattern {
    let text = regex_syntax::escape(&String::from_utf8_lossy(text));
    Pattern { text: format!("{front}{text}{back}"), ignore_case: true }
}

/// Where the regex with this number among a server's is written.
fn regex_name(subject: &Subject<'_>, server: ServerId, number: usize) -> Option<Span> {
    let block = subject.server_block(server)?.block.as_ref()?;
    let names = block.directives.iter().filter(|d| d.name.value == b"server_name");
    let words = names.flat_map(|directive| &directive.args);
    let mut regexes = words.filter(|word| word.value.starts_with(b"~"));
    Some(regexes.nth(number)?.span)
}

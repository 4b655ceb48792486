//! `allow`, `deny` and `limit_except`: rules in order to ranges of addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::rc::Rc;

use super::reader::Reader;
use crate::ast::{Directive, named};
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Ranges};
use crate::source::Span;
use crate::value::{Checked, Clients, clients};

/// One `allow` or `deny`.
struct Rule {
    allows: bool,
    clients: Clients,
    /// The whole directive.
    span: Span,
    /// As it was written.
    shown: String,
}

/// What rules come to.
#[derive(Clone)]
pub(super) struct Rules {
    /// The list, as an index of the site's: who is not named comes in.
    pub(super) access: usize,
    /// Who is let in by name.
    pub(super) named: Rc<ir::Access>,
}

/// The highest address of a family.
const LAST_V4: u128 = u32::MAX as u128;
const LAST_V6: u128 = u128::MAX;

impl Reader<'_> {
    /// The list that the rules among these directives make, if there are any. `asks_others`: of whom
    /// they do not name, a password is asked.
    pub(super) fn access(&mut self, directives: &[Directive], asks_others: bool) -> Option<Rules> {
        let rules: Vec<_> = directives
            .iter()
            .filter(|directive| matches!(&directive.name.value[..], b"allow" | b"deny"))
            .map(|directive| self.rule(directive))
            .collect::<Vec<_>>()
            .into_iter()
            .map(|rule| self.report(rule))
            .collect();
        // With a rule that cannot be read, nothing is known of the others.
        let rules = rules.into_iter().collect::<Option<Vec<_>>>()?;
        let first = rules.first()?;
        // Who writes `allow all` means just that.
        let is_open = |rule: &Rule| rule.allows && !matches!(rule.clients, Clients::All);
        if rules.iter().all(is_open) && !asks_others {
            self.diagnostics.push(
                Diagnostic::warning("X08", first.span, "nobody is kept out here")
                    .help("add `deny all;` behind what is allowed"),
            );
        }
        let answer = named(directives, "return").next();
        if let (Some(answer), Some(rule)) = (answer, rules.iter().find(|rule| !rule.allows)) {
            let message = "`return` answers before `deny` is looked at, as in nginx";
            self.diagnostics.push(
                Diagnostic::warning("X09", rule.span, message)
                    .also(answer.span(), "everyone gets this")
                    .help("serve what is to be protected from a `location` without `return`"),
            );
        }
        let (access, used) = resolve(&rules, true);
        for (index, rule) in rules.iter().enumerate().filter(|(index, _)| !used.contains(index)) {
            self.diagnostics.push(dead(rule, &rules[..index]));
        }
        let named = Rc::new(resolve(&rules, false).0);
        Some(Rules { access: self.tables.accesses.add(access), named })
    }

    /// The list of those that directives name.
    pub(super) fn named_clients<'d>(
        &mut self,
        directives: impl Iterator<Item = &'d Directive>,
    ) -> Option<usize> {
        let rules: Vec<_> = directives.map(|directive| self.rule(directive)).collect();
        let rules: Vec<_> = rules.into_iter().map(|rule| self.report(rule)).collect();
        let rules = rules.into_iter().collect::<Option<Vec<_>>>()?;
        let rules: Vec<_> = rules.into_iter().map(|rule| Rule { allows: true, ..rule }).collect();
        Some(self.tables.accesses.add(resolve(&rules, false).0))
    }

    fn rule(&mut self, directive: &Directive) -> Checked<Rule> {
        let word = &directive.args[0];
        let (clients, host_bits) = clients(word)?;
        if let Some(network) = host_bits {
            let message = format!("`{}` has bits that its prefix leaves out", word.shown());
            self.diagnostics.push(
                Diagnostic::warning("X10", word.span, message)
                    .patch(format!("write `{network}`"), word.span, network)
                    .help("leave the prefix out if one address is meant"),
            );
        }
        Ok(Rule {
            allows: directive.name.value == b"allow",
            clients,
            span: directive.span(),
            shown: format!("{} {}", directive.name.shown(), word.shown()),
        })
    }
}

/// That the rule decides nothing, as those before it have decided.
fn dead(rule: &Rule, before: &[Rule]) -> Diagnostic {
    let diagnostic =
        Diagnostic::warning("X10", rule.span, format!("`{}` can never apply", rule.shown));
    match before.iter().find(|other| covers(&other.clients, &rule.clients)) {
        Some(other) if other.allows == rule.allows => diagnostic
            .also(other.span, "this comes first and says the same of more")
            .help("delete it"),
        Some(other) => diagnostic
            .also(other.span, "this comes first and decides for all of its addresses")
            .help("rules are tried in order: put the narrower one first"),
        None => diagnostic.note("the rules before it decide for all of its addresses"),
    }
}

/// Whether a rule about `inner` has nothing to say behind one about `outer`.
fn covers(outer: &Clients, inner: &Clients) -> bool {
    let within = |inner: &RangeInclusive<u128>, outer: &RangeInclusive<u128>| {
        outer.contains(inner.start()) && outer.contains(inner.end())
    };
    match (outer, inner) {
        (Clients::All, _) | (Clients::Unix, Clients::Unix) => true,
        (Clients::V4(outer), Clients::V4(inner)) | (Clients::V6(outer), Clients::V6(inner)) => {
            within(inner, outer)
        }
        _ => false,
    }
}

/// What the rules come to, with the verdict on who is not named, and the indices of those that decide
/// something.
fn resolve(rules: &[Rule], unnamed: bool) -> (ir::Access, BTreeSet<usize>) {
    let mut used = BTreeSet::new();
    let mut family = |last: u128, range: fn(&Clients) -> Option<&RangeInclusive<u128>>| {
        let rules = rules.iter().enumerate().filter_map(|(index, rule)| {
            let range = match rule.clients {
                Clients::All => 0..=last,
                _ => range(&rule.clients)?.clone(),
            };
            Some((index, range))
        });
        let rules_of_family: Vec<_> = rules.collect();
        sweep(&rules_of_family, last, &mut used)
    };
    let v4 = family(LAST_V4, |clients| match clients {
        Clients::V4(range) => Some(range),
        _ => None,
    });
    let v6 = family(LAST_V6, |clients| match clients {
        Clients::V6(range) => Some(range),
        _ => None,
    });
    let unix = (0..).zip(rules).find(|(_, rule)| covers(&rule.clients, &Clients::Unix));
    used.extend(unix.map(|(index, _)| index));
    let verdict = |deciding: Option<usize>| deciding.map_or(unnamed, |index| rules[index].allows);
    let ranges = |runs: &[(u128, Option<usize>)]| {
        let mut flips = Vec::new();
        let first = verdict(runs.first().and_then(|(_, deciding)| *deciding));
        let mut current = first;
        for &(at, deciding) in runs {
            if verdict(deciding) != current {
                flips.push(at);
                current = !current;
            }
        }
        Ranges { first, flips }
    };
    let is_about_v4 = |rule: &Rule| matches!(rule.clients, Clients::All | Clients::V4(_));
    let access = ir::Access {
        // Who is not let in by name is not, of whatever family.
        v4: (!unnamed || rules.iter().any(is_about_v4)).then(|| ranges(&v4)),
        v6: ranges(&v6),
        unix: verdict(unix.map(|(index, _)| index)),
    };
    (access, used)
}

/// The addresses at which another of the rules begins to decide, from 0 on, and which: the
/// first one that holds there.
pub(super) fn sweep(
    rules: &[(usize, RangeInclusive<u128>)],
    last: u128,
    used: &mut BTreeSet<usize>,
) -> Vec<(u128, Option<usize>)> {
    let mut edges: BTreeMap<u128, Vec<usize>> = BTreeMap::from([(0, Vec::new())]);
    for (index, range) in rules {
        edges.entry(*range.start()).or_default().push(*index);
        if *range.end() < last {
            edges.entry(range.end() + 1).or_default().push(*index);
        }
    }
    let mut holding = BTreeSet::new();
    let mut runs = Vec::with_capacity(edges.len());
    for (at, rules) in edges {
        for index in rules {
            // Each rule comes up where it begins, and where it is over.
            if !holding.remove(&index) {
                holding.insert(index);
            }
        }
        let deciding = holding.first().copied();
        used.extend(deciding);
        runs.push((at, deciding));
    }
    runs
}

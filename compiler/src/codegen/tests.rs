//! What is generated routes as the plain evaluation of `ir` does.

use proptest::collection::vec;
use proptest::prelude::*;
use sitec_runtime::regex::{Aligned, Set};
use sitec_runtime::site::{LocationId, ServerId};
use sitec_runtime::trie::{End, Trie};

use super::host::parts;
use super::plan::{Plan, RegexesIndex, ScopeIndex, Target};
use crate::by_hand;
use crate::route::Router;
use crate::sketch::{hosts, paths, sketches};
use crate::{automata, ir};

/// Walks a plan, with the tables and automata that the generated text includes.
struct Interpreter<'a> {
    plan: &'a Plan,
    sets: Vec<Set>,
    tries: Vec<Vec<u8>>,
}

impl<'a> Interpreter<'a> {
    fn new(plan: &'a Plan) -> Self {
        let patterns = plan.regexes.iter().map(|regexes| regexes.patterns.iter().collect());
        let sets = patterns.map(|patterns: Vec<&ir::Pattern>| load(&automata::set(&patterns)));
        let tries = plan.scopes.iter().map(|scope| scope.names.flatten(End::Front));
        Interpreter { plan, sets: sets.collect(), tries: tries.collect() }
    }

    fn follow(&self, target: Target, path: &[u8]) -> LocationId {
        match target {
            Target::Location(id) => id,
            Target::Scope(scope) => self.scope(scope, path),
        }
    }

    fn scope(&self, index: ScopeIndex, path: &[u8]) -> LocationId {
        let scope = &self.plan.scopes[index];
        let found = Trie::new(&self.tries[index]).find(path).unwrap_or(scope.otherwise);
        if scope.exact.contains(&found) {
            return found;
        }
        if let Some((_, nested)) = scope.nested.iter().find(|(location, _)| *location == found) {
            return self.scope(*nested, path);
        }
        let lists = scope.regexes_after(scope.no_regex.contains(&found));
        lists.into_iter().find_map(|list| self.regexes(list, path)).unwrap_or(found)
    }

    fn regexes(&self, index: RegexesIndex, path: &[u8]) -> Option<LocationId> {
        let pattern = self.sets[index].find(path)?;
        Some(self.follow(self.plan.regexes[index].targets[pattern], path))
    }
}

/// The server of a host, by the tables that the generated text includes.
fn server(names: &ir::ServerNames, default: ServerId, host: &[u8]) -> ServerId {
    let found = parts(names).into_iter().find_map(|part| {
        let bytes = part.tree.flatten(part.end);
        match part.end {
            End::Front => Trie::new(&bytes).find(host),
            End::Back => Trie::new(&bytes).find_from_end(host),
        }
    });
    if let Some(id) = found {
        return id as ServerId;
    }
    let patterns: Vec<_> = names.regex.iter().map(|name| &name.pattern).collect();
    let regex = load(&automata::set(&patterns)).find(host).filter(|_| !host.is_empty());
    regex.map_or(default, |index| names.regex[index].server)
}

/// A set in memory that is aligned for it, and never freed: for tests.
fn load(bytes: &[u8]) -> Set {
    const LEN: usize = 256 << 10;
    let mut aligned = Box::new(Aligned([0; LEN]));
    aligned.0[..bytes.len()].copy_from_slice(bytes);
    Set::load(Box::leak(aligned))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn plans_agree_with_the_plain_evaluation(sketch in sketches(), paths in vec(paths(), 40)) {
        let site = by_hand::site(&sketch);
        let plan = Plan::new(&site);
        let (router, interpreter) = (Router::new(&site), Interpreter::new(&plan));
        for (server, &target) in (0..).zip(&plan.servers) {
            for path in &paths {
                let path = path.as_bytes();
                prop_assert_eq!(interpreter.follow(target, path), router.location(server, path));
            }
        }
    }

    #[test]
    fn names_agree_with_the_plain_evaluation(sketch in sketches(), hosts in vec(hosts(), 40)) {
        let site = by_hand::site(&sketch);
        let (router, names) = (Router::new(&site), &site.listens[0].names);
        for host in &hosts {
            prop_assert_eq!(server(names, 0, host.as_bytes()), router.server(0, host.as_bytes()));
        }
    }
}

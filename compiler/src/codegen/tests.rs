//! What is generated routes as the plain evaluation of `ir` does.

use proptest::collection::vec;
use proptest::prelude::*;
use sitec_runtime::regex::{Aligned, Set};
use sitec_runtime::site::LocationId;
use sitec_runtime::trie::{End, Trie};

use super::plan::{Plan, RegexesIndex, ScopeIndex, Target};
use crate::by_hand;
use crate::route::Router;
use crate::sketch::{paths, sketches};
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
}

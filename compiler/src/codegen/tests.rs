//! What is generated routes as the plain evaluation of `ir` does.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use sitec_runtime::regex::Set;
use sitec_runtime::site::{LocationId, ServerId};
use sitec_runtime::trie::{End, Trie};

use super::host::parts;
use super::plan::{Plan, RegexesIndex, ScopeIndex, Target};
use crate::assets::Assets;
use crate::files::Memory;
use crate::route::Router;
use crate::sketch::{hosts, large as large_sketch, paths, sketches};
use crate::{Generated, automata, compile, generate, ir};

/// The site of a conf that has nothing wrong with it.
pub(super) fn site(conf: &str) -> ir::Site {
    let compilation = compile(&Memory::new([("site.conf", conf)]), Path::new("site.conf"));
    let shown = compilation.diagnostics.render(&compilation.sources, false);
    compilation.site.unwrap_or_else(|| panic!("{conf}\n{shown}"))
}

/// Walks a plan, with the tables and automata that the generated text includes.
struct Interpreter<'a> {
    plan: &'a Plan,
    sets: Vec<Set>,
    tries: Vec<Vec<u8>>,
}

impl<'a> Interpreter<'a> {
    fn new(plan: &'a Plan) -> Self {
        let patterns = plan.regexes.iter().map(|regexes| regexes.patterns.iter().collect());
        let sets = patterns
            .map(|patterns: Vec<&ir::Pattern>| Set::load(Vec::leak(automata::set(&patterns))));
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
    let regex =
        Set::load(Vec::leak(automata::set(&patterns))).find(host).filter(|_| !host.is_empty());
    regex.map_or(default, |index| names.regex[index].server)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn plans_agree_with_the_plain_evaluation(sketch in sketches(), paths in vec(paths(), 40)) {
        let site = site(&sketch.conf());
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
        let site = site(&sketch.conf());
        let (router, names) = (Router::new(&site), &site.listens[0].names);
        for host in &hosts {
            prop_assert_eq!(server(names, 0, host.as_bytes()), router.server(0, host.as_bytes()));
        }
    }
}

/// A conf that is all redirects.
fn redirects(count: usize) -> String {
    let locations = (0..count).map(|i| format!("location /r{i}/ {{ return 301 /t/{i}; }}\n"));
    format!("server {{ listen 80; {} }}", locations.collect::<String>())
}

#[test]
fn large_sites_are_tables() {
    let [small, large] =
        [600, 1200].map(|count| generate(&site(&redirects(count)), &Assets::default()));
    let names = |generated: &Generated| -> Vec<_> {
        let names = generated.blobs.iter().map(|(name, _)| name.clone());
        names.filter(|name| name.ends_with(".trie") || name.ends_with(".table")).collect()
    };
    assert_eq!(names(&large), ["scope-0.trie", "responses.table"]);
    assert!(large.code.len() < small.code.len() + 100, "the text does not grow with the conf");

    let code = generate(&site(&large_sketch().conf()), &Assets::default()).code;
    assert!(
        code.contains("NAMES_0.find(path)") && code.contains("NAMES_OF_LISTEN_0.find_from_end")
    );
}

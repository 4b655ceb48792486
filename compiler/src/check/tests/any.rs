//! Confs drawn at random: whatever they say, there is an answer and no panic.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::compiled;
use crate::directive;

/// Words that are right somewhere, and some that are right nowhere.
const WORDS: &[&str] = &[
    "on",
    "off",
    "80",
    "8080",
    "[::]:80",
    "127.0.0.1:80",
    "unix:a",
    "www",
    "img/",
    "/srv/www",
    "/",
    "/a",
    "/a/",
    "=",
    "~",
    "~*",
    "^~",
    "^/(a)$",
    "'^/(?<n>a)/.*'",
    "@x",
    "=404",
    "404",
    "301",
    "$uri",
    "$1",
    "$n",
    "${P}",
    "${P}:80",
    "*:${P}",
    "$",
    "1m",
    "5s",
    "0",
    "a.test",
    "*.test",
    "~^a",
    "\"\"",
    "default_server",
    "ipv6only=off",
    "backlog=5",
    "combined",
    "stdout",
    "GET",
    "text/html",
    "robots.txt",
    "unlimited",
    "none",
    "auto",
    "é",
    "$document_root",
    "x=$y",
];

fn directives(depth: u32) -> BoxedStrategy<String> {
    let names: Vec<_> = directive::all().map(|row| row.name).collect();
    let line = (select(names), vec(select(WORDS), 0..4));
    let simple = line.clone().prop_map(|(name, args)| format!("{name} {};", args.join(" ")));
    if depth == 0 {
        return vec(simple, 0..4).prop_map(|lines| lines.join("\n")).boxed();
    }
    let opener =
        select(vec!["server", "server", "location", "location", "http", "types", "return"]);
    let block = (opener, vec(select(WORDS), 0..3), directives(depth - 1))
        .prop_map(|(name, args, inside)| format!("{name} {} {{ {inside} }}", args.join(" ")));
    vec(prop_oneof![simple, block], 0..6).prop_map(|lines| lines.join("\n")).boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_conf_has_an_answer(conf in directives(3)) {
        let conf = format!("param P 80;\n{conf}");
        let compilation = compiled(&conf);
        prop_assert_eq!(compilation.site.is_some(), !compilation.diagnostics.has_errors());
        compilation.diagnostics.render(&compilation.sources, false);
    }

    #[test]
    fn any_block_in_a_server_has_an_answer(inside in directives(2)) {
        let conf = format!("param P 80; server {{ root www; {inside} }}");
        let compilation = compiled(&conf);
        prop_assert_eq!(compilation.site.is_some(), !compilation.diagnostics.has_errors());
    }
}

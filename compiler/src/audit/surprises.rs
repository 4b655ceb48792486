//! Steps of rewriting that do something else than they seem to: an `if` that takes settings away, a `?`
//! that drops the arguments, conditions that a location or a server is the name for, variables that are
//! given values elsewhere, and patterns that nothing can match.

use std::collections::BTreeSet;

use sitec_runtime::site::{LocationId, ServerId};

use super::Subject;
use super::rewriting::names_in;
use crate::ast::{Directive, named};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{self, Op, Scope};
use crate::prove::{Budget, Found, Index, Machine, Text, Trie, search};
use crate::source::Span;

/// Reports them.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    look_into(&subject.conf.directives, &mut Vec::new(), diagnostics);
    check_unset(subject, diagnostics);
    let mut budget = Budget::default();
    for server in &subject.site.servers {
        let text = Text::Path { merge_slashes: server.merge_slashes, hidden: true };
        check_never(subject, (&server.scope, text), &mut budget, diagnostics);
    }
}

/// Looks into blocks. `around` are the directives of those that these stand in.
fn look_into<'a>(
    directives: &'a [Directive],
    around: &mut Vec<&'a [Directive]>,
    diagnostics: &mut Diagnostics,
) {
    around.push(directives);
    for directive in directives {
        let Some(block) = &directive.block else {
            if directive.name.value == b"rewrite" {
                diagnostics.extend(drops_arguments(directive));
            }
            continue;
        };
        match &directive.name.value[..] {
            b"if" => diagnostics.extend(another_name(directive, around)),
            b"location" => check_ifs(&block.directives, diagnostics),
            _ => {}
        }
        look_into(&block.directives, around, diagnostics);
    }
    around.pop();
}

/// Whether a `rewrite` within the server drops the arguments, which its `?` alone says.
fn drops_arguments(directive: &Directive) -> Option<Diagnostic> {
    let [_, target, flag @ ..] = &directive.args[..] else { return None };
    let is_redirect = flag.iter().any(|flag| matches!(&flag.value[..], b"redirect" | b"permanent"))
        || ["http://", "https://", "$scheme"]
            .iter()
            .any(|front| target.value.starts_with(front.as_bytes()));
    let len = target.value.len();
    if is_redirect
        || target.quoted
        || target.value.iter().filter(|&&byte| byte == b'?').count() != 1
        || !target.value.ends_with(b"?")
    {
        return None;
    }
    Some(
        Diagnostic::warning(
            "R03",
            target.part(len - 1..len),
            "this drops the arguments of the request",
        )
        .help("delete it, or write what they are to be: `?$args` is what they are without it"),
    )
}

/// What an `if` of a location takes away from it.
fn check_ifs(directives: &[Directive], diagnostics: &mut Diagnostics) {
    let is_step = |directive: &&Directive| {
        matches!(&directive.name.value[..], b"return" | b"rewrite" | b"set" | b"break" | b"if")
    };
    let mut earlier: Option<&Directive> = None;
    for directive in named(directives, "if") {
        let Some(block) = &directive.block else { continue };
        let within = &block.directives;
        let leaves = named(within, "return").chain(named(within, "rewrite")).next().is_some();
        let place = directive.name.span;
        let settings: Vec<_> = within.iter().filter(|it| !is_step(it)).collect();
        if let Some(lost) = named(directives, "try_files").next().filter(|_| !leaves) {
            diagnostics.push(
                Diagnostic::warning("R04", place, "where this holds, `try_files` is not looked at")
                    .also(lost.span(), "this one: an `if` is a location of its own, without it")
                    .help("let a `map` find out what the `if` asks for, or `return` in it"),
            );
        }
        let Some(first) = settings.first() else { continue };
        if let Some(other) = earlier {
            diagnostics.push(
                Diagnostic::warning(
                    "R04",
                    place,
                    "of two `if`s that hold, the last one is all that counts",
                )
                .also(other.name.span, "what this one says is lost then")
                .also(first.name.span, "since this is a setting, and not `return` or `set`")
                .help("let a `map` give the value"),
            );
        }
        earlier = Some(directive);
    }
}

/// The condition of an `if` that a location or a server is the name for.
fn another_name(directive: &Directive, around: &[&[Directive]]) -> Option<Diagnostic> {
    let block = directive.block.as_ref()?;
    let is_in_server = around.last().is_some_and(|level| named(level, "listen").next().is_some());
    let only_returns = matches!(&block.directives[..], [only] if only.name.value == b"return");
    if !is_in_server || !only_returns {
        return None;
    }
    let [variable, sign, value] = &directive.args[..] else { return None };
    let value = value.text()?.trim_end_matches(')');
    let path = |text: &str| {
        text.starts_with('/') && !text.contains(['$', '?', '[', '(', '*', '\\', '|', '+'])
    };
    let help = match (variable.text()?.trim_start_matches('('), sign.text()?) {
        ("$uri", "=") if path(value) => format!("write `location = {value} {{ … }}`"),
        ("$uri" | "$request_uri", "~") if value.strip_prefix('^').is_some_and(path) => {
            let value = &value[1..];
            format!("write `location {value} {{ … }}`")
        }
        ("$host", "=") if !value.contains('$') && value.contains('.') => {
            format!("give `{value}` a `server` of its own: `server {{ server_name {value}; … }}`")
        }
        _ => return None,
    };
    Some(
        Diagnostic::warning(
            "R09",
            directive.name.span,
            "every request is asked this, which needs no `if`",
        )
        .help(help),
    )
}

/// Reports variables that a server reads and that only others give values to.
fn check_unset(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let slots: BTreeSet<&str> = subject.site.slots.iter().map(String::as_str).collect();
    if slots.is_empty() || subject.site.ssi().is_some() {
        return;
    }
    let mut groups = BTreeSet::new();
    let mut seen = Vec::new();
    each_word(&subject.conf.directives, &mut |_, text, _| collect_groups(text, &mut groups));
    for id in 0..subject.site.servers.len() as ServerId {
        let Some(block) = subject.server_block(id).and_then(|it| it.block.as_ref()) else {
            continue;
        };
        let (mut given, mut read) = (BTreeSet::new(), Vec::new());
        each_word(&block.directives, &mut |is_given, text, span| match is_given {
            true => given.extend(names_in(text)),
            false => read.extend(names_in(text).into_iter().map(|name| (name, span))),
        });
        for (name, span) in read {
            let is_unset =
                slots.contains(&name[..]) && !given.contains(&name) && !groups.contains(&name);
            if is_unset && !seen.contains(&span) {
                seen.push(span);
                diagnostics.push(
                    Diagnostic::warning(
                        "R05",
                        span,
                        format!("nothing in this server gives `${name}` a value"),
                    )
                    .label("it is always empty here")
                    .help(format!("another server does: write `set ${name} …;` in this one, too")),
                );
            }
        }
    }
}

/// Calls `see` with each word: whether it names a variable that is given a value, its text and its place.
fn each_word(directives: &[Directive], see: &mut dyn FnMut(bool, &[u8], Span)) {
    for directive in directives {
        let gives = matches!(&directive.name.value[..], b"set" | b"auth_request_set");
        for (at, word) in directive.args.iter().enumerate() {
            see(gives && at == 0, &word.value, word.span);
        }
        if let Some(block) = &directive.block {
            each_word(&block.directives, see);
        }
    }
}

/// The names of the groups of a regex, in lower case.
fn collect_groups(text: &[u8], groups: &mut BTreeSet<String>) {
    let text = String::from_utf8_lossy(text);
    for part in text.split("(?").skip(1) {
        let part = part.strip_prefix('P').unwrap_or(part);
        let name = part.strip_prefix('<').and_then(|part| part.split_once('>'));
        groups.extend(name.map(|(name, _)| name.to_ascii_lowercase()));
    }
}

/// Reports patterns of `rewrite` that no path of their location matches.
fn check_never(
    subject: &Subject<'_>,
    (scope, text): (&Scope, Text),
    budget: &mut Budget,
    diagnostics: &mut Diagnostics,
) {
    for (path, id) in &scope.exact {
        let is_match = |pattern: &ir::Pattern| subject.router().is_match(pattern, path);
        report_never(subject, *id, |pattern| !is_match(pattern), diagnostics);
    }
    for prefix in &scope.prefix {
        let trie = Trie::new([&prefix.path[..]], []);
        let mut nothing_matches = |pattern: &ir::Pattern| {
            let index = Index::new([pattern]);
            let Some(dfa) = index.automaton(0) else { return false };
            let machines = [
                Machine::Text(text),
                Machine::Prefix { trie: &trie, wanted: Box::new(|longest| longest.is_some()) },
                Machine::Pattern { dfa, negated: false },
            ];
            search(&machines, budget) == Found::Nothing
        };
        report_never(subject, prefix.location, &mut nothing_matches, diagnostics);
        check_never(subject, (&prefix.nested, text), budget, diagnostics);
    }
}

/// Reports the first steps of a location as long as no path matches them: what comes after one that does
/// is asked of another path.
fn report_never(
    subject: &Subject<'_>,
    id: LocationId,
    mut is_never: impl FnMut(&ir::Pattern) -> bool,
    diagnostics: &mut Diagnostics,
) {
    let block = subject.block(id).and_then(|directive| directive.block.as_ref());
    let Some(block) = block else { return };
    let written = named(&block.directives, "rewrite");
    let rewrites = subject.location(id).ops.iter().filter_map(|op| match op {
        Op::Rewrite(rewrite) => Some(rewrite),
        _ => None,
    });
    // Within an `if`, the order is another one.
    if named(&block.directives, "if").next().is_some() {
        return;
    }
    for (directive, rewrite) in written.zip(rewrites) {
        if !is_never(&rewrite.regex.pattern) {
            return;
        }
        let Some(word) = directive.args.first() else { return };
        diagnostics.push(
            Diagnostic::warning(
                "R02",
                word.span,
                "no path that comes to this location matches this",
            )
            .also(subject.span(id), "every path that comes here begins so")
            .help(
                "write the whole path, with what the location has of it, or delete the `rewrite`",
            ),
        );
    }
}

//! What to say about a directive that is no row of the table.

use std::collections::BTreeSet;

use super::structure::{Inside, usage};
use crate::ast::{Conf, Directive};
use crate::diagnostic::Diagnostic;
use crate::directive;
use crate::names::{self, Group, Known};
use crate::suggest::closest;

/// What to say about `directive`, whose name is not in the table.
pub(super) fn explain(directive: &Directive, inside: &Inside) -> Diagnostic {
    match directive.name.text().and_then(names::lookup) {
        Some(Known::Nginx(group)) => unsupported(directive, group),
        Some(Known::Process(group)) => no_effect(directive, group),
        Some(Known::Foreign(ours, same)) => foreign(directive, ours, same),
        None => unknown(directive, inside),
    }
}

/// Whether `directive`, whose name is not in the table, only says what is so without it.
pub(super) fn holds_anyway(directive: &Directive) -> bool {
    match (directive.name.text(), &directive.args[..], &directive.block) {
        (Some(name), [value], None) => {
            value.text().is_some_and(|value| names::holds_anyway(name, value))
        }
        _ => false,
    }
}

/// Directives that define variables and are not supported, and which word is the variable.
const DEFINING: &[(&[u8], usize)] = &[
    (b"auth_request_set", 0),
    (b"geo", 0),
    (b"geo", 1),
    (b"js_set", 0),
    (b"map", 1),
    (b"perl_set", 0),
    (b"set", 0),
    (b"split_clients", 1),
];

/// The variables that such directives define, in lower case. Whoever is told of the directive
/// need not be told of each use.
pub(crate) fn foreign_variables(conf: &Conf) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect_variables(&conf.directives, &mut found);
    found
}

fn collect_variables(directives: &[Directive], found: &mut BTreeSet<String>) {
    for directive in directives {
        let places = DEFINING.iter().filter(|(name, _)| *name == &directive.name.value[..]);
        let words = places.filter_map(|(_, place)| directive.args.get(*place)?.text());
        found.extend(words.filter_map(|word| Some(word.strip_prefix('$')?.to_ascii_lowercase())));
        if let Some(block) = &directive.block {
            collect_variables(&block.directives, found);
        }
    }
}

fn unsupported(directive: &Directive, group: &Group) -> Diagnostic {
    let message = format!("nginx's `{}` is not supported", directive.name.shown());
    let diagnostic = Diagnostic::error("D02", directive.name.span, message)
        .label(format!("for {}, which sitec does not do", group.about))
        .family(group.about, directive.name.shown());
    match location_for(directive) {
        Some(location) => diagnostic.help(format!("write `{location}`")),
        None => diagnostic.help(group.instead),
    }
}

/// What does for a `rewrite`, whole.
fn location_for(rewrite: &Directive) -> Option<String> {
    let ([pattern, target, flag @ ..], b"rewrite") = (&rewrite.args[..], &rewrite.name.value[..])
    else {
        return None;
    };
    let (pattern, target) = (pattern.text()?, target.text()?);
    let needs_quotes = |text: &str| text.contains([' ', '\t', ';', '{', '}', '"', '\'', '#']);
    let quoted = |text: &str| match needs_quotes(text) {
        true => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        false => text.to_owned(),
    };
    // A `?` at the end drops the arguments; else nginx adds them to what is there.
    let names_them = ["$request_uri", "$args", "$query_string"].iter().any(|v| target.contains(v));
    let with_args = match target.strip_suffix('?') {
        Some(bare) => bare.to_owned(),
        None if names_them => target.to_owned(),
        None if target.contains('?') => format!("{target}&$args"),
        None => format!("{target}$is_args$args"),
    };
    let flag = flag.first().map(|word| &word.value[..]);
    let leaves = ["http://", "https://", "$scheme"].iter().any(|start| target.starts_with(start));
    let answer = match flag {
        Some(b"permanent") => format!("return 301 {};", quoted(&with_args)),
        Some(b"redirect") => format!("return 302 {};", quoted(&with_args)),
        _ if leaves => format!("return 302 {};", quoted(&with_args)),
        _ => {
            let file = target.split('?').next().unwrap_or_default();
            format!("try_files {} {};", quoted(file), quoted(&with_args))
        }
    };
    Some(match pattern {
        "^" => answer,
        _ => format!("location ~ {} {{ {answer} }}", quoted(pattern)),
    })
}

fn no_effect(directive: &Directive, group: &Group) -> Diagnostic {
    let message = format!("`{}` has no effect", directive.name.shown());
    Diagnostic::warning("D08", directive.name.span, message)
        .label(format!("steers {}", group.about))
        .help("delete the line")
        .note(group.instead)
        .family(group.about, directive.name.shown())
}

fn foreign(directive: &Directive, ours: &str, same: bool) -> Diagnostic {
    let (name, place) = (directive.name.shown(), directive.name.span);
    let diagnostic = Diagnostic::error("D03", place, format!("`{name}` is called `{ours}` here"))
        .label("a name of other servers");
    match directive::find(ours) {
        _ if same => diagnostic.patch(format!("write `{ours}`"), place, ours),
        Some(row) => diagnostic.help(usage(row)),
        None => diagnostic.help(format!("write `{ours}`")),
    }
}

fn unknown(directive: &Directive, inside: &Inside) -> Diagnostic {
    let (name, place) = (directive.name.shown(), directive.name.span);
    let diagnostic = Diagnostic::error("D01", place, format!("unknown directive `{name}`"))
        .label("not a directive")
        .family(&name[..], &name[..]);
    if let Some((ours, rest)) = glued(&name) {
        let patch = format!("{ours} {rest}");
        return diagnostic.patch(format!("a blank is missing behind `{ours}`"), place, patch);
    }
    let here = directive::all().filter(|row| inside.allows(row)).map(|row| row.name);
    if let Some(ours) = closest(&name, here) {
        return diagnostic.patch("a directive with a similar name exists", place, ours);
    }
    if let Some(ours) = closest(&name, directive::all().map(|row| row.name)) {
        let contexts = directive::find(ours).map_or(&[][..], |row| row.contexts);
        let contexts: Vec<_> = contexts.iter().map(|c| format!("`{}`", c.name())).collect();
        let elsewhere = contexts.join(", ");
        return diagnostic.help(format!("there is `{ours}`, which may stand in {elsewhere}"));
    }
    let like = closest(&name, names::foreign().chain(names::nginx()));
    match like.map(|like| (like, names::lookup(like))) {
        Some((_, Some(Known::Foreign(ours, _)))) => diagnostic.help(format!("there is `{ours}`")),
        Some((like, Some(Known::Nginx(group)))) => diagnostic
            .help(format!("it looks like nginx's `{like}`, which is not supported"))
            .help(group.instead),
        _ => diagnostic,
    }
}

/// The directive and its parameter in `location/api` or `root=www`.
fn glued(name: &str) -> Option<(&str, &str)> {
    let end = name.find(|c: char| !c.is_ascii_lowercase() && c != '_')?;
    let (ours, rest) = name.split_at(end);
    let rest = rest.trim_start_matches(['=', ':']);
    (directive::find(ours).is_some() && !rest.is_empty()).then_some((ours, rest))
}

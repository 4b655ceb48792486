//! What to say about a directive that is no row of the table.

use std::collections::BTreeSet;

use super::inside::{Inside, usage};
use crate::ast::{Conf, Directive, Word};
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

/// Fields whose values have a `;` in them.
const WITH_SEMICOLONS: &[&str] = &[
    "content-disposition",
    "content-security-policy",
    "content-security-policy-report-only",
    "content-type",
    "expect-ct",
    "feature-policy",
    "link",
    "set-cookie",
    "strict-transport-security",
    "x-xss-protection",
];

/// The directives that are most likely what a `;` has cut off the value of an `add_header`: names
/// that nobody knows, right behind it.
pub(super) fn cut_off<'d>(directive: &Directive, behind: &'d [Directive]) -> &'d [Directive] {
    let [field, _, ..] = &directive.args[..] else { return &[] };
    let field = field.shown().to_ascii_lowercase();
    if directive.name.value != b"add_header" || !WITH_SEMICOLONS.contains(&&field[..]) {
        return &[];
    }
    let end = std::cell::Cell::new(directive.span().end);
    let is_piece = |piece: &&Directive| {
        let name = piece.name.text().unwrap_or_default();
        let is_known = directive::find(name).is_some() || names::lookup(name).is_some();
        // The `;`, and at most one blank.
        let is_next = piece.name.span.start.checked_sub(end.get()).is_some_and(|gap| gap <= 2);
        end.set(piece.span().end);
        let is_like_one = closest(name, directive::all().map(|row| row.name)).is_some();
        is_next && !is_known && !is_like_one && piece.block.is_none()
    };
    &behind[..behind.iter().take_while(is_piece).count()]
}

/// What to say of an `add_header` whose value ends at a `;` within it.
pub(super) fn unquoted(directive: &Directive, pieces: &[Directive]) -> Diagnostic {
    let mut value: Vec<String> = Vec::new();
    let mut end = directive.span();
    let mut always = "";
    let parts = [directive.args.get(1..).unwrap_or_default()].into_iter().map(<[Word]>::to_vec);
    let pieces_of = |piece: &Directive| [std::slice::from_ref(&piece.name), &piece.args].concat();
    for words in parts.chain(pieces.iter().map(pieces_of)) {
        let mut words = &words[..];
        end = words.last().map_or(end, |word| word.span);
        if let [inner @ .., last] = words
            && last.value == b"always"
        {
            (words, always) = (inner, " always");
        }
        let shown = words.iter().map(|word| match word.quoted {
            true => format!("'{}'", word.shown()),
            false => word.shown(),
        });
        value.push(shown.collect::<Vec<_>>().join(" ").replace('"', "\\\""));
    }
    let first = &pieces[0];
    let name = first.name.shown();
    let place = directive.args[1].span.to(end);
    Diagnostic::error("D01", place, format!("unknown directive `{name}`"))
        .label("a `;` within the value ends `add_header`")
        .patch("quote the whole value", place, format!("\"{}\"{always}", value.join("; ")))
}

/// Directives that define variables and are not supported, and which word is the variable.
const DEFINING: &[(&[u8], usize)] = &[(b"auth_request_set", 0), (b"js_set", 0), (b"perl_set", 0)];

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
    Diagnostic::error("D02", directive.name.span, message)
        .label(format!("for {}, which sitec does not do", group.about))
        .family(group.about, directive.name.shown())
        .help(group.instead)
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
    let here = || directive::all().filter(|row| row.allowed_in(inside.context)).map(|row| row.name);
    // Of those that are as near, what may stand here.
    let near = closest(&name, here().chain(directive::all().map(|row| row.name)));
    if let Some(ours) = near.filter(|ours| here().any(|name| name == *ours)) {
        return diagnostic.patch("a directive with a similar name exists", place, ours);
    }
    if let Some(ours) = near {
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

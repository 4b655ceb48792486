//! Whether every directive is known, stands where it may, and looks as its row says: block
//! or not, how many parameters, how often. What the parameters mean is not looked at.
//!
//! Nothing is said about what stands in a block that is not known itself.

use std::collections::BTreeMap;

use super::inside::{Inside, behind, usage};
use super::{modifier, unknown};
use crate::ast::{Conf, Directive, Word};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::directive::{self, Context, Form};
use crate::source::Span;

/// Checks the shape of a whole conf.
pub fn check(conf: &Conf, diagnostics: &mut Diagnostics) {
    let top = Inside { context: Context::Main, block: None };
    check_block(&conf.directives, &top, diagnostics);
}

fn check_block(directives: &[Directive], inside: &Inside, diagnostics: &mut Diagnostics) {
    let mut first: BTreeMap<&str, Span> = BTreeMap::new();
    let mut at = 0;
    while let Some(directive) = directives.get(at) {
        at += 1;
        let name = directive.name.text();
        let row = name.and_then(|name| directive::find_for(name, inside.context));
        let Some(row) = row else {
            if !unknown::holds_anyway(directive) {
                diagnostics.push(unknown::explain(directive, inside));
            }
            continue;
        };
        let pieces = unknown::cut_off(directive, &directives[at..]);
        if !pieces.is_empty() {
            diagnostics.push(unknown::unquoted(directive, pieces));
            at += pieces.len();
            continue;
        }
        let seen = if row.repeats { None } else { first.insert(row.name, directive.span()) };
        let fault = if !row.allowed_in(inside.context) {
            Some(misplaced(directive, row, inside))
        } else {
            let shape = check_form(directive, row).or_else(|| check_args(directive, row));
            shape.or_else(|| seen.map(|first| duplicate(directive, first)))
        };
        diagnostics.extend(fault);
        let within = row.form.within(inside.context);
        if let (Some(block), Some(context)) = (&directive.block, within) {
            let inside = Inside { context, block: Some(directive) };
            check_block(&block.directives, &inside, diagnostics);
        }
    }
}

/// A block that should be simple, or the reverse.
fn check_form(directive: &Directive, row: &directive::Directive) -> Option<Diagnostic> {
    let name = row.name;
    let end = behind(directive.args.last().unwrap_or(&directive.name));
    match (&directive.block, row.form) {
        (Some(block), Form::Simple) => Some(
            Diagnostic::error("Y05", block.open, format!("`{name}` takes no block"))
                .label("expected `;`")
                .also(directive.name.span, "this directive ends in `;`")
                .help(usage(row)),
        ),
        (None, Form::Block(_) | Form::Condition | Form::Table) => Some(
            Diagnostic::error("Y05", end, format!("`{name}` needs a block"))
                .label("expected `{ … }`, not `;`")
                .help(usage(row)),
        ),
        _ => None,
    }
}

fn misplaced(directive: &Directive, row: &directive::Directive, inside: &Inside) -> Diagnostic {
    let (name, place) = (row.name, directive.name.span);
    let contexts: Vec<_> =
        row.contexts.iter().map(|context| format!("`{}`", context.name())).collect();
    let allowed = match &contexts[..] {
        [only] => only.clone(),
        [others @ .., last] => format!("{} or {last}", others.join(", ")),
        [] => "nothing".to_owned(),
    };
    let diagnostic = match inside.block {
        Some(block) => {
            let outer = block.name.shown();
            Diagnostic::error("D04", place, format!("`{name}` is not allowed in `{outer}`"))
                .also(block.span(), format!("inside this `{outer}`"))
        }
        None => Diagnostic::error("D04", place, format!("`{name}` is not allowed at top level")),
    };
    let outer = inside.block.map(|block| block.name.shown()).unwrap_or_default();
    diagnostic.help(format!("it may stand in {allowed}")).family(format!("{name} in {outer}"), name)
}

fn duplicate(directive: &Directive, first: Span) -> Diagnostic {
    let (name, place) = (directive.name.shown(), directive.span());
    let diagnostic = Diagnostic::error("D06", place, format!("duplicate `{name}`"))
        .label(format!("`{name}` is set again here"));
    if first == place {
        return diagnostic.note("the file that it stands in is included twice in this block");
    }
    diagnostic.also(first, "first set here").help("delete one of them")
}

fn check_args(directive: &Directive, row: &directive::Directive) -> Option<Diagnostic> {
    let (least, most) = row.args;
    let count = directive.args.len();
    if let Some(word) = directive.args.iter().find(|word| is_continuation(word)) {
        let place = Span { end: word.span.start + 1, ..word.span };
        return Some(
            Diagnostic::error("D05", place, "a `\\` at the end of a line is a parameter here")
                .label("with the line break behind it")
                .patch("leave it out: a directive goes on until its `;`", place, ""),
        );
    }
    if (least..=most).contains(&count) {
        return if row.name == "location" { modifier::check(directive) } else { None };
    }
    let takes = match (least, most) {
        (0, 0) => "no parameters".to_owned(),
        (1, 1) => "one parameter".to_owned(),
        (least, most) if least == most => format!("{least} parameters"),
        (1, usize::MAX) => "one or more parameters".to_owned(),
        (least, usize::MAX) => format!("{least} or more parameters"),
        (least, most) if most == least + 1 => format!("{least} or {most} parameters"),
        (least, most) => format!("{least} to {most} parameters"),
    };
    let (place, label) = if count < least {
        (directive.span(), "too few".to_owned())
    } else {
        let (first, last) = (&directive.args[most], &directive.args[count - 1]);
        let extra = count - most;
        (first.span.to(last.span), if extra == 1 { "one too many" } else { "too many" }.to_owned())
    };
    let message = match count {
        0 => format!("`{}` takes {takes}, and has none", row.name),
        count => format!("`{}` takes {takes}, and has {count}", row.name),
    };
    let diagnostic = Diagnostic::error("D05", place, message).label(label);
    Some(match args_patch(directive) {
        Some((text, span, patch)) => diagnostic.patch(text, span, patch),
        None => diagnostic.help(usage(row)),
    })
}

/// Whether a word begins with a `\` at the end of a line, as a shell would have it.
fn is_continuation(word: &Word) -> bool {
    let is_so = word.value.starts_with(b"\\\n") || word.value.starts_with(b"\\\r");
    is_so && !word.quoted
}

/// What to type, where a wrong number of parameters has a common reason.
fn args_patch(directive: &Directive) -> Option<(&'static str, Span, &'static str)> {
    let [first, second, ..] = &directive.args[..] else { return None };
    let span = first.span.to(second.span);
    match (&first.value[..], &second.value[..]) {
        (b"=", _) if directive.name.value != b"location" => {
            let to_second = Span { end: second.span.start, ..first.span };
            Some(("a blank alone separates a name from its parameters", to_second, ""))
        }
        (b"~", b"*") => Some(("write `~*` in one word", span, "~*")),
        (b"^", b"~") => Some(("write `^~` in one word", span, "^~")),
        (b"=", b"~") => Some(("write `~` for a regex", span, "~")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check_err, diagnose};

    #[test]
    fn names_are_those_of_the_table() {
        check_err("server { lisen 80; }", "         ^^^^^", "D01: unknown directive `lisen`");
        check_err(
            "location/api { nonsense; }",
            "^^^^^^^^^^^^",
            "D01: unknown directive `location/api`",
        );
        check_err(
            "server { redis_pass a:6379; }",
            "         ^^^^^^^^^^",
            "D02: nginx's `redis_pass` is not supported",
        );
        check_err(
            "server { if ($uri) { nonsense; } }",
            "                     ^^^^^^^^",
            "D01: unknown directive `nonsense`",
        );
        check_err(
            "server { DocumentRoot /www; }",
            "         ^^^^^^^^^^^^",
            "D03: `DocumentRoot` is called `root` here",
        );
        check_err("daemon off;", "^^^^^^", "D08: `daemon` has no effect");
        check_err("\u{fc} x;", "^", "D01: unknown directive `\u{fc}`");
    }

    #[test]
    fn directives_stand_where_they_may() {
        check_err(
            "server { location / { listen 80; } }",
            "         ----------   ^^^^^^",
            "D04: `listen` is not allowed in `location`",
        );
        check_err("listen 80;", "^^^^^^", "D04: `listen` is not allowed at top level");
        check_err("http { events { } }", "----   ^^^^^^", "D04: `events` is not allowed in `http`");
        // What is inside has its own place, and its own mistakes.
        check_err(
            "server { server { listen 80; } }",
            "------   ^^^^^^",
            "D04: `server` is not allowed in `server`",
        );
    }

    #[test]
    fn lines_of_an_upstream_have_a_meaning_of_their_own() {
        for text in [
            "upstream u { server a:80 weight=2; keepalive 8; zone z 64k; least_conn; }",
            "http { upstream u { server a; keepalive_timeout 1s; } keepalive_timeout 1s; }",
        ] {
            assert!(diagnose(text).0.is_empty(), "{text}");
        }
        check_err(
            "upstream u { root www; }",
            "----------   ^^^^",
            "D04: `root` is not allowed in `upstream`",
        );
        check_err(
            "http { least_conn; }",
            "----   ^^^^^^^^^^",
            "D04: `least_conn` is not allowed in `http`",
        );
        check_err(
            "upstream u { server a { } }",
            "             ------   ^",
            "Y05: `server` takes no block",
        );
        check_err(
            "upstream u { servre a; }",
            "             ^^^^^^",
            "D01: unknown directive `servre`",
        );
    }

    #[test]
    fn directives_have_their_form() {
        check_err("server;", "      ^", "Y05: `server` needs a block");
        check_err(
            "server { root www { index a; } }",
            "         ----     ^",
            "Y05: `root` takes no block",
        );
        check_err("server { types; }", "              ^", "Y05: `types` needs a block");
    }

    #[test]
    fn directives_have_their_number_of_parameters() {
        for (text, drawn, message) in [
            (
                "server { index; }",
                "         ^^^^^",
                "index` takes one or more parameters, and has none",
            ),
            ("server { root a b; }", "                ^", "root` takes one parameter, and has 2"),
            (
                "server { root a b c; }",
                "                ^^^",
                "root` takes one parameter, and has 3",
            ),
            ("server { root = a; }", "                ^", "root` takes one parameter, and has 2"),
            (
                "server { try_files a; }",
                "         ^^^^^^^^^^^",
                "try_files` takes 2 or more parameters, and has 1",
            ),
            ("server a { }", "       ^", "server` takes no parameters, and has 1"),
            (
                "server { location { } }",
                "         ^^^^^^^^",
                "location` takes 1 or 2 parameters, and has none",
            ),
            (
                "server { location ~ * a { } }",
                "                      ^",
                "location` takes 1 or 2 parameters, and has 3",
            ),
        ] {
            check_err(text, drawn, &format!("D05: `{message}"));
        }
    }

    #[test]
    fn directives_repeat_only_if_they_may() {
        check_err("server { root a; root b; }", "         ------  ^^^^^^", "D06: duplicate `root`");
        for text in [
            "server { listen 80; listen 81; location / { } location /a { } }",
            "root a; server { root b; location / { root c; } }",
            "server { root a; } server { root a; }",
        ] {
            assert!(diagnose(text).0.is_empty(), "{text}");
        }
    }
}

//! What `sitec explain` tells about a word: a check, a directive, a variable, or a name that another
//! server has.

use std::fmt::Write;

use crate::catalogue;
use crate::directive::{self, Directive};
use crate::names::{self, Known};
use crate::suggest::closest;
use crate::value::variable;
use crate::wrap::wrapped;

/// What there is to tell about `word`: the code or the name of a check, the name of a directive, or
/// a variable with its `$`.
///
/// Errors: nothing is known of it; what was probably meant is said.
pub fn explain(word: &str) -> Result<String, String> {
    if let Some(name) = word.strip_prefix('$') {
        let name = name.trim_start_matches('{').trim_end_matches('}');
        return variable::explain(name).ok_or_else(|| unknown_variable(name));
    }
    if let Some(check) = catalogue::find(word) {
        return Ok(catalogue::explain(check));
    }
    let rows: Vec<_> = rows(word).map(directive::explain).collect();
    match names::lookup(word) {
        _ if !rows.is_empty() => Ok(rows.join("\n")),
        Some(known) => Ok(of_others(word, known)),
        None => variable::explain(word).ok_or_else(|| unknown(word)),
    }
}

/// The directives of this name: what it means in an `upstream` alone goes last.
fn rows(name: &str) -> impl Iterator<Item = &'static Directive> {
    let named = move |is_line| {
        directive::all().filter(move |row| row.name == name && row.is_line() == is_line)
    };
    named(false).chain(named(true))
}

/// A name that sitec has no directive for.
fn of_others(name: &str, known: Known) -> String {
    match known {
        Known::Nginx(group) => format!(
            "`{name}` is a directive of nginx that sitec does not have: it is about {}.\n\nInstead: {}.\n",
            group.about, group.instead
        ),
        Known::Process(group) => format!(
            "`{name}` is a directive of nginx that has no effect here: it is about {}.\n\nWhy: {}.\n",
            group.about, group.instead
        ),
        Known::Foreign(ours, _) => {
            let mut text = format!("Another server's `{name}` is called `{ours}` here.\n");
            for row in rows(ours) {
                let _ = write!(text, "\n{}", directive::explain(row));
            }
            text
        }
    }
}

fn unknown(word: &str) -> String {
    let directives = directive::all().map(|row| row.name);
    let checks = catalogue::all().flat_map(|check| [check.code, check.name]);
    let meant = closest(word, directives.chain(checks));
    let help = meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
    format!("no directive, variable or check is called `{word}`{help}")
}

fn unknown_variable(name: &str) -> String {
    let names = variable::VARIABLES.iter().map(|row| row.name);
    if variable::is_only_nginx(name) {
        let instead = variable::instead_of(&name.to_ascii_lowercase());
        return format!("nginx's `${name}` is not supported: {instead}");
    }
    match closest(name, names) {
        None => format!("there is no variable `${name}`: `sitec explain` lists all"),
        Some(meant) => format!("there is no variable `${name}`; did you mean `${meant}`?"),
    }
}

/// All that there is to ask about: checks, directives and variables, by group.
pub fn index() -> String {
    let mut text = "Checks\n".to_owned();
    for group in catalogue::GROUPS {
        let _ = writeln!(text, "\n {}", group.title);
        for check in group.checks {
            let severity = check.severity.to_string();
            let _ = writeln!(text, "  {}  {severity:8} {}", check.code, check.name);
        }
    }
    text += "\nDirectives\n";
    for group in directive::GROUPS {
        let names: Vec<_> = group.rows.iter().map(|row| row.name).collect();
        let names = wrapped(&names.join(" "), 76).replace('\n', "\n  ");
        let _ = writeln!(text, "\n {}\n  {names}", group.title);
    }
    let rows = variable::VARIABLES.iter().map(|row| format!("${}", row.name));
    let families = variable::FAMILIES.iter().map(|family| format!("${}NAME", family.prefix));
    let names: Vec<_> = rows.chain(families).collect();
    let names = wrapped(&names.join(" "), 76).replace('\n', "\n  ");
    let _ = write!(text, "\nVariables\n\n  {names}\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_language_is_explained() {
        for row in directive::all() {
            let text = explain(row.name).unwrap();
            assert!(text.contains(&format!("{} ", row.name)) || text.contains(row.name), "{text}");
        }
        for row in variable::VARIABLES {
            assert!(explain(&format!("${}", row.name)).unwrap().starts_with('$'), "{}", row.name);
        }
        for check in catalogue::all() {
            assert_eq!(explain(check.code), explain(check.name));
        }
        for name in names::nginx().chain(names::foreign()) {
            assert!(explain(name).unwrap().len() > 20, "{name}");
        }
    }

    #[test]
    fn what_is_told_fits_the_word() {
        for (word, part) in [
            ("root", "root PATH;\n"),
            ("keepalive", "in        upstream"),
            ("server", "server ADDRESS"),
            ("$uri", "$uri\n\n"),
            ("${uri}", "$uri\n\n"),
            ("uri", "uri URL;"),
            ("request_uri", "$request_uri\n"),
            ("$http_x_own", "$http_NAME\n"),
            ("k04", "warning K04: "),
            ("proxy_cache_purge", "Instead: "),
            ("DocumentRoot", "is called `root` here"),
            ("daemon", "has no effect here"),
        ] {
            let told = explain(word).unwrap();
            assert!(told.contains(part), "{word}: {told}");
        }
        for (word, part) in [
            ("rooot", "did you mean `root`?"),
            ("$urii", "did you mean `$uri`?"),
            ("K99", "no directive, variable or check is called `K99`"),
            ("$qqqqqqqqqq", "there is no variable `$qqqqqqqqqq`"),
            ("$request_body_file", "a file without a name"),
        ] {
            let said = explain(word).unwrap_err();
            assert!(said.contains(part), "{word}: {said}");
        }
    }

    #[test]
    fn the_index_has_everything() {
        let index = index();
        let missing = |name: &&str| !index.split_whitespace().any(|word| word == *name);
        let directives = directive::all().map(|row| row.name);
        let checks = catalogue::all().map(|check| check.code);
        assert_eq!(directives.chain(checks).find(missing), None);
        assert!(index.contains("$uri") && index.contains("$http_NAME"));
    }
}

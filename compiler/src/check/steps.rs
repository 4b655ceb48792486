//! `rewrite`, `if`, `set`, `break` and `return` as they are written: which directives are steps, and
//! what they name.

use std::collections::BTreeSet;

use crate::ast::{Directive, Word};
use crate::diagnostic::Diagnostic;
use crate::value::{self, Checked};

/// The directives that are steps.
const STEPS: [&[u8]; 5] = [b"break", b"if", b"return", b"rewrite", b"set"];

/// Whether a directive is a step.
pub(super) fn is_step(directive: &Directive) -> bool {
    STEPS.contains(&&directive.name.value[..])
}

/// Whether the first step among these directives is a `return`: then it is the only one.
pub(super) fn begins_with_return(directives: &[Directive]) -> bool {
    let first = directives.iter().find(|directive| is_step(directive));
    first.is_some_and(|directive| directive.name.value == b"return")
}

/// The words of a step that hold regexes, and where in each the regex is.
pub(crate) fn regex_words(directive: &Directive) -> Vec<(&Word, std::ops::Range<usize>)> {
    match (&directive.name.value[..], &directive.args[..]) {
        (b"rewrite", [pattern, ..]) => vec![(pattern, 0..pattern.value.len())],
        (b"if", [_, sign, .., pattern]) if sign.value.contains(&b'~') => {
            let len = pattern.value.len();
            vec![(pattern, 0..if pattern.quoted { len } else { len.saturating_sub(1) })]
        }
        (b"if", [_, sign, pattern]) if sign.value.contains(&b'~') => {
            vec![(pattern, 0..pattern.value.len().saturating_sub(1))]
        }
        _ => Vec::new(),
    }
}

/// Whether any step among these directives has a regex.
pub(super) fn have_regexes(directives: &[Directive]) -> bool {
    directives.iter().any(|directive| {
        let inner = directive.block.iter().filter(|_| directive.name.value == b"if");
        !regex_words(directive).is_empty()
            || inner.into_iter().any(|it| have_regexes(&it.directives))
    })
}

/// The name of the variable that `set` is for.
pub(super) fn assigned_name(word: &Word) -> Checked<String> {
    let name = word.text().and_then(|text| text.strip_prefix('$'));
    let is_name = |name: &&str| {
        let belongs = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        !name.is_empty() && name.bytes().all(belongs) && !name.as_bytes()[0].is_ascii_digit()
    };
    match name.filter(is_name) {
        Some(name) => Ok(name.to_ascii_lowercase()),
        None => {
            let message = format!("`{}` is no variable", word.shown());
            let wrong = Diagnostic::error("R10", word.span, message);
            let meant = format!("${}", word.shown());
            let bare = word.text().filter(|text| is_name(text));
            Err(Box::new(match bare {
                Some(_) => wrong.patch(format!("write `{meant}`"), word.span, meant),
                None => wrong.help("write `$name`"),
            }))
        }
    }
}

/// The names of the variables that `set` and its like give values to, in the order of the conf; and
/// those of them that `set` gives one first.
pub(super) fn assigned_names(directives: &[Directive]) -> (Vec<String>, BTreeSet<String>) {
    let (mut found, mut set_first) = (Vec::new(), BTreeSet::new());
    collect_names(directives, &mut found, &mut set_first);
    (found, set_first)
}

fn collect_names(
    directives: &[Directive],
    found: &mut Vec<String>,
    set_first: &mut BTreeSet<String>,
) {
    for directive in directives {
        if let (b"set" | b"auth_request_set", Some(word)) =
            (&directive.name.value[..], directive.args.first())
            && let Ok(name) = assigned_name(word)
            && value::variable(&name).is_none()
            && !found.contains(&name)
        {
            if directive.name.value == b"set" {
                set_first.insert(name.clone());
            }
            found.push(name);
        }
        if let Some(block) = &directive.block {
            collect_names(&block.directives, found, set_first);
        }
    }
}

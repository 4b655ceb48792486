//! `rewrite`, `if`, `set`, `break` and `return` as they are written: which directives are steps, and
//! what they name.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::ast::{Directive, Word};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
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

/// The regexes that a step holds.
pub(crate) fn regex_words(directive: &Directive) -> Vec<Word> {
    match (&directive.name.value[..], &directive.args[..]) {
        (b"rewrite", [pattern, ..]) => vec![pattern.clone()],
        (b"if", _) => match condition_words(directive).as_deref() {
            Ok([_, sign, pattern]) if sign.value.contains(&b'~') => vec![pattern.clone()],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The words of a condition, without its parentheses.
pub(crate) fn condition_words(directive: &Directive) -> Checked<Vec<Word>> {
    let mut words = directive.args.clone();
    let wrong = || unreadable(directive.span());
    let first = words.first_mut().ok_or_else(wrong)?;
    if first.quoted || first.value.first() != Some(&b'(') {
        return Err(Box::new(
            Diagnostic::error("R10", first.span, "a condition stands in parentheses")
                .help("write `if ($name = text) { … }`"),
        ));
    }
    *first = first.tail(1);
    if first.value.is_empty() {
        words.remove(0);
    }
    let last = words.last_mut().ok_or_else(wrong)?;
    if last.quoted || last.value.last() != Some(&b')') {
        return Err(Box::new(
            Diagnostic::error("R10", last.span, "the condition has no `)` at its end")
                .help("write `if ($name = text) { … }`"),
        ));
    }
    *last = last.front(last.value.len() - 1);
    if last.value.is_empty() && !last.quoted {
        words.pop();
    }
    if words.is_empty() {
        return Err(wrong());
    }
    Ok(words)
}

pub(super) fn unreadable(place: Span) -> Box<Diagnostic> {
    Box::new(Diagnostic::error("R10", place, "this is no condition").help(
        "write `if ($name)`, `if ($name = text)`, `if ($name ~ regex)` or `if (-f path)`; \
         there is no `and`, `or` or `else`",
    ))
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

/// The variables of a server that have one value wherever files are looked for, and it: one `set`
/// alone gives it, which no `if` is around, and it is a text of the conf.
#[derive(Clone, Default)]
pub(super) struct Constants {
    /// Those that are set directly in the server.
    of_server: Rc<BTreeMap<String, String>>,
    /// Those that are set directly in this location: what stands in the one around it does nothing
    /// here.
    here: BTreeMap<String, String>,
    /// The variables that no other `set` of the server gives a value.
    once: Rc<BTreeSet<String>>,
}

impl Constants {
    /// Those that stand directly in a server.
    pub(super) fn of_server(
        directives: &[Directive],
        is_captured: impl Fn(&str) -> bool,
    ) -> Constants {
        let mut counts = BTreeMap::new();
        count_sets(directives, &mut counts);
        let once = counts.into_iter().filter(|(name, count)| *count == 1 && !is_captured(name));
        let once = once.map(|(name, _)| name).collect();
        let bare = Constants { once: Rc::new(once), ..Constants::default() };
        let of_server = Rc::new(bare.within(directives).here);
        Constants { of_server, ..bare }
    }

    /// Those of a location of the server.
    pub(super) fn within(&self, directives: &[Directive]) -> Constants {
        let mut inner = Constants { here: BTreeMap::new(), ..self.clone() };
        for directive in directives.iter().take_while(|directive| !may_end_steps(directive)) {
            let (b"set", [name, value]) = (&directive.name.value[..], &directive.args[..]) else {
                continue;
            };
            if let (Ok(name), Some(text)) = (assigned_name(name), value.text())
                && !text.is_empty()
                && !text.contains('$')
                && self.once.contains(&name)
            {
                inner.here.insert(name, text.to_owned());
            }
        }
        inner
    }

    /// The value of the variable with this name in lower case, if it is such a one.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.here.get(name).or_else(|| self.of_server.get(name)).map(String::as_str)
    }
}

/// Whether what stands behind a step may be left out, and a file looked for all the same.
fn may_end_steps(directive: &Directive) -> bool {
    match (&directive.name.value[..], &directive.args[..]) {
        (b"break", _) => true,
        (b"rewrite", [.., flag]) => matches!(&flag.value[..], b"last" | b"break"),
        (b"if", _) => directive.block.iter().any(|it| it.directives.iter().any(may_end_steps)),
        _ => false,
    }
}

fn count_sets(directives: &[Directive], counts: &mut BTreeMap<String, usize>) {
    for directive in directives {
        if let (b"set" | b"auth_request_set", Some(word)) =
            (&directive.name.value[..], directive.args.first())
            && let Ok(name) = assigned_name(word)
        {
            *counts.entry(name).or_default() += 1;
        }
        if let Some(block) = &directive.block {
            count_sets(&block.directives, counts);
        }
    }
}

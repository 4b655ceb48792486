//! Variables of the conf's own that nothing reads, `rewrite`s that lead back to themselves, and names that
//! a regex lets pass with more behind or before them.

use std::collections::BTreeSet;

use sitec_runtime::site::{LocationId, ServerId, Then};

use super::Subject;
use super::asking::Asking;
use super::circles::collect;
use crate::answer::Step;
use crate::ast::{Directive, Word};
use crate::check::{condition_words, regexes_of_steps};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{Op, Pattern, Rewrite};
use crate::source::Span;

/// The most locations that are asked whether they lead back to themselves.
const MOST_ASKED: usize = 500;

/// Reports them.
pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    check_unread(subject, diagnostics);
    check_circles(subject, diagnostics);
    check_names(subject, &subject.conf.directives, diagnostics);
}

/// Reports variables that are given values which nothing reads.
fn check_unread(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    // A content may name any.
    if subject.site.ssi().is_some() {
        return;
    }
    let (mut given, mut read) = (Vec::new(), BTreeSet::new());
    sort_words(&subject.conf.directives, &mut given, &mut read);
    let site = subject.site;
    let own: BTreeSet<&str> = site
        .slots
        .iter()
        .chain(site.maps.iter().map(|map| &map.name))
        .map(String::as_str)
        .collect();
    let mut seen = BTreeSet::new();
    for (name, span) in given {
        if own.contains(&name[..]) && !read.contains(&name) && seen.insert(name.clone()) {
            diagnostics.push(
                Diagnostic::warning("R06", span, format!("nothing reads `${name}`"))
                    .help("delete it, or use it"),
            );
        }
    }
}

/// The variables that `set`, `map` and their like give values to, and all that are named elsewhere or
/// read unnamed, in lower case.
fn sort_words(
    directives: &[Directive],
    given: &mut Vec<(String, Span)>,
    read: &mut BTreeSet<String>,
) {
    for directive in directives {
        let variable = match &directive.name.value[..] {
            b"set" => directive.args.first(),
            b"map" | b"geo" | b"split_clients" => directive.args.last(),
            _ => None,
        };
        for word in std::iter::once(&directive.name).chain(&directive.args) {
            let names = names_in(&word.value);
            match variable.is_some_and(|variable| variable.span == word.span) {
                true => given.extend(names.into_iter().map(|name| (name, word.span))),
                false => read.extend(names),
            }
        }
        if directive.name.value == b"memcached_pass" {
            read.insert("memcached_key".to_owned());
        }
        if directive.name.value == b"userid" {
            read.insert("uid_reset".to_owned());
        }
        if let Some(block) = &directive.block {
            sort_words(&block.directives, given, read);
        }
    }
}

/// The names of the variables that a text holds, in lower case.
pub(super) fn names_in(text: &[u8]) -> Vec<String> {
    let parts = text.split(|&byte| byte == b'$').skip(1);
    let names = parts.map(|part| {
        let part = part.strip_prefix(b"{").unwrap_or(part);
        let is_of_name = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
        part.iter()
            .take_while(is_of_name)
            .map(|byte| char::from(byte.to_ascii_lowercase()))
            .collect()
    });
    names.filter(|name: &String| !name.is_empty()).collect()
}

/// Reports locations whose `rewrite` leads back to them.
fn check_circles(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let asking = Asking::new(subject);
    let rewrites = |id: LocationId| {
        subject
            .location(id)
            .ops
            .iter()
            .any(|op| matches!(op, Op::Rewrite(Rewrite { then: Then::Next | Then::Last, .. })))
    };
    let mut reported = BTreeSet::new();
    for (id, server) in subject.site.servers.iter().enumerate() {
        let mut starts = Vec::new();
        collect(&server.scope, &rewrites, &mut starts);
        for (location, paths) in starts.into_iter().take(MOST_ASKED) {
            let circle = paths.iter().find_map(|path| {
                circle(&asking, id as ServerId, location, std::str::from_utf8(path).ok()?)
            });
            let Some((circle, path, by)) = circle else { continue };
            // Of a circle, the location that is written first is shown.
            if circle.iter().any(|&other| subject.span(other) < subject.span(location)) {
                continue;
            }
            let place = rewrite_span(subject, location);
            if reported.insert(place) {
                diagnostics.push(
                    Diagnostic::error("R01", place, "this leads back to itself")
                        .allowable()
                        .note(format!("`GET {path}` goes {by}, and is answered 500"))
                        .help("let the regex not match its own result, or write `break`"),
                );
            }
        }
    }
}

/// The locations that a request goes round and what it asks for, where nothing but `rewrite` leads it on.
fn circle(
    asking: &Asking<'_>,
    server: ServerId,
    id: LocationId,
    path: &str,
) -> Option<(Vec<LocationId>, String, String)> {
    let answer = asking.get_from(server, path)?;
    if answer.status != Some(500) || !answer.doubts.is_empty() {
        return None;
    }
    let (mut passed, mut uris) = (Vec::new(), Vec::new());
    for step in &answer.steps {
        match step {
            Step::Location { location, .. } => passed.push(*location),
            Step::Rewritten { uri, .. } => uris.push(String::from_utf8_lossy(uri).into_owned()),
            Step::Asked { .. } | Step::Assigned { .. } | Step::Status { .. } => {}
            _ => return None,
        }
    }
    let (_, after) = passed.split_first().filter(|&(&first, _)| first == id)?;
    let length = after.iter().position(|&other| other == id)?;
    let shown: Vec<_> =
        std::iter::once(path).chain(uris.iter().map(String::as_str)).take(4).collect();
    Some((passed[..=length].to_vec(), path.to_owned(), format!("{} …", shown.join(" -> "))))
}

/// The first `rewrite` of a location.
fn rewrite_span(subject: &Subject<'_>, id: LocationId) -> Span {
    fn find(directives: &[Directive]) -> Option<Span> {
        directives.iter().find_map(|directive| {
            match (&directive.name.value[..], &directive.block) {
                (b"rewrite", _) => Some(directive.span()),
                (b"if", Some(block)) => find(&block.directives),
                _ => None,
            }
        })
    }
    let block = subject.block(id).and_then(|directive| directive.block.as_ref());
    block.and_then(|block| find(&block.directives)).unwrap_or(subject.span(id))
}

/// Reports regexes that ask a name for another name, and not for its end.
fn check_names(subject: &Subject<'_>, directives: &[Directive], diagnostics: &mut Diagnostics) {
    for directive in directives {
        if directive.name.value == b"valid_referers" {
            let regexes = directive.args.iter().filter(|word| word.value.starts_with(b"~"));
            diagnostics.extend(regexes.filter_map(|word| open_referer(subject, word)));
        }
        if directive.name.value == b"if"
            && let Some((subject_word, any_case)) = asked_for_name(directive)
        {
            for word in regexes_of_steps(directive) {
                let found = passes(subject, &word.value, any_case);
                diagnostics.extend(found.map(|witness| open(&word, subject_word, &witness)));
            }
        }
        if let Some(block) = &directive.block {
            check_names(subject, &block.directives, diagnostics);
        }
    }
}

/// The variable that an `if` asks, if that is a name of a host or holds one, and whether in any case.
fn asked_for_name(directive: &Directive) -> Option<(&'static str, bool)> {
    const HOLDERS: [&str; 4] = ["$host", "$http_host", "$http_origin", "$http_referer"];
    let words = condition_words(directive).ok()?;
    let [asked, sign, _] = &words[..] else { return None };
    let asked = asked.text()?;
    let any_case = sign.value.ends_with(b"~*");
    HOLDERS.into_iter().find(|holder| *holder == asked).map(|holder| (holder, any_case))
}

/// A text that a regex matches which is a whole name and lets more follow: a name that belongs to somebody
/// else.
fn passes(subject: &Subject<'_>, regex: &[u8], any_case: bool) -> Option<String> {
    let text = std::str::from_utf8(regex).ok()?;
    let plain = text.trim_start_matches('^').replace(r"\.", ".").replace("https?", "https");
    let name = plain.strip_prefix("https://").unwrap_or(&plain);
    let is_name = name.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    let (_, last) = name.rsplit_once('.')?;
    if !is_name || last.len() < 2 || last.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let pattern = Pattern { text: text.to_owned(), ignore_case: any_case };
    let router = subject.router();
    let witness = format!("{plain}.evil.test");
    let is_match = |text: &str| router.is_match(&pattern, text.as_bytes());
    (is_match(&plain) && is_match(&witness)).then_some(witness)
}

/// What to say of a regex among `valid_referers` that is a name and no more.
fn open_referer(subject: &Subject<'_>, word: &Word) -> Option<Diagnostic> {
    let text = &word.value[1..];
    let witness = passes(subject, text, true)?;
    let plain = String::from_utf8_lossy(text).replace(r"\.", ".");
    let name = plain.trim_start_matches('^').to_owned();
    Some(
        Diagnostic::warning("R08", word.part(0..word.value.len()), "this lets other names pass")
            .note(format!("it matches `http://{witness}/`, which may be anybody's"))
            .patch(format!("write the name: `{name}`"), word.span, name),
    )
}

fn open(word: &Word, asked: &str, witness: &str) -> Diagnostic {
    let place = word.part(0..word.value.len());
    let text = String::from_utf8_lossy(&word.value).into_owned();
    Diagnostic::warning("R08", place, "this lets other names pass")
        .note(format!("it matches `{witness}` in `{asked}`, which may be anybody's"))
        .patch("end it with `$`", place, format!("{text}$"))
}

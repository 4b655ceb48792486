//! The names of a conf: where they are given, and where they are used.

use std::collections::BTreeSet;
use std::ops::Range;

use super::place::{Inside, Place, walk};
use crate::ast::{Directive, Word};
use crate::check::references;
use crate::directive::{At, NameKind, Naming};
use crate::parse::Draft;
use crate::source::Span;
use crate::value::variable;

/// A name where it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name {
    /// What it is of.
    pub kind: NameKind,
    /// The name, without `$`, `@` or braces.
    pub text: String,
    /// Where it stands, likewise.
    pub span: Span,
    /// Whether what has the name gets it here.
    pub gives: bool,
    /// The `server` in which it holds; the whole conf without one.
    pub(super) server: Option<Span>,
    /// From the name of the directive to its last parameter.
    pub directive: Span,
}

impl Name {
    /// Whether the conf gives a value to a variable that is not its own.
    pub(super) fn is_of_the_language(&self) -> bool {
        self.kind == NameKind::Variable && is_known(&self.text)
    }

    pub(super) fn is_same(&self, other: &Name) -> bool {
        (self.kind, &self.text, self.server) == (other.kind, &other.text, other.server)
    }
}

/// Whether a variable has a meaning whatever a conf says.
pub(super) fn is_known(name: &str) -> bool {
    variable::variable(name).is_some() || variable::is_only_nginx(name)
}

/// All names of a conf, each place once.
pub(super) fn collect(draft: &Draft) -> Vec<Name> {
    let mut reader = Reader { draft, names: Vec::new(), texts: Vec::new(), is_chosen: false };
    walk(&draft.directives, Place::TOP, &mut |directive, place| {
        reader.directive(directive, place);
        true
    });
    let Reader { mut names, texts, is_chosen, .. } = reader;
    let given = |kind| -> BTreeSet<String> {
        let given = names.iter().filter(|name| name.gives && name.kind == kind);
        given.map(|name| name.text.clone()).collect()
    };
    // `$name` may be either.
    let (params, upstreams) = (given(NameKind::Param), given(NameKind::Upstream));
    for name in names.iter_mut().filter(|name| name.kind == NameKind::Variable && !name.gives) {
        if params.contains(&name.text) {
            name.kind = NameKind::Param;
        }
    }
    // Whom a variable chooses is named where it gets its values.
    if is_chosen {
        names.extend(texts.into_iter().filter(|name| upstreams.contains(&name.text)));
    }
    names.sort_by_key(|name| (name.span, name.kind, !name.gives));
    names.dedup_by_key(|name| (name.span, name.kind));
    names
}

struct Reader<'a> {
    draft: &'a Draft,
    names: Vec<Name>,
    /// Values of variables, which may be names of upstreams.
    texts: Vec<Name>,
    /// Whether a variable says which upstream is asked.
    is_chosen: bool,
}

impl Reader<'_> {
    fn directive(&mut self, directive: &Directive, place: Place) {
        let row = place.inside.row(&directive.name);
        let names = row.map_or(&[][..], |row| row.names);
        let mut given = Vec::new();
        for naming in names {
            let (Naming::Gives(kind, at) | Naming::Uses(kind, at)) = *naming;
            let gives = matches!(naming, Naming::Gives(..));
            for (index, range) in at.find(&directive.args) {
                let word = &directive.args[index];
                self.is_chosen |= at == At::Host && word.value[range.clone()].contains(&b'$');
                let name = self.name(kind, word, range, gives, directive, place);
                given.extend(name.as_ref().filter(|name| name.gives).map(|name| name.span));
                self.names.extend(name);
            }
        }
        let is_line = matches!(place.inside, Inside::Lines);
        let key = is_line.then_some(&directive.name);
        for word in key.into_iter().chain(&directive.args) {
            for (text, range) in references(word) {
                let start =
                    range.start + 1 + usize::from(word.value.get(range.start + 1) == Some(&b'{'));
                let range = start..start + text.len();
                let name = self.name(NameKind::Variable, word, range, false, directive, place);
                self.names.extend(name.filter(|name| !given.contains(&name.span)));
            }
            for range in groups(word) {
                let name = self.name(NameKind::Variable, word, range, true, directive, place);
                self.names.extend(name);
            }
        }
        let gives_value = names.iter().any(|it| matches!(it, Naming::Gives(NameKind::Variable, _)));
        if is_line || gives_value {
            for word in &directive.args {
                let all = 0..word.value.len();
                let name = self.name(NameKind::Upstream, word, all, false, directive, place);
                self.texts.extend(name);
            }
        }
    }

    /// The name that a part of a word is; `None` where the file has another text there: what is
    /// known of files that are not on the disk has no place of its own.
    fn name(
        &self,
        kind: NameKind,
        word: &Word,
        range: Range<usize>,
        gives: bool,
        directive: &Directive,
        place: Place,
    ) -> Option<Name> {
        let text = str::from_utf8(&word.value[range.clone()]).ok()?.to_owned();
        let span = word.part(range);
        let written = &self.draft.sources.file(span.file).text;
        let is_there = written.get(span.start as usize..span.end as usize) == Some(&*text);
        let server = place.server.filter(|_| kind == NameKind::Location);
        let directive = directive.span();
        let name = Name { kind, text, span, gives, server, directive };
        (is_there && !name.text.is_empty()).then_some(name)
    }
}

/// The names of groups in a regex: `(?<name>…)`, `(?P<name>…)`, `(?'name'…)`.
fn groups(word: &Word) -> Vec<Range<usize>> {
    let value = &word.value;
    let mut found = Vec::new();
    for at in memchr::memmem::find_iter(value, b"(?") {
        let mut start = at + 2;
        start += usize::from(value.get(start) == Some(&b'P'));
        if !matches!(value.get(start), Some(b'<' | b'\'')) {
            continue;
        }
        start += 1;
        let is_plain = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
        let end = start + value[start..].iter().take_while(is_plain).count();
        if end > start && matches!(value.get(end), Some(b'>' | b'\'')) {
            found.push(start..end);
        }
    }
    found
}

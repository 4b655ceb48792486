//! `location` blocks: which paths are theirs, how they nest, and what each resolves to.

use std::collections::HashMap;
use std::rc::Rc;

use sitec_runtime::site::LocationId;

use super::level::Level;
use super::server::Names;
use super::text::Groups;
use super::value::{Checked, Regex, regex};
use super::{Checker, named};
use crate::ast::{Block, Directive, Word};
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Action, Prefix, RegexLocation, Return, Scope};
use crate::source::Span;
use crate::suggest::closest;

/// The paths of a location.
#[derive(Clone, Debug)]
pub(crate) enum Path {
    /// `= URI`
    Exact(Vec<u8>),
    /// `URI` and `^~ URI`
    Prefix { path: Vec<u8>, no_regex: bool },
    /// `~ REGEX` and `~* REGEX`
    Regex(Rc<Regex>),
    /// `@NAME`
    Named(Vec<u8>),
}

/// What stands in front of a location's URI.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Modifier {
    None,
    Exact,
    NoRegex,
    Regex,
    RegexAnyCase,
    Named,
}

const MODIFIERS: &[(&[u8], Modifier)] = &[
    (b"=", Modifier::Exact),
    (b"^~", Modifier::NoRegex),
    (b"~*", Modifier::RegexAnyCase),
    (b"~", Modifier::Regex),
];

/// The modifier, the word with the URI, and where in it the URI begins; the modifier may be
/// glued to the URI, as in nginx.
fn head(directive: &Directive) -> Option<(Modifier, &Word, usize)> {
    match &directive.args[..] {
        [word] if word.value.starts_with(b"@") => Some((Modifier::Named, word, 1)),
        [word] => {
            let glued = MODIFIERS.iter().find(|(text, _)| word.value.starts_with(text));
            let (text, modifier) = glued.copied().unwrap_or((b"", Modifier::None));
            Some((modifier, word, text.len()))
        }
        [modifier, word] => {
            let known = MODIFIERS.iter().find(|(text, _)| modifier.value == *text);
            known.map(|&(_, modifier)| (modifier, word, 0))
        }
        _ => None,
    }
}

/// The words of a directive that hold regexes, and where in each the regex begins.
pub(super) fn regex_words(directive: &Directive) -> Vec<(&Word, usize)> {
    match &directive.name.value[..] {
        b"location" => match head(directive) {
            Some((Modifier::Regex | Modifier::RegexAnyCase, word, start)) => vec![(word, start)],
            _ => Vec::new(),
        },
        b"server_name" => {
            let regexes = directive.args.iter().filter(|word| word.value.starts_with(b"~"));
            regexes.map(|word| (word, 1)).collect()
        }
        _ => Vec::new(),
    }
}

/// The name of a named location.
pub(super) fn location_name(directive: &Directive) -> Option<&[u8]> {
    match &directive.args[..] {
        [word] => word.value.strip_prefix(b"@"),
        _ => None,
    }
}

/// Reads which paths are the location's, and where they are written.
fn path(directive: &Directive) -> Checked<(Path, Span)> {
    let Some((modifier, word, start)) = head(directive) else {
        unreachable!("the structure of locations is checked")
    };
    let text = word.value[start..].to_vec();
    let span = word.part(start..word.value.len());
    if text.is_empty() && start > 0 {
        let message = format!("there is nothing behind `{}`", word.shown());
        return Err(Box::new(Diagnostic::error("D05", word.span, message)));
    }
    let path = match modifier {
        Modifier::None => Path::Prefix { path: text, no_regex: false },
        Modifier::NoRegex => Path::Prefix { path: text, no_regex: true },
        Modifier::Exact => Path::Exact(text),
        Modifier::Regex => Path::Regex(Rc::new(regex(word, start, false)?)),
        Modifier::RegexAnyCase => Path::Regex(Rc::new(regex(word, start, true)?)),
        Modifier::Named => Path::Named(text),
    };
    Ok((path, span))
}

/// Where a scope of locations lies.
pub(super) struct Surrounding<'a> {
    /// The level of the server or the outer location.
    pub(super) level: &'a Level,
    /// The outer location, if there is one: its paths, and where they are written.
    pub(super) outer: Option<(&'a Path, Span)>,
    /// The innermost regex that leads here.
    pub(super) regex: Option<&'a Rc<Regex>>,
    /// What `$1` may stand for here.
    pub(super) groups: &'a Groups,
    /// The server's named locations.
    pub(super) names: &'a Names,
}

impl Checker<'_> {
    /// The locations among these directives.
    pub(super) fn scope(&mut self, directives: &[Directive], around: &Surrounding<'_>) -> Scope {
        let mut scope = Scope::default();
        let mut seen = HashMap::new();
        for directive in named(directives, "location") {
            let Some(block) = &directive.block else { continue };
            let Some((path, span)) = self.report(path(directive)) else { continue };
            let place = self.check_place(directive, &path, span, around);
            let duplicate = check_unique(directive, &path, &mut seen);
            if self.report(place).and(self.report(duplicate)).is_some() {
                self.location(block, path, span, around, &mut scope);
            }
        }
        scope
    }

    /// Resolves one location and those within it, and adds it to its scope.
    fn location(
        &mut self,
        block: &Block,
        path: Path,
        span: Span,
        around: &Surrounding<'_>,
        scope: &mut Scope,
    ) {
        let own_groups = match &path {
            Path::Regex(regex) => Some(Groups::Of { pattern: span, count: regex.groups }),
            _ => None,
        };
        let groups = own_groups.as_ref().unwrap_or(around.groups);
        let regex = match &path {
            Path::Regex(regex) => Some(regex),
            _ => around.regex,
        };
        let id = match &path {
            Path::Named(name) => around.names.named(name),
            _ => None,
        };
        let id = id.unwrap_or_else(|| self.reserve_location());
        let mut level = around.level.inner(&block.directives, self, groups, Some(&path));
        level.internal |= matches!(path, Path::Named(_));
        self.resolve(id, &block.directives, &level, groups, around.names);
        self.regexes[id as usize] = regex.cloned();
        let outer = Some((&path, span));
        let inside = Surrounding { level: &level, outer, regex, groups, names: around.names };
        let nested = self.scope(&block.directives, &inside);
        match path {
            Path::Exact(path) => scope.exact.push((path, id)),
            Path::Prefix { path, no_regex } => {
                scope.prefix.push(Prefix { path, no_regex, location: id, nested });
            }
            Path::Regex(regex) => {
                let pattern = regex.pattern.clone();
                scope.regex.push(RegexLocation { pattern, location: id, nested });
            }
            Path::Named(_) => {}
        }
    }

    /// That the location may stand where it does, and can be reached there.
    fn check_place(
        &mut self,
        directive: &Directive,
        path: &Path,
        span: Span,
        around: &Surrounding<'_>,
    ) -> Checked<()> {
        let place = directive.span();
        let misplaced = |message: String| Diagnostic::error("D04", place, message);
        let inner = match path {
            Path::Exact(path) | Path::Prefix { path, .. } => Some(path),
            Path::Regex(_) | Path::Named(_) => None,
        };
        match (around.outer, path) {
            (Some((_, outer)), Path::Named(_)) => {
                let diagnostic = misplaced("a named location stands in `server`".into());
                return Err(Box::new(diagnostic.also(outer, "inside this location")));
            }
            (Some((Path::Exact(_) | Path::Named(_), outer)), _) => {
                let diagnostic = misplaced("this location can have none within it".into());
                let label = "an exact or named location has one path at most";
                return Err(Box::new(diagnostic.also(outer, label)));
            }
            (Some((Path::Prefix { path: outer_path, .. }, outer)), _) => {
                if let Some(inner) = inner.filter(|inner| !inner.starts_with(outer_path)) {
                    let (inner, outer_path) =
                        (String::from_utf8_lossy(inner), String::from_utf8_lossy(outer_path));
                    let message = format!("`{inner}` does not begin with `{outer_path}`");
                    let diagnostic = Diagnostic::error("K18", span, message);
                    return Err(Box::new(diagnostic.also(outer, "the outer location is here")));
                }
            }
            _ => {}
        }
        if inner.is_some_and(|inner| !inner.is_empty() && !inner.starts_with(b"/")) {
            let shown = String::from_utf8_lossy(inner.map_or(&[], |inner| inner)).into_owned();
            let message = format!("no path begins with `{shown}`");
            self.diagnostics.push(Diagnostic::warning("K07", span, message).patch(
                "a path begins with a slash",
                span,
                format!("/{shown}"),
            ));
        }
        Ok(())
    }

    /// A place for a location, whose content comes later.
    pub(super) fn reserve_location(&mut self) -> LocationId {
        self.locations.push(None);
        self.regexes.push(None);
        (self.locations.len() - 1) as LocationId
    }

    /// Fills the place `id` with what the directives and their level say. After a mistake it
    /// is filled too, with something that is never used.
    pub(super) fn resolve(
        &mut self,
        id: LocationId,
        directives: &[Directive],
        level: &Level,
        groups: &Groups,
        names: &Names,
    ) {
        let mut settings = level.settings.clone();
        settings.types = level.types(self);
        settings.error_pages = self.error_pages_in(&level.error_pages, names);
        let resolved = self.action(id, directives, level, groups, names);
        let (action, methods, base) = resolved.unwrap_or_else(|| {
            let nothing = Action::Return(Return::Status(404));
            (nothing, sitec_runtime::http::method::MethodSet::ALL, None)
        });
        if let Some(base) = base {
            settings.base = base;
        }
        let settings = self.settings.add(settings);
        let internal = level.internal;
        let location = ir::Location { settings, internal, pattern: None, methods, action };
        self.locations[id as usize] = Some(location);
    }
}

/// That no location of the same scope has the same path. A regex may stand twice, as in nginx.
fn check_unique(
    directive: &Directive,
    path: &Path,
    seen: &mut HashMap<(u8, Vec<u8>), Span>,
) -> Checked<()> {
    let key = match path {
        Path::Exact(path) => (b'=', path.clone()),
        Path::Prefix { path, .. } => (b'/', path.clone()),
        Path::Named(name) => (b'@', name.clone()),
        Path::Regex(_) => return Ok(()),
    };
    let span = directive.span();
    let Some(first) = seen.insert(key, span) else { return Ok(()) };
    let words: Vec<_> = directive.args.iter().map(Word::shown).collect();
    let message = format!("there is a `location {}` already", words.join(" "));
    let diagnostic = Diagnostic::error("K01", span, message);
    Err(Box::new(diagnostic.also(first, "first defined here")))
}

impl Names {
    /// The location that `@name` names.
    pub(super) fn find(&self, word: &Word) -> Checked<LocationId> {
        let name = word.value.strip_prefix(b"@").unwrap_or(&word.value);
        if let Some(id) = self.named(name) {
            return Ok(id);
        }
        let shown = String::from_utf8_lossy(name).into_owned();
        let message = format!("there is no `location @{shown}` in this server");
        let diagnostic = Diagnostic::error("K15", word.span, message);
        let mut diagnostic = match closest(&shown, self.all()) {
            Some(meant) => diagnostic.patch(
                format!("did you mean `@{meant}`?"),
                word.span,
                format!("@{meant}"),
            ),
            None => diagnostic,
        };
        if !self.encloses(word.span) {
            diagnostic = diagnostic.also(self.server, "this server inherits it");
        }
        Err(Box::new(diagnostic))
    }
}

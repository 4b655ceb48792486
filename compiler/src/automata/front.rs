//! What the texts of a group begin with.

use regex_syntax::hir::{Capture, Class, Hir, HirKind};

use super::parsed;
use crate::ir::Pattern;

/// What a part of a pattern begins with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Front {
    /// A slash.
    Slash,
    /// A slash, or what comes behind the part, since that may be empty.
    Open,
    Other,
}

/// Whether all that a group matches is empty or begins with a slash. The group is the one that
/// `is_it`.
pub(crate) fn is_path(pattern: &Pattern, is_it: &dyn Fn(&Capture) -> bool) -> bool {
    let parsed = parsed(pattern);
    // With lookaround in it, groups have other numbers.
    !parsed.looks_around()
        && find(parsed.hir(), is_it).is_some_and(|hir| front(hir) != Front::Other)
}

fn find<'h>(hir: &'h Hir, is_it: &dyn Fn(&Capture) -> bool) -> Option<&'h Hir> {
    match hir.kind() {
        HirKind::Capture(capture) if is_it(capture) => Some(&capture.sub),
        HirKind::Capture(capture) => find(&capture.sub, is_it),
        HirKind::Repetition(repeated) => find(&repeated.sub, is_it),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().find_map(|part| find(part, is_it))
        }
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => None,
    }
}

fn front(hir: &Hir) -> Front {
    let is_slash = |is_so| if is_so { Front::Slash } else { Front::Other };
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Front::Open,
        HirKind::Literal(literal) => is_slash(literal.0.starts_with(b"/")),
        HirKind::Class(Class::Bytes(class)) => {
            is_slash(class.ranges().iter().all(|it| (it.start(), it.end()) == (b'/', b'/')))
        }
        HirKind::Class(Class::Unicode(_)) => Front::Other,
        HirKind::Capture(capture) => front(&capture.sub),
        HirKind::Repetition(repeated) => match front(&repeated.sub) {
            Front::Slash if repeated.min == 0 => Front::Open,
            front => front,
        },
        HirKind::Concat(parts) => {
            let fronts = parts.iter().map(front);
            fronts.into_iter().find(|front| *front != Front::Open).unwrap_or(Front::Open)
        }
        HirKind::Alternation(parts) => {
            let fronts: Vec<_> = parts.iter().map(front).collect();
            match () {
                () if fronts.contains(&Front::Other) => Front::Other,
                () if fronts.contains(&Front::Open) => Front::Open,
                () => Front::Slash,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_begin_with_a_slash() {
        for (text, expected) in [
            ("^/a(/.*)$", true),
            ("^/a(/.*)?$", true),
            ("^/a((?:/x|/y)*)$", true),
            ("^/a((?:/|)[/].*)$", true),
            ("^/a(.*)$", false),
            ("^/a(/?.*)$", false),
            ("^/a(/x|y)$", false),
            ("^/a(/*)$", true),
        ] {
            let pattern = Pattern { text: text.to_owned(), ignore_case: false };
            assert_eq!(is_path(&pattern, &|group| group.index == 1), expected, "{text}");
            assert!(!is_path(&pattern, &|group| group.index == 2));
        }
    }
}

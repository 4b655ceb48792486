//! Which symlinks on the way to a file are followed: what `disable_symlinks` says, for one path.

use crate::site::{Follow, Symlinks, Variables};

/// `disable_symlinks`, as it holds for one request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Links {
    pub(super) follow: Follow,
    /// `from=`: the front of absolute paths that is not looked at.
    pub(super) from: Vec<u8>,
}

/// What is looked at of an absolute path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Checked {
    /// Nothing: symlinks are followed while they stay beneath the directory.
    Nothing,
    /// What is behind so many bytes.
    Behind(usize),
}

impl Links {
    /// What holds where nothing was said.
    pub const BENEATH: Links = Links { follow: Follow::Beneath, from: Vec::new() };

    /// What a location says of a request's files.
    pub fn of(symlinks: &Symlinks, variables: &Variables<'_>) -> Links {
        let mut from = Vec::new();
        symlinks.from.write(variables, &mut from);
        Links { follow: symlinks.follow, from }
    }

    /// The same for paths whose files are to be changed: they are beneath the directory whatever
    /// the conf says.
    pub fn for_changes(self) -> Links {
        match self.follow {
            Follow::Anywhere => Links::BENEATH,
            _ => self,
        }
    }

    /// What is looked at of the absolute path `root`/`beneath`, as nginx has it: all, unless it
    /// begins with `from`, and nothing if that is all of it.
    pub(super) fn checked(&self, root: &[u8], beneath: &[u8]) -> Checked {
        if !matches!(self.follow, Follow::Never | Follow::SameOwner) {
            return Checked::Nothing;
        }
        let mut path = root.iter().chain(b"/").chain(beneath);
        let from = &self.from[..];
        if from.is_empty() || !from.iter().all(|byte| path.next() == Some(byte)) {
            return Checked::Behind(0);
        }
        match path.next() {
            None => Checked::Nothing,
            Some(b'/') => Checked::Behind(from.len()),
            Some(_) if from.ends_with(b"/") => Checked::Behind(from.len() - 1),
            Some(_) => Checked::Behind(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_at_begins_behind_from() {
        use Checked::{Behind, Nothing};
        for (from, beneath, expected) in [
            ("", "a/b", Behind(0)),
            ("/srv/www", "a/b", Behind(8)),
            ("/srv/www/", "a/b", Behind(8)),
            ("/srv", "a/b", Behind(4)),
            ("/", "a/b", Behind(0)),
            ("/srv/w", "a/b", Behind(0)),
            ("/srv/www/a", "a/b", Behind(10)),
            ("/srv/www/a/b", "a/b", Nothing),
            ("/srv/www/a/b/c", "a/b", Behind(0)),
            ("/other", "a/b", Behind(0)),
        ] {
            for follow in [Follow::Never, Follow::SameOwner] {
                let links = Links { follow, from: from.into() };
                assert_eq!(links.checked(b"/srv/www", beneath.as_bytes()), expected, "{from}");
            }
        }
        let links = Links { follow: Follow::Anywhere, from: Vec::new() };
        assert_eq!(links.checked(b"/srv/www", b"a"), Nothing);
        assert_eq!(links.for_changes(), Links::BENEATH);
    }
}

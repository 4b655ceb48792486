//! A conf and what it includes, as far as it can be understood, and what stands at a place of it.

use std::path::Path;

use super::names::{self, Name};
use super::place::{Place, is_in, walk};
use crate::ast::{Comment, Directive, Word};
use crate::files::Files;
use crate::parse::{self, Draft};
use crate::source::{FileId, Source, Span};

/// A conf and the files that it includes.
pub struct Project {
    pub(super) draft: Draft,
    pub(super) names: Vec<Name>,
}

/// What a place of a file is in.
pub(super) struct Found<'a> {
    pub(super) place: Place,
    /// The word: 0 is the name. None where it is between words.
    pub(super) word: Option<(usize, &'a Word)>,
}

impl Project {
    /// Reads the conf at `path` and what it includes. One that cannot be read is empty.
    pub fn read(files: &dyn Files, path: &Path) -> Project {
        let draft = parse::draft(files, path);
        let names = names::collect(&draft);
        Project { draft, names }
    }

    /// The file that was read from this path.
    pub fn file(&self, path: &Path) -> Option<FileId> {
        let mut files = self.draft.sources.iter();
        files.find(|(_, source)| is_same(Path::new(&source.name), path)).map(|(id, _)| id)
    }

    /// The files that were read, that of the conf first.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.draft.sources.iter()
    }

    /// A file.
    pub fn source(&self, file: FileId) -> &Source {
        self.draft.sources.file(file)
    }

    /// The files that the `include` at a place of a file puts there, and where its parameter is.
    pub fn included_at(&self, file: FileId, offset: usize) -> Option<(Span, Vec<FileId>)> {
        let (span, _) = self.draft.included.iter().find(|(span, _)| is_in(*span, file, offset))?;
        let all = self.draft.included.iter().filter(|(other, _)| other == span);
        let mut files: Vec<_> = all.map(|(_, id)| *id).collect();
        files.dedup();
        Some((*span, files))
    }

    /// Where the directives of a file stand that are in no block of it: where it is included first.
    pub(super) fn base(&self, file: FileId) -> Place {
        let mut base = Place::TOP;
        let is_of = |word: &Word| self.draft.included.contains(&(word.span, file));
        walk(&self.draft.directives, Place::TOP, &mut |directive, place| {
            let found = directive.name.value == b"include" && directive.args.iter().any(is_of);
            if found {
                base = place;
            }
            !found
        });
        base
    }

    /// What stands at a place of a file.
    pub(super) fn at(&self, file: FileId, offset: usize) -> Option<Found<'_>> {
        let mut directives = self.draft.written.get(&file)?;
        let mut place = self.base(file);
        loop {
            let is_before = |directive: &Directive| directive.name.span.start as usize <= offset;
            let directive = directives[..directives.partition_point(is_before)].last()?;
            if let Some(block) = &directive.block
                && (block.open.end as usize..=block.close.start as usize).contains(&offset)
                && let Some(first) = block.directives.first()
                && first.name.span.start as usize <= offset
            {
                place = place.within(directive);
                directives = &block.directives;
                continue;
            }
            let words = [&directive.name].into_iter().chain(&directive.args).enumerate();
            let word = words.filter(|(_, word)| is_in(word.span, file, offset)).last();
            return Some(Found { place, word });
        }
    }

    /// The comment at a place of a file.
    pub(super) fn comment_at(&self, file: FileId, offset: usize) -> Option<&Comment> {
        self.draft.comments.iter().find(|comment| is_in(comment.span, file, offset))
    }
}

/// Whether two paths are the same but for `.` and `..` in them.
fn is_same(a: &Path, b: &Path) -> bool {
    a == b || crate::files::plain(a) == crate::files::plain(b)
}

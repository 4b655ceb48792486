//! What is looked at: the site, and where the conf and the disk have what it is made of.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use sitec_runtime::site::{LocationId, ServerId};

use super::disk::Trees;
use crate::answer::Answer;
use crate::ast::{Conf, Directive};
use crate::files::{Files, is_certain};
use crate::ir;
use crate::places::Places;
use crate::route::Router;
use crate::source::{Sources, Span};

/// A site, its conf and its disk.
pub(crate) struct Subject<'a> {
    pub(super) conf: &'a Conf,
    pub(super) site: &'a ir::Site,
    pub(super) places: &'a Places,
    pub(super) files: &'a dyn Files,
    /// Where relative paths are.
    pub(super) folder: &'a Path,
    sources: &'a Sources,
    /// The folders that files are served from, once they are asked for.
    pub(super) trees: OnceCell<Trees>,
    /// The blocks by what stands before their `{`, each with the one around it.
    blocks: HashMap<Span, (&'a Directive, Option<&'a Directive>)>,
}

impl<'a> Subject<'a> {
    /// The site that `conf` resolved to.
    pub(crate) fn new(
        (conf, sources): (&'a Conf, &'a Sources),
        (site, places): (&'a ir::Site, &'a Places),
        files: &'a dyn Files,
        folder: &'a Path,
    ) -> Subject<'a> {
        let mut blocks = HashMap::new();
        collect(&conf.directives, None, &mut blocks);
        let trees = OnceCell::new();
        Subject { conf, site, places, files, folder, sources, trees, blocks }
    }

    /// Whether what is found at a path is what the site will run with.
    pub(super) fn is_certain(&self, path: &Path) -> bool {
        is_certain(self.files, self.folder, path)
    }

    /// Whether what an answer has looked for is what the site will run with.
    pub(super) fn is_certain_of(&self, answer: &Answer) -> bool {
        answer.looked().all(|path| self.is_certain(path))
    }

    /// Where a location is written: from `location` to its URI, or the word `server`.
    pub(super) fn span(&self, id: LocationId) -> Span {
        self.places.locations[id as usize].span
    }

    /// The block of a location, or the server that it stands for.
    pub(super) fn block(&self, id: LocationId) -> Option<&'a Directive> {
        self.blocks.get(&self.span(id)).map(|(block, _)| *block)
    }

    /// The block of a server.
    pub(super) fn server_block(&self, id: ServerId) -> Option<&'a Directive> {
        self.blocks.get(&self.places.servers[usize::from(id)].span).map(|(block, _)| *block)
    }

    /// The `root` or `alias` that holds for a location.
    pub(super) fn base_span(&self, id: LocationId) -> Option<Span> {
        Some(self.nearest(id, &["root", "alias"])?.args.first()?.span)
    }

    /// The directive with one of these names that holds for a location: the one in it, or in
    /// the nearest block around it.
    pub(super) fn nearest(&self, id: LocationId, names: &[&str]) -> Option<&'a Directive> {
        self.nearest_that(id, &|d| names.iter().any(|name| d.name.value == name.as_bytes()))
    }

    /// The directive of this kind that holds for a location.
    pub(super) fn nearest_that(
        &self,
        id: LocationId,
        wanted: &dyn Fn(&Directive) -> bool,
    ) -> Option<&'a Directive> {
        let find = |directives: &'a [Directive]| directives.iter().find(|d| wanted(d));
        let mut at = self.block(id);
        while let Some(directive) = at {
            let found = directive.block.as_ref().and_then(|block| find(&block.directives));
            if found.is_some() {
                return found;
            }
            at = self.blocks.get(&directive.span()).and_then(|(_, around)| *around);
        }
        find(&self.conf.directives)
    }

    /// The directives with a name that hold for a server: those in it, or in the nearest block around
    /// it that has any.
    pub(super) fn all_of_server(&self, id: ServerId, name: &str) -> Vec<&'a Directive> {
        let find = |directives: &'a [Directive]| -> Vec<_> {
            directives.iter().filter(|it| it.name.value == name.as_bytes()).collect()
        };
        let mut at = self.server_block(id);
        while let Some(directive) = at {
            let found = directive.block.as_ref().map(|block| find(&block.directives));
            if let Some(found) = found.filter(|found| !found.is_empty()) {
                return found;
            }
            at = self.blocks.get(&directive.span()).and_then(|(_, around)| *around);
        }
        find(&self.conf.directives)
    }

    /// The `return` of a location, or else the location.
    pub(super) fn return_span(&self, id: LocationId) -> Span {
        let block = self.block(id).and_then(|directive| directive.block.as_ref());
        let answer = block.and_then(|b| b.directives.iter().find(|d| d.name.value == b"return"));
        answer.map_or(self.span(id), Directive::span)
    }

    /// The files that the conf is in.
    pub(super) fn conf_files(&self) -> Vec<PathBuf> {
        self.sources.iter().map(|(_, source)| PathBuf::from(&source.name)).collect()
    }

    /// The oracle that has the last word on which location takes a path.
    pub(super) fn router(&self) -> Router<'a> {
        Router::new(self.site)
    }

    pub(super) fn location(&self, id: LocationId) -> &'a ir::Location {
        &self.site.locations[id as usize]
    }

    pub(super) fn settings(&self, id: LocationId) -> &'a ir::Settings {
        &self.site.settings[self.location(id).settings]
    }
}

fn collect<'a>(
    directives: &'a [Directive],
    around: Option<&'a Directive>,
    blocks: &mut HashMap<Span, (&'a Directive, Option<&'a Directive>)>,
) {
    for directive in directives {
        let Some(block) = &directive.block else { continue };
        blocks.insert(directive.span(), (directive, around));
        collect(&block.directives, Some(directive), blocks);
    }
}

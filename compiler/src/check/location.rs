//! `location` blocks: which paths are theirs, how they nest, and what each resolves to.

mod place;
mod slash;

use std::collections::HashMap;
use std::rc::Rc;

use sitec_runtime::http::method::MethodSet;
use sitec_runtime::site::{LocationId, ServerId};

use super::base::no_files;
use super::draft::{Draft, Names};
use super::fastcgi::PASSES;
use super::groups::{Groups, groups_of_steps};
use super::level::Level;
use super::methods::{method_set, named_methods};
use super::path::{Path, path, written};
use super::rewrite::Stage;
use crate::ast::{Block, Directive, named};
use crate::ir::{self, Action, Prefix, RegexLocation, Return, Scope};
use crate::places::LocationPlace;
use crate::source::Span;
use crate::value::Regex;
use place::check_unique;
use slash::Slashed;

/// Where a scope of locations lies.
pub(super) struct Surrounding<'a> {
    /// The level of the server or the outer location.
    pub(super) level: &'a Level,
    /// The outer location, if there is one: its paths, and where they are written.
    pub(super) outer: Option<(&'a Path, Span)>,
    /// The regexes that lead here, outer ones first.
    pub(super) regexes: &'a [Rc<Regex>],
    /// What `$1` may stand for here.
    pub(super) groups: &'a Groups,
    /// The server's named locations.
    pub(super) names: &'a Names,
}

impl Draft<'_> {
    /// The locations among these directives.
    pub(super) fn scope(&mut self, directives: &[Directive], around: &Surrounding<'_>) -> Scope {
        let mut scope = Scope::default();
        let (mut seen, mut slashed) = (HashMap::new(), Vec::new());
        for directive in named(directives, "location") {
            let Some(block) = &directive.block else { continue };
            let Some((path, span)) = self.reader.report(path(directive)) else { continue };
            let place = self.check_place(directive, &path, span, around.outer);
            let duplicate = check_unique(directive, &path, &mut seen);
            if self.reader.report(place).and(self.reader.report(duplicate)).is_some() {
                let paths = path.clone();
                let id = self.location((directive, block), path, span, around, &mut scope);
                let mut passes =
                    PASSES.iter().filter_map(|name| named(&block.directives, name).next());
                if let (Path::Exact(path) | Path::Prefix { path, .. }, Some(_)) =
                    (paths, passes.next())
                {
                    slashed.push(Slashed { directive, path, id });
                }
            }
        }
        self.redirect_to_slashes(&slashed, around, &mut scope);
        scope
    }

    /// Resolves one location and those within it, and adds it to its scope.
    fn location(
        &mut self,
        (directive, block): (&Directive, &Block),
        path: Path,
        span: Span,
        around: &Surrounding<'_>,
        scope: &mut Scope,
    ) -> LocationId {
        let own_groups = match &path {
            Path::Regex(regex) => Some(Groups::Of { pattern: span, count: regex.groups }),
            _ => None,
        };
        let groups = own_groups.as_ref().unwrap_or(around.groups);
        let outer_groups = groups;
        let groups = &groups_of_steps(&block.directives, groups);
        let mut regexes = around.regexes.to_vec();
        if let Path::Regex(regex) = &path {
            regexes.push(regex.clone());
        }
        let id = match &path {
            Path::Named(name) => around.names.named(name),
            _ => None,
        };
        let id = id.unwrap_or_else(|| self.reserve_location(around.names.id, directive));
        let inner = self.reader.constants.within(&block.directives);
        let outer_constants = std::mem::replace(&mut self.reader.constants, inner);
        let mut level =
            around.level.inner(&block.directives, &mut self.reader, groups, Some(&path));
        level.internal |= matches!(path, Path::Named(_));
        let stage =
            Stage { level: &level, location: Some((id, &path)), groups, names: around.names };
        self.resolve(id, &block.directives, &level, groups, around.names);
        let first_within = self.places.locations.len();
        let ops = self.steps(&block.directives, &stage);
        let proxy = self.locations[id as usize].as_ref().and_then(|it| it.action.proxy()).cloned();
        self.health_check(&block.directives, proxy.as_ref());
        let limited = self.location_of_limit(id, &block.directives, &stage);
        for place in &mut self.places.locations[first_within..] {
            place.within = Some(id);
        }
        if let Some(location) = &mut self.locations[id as usize] {
            location.ops = ops;
            if let Some(limit) = &mut location.limit_except {
                limit.location = limited;
            }
        }
        self.regexes[id as usize] = regexes.clone();
        let prefix = match &path {
            Path::Exact(path) | Path::Prefix { path, .. } => &path[..],
            Path::Regex(_) | Path::Named(_) => b"",
        };
        self.places.locations[id as usize].prefix = prefix.to_vec();
        let outer = Some((&path, span));
        let names = around.names;
        let inside =
            Surrounding { level: &level, outer, regexes: &regexes, groups: outer_groups, names };
        let nested = self.scope(&block.directives, &inside);
        self.reader.constants = outer_constants;
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
        id
    }

    /// A place for a location, whose content comes later.
    pub(super) fn reserve_location(
        &mut self,
        server: ServerId,
        directive: &Directive,
    ) -> LocationId {
        let (span, written) = match &directive.name.value[..] {
            b"location" => (directive.span(), written(&directive.args)),
            b"if" | b"limit_except" => (directive.span(), Some(directive.name.shown())),
            _ => (directive.name.span, None),
        };
        let written = written.unwrap_or_default();
        self.places.locations.push(LocationPlace {
            span,
            server,
            written,
            within: None,
            prefix: Vec::new(),
            methods: None,
            writer: None,
            status: None,
            scripts: Vec::new(),
        });
        self.locations.push(None);
        self.regexes.push(Vec::new());
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
        let error_pages = self.error_pages_in(&level.error_pages, names);
        let resolved = self.action(id, directives, level, groups, names);
        let (action, methods, base) = resolved.unwrap_or_else(|| {
            let nothing = Action::Return(Return::Status(404));
            (nothing, MethodSet::ALL, None)
        });
        let base = base.unwrap_or_else(no_files);
        let is_asked = matches!(action, Action::Serve { .. });
        let admission = self.reader.admission(level, is_asked);
        if let Some((uri, span)) = level.inquiry.uri.as_ref().filter(|_| is_asked)
            && self.looked_up.insert((names.id, *span))
        {
            self.places.inquiries.push((uri.clone(), *span, names.id));
        }
        let recodes = self.reader.recodes;
        let types = &mut self.reader.tables.types;
        let mut settings = level.settings(base, error_pages, admission, types, recodes);
        let pack = self.pack(level, &settings, &action, methods);
        settings.pack = self.reader.report_once(pack).flatten();
        if settings.pack.is_some() && !level.codings.is_empty() {
            settings.plain.leave_beside();
        }
        let settings = self.reader.tables.settings.add(settings);
        self.reader.check_methods_of(directives, level);
        let place = &mut self.places.locations[id as usize];
        place.methods = level.named_methods.clone();
        place.writer = level.writing.span();
        place.status = level.own.and_then(|(own, span)| own.tells().then_some(span));
        place.scripts = level.cgi.spans();
        let location = ir::Location {
            settings,
            internal: level.internal,
            patterns: Vec::new(),
            limit_except: self.limit_except(directives, level, groups),
            methods,
            methods_named: level.methods.is_some(),
            ops: Vec::new(),
            action,
        };
        self.locations[id as usize] = Some(location);
    }

    /// What a `limit_except` among the directives of a location says.
    pub(super) fn limit_except(
        &mut self,
        directives: &[Directive],
        level: &Level,
        groups: &Groups,
    ) -> Option<ir::LimitExcept> {
        let directive = named(directives, "limit_except").next()?;
        let methods = named_methods(directive).map(|named| method_set(&named));
        let methods = self.reader.report(methods)?;
        let mut level = level.clone();
        if let Some(block) = &directive.block {
            level.auth.set(&block.directives, &mut self.reader, groups);
            level.set_access(&block.directives, &mut self.reader);
        }
        let admission = self.reader.admission(&level, true);
        Some(ir::LimitExcept { methods, admission, location: None })
    }

    /// The location that stands in the place of the one at `id` for methods that a `limit_except`
    /// passes on.
    fn location_of_limit(
        &mut self,
        id: LocationId,
        directives: &[Directive],
        stage: &Stage<'_>,
    ) -> Option<LocationId> {
        let limit = named(directives, "limit_except").next()?;
        let (block, (_, path)) = (limit.block.as_ref()?, stage.location?);
        let passes = ["proxy_pass", "grpc_pass"];
        let passes = passes.iter().flat_map(|name| named(&block.directives, name));
        let passes: Vec<_> = passes.cloned().collect();
        if passes.is_empty() {
            return None;
        }
        let limited = self.reserve_location(stage.names.id, limit);
        let level = stage.level.of_if(&passes, &mut self.reader, stage.groups, path);
        self.resolve(limited, &passes, &level, stage.groups, stage.names);
        // Whoever may come in there is the same.
        let limit = self.locations[id as usize].as_ref()?.limit_except.clone();
        self.locations[limited as usize].as_mut()?.limit_except = limit;
        Some(limited)
    }
}

//! What one context has been given: its own directives over those of the outer one.

use std::rc::Rc;

use sitec_runtime::http::accept::Coding;
use sitec_runtime::http::method::{Method, MethodSet};
use sitec_runtime::site::{ErrorLog, FileCache, Level as LogLevel};

use super::added_fields::Additions;
use super::caching::Caching;
use super::cgi::Cgi;
use super::charset::Charset;
use super::consistency::Named;
use super::embed::Embed;
use super::error_page::ErrorPage;
use super::location::Path;
use super::text::Groups;
use super::writing::Writing;
use super::{Checker, named};
use crate::ast::{Directive, Word};
use crate::directive::Values;
use crate::ir;
use crate::source::Span;
use crate::value::{self, Checked};

/// The settings of one context, inherited ones included.
#[derive(Clone)]
pub(crate) struct Level {
    /// The settings of one plain value each.
    pub(super) values: Values,
    /// Everything but what the other fields hold, which is filled in for each location.
    pub(super) settings: ir::Settings,
    /// Where files are; `None`: nothing was said.
    pub(super) base: Option<ir::FileBase>,
    /// The error pages, whose names are looked up in each server.
    pub(super) error_pages: Rc<[ErrorPage]>,
    /// The `cgi_…` directives.
    pub(super) cgi: Cgi,
    /// What may be written.
    pub(super) writing: Writing,
    /// `add_header` and `expires`.
    pub(super) additions: Additions,
    /// `types`; `None`: the common ones.
    pub(super) types: Option<usize>,
    /// `open_file_cache`.
    pub(super) caching: Caching,
    /// `charset` and `charset_types`.
    pub(super) charset: Charset,
    /// `methods`.
    pub(super) methods: Option<MethodSet>,
    /// Its words.
    pub(super) named_methods: Option<Named>,
    /// `internal`.
    pub(super) internal: bool,
    /// `stub_status`, which holds only where it stands.
    pub(super) status: Option<Span>,
    /// `embed on`, and whether it stands in this very context.
    pub(super) embed: Option<Embed>,
    /// `precompress`.
    pub(super) codings: Vec<Coding>,
}

impl Level {
    /// What holds where nothing was said.
    pub(super) fn outermost() -> Level {
        Level {
            values: Values::DEFAULT,
            settings: default_settings(),
            types: None,
            caching: Caching::Unsaid,
            charset: Charset::outermost(),
            base: None,
            cgi: Cgi::outermost(),
            writing: Writing::outermost(),
            error_pages: Rc::new([]),
            additions: Additions::default(),
            methods: None,
            named_methods: None,
            internal: false,
            status: None,
            embed: None,
            codings: Vec::new(),
        }
    }

    pub(super) fn error_logs(&self) -> Vec<ErrorLog> {
        self.settings.error_logs.clone()
    }

    /// The level that these directives make inside of this one; `path` is the location's.
    pub(super) fn inner(
        &self,
        directives: &[Directive],
        checker: &mut Checker<'_>,
        groups: &Groups,
        path: Option<&Path>,
    ) -> Level {
        let embed = self.embed.map(|embed| Embed { is_own: false, ..embed });
        let mut inner = Level { status: None, embed, ..self.clone() };
        // What it sets at once must not undo what stands beside it.
        let (general, others): (Vec<_>, Vec<_>) =
            directives.iter().partition(|directive| directive.name.value == b"client_timeout");
        for directive in general.into_iter().chain(others) {
            let result = inner.set(directive, checker);
            checker.report(result);
        }
        inner.set_lists(directives, checker, groups);
        inner.charset.set(directives, checker, groups);
        inner.cgi.set(directives, checker, groups, path);
        inner.writing.set(directives, checker, groups, path);
        inner.choose_handler(directives, checker);
        let inherit = inner.values.compiled.add_header_inherit;
        inner.additions.set_fields(directives, checker, groups, inherit);
        if let Some(access) = checker.access(directives) {
            inner.settings.access = Some(access);
        }
        let symlinks = checker.symlinks(directives, groups);
        if let Some(Some(symlinks)) = checker.report(symlinks) {
            inner.settings.symlinks = symlinks;
        }
        let gzip_static = inner.values.plain.gzip_static;
        let base = checker.base(directives, path, groups, gzip_static);
        if let Some(Some(base)) = checker.report(base) {
            inner.base = Some(base);
        }
        inner
    }

    /// Takes the directives that may repeat; any of one kind replace all inherited ones.
    fn set_lists(&mut self, directives: &[Directive], checker: &mut Checker<'_>, groups: &Groups) {
        let has = |name| named(directives, name).next().is_some();
        if has("index") {
            let words = named(directives, "index").flat_map(|directive| &directive.args);
            let values: Vec<_> = words.map(|word| checker.value(word, 0, groups)).collect();
            let values = values.into_iter().filter_map(|value| checker.report(value));
            self.settings.index = values.collect();
        }
        if has("types") {
            let types = checker.type_table(directives);
            self.types = Some(checker.types.add(types));
        }
        if has("error_page") {
            let pages = named(directives, "error_page")
                .map(|directive| checker.error_page(directive, groups))
                .collect::<Vec<_>>();
            let pages = pages.into_iter().filter_map(|pages| checker.report(pages));
            self.error_pages = pages.flatten().collect();
        }
        if has("error_log") {
            self.settings.error_logs = checker.error_logs(directives);
        }
        if has("access_log") {
            self.settings.access_logs = checker.access_logs(directives, groups);
        }
    }
}

fn default_settings() -> ir::Settings {
    let literal = |text: &str| ir::Value(vec![ir::Piece::Literal(text.into())]);
    ir::Settings {
        plain: Values::DEFAULT.plain,
        base: super::base::no_files(),
        pack: None,
        index: vec![literal("index.html")],
        types: 0,
        default_type: b"text/plain".to_vec(),
        charset: None,
        error_pages: Vec::new(),
        symlinks: super::symlinks::usual(),
        file_cache: FileCache::USUAL,
        added_fields: Vec::new(),
        expires: None,
        access: None,
        access_logs: Vec::new(),
        error_logs: vec![ErrorLog { log: 0, level: LogLevel::Error }],
        listing: None,
    }
}

/// The words of a `methods` directive.
pub(super) fn named_methods(directive: &Directive) -> Checked<Named> {
    let named = |word: &Word| Ok((value::method(word)?, word.span));
    directive.args.iter().map(named).collect()
}

/// The methods that such words let be used; HEAD comes with GET.
pub(super) fn method_set(named: &Named) -> MethodSet {
    let set = named.iter().fold(MethodSet::EMPTY, |set, (method, _)| set.with(*method));
    if set.contains(Method::Get) { set.with(Method::Head) } else { set }
}

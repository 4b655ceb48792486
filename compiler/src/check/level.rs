//! What one context has been given: its own directives over those of the outer one.

use std::rc::Rc;

use sitec_runtime::http::accept::Coding;
use sitec_runtime::http::method::MethodSet;
use sitec_runtime::site::{
    ConnLimit, ErrorLog, KeepaliveTimeout, Level as LogLevel, LogCache, ReqLimit,
};

use super::access::Rules;
use super::added_fields::Additions;
use super::additions::Around;
use super::auth::Auth;
use super::caching::Caching;
use super::cgi::Cgi;
use super::charset::Charset;
use super::compression::Compression;
use super::embed::{Embed, codings};
use super::error_page::ErrorPage;
use super::fastcgi::{Fastcgi, PASSES};
use super::groups::Groups;
use super::inquiry::Inquiry;
use super::links::Links;
use super::log_cache::log_cache;
use super::methods::{Named, method_set, named_methods};
use super::mirror::Mirrors;
use super::path::Path;
use super::proxy::{Family, Proxy, Stand};
use super::rate::Rate;
use super::reader::Reader;
use super::real_ip::RealIp;
use super::ssi::Ssi;
use super::substitution::Substitution;
use super::tls::Tls;
use super::types::TypeTables;
use super::userid::Ids;
use super::writing::Writing;
use crate::ast::{Directive, named};
use crate::diagnostic::Diagnostic;
use crate::directive::{self, Values};
use crate::ir::{self, Handler, Piece, Value};
use crate::source::Span;
use crate::value::{Checked, flag, keyword, media_type};

/// The settings of one context, inherited ones included.
#[derive(Clone)]
pub(crate) struct Level {
    /// The settings of one plain value each.
    pub(super) values: Values,
    /// `index`.
    index: Rc<[ir::Value]>,
    /// `default_type`.
    default_type: Vec<u8>,
    /// `disable_symlinks`.
    symlinks: ir::Symlinks,
    /// `allow` and `deny`; `None`: everyone.
    pub(super) access: Option<Rules>,
    /// `auth_basic` and its file.
    pub(super) auth: Auth,
    /// `auth_request` and `auth_request_set`.
    pub(super) inquiry: Inquiry,
    /// `mirror`.
    mirrors: Mirrors,
    /// `access_log`.
    access_logs: Rc<[ir::AccessLog]>,
    /// `open_log_file_cache`.
    log_cache: LogCache,
    /// `error_log`.
    pub(super) error_logs: Vec<ErrorLog>,
    /// Where files are; `None`: nothing was said.
    pub(super) base: Option<ir::FileBase>,
    /// The error pages, whose names are looked up in each server.
    pub(super) error_pages: Rc<[ErrorPage]>,
    /// The `cgi_…` directives.
    pub(super) cgi: Cgi,
    /// What may be written.
    pub(super) writing: Writing,
    /// `proxy_pass` and what goes with it.
    pub(super) proxy: Proxy,
    /// `grpc_pass` and what goes with it.
    pub(super) grpc: Proxy,
    /// `fastcgi_pass` and its like.
    pub(super) fastcgi: Fastcgi,
    /// `limit_rate` and `limit_rate_after`.
    pub(super) rate: Rate,
    /// `limit_req` and `limit_conn`.
    limit_reqs: Rc<[ReqLimit]>,
    limit_conns: Rc<[ConnLimit]>,
    /// `set_real_ip_from` and what goes with it.
    real_ip: RealIp,
    /// `secure_link` and what goes with it.
    links: Links,
    /// `userid` and what goes with it.
    ids: Ids,
    /// The `ssl_…` directives.
    pub(super) tls: Tls,
    /// `valid_referers`.
    referers: Option<Rc<ir::Referers>>,
    /// `add_header`, `add_trailer` and `expires`.
    pub(super) additions: Additions,
    /// `early_hints`.
    early_hints: Rc<[Value]>,
    /// `types`; `None`: the common ones.
    pub(super) types: Option<usize>,
    /// `open_file_cache`.
    pub(super) caching: Caching,
    /// `charset` and `charset_types`.
    pub(super) charset: Charset,
    /// `gzip_types` and its like, and `gzip_disable`.
    compression: Compression,
    /// `sub_filter` and its types.
    substitution: Substitution,
    /// `add_before_body` and its like.
    around: Around,
    /// `ssi_types`, and what contents may name.
    ssi: Ssi,
    /// `methods`.
    pub(super) methods: Option<MethodSet>,
    /// Its words.
    pub(super) named_methods: Option<Named>,
    /// `internal`.
    pub(super) internal: bool,
    /// What the server makes itself, which holds only where it stands, and the word that says so.
    pub(super) own: Option<(Own, Span)>,
    /// `embed on`, and whether it stands in this very context.
    pub(super) embed: Option<Embed>,
    /// `precompress`.
    pub(super) codings: Vec<Coding>,
}

/// What the server makes itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Own {
    Status,
    Metrics,
    StatusPage,
    Gif,
}

/// The directives that say so.
const OWN: [(&str, Own); 4] = [
    ("stub_status", Own::Status),
    ("metrics", Own::Metrics),
    ("status_page", Own::StatusPage),
    ("empty_gif", Own::Gif),
];

impl Own {
    /// Who makes it.
    pub(super) fn handler(self) -> Handler {
        match self {
            Own::Status => Handler::Status,
            Own::Metrics => Handler::Metrics,
            Own::StatusPage => Handler::StatusPage,
            Own::Gif => Handler::EmptyGif,
        }
    }

    /// Whether it tells what the server does.
    pub(super) fn tells(self) -> bool {
        match self {
            Own::Status | Own::Metrics | Own::StatusPage => true,
            Own::Gif => false,
        }
    }
}

impl Level {
    /// What holds where nothing was said.
    pub(super) fn outermost() -> Level {
        let index = directive::default_words("index");
        let index = index.split(' ').map(|name| Value(vec![Piece::Literal(name.into())]));
        Level {
            values: Values::DEFAULT,
            index: index.collect(),
            default_type: directive::default_words("default_type").into(),
            symlinks: super::symlinks::usual(),
            access: None,
            auth: Auth::default(),
            inquiry: Inquiry::default(),
            mirrors: Mirrors::default(),
            access_logs: Rc::new([]),
            log_cache: LogCache::OFF,
            error_logs: vec![ErrorLog { log: 0, level: LogLevel::Error }],
            types: None,
            caching: Caching::Unsaid,
            charset: Charset::outermost(),
            compression: Compression::outermost(),
            substitution: Substitution::outermost(),
            around: Around::outermost(),
            ssi: Ssi::outermost(),
            base: None,
            cgi: Cgi::outermost(),
            writing: Writing::outermost(),
            proxy: Proxy::outermost(Family::Proxy),
            grpc: Proxy::outermost(Family::Grpc),
            fastcgi: Fastcgi::outermost(),
            error_pages: Rc::new([]),
            rate: Rate::default(),
            limit_reqs: Rc::new([]),
            limit_conns: Rc::new([]),
            referers: None,
            real_ip: RealIp::default(),
            links: Links::default(),
            ids: Ids::outermost(),
            tls: Tls::outermost(),
            additions: Additions::default(),
            early_hints: Rc::new([]),
            methods: None,
            named_methods: None,
            internal: false,
            own: None,
            embed: None,
            codings: Vec::new(),
        }
    }

    /// The level that these directives make inside of this one; `path` is the location's.
    pub(super) fn inner(
        &self,
        directives: &[Directive],
        reader: &mut Reader<'_>,
        groups: &Groups,
        path: Option<&Path>,
    ) -> Level {
        let mut inner = self.inherited();
        inner.proxy = self.proxy.inherited();
        inner.grpc = self.grpc.inherited();
        inner.fastcgi = self.fastcgi.inherited();
        inner.put(directives, reader, groups, Stand::within(path));
        inner
    }

    /// The level that an `if` is in the location with this path.
    pub(super) fn of_if(
        &self,
        directives: &[Directive],
        reader: &mut Reader<'_>,
        groups: &Groups,
        path: &Path,
    ) -> Level {
        let mut inner = self.inherited();
        inner.put(directives, reader, groups, Stand::in_if(path));
        // As in nginx, what answers in the location answers here, unless something else does.
        if ["proxy_pass", "grpc_pass"].iter().all(|name| named(directives, name).next().is_none()) {
            inner.own = self.own;
        }
        inner
    }

    /// Puts these directives over what was given before.
    fn put(
        &mut self,
        directives: &[Directive],
        reader: &mut Reader<'_>,
        groups: &Groups,
        stand: Stand<'_>,
    ) {
        let (inner, path) = (self, stand.path);
        // It sets several values at once, and must not undo what stands beside it.
        inner.set_those(directives, reader, |name| name == "client_timeout");
        inner.set_those(directives, reader, |name| name != "client_timeout");
        inner.set_lists(directives, reader, groups);
        inner.charset.set(directives, reader, groups);
        inner.compression.set(directives, reader);
        inner.substitution.set(directives, reader, groups);
        inner.around.set(directives, reader);
        inner.ssi.set(directives, reader);
        inner.auth.set(directives, reader, groups);
        inner.inquiry.set(directives, reader, groups);
        if let Some(mirrors) = reader.mirrors(directives) {
            inner.mirrors = mirrors;
        }
        // A password may keep out whom no rule names.
        inner.set_access(directives, reader);
        inner.rate.set(directives, reader, groups);
        inner.links.set(directives, reader, groups);
        inner.ids.set(directives, reader);
        inner.tls.set(directives, reader);
        inner.real_ip.set(directives, reader);
        inner.set_symlinks(directives, reader, groups);
        // Of the two, that one holds which stands nearer.
        inner.cgi.set(directives, reader, groups, path);
        inner.writing.set(directives, reader, groups, path);
        inner.proxy.set(directives, reader, groups, stand);
        inner.grpc.set(directives, reader, groups, stand);
        inner.fastcgi.set(directives, reader, groups, stand);
        inner.choose_handler(directives, reader);
        // Which fields are inherited and where files may be is a matter of values read above.
        inner.set_fields(directives, reader, groups);
        inner.set_base(directives, reader, groups, path);
    }

    /// What a context has been given before its own directives are looked at.
    fn inherited(&self) -> Level {
        let embed = self.embed.map(|embed| Embed { is_own: false, ..embed });
        Level { own: None, embed, ..self.clone() }
    }

    /// The settings of a location at this level, but for its pack. What depends on the location
    /// comes from it.
    pub(super) fn settings(
        &self,
        base: ir::FileBase,
        error_pages: Vec<ir::ErrorPage>,
        admission: ir::Admission,
        types: &mut TypeTables,
        recodes: bool,
    ) -> ir::Settings {
        let charset = self.charset.resolved();
        let mut default_type = self.default_type.clone();
        // Where contents are recoded, only a response knows what it is to say.
        let said = charset.as_ref().filter(|_| !recodes);
        if let Some(charset) = said {
            charset.say_in(&mut default_type);
        }
        let userid = self.ids.resolved();
        let of_ids = userid.iter().flat_map(ir::UserId::fields).collect::<Vec<_>>();
        ir::Settings {
            plain: self.values.plain,
            base,
            pack: None,
            index: self.index.to_vec(),
            types: types.resolve(self.types, said),
            default_type,
            source_charset: self.charset.source(),
            charset,
            substitution: self.substitution.resolved(),
            additions: self.around.resolved(),
            ssi: self.ssi.resolved(&self.values),
            compression: self.compression.resolved(self.values.compression, &self.values.plain),
            error_pages,
            symlinks: self.symlinks.clone(),
            file_cache: self.caching.resolved(self.values.cache),
            admission,
            mirrors: self.mirrors.to_vec(),
            answered: self.inquiry.resolved(),
            rate: self.rate.resolved(),
            limit_reqs: self.limit_reqs.to_vec(),
            limit_conns: self.limit_conns.to_vec(),
            real_ip: self.real_ip.resolved(),
            referers: self.referers.as_deref().cloned(),
            secure_link: self.links.resolved(),
            userid,
            added_fields: self.additions.fields().into_iter().chain(of_ids).collect(),
            added_trailers: self.additions.trailers(),
            early_hints: self.early_hints.to_vec(),
            expires: self.additions.expires(),
            access_logs: self.access_logs.iter().map(|log| self.kept_open(log)).collect(),
            error_logs: self.error_logs.clone(),
            listing: self.values.compiled.autoindex.then_some(self.values.listing),
        }
    }

    /// A log with the `open_log_file_cache` that holds here, where it is about such files.
    fn kept_open(&self, log: &ir::AccessLog) -> ir::AccessLog {
        match log.name {
            Some(_) => ir::AccessLog { cache: self.log_cache, ..log.clone() },
            None => log.clone(),
        }
    }

    /// Takes the directives with such names that give one value each.
    fn set_those(
        &mut self,
        directives: &[Directive],
        reader: &mut Reader<'_>,
        is_such: fn(&str) -> bool,
    ) {
        for directive in directives {
            if is_such(directive.name.text().unwrap_or_default()) {
                let result = self.set(directive, reader);
                reader.report(result);
            }
        }
    }

    pub(super) fn set_access(&mut self, directives: &[Directive], reader: &mut Reader<'_>) {
        if let Some(access) = reader.access(directives, self.asks_others()) {
            self.access = Some(access);
        }
    }

    fn set_symlinks(&mut self, directives: &[Directive], reader: &mut Reader<'_>, groups: &Groups) {
        let symlinks = reader.symlinks(directives, groups);
        if let Some(Some(symlinks)) = reader.report(symlinks) {
            self.symlinks = symlinks;
        }
    }

    fn set_fields(&mut self, directives: &[Directive], reader: &mut Reader<'_>, groups: &Groups) {
        self.additions.set_fields(directives, reader, groups, &self.values.compiled);
        if let Some(directive) = named(directives, "early_hints").next() {
            let values = directive.args.iter().map(|word| reader.value(word, 0, groups));
            let values: Vec<_> = values.collect();
            let values = values.into_iter().filter_map(|value| reader.report(value));
            self.early_hints = values.collect();
        }
    }

    fn set_base(
        &mut self,
        directives: &[Directive],
        reader: &mut Reader<'_>,
        groups: &Groups,
        path: Option<&Path>,
    ) {
        let base = reader.base(directives, path, groups, &self.values.plain);
        if let Some(Some(base)) = reader.report(base) {
            self.base = Some(base);
        }
    }

    /// Of scripts and writing, that holds in a location which stands nearer to it.
    fn choose_handler(&mut self, directives: &[Directive], reader: &mut Reader<'_>) {
        let on = |directive: &&Directive| directive.args[0].value != b"off";
        let scripts = named(directives, "cgi_pass").find(on);
        let store = named(directives, "upload_store").next();
        let writer = store.or_else(|| named(directives, "dav_methods").find(on));
        let status = OWN.iter().find_map(|(name, _)| named(directives, name).next());
        let mut passes = PASSES.iter().filter_map(|name| named(directives, name).next());
        if let Some(pass) = passes.next() {
            if let Some(other) = scripts.or(writer).or(status).or_else(|| passes.next()) {
                reader.diagnostics.push(beside(pass, other));
                return;
            }
            // In an `if`, it takes the place of what stands outside.
            let is_http = pass.name.value == b"proxy_pass";
            let is_grpc = pass.name.value == b"grpc_pass";
            if !is_http {
                self.proxy.turn_off();
            }
            if !is_grpc {
                self.grpc.turn_off();
            }
            if is_http || is_grpc {
                self.fastcgi.turn_off();
            }
        }
        match (scripts, writer) {
            (Some(scripts), Some(writer)) => {
                let (first, second) = match scripts.span() < writer.span() {
                    true => (scripts, writer),
                    false => (writer, scripts),
                };
                let message = "what clients write here they could run";
                reader.diagnostics.push(
                    Diagnostic::error("X02", second.span(), message)
                        .also(first.span(), "the other half of it")
                        .help(
                            "give files that are written and scripts a `location` each, and a \
                               folder each",
                        ),
                );
            }
            (Some(_), None) => self.writing.turn_off(),
            (None, Some(_)) => self.cgi.turn_off(),
            (None, None) => {}
        }
    }

    /// Takes one directive, if it is of this kind.
    fn set(&mut self, directive: &Directive, reader: &mut Reader<'_>) -> Checked<()> {
        let name = directive.name.text().unwrap_or_default();
        let first = directive.args.first();
        if let Some((_, own)) = OWN.iter().find(|(own, _)| *own == name) {
            first.map_or(Ok(()), |word| keyword(word, &[("on", ())]))?;
            self.own = Some((*own, directive.name.span));
            return Ok(());
        }
        if name == "internal" {
            self.internal = true;
            return Ok(());
        }
        let Some(first) = first else { return Ok(()) };
        if let Some(setting) = directive::find(name).and_then(|row| row.setting) {
            return setting.read(directive, &mut self.values, reader.diagnostics);
        }
        match name {
            "client_timeout" => {
                let time = directive::timeout(first, reader.diagnostics)?;
                self.values.server.client_header_timeout_ms = time;
                let plain = &mut self.values.plain;
                plain.client_body_timeout_ms = time;
                plain.send_timeout_ms = time;
                plain.keepalive_timeout = KeepaliveTimeout { wait_ms: time, header_s: None };
            }
            "dav_methods" => self.writing.set_dav_methods(directive)?,
            "default_type" if first.value.is_empty() => self.default_type.clear(),
            "default_type" => self.default_type = media_type(first)?,
            "embed" => {
                let embed = Embed { span: directive.span(), is_own: true };
                self.embed = flag(first)?.then_some(embed);
            }
            "methods" => {
                let words = named_methods(directive)?;
                self.methods = Some(method_set(&words));
                self.named_methods = Some(words);
            }
            "open_file_cache" => {
                self.caching.set(directive, &mut self.values.cache, reader)?;
            }
            "open_log_file_cache" => self.log_cache = log_cache(directive)?,
            "precompress" => {
                self.codings = codings(&directive.args)?;
                let asks = (!self.codings.is_empty()).then(|| directive.span());
                reader.tables.codings = reader.tables.codings.or(asks);
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes the directives that may repeat; any of one kind replace all inherited ones.
    fn set_lists(&mut self, directives: &[Directive], reader: &mut Reader<'_>, groups: &Groups) {
        let has = |name| named(directives, name).next().is_some();
        if has("index") {
            let words = named(directives, "index").flat_map(|directive| &directive.args);
            let values: Vec<_> = words.map(|word| reader.value(word, 0, groups)).collect();
            let values = values.into_iter().filter_map(|value| reader.report(value));
            self.index = values.collect();
        }
        if has("types") {
            let types = reader.type_table(directives);
            self.types = Some(reader.tables.types.add(types));
        }
        if has("error_page") {
            let pages = named(directives, "error_page")
                .map(|directive| reader.error_page(directive, groups))
                .collect::<Vec<_>>();
            let pages = pages.into_iter().filter_map(|pages| reader.report(pages));
            self.error_pages = pages.flatten().collect();
        }
        if has("limit_req") {
            self.limit_reqs = reader.request_limits(directives).into();
        }
        if has("limit_conn") {
            self.limit_conns = reader.connection_limits(directives).into();
        }
        if has("valid_referers") {
            self.referers = Some(Rc::new(reader.referers(directives)));
        }
        if has("error_log") {
            self.error_logs = reader.error_logs(directives);
        }
        if has("access_log") {
            self.access_logs = reader.access_logs(directives, groups).into();
        }
    }
}

/// That a location cannot both pass requests on and answer them.
fn beside(proxy: &Directive, other: &Directive) -> Diagnostic {
    let (first, second) = match proxy.span() < other.span() {
        true => (proxy, other),
        false => (other, proxy),
    };
    let (pass, name) = (proxy.name.shown(), other.name.shown());
    let message = format!("`{pass}` and `{name}` cannot stand side by side");
    Diagnostic::error("D10", second.span(), message)
        .also(first.span(), "the other one is here")
        .help("give each its own `location`")
}

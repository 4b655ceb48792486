//! All that holds somewhere, as directives and values: what two confs are compared by. Each part
//! of `ir` is taken apart whole, so that nothing new is forgotten.

mod differing;
mod proxy;
mod tls;
mod words;

use sitec_runtime::http::accept::Coding;
use sitec_runtime::site::{
    Dav, ErrorLog, LocationId, LogCache, RealIpSource, ServerId, UserIdExpires, ZoneId,
};

use crate::automata::shown;
use crate::directive::{self, Values};
use crate::ir::{self, Action, Handler, Return};
use crate::map::Words;
use crate::places::Places;
use crate::wording::{self, flag, size, time};
pub(crate) use differing::differing;
use words::{
    added, allowed, asked, cached, charset_text, coder_types, expiry, included, link_text,
    map_text, packed, plain, rate_text, referers_text, remembered, request_limit, returned,
    substituted, surrounded, symlinks_text,
};

/// A directive, and its value in the conf's words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fact {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    /// Whether it says what a location does, and not how: that is of interest even where another
    /// location has no such directive.
    pub(crate) is_action: bool,
}

impl From<(&'static str, String)> for Fact {
    fn from((name, value): (&'static str, String)) -> Fact {
        Fact { name, value, is_action: false }
    }
}

/// A directive that says what a location does.
fn action(name: &'static str, value: String) -> Fact {
    Fact { name, value, is_action: true }
}

/// Directives that say how.
fn details<const N: usize>(facts: [(&'static str, String); N]) -> Vec<Fact> {
    facts.map(Fact::from).into()
}

/// What is compressed.
fn compressed(compression: &ir::Compression) -> Vec<Fact> {
    let ir::Compression { plain, coders, disable } = compression;
    let values = Values { compression: *plain, ..Values::DEFAULT };
    let types = coders.iter().map(|coder| {
        let name = match coder.coding {
            Coding::Gzip => "gzip_types",
            Coding::Brotli => "brotli_types",
            Coding::Zstd => "zstd_types",
        };
        (name, coder_types(coder)).into()
    });
    let disable = disable.as_ref().map(|regex| ("gzip_disable", shown(&regex.pattern.text)).into());
    plain_facts("compression", &values).chain(types).chain(disable).collect()
}

/// The settings of a group of [`Values`].
fn plain_facts(group: &str, values: &Values) -> impl Iterator<Item = Fact> {
    directive::all().filter_map(move |row| {
        let setting = row.setting.filter(|setting| setting.place().0 == group)?;
        Some(Fact { name: row.name, value: setting.words(values), is_action: false })
    })
}

/// A site that facts are asked of.
#[derive(Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub(crate) site: &'a ir::Site,
    pub(crate) places: &'a Places,
}

impl Facts<'_> {
    /// What holds in a location.
    pub(crate) fn of_location(self, id: LocationId) -> Vec<Fact> {
        let ir::Location {
            settings,
            internal,
            patterns,
            limit_except,
            methods,
            // Says of `methods` where they come from.
            methods_named: _,
            ops,
            action,
        } = &self.site.locations[id as usize];
        let settings = &self.site.settings[*settings];
        let limit = limit_except.as_ref().map(|limit| {
            let but = wording::methods(limit.methods);
            let admission = &limit.admission;
            let passed = limit.location.map(|id| &self.site.locations[id as usize].action);
            let passed =
                passed.and_then(|action| action.proxy()).map_or_else(String::new, |proxy| {
                    format!("; {} {}", proxy.wire.pass(), wording::target(self.site, proxy))
                });
            let rules = self.access(admission.access) + &passed;
            match admission.auth.is_some() || admission.inquiry.is_some() {
                false => format!("{but}: {rules}"),
                true => format!("{but}: {rules}; {}; {}", self.logins(admission), asked(admission)),
            }
        });
        let regexes = patterns.iter().map(|pattern| shown(&pattern.text));
        let mut facts = details([
            ("internal", flag(*internal)),
            ("methods", wording::methods(*methods)),
            ("limit_except", limit.unwrap_or_default()),
            // Only where a value uses its captures.
            ("location", regexes.collect::<Vec<_>>().join(", ")),
        ]);
        facts.extend(self.of_steps(ops));
        match action {
            Action::Return(answer) => facts.push(self::action("return", returned(answer))),
            Action::Serve { try_files, handler } => {
                facts.push(self::action(
                    "try_files",
                    try_files.as_ref().map_or_else(String::new, |list| self.words().tries(list)),
                ));
                facts.extend(self.of_handler(handler));
            }
        }
        let files = match action {
            Action::Return(_) => false,
            // A script is told where files are.
            Action::Serve { handler: Handler::Proxy(proxy), .. } => !proxy.is_http(),
            Action::Serve { handler, .. } => !matches!(
                handler,
                Handler::Status | Handler::Metrics | Handler::StatusPage | Handler::EmptyGif
            ),
        };
        facts.extend(self.of_settings(settings, files));
        facts.push(("error_page", self.error_pages(settings, action)).into());
        facts
    }

    /// `rewrite` and its like, where there are any.
    fn of_steps(self, ops: &[ir::Op]) -> Option<Fact> {
        (!ops.is_empty()).then(|| action("rewrite", wording::steps(ops)))
    }

    fn words(&self) -> Words<'_> {
        Words { site: self.site, places: self.places }
    }

    fn of_handler(self, handler: &Handler) -> Vec<Fact> {
        match handler {
            Handler::Files => Vec::new(),
            Handler::Status => vec![action("stub_status", "on".to_owned())],
            Handler::Metrics => vec![action("metrics", "on".to_owned())],
            Handler::StatusPage => vec![action("status_page", "on".to_owned())],
            Handler::EmptyGif => vec![action("empty_gif", String::new())],
            Handler::Cgi(cgi) => {
                let ir::Cgi { scripts, params, plain } = cgi;
                let named = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
                let params = params
                    .iter()
                    .map(|p| format!("{} {}", named(&p.name), wording::value(&p.value)));
                let values = Values { cgi: *plain, ..Values::DEFAULT };
                let mut facts = vec![
                    action("cgi_pass", self.words().scripts(scripts)),
                    ("cgi_param", params.collect::<Vec<_>>().join(", ")).into(),
                ];
                facts.extend(plain_facts("cgi", &values));
                facts
            }
            Handler::Proxy(proxy) => self.of_proxy(proxy),
            Handler::Upload(upload) => {
                let ir::Upload { directory, folder_len: _, redirect, plain } = upload;
                let values = Values { upload: *plain, ..Values::DEFAULT };
                let store = action("upload_store", wording::directory(self.site, *directory));
                let redirect = ("upload_redirect", redirect.clone().unwrap_or_default()).into();
                [store, redirect].into_iter().chain(plain_facts("upload", &values)).collect()
            }
            Handler::Dav(dav) => {
                let Dav { methods, plain } = dav;
                let values = Values { dav: *plain, ..Values::DEFAULT };
                let methods = action("dav_methods", wording::methods(*methods));
                [methods].into_iter().chain(plain_facts("dav", &values)).collect()
            }
        }
    }

    /// The maps that a content may be recoded by.
    fn charset_maps(self) -> String {
        self.site.charset_maps.iter().map(map_text).collect::<Vec<_>>().join("; ")
    }

    /// The facts of settings; those of files where there are `files`.
    fn of_settings(self, settings: &ir::Settings, files: bool) -> Vec<Fact> {
        let ir::Settings {
            plain,
            base,
            index,
            types,
            default_type,
            charset,
            source_charset,
            substitution,
            additions,
            ssi,
            compression,
            error_pages: _,
            pack,
            symlinks,
            file_cache,
            admission,
            mirrors,
            answered,
            rate,
            limit_reqs,
            limit_conns,
            real_ip,
            referers,
            secure_link,
            userid,
            added_fields,
            added_trailers,
            early_hints,
            expires,
            access_logs,
            error_logs,
            listing,
        } = settings;
        let values = Values { plain: *plain, ..Values::DEFAULT };
        let plain = plain_facts("plain", &values);
        let mut facts: Vec<_> =
            plain.filter(|fact| files || !directive::is_for_files(fact.name)).collect();
        facts.extend(details([
            ("default_type", String::from_utf8_lossy(default_type).into_owned()),
            ("types", self.types(*types)),
            ("charset", charset.as_ref().map_or_else(String::new, charset_text)),
            ("source_charset", source_charset.as_ref().map_or_else(String::new, wording::value)),
            ("charset_map", self.charset_maps()),
            ("sub_filter", substitution.as_ref().map_or_else(String::new, substituted)),
            ("add_before_body", additions.as_ref().map_or_else(String::new, surrounded)),
            ("ssi", ssi.as_ref().map_or_else(String::new, included)),
            ("allow, deny", self.access(admission.access)),
            ("auth_basic", self.logins(admission)),
            ("auth_request", asked(admission)),
            ("auth_request_set", answered.iter().map(remembered).collect::<Vec<_>>().join(", ")),
            ("mirror", wording::paths(mirrors)),
            ("limit_req", self.limits(limit_reqs, |limit| (limit.zone, request_limit(limit)))),
            ("limit_conn", self.limits(limit_conns, |limit| (limit.zone, limit.most.to_string()))),
            ("set_real_ip_from", real_ip.as_ref().map_or_else(String::new, |it| self.real_ip(it))),
            ("valid_referers", referers.as_ref().map_or_else(String::new, referers_text)),
            ("secure_link", secure_link.as_ref().map_or_else(String::new, link_text)),
            ("limit_rate", rate.as_ref().map_or_else(String::new, rate_text)),
            ("userid", userid.as_ref().map_or_else(String::new, self::userid)),
            // That adds its own.
            (
                "add_header",
                added_fields
                    .iter()
                    .filter(|it| !is_of_userid(it))
                    .map(added)
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
            ("add_trailer", added_trailers.iter().map(added).collect::<Vec<_>>().join(", ")),
            ("early_hints", early_hints.iter().map(wording::value).collect::<Vec<_>>().join(", ")),
            ("expires", expires.as_ref().map_or_else(String::new, expiry)),
            ("access_log", self.access_logs(access_logs)),
            ("error_log", self.error_logs(error_logs)),
        ]));
        match compression {
            Some(compression) => facts.extend(compressed(compression)),
            None => facts.extend(plain_facts("compression", &Values::DEFAULT)),
        }
        if files {
            let index = index.iter().map(wording::value).collect::<Vec<_>>();
            let (directive, folder) =
                wording::base(self.site, base).unwrap_or(("root", String::new()));
            facts.push(action(directive, folder));
            facts.extend(details([
                ("index", index.join(" ")),
                ("disable_symlinks", symlinks_text(symlinks)),
                ("embed", pack.map_or_else(|| "off".to_owned(), |id| packed(&self.site.packs[id]))),
                ("open_file_cache", cached(*file_cache)),
                ("autoindex", flag(listing.is_some())),
            ]));
            let listing = listing.map(|listing| Values { listing, ..Values::DEFAULT });
            facts.extend(listing.iter().flat_map(|values| plain_facts("listing", values)));
        }
        facts
    }

    /// The pages of statuses that an action may come to.
    fn error_pages(self, settings: &ir::Settings, action: &Action) -> String {
        let may_be = |status: u16| match action {
            Action::Return(Return::Status(code) | Return::Redirect(code, _)) if *code == status => {
                true
            }
            // These come before any action.
            Action::Return(_) => matches!(status, 401 | 403..=405 | 413),
            Action::Serve { .. } => true,
        };
        let pages = settings.error_pages.iter().filter(|page| may_be(page.status));
        let pages = self.words().error_pages_of(pages);
        let pages = pages.iter().map(|(statuses, target)| format!("{statuses} {target}"));
        pages.collect::<Vec<_>>().join(", ")
    }

    /// What is in a table of types.
    fn types(self, id: u16) -> String {
        let types = &self.site.types[usize::from(id)];
        let of = |(extension, media_type): &(Vec<u8>, Vec<u8>)| {
            format!("{} {}", media_type.escape_ascii(), extension.escape_ascii())
        };
        types.iter().map(of).collect::<Vec<_>>().join(", ")
    }

    fn access(self, id: Option<usize>) -> String {
        id.map_or_else(|| "all".to_owned(), |id| allowed(&self.site.accesses[id]))
    }

    /// Whose word counts of who a client is.
    fn real_ip(self, real_ip: &ir::RealIp) -> String {
        let ir::RealIp { trusted, source, recursive } = real_ip;
        let source = match source {
            RealIpSource::ProxyProtocol => "proxy_protocol".to_owned(),
            RealIpSource::Forwarded => "X-Forwarded-For".to_owned(),
            RealIpSource::Field(name) => String::from_utf8_lossy(name).into_owned(),
        };
        let recursive = if *recursive { ", recursive" } else { "" };
        format!("{} by {source}{recursive}", self.access(Some(*trusted)))
    }

    /// Who is asked for a password, by `auth_basic`, its file and `satisfy`.
    fn logins(self, admission: &ir::Admission) -> String {
        let Some(ir::Auth { realm, users }) = &admission.auth else { return "off".to_owned() };
        let file = wording::start_text(self.site, &self.site.users[usize::from(*users)]);
        let any = if admission.satisfy_any { ", satisfy any" } else { "" };
        format!("{:?}, users of {file}{any}", wording::value(realm))
    }

    /// The limits of a kind, each with its zone.
    fn limits<T>(self, limits: &[T], told: impl Fn(&T) -> (ZoneId, String)) -> String {
        let limits = limits.iter().map(|limit| {
            let (zone, said) = told(limit);
            let ir::Zone { name, key, len, rate } = &self.site.zones[usize::from(zone)];
            let (key, len) = (wording::value(key), size(*len as u64));
            format!("{key} {name}:{len} {rate} {said}")
        });
        limits.collect::<Vec<_>>().join(", ")
    }

    fn access_logs(self, logs: &[ir::AccessLog]) -> String {
        let logs = logs.iter().map(|log| {
            let condition = log.condition.as_ref().map_or_else(String::new, wording::value);
            let format = wording::value(&self.site.formats[log.format]);
            let (place, buffer) = (self.log(log.log), size(log.buffer_len as u64));
            let place = match &log.name {
                Some(name) => {
                    let LogCache { max, inactive_ms, min_uses, valid_ms } = log.cache;
                    let (inactive, valid) = (time(inactive_ms), time(valid_ms));
                    let cache = format!("{max} {inactive} {min_uses} {valid}");
                    format!("{place}/{} ({cache})", wording::value(name))
                }
                None => place,
            };
            let gzip = log.gzip.map_or_else(String::new, |level| format!(" gzip={level}"));
            format!("{place} {format:?}{gzip} {buffer} {} {condition}", time(log.flush_ms))
        });
        logs.collect::<Vec<_>>().join(", ")
    }

    fn log(self, id: u16) -> String {
        match &self.site.logs[usize::from(id)] {
            ir::LogTarget::Stderr => "stderr".to_owned(),
            ir::LogTarget::Stdout => "stdout".to_owned(),
            ir::LogTarget::File(path) | ir::LogTarget::Folder(path) => {
                wording::start_text(self.site, path)
            }
            ir::LogTarget::Syslog(ir::Syslog { server, facility, severity, tag, hostname }) => {
                let server = wording::start_text(self.site, server);
                let hostname = if *hostname { "" } else { ",nohostname" };
                format!("syslog:server={server},{facility}.{severity:?},tag={tag}{hostname}")
            }
        }
    }

    /// In an order of their own: that of the conf decides nothing.
    fn error_logs(self, logs: &[ErrorLog]) -> String {
        let text = |log: &ErrorLog| format!("{} {}", self.log(log.log), plain(&log.level));
        let mut logs: Vec<_> = logs.iter().map(text).collect();
        logs.sort_unstable();
        logs.join(", ")
    }

    /// What holds in a server before a location is known.
    pub(crate) fn of_server(self, id: ServerId) -> Vec<Fact> {
        let ir::Server {
            // What it changes shows in what is answered.
            name: _,
            location: _,
            tls,
            ops,
            plain,
            named: _,
            scope: _,
        } = &self.site.servers[usize::from(id)];
        let values = Values { server: *plain, ..Values::DEFAULT };
        let others = self.of_steps(ops).into_iter().chain(self.of_tls(*tls));
        plain_facts("server", &values).chain(others).collect()
    }

    /// What holds for the whole process.
    pub(crate) fn of_process(self) -> Vec<Fact> {
        let ir::Process { plain, user, group, pid, error_logs } = &self.site.process;
        let user = user.iter().chain(group).cloned().collect::<Vec<_>>();
        let pid = pid.as_ref().map(|text| wording::start_text(self.site, text));
        let params =
            self.site.params.iter().map(|param| format!("{} {}", param.name, param.default));
        let values = Values { process: *plain, ..Values::DEFAULT };
        let others = details([
            ("user", user.join(" ")),
            ("pid", pid.unwrap_or_default()),
            ("error_log", self.error_logs(error_logs)),
            (
                "cgi_max_processes",
                self.site.max_scripts.map_or_else(String::new, |n| n.to_string()),
            ),
            ("param", params.collect::<Vec<_>>().join(", ")),
        ]);
        plain_facts("process", &values).chain(others).collect()
    }
}

/// Whether `userid` adds a field.
fn is_of_userid(field: &ir::AddedField) -> bool {
    let own = |piece: &ir::Piece| {
        matches!(
            piece,
            ir::Piece::Variable(ir::Variable::Simple(ir::UserId::COOKIE | ir::UserId::P3P))
        )
    };
    field.value.0.iter().any(own)
}

/// A `userid`, with what goes with it.
fn userid(userid: &ir::UserId) -> String {
    let ir::UserId { form, name, attributes, expires, mark, p3p, service, reset } = userid;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut words = vec![form.name().to_owned(), text(name) + &text(attributes)];
    match expires {
        UserIdExpires::Off => {}
        UserIdExpires::Max => words.push("userid_expires max".to_owned()),
        UserIdExpires::After(s) => words.push(format!("userid_expires {s}s")),
    }
    words.extend(mark.map(|mark| format!("userid_mark {}", char::from(mark))));
    words.extend(service.map(|service| format!("userid_service {service}")));
    if !p3p.is_empty() {
        words.push(format!("userid_p3p {}", text(p3p)));
    }
    if !reset.0.is_empty() {
        words.push(format!("set $uid_reset {}", wording::value(reset)));
    }
    words.join(", ")
}

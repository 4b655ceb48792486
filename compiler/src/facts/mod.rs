//! All that holds somewhere, as directives and values: what two confs are compared by. Each part
//! of `ir` is taken apart whole, so that nothing new is forgotten.

mod differing;
mod words;

use sitec_runtime::site::{ErrorLog, LocationId, ServerId};

use crate::automata::shown;
use crate::ir::{self, Action, Handler, Return};
use crate::map::Words;
use crate::places::Places;
use crate::wording::{self, flag, size, time};
pub(crate) use differing::differing;
use words::{
    added, allowed, cached, charset_text, count, expiry, keepalive, listed, packed, plain, rate,
    returned, symlinks_text,
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
            action,
        } = &self.site.locations[id as usize];
        let settings = &self.site.settings[*settings];
        let limit = limit_except.as_ref().map(|limit| {
            let but = wording::methods(limit.methods);
            format!("{but}: {}", self.access(limit.access))
        });
        let regexes = patterns.iter().map(|pattern| shown(&pattern.text));
        let mut facts = details([
            ("internal", flag(*internal)),
            ("methods", wording::methods(*methods)),
            ("limit_except", limit.unwrap_or_default()),
            // Only where a value uses its captures.
            ("location", regexes.collect::<Vec<_>>().join(", ")),
        ]);
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
            Action::Serve { handler, .. } => *handler != Handler::Status,
        };
        facts.extend(self.of_settings(settings, files));
        facts.push(("error_page", self.error_pages(settings, action)).into());
        facts
    }

    fn words(&self) -> Words<'_> {
        Words { site: self.site, places: self.places }
    }

    fn of_handler(self, handler: &Handler) -> Vec<Fact> {
        match handler {
            Handler::Files => Vec::new(),
            Handler::Status => vec![action("stub_status", "on".to_owned())],
            Handler::Cgi(cgi) => {
                let ir::Cgi { scripts, params, timeout_ms } = cgi;
                let named = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
                let params = params
                    .iter()
                    .map(|p| format!("{} {}", named(&p.name), wording::value(&p.value)));
                vec![
                    action("cgi_pass", self.words().scripts(scripts)),
                    ("cgi_param", params.collect::<Vec<_>>().join(", ")).into(),
                    ("cgi_timeout", time(*timeout_ms)).into(),
                ]
            }
            Handler::Upload(upload) => vec![
                action("upload_store", wording::directory(self.site, upload.directory)),
                ("upload_overwrite", flag(upload.overwrite)).into(),
                ("upload_sync", flag(upload.sync)).into(),
            ],
            Handler::Dav(dav) => vec![
                action("dav_methods", wording::methods(dav.methods)),
                ("create_full_put_path", flag(dav.create_full_put_path)).into(),
                ("min_delete_depth", dav.min_delete_depth.to_string()).into(),
                ("dav_access", format!("{:o}", dav.file_mode)).into(),
            ],
        }
    }

    /// The facts of settings; those of files where there are `files`.
    fn of_settings(self, settings: &ir::Settings, files: bool) -> Vec<Fact> {
        let ir::Settings {
            base,
            index,
            types,
            default_type,
            charset,
            error_pages: _,
            recursive_error_pages,
            hidden_files,
            pack,
            symlinks,
            file_cache,
            etag,
            if_modified_since,
            max_ranges,
            server_tokens,
            absolute_redirect,
            port_in_redirect,
            server_name_in_redirect,
            client_max_body_size,
            client_body_buffer_size,
            client_body_timeout_ms,
            send_timeout_ms,
            client_min_rate,
            keepalive_timeout_ms,
            keepalive_header_s,
            keepalive_requests,
            keepalive_time_ms,
            keepalive_disable,
            lingering_close,
            lingering_time_ms,
            lingering_timeout_ms,
            reset_timedout_connection,
            sendfile,
            tcp_nodelay,
            tcp_nopush,
            access,
            added_fields,
            expires,
            access_logs,
            error_logs,
            log_not_found,
            gzip_static,
            listing,
        } = settings;
        let mut facts = details([
            ("default_type", String::from_utf8_lossy(default_type).into_owned()),
            ("types", self.types(*types)),
            ("charset", charset.as_ref().map_or_else(String::new, charset_text)),
            ("recursive_error_pages", flag(*recursive_error_pages)),
            ("server_tokens", flag(*server_tokens)),
            ("absolute_redirect", flag(*absolute_redirect)),
            ("port_in_redirect", flag(*port_in_redirect)),
            ("server_name_in_redirect", flag(*server_name_in_redirect)),
            ("client_max_body_size", size(*client_max_body_size)),
            ("client_body_buffer_size", size(*client_body_buffer_size as u64)),
            ("client_body_timeout", time(*client_body_timeout_ms)),
            ("send_timeout", time(*send_timeout_ms)),
            ("client_min_rate", client_min_rate.map_or_else(|| "off".to_owned(), rate)),
            ("keepalive_timeout", keepalive(*keepalive_timeout_ms, *keepalive_header_s)),
            ("keepalive_requests", keepalive_requests.to_string()),
            ("keepalive_time", time(*keepalive_time_ms)),
            ("keepalive_disable", plain(keepalive_disable)),
            ("lingering_close", plain(lingering_close)),
            ("lingering_time", time(*lingering_time_ms)),
            ("lingering_timeout", time(*lingering_timeout_ms)),
            ("reset_timedout_connection", flag(*reset_timedout_connection)),
            ("sendfile", flag(*sendfile)),
            ("tcp_nodelay", flag(*tcp_nodelay)),
            ("tcp_nopush", flag(*tcp_nopush)),
            ("allow, deny", self.access(*access)),
            ("add_header", added_fields.iter().map(added).collect::<Vec<_>>().join(", ")),
            ("expires", expires.map_or_else(String::new, expiry)),
            ("access_log", self.access_logs(access_logs)),
            ("error_log", self.error_logs(error_logs)),
            ("log_not_found", flag(*log_not_found)),
        ]);
        if files {
            let index = index.iter().map(wording::value).collect::<Vec<_>>();
            let (directive, folder) =
                wording::base(self.site, base).unwrap_or(("root", String::new()));
            facts.push(action(directive, folder));
            facts.extend(details([
                ("index", index.join(" ")),
                ("hidden_files", flag(*hidden_files)),
                ("disable_symlinks", symlinks_text(symlinks)),
                ("embed", pack.map_or_else(|| "off".to_owned(), |id| packed(&self.site.packs[id]))),
                ("open_file_cache", cached(*file_cache)),
                ("etag", flag(*etag)),
                ("if_modified_since", plain(if_modified_since)),
                ("max_ranges", count(*max_ranges)),
                ("gzip_static", plain(gzip_static)),
                ("autoindex", listing.map_or_else(|| "off".to_owned(), listed)),
            ]));
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
            Action::Return(_) => matches!(status, 403..=405 | 413),
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

    fn access_logs(self, logs: &[ir::AccessLog]) -> String {
        let logs = logs.iter().map(|log| {
            let condition = log.condition.as_ref().map_or_else(String::new, wording::value);
            let format = wording::value(&self.site.formats[log.format]);
            let (place, buffer) = (self.log(log.log), size(log.buffer_len as u64));
            format!("{place} {format:?} {buffer} {} {condition}", time(log.flush_ms))
        });
        logs.collect::<Vec<_>>().join(", ")
    }

    fn log(self, id: u16) -> String {
        match &self.site.logs[usize::from(id)] {
            ir::LogTarget::Stderr => "stderr".to_owned(),
            ir::LogTarget::Stdout => "stdout".to_owned(),
            ir::LogTarget::File(path) => wording::start_text(self.site, path),
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
            client_header_timeout_ms,
            client_header_buffer_len,
            large_client_header_buffers: (count, len),
            max_headers,
            merge_slashes,
            ignore_invalid_headers,
            underscores_in_headers,
            scope: _,
        } = &self.site.servers[usize::from(id)];
        details([
            ("client_header_timeout", time(*client_header_timeout_ms)),
            ("client_header_buffer_size", size(*client_header_buffer_len as u64)),
            ("large_client_header_buffers", format!("{count} {}", size(*len as u64))),
            ("max_headers", max_headers.to_string()),
            ("merge_slashes", flag(*merge_slashes)),
            ("ignore_invalid_headers", flag(*ignore_invalid_headers)),
            ("underscores_in_headers", flag(*underscores_in_headers)),
        ])
    }

    /// What holds for the whole process.
    pub(crate) fn of_process(self) -> Vec<Fact> {
        let ir::Process {
            workers,
            worker_connections,
            shutdown_timeout_ms,
            user,
            group,
            pid,
            error_logs,
        } = &self.site.process;
        let user = user.iter().chain(group).cloned().collect::<Vec<_>>();
        let pid = pid.as_ref().map(|text| wording::start_text(self.site, text));
        let params =
            self.site.params.iter().map(|param| format!("{} {}", param.name, param.default));
        details([
            ("worker_processes", workers.map_or_else(|| "auto".to_owned(), |n| n.to_string())),
            ("worker_connections", worker_connections.to_string()),
            ("worker_shutdown_timeout", time(shutdown_timeout_ms.unwrap_or(0))),
            ("user", user.join(" ")),
            ("pid", pid.unwrap_or_default()),
            ("error_log", self.error_logs(error_logs)),
            (
                "cgi_max_processes",
                self.site.max_scripts.map_or_else(String::new, |n| n.to_string()),
            ),
            ("param", params.collect::<Vec<_>>().join(", ")),
        ])
    }
}

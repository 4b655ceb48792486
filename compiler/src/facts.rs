//! All that holds somewhere, as directives and values: what two confs are compared by. Each part
//! of `ir` is taken apart whole, so that nothing new is forgotten.

use std::collections::HashSet;
use std::fmt::Debug;
use std::net::{Ipv4Addr, Ipv6Addr};

use sitec_runtime::site::{Expires, FileCache, LocationId, ServerId};

use crate::ir::{self, Action, Handler, Return};
use crate::map::Words;
use crate::places::Places;
use crate::wording::{self, flag, size, time};

/// A directive, and its value in the conf's words.
pub(crate) type Fact = (&'static str, String);

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
            pattern,
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
        let mut facts = vec![
            ("internal", flag(*internal)),
            ("methods", wording::methods(*methods)),
            ("limit_except", limit.unwrap_or_default()),
            // Only where a value uses its captures.
            ("location", pattern.as_ref().map_or_else(String::new, |p| p.text.clone())),
        ];
        match action {
            Action::Return(answer) => facts.push(("return", returned(answer))),
            Action::Serve { try_files, handler } => {
                facts.push((
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
        facts.push(("error_page", self.error_pages(settings, action)));
        facts
    }

    fn words(&self) -> Words<'_> {
        Words { site: self.site, places: self.places }
    }

    fn of_handler(self, handler: &Handler) -> Vec<Fact> {
        match handler {
            Handler::Files => Vec::new(),
            Handler::Status => vec![("stub_status", "on".to_owned())],
            Handler::Cgi(cgi) => {
                let ir::Cgi { scripts, params, timeout_ms } = cgi;
                let named = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
                let params = params
                    .iter()
                    .map(|p| format!("{} {}", named(&p.name), wording::value(&p.value)));
                vec![
                    ("cgi_pass", self.words().scripts(scripts)),
                    ("cgi_param", params.collect::<Vec<_>>().join(", ")),
                    ("cgi_timeout", time(*timeout_ms)),
                ]
            }
            Handler::Upload(upload) => vec![
                ("upload_store", wording::directory(self.site, upload.directory)),
                ("upload_overwrite", flag(upload.overwrite)),
                ("upload_sync", flag(upload.sync)),
            ],
            Handler::Dav(dav) => vec![
                ("dav_methods", wording::methods(dav.methods)),
                ("create_full_put_path", flag(dav.create_full_put_path)),
                ("min_delete_depth", dav.min_delete_depth.to_string()),
                ("dav_access", format!("{:o}", dav.file_mode)),
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
            error_log,
            log_not_found,
            gzip_static,
            listing,
        } = settings;
        let mut facts = vec![
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
            ("error_log", self.error_log(*error_log)),
            ("log_not_found", flag(*log_not_found)),
        ];
        if files {
            let index = index.iter().map(wording::value).collect::<Vec<_>>();
            let (directive, folder) = wording::base(base).unwrap_or(("root", String::new()));
            facts.extend([
                (directive, folder),
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
            ]);
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

    fn error_log(self, log: sitec_runtime::site::ErrorLog) -> String {
        format!("{} {}", self.log(log.log), plain(&log.level))
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
        vec![
            ("client_header_timeout", time(*client_header_timeout_ms)),
            ("client_header_buffer_size", size(*client_header_buffer_len as u64)),
            ("large_client_header_buffers", format!("{count} {}", size(*len as u64))),
            ("max_headers", max_headers.to_string()),
            ("merge_slashes", flag(*merge_slashes)),
            ("ignore_invalid_headers", flag(*ignore_invalid_headers)),
            ("underscores_in_headers", flag(*underscores_in_headers)),
        ]
    }

    /// What holds for the whole process.
    pub(crate) fn of_process(self) -> Vec<Fact> {
        let ir::Process { workers, worker_connections, user, group, pid, error_log } =
            &self.site.process;
        let user = user.iter().chain(group).cloned().collect::<Vec<_>>();
        let pid = pid.as_ref().map(|text| wording::start_text(self.site, text));
        let params =
            self.site.params.iter().map(|param| format!("{} {}", param.name, param.default));
        vec![
            ("worker_processes", workers.map_or_else(|| "auto".to_owned(), |n| n.to_string())),
            ("worker_connections", worker_connections.to_string()),
            ("user", user.join(" ")),
            ("pid", pid.unwrap_or_default()),
            ("error_log", self.error_log(*error_log)),
            (
                "cgi_max_processes",
                self.site.max_scripts.map_or_else(String::new, |n| n.to_string()),
            ),
            ("param", params.collect::<Vec<_>>().join(", ")),
        ]
    }
}

fn returned(answer: &Return) -> String {
    match answer {
        Return::Status(code) => code.to_string(),
        Return::Redirect(code, value) | Return::Text(code, value) => {
            format!("{code} {:?}", wording::value(value))
        }
        Return::Close => "444".to_owned(),
    }
}

fn charset_text(charset: &ir::Charset) -> String {
    let ir::Charset { name, types } = charset;
    let types = types.iter().flatten().map(|name| String::from_utf8_lossy(name));
    let types = types.collect::<Vec<_>>().join(" ");
    format!("{} {types}", wording::value(name)).trim_end().to_owned()
}

fn added(field: &ir::AddedField) -> String {
    let always = if field.always { " always" } else { "" };
    format!("{} {:?}{always}", field.name, wording::value(&field.value))
}

fn keepalive(timeout_ms: u64, header_s: Option<u64>) -> String {
    let header = header_s.map_or_else(String::new, |seconds| format!(" {seconds}s"));
    time(timeout_ms) + &header
}

/// The addresses that are let in.
fn allowed(access: &ir::Access) -> String {
    let ir::Access { v4, v6, unix } = access;
    let v4 = v4.as_ref().map(|ranges| {
        spans(ranges, u128::from(u32::MAX), |address| Ipv4Addr::from(address as u32).to_string())
    });
    let v6 = spans(v6, u128::MAX, |address| Ipv6Addr::from(address).to_string());
    let unix = if *unix { "unix:" } else { "" };
    let all: Vec<_> =
        v4.into_iter().chain([v6, unix.to_owned()]).filter(|s| !s.is_empty()).collect();
    if all.is_empty() { "nobody".to_owned() } else { all.join(" ") }
}

/// The spans of addresses that are let in, up to `last`.
fn spans(ranges: &ir::Ranges, last: u128, shown: impl Fn(u128) -> String) -> String {
    let first = ranges.first.then_some(0);
    let mut edges = first.into_iter().chain(ranges.flips.iter().copied());
    let mut spans = Vec::new();
    while let Some(from) = edges.next() {
        let to = edges.next().map_or(last, |next| next - 1);
        spans.push(match from == to {
            true => shown(from),
            false => format!("{}-{}", shown(from), shown(to)),
        });
    }
    spans.join(" ")
}

fn expiry(expires: Expires) -> String {
    let seconds =
        |s: i64| format!("{}{}", if s < 0 { "-" } else { "" }, time(s.unsigned_abs() * 1000));
    match expires {
        Expires::Epoch => "epoch".to_owned(),
        Expires::Max => "max".to_owned(),
        Expires::FromNow(s) => seconds(s),
        Expires::FromModified(s) => format!("modified {}", seconds(s)),
        Expires::AtTime(s) => format!("@{}", seconds(s)),
    }
}

fn count(count: usize) -> String {
    if count == usize::MAX { "unlimited".to_owned() } else { count.to_string() }
}

fn cached(cache: FileCache) -> String {
    let FileCache { valid_ms, inactive_ms, min_uses, errors } = cache;
    let (valid, inactive) = (time(valid_ms), time(inactive_ms));
    format!("valid {valid}, inactive {inactive}, min_uses {min_uses}, errors {}", flag(errors))
}

fn symlinks_text(symlinks: &ir::Symlinks) -> String {
    let ir::Symlinks { follow, from } = symlinks;
    format!("{} {}", plain(follow), wording::value(from)).trim_end().to_owned()
}

/// How files are part of the binary; which they are is no part of the conf.
fn packed(pack: &ir::Pack) -> String {
    let codings = pack.codings.iter().map(|coding| coding.name());
    ["on"].into_iter().chain(codings).collect::<Vec<_>>().join(" ")
}

fn listed(listing: ir::Listing) -> String {
    let ir::Listing { format, exact_size, local_time } = listing;
    let (exact, local) = (flag(exact_size), flag(local_time));
    format!("{}, exact_size {exact}, localtime {local}", plain(&format))
}

/// A value that has no better words, in small letters.
fn plain(value: &impl Debug) -> String {
    format!("{value:?}").to_lowercase()
}

/// What a location does: shown even where the other one has no such directive. Of other
/// directives, that would only say that it does something else.
const DEEDS: [&str; 8] = [
    "return",
    "try_files",
    "cgi_pass",
    "upload_store",
    "dav_methods",
    "stub_status",
    "root",
    "alias",
];

/// The facts that differ, with both values.
pub(crate) fn differing(was: &[Fact], becomes: &[Fact]) -> Vec<(&'static str, String, String)> {
    let value = |facts: &[Fact], name: &str| {
        facts.iter().find(|(other, _)| *other == name).map(|(_, value)| value.clone())
    };
    let new = becomes.iter().filter(|(name, _)| !was.iter().any(|(other, _)| other == name));
    let names = was.iter().chain(new).map(|(name, _)| *name);
    let differing = names.filter_map(|name| {
        let both = (value(was, name), value(becomes, name));
        let told = matches!(both, (Some(_), Some(_))) || DEEDS.contains(&name);
        let (was, becomes) = (both.0.unwrap_or_default(), both.1.unwrap_or_default());
        (told && was != becomes).then(|| with_less_alike(name, was, becomes))
    });
    differing.collect()
}

/// Values that are long lists, without what both have.
fn with_less_alike(
    name: &'static str,
    was: String,
    becomes: String,
) -> (&'static str, String, String) {
    const LONG: usize = 80;
    if was.len().max(becomes.len()) <= LONG {
        return (name, was, becomes);
    }
    let less = |text: &str, other: &str| {
        let others: HashSet<&str> = other.split(", ").collect();
        let own = text.split(", ").filter(|part| !others.contains(part));
        own.collect::<Vec<_>>().join(", ")
    };
    let shorter = (less(&was, &becomes), less(&becomes, &was));
    // Lists of the same in another order differ, too.
    if shorter.0 == shorter.1 { (name, was, becomes) } else { (name, shorter.0, shorter.1) }
}

//! The world of a running server.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::rc::Rc;

use crate::backend::Input;
use crate::cache;
use crate::coding::Recoder;
use crate::compiled::{self, Compiled};
use crate::context::Context;
use crate::escape::Escaped;
use crate::exchange::world::{
    ExchangeOf, Inquiry, Limited, LocationOf, Login, Note, Op, Reason, Recoding, Rewrite, World,
};
use crate::exchange::{Gathered, Outcome, Unfit};
use crate::files::{Entry, Files, StoredFile};
use crate::handler::{self, dav, file, gif, listing, proxy, random_index, script, status, upload};
use crate::http::accept::Coding;
use crate::http::body::Framing;
use crate::http::charset::Recoded;
use crate::http::credentials;
use crate::http::date;
use crate::http::expires;
use crate::http::method::Method;
use crate::http::response::Fields;
use crate::http::target::Scheme;
use crate::log::About;
use crate::output::Body;
use crate::real_ip;
use crate::site::{
    Access, Action, Caching, ConnectionFacts, Endpoint, Expires, Handler, Level, Location,
    LocationId, Match, PathTest, Prebuilt, RealIp, Regex, Return, Server, ServerId, Site, Text,
    UsersId,
};
use crate::users::desk::Asked;

use super::{Exchange, Later, Wait, secured};

/// The longest that a request waits for the check of its password.
const MAX_CHECK_MS: u64 = 30_000;

/// The longest that a request waits for what a location answers: whoever makes that has a time of its
/// own for each step.
pub(crate) const MAX_ANSWER_MS: u64 = 24 * 60 * 60 * 1000;

/// One client's request, served by a worker.
pub(super) struct Serving<'c, S> {
    pub(super) cx: &'c mut Context<S>,
    pub(super) client: &'c dyn ConnectionFacts,
    /// The file that the response is made of.
    pub(super) file: Option<Rc<StoredFile>>,
}

impl<'c, S: Site> Serving<'c, S> {
    /// The world of a client's request.
    pub(super) fn new(cx: &'c mut Context<S>, client: &'c dyn ConnectionFacts) -> Serving<'c, S> {
        Serving { cx, client, file: None }
    }
}

impl<S: Site> World for Serving<'_, S> {
    type Form = Compiled;
    type Body = Body;
    type Later = Later;

    const TRAILERS: bool = S::TRAILERS;
    const REWRITES: bool = S::REWRITES;
    const COMPRESSES: bool = S::COMPRESSES;

    fn choose_server(&mut self, host: &[u8], matches: &mut Vec<Match>) -> ServerId {
        let listen = self.client.listen();
        let at_start = &self.cx.shared.start_names[usize::from(listen)];
        if let Some((_, id)) = at_start.iter().find(|(name, _)| *name == host) {
            return *id;
        }
        let found = S::server(listen, host);
        matches.extend(found.pattern.map(|pattern| Match::new(pattern, host)));
        found.id
    }

    fn default_server(&self) -> ServerId {
        S::LISTENS[usize::from(self.client.listen())].default_server
    }

    fn server(&self, id: ServerId) -> &'static Server {
        S::server_settings(id)
    }

    fn unfit(&self, server: ServerId) -> Option<Unfit> {
        // Without TLS in the site, its code is not in the binary.
        let site = S::TLS?;
        let is_demanded = S::LISTENS[usize::from(self.client.listen())].tls;
        is_demanded.then(|| secured::unfit::<S>(&site, self.client, server)).flatten()
    }

    fn route(&mut self, server: ServerId, path: &[u8]) -> LocationId {
        S::route(server, path)
    }

    fn named_location(&self, server: ServerId, name: &[u8]) -> Option<LocationId> {
        S::named_location(server, name)
    }

    fn server_op(&self, server: ServerId, index: usize) -> Option<Op<LocationOf<Self>>> {
        S::server_settings(server).ops.get(index).map(compiled::op)
    }

    fn is_match(&self, regex: &'static Regex, subject: &[u8], matches: &mut Vec<Match>) -> bool {
        let is_match = regex.set.find(subject).is_some();
        if is_match {
            matches.extend(regex.captures.map(|pattern| Match::new(pattern, subject)));
        }
        is_match
    }

    fn test_path(&mut self, exchange: &Exchange, path: &[u8], test: PathTest) -> bool {
        let settings = exchange.location().settings;
        let mut resource = Vec::new();
        let embedded = settings.pack.is_some() && {
            exchange.variables(self.cx, self.client).request_filename(&mut resource);
            resource == path
        };
        if embedded {
            let uri = exchange.path().to_vec();
            let mut is_there =
                |directory| self.is_there(exchange, &uri, exchange.appends_path(), directory);
            return match test {
                PathTest::File => is_there(false),
                PathTest::Directory => is_there(true),
                PathTest::Exists => is_there(false) || is_there(true),
                // A folder is one that its owner may enter.
                PathTest::Executable => is_there(true),
            };
        }
        let Ok(found) = std::fs::metadata(OsStr::from_bytes(path)) else { return false };
        match test {
            PathTest::File => found.is_file(),
            PathTest::Directory => found.is_dir(),
            PathTest::Exists => true,
            PathTest::Executable => found.mode() & 0o100 != 0,
        }
    }

    fn rewritten(&mut self, exchange: &ExchangeOf<Self>, _: &Rewrite<LocationOf<Self>>) {
        if exchange.location().settings.rewrite_log {
            let (path, args) = (Escaped(exchange.path()), Escaped(exchange.args()));
            let text = format_args!("rewritten data: \"{path}\", args: \"{args}\"");
            exchange.report(self.cx, self.client, Level::Notice, text);
        }
    }

    fn sent_on(&mut self, exchange: &Exchange, location: &[u8]) {
        if exchange.location().settings.rewrite_log {
            let location = Escaped(location);
            let text = format_args!("rewritten redirect: \"{location}\"");
            exchange.report(self.cx, self.client, Level::Notice, text);
        }
    }

    fn location(&self, id: LocationId) -> &'static Location {
        S::location(id)
    }

    fn enter(&self, location: LocationOf<Self>, path: &[u8], matches: &mut Vec<Match>) {
        matches.extend(location.patterns.iter().map(|pattern| Match::new(pattern, path)));
    }

    fn scheme(&self) -> Scheme {
        self.client.scheme()
    }

    fn local(&self) -> (Cow<'static, str>, Option<u16>) {
        match self.client.local() {
            Endpoint::Ip(local) => (Cow::Owned(local.ip().to_string()), Some(local.port())),
            Endpoint::Unix(_) => (Cow::Borrowed(""), None),
        }
    }

    fn write(&self, exchange: &Exchange, text: &'static Text, out: &mut Vec<u8>) {
        match text {
            Text::Fixed(text) => out.extend_from_slice(text),
            text => text.write(&exchange.variables(self.cx, self.client), out),
        }
    }

    fn lets_in(&mut self, exchange: &Exchange, rules: &'static Access) -> bool {
        let client = exchange.real_address.or(self.client.peer().address());
        rules.allow(client.map(|client| client.ip()))
    }

    fn real_address(&self, exchange: &Exchange) -> Option<SocketAddr> {
        // Without a proxy that is trusted, the code is not in the binary.
        let settings = exchange.settings().filter(|_| S::REAL_IP)?;
        let RealIp { trusted, source, recursive } = settings.real_ip?;
        let proxied = self.client.proxied().map(|proxied| proxied.client);
        let said = real_ip::said(exchange.head.fields(), *source, proxied);
        let peer = self.client.peer().address().map(|peer| peer.ip());
        real_ip::find(peer, &said, *recursive, |speaker| trusted.allow(speaker))
    }

    fn limit(&mut self, exchange: &mut Exchange) -> Limited<Later> {
        // Without limits in the site, their code is not in the binary.
        match S::ZONES.is_empty() {
            true => Limited::Free,
            false => self.limit_all(exchange),
        }
    }

    fn log_in(
        &mut self,
        exchange: &Exchange,
        users: UsersId,
        checked: Option<bool>,
    ) -> Login<Later> {
        // Without passwords in the site, their code is not in the binary.
        if S::USERS.is_empty() {
            return Login::NoUsers;
        }
        let report = |cx: &Context<S>, level, text: fmt::Arguments<'_>| {
            exchange.report(cx, self.client, level, text);
        };
        let cx = &mut *self.cx;
        let field = exchange.head.fields().first(b"authorization");
        let Some((user, password)) = field.and_then(credentials::basic) else {
            let text = "no user/password was provided for basic authentication";
            report(cx, Level::Info, format_args!("{text}"));
            return Login::Wrong;
        };
        let file = &cx.shared.users[usize::from(users)];
        let path = file.path().display();
        let trouble = |text: &str| {
            report(cx, Level::Error, format_args!("the users of before are kept: {text}"));
        };
        let Some(users) = file.users(cx.now.monotonic_ms, trouble) else {
            let text = format_args!("open() \"{path}\" failed (2: No such file or directory)");
            report(cx, Level::Error, text);
            return Login::NoUsers;
        };
        let shown = Escaped(&user);
        let Some(stored) = users.find(&user) else {
            let text = format_args!("user \"{shown}\" was not found in \"{path}\"");
            report(cx, Level::Error, text);
            return Login::Wrong;
        };
        let desk = &cx.shared.desk;
        let asked = match checked {
            Some(is_right) => Asked::Known(is_right),
            None => desk.ask(stored, &password, cx.worker, cx.token),
        };
        match asked {
            Asked::Known(true) => Login::Right,
            Asked::Known(false) => {
                report(cx, Level::Error, format_args!("user \"{shown}\": password mismatch"));
                Login::Wrong
            }
            Asked::Busy => Login::Busy,
            Asked::Later(verdict) => {
                let until_ms = cx.now.monotonic_ms + MAX_CHECK_MS;
                Login::Later(Later::Wait(Wait { verdict: Some(verdict), ..Wait::until(until_ms) }))
            }
        }
    }

    fn wait(&mut self, exchange: &Exchange, time_ms: u64) -> Option<Later> {
        let text = format_args!("delaying unauthorized request");
        exchange.report(self.cx, self.client, Level::Info, text);
        let until_ms = self.cx.now.monotonic_ms.saturating_add(time_ms);
        Some(Later::Wait(Wait::until(until_ms)))
    }

    fn mirror(&mut self, exchange: &mut Exchange) -> Option<Later> {
        // Without such locations in the site, the code is not in the binary.
        match S::MIRRORS || S::COMPOSES {
            true => self.mirror_all(exchange),
            false => None,
        }
    }

    fn inquire(&mut self, exchange: &mut Exchange, uri: &'static Text) -> Inquiry<Self> {
        // Without such locations in the site, the code is not in the binary.
        if !S::SUBREQUESTS {
            return Inquiry::Refused;
        }
        let mut path = Vec::new();
        self.write(exchange, uri, &mut path);
        let Some(part) = exchange.within() else {
            let path = Escaped(&path);
            let text = format_args!("subrequests cycle while processing \"{path}\"");
            exchange.report(self.cx, self.client, Level::Error, text);
            return Inquiry::Refused;
        };
        let cx = &*self.cx;
        let asked = cx.subrequests.begin(cx.token, self.client, part, path);
        let until_ms = cx.now.monotonic_ms + MAX_ANSWER_MS;
        Inquiry::Later(Later::Wait(Wait { asked: Some(asked), ..Wait::until(until_ms) }))
    }

    fn is_there(
        &mut self,
        exchange: &Exchange,
        path: &[u8],
        append_path: bool,
        directory: bool,
    ) -> bool {
        self.with_request(exchange, false, |request, files| {
            let asked = handler::Request { append_path, ..*request };
            match file::look_up(&asked, files, path) {
                Entry::Directory => directory,
                Entry::Unreadable { directory: is_directory } => is_directory == directory,
                Entry::File(_) | Entry::Packed(_) | Entry::Special => !directory,
                Entry::Failed(_) => false,
            }
        })
    }

    fn handle(&mut self, exchange: &mut Exchange) -> Outcome<Self> {
        let Action::Serve { handler, .. } = &exchange.location().action else {
            unreachable!("a `return` has no handler");
        };
        if let Some(metrics) = S::METRICS
            && let Some(outcome) = self.tell_metrics(exchange, handler, metrics)
        {
            return self.outcome(exchange, outcome);
        }
        let counts = &self.cx.shared.counts;
        // What no location of the site does, is not in its binary.
        let serve = |request: &handler::Request<'_>, files: &mut Files| match handler {
            Handler::Cgi(cgi) if S::MAX_SCRIPTS.is_some() => script::serve(cgi, request, files),
            Handler::Upload(upload) if !S::STORES.is_empty() => {
                upload::serve(upload, request, files)
            }
            Handler::Status if S::COUNTS => status::serve(counts),
            Handler::EmptyGif if S::EMPTY_GIF => gif::serve(request),
            Handler::Dav(dav) if !S::DAV.is_empty() => dav::serve(dav, request, files),
            Handler::Proxy(proxy) if !S::UPSTREAMS.is_empty() => {
                proxy::serve(proxy, S::UPSTREAMS, S::KEEPS_CONTENT, request)
            }
            _ if S::RANDOM_INDEX => random_index::serve(request, files),
            _ => file::serve(request, files),
        };
        let outcome = self.with_request(exchange, false, serve);
        self.outcome(exchange, outcome)
    }

    fn prebuilt(&mut self, exchange: &mut Exchange, answer: &'static Return) -> (u16, Body) {
        let prebuilt = match answer {
            Return::Prebuilt(prebuilt) => *prebuilt,
            Return::Listed(table) => table.response(exchange.route().map_or(0, |route| route.id)),
            Return::Status(_) | Return::Redirect(..) | Return::Text(..) | Return::Close => {
                unreachable!("it is not known before the request")
            }
        };
        let Prebuilt { status, fields, body } = prebuilt;
        exchange.append_own(fields);
        let is_redirect = crate::http::status::is_redirect(status);
        let status = if is_redirect { status } else { exchange.status_of(status) };
        (status, Body::Static(body))
    }

    fn page(&mut self, exchange: &mut Exchange, status: u16) -> Body {
        let page = S::error_page(status);
        exchange.fields.append(page.fields);
        Body::Static(page.body)
    }

    fn media_type(&self, exchange: &Exchange) -> Cow<'static, [u8]> {
        let settings = exchange.location().settings;
        Cow::Borrowed(handler::media_type(settings, exchange.path(), S::media_type))
    }

    fn text(&mut self, text: Vec<u8>) -> Body {
        Body::Owned(text)
    }

    fn without_content(&mut self, _: Body) -> Body {
        Body::Empty
    }

    fn is_made(&self, body: &Body) -> bool {
        matches!(body, Body::Owned(_) | Body::Made(_))
    }

    fn can_substitute(&mut self, exchange: &Exchange) -> bool {
        self.cx.filter = self.replacer(exchange);
        self.cx.filter.is_some()
    }

    fn substitute(&mut self, _: &mut Exchange, body: Body) -> Body {
        self.substituted(body)
    }

    fn recodes(&self) -> bool {
        S::RECODES
    }

    fn charset_map(&self, from: &[u8], to: &[u8]) -> Option<Recoded> {
        let names = S::CHARSET_MAPS.iter().map(|map| (map.names[0], map.names[1]));
        Recoded::find(names, from, to)
    }

    fn recode_text(&mut self, body: Body, recoded: Recoded) -> Body {
        self.changed(body, Box::new(Recoder::new(S::CHARSET_MAPS, recoded, None)))
    }

    fn hold_recoder(&mut self, recoded: Recoded) {
        let before = self.cx.filter.take();
        self.cx.filter = Some(Box::new(Recoder::new(S::CHARSET_MAPS, recoded, before)));
    }

    fn can_compose(&mut self, exchange: &Exchange) {
        self.cx.around = self.around(exchange);
    }

    fn compose(&mut self, exchange: &mut Exchange, body: Body) -> Body {
        self.composed(exchange, body)
    }

    fn recode(
        &mut self,
        exchange: &mut Exchange,
        body: Body,
        recoding: Recoding,
    ) -> Result<(Body, Option<u64>), Body> {
        self.recoded(exchange, body, recoding)
    }

    fn can_encode(&mut self, exchange: &Exchange, coding: Coding) -> bool {
        self.cx.encoder = self.encoder(exchange, Recoding::Encode(coding), false, (None, false));
        self.cx.encoder.is_some()
    }

    fn has_passed(&self, unix_s: i64) -> bool {
        unix_s < self.cx.now.unix_s()
    }

    fn write_expiry(&mut self, expires: Expires, modified_s: Option<i64>, fields: &mut Fields) {
        let expiry = expires::expiry(expires, modified_s, self.cx.now.unix_s(), |second_of_day| {
            self.cx.local_clock.next(self.cx.now, second_of_day)
        });
        self.cx.expires.update(expiry.at_s);
        expiry.write(self.cx.expires.text(), fields);
    }

    fn note(&mut self, exchange: &Exchange, note: Note<'_>) {
        if let Note::BadRate(value) = note {
            let value = Escaped(value);
            let text = format_args!("invalid $limit_rate \"{value}\"");
            exchange.report(self.cx, self.client, Level::Error, text);
        }
        if let Note::NoCharsetMap { from, to } = note {
            let (from, to) = (Escaped(from), Escaped(to));
            let text =
                format_args!("no \"charset_map\" between the charsets \"{from}\" and \"{to}\"");
            exchange.report(self.cx, self.client, Level::Error, text);
        }
        let Note::Refused(reason) = note else { return };
        let report = |level, text: fmt::Arguments<'_>| {
            exchange.report(self.cx, self.client, level, text);
        };
        match reason {
            Reason::TooLarge(len) => {
                let text = format_args!("client intended to send too large body: {len} bytes");
                report(Level::Error, text);
            }
            Reason::Denied => report(Level::Error, format_args!("access forbidden by rule")),
            Reason::Busy => {
                report(Level::Error, format_args!("too many passwords are being checked"));
            }
            Reason::Cycle => {
                let path = Escaped(exchange.path());
                report(Level::Error, format_args!("internal redirection cycle at {path}"));
            }
            Reason::EmptyPath => {
                report(Level::Error, format_args!("the rewritten URI has a zero length"));
            }
            Reason::AboveRoot => {
                let text = format_args!("a path that the conf makes leads above the root");
                report(Level::Info, text);
            }
            Reason::TooLong => {
                report(Level::Error, format_args!("a value of \"set\" is too long"));
            }
            Reason::Other(refusal) => report(refusal.level, format_args!("{}", refusal.reason)),
            Reason::Unfit(unfit) => report(Level::Info, format_args!("{}", secured::remark(unfit))),
            Reason::Answered(401 | 403) => {}
            Reason::Answered(status) => {
                report(Level::Error, format_args!("auth request unexpected status: {status}"));
            }
            // Who was asked has told it.
            Reason::Unanswered
            | Reason::Limited
            | Reason::NotLoggedIn
            | Reason::NoUsers
            | Reason::Internal
            | Reason::UnknownMethod
            | Reason::NoProxy
            | Reason::NotAllowed
            | Reason::Returned
            | Reason::NothingFound => {}
        }
    }
}

impl<S: Site> Serving<'_, S> {
    /// Asks a handler, and writes to the error log what it reports. `content_taken`: there is no
    /// content to be had.
    pub(super) fn with_request<T>(
        &mut self,
        exchange: &Exchange,
        content_taken: bool,
        ask: impl FnOnce(&handler::Request<'_>, &mut Files) -> T,
    ) -> T {
        let cx = &mut *self.cx;
        let (logs, time) = (&cx.logs, (cx.now, &cx.local_clock));
        let variables = exchange.variables_of(cx.shared, time, logs, self.client);
        let error_logs = variables.settings.error_logs;
        let report = |level: Level, text: fmt::Arguments<'_>| {
            logs.error(error_logs, level, About::Request(&variables), time, text);
        };
        let server = exchange.route().map(|route| route.server_id).unwrap_or_default();
        let (caches, now, renews) = (&cx.shared.caches, cx.now, exchange.renews);
        let look = |proxy, caching: &'static Caching, request: &handler::Request<'_>| {
            let store = &caches[usize::from(caching.cache)];
            let asked = cache::Asked {
                variables: request.variables,
                method: request.method,
                has_content: !request.framing.is_empty(),
                is_as_sent: request.uri.is_as_sent,
                report: request.report,
            };
            cache::look(store, (proxy, caching), &asked, (now, renews))
        };
        let locate = |path: &[u8]| S::location(S::route(server, path));
        let request = handler::Request {
            variables: &variables,
            method: exchange.method().unwrap_or(Method::Get),
            conditional: exchange.is_conditional(),
            framing: match content_taken {
                true => Framing::Length(0),
                false => exchange.framing(),
            },
            append_path: exchange.appends_path(),
            uri: exchange.uri_state(),
            media_type: S::media_type,
            locate: &locate,
            programs: &cx.shared.programs,
            upstreams: &cx.shared.upstreams,
            // What no location of the site does, is not in its binary.
            list: if S::LISTS { Some(listing::serve) } else { None },
            // Without caches in the site, their code is not in the binary.
            cached: if S::CACHES.is_empty() { None } else { Some(&look) },
            report: &report,
        };
        ask(&request, &mut cx.files)
    }

    /// Writes the fields of what a handler has made.
    pub(super) fn outcome(
        &mut self,
        exchange: &mut Exchange,
        outcome: handler::Outcome,
    ) -> Outcome<Self> {
        match outcome {
            handler::Outcome::Status(status) => Outcome::Status(status),
            handler::Outcome::RangeNotSatisfiable(len) => Outcome::RangeNotSatisfiable(len),
            handler::Outcome::InternalRedirect(path) => Outcome::Path(path),
            handler::Outcome::Redirect(status, location) => Outcome::Redirect(status, location),
            handler::Outcome::File(file) => {
                // A part is a part, and what the client has it has, of an error's page too.
                let status = match exchange.is_conditional() {
                    true => file.status,
                    false => exchange.status_of(file.status),
                };
                file.write_fields(&mut exchange.fields);
                self.file = file.stored();
                if file.modified_s() > self.cx.now.unix_s() {
                    self.write_present_as_modified(exchange);
                }
                if !matches!(status, 200 | 206 | 304) {
                    exchange.fields.remove("Last-Modified");
                }
                Outcome::Response(status, Body::File(file.body))
            }
            handler::Outcome::Response(made) => {
                let handler::Response { status, location, content_type, content, modified_s } =
                    made;
                if !content_type.is_empty() {
                    exchange.fields.add("Content-Type", content_type);
                }
                if !matches!(status, 204 | 304) {
                    exchange.fields.set_content_len(content.len() as u64);
                }
                // Of an error's page, nothing is said of when that was made.
                if let Some(modified_s) = modified_s
                    && matches!(exchange.status_of(status), 200 | 304)
                {
                    exchange.fields.add_checked("Last-Modified", &date::format(modified_s));
                }
                if let Some(location) = location {
                    exchange.fields.remove("Location");
                    exchange.write_location(self, &location);
                }
                Outcome::Response(exchange.status_of(status), Body::Owned(content))
            }
            handler::Outcome::Made(content_type, producer) => {
                let status = exchange.status_of(200);
                exchange.fields.add("Content-Type", content_type);
                Outcome::Response(status, Body::Made(producer))
            }
            handler::Outcome::Gathered(input, len) => {
                exchange.gathered = Some(Gathered { input, len });
                self.begin_mirrors(exchange);
                Outcome::Gathered
            }
            handler::Outcome::Receive(receiver) => self.receive(exchange, receiver),
            handler::Outcome::Work(work) => Outcome::Later(Later::Work(work)),
            handler::Outcome::Script(mut call) => {
                if let Some(gathered) = self.gathered(exchange, matches!(call.input, Input::Stream))
                {
                    call.input = gathered.input;
                }
                Outcome::Later(Later::Script(call))
            }
            handler::Outcome::Proxy(mut call) => {
                if let Some(gathered) = self.gathered(exchange, call.is_streamed()) {
                    call.set_input(gathered.input);
                }
                Outcome::Later(Later::Proxy(call))
            }
            handler::Outcome::Cached(hit) => self.give_kept(exchange, *hit),
            handler::Outcome::Again(until_ms) => {
                let wait = Wait { looks_again: true, ..Wait::until(until_ms) };
                Outcome::Later(Later::Wait(wait))
            }
        }
    }

    /// Puts the present in the place of a Last-Modified that is yet to come (RFC 9110, 8.8.2.1).
    fn write_present_as_modified(&self, exchange: &mut Exchange) {
        exchange.fields.replace("Last-Modified", self.cx.date.text());
    }
}

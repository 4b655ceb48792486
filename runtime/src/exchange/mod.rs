//! One request and its response: which location answers, which response that makes, and what
//! becomes of it on the way (`error_page`, internal redirects). In nginx's order, so that a
//! conf means here what it means there. Nothing here touches a socket.

mod added;
mod charset;
mod facts;
mod reply;
mod script;

use std::cell::Cell;
use std::fmt;

use crate::cgi::{self, Call, Transfer};
use crate::context::{Client, Context};
use crate::files::Files;
use crate::handler::{self, Receiver, Refusal, Work, dav, file, status, try_files, upload};
use crate::http::body::Framing;
use crate::http::head::Head;
use crate::http::method::Method;
use crate::http::response::{self, Persistence};
use crate::http::target::split_args;
use crate::log::About;
use crate::output::Body;
use crate::site::{
    Action, Fallback, Handler, Level, Location, LocationId, Prebuilt, Return, Server, ServerId,
    Settings, Site, TryFiles,
};
use crate::variables::Match;

/// The most internal redirects of one request, as in nginx.
const MAX_REDIRECTS: u32 = 10;

/// What to send.
pub enum Reply {
    /// A head made of the exchange's status and fields, and this content.
    Response(Body),
    /// None yet: this takes the request's content first.
    Receive(Box<dyn Receiver>),
    /// None yet: this takes longer than others should wait.
    Work(Box<dyn Work>),
    /// None yet: a script makes it.
    Script(Box<Call>),
    /// A head made of the exchange's status and fields, and then the content of a script, framed
    /// so.
    Content(Transfer),
    /// Nothing: the connection is closed (`return 444`).
    Close,
}

/// One request and its response. Reused from one request to the next.
#[derive(Default)]
pub struct Exchange {
    /// The request's head.
    pub head: Head,
    /// When its first byte came, by the monotonic clock.
    pub started_ms: u64,
    /// Whether it came before the response to the last one was sent.
    pub pipelined: bool,
    /// Bytes of content received.
    pub content_len: u64,
    /// The response's status, or what is known of it; 0 before that.
    pub status: u16,
    /// The methods allowed where one was refused, for the Allow field of a 405 (RFC 9110, 15.5.6).
    allow: Option<&'static [u8]>,
    /// The response's fields, as lines.
    pub fields: Vec<u8>,
    /// Whether the connection may be kept behind the response.
    pub persist: bool,
    /// Whether it is, as the response's head says, once that is written.
    pub persistence: Option<Persistence>,
    /// Length of the response's head, in bytes.
    pub head_len: u64,
    /// Bytes of the response's content that were sent.
    pub content_sent_len: u64,
    /// The host asked for: lower case, no port, no trailing dot.
    host: Vec<u8>,
    /// Arguments that an internal redirect has put in the place of the head's.
    args: Option<Vec<u8>>,
    route: Option<Route>,
    redirects: u32,
    /// Whether an internal redirect has led to the location.
    internal: bool,
    /// Whether `try_files` has found what an `alias` does not name by itself.
    append_path: bool,
    /// Whether an `error_page` has been used.
    error_page_used: bool,
    /// The status that an `error_page` has led on for.
    error_status: Option<u16>,
    /// The status that an `error_page` gives to whatever its target answers.
    status_override: Option<u16>,
    /// Whether an error page answers in place of a resource: as if by GET.
    as_get: bool,
    /// Whether the content has gone to a handler: there is none for another one.
    content_taken: bool,
    /// Set by what may answer otherwise, or leaves something behind, when the same is asked again.
    unrepeatable: Cell<bool>,
    /// The regexes that have matched so far, as far as their captures are used: the host's first.
    matches: Vec<Match>,
}

/// Where a request has been led.
#[derive(Clone, Copy)]
struct Route {
    server: ServerId,
    server_settings: &'static Server,
    id: LocationId,
    location: &'static Location,
}

/// What a location makes of a request.
enum Outcome {
    /// What a handler has made.
    Handled(handler::Outcome),
    /// Goes on with a named location.
    Named(LocationId),
    /// Goes on with another path and other arguments.
    Uri(Vec<u8>),
    /// A response that was known when the site was built.
    Prebuilt(Prebuilt),
    /// A redirect to this target, not yet escaped.
    Redirect(u16, Vec<u8>),
    /// A status and a content whose type follows from the path.
    Text(u16, Vec<u8>),
    /// No response at all.
    Close,
}

impl Outcome {
    fn status(status: u16) -> Outcome {
        Outcome::Handled(handler::Outcome::Status(status))
    }
}

/// What one look at a location came to.
enum Step {
    Reply(Reply),
    /// Goes on with this location.
    Location(LocationId),
    /// Goes on with the location of the path, which has changed.
    Path,
}

impl Exchange {
    /// Forgets the request, but not the buffers' memory.
    pub fn reset(&mut self) {
        // The next head is read over the last one.
        let Exchange { head: _, fields, host, args, route, matches, .. } = self;
        fields.clear();
        host.clear();
        matches.clear();
        (*args, *route) = (None, None);
        let Exchange { started_ms, content_len, head_len, content_sent_len, .. } = self;
        (*started_ms, *content_len, *head_len, *content_sent_len) = (0, 0, 0, 0);
        let Exchange {
            status, redirects, error_status, status_override, allow, persistence, ..
        } = self;
        (*status, *redirects, *error_status, *status_override) = (0, 0, None, None);
        (*allow, *persistence) = (None, None);
        let Exchange { pipelined, persist, internal, append_path, .. } = self;
        (*pipelined, *persist, *internal, *append_path) = (false, false, false, false);
        let Exchange { error_page_used, as_get, content_taken, .. } = self;
        (*error_page_used, *as_get, *content_taken) = (false, false, false);
        self.unrepeatable.set(false);
    }

    /// The settings that hold for the request now.
    pub fn settings(&self) -> Option<&'static Settings> {
        self.route.map(|route| route.location.settings)
    }

    /// Until when the same request on another connection gets the same answer, byte for byte, and
    /// nothing else happens, by the monotonic clock and within the second; the past if it never does.
    pub fn repeatable_until_ms<S: Site>(&self, cx: &Context<S>) -> u64 {
        let is_read = matches!(self.head.method, Some(Method::Get | Method::Head));
        match is_read && self.head.framing.is_empty() && !self.unrepeatable.get() {
            true => cx.files.believed_until_ms(),
            false => 0,
        }
    }

    /// The method to carry out.
    fn method(&self) -> Option<Method> {
        if self.as_get { Some(Method::Get) } else { self.head.method }
    }

    /// Makes the response to a head that was read.
    pub fn respond<S: Site>(&mut self, cx: &mut Context<S>, client: &Client) -> Reply {
        self.persist = self.head.persist;
        cx.files.begin_answer();
        self.choose_server(cx, client);
        let status = match self.head.method {
            None => 501,
            Some(Method::Trace | Method::Connect) => {
                // What a client sends next may be meant for the other end of a tunnel.
                self.persist = false;
                405
            }
            Some(Method::Options) if self.head.target() == b"*" => {
                let reply = self.answer_options();
                return self.finish(cx, client, reply);
            }
            Some(_) => return self.follow(cx, client, Step::Path),
        };
        let step = self.settle(cx, client, Outcome::status(status));
        self.follow(cx, client, step)
    }

    /// Makes the response to a request that cannot be read, or not to its end. The connection
    /// is not kept: nobody knows where the next request would begin.
    pub fn refuse<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        client: &Client,
        refusal: &Refusal,
    ) -> Reply {
        if self.route.is_none() {
            self.enter_server::<S>(S::LISTENS[usize::from(client.listen)].default_server);
            self.head.path = b"/".to_vec();
        }
        self.persist = false;
        self.report(cx, client, refusal.level, format_args!("{}", refusal.reason));
        let step = self.settle(cx, client, Outcome::status(refusal.status));
        self.follow(cx, client, step)
    }

    /// Makes the response to a request whose content has been received.
    pub fn received<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        client: &Client,
        receiver: Box<dyn Receiver>,
    ) -> Reply {
        self.content_taken = true;
        let outcome =
            self.with_request(cx, client, |request, files| receiver.finish(request, files));
        let step = self.settle(cx, client, Outcome::Handled(outcome));
        self.follow(cx, client, step)
    }

    /// Makes the response to a request that has taken longer.
    pub fn worked<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        client: &Client,
        work: Box<dyn Work>,
    ) -> Reply {
        let outcome = self.with_request(cx, client, |request, files| work.finish(request, files));
        let step = self.settle(cx, client, Outcome::Handled(outcome));
        self.follow(cx, client, step)
    }

    /// Picks the server by the host.
    fn choose_server<S: Site>(&mut self, cx: &Context<S>, client: &Client) {
        let name = self.head.host_name();
        let name = name.strip_suffix(b".").unwrap_or(name);
        self.host.clear();
        self.host.extend_from_slice(name);
        self.host.make_ascii_lowercase();
        let by_param = &cx.shared.param_names[usize::from(client.listen)];
        if let Some((_, id)) = by_param.iter().find(|(name, _)| *name == self.host) {
            return self.enter_server::<S>(*id);
        }
        let found = S::server(client.listen, &self.host);
        self.matches.extend(found.pattern.map(|pattern| Match::new(pattern, &self.host)));
        self.enter_server::<S>(found.id);
    }

    fn enter_server<S: Site>(&mut self, server: ServerId) {
        let server_settings = S::server_settings(server);
        let id = server_settings.location;
        self.route = Some(Route { server, server_settings, id, location: S::location(id) });
    }

    /// The answer to `OPTIONS *` (RFC 9110, 9.3.7).
    fn answer_options(&mut self) -> Reply {
        let allow = self.route.map_or(&b""[..], |route| route.location.allow);
        self.status = 204;
        response::write_field(&mut self.fields, "Allow", allow);
        Reply::Response(Body::Empty)
    }

    /// Goes from location to location until there is a reply.
    fn follow<S: Site>(&mut self, cx: &mut Context<S>, client: &Client, mut step: Step) -> Reply {
        loop {
            let Some(route) = &mut self.route else { return Reply::Close };
            route.id = match step {
                Step::Reply(reply) => return self.finish(cx, client, reply),
                Step::Path => S::route(route.server, &self.head.path),
                Step::Location(id) => id,
            };
            route.location = S::location(route.id);
            let route = *route;
            // No regex is asked on the way to a named location: it has no patterns.
            for pattern in route.location.patterns {
                self.matches.push(Match::new(pattern, &self.head.path));
            }
            let outcome = self.ask(cx, client, route);
            step = self.settle(cx, client, outcome);
            if !matches!(step, Step::Reply(_)) {
                self.redirected();
            }
            if self.redirects > MAX_REDIRECTS {
                let text = format_args!("internal redirection cycle at {}", self.shown_path());
                self.report(cx, client, Level::Error, text);
                step = Step::Reply(self.default_page::<S>(500));
            }
        }
    }

    /// Notes that the request goes on in another place.
    fn redirected(&mut self) {
        self.internal = true;
        self.append_path = false;
        self.redirects += 1;
    }

    /// Asks a location, in the order of nginx's phases.
    fn ask<S: Site>(&mut self, cx: &mut Context<S>, client: &Client, route: Route) -> Outcome {
        let Location { settings, internal, methods, methods_named, action, .. } = route.location;
        if *internal && !self.internal {
            return Outcome::status(404);
        }
        let len = match self.head.framing {
            Framing::Length(len) => len,
            Framing::Chunked => 0,
        };
        if !self.internal && len > settings.client_max_body_size {
            let text = format_args!("client intended to send too large body: {len} bytes");
            self.report(cx, client, Level::Error, text);
            self.persist = false;
            return Outcome::status(413);
        }
        let rules = route.location.access_rules(self.method());
        self.unrepeatable.set(self.unrepeatable.get() || rules.is_some());
        if rules.is_some_and(|rules| !rules.allow(client.peer.map(|peer| peer.ip()))) {
            self.report(cx, client, Level::Error, format_args!("access forbidden by rule"));
            return Outcome::status(403);
        }
        let method = self.method().filter(|&method| methods.contains(method));
        if method.is_none() && *methods_named {
            return Outcome::status(405);
        }
        match action {
            Action::Return(answer) => self.answer(cx, client, route.id, answer),
            Action::Serve { try_files, handler } => {
                let fallback = try_files.and_then(|list| self.try_files(cx, client, list));
                fallback.unwrap_or_else(|| {
                    // To a POST, what is not there is 404; a file itself refuses it.
                    let posted = self.method() == Some(Method::Post);
                    if method.is_none() && !(posted && matches!(handler, Handler::Files)) {
                        return Outcome::status(405);
                    }
                    if !matches!(handler, Handler::Files) {
                        self.unrepeatable.set(true);
                    }
                    let counts = &cx.shared.counts;
                    // What no location of the site does, is not in its binary.
                    let serve = |request: &handler::Request<'_>, files: &mut Files| match handler {
                        Handler::Cgi(cgi) if S::MAX_SCRIPTS.is_some() => {
                            cgi::script::serve(cgi, request, files)
                        }
                        Handler::Upload(upload) if !S::STORES.is_empty() => {
                            upload::serve(upload, request, files)
                        }
                        Handler::Status if S::COUNTS => status::serve(counts),
                        Handler::Dav(dav) if S::DAV => dav::serve(dav, request, files),
                        _ => file::serve(request, files),
                    };
                    Outcome::Handled(self.with_request(cx, client, serve))
                })
            }
        }
    }

    /// A `return`.
    fn answer<S: Site>(
        &mut self,
        cx: &Context<S>,
        client: &Client,
        id: LocationId,
        answer: &'static Return,
    ) -> Outcome {
        match answer {
            Return::Close => Outcome::Close,
            Return::Status(status) => Outcome::status(*status),
            Return::Prebuilt(prebuilt) => Outcome::Prebuilt(*prebuilt),
            Return::Listed(table) => Outcome::Prebuilt(table.response(id)),
            // The value may name the status.
            Return::Redirect(status, location) => {
                self.status = self.status_override.unwrap_or(*status);
                Outcome::Redirect(*status, self.value(cx, client, location))
            }
            Return::Text(status, text) => {
                self.status = self.status_override.unwrap_or(*status);
                Outcome::Text(*status, self.value(cx, client, text))
            }
        }
    }

    /// `try_files`: `None` where the path, perhaps a new one, is to be served here.
    fn try_files<S: Site>(
        &mut self,
        cx: &mut Context<S>,
        client: &Client,
        list: &'static TryFiles,
    ) -> Option<Outcome> {
        let find = |request: &handler::Request<'_>, files: &mut _| {
            try_files::find(list.candidates, request, files)
        };
        if let Some(found) = self.with_request(cx, client, find) {
            self.head.path = found.path.unwrap_or(std::mem::take(&mut self.head.path));
            self.append_path = found.append_path;
            return None;
        }
        Some(match &list.fallback {
            Fallback::Status(status) => Outcome::status(*status),
            Fallback::Named(id) => Outcome::Named(*id),
            Fallback::Uri(uri) => Outcome::Uri(self.value(cx, client, uri)),
        })
    }

    /// Asks a handler, and writes to the error log what it reports.
    fn with_request<S: Site, T>(
        &self,
        cx: &mut Context<S>,
        client: &Client,
        ask: impl FnOnce(&handler::Request<'_>, &mut Files) -> T,
    ) -> T {
        let variables = self.variables(cx.shared, cx.now, &cx.local_clock, client);
        let error_logs = variables.settings.error_logs;
        let (logs, time) = (&cx.logs, (cx.now, &cx.local_clock));
        let report = |level: Level, text: fmt::Arguments<'_>| {
            logs.error(error_logs, level, About::Request(&variables), time, text);
        };
        let server = self.route.map(|route| route.server).unwrap_or_default();
        let locate = |path: &[u8]| S::location(S::route(server, path));
        let request = handler::Request {
            variables: &variables,
            method: self.method().unwrap_or(Method::Get),
            conditional: self.status_override.is_none_or(|status| status == 200),
            framing: match self.as_get || self.content_taken {
                true => Framing::Length(0),
                false => self.head.framing,
            },
            append_path: self.append_path,
            media_type: S::media_type,
            locate: &locate,
            programs: &cx.shared.programs,
            report: &report,
        };
        ask(&request, &mut cx.files)
    }

    /// Puts a path and its arguments in the place of the request's.
    fn set_uri(&mut self, uri: &[u8]) {
        let (path, args) = split_args(uri);
        self.head.path.clear();
        self.head.path.extend_from_slice(path);
        self.args = Some(args.to_vec());
    }
}

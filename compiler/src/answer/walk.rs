//! One request on its way: where it has come to, and what has been told about it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use sitec_runtime::http::head::Head;
use sitec_runtime::http::method::Method;
use sitec_runtime::http::target::{split_args, split_port};
use sitec_runtime::site::{ListenId, LocationId, ServerId};

use super::{Answer, Answers, End, Field, Request, ServerBy, Step, server_name};
use crate::ir;
use crate::route::NameMatch;

/// The most internal redirects of one request, as in nginx.
const MAX_REDIRECTS: u32 = 10;

/// A request on its way. The fields mean what they mean in the server's `exchange`.
pub(super) struct Walk<'w, 'a> {
    pub(super) answers: &'w Answers<'a>,
    pub(super) request: &'w Request,
    pub(super) head: Head,
    pub(super) listen: ListenId,
    pub(super) host: Vec<u8>,
    pub(super) server: ServerId,
    server_by: ServerBy,
    pub(super) location: LocationId,
    pub(super) path: Vec<u8>,
    pub(super) args: Vec<u8>,
    pub(super) internal: bool,
    pub(super) append_path: bool,
    pub(super) error_page_used: bool,
    /// Whether no `error_page` holds.
    pub(super) without_pages: bool,
    pub(super) status_override: Option<u16>,
    pub(super) as_get: bool,
    /// The location that has refused a method.
    pub(super) refused_at: Option<LocationId>,
    /// The regexes that have matched so far, as far as their captures are used, and what they matched.
    pub(super) matches: Vec<(&'a ir::Pattern, Vec<u8>)>,
    /// The status and the fields of the response so far.
    pub(super) status: u16,
    pub(super) fields: Vec<Field>,
    pub(super) steps: Vec<Step>,
    pub(super) doubts: RefCell<BTreeSet<String>>,
    /// Whether the arguments are all there.
    pub(super) knows_args: bool,
    /// Whether a value or a folder was asked for that is another one for another request, or with
    /// another param.
    pub(super) depends: Cell<bool>,
}

/// Where a request goes from a location.
pub(super) enum Next {
    /// Nowhere: it ends here.
    End(End),
    /// To this location.
    Location(LocationId),
    /// To the location of the path, which has changed.
    Path,
}

impl<'w, 'a> Walk<'w, 'a> {
    pub(super) fn new(answers: &'w Answers<'a>, request: &'w Request) -> Walk<'w, 'a> {
        let head = request.head.clone().unwrap_or_default();
        let server = answers.site.listens[usize::from(request.listen)].default_server;
        let (path, args) = (head.path.clone(), head.args().to_vec());
        Walk {
            answers,
            request,
            listen: request.listen,
            host: Vec::new(),
            server,
            server_by: ServerBy::Default,
            location: 0,
            path,
            args,
            head,
            internal: false,
            append_path: false,
            error_page_used: false,
            without_pages: false,
            status_override: None,
            as_get: false,
            refused_at: None,
            matches: Vec::new(),
            status: 0,
            fields: Vec::new(),
            steps: Vec::new(),
            doubts: RefCell::default(),
            knows_args: true,
            depends: Cell::new(false),
        }
    }

    pub(super) fn site(&self) -> &'a ir::Site {
        self.answers.site
    }

    /// The settings that hold for the request now.
    pub(super) fn settings(&self) -> &'a ir::Settings {
        &self.site().settings[self.site().locations[self.location as usize].settings]
    }

    /// The method to carry out.
    pub(super) fn method(&self) -> Option<Method> {
        if self.as_get { Some(Method::Get) } else { self.head.method }
    }

    /// Notes what cannot be known here.
    pub(super) fn doubt(&self, what: String) {
        self.doubts.borrow_mut().insert(what);
    }

    /// The whole way.
    pub(super) fn run(mut self) -> Answer {
        let next = match &self.request.head {
            Ok(_) => {
                self.choose_server();
                match self.head.method {
                    None => self.error(501, "the server does not know this method".to_owned()),
                    Some(Method::Trace | Method::Connect) => {
                        self.error(405, "no server of this kind takes this method".to_owned())
                    }
                    Some(Method::Options) if self.head.target() == b"*" => self.options(),
                    Some(_) => Next::Path,
                }
            }
            Err(error) => {
                if let Some(server) = self.request.server {
                    self.server = server;
                }
                self.location = self.site().servers[usize::from(self.server)].location;
                self.path = b"/".to_vec();
                self.error(error.status, format!("the request is refused: {}", error.reason))
            }
        };
        let end = self.follow(next);
        self.finish(end)
    }

    /// Picks the server by the host.
    fn choose_server(&mut self) {
        let (name, _) = split_port(self.head.host());
        let name = name.strip_suffix(b".").unwrap_or(name);
        self.host = name.to_ascii_lowercase();
        (self.server, self.server_by) = match self.request.server {
            Some(server) => (server, ServerBy::Asked),
            None => self.server_by_host(),
        };
        self.location = self.site().servers[usize::from(self.server)].location;
    }

    fn server_by_host(&mut self) -> (ServerId, ServerBy) {
        let site = self.site();
        let listen = &site.listens[usize::from(self.listen)];
        let mut by_param = listen.param_names.iter();
        let is_host = |text| server_name(site, text).as_bytes() == self.host;
        if let Some((_, server)) = by_param.find(|(text, _)| is_host(text)) {
            return (*server, ServerBy::Param);
        }
        let (server, why) = self.answers.router.server_and_why(self.listen, &self.host);
        let shown = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        let others = |server: ServerId| {
            let ids = 0..site.servers.len() as ServerId;
            ids.filter(|&id| id != server).any(|id| super::listens_at(listen, id))
        };
        let by = match why {
            NameMatch::Exact => ServerBy::Exact,
            NameMatch::Suffix(name) => ServerBy::Suffix(format!("*{}", shown(name))),
            NameMatch::Prefix(name) => ServerBy::Prefix(format!("{}*", shown(name))),
            NameMatch::Regex(pattern) => {
                self.matches.push((pattern, self.host.clone()));
                let own = listen.names.regex.iter().filter(|name| name.server == server);
                ServerBy::Regex(
                    own.take_while(|name| !std::ptr::eq(&name.pattern, pattern)).count(),
                )
            }
            NameMatch::Default if others(server) => ServerBy::Default,
            NameMatch::Default => ServerBy::Alone,
        };
        (server, by)
    }

    /// The answer to `OPTIONS *`.
    fn options(&mut self) -> Next {
        self.status = 204;
        let allow = self.site().locations[self.location as usize].methods.allow();
        self.field("Allow", allow);
        Next::End(End::Text(Vec::new()))
    }

    /// Goes from location to location until there is an end.
    pub(super) fn follow(&mut self, mut next: Next) -> End {
        let mut redirects = 0;
        loop {
            match next {
                Next::End(end) => return end,
                Next::Path => self.choose_location(),
                Next::Location(id) => {
                    self.location = id;
                    self.steps.push(Step::Named(id));
                }
            }
            let location = &self.site().locations[self.location as usize];
            // No regex is asked on the way to a named location: it has no patterns.
            let path = &self.path;
            self.matches.extend(location.patterns.iter().map(|pattern| (pattern, path.clone())));
            next = self.ask(location);
            if !matches!(next, Next::End(_)) {
                self.internal = true;
                self.append_path = false;
                redirects += 1;
            }
            if redirects > MAX_REDIRECTS {
                let reason = format!("more than {MAX_REDIRECTS} internal redirects");
                self.steps.push(Step::Status { status: 500, reason });
                next = Next::End(self.default_page(500));
            }
        }
    }

    fn choose_location(&mut self) {
        let mut asked = Vec::new();
        let router = &self.answers.router;
        self.location =
            router.location_asking(self.server, &self.path, &mut |question| asked.push(question));
        let (path, location) = (self.path.clone(), self.location);
        self.steps.push(Step::Location { path, asked, location });
    }

    /// Puts a path and its arguments in the place of the request's.
    pub(super) fn set_uri(&mut self, uri: &[u8]) {
        let (path, args) = split_args(uri);
        (self.path, self.args) = (path.to_vec(), args.to_vec());
    }

    /// What holds of every answer.
    fn finish(mut self, end: End) -> Answer {
        let status = match &end {
            End::Close | End::Moved(_) => None,
            End::Script { .. } => self.status_override,
            _ => Some(self.status),
        };
        if let Some(204 | 205) = status {
            // What an `error_page` gives this status to has fields of a content.
            let of_content = ["Content-Type", "Content-Length", "Last-Modified"];
            self.fields.retain(|field| !of_content.contains(&&*field.name));
        }
        if status == Some(205) {
            self.field("Content-Length", "0");
        }
        if let (Some(405), Some(at)) = (status, self.refused_at) {
            let allow = self.site().locations[at as usize].methods.allow();
            self.field("Allow", allow);
        }
        if end != End::Close {
            self.say_charset();
            self.add_fields(status);
        }
        Answer {
            asked: self.request.shown.clone(),
            listen: self.listen,
            host: self.host,
            server: self.server,
            server_by: self.server_by,
            steps: self.steps,
            end,
            status,
            fields: self.fields,
            doubts: self.doubts.into_inner().into_iter().collect(),
        }
    }
}

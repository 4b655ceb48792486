//! A world without a server: the phases of a request over the resolved site. Where the server would
//! look at its disk, this looks at [`Files`](crate::files::Files). What happens is told, and what only
//! a running server knows is noted.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use memchr::memmem;
use sitec_runtime::exchange::world::{
    Condition, Inquiry, Limited, Login, Note, Op, Reason, Recoding, Rewrite, Test, World,
};
use sitec_runtime::exchange::{self, Event, MAX_REDIRECTS, Outcome, Refusal, Reply, Unfit};
use sitec_runtime::http::accept::Coding;
use sitec_runtime::http::charset::Recoded;
use sitec_runtime::http::credentials;
use sitec_runtime::http::head::Head;
use sitec_runtime::http::method::Method;
use sitec_runtime::http::response::Fields;
use sitec_runtime::http::status;
use sitec_runtime::http::target::Scheme;
use sitec_runtime::media;
use sitec_runtime::real_ip;
use sitec_runtime::site::{
    Assigned, Expires, Level, LimitStatus, ListenId, LocationId, PathTest, Prebuilt, RealIpSource,
    ServerId, UsersId, VerifyClient,
};
use sitec_runtime::users::Users;

use super::access::{CLIENT_UNKNOWN, Verdict, verdict};
use super::fields::{self, add_unknown};
use super::request::listen_port;
use super::resolved::{Location, Resolved, Server, op};
use super::{Answer, Answers, End, Looker, Request, ServerBy, Step, named_at_start, start_text};
use crate::files::{Kind, is_certain};
use crate::ir::{self, Access, Action, Handler, Piece, StartPiece, Value};
use crate::route::NameMatch;
use crate::wording;

/// One request on its way.
pub(super) type Exchange<'a> = exchange::Exchange<Resolved<'a>>;

/// The world of one request.
pub(super) struct Evaluation<'w, 'a> {
    pub(super) answers: &'w Answers<'a>,
    pub(super) request: &'w Request,
    pub(super) listen: ListenId,
    server_by: ServerBy,
    /// Whether no `error_page` holds.
    pub(super) without_pages: bool,
    pub(super) steps: Vec<Step>,
    /// Whether a `return` has answered.
    pub(super) is_returned: bool,
    /// Why the next status is answered.
    pub(super) reason: String,
    pub(super) doubts: RefCell<BTreeSet<String>>,
    /// Whether the arguments are all there.
    pub(super) knows_args: bool,
    /// Whether a value or a folder was asked for that is another one for another request, or with
    /// another param.
    pub(super) depends: Cell<bool>,
}

/// A request and its world, to read values and folders from.
#[derive(Clone, Copy)]
pub(super) struct View<'v, 'w, 'a> {
    pub(super) world: &'v Evaluation<'w, 'a>,
    pub(super) exchange: &'v Exchange<'a>,
    /// The regex of a map whose value is asked for, and what it has matched.
    pub(super) own_match: Option<(&'a ir::Pattern, &'v [u8])>,
}

/// A request that a handler answers.
pub(super) struct Handling<'v, 'w, 'a> {
    pub(super) world: &'v mut Evaluation<'w, 'a>,
    pub(super) exchange: &'v mut Exchange<'a>,
}

/// What a handler makes of a request.
pub(super) type Handled<'w, 'a> = Outcome<Evaluation<'w, 'a>>;

impl<'w, 'a> Evaluation<'w, 'a> {
    pub(super) fn new(answers: &'w Answers<'a>, request: &'w Request) -> Evaluation<'w, 'a> {
        Evaluation {
            answers,
            request,
            listen: request.listen,
            server_by: ServerBy::Default,
            without_pages: false,
            steps: Vec::new(),
            is_returned: false,
            reason: String::new(),
            doubts: RefCell::default(),
            knows_args: true,
            depends: Cell::new(false),
        }
    }

    pub(super) fn site(&self) -> &'a ir::Site {
        self.answers.site
    }

    /// Notes what cannot be known here.
    pub(super) fn doubt(&self, what: String) {
        self.doubts.borrow_mut().insert(what);
    }

    /// The whole way.
    pub(super) fn run(mut self) -> Answer {
        let mut exchange = Exchange::default();
        let reply = match &self.request.head {
            Ok(head) => {
                exchange.head = head.clone();
                exchange.step(&mut self, Event::Head)
            }
            Err(error) => {
                let reason = format!("the request is refused: {}", error.reason);
                let refusal = Refusal { status: error.status, level: Level::Info, reason };
                exchange.step(&mut self, Event::Refused(&refusal))
            }
        };
        self.conclude(exchange, end_of(reply))
    }

    fn conclude(self, exchange: Exchange<'a>, end: End) -> Answer {
        // A redirect may name the server without asking for a value.
        if memmem::find(exchange.fields.lines(), StartPiece::HOST_NAME.as_bytes()).is_some() {
            self.doubt_variable("hostname");
        }
        let server = exchange.route().map_or(0, |route| route.server_id);
        let listen = &self.site().listens[usize::from(self.listen)];
        if self.site().rejects(listen, server) {
            return self.rejected(server, exchange);
        }
        let status = match &end {
            End::Close | End::Moved(_) => None,
            End::Script { .. } | End::PassedOn { .. } => exchange.status_override(),
            _ => Some(exchange.status),
        };
        Answer {
            asked: self.request.shown.clone(),
            listen: self.listen,
            server,
            server_by: self.server_by,
            steps: self.steps,
            end,
            status,
            fields: fields::read(&exchange.fields).collect(),
            host: exchange.host,
            doubts: self.doubts.into_inner().into_iter().collect(),
        }
    }

    /// There is no connection, and so no answer.
    fn rejected(self, server: ServerId, exchange: Exchange<'a>) -> Answer {
        let reason = "`ssl_reject_handshake` refuses the handshake".to_owned();
        Answer {
            asked: self.request.shown.clone(),
            listen: self.listen,
            server,
            server_by: self.server_by,
            steps: vec![Step::Status { status: 444, reason }],
            end: End::Close,
            status: None,
            fields: Vec::new(),
            host: exchange.host,
            doubts: Vec::new(),
        }
    }

    fn server_by_host(
        &self,
        host: &[u8],
        matches: &mut Vec<(&'a ir::Pattern, Vec<u8>)>,
    ) -> (ServerId, ServerBy) {
        let site = self.site();
        let listen = &site.listens[usize::from(self.listen)];
        if let Some((name, server)) = named_at_start(site, listen, host) {
            let is_machine = name.contains(&StartPiece::HostName);
            return (*server, if is_machine { ServerBy::HostName } else { ServerBy::Param });
        }
        let (server, why) = self.answers.router.server_and_why(self.listen, host);
        let shown = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        let others = |server: ServerId| {
            let ids = 0..site.servers.len() as ServerId;
            ids.filter(|&id| id != server).any(|id| listen.reaches(id))
        };
        let by = match why {
            NameMatch::Exact => ServerBy::Exact,
            NameMatch::Suffix(name) => ServerBy::Suffix(format!("*{}", shown(name))),
            NameMatch::Prefix(name) => ServerBy::Prefix(format!("{}*", shown(name))),
            NameMatch::Regex(pattern) => {
                matches.push((pattern, host.to_vec()));
                let own = listen.names.regex.iter().filter(|name| name.server == server);
                ServerBy::Regex(
                    own.take_while(|name| !std::ptr::eq(&name.pattern, pattern)).count(),
                )
            }
            NameMatch::Default if others(server) => ServerBy::Default,
            NameMatch::Default => ServerBy::Alone,
        };
        if by != ServerBy::Exact {
            self.doubt_host(listen, host, server);
        }
        (server, by)
    }

    /// Notes that the host may be the machine's name, where that is another server's.
    fn doubt_host(&self, listen: &ir::Listen, host: &[u8], server: ServerId) {
        let mut names = listen.start_names.iter();
        let is_other =
            names.any(|(name, id)| name.contains(&StartPiece::HostName) && *id != server);
        // No machine is called so (RFC 6761, 6.4).
        if is_other && !host.is_empty() && !host.ends_with(b".invalid") {
            let host = String::from_utf8_lossy(host);
            self.doubt(format!("whether `{host}` is the name of the machine"));
        }
    }

    /// Who the client is, if that is known.
    pub(super) fn client(&self, exchange: &Exchange<'a>) -> Option<IpAddr> {
        exchange.real_address.map(|address| address.ip()).or(self.request.from)
    }

    /// Notes that a variable cannot be known here.
    pub(super) fn doubt_variable(&self, name: &str) {
        self.doubt(format!("`${name}` is known to the running server alone"));
    }

    /// A condition as it is written.
    fn shown_condition(&self, condition: &Condition<Location<'a>>) -> String {
        let test = match condition.test {
            Test::Truth(text) => ir::Test::Truth(text.clone()),
            Test::Equal(one, other) => ir::Test::Equal(one.clone(), other.clone()),
            Test::Matches(text, regex) => ir::Test::Matches(text.clone(), regex.clone()),
            Test::Path(path, test) => ir::Test::Path(path.clone(), test),
        };
        wording::condition(&ir::Condition { negated: condition.negated, test })
    }

    /// A reason in words.
    fn words(&self, exchange: &Exchange<'a>, reason: Reason<'_>) -> String {
        let methods = || exchange.location().location.methods.allow();
        match reason {
            Reason::Internal => "`internal`: no client may come here".to_owned(),
            Reason::TooLarge(len) => {
                let limit = exchange.location().settings.client_max_body_size;
                format!("the content has {len} bytes; `client_max_body_size` is {limit}")
            }
            Reason::NotLoggedIn => match exchange.head.fields().first(b"authorization") {
                None => "`auth_basic` asks for a user and a password".to_owned(),
                Some(_) => "the user or the password is wrong".to_owned(),
            },
            Reason::NoUsers => "there is no file of users to find the client in".to_owned(),
            Reason::Limited => "a limit is reached".to_owned(),
            Reason::Busy => "too many passwords are being checked".to_owned(),
            Reason::Denied => "`deny` keeps the client out".to_owned(),
            Reason::UnknownMethod => "the server does not know this method".to_owned(),
            Reason::NoProxy => "no server of this kind takes this method".to_owned(),
            Reason::NotAllowed => format!("the methods here are {}", methods()),
            Reason::Returned => "`return` says so".to_owned(),
            Reason::NothingFound => "`try_files` has found nothing else".to_owned(),
            Reason::Cycle => format!("more than {MAX_REDIRECTS} internal redirects"),
            Reason::EmptyPath => "`rewrite` leaves no path".to_owned(),
            Reason::AboveRoot => "the path leads above the root".to_owned(),
            Reason::TooLong => "a value of `set` is too long".to_owned(),
            Reason::Unfit(Unfit::Plain) => "only TLS is spoken here".to_owned(),
            Reason::Unfit(Unfit::NoCertificate) => {
                "`ssl_verify_client` demands a certificate".to_owned()
            }
            Reason::Unfit(Unfit::BadCertificate(reason)) => {
                format!("the client's certificate does not hold: {reason}")
            }
            Reason::Unfit(Unfit::Misdirected) => {
                "the connection was made for another server".to_owned()
            }
            Reason::Answered(status @ (401 | 403)) => {
                format!("`auth_request` is answered {status}")
            }
            Reason::Answered(status) => {
                format!("`auth_request` is answered {status}, which says neither yes nor no")
            }
            Reason::Unanswered => "`auth_request` asks within too many others".to_owned(),
            Reason::Other(refusal) => refusal.reason.clone(),
        }
    }
}

/// Where a request has ended.
pub(super) fn end_of(reply: Reply<End, Infallible>) -> End {
    match reply {
        Reply::Response(end) => end,
        Reply::Later(never) => match never {},
        // The head of a script's response is not known here.
        Reply::Content(_) | Reply::Close => End::Close,
    }
}

impl<'w, 'a> World for Evaluation<'w, 'a> {
    type Form = Resolved<'a>;
    type Body = End;
    type Later = Infallible;

    fn choose_server(
        &mut self,
        host: &[u8],
        matches: &mut Vec<(&'a ir::Pattern, Vec<u8>)>,
    ) -> ServerId {
        let (server, by) = match self.request.server {
            Some(server) => (server, ServerBy::Asked),
            None => self.server_by_host(host, matches),
        };
        self.server_by = by;
        server
    }

    fn default_server(&self) -> ServerId {
        let of_listen = self.site().listens[usize::from(self.listen)].default_server;
        self.request.server.unwrap_or(of_listen)
    }

    fn server(&self, id: ServerId) -> Server<'a> {
        Server { site: self.site(), server: &self.site().servers[usize::from(id)] }
    }

    fn unfit(&self, server: ServerId) -> Option<Unfit> {
        if self.request.is_plain {
            return Some(Unfit::Plain);
        }
        // A client is taken to have what it is asked for.
        let is_tls = self.scheme() == Scheme::HTTPS;
        let tls = self.site().tls_of(server).filter(|_| is_tls);
        if tls.is_some_and(|tls| tls.verify_client != VerifyClient::Off) {
            self.doubt("whether the client has a certificate that holds".to_owned());
        }
        None
    }

    fn route(&mut self, server: ServerId, path: &[u8]) -> LocationId {
        let mut asked = Vec::new();
        let router = &self.answers.router;
        let location = router.location_asking(server, path, &mut |question| asked.push(question));
        self.steps.push(Step::Location { path: path.to_vec(), asked, location });
        location
    }

    fn named_location(&self, server: ServerId, name: &[u8]) -> Option<LocationId> {
        let mut named = self.site().servers[usize::from(server)].named.iter();
        let name = name.strip_prefix(b"@")?;
        named.find(|(other, _)| other == name).map(|(_, id)| *id)
    }

    fn server_op(&self, server: ServerId, index: usize) -> Option<Op<Location<'a>>> {
        self.site().servers[usize::from(server)].ops.get(index).map(op)
    }

    fn is_match(
        &self,
        regex: &'a ir::Regex,
        subject: &[u8],
        matches: &mut Vec<(&'a ir::Pattern, Vec<u8>)>,
    ) -> bool {
        let pattern = &regex.pattern;
        let is_match = self.answers.router.is_match(pattern, subject);
        if is_match && regex.captures_used {
            matches.push((pattern, subject.to_vec()));
        }
        is_match
    }

    fn test_path(&mut self, _: &Exchange<'a>, path: &[u8], test: PathTest) -> bool {
        let path = self.answers.folder.join(String::from_utf8_lossy(path).as_ref());
        let files = self.answers.files;
        let found = match files.kind(&path) {
            None => false,
            Some(kind) => match test {
                PathTest::File => kind == Kind::File,
                PathTest::Directory => kind == Kind::Directory,
                PathTest::Exists => true,
                PathTest::Executable => kind == Kind::Directory || files.is_executable(&path),
            },
        };
        self.steps.push(Step::Looked { by: Looker::Condition, path, found });
        found
    }

    fn asked(&mut self, condition: &Condition<Location<'a>>, holds: bool) {
        let condition = self.shown_condition(condition);
        self.steps.push(Step::Asked { condition, holds });
    }

    fn assigned(&mut self, variable: Assigned, value: &[u8]) {
        let name = match variable {
            Assigned::Args => "args",
            Assigned::LimitRate => "limit_rate",
            Assigned::Slot(slot) => &self.site().slots[usize::from(slot)],
        };
        self.steps.push(Step::Assigned { name: name.to_owned(), value: value.to_vec() });
    }

    fn rewritten(&mut self, exchange: &Exchange<'a>, rewrite: &Rewrite<Location<'a>>) {
        let mut uri = exchange.path().to_vec();
        if !exchange.args().is_empty() {
            uri.push(b'?');
            uri.extend_from_slice(exchange.args());
        }
        self.steps.push(Step::Rewritten { regex: wording::regex(&rewrite.regex.pattern), uri });
    }

    fn location(&self, id: LocationId) -> Location<'a> {
        let site = self.site();
        let location = &site.locations[id as usize];
        Location { location, settings: &site.settings[location.settings], site }
    }

    fn enter(
        &self,
        location: Location<'a>,
        path: &[u8],
        matches: &mut Vec<(&'a ir::Pattern, Vec<u8>)>,
    ) {
        let patterns = location.location.patterns.iter();
        matches.extend(patterns.map(|pattern| (pattern, path.to_vec())));
    }

    fn scheme(&self) -> Scheme {
        match self.request.is_plain {
            true => Scheme::HTTP,
            false => self.site().listens[usize::from(self.listen)].scheme(),
        }
    }

    fn local(&self) -> (Cow<'static, str>, Option<u16>) {
        (Cow::Borrowed(""), listen_port(self.site(), self.listen))
    }

    fn write(&self, exchange: &Exchange<'a>, text: &'a Value, out: &mut Vec<u8>) {
        out.extend(View { world: self, exchange, own_match: None }.value(text));
    }

    /// What variables make of the arguments alone leaves the path known.
    fn target(&mut self, exchange: &Exchange<'a>, text: &'a Value) -> Vec<u8> {
        let depended = self.depends.get();
        let uri = View { world: self, exchange, own_match: None }.value(text);
        let path_is_fixed =
            matches!(text.0.first(), Some(Piece::Literal(front)) if front.contains(&b'?'));
        if path_is_fixed && self.depends.get() && !depended {
            self.depends.set(false);
            self.knows_args = false;
        }
        uri
    }

    fn lets_in(&mut self, exchange: &Exchange<'a>, rules: &'a Access) -> bool {
        match verdict(rules, self.client(exchange)) {
            Verdict::In => true,
            Verdict::Out => false,
            Verdict::Unknown => {
                self.doubt(CLIENT_UNKNOWN.to_owned());
                true
            }
        }
    }

    fn real_address(&self, exchange: &Exchange<'a>) -> Option<SocketAddr> {
        let ir::RealIp { trusted, source, recursive } =
            exchange.location().settings.real_ip.as_ref()?;
        if *source == RealIpSource::ProxyProtocol {
            self.doubt("whom the PROXY protocol names".to_owned());
        }
        let said = real_ip::said(exchange.head.fields(), source.clone(), None);
        let trusted = &self.site().accesses[*trusted];
        // Who is connected is known, or is taken to be none of the trusted.
        let peer = self.request.from;
        if peer.is_none() && real_ip::find(None, &said, false, |_| true).is_some() {
            self.doubt("whether who is connected is trusted to say who the client is".to_owned());
        }
        let is_trusted = |speaker: Option<IpAddr>| {
            speaker.is_some() && matches!(verdict(trusted, speaker), Verdict::In)
        };
        real_ip::find(peer, &said, *recursive, is_trusted)
    }

    /// A server that was asked for nothing else lets it in.
    fn limit(&mut self, exchange: &mut Exchange<'a>) -> Limited<Infallible> {
        let settings = exchange.location().settings;
        let view = View { world: self, exchange, own_match: None };
        let counted = |zone: u16| {
            let zone = &self.site().zones[usize::from(zone)];
            (!view.value(&zone.key).is_empty()).then(|| zone.name.clone())
        };
        let requests: Vec<_> =
            settings.limit_reqs.iter().filter_map(|limit| counted(limit.zone)).collect();
        let connections: Vec<_> =
            settings.limit_conns.iter().filter_map(|limit| counted(limit.zone)).collect();
        for (status, by, zones) in [
            (&mut exchange.limit_req_status, "limit_req", requests),
            (&mut exchange.limit_conn_status, "limit_conn", connections),
        ] {
            if status.is_none() && !zones.is_empty() {
                *status = Some(LimitStatus::Passed);
                self.steps.push(Step::Limited { by, zones });
            }
        }
        Limited::Free
    }

    /// By the file of users as it is now.
    fn log_in(
        &mut self,
        exchange: &Exchange<'a>,
        users: UsersId,
        _: Option<bool>,
    ) -> Login<Infallible> {
        let field = exchange.head.fields().first(b"authorization");
        let Some((user, password)) = field.and_then(credentials::basic) else {
            return Login::Wrong;
        };
        let name = start_text(self.site(), &self.site().users[usize::from(users)]);
        let Answers { folder, files, .. } = self.answers;
        let path = folder.join(&name);
        let text = files.read(&path);
        if text.is_err() && is_certain(*files, folder, &path) {
            return Login::NoUsers;
        }
        let Some(users) = text.ok().and_then(|text| Users::parse(&text).ok()) else {
            self.doubt(format!("the users of `{name}`; the password is taken to be right"));
            return Login::Right;
        };
        match users.find(&user).is_some_and(|stored| stored.matches(&password)) {
            true => Login::Right,
            false => Login::Wrong,
        }
    }

    fn wait(&mut self, _: &Exchange<'a>, _: u64) -> Option<Infallible> {
        None
    }

    fn mirror(&mut self, exchange: &mut Exchange<'a>) -> Option<Infallible> {
        let mirrors = exchange.location().settings.mirrors.iter();
        self.steps.extend(mirrors.map(|uri| Step::Mirrored { uri: uri.clone() }));
        None
    }

    /// Where a backend answers, it cannot be known what.
    fn inquire(&mut self, exchange: &mut Exchange<'a>, uri: &'a Value) -> Inquiry<Self> {
        let uri = View { world: self, exchange, own_match: None }.value(uri);
        let Some(mut part) = exchange.within() else { return Inquiry::Refused };
        let outer = (std::mem::take(&mut self.steps), self.is_returned);
        let end = end_of(part.step(self, Event::Within(&uri)));
        let steps = std::mem::replace(&mut self.steps, outer.0);
        (self.is_returned, self.reason) = (outer.1, String::new());
        let is_known = !matches!(end, End::Script { .. } | End::PassedOn { .. });
        if end == End::Close {
            part.status = 0;
        }
        let status = is_known.then_some(if part.status == 0 { 444 } else { part.status });
        if !is_known {
            let uri = String::from_utf8_lossy(&uri);
            let text =
                format!("what answers `auth_request {uri}`; the client is taken to be let in");
            self.doubt(text);
        }
        self.steps.push(Step::Inquired { uri, steps, status });
        match is_known {
            true => Inquiry::Answered(Box::new(part)),
            false => Inquiry::Unknown,
        }
    }

    fn is_made(&self, end: &End) -> bool {
        matches!(end, End::Text(_) | End::Listing(_))
    }

    fn can_substitute(&mut self, _: &Exchange<'a>) -> bool {
        true
    }

    /// Where the content comes from is told all the same.
    fn substitute(&mut self, _: &mut Exchange<'a>, end: End) -> End {
        end
    }

    fn recodes(&self) -> bool {
        self.answers.site.recodes
    }

    fn charset_map(&self, from: &[u8], to: &[u8]) -> Option<Recoded> {
        let maps = self.answers.site.charset_maps.iter();
        Recoded::find(maps.map(|map| (&map.names[0][..], &map.names[1][..])), from, to)
    }

    /// Where the content comes from is told all the same.
    fn recode_text(&mut self, end: End, _: Recoded) -> End {
        end
    }

    fn hold_recoder(&mut self, _: Recoded) {}

    fn can_compose(&mut self, exchange: &Exchange<'a>) {
        if exchange.is_woven() {
            self.steps.push(Step::Included);
        }
        let additions = exchange.location().settings.additions.as_ref();
        let additions = additions.filter(|_| exchange.is_surrounded()).into_iter();
        let uris = additions.flat_map(ir::Additions::paths);
        self.steps.extend(uris.map(|uri| Step::Added { uri: uri.to_vec() }));
    }

    /// Where the content comes from is told all the same.
    fn compose(&mut self, exchange: &mut Exchange<'a>, end: End) -> End {
        self.can_compose(exchange);
        end
    }

    /// A form and its length are made by the running server alone.
    fn recode(
        &mut self,
        _: &mut Exchange<'a>,
        end: End,
        _: Recoding,
    ) -> Result<(End, Option<u64>), End> {
        Ok((end, None))
    }

    fn can_encode(&mut self, _: &Exchange<'a>, _: Coding) -> bool {
        true
    }

    fn has_passed(&self, _: i64) -> bool {
        self.doubt("whether the time in Expires has passed".to_owned());
        true
    }

    fn has_error_pages(&self) -> bool {
        !self.without_pages
    }

    fn is_there(
        &mut self,
        exchange: &Exchange<'a>,
        path: &[u8],
        append_path: bool,
        directory: bool,
    ) -> bool {
        let found = View { world: self, exchange, own_match: None }.look_up(path, append_path);
        let there = found.kind.is_some_and(|kind| (kind == Kind::Directory) == directory);
        let slash = |file: std::path::PathBuf| if directory { file.join("") } else { file };
        self.steps.extend(found.file.map(|file| Step::Looked {
            by: Looker::TryFiles,
            path: slash(file),
            found: there,
        }));
        there
    }

    fn handle(&mut self, exchange: &mut Exchange<'a>) -> Handled<'w, 'a> {
        let Action::Serve { handler, .. } = &exchange.location().location.action else {
            unreachable!("a `return` has no handler");
        };
        let mut handling = Handling { world: self, exchange };
        match handler {
            Handler::Files => handling.serve_file(),
            Handler::Status => handling.counts("text/plain"),
            Handler::Metrics => handling.counts("text/plain; version=0.0.4; charset=utf-8"),
            Handler::StatusPage => handling.status_page(),
            Handler::EmptyGif => handling.gif(),
            Handler::Upload(upload) => handling.upload(upload),
            Handler::Dav(dav) => handling.dav(dav),
            Handler::Proxy(proxy) => handling.passed_on(proxy),
            Handler::Cgi(cgi) => handling.script(cgi).unwrap_or_else(|| handling.serve_file()),
        }
    }

    fn prebuilt(&mut self, _: &mut Exchange<'a>, never: Infallible) -> (u16, End) {
        match never {}
    }

    fn page(&mut self, exchange: &mut Exchange<'a>, status: u16) -> End {
        if status::has_page(status) {
            exchange.fields.add("Content-Type", b"text/html");
        } else if !status::has_no_content(status) {
            exchange.fields.append(Prebuilt::EMPTY.fields);
            return End::Text(Vec::new());
        }
        End::Page
    }

    /// The media type for the extension of the path, or the location's default one.
    fn media_type(&self, exchange: &Exchange<'a>) -> Cow<'static, [u8]> {
        let settings = exchange.location().settings;
        let extension = media::extension(exchange.path()).to_ascii_lowercase();
        let types = &self.site().types[usize::from(settings.types)];
        let known = types.iter().find(|(other, _)| *other == extension);
        let media_type = known.map_or(&settings.default_type, |(_, media_type)| media_type);
        Cow::Owned(media_type.clone())
    }

    fn text(&mut self, text: Vec<u8>) -> End {
        End::Text(text)
    }

    /// What would be sent to a GET is told all the same.
    fn without_content(&mut self, end: End) -> End {
        end
    }

    fn write_expiry(&mut self, expires: Expires, _: Option<i64>, fields: &mut Fields) {
        add_unknown(fields, "Expires");
        match cache_control(expires) {
            Some(value) => fields.add("Cache-Control", value.as_bytes()),
            None => add_unknown(fields, "Cache-Control"),
        }
    }

    fn note(&mut self, exchange: &Exchange<'a>, note: Note<'_>) {
        match note {
            Note::Named(id) => self.steps.push(Step::Named(id)),
            Note::Refused(reason) => {
                self.is_returned |= matches!(reason, Reason::Returned);
                self.reason = self.words(exchange, reason);
            }
            Note::Status(status) => {
                self.steps.push(Step::Status { status, reason: std::mem::take(&mut self.reason) });
            }
            Note::ErrorPage(status, target) => {
                let target = String::from_utf8_lossy(target.unwrap_or(b"a named location"));
                self.steps.push(Step::ErrorPage { status, target: target.into_owned() });
            }
            // What is sent is the same, and so is what is told of it.
            Note::BadRate(_) | Note::NoCharsetMap { .. } => {}
            Note::FallsBack(uri) => {
                self.steps.push(Step::Redirect { by: Looker::TryFiles, uri: uri.to_vec() });
            }
        }
    }
}

/// How long a response may be kept, where that is the same at every time.
fn cache_control(expires: Expires) -> Option<String> {
    match expires {
        Expires::Epoch => Some("no-cache".to_owned()),
        Expires::Max => Some("max-age=315360000".to_owned()),
        Expires::FromNow(..0) => Some("no-cache".to_owned()),
        Expires::FromNow(seconds) => Some(format!("max-age={seconds}")),
        Expires::FromModified(_) | Expires::AtTime(_) => None,
    }
}

impl<'w, 'a> View<'_, 'w, 'a> {
    pub(super) fn site(&self) -> &'a ir::Site {
        self.world.site()
    }

    /// The settings that hold for the request now.
    pub(super) fn settings(&self) -> &'a ir::Settings {
        self.exchange.location().settings
    }

    pub(super) fn server(&self) -> &'a ir::Server {
        let route = self.exchange.route();
        route.map_or(&self.site().servers[0], |route| route.server.server)
    }

    pub(super) fn head(&self) -> &Head {
        &self.exchange.head
    }
}

impl<'w, 'a> Handling<'_, 'w, 'a> {
    pub(super) fn view(&self) -> View<'_, 'w, 'a> {
        View { world: self.world, exchange: self.exchange, own_match: None }
    }

    pub(super) fn settings(&self) -> &'a ir::Settings {
        self.exchange.location().settings
    }

    pub(super) fn path(&self) -> Vec<u8> {
        self.exchange.path().to_vec()
    }

    pub(super) fn method(&self) -> Option<Method> {
        self.exchange.method()
    }

    /// The value of the first of the request's fields with this name.
    pub(super) fn request_field(&self, name: &[u8]) -> Option<&[u8]> {
        self.exchange.head.fields().first(name)
    }

    pub(super) fn media_type(&self) -> Vec<u8> {
        self.world.media_type(self.exchange).into_owned()
    }

    /// Adds a field to the response.
    pub(super) fn field(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.exchange.fields.add(name, value.as_ref());
    }

    /// Adds a field whose value may not be known.
    pub(super) fn known_or_not(&mut self, name: &str, value: Option<Vec<u8>>) {
        match value {
            Some(value) => self.field(name, value),
            None => add_unknown(&mut self.exchange.fields, name),
        }
    }

    /// A response that says `status` of itself.
    pub(super) fn respond(&mut self, status: u16, end: End) -> Handled<'w, 'a> {
        Outcome::Response(self.exchange.status_of(status), end)
    }

    /// A status of 300 and above: an `error_page` answers it, or the default page.
    pub(super) fn error(&mut self, status: u16, reason: impl Into<String>) -> Handled<'w, 'a> {
        self.world.reason = reason.into();
        Outcome::Status(status)
    }

    /// Tells where something was looked for.
    pub(super) fn looked(&mut self, by: Looker, file: Option<std::path::PathBuf>, found: bool) {
        self.world.steps.extend(file.map(|path| Step::Looked { by, path, found }));
    }
}

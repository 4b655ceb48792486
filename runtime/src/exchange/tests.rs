//! The phases, in a world of a few lines: its files are a list of paths.

use std::borrow::Cow;
use std::convert::Infallible;

use super::world::{
    Action, Added, Admission, Base, Candidate, Condition, ErrorPage, ErrorTarget, Fallback,
    Inquiry, Limited, Login, Op, Recoding, Redirects, Return, Rewrite, Substitution, Test,
};
use super::*;
use crate::http::accept::Coding;
use crate::http::head::Limits;
use crate::http::method::MethodSet;
use crate::http::target::Scheme;
use crate::site::{Assigned, CompressionSettings, ErrorStatus, Expires, PathTest, Then};

mod inquiry;

/// A location. In a text, `$uri` is the path.
#[derive(Clone)]
struct Toy {
    path: &'static str,
    internal: bool,
    methods: Option<MethodSet>,
    denied: bool,
    realm: Option<&'static str>,
    inquiry: Option<&'static str>,
    satisfy_any: bool,
    answered: &'static [(u16, &'static str)],
    base: Base,
    candidates: &'static [(&'static str, bool)],
    fallback: Option<&'static str>,
    answer: Option<(u16, &'static str)>,
    error_pages: &'static [(u16, ErrorStatus, &'static str)],
    ops: &'static [ToyOp],
    compression: Option<CompressionSettings>,
    substitution: Option<bool>,
    auth_delay_ms: u64,
}

/// A step; a regex is what a subject begins with.
#[derive(Clone, Copy)]
enum ToyOp {
    Set(u16, &'static str),
    /// Whether the text is true; so many steps stand within; a location of its own.
    If(&'static str, usize, Option<LocationId>),
    Rewrite(&'static str, &'static str, Then),
    Return(u16),
    Break,
}

const ROOT: Base = Base { replaced_len: 0, append_path: true, alias: false };

const TOY: Toy = Toy {
    path: "/",
    internal: false,
    methods: None,
    denied: false,
    realm: None,
    inquiry: None,
    satisfy_any: false,
    answered: &[],
    base: ROOT,
    candidates: &[],
    fallback: None,
    answer: None,
    error_pages: &[],
    ops: &[],
    compression: None,
    substitution: None,
    auth_delay_ms: 0,
};

fn op(op: ToyOp) -> Op<&'static Toy> {
    match op {
        ToyOp::Set(slot, text) => Op::Set(Assigned::Slot(slot), text),
        ToyOp::If(text, skip, location) => Op::If {
            condition: Condition { negated: false, test: Test::Truth(text) },
            skip,
            location,
        },
        ToyOp::Rewrite(regex, target, then) => {
            let (target, args) = match target.split_once('?') {
                Some((target, args)) if !matches!(then, Then::Redirect { .. }) => {
                    (target, Some(args))
                }
                _ => (target, None),
            };
            Op::Rewrite(Rewrite { regex, target, args, keep_args: true, then })
        }
        ToyOp::Return(status) => Op::Return(Return::Status(status)),
        ToyOp::Break => Op::Break,
    }
}

/// Locations, of which the one with the longest prefix is chosen, and files.
struct ToyWorld {
    locations: &'static [Toy],
    files: &'static [&'static str],
    server_ops: &'static [ToyOp],
    reasons: Vec<String>,
    unfit: Option<Unfit>,
}

enum ToyForm {}

#[derive(Clone, Copy)]
struct ToyServer;

impl Form for ToyForm {
    type Server = ToyServer;
    type Location = &'static Toy;
    type Match = ();
    type Held = ();
}

impl Server for ToyServer {
    fn location(self) -> LocationId {
        0
    }

    fn name(self) -> Cow<'static, [u8]> {
        Cow::Borrowed(b"toy")
    }

    fn merges_slashes(self) -> bool {
        true
    }
}

impl Location for &'static Toy {
    type Text = &'static str;
    type Access = ();
    type Users = ();
    type Prebuilt = Infallible;
    type Regex = &'static str;

    fn op(self, index: usize) -> Option<Op<Self>> {
        self.ops.get(index).copied().map(op)
    }

    fn is_internal(self) -> bool {
        self.internal
    }

    fn max_content_len(self) -> u64 {
        10
    }

    fn limit_except(self) -> Option<(MethodSet, Admission<Self>)> {
        None
    }

    fn limited_to(self) -> Option<LocationId> {
        None
    }

    fn admission(self) -> Admission<Self> {
        let auth = self.realm.map(|realm| (realm, ()));
        Admission {
            access: self.denied.then_some(()),
            satisfy_any: self.satisfy_any,
            auth,
            inquiry: self.inquiry,
            ..Admission::OPEN
        }
    }

    fn methods(self) -> MethodSet {
        self.methods.unwrap_or(MethodSet::of(&[Method::Get, Method::Head]))
    }

    fn names_methods(self) -> bool {
        self.methods.is_some()
    }

    fn allow(self) -> Cow<'static, [u8]> {
        Cow::Owned(self.methods().allow().into_bytes())
    }

    fn action(self) -> Action<Self> {
        match self.answer {
            Some((444, _)) => Action::Return(Return::Close),
            Some((status @ 301..=308, target)) => Action::Return(Return::Redirect(status, target)),
            Some((status, "")) => Action::Return(Return::Status(status)),
            Some((status, text)) => Action::Return(Return::Text(status, text)),
            None => {
                let fallback = self.fallback.map(|text| match text.parse() {
                    Ok(status) => Fallback::Status(status),
                    Err(_) => Fallback::Uri(text),
                });
                Action::Serve { fallback, only_files: true }
            }
        }
    }

    fn candidate(self, index: usize) -> Option<Candidate<&'static str>> {
        let (path, directory) = *self.candidates.get(index)?;
        Some(Candidate { path, is_computed: path.contains('$'), directory })
    }

    fn base(self) -> Base {
        self.base
    }

    fn error_page(self, status: u16) -> Option<ErrorPage<&'static str>> {
        let (_, response, uri) = self.error_pages.iter().find(|page| page.0 == status)?;
        Some(ErrorPage { response: *response, target: ErrorTarget::Uri(uri) })
    }

    fn has_recursive_error_pages(self) -> bool {
        false
    }

    fn redirects(self) -> Redirects {
        Redirects { absolute: true, server_name: false, port: true }
    }

    fn default_type(self) -> Cow<'static, [u8]> {
        Cow::Borrowed(b"text/plain")
    }

    fn charset(self) -> Option<&'static str> {
        None
    }

    fn takes_charset(self, _: &[u8]) -> bool {
        false
    }

    fn source_charset(self) -> Option<&'static str> {
        None
    }

    fn overrides_charset(self) -> bool {
        false
    }

    fn slice_len(self) -> u64 {
        0
    }

    fn auth_delay_ms(self) -> u64 {
        self.auth_delay_ms
    }

    fn substitution(self) -> Option<Substitution> {
        self.substitution.map(|keeps_modified| Substitution { keeps_modified })
    }

    fn substitutes(self, media_type: &[u8]) -> bool {
        media_type == b"text/plain"
    }

    fn is_composed(self) -> bool {
        false
    }

    fn adds_to(self, _: &[u8]) -> bool {
        false
    }

    fn weaves(self, _: &[u8]) -> bool {
        false
    }

    fn keeps_modified(self) -> bool {
        false
    }

    fn compression(self) -> Option<CompressionSettings> {
        self.compression
    }

    fn codes(self, coding: Coding, media_type: &[u8]) -> bool {
        // Each coding is for another set of types.
        let is_text = media_type == b"text/plain";
        is_text || coding == Coding::Gzip && media_type == b"text/html"
    }

    fn gzip_disable(self) -> Option<&'static str> {
        Some("Old")
    }

    fn added(self, _: bool, _: usize) -> Option<Added<&'static str>> {
        None
    }

    fn trailer(self, _: bool, _: usize) -> Option<Added<&'static str>> {
        None
    }

    fn answered(self, index: usize) -> Option<(Assigned, &'static str)> {
        let (slot, text) = self.answered.get(index)?;
        Some((Assigned::Slot(*slot), text))
    }
}

impl World for ToyWorld {
    type Form = ToyForm;
    type Body = String;
    type Later = Infallible;

    fn choose_server(&mut self, _: &[u8], _: &mut Vec<()>) -> ServerId {
        0
    }

    fn default_server(&self) -> ServerId {
        0
    }

    fn server(&self, _: ServerId) -> ToyServer {
        ToyServer
    }

    fn unfit(&self, _: ServerId) -> Option<Unfit> {
        self.unfit
    }

    fn route(&mut self, _: ServerId, path: &[u8]) -> LocationId {
        let prefixes = self.locations.iter().enumerate();
        let found = prefixes.filter(|(_, toy)| path.starts_with(toy.path.as_bytes()));
        found.max_by_key(|(_, toy)| toy.path.len()).map_or(0, |(id, _)| id as LocationId)
    }

    fn named_location(&self, _: ServerId, name: &[u8]) -> Option<LocationId> {
        let is_it = |toy: &Toy| toy.path.as_bytes() == name;
        self.locations.iter().position(is_it).map(|id| id as LocationId)
    }

    fn server_op(&self, _: ServerId, index: usize) -> Option<Op<&'static Toy>> {
        self.server_ops.get(index).copied().map(op)
    }

    fn is_match(&self, regex: &'static str, subject: &[u8], _: &mut Vec<()>) -> bool {
        subject.starts_with(regex.as_bytes())
    }

    fn test_path(&mut self, _: &Exchange<ToyForm>, path: &[u8], _: PathTest) -> bool {
        self.files.iter().any(|file| file.as_bytes() == path)
    }

    fn location(&self, id: LocationId) -> &'static Toy {
        &self.locations[id as usize]
    }

    fn enter(&self, _: &'static Toy, _: &[u8], _: &mut Vec<()>) {}

    fn scheme(&self) -> Scheme {
        Scheme::HTTP
    }

    fn local(&self) -> (Cow<'static, str>, Option<u16>) {
        (Cow::Borrowed("192.0.2.1"), Some(8080))
    }

    fn write(&self, exchange: &Exchange<ToyForm>, text: &'static str, out: &mut Vec<u8>) {
        let uri = String::from_utf8_lossy(exchange.path());
        let status = exchange.status.to_string();
        let slot = |slot: usize| {
            let value = exchange.slots.get(slot).cloned().flatten();
            String::from_utf8(value.unwrap_or_default()).expect("a text")
        };
        let text = text.replace("$uri", &uri).replace("$status", &status);
        let text = text.replace("$args", &String::from_utf8_lossy(exchange.args()));
        out.extend(text.replace("$0", &slot(0)).replace("$1", &slot(1)).bytes());
    }

    fn lets_in(&mut self, _: &Exchange<ToyForm>, (): ()) -> bool {
        false
    }

    fn limit(&mut self, exchange: &mut Exchange<ToyForm>) -> Limited<Infallible> {
        match exchange.path() {
            b"/limited" => Limited::Refused(429),
            _ => Limited::Free,
        }
    }

    /// Nobody has a password until it is said that it was right.
    fn log_in(
        &mut self,
        _: &Exchange<ToyForm>,
        (): (),
        checked: Option<bool>,
    ) -> Login<Infallible> {
        if checked == Some(true) { Login::Right } else { Login::Wrong }
    }

    /// Nothing is really waited for.
    fn wait(&mut self, _: &Exchange<ToyForm>, time_ms: u64) -> Option<Infallible> {
        self.reasons.push(format!("waits {time_ms}"));
        None
    }

    fn inquire(&mut self, exchange: &mut Exchange<ToyForm>, uri: &'static str) -> Inquiry<Self> {
        let Some(mut part) = exchange.within() else { return Inquiry::Refused };
        if matches!(part.step(self, Event::Within(uri.as_bytes())), Reply::Close) {
            part.status = 0;
        }
        Inquiry::Answered(Box::new(part))
    }

    fn is_there(
        &mut self,
        exchange: &Exchange<ToyForm>,
        path: &[u8],
        append_path: bool,
        directory: bool,
    ) -> bool {
        let base = exchange.location().base;
        let rest = if base.append_path { path.get(base.replaced_len..) } else { Some(path) };
        let rest = String::from_utf8_lossy(rest.unwrap_or_default()).into_owned();
        // An `alias` that is complete is here the file `/a`.
        let name = match (base.alias, base.append_path) {
            (true, false) if append_path => format!("/a{rest}"),
            (true, false) => "/a".to_owned(),
            _ => rest,
        };
        let slash = if directory { "/" } else { "" };
        self.files.contains(&&*format!("{}{slash}", name.trim_end_matches('/')))
    }

    fn handle(&mut self, exchange: &mut Exchange<ToyForm>) -> Outcome<Self> {
        let path = String::from_utf8_lossy(exchange.path()).into_owned();
        match path.strip_suffix('/') {
            Some(_) => Outcome::Path(format!("{path}index").into_bytes()),
            None if self.files.contains(&&*path) => {
                Outcome::Response(exchange.status_of(200), path)
            }
            None => Outcome::Status(404),
        }
    }

    fn prebuilt(&mut self, _: &mut Exchange<ToyForm>, never: Infallible) -> (u16, String) {
        match never {}
    }

    fn page(&mut self, _: &mut Exchange<ToyForm>, status: u16) -> String {
        format!("page of {status}")
    }

    fn media_type(&self, _: &Exchange<ToyForm>) -> Cow<'static, [u8]> {
        Cow::Borrowed(b"")
    }

    fn text(&mut self, text: Vec<u8>) -> String {
        String::from_utf8(text).expect("a text")
    }

    fn without_content(&mut self, _: String) -> String {
        "nothing".to_owned()
    }

    fn is_made(&self, _: &Self::Body) -> bool {
        true
    }

    /// An exchange with these arguments has no texts.
    fn can_substitute(&mut self, exchange: &Exchange<ToyForm>) -> bool {
        exchange.args() != b"empty"
    }

    fn substitute(&mut self, _: &mut Exchange<ToyForm>, body: String) -> String {
        format!("{body} with others")
    }

    fn recodes(&self) -> bool {
        false
    }

    fn charset_map(&self, from: &[u8], to: &[u8]) -> Option<Recoded> {
        Recoded::find([(&b"koi8-r"[..], &b"utf-8"[..])].into_iter(), from, to)
    }

    fn recode_text(&mut self, body: String, recoded: Recoded) -> String {
        format!("{body} recoded{}", if recoded.is_back { " back" } else { "" })
    }

    fn hold_recoder(&mut self, _: Recoded) {}

    fn can_compose(&mut self, _: &Exchange<ToyForm>) {}

    fn compose(&mut self, _: &mut Exchange<ToyForm>, body: String) -> String {
        body
    }

    fn recode(
        &mut self,
        _: &mut Exchange<ToyForm>,
        body: Self::Body,
        _: Recoding,
    ) -> Result<(Self::Body, Option<u64>), Self::Body> {
        Ok((body, None))
    }

    fn can_encode(&mut self, _: &Exchange<ToyForm>, coding: Coding) -> bool {
        coding == Coding::Gzip
    }

    fn has_passed(&self, unix_s: i64) -> bool {
        unix_s < 1_000_000_000
    }

    fn write_expiry(&mut self, _: Expires, _: Option<i64>, _: &mut Fields) {}

    fn note(&mut self, _: &Exchange<ToyForm>, note: Note<'_>) {
        if let Note::Refused(reason) = note {
            self.reasons.push(match reason {
                Reason::Cycle => "cycle".to_owned(),
                Reason::TooLong => "too long".to_owned(),
                Reason::EmptyPath => "no path".to_owned(),
                Reason::AboveRoot => "above the root".to_owned(),
                Reason::TooLarge(len) => format!("{len} bytes"),
                Reason::Other(refusal) => refusal.reason.clone(),
                _ => return,
            });
        }
    }
}

const LIMITS: Limits = Limits {
    line_len: 1000,
    head_len: 1000,
    max_fields: 10,
    ignore_invalid_fields: true,
    underscores: false,
    merge_slashes: true,
};

fn world(locations: &'static [Toy], files: &'static [&'static str]) -> ToyWorld {
    ToyWorld { locations, files, server_ops: &[], reasons: Vec::new(), unfit: None }
}

/// An exchange whose head has been read.
fn exchange(request: &str) -> Exchange<ToyForm> {
    let mut exchange = Exchange::default();
    let (line, fields) = request.split_once('|').unwrap_or((request, ""));
    let head = format!("{line} HTTP/1.1\r\nHost: Toy.Test:80\r\n{fields}\r\n\r\n");
    let head = head.replace("\r\n\r\n\r\n", "\r\n\r\n");
    assert!(matches!(exchange.head.parse(head.as_bytes(), &LIMITS), Ok(Some(_))), "{head}");
    exchange
}

/// Status, content and fields of the reply.
fn show(exchange: &Exchange<ToyForm>, reply: Reply<String, Infallible>) -> String {
    let mut fields = String::from_utf8_lossy(exchange.fields.lines()).into_owned();
    if let Some(len) = exchange.fields.content_len() {
        fields += &format!("Content-Length: {len}");
    }
    let fields = fields.trim_end().replace("\r\n", "; ");
    match reply {
        Reply::Response(content) => format!("{} {content} [{fields}]", exchange.status),
        Reply::Later(never) => match never {},
        Reply::Content(len) => format!("{} {len:?} [{fields}]", exchange.status),
        Reply::Close => "closed".to_owned(),
    }
}

fn ask(world: &mut ToyWorld, request: &str) -> String {
    let mut exchange = exchange(request);
    let reply = exchange.step(world, Event::Head);
    show(&exchange, reply)
}

#[test]
fn try_files_takes_the_first_that_is_there() {
    const FILES: &[&str] = &["/a.html", "/dir/", "/dir/index", "/empty"];
    static ALL: [Toy; 1] = [Toy {
        candidates: &[("$uri", false), ("$uri", true), ("$uri.html", false), ("/empty", false)],
        fallback: Some("404"),
        ..TOY
    }];
    static SOME: [Toy; 1] = [Toy { candidates: &[("$uri", false)], fallback: Some("410"), ..TOY }];
    for (path, all, some) in [
        ("/a.html", "200 /a.html []", "200 /a.html []"),
        ("/dir/", "200 /dir/index []", "410 page of 410 []"),
        ("/a", "200 /a.html []", "410 page of 410 []"),
        ("/x", "200 /empty []", "410 page of 410 []"),
    ] {
        let request = format!("GET {path}");
        assert_eq!(ask(&mut world(&ALL, FILES), &request), all, "{path}");
        assert_eq!(ask(&mut world(&SOME, FILES), &request), some, "{path}");
    }
}

#[test]
fn a_connection_that_is_unfit_is_told_so_before_a_location_is_looked_for() {
    static PLAIN: [Toy; 1] = [TOY];
    const PAGE: (ErrorStatus, &str) = (ErrorStatus::Replace(200), "/page");
    static PAGES: [Toy; 1] = [Toy {
        error_pages: &[
            (497, PAGE.0, PAGE.1),
            (496, PAGE.0, PAGE.1),
            (495, PAGE.0, PAGE.1),
            (421, PAGE.0, PAGE.1),
        ],
        ..TOY
    }];
    for (unfit, plain) in [
        (Unfit::Plain, "400 page of 400 []"),
        (Unfit::NoCertificate, "400 page of 400 []"),
        (Unfit::BadCertificate("old"), "400 page of 400 []"),
        (Unfit::Misdirected, "421 page of 421 []"),
    ] {
        let ask = |toys| {
            let mut exchange = exchange("GET /a");
            let mut world = ToyWorld { unfit: Some(unfit), ..world(toys, &["/a", "/page"]) };
            let reply = exchange.step(&mut world, Event::Head);
            assert!(exchange.rest_unwanted, "the connection is not kept");
            show(&exchange, reply)
        };
        assert_eq!(ask(&PLAIN), plain, "{unfit:?}");
        assert_eq!(ask(&PAGES), "200 /page []", "{unfit:?}");
    }
}

#[test]
fn pages_of_what_fails_later_may_be_internal() {
    static TOYS: [Toy; 2] = [
        Toy {
            error_pages: &[
                (502, ErrorStatus::Keep, "/page"),
                (413, ErrorStatus::Keep, "/page"),
                (405, ErrorStatus::Keep, "/page"),
            ],
            ..TOY
        },
        Toy { path: "/page", internal: true, ..TOY },
    ];
    let refusal = |status| Refusal { status, level: Level::Error, reason: "x".to_owned() };
    let (failed, large) = (refusal(502), refusal(413));
    let ask = |method: &str, events: Vec<Event<'_, ToyWorld>>| {
        let mut exchange = exchange(&format!("{method} /a"));
        let mut world = world(&TOYS, &["/a", "/page"]);
        let replies = events.into_iter().map(|event| exchange.step(&mut world, event));
        let reply = replies.last().expect("a reply");
        show(&exchange, reply)
    };
    assert_eq!(ask("GET", vec![Event::Head, Event::Failed(&failed)]), "502 /page []");
    assert_eq!(ask("GET", vec![Event::Head, Event::Refused(&large)]), "413 /page []");
    assert_eq!(ask("TRACE", vec![Event::Head]), "405 /page [Allow: GET, HEAD]");
    assert!(ask("GET", vec![Event::Head]).starts_with("200 /a"));
}

#[test]
fn try_files_beneath_an_alias() {
    const PREFIX: Base = Base { replaced_len: 2, append_path: true, alias: true };
    const WHOLE: Base = Base { replaced_len: 0, append_path: false, alias: true };
    const FILES: &[&str] = &["/a.html", "/dir/x.html", "/ix", "/a", "/a/"];
    // The path afterwards, and whether it is to be appended to the alias.
    for (base, candidate, expected) in [
        (PREFIX, ("$uri", false), Some(("/i/a.html", false))),
        (PREFIX, ("/dir/x.html", false), Some(("/i/dir/x.html", false))),
        (PREFIX, ("a.html", false), Some(("/i/a.html", false))),
        (PREFIX, ("/none", false), None),
        (WHOLE, (".html", false), Some((".html", true))),
        (WHOLE, ("$uri", false), None),
        (WHOLE, ("", true), Some(("/i/a.html", false))),
        (WHOLE, ("", false), Some(("", true))),
    ] {
        let candidates = Box::leak(Box::new([candidate]));
        let toy: &'static Toy = Box::leak(Box::new(Toy { base, candidates, ..TOY }));
        let mut world = world(std::slice::from_ref(toy), FILES);
        let mut exchange = exchange("GET /i/a.html");
        exchange.enter_server(&world, 0);
        let found = exchange.try_files(&mut world, toy);
        let path = String::from_utf8_lossy(exchange.path()).into_owned();
        let found = found.then_some((path.as_str(), exchange.appends_path()));
        assert_eq!(found, expected, "{candidate:?}");
    }
}

static SITE: [Toy; 9] = [
    TOY,
    Toy { path: "/in", internal: true, ..TOY },
    Toy { path: "/deny", denied: true, ..TOY },
    Toy { path: "/deny/not", denied: true, answer: Some((200, "in $uri")), ..TOY },
    Toy { path: "/put", methods: Some(MethodSet::of(&[Method::Put])), ..TOY },
    Toy { path: "/moved", answer: Some((301, "/to a")), ..TOY },
    Toy {
        path: "/e",
        error_pages: &[
            (404, ErrorStatus::Keep, "/page"),
            (410, ErrorStatus::FromTarget, "/in-page"),
            (403, ErrorStatus::Replace(200), "/none"),
        ],
        ..TOY
    },
    Toy { path: "/round", candidates: &[("/none", false)], fallback: Some("/round"), ..TOY },
    Toy { path: "/bye", answer: Some((444, "")), ..TOY },
];

#[test]
fn phases_come_in_their_order() {
    const FILES: &[&str] = &["/page", "/in-page", "/deny/x"];
    for (request, expected) in [
        ("GET /page", "200 /page []"),
        ("HEAD /page", "200 nothing []"),
        ("GET /none", "404 page of 404 []"),
        ("POST /page|Content-Length: 11", "413 page of 413 []"),
        ("POST /none", "404 page of 404 []"),
        ("PUT /page", "405 page of 405 [Allow: GET, HEAD]"),
        ("GET /put", "405 page of 405 [Allow: PUT]"),
        ("GET /in-page", "404 page of 404 []"),
        ("GET /deny/x", "403 page of 403 []"),
        ("GET /deny/not", "200 in /deny/not [Content-Length: 12]"),
        ("GET /moved", "301 page of 301 [Location: http://toy.test:8080/to%20a]"),
        ("BREW /page", "501 page of 501 []"),
        ("TRACE /page", "405 page of 405 [Allow: GET, HEAD]"),
        ("OPTIONS *", "204 nothing [Allow: GET, HEAD]"),
        ("GET /e/none", "404 /page []"),
        ("HEAD /e/none", "404 nothing []"),
        ("GET /round", "500 page of 500 []"),
        ("GET /bye", "closed"),
    ] {
        assert_eq!(ask(&mut world(&SITE, FILES), request), expected, "{request}");
    }
    let mut world = world(&SITE, FILES);
    ask(&mut world, "GET /round");
    ask(&mut world, "POST /page|Content-Length: 11");
    assert_eq!(world.reasons, ["cycle", "11 bytes"]);
}

#[test]
fn what_happens_from_outside_is_answered() {
    const FILES: &[&str] = &["/page", "/in-page"];
    let refusal = Refusal::of_client(400, "bad");
    let mut world = world(&SITE, FILES);
    let mut unread = Exchange::default();
    let reply = unread.step(&mut world, Event::Refused(&refusal));
    assert_eq!(show(&unread, reply), "400 page of 400 []");
    assert!(unread.rest_unwanted);
    assert_eq!(world.reasons, ["bad"]);

    // (what the location is, the head of a backend) and the reply.
    let head = |status| BackendHead { status, has_type: true, ..BackendHead::default() };
    let to = |path: &str| BackendHead {
        local_redirect: Some(path.as_bytes().to_vec()),
        ..BackendHead::default()
    };
    let sized = |len| BackendHead { content_len: Some(len), ..head(200) };
    let untyped = BackendHead { status: 200, ..BackendHead::default() };
    for (request, head, expected) in [
        ("GET /a", head(200), "200 None []"),
        ("GET /a", sized(3), "200 Some(3) [Content-Length: 3]"),
        ("GET /a", untyped, "200 None [Content-Type: text/plain]"),
        ("HEAD /a", sized(3), "200 nothing [Content-Length: 3]"),
        ("GET /a", head(204), "204 nothing []"),
        ("GET /a", to("/in-page"), "200 /in-page []"),
        ("POST /a", to("/in-page"), "200 /in-page []"),
        ("GET /a", to("/../x"), "502 page of 502 []"),
    ] {
        let mut exchange = exchange(request);
        exchange.enter_server(&world, 0);
        let reply = exchange.step(&mut world, Event::Backend(head));
        assert_eq!(show(&exchange, reply), expected, "{request}");
    }
}

static REWRITING: [Toy; 10] = [
    TOY,
    Toy { path: "/a", ops: &[ToyOp::Rewrite("/a", "/b$uri?x=$uri", Then::Last)], ..TOY },
    Toy {
        path: "/b",
        ops: &[
            ToyOp::Set(0, "old"),
            ToyOp::Set(1, "$0er"),
            ToyOp::If("$args", 1, None),
            ToyOp::Return(410),
            ToyOp::Rewrite("/b/x", "/", Then::Break),
        ],
        answer: Some((200, "$uri $1 $args")),
        ..TOY
    },
    Toy { path: "/round", ops: &[ToyOp::Rewrite("/", "/round", Then::Next)], ..TOY },
    Toy {
        path: "/none",
        ops: &[ToyOp::Rewrite("/x", "/never", Then::Last), ToyOp::Rewrite("/", "", Then::Last)],
        ..TOY
    },
    Toy {
        path: "/away",
        ops: &[ToyOp::Rewrite(
            "/away",
            "/%41%20%3f%41",
            Then::Redirect { status: 302, has_args: false },
        )],
        ..TOY
    },
    Toy {
        path: "/if",
        ops: &[
            ToyOp::If("0", 1, Some(0)),
            ToyOp::Return(500),
            ToyOp::If("$args", 0, Some(7)),
            ToyOp::If("$args", 0, Some(8)),
            ToyOp::Break,
            ToyOp::Return(500),
        ],
        answer: Some((200, "outer")),
        ..TOY
    },
    Toy { path: "/no path: first", answer: Some((200, "first")), ..TOY },
    Toy { path: "/no path: second", answer: Some((200, "second")), ..TOY },
    Toy { path: "/in", internal: true, answer: Some((200, "in $uri")), ..TOY },
];

#[test]
fn steps_are_taken_before_the_rest() {
    for (request, expected) in [
        ("GET /a/1?q", "410 page of 410 []"),
        ("GET /b", "200 /b older  [Content-Length: 9]"),
        ("GET /b/x", "200 / older  [Content-Length: 8]"),
        ("GET /round", "500 page of 500 []"),
        ("GET /none", "500 page of 500 []"),
        ("GET /away?q", "302 page of 302 [Location: http://toy.test:8080/A%20?%41?q]"),
        ("GET /if", "200 outer [Content-Length: 5]"),
        ("GET /if?x", "200 second [Content-Length: 6]"),
        ("GET /in", "404 page of 404 []"),
    ] {
        let mut world = world(&REWRITING, &[]);
        assert_eq!(ask(&mut world, request), expected, "{request}");
        let reason = world.reasons.first().map(String::as_str);
        match request {
            "GET /round" => assert_eq!(reason, Some("cycle")),
            "GET /none" => assert_eq!(reason, Some("no path")),
            _ => assert_eq!(reason, None, "{request}"),
        }
    }
}

#[test]
fn a_server_takes_its_steps_first_and_again_after_a_redirect() {
    const OPS: &[ToyOp] = &[
        ToyOp::Rewrite("/s", "/in", Then::Last),
        ToyOp::Set(0, "$0+"),
        ToyOp::If("$args", 1, None),
        ToyOp::Return(403),
    ];
    for (request, expected) in [
        // What a `rewrite` has led to is no longer the client's, and `last` ends the steps.
        ("GET /s", "200 in /in [Content-Length: 6]"),
        ("GET /b?x", "403 page of 403 []"),
        ("GET /a", "410 page of 410 []"),
        ("GET /in", "404 page of 404 []"),
    ] {
        let mut world = world(&REWRITING, &[]);
        world.server_ops = OPS;
        assert_eq!(ask(&mut world, request), expected, "{request}");
    }
    // `index` is an internal redirect, and the server's steps are taken for it, too.
    static ALONE: [Toy; 1] = [TOY];
    let mut world = world(&ALONE, &["/index"]);
    world.server_ops = OPS;
    let mut exchange = exchange("GET /");
    exchange.step(&mut world, Event::Head);
    assert_eq!(exchange.slots[0].as_deref(), Some(&b"++"[..]));
}

#[test]
fn nothing_is_left_of_the_last_request() {
    let mut world = world(&SITE, &["/page"]);
    let mut used = exchange("GET /e/none?a");
    used.step(&mut world, Event::Head);
    used.reset();
    let Exchange { head: _, ref fields, ref host, ref matches, .. } = used;
    assert!(fields.is_empty() && host.is_empty() && matches.is_empty());
    assert!(used.route().is_none() && used.status_override().is_none() && !used.is_as_get());
    assert_eq!((used.status, used.error_status, used.redirects), (0, None, 0));
}

#[test]
fn a_password_is_asked_for_and_waited_for() {
    static SITE: [Toy; 3] = [
        Toy { realm: Some("a \"b\""), error_pages: &[(401, ErrorStatus::Keep, "/page")], ..TOY },
        Toy { path: "/off", realm: Some("off"), ..TOY },
        Toy { path: "/page", ..TOY },
    ];
    const FILES: &[&str] = &["/x", "/off", "/page"];
    let challenge = "WWW-Authenticate: Basic realm=\"a \\\"b\\\"\"";
    assert_eq!(ask(&mut world(&SITE, FILES), "GET /x"), format!("401 /page [{challenge}]"));
    assert_eq!(ask(&mut world(&SITE, FILES), "GET /off"), "200 /off []");
    for (checked, expected) in [
        (Some(true), "200 /x []".to_owned()),
        (Some(false), format!("401 /page [{challenge}]")),
        (None, "503 page of 503 []".to_owned()),
    ] {
        let mut world = world(&SITE, FILES);
        let mut exchange = exchange("GET /x");
        exchange.enter_server(&world, 0);
        let reply = exchange.step(&mut world, Event::Checked(checked));
        assert_eq!(show(&exchange, reply), expected, "{checked:?}");
    }
}

/// The fields of a script's response, after what a request has made of it.
fn recoded(settings: CompressionSettings, request: &str, status: u16, fields: &str) -> String {
    relayed(Toy { compression: Some(settings), ..TOY }, request, status, fields)
}

/// What becomes of a response that is made elsewhere, with these fields.
fn relayed(toy: Toy, request: &str, status: u16, fields: &str) -> String {
    let toy: &'static Toy = Box::leak(Box::new(toy));
    let mut world = world(std::slice::from_ref(toy), &[]);
    let mut exchange = exchange(request);
    exchange.enter_server(&world, 0);
    let mut head = BackendHead { status, has_type: true, ..BackendHead::default() };
    for field in fields.split('|').filter(|field| !field.is_empty()) {
        let (name, value) = field.split_once(": ").expect("a field");
        match name {
            "Content-Length" => head.content_len = value.parse().ok(),
            _ => head.fields.add(name, value.as_bytes()),
        }
    }
    let reply = exchange.step(&mut world, Event::Backend(head));
    show(&exchange, reply)
}

#[test]
fn what_is_compressed_is_what_nginx_compresses() {
    const GZIP: CompressionSettings =
        CompressionSettings { gzip: true, gzip_vary: Some(true), ..CompressionSettings::DEFAULT };
    const TEXT: &str = "Content-Type: text/plain";
    const ASKED: &str = "GET /|Accept-Encoding: gzip";
    const CODED: &str =
        "200 None [Content-Type: text/plain; Vary: Accept-Encoding; Content-Encoding: gzip]";
    const VARIES: &str = "200 None [Content-Type: text/plain; Vary: Accept-Encoding]";
    const PLAIN: &str = "200 None [Content-Type: text/plain]";
    for (request, status, fields, expected) in [
        (ASKED, 200, TEXT, CODED),
        ("GET /", 200, TEXT, VARIES),
        ("GET /|Accept-Encoding: *", 200, TEXT, VARIES),
        ("GET /|Accept-Encoding: br", 200, TEXT, VARIES),
        ("GET /|Accept-Encoding: gzip;q=0", 200, TEXT, VARIES),
        (ASKED, 403, TEXT, &CODED.replace("200", "403")),
        (ASKED, 500, TEXT, &PLAIN.replace("200", "500")),
        (ASKED, 206, TEXT, &VARIES.replace("200", "206")),
        (ASKED, 200, "Content-Type: text/css", "200 None [Content-Type: text/css]"),
        (
            ASKED,
            200,
            "Content-Type: text/html ;charset=x|Content-Length: 20|ETag: \"a\"|Accept-Ranges: b",
            "200 None [Content-Type: text/html ;charset=x; ETag: W/\"a\"; Vary: Accept-Encoding; \
             Content-Encoding: gzip]",
        ),
        (
            ASKED,
            200,
            "Content-Type: text/plain|Content-Length: 19",
            "200 Some(19) [Content-Type: text/plain; Content-Length: 19]",
        ),
        (
            ASKED,
            200,
            "Content-Type: text/plain|Content-Encoding: x",
            "200 None [Content-Type: text/plain; Content-Encoding: x]",
        ),
        (
            "HEAD /|Accept-Encoding: gzip",
            200,
            TEXT,
            "200 nothing [Content-Type: text/plain; Vary: Accept-Encoding; Content-Encoding: gzip]",
        ),
        // What is one client's alone may hold its secrets.
        (
            ASKED,
            200,
            "Content-Type: text/plain|Set-Cookie: a=b",
            "200 None [Content-Type: text/plain; Set-Cookie: a=b]",
        ),
        ("GET /|Accept-Encoding: gzip\r\nAuthorization: x", 200, TEXT, PLAIN),
        ("GET /|Accept-Encoding: gzip\r\nUser-Agent: Old x", 200, TEXT, VARIES),
        ("GET /|Accept-Encoding: gzip\r\nVia: 1.1 x", 200, TEXT, VARIES),
    ] {
        assert_eq!(recoded(GZIP, request, status, fields), expected, "{request} {fields}");
    }
    let private = CompressionSettings { compress_private: true, gzip_vary: None, ..GZIP };
    assert_eq!(
        recoded(private, ASKED, 200, "Content-Type: text/plain|Set-Cookie: a=b"),
        "200 None [Content-Type: text/plain; Set-Cookie: a=b; Content-Encoding: gzip]"
    );
}

#[test]
fn of_several_codings_the_one_that_is_wanted_most_is_taken() {
    let all = CompressionSettings {
        gzip: true,
        brotli: true,
        zstd: true,
        ..CompressionSettings::DEFAULT
    };
    for (accepted, settings, expected) in [
        ("gzip, br, zstd", all, "br"),
        ("gzip, zstd", all, "zstd"),
        ("gzip;q=1, br;q=0.9", all, "gzip"),
        ("gzip, br", CompressionSettings { brotli_min_len: 500, ..all }, "gzip"),
        ("gzip;q=0.1", CompressionSettings { brotli: false, ..all }, "gzip"),
    ] {
        let head = exchange(&format!("GET /|Accept-Encoding: {accepted}")).head;
        let found = compress::wanted(&settings, |_| true, &head, Some(100));
        assert_eq!(found.coding.map(Coding::name), Some(expected), "{accepted}");
    }
}

#[test]
fn proxies_get_what_gzip_proxied_says() {
    use crate::site::Proxied;
    const OFF: Proxied = Proxied::OFF;
    for (proxied, fields, expected) in [
        (OFF, "", false),
        (Proxied { any: true, ..OFF }, "", true),
        (Proxied { expired: true, ..OFF }, "", true),
        (Proxied { expired: true, ..OFF }, "Expires: Thu, 01 Jan 1970 00:00:01 GMT", true),
        (Proxied { expired: true, ..OFF }, "Expires: Thu, 01 Jan 2037 00:00:01 GMT", false),
        (Proxied { expired: true, ..OFF }, "Expires: never", false),
        (Proxied { private: true, ..OFF }, "Expires: Thu, 01 Jan 1970 00:00:01 GMT", false),
        (Proxied { no_cache: true, ..OFF }, "Cache-Control: x, No-Cache", true),
        (Proxied { no_cache: true, ..OFF }, "Cache-Control: no-store", false),
        (Proxied { no_store: true, ..OFF }, "Cache-Control: no-store", true),
        (Proxied { private: true, ..OFF }, "Cache-Control: a|Cache-Control: private", true),
        (Proxied { expired: true, ..OFF }, "Cache-Control: private", false),
        (Proxied { no_etag: true, ..OFF }, "ETag: \"a\"", false),
        (Proxied { no_etag: true, ..OFF }, "", true),
        (Proxied { no_last_modified: true, ..OFF }, "Last-Modified: x", false),
        (Proxied { auth: true, no_etag: true, ..OFF }, "ETag: \"a\"", false),
    ] {
        let settings = CompressionSettings {
            gzip: true,
            gzip_proxied: proxied,
            ..CompressionSettings::DEFAULT
        };
        let fields = format!("Content-Type: text/plain|{fields}");
        let request = "GET /|Accept-Encoding: gzip\r\nVia: 1.1 x";
        let found = recoded(settings, request, 200, &fields);
        assert_eq!(found.contains("Content-Encoding"), expected, "{proxied:?} {fields}");
    }
}

#[test]
fn limits_come_before_anybody_asks_who_the_client_is() {
    static DENIED: [Toy; 1] = [Toy { denied: true, ..TOY }];
    static RETURNS: [Toy; 1] = [Toy { answer: Some((200, "all")), ..TOY }];
    for (site, expected) in
        [(&DENIED, "429 page of 429 []"), (&RETURNS, "200 all [Content-Length: 3]")]
    {
        let found = ask(&mut world(site, &[]), "GET /limited");
        assert_eq!(found, expected);
    }
    let mut world = world(&DENIED, &[]);
    let mut exchange = exchange("GET /x");
    exchange.enter_server(&world, 0);
    let reply = exchange.step(&mut world, Event::Waited);
    assert_eq!(show(&exchange, reply), "403 page of 403 []");
}

#[test]
fn what_texts_are_replaced_in() {
    for (request, keeps, status, fields, expected) in [
        (
            "GET /",
            false,
            200,
            "Content-Type: text/plain; charset=x|Content-Length: 5|ETag: \"a\"",
            "200 None [Content-Type: text/plain; charset=x]",
        ),
        (
            "GET /",
            true,
            404,
            "Content-Type: text/plain|ETag: \"a\"",
            "404 None [Content-Type: text/plain; ETag: W/\"a\"]",
        ),
        (
            "GET /",
            false,
            200,
            "Content-Type: text/html|Content-Length: 5",
            "200 Some(5) [Content-Type: text/html; Content-Length: 5]",
        ),
        (
            "GET /?empty",
            false,
            200,
            "Content-Type: text/plain|Content-Length: 5",
            "200 Some(5) [Content-Type: text/plain; Content-Length: 5]",
        ),
        (
            "GET /",
            false,
            200,
            "Content-Type: text/plain|Content-Length: 0",
            "200 Some(0) [Content-Type: text/plain; Content-Length: 0]",
        ),
        (
            "GET /",
            false,
            206,
            "Content-Type: text/plain|Content-Length: 5",
            "206 Some(5) [Content-Type: text/plain; Content-Length: 5]",
        ),
        (
            "GET /",
            false,
            200,
            "Content-Type: text/plain|Content-Encoding: br",
            "200 None [Content-Type: text/plain; Content-Encoding: br]",
        ),
        (
            "HEAD /",
            false,
            200,
            "Content-Type: text/plain|Content-Length: 5",
            "200 nothing [Content-Type: text/plain]",
        ),
    ] {
        let toy = Toy { substitution: Some(keeps), ..TOY };
        assert_eq!(relayed(toy, request, status, fields), expected, "{request} {status} {fields}");
    }
}

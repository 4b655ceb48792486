//! A world of a few lines: its files are a list of paths.

use std::borrow::Cow;
use std::convert::Infallible;

use super::super::world::{
    Action, Added, Admission, Base, Candidate, Condition, ErrorPage, ErrorTarget, Fallback,
    Inquiry, Limited, Location, Login, Note, Op, Reason, Recoding, Redirects, Return, Rewrite,
    Server, Substitution, Test,
};
use super::super::*;
use crate::http::accept::Coding;
use crate::http::head::Limits;
use crate::http::method::MethodSet;
use crate::http::target::Scheme;
use crate::site::{Assigned, CompressionSettings, ErrorStatus, Expires, PathTest, Then};

/// A location. In a text, `$uri` is the path.
#[derive(Clone)]
pub(super) struct Toy {
    pub(super) path: &'static str,
    pub(super) internal: bool,
    pub(super) methods: Option<MethodSet>,
    pub(super) denied: bool,
    pub(super) realm: Option<&'static str>,
    pub(super) inquiry: Option<&'static str>,
    pub(super) satisfy_any: bool,
    pub(super) answered: &'static [(u16, &'static str)],
    pub(super) base: Base,
    pub(super) candidates: &'static [(&'static str, bool)],
    pub(super) fallback: Option<&'static str>,
    pub(super) answer: Option<(u16, &'static str)>,
    pub(super) error_pages: &'static [(u16, ErrorStatus, &'static str)],
    pub(super) ops: &'static [ToyOp],
    pub(super) compression: Option<CompressionSettings>,
    pub(super) substitution: Option<bool>,
    pub(super) auth_delay_ms: u64,
}

/// A step; a regex is what a subject begins with.
#[derive(Clone, Copy)]
pub(super) enum ToyOp {
    Set(u16, &'static str),
    /// Whether the text is true; so many steps stand within; a location of its own.
    If(&'static str, usize, Option<LocationId>),
    Rewrite(&'static str, &'static str, Then),
    Return(u16),
    Break,
}

pub(super) const ROOT: Base = Base { replaced_len: 0, append_path: true, alias: false };

pub(super) const TOY: Toy = Toy {
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

pub(super) fn op(op: ToyOp) -> Op<&'static Toy> {
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
pub(super) struct ToyWorld {
    pub(super) locations: &'static [Toy],
    pub(super) files: &'static [&'static str],
    pub(super) server_ops: &'static [ToyOp],
    pub(super) reasons: Vec<String>,
    pub(super) unfit: Option<Unfit>,
}

pub(super) enum ToyForm {}

#[derive(Clone, Copy)]
pub(super) struct ToyServer;

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

pub(super) const LIMITS: Limits = Limits {
    line_len: 1000,
    head_len: 1000,
    max_fields: 10,
    ignore_invalid_fields: true,
    underscores: false,
    merge_slashes: true,
};

pub(super) fn world(locations: &'static [Toy], files: &'static [&'static str]) -> ToyWorld {
    ToyWorld { locations, files, server_ops: &[], reasons: Vec::new(), unfit: None }
}

/// An exchange whose head has been read.
pub(super) fn exchange(request: &str) -> Exchange<ToyForm> {
    let mut exchange = Exchange::default();
    let (line, fields) = request.split_once('|').unwrap_or((request, ""));
    let head = format!("{line} HTTP/1.1\r\nHost: Toy.Test:80\r\n{fields}\r\n\r\n");
    let head = head.replace("\r\n\r\n\r\n", "\r\n\r\n");
    assert!(matches!(exchange.head.parse(head.as_bytes(), &LIMITS), Ok(Some(_))), "{head}");
    exchange
}

/// Status, content and fields of the reply.
pub(super) fn show(exchange: &Exchange<ToyForm>, reply: Reply<String, Infallible>) -> String {
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

pub(super) fn ask(world: &mut ToyWorld, request: &str) -> String {
    let mut exchange = exchange(request);
    let reply = exchange.step(world, Event::Head);
    show(&exchange, reply)
}

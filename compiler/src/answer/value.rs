//! Values of the conf for one request. A variable that only a running server knows stays as it
//! is written, and is noted.

use std::net::IpAddr;

use sitec_runtime::exchange::world::World;
use sitec_runtime::http::charset;
use sitec_runtime::http::credentials::basic_user;
use sitec_runtime::http::target::Scheme;
use sitec_runtime::links::{self, Claim};
use sitec_runtime::networks::Networks;
use sitec_runtime::pure::{
    find_argument, find_cookie, has_sequence, is_same_name, read_uid, write_arguments,
    write_slice_range,
};
use sitec_runtime::real_ip;
use sitec_runtime::referers::is_valid;
use sitec_runtime::shares::share;
use sitec_runtime::site::{LimitStatus, Once, UserIdForm};
use sitec_runtime::variables::NGINX_VERSION;

use super::access::{Verdict, verdict};
use super::fields;
use super::referers::Referers;
use super::request::listen_port;
use super::world::View;
use super::{address, server_name, start_text};
use crate::ir::{
    Fastcgi, Lookup, Map, Piece, SecureLink, StartPiece, Target, Texts, UserId, Value, Variable,
    Wire,
};
use crate::value::variable::{self, Known};

impl<'a> View<'_, '_, 'a> {
    /// A value for this request.
    pub(super) fn value(&self, value: &Value) -> Vec<u8> {
        let mut out = Vec::new();
        for piece in &value.0 {
            match piece {
                Piece::Literal(bytes) => out.extend_from_slice(bytes),
                Piece::Variable(variable) | Piece::Logged(variable, _) => {
                    out.extend(self.variable(variable));
                }
            }
        }
        out
    }

    fn variable(&self, variable: &Variable) -> Vec<u8> {
        if !self.is_of_path(variable) {
            self.world.depends.set(true);
        }
        let found = match variable {
            Variable::Simple(name) => return self.simple(name),
            Variable::Argument(name) => {
                find_argument(self.exchange.args(), name).map(<[u8]>::to_vec)
            }
            Variable::RequestField(name) => self.request_field(name),
            Variable::ResponseField(name) => self.response_field(name),
            Variable::Cookie(name) => {
                let mut lines = self.lines(b"cookie");
                lines.find_map(|line| find_cookie(line, name)).map(<[u8]>::to_vec)
            }
            Variable::Trailer(_)
            | Variable::UpstreamField(_)
            | Variable::UpstreamTrailer(_)
            | Variable::UpstreamCookie(_) => None,
            Variable::Capture(number) => self.capture(*number),
            Variable::EscapedCapture(number) => self.escaped_capture(*number),
            Variable::StepCapture(number) if self.exchange.escapes_groups => {
                self.escaped_capture(*number)
            }
            Variable::StepCapture(number) => self.capture(*number),
            Variable::Mapped(map, _) => return self.mapped(*map),
            Variable::Shared(slot, name) => {
                let since = self.exchange.slots_since.get(usize::from(*slot)).copied();
                let assigned = self.exchange.slots.get(usize::from(*slot)).cloned().flatten();
                self.group_named(name, since.unwrap_or(0)).unwrap_or(assigned)
            }
            Variable::Assigned(slot, ..) => {
                self.exchange.slots.get(usize::from(*slot)).cloned().flatten()
            }
            Variable::NamedCapture(name) => self.named_capture(name),
        };
        found.unwrap_or_default()
    }

    /// Whether the path and its arguments alone decide on a variable.
    fn is_of_path(&self, variable: &Variable) -> bool {
        let router = &self.world.answers.router;
        match variable {
            Variable::Simple(name) => match variable::find(name).map(|row| row.known) {
                Some(Known::Path) => true,
                Some(Known::Args) => self.world.knows_args,
                Some(Known::Request | Known::Run) | None => false,
            },
            Variable::Argument(_) => self.world.knows_args,
            // Without a match on the way it is one of the request's own.
            Variable::Capture(_) | Variable::EscapedCapture(_) | Variable::StepCapture(_) => {
                self.exchange.matches.len() > self.exchange.inherited_matches
            }
            // What its value rests on was asked when it was given.
            Variable::Assigned(..) | Variable::Mapped(..) => true,
            Variable::NamedCapture(name) | Variable::Shared(_, name) => {
                let mut matches = self.exchange.matches.iter();
                matches.any(|(pattern, _)| router.group_named(pattern, name).is_some())
                    || self.exchange.memo.group(name).is_some()
            }
            Variable::RequestField(_)
            | Variable::ResponseField(_)
            | Variable::Trailer(_)
            | Variable::Cookie(_)
            | Variable::UpstreamField(_)
            | Variable::UpstreamTrailer(_)
            | Variable::UpstreamCookie(_) => false,
        }
    }

    fn simple(&self, name: &str) -> Vec<u8> {
        match name {
            "uri" | "document_uri" => self.exchange.path().to_vec(),
            "args" | "query_string" => self.exchange.args().to_vec(),
            "is_args" => if self.exchange.args().is_empty() { "" } else { "?" }.into(),
            "request_uri" => self.head().uri().to_vec(),
            "request" => self.head().line().to_vec(),
            "request_method" if self.exchange.is_as_get() => "GET".into(),
            "request_method" => self.head().method_name().to_vec(),
            "scheme" => self.world.scheme().name.into(),
            "server_protocol" => "HTTP/1.1".into(),
            "host" if self.exchange.host.is_empty() => self.server_name(),
            "host" => self.exchange.host.clone(),
            "server_name" => self.server_name(),
            "server_label" | "location_label" => {
                let labels = &self.site().labels;
                let id = self.exchange.route().map_or(0, |route| route.id);
                let (server, location) = &labels.all[labels.of[id as usize] as usize];
                if name == "server_label" { server } else { location }.clone().into_bytes()
            }
            "server_port" => self.port(),
            "content_length" => self.first(b"content-length"),
            "content_type" => self.first(b"content-type"),
            // Without content, or before it is read, it has none.
            "request_body" if self.head().framing.is_empty() => Vec::new(),
            "document_root" => self.document_root(),
            "request_filename" => self.file_name(),
            "remote_addr" | "realip_remote_addr" => {
                let client = match name {
                    "remote_addr" => self.world.client(self.exchange),
                    _ => self.world.request.from,
                };
                client.map_or_else(|| self.unknown(name), |address| address.to_string().into())
            }
            "invalid_referer" => self.invalid_referer(),
            "uid_got" => self.uid_got(),
            "uid_set" | UserId::COOKIE | UserId::P3P => self.uid_set(name),
            "secure_link" => self.secure_link(),
            "slice_range" => self.slice_range(),
            "secure_link_expires" => {
                let (memo, mut out) = (&self.exchange.memo, Vec::new());
                memo.write(Once::SecureLinkExpires, &mut out, |out| {
                    memo.write_known(Once::Expiry, out);
                });
                out
            }
            "limit_rate" => self.exchange.limit_rate.unwrap_or(0).to_string().into(),
            "limit_req_status" => status_word(self.exchange.limit_req_status),
            "limit_conn_status" => status_word(self.exchange.limit_conn_status),
            "status" => format!("{:03}", self.exchange.status).into(),
            "proxy_host" | "proxy_port" => self.of_upstream(name),
            "https" => if self.world.scheme() == Scheme::HTTPS { "on" } else { "" }.into(),
            name if name.starts_with("ssl_") => self.of_tls(name),
            "http2" | "http3" => Vec::new(),
            "request_port" => self.head().port().to_vec(),
            "is_request_port" if self.head().port().is_empty() => Vec::new(),
            "is_request_port" => ":".into(),
            "nginx_version" => NGINX_VERSION.into(),
            "fastcgi_script_name" => self.script_name(),
            "fastcgi_path_info" => self.split().map_or_else(Vec::new, |(_, rest)| rest),
            "proxy_add_x_forwarded_for" => {
                let own = self.simple("remote_addr");
                match self.request_field(b"x-forwarded-for") {
                    Some(before) => [&before[..], b", ", &own].concat(),
                    None => own,
                }
            }
            "remote_user" => basic_user(&self.first(b"authorization")).unwrap_or_default(),
            _ => self.unknown(name),
        }
    }

    /// The name that the server goes by.
    fn server_name(&self) -> Vec<u8> {
        let name = &self.server().name;
        if name.contains(&StartPiece::HostName) {
            self.world.doubt_variable("hostname");
        }
        server_name(self.site(), name).into()
    }

    /// `$proxy_host` or `$proxy_port` of the location; empty where it passes nothing on.
    fn of_upstream(&self, name: &str) -> Vec<u8> {
        let proxy = self.exchange.route().and_then(|route| route.location.location.action.proxy());
        // They are what `proxy_pass` names.
        let Some(proxy) = proxy.filter(|proxy| proxy.is_http()) else {
            return Vec::new();
        };
        let upstream = match &proxy.target {
            Target::Fixed { upstream, .. } => &self.site().upstreams[usize::from(*upstream)],
            Target::Computed(url) => match self.computed(&self.value(url), &proxy.wire) {
                Ok((upstream, _)) => upstream,
                Err(_) => return Vec::new(),
            },
        };
        let text = if name == "proxy_host" { &upstream.host } else { &upstream.port };
        start_text(self.site(), text).into()
    }

    /// A variable of TLS: nothing where none is spoken.
    fn of_tls(&self, name: &str) -> Vec<u8> {
        match name {
            _ if self.world.scheme() != Scheme::HTTPS => Vec::new(),
            "ssl_early_data" => Vec::new(),
            // A client asks for the host of the URL by its name, and by no address.
            "ssl_server_name" if self.exchange.host.iter().any(u8::is_ascii_alphabetic) => {
                self.exchange.host.clone()
            }
            _ => self.unknown(name),
        }
    }

    /// What the location says of FastCGI.
    fn fastcgi(&self) -> Option<&'a Fastcgi> {
        let proxy = self.exchange.route()?.location.location.action.proxy()?;
        match &proxy.wire {
            Wire::Fastcgi(said) => Some(said),
            Wire::Http
            | Wire::Grpc
            | Wire::Scgi(_)
            | Wire::Uwsgi { .. }
            | Wire::Memcached { .. } => None,
        }
    }

    /// The two groups of `fastcgi_split_path_info`.
    fn split(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let path = self.exchange.path();
        let regex = self.fastcgi()?.split.as_ref()?;
        let router = &self.world.answers.router;
        if !router.is_match(&regex.pattern, path) {
            return None;
        }
        let groups = router.groups(&regex.pattern, path);
        let group = |at: usize| {
            let range = groups.get(at).cloned().flatten();
            range.map_or_else(Vec::new, |range| path[range].to_vec())
        };
        Some((group(1), group(2)))
    }

    /// `$fastcgi_script_name`.
    fn script_name(&self) -> Vec<u8> {
        let path = || self.exchange.path().to_vec();
        let mut name = self.split().map_or_else(path, |(name, _)| name);
        if let Some(index) = self.fastcgi().and_then(|said| said.index.as_ref())
            && name.ends_with(b"/")
        {
            name.extend(self.value(index));
        }
        name
    }

    /// Stands for a variable that is not known here.
    fn unknown(&self, name: &str) -> Vec<u8> {
        self.world.doubt_variable(name);
        format!("${name}").into()
    }

    fn port(&self) -> Vec<u8> {
        match listen_port(self.site(), self.world.listen) {
            Some(port) => port.to_string().into(),
            None if address(self.site(), self.world.listen).starts_with("unix:") => Vec::new(),
            None => self.unknown("server_port"),
        }
    }

    fn lines<'s>(&'s self, name: &'s [u8]) -> impl Iterator<Item = &'s [u8]> {
        let fields = self.head().fields().iter();
        fields.filter(move |(field, _)| is_same_name(field, name)).map(|(_, value)| value)
    }

    fn first(&self, name: &[u8]) -> Vec<u8> {
        self.lines(name).next().unwrap_or_default().to_vec()
    }

    fn request_field(&self, name: &[u8]) -> Option<Vec<u8>> {
        let separator: &[u8] = if name.eq_ignore_ascii_case(b"cookie") { b"; " } else { b", " };
        let lines: Vec<_> = self.lines(name).collect();
        (!lines.is_empty()).then(|| lines.join(separator))
    }

    fn response_field(&self, name: &[u8]) -> Option<Vec<u8>> {
        let named = fields::read(&self.exchange.fields);
        let mut named = named.filter(|field| is_same_name(field.name.as_bytes(), name));
        let mut value = named.find_map(|field| field.value)?.into_bytes();
        if let Some(charset) = &self.settings().charset
            && is_same_name(b"content-type", name)
        {
            // What adds fields does not see it.
            let parameter = charset::parameter(&self.value(&charset.name));
            let len = value.strip_suffix(&parameter[..]).map_or(value.len(), <[u8]>::len);
            value.truncate(len);
        }
        Some(value)
    }

    /// A group of the regex that matched last.
    fn capture(&self, number: usize) -> Option<Vec<u8>> {
        let own = self.exchange.matches.get(self.exchange.inherited_matches..);
        let last = own.and_then(<[_]>::last).map(|(pattern, subject)| (*pattern, &subject[..]));
        let (pattern, subject) = self.own_match.or(last)?;
        let groups = self.world.answers.router.groups(pattern, subject);
        groups.get(number)?.clone().map(|range| subject[range].to_vec())
    }

    fn invalid_referer(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.exchange.memo.write(Once::InvalidReferer, &mut out, |out| {
            let Some(referers) = &self.settings().referers else { return };
            let referers = Referers { referers, router: &self.world.answers.router };
            if !is_valid(&referers, self.head().fields().first(b"referer")) {
                out.push(b'1');
            }
        });
        out
    }

    /// `$slice_range`.
    fn slice_range(&self) -> Vec<u8> {
        let (len, mut out) = (self.settings().slice_len, Vec::new());
        if let Some(start) = (len > 0).then(|| self.exchange.slice_start(len)).flatten() {
            write_slice_range(start, len, &mut out);
        }
        out
    }

    /// The cookie of `userid` that the client has sent, where it is a number.
    fn uid(&self, userid: &UserId) -> Option<&[u8]> {
        let sent = self.lines(b"cookie").find_map(|line| find_cookie(line, &userid.name))?;
        read_uid(sent).is_ok_and(|uid| has_sequence(&uid)).then_some(sent)
    }

    /// `$uid_got`.
    fn uid_got(&self) -> Vec<u8> {
        let userid = self.settings().userid.as_ref();
        match userid.and_then(|userid| self.uid(userid)) {
            // A machine shows it as it reads numbers.
            Some(_) => self.unknown("uid_got"),
            None => Vec::new(),
        }
    }

    /// `$uid_set`, or a field that goes with it.
    fn uid_set(&self, name: &str) -> Vec<u8> {
        let userid = self.settings().userid.as_ref();
        let Some(userid) = userid.filter(|it| it.form != UserIdForm::Log) else {
            return Vec::new();
        };
        let is_marked = |sent: &[u8]| match userid.mark {
            Some(mark) => sent.get(22..24) == Some(&[mark, b'=']),
            None => true,
        };
        let is_reset = !matches!(&self.value(&userid.reset)[..], b"" | b"0");
        if self.uid(userid).is_some_and(is_marked) && !is_reset {
            return Vec::new();
        }
        match name {
            UserId::P3P => userid.p3p.clone(),
            UserId::COOKIE => {
                [&userid.name[..], b"=", &self.unknown("uid_set"), &userid.attributes].concat()
            }
            name => self.unknown(name),
        }
    }

    /// `$secure_link`, as the server works it out. Whether a link has expired is not known.
    fn secure_link(&self) -> Vec<u8> {
        let (memo, mut out) = (&self.exchange.memo, Vec::new());
        memo.write(Once::SecureLink, &mut out, |out| match &self.settings().secure_link {
            None => {}
            Some(SecureLink::Pair { link, hashed }) => {
                let value = self.value(link);
                let Some(claim) = Claim::read(&value) else { return };
                if let Some((text, _)) = claim.expires {
                    memo.put(Once::Expiry, text.to_vec());
                }
                let Some(digest) = claim.digest() else { return };
                if links::is_digest([&self.value(hashed), b""], &digest) {
                    out.push(b'1');
                    if claim.expires.is_some() {
                        self.world.doubt("whether the link has expired".to_owned());
                    }
                }
            }
            Some(SecureLink::Secret(secret)) => {
                let found = links::in_target(self.head().uri());
                let found = found.filter(|(digest, link)| links::is_digest([link, secret], digest));
                out.extend(found.map_or(&b""[..], |(_, link)| link));
            }
        });
        out
    }

    /// The variable of a map: worked out once, as in the server.
    fn mapped(&self, number: usize) -> Vec<u8> {
        let map = &self.site().maps[number];
        let mut out = Vec::new();
        match map.volatile {
            true => out.extend(self.find_mapped(map)),
            false => {
                let memo = &self.exchange.memo;
                memo.write(Once::Map(number), &mut out, |out| out.extend(self.find_mapped(map)));
            }
        }
        out
    }

    fn find_mapped(&self, map: &'a Map) -> Vec<u8> {
        let mut subject = self.value(&map.source);
        if let Some((trusted, is_recursive)) = map.proxies {
            let trusted = &self.site().accesses[trusted];
            let is_trusted = |speaker: Option<IpAddr>| {
                speaker.is_some() && matches!(verdict(trusted, speaker), Verdict::In)
            };
            let fields = self.exchange.head.fields();
            real_ip::name_forwarded(fields, is_recursive, is_trusted, &mut subject);
        }
        let number = match &map.lookup {
            Lookup::Text(texts) => return self.find_text(map, texts, &subject),
            Lookup::Address(v4, v6) => {
                let bytes = Networks::encode(v4, v6);
                Networks::new(&bytes).find(&subject)
            }
            Lookup::Share(shares) => share(shares, &subject).unwrap_or(map.default),
        };
        self.value(&map.values[number as usize])
    }

    /// The value that a map has for a text.
    fn find_text(&self, map: &'a Map, texts: &'a Texts, subject: &[u8]) -> Vec<u8> {
        let mut name = subject.to_ascii_lowercase();
        if texts.hostnames && name.last() == Some(&b'.') {
            name.pop();
        }
        if let Some(value) = texts.names.find(&name) {
            return self.value(&map.values[value as usize]);
        }
        let router = &self.world.answers.router;
        let mut regexes = texts.regexes.iter().filter(|_| !subject.is_empty());
        let found = regexes.find(|(regex, _)| router.is_match(&regex.pattern, subject));
        match found {
            Some((regex, value)) => {
                let groups = router.groups(&regex.pattern, subject);
                for (number, name) in router.group_names(&regex.pattern) {
                    let range = groups.get(number).cloned().flatten();
                    self.exchange.memo.put_group(&name, range.map(|range| &subject[range]));
                }
                let own_match = Some((&regex.pattern, subject));
                View { own_match, ..*self }.value(&map.values[*value as usize])
            }
            None => self.value(&map.values[map.default as usize]),
        }
    }

    fn escaped_capture(&self, number: usize) -> Option<Vec<u8>> {
        let group = self.capture(number)?;
        let path = self.head().uri().split(|&byte| byte == b'?').next().unwrap_or_default();
        if !path.iter().any(|byte| matches!(byte, b'%' | b'+')) {
            return Some(group);
        }
        let mut escaped = Vec::new();
        write_arguments(&group, &mut escaped);
        Some(escaped)
    }

    /// A named group of the last regex that has one of this name.
    fn named_capture(&self, name: &str) -> Option<Vec<u8>> {
        self.group_named(name, 0).or_else(|| self.exchange.memo.group(name)).flatten()
    }

    /// The same of those that have matched after so many others, if one has the name.
    fn group_named(&self, name: &str, since: usize) -> Option<Option<Vec<u8>>> {
        let router = &self.world.answers.router;
        let later = self.exchange.matches.get(since..).unwrap_or_default().iter().rev();
        let later = later.map(|(pattern, subject)| (*pattern, &subject[..]));
        let mut matches = self.own_match.into_iter().chain(later);
        let (number, pattern, subject) = matches.find_map(|(pattern, subject)| {
            Some((router.group_named(pattern, name)?, pattern, subject))
        })?;
        let groups = router.groups(pattern, subject);
        let range = groups.get(number).cloned().flatten();
        Some(range.map(|range| subject[range].to_vec()))
    }
}

/// What a limit has come to.
fn status_word(status: Option<LimitStatus>) -> Vec<u8> {
    status.map_or("", LimitStatus::word).into()
}

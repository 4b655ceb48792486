//! The variables that values of a conf may use, read from one request.
//!
//! Each is a method named as the variable that appends its value. A variable that a request may
//! lack appends nothing then and says so: its method tells whether there is a value. Whoever
//! handles the request fills in what they are read from, the [`Variables`] of the contract.

mod offered;
mod tls;
mod trace;
mod upstream;
mod userid;

pub use self::upstream::NGINX_VERSION;
pub use self::userid::{has_sequence, read_uid};
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::net::IpAddr;
use std::sync::OnceLock;

use crate::escape;
use crate::files::path;
use crate::http::body::Framing;
use crate::http::charset;
use crate::http::credentials::basic_user;
use crate::http::response::{Fields, Persistence};
use crate::http::slice;
use crate::http::target::Scheme;
use crate::links::{self, Claim, Digest};
use crate::proxy_protocol::Proxied;
use crate::referers::is_valid;
use crate::site::{Endpoint, Level, LinkForm, Match, Once, Pattern, SecureLink, Text, Variables};
use crate::sys::identity;
use crate::sys::time::write_time;

/// What the method of a variable tells: whether there is a value.
pub trait Presence {
    /// Whether the request lacks the variable.
    fn is_absent(&self) -> bool;
}

impl Presence for () {
    fn is_absent(&self) -> bool {
        false
    }
}

impl Presence for bool {
    fn is_absent(&self) -> bool {
        !self
    }
}

/// Whether a request has a variable, by what the method of that tells.
pub fn is_there(presence: impl Presence) -> bool {
    !presence.is_absent()
}

/// How `$date_local` and `$date_gmt` are written, in a form of strftime(3).
pub(crate) const TIME_FORMAT: &[u8] = b"%A, %d-%b-%Y %H:%M:%S %Z";

/// Appends a value, if there is one.
fn write_some(value: Option<&[u8]>, out: &mut Vec<u8>) -> bool {
    out.extend_from_slice(value.unwrap_or_default());
    value.is_some()
}

/// Appends a whole number.
fn write_number(value: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends milliseconds as seconds with three decimals.
fn write_seconds(ms: u64, out: &mut Vec<u8>) {
    write_number(ms / 1000, out);
    let digit = |unit: u64| b'0' + (ms / unit % 10) as u8;
    out.extend([b'.', digit(100), digit(10), digit(1)]);
}

/// The request: its line and its target.
impl Variables<'_> {
    /// `$request`: the request line.
    pub fn request(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.head.line());
    }

    /// `$request_method`, as sent, or GET where an `error_page` made it that.
    pub fn request_method(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.as_get { b"GET" } else { self.head.method_name() });
    }

    /// `$request_uri`: path and arguments as sent.
    pub fn request_uri(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.head.uri());
    }

    /// `$uri`: the path, decoded and normalised.
    pub fn uri(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.path);
    }

    /// `$document_uri`: the same as `$uri`.
    pub fn document_uri(&self, out: &mut Vec<u8>) {
        self.uri(out);
    }

    /// `$args`.
    pub fn args(&self, out: &mut Vec<u8>) -> bool {
        write_some(Some(self.args).filter(|args| !args.is_empty()), out)
    }

    /// `$query_string`: the same as `$args`.
    pub fn query_string(&self, out: &mut Vec<u8>) -> bool {
        self.args(out)
    }

    /// `$is_args`: a `?` where there are arguments.
    pub fn is_args(&self, out: &mut Vec<u8>) {
        if !self.args.is_empty() {
            out.push(b'?');
        }
    }

    /// `$arg_NAME`: the value of the first argument with this name, undecoded. Names are
    /// compared without regard to case, as nginx does.
    pub fn argument(&self, name: &[u8], out: &mut Vec<u8>) -> bool {
        write_some(find_argument(self.args, name), out)
    }

    /// `$scheme`.
    pub fn scheme(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.connection.scheme().name.as_bytes());
    }

    /// `$server_protocol`.
    pub fn server_protocol(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(match (self.head.is_http2, self.head.minor_version) {
            (true, _) => b"HTTP/2.0",
            (false, 0) => b"HTTP/1.0",
            (false, _) => b"HTTP/1.1",
        });
    }

    /// `$http2`.
    pub fn http2(&self, out: &mut Vec<u8>) {
        if self.head.is_http2 {
            let is_secured = self.connection.scheme() == Scheme::HTTPS;
            out.extend_from_slice(if is_secured { b"h2" } else { b"h2c" });
        }
    }

    /// `$http3`: nobody speaks it.
    pub fn http3(&self, _: &mut Vec<u8>) -> bool {
        false
    }

    /// `$request_port`: the port that is asked for.
    pub fn request_port(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.head.port());
    }

    /// `$is_request_port`: a `:` where there is one.
    pub fn is_request_port(&self, out: &mut Vec<u8>) {
        if !self.head.port().is_empty() {
            out.push(b':');
        }
    }

    /// `$request_completion`: whether the response was sent to its end.
    pub fn request_completion(&self, out: &mut Vec<u8>) {
        if self.progress.is_complete {
            out.extend_from_slice(b"OK");
        }
    }

    /// `$request_length`: bytes received.
    pub fn request_length(&self, out: &mut Vec<u8>) {
        write_number(self.progress.request_len, out);
    }

    /// `$server_label`: what the server is called.
    pub fn server_label(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.labels.0.as_bytes());
    }

    /// `$location_label`: what the location is called.
    pub fn location_label(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.labels.1.as_bytes());
    }

    /// `$request_id`: 32 hexadecimal digits, the same for all of a request.
    pub fn request_id(&self, out: &mut Vec<u8>) {
        static SEED: OnceLock<RandomState> = OnceLock::new();
        let seed = SEED.get_or_init(RandomState::new);
        let connection = self.connection;
        let (serial, requests) = (connection.serial(), connection.requests());
        let accepted_ms = connection.accepted_ms();
        for half in 0u8..2 {
            let _ = write!(out, "{:016x}", seed.hash_one((half, serial, requests, accepted_ms)));
        }
    }
}

/// Fields of the request and the response.
impl Variables<'_> {
    /// `$content_length`: the field as sent; of content in chunks, its length once it has come.
    pub fn content_length(&self, out: &mut Vec<u8>) -> bool {
        let len = self.progress.received_content_len;
        if self.head.framing == Framing::Chunked && len > 0 {
            write_number(len, out);
            return true;
        }
        write_some(self.head.fields().first(b"content-length"), out)
    }

    /// `$request_body`: the content, where it was gathered in memory for who answers.
    pub fn request_body(&self, out: &mut Vec<u8>) -> bool {
        write_some(self.progress.content, out)
    }

    /// `$content_type`: the field as sent.
    pub fn content_type(&self, out: &mut Vec<u8>) -> bool {
        write_some(self.head.fields().first(b"content-type"), out)
    }

    /// `$http_NAME`: the field with this name, `_` standing for `-`; the values of several
    /// lines are joined.
    pub fn request_field(&self, name: &[u8], out: &mut Vec<u8>) -> bool {
        let separator: &[u8] = if name.eq_ignore_ascii_case(b"cookie") { b"; " } else { b", " };
        let lines = self.head.fields().iter().filter(|(field, _)| is_same_name(field, name));
        join(lines.map(|(_, value)| value), separator, out)
    }

    /// `$sent_trailer_NAME`: a field that has followed the content.
    pub fn trailer(&self, name: &[u8], out: &mut Vec<u8>) -> bool {
        let fields = self.progress.trailers.into_iter().flat_map(Fields::iter);
        let named = fields.filter(|(field, _)| is_same_name(field, name));
        join(named.map(|(_, value)| value), b", ", out)
    }

    /// `$sent_http_NAME`: the field of the response. As in nginx, Date and Server are not among them.
    pub fn response_field(&self, name: &[u8], out: &mut Vec<u8>) -> bool {
        // What the framing adds is in none of the lines.
        match (name.len(), self.persistence()) {
            (10, persistence) if name.eq_ignore_ascii_case(b"connection") => {
                out.extend_from_slice(persistence.connection());
                return true;
            }
            (10, Persistence::Keep(Some(seconds))) if is_same_name(b"keep-alive", name) => {
                out.extend_from_slice(b"timeout=");
                write_number(seconds, out);
                return true;
            }
            _ => {}
        }
        if let Some(len) = self.progress.response_fields.content_len()
            && is_same_name(b"content-length", name)
        {
            write_number(len, out);
            return true;
        }
        let fields = self.progress.response_fields.iter();
        let named = fields.filter(|(field, _)| is_same_name(field, name));
        let is_there = join(named.map(|(_, value)| value), b", ", out);
        if is_there && self.progress.persistence.is_none() && is_same_name(b"content-type", name) {
            self.drop_charset(out);
        }
        is_there
    }

    /// Takes from the end of a media type what `charset` has put there: in nginx it comes behind
    /// the fields that the conf adds, so these do not see it.
    fn drop_charset(&self, media_type: &mut Vec<u8>) {
        let Some(charset) = self.settings.charset else { return };
        let mut name = Vec::new();
        charset.name.write(self, &mut name);
        let parameter = charset::parameter(&name);
        if media_type.ends_with(&parameter) {
            media_type.truncate(media_type.len() - parameter.len());
        }
    }

    /// `$cookie_NAME`: the value of the first cookie with this name.
    pub fn cookie(&self, name: &[u8], out: &mut Vec<u8>) -> bool {
        let mut lines =
            self.head.fields().iter().filter(|(field, _)| is_same_name(field, b"cookie"));
        write_some(lines.find_map(|(_, line)| find_cookie(line, name)), out)
    }

    /// `$host`.
    pub fn host(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.host);
    }

    /// `$remote_user`: whom the client says to be by Basic authentication. Nobody has checked it.
    pub fn remote_user(&self, out: &mut Vec<u8>) -> bool {
        let field = self.head.fields().first(b"authorization");
        write_some(field.and_then(basic_user).as_deref(), out)
    }

    /// Whether the connection is kept behind the response, as far as that is known yet.
    fn persistence(&self) -> Persistence {
        let (progress, connection, settings) = (&self.progress, self.connection, self.settings);
        progress.persistence.unwrap_or_else(|| {
            let age_ms = self.now.monotonic_ms.saturating_sub(connection.accepted_ms());
            match progress.persists && settings.keeps(connection.requests(), age_ms) {
                true => Persistence::Keep(settings.keepalive_timeout.header_s),
                false => Persistence::Close,
            }
        })
    }
}

/// Where files are.
impl Variables<'_> {
    /// `$document_root`: the directory of `root`, or the `alias`.
    pub fn document_root(&self, out: &mut Vec<u8>) {
        path::write_root(self, out);
    }

    /// `$realpath_root`: the same with all symlinks resolved; empty if there is no such
    /// directory.
    pub fn realpath_root(&self, out: &mut Vec<u8>) {
        path::write_real_root(self, out);
    }

    /// `$request_filename`: the path of the file that the path leads to.
    pub fn request_filename(&self, out: &mut Vec<u8>) {
        path::write_file_name(self, out);
    }
}

/// The server and the machine.
impl Variables<'_> {
    /// `$server_name`: the first name of the server chosen.
    pub fn server_name(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.server.name.bytes());
    }

    /// `$server_addr`.
    pub fn server_addr(&self, out: &mut Vec<u8>) {
        self.connection.local().write_address(out);
    }

    /// `$server_port`.
    pub fn server_port(&self, out: &mut Vec<u8>) {
        self.connection.local().write_port(out);
    }

    /// `$hostname`: the machine's name, lower case.
    pub fn hostname(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(identity::host_name());
    }

    /// `$pid`.
    pub fn pid(&self, out: &mut Vec<u8>) {
        write_number(std::process::id().into(), out);
    }

    /// `$msec`: seconds since 1970 with three decimals.
    pub fn msec(&self, out: &mut Vec<u8>) {
        write_seconds(self.now.unix_ms, out);
    }

    /// `$date_local`, as server side includes have it.
    pub fn date_local(&self, out: &mut Vec<u8>) {
        write_time(self.now.unix_s(), false, TIME_FORMAT, out);
    }

    /// `$date_gmt`: the same in UTC.
    pub fn date_gmt(&self, out: &mut Vec<u8>) {
        write_time(self.now.unix_s(), true, TIME_FORMAT, out);
    }

    /// `$time_local`, as the common log format has it.
    pub fn time_local(&self, out: &mut Vec<u8>) {
        self.local_clock.write_common(self.now, out);
    }

    /// `$time_iso8601`.
    pub fn time_iso8601(&self, out: &mut Vec<u8>) {
        self.local_clock.write_iso(self.now, out);
    }
}

/// The connection, and what has been sent on it.
impl Variables<'_> {
    /// `$invalid_referer`: `1`, unless the Referer is one of `valid_referers`.
    pub fn invalid_referer(&self, out: &mut Vec<u8>) {
        self.memo.write(Once::InvalidReferer, out, |out| {
            let field = self.head.fields().first(b"referer");
            let invalid = self.settings.referers.is_some_and(|it| !is_valid(it, field));
            out.extend_from_slice(if invalid { b"1" } else { b"" });
        });
    }

    /// `$secure_link`: what the link comes to. One that is none has no value.
    pub fn secure_link(&self, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        self.memo.write(Once::SecureLink, out, |out| {
            let Some(SecureLink { form, is_digest }) = self.settings.secure_link else { return };
            match form {
                LinkForm::Pair(link, hashed) => self.write_claimed(link, hashed, *is_digest, out),
                LinkForm::Secret(secret) => {
                    let found = links::in_target(self.head.uri());
                    let is_right =
                        |(digest, link): &(Digest, &[u8])| is_digest([link, secret], digest);
                    out.extend(found.filter(is_right).map_or(&b""[..], |(_, link)| link));
                }
            }
        });
        out.len() > start
    }

    /// Whether a link that says so of itself holds: `1`, `0` once it has expired, or nothing.
    fn write_claimed(
        &self,
        link: &Text,
        hashed: &Text,
        is_digest: fn([&[u8]; 2], &Digest) -> bool,
        out: &mut Vec<u8>,
    ) {
        let mut value = Vec::new();
        link.write(self, &mut value);
        let Some(claim) = Claim::read(&value) else { return };
        if let Some((text, _)) = claim.expires {
            self.memo.put(Once::Expiry, text.to_vec());
        }
        let Some(digest) = claim.digest() else { return };
        let mut text = Vec::new();
        hashed.write(self, &mut text);
        if is_digest([&text, b""], &digest) {
            let over = claim.expires.is_some_and(|(_, last)| last < self.now.unix_ms / 1000);
            out.push(if over { b'0' } else { b'1' });
        }
    }

    /// `$secure_link_expires`: up to when the link holds, known once `$secure_link` was read.
    pub fn secure_link_expires(&self, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        let memo = self.memo;
        memo.write(Once::SecureLinkExpires, out, |out| memo.write_known(Once::Expiry, out));
        out.len() > start
    }

    /// `$slice_range`: the part that is asked for, where `slice` says how long parts are.
    pub fn slice_range(&self, out: &mut Vec<u8>) -> bool {
        let Some(start) = self.slice_start.filter(|_| self.settings.slice_len > 0) else {
            return false;
        };
        self.memo.slice();
        slice::write_range(start, self.settings.slice_len, out);
        true
    }

    /// `$limit_req_status`.
    pub fn limit_req_status(&self, out: &mut Vec<u8>) -> bool {
        write_some(self.progress.limit_req_status.map(|it| it.word().as_bytes()), out)
    }

    /// `$limit_conn_status`.
    pub fn limit_conn_status(&self, out: &mut Vec<u8>) -> bool {
        write_some(self.progress.limit_conn_status.map(|it| it.word().as_bytes()), out)
    }

    /// `$limit_rate`.
    pub fn limit_rate(&self, out: &mut Vec<u8>) {
        write_number(self.progress.limit_rate, out);
    }

    /// `$remote_addr`.
    pub fn remote_addr(&self, out: &mut Vec<u8>) {
        self.client().write_address(out);
    }

    /// `$proxy_protocol_addr`: the client that a proxy speaks for.
    pub fn proxy_protocol_addr(&self, out: &mut Vec<u8>) -> bool {
        let end = self.proxied().map(|proxied| Endpoint::Ip(proxied.client));
        end.map(|end| end.write_address(out)).is_some()
    }

    /// `$proxy_protocol_port`.
    pub fn proxy_protocol_port(&self, out: &mut Vec<u8>) -> bool {
        let end = self.proxied().map(|proxied| Endpoint::Ip(proxied.client));
        end.map(|end| end.write_port(out)).is_some()
    }

    /// `$proxy_protocol_server_addr`: whom that client has connected to.
    pub fn proxy_protocol_server_addr(&self, out: &mut Vec<u8>) -> bool {
        let end = self.proxied().map(|proxied| Endpoint::Ip(proxied.server));
        end.map(|end| end.write_address(out)).is_some()
    }

    /// `$proxy_protocol_server_port`.
    pub fn proxy_protocol_server_port(&self, out: &mut Vec<u8>) -> bool {
        let end = self.proxied().map(|proxied| Endpoint::Ip(proxied.server));
        end.map(|end| end.write_port(out)).is_some()
    }

    fn proxied(&self) -> Option<&Proxied> {
        self.connection.proxied()
    }

    /// `$realip_remote_addr`: who is connected, whoever the client is.
    pub fn realip_remote_addr(&self, out: &mut Vec<u8>) {
        self.connection.peer().write_address(out);
    }

    /// `$realip_remote_port`.
    pub fn realip_remote_port(&self, out: &mut Vec<u8>) {
        self.connection.peer().write_port(out);
    }

    /// `$remote_port`.
    pub fn remote_port(&self, out: &mut Vec<u8>) {
        self.client().write_port(out);
    }

    /// `$binary_remote_addr`: the bytes of the address.
    pub fn binary_remote_addr(&self, out: &mut Vec<u8>) {
        match self.client() {
            Endpoint::Ip(address) => match address.ip() {
                IpAddr::V4(ip) => out.extend(ip.octets()),
                IpAddr::V6(ip) => out.extend(ip.octets()),
            },
            Endpoint::Unix(_) => self.remote_addr(out),
        }
    }

    /// `$connection`: the connection's number.
    pub fn connection(&self, out: &mut Vec<u8>) {
        write_number(self.connection.serial(), out);
    }

    /// `$connection_requests`.
    pub fn connection_requests(&self, out: &mut Vec<u8>) {
        write_number(self.connection.requests(), out);
    }

    /// `$connection_time`: seconds since it was accepted.
    pub fn connection_time(&self, out: &mut Vec<u8>) {
        write_seconds(self.now.monotonic_ms.saturating_sub(self.connection.accepted_ms()), out);
    }

    /// `$request_time`: seconds since the first byte of the head.
    pub fn request_time(&self, out: &mut Vec<u8>) {
        write_seconds(self.now.monotonic_ms.saturating_sub(self.progress.started_ms), out);
    }

    /// `$connections_active`: all that are open.
    pub fn connections_active(&self, out: &mut Vec<u8>) {
        write_number(self.counts.sums().active, out);
    }

    /// `$connections_reading`: those whose request is being read.
    pub fn connections_reading(&self, out: &mut Vec<u8>) {
        write_number(self.counts.sums().reading, out);
    }

    /// `$connections_writing`: those whose request is being answered.
    pub fn connections_writing(&self, out: &mut Vec<u8>) {
        write_number(self.counts.sums().writing, out);
    }

    /// `$connections_waiting`: those between two requests.
    pub fn connections_waiting(&self, out: &mut Vec<u8>) {
        write_number(self.counts.sums().waiting, out);
    }

    /// `$pipe`: `p` if the request was pipelined, else `.`.
    pub fn pipe(&self, out: &mut Vec<u8>) {
        out.push(if self.progress.pipelined { b'p' } else { b'.' });
    }

    /// `$status`: three digits.
    pub fn status(&self, out: &mut Vec<u8>) {
        let _ = write!(out, "{:03}", self.progress.status);
    }

    /// `$body_bytes_sent`: bytes of content sent.
    pub fn body_bytes_sent(&self, out: &mut Vec<u8>) {
        write_number(self.progress.content_sent_len, out);
    }

    /// `$gzip_ratio`: how many times shorter compression has made the content, to two places.
    pub fn gzip_ratio(&self, out: &mut Vec<u8>) -> bool {
        let Some((taken, made @ 1..)) = self.progress.encoded else { return false };
        let hundredths = (taken.saturating_mul(1000) / made + 5) / 10;
        write_number(hundredths / 100, out);
        out.extend_from_slice(format!(".{:02}", hundredths % 100).as_bytes());
        true
    }

    /// `$bytes_sent`: bytes sent, the head included.
    pub fn bytes_sent(&self, out: &mut Vec<u8>) {
        write_number(self.progress.sent_len, out);
    }
}

/// Captures, and values in a log.
impl Variables<'_> {
    /// `$1` to `$9`: a group of the regex that matched last.
    pub fn capture(&self, index: usize, out: &mut Vec<u8>) -> bool {
        write_some(self.last_match().and_then(|matched| matched.group(index)), out)
    }

    /// The same in what becomes the arguments of a URI, or all of a redirect: escaped if the
    /// request's path had escapes, as nginx has it.
    pub fn escaped_capture(&self, index: usize, out: &mut Vec<u8>) -> bool {
        let path = self.head.uri().split(|&byte| byte == b'?').next().unwrap_or_default();
        if !path.iter().any(|byte| matches!(byte, b'%' | b'+')) {
            return self.capture(index, out);
        }
        let group = self.last_match().and_then(|matched| matched.group(index));
        escape::write_arguments(group.unwrap_or_default(), out);
        group.is_some()
    }

    /// The same in a value of `set`: not once a `rewrite` has changed the path, as nginx has it.
    pub fn step_capture(&self, index: usize, out: &mut Vec<u8>) -> bool {
        match self.escapes_groups {
            true => self.escaped_capture(index, out),
            false => self.capture(index, out),
        }
    }

    /// The regex that has matched last.
    fn last_match(&self) -> Option<&Match> {
        self.own_match.or_else(|| self.matches.get(self.inherited_matches..)?.last())
    }

    /// The variable of a map, worked out by `compute` once for a request.
    pub fn mapped(&self, map: usize, out: &mut Vec<u8>, compute: fn(&Variables<'_>, &mut Vec<u8>)) {
        self.memo.write(Once::Map(map), out, |out| compute(self, out));
    }

    /// Appends a value of a map, whose regex has matched `subject`. Its named groups are the request's
    /// from then on.
    pub fn with_match(
        &self,
        pattern: &'static Pattern,
        subject: &[u8],
        out: &mut Vec<u8>,
        compute: fn(&Variables<'_>, &mut Vec<u8>),
    ) {
        let own_match = Match::new(pattern, subject);
        for (index, name) in pattern.program().names() {
            self.memo.put_group(name, own_match.group(index));
        }
        compute(&Variables { own_match: Some(&own_match), ..*self }, out);
    }

    /// A variable that `set` gives values to.
    pub fn assigned(&self, slot: usize, out: &mut Vec<u8>) -> bool {
        write_some(self.slots.get(slot).and_then(|value| value.as_deref()), out)
    }

    /// The same, where it is told of one that was given none yet (`uninitialized_variable_warn`): once for
    /// a request, as in nginx.
    pub fn assigned_or_warn(&self, slot: usize, name: &str, out: &mut Vec<u8>) -> bool {
        let is_there = self.assigned(slot, out);
        let warns = || self.settings.uninitialized_variable_warn && self.memo.misses(slot);
        if let Some(log) = self.report.filter(|_| !is_there && warns()) {
            let text = format_args!("using uninitialized \"{name}\" variable");
            log.report(Level::Warn, self, text);
        }
        is_there
    }

    /// A named group of the last regex that has one of this name, or of that of a map.
    pub fn named_capture(&self, name: &str, out: &mut Vec<u8>) -> bool {
        match self.group_named(name, self.matches) {
            Some(group) => write_some(group, out),
            None => write_some(self.memo.group(name).flatten().as_deref(), out),
        }
    }

    /// A variable that `set` gives values to, and a group of a regex too: it has the one that came last.
    pub fn assigned_or_group(&self, slot: usize, name: &str, out: &mut Vec<u8>) -> bool {
        let since = self.slots_since.get(slot).copied().unwrap_or(0);
        let later = self.matches.get(since..).unwrap_or_default();
        match self.group_named(name, later) {
            Some(group) => write_some(group, out),
            None => self.assigned(slot, out),
        }
    }

    /// The group of this name of the last of these that has one.
    fn group_named<'m>(&'m self, name: &str, matches: &'m [Match]) -> Option<Option<&'m [u8]>> {
        let mut matches = self.own_match.into_iter().chain(matches.iter().rev());
        matches.find_map(|matched| {
            let index = matched.pattern.program().group(name)?;
            Some(matched.group(index))
        })
    }

    /// Appends a value as `escape=default` has it; `-` for one that is absent.
    pub fn logged_default<P: Presence>(
        &self,
        out: &mut Vec<u8>,
        value: impl FnOnce(&mut Vec<u8>) -> P,
    ) {
        if escape_what(out, value, escape::write_log).is_absent() {
            out.push(b'-');
        }
    }

    /// Appends a value as `escape=json` has it.
    pub fn logged_json<P: Presence>(
        &self,
        out: &mut Vec<u8>,
        value: impl FnOnce(&mut Vec<u8>) -> P,
    ) {
        escape_what(out, value, escape::write_json);
    }
}

/// Escapes what `value` appends. Most values need it not and stay where they were written.
fn escape_what<P>(
    out: &mut Vec<u8>,
    value: impl FnOnce(&mut Vec<u8>) -> P,
    escape: fn(&[u8], &mut Vec<u8>),
) -> P {
    let start = out.len();
    let presence = value(out);
    // Without an early end: so it is done on many bytes at once.
    if !out[start..].iter().fold(true, |plain, &byte| plain & escape::is_plain(byte)) {
        let raw = out.split_off(start);
        escape(&raw, out);
    }
    presence
}

/// The value of the first argument with this name, undecoded.
pub fn find_argument<'a>(args: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    args.split(|&byte| byte == b'&').find_map(|argument| {
        let (found, value) = argument.split_at_checked(name.len())?;
        let value = value.strip_prefix(b"=")?;
        found.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// Whether a field name is the one that a variable names: `-` and `_` are the same there.
pub fn is_same_name(field: &[u8], name: &[u8]) -> bool {
    let fold = |byte: &u8| if *byte == b'-' { b'_' } else { byte.to_ascii_lowercase() };
    field.len() == name.len() && field.iter().map(fold).eq(name.iter().map(fold))
}

/// Appends the values with separators between them; tells whether there are any.
fn join<'v>(values: impl Iterator<Item = &'v [u8]>, separator: &[u8], out: &mut Vec<u8>) -> bool {
    let mut any = false;
    for value in values {
        if any {
            out.extend_from_slice(separator);
        }
        out.extend_from_slice(value);
        any = true;
    }
    any
}

/// The value of a cookie in one Cookie line, found as nginx finds it: names without regard to
/// case, pairs after `;` or `,`, values up to the `;`.
pub fn find_cookie<'l>(line: &'l [u8], name: &[u8]) -> Option<&'l [u8]> {
    let mut rest = line.trim_ascii_start();
    loop {
        let pair = rest.split_at_checked(name.len()).and_then(|(found, after)| {
            let value = after.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
            found.eq_ignore_ascii_case(name).then_some(value)
        });
        if let Some(value) = pair {
            return value.split(|&byte| byte == b';').next();
        }
        let next = rest.iter().position(|byte| matches!(byte, b';' | b','))? + 1;
        rest = rest[next..].trim_ascii_start();
    }
}

#[cfg(test)]
mod tests;

//! Directives that give one value each: what each is, in one flat match.

use sitec_runtime::site::{
    GzipStatic, IfModifiedSince, KeepaliveDisable, Lingering, ListingFormat, MinRate,
};

use super::Checker;
use super::added_fields::{expires, inherit};
use super::embed::{Embed, codings};
use super::level::{Level, method_set, named_methods};
use super::log::option;
use super::writing::file_mode;
use crate::ast::{Directive, Word};
use crate::diagnostic::Diagnostic;
use crate::value::{
    Checked, buffer_len, count, flag, keyword, keyword_in_any_case, media_type, seconds, size,
    time_ms,
};

/// Requests of one connection where nothing is said.
const USUAL_REQUESTS: u64 = 1000;

impl Level {
    /// Takes one directive, if it is of this kind.
    pub(super) fn set(&mut self, directive: &Directive, checker: &mut Checker<'_>) -> Checked<()> {
        let name = directive.name.text().unwrap_or_default();
        let first = directive.args.first();
        if name == "stub_status" {
            first.map_or(Ok(()), |word| keyword(word, &[("on", ())]))?;
            self.status = Some(directive.name.span);
            return Ok(());
        }
        if name == "internal" {
            self.internal = true;
            return Ok(());
        }
        let Some(first) = first else { return Ok(()) };
        let (settings, server) = (&mut self.settings, &mut self.server);
        match name {
            "add_header_inherit" => self.additions.inherit = inherit(first)?,
            "absolute_redirect" => settings.absolute_redirect = flag(first)?,
            "autoindex" => self.lists = flag(first)?,
            "autoindex_exact_size" => self.listing.exact_size = flag(first)?,
            "autoindex_format" => {
                use ListingFormat::{Html, Json, Jsonp, Xml};
                let words = [("html", Html), ("xml", Xml), ("json", Json), ("jsonp", Jsonp)];
                self.listing.format = keyword_in_any_case(first, &words)?;
            }
            "autoindex_localtime" => self.listing.local_time = flag(first)?,
            "cgi_timeout" => self.cgi.timeout_ms = timeout(first, checker)?,
            "client_body_buffer_size" => settings.client_body_buffer_size = buffer_len(first)?,
            "client_body_timeout" => settings.client_body_timeout_ms = timeout(first, checker)?,
            "client_header_buffer_size" => server.client_header_buffer_len = buffer_len(first)?,
            "client_header_timeout" => server.client_header_timeout_ms = timeout(first, checker)?,
            "client_max_body_size" => {
                settings.client_max_body_size = body_size(first, checker)?;
            }
            "client_min_rate" => settings.client_min_rate = min_rate(directive)?,
            "client_timeout" => {
                let time = timeout(first, checker)?;
                server.client_header_timeout_ms = time;
                settings.client_body_timeout_ms = time;
                settings.send_timeout_ms = time;
                settings.keepalive_timeout_ms = time;
                settings.keepalive_header_s = None;
            }
            "create_full_put_path" => self.writing.full_path = flag(first)?,
            "dav_access" => self.writing.file_mode = file_mode(&directive.args)?,
            "dav_methods" => self.writing.set_dav_methods(directive)?,
            "default_type" if first.value.is_empty() => settings.default_type.clear(),
            "default_type" => settings.default_type = media_type(first)?,
            "embed" => {
                let embed = Embed { span: directive.span(), is_own: true };
                self.embed = flag(first)?.then_some(embed);
            }
            "etag" => settings.etag = flag(first)?,
            "expires" => self.additions.expires = expires(directive)?,
            "gzip_static" => {
                use GzipStatic::{Always, Off, On};
                let words = [("on", On), ("off", Off), ("always", Always)];
                settings.gzip_static = keyword_in_any_case(first, &words)?;
            }
            "hidden_files" => {
                settings.hidden_files = keyword(first, &[("deny", false), ("allow", true)])?;
            }
            "if_modified_since" => {
                use IfModifiedSince::{Before, Exact, Off};
                let words = [("off", Off), ("exact", Exact), ("before", Before)];
                settings.if_modified_since = keyword_in_any_case(first, &words)?;
            }
            "ignore_invalid_headers" => server.ignore_invalid_headers = flag(first)?,
            "keepalive_disable" => settings.keepalive_disable = browsers(&directive.args)?,
            "keepalive_requests" => {
                settings.keepalive_requests = keepalive_requests(first, checker)?;
            }
            "keepalive_time" => settings.keepalive_time_ms = time_ms(first)?,
            "keepalive_timeout" => {
                settings.keepalive_timeout_ms = seconds_or_units(first, checker)?;
                let header = directive.args.get(1).map(seconds).transpose()?;
                settings.keepalive_header_s = header.filter(|&seconds| seconds > 0);
            }
            "large_client_header_buffers" => {
                let number = count(first, 1..=1024)? as usize;
                let len = buffer_len(&directive.args[1])?;
                server.large_client_header_buffers = (number, len);
            }
            "lingering_close" => {
                use Lingering::{Always, Off, On};
                let words = [("off", Off), ("on", On), ("always", Always)];
                settings.lingering_close = keyword_in_any_case(first, &words)?;
            }
            "lingering_time" => settings.lingering_time_ms = time_ms(first)?,
            "lingering_timeout" => {
                settings.lingering_timeout_ms = seconds_or_units(first, checker)?
            }
            "log_not_found" => settings.log_not_found = flag(first)?,
            "max_headers" => server.max_headers = count(first, 1..=u64::from(u32::MAX))? as usize,
            "max_ranges" => settings.max_ranges = count(first, 0..=u64::from(u32::MAX))? as usize,
            "merge_slashes" => server.merge_slashes = flag(first)?,
            "min_delete_depth" => {
                self.writing.min_delete_depth = count(first, 0..=u64::from(u32::MAX))? as usize;
            }
            "methods" => {
                let words = named_methods(directive)?;
                self.methods = Some(method_set(&words));
                self.named_methods = Some(words);
            }
            "open_file_cache" => self.caching.set(directive, checker)?,
            "open_file_cache_errors" => self.caching.on.errors = flag(first)?,
            "open_file_cache_min_uses" => {
                self.caching.on.min_uses = count(first, 1..=u64::from(u32::MAX))? as u32;
            }
            "open_file_cache_valid" => self.caching.on.valid_ms = time_ms(first)?,
            "port_in_redirect" => settings.port_in_redirect = flag(first)?,
            "precompress" => {
                self.codings = codings(&directive.args)?;
                let asks = (!self.codings.is_empty()).then(|| directive.span());
                checker.codings = checker.codings.or(asks);
            }
            "recursive_error_pages" => settings.recursive_error_pages = flag(first)?,
            "reset_timedout_connection" => settings.reset_timedout_connection = flag(first)?,
            "send_timeout" => settings.send_timeout_ms = timeout(first, checker)?,
            "sendfile" => settings.sendfile = flag(first)?,
            "server_name_in_redirect" => settings.server_name_in_redirect = flag(first)?,
            "server_tokens" => settings.server_tokens = server_tokens(first, checker)?,
            "tcp_nodelay" => settings.tcp_nodelay = flag(first)?,
            "tcp_nopush" => settings.tcp_nopush = flag(first)?,
            "underscores_in_headers" => server.underscores_in_headers = flag(first)?,
            "upload_overwrite" => self.writing.overwrite = flag(first)?,
            "upload_sync" => self.writing.sync = flag(first)?,
            _ => {}
        }
        Ok(())
    }
}

/// The parameters of `client_min_rate`.
fn min_rate(directive: &Directive) -> Checked<Option<MinRate>> {
    let [first, rest @ ..] = &directive.args[..] else { return Ok(Some(MinRate::USUAL)) };
    let off = first.value == b"off";
    let mut rate = MinRate::USUAL;
    if !off {
        rate.bytes_per_s = size(first)?;
    }
    for word in rest {
        match option(word) {
            Some((b"grace", value)) if !off => rate.grace_ms = time_ms(&value)?,
            _ if off => {
                let message = "nothing may stand behind `off`";
                return Err(Box::new(Diagnostic::error("T25", word.span, message)));
            }
            _ => {
                let message = format!("`client_min_rate` has no parameter `{}`", word.shown());
                let error = Diagnostic::error("T25", word.span, message);
                return Err(Box::new(error.help("it takes a size, and perhaps `grace=TIME`")));
            }
        }
    }
    match (off, rate.bytes_per_s) {
        (true, _) => Ok(None),
        (false, 0) => Err(Box::new(
            Diagnostic::error("T25", first.span, "a rate of 0 bounds nothing")
                .help("write `off` if that is meant, else a size such as `200`"),
        )),
        (false, _) => Ok(Some(rate)),
    }
}

/// A time that something must happen within, which cannot be 0.
fn timeout(word: &Word, checker: &mut Checker<'_>) -> Checked<u64> {
    match seconds_or_units(word, checker)? {
        0 => Err(Box::new(
            Diagnostic::error("Z05", word.span, "a timeout of 0 leaves a client no time")
                .help("write a time such as `60s`"),
        )),
        time => Ok(time),
    }
}

/// A time. A bare number that is large and round in thousands, but not in minutes or hours,
/// was probably meant in milliseconds.
pub(super) fn seconds_or_units(word: &Word, checker: &mut Checker<'_>) -> Checked<u64> {
    let time = time_ms(word)?;
    let seconds = time / 1000;
    let is_odd = seconds % 60 != 0 || seconds % 500 == 0 && seconds % 3600 != 0;
    if seconds >= 1000 && is_odd && word.value.iter().all(u8::is_ascii_digit) {
        let message = format!("this is {} minutes", seconds / 60);
        let meant = format!("{}ms", word.shown());
        checker.diagnostics.push(Diagnostic::warning("T05", word.span, message).patch(
            "a number alone counts seconds; name the unit",
            word.span,
            meant,
        ));
    }
    Ok(time)
}

fn keepalive_requests(word: &Word, checker: &mut Checker<'_>) -> Checked<u64> {
    let requests = count(word, 0..=u64::MAX)?;
    if (1..USUAL_REQUESTS).contains(&requests) {
        let message = format!("a client connects again after {requests} requests");
        let note = format!("the default is {USUAL_REQUESTS}");
        checker.diagnostics.push(Diagnostic::lint("Z07", word.span, message).note(note));
    }
    Ok(requests)
}

fn server_tokens(word: &Word, checker: &mut Checker<'_>) -> Checked<bool> {
    let is_on = flag(word)?;
    if is_on {
        let message = "every response tells which version of the server this is";
        let lint = Diagnostic::lint("X13", word.span, message);
        checker.diagnostics.push(lint.help("leave the line out: it is off by default"));
    }
    Ok(is_on)
}

fn body_size(word: &Word, checker: &mut Checker<'_>) -> Checked<u64> {
    if word.value == b"unlimited" {
        return Ok(u64::MAX);
    }
    match size(word)? {
        0 => {
            checker.diagnostics.push(
                Diagnostic::lint("T03", word.span, "a size of 0 sets no bound").patch(
                    "write `unlimited` if that is meant, else a size",
                    word.span,
                    "unlimited",
                ),
            );
            Ok(u64::MAX)
        }
        size => Ok(size),
    }
}

fn browsers(words: &[Word]) -> Checked<KeepaliveDisable> {
    let mut disable = KeepaliveDisable { msie6: false, safari: false };
    for word in words {
        match keyword_in_any_case(word, &[("none", 'n'), ("msie6", 'm'), ("safari", 's')])? {
            'm' => disable.msie6 = true,
            's' => disable.safari = true,
            _ => {}
        }
    }
    Ok(disable)
}

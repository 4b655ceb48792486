//! What variables tell of the servers that a request was passed on to.
//!
//! Of several that were asked, each value is told, in their order, with `, ` between them, and ` : `
//! where another location has asked, as in nginx.

use super::{Match, Variables, write_number, write_seconds, write_some};
use crate::http::response::value_in;
use crate::http::target::Scheme;
use crate::site::{Action, Fastcgi, Handler, Proxy, Try, Wire};

/// What programs look for that know nginx.
pub const NGINX_VERSION: &str = "1.29.0";

/// The request as it is passed on.
impl Variables<'_> {
    /// `$proxy_host`: the host and the port that `proxy_pass` names.
    pub fn proxy_host(&self, out: &mut Vec<u8>) -> bool {
        write_some(some(self.progress.tries.target().0.as_bytes()), out)
    }

    /// `$proxy_port`.
    pub fn proxy_port(&self, out: &mut Vec<u8>) -> bool {
        write_some(some(self.progress.tries.target().1.as_bytes()), out)
    }

    /// `$proxy_add_x_forwarded_for`: the request's own, and the client's address behind it.
    pub fn proxy_add_x_forwarded_for(&self, out: &mut Vec<u8>) {
        for value in self.head.fields().values(b"x-forwarded-for") {
            out.extend_from_slice(value);
            out.extend_from_slice(b", ");
        }
        self.remote_addr(out);
    }
}

/// The request as it is passed on by FastCGI.
impl Variables<'_> {
    /// `$https`: `on` where TLS is spoken.
    pub fn https(&self, out: &mut Vec<u8>) {
        if self.connection.scheme() == Scheme::HTTPS {
            out.extend_from_slice(b"on");
        }
    }

    /// `$nginx_version`: that of the nginx whose ways these are.
    pub fn nginx_version(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(NGINX_VERSION.as_bytes());
    }

    /// `$fastcgi_script_name`: the path, or what `fastcgi_split_path_info` takes of it, with the
    /// name of `fastcgi_index` behind a slash at its end.
    pub fn fastcgi_script_name(&self, out: &mut Vec<u8>) {
        let said = self.fastcgi();
        match said.and_then(|said| self.split(said)) {
            Some(found) => out.extend_from_slice(found.group(1).unwrap_or_default()),
            None => out.extend_from_slice(self.path),
        }
        if let Some(index) = said.and_then(|said| said.index.as_ref())
            && out.ends_with(b"/")
        {
            index.write(self, out);
        }
    }

    /// `$fastcgi_path_info`: the path behind the script, as `fastcgi_split_path_info` finds it.
    pub fn fastcgi_path_info(&self, out: &mut Vec<u8>) -> bool {
        let found = self.fastcgi().and_then(|said| self.split(said));
        write_some(found.as_ref().and_then(|found| found.group(2)), out)
    }

    fn fastcgi(&self) -> Option<&'static Fastcgi> {
        match self.action {
            Some(Action::Serve { handler: Handler::Proxy(Proxy { wire, .. }), .. }) => match wire {
                Wire::Fastcgi(said) => Some(said),
                Wire::Http
                | Wire::Grpc
                | Wire::Scgi(_)
                | Wire::Uwsgi { .. }
                | Wire::Memcached { .. } => None,
            },
            _ => None,
        }
    }

    fn split(&self, said: &'static Fastcgi) -> Option<Match> {
        let regex = said.split.as_ref()?;
        regex.set.find(self.path)?;
        regex.captures.map(|pattern| Match::new(pattern, self.path))
    }
}

/// What came of it.
impl Variables<'_> {
    /// `$upstream_addr`: who was asked.
    pub fn upstream_addr(&self, out: &mut Vec<u8>) -> bool {
        self.write_tries(out, |one, out| out.extend_from_slice(one.address.as_bytes()))
    }

    /// `$upstream_status`.
    pub fn upstream_status(&self, out: &mut Vec<u8>) -> bool {
        self.write_tries(out, |one, out| match one.status {
            0 => out.push(b'-'),
            status => write_number(status.into(), out),
        })
    }

    /// `$upstream_connect_time`.
    pub fn upstream_connect_time(&self, out: &mut Vec<u8>) -> bool {
        self.write_tries(out, |one, out| write_time(one.connect_ms, out))
    }

    /// `$upstream_header_time`.
    pub fn upstream_header_time(&self, out: &mut Vec<u8>) -> bool {
        self.write_tries(out, |one, out| write_time(one.head_ms, out))
    }

    /// `$upstream_response_time`.
    pub fn upstream_response_time(&self, out: &mut Vec<u8>) -> bool {
        self.write_tries(out, |one, out| write_time(one.response_ms, out))
    }

    /// `$upstream_response_length`.
    pub fn upstream_response_length(&self, out: &mut Vec<u8>) -> bool {
        self.write_tries(out, |one, out| write_number(one.content_len, out))
    }

    /// `$upstream_bytes_sent`.
    pub fn upstream_bytes_sent(&self, out: &mut Vec<u8>) -> bool {
        self.write_tries(out, |one, out| write_number(one.sent_len, out))
    }

    /// `$upstream_bytes_received`.
    pub fn upstream_bytes_received(&self, out: &mut Vec<u8>) -> bool {
        self.write_tries(out, |one, out| write_number(one.received_len, out))
    }

    /// `$upstream_cache_status`: what a look at what is kept has come to.
    pub fn upstream_cache_status(&self, out: &mut Vec<u8>) -> bool {
        let status = self.progress.tries.cached(|cached| cached.status).flatten();
        write_some(status.map(|status| status.word().as_bytes()), out)
    }

    /// `$upstream_cache_last_modified`: the Last-Modified of what is kept and stale, where the other
    /// server is asked whether it still holds.
    pub fn upstream_cache_last_modified(&self, out: &mut Vec<u8>) -> bool {
        self.cache_validator(0, out)
    }

    /// `$upstream_cache_etag`: its ETag, likewise.
    pub fn upstream_cache_etag(&self, out: &mut Vec<u8>) -> bool {
        self.cache_validator(1, out)
    }

    fn cache_validator(&self, which: usize, out: &mut Vec<u8>) -> bool {
        let validator = self
            .progress
            .tries
            .cached(|cached| cached.validators.as_ref().map(|all| all[which].clone()));
        write_some(validator.flatten().filter(|text| !text.is_empty()).as_deref(), out)
    }

    /// `$upstream_http_NAME`: a field of the answer, as it came.
    pub fn upstream_field(&self, name: &[u8], out: &mut Vec<u8>) -> bool {
        let name = str::from_utf8(name).unwrap_or_default();
        write_some(value_in(self.progress.tries.fields(), name), out)
    }

    /// `$upstream_trailer_NAME`: a field behind the content of the answer.
    pub fn upstream_trailer(&self, name: &[u8], out: &mut Vec<u8>) -> bool {
        let name = str::from_utf8(name).unwrap_or_default();
        write_some(value_in(self.progress.tries.trailers(), name), out)
    }

    /// `$upstream_cookie_NAME`: a cookie that the answer sets, without its attributes.
    pub fn upstream_cookie(&self, name: &[u8], out: &mut Vec<u8>) -> bool {
        let lines = self.progress.tries.fields().split(|&byte| byte == b'\n');
        let cookie = |line| {
            let value = value_in(line, "Set-Cookie")?;
            let pair = value.split(|&byte| byte == b';').next().unwrap_or_default();
            let at = memchr::memchr(b'=', pair)?;
            pair[..at].trim_ascii().eq_ignore_ascii_case(name).then(|| pair[at + 1..].trim_ascii())
        };
        write_some(lines.filter_map(cookie).next(), out)
    }

    /// Appends a value of each server that was asked. Whether there is any.
    fn write_tries(&self, out: &mut Vec<u8>, write: impl Fn(&Try, &mut Vec<u8>)) -> bool {
        let tries = self.progress.tries;
        for (index, one) in tries.all().iter().enumerate() {
            if index > 0 {
                let is_other = tries.begins().contains(&index);
                out.extend_from_slice(if is_other { b" : " } else { b", " });
            }
            write(one, out);
        }
        !tries.all().is_empty()
    }
}

fn some(text: &[u8]) -> Option<&[u8]> {
    Some(text).filter(|text| !text.is_empty())
}

/// Appends a time in seconds, or `-` where it did not come to that.
fn write_time(time_ms: Option<u64>, out: &mut Vec<u8>) {
    match time_ms {
        Some(time_ms) => write_seconds(time_ms, out),
        None => out.push(b'-'),
    }
}

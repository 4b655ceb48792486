//! What another server is asked, as the server asks it.

use sitec_runtime::http::response::write_uri;
use sitec_runtime::memcached;
use sitec_runtime::pure::escape_path;

use super::world::{Handled, Handling, View};
use super::{End, Step};
use crate::ir::{PassedParam, Proxy, Target, Upstream, Wire};

/// The URI of a `proxy_pass`.
pub(super) enum Uri {
    /// In the place of so much of the path.
    Front(Vec<u8>, usize),
    /// All that is asked for.
    Whole(Vec<u8>),
}

impl<'w, 'a> Handling<'_, 'w, 'a> {
    /// Ends at the upstream that the request is passed on to.
    pub(super) fn passed_on(&mut self, proxy: &'a Proxy) -> Handled<'w, 'a> {
        let (upstream, uri) = match &proxy.target {
            Target::Fixed { upstream, uri } => {
                let upstream = &self.world.site().upstreams[usize::from(*upstream)];
                let uri = uri.as_ref().map(|uri| Uri::Front(uri.text.clone(), uri.replaced_len));
                (upstream, uri)
            }
            Target::Computed(url) => {
                let url = self.view().value(url);
                match self.view().computed(&url, &proxy.wire) {
                    Ok(found) => found,
                    Err(reason) => return self.error(500, reason),
                }
            }
        };
        let method = match &proxy.method {
            Some(method) => self.view().value(method),
            None => match self.method() {
                Some(method) => method.name().into(),
                None => self.exchange.head.method_name().to_vec(),
            },
        };
        let mut lines = match &proxy.wire {
            Wire::Http | Wire::Grpc => vec![[&method[..], b" ", &self.proxied_uri(uri)].concat()],
            Wire::Fastcgi(_) | Wire::Scgi(_) | Wire::Uwsgi { .. } => Vec::new(),
            Wire::Memcached { key, gzip_flag: _ } => {
                vec![[b"get ", &memcached::escaped(&self.view().value(key))[..]].concat()]
            }
        };
        // What is not known of a field changes nothing of where the request goes.
        let doubts = self.world.doubts.take();
        for PassedParam { name, value, if_not_empty } in proxy.wire.params() {
            let value = self.view().value(value);
            if !(*if_not_empty && value.is_empty()) {
                lines.push([&name[..], b"=", &value].concat());
            }
        }
        for field in &proxy.fields {
            let value = self.view().value(&field.value);
            if !value.is_empty() {
                lines.push([&field.name[..], b": ", &value].concat());
            }
        }
        self.world.doubts.replace(doubts);
        let lines = lines.iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        self.respond(200, End::PassedOn { upstream: upstream.name.clone(), lines })
    }

    /// What is asked for, by nginx's rules.
    fn proxied_uri(&self, uri: Option<Uri>) -> Vec<u8> {
        let (is_as_sent, is_in_location) = self.uri_state();
        let path = self.path();
        let (mut out, rest) = match uri {
            Some(Uri::Whole(uri)) => {
                let mut out = Vec::new();
                write_uri(&mut out, &uri);
                return out;
            }
            None if is_as_sent => return self.exchange.head.uri().to_vec(),
            Some(Uri::Front(text, replaced_len)) if is_in_location => {
                (text, path.get(replaced_len..).unwrap_or_default())
            }
            None | Some(Uri::Front(..)) => (Vec::new(), &path[..]),
        };
        let has_args = out.contains(&b'?');
        match !is_as_sent || self.exchange.head.uri().contains(&b'%') {
            true => out.extend(escaped(rest)),
            false => out.extend_from_slice(rest),
        }
        if !out.starts_with(b"/") {
            out.insert(0, b'/');
        }
        if !self.exchange.args().is_empty() {
            out.push(if has_args { b'&' } else { b'?' });
            write_uri(&mut out, self.exchange.args());
        }
        out
    }

    /// Whether path and arguments are as the client sent them, and whether the path is still the one
    /// that the location was found by.
    fn uri_state(&self) -> (bool, bool) {
        let steps = &self.world.steps;
        let changes = |step: &Step| match step {
            Step::Rewritten { .. } | Step::ErrorPage { .. } | Step::Redirect { .. } => true,
            Step::Assigned { name, .. } => name == "args",
            _ => false,
        };
        let since = steps.iter().rev().take_while(|step| !matches!(step, Step::Location { .. }));
        let mut since = since.map(|step| matches!(step, Step::Rewritten { .. }));
        (!steps.iter().any(changes), !since.any(|is_rewritten| is_rewritten))
    }
}

impl<'a> View<'_, '_, 'a> {
    /// The upstream that a URL names, and the URI in it.
    pub(super) fn computed(
        &self,
        url: &[u8],
        wire: &Wire,
    ) -> Result<(&'a Upstream, Option<Uri>), String> {
        let shown = String::from_utf8_lossy(url).into_owned();
        let named =
            |name: &str| self.site().upstreams.iter().find(|it| it.name.eq_ignore_ascii_case(name));
        if *wire == Wire::Grpc {
            let address = shown.strip_prefix("grpcs://").or_else(|| shown.strip_prefix("grpc://"));
            let found = named(address.unwrap_or(&shown));
            return Ok((found.ok_or_else(|| format!("`{shown}` names no server"))?, None));
        }
        if *wire != Wire::Http {
            let found = named(&shown);
            return Ok((found.ok_or_else(|| format!("`{shown}` names no server"))?, None));
        }
        let rest = url.get(.."http://".len()).filter(|it| it.eq_ignore_ascii_case(b"http://"));
        let Some(rest) = rest.map(|scheme| &url[scheme.len()..]) else {
            return Err(format!("`{shown}` does not begin with `http://`"));
        };
        let (host_len, uri_start) = crate::check::authority_len(rest);
        let host = String::from_utf8_lossy(&rest[..host_len]);
        let upstream = named(&host).ok_or_else(|| format!("`{shown}` names no host"))?;
        let uri = match rest.get(uri_start..).unwrap_or_default() {
            [] => None,
            uri @ [b'/', ..] => Some(Uri::Whole(uri.to_vec())),
            uri => Some(Uri::Whole([b"/", uri].concat())),
        };
        Ok((upstream, uri))
    }
}

/// A part of a decoded path. Its slashes are its own.
fn escaped(rest: &[u8]) -> Vec<u8> {
    let slashes = rest.iter().take_while(|&&byte| byte == b'/').count().saturating_sub(1);
    let mut out = vec![b'/'; slashes];
    out.extend(escape_path(&rest[slashes..]));
    out
}

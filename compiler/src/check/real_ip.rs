//! `set_real_ip_from` and what goes with it: whose word counts of who a client is.

use sitec_runtime::site::RealIpSource;

use super::reader::Reader;
use crate::ast::{Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::ir;
use crate::value::{Checked, flag};

/// The directives in one context, inherited ones included.
#[derive(Clone)]
pub(super) struct RealIp {
    /// Who is trusted, as an index of the site's lists; `None`: nobody.
    trusted: Option<usize>,
    source: RealIpSource<Vec<u8>>,
    recursive: bool,
}

impl Default for RealIp {
    fn default() -> RealIp {
        let source = RealIpSource::Field(b"x-real-ip".to_vec());
        RealIp { trusted: None, source, recursive: false }
    }
}

impl RealIp {
    /// Takes those among the directives of a context.
    pub(super) fn set(&mut self, directives: &[Directive], reader: &mut Reader<'_>) {
        let proxies: Vec<_> = named(directives, "set_real_ip_from").collect();
        if !proxies.is_empty() {
            proxies.iter().for_each(|directive| check_trust(&directive.args[0], reader));
            self.trusted = reader.named_clients(proxies.into_iter());
        }
        if let Some(directive) = named(directives, "real_ip_header").next() {
            let source = source(&directive.args[0]);
            if let Some(source) = reader.report(source) {
                self.source = source;
            }
        }
        if let Some(directive) = named(directives, "real_ip_recursive").next() {
            let recursive = flag(&directive.args[0]);
            if let Some(recursive) = reader.report(recursive) {
                self.recursive = recursive;
            }
        }
    }

    /// What they come to.
    pub(super) fn resolved(&self) -> Option<ir::RealIp> {
        let RealIp { trusted, source, recursive } = self;
        trusted.map(|trusted| ir::RealIp { trusted, source: source.clone(), recursive: *recursive })
    }
}

/// Says where everyone is trusted.
fn check_trust(word: &Word, reader: &mut Reader<'_>) {
    let is_error = word.value == b"all";
    if !is_error && !word.value.ends_with(b"/0") {
        return;
    }
    let message = "everyone is trusted to say who a client is";
    let said = match is_error {
        // nginx looks for a host of this name.
        true => Diagnostic::error("T07", word.span, "`all` is not an address"),
        false => {
            Diagnostic::warning("A16", word.span, message).label("so a client may take any address")
        }
    };
    reader.diagnostics.push(said.help("name the proxies alone, as in `10.0.0.0/8`"));
}

/// A field that says who a client is.
fn source(word: &Word) -> Checked<RealIpSource<Vec<u8>>> {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    match &word.value[..] {
        // Only so written, as in nginx.
        b"X-Forwarded-For" => Ok(RealIpSource::Forwarded),
        b"proxy_protocol" => Ok(RealIpSource::ProxyProtocol),
        name if !name.is_empty() && name.iter().all(is_token) => {
            Ok(RealIpSource::Field(name.to_ascii_lowercase()))
        }
        _ => Err(Box::new(
            Diagnostic::error(
                "T13",
                word.span,
                format!("`{}` is not the name of a field", word.shown()),
            )
            .help("write it as the proxy sends it: `X-Real-IP`"),
        )),
    }
}

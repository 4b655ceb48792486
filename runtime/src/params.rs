//! The values that may still be set when the binary starts: `--set`, else the environment, else
//! the conf's default. One that does not fit where the conf uses it stops the start.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use crate::http::target::is_valid_host;
use crate::site::{Param, ParamKind, StartPiece, StartText};

/// The values, in the order of the conf's params.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Params {
    values: Vec<String>,
}

impl Params {
    /// Settles every value. The error names the param at fault.
    pub fn settle(
        params: &[Param],
        set: &[(String, String)],
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Params, String> {
        if let Some((name, _)) = set.iter().find(|(name, _)| params.iter().all(|p| p.name != name))
        {
            let known: Vec<_> = params.iter().map(|param| param.name).collect();
            return Err(match known.is_empty() {
                true => format!("`--set {name}`: the conf has no params"),
                false => format!("`--set {name}`: the conf's params are {}", known.join(", ")),
            });
        }
        let value_of = |param: &Param| {
            let set = set.iter().rev().find(|(name, _)| name == param.name);
            let (value, source) = match (set, environment(param.name)) {
                (Some((_, value)), _) => (value.clone(), "given by --set"),
                (None, Some(value)) => (value, "from the environment"),
                (None, None) => (param.default.to_owned(), "the conf's default"),
            };
            match check(param.kind, &value) {
                Ok(()) => Ok(value),
                Err(wanted) => Err(format!(
                    "param `{}` is \"{}\" ({source}), which is not {wanted}",
                    param.name,
                    value.escape_debug()
                )),
            }
        };
        let values = params.iter().map(value_of).collect::<Result<_, _>>()?;
        Ok(Params { values })
    }

    /// A text with its params filled in.
    pub fn text(&self, text: StartText) -> String {
        let piece = |piece: &StartPiece| match *piece {
            StartPiece::Literal(text) => text.to_owned(),
            StartPiece::Param(index) => self.values[index].clone(),
        };
        text.iter().map(piece).collect()
    }

    /// A path with its params filled in; a relative one is under `prefix`.
    pub fn path(&self, prefix: &Path, text: StartText) -> PathBuf {
        prefix.join(self.text(text))
    }
}

/// Whether `value` fits; if not, what would.
fn check(kind: ParamKind, value: &str) -> Result<(), &'static str> {
    let (fits, wanted) = match kind {
        ParamKind::Text => (true, "text without control characters"),
        ParamKind::Port => (parse_port(value).is_some(), "a port from 1 to 65535"),
        ParamKind::Listen => (
            parse_listen(value).is_some(),
            "an address to listen on (PORT, ADDR:PORT, [ADDR]:PORT or unix:PATH)",
        ),
        ParamKind::Ip => (parse_ip(value).is_some(), "an IP address"),
        ParamKind::Path => (!value.is_empty(), "a path"),
        ParamKind::HostName => {
            let fits = !value.is_empty() && !value.contains(':') && is_valid_host(value.as_bytes());
            (fits, "a host name")
        }
    };
    let plain = !value.chars().any(char::is_control);
    if fits && plain { Ok(()) } else { Err(wanted) }
}

/// Where a `listen` text says to bind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BindAddress {
    /// An IP address and a port.
    Ip(SocketAddr),
    /// A path of the file system.
    Unix(PathBuf),
}

/// Reads `PORT`, `ADDR:PORT`, `ADDR`, `[ADDR]:PORT`, `*:PORT` or `unix:PATH`.
pub fn parse_listen(text: &str) -> Option<BindAddress> {
    if let Some(path) = text.strip_prefix("unix:") {
        return (!path.is_empty()).then(|| BindAddress::Unix(PathBuf::from(path)));
    }
    let (address, port) = match text.rsplit_once(':') {
        _ if text.ends_with(']') => (text, "80"),
        Some((address, port)) => (address, port),
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => ("*", text),
        None => (text, "80"),
    };
    let address = if address == "*" { "0.0.0.0" } else { address };
    Some(BindAddress::Ip(SocketAddr::new(parse_ip(address)?, parse_port(port)?)))
}

fn parse_port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|&port| digits && port > 0)
}

/// Reads an IPv4 address, or an IPv6 address with or without brackets.
fn parse_ip(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    bare.unwrap_or(text).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAMS: &[Param] = &[
        Param { name: "PORT", default: "8080", kind: ParamKind::Port },
        Param { name: "ROOT", default: "www", kind: ParamKind::Path },
    ];

    fn settle(set: &[(&str, &str)], environment: &[(&str, &str)]) -> Result<Params, String> {
        let own = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        let set: Vec<_> = set.iter().map(own).collect();
        let find = |name: &str| environment.iter().find(|(other, _)| *other == name);
        Params::settle(PARAMS, &set, |name| find(name).map(|&(_, value)| value.to_owned()))
    }

    #[test]
    fn set_wins_over_environment_over_default() {
        let text: StartText =
            &[StartPiece::Param(1), StartPiece::Literal(":"), StartPiece::Param(0)];
        let shown = |params: Result<Params, String>| params.unwrap().text(text);
        assert_eq!(shown(settle(&[], &[])), "www:8080");
        assert_eq!(shown(settle(&[], &[("PORT", "1")])), "www:1");
        assert_eq!(shown(settle(&[("PORT", "1"), ("PORT", "2")], &[("PORT", "3")])), "www:2");
        let path = settle(&[], &[]).unwrap().path(Path::new("/srv"), &[StartPiece::Param(1)]);
        assert_eq!(path, Path::new("/srv/www"));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        assert_eq!(
            settle(&[("PORT", "0")], &[]).unwrap_err(),
            "param `PORT` is \"0\" (given by --set), which is not a port from 1 to 65535"
        );
        assert_eq!(
            settle(&[], &[("ROOT", "a\nb")]).unwrap_err(),
            "param `ROOT` is \"a\\nb\" (from the environment), which is not a path"
        );
        assert_eq!(
            settle(&[("PROT", "1")], &[]).unwrap_err(),
            "`--set PROT`: the conf's params are PORT, ROOT"
        );
    }

    #[test]
    fn reads_listen_addresses() {
        let ip = |text: &str| Some(BindAddress::Ip(text.parse().unwrap()));
        for (text, expected) in [
            ("80", ip("0.0.0.0:80")),
            ("*:80", ip("0.0.0.0:80")),
            ("127.0.0.1:8080", ip("127.0.0.1:8080")),
            ("127.0.0.1", ip("127.0.0.1:80")),
            ("[::1]:80", ip("[::1]:80")),
            ("[::]", ip("[::]:80")),
            ("unix:/run/s", Some(BindAddress::Unix("/run/s".into()))),
            ("unix:", None),
            ("localhost:80", None),
            ("127.0.0.1:0", None),
            ("127.0.0.1:+80", None),
            ("127.0.0.1:65536", None),
            ("", None),
        ] {
            assert_eq!(parse_listen(text), expected, "{text}");
        }
    }
}

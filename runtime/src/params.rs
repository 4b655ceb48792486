//! The values that may still be set when the binary starts: `--set`, else the environment, else
//! the conf's default. One that does not fit where the conf uses it stops the start.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use crate::site::{Param, ParamKind, StartPiece, StartText};
use crate::sys::identity;

/// The values, in the order of the conf's params.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Params {
    names: Vec<&'static str>,
    values: Vec<String>,
    /// Whether each is what the conf says, since nobody has set it.
    are_defaults: Vec<bool>,
}

impl Params {
    /// Settles every value. The errors name the params at fault.
    pub fn settle(
        params: &[Param],
        set: &[(String, String)],
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Params, Vec<String>> {
        let mut faults = Vec::new();
        for (name, _) in set.iter().filter(|(name, _)| params.iter().all(|p| p.name != name)) {
            let known: Vec<_> = params.iter().map(|param| param.name).collect();
            faults.push(match known.is_empty() {
                true => format!("`--set {name}`: the conf has no params"),
                false => format!("`--set {name}`: the conf's params are {}", known.join(", ")),
            });
        }
        let mut are_defaults = Vec::new();
        let mut value_of = |param: &Param| {
            let set = set.iter().rev().find(|(name, _)| name == param.name);
            let (value, source) = match (set, environment(param.name)) {
                (Some((_, value)), _) => (value.clone(), "given by --set"),
                (None, Some(value)) => (value, "from the environment"),
                (None, None) => (param.default.to_owned(), "the conf's default"),
            };
            are_defaults.push(set.is_none() && environment(param.name).is_none());
            if let Err(wanted) = check(param.kind, &value) {
                faults.push(format!(
                    "param `{}` is \"{}\" ({source}), which is not {wanted}",
                    param.name,
                    value.escape_debug()
                ));
            }
            value
        };
        let values = params.iter().map(&mut value_of).collect();
        let names = params.iter().map(|param| param.name).collect();
        if faults.is_empty() { Ok(Params { names, values, are_defaults }) } else { Err(faults) }
    }

    /// Whether a text has params in it, and nobody has set any of them.
    pub fn has_only_defaults(&self, text: StartText) -> bool {
        let mut params = text.iter().filter_map(|piece| match piece {
            StartPiece::Param(index) => Some(self.are_defaults[*index]),
            StartPiece::Literal(_) | StartPiece::HostName => None,
        });
        params.next().is_some_and(|first| first && params.all(|is_default| is_default))
    }

    /// A text with its params filled in.
    pub fn text(&self, text: StartText) -> String {
        let piece = |piece: &StartPiece| match *piece {
            StartPiece::Literal(text) => text.to_owned(),
            StartPiece::Param(index) => self.values[index].clone(),
            StartPiece::HostName => String::from_utf8_lossy(identity::host_name()).into_owned(),
        };
        text.iter().map(piece).collect()
    }

    /// A path with its params filled in; a relative one is under `prefix`.
    pub fn path(&self, prefix: &Path, text: StartText) -> PathBuf {
        prefix.join(self.text(text))
    }

    /// A server name with its params filled in: in lower case.
    pub fn server_name(&self, text: StartText) -> Vec<u8> {
        self.text(text).to_ascii_lowercase().into_bytes()
    }

    /// What of a text is not the conf's, for the end of a message about it; empty if all is.
    pub fn behind(&self, text: StartText) -> String {
        if text.contains(&StartPiece::HostName) {
            return " (`$hostname`, the name of this machine)".to_owned();
        }
        let named = text.iter().filter_map(|piece| match piece {
            StartPiece::Literal(_) | StartPiece::HostName => None,
            StartPiece::Param(index) => Some(format!("`{}`", self.names[*index])),
        });
        let named: Vec<_> = named.collect();
        match named.len() {
            0 => String::new(),
            1 => format!(" (by param {})", named[0]),
            _ => format!(" (by params {})", named.join(", ")),
        }
    }
}

/// Whether `value` fits; if not, what would.
fn check(kind: ParamKind, value: &str) -> Result<(), &'static str> {
    let (fits, wanted) = match kind {
        ParamKind::Text => (true, "text without control characters"),
        ParamKind::Port => (parse_port(value).is_some(), "a port from 1 to 65535"),
        ParamKind::Listen => (
            parse_listen(value).is_some_and(|address| !lacks_brackets(&address, value)),
            "an address to listen on (PORT, ADDR:PORT, [ADDR]:PORT or unix:PATH)",
        ),
        ParamKind::Ip => (parse_ip(value).is_some(), "an IP address"),
        ParamKind::Path => (!value.is_empty(), "a path"),
        ParamKind::HostName => (is_whole_name(value), "a whole host name"),
    };
    let plain = !value.chars().any(char::is_control);
    if fits && plain { Ok(()) } else { Err(wanted) }
}

/// Whether a text is one whole server name: no pattern, and no dot at an end. The compiler
/// asks the same of what it knows.
pub fn is_whole_name(name: &str) -> bool {
    let inner = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_label = |label: &str| {
        let belongs = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        !label.is_empty() && label.bytes().all(belongs)
    };
    match inner {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => name.split('.').all(is_label),
    }
}

/// Where a `listen` text says to bind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BindAddress {
    /// An IP address and a port.
    Ip(SocketAddr),
    /// A path of the file system.
    Unix(PathBuf),
}

/// Reads `PORT`, `ADDR:PORT`, `ADDR`, `[ADDR]:PORT`, `*:PORT` or `unix:PATH`. An IPv6 address
/// needs no brackets here: `host` may give one without.
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

/// Whether an IPv6 address stands in a `listen` without the brackets that tell its port.
fn lacks_brackets(address: &BindAddress, text: &str) -> bool {
    matches!(address, BindAddress::Ip(SocketAddr::V6(_))) && !text.starts_with('[')
}

fn parse_port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|&port| digits && port > 0)
}

/// Reads an IPv4 address, or an IPv6 address with or without brackets.
fn parse_ip(text: &str) -> Option<IpAddr> {
    match text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse().ok().map(IpAddr::V6),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAMS: &[Param] = &[
        Param { name: "PORT", default: "8080", kind: ParamKind::Port },
        Param { name: "ROOT", default: "www", kind: ParamKind::Path },
    ];

    fn settle(set: &[(&str, &str)], environment: &[(&str, &str)]) -> Result<Params, Vec<String>> {
        let own = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        let set: Vec<_> = set.iter().map(own).collect();
        let find = |name: &str| environment.iter().find(|(other, _)| *other == name);
        Params::settle(PARAMS, &set, |name| find(name).map(|&(_, value)| value.to_owned()))
    }

    #[test]
    fn set_wins_over_environment_over_default() {
        let text: StartText =
            &[StartPiece::Param(1), StartPiece::Literal(":"), StartPiece::Param(0)];
        let shown = |params: Result<Params, Vec<String>>| params.unwrap().text(text);
        assert_eq!(shown(settle(&[], &[])), "www:8080");
        assert_eq!(shown(settle(&[], &[("PORT", "1")])), "www:1");
        assert_eq!(shown(settle(&[("PORT", "1"), ("PORT", "2")], &[("PORT", "3")])), "www:2");
        let params = settle(&[], &[]).unwrap();
        let path = params.path(Path::new("/srv"), &[StartPiece::Param(1)]);
        assert_eq!(path, Path::new("/srv/www"));
        assert_eq!(params.behind(&[StartPiece::Literal("a")]), "");
        assert_eq!(params.behind(&[StartPiece::Param(1)]), " (by param `ROOT`)");
        assert_eq!(params.behind(text), " (by params `ROOT`, `PORT`)");
    }

    #[test]
    fn all_that_does_not_fit_is_named() {
        let port = "param `PORT` is \"0\" (given by --set), which is not a port from 1 to 65535";
        let root = "param `ROOT` is \"a\\nb\" (from the environment), which is not a path";
        let unknown = "`--set PROT`: the conf's params are PORT, ROOT";
        assert_eq!(settle(&[("PORT", "0")], &[]).unwrap_err(), [port]);
        assert_eq!(settle(&[], &[("ROOT", "a\nb")]).unwrap_err(), [root]);
        assert_eq!(
            settle(&[("PORT", "0"), ("PROT", "1")], &[("ROOT", "a\nb")]).unwrap_err(),
            [unknown, port, root]
        );
    }

    #[test]
    fn values_are_of_their_kind() {
        use ParamKind::{HostName, Ip, Listen, Path, Port};
        for (kind, fitting, wrong) in [
            (Port, &["1", "65535"][..], &["", "0", "65536", "-1", "80a", "+80"][..]),
            (
                Listen,
                &["80", "*:80", "127.0.0.1", "[::1]", "[::1]:80", "unix:/run/s"],
                &["", "unix:", "a.test:80", "::1", "::1:80", "[127.0.0.1]:80", "[::1", "1.2.3.4:"],
            ),
            (Ip, &["127.0.0.1", "::1", "[::1]"], &["", "*", "a.test", "[127.0.0.1]"]),
            (Path, &["/", "a b"], &["", "a\nb", "a\0"]),
            (
                HostName,
                &["a", "A.test", "1.2.3.4", "[::1]", "a_b-c.test"],
                &["", ".", "*.x", ".x", "x.*", "a.test.", "a..b", "a:80", "a b", "~x", "[a]", "ü"],
            ),
        ] {
            for value in fitting {
                assert_eq!(check(kind, value), Ok(()), "{kind:?} {value:?}");
            }
            for value in wrong {
                assert!(check(kind, value).is_err(), "{kind:?} {value:?}");
            }
        }
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
            ("::1:80", ip("[::1]:80")),
            ("[::]", ip("[::]:80")),
            ("unix:/run/s", Some(BindAddress::Unix("/run/s".into()))),
            ("unix:", None),
            ("localhost:80", None),
            ("[127.0.0.1]:80", None),
            ("127.0.0.1:0", None),
            ("127.0.0.1:+80", None),
            ("127.0.0.1:65536", None),
            ("", None),
        ] {
            assert_eq!(parse_listen(text), expected, "{text}");
        }
    }
}

//! A request that stands for its class, as somebody could send it.

use std::fmt;
use std::net::IpAddr;

use sitec_runtime::site::ListenId;

use crate::answer::address;
use crate::ir;

/// A request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Witness {
    /// Its method.
    pub method: String,
    /// Its URL.
    pub url: String,
    /// Whether it has no Host, which HTTP/1.0 allows.
    pub without_host: bool,
    /// Its fields beside Host.
    pub fields: Vec<(String, String)>,
    /// The client, where that matters.
    pub from: Option<IpAddr>,
    /// Whether the files that it leads to are there, where that matters.
    pub files: Option<bool>,
}

impl Witness {
    /// A request for a target, as it is sent, of a host at an address; the host may be empty.
    pub(super) fn new(
        site: &ir::Site,
        listen: ListenId,
        method: &str,
        host: &[u8],
        target: &str,
    ) -> Witness {
        let address = address(site, listen);
        let name = String::from_utf8_lossy(host);
        let scheme = site.listens[usize::from(listen)].scheme();
        let usual = scheme.port.to_string();
        let authority = match address.rsplit_once(':').map(|(_, port)| port) {
            _ if name.is_empty() => address,
            Some(port) if port != usual && !address.starts_with("unix:") => {
                format!("{name}:{port}")
            }
            _ => name.into_owned(),
        };
        let url = format!("{}://{authority}{target}", scheme.name);
        Witness {
            method: method.to_owned(),
            url,
            without_host: host.is_empty(),
            fields: Vec::new(),
            from: None,
            files: None,
        }
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url)?;
        if self.without_host {
            f.write_str(", HTTP/1.0 without Host")?;
        }
        for (name, value) in &self.fields {
            write!(f, ", with `{name}: {value}`")?;
        }
        if let Some(address) = self.from {
            write!(f, ", from {address}")?;
        }
        match self.files {
            Some(true) => f.write_str(", if the file is there"),
            Some(false) => f.write_str(", if there is no such file"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::compile;
    use crate::files::Memory;

    #[test]
    fn a_url_has_the_port_that_it_needs() {
        for (listen, host, url) in [
            ("80", "a.test", "http://a.test/x"),
            ("8080", "a.test", "http://a.test:8080/x"),
            ("127.0.0.1:180", "a.test", "http://a.test:180/x"),
            ("unix:a.sock", "a.test", "http://a.test/x"),
            ("127.0.0.1:8080", "", "http://127.0.0.1:8080/x"),
            ("443 ssl", "a.test", "https://a.test/x"),
            ("80 ssl", "a.test", "https://a.test:80/x"),
        ] {
            let conf =
                format!("ssl_reject_handshake on; server {{ listen {listen}; return 204; }}");
            let files = Memory::new([("site.conf", &conf[..])]);
            let site = compile(&files, Path::new("site.conf")).site.expect("it compiles");
            let witness = Witness::new(&site, 0, "GET", host.as_bytes(), "/x");
            assert_eq!(
                (&witness.url[..], witness.without_host),
                (url, host.is_empty()),
                "{listen}"
            );
        }
    }
}

//! What a site needs of the machine that it runs on: the paths that it reads and writes, the
//! programs that it starts, where it listens and whom it connects to. Each type that names such a
//! thing is taken apart by name, so that a new field does not compile until somebody has said
//! here whether it is one.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};

use sitec_runtime::pure::{BindAddress, parse_listen};
pub use sitec_runtime::site::Follow;
use sitec_runtime::site::{DirectoryId, ParamKind};

use crate::ir::{
    self, Action, Address, Handler, LogTarget, Piece, Scripts, Site, StartPiece, StartText,
};

/// What a site needs.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Needs {
    /// Its paths, in the order in which the site has them, each once. Relative ones are under the
    /// prefix.
    pub paths: Vec<Path>,
    /// The programs that it starts, as the conf names them: a name to be found, or a path.
    pub programs: Vec<String>,
    /// Extensions of scripts that are started without a program that is named.
    pub bare_scripts: Vec<String>,
    /// Where it listens.
    pub listens: Vec<Listening>,
    /// The other servers that it connects to, as the conf names them.
    pub connects: Vec<String>,
    /// Whether it also connects to servers that only a request names.
    pub connects_anywhere: bool,
    /// Whether certificates are fetched for it.
    pub fetches_certificates: bool,
}

/// A path.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Path {
    /// The path, with the values of params.
    pub path: String,
    /// What is there.
    pub what: What,
}

/// What is at a path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum What {
    /// A folder that files are read from.
    Folder {
        /// Whether those are, too, whose names begin with a dot.
        hidden: bool,
        /// Which symlinks in it are followed wherever it is served.
        follow: Follow,
    },
    /// A file that is served, and no other of its folder.
    Page {
        /// How much of the path is the folder that it is opened beneath.
        folder_len: usize,
        /// Which symlinks are followed.
        follow: Follow,
    },
    /// A file that is read, and no secret.
    File,
    /// A program of the site.
    Program,
    /// A file that only the server may read: a private key, passwords.
    Secret,
    /// A folder that is written to, and what is lost with it.
    Written(Written),
    /// A file that is written to, in a folder that is there.
    WrittenFile(Written),
}

/// What is written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Written {
    /// What clients have stored, and certificates: it must be kept.
    State,
    /// What can be fetched again.
    Cache,
    /// Lines of logs.
    Log,
    /// What means nothing once the server has ended.
    Run,
}

impl Written {
    /// Its name in a manifest.
    pub fn name(self) -> &'static str {
        match self {
            Written::State => "state",
            Written::Cache => "cache",
            Written::Log => "log",
            Written::Run => "run",
        }
    }
}

/// An address that the site listens on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listening {
    /// The address.
    pub address: ListenAddress,
    /// Whether TLS is spoken there.
    pub tls: bool,
    /// Whether an IPv6 address takes IPv6 alone.
    pub ipv6_only: bool,
    /// Length of the queue of connections not yet accepted.
    pub backlog: i32,
    /// The param that is the port, if one is.
    pub port_param: Option<usize>,
}

/// Where a site listens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ListenAddress {
    /// An IP address and a port.
    Ip(SocketAddr),
    /// A path of the file system.
    Unix(String),
}

impl Listening {
    /// The port, where it has one that others than this machine reach.
    pub fn public_port(&self) -> Option<u16> {
        match &self.address {
            ListenAddress::Ip(address) if !address.ip().is_loopback() => Some(address.port()),
            ListenAddress::Ip(_) | ListenAddress::Unix(_) => None,
        }
    }
}

/// The values of a site's params where nobody sets them.
pub fn defaults(site: &Site) -> Vec<String> {
    site.params.iter().map(|param| param.default.clone()).collect()
}

/// The values that make a site heard outside of its machine: where params say to listen on the
/// loopback interface, they say to listen on all. `given` are the indices of those that stay.
pub fn opened(site: &Site, values: &[String], given: &[usize]) -> Vec<String> {
    let mut values = values.to_owned();
    let addresses = site.listens.iter().filter_map(|listen| match &listen.address {
        Address::Param(text) => Some(text),
        Address::Ip(_) | Address::Unix(_) => None,
    });
    for param in addresses.flatten().filter_map(|piece| match piece {
        StartPiece::Param(param) if !given.contains(param) => Some(*param),
        _ => None,
    }) {
        let value = &mut values[param];
        match site.params[param].kind {
            ParamKind::Ip => match value.trim_matches(['[', ']']).parse() {
                Ok(IpAddr::V4(ip)) if ip.is_loopback() => *value = "0.0.0.0".to_owned(),
                Ok(IpAddr::V6(ip)) if ip.is_loopback() => *value = "[::]".to_owned(),
                _ => {}
            },
            ParamKind::Listen => match parse_listen(value) {
                Some(BindAddress::Ip(at)) if at.ip().is_loopback() => {
                    let front = if at.is_ipv4() { "0.0.0.0" } else { "[::]" };
                    *value = format!("{front}:{}", at.port());
                }
                _ => {}
            },
            ParamKind::Text | ParamKind::Port | ParamKind::Path | ParamKind::HostName => {}
        }
    }
    values
}

/// What a site needs where its params have these values.
pub fn needs(site: &Site, values: &[String]) -> Needs {
    let mut found = Finder { site, values, needs: Needs::default() };
    found.site();
    let mut seen = HashSet::new();
    found.needs.paths.retain(|path| seen.insert(path.clone()));
    found.needs
}

/// Walks a site.
struct Finder<'a> {
    site: &'a Site,
    values: &'a [String],
    needs: Needs,
}

impl Finder<'_> {
    fn site(&mut self) {
        let Site {
            name: _,
            conf: _,
            process,
            params: _,
            listens,
            tls,
            issuers,
            fetched,
            servers: _,
            locations,
            settings,
            accesses: _,
            zones: _,
            caches,
            upstreams,
            users,
            directories: _,
            programs,
            packs: _,
            max_scripts: _,
            logs,
            known_files: _,
            labels: _,
            resolve_every_s: _,
            types: _,
            formats: _,
            slots: _,
            named: _,
            maps: _,
            charset_maps: _,
            recodes: _,
        } = self.site;
        // Those that nobody logs to, or that stand for standard error, are no paths.
        let ir::Process { plain: _, user: _, group: _, pid, error_logs: _ } = process;
        self.directories();
        settings.iter().for_each(|settings| self.single_file(settings));
        programs.iter().for_each(|program| self.program(program));
        locations.iter().for_each(|location| self.location(location));
        users.iter().for_each(|file| self.add(file, What::Secret));
        tls.iter().for_each(|tls| self.tls(tls));
        issuers.iter().for_each(|issuer| self.issuer(issuer));
        for ir::Fetched { issuer: _, names: _, key_type: _, chain, key } in fetched {
            self.add(chain, What::WrittenFile(Written::State));
            self.add(key, What::WrittenFile(Written::State));
        }
        self.needs.fetches_certificates = !fetched.is_empty();
        self.site.tls_peers().into_iter().for_each(|peer| self.tls_peer(peer));
        for ir::Cache {
            name: _,
            path,
            levels: _,
            keys_len: _,
            inactive_ms: _,
            max_len: _,
            min_free: _,
        } in caches
        {
            self.add(path, What::Written(Written::Cache));
        }
        upstreams.iter().for_each(|upstream| self.upstream(upstream));
        logs.iter().for_each(|log| self.log(log));
        pid.iter().for_each(|pid| self.add(pid, What::WrittenFile(Written::Run)));
        listens.iter().for_each(|listen| self.listen(listen));
    }

    /// The folders that are opened at start.
    fn directories(&mut self) {
        let embedded: Vec<_> = self.site.embedded().collect();
        for (id, text) in (0..).zip(&self.site.directories) {
            let id: DirectoryId = id;
            let bases = self.site.settings.iter().filter(|settings| settings.base.directory == id);
            let bases: Vec<_> = bases.collect();
            let stores = self.site.locations.iter().any(|location| match &location.action {
                Action::Return(_) => false,
                Action::Serve { handler, .. } => {
                    let base = &self.site.settings[location.settings].base;
                    handler.writes_beneath(base) == Some(id)
                        || matches!(handler, Handler::Dav(_)) && base.directory == id
                }
            });
            if stores {
                self.add(text, What::Written(Written::State));
            }
            // What only names files in it does not need the rest.
            let is_folder = bases.iter().any(|it| !it.base.is_file());
            if is_folder && !embedded.contains(&id) {
                let hidden = bases.iter().any(|settings| settings.hidden_files);
                let follow = bases.iter().map(|settings| settings.symlinks.follow);
                let follow = follow.min_by_key(|follow| freedom(*follow));
                let follow = follow.unwrap_or(Follow::Beneath);
                self.add(text, What::Folder { hidden, follow });
            }
        }
    }

    /// The file that an `alias` names.
    fn single_file(&mut self, settings: &ir::Settings) {
        let base = &settings.base;
        if let ([Piece::Literal(inner)], true, None) =
            (&base.inner.0[..], base.is_file(), settings.pack)
        {
            let folder = self.text(&self.site.directories[usize::from(base.directory)]);
            let inner = String::from_utf8_lossy(inner);
            let path =
                format!("{}/{}", folder.trim_end_matches('/'), inner.trim_start_matches('/'));
            let (folder_len, follow) = (folder.len(), settings.symlinks.follow);
            self.needs.paths.push(Path { path, what: What::Page { folder_len, follow } });
        }
    }

    fn program(&mut self, program: &StartText) {
        let program = self.text(program);
        if program.contains('/') {
            self.needs.paths.push(Path { path: program.clone(), what: What::Program });
        }
        self.needs.programs.push(program);
    }

    /// Scripts without programs, and servers that only a request names.
    fn location(&mut self, location: &ir::Location) {
        let Action::Serve { handler, try_files: _ } = &location.action else { return };
        match handler {
            Handler::Cgi(ir::Cgi { scripts: Scripts::ByExtension(rules), params: _, plain: _ }) => {
                let bare = rules.iter().filter(|rule| rule.interpreter.is_none());
                let bare = bare.map(|rule| String::from_utf8_lossy(&rule.extension).into_owned());
                self.needs.bare_scripts.extend(bare);
            }
            Handler::Proxy(proxy) => {
                let anywhere = matches!(proxy.target, ir::Target::Computed(_));
                self.needs.connects_anywhere |= anywhere;
            }
            Handler::Cgi(_)
            | Handler::Files
            | Handler::Status
            | Handler::Metrics
            | Handler::StatusPage
            | Handler::EmptyGif
            | Handler::Upload(_)
            | Handler::Dav(_) => {}
        }
    }

    fn tls(&mut self, tls: &ir::Tls) {
        let ir::Tls {
            plain: _,
            certificates,
            stapling,
            ticket_keys,
            suites: _,
            groups: _,
            clients,
        } = tls;
        certificates.iter().for_each(|certificate| self.certificate(certificate));
        stapling.iter().for_each(|file| self.add(file, What::File));
        ticket_keys.iter().for_each(|file| self.add(file, What::Secret));
        if let Some(ir::Clients { authorities, trusted, revoked }) = clients {
            let all = authorities.iter().chain(trusted).chain(revoked);
            all.for_each(|file| self.add(file, What::File));
        }
    }

    /// A chain is no secret, but lies beside its key and is renewed with it.
    fn certificate(&mut self, certificate: &ir::Certificate) {
        let ir::Certificate { chain, key, is_fetched, passwords } = certificate;
        passwords.iter().for_each(|file| self.add(file, What::Secret));
        if !is_fetched {
            self.add(chain, What::Secret);
            self.add(key, What::Secret);
        }
    }

    fn tls_peer(&mut self, peer: &ir::TlsPeer) {
        let ir::TlsPeer { plain: _, suites: _, certificate, trusted, revoked, is_http2: _ } = peer;
        certificate.iter().for_each(|certificate| self.certificate(certificate));
        trusted.iter().chain(revoked).for_each(|file| self.add(file, What::File));
    }

    fn issuer(&mut self, issuer: &ir::Issuer) {
        let ir::Issuer {
            name: _,
            uri: _,
            contacts: _,
            accepts_terms: _,
            state,
            account_key,
            trusted,
            external,
            challenge: _,
            profile: _,
        } = issuer;
        self.add(state, What::Written(Written::State));
        account_key.iter().for_each(|key| self.add(key, What::Secret));
        trusted.iter().for_each(|file| self.add(file, What::File));
        external.iter().for_each(|(_, key)| self.add(key, What::Secret));
    }

    fn upstream(&mut self, upstream: &ir::Upstream) {
        let ir::Upstream {
            name: _,
            host: _,
            port: _,
            is_optional: _,
            peers,
            balance: _,
            // Its program is one of the site's.
            commands: _,
            is_shared: _,
            sticky: _,
            health: _,
            plain: _,
        } = upstream;
        let peers: Vec<_> = peers.iter().map(|peer| self.text(&peer.address)).collect();
        self.needs.connects.extend(peers);
    }

    fn log(&mut self, log: &LogTarget) {
        match log {
            LogTarget::Stderr | LogTarget::Stdout => {}
            LogTarget::File(path) => match &*self.text(path) {
                "stderr" | "stdout" | "/dev/stderr" | "/dev/stdout" => {}
                _ => self.add(path, What::WrittenFile(Written::Log)),
            },
            LogTarget::Folder(path) => self.add(path, What::Written(Written::Log)),
            LogTarget::Syslog(ir::Syslog {
                server,
                facility: _,
                severity: _,
                tag: _,
                hostname: _,
            }) => {
                let server = self.text(server);
                self.needs.connects.push(server);
            }
        }
    }

    fn listen(&mut self, listen: &ir::Listen) {
        let mut port_param = None;
        let address = match &listen.address {
            Address::Ip(address) => ListenAddress::Ip(*address),
            Address::Unix(path) => ListenAddress::Unix(self.text(path)),
            Address::Param(text) => {
                port_param = text.iter().find_map(|piece| match piece {
                    StartPiece::Param(param)
                        if self.site.params[*param].kind == ParamKind::Port =>
                    {
                        Some(*param)
                    }
                    _ => None,
                });
                match parse_listen(&self.text(text)) {
                    Some(BindAddress::Ip(address)) => ListenAddress::Ip(address),
                    Some(BindAddress::Unix(path)) => {
                        ListenAddress::Unix(path.to_string_lossy().into_owned())
                    }
                    // The server says so at start.
                    None => return,
                }
            }
        };
        if let ListenAddress::Unix(path) = &address {
            let what = What::WrittenFile(Written::Run);
            self.needs.paths.push(Path { path: path.clone(), what });
        }
        self.needs.listens.push(Listening {
            address,
            tls: listen.tls,
            ipv6_only: listen.ipv6_only,
            backlog: listen.backlog,
            port_param,
        });
    }

    fn text(&self, text: &[StartPiece]) -> String {
        let piece = |piece: &StartPiece| match piece {
            StartPiece::Literal(text) => text.clone(),
            StartPiece::Param(param) => self.values[*param].clone(),
            StartPiece::HostName => StartPiece::HOST_NAME.to_owned(),
        };
        text.iter().map(piece).collect()
    }

    fn add(&mut self, text: &[StartPiece], what: What) {
        let path = self.text(text);
        self.needs.paths.push(Path { path, what });
    }
}

/// How many symlinks are followed: more, the larger the number is.
fn freedom(follow: Follow) -> u8 {
    match follow {
        Follow::Never => 0,
        Follow::SameOwner => 1,
        Follow::Beneath => 2,
        Follow::Anywhere => 3,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path as FsPath;

    use super::*;
    use crate::files::Memory;

    /// The site of a conf, with a few files beside it.
    fn site(conf: &str) -> Site {
        let files = Memory::new([
            ("site.conf", conf),
            ("www/index.html", "hi"),
            ("in/x", ""),
            ("logs/a", ""),
            ("users", ""),
            ("run/x", ""),
        ]);
        let compilation = crate::compile(&files, FsPath::new("site.conf"));
        let said = compilation.diagnostics.render(&compilation.sources, false);
        compilation.site.unwrap_or_else(|| panic!("{said}"))
    }

    fn needs_of(conf: &str) -> Needs {
        let site = site(conf);
        needs(&site, &defaults(&site))
    }

    /// The paths, one in a word.
    fn paths(needs: &Needs) -> Vec<String> {
        needs.paths.iter().map(|it| format!("{:?} {}", it.what, it.path)).collect()
    }

    #[test]
    fn folders_files_and_what_is_written() {
        let needs = needs_of(
            "pid run/pid; error_log stderr;\n\
             server { listen 80; listen 127.0.0.1:81; listen unix:s; root www;\n\
             access_log logs/a; access_log stdout;\n\
             location /in { root in; upload_store in; }\n\
             location = /x { alias in/x; }\n\
             location /p { auth_basic a; auth_basic_user_file users; } }",
        );
        assert_eq!(
            paths(&needs),
            [
                "Folder { hidden: false, follow: Beneath } www",
                "Written(State) in",
                "Folder { hidden: false, follow: Beneath } in",
                "Page { folder_len: 2, follow: Beneath } in/x",
                "Secret users",
                "WrittenFile(Log) logs/a",
                "WrittenFile(Run) run/pid",
                "WrittenFile(Run) s",
            ]
        );
        let ports: Vec<_> = needs.listens.iter().map(Listening::public_port).collect();
        assert_eq!(ports, [Some(80), None, None]);
        assert!(needs.programs.is_empty() && needs.connects.is_empty());
    }

    #[test]
    fn what_is_in_the_binary_is_not_needed() {
        let needs = needs_of("server { listen 80; root www; embed on; }");
        assert_eq!(paths(&needs), [""; 0]);
    }

    #[test]
    fn a_link_is_followed_where_all_locations_follow_it() {
        let needs = needs_of(
            "server { listen 80; root www; disable_symlinks off;\n\
             location /a { disable_symlinks if_not_owner; } }",
        );
        assert_eq!(paths(&needs), ["Folder { hidden: false, follow: SameOwner } www"]);
    }

    #[test]
    fn a_param_leads_outside() {
        for (conf, expected) in [
            (
                "param A 127.0.0.1; param P 80; server { listen ${A}:${P}; return 204; }",
                "0.0.0.0 80",
            ),
            ("param A [::1]:80; server { listen $A; return 204; }", "[::]:80"),
            ("param A 10.0.0.1:80; server { listen $A; return 204; }", "10.0.0.1:80"),
            ("param P 80; server { listen 127.0.0.1:${P}; return 204; }", "80"),
        ] {
            let site = site(conf);
            let values = defaults(&site);
            assert_eq!(opened(&site, &values, &[]).join(" "), expected, "{conf}");
            // What was given stays.
            let given: Vec<_> = (0..values.len()).collect();
            assert_eq!(opened(&site, &values, &given), values, "{conf}");
        }
    }
}

//! What the conf leaves open, filled in: params, addresses, folders, programs, names. Whatever
//! is an error where the conf says it is an error where a param does.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::Faults;
use crate::cache::Store;
use crate::commands::{FoundCommand, Sayings};
use crate::context::Shared;
use crate::counts::AllCounts;
use crate::listener::{self, Endpoint};
use crate::log::{self, FolderPlace, LogPlace, SyslogPlace};
use crate::metrics::Meters;
use crate::options::Options;
use crate::params::{self, BindAddress, Params};
use crate::programs;
use crate::secured::{KeyFiles, PairFiles, PeerFiles, TlsFiles};
use crate::site::{
    Certificate, Challenge, DirectoryId, Issuer, Listen, LogTarget, ServerId, Site, StartPiece,
    StartText, Tls, TlsPeer,
};
use crate::upstream;
use crate::users::desk::Desk;
use crate::zone::Zone;

/// What is known once the command line is read.
pub(super) struct Settled {
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) log_places: Vec<LogPlace>,
    pub(super) pid_file: Option<PathBuf>,
    pub(super) shared: Shared,
    pub(super) params: Params,
    /// The folder that relative paths are under.
    pub(super) prefix: PathBuf,
}

/// Fills in what the conf leaves open. `None` where nothing more can be known for the faults.
pub(super) fn settle<S: Site>(
    options: &Options,
    prefix: &Path,
    faults: &mut Faults,
) -> Option<Settled> {
    let environment = |name: &str| std::env::var(name).ok();
    let params = faults.note_all(Params::settle(S::PARAMS, &options.set, environment));
    let prefix = options.prefix.as_deref().unwrap_or(prefix);
    let prefix = std::path::absolute(prefix)
        .map_err(|error| format!("--prefix {}: {error}", prefix.display()));
    let (params, prefix) = (params?, faults.note(prefix)?);
    let (endpoints, wrong) = listener::endpoints::<S>(&params, &prefix);
    wrong.into_iter().for_each(|fault| faults.push(fault));
    let search = std::env::var_os("PATH");
    let program = |text| {
        let found = programs::find(&params.text(text), &prefix, search.as_deref());
        found.map_err(|fault| fault + &params.behind(text))
    };
    let programs = S::PROGRAMS.iter().filter_map(|text| faults.note(program(text))).collect();
    let socket_path = |endpoint: &Endpoint| match &endpoint.address {
        BindAddress::Unix(path) => path.clone(),
        BindAddress::Ip(_) => PathBuf::new(),
    };
    let start_names = S::LISTENS.iter().map(|listen| server_names(listen, &params, faults));
    let start_names: Vec<_> = start_names.collect();
    for &(_, server) in S::LISTENS.iter().flat_map(|listen| listen.start_names) {
        S::server_settings(server).name.settle(|text| params.server_name(text));
    }
    let upstreams = S::UPSTREAMS.iter().map(|said| {
        let (found, wrong) = upstream::find(said, &params, &prefix);
        wrong.into_iter().for_each(|fault| faults.push(fault));
        found
    });
    let upstreams: Vec<_> = upstreams.collect();
    let programs: Vec<PathBuf> = programs;
    let commands = match S::COMMANDS {
        true => commands::<S>(&params, &prefix, &programs, faults),
        false => Vec::new(),
    };
    let shared = Shared {
        names: (!S::UPSTREAMS.is_empty()).then(|| upstream::Names::new(&upstreams)).flatten(),
        groups: match S::UPSTREAMS.is_empty() {
            true => upstream::SharedGroups::default(),
            false => upstream::SharedGroups::new(S::UPSTREAMS, &upstreams),
        },
        findings: upstream::Findings::default(),
        commands,
        sayings: Sayings::default(),
        upstreams,
        programs,
        directories: directories::<S>(&params, &prefix, faults),
        socket_paths: endpoints.iter().map(socket_path).collect(),
        image: None,
        counts: AllCounts::default(),
        labels: S::LABELS,
        meters: Meters::default(),
        started_unix_ms: 0,
        zones: S::ZONES.iter().map(|zone| Zone::new(zone.len)).collect(),
        caches: S::CACHES
            .iter()
            .map(|said| Store::new(said, params.path(&prefix, said.path)))
            .collect(),
        user_paths: S::USERS.iter().map(|text| params.path(&prefix, text)).collect(),
        users: Vec::new(),
        keys: None,
        key_files: KeyFiles {
            servers: key_paths::<S>(&params, &prefix),
            peers: peer_key_paths::<S>(&params, &prefix),
            challenges: challenge_folders::<S>(&params, &prefix),
        },
        desk: Desk::new(0),
        start_names,
    };
    Some(Settled {
        endpoints,
        log_places: S::LOGS.iter().map(|target| log_place::<S>(target, &params, &prefix)).collect(),
        pid_file: S::PROCESS.pid.map(|text| params.path(&prefix, text)),
        shared,
        params,
        prefix,
    })
}

/// The programs that run beside the server. One that was not found is a fault already.
fn commands<S: Site>(
    params: &Params,
    prefix: &Path,
    programs: &[PathBuf],
    faults: &mut Faults,
) -> Vec<FoundCommand> {
    if programs.len() < S::PROGRAMS.len() {
        return Vec::new();
    }
    let of_upstream = |it: &'static crate::site::Upstream| it.commands.iter().zip(it.peers);
    let found = S::UPSTREAMS.iter().flat_map(of_upstream).map(|(command, peer)| {
        let program = &programs[usize::from(command.program)];
        let environment = std::env::vars_os();
        let found = FoundCommand::new(command, peer, program, params, prefix, environment);
        let name = || params.text(command.name);
        found.ok_or_else(|| format!("`upstream_command {}`: a text has a NUL in it", name()))
    });
    found.filter_map(|found| faults.note(found)).collect()
}

/// The paths of what servers that speak TLS name.
fn key_paths<S: Site>(params: &Params, prefix: &Path) -> Vec<TlsFiles> {
    let Some(site) = S::TLS else { return Vec::new() };
    let path = |text| params.path(prefix, text);
    let files = |tls: &'static Tls| {
        let clients = tls.clients.as_ref();
        TlsFiles {
            certificates: tls.certificates.iter().map(|it| pair_files(it, path)).collect(),
            stapling: tls.stapling.map(path),
            ticket_keys: tls.ticket_keys.iter().map(|file| path(file)).collect(),
            authorities: clients.and_then(|clients| clients.authorities).map(path),
            trusted: clients.and_then(|clients| clients.trusted).map(path),
            revoked: clients.and_then(|clients| clients.revoked).map(path),
        }
    };
    site.servers.iter().map(files).collect()
}

/// Where a certificate and its key are.
fn pair_files(certificate: &Certificate, path: impl Fn(StartText) -> PathBuf) -> PairFiles {
    PairFiles {
        chain: path(certificate.chain),
        key: path(certificate.key),
        is_fetched: certificate.is_fetched,
        passwords: certificate.passwords.map(path),
    }
}

/// The paths of what is named of servers that are spoken to over TLS.
fn peer_key_paths<S: Site>(params: &Params, prefix: &Path) -> Vec<PeerFiles> {
    let Some(site) = S::TLS else { return Vec::new() };
    let path = |text| params.path(prefix, text);
    let files = |peer: &'static TlsPeer| PeerFiles {
        certificate: peer.certificate.as_ref().map(|it| pair_files(it, path)),
        trusted: peer.trusted.map(path),
        revoked: peer.revoked.map(path),
    };
    site.peers.iter().map(files).collect()
}

fn log_place<S: Site>(target: &'static LogTarget, params: &Params, prefix: &Path) -> LogPlace {
    match target {
        LogTarget::Stderr => LogPlace::Stderr,
        LogTarget::Stdout => LogPlace::Stdout,
        LogTarget::File(path) if path.iter().any(|piece| matches!(piece, StartPiece::Param(_))) => {
            LogPlace::of(&params.text(path), params.path(prefix, path))
        }
        LogTarget::File(path) => LogPlace::File(params.path(prefix, path)),
        LogTarget::Folder(path) if S::NAMED_LOGS => LogPlace::Folder(FolderPlace {
            path: params.path(prefix, path),
            append: log::append_to_named,
        }),
        LogTarget::Syslog(syslog) if S::SYSLOG => LogPlace::Syslog(SyslogPlace {
            open: log::open_syslog,
            syslog,
            server: params.text(syslog.server),
            prefix: prefix.to_owned(),
        }),
        LogTarget::Folder(_) | LogTarget::Syslog(_) => unreachable!("the site has none"),
    }
}

/// The names at a listen that are known now. Each is one whole name, and no other server's.
fn server_names(
    listen: &'static Listen,
    params: &Params,
    faults: &mut Faults,
) -> Vec<(Vec<u8>, ServerId)> {
    let mut owners: HashMap<Vec<u8>, ServerId> =
        listen.whole_names.iter().map(|&(name, server)| (name.to_vec(), server)).collect();
    let mut names = Vec::new();
    for &(text, server) in listen.start_names {
        let (name, shown) = (params.server_name(text), params.text(text));
        let by = params.behind(text);
        if !params::is_whole_name(&shown) {
            faults.push(format!("`server_name {shown}`{by}: this is not a whole host name"));
        } else if *owners.entry(name.clone()).or_insert(server) != server {
            faults.push(format!("`server_name {shown}`{by}: another server has this name"));
        }
        names.push((name, server));
    }
    names
}

/// The folders of the site, which must be there unless their files are part of the binary.
fn directories<S: Site>(params: &Params, prefix: &Path, faults: &mut Faults) -> Vec<PathBuf> {
    let root = fs::metadata("/").ok();
    let directory = |(id, text): (DirectoryId, &'static crate::site::StartText)| {
        let path = params.path(prefix, text);
        let (shown, by) = (path.display(), params.behind(text));
        if S::EMBEDDED.contains(&id) {
            return path;
        }
        match (fs::metadata(&path), &root) {
            (Ok(found), _) if !found.is_dir() => {
                faults.push(format!("`{shown}`{by} is not a directory"));
            }
            (Ok(found), Some(root))
                if S::PUBLISHED.contains(&id)
                    && (found.dev(), found.ino()) == (root.dev(), root.ino()) =>
            {
                faults.push(format!("`{shown}`{by} is the whole file system: name a folder in it"));
            }
            (Ok(_), _) => {}
            (Err(error), _) if error.kind() == std::io::ErrorKind::NotFound => {
                faults.push(format!("directory `{shown}`{by} does not exist"));
            }
            (Err(error), _) => faults.push(format!("directory `{shown}`{by}: {error}")),
        }
        path
    };
    (0..).zip(S::DIRECTORIES).map(directory).collect()
}

/// The folders of certificates for challenges, of the issuers that ask in handshakes.
fn challenge_folders<S: Site>(params: &Params, prefix: &Path) -> Vec<PathBuf> {
    let issuers = S::ACME.map_or(&[][..], |site| site.issuers).iter();
    let asking = issuers.filter(|issuer| issuer.challenge == Challenge::TlsAlpn01);
    let folder = |issuer: &Issuer| params.path(prefix, issuer.state).join(crate::acme::TLS_FOLDER);
    asking.map(folder).collect()
}

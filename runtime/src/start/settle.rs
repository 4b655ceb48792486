//! What the conf leaves open, filled in: params, addresses, folders, programs, names. Whatever
//! is an error where the conf says it is an error where a param does.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::Faults;
use crate::context::Shared;
use crate::counts::AllCounts;
use crate::listener::{self, Endpoint};
use crate::log::{LogPlace, SyslogPlace};
use crate::options::Options;
use crate::params::{self, BindAddress, Params};
use crate::programs;
use crate::site::{DirectoryId, Listen, LogTarget, ServerId, Site, StartPiece};
use crate::upstream;
use crate::users::desk::Desk;
use crate::zone::Zone;

/// What is known once the command line is read.
pub(super) struct Settled {
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) log_places: Vec<LogPlace>,
    pub(super) pid_file: Option<PathBuf>,
    pub(super) shared: Shared,
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
    let upstreams = upstreams.collect();
    let shared = Shared {
        upstreams,
        programs,
        directories: directories::<S>(&params, &prefix, faults),
        socket_paths: endpoints.iter().map(socket_path).collect(),
        image: None,
        counts: AllCounts::default(),
        zones: S::ZONES.iter().map(|zone| Zone::new(zone.len)).collect(),
        user_paths: S::USERS.iter().map(|text| params.path(&prefix, text)).collect(),
        users: Vec::new(),
        desk: Desk::new(0),
        start_names,
    };
    Some(Settled {
        endpoints,
        log_places: S::LOGS.iter().map(|target| log_place(target, &params, &prefix)).collect(),
        pid_file: S::PROCESS.pid.map(|text| params.path(&prefix, text)),
        shared,
    })
}

fn log_place(target: &'static LogTarget, params: &Params, prefix: &Path) -> LogPlace {
    match target {
        LogTarget::Stderr => LogPlace::Stderr,
        LogTarget::Stdout => LogPlace::Stdout,
        LogTarget::File(path) if path.iter().any(|piece| matches!(piece, StartPiece::Param(_))) => {
            LogPlace::of(&params.text(path), params.path(prefix, path))
        }
        LogTarget::File(path) => LogPlace::File(params.path(prefix, path)),
        LogTarget::Folder(path) => LogPlace::Folder(params.path(prefix, path)),
        LogTarget::Syslog(syslog) => LogPlace::Syslog(SyslogPlace {
            syslog,
            server: params.text(syslog.server),
            prefix: prefix.to_owned(),
        }),
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

//! From the command line to running workers.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use crate::bounds;
use crate::cgi::{Spawner, SpawnerProcess};
use crate::connection::limits;
use crate::context::{Context, Shared};
use crate::counts::AllCounts;
use crate::files::{self, Changes, Files};
use crate::image::Image;
use crate::listener::{self, Endpoint, Listener, Opened};
use crate::log::{LogPlace, Logs};
use crate::options::{self, Command, HELP, Options};
use crate::params::{BindAddress, Params};
use crate::programs;
use crate::site::{Level, LogTarget, Process, Site, StartPiece, StartText};
use crate::sys::process;
use crate::sys::signal::{Signals, Waker};
use crate::worker::{Clock, Team, Wake, Worker};

/// Runs a site: reads the command line, and serves until told to leave. `prefix` is the folder
/// that the conf's relative paths are under, unless `--prefix` names another. A failure is told
/// on standard error.
pub fn main<S: Site>(prefix: &str) -> ExitCode {
    let result = match options::parse(std::env::args().skip(1)) {
        Ok(Command::Serve(options)) => serve::<S>(&options, Path::new(prefix)),
        Ok(Command::Check(options)) => check::<S>(&options, Path::new(prefix)),
        Ok(Command::Version) => print(&version::<S>()),
        Ok(Command::Conf) => print(S::CONF),
        Ok(Command::Help) => print(HELP.as_bytes()),
        Err(error) => {
            eprintln!("error: {error}\n\nFor more information, try `--help`.");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(errors) => {
            errors.iter().for_each(|error| eprintln!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn version<S: Site>() -> Vec<u8> {
    format!("{} (sitec {})\n", S::NAME, env!("CARGO_PKG_VERSION")).into_bytes()
}

fn print(text: &[u8]) -> Result<(), Vec<String>> {
    io::stdout().write_all(text).map_err(|error| vec![format!("cannot write: {error}")])
}

/// What is known once the command line is read.
struct Settled {
    params: Params,
    prefix: PathBuf,
    endpoints: Vec<Endpoint>,
    log_places: Vec<LogPlace>,
    shared: Shared,
}

/// Fills in what the conf leaves open.
fn settle<S: Site>(options: &Options, prefix: &Path) -> Result<Settled, String> {
    let environment = |name: &str| std::env::var(name).ok();
    let params = Params::settle(S::PARAMS, &options.set, environment)?;
    let prefix = options.prefix.as_deref().unwrap_or(prefix);
    let prefix = std::path::absolute(prefix)
        .map_err(|error| format!("--prefix {}: {error}", prefix.display()))?;
    let endpoints = listener::endpoints::<S>(&params, &prefix)?;
    let log_places = S::LOGS.iter().map(|target| match target {
        LogTarget::Stderr => LogPlace::Stderr,
        LogTarget::Stdout => LogPlace::Stdout,
        LogTarget::File(path) if path.iter().any(|piece| matches!(piece, StartPiece::Param(_))) => {
            LogPlace::of(&params.text(path), params.path(&prefix, path))
        }
        LogTarget::File(path) => LogPlace::File(params.path(&prefix, path)),
    });
    let log_places = log_places.collect();
    let socket_path = |endpoint: &Endpoint| match &endpoint.address {
        BindAddress::Unix(path) => path.clone(),
        BindAddress::Ip(_) => PathBuf::new(),
    };
    let search = std::env::var_os("PATH");
    let program = |text| programs::find(&params.text(text), &prefix, search.as_deref());
    let shared = Shared {
        programs: S::PROGRAMS.iter().copied().map(program).collect::<Result<_, _>>()?,
        directories: S::DIRECTORIES.iter().map(|text| params.path(&prefix, text)).collect(),
        socket_paths: endpoints.iter().map(socket_path).collect(),
        image: None,
        counts: AllCounts::default(),
        param_names: S::LISTENS
            .iter()
            .map(|listen| {
                let names = listen.param_names.iter();
                names.map(|(text, id)| (name_of(&params, text), *id)).collect()
            })
            .collect(),
    };
    let servers = S::LISTENS.iter().flat_map(|listen| listen.param_names);
    servers.for_each(|(_, id)| S::server_settings(*id).name.settle(|text| name_of(&params, text)));
    Ok(Settled { params, prefix, endpoints, log_places, shared })
}

/// A server name with its params filled in.
fn name_of(params: &Params, text: StartText) -> Vec<u8> {
    params.text(text).to_ascii_lowercase().into_bytes()
}

/// The directories that requests would look for in vain.
fn missing_directories<S: Site>(shared: &Shared) -> Vec<String> {
    let needed = (0..).zip(&shared.directories).filter(|(id, _)| !S::EMBEDDED.contains(id));
    let missing = needed.filter(|(_, path)| !path.is_dir());
    missing.map(|(_, path)| format!("directory `{}` does not exist", path.display())).collect()
}

/// Makes the directories ready that uploads are stored in.
fn prepare_stores<S: Site>(shared: &Shared) -> Result<(), String> {
    for path in S::STORES.iter().map(|id| &shared.directories[usize::from(*id)]) {
        let swept = files::prepare_store(path)
            .map_err(|error| format!("cannot store uploads in `{}`: {error}", path.display()))?;
        if swept > 0 {
            eprintln!("{}: removed {swept} unfinished uploads in {}", S::NAME, path.display());
        }
    }
    Ok(())
}

/// `--check`: everything that could stop the start, in one run.
fn check<S: Site>(options: &Options, prefix: &Path) -> Result<(), Vec<String>> {
    let settled = settle::<S>(options, prefix).map_err(|error| vec![error])?;
    let mut errors = missing_directories::<S>(&settled.shared);
    errors.extend(listener::open(&settled.endpoints, 1).err());
    errors.extend(open_logs(&settled.log_places).err());
    errors.extend(user_ids(&S::PROCESS).err());
    if errors.is_empty() {
        errors.extend(prepare_stores::<S>(&settled.shared).err());
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    eprintln!("{}: paths and ports are good", S::NAME);
    Ok(())
}

fn open_logs(places: &[LogPlace]) -> Result<Logs, String> {
    let describe = |(path, error): (PathBuf, io::Error)| {
        format!("cannot open the log file `{}`: {error}", path.display())
    };
    Logs::open(places).map_err(describe)
}

/// The ids to run with, where the process is root and the conf names a user.
fn user_ids(settings: &Process) -> Result<Option<(&'static str, process::Ids)>, String> {
    let Some(user) = settings.user.filter(|_| process::is_root()) else { return Ok(None) };
    match process::look_up(user, settings.group) {
        Ok(ids) => Ok(Some((user, ids))),
        Err(error) => Err(format!("user: {error}")),
    }
}

fn serve<S: Site>(options: &Options, prefix: &Path) -> Result<(), Vec<String>> {
    let settled = settle::<S>(options, prefix).map_err(|error| vec![error])?;
    let missing = missing_directories::<S>(&settled.shared);
    if !missing.is_empty() {
        return Err(missing);
    }
    start::<S>(settled).map_err(|error| vec![error])
}

/// Opens everything, gives up root, and runs the workers.
fn start<S: Site>(settled: Settled) -> Result<(), String> {
    let Settled { params, prefix, endpoints, log_places, mut shared } = settled;
    let signals = Signals::install().map_err(|error| format!("signals: {error}"))?;
    let logs = open_logs(&log_places)?;
    let ids = user_ids(&S::PROCESS)?;
    let worker_count = match S::PROCESS.workers {
        Some(count) => usize::from(count),
        None => thread::available_parallelism().map_or(1, usize::from),
    };
    let Opened { listeners, paths } = listener::open(&endpoints, worker_count)?;
    let pid_file = S::PROCESS.pid.map(|text| params.path(&prefix, text));
    if let Some(path) = &pid_file {
        std::fs::write(path, format!("{}\n", std::process::id()))
            .map_err(|error| format!("cannot write the pid file `{}`: {error}", path.display()))?;
    }
    // The user may have no right to read the program.
    shared.image = S::CONTENTS.and_then(|contents| Image::find(contents()));
    if let Some((user, ids)) = ids {
        process::become_user(user, ids)
            .map_err(|error| format!("cannot become user `{user}`: {error}"))?;
    }
    prepare_stores::<S>(&shared)?;
    // Before the first thread, and while the descriptor limit is what scripts are to have.
    let (spawner_process, spawners) = start_spawner::<S>(worker_count)?.unzip();
    let connections = u64::from(S::PROCESS.worker_connections);
    let known_files = S::KNOWN_FILES.unwrap_or(0) as u64;
    let wanted = bounds::wanted_descriptors(worker_count as u64, connections, known_files);
    let mut clock = Clock::start();
    let shared: &'static Shared = Box::leak(Box::new(shared));
    S::prepare();
    let files = Files::for_worker(&shared.directories, S::KNOWN_FILES, Changes::default());
    let cx = Context::<S>::new(shared, files, logs, clock.now(), scratch_len::<S>());
    match process::raise_descriptor_limit(wanted) {
        Ok(limit) if limit < wanted => cx.report(
            Level::Warn,
            format_args!("{wanted} descriptors may be needed, and only {limit} are allowed"),
        ),
        _ => {}
    }
    for endpoint in &endpoints {
        eprintln!("{}: listening on {endpoint}", S::NAME);
    }
    let result = run_workers(cx, clock, listeners, signals, spawners.unwrap_or_default());
    if let Some(process) = spawner_process {
        SpawnerProcess::join(process);
    }
    drop(paths);
    if let Some(path) = &pid_file {
        let _ = std::fs::remove_file(path);
    }
    result.map_err(|error| format!("the event loop failed: {error}"))
}

/// The process that starts scripts, where the site has any.
fn start_spawner<S: Site>(
    worker_count: usize,
) -> Result<Option<(SpawnerProcess, Vec<Spawner>)>, String> {
    let Some(max_scripts) = S::MAX_SCRIPTS else { return Ok(None) };
    let started = SpawnerProcess::start(worker_count, max_scripts as usize);
    started.map(Some).map_err(|error| format!("cannot start the process for scripts: {error}"))
}

/// Bytes to read input into: more than the longest head.
fn scratch_len<S: Site>() -> usize {
    let head_len =
        |listen: &crate::site::Listen| limits(S::server_settings(listen.default_server)).head_len;
    let longest = S::LISTENS.iter().map(head_len).max().unwrap_or(0);
    bounds::scratch_len(longest, !S::STORES.is_empty() || S::DAV)
}

/// Runs the first worker here and the others in threads, until all have left.
fn run_workers<S: Site>(
    mut cx: Context<S>,
    clock: Clock,
    listeners: Vec<Vec<Listener>>,
    signals: Signals,
    spawners: Vec<Spawner>,
) -> io::Result<()> {
    let mut spawners = spawners.into_iter();
    cx.spawner = spawners.next().map(Rc::new);
    let mut pairs = Vec::new();
    for _ in 1..listeners.len() {
        pairs.push(Waker::new()?);
    }
    let (wakers, wakened): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
    let team = Arc::new(Team::new(wakers));
    let mut listeners = listeners.into_iter();
    let own = listeners.next().unwrap_or_default();
    thread::scope(|scope| {
        for (index, (listeners, wakened)) in listeners.zip(wakened).enumerate() {
            let (shared, logs, team) = (cx.shared, cx.logs.for_worker(), team.clone());
            let spawner = spawners.next();
            let changes = cx.files.changes();
            let run = move || {
                let files = Files::for_worker(&shared.directories, S::KNOWN_FILES, changes);
                let mut clock = clock;
                let now = clock.now();
                let mut cx = Context::<S>::new(shared, files, logs, now, scratch_len::<S>());
                cx.spawner = spawner.map(Rc::new);
                Worker::new(cx, clock, listeners, Wake::Worker(wakened), team)?.run()
            };
            thread::Builder::new()
                .name(format!("worker-{}", index + 1))
                .spawn_scoped(scope, run)?;
        }
        let result = Worker::new(cx, clock, own, Wake::Signals(signals), team.clone())?.run();
        // Without the first worker nobody would tell the others.
        team.announce_leaving();
        result
    })
}

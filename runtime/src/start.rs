//! From the command line to running workers.

mod pid_file;
mod settle;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use crate::bounds;
use crate::cgi::{Spawner, SpawnerProcess};
use crate::context::{Context, Shared};
use crate::files::{self, Changes, Files};
use crate::handed_over::{self, HandedOver};
use crate::http1::limits;
use crate::image::Image;
use crate::listener::{self, Listener};
use crate::log::{LogPlace, Logs};
use crate::options::{self, Command, HELP, Options};
use crate::poll_set::PollSet;
use crate::site::{Level, Process, Site};
use crate::sys::append::say;
use crate::sys::process;
use crate::sys::signal::{Signals, Waker};
use crate::users::desk::Desk;
use crate::users::file::UserFile;
use crate::worker::{Clock, Team, Wake, Worker};
use pid_file::PidFile;
use settle::{Settled, settle};

/// Runs a site: reads the command line, and serves until told to leave. `prefix` is the folder
/// that the conf's relative paths are under, unless `--prefix` names another. A failure is told
/// on standard error.
pub fn main<S: Site>(prefix: &str) -> ExitCode {
    // Neither does a panic wait for who reads standard error.
    std::panic::set_hook(Box::new(|panic| say(&format!("{panic}\n"))));
    let result = match options::parse(std::env::args().skip(1)) {
        Ok(Command::Serve(options)) => serve::<S>(&options, Path::new(prefix)),
        Ok(Command::Check(options)) => check::<S>(&options, Path::new(prefix)),
        Ok(Command::Version) => print(&version::<S>()),
        Ok(Command::Conf) => print(S::CONF),
        Ok(Command::Help) => print(HELP.as_bytes()),
        Err(error) => {
            say(&format!("error: {error}\n\nFor more information, try `--help`.\n"));
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(errors) => {
            errors.iter().for_each(|error| say(&format!("error: {error}\n")));
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

/// Everything that keeps the server from starting.
#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn push(&mut self, fault: String) {
        self.0.push(fault);
    }

    /// The value, if there is one; else its fault is noted.
    fn note<T>(&mut self, result: Result<T, String>) -> Option<T> {
        result.map_err(|fault| self.0.push(fault)).ok()
    }

    /// The same where there may be several faults.
    fn note_all<T>(&mut self, result: Result<T, Vec<String>>) -> Option<T> {
        result.map_err(|faults| self.0.extend(faults)).ok()
    }
}

/// What is open before the first worker starts.
struct Opened {
    logs: Option<Logs>,
    sockets: Option<listener::Opened>,
    pid_file: Option<PidFile>,
    ids: Option<(&'static str, process::Ids)>,
    worker_count: usize,
}

/// Opens what is opened as the user that starts the server.
fn open<S: Site>(
    settled: &mut Settled,
    mut handed_over: Vec<HandedOver>,
    faults: &mut Faults,
) -> Opened {
    let worker_count = match S::PROCESS.workers {
        Some(count) => usize::from(count),
        None => thread::available_parallelism().map_or(1, usize::from),
    };
    let pid_file = settled.pid_file.take().map(PidFile::open);
    let opened = Opened {
        logs: faults.note_all(open_logs(&settled.log_places)),
        ids: faults.note(user_ids(&S::PROCESS)).flatten(),
        sockets: faults.note_all(listener::open(
            &settled.endpoints,
            worker_count,
            &mut handed_over,
        )),
        pid_file: pid_file.and_then(|file| faults.note(file)),
        worker_count,
    };
    // Where an address is not known, a socket may be for that.
    if settled.endpoints.len() == S::LISTENS.len() {
        handed_over.iter().for_each(|socket| faults.push(socket.unwanted()));
    }
    // The user may have no right to read the program.
    settled.shared.image = S::CONTENTS.and_then(|contents| Image::find(contents()));
    opened
}

/// Gives up root, and does what is done without it.
fn give_up_root<S: Site>(
    ids: Option<(&'static str, process::Ids)>,
    shared: &mut Shared,
    faults: &mut Faults,
) {
    if let Some((user, ids)) = ids {
        faults.note(
            process::become_user(user, ids)
                .map_err(|error| format!("cannot become user `{user}`: {error}")),
        );
    }
    prepare_stores::<S>(shared, faults);
    read_users::<S>(shared, faults);
}

/// Reads the files of users, as who serves. One that is not there lets nobody in.
fn read_users<S: Site>(shared: &mut Shared, faults: &mut Faults) {
    for path in &shared.user_paths {
        let Some(file) = faults.note(UserFile::open(path.clone())) else { continue };
        if file.is_missing() {
            say(&format!(
                "{}: there is no file of users `{}`: nobody is let in\n",
                S::NAME,
                path.display()
            ));
        }
        shared.users.push(file);
    }
}

/// Makes the directories ready that uploads are stored in. One that is not there is a fault
/// already.
fn prepare_stores<S: Site>(shared: &Shared, faults: &mut Faults) {
    let paths = S::STORES.iter().map(|id| &shared.directories[usize::from(*id)]);
    for path in paths.filter(|path| path.is_dir()) {
        match files::prepare_store(path) {
            Ok(0) => {}
            Ok(swept) => {
                let path = path.display();
                say(&format!("{}: removed {swept} unfinished uploads in {path}\n", S::NAME));
            }
            Err(error) => {
                faults.push(format!("cannot store uploads in `{}`: {error}", path.display()));
            }
        }
    }
}

/// `--check`: everything that a start does before it serves, with all that stops it.
fn check<S: Site>(options: &Options, prefix: &Path) -> Result<(), Vec<String>> {
    let mut faults = Faults::default();
    let handed_over = handed_over(&mut faults);
    if let Some(mut settled) = settle::<S>(options, prefix, &mut faults) {
        let Opened { ids, logs, sockets, pid_file, worker_count: _ } =
            open::<S>(&mut settled, handed_over, &mut faults);
        // What this made is removed by whoever made it.
        drop((logs, sockets, pid_file));
        give_up_root::<S>(ids, &mut settled.shared, &mut faults);
    }
    if !faults.0.is_empty() {
        return Err(faults.0);
    }
    say(&format!("{}: the server can start\n", S::NAME));
    Ok(())
}

/// The sockets from a parent. This comes before anything else is opened.
fn handed_over(faults: &mut Faults) -> Vec<HandedOver> {
    let taken = handed_over::take(std::process::id(), |name| std::env::var(name).ok());
    faults.note_all(taken).unwrap_or_default()
}

fn open_logs(places: &[LogPlace]) -> Result<Logs, Vec<String>> {
    let describe = |(path, error): (PathBuf, io::Error)| {
        format!("cannot open the log file `{}`: {error}", path.display())
    };
    Logs::open(places).map_err(|faults| faults.into_iter().map(describe).collect())
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
    let mut faults = Faults::default();
    let handed_over = handed_over(&mut faults);
    let signals = faults.note(Signals::install().map_err(|error| format!("signals: {error}")));
    let opened = settle::<S>(options, prefix, &mut faults).map(|mut settled| {
        let opened = open::<S>(&mut settled, handed_over, &mut faults);
        (settled, opened)
    });
    let (Some(signals), Some((mut settled, mut opened)), true) =
        (signals, opened, faults.0.is_empty())
    else {
        return Err(faults.0);
    };
    if let Some(file) = &mut opened.pid_file {
        faults.note(file.write());
    }
    give_up_root::<S>(opened.ids, &mut settled.shared, &mut faults);
    if !faults.0.is_empty() {
        return Err(faults.0);
    }
    start::<S>(settled, opened, signals).map_err(|error| vec![error])
}

/// Runs the workers.
fn start<S: Site>(settled: Settled, opened: Opened, signals: Signals) -> Result<(), String> {
    let Settled { endpoints, shared, .. } = settled;
    let Opened { logs: Some(logs), sockets: Some(sockets), pid_file, worker_count, ids: _ } =
        opened
    else {
        unreachable!("what is not open is a fault")
    };
    let listener::Opened { listeners, paths } = sockets;
    // Before the first thread, and while the descriptor limit is what scripts are to have.
    let (spawner_process, spawners) = start_spawner::<S>(worker_count)?.unzip();
    let connections = u64::from(S::PROCESS.worker_connections);
    let known_files = S::KNOWN_FILES.unwrap_or(0) as u64;
    let kept_lines = S::UPSTREAMS.iter().map(|upstream| u64::from(upstream.keepalive)).sum();
    let kept_lines = (!S::UPSTREAMS.is_empty()).then_some(kept_lines);
    let wanted =
        bounds::wanted_descriptors(worker_count as u64, connections, known_files, kept_lines);
    let mut clock = Clock::start();
    let shared = Shared { desk: Desk::new(worker_count), ..shared };
    let shared: &'static Shared = Box::leak(Box::new(shared));
    S::prepare();
    let files = Files::for_worker(&shared.directories, S::KNOWN_FILES, Changes::default());
    let cx = Context::<S>::new(shared, files, logs, clock.now(), scratch_len::<S>());
    match process::raise_descriptor_limit(wanted) {
        Ok(limit) if limit < wanted => cx.report(
            Level::Error,
            format_args!(
                "{wanted} descriptors may be needed, and only {limit} are allowed: raise the limit \
                 (`ulimit -n`), or lower worker_connections"
            ),
        ),
        _ => {}
    }
    for endpoint in &endpoints {
        say(&format!("{}: listening on {endpoint}\n", S::NAME));
    }
    let result = run_workers(cx, clock, listeners, signals, spawners.unwrap_or_default());
    // Who is in a hurry does not wait for scripts: they are stopped all the same.
    if let Some(process) =
        spawner_process.filter(|_| !matches!(&result, Ok(team) if team.is_hurried()))
    {
        SpawnerProcess::join(process);
    }
    drop((paths, pid_file));
    match result {
        Ok(team) if team.has_failed() => Err("a worker has ended unexpectedly; see the log".into()),
        Ok(_) => Ok(()),
        Err(error) => Err(format!("cannot start the workers: {error}")),
    }
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

/// Runs the first worker here and the others in threads, until all have left. The team says how
/// that was.
fn run_workers<S: Site>(
    mut cx: Context<S>,
    clock: Clock,
    listeners: Vec<Vec<Listener>>,
    signals: Signals,
    spawners: Vec<Spawner>,
) -> io::Result<Arc<Team>> {
    let mut spawners = spawners.into_iter();
    cx.spawner = spawners.next().map(Rc::new);
    let mut pairs = Vec::new();
    for _ in 1..listeners.len() {
        pairs.push(Waker::new()?);
    }
    let (wakers, wakened): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
    let team = Arc::new(Team::new(wakers));
    if !S::USERS.is_empty() {
        let team = team.clone();
        cx.shared.desk.start(move |worker| team.wake_one(worker))?;
    }
    let mut poll_sets = listeners.iter().map(|_| PollSet::new()).collect::<io::Result<Vec<_>>>()?;
    let own_poll_set = poll_sets.pop().map_or_else(PollSet::new, Ok)?;
    let mut listeners = listeners.into_iter();
    let own = listeners.next().unwrap_or_default();
    let belongings = listeners.zip(wakened).zip(poll_sets);
    thread::scope(|scope| {
        for (index, ((listeners, wakened), poll_set)) in belongings.enumerate() {
            let (shared, logs, own_team) = (cx.shared, cx.logs.for_worker(), team.clone());
            let spawner = spawners.next();
            let changes = cx.files.changes();
            let run = move || {
                let files = Files::for_worker(&shared.directories, S::KNOWN_FILES, changes);
                let mut clock = clock;
                let now = clock.now();
                let mut cx = Context::<S>::new(shared, files, logs, now, scratch_len::<S>());
                cx.spawner = spawner.map(Rc::new);
                cx.worker = index + 1;
                let wake = Wake::Worker(wakened);
                Worker::new(cx, clock, poll_set, listeners, wake, own_team).serve();
            };
            let thread = thread::Builder::new().name(format!("worker-{}", index + 1));
            if let Err(error) = thread.spawn_scoped(scope, run) {
                team.announce_leaving();
                return Err(error);
            }
        }
        let wake = Wake::Signals(signals);
        Worker::new(cx, clock, own_poll_set, own, wake, team.clone()).serve();
        Ok(team)
    })
}

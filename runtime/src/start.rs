//! From the command line to running workers.

mod acme;
mod pid_file;
mod settle;

use std::fs;
use std::io::{self, PipeReader, Write as _};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::bounds;
use crate::cache::Store;
use crate::cgi::{Spawner, SpawnerProcess};
use crate::commands::CommandsProcess;
use crate::context::{Context, Shared};
use crate::files::{self, Changes, Files};
use crate::handed_over::{self, HandedOver};
use crate::http1::limits;
use crate::image::Image;
use crate::listener::{self, Listener};
use crate::log::{LogPlace, Logs};
use crate::options::{self, Command, HELP, Options};
use crate::poll_set::PollSet;
use crate::secured::{Keeper, KeyFiles, Keys, TlsFiles};
use crate::site::{DirectoryId, Level, Process, Site, TlsSite, UpstreamId};
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
    run::<S>(prefix, std::env::args().skip(1))
}

/// The same within a program of another kind, with these arguments. A process runs one site.
pub fn run<S: Site>(prefix: &str, arguments: impl Iterator<Item = String>) -> ExitCode {
    let result = match options::parse(arguments) {
        Ok(Command::Serve(options)) => serve::<S>(&options, Path::new(prefix))
            .map_err(|faults| helped(faults, options.prefix.as_deref(), Path::new(prefix))),
        Ok(Command::Acme(options, mode)) => acme::fetch::<S>(&options, &mode, Path::new(prefix)),
        Ok(Command::Check(options)) => check::<S>(&options, Path::new(prefix))
            .map_err(|faults| helped(faults, options.prefix.as_deref(), Path::new(prefix))),
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

/// Faults of a start. Where the folder that relative paths are under is not there, that is behind
/// most of them.
fn helped(mut faults: Vec<String>, named: Option<&Path>, built: &Path) -> Vec<String> {
    let help = match named {
        Some(prefix) if !prefix.is_dir() => format!(
            "there is no folder `{}`: `--prefix` names the one that relative paths of the conf are \
             under",
            prefix.display()
        ),
        None if !built.is_dir() => format!(
            "the site was built in `{}`, which is not on this machine: start it with `--prefix \
             DIR`, the folder that relative paths of the conf are under here",
            built.display()
        ),
        _ => return faults,
    };
    if let Some(last) = faults.last_mut() {
        *last += &format!("\n\nhelp: {help}");
    }
    faults
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
    beside: bool,
    mut handed_over: Vec<HandedOver>,
    faults: &mut Faults,
) -> Opened {
    let worker_count = match S::PROCESS.workers {
        Some(count) => usize::from(count),
        None => thread::available_parallelism().map_or(1, usize::from),
    };
    let given: Vec<_> = handed_over.iter().filter_map(HandedOver::ip).collect();
    listener::adopt(&mut settled.endpoints, &given, &settled.params);
    let pid_file = settled.pid_file.take().map(PidFile::open);
    let opened = Opened {
        logs: faults.note_all(open_logs(&settled.log_places)),
        ids: faults.note(user_ids(&S::PROCESS)).flatten(),
        sockets: faults.note_all(listener::open(
            &settled.endpoints,
            worker_count,
            &mut handed_over,
            beside,
        )),
        pid_file: pid_file.and_then(|file| faults.note(file)),
        worker_count,
    };
    // Where an address is not known, a socket may be for that.
    if settled.endpoints.len() == S::LISTENS.len() {
        handed_over.iter().for_each(|socket| faults.push(socket.unwanted()));
    }
    const { assert!(S::TLS.is_none() || cfg!(feature = "tls"), "the conf needs the feature `tls`") };
    // Nor to read the keys.
    if let Some(site) = S::TLS {
        let files = &settled.shared.key_files;
        let keeper = faults.note_all(load_tls(&site, files.clone()));
        if S::ACME.is_some() {
            files.servers.iter().for_each(say_absent::<S>);
        }
        settled.shared.keys = keeper.map(Keys::new);
    }
    // The user may have no right to read the program.
    settled.shared.image = S::CONTENTS.and_then(|contents| Image::find(contents()));
    opened
}

/// Reads keys and certificates. The faults are told, each with the file that it is in.
#[cfg(feature = "tls")]
fn load_tls(site: &TlsSite, files: KeyFiles) -> Result<Arc<dyn Keeper>, Vec<String>> {
    crate::tls::load(site, files)
}

#[cfg(not(feature = "tls"))]
fn load_tls(_: &TlsSite, _: KeyFiles) -> Result<Arc<dyn Keeper>, Vec<String>> {
    unreachable!("a site with TLS turns the feature on")
}

/// Says which certificates are not there yet.
fn say_absent<S: Site>(files: &TlsFiles) {
    for pair in files.certificates.iter().filter(|pair| pair.is_absent()) {
        let shown = pair.chain.display();
        say(&format!(
            "{}: there is no `{shown}` yet: `--acme` fetches it, and until then handshakes fail\n",
            S::NAME
        ));
    }
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
    prepare_caches::<S>(shared, faults);
    read_users::<S>(shared, faults);
}

/// Makes the folders that are not there where answers of other servers are kept, for who serves.
fn make_caches(caches: &[Store], ids: Option<&process::Ids>, faults: &mut Faults) {
    for path in caches.iter().map(Store::path).filter(|path| !path.exists()) {
        let give = |ids: &process::Ids| chown(path, Some(ids.user), Some(ids.group));
        let made = fs::create_dir_all(path).and_then(|()| ids.map_or(Ok(()), give));
        faults.note(made.map_err(|error| {
            format!("cannot make `{}` for what is kept of answers: {error}", path.display())
        }));
    }
}

/// Makes ready what keeps answers of other servers.
fn prepare_caches<S: Site>(shared: &Shared, faults: &mut Faults) {
    // Without caches in the site, their code is not in the binary.
    if S::CACHES.is_empty() {
        return;
    }
    for store in shared.caches.iter().filter(|store| store.path().exists()) {
        faults.note(store.prepare().map_err(|error| {
            format!("cannot keep answers in `{}`: {error}", store.path().display())
        }));
    }
}

/// Reads the files of users, as who serves. One that is not there lets nobody in.
fn read_users<S: Site>(shared: &mut Shared, faults: &mut Faults) {
    // Without passwords in the site, their code is not in the binary.
    if S::USERS.is_empty() {
        return;
    }
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

/// Makes the directories ready that clients write in. One that is not there is a fault already.
fn prepare_stores<S: Site>(shared: &Shared, faults: &mut Faults) {
    let prepare = |ids: &[DirectoryId], prepare: fn(&Path) -> io::Result<usize>| {
        let paths = ids.iter().map(|id| &shared.directories[usize::from(*id)]);
        let there = paths.filter(|path| path.is_dir());
        there.map(|path| (path.clone(), prepare(path))).collect::<Vec<_>>()
    };
    for (path, prepared) in prepare(S::STORES, files::prepare_store) {
        let path = path.display();
        match prepared {
            Ok(0) => {}
            Ok(swept) => {
                say(&format!("{}: removed {swept} unfinished uploads in {path}\n", S::NAME))
            }
            Err(error) => faults.push(format!("cannot store uploads in `{path}`: {error}")),
        }
    }
    for (path, swept) in prepare(S::DAV, files::sweep) {
        let path = path.display();
        match swept {
            Ok(0) => {}
            Ok(swept) => {
                say(&format!("{}: put {swept} unfinished changes right in {path}\n", S::NAME))
            }
            Err(error) => {
                say(&format!(
                    "{}: cannot put right what is unfinished in {path}: {error}\n",
                    S::NAME
                ));
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
            open::<S>(&mut settled, options.beside, handed_over, &mut faults);
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
        let opened = open::<S>(&mut settled, options.beside, handed_over, &mut faults);
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
    if !S::CACHES.is_empty() {
        let ids = opened.ids.as_ref().map(|(_, ids)| ids);
        make_caches(&settled.shared.caches, ids, &mut faults);
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
    let (commands_process, sayings) = start_commands::<S>(&shared)?.unzip();
    let connections = u64::from(S::PROCESS.worker_connections);
    let known_files = S::KNOWN_FILES.unwrap_or(0) as u64;
    let kept_lines = S::UPSTREAMS.iter().map(|upstream| u64::from(upstream.keepalive)).sum();
    let kept_lines = (!S::UPSTREAMS.is_empty()).then_some(kept_lines);
    let wanted =
        bounds::wanted_descriptors(worker_count as u64, connections, known_files, kept_lines);
    let mut clock = Clock::start();
    let started_unix_ms = clock.now().unix_ms;
    let shared = Shared { desk: Desk::new(worker_count), started_unix_ms, ..shared };
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
    if let Some(readers) = sayings {
        let started = shared.sayings.start(&shared.commands, readers, Signals::wake);
        started.map_err(|error| format!("cannot listen to programs: {error}"))?;
    }
    let result = run_workers(cx, clock, listeners, signals, spawners.unwrap_or_default());
    let is_hurried = matches!(&result, Ok(team) if team.is_hurried());
    // Nobody asks them any more.
    if let Some(process) = commands_process {
        process.stop(!is_hurried);
    }
    // Who is in a hurry does not wait for scripts: they are stopped all the same.
    if let Some(process) = spawner_process.filter(|_| !is_hurried) {
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

/// The process that starts programs beside the server, where the site has any, and what they say.
fn start_commands<S: Site>(
    shared: &Shared,
) -> Result<Option<(CommandsProcess, Vec<PipeReader>)>, String> {
    if !S::COMMANDS {
        return Ok(None);
    }
    let started = CommandsProcess::start(&shared.commands);
    started.map(Some).map_err(|error| format!("cannot start the process for programs: {error}"))
}

/// Bytes to read input into: more than the longest head.
fn scratch_len<S: Site>() -> usize {
    let least_len = |listen: &crate::site::Listen| {
        let server = S::server_settings(listen.default_server);
        limits(server).head_len.max(server.http2_recv_buffer_len)
    };
    let longest = S::LISTENS.iter().map(least_len).max().unwrap_or(0);
    bounds::scratch_len(longest, !S::STORES.is_empty() || !S::DAV.is_empty())
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
    cx.spawner = spawners.next().map(|it| Rc::new(it.counting(cx.meter.scripts.clone())));
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
    // Without upstreams in the site, their code is not in the binary.
    if let Some(names) = cx.shared.names.as_ref().filter(|_| !S::UPSTREAMS.is_empty()) {
        let team = team.clone();
        let every = Duration::from_secs(S::RESOLVE_EVERY_S);
        names.start(&cx.shared.upstreams, every, move || {
            team.wake();
            Signals::wake();
        })?;
    }
    if let Some(keys) = cx.shared.keys.as_ref().filter(|_| S::TLS.is_some()) {
        keys.start(Signals::wake)?;
    }
    if !S::CACHES.is_empty() {
        let (since, since_ms) = (Instant::now(), cx.now.monotonic_ms);
        cx.shared.caches.iter().try_for_each(|store| store.start(since, since_ms))?;
    }
    if S::HEALTH {
        let ids = 0..S::UPSTREAMS.len() as UpstreamId;
        let checks = ids.filter_map(|id| Some((id, S::health(id)?))).collect();
        cx.shared.findings.start(&cx.shared.groups, checks, Signals::wake)?;
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
                cx.spawner = spawner.map(|it| Rc::new(it.counting(cx.meter.scripts.clone())));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_that_was_moved_is_told_of_its_prefix() {
        let (here, nowhere) = (Path::new("/"), Path::new("/no/such/folder"));
        let said = |named, built| helped(vec!["a".into(), "b".into()], named, built).join("|");
        assert_eq!(said(None, here), "a|b");
        assert_eq!(said(Some(here), nowhere), "a|b");
        let moved = said(None, nowhere);
        assert!(
            moved.starts_with("a|b\n\nhelp: the site was built in `/no/such/folder`"),
            "{moved}"
        );
        assert!(moved.contains("`--prefix DIR`"), "{moved}");
        let wrong = said(Some(nowhere), here);
        assert!(wrong.contains("help: there is no folder `/no/such/folder`"), "{wrong}");
        assert!(helped(Vec::new(), None, nowhere).is_empty());
    }
}

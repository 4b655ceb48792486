//! A real spawner process and real scripts: small programs of the shell.

use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::time::{Duration, Instant};

use super::*;
use crate::sys::poll::{PollFd, poll};
use crate::sys::spawn::Ended;

/// The longest that anything here may take. Nothing waits for it unless it fails.
const PATIENCE_MS: i32 = 20_000;

/// A spawner process with one worker.
struct Office {
    process: SpawnerProcess,
    spawner: Spawner,
}

impl Office {
    fn new(max_processes: usize) -> Office {
        let (process, mut spawners) = SpawnerProcess::start(1, max_processes).expect("a spawner");
        Office { process, spawner: spawners.remove(0) }
    }

    /// Starts `sh -c SCRIPT`.
    fn run(&self, script: &str) -> Script {
        self.run_with(&command(b"/bin/sh", b"/", &[b"sh", b"-c", script.as_bytes()], b"A=b\0"))
    }

    fn run_with(&self, command: &Option<Command>) -> Script {
        let ((input_end, input), (output, output_end)) = (pipe().unwrap(), pipe().unwrap());
        let (errors, errors_end) = pipe().unwrap();
        let descriptors = Descriptors {
            input: Some(input_end.into()),
            output: output_end.into(),
            errors: Some(errors_end.into()),
        };
        let command = command.as_ref().expect("a command");
        let id = self.spawner.start(7, command, descriptors).expect("a request");
        while self.spawner.has_outgoing() {
            wait_for(self.spawner.as_raw_fd(), true);
            self.spawner.flush().expect("a spawner");
        }
        Script { id, input: Some(input), output, errors }
    }

    /// The next event but that a script has ended as it should.
    fn event(&self) -> (RequestId, Event) {
        loop {
            match self.spawner.next_event().expect("a spawner") {
                Some((_, Event::Ended(Ended::Exited(0), _))) => {}
                Some(event) => return event,
                None => wait_for(self.spawner.as_raw_fd(), false),
            }
        }
    }
}

fn command(
    program: &[u8],
    folder: &[u8],
    arguments: &[&[u8]],
    environment: &[u8],
) -> Option<Command> {
    let mut command = Command::new(program, folder, arguments)?;
    command.environment().extend_from_slice(environment);
    Some(command)
}

struct Script {
    id: RequestId,
    input: Option<PipeWriter>,
    output: PipeReader,
    errors: PipeReader,
}

impl Script {
    /// Everything that it writes.
    fn output(mut self) -> String {
        let mut text = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            wait_for(self.output.as_raw_fd(), false);
            match self.output.read(&mut buffer).expect("output") {
                0 => return String::from_utf8(text).expect("UTF-8"),
                len => text.extend_from_slice(&buffer[..len]),
            }
        }
    }

    /// The next line that it writes.
    fn line(&mut self) -> String {
        let mut line = Vec::new();
        loop {
            let mut byte = [0];
            wait_for(self.output.as_raw_fd(), false);
            self.output.read_exact(&mut byte).expect("a line");
            match byte {
                [b'\n'] => return String::from_utf8(line).expect("UTF-8"),
                [byte] => line.push(byte),
            }
        }
    }
}

fn wait_for(fd: RawFd, write: bool) {
    let ready = poll(&mut [PollFd::new(fd, write)], PATIENCE_MS).expect("a wait");
    assert!(ready > 0, "nothing comes");
}

/// Whether a process is in the group that `leader` led.
fn is_there(leader: &str) -> bool {
    std::fs::read_dir("/proc").expect("/proc").flatten().any(|entry| {
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // Behind the name: state, parent, group.
        let mut words = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        words.nth(2) == Some(leader)
    })
}

/// Waits until none is.
fn wait_until_gone(leader: &str) {
    let end = Instant::now() + Duration::from_millis(PATIENCE_MS as u64);
    while is_there(leader) {
        assert!(Instant::now() < end, "group {leader} is still there");
        std::thread::yield_now();
    }
}

#[test]
fn a_script_gets_its_environment_folder_and_input() {
    let office = Office::new(2);
    let mut script = office.run("pwd; env; cat; echo error >&2");
    script.input.take().expect("input").write_all(b"content\n").expect("written");
    let mut errors = script.errors.try_clone().expect("errors");
    let output = script.output();
    let mut lines: Vec<_> = output.lines().collect();
    lines.retain(|line| {
        !["PWD=", "_=", "OLDPWD=", "SHLVL="].iter().any(|set| line.starts_with(set))
    });
    assert_eq!(lines, ["/", "A=b", "content"]);
    let mut text = String::new();
    errors.read_to_string(&mut text).expect("errors");
    assert_eq!(text, "error\n");
}

#[test]
fn a_script_inherits_three_descriptors_and_no_signal_settings() {
    let office = Office::new(2);
    let script = office.run("ls /proc/$$/fd; exec grep -E 'Sig(Blk|Ign|Cgt)' /proc/self/status");
    let none = "0000000000000000";
    let output = script.output();
    let lines: Vec<_> = output.split_whitespace().collect();
    assert_eq!(lines[..7], ["0", "1", "2", "SigBlk:", none, "SigIgn:", none], "{output}");
}

#[test]
fn without_input_there_is_an_end() {
    let office = Office::new(2);
    let (output, output_end) = pipe().unwrap();
    let (errors, errors_end) = pipe().unwrap();
    let descriptors =
        Descriptors { input: None, output: output_end.into(), errors: Some(errors_end.into()) };
    let command = command(b"/bin/sh", b"/", &[b"sh", b"-c", b"wc -c"], b"PATH=/usr/bin:/bin\0");
    let id = office.spawner.start(1, &command.expect("a command"), descriptors).expect("started");
    let script = Script { id, input: None, output, errors };
    assert_eq!(script.output().trim(), "0");
}

#[test]
fn what_nobody_wants_to_know_leads_nowhere() {
    let office = Office::new(2);
    for wanted in [true, false] {
        let (output, output_end) = pipe().unwrap();
        let (errors, errors_end) = pipe().unwrap();
        let errors_end = wanted.then(|| errors_end.into());
        let descriptors =
            Descriptors { input: None, output: output_end.into(), errors: errors_end };
        let script = b"exec 3>&2; echo lost >&2 && readlink /proc/self/fd/3; wc -c";
        let command = command(b"/bin/sh", b"/", &[b"sh", b"-c", script], b"PATH=/usr/bin:/bin\0");
        let id = office.spawner.start(1, &command.expect("a command"), descriptors);
        let script = Script { id: id.expect("started"), input: None, output, errors };
        let output = script.output();
        let (errors, input_len) = output.trim().split_once('\n').expect("two lines");
        assert_eq!((errors == "/dev/null", input_len), (!wanted, "0"), "{output}");
    }
}

#[test]
fn a_script_leads_a_group_away_from_terminals() {
    let office = Office::new(2);
    let script = office.run("cat /proc/$$/stat; :");
    let output = script.output();
    let words: Vec<_> = output.split_whitespace().collect();
    assert_eq!((words[0], words[6]), (words[4], "0"), "group and terminal in {output}");
}

#[test]
fn what_cannot_be_started_is_told() {
    let office = Office::new(1);
    for (program, errno) in [(&b"/no/such/program"[..], libc::ENOENT), (b"/etc", libc::EACCES)] {
        let script = office.run_with(&command(program, b"/", &[program], b""));
        assert_eq!(office.event(), (script.id, Event::Failed(errno)));
        assert_eq!(script.output(), "");
    }
    let script = office.run_with(&command(b"/bin/sh", b"/no/such/folder", &[b"sh"], b""));
    assert_eq!(office.event(), (script.id, Event::Failed(libc::ENOENT)));
    assert_eq!(office.run("echo hello").output(), "hello\n");
}

#[test]
fn why_a_script_was_not_started_is_known_when_its_output_ends() {
    let office = Office::new(2);
    let other = office.run("exit 3");
    wait_for(office.spawner.as_raw_fd(), false);
    let missing = office.run_with(&command(b"/no/such/program", b"/", &[b"missing"], b""));
    wait_for(missing.output.as_raw_fd(), false);
    assert_eq!(office.spawner.refusal(missing.id), Some(Event::Failed(libc::ENOENT)));
    assert_eq!(office.spawner.refusal(missing.id), None);
    assert!(office.spawner.has_early_events());
    let ended = Event::Ended(Ended::Exited(3), b"exit 3".to_vec());
    assert_eq!(office.event(), (other.id, ended));
    assert!(!office.spawner.has_early_events());
}

#[test]
fn environments_may_be_long() {
    let office = Office::new(1);
    let value = "x".repeat(30_000);
    let environment: String = (0..8).map(|n| format!("V{n}={value}\0")).collect();
    let arguments: &[&[u8]] = &[b"sh", b"-c", b"echo ${#V0} ${#V7}"];
    let script = office.run_with(&command(b"/bin/sh", b"/", arguments, environment.as_bytes()));
    assert_eq!(script.output(), "30000 30000\n");
    let huge = vec![b'x'; 5 << 20];
    let command = command(b"/bin/sh", b"/", &[b"sh", &huge], b"").expect("a command");
    let (_, end) = pipe().unwrap();
    let errors = end.try_clone().expect("a descriptor").into();
    let errors = Some(errors);
    let descriptors = Descriptors { input: None, output: end.into(), errors };
    let error = office.spawner.start(1, &command, descriptors).expect_err("too long");
    assert_eq!(error.raw_os_error(), Some(libc::E2BIG));
}

#[test]
fn scripts_wait_for_their_turn() {
    let office = Office::new(1);
    let mut first = office.run("echo first; cat >/dev/null");
    assert_eq!(first.line(), "first");
    let second = office.run("echo second");
    let third = office.run("echo third");
    let fourth = office.run("echo fourth");
    office.spawner.cancel(third.id);
    // Whether a start is told depends on what the spawner sees first: the request, or the end
    // of the first script.
    drop(first.input.take());
    assert_eq!(second.output(), "second\n");
    assert_eq!(third.output(), "");
    assert_eq!(fourth.output(), "fourth\n");
}

#[test]
fn too_many_are_refused() {
    let office = Office::new(1);
    let mut first = office.run("echo first; cat >/dev/null");
    assert_eq!(first.line(), "first");
    let waiting: Vec<_> = (0..128).map(|_| office.run("echo waited")).collect();
    let refused = office.run("echo refused");
    assert_eq!(office.event(), (refused.id, Event::Refused));
    assert_eq!(refused.output(), "");
    drop(first);
    for script in waiting {
        assert_eq!(office.event(), (script.id, Event::Started));
        assert_eq!(script.output(), "waited\n");
    }
}

#[test]
fn a_script_that_ignores_sigterm_is_killed() {
    let office = Office::new(1);
    let mut script = office.run("trap '' TERM; sleep 1000 & echo $$; while :; do sleep 1; done");
    let leader = script.line();
    office.spawner.cancel(script.id);
    assert_eq!(script.output(), "");
    wait_until_gone(&leader);
}

#[test]
fn what_a_script_leaves_behind_goes_with_it() {
    let office = Office::new(1);
    let mut script = office.run("(trap '' TERM; sleep 1000; sleep 1000) & echo $$; exit 0");
    let leader = script.line();
    // The script has ended, and so another one may start.
    assert_eq!(office.run("echo next").output(), "next\n");
    office.spawner.cancel(script.id);
    assert_eq!(script.output(), "");
    wait_until_gone(&leader);
}

#[test]
fn a_released_script_may_take_its_time_and_no_more() {
    let office = Office::new(2);
    let mut quick = office.run("echo $$; exec >/dev/null; cat");
    let mut slow = office.run("echo $$; exec >/dev/null; sleep 1000");
    let (_, leader) = (quick.line(), slow.line());
    office.spawner.release(quick.id, PATIENCE_MS as u64, None);
    office.spawner.release(slow.id, 1, None);
    assert!(office.spawner.has_releases());
    office.spawner.tell_releases();
    assert!(!office.spawner.has_releases());
    assert_eq!(slow.output(), "");
    wait_until_gone(&leader);
    drop(quick.input.take());
    assert_eq!(quick.output(), "");
}

#[test]
fn releases_go_along_with_the_next_start() {
    let office = Office::new(3);
    let mut slow = office.run("echo $$; exec >/dev/null; sleep 1000");
    let leader = slow.line();
    office.spawner.release(slow.id, 1, None);
    assert_eq!(office.run("echo next").output(), "next\n");
    assert!(!office.spawner.has_releases());
    wait_until_gone(&leader);
}

/// Long enough for a script that has said its last word to leave, also on a busy machine.
const SHORT_MS: u64 = 500;

#[test]
fn what_a_released_script_leaves_behind_lets_go_of_its_output_or_goes() {
    let office = Office::new(3);
    let release = |mut script: Script, patience_ms| {
        let leader = script.line();
        office.spawner.release(script.id, patience_ms, Some(script.output.into()));
        (leader, script.input)
    };
    let (holds, _) = release(office.run("sleep 1000 & echo $$"), 1);
    wait_until_gone(&holds);
    let (writes, _) = release(office.run("echo $$; yes &"), PATIENCE_MS as u64);
    wait_until_gone(&writes);
    let mut script =
        office.run("exec 3<&0; { exec >/dev/null; echo free >&2; cat <&3; } & echo $$");
    // What is patient with it is not to be faster than it lets go.
    wait_for(script.errors.as_raw_fd(), false);
    script.errors.read_exact(&mut [0; 5]).expect("a word");
    let (lets_go, input) = release(script, SHORT_MS);
    // Still there once another one has come and gone by the same way.
    let (holds, _) = release(office.run("sleep 1000 & echo $$"), SHORT_MS);
    wait_until_gone(&holds);
    assert!(is_there(&lets_go));
    drop(input);
    wait_until_gone(&lets_go);
}

#[test]
fn a_bad_end_is_told() {
    let office = Office::new(1);
    let path = b"kill -9 $$";
    let killed = office.run("kill -9 $$");
    assert_eq!(office.event(), (killed.id, Event::Ended(Ended::Killed(9), path.to_vec())));
    let failed = office.run("exit 3");
    assert_eq!(office.event(), (failed.id, Event::Ended(Ended::Exited(3), b"exit 3".to_vec())));
}

#[test]
fn everything_ends_with_the_worker() {
    let office = Office::new(1);
    let mut script = office.run("sleep 1000 & echo $$; wait");
    let leader = script.line();
    let waiting = office.run("echo waited");
    let Office { process, spawner } = office;
    drop(spawner);
    process.join();
    wait_until_gone(&leader);
    assert_eq!((script.output(), waiting.output()), (String::new(), String::new()));
}

/// What the spawner has not heard of yet is forgotten where nobody wants it any more, with its descriptors; and
/// there is a bound for what it has not heard of.
#[test]
fn scripts_that_nobody_has_heard_of_hold_nothing() {
    let (ours, _theirs) = Channel::pair().expect("sockets");
    let spawner = Spawner::new(ours, 1);
    let command = command(b"/bin/sh", b"/", &[b"sh", &[b'x'; 4096]], b"").expect("a command");
    let start = || {
        let (output, end) = pipe().expect("a pipe");
        let descriptors = Descriptors { input: None, output: end.into(), errors: None };
        spawner.start(7, &command, descriptors).map(|id| (id, output))
    };
    let (mut started, most) = (Vec::new(), queue_len(1));
    let refused = loop {
        match start() {
            Ok(script) => started.push(script),
            Err(error) => break error,
        }
    };
    assert_eq!(refused.raw_os_error(), Some(libc::EAGAIN));
    assert_eq!(spawner.channel.borrow().outgoing_len(), most);
    let waiting = started.split_off(started.len() - most);
    for (id, mut output) in waiting {
        spawner.cancel(id);
        assert_eq!(output.read(&mut [0]).expect("a pipe"), 0, "its other end is closed");
    }
    assert_eq!(spawner.channel.borrow().outgoing_len(), most, "they are told of still");
}

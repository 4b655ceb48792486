//! The spawner process itself: one loop around `poll(2)` that blocks for nothing else.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use super::channel::Channel;
use super::groups::{Groups, Owner};
use super::message::{Head, Kind, MAX_PACKET_LEN, Release, Start};
use crate::backend::Event;
use crate::sys::poll::{PollFd, poll};
use crate::sys::process;
use crate::sys::spawn::{self, ChildSignals, DescriptorLimit, Ended, Launch, Launcher, Pid, Texts};

/// The shortest bound of the queue.
const MIN_QUEUE_LEN: usize = 128;
/// Scripts that may wait for each that may run.
const WAITING_PER_PROCESS: usize = 4;
/// How long the end of the process waits for groups that were forced to end.
const LAST_WAIT: Duration = Duration::from_millis(1800);

/// How many requests wait before others are refused.
pub(crate) fn queue_len(max_processes: usize) -> usize {
    (max_processes * WAITING_PER_PROCESS).max(MIN_QUEUE_LEN)
}

/// What the process does: serves until all channels are closed and no script is left.
pub(super) fn run(
    channels: Vec<Channel>,
    max_processes: usize,
    limit: DescriptorLimit,
) -> io::Result<()> {
    Server::new(channels, max_processes, limit)?.serve()
}

/// One worker, as seen from here.
struct Worker {
    channel: Channel,
    /// Texts of a request whose last packet has not come yet.
    texts: Vec<u8>,
}

/// A script that is to be started.
struct Job<'a> {
    owner: Owner,
    /// Program, folder, arguments, environment: each ended by a NUL.
    texts: Cow<'a, [u8]>,
    start: Start,
    /// Standard output, and then standard error and standard input, where they are wanted.
    fds: Vec<OwnedFd>,
}

struct Server {
    signals: ChildSignals,
    /// By number; `None` once a worker is gone.
    workers: Vec<Option<Worker>>,
    launcher: Launcher,
    /// What scripts say on standard error where nobody listens.
    nowhere: File,
    groups: Groups,
    waiting: VecDeque<Job<'static>>,
    max_processes: usize,
    buffer: Box<[u8]>,
    /// When to leave whatever still runs, once all workers are gone.
    leave_at: Option<Instant>,
}

impl Server {
    fn new(
        channels: Vec<Channel>,
        max_processes: usize,
        limit: DescriptorLimit,
    ) -> io::Result<Server> {
        let kept: Vec<_> = channels.iter().map(AsRawFd::as_raw_fd).collect();
        spawn::close_all_but(&kept)?;
        spawn::set_standard_input(File::open("/dev/null")?.as_fd())?;
        spawn::adopt_orphans()?;
        // Requests that wait hold three descriptors each. Scripts get the limit as it was.
        process::raise_descriptor_limit((queue_len(max_processes) * 3 + 64) as u64)?;
        let workers = channels.into_iter().map(|channel| {
            let texts = Vec::new();
            Some(Worker { channel, texts })
        });
        Ok(Server {
            signals: ChildSignals::install()?,
            workers: workers.collect(),
            launcher: Launcher::new(limit),
            nowhere: OpenOptions::new().write(true).open("/dev/null")?,
            groups: Groups::default(),
            waiting: VecDeque::new(),
            max_processes,
            buffer: vec![0; MAX_PACKET_LEN].into_boxed_slice(),
            leave_at: None,
        })
    }

    fn serve(&mut self) -> io::Result<()> {
        while !self.is_done() {
            let ready = self.wait()?;
            if ready.children {
                self.signals.clear();
                self.on_children();
            }
            for worker in ready.workers {
                self.on_worker(worker);
            }
            ready.outputs.into_iter().for_each(|group| self.groups.close_output(group));
            self.groups.on_time(Instant::now());
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        let overdue = || self.leave_at.is_some_and(|at| at <= Instant::now());
        self.workers.iter().all(Option::is_none) && (self.groups.is_empty() || overdue())
    }

    fn wait(&mut self) -> io::Result<Ready> {
        let mut entries = Vec::with_capacity(1 + 2 * self.workers.len());
        entries.push(PollFd::new(self.signals.as_raw_fd(), false));
        let mut numbers = Vec::with_capacity(self.workers.len());
        for (number, worker) in self.workers.iter().enumerate() {
            let Some(Worker { channel, .. }) = worker else { continue };
            entries.push(PollFd::new(channel.as_raw_fd(), false));
            numbers.push(number);
            if channel.has_outgoing() {
                entries.push(PollFd::new(channel.as_raw_fd(), true));
                numbers.push(number);
            }
        }
        let outputs: Vec<_> = self.groups.outputs().collect();
        entries.extend(outputs.iter().map(|&(_, fd)| PollFd::new(fd, false)));
        let next = self.groups.next_deadline().into_iter().chain(self.leave_at).min();
        let timeout_ms = next.map_or(-1, |at| {
            let left = at.saturating_duration_since(Instant::now());
            // Rounded up, so that it has passed when the wait is over.
            i32::try_from(left.as_millis()).map_or(i32::MAX, |ms| ms.saturating_add(1))
        });
        poll(&mut entries, timeout_ms)?;
        let (workers, released) = entries[1..].split_at(numbers.len());
        let workers = workers.iter().zip(numbers);
        let mut workers: Vec<_> =
            workers.filter_map(|(entry, number)| entry.ready().then_some(number)).collect();
        workers.dedup();
        let outputs = released.iter().zip(outputs);
        let outputs = outputs.filter_map(|(entry, (pid, _))| entry.ready().then_some(pid));
        Ok(Ready { children: entries[0].ready(), workers, outputs: outputs.collect() })
    }

    /// Children have ended: scripts, or what they have left behind.
    fn on_children(&mut self) {
        let mut others = false;
        while let Some((pid, ended)) = spawn::reap() {
            match self.groups.on_end(pid, ended) {
                Some(end)
                    if end.by_itself
                        && (ended != Ended::Exited(0) || end.leaves_others || end.awaited) =>
                {
                    self.tell(end.owner, &Event::Ended(ended, end.script.into_vec()));
                }
                Some(_) => {}
                None => others = true,
            }
        }
        if others {
            self.groups.forget_empty();
        }
        self.start_waiting();
    }

    /// A worker has said something, or is gone, or listens again.
    fn on_worker(&mut self, number: usize) {
        let mut buffer = std::mem::take(&mut self.buffer);
        let result = self.talk_with(number, &mut buffer);
        self.buffer = buffer;
        if result.is_err() {
            self.workers[number] = None;
            self.waiting.retain(|job| job.owner.worker != number);
            let now = Instant::now();
            self.groups.stop_all_of(number, now);
            if self.workers.iter().all(Option::is_none) {
                self.leave_at = Some(now + LAST_WAIT);
            }
        }
    }

    /// Takes one packet: there may be no second one, and other workers wait.
    fn talk_with(&mut self, number: usize, buffer: &mut [u8]) -> io::Result<()> {
        let Some(worker) = &mut self.workers[number] else { return Ok(()) };
        worker.channel.flush()?;
        let Some(packet) = worker.channel.receive(buffer)? else { return Ok(()) };
        let parsed = Head::parse(&buffer[..packet.len]);
        let parsed = parsed.and_then(|(head, rest)| Some((head, Release::split_list(rest)?)));
        let Some((head, (releases, texts))) = parsed else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        for Release { id, patience_ms } in releases.iter().map(Release::parse) {
            let owner = Owner { worker: number, id };
            let patience = Duration::from_millis(patience_ms);
            self.groups.release(owner, patience, None, Instant::now());
        }
        let owner = Owner { worker: number, id: head.id };
        match head.kind {
            Kind::Part => worker.texts.extend_from_slice(texts),
            Kind::Start => {
                let texts = match worker.texts.is_empty() {
                    true => Cow::Borrowed(texts),
                    false => {
                        worker.texts.extend_from_slice(texts);
                        Cow::Owned(std::mem::take(&mut worker.texts))
                    }
                };
                let job = Job { owner, texts, start: Start::of(head.value), fds: packet.fds };
                match packet.truncated {
                    true => self.tell(owner, &Event::Failed(libc::EMFILE)),
                    false => self.admit(job),
                }
            }
            Kind::Cancel => {
                self.waiting.retain(|job| job.owner != owner);
                self.groups.stop(owner, Instant::now());
            }
            Kind::Release => {
                let patience = Duration::from_millis(head.value);
                let output = packet.fds.into_iter().next();
                self.groups.release(owner, patience, output, Instant::now());
            }
            Kind::Releases => {}
            // Only this process says such things.
            Kind::Started | Kind::Refused | Kind::Failed | Kind::Exited | Kind::Killed => {}
        }
        Ok(())
    }

    /// Starts a script, or has it wait for its turn.
    fn admit(&mut self, job: Job<'_>) {
        if self.groups.leader_count() < self.max_processes {
            self.launch(&job);
        } else if self.waiting.len() < queue_len(self.max_processes) {
            self.waiting.push_back(job.into_owned());
        } else {
            self.tell(job.owner, &Event::Refused);
        }
    }

    fn start_waiting(&mut self) {
        while self.groups.leader_count() < self.max_processes {
            let Some(job) = self.waiting.pop_front() else { return };
            if self.launch(&job) {
                self.tell(job.owner, &Event::Started);
            }
        }
    }

    /// Starts a script; false, and its owner told, where that fails.
    fn launch(&mut self, job: &Job<'_>) -> bool {
        match job.launch(&mut self.launcher, self.nowhere.as_fd()) {
            Ok(pid) => {
                self.groups.add(pid, job.owner, job.script());
                true
            }
            Err(error) => {
                self.tell(job.owner, &Event::Failed(error.raw_os_error().unwrap_or(libc::EIO)));
                false
            }
        }
    }

    fn tell(&mut self, owner: Owner, event: &Event) {
        if let Some(Some(worker)) = self.workers.get_mut(owner.worker) {
            let packet = Head::packet_of(owner.id, event);
            // A worker that is gone is noticed when its end is read.
            let _ = worker.channel.send([&packet, &[]], Vec::new());
        }
    }
}

/// What one wait came to.
struct Ready {
    children: bool,
    workers: Vec<usize>,
    /// Groups whose released output has come to its end, or is written to.
    outputs: Vec<Pid>,
}

impl Job<'_> {
    /// The same, to be kept.
    fn into_owned(self) -> Job<'static> {
        let Job { owner, texts, start, fds } = self;
        Job { owner, texts: Cow::Owned(texts.into_owned()), start, fds }
    }

    /// The path of the script: the last argument.
    fn script(&self) -> &[u8] {
        let mut texts = self.texts.split(|&byte| byte == 0);
        texts.nth(1 + self.start.argument_count as usize).unwrap_or_default()
    }

    /// Starts the program: it, its folder, its arguments and its environment are the texts.
    fn launch(&self, launcher: &mut Launcher, nowhere: BorrowedFd<'_>) -> io::Result<Pid> {
        let invalid = || io::Error::from_raw_os_error(libc::EINVAL);
        let mut texts = Texts::new(&self.texts).ok_or_else(invalid)?;
        let (Some(program), Some(folder)) = (texts.next(), texts.next()) else {
            return Err(invalid());
        };
        let mut fds = self.fds.iter().map(AsFd::as_fd);
        let output = fds.next().ok_or_else(invalid)?;
        let errors = if self.start.has_errors { fds.next() } else { Some(nowhere) };
        launcher.launch(&Launch {
            program,
            folder,
            argument_count: self.start.argument_count as usize,
            texts,
            output,
            errors: errors.ok_or_else(invalid)?,
            input: fds.next(),
        })
    }
}

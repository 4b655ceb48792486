//! The scripts that run, and the process groups that they lead.

use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

use crate::backend::RequestId;
use crate::sys::spawn::{self, Ended, Pid, Stop};

/// How long a group that was asked to end may take before it is forced to.
const GRACE: Duration = Duration::from_secs(1);

/// Whose a script is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Owner {
    /// The worker's number.
    pub(super) worker: usize,
    /// Its name for the script.
    pub(super) id: RequestId,
}

/// How far a group is on its way to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ending {
    /// Nobody has asked for it.
    Wanted,
    /// Its output is complete; it may go on until then.
    Patient(Instant),
    /// SIGTERM was sent; SIGKILL follows then.
    Asked(Instant),
    /// SIGKILL was sent.
    Forced,
}

/// One script's process group.
#[derive(Debug)]
struct Group {
    pid: Pid,
    owner: Owner,
    /// The script's path.
    script: Box<[u8]>,
    /// Whether the script itself lives; what it has started may outlive it.
    leader: bool,
    ending: Ending,
    /// Our end of its output, if that was open still when it was released.
    output: Option<OwnedFd>,
}

/// The end of a script.
#[derive(Debug)]
pub(super) struct End {
    pub(super) owner: Owner,
    /// Its path.
    pub(super) script: Box<[u8]>,
    /// Whether nobody had asked for it, or not so.
    pub(super) by_itself: bool,
    /// Whether somebody waits for it still.
    pub(super) awaited: bool,
    /// Whether its group has members still.
    pub(super) leaves_others: bool,
}

/// Every group that has a member left.
#[derive(Debug, Default)]
pub(super) struct Groups(Vec<Group>);

impl Groups {
    /// Adds the group of a script that has just started.
    pub(super) fn add(&mut self, pid: Pid, owner: Owner, script: &[u8]) {
        let script = script.into();
        let (leader, ending, output) = (true, Ending::Wanted, None);
        self.0.push(Group { pid, owner, script, leader, ending, output });
    }

    /// Whether nothing runs.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The scripts that run.
    pub(super) fn leader_count(&self) -> usize {
        self.0.iter().filter(|group| group.leader).count()
    }

    /// A child has ended. If it was a script: what is to be known of it. A group that it leaves
    /// nobody in is forgotten.
    pub(super) fn on_end(&mut self, pid: Pid, ended: Ended) -> Option<End> {
        let index = self.0.iter().position(|group| group.leader && group.pid == pid)?;
        let group = &mut self.0[index];
        group.leader = false;
        let by_itself = match group.ending {
            Ending::Wanted | Ending::Patient(_) => true,
            Ending::Asked(_) => matches!(ended, Ended::Killed(signal) if !Stop::Ask.is(signal)),
            Ending::Forced => false,
        };
        let awaited = group.ending == Ending::Wanted;
        let (owner, leaves_others) = (group.owner, spawn::has_child_in(pid));
        let script = match leaves_others {
            true => group.script.clone(),
            false => self.0.swap_remove(index).script,
        };
        Some(End { owner, script, by_itself, awaited, leaves_others })
    }

    /// Forgets the groups that have no member any more: those without a leader in which this
    /// process has no child.
    pub(super) fn forget_empty(&mut self) {
        self.0.retain(|group| group.leader || spawn::has_child_in(group.pid));
    }

    /// Stops a group.
    pub(super) fn stop(&mut self, owner: Owner, now: Instant) {
        self.each(|group| group.owner == owner, |group| group.ask(now));
    }

    /// Stops every group of a worker.
    pub(super) fn stop_all_of(&mut self, worker: usize, now: Instant) {
        self.each(|group| group.owner.worker == worker, |group| group.ask(now));
    }

    /// Stops a group if it takes longer than `patience` until its leader has ended and nobody in
    /// it holds `output`. What a script leaves running on purpose has let go of that.
    pub(super) fn release(
        &mut self,
        owner: Owner,
        patience: Duration,
        output: Option<OwnedFd>,
        now: Instant,
    ) {
        let wanted = |group: &&mut Group| group.owner == owner && group.ending == Ending::Wanted;
        if let Some(group) = self.0.iter_mut().find(wanted) {
            group.ending = Ending::Patient(now + patience);
            group.output = output;
        }
    }

    /// The outputs to be watched for reading, and whose they are.
    pub(super) fn outputs(&self) -> impl Iterator<Item = (Pid, RawFd)> {
        self.0.iter().filter_map(|group| Some((group.pid, group.output.as_ref()?.as_raw_fd())))
    }

    /// Closes an output: nobody holds it any more, or somebody writes on and is to be told.
    pub(super) fn close_output(&mut self, pid: Pid) {
        self.0.iter_mut().filter(|group| group.pid == pid).for_each(|group| group.output = None);
    }

    /// When [`on_time`](Self::on_time) has something to do.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.0.iter().filter_map(Group::deadline).min()
    }

    /// Does what is due.
    pub(super) fn on_time(&mut self, now: Instant) {
        self.each(|group| group.deadline().is_some_and(|at| at <= now), |group| group.ask(now));
    }

    fn each(&mut self, wanted: impl Fn(&Group) -> bool, act: impl Fn(&mut Group)) {
        self.0.iter_mut().filter(|group| wanted(group)).for_each(act);
    }
}

impl Group {
    fn deadline(&self) -> Option<Instant> {
        match self.ending {
            Ending::Patient(at) if self.leader || self.output.is_some() => Some(at),
            Ending::Asked(at) => Some(at),
            Ending::Wanted | Ending::Patient(_) | Ending::Forced => None,
        }
    }

    /// Takes the next step to the end: SIGTERM, and after the grace SIGKILL.
    fn ask(&mut self, now: Instant) {
        let how = match self.ending {
            Ending::Wanted | Ending::Patient(_) => {
                self.ending = Ending::Asked(now + GRACE);
                Stop::Ask
            }
            Ending::Asked(at) if at <= now => {
                self.ending = Ending::Forced;
                Stop::Force
            }
            Ending::Asked(_) | Ending::Forced => return,
        };
        spawn::stop_group(self.pid, how);
        if self.leader {
            // It may have left its own group.
            spawn::stop(self.pid, how);
        }
    }
}

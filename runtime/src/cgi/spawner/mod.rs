//! The spawner: a small process that starts scripts for all workers, so that none of them
//! waits for a `vfork`, and stops them, with all that they have started themselves.
//!
//! It is forked before the first thread starts, holds nothing of the server but one socket for
//! each worker, and ends with the server. It adopts what scripts leave behind: as long as a
//! script's process group has a member, the spawner has a child in it, so that a group's number
//! is never used for another one by mistake. Where it dies, another one takes its place
//! ([`keeper`](crate::keeper)).

mod channel;
mod groups;
mod message;
mod server;
#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::Arc;

use self::channel::Channel;
use self::message::{
    Head, Kind, MAX_EVENT_LEN, MAX_FRONT_LEN, MAX_PACKET_LEN, MAX_RELEASES, Release, Start,
};
pub(crate) use self::server::queue_len;
use super::command::Command;
use crate::backend::{Event, RequestId};
use crate::counts::Scripts;
use crate::keeper;
use crate::sys::spawn::{self, DescriptorLimit, Pid};

/// The longest texts of one packet.
const MAX_PIECE_LEN: usize = MAX_PACKET_LEN - MAX_FRONT_LEN;
/// The longest texts of one script. The kernel's own bound is mostly lower.
const MAX_TEXTS_LEN: usize = 4 << 20;

/// The descriptors that a script gets.
#[derive(Debug)]
pub struct Descriptors {
    /// Standard input; `None` is empty.
    pub input: Option<OwnedFd>,
    /// Standard output.
    pub output: OwnedFd,
    /// Standard error; `None` leads nowhere.
    pub errors: Option<OwnedFd>,
}

/// The spawner process, as the server's main thread holds it.
#[derive(Debug)]
pub struct SpawnerProcess(Pid);

impl SpawnerProcess {
    /// Starts it, for this many workers and at most `max_processes` scripts at once. Before the
    /// first thread, and while the descriptor limit is the one that scripts are to have.
    pub fn start(
        workers: usize,
        max_processes: usize,
    ) -> io::Result<(SpawnerProcess, Vec<Spawner>)> {
        let pairs = (0..workers).map(|_| Channel::pair()).collect::<io::Result<Vec<_>>>()?;
        let (ours, theirs): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let limit = DescriptorLimit::current()?;
        let pid = spawn::fork(|| {
            let kept: Vec<_> = theirs.iter().map(AsRawFd::as_raw_fd).collect();
            keeper::keep(&kept, "scripts", || {
                let channels = theirs.iter().map(Channel::another).collect::<io::Result<_>>()?;
                server::run(channels, max_processes, limit)
            })
        })?;
        Ok((
            SpawnerProcess(pid),
            ours.into_iter().map(|ours| Spawner::new(ours, max_processes)).collect(),
        ))
    }

    /// Waits for its end. It comes within two seconds of the last [`Spawner`]'s.
    pub fn join(self) {
        // It can only fail if there is no such process any more.
        let _ = spawn::wait_for(self.0);
    }
}

/// One worker's line to the spawner process. Dropped, it gives up all of its scripts.
pub struct Spawner {
    channel: RefCell<Channel>,
    /// The most packets that wait until the spawner takes more, before no further script is started: as
    /// many as requests would wait there. Each holds descriptors.
    most_outgoing: usize,
    serial: Cell<u64>,
    /// What goes along with the next packet.
    releases: RefCell<Vec<Release>>,
    /// Events that came to light when another was looked for.
    early: RefCell<VecDeque<(RequestId, Event)>>,
    /// Who has the scripts that others have begun, by token.
    moved: RefCell<HashMap<RequestId, u64>>,
    /// How many there are and were.
    counts: Arc<Scripts>,
}

impl Spawner {
    fn new(channel: Channel, max_processes: usize) -> Spawner {
        Spawner {
            most_outgoing: queue_len(max_processes),
            channel: RefCell::new(channel),
            serial: Cell::new(0),
            releases: RefCell::default(),
            early: RefCell::default(),
            moved: RefCell::default(),
            counts: Arc::default(),
        }
    }

    /// The same, which counts its scripts here.
    pub fn counting(self, counts: Arc<Scripts>) -> Spawner {
        Spawner { counts, ..self }
    }

    /// Takes note that somebody else has a script from now on.
    pub fn set_owner(&self, id: RequestId, token: u64) {
        self.moved.borrow_mut().insert(id, token);
    }

    /// The token of who has a script.
    pub fn owner(&self, id: RequestId) -> u64 {
        self.moved.borrow().get(&id).copied().unwrap_or(id.token)
    }

    /// Forgets who has a script: nothing more is wanted of it.
    fn forget_owner(&self, id: RequestId) {
        self.counts.over.add(1);
        self.moved.borrow_mut().remove(&id);
    }

    /// Has a script started, now or when others have ended. The error is `E2BIG`, or
    /// means that the spawner process is gone.
    pub fn start(
        &self,
        token: u64,
        command: &Command,
        descriptors: Descriptors,
    ) -> io::Result<RequestId> {
        self.serial.set(self.serial.get() + 1);
        let id = RequestId { token, serial: self.serial.get() };
        let texts = command.texts();
        if texts.len() > MAX_TEXTS_LEN {
            return Err(io::Error::from_raw_os_error(libc::E2BIG));
        }
        if self.channel.borrow().outgoing_len() >= self.most_outgoing {
            return Err(io::Error::from_raw_os_error(libc::EAGAIN));
        }
        let start = Start {
            argument_count: command.argument_count() as u32,
            has_errors: descriptors.errors.is_some(),
            is_whole: texts.len() <= MAX_PIECE_LEN,
        };
        let mut fds = vec![descriptors.output];
        fds.extend(descriptors.errors.into_iter().chain(descriptors.input));
        let mut pieces = texts.chunks(MAX_PIECE_LEN).peekable();
        while let Some(piece) = pieces.next() {
            let last = pieces.peek().is_none();
            let (kind, value) = match last {
                true => (Kind::Start, start.value()),
                false => (Kind::Part, 0),
            };
            let fds = if last { std::mem::take(&mut fds) } else { Vec::new() };
            self.send(Head { kind, id, value }, piece, fds)?;
        }
        self.counts.begun.add(1);
        Ok(id)
    }

    /// Gives a script up: it is not started if it has not been, and else stopped, with all of
    /// its process group.
    pub fn cancel(&self, id: RequestId) {
        self.forget_owner(id);
        let cancel = Head { kind: Kind::Cancel, id, value: 0 };
        // Where nobody has heard of it yet, nobody will, and what it was to have is let go of at once.
        let in_place_of = |packet: &[u8]| {
            let (head, rest) = Head::parse(packet)?;
            let is_it = head.kind == Kind::Start && head.id == id;
            if !is_it || !Start::of(head.value).is_whole {
                return None;
            }
            let (_, texts) = Release::split_list(rest)?;
            let releases = &rest[..rest.len() - texts.len()];
            let mut packet = cancel.packet(releases.len());
            packet.extend_from_slice(releases);
            Some(packet)
        };
        if !self.channel.borrow_mut().replace(in_place_of) {
            self.tell(cancel, Vec::new());
        }
    }

    /// Lets a script come to its end, of which nothing more is wanted. It is stopped if it takes
    /// longer than this; so is what it has left behind, if that still holds its `output`, which
    /// has not come to its end, without writing to it.
    ///
    /// Without an output there is no haste: it is told with the next packet.
    pub fn release(&self, id: RequestId, patience_ms: u64, output: Option<OwnedFd>) {
        self.forget_owner(id);
        match output {
            Some(output) => {
                self.tell(Head { kind: Kind::Release, id, value: patience_ms }, vec![output]);
            }
            None => {
                self.releases.borrow_mut().push(Release { id, patience_ms });
                if self.releases.borrow().len() == MAX_RELEASES {
                    self.tell_releases();
                }
            }
        }
    }

    /// Whether releases wait for a packet to go along with. Without one,
    /// [`tell_releases`](Self::tell_releases) is to be called after a while.
    pub fn has_releases(&self) -> bool {
        !self.releases.borrow().is_empty()
    }

    /// Tells the releases that wait.
    pub fn tell_releases(&self) {
        let id = RequestId { token: 0, serial: 0 };
        self.tell(Head { kind: Kind::Releases, id, value: 0 }, Vec::new());
    }

    fn tell(&self, head: Head, fds: Vec<OwnedFd>) {
        // Without a spawner process there is nobody to tell; its scripts ended with it.
        let _ = self.send(head, &[], fds);
    }

    fn send(&self, head: Head, texts: &[u8], fds: Vec<OwnedFd>) -> io::Result<()> {
        let mut releases = self.releases.borrow_mut();
        let mut front = head.packet(Release::list_len(releases.len()));
        Release::write_list(&releases, &mut front);
        releases.clear();
        self.channel.borrow_mut().send([&front, texts], fds)
    }

    /// The next event, if there is one. The error means that the spawner process is gone.
    pub fn next_event(&self) -> io::Result<Option<(RequestId, Event)>> {
        match self.early.borrow_mut().pop_front() {
            Some(early) => Ok(Some(early)),
            None => self.receive_event(),
        }
    }

    /// Why a script was not started, if it was not: its output has ended then, and the reason was
    /// told before. Events of others that come to light are kept.
    pub fn refusal(&self, id: RequestId) -> Option<Event> {
        let mut early = self.early.borrow_mut();
        // That the spawner is gone is seen by the next event, too.
        while let Ok(Some(event)) = self.receive_event() {
            early.push_back(event);
        }
        let refuses = |event: &Event| matches!(event, Event::Refused | Event::Failed(_));
        let index = early.iter().position(|(of, event)| *of == id && refuses(event))?;
        early.remove(index).map(|(_, event)| event)
    }

    /// Whether there are events that no readiness tells of.
    pub fn has_early_events(&self) -> bool {
        !self.early.borrow().is_empty()
    }

    fn receive_event(&self) -> io::Result<Option<(RequestId, Event)>> {
        let mut buffer = [0; MAX_EVENT_LEN];
        let Some(packet) = self.channel.borrow_mut().receive(&mut buffer)? else { return Ok(None) };
        let parsed = Head::parse(&buffer[..packet.len]);
        Ok(parsed.and_then(|(head, script)| Some((head.id, head.event(script)?))))
    }

    /// Whether [`flush`](Self::flush) is to be called once the socket takes more.
    pub fn has_outgoing(&self) -> bool {
        self.channel.borrow().has_outgoing()
    }

    /// Sends what had to wait. The error means that the spawner process is gone.
    pub fn flush(&self) -> io::Result<()> {
        self.channel.borrow_mut().flush()
    }
}

impl AsRawFd for Spawner {
    fn as_raw_fd(&self) -> RawFd {
        self.channel.borrow().as_raw_fd()
    }
}

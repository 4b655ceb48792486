//! Servers that are asked now and then whether they are well (`health_check`): a thread asks, and all
//! workers know what has come of it, since such an upstream has a `zone`.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{FoundPeer, PeerAddress, SharedGroups};
use crate::http::answer::{AnswerFraming, AnswerHead, AnswerReader};
use crate::http::body::{BodyReader, Framing};
use crate::site::{FieldTest, Health, HealthTest, Level, UpstreamId};
use crate::sys::net;
use crate::sys::poll::{PollFd, poll};

/// The longest head of an answer, and the most of its content that is looked at.
const MAX_HEAD_LEN: usize = 64 << 10;
const MAX_CONTENT_LEN: usize = 256 << 10;
/// What the thread needs.
const STACK_LEN: usize = 256 << 10;
/// The most lines that wait for the log.
const MAX_LINES: usize = 1000;
/// How often it is looked which peers there are.
const LOOK: Duration = Duration::from_secs(1);

/// What has come of asking, for the log.
#[derive(Default)]
pub struct Findings(Mutex<Vec<(Level, String)>>);

impl Findings {
    /// Starts the thread that asks. `wake` has the first worker look.
    pub fn start(
        &'static self,
        groups: &'static SharedGroups,
        checks: Vec<(UpstreamId, &'static Health)>,
        wake: impl Fn() + Send + 'static,
    ) -> io::Result<()> {
        let thread = thread::Builder::new().name("health".to_owned()).stack_size(STACK_LEN);
        thread.spawn(move || {
            let mut doctor = Doctor { groups, checks, probes: HashMap::new(), random: 1 };
            loop {
                let told = doctor.turn();
                if !told.is_empty() {
                    let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                    lines.extend(told);
                    lines.truncate(MAX_LINES);
                    drop(lines);
                    wake();
                }
            }
        })?;
        Ok(())
    }

    /// What has come of it since this was last asked.
    pub fn take(&self) -> Vec<(Level, String)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A peer of one upstream: its place, and which of all that have been there it is.
type Key = (usize, usize, u64);

struct Doctor {
    groups: &'static SharedGroups,
    checks: Vec<(UpstreamId, &'static Health)>,
    probes: HashMap<Key, Probe>,
    random: u64,
}

/// What is known of one peer.
struct Probe {
    found: Arc<FoundPeer>,
    /// When it is asked again, or has to have answered.
    at: Instant,
    talk: Option<Talk>,
    passes: u32,
    fails: u32,
    is_well: bool,
}

/// A question that is under way.
struct Talk {
    socket: OwnedFd,
    sent: usize,
    reader: AnswerReader,
    answer: Option<Answer>,
}

/// An answer whose head is there.
struct Answer {
    head: AnswerHead,
    chunks: Option<BodyReader>,
    content: Vec<u8>,
}

/// What a step has come to.
enum Step {
    Waits,
    Well,
    Ill(String),
}

impl Doctor {
    /// Asks whom it is time to ask, waits until something happens, and tells who is not what he was.
    fn turn(&mut self) -> Vec<(Level, String)> {
        let now = Instant::now();
        self.look(now);
        let mut told = Vec::new();
        let Doctor { groups, checks, probes, random } = self;
        let mut settle = |key: &Key, probe: &mut Probe, step: Step| {
            let (upstream, health) = checks[key.0];
            probe.talk = None;
            probe.at = Instant::now() + pause(health, random);
            told.extend(probe.take_note(health, step, groups, upstream, key));
        };
        for (key, probe) in probes.iter_mut().filter(|(_, probe)| probe.at <= now) {
            let health = checks[key.0].1;
            if probe.talk.take().is_some() {
                settle(key, probe, Step::Ill("it takes too long".to_owned()));
                continue;
            }
            match Talk::begin(&probe.found, health) {
                Ok(talk) => {
                    probe.talk = Some(talk);
                    probe.at = now + Duration::from_millis(health.timeout_ms);
                }
                Err(error) => settle(key, probe, Step::Ill(error.to_string())),
            }
        }
        let mut entries = Vec::new();
        let mut keys = Vec::new();
        for (key, probe) in probes.iter() {
            let Some(talk) = &probe.talk else { continue };
            let writes = talk.sent < checks[key.0].1.request.len();
            entries.push(PollFd::new(talk.socket.as_raw_fd(), writes));
            keys.push(*key);
        }
        let next = probes.values().map(|probe| probe.at).min();
        let wait = next.map_or(LOOK, |at| at.saturating_duration_since(Instant::now()).min(LOOK));
        let wait_ms = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX).saturating_add(1);
        if poll(&mut entries, wait_ms).is_err() {
            thread::sleep(LOOK);
        }
        for (key, _) in keys.iter().zip(&entries).filter(|(_, entry)| entry.ready()) {
            let Some(probe) = probes.get_mut(key) else { continue };
            let Some(talk) = &mut probe.talk else { continue };
            match talk.go_on(checks[key.0].1) {
                Step::Waits => {}
                step => settle(key, probe, step),
            }
        }
        told
    }

    /// Looks which peers there are: names may lead elsewhere.
    fn look(&mut self, now: Instant) {
        let mut there = HashMap::new();
        for (at, (upstream, health)) in self.checks.iter().enumerate() {
            for (peer, serial, found) in self.groups.peers(*upstream) {
                there.insert((at, peer, serial), (found, *health));
            }
        }
        self.probes.retain(|key, _| there.contains_key(key));
        for (key, (found, health)) in there {
            self.probes.entry(key).or_insert_with(|| Probe {
                found,
                at: now,
                talk: None,
                passes: 0,
                fails: 0,
                is_well: !health.is_mandatory,
            });
        }
    }
}

/// How long a peer is left alone.
fn pause(health: &Health, random: &mut u64) -> Duration {
    *random =
        random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    let jitter_ms = (*random >> 33) % (health.jitter_ms + 1);
    Duration::from_millis(health.interval_ms + jitter_ms)
}

impl Probe {
    /// Counts an answer, and changes what is thought of the peer after so many. What the log is told.
    fn take_note(
        &mut self,
        health: &Health,
        step: Step,
        groups: &SharedGroups,
        upstream: UpstreamId,
        &(_, peer, serial): &Key,
    ) -> Option<(Level, String)> {
        let (words, name) = (&self.found.words, groups.name(upstream));
        let (changes, reason) = match step {
            Step::Waits => (false, String::new()),
            Step::Well => {
                (self.passes, self.fails) = (self.passes + 1, 0);
                (!self.is_well && self.passes >= health.passes, String::new())
            }
            Step::Ill(reason) => {
                (self.passes, self.fails) = (0, self.fails + 1);
                (self.is_well && self.fails >= health.fails, reason)
            }
        };
        if !changes {
            return None;
        }
        self.is_well = !self.is_well;
        groups.set_well(upstream, peer, serial, self.is_well);
        Some(match self.is_well {
            true => (Level::Notice, format!("upstream server {words} of \"{name}\" is healthy")),
            false => {
                let text = format!("upstream server {words} of \"{name}\" is unhealthy: {reason}");
                (Level::Warn, text)
            }
        })
    }
}

impl Talk {
    fn begin(found: &FoundPeer, health: &Health) -> io::Result<Talk> {
        let (socket, _) = match &found.address {
            PeerAddress::Ip(address) => {
                let mut address = *address;
                address.set_port(health.port.unwrap_or(address.port()));
                net::connect_ip(net::socket_for(address)?, address)?
            }
            PeerAddress::Unix(path) => net::connect_unix(path)?,
        };
        Ok(Talk { socket, sent: 0, reader: AnswerReader::new(MAX_HEAD_LEN), answer: None })
    }

    /// Sends and reads as much as there is.
    fn go_on(&mut self, health: &Health) -> Step {
        while self.sent < health.request.len() {
            match net::send(self.socket.as_fd(), &health.request[self.sent..], false) {
                Ok(len) => self.sent += len,
                Err(error) if is_transient(&error) => return Step::Waits,
                Err(error) => return Step::Ill(error.to_string()),
            }
        }
        let mut buffer = [0; 16 << 10];
        loop {
            let piece = match net::recv(self.socket.as_fd(), &mut buffer) {
                Ok(0) => return self.end(health),
                Ok(len) => &buffer[..len],
                Err(error) if is_transient(&error) => return Step::Waits,
                Err(error) => return Step::Ill(error.to_string()),
            };
            if let Some(step) = self.take(piece, health) {
                return step;
            }
        }
    }

    /// Takes a piece of the answer; what has come of it, if nothing more is needed.
    fn take(&mut self, mut piece: &[u8], health: &Health) -> Option<Step> {
        while self.answer.is_none() {
            match self.reader.read(piece) {
                Ok(None) => return None,
                Err(error) => return Some(Step::Ill(format!("it sent {}", error.0))),
                Ok(Some((head, used))) => {
                    piece = &piece[used..];
                    if head.status < 200 {
                        self.reader = AnswerReader::new(MAX_HEAD_LEN);
                        continue;
                    }
                    if let Some(reason) = health.fault_of_head(&head) {
                        return Some(Step::Ill(reason));
                    }
                    if !health.looks_at_content() {
                        return Some(Step::Well);
                    }
                    let is_chunked = head.framing == AnswerFraming::Chunked;
                    let chunks = is_chunked.then(|| BodyReader::new(Framing::Chunked));
                    self.answer = Some(Answer { head, chunks, content: Vec::new() });
                }
            }
        }
        let answer = self.answer.as_mut()?;
        match &mut answer.chunks {
            None => answer.content.extend_from_slice(piece),
            Some(reader) => {
                while !piece.is_empty() && !reader.is_done() {
                    let Ok(read) = reader.read(piece) else {
                        return Some(Step::Ill("it sent invalid chunks".to_owned()));
                    };
                    answer.content.extend_from_slice(read.data);
                    piece = &piece[read.used..];
                }
            }
        }
        let is_whole = match answer.head.framing {
            AnswerFraming::Length(len) => answer.content.len() as u64 >= len,
            AnswerFraming::Chunked => answer.chunks.as_ref().is_some_and(BodyReader::is_done),
            AnswerFraming::UntilClose => false,
        };
        (is_whole || answer.content.len() >= MAX_CONTENT_LEN).then(|| self.judge(health))
    }

    /// The connection has ended.
    fn end(&mut self, health: &Health) -> Step {
        match &self.answer {
            Some(answer) if answer.head.framing == AnswerFraming::UntilClose => self.judge(health),
            _ => Step::Ill("it closed the connection".to_owned()),
        }
    }

    fn judge(&self, health: &Health) -> Step {
        let content = self.answer.as_ref().map_or(&[][..], |answer| &answer.content);
        let content = &content[..content.len().min(MAX_CONTENT_LEN)];
        match health.fault_of_content(content) {
            Some(reason) => Step::Ill(reason),
            None => Step::Well,
        }
    }
}

fn is_transient(error: &io::Error) -> bool {
    let is_begun = error.raw_os_error() == Some(libc::ENOTCONN);
    is_begun || matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

impl Health {
    fn looks_at_content(&self) -> bool {
        self.tests.iter().any(|test| matches!(test, HealthTest::Content { .. }))
    }

    /// What is wrong with a head, if anything is.
    fn fault_of_head(&self, head: &AnswerHead) -> Option<String> {
        let is_usual = self.tests.is_empty() && !(200..400).contains(&head.status);
        let is_wrong = is_usual
            || self.tests.iter().any(|test| match test {
                HealthTest::Status { negated, ranges } => {
                    let is_in =
                        ranges.iter().any(|(from, to)| (*from..=*to).contains(&head.status));
                    is_in == *negated
                }
                HealthTest::Field { name, test, negated } => {
                    let value = head.fields.get(name);
                    let holds = match test {
                        FieldTest::Present => value.is_some(),
                        FieldTest::Equal(text) => value == Some(*text),
                        FieldTest::Matches(regex) => {
                            value.is_some_and(|value| regex.set.find(value).is_some())
                        }
                    };
                    holds == *negated
                }
                HealthTest::Content { .. } => false,
            });
        is_wrong.then(|| format!("its answer is not as it should be (status {})", head.status))
    }

    /// The same of the content.
    fn fault_of_content(&self, content: &[u8]) -> Option<String> {
        let is_wrong = self.tests.iter().any(|test| match test {
            HealthTest::Content { regex, negated } => regex.set.find(content).is_some() == *negated,
            HealthTest::Status { .. } | HealthTest::Field { .. } => false,
        });
        is_wrong.then(|| "its content is not as it should be".to_owned())
    }
}

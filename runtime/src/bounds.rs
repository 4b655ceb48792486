//! What a server may hold at most: sums of the numbers that its modules work by. The server takes
//! its own sizes from here, and so does whoever reckons a site without running it.

use std::ops::Range;

use crate::cgi::{MAX_HEAD_LEN, queue_len};
use crate::coding::{MAX_ENCODERS, MAX_FORMS_LEN};
use crate::files::{
    LEVEL_DESCRIPTORS, MAX_CONTENT_LEN, MAX_DEPTH, MAX_DESCRIPTORS, MAX_ENTRIES, MAX_LISTED_LEN,
    RECORDS_LEN,
};
use crate::handler::upload::MAX_DRAFTS;
use crate::handler::work::MAX_WORKS;
use crate::http1::GATHERED_LEN;
use crate::log;
use crate::output::{COPIED_LEN, KEPT_LEN, RUN_LEN};
use crate::upstream::MOST_UNSENT;
use crate::users::{self, desk::HELPERS};
use crate::zone;

/// A connection that waits for a request, with what the event loop keeps of it.
const IDLE_LEN: usize = 512;
/// A remembered path, with what is known of the file.
const ENTRY_LEN: usize = 1024;
/// A worker's stack, as far as it is used, and its automata's memory.
const STACK_LEN: usize = 1 << 20;
/// A connection to another server that is kept for the next request.
const LINE_LEN: usize = 256;
/// Names, values and ends of the fields that every response has.
const RESPONSE_HEAD_LEN: usize = 1024;
/// A file, or parts of one, and an upload on its way: the socket is one descriptor, and this
/// is the other.
const CONNECTION_DESCRIPTORS: u64 = 2;
/// What a script has beside the socket: three pipes, and a file with the request's content.
const SCRIPT_DESCRIPTORS: u64 = 4;
/// Files that a form's content becomes, beside the one that every connection may have.
const FORM_DESCRIPTORS: u64 = MAX_DRAFTS as u64 - 1;
/// Directories within each other that are removed or copied, by all that one worker carries out at
/// once, and the file under way.
const TREE_DESCRIPTORS: u64 = (MAX_WORKS * (MAX_DEPTH + 2) * LEVEL_DESCRIPTORS) as u64;
/// One of them: the names that were read, twice at worst, and what is known of it.
const LEVEL_LEN: usize = 3 * RECORDS_LEN + 512;
/// Standard input, output and error, signals, and what workers are waked by.
const PROCESS_DESCRIPTORS: u64 = 64;
/// The mapped program and what all workers share.
const PROGRAM_LEN: u64 = 8 << 20;
/// The processes that start scripts, and for each script what it is told.
const SPAWNER_LEN: u64 = 4 << 20;

/// The names of all directories that one worker lists at once.
pub const LISTED_LEN: u64 = MAX_LISTED_LEN as u64;
/// A range of a request for several; what they are gathered in may be twice as long.
const RANGE_LEN: usize = 2 * size_of::<Range<u64>>();
/// The shortest range in a field, with what stands between it and the next.
const MIN_RANGE_LEN: usize = 3;

// A run of a content that is made while it is sent, and what is last in it, takes the place of
// what was gathered.
const _: () = assert!(2 * RUN_LEN <= GATHERED_LEN);

/// What the sums depend on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Workers.
    pub workers: u64,
    /// `worker_connections`.
    pub connections: u64,
    /// The longest head that any server takes.
    pub head_len: usize,
    /// The longest text or field section that the conf makes of a request.
    pub text_len: usize,
    /// The largest `client_body_buffer_size` where content waits for a script, or to be passed on.
    pub waiting_len: usize,
    /// What other servers have: how long the head of an answer may be, and how much of its content
    /// is held, at most. `None`: no other server is asked.
    pub proxied: Option<(usize, usize)>,
    /// Connections to other servers that a worker keeps for the next requests.
    pub kept_lines: u64,
    /// `cgi_max_processes`.
    pub scripts: Option<u32>,
    /// Whether content becomes files.
    pub stores: bool,
    /// Whether forms become files.
    pub forms: bool,
    /// Whether collections are removed, copied or moved.
    pub trees: bool,
    /// The largest `max=` of an `open_file_cache`.
    pub known_files: Option<usize>,
    /// The largest `max_ranges`.
    pub ranges: usize,
    /// Whether directories are listed.
    pub lists: bool,
    /// The memory of the largest encoder that contents are compressed by; 0 without any.
    pub encoder_len: usize,
    /// Buffers of access logs.
    pub log_len: usize,
    /// Logs.
    pub logs: u64,
    /// The largest `max=` of an `open_log_file_cache`.
    pub named_logs: usize,
    /// Bytes of zones.
    pub zones_len: usize,
    /// Files of users.
    pub user_files: usize,
    /// Listening sockets of one worker, directories and log files, and the program's own file
    /// where contents are sent from it.
    pub opened: u64,
}

/// At most so much.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// Bytes of one connection.
    pub connection_len: u64,
    /// Bytes of one worker without connections.
    pub worker_len: u64,
    /// Bytes of one script beside its connection's; not its own memory.
    pub script_len: u64,
    /// Bytes of the whole.
    pub memory: u64,
    /// Descriptors of the process.
    pub descriptors: u64,
    /// Descriptors that the server asks to be allowed: enough, unless forms bring many files or
    /// many scripts run.
    pub wanted_descriptors: u64,
    /// Processes, with the two that start scripts; not what scripts start themselves.
    pub processes: u64,
}

/// Bytes of a log file that stays open: its name twice, and what finds it.
const NAMED_LOG_LEN: usize = 2 * log::MOST_NAME_LEN + 256;

/// Bytes that input is read into: more than the longest head.
pub(crate) fn scratch_len(head_len: usize, stores: bool) -> usize {
    // Content that is stored costs a third less where it comes in larger pieces.
    let content_len = if stores { 240 } else { 48 } * 1024;
    head_len.max(content_len) + 16 * 1024
}

/// The descriptors that connections and their files may need, those that the conf wants to be
/// remembered, and the process itself. Where other servers are asked, each connection may have one to
/// one of them, and some are kept.
pub(crate) fn wanted_descriptors(
    workers: u64,
    connections: u64,
    known_files: u64,
    kept_lines: Option<u64>,
) -> u64 {
    let lines = kept_lines.map_or(0, |kept| connections + kept);
    (connections * CONNECTION_DESCRIPTORS + lines + known_files) * workers + PROCESS_DESCRIPTORS
}

/// The bytes of a zone of this length: no part of it is empty, and each has what finds its entries.
pub fn zone_len(len: usize) -> usize {
    len.max(zone::ENTRY_LEN) + zone::SHARDS * 1024
}

impl Facts {
    /// The sums.
    pub fn bounds(&self) -> Bounds {
        let scratch_len = scratch_len(self.head_len, self.stores);
        // A request with what was read of it; a response of which the client takes nothing, with
        // those that were gathered before; the next requests that have come meanwhile.
        let request_len = 2 * self.head_len + self.text_len;
        let ranges_len = self.ranges.min(self.head_len / MIN_RANGE_LEN) * RANGE_LEN;
        let response_len =
            GATHERED_LEN + COPIED_LEN + RESPONSE_HEAD_LEN + self.text_len + ranges_len;
        // The request as it is passed on, with content that is not taken yet; the answer's head, as it
        // comes and as it goes on; its content.
        let proxied_len = self.proxied.map_or(0, |(answer_head_len, held_len)| {
            self.head_len + MOST_UNSENT + 2 * scratch_len + 2 * answer_head_len + held_len
        });
        let connection_len = IDLE_LEN + request_len + response_len + scratch_len + self.waiting_len;
        let connection_len = connection_len + proxied_len;
        // Content on its way to the script, its head, and output on its way to the client.
        let script_len = 2 * scratch_len + 2 * MAX_HEAD_LEN;
        let cache_len = MAX_CONTENT_LEN + self.known_files.unwrap_or(MAX_ENTRIES) * ENTRY_LEN;
        let trees_len = if self.trees { MAX_WORKS * MAX_DEPTH * LEVEL_LEN } else { 0 };
        let listed_len = if self.lists { MAX_LISTED_LEN } else { 0 };
        let encoders_len = match self.encoder_len {
            0 => 0,
            // Of a script's response, one more is held ready.
            len => (MAX_ENCODERS + 1) * len + MAX_FORMS_LEN,
        };
        let log_len =
            self.log_len + self.logs as usize * log::GATHERED_LEN + self.named_logs * NAMED_LOG_LEN;
        let worker_len =
            scratch_len + KEPT_LEN + cache_len + STACK_LEN + listed_len + trees_len + log_len;
        let worker_len = worker_len + encoders_len + self.kept_lines as usize * LINE_LEN;
        let (connections, scripts) = (self.connections * self.workers, self.scripts_at_once());
        let (connection_len, script_len) = (connection_len as u64, script_len as u64);
        let worker_len = worker_len as u64;
        let wanted_descriptors = self.wanted_descriptors();
        // What is remembered where the conf says nothing is not asked for.
        let unasked = if self.known_files.is_none() { MAX_DESCRIPTORS as u64 } else { 0 };
        let spawner_len = if self.scripts.is_some() { SPAWNER_LEN } else { 0 };
        Bounds {
            connection_len,
            worker_len,
            script_len,
            memory: PROGRAM_LEN
                + spawner_len
                + self.logs * log::KEPT_LEN as u64
                + connections.saturating_mul(connection_len)
                + self.workers * worker_len
                + self.passwords_len()
                + self.zones_len as u64
                + scripts * script_len,
            descriptors: wanted_descriptors
                + self.workers * (unasked + self.opened + self.named_logs as u64)
                + scripts * (SCRIPT_DESCRIPTORS - 1)
                + if self.trees { self.workers * TREE_DESCRIPTORS } else { 0 }
                + if self.forms { connections * FORM_DESCRIPTORS } else { 0 },
            wanted_descriptors,
            processes: 1 + self.scripts.map_or(0, |most| 2 + u64::from(most)),
        }
    }

    /// The threads of the process.
    pub fn threads(&self) -> u64 {
        self.workers + if self.user_files > 0 { HELPERS as u64 } else { 0 }
    }

    /// The users of all files, and what checks their passwords.
    fn passwords_len(&self) -> u64 {
        let desk_len = if self.user_files > 0 { users::desk::LEN } else { 0 };
        (desk_len + self.user_files * users::FILE_LEN) as u64
    }

    fn wanted_descriptors(&self) -> u64 {
        let known_files = self.known_files.unwrap_or(0) as u64;
        let kept_lines = self.proxied.map(|_| self.kept_lines);
        wanted_descriptors(self.workers, self.connections, known_files, kept_lines)
    }

    /// Requests whose script runs or waits for its turn.
    fn scripts_at_once(&self) -> u64 {
        let Some(most) = self.scripts else { return 0 };
        let waiting = queue_len(most as usize) as u64;
        (u64::from(most) + waiting).min(self.connections * self.workers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Facts = Facts {
        workers: 1,
        connections: 512,
        head_len: 33 * 1024,
        text_len: 0,
        waiting_len: 0,
        proxied: None,
        kept_lines: 0,
        scripts: None,
        stores: false,
        forms: false,
        trees: false,
        known_files: None,
        ranges: 0,
        lists: false,
        encoder_len: 0,
        log_len: 0,
        logs: 1,
        named_logs: 0,
        zones_len: 0,
        user_files: 0,
        opened: 4,
    };

    #[test]
    fn more_of_anything_needs_more() {
        let plain = PLAIN.bounds();
        assert_eq!(plain.processes, 1);
        assert!(plain.memory < 128 << 20, "{plain:?}");
        for more in [
            Facts { workers: 2, ..PLAIN },
            Facts { connections: 513, ..PLAIN },
            Facts { head_len: 34 * 1024, ..PLAIN },
            Facts { text_len: 1, ..PLAIN },
            Facts { waiting_len: 1, ..PLAIN },
            Facts { proxied: Some((0, 0)), ..PLAIN },
            Facts { kept_lines: 1, ..PLAIN },
            Facts { scripts: Some(1), ..PLAIN },
            Facts { stores: true, ..PLAIN },
            Facts { trees: true, ..PLAIN },
            Facts { log_len: 1, ..PLAIN },
            Facts { ranges: 1, ..PLAIN },
            Facts { lists: true, ..PLAIN },
            Facts { encoder_len: 1, ..PLAIN },
            Facts { logs: 2, ..PLAIN },
            Facts { named_logs: 1, ..PLAIN },
            Facts { user_files: 1, ..PLAIN },
            Facts { zones_len: 1, ..PLAIN },
            Facts { known_files: Some(MAX_ENTRIES + 1), ..PLAIN },
        ] {
            assert!(more.bounds().memory > plain.memory, "{more:?}");
        }
        let proxied = |head_len, held_len, kept_lines| {
            Facts { proxied: Some((head_len, held_len)), kept_lines, ..PLAIN }.bounds()
        };
        assert!(proxied(1, 1, 0).memory > proxied(1, 0, 0).memory);
        assert!(proxied(1, 0, 0).memory > proxied(0, 0, 0).memory);
        assert_eq!(proxied(0, 0, 32).descriptors, plain.descriptors + 512 + 32);
        let scripts = Facts { scripts: Some(32), ..PLAIN }.bounds();
        let ranges = |ranges| Facts { ranges, ..PLAIN }.bounds().memory;
        assert_eq!(ranges(usize::MAX), ranges(PLAIN.head_len), "a head has no more");
        assert_eq!(scripts.processes, 35);
        assert_eq!(scripts.descriptors, plain.descriptors + 3 * (32 + 128));
        assert!(Facts { opened: 5, ..PLAIN }.bounds().descriptors > plain.descriptors);
    }

    #[test]
    fn what_waits_is_bounded_by_the_connections() {
        let few = Facts { connections: 3, scripts: Some(32), ..PLAIN };
        assert_eq!(few.scripts_at_once(), 3);
    }
}

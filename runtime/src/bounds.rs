//! What a server may hold at most: sums of the numbers that its modules work by. The server takes
//! its own sizes from here, and so does whoever reckons a site without running it.

use std::ops::Range;

use crate::cgi::{MAX_HEAD_LEN, queue_len};
use crate::coding::{MAX_ENCODERS, MOST_AHEAD, MOST_WOVEN_LEN};
use crate::escape::MOST_ESCAPED;
use crate::exchange;
use crate::files::MAX_WORKS;
use crate::files::{
    LEVEL_DESCRIPTORS, MAX_CONTENT_LEN, MAX_DEPTH, MAX_DESCRIPTORS, MAX_ENTRIES, MAX_LISTED_LEN,
    RECORDS_LEN,
};
use crate::forms::MAX_FORMS_LEN;
use crate::handler::upload::MAX_DRAFTS;
use crate::http1::GATHERED_LEN;
use crate::http2;
use crate::log;
pub use crate::metrics::counts_len;
use crate::output::{COPIED_LEN, KEPT_LEN, RUN_LEN};
use crate::secured::{READ_LEN, WRITE_LEN};
use crate::subrequest::{self, MAX_ALONE};
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
/// A connection over TLS that waits for a request, beside what one without has.
const TLS_IDLE_LEN: usize = 8 << 10;
/// The longest record, with what goes round its content.
const RECORD_LEN: usize = 17 << 10;
/// What goes round each record of content that waits to be sent: there are as many as of the shortest.
const SEALS_LEN: usize = WRITE_LEN / LEAST_RECORD_LEN * 32;
/// What a connection over TLS has beyond one without: at rest; of a record that comes, sealed and
/// opened; what was read and waits for room; what is sealed and waits for the other side.
const SECURED_LEN: usize = TLS_IDLE_LEN + 2 * RECORD_LEN + READ_LEN + WRITE_LEN + SEALS_LEN;
/// The shortest `ssl_buffer_size`.
const LEAST_RECORD_LEN: usize = 512;
/// A session that is kept: its keys, its names and what finds it.
const SESSION_LEN: usize = 512;
/// The certificates of a client, which are kept with its session.
const CLIENT_CHAIN_LEN: usize = 4 << 10;
/// What one server says of TLS: certificates and keys, once more while new ones are taken.
const TLS_SERVER_LEN: usize = 64 << 10;
/// The library of TLS, and the thread that looks at keys.
const TLS_PROGRAM_LEN: u64 = 6 << 20;
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
/// once, the file under way, and the journal.
const TREE_DESCRIPTORS: u64 = (MAX_WORKS * ((MAX_DEPTH + 2) * LEVEL_DESCRIPTORS + 1)) as u64;
/// One of them: the names that were read, twice at worst, and what is known of it.
const LEVEL_LEN: usize = 3 * RECORDS_LEN + 512;
/// Standard input, output and error, signals, and what workers are waked by.
const PROCESS_DESCRIPTORS: u64 = 64;
/// The mapped program and what all workers share.
const PROGRAM_LEN: u64 = 8 << 20;
/// The processes that start scripts, and for each script what it is told.
const SPAWNER_LEN: u64 = 4 << 20;

/// How many requests are under way at once within one whose content others go into: those that are asked
/// ahead, and who makes its own.
pub const COMPOSED_PARTS: u64 = MOST_AHEAD as u64 + 1;

/// The same where contents say themselves of others, one within the other.
pub const WOVEN_PARTS: u64 = MOST_AHEAD as u64 * exchange::MAX_DEPTH as u64 + 1;

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
    /// The largest `client_body_memory` where content waits to be passed on.
    pub shared_len: usize,
    /// The longest content that is kept for `$request_body`.
    pub kept_content_len: usize,
    /// What other servers have: how long the head of an answer may be, and how much of its content
    /// is held, at most. `None`: no other server is asked.
    pub proxied: Option<(usize, usize)>,
    /// How many requests are under way at once within one.
    pub subrequests: u64,
    /// Whether their contents go into others.
    pub composes: bool,
    /// Whether contents say themselves of others.
    pub weaves: bool,
    /// Whether requests go to other locations too.
    pub mirrors: bool,
    /// Connections to other servers that a worker keeps for the next requests.
    pub kept_lines: u64,
    /// The largest `http2_max_concurrent_streams`, where HTTP/2 is spoken.
    pub streams: Option<u32>,
    /// The largest `http2_recv_buffer_size`.
    pub received_len: usize,
    /// `cgi_max_processes`.
    pub scripts: Option<u32>,
    /// Programs that run beside the server.
    pub commands: u64,
    /// Servers that are asked whether they are well.
    pub checked: u64,
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
    /// Bytes of what one worker counts.
    pub counts_len: usize,
    /// Bytes of zones.
    pub zones_len: usize,
    /// Files of users.
    pub user_files: usize,
    /// What servers say of TLS, each distinct thing once.
    pub tls_servers: usize,
    /// The ways in which other servers are spoken to over TLS.
    pub tls_peers: usize,
    /// Bytes of sessions of TLS that are kept.
    pub sessions_len: usize,
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
    /// Processes, with the two that start scripts and the two that start programs; not what those start
    /// themselves.
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
pub fn keys_len(len: usize) -> usize {
    // The table may have twice the room that is needed, and what is known stands in order beside it.
    2 * len
}

/// Bytes of a zone, with all that finds its entries.
pub fn zone_len(len: usize) -> usize {
    len.max(zone::ENTRY_LEN) + zone::SHARDS * 1024
}

/// The bytes of so many sessions of TLS, which hold the certificates of clients, too, where these are
/// asked for some.
pub fn sessions_len(count: u32, with_clients: bool) -> usize {
    count as usize * (SESSION_LEN + if with_clients { CLIENT_CHAIN_LEN } else { 0 })
}

impl Facts {
    /// The sums.
    pub fn bounds(&self) -> Bounds {
        let scratch_len = scratch_len(self.head_len.max(self.received_len), self.stores);
        // A request with what was read of it; a response of which the client takes nothing, with
        // those that were gathered before; the next requests that have come meanwhile.
        let request_len = 2 * self.head_len + self.text_len;
        let ranges_len = self.ranges.min(self.head_len / MIN_RANGE_LEN) * RANGE_LEN;
        let response_len =
            GATHERED_LEN + COPIED_LEN + RESPONSE_HEAD_LEN + self.text_len + ranges_len;
        // The request as it is passed on, with content that is not taken yet; the answer's head, as it
        // comes and as it goes on; its content.
        let proxied_len = self.proxied.map_or(0, |(answer_head_len, held_len)| {
            let secured_len = if self.tls_peers > 0 { SECURED_LEN } else { 0 };
            let request_len = self.head_len + MOST_UNSENT;
            request_len + 2 * scratch_len + 2 * answer_head_len + held_len + secured_len
        });
        let connection_len = IDLE_LEN + request_len + response_len + scratch_len + self.waiting_len;
        let connection_len = connection_len + self.kept_content_len;
        // What is asked within a request has a copy of its head, and fields of its own.
        let part_len = IDLE_LEN + request_len + RESPONSE_HEAD_LEN + self.text_len;
        // What has come of its content, and what stands before that.
        let content_len = if self.composes { subrequest::HELD_LEN + 4 * RUN_LEN } else { 0 };
        let part_len = part_len + content_len;
        let woven_len = if self.weaves { MOST_WOVEN_LEN } else { 0 };
        let connection_len = connection_len + woven_len;
        let connection_len =
            connection_len + proxied_len + self.subrequests as usize * (part_len + proxied_len);
        let secured_len = if self.tls_servers > 0 { SECURED_LEN } else { 0 };
        let connection_len = connection_len + secured_len;
        // What a connection of HTTP/2 holds for its streams. Each that waits has a place of its own.
        let streams_len = self.streams.map_or(0, |most| http2::held_len(most, self.head_len));
        let connection_len = connection_len + streams_len;
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
        let worker_len = worker_len + self.shared_len;
        let sealed_len = if self.speaks_tls() { READ_LEN } else { 0 };
        let line_len = LINE_LEN + if self.tls_peers > 0 { TLS_IDLE_LEN } else { 0 };
        let worker_len = worker_len + encoders_len + self.kept_lines as usize * line_len;
        let worker_len = worker_len + sealed_len;
        let mirror_len = part_len + proxied_len + self.waiting_len + scratch_len;
        let mirrors_len = if self.mirrors { MAX_ALONE * mirror_len } else { 0 };
        let worker_len = worker_len + mirrors_len + self.counts_len;
        // What is to be escaped in a line of a log, and that line, with its room.
        let worker_len = worker_len + self.kept_content_len * (1 + 2 * MOST_ESCAPED);
        let (connections, scripts) = (self.connections * self.workers, self.scripts_at_once());
        let (connection_len, script_len) = (connection_len as u64, script_len as u64);
        let worker_len = worker_len as u64;
        let wanted_descriptors = self.wanted_descriptors();
        // What is remembered where the conf says nothing is not asked for.
        let unasked = if self.known_files.is_none() { MAX_DESCRIPTORS as u64 } else { 0 };
        let starters = u64::from(self.scripts.is_some()) + u64::from(self.commands > 0);
        let spawner_len = starters * SPAWNER_LEN;
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
                + self.tls_len()
                + scripts * script_len,
            descriptors: wanted_descriptors
                + self.workers * (unasked + self.opened + self.named_logs as u64)
                + scripts * (SCRIPT_DESCRIPTORS - 1)
                + self.checked
                + if self.trees { self.workers * TREE_DESCRIPTORS } else { 0 }
                + if self.forms { connections * FORM_DESCRIPTORS } else { 0 },
            wanted_descriptors,
            processes: 1
                + self.scripts.map_or(0, |most| 2 + u64::from(most))
                + if self.commands > 0 { 2 + self.commands } else { 0 },
        }
    }

    /// The threads of the process.
    pub fn threads(&self) -> u64 {
        let helpers = if self.user_files > 0 { HELPERS as u64 } else { 0 };
        // One looks whether keys have changed.
        // One listens to programs, and one asks who is well.
        let others = [self.speaks_tls(), self.commands > 0, self.checked > 0];
        self.workers + helpers + others.map(u64::from).iter().sum::<u64>()
    }

    fn speaks_tls(&self) -> bool {
        self.tls_servers + self.tls_peers > 0
    }

    /// What TLS takes beside connections.
    fn tls_len(&self) -> u64 {
        match self.tls_servers + self.tls_peers {
            0 => 0,
            said => TLS_PROGRAM_LEN + (said * TLS_SERVER_LEN + self.sessions_len) as u64,
        }
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
        shared_len: 0,
        kept_content_len: 0,
        proxied: None,
        subrequests: 0,
        composes: false,
        weaves: false,
        mirrors: false,
        kept_lines: 0,
        streams: None,
        received_len: 0,
        scripts: None,
        commands: 0,
        checked: 0,
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
        counts_len: 0,
        zones_len: 0,
        user_files: 0,
        tls_servers: 0,
        tls_peers: 0,
        sessions_len: 0,
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
            Facts { shared_len: 1, ..PLAIN },
            Facts { kept_content_len: 1, ..PLAIN },
            Facts { proxied: Some((0, 0)), ..PLAIN },
            Facts { subrequests: 1, ..PLAIN },
            Facts { subrequests: 1, composes: true, ..PLAIN },
            Facts { weaves: true, ..PLAIN },
            Facts { mirrors: true, ..PLAIN },
            Facts { kept_lines: 1, ..PLAIN },
            Facts { streams: Some(1), ..PLAIN },
            Facts { received_len: 1 << 20, ..PLAIN },
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
            Facts { counts_len: 1, ..PLAIN },
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

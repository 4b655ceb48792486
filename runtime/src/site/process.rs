//! What holds of the whole process: what it is started with, where it listens and logs.

use std::net::SocketAddr;
use std::sync::OnceLock;

pub use crate::sys::socket::{SocketOptions, TcpKeepalive};

use super::{LogId, ProcessSettings, ServerId};

/// What holds for the whole process.
pub struct Process {
    /// What is one plain value each.
    pub plain: ProcessSettings,
    /// User name to become after binding, if started as root.
    pub user: Option<&'static str>,
    /// Group name to become; without it, the user's own.
    pub group: Option<&'static str>,
    /// File that holds the process id while the server runs.
    pub pid: Option<StartText>,
    /// Where faults outside of any request go.
    pub error_logs: &'static [ErrorLog],
}

/// A value that may be set when the binary starts.
pub struct Param {
    /// Its name, as in `${NAME}`.
    pub name: &'static str,
    /// What it is when neither `--set` nor the environment says otherwise.
    pub default: &'static str,
    /// What a value must be to fit wherever the conf uses it.
    pub kind: ParamKind,
}

/// What the uses of a [`Param`] demand of its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParamKind {
    /// Any text without NUL or control characters.
    Text,
    /// A port, 1 to 65535.
    Port,
    /// An address to bind, `ADDR:PORT`, `[ADDR]:PORT`, a port alone or `unix:PATH`.
    Listen,
    /// An IP address.
    Ip,
    /// A path of the file system.
    Path,
    /// A host name, as in `server_name`.
    HostName,
}

/// A text that is complete at start, once the params are known.
pub type StartText = &'static [StartPiece];

/// A piece of a [`StartText`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StartPiece {
    /// Text of the conf.
    Literal(&'static str),
    /// The value of [`Site::PARAMS`](super::Site::PARAMS) at this index.
    Param(usize),
    /// The machine's name, in lower case.
    HostName,
}

/// A text that requests read: of the conf alone, or complete once the params are known.
pub enum Settled {
    /// No param is part of it.
    Known(&'static [u8]),
    /// Params are part of it. It is empty until [`Settled::settle`] has filled it in.
    AtStart(StartText, OnceLock<Box<[u8]>>),
}

impl Settled {
    /// A text that is complete at start.
    pub const fn at_start(text: StartText) -> Settled {
        Settled::AtStart(text, OnceLock::new())
    }

    /// Fills it in, before the first request: `fill_in` gives the text of the pieces.
    pub fn settle(&self, fill_in: impl FnOnce(StartText) -> Vec<u8>) {
        if let Settled::AtStart(text, value) = self {
            value.get_or_init(|| fill_in(text).into_boxed_slice());
        }
    }

    /// The text.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Settled::Known(text) => text,
            Settled::AtStart(_, value) => value.get().map_or(&[], |value| value),
        }
    }
}

/// One address to listen on.
pub struct Listen {
    /// Where to bind.
    pub address: Address,
    /// Length of the queue of connections not yet accepted.
    pub backlog: i32,
    /// Whether an IPv6 wildcard leaves IPv4 alone.
    pub ipv6_only: bool,
    /// Whether the conf says so, which it may only of an IPv6 address.
    pub ipv6_only_given: bool,
    /// Whether connections are accepted only when there is something to read.
    pub deferred: bool,
    /// Whether connections begin with a header of the PROXY protocol.
    pub proxy_protocol: bool,
    /// `ssl`: whether connections speak TLS.
    pub tls: bool,
    /// What else its sockets are told.
    pub socket: SocketOptions,
    /// Whether another listen of this site overlaps it (a wildcard and an address with the
    /// same port), so that both need `SO_REUSEPORT` even with one worker.
    pub shared_port: bool,
    /// The server for a Host that no server names, and for a head that cannot be read.
    pub default_server: ServerId,
    /// Server names that are known at start: compared before [`Site::server`](super::Site::server) is asked.
    pub start_names: &'static [(StartText, ServerId)],
    /// The whole names of the conf, where there are such: no two servers may have one.
    pub whole_names: &'static [(&'static [u8], ServerId)],
}

impl Listen {
    /// An option that only TCP has, if one is given.
    pub fn tcp_option(&self) -> Option<&'static str> {
        let SocketOptions { keepalive, fastopen, .. } = self.socket;
        let given = [
            (self.deferred, "deferred"),
            (keepalive.is_some(), "so_keepalive"),
            (fastopen.is_some(), "fastopen"),
        ];
        given.into_iter().find_map(|(given, name)| given.then_some(name))
    }
}

/// Where to bind.
pub enum Address {
    /// Known when the site was built.
    Ip(SocketAddr),
    /// A socket in the file system.
    Unix(StartText),
    /// Text with params that gives an address once they are known.
    Param(StartText),
}

/// Where a log goes.
pub enum LogTarget {
    /// Standard error.
    Stderr,
    /// Standard output.
    Stdout,
    /// A file, opened for appending, and again upon SIGUSR1. Where params are part of its name,
    /// they may also make it `stderr`, `stdout` or `off`.
    File(StartText),
    /// A syslog server.
    Syslog(Syslog),
    /// A folder, with files that values name.
    Folder(StartText),
}

impl LogTarget {
    /// Whether any of these is a syslog server.
    pub(super) const fn any_is_syslog(mut logs: &[LogTarget]) -> bool {
        while let [first, rest @ ..] = logs {
            if matches!(first, LogTarget::Syslog(_)) {
                return true;
            }
            logs = rest;
        }
        false
    }

    /// Whether any of these is a folder.
    pub(super) const fn any_is_folder(mut logs: &[LogTarget]) -> bool {
        while let [first, rest @ ..] = logs {
            if matches!(first, LogTarget::Folder(_)) {
                return true;
            }
            logs = rest;
        }
        false
    }
}

/// A syslog server, and what it is told of each line.
pub struct Syslog {
    /// Where it is.
    pub server: StartText,
    /// The number of the facility.
    pub facility: u8,
    /// How severe lines of an access log are; those of an error log have their own level.
    pub severity: Level,
    /// What the lines are marked with.
    pub tag: &'static str,
    /// Whether they name the machine.
    pub hostname: bool,
}

/// Severity of a line in the error log, least to most talkative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum Level {
    Emerg,
    Alert,
    Crit,
    Error,
    Warn,
    Notice,
    Info,
    Debug,
}

/// An `error_log`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ErrorLog {
    /// Where the lines go.
    pub log: LogId,
    /// The least severe level that is written.
    pub level: Level,
}

impl ErrorLog {
    /// Whether lines of a level are written.
    pub fn takes(&self, level: Level) -> bool {
        level <= self.level
    }

    /// Whether lines of a level are written to any of these logs.
    pub fn any_takes(logs: &[ErrorLog], level: Level) -> bool {
        logs.iter().any(|log| log.takes(level))
    }
}

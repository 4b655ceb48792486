//! What tests need in order to ask for something: folders, settings, requests.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::clock::{LocalClock, Now};
use crate::counts::AllCounts;
use crate::http::head::{Head, Limits};
use crate::http::response::Fields;
use crate::http::target::Scheme;
use crate::proxy_protocol::Proxied;
use crate::site::{
    AddedFields, Admission, ConnectionFacts, Endpoint, ErrorLog, FileBase, FileCache, Level,
    ListenId, PlainSettings, Progress, Server, ServerSettings, Settings, Settled, Symlinks, Text,
    Variables,
};
use crate::site::{Agreed, ClientValue, ClientVerdict};

/// A folder of its own, removed at the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("sitec-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path.canonicalize().expect("a folder"))
    }

    /// Writes a file, and the folders that it is in.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, content).expect("a file");
        path
    }

    pub(crate) fn link(&self, target: impl AsRef<Path>, name: &str) {
        std::os::unix::fs::symlink(target, self.0.join(name)).expect("a symlink");
    }

    pub(crate) fn fifo(&self, name: &str) {
        let status = std::process::Command::new("mkfifo").arg(self.0.join(name)).status();
        assert!(status.expect("mkfifo").success());
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// `root` at the first directory.
pub(crate) const ROOT: FileBase = FileBase {
    directory: 0,
    inner: Text::Fixed(b""),
    replaced_len: 0,
    append_path: true,
    alias: false,
    slash: false,
};

/// Settings as they are by default, with the first directory as `root`.
pub(crate) const SETTINGS: Settings = Settings {
    plain: PlainSettings { max_ranges: u32::MAX, ..PlainSettings::DEFAULT },
    base: ROOT,
    pack: None,
    index: &[Text::Fixed(b"index.html")],
    types: 0,
    default_type: b"text/plain",
    charset: None,
    source_charset: None,
    substitution: None,
    additions: None,
    ssi: None,
    compression: None,
    error_pages: &[],
    symlinks: Symlinks::USUAL,
    file_cache: FileCache::USUAL,
    admission: Admission::OPEN,
    mirrors: &[],
    answered: &[],
    rate: None,
    limit_reqs: &[],
    limit_conns: &[],
    real_ip: None,
    referers: None,
    secure_link: None,
    userid: None,
    added_fields: AddedFields { usual: &[], always: &[] },
    added_trailers: AddedFields { usual: &[], always: &[] },
    early_hints: &[],
    access_logs: &[],
    error_logs: &[ErrorLog { log: 0, level: Level::Error }],
    listing: None,
};

static SERVER: Server = Server {
    name: Settled::Known(b"example.org"),
    location: 0,
    ops: &[],
    tls: None,
    plain: ServerSettings::DEFAULT,
};

/// The head of `GET TARGET HTTP/1.1` with these field lines, each ended by CRLF.
pub(crate) fn head(target: &str, fields: &str) -> Head {
    let limits = Limits {
        line_len: 8192,
        head_len: 32768,
        max_fields: 100,
        ignore_invalid_fields: true,
        underscores: true,
        merge_slashes: false,
    };
    let mut head = Head::default();
    let text = format!("GET {target} HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
    head.parse(text.as_bytes(), &limits).expect("a valid head").expect("a whole head");
    head
}

/// Connection 7, from an address or a socket of the file system.
pub(crate) struct SampleConnection {
    pub(crate) peer: Option<&'static str>,
    pub(crate) requests: u64,
    pub(crate) agreed: Option<&'static Agreed>,
}

pub(crate) const SAMPLE_CONNECTION: SampleConnection =
    SampleConnection { peer: Some("192.0.2.1:5000"), requests: 3, agreed: None };

impl ConnectionFacts for SampleConnection {
    fn serial(&self) -> u64 {
        7
    }

    fn peer(&self) -> Endpoint<'_> {
        let ip = |peer: &str| Endpoint::Ip(peer.parse().expect("an address"));
        self.peer.map_or(Endpoint::Unix(b""), ip)
    }

    fn local(&self) -> Endpoint<'_> {
        Endpoint::Ip("[2001:db8::1]:80".parse().expect("an address"))
    }

    fn proxied(&self) -> Option<&Proxied> {
        None
    }

    fn requests(&self) -> u64 {
        self.requests
    }

    fn accepted_ms(&self) -> u64 {
        400
    }

    fn scheme(&self) -> Scheme {
        if self.agreed.is_some() { Scheme::HTTPS } else { Scheme::HTTP }
    }

    fn agreed(&self) -> Option<&Agreed> {
        self.agreed
    }

    fn write_client(&self, which: ClientValue, out: &mut Vec<u8>) {
        if self.agreed.is_some_and(|agreed| agreed.client == ClientVerdict::Good) {
            out.extend(format!("{which:?}").bytes());
        }
    }

    fn listen(&self) -> ListenId {
        0
    }
}

/// Asks something of the variables of a request, which came at second 1,000 of 1970.
pub(crate) fn with_variables<T>(
    head: &Head,
    settings: &'static Settings,
    directories: &[PathBuf],
    ask: impl FnOnce(&mut Variables<'_>) -> T,
) -> T {
    let now = Now { monotonic_ms: 10_500, unix_ms: 1_000_250 };
    let mut response_fields = Fields::default();
    response_fields.append(b"Content-Type: text/html\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n");
    let mut variables = Variables {
        as_get: false,
        inherited_matches: 0,
        is_within: false,
        head,
        path: &head.path,
        args: head.args(),
        host: b"a",
        server: &SERVER,
        settings,
        action: None,
        labels: ("a server", "a location"),
        directories,
        matches: &[],
        report: None,
        slice_start: None,
        slots: &[],
        slots_since: &[],
        escapes_groups: true,
        memo: &crate::site::Memo::default(),
        own_match: None,
        connection: &SAMPLE_CONNECTION,
        progress: Progress {
            started_ms: 10_001,
            pipelined: false,
            request_len: 99,
            received_content_len: 0,
            content: None,
            status: 200,
            error_status: None,
            real_address: None,
            limit_rate: 0,
            limit_req_status: None,
            limit_conn_status: None,
            sent_len: 300,
            content_sent_len: 120,
            encoded: Some((1000, 334)),
            is_complete: true,
            response_fields: &response_fields,
            trailers: None,
            persists: false,
            persistence: None,
            tries: &crate::site::Tries::default(),
        },
        now,
        local_clock: &LocalClock::new(now),
        counts: &AllCounts::default(),
    };
    ask(&mut variables)
}

/// A `Settings` or anything else that lives as long as the tests.
pub(crate) fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

//! Sites built by hand, for tests of what comes after `check`.

use std::net::SocketAddr;

use sitec_runtime::http::method::MethodSet;
use sitec_runtime::site::{
    ErrorLog, IfModifiedSince, KeepaliveDisable, Level, Lingering, LocationId,
};

use crate::ir;
use crate::sketch::{Location, Server, Sketch};

/// Standard error, nothing below an error.
const ERROR_LOG: ErrorLog = ErrorLog { log: 0, level: Level::Error };

/// The site of a sketch. The servers' own locations come first, then all others in the order
/// of the text; each returns its number.
pub(crate) fn site(sketch: &Sketch) -> ir::Site {
    let mut site = empty_site("sketch.conf");
    site.listens[0].names = names(&sketch.servers);
    let mut next = sketch.servers.len() as LocationId;
    for (id, sketched) in (0..).zip(&sketch.servers) {
        let scope = scope(&sketched.locations, &mut next);
        site.servers.push(ir::Server { scope, ..empty_server(id) });
    }
    let numbered = |id: LocationId| returns(ir::Return::Text(200, literal(&id.to_string())));
    site.locations.extend((0..next).map(numbered));
    site
}

/// A value without variables.
pub(crate) fn literal(text: &str) -> ir::Value {
    if text.is_empty() {
        return ir::Value::default();
    }
    ir::Value(vec![ir::Piece::Literal(text.into())])
}

/// A location that answers so, with the only settings.
pub(crate) fn returns(back: ir::Return) -> ir::Location {
    ir::Location {
        settings: 0,
        internal: false,
        pattern: None,
        methods: MethodSet::ALL,
        action: ir::Action::Return(back),
    }
}

/// A site with one listen and one set of settings, without servers and locations.
pub(crate) fn empty_site(name: &str) -> ir::Site {
    ir::Site {
        name: name.to_owned(),
        conf: Vec::new(),
        process: ir::Process {
            workers: Some(1),
            worker_connections: 512,
            user: None,
            group: None,
            pid: None,
            error_log: ERROR_LOG,
        },
        params: Vec::new(),
        listens: vec![ir::Listen {
            address: ir::Address::Ip(SocketAddr::from(([0; 4], 8080))),
            backlog: 511,
            ipv6_only: true,
            shared_port: false,
            names: ir::ServerNames::default(),
            param_names: Vec::new(),
            default_server: 0,
        }],
        servers: Vec::new(),
        locations: Vec::new(),
        settings: vec![settings()],
        directories: vec![vec![ir::StartPiece::Literal("html".to_owned())]],
        logs: vec![ir::LogTarget::Stderr],
        types: vec![vec![(b"html".to_vec(), b"text/html".to_vec())]],
        formats: Vec::new(),
    }
}

/// A server without locations.
pub(crate) fn empty_server(location: LocationId) -> ir::Server {
    ir::Server {
        name: Vec::new(),
        location,
        client_header_timeout_ms: 60_000,
        client_header_buffer_len: 1024,
        large_client_header_buffers: (4, 8192),
        max_headers: 1000,
        merge_slashes: true,
        ignore_invalid_headers: true,
        underscores_in_headers: false,
        scope: ir::Scope::default(),
    }
}

fn settings() -> ir::Settings {
    ir::Settings {
        base: ir::FileBase {
            directory: 0,
            inner: ir::Value::default(),
            replaced_len: 0,
            append_path: true,
            text: literal("html"),
            alias: false,
        },
        index: vec![literal("index.html")],
        types: 0,
        default_type: b"text/plain".to_vec(),
        error_pages: Vec::new(),
        recursive_error_pages: false,
        hidden_files: false,
        follow_symlinks: false,
        etag: true,
        if_modified_since: IfModifiedSince::Exact,
        max_ranges: usize::MAX,
        server_tokens: false,
        absolute_redirect: false,
        port_in_redirect: true,
        server_name_in_redirect: false,
        client_max_body_size: 1 << 20,
        client_body_buffer_size: 16 << 10,
        client_body_timeout_ms: 60_000,
        send_timeout_ms: 60_000,
        keepalive_timeout_ms: 75_000,
        keepalive_header_s: None,
        keepalive_requests: 1000,
        keepalive_time_ms: 3_600_000,
        keepalive_disable: KeepaliveDisable { msie6: true, safari: false },
        lingering_close: Lingering::On,
        lingering_time_ms: 30_000,
        lingering_timeout_ms: 5_000,
        reset_timedout_connection: false,
        sendfile: true,
        tcp_nodelay: true,
        tcp_nopush: false,
        access_logs: Vec::new(),
        error_log: ERROR_LOG,
        log_not_found: true,
    }
}

fn pattern(location: &Location) -> ir::Pattern {
    let (text, ignore_case) = (location.path.clone(), location.modifier == "~*");
    ir::Pattern { text, ignore_case, captures_used: false }
}

/// The names of the only listen.
fn names(servers: &[Server]) -> ir::ServerNames {
    let mut names = ir::ServerNames::default();
    for (id, server) in (0..).zip(servers) {
        if server.names.is_empty() {
            names.exact.push((Vec::new(), id));
        }
        for name in &server.names {
            if let Some(pattern) = name.strip_prefix('~') {
                let pattern = ir::Pattern {
                    text: pattern.to_owned(),
                    ignore_case: true,
                    captures_used: false,
                };
                names.regex.push(ir::ServerRegex { pattern, server: id });
            } else if let Some(base) = name.strip_suffix('*') {
                names.prefix.push((base.into(), id));
            } else if let Some(base) = name.strip_prefix('*') {
                names.suffix.push((base.into(), id));
            } else if let Some(base) = name.strip_prefix('.') {
                names.exact.push((base.into(), id));
                names.suffix.push((name.clone().into(), id));
            } else {
                names.exact.push((name.clone().into(), id));
            }
        }
    }
    names
}

fn scope(locations: &[Location], next: &mut LocationId) -> ir::Scope {
    let mut found = ir::Scope::default();
    for location in locations {
        let id = *next;
        *next += 1;
        let nested = scope(&location.nested, next);
        match location.modifier {
            "=" => found.exact.push((location.path.clone().into(), id)),
            "~" | "~*" => {
                let pattern = pattern(location);
                found.regex.push(ir::RegexLocation { pattern, location: id, nested });
            }
            modifier => found.prefix.push(ir::Prefix {
                path: location.path.clone().into(),
                no_regex: modifier == "^~",
                location: id,
                nested,
            }),
        }
    }
    found
}

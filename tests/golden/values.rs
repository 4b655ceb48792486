// Compiled from `values.conf` by sitec: do not edit.

#[allow(unused_imports)]
use ::sitec_runtime::{
    coding, http::accept::Coding, http::method::{Method, MethodSet},
    links, networks::Networks, regex, shares::share,
    site::{self, ResponseTable, Variables},
    texts::Texts, trie::Trie,
};

#[allow(unused_imports)]
use ::std::sync::LazyLock;

/// The site that `values.conf` describes.
pub struct Conf;

#[allow(unused_variables)]
impl site::Site for Conf {
    const NAME: &'static str = "values.conf";
    const CONF: &'static [u8] = include_bytes!("site.conf");
    const PROCESS: site::Process = site::Process {
        plain: site::ProcessSettings::DEFAULT,
        user: None,
        group: None,
        pid: None,
        error_logs: &[
            site::ErrorLog {
                log: 0,
                level: site::Level::Error,
            },
        ],
    };
    const PARAMS: &'static [site::Param] = &[
        site::Param {
            name: "port",
            default: "8080",
            kind: site::ParamKind::Listen,
        },
    ];
    const LISTENS: &'static [site::Listen] = &[
        site::Listen {
            address: site::Address::Param(&[site::StartPiece::Param(0)]),
            backlog: 511,
            ipv6_only: true,
            ipv6_only_given: false,
            deferred: false,
            proxy_protocol: false,
            tls: false,
            socket: site::SocketOptions::NONE,
            shared_port: false,
            default_server: 0,
            start_names: &[],
            whole_names: &[],
        },
    ];
    const DIRECTORIES: &'static [site::StartText] = &[
        &[site::StartPiece::Literal("/srv/www")],
    ];
    const PUBLISHED: &'static [site::DirectoryId] = &[0];
    const LOGS: &'static [site::LogTarget] = &[
        site::LogTarget::Stderr,
        site::LogTarget::File(&[site::StartPiece::Literal("/var/log/site.log")]),
    ];
    fn prepare() {}
    fn server(listen: site::ListenId, host: &[u8]) -> site::ServerMatch {
        site::ServerMatch {
            id: 0,
            pattern: None,
        }
    }
    fn server_settings(server: site::ServerId) -> &'static site::Server {
        &SERVERS[usize::from(server)]
    }
    fn route(server: site::ServerId, path: &[u8]) -> site::LocationId {
        scope_0(path)
    }
    fn location(id: site::LocationId) -> &'static site::Location {
        &LOCATIONS[id as usize]
    }
    fn media_type(types: site::TypesId, extension: &[u8]) -> Option<&'static [u8]> {
        types_0(extension)
    }
    fn error_page(status: u16) -> &'static site::Prebuilt {
        match status {
            301 => &PAGE_301,
            302 => &PAGE_302,
            303 => &PAGE_303,
            307 => &PAGE_307,
            308 => &PAGE_308,
            400 => &PAGE_400,
            403 => &PAGE_403,
            404 => &PAGE_404,
            405 => &PAGE_405,
            408 => &PAGE_408,
            409 => &PAGE_409,
            411 => &PAGE_411,
            412 => &PAGE_412,
            413 => &PAGE_413,
            414 => &PAGE_414,
            415 => &PAGE_415,
            416 => &PAGE_416,
            417 => &PAGE_417,
            421 => &PAGE_421,
            431 => &PAGE_431,
            500 => &PAGE_500,
            501 => &PAGE_501,
            502 => &PAGE_502,
            503 => &PAGE_503,
            504 => &PAGE_504,
            505 => &PAGE_505,
            507 => &PAGE_507,
            _ => &site::Prebuilt::EMPTY,
        }
    }
}

static SERVERS: [site::Server; 1] = [
    site::Server {
        name: site::Settled::Known(b""),
        location: 0,
        ops: &[],
        tls: None,
        plain: site::ServerSettings::DEFAULT,
    },
];

#[allow(clippy::collapsible_match)]
fn scope_0(path: &[u8]) -> u32 {
    match path {
        [b'/', path @ ..] => {
            match path {
                [b'4', b'0', b'4', b'.', b'h', b't', b'm', b'l'] => 2,
                [b'a', path @ ..] => {
                    match path {
                        [b'd', b'd', b'e', b'd', ..] => 7,
                        [b'w', b'a', b'y'] => 4,
                        _ => 0,
                    }
                }
                [b'l', b'o', b'g', b'g', b'e', b'd', ..] => 6,
                [b'm', b'o', b'v', b'e', b'd'] => 3,
                [b'w', b'h', b'o', ..] => 5,
                _ => 0,
            }
        }
        _ => 0,
    }
}

static LOCATIONS: [site::Location; 8] = [
    site::Location {
        settings: &SETTINGS[0],
        internal: false,
        patterns: &[],
        limit_except: None,
        methods: MethodSet::of(&[Method::Get, Method::Head]),
        methods_named: false,
        allow: b"GET, HEAD",
        ops: &[],
        action: site::Action::Return(site::Return::Status(404)),
    },
    site::Location {
        settings: &SETTINGS[0],
        internal: true,
        patterns: &[],
        limit_except: None,
        methods: MethodSet::ALL,
        methods_named: false,
        allow: b"GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH, MKCOL, COPY, MOVE, PROPFIND, PROPPATCH, LOCK, UNLOCK, ACL, BASELINE-CONTROL, BIND, CHECKIN, CHECKOUT, LABEL, LINK, MERGE, MKACTIVITY, MKCALENDAR, MKREDIRECTREF, MKWORKSPACE, ORDERPATCH, PURGE, QUERY, REBIND, REPORT, SEARCH, UNBIND, UNCHECKOUT, UNLINK, UPDATE, UPDATEREDIRECTREF, VERSION-CONTROL",
        ops: &[],
        action: site::Action::Return(site::Return::Status(503)),
    },
    site::Location {
        settings: &SETTINGS[0],
        internal: false,
        patterns: &[],
        limit_except: None,
        methods: MethodSet::ALL,
        methods_named: false,
        allow: b"GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH, MKCOL, COPY, MOVE, PROPFIND, PROPPATCH, LOCK, UNLOCK, ACL, BASELINE-CONTROL, BIND, CHECKIN, CHECKOUT, LABEL, LINK, MERGE, MKACTIVITY, MKCALENDAR, MKREDIRECTREF, MKWORKSPACE, ORDERPATCH, PURGE, QUERY, REBIND, REPORT, SEARCH, UNBIND, UNCHECKOUT, UNLINK, UPDATE, UPDATEREDIRECTREF, VERSION-CONTROL",
        ops: &[],
        action: site::Action::Return(
            site::Return::Prebuilt(site::Prebuilt {
                status: 404,
                fields: b"Content-Type: text/html\r\nContent-Length: 13\r\n",
                body: b"nothing here\n",
            }),
        ),
    },
    site::Location {
        settings: &SETTINGS[0],
        internal: false,
        patterns: &[],
        limit_except: None,
        methods: MethodSet::ALL,
        methods_named: false,
        allow: b"GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH, MKCOL, COPY, MOVE, PROPFIND, PROPPATCH, LOCK, UNLOCK, ACL, BASELINE-CONTROL, BIND, CHECKIN, CHECKOUT, LABEL, LINK, MERGE, MKACTIVITY, MKCALENDAR, MKREDIRECTREF, MKWORKSPACE, ORDERPATCH, PURGE, QUERY, REBIND, REPORT, SEARCH, UNBIND, UNCHECKOUT, UNLINK, UPDATE, UPDATEREDIRECTREF, VERSION-CONTROL",
        ops: &[],
        action: site::Action::Return(
            site::Return::Redirect(301, site::Text::Fixed(b"/new")),
        ),
    },
    site::Location {
        settings: &SETTINGS[0],
        internal: false,
        patterns: &[],
        limit_except: None,
        methods: MethodSet::ALL,
        methods_named: false,
        allow: b"GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH, MKCOL, COPY, MOVE, PROPFIND, PROPPATCH, LOCK, UNLOCK, ACL, BASELINE-CONTROL, BIND, CHECKIN, CHECKOUT, LABEL, LINK, MERGE, MKACTIVITY, MKCALENDAR, MKREDIRECTREF, MKWORKSPACE, ORDERPATCH, PURGE, QUERY, REBIND, REPORT, SEARCH, UNBIND, UNCHECKOUT, UNLINK, UPDATE, UPDATEREDIRECTREF, VERSION-CONTROL",
        ops: &[],
        action: site::Action::Return(
            site::Return::Prebuilt(site::Prebuilt {
                status: 308,
                fields: b"Content-Type: text/html\r\nContent-Length: 86\r\nLocation: https://example.test/a%20b\r\n",
                body: PAGE_308.body,
            }),
        ),
    },
    site::Location {
        settings: &SETTINGS[0],
        internal: false,
        patterns: &[],
        limit_except: None,
        methods: MethodSet::ALL,
        methods_named: false,
        allow: b"GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH, MKCOL, COPY, MOVE, PROPFIND, PROPPATCH, LOCK, UNLOCK, ACL, BASELINE-CONTROL, BIND, CHECKIN, CHECKOUT, LABEL, LINK, MERGE, MKACTIVITY, MKCALENDAR, MKREDIRECTREF, MKWORKSPACE, ORDERPATCH, PURGE, QUERY, REBIND, REPORT, SEARCH, UNBIND, UNCHECKOUT, UNLINK, UPDATE, UPDATEREDIRECTREF, VERSION-CONTROL",
        ops: &[],
        action: site::Action::Return(
            site::Return::Text(200, site::Text::Computed(value_0)),
        ),
    },
    site::Location {
        settings: &SETTINGS[1],
        internal: false,
        patterns: &[],
        limit_except: Some(site::LimitExcept {
            methods: MethodSet::of(&[Method::Get, Method::Head]),
            admission: site::Admission {
                access: Some(&ACCESSES[0]),
                named: None,
                satisfy_any: false,
                auth: None,
                inquiry: None,
            },
            location: None,
        }),
        methods: MethodSet::of(&[Method::Get, Method::Head, Method::Post]),
        methods_named: true,
        allow: b"GET, HEAD, POST",
        ops: &[],
        action: site::Action::Serve {
            try_files: None,
            handler: site::Handler::Files,
        },
    },
    site::Location {
        settings: &SETTINGS[2],
        internal: false,
        patterns: &[],
        limit_except: None,
        methods: MethodSet::ALL,
        methods_named: false,
        allow: b"GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH, MKCOL, COPY, MOVE, PROPFIND, PROPPATCH, LOCK, UNLOCK, ACL, BASELINE-CONTROL, BIND, CHECKIN, CHECKOUT, LABEL, LINK, MERGE, MKACTIVITY, MKCALENDAR, MKREDIRECTREF, MKWORKSPACE, ORDERPATCH, PURGE, QUERY, REBIND, REPORT, SEARCH, UNBIND, UNCHECKOUT, UNLINK, UPDATE, UPDATEREDIRECTREF, VERSION-CONTROL",
        ops: &[],
        action: site::Action::Return(
            site::Return::Prebuilt(site::Prebuilt {
                status: 204,
                fields: b"",
                body: b"",
            }),
        ),
    },
];

static SETTINGS: [site::Settings; 3] = [
    site::Settings {
        plain: site::PlainSettings {
            absolute_redirect: true,
            client_min_rate: Some(site::MinRate {
                bytes_per_s: 1024,
                grace_ms: 5000,
            }),
            ..site::PlainSettings::DEFAULT
        },
        base: site::FileBase {
            directory: 65535,
            inner: site::Text::Fixed(b""),
            replaced_len: 0,
            append_path: true,
            alias: false,
            slash: false,
        },
        pack: None,
        index: &[site::Text::Fixed(b"index.html")],
        types: 0,
        default_type: b"text/x-unknown",
        charset: None,
        source_charset: None,
        substitution: None,
        additions: None,
        ssi: None,
        compression: None,
        error_pages: &[
            site::ErrorPage {
                status: 404,
                response: site::ErrorStatus::Keep,
                target: site::ErrorTarget::Uri(site::Text::Fixed(b"/404.html")),
            },
            site::ErrorPage {
                status: 500,
                response: site::ErrorStatus::Replace(503),
                target: site::ErrorTarget::Named(1),
            },
            site::ErrorPage {
                status: 502,
                response: site::ErrorStatus::Replace(503),
                target: site::ErrorTarget::Named(1),
            },
        ],
        symlinks: site::Symlinks::USUAL,
        file_cache: site::FileCache::USUAL,
        admission: site::Admission::OPEN,
        mirrors: &[],
        answered: &[],
        rate: None,
        limit_reqs: &[],
        limit_conns: &[],
        real_ip: None,
        referers: None,
        secure_link: None,
        userid: None,
        added_fields: site::AddedFields {
            usual: &[],
            always: &[],
        },
        added_trailers: site::AddedFields {
            usual: &[],
            always: &[],
        },
        early_hints: &[],
        access_logs: &[
            site::AccessLog {
                log: 1,
                name: None,
                format: format_0,
                buffer_len: 0,
                flush_ms: 0,
                gzip: None,
                condition: None,
            },
        ],
        error_logs: &[
            site::ErrorLog {
                log: 0,
                level: site::Level::Error,
            },
        ],
        listing: None,
    },
    site::Settings {
        plain: site::PlainSettings {
            absolute_redirect: true,
            client_min_rate: Some(site::MinRate {
                bytes_per_s: 1024,
                grace_ms: 5000,
            }),
            ..site::PlainSettings::DEFAULT
        },
        base: site::FileBase {
            directory: 0,
            inner: site::Text::Computed(value_1),
            replaced_len: 0,
            append_path: true,
            alias: false,
            slash: false,
        },
        pack: None,
        index: &[site::Text::Fixed(b"index.html")],
        types: 0,
        default_type: b"text/x-unknown",
        charset: None,
        source_charset: None,
        substitution: None,
        additions: None,
        ssi: None,
        compression: None,
        error_pages: &[
            site::ErrorPage {
                status: 404,
                response: site::ErrorStatus::Keep,
                target: site::ErrorTarget::Uri(site::Text::Fixed(b"/404.html")),
            },
            site::ErrorPage {
                status: 500,
                response: site::ErrorStatus::Replace(503),
                target: site::ErrorTarget::Named(1),
            },
            site::ErrorPage {
                status: 502,
                response: site::ErrorStatus::Replace(503),
                target: site::ErrorTarget::Named(1),
            },
        ],
        symlinks: site::Symlinks::USUAL,
        file_cache: site::FileCache::USUAL,
        admission: site::Admission::OPEN,
        mirrors: &[],
        answered: &[],
        rate: None,
        limit_reqs: &[],
        limit_conns: &[],
        real_ip: None,
        referers: None,
        secure_link: None,
        userid: None,
        added_fields: site::AddedFields {
            usual: &[],
            always: &[],
        },
        added_trailers: site::AddedFields {
            usual: &[],
            always: &[],
        },
        early_hints: &[],
        access_logs: &[
            site::AccessLog {
                log: 1,
                name: None,
                format: format_1,
                buffer_len: 0,
                flush_ms: 0,
                gzip: None,
                condition: Some(site::Text::Computed(value_2)),
            },
        ],
        error_logs: &[
            site::ErrorLog {
                log: 0,
                level: site::Level::Error,
            },
        ],
        listing: None,
    },
    site::Settings {
        plain: site::PlainSettings {
            absolute_redirect: true,
            client_min_rate: Some(site::MinRate {
                bytes_per_s: 1024,
                grace_ms: 5000,
            }),
            ..site::PlainSettings::DEFAULT
        },
        base: site::FileBase {
            directory: 65535,
            inner: site::Text::Fixed(b""),
            replaced_len: 0,
            append_path: true,
            alias: false,
            slash: false,
        },
        pack: None,
        index: &[site::Text::Fixed(b"index.html")],
        types: 0,
        default_type: b"text/x-unknown",
        charset: None,
        source_charset: None,
        substitution: None,
        additions: None,
        ssi: None,
        compression: None,
        error_pages: &[
            site::ErrorPage {
                status: 404,
                response: site::ErrorStatus::Keep,
                target: site::ErrorTarget::Uri(site::Text::Fixed(b"/404.html")),
            },
            site::ErrorPage {
                status: 500,
                response: site::ErrorStatus::Replace(503),
                target: site::ErrorTarget::Named(1),
            },
            site::ErrorPage {
                status: 502,
                response: site::ErrorStatus::Replace(503),
                target: site::ErrorTarget::Named(1),
            },
        ],
        symlinks: site::Symlinks::USUAL,
        file_cache: site::FileCache::USUAL,
        admission: site::Admission::OPEN,
        mirrors: &[],
        answered: &[],
        rate: None,
        limit_reqs: &[],
        limit_conns: &[],
        real_ip: None,
        referers: None,
        secure_link: None,
        userid: None,
        added_fields: site::AddedFields {
            usual: &[
                site::AddedField::Expires(site::Expires::FromModified(-3600)),
                site::AddedField::Lines(b"X-Fixed: a b\r\nX-Always: yes\r\n"),
                site::AddedField::Line("X-Args", site::Text::Computed(value_3)),
                site::AddedField::Sole("ETag", site::Text::Fixed(b"")),
            ],
            always: &[
                site::AddedField::Lines(b"X-Always: yes\r\n"),
                site::AddedField::Line("X-Args", site::Text::Computed(value_3)),
            ],
        },
        added_trailers: site::AddedFields {
            usual: &[],
            always: &[],
        },
        early_hints: &[],
        access_logs: &[
            site::AccessLog {
                log: 1,
                name: None,
                format: format_0,
                buffer_len: 0,
                flush_ms: 0,
                gzip: None,
                condition: None,
            },
        ],
        error_logs: &[
            site::ErrorLog {
                log: 0,
                level: site::Level::Error,
            },
        ],
        listing: None,
    },
];

static ACCESSES: [site::Access; 1] = [
    site::Access {
        v4: Some(site::Ranges {
            first: false,
            flips: &[167772160, 184549376],
        }),
        v6: site::Ranges {
            first: false,
            flips: &[1, 2],
        },
        unix: false,
    },
];

fn value_0(v: &Variables<'_>, out: &mut Vec<u8>) {
    v.argument(b"name", out);
    put(out, b"-");
    v.cookie(b"id", out);
    put(out, b"\n");
}

fn value_1(v: &Variables<'_>, out: &mut Vec<u8>) {
    v.host(out);
}

fn value_2(v: &Variables<'_>, out: &mut Vec<u8>) {
    v.argument(b"log", out);
}

fn value_3(v: &Variables<'_>, out: &mut Vec<u8>) {
    v.args(out);
}

fn format_0(v: &Variables<'_>, out: &mut Vec<u8>) {
    v.logged_default(out, |out| v.remote_addr(out));
    put(out, b" \"");
    v.logged_default(out, |out| v.request(out));
    put(out, b"\" ");
    v.logged_default(out, |out| v.status(out));
}

fn format_1(v: &Variables<'_>, out: &mut Vec<u8>) {
    put(out, b"{\"uri\":\"");
    v.logged_json(out, |out| v.request_uri(out));
    put(out, b"\",\"agent\":\"");
    v.logged_json(out, |out| v.request_field(b"user-agent", out));
    put(out, b"\"}");
}

#[inline(never)]
fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(bytes);
}

fn types_0(extension: &[u8]) -> Option<&'static [u8]> {
    let media_type: &'static [u8] = match extension {
        b"html" | b"htm" => b"text/html",
        b"png" => b"image/png",
        _ => return None,
    };
    Some(media_type)
}

const PAGE_301: site::Prebuilt = site::Prebuilt::parse(301, include_bytes!("301.http"));
const PAGE_302: site::Prebuilt = site::Prebuilt::parse(302, include_bytes!("302.http"));
const PAGE_303: site::Prebuilt = site::Prebuilt::parse(303, include_bytes!("303.http"));
const PAGE_307: site::Prebuilt = site::Prebuilt::parse(307, include_bytes!("307.http"));
const PAGE_308: site::Prebuilt = site::Prebuilt::parse(308, include_bytes!("308.http"));
const PAGE_400: site::Prebuilt = site::Prebuilt::parse(400, include_bytes!("400.http"));
const PAGE_403: site::Prebuilt = site::Prebuilt::parse(403, include_bytes!("403.http"));
const PAGE_404: site::Prebuilt = site::Prebuilt::parse(404, include_bytes!("404.http"));
const PAGE_405: site::Prebuilt = site::Prebuilt::parse(405, include_bytes!("405.http"));
const PAGE_408: site::Prebuilt = site::Prebuilt::parse(408, include_bytes!("408.http"));
const PAGE_409: site::Prebuilt = site::Prebuilt::parse(409, include_bytes!("409.http"));
const PAGE_411: site::Prebuilt = site::Prebuilt::parse(411, include_bytes!("411.http"));
const PAGE_412: site::Prebuilt = site::Prebuilt::parse(412, include_bytes!("412.http"));
const PAGE_413: site::Prebuilt = site::Prebuilt::parse(413, include_bytes!("413.http"));
const PAGE_414: site::Prebuilt = site::Prebuilt::parse(414, include_bytes!("414.http"));
const PAGE_415: site::Prebuilt = site::Prebuilt::parse(415, include_bytes!("415.http"));
const PAGE_416: site::Prebuilt = site::Prebuilt::parse(416, include_bytes!("416.http"));
const PAGE_417: site::Prebuilt = site::Prebuilt::parse(417, include_bytes!("417.http"));
const PAGE_421: site::Prebuilt = site::Prebuilt::parse(421, include_bytes!("421.http"));
const PAGE_431: site::Prebuilt = site::Prebuilt::parse(431, include_bytes!("431.http"));
const PAGE_500: site::Prebuilt = site::Prebuilt::parse(500, include_bytes!("500.http"));
const PAGE_501: site::Prebuilt = site::Prebuilt::parse(501, include_bytes!("501.http"));
const PAGE_502: site::Prebuilt = site::Prebuilt::parse(502, include_bytes!("502.http"));
const PAGE_503: site::Prebuilt = site::Prebuilt::parse(503, include_bytes!("503.http"));
const PAGE_504: site::Prebuilt = site::Prebuilt::parse(504, include_bytes!("504.http"));
const PAGE_505: site::Prebuilt = site::Prebuilt::parse(505, include_bytes!("505.http"));
const PAGE_507: site::Prebuilt = site::Prebuilt::parse(507, include_bytes!("507.http"));

// Compiled from `routing.conf` by sitec: do not edit.

#[allow(unused_imports)]
use ::sitec_runtime::{
    coding, http::accept::Coding, http::method::{Method, MethodSet},
    links, networks::Networks, regex, shares::share,
    site::{self, ResponseTable, Variables},
    texts::Texts, trie::Trie,
};

#[allow(unused_imports)]
use ::std::sync::LazyLock;

/// The site that `routing.conf` describes.
pub struct Conf;

#[allow(unused_variables)]
impl site::Site for Conf {
    const NAME: &'static str = "routing.conf";
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
    const PARAMS: &'static [site::Param] = &[];
    const LISTENS: &'static [site::Listen] = &[
        site::Listen {
            address: site::Address::Ip(
                ::std::net::SocketAddr::new(
                    ::std::net::IpAddr::V4(::std::net::Ipv4Addr::new(0, 0, 0, 0)),
                    8080,
                ),
            ),
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
        &[site::StartPiece::Literal("/srv/manual")],
    ];
    const PUBLISHED: &'static [site::DirectoryId] = &[0, 1];
    const LOGS: &'static [site::LogTarget] = &[site::LogTarget::Stderr];
    fn prepare() {
        LazyLock::force(&REGEXES_0);
        LazyLock::force(&REGEXES_1);
        LazyLock::force(&REGEXES_2);
    }
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
        scope_2(path)
    }
    fn location(id: site::LocationId) -> &'static site::Location {
        &LOCATIONS[match id {
            0 | 4 => 0,
            1 => 1,
            2 => 2,
            3 => 3,
            5 => 4,
            6 => 5,
            7 => 6,
            8 => 7,
            9 => 8,
            _ => 9,
        }]
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

fn scope_0(path: &[u8]) -> u32 {
    let found = 4;
    regexes_1(path).unwrap_or(found)
}

fn scope_1(path: &[u8]) -> u32 {
    let found = names_1(path);
    regexes_2(path).or_else(|| regexes_0(path)).unwrap_or(found)
}

#[allow(clippy::collapsible_match)]
fn names_1(path: &[u8]) -> u32 {
    match path {
        [b'/', b'a', b'p', b'p', b'/', b'a', b'd', b'm', b'i', b'n', b'/', ..] => 9,
        _ => 8,
    }
}

fn scope_2(path: &[u8]) -> u32 {
    let found = names_2(path);
    match found {
        2 => found,
        4 => scope_0(path),
        8 => scope_1(path),
        _ => regexes_0(path).unwrap_or(found),
    }
}

#[allow(clippy::collapsible_match)]
fn names_2(path: &[u8]) -> u32 {
    match path {
        [b'/', path @ ..] => {
            match path {
                [b'a', b'p', b'p', b'/', ..] => 8,
                [b'd', b'o', b'c', b's', b'/', ..] => 3,
                [b'h', b'e', b'a', b'l', b't', b'h'] => 2,
                [b's', b't', b'a', b't', b'i', b'c', b'/', ..] => 4,
                _ => 0,
            }
        }
        _ => 0,
    }
}

fn regexes_0(path: &[u8]) -> Option<u32> {
    REGEXES_0
        .find(path)
        .map(|pattern| match pattern {
            0 => 6,
            _ => 7,
        })
}

fn regexes_1(path: &[u8]) -> Option<u32> {
    REGEXES_1.find(path).map(|_| 5)
}

fn regexes_2(path: &[u8]) -> Option<u32> {
    REGEXES_2.find(path).map(|_| 10)
}

static REGEXES_0: LazyLock<regex::Set> = LazyLock::new(|| regex::Set::load(
    REGEX_TABLE_0,
));

static REGEX_TABLE_0: &[u8] = include_bytes!("regexes-0.dfa");

static REGEXES_1: LazyLock<regex::Set> = LazyLock::new(|| regex::Set::load(
    REGEX_TABLE_1,
));

static REGEX_TABLE_1: &[u8] = include_bytes!("regexes-1.dfa");

static REGEXES_2: LazyLock<regex::Set> = LazyLock::new(|| regex::Set::load(
    REGEX_TABLE_2,
));

static REGEX_TABLE_2: &[u8] = include_bytes!("regexes-2.dfa");

static LOCATIONS: [site::Location; 10] = [
    site::Location {
        settings: &SETTINGS[0],
        internal: false,
        patterns: &[],
        limit_except: None,
        methods: MethodSet::of(&[Method::Get, Method::Head]),
        methods_named: false,
        allow: b"GET, HEAD",
        ops: &[],
        action: site::Action::Serve {
            try_files: None,
            handler: site::Handler::Files,
        },
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
        action: site::Action::Return(
            site::Return::Prebuilt(site::Prebuilt {
                status: 302,
                fields: b"Content-Type: text/html\r\nContent-Length: 60\r\nLocation: https://example.test/moved\r\n",
                body: PAGE_302.body,
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
            site::Return::Prebuilt(site::Prebuilt {
                status: 200,
                fields: b"Content-Type: text/plain\r\nContent-Length: 3\r\n",
                body: b"ok\n",
            }),
        ),
    },
    site::Location {
        settings: &SETTINGS[1],
        internal: false,
        patterns: &[],
        limit_except: None,
        methods: MethodSet::of(&[Method::Get, Method::Head]),
        methods_named: false,
        allow: b"GET, HEAD",
        ops: &[],
        action: site::Action::Serve {
            try_files: None,
            handler: site::Handler::Files,
        },
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
                status: 204,
                fields: b"",
                body: b"",
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
        action: site::Action::Return(site::Return::Status(403)),
    },
    site::Location {
        settings: &SETTINGS[0],
        internal: false,
        patterns: &[&PATTERN_0],
        limit_except: None,
        methods: MethodSet::ALL,
        methods_named: false,
        allow: b"GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH, MKCOL, COPY, MOVE, PROPFIND, PROPPATCH, LOCK, UNLOCK, ACL, BASELINE-CONTROL, BIND, CHECKIN, CHECKOUT, LABEL, LINK, MERGE, MKACTIVITY, MKCALENDAR, MKREDIRECTREF, MKWORKSPACE, ORDERPATCH, PURGE, QUERY, REBIND, REPORT, SEARCH, UNBIND, UNCHECKOUT, UNLINK, UPDATE, UPDATEREDIRECTREF, VERSION-CONTROL",
        ops: &[],
        action: site::Action::Return(
            site::Return::Redirect(301, site::Text::Computed(value_0)),
        ),
    },
    site::Location {
        settings: &SETTINGS[0],
        internal: false,
        patterns: &[],
        limit_except: None,
        methods: MethodSet::of(&[Method::Get, Method::Head]),
        methods_named: false,
        allow: b"GET, HEAD",
        ops: &[],
        action: site::Action::Serve {
            try_files: Some(
                &site::TryFiles {
                    candidates: &[
                        site::Candidate {
                            path: site::Text::Computed(value_1),
                            directory: false,
                        },
                        site::Candidate {
                            path: site::Text::Computed(value_1),
                            directory: true,
                        },
                    ],
                    fallback: site::Fallback::Named(1),
                },
            ),
            handler: site::Handler::Files,
        },
    },
    site::Location {
        settings: &SETTINGS[0],
        internal: true,
        patterns: &[],
        limit_except: None,
        methods: MethodSet::of(&[Method::Get, Method::Head]),
        methods_named: false,
        allow: b"GET, HEAD",
        ops: &[],
        action: site::Action::Serve {
            try_files: None,
            handler: site::Handler::Files,
        },
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
        action: site::Action::Return(site::Return::Status(404)),
    },
];

static SETTINGS: [site::Settings; 2] = [
    site::Settings {
        plain: site::PlainSettings::DEFAULT,
        base: site::FileBase {
            directory: 0,
            inner: site::Text::Fixed(b""),
            replaced_len: 0,
            append_path: true,
            alias: false,
            slash: false,
        },
        pack: None,
        index: &[site::Text::Fixed(b"index.html")],
        types: 0,
        default_type: b"text/plain",
        charset: None,
        source_charset: None,
        substitution: None,
        additions: None,
        ssi: None,
        compression: None,
        error_pages: &[],
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
        access_logs: &[],
        error_logs: &[
            site::ErrorLog {
                log: 0,
                level: site::Level::Error,
            },
        ],
        listing: None,
    },
    site::Settings {
        plain: site::PlainSettings::DEFAULT,
        base: site::FileBase {
            directory: 1,
            inner: site::Text::Fixed(b""),
            replaced_len: 5,
            append_path: true,
            alias: true,
            slash: true,
        },
        pack: None,
        index: &[site::Text::Fixed(b"start.html"), site::Text::Fixed(b"index.html")],
        types: 0,
        default_type: b"text/plain",
        charset: None,
        source_charset: None,
        substitution: None,
        additions: None,
        ssi: None,
        compression: None,
        error_pages: &[],
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
        access_logs: &[],
        error_logs: &[
            site::ErrorLog {
                log: 0,
                level: site::Level::Error,
            },
        ],
        listing: None,
    },
];

fn value_0(v: &Variables<'_>, out: &mut Vec<u8>) {
    put(out, b"/pages/");
    v.capture(1, out);
}

fn value_1(v: &Variables<'_>, out: &mut Vec<u8>) {
    v.uri(out);
}

#[inline(never)]
fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(bytes);
}

static PATTERN_0: site::Pattern = site::Pattern::new(include_bytes!("pattern-0.nfa"));

fn types_0(extension: &[u8]) -> Option<&'static [u8]> {
    let media_type: &'static [u8] = match extension {
        b"html" | b"htm" | b"shtml" => b"text/html",
        b"css" => b"text/css",
        b"xml" | b"xsl" | b"xslt" | b"xsd" => b"text/xml",
        b"gif" => b"image/gif",
        b"jpeg" | b"jpg" | b"jpe" => b"image/jpeg",
        b"js" => b"application/javascript",
        b"atom" => b"application/atom+xml",
        b"rss" => b"application/rss+xml",
        b"mml" => b"text/mathml",
        b"txt" | b"text" | b"log" | b"srt" | b"toml" | b"conf" | b"ini" | b"py" | b"c"
        | b"h" | b"cpp" => b"text/plain",
        b"jad" => b"text/vnd.sun.j2me.app-descriptor",
        b"wml" => b"text/vnd.wap.wml",
        b"htc" => b"text/x-component",
        b"avif" => b"image/avif",
        b"png" => b"image/png",
        b"svg" | b"svgz" => b"image/svg+xml",
        b"tif" | b"tiff" => b"image/tiff",
        b"wbmp" => b"image/vnd.wap.wbmp",
        b"webp" => b"image/webp",
        b"ico" => b"image/x-icon",
        b"jng" => b"image/x-jng",
        b"bmp" => b"image/x-ms-bmp",
        b"woff" => b"font/woff",
        b"woff2" => b"font/woff2",
        b"jar" | b"war" | b"ear" => b"application/java-archive",
        b"json" | b"map" => b"application/json",
        b"hqx" => b"application/mac-binhex40",
        b"doc" | b"dot" => b"application/msword",
        b"pdf" => b"application/pdf",
        b"ps" | b"eps" | b"ai" => b"application/postscript",
        b"rtf" => b"application/rtf",
        b"m3u8" => b"application/vnd.apple.mpegurl",
        b"kml" => b"application/vnd.google-earth.kml+xml",
        b"kmz" => b"application/vnd.google-earth.kmz",
        b"xls" => b"application/vnd.ms-excel",
        b"eot" => b"application/vnd.ms-fontobject",
        b"ppt" | b"pps" => b"application/vnd.ms-powerpoint",
        b"odg" => b"application/vnd.oasis.opendocument.graphics",
        b"odp" => b"application/vnd.oasis.opendocument.presentation",
        b"ods" => b"application/vnd.oasis.opendocument.spreadsheet",
        b"odt" => b"application/vnd.oasis.opendocument.text",
        b"pptx" => {
            b"application/vnd.openxmlformats-officedocument.presentationml.presentation"
        }
        b"xlsx" => b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        b"docx" => {
            b"application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        }
        b"wmlc" => b"application/vnd.wap.wmlc",
        b"wasm" => b"application/wasm",
        b"7z" => b"application/x-7z-compressed",
        b"cco" => b"application/x-cocoa",
        b"jardiff" => b"application/x-java-archive-diff",
        b"jnlp" => b"application/x-java-jnlp-file",
        b"run" => b"application/x-makeself",
        b"pl" | b"pm" => b"application/x-perl",
        b"prc" | b"pdb" => b"application/x-pilot",
        b"rar" => b"application/x-rar-compressed",
        b"rpm" => b"application/x-redhat-package-manager",
        b"sea" => b"application/x-sea",
        b"swf" => b"application/x-shockwave-flash",
        b"sit" => b"application/x-stuffit",
        b"tcl" | b"tk" => b"application/x-tcl",
        b"der" | b"pem" | b"crt" => b"application/x-x509-ca-cert",
        b"xpi" => b"application/x-xpinstall",
        b"xhtml" => b"application/xhtml+xml",
        b"xspf" => b"application/xspf+xml",
        b"zip" => b"application/zip",
        b"bin" | b"exe" | b"dll" | b"deb" | b"dmg" | b"iso" | b"img" | b"msi" | b"msp"
        | b"msm" => b"application/octet-stream",
        b"mid" | b"midi" | b"kar" => b"audio/midi",
        b"mp3" => b"audio/mpeg",
        b"ogg" | b"oga" | b"opus" => b"audio/ogg",
        b"m4a" => b"audio/x-m4a",
        b"ra" => b"audio/x-realaudio",
        b"3gpp" | b"3gp" => b"video/3gpp",
        b"ts" => b"video/mp2t",
        b"mp4" => b"video/mp4",
        b"mpeg" | b"mpg" | b"mpe" => b"video/mpeg",
        b"mov" | b"qt" => b"video/quicktime",
        b"webm" => b"video/webm",
        b"flv" => b"video/x-flv",
        b"m4v" => b"video/x-m4v",
        b"mng" => b"video/x-mng",
        b"asx" | b"asf" => b"video/x-ms-asf",
        b"wmv" => b"video/x-ms-wmv",
        b"avi" => b"video/x-msvideo",
        b"mjs" => b"text/javascript",
        b"md" | b"markdown" => b"text/markdown",
        b"csv" => b"text/csv",
        b"tsv" => b"text/tab-separated-values",
        b"ics" => b"text/calendar",
        b"vcf" => b"text/vcard",
        b"vtt" => b"text/vtt",
        b"yaml" | b"yml" => b"text/yaml",
        b"appcache" => b"text/cache-manifest",
        b"java" => b"text/x-java-source",
        b"rs" => b"text/x-rust",
        b"jsonld" => b"application/ld+json",
        b"geojson" => b"application/geo+json",
        b"webmanifest" => b"application/manifest+json",
        b"rdf" => b"application/rdf+xml",
        b"mpd" => b"application/dash+xml",
        b"apng" => b"image/apng",
        b"heic" => b"image/heic",
        b"heif" => b"image/heif",
        b"jp2" => b"image/jp2",
        b"jxl" => b"image/jxl",
        b"psd" => b"image/vnd.adobe.photoshop",
        b"djvu" => b"image/vnd.djvu",
        b"xbm" => b"image/x-xbitmap",
        b"ttc" => b"font/collection",
        b"otf" => b"font/otf",
        b"ttf" => b"font/ttf",
        b"gltf" => b"model/gltf+json",
        b"glb" => b"model/gltf-binary",
        b"usdz" => b"model/vnd.usdz+zip",
        b"aac" => b"audio/aac",
        b"aif" | b"aiff" => b"audio/aiff",
        b"flac" => b"audio/flac",
        b"wav" => b"audio/wav",
        b"weba" => b"audio/webm",
        b"m3u" => b"audio/x-mpegurl",
        b"3g2" => b"video/3gpp2",
        b"ogv" => b"video/ogg",
        b"mkv" => b"video/x-matroska",
        b"ogx" => b"application/ogg",
        b"epub" => b"application/epub+zip",
        b"azw" => b"application/vnd.amazon.ebook",
        b"xps" => b"application/vnd.ms-xpsdocument",
        b"latex" => b"application/x-latex",
        b"mobi" => b"application/x-mobipocket-ebook",
        b"tex" => b"application/x-tex",
        b"gz" | b"tgz" => b"application/gzip",
        b"apk" => b"application/vnd.android.package-archive",
        b"cab" => b"application/vnd.ms-cab-compressed",
        b"torrent" => b"application/x-bittorrent",
        b"bz2" => b"application/x-bzip2",
        b"ipa" => b"application/x-itunes-ipa",
        b"sh" => b"application/x-sh",
        b"tar" => b"application/x-tar",
        b"xz" => b"application/x-xz",
        b"zst" => b"application/zstd",
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

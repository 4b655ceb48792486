// Compiled from `scripts.conf` by sitec: do not edit.

#[allow(unused_imports)]
use ::sitec_runtime::{
    http::method::{Method, MethodSet},
    regex, response_table::ResponseTable, site, trie::Trie, variables::Variables,
};

#[allow(unused_imports)]
use ::std::sync::LazyLock;

/// The site that `scripts.conf` describes.
pub struct Conf;

#[allow(unused_variables)]
impl site::Site for Conf {
    const NAME: &'static str = "scripts.conf";
    const CONF: &'static [u8] = include_bytes!("site.conf");
    const PROCESS: site::Process = site::Process {
        workers: Some(1),
        worker_connections: 1024,
        shutdown_timeout_ms: Some(30000),
        user: None,
        group: None,
        pid: None,
        error_log: site::ErrorLog {
            log: 0,
            level: site::Level::Error,
        },
    };
    const PARAMS: &'static [site::Param] = &[
        site::Param {
            name: "RUN",
            default: "/bin/sh",
            kind: site::ParamKind::Path,
        },
    ];
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
            deferred: false,
            shared_port: false,
            default_server: 0,
            param_names: &[],
            whole_names: &[],
        },
    ];
    const DIRECTORIES: &'static [site::StartText] = &[
        &[site::StartPiece::Literal("/srv/www")],
    ];
    const PUBLISHED: &'static [site::DirectoryId] = &[0];
    const LOGS: &'static [site::LogTarget] = &[site::LogTarget::Stderr];
    const PROGRAMS: &'static [site::StartText] = &[&[site::StartPiece::Param(0)]];
    const MAX_SCRIPTS: Option<u32> = Some(8);
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
            501 => &PAGE_501,
            502 => &PAGE_502,
            503 => &PAGE_503,
            504 => &PAGE_504,
            505 => &PAGE_505,
            507 => &PAGE_507,
            ..=399 => &PAGE_300,
            400..=499 => &PAGE_400,
            _ => &PAGE_500,
        }
    }
}

static SERVERS: [site::Server; 1] = [
    site::Server {
        name: site::Settled::Known(b""),
        location: 0,
        client_header_timeout_ms: 60000,
        client_header_buffer_len: 1024,
        large_client_header_buffers: (4, 8192),
        max_headers: 1000,
        merge_slashes: true,
        ignore_invalid_headers: true,
        underscores_in_headers: false,
    },
];

#[allow(clippy::collapsible_match)]
fn scope_0(path: &[u8]) -> u32 {
    match path {
        [b'/', path @ ..] => {
            match path {
                [b'a', b'p', b'p', b'/', ..] => 2,
                [b'c', b'g', b'i', b'-', b'b', b'i', b'n', b'/', ..] => 1,
                _ => 0,
            }
        }
        _ => 0,
    }
}

static LOCATIONS: [site::Location; 3] = [
    site::Location {
        settings: &SETTINGS[0],
        internal: false,
        patterns: &[],
        limit_except: None,
        methods: MethodSet::of(&[Method::Get, Method::Head]),
        methods_named: false,
        allow: b"GET, HEAD",
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
        methods: MethodSet::of(&[Method::Get, Method::Head, Method::Post]),
        methods_named: false,
        allow: b"GET, HEAD, POST",
        action: site::Action::Serve {
            try_files: None,
            handler: site::Handler::Cgi(&CGI_0),
        },
    },
    site::Location {
        settings: &SETTINGS[0],
        internal: false,
        patterns: &[],
        limit_except: None,
        methods: MethodSet::of(&[Method::Get, Method::Head, Method::Post]),
        methods_named: false,
        allow: b"GET, HEAD, POST",
        action: site::Action::Serve {
            try_files: None,
            handler: site::Handler::Cgi(&CGI_1),
        },
    },
];

static SETTINGS: [site::Settings; 1] = [
    site::Settings {
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
        default_type: b"text/plain",
        charset: None,
        error_pages: &[],
        if_modified_since: site::IfModifiedSince::Exact,
        keepalive_header_s: None,
        keepalive_disable: site::KeepaliveDisable {
            msie6: true,
            safari: false,
        },
        lingering_close: site::Lingering::On,
        access: None,
        added_fields: site::AddedFields {
            usual: &[],
            always: &[],
        },
        access_logs: &[],
        error_log: site::ErrorLog {
            log: 0,
            level: site::Level::Error,
        },
        symlinks: site::Symlinks::USUAL,
        file_cache: site::FileCache::USUAL,
        gzip_static: site::GzipStatic::Off,
        listing: None,
        types: 0,
        recursive_error_pages: false,
        hidden_files: false,
        etag: true,
        max_ranges: 200,
        server_tokens: false,
        absolute_redirect: false,
        port_in_redirect: true,
        server_name_in_redirect: false,
        client_max_body_size: 1048576,
        client_body_buffer_size: 16384,
        client_body_timeout_ms: 60000,
        send_timeout_ms: 60000,
        keepalive_timeout_ms: 75000,
        keepalive_requests: 1000,
        keepalive_time_ms: 3600000,
        lingering_time_ms: 30000,
        lingering_timeout_ms: 5000,
        reset_timedout_connection: false,
        sendfile: true,
        tcp_nodelay: true,
        tcp_nopush: false,
        log_not_found: true,
    },
];

static CGI_0: site::Cgi = site::Cgi {
    scripts: site::Scripts::ByExtension(
        &[
            site::CgiRule {
                extension: b".sh",
                interpreter: Some(0),
            },
            site::CgiRule {
                extension: b".cgi",
                interpreter: None,
            },
        ],
    ),
    params: &[],
    timeout_ms: 60000,
};

static CGI_1: site::Cgi = site::Cgi {
    scripts: site::Scripts::Program {
        program: 0,
        name_len: 4,
    },
    params: &[
        site::CgiParam {
            name: b"APP_ROOT",
            value: site::Text::Fixed(b"/srv/app"),
        },
        site::CgiParam {
            name: b"APP_HOST",
            value: site::Text::Computed(value_0),
        },
    ],
    timeout_ms: 5000,
};

fn value_0(v: &Variables<'_>, out: &mut Vec<u8>) {
    v.host(out);
}

fn types_0(extension: &[u8]) -> Option<&'static [u8]> {
    let media_type: &'static [u8] = match extension {
        b"html" | b"htm" | b"shtml" => b"text/html",
        b"xhtml" => b"application/xhtml+xml",
        b"css" => b"text/css",
        b"js" | b"mjs" => b"text/javascript",
        b"json" | b"map" => b"application/json",
        b"jsonld" => b"application/ld+json",
        b"wasm" => b"application/wasm",
        b"webmanifest" => b"application/manifest+json",
        b"xml" | b"xsl" | b"xslt" | b"xsd" => b"text/xml",
        b"rss" => b"application/rss+xml",
        b"atom" => b"application/atom+xml",
        b"txt" | b"text" | b"log" | b"srt" | b"toml" | b"conf" | b"ini" | b"py" | b"c"
        | b"h" | b"cpp" => b"text/plain",
        b"md" | b"markdown" => b"text/markdown",
        b"csv" => b"text/csv",
        b"tsv" => b"text/tab-separated-values",
        b"ics" => b"text/calendar",
        b"vcf" => b"text/x-vcard",
        b"vtt" => b"text/vtt",
        b"yaml" | b"yml" => b"text/yaml",
        b"geojson" => b"application/geo+json",
        b"rdf" => b"application/rdf+xml",
        b"mml" => b"text/mathml",
        b"jad" => b"text/vnd.sun.j2me.app-descriptor",
        b"wml" => b"text/vnd.wap.wml",
        b"htc" => b"text/x-component",
        b"appcache" => b"text/cache-manifest",
        b"png" => b"image/png",
        b"jpg" | b"jpeg" | b"jpe" => b"image/jpeg",
        b"gif" => b"image/gif",
        b"webp" => b"image/webp",
        b"avif" => b"image/avif",
        b"svg" | b"svgz" => b"image/svg+xml",
        b"ico" => b"image/x-icon",
        b"bmp" => b"image/bmp",
        b"tif" | b"tiff" => b"image/tiff",
        b"apng" => b"image/apng",
        b"heic" => b"image/heic",
        b"heif" => b"image/heif",
        b"jxl" => b"image/jxl",
        b"jp2" => b"image/jp2",
        b"psd" | b"bin" | b"exe" | b"msi" | b"msp" | b"msm" | b"deb" | b"dmg" | b"iso"
        | b"img" | b"cab" | b"sea" | b"java" => b"application/octet-stream",
        b"wbmp" => b"image/vnd.wap.wbmp",
        b"jng" => b"image/x-jng",
        b"xbm" => b"image/x-xbitmap",
        b"woff" => b"application/font-woff",
        b"woff2" => b"font/woff2",
        b"ttf" => b"font/ttf",
        b"ttc" => b"font/collection",
        b"otf" => b"application/font-sfnt",
        b"eot" => b"application/vnd.ms-fontobject",
        b"mp3" => b"audio/mpeg",
        b"m4a" => b"audio/m4a",
        b"aac" => b"audio/aac",
        b"ogg" | b"oga" | b"opus" => b"audio/ogg",
        b"wav" => b"audio/wav",
        b"flac" => b"audio/flac",
        b"weba" => b"audio/webm",
        b"mid" | b"midi" => b"audio/mid",
        b"kar" => b"audio/midi",
        b"aif" | b"aiff" => b"audio/aiff",
        b"ra" => b"audio/x-pn-realaudio",
        b"m3u" | b"m3u8" => b"audio/x-mpegurl",
        b"mp4" => b"video/mp4",
        b"m4v" => b"video/x-m4v",
        b"mpg" | b"mpeg" | b"mpe" => b"video/mpeg",
        b"webm" => b"video/webm",
        b"ogv" => b"video/ogg",
        b"ogx" => b"application/ogg",
        b"mov" | b"qt" => b"video/quicktime",
        b"avi" => b"video/x-msvideo",
        b"flv" => b"video/x-flv",
        b"wmv" => b"video/x-ms-wmv",
        b"asf" | b"asx" => b"video/x-ms-asf",
        b"mkv" => b"video/x-matroska",
        b"mng" => b"video/x-mng",
        b"3gp" | b"3gpp" => b"video/3gpp",
        b"3g2" => b"video/3gpp2",
        b"ts" => b"video/mp2t",
        b"mpd" => b"application/dash+xml",
        b"pdf" => b"application/pdf",
        b"ps" | b"eps" | b"ai" => b"application/postscript",
        b"rtf" => b"application/rtf",
        b"doc" | b"dot" => b"application/msword",
        b"docx" => {
            b"application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        }
        b"xls" => b"application/vnd.ms-excel",
        b"xlsx" => b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        b"ppt" | b"pps" => b"application/vnd.ms-powerpoint",
        b"pptx" => {
            b"application/vnd.openxmlformats-officedocument.presentationml.presentation"
        }
        b"odt" => b"application/vnd.oasis.opendocument.text",
        b"ods" => b"application/vnd.oasis.opendocument.spreadsheet",
        b"odp" => b"application/vnd.oasis.opendocument.presentation",
        b"odg" => b"application/vnd.oasis.opendocument.graphics",
        b"epub" => b"application/epub+zip",
        b"mobi" | b"prc" => b"application/x-mobipocket-ebook",
        b"azw" => b"application/vnd.amazon.ebook",
        b"djvu" => b"image/vnd.djvu",
        b"tex" => b"application/x-tex",
        b"latex" => b"application/x-latex",
        b"xps" => b"application/vnd.ms-xpsdocument",
        b"kml" => b"application/vnd.google-earth.kml+xml",
        b"kmz" => b"application/vnd.google-earth.kmz",
        b"swf" => b"application/x-shockwave-flash",
        b"zip" => b"application/zip",
        b"gz" => b"application/gzip",
        b"tgz" => b"application/x-compressed",
        b"bz2" => b"application/x-bzip2",
        b"xz" => b"application/x-xz",
        b"7z" => b"application/x-7z-compressed",
        b"rar" => b"application/x-rar-compressed",
        b"tar" => b"application/x-tar",
        b"jar" | b"war" | b"ear" => b"application/java-archive",
        b"apk" => b"application/vnd.android.package-archive",
        b"ipa" => b"application/x-itunes-ipa",
        b"dll" => b"application/x-msdownload",
        b"rpm" => b"audio/x-pn-realaudio-plugin",
        b"run" => b"application/x-makeself",
        b"jnlp" => b"application/x-java-jnlp-file",
        b"jardiff" => b"application/x-java-archive-diff",
        b"sit" => b"application/x-stuffit",
        b"torrent" => b"application/x-bittorrent",
        b"sh" => b"application/x-sh",
        b"pl" | b"pm" => b"application/x-perl",
        b"tcl" | b"tk" => b"application/x-tcl",
        b"rs" => b"text/x-rust",
        b"cco" => b"application/x-cocoa",
        b"der" | b"pem" | b"crt" => b"application/x-x509-ca-cert",
        b"pdb" => b"application/vnd.palm",
        b"hqx" => b"application/mac-binhex40",
        b"xpi" => b"application/x-xpinstall",
        _ => return None,
    };
    Some(media_type)
}

const PAGE_300: site::Prebuilt = site::Prebuilt::parse(300, include_bytes!("300.http"));
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

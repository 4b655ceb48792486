//! Sites and what they answer.

mod inquiry;
mod proxied;
mod tls;

use std::path::Path;

use proptest::prelude::*;

use super::{Answer, Answers, End, Request, ServerBy, Shown, Step};
use crate::files::Memory;
use crate::sketch;
use crate::{Compilation, compile};

/// A conf among the files that it serves.
struct Bench {
    files: Memory,
    compilation: Compilation,
}

const FILES: &[&str] = &[
    "www/index.html",
    "www/404.html",
    "www/404.html.gz",
    "www/docs/index.html",
    "www/empty/x.txt",
    "www/.secret",
    "www/a.php",
    "www/dir.php/b.php",
    "img/a.png",
    "store/old",
];

impl Bench {
    fn new(text: &str) -> Bench {
        Bench::among(text, &[])
    }

    /// A conf among further files.
    fn among(text: &str, more: &[(&str, &str)]) -> Bench {
        let files = FILES.iter().map(|&path| (path, "")).chain([("site.conf", text)]);
        let files = files.chain([("/usr/bin/python3", "")]).chain(more.iter().copied());
        let files = Memory::new(files);
        let compilation = compile(&files, Path::new("site.conf"));
        let said = compilation.diagnostics.render(&compilation.sources, false);
        assert!(compilation.site.is_some(), "{said}");
        Bench { files, compilation }
    }

    fn ask(&self, request: &str) -> Answer {
        let mut lines = request.split('\n');
        let (method, url) = lines.next().unwrap().split_once(' ').unwrap();
        let fields: Vec<_> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let site = self.compilation.site.as_ref().unwrap();
        let request = Request::new(site, None, method, url, &fields).unwrap();
        Answers::new(site, &self.files, Path::new("")).to(&request)
    }

    fn shown(&self, answer: &Answer) -> String {
        let Compilation { site, places, sources, .. } = &self.compilation;
        let site = site.as_ref().unwrap();
        Shown { site, places, sources, folder: Path::new("") }.text(answer)
    }

    /// `STATUS END [LOCATION FIELD]` of each request.
    #[track_caller]
    fn check(&self, cases: &[(&str, &str)]) {
        for (request, expected) in cases {
            let answer = self.ask(request);
            assert_eq!(outline(&answer), *expected, "{request}\n{}", self.shown(&answer));
        }
    }
}

fn outline(answer: &Answer) -> String {
    let status = answer.status.map_or("-".to_owned(), |status| status.to_string());
    let end = match &answer.end {
        End::Unchanged(file) => format!("unchanged {}", file.display()),
        End::File(file) => format!("file {}", file.display()),
        End::Listing(folder) => format!("listing {}", folder.display()),
        End::Counts => "counts".to_owned(),
        End::Removed(file) => format!("removed {}", file.display()),
        End::Stored(file) => format!("stored {}", file.display()),
        End::StoredForm(folder) => format!("stored from a form in {}", folder.display()),
        End::Moved(file) => format!("moved {}", file.display()),
        End::PassedOn { upstream, lines } => format!("{upstream}: {}", lines.join(" | ")),
        End::Script { file, interpreter, extra_path } => {
            let by = interpreter.as_deref().unwrap_or("-");
            format!("script {} {by} {}", file.display(), String::from_utf8_lossy(extra_path))
        }
        End::Text(text) => format!("text {}", String::from_utf8_lossy(text)),
        End::Page => "page".to_owned(),
        End::Close => "close".to_owned(),
    };
    let location = answer.field("Location").map_or(String::new(), |uri| format!(" {uri}"));
    format!("{status} {end}{location}")
}

#[test]
fn files_and_folders() {
    let bench = Bench::new(
        "server { listen 80; root www; location /i/ { alias img/; autoindex on; }
         location = /one { alias img/a.png; } location /t/ { try_files $uri /docs/ =410; } }",
    );
    bench.check(&[
        ("GET /", "200 file www/index.html"),
        ("HEAD /index.html", "200 file www/index.html"),
        ("GET /docs", "301 page /docs/"),
        ("GET /docs?a=b", "301 page /docs/?a=b"),
        ("GET /docs/", "200 file www/docs/index.html"),
        ("GET /empty/", "403 page"),
        ("GET /nowhere/", "404 page"),
        ("GET /nowhere", "404 page"),
        ("GET /index.html/", "404 page"),
        ("GET /.secret", "404 page"),
        ("GET /%2e%2e/site.conf", "400 page"),
        ("GET /docs/../index.html", "200 file www/index.html"),
        ("GET /i/a.png", "200 file img/a.png"),
        ("GET /i/b.png", "404 page"),
        ("GET /one", "200 file img/a.png"),
        ("GET /t/x", "301 page /docs/"),
        ("GET /i/", "200 listing img"),
        ("POST /nowhere", "404 page"),
        ("POST /", "405 page"),
        ("PATCH /", "405 page"),
        ("BREW /", "501 page"),
        ("OPTIONS *", "204 text "),
        ("GET /\nExpect: tea", "417 page"),
        ("GET /\nContent-Length: 2000000", "413 page"),
    ]);
    assert_eq!(bench.ask("POST /").field("Allow"), Some("GET, HEAD"));
    assert_eq!(bench.ask("GET /i/a.png").field("Content-Type"), Some("image/png"));
}

#[test]
fn callbacks_of_listings() {
    let bench = Bench::new(
        "server { listen 80; location /img/ { root .; autoindex on; autoindex_format jsonp; }
         location /json/ { alias img/; autoindex on; autoindex_format json; } }",
    );
    for (url, status, media_type) in [
        ("/img/?callback=a.b_1", 200, "application/javascript"),
        ("/img/?callback=", 200, "application/json"),
        ("/img/?callback=a(b", 400, "text/html"),
        ("/img/?callback=%61", 400, "text/html"),
        ("/json/?callback=a(b", 200, "application/json"),
    ] {
        let answer = bench.ask(&format!("GET {url}"));
        assert_eq!(answer.status, Some(status), "{url}");
        assert_eq!(answer.field("Content-Type"), Some(media_type), "{url}");
    }
}

#[test]
fn compressed_files_and_counts() {
    let bench = Bench::among(
        "server { listen 80; root www; gzip_static on; location = /s { stub_status; }
         location /always/ { alias www/; gzip_static always; }
         location /all/ { alias www/; brotli_static on; zstd_static on; }
         location = /one { alias www/404.html; } }",
        &[("www/404.html.br", "")],
    );
    bench.check(&[
        ("GET /404.html\nAccept-Encoding: gzip", "200 file www/404.html.gz"),
        ("GET /404.html\nAccept-Encoding: gzip;q=0", "200 file www/404.html"),
        ("GET /404.html\nAccept-Encoding: gzip\nVia: 1.1 a", "200 file www/404.html"),
        ("GET /one\nAccept-Encoding: gzip", "200 file www/404.html.gz"),
        ("GET /always/404.html", "200 file www/404.html.gz"),
        ("GET /all/404.html\nAccept-Encoding: gzip, zstd, br", "200 file www/404.html.br"),
        ("GET /all/404.html\nAccept-Encoding: gzip, br;q=0.5", "200 file www/404.html.gz"),
        ("GET /all/404.html\nAccept-Encoding: zstd", "200 file www/404.html"),
        ("GET /a.php\nAccept-Encoding: gzip", "200 file www/a.php"),
        ("GET /s", "200 counts"),
        ("POST /s", "405 page"),
    ]);
    assert_eq!(bench.ask("GET /404.html").field("Vary"), Some("Accept-Encoding"));
    assert_eq!(bench.ask("GET /a.php").field("Vary"), None);
    let compressed = bench.ask("GET /404.html\nAccept-Encoding: gzip");
    assert_eq!(compressed.field("Content-Encoding"), Some("gzip"));
}

#[test]
fn forms_of_embedded_files() {
    let conf = "server { listen 80; root www; embed on; precompress gzip br; }";
    let page = "again and again\n".repeat(20);
    let bench = Bench::among(conf, &[("www/long.css", &page)]);
    for (request, vary, coding) in [
        ("GET /long.css", Some("Accept-Encoding"), None),
        ("GET /long.css\nAccept-Encoding: gzip", Some("Accept-Encoding"), Some("gzip")),
        ("GET /long.css\nAccept-Encoding: br;q=0.5, gzip", Some("Accept-Encoding"), Some("gzip")),
        ("GET /long.css\nAccept-Encoding: identity, br;q=0.5", Some("Accept-Encoding"), None),
        ("GET /long.css\nAccept-Encoding: gzip;q=0, br;q=0", Some("Accept-Encoding"), None),
        ("GET /404.html\nAccept-Encoding: gzip", None, None),
    ] {
        let answer = bench.ask(request);
        assert_eq!((answer.field("Vary"), answer.field("Content-Encoding")), (vary, coding));
    }
    let either = bench.ask("GET /long.css\nAccept-Encoding: gzip, br");
    assert!(
        either
            .fields
            .iter()
            .any(|field| { field.name == "Content-Encoding" && field.value.is_none() })
    );
}

#[test]
fn returns_and_variables() {
    let bench = Bench::new(
        "server { listen 8080; server_name a.test;
         location = /v { return 200 \"$host$uri$is_args$args $arg_x $http_user_agent $cookie_c\"; }
         location ~ ^/u/(?<name>[a-z]+)/(.*)$ { return 307 /$2/$name; }
         location = /q { return 404; } location = /z { return 444; }
         location = /tries { root www; try_files /none =444; }
         location = /p { return 200 $server_port; }
         location = /e { return 204; } location = /r { return 302 http://b.test$request_uri; }
         location = /a { absolute_redirect on; return 301 /x; }
         location = /t { return 200 $time_local; } }",
    );
    bench.check(&[
        ("GET /v?x=1", "200 text a.test/v?x=1 1  "),
        ("GET /v\nUser-Agent: me\nCookie: b=1; c=2", "200 text a.test/v  me 2"),
        ("GET /u/joe/a%20b", "307 page /a%20b/joe"),
        ("PUT /q", "404 page"),
        ("GET /z", "- close"),
        ("GET /tries", "- close"),
        ("GET /p", "200 text 8080"),
        ("GET /e", "204 text "),
        ("GET /r?x", "302 page http://b.test/r?x"),
        ("GET /a", "301 page http://a.test:8080/x"),
        ("GET /t", "200 text $time_local"),
    ]);
    assert!(bench.ask("GET /v").doubts.is_empty());
    assert!(bench.ask("GET /t").doubts[0].contains("$time_local"));
}

#[test]
fn the_last_if_that_holds_counts() {
    let bench = Bench::new(
        "server { listen 80; root www; error_page 404 /404.html;
         location /a { if ($arg_x) { error_page 404 /docs/; } if ($arg_y) { return 404; }
            if ($arg_z) { set $q 1; } } }",
    );
    bench.check(&[
        ("GET /a", "404 file www/404.html"),
        ("GET /a?x=1", "404 file www/docs/index.html"),
        ("GET /a?y=1", "404 file www/404.html"),
        ("GET /a?x=1&y=1", "404 file www/404.html"),
        ("GET /a?x=1&z=1", "404 file www/404.html"),
    ]);
}

#[test]
fn a_folder_counts_as_executable() {
    let bench = Bench::new(
        "server { listen 80; root www;
         location / { if (-x $document_root/$arg_f) { return 201; } return 202; } }",
    );
    bench.check(&[
        ("GET /x?f=docs", "201 text "),
        ("GET /x?f=index.html", "202 text "),
        ("GET /x?f=none", "202 text "),
    ]);
}

#[test]
fn named_groups_of_a_map_are_the_requests() {
    let bench = Bench::new(
        "map $uri $part { ~^/named/(?<of>.)(?<rest>.*)$ got; default none; }
         server { listen 80; location / { return 200 \"$part $of $rest\"; } }",
    );
    bench.check(&[("GET /named/abc", "200 text got a bc"), ("GET /named/", "200 text none  ")]);
}

#[test]
fn errors_lead_to_pages() {
    let bench = Bench::new(
        "server { listen 80; root www; error_page 404 /404.html; error_page 403 =200 /docs/;
         error_page 405 @other; error_page 410 = @other; error_page 411 http://b.test/;
         location = /404.html { internal; } location = /gone { return 410; }
         location = /len { return 411; } location @other { return 418 tea; }
         location /loop { return 418; error_page 418 /loop; recursive_error_pages on; } }",
    );
    bench.check(&[
        ("GET /none", "404 file www/404.html"),
        ("GET /404.html", "404 file www/404.html"),
        ("GET /empty/", "200 file www/docs/index.html"),
        ("POST /", "405 text tea"),
        ("GET /gone", "418 text tea"),
        ("GET /len", "302 page http://b.test/"),
        ("GET /loop", "500 page"),
    ]);
    let deciding = bench.ask("GET /none").deciding();
    let places = &bench.compilation.places;
    let names: Vec<_> = deciding.into_iter().map(|id| places.location(id)).collect();
    assert_eq!(names, ["location = /404.html", "server"]);
}

#[test]
fn scripts() {
    let bench = Bench::new(
        "server { listen 80; root www; location / { cgi_pass .php python3; }
         location /run/ { cgi_pass /usr/bin/python3; } }",
    );
    bench.check(&[
        ("GET /a.php", "- script www/a.php python3 "),
        ("POST /a.php/more/x.php", "- script www/a.php python3 /more/x.php"),
        ("GET /dir.php/b.php", "- script www/dir.php/b.php python3 "),
        ("GET /b.php", "404 page"),
        ("GET /index.html", "200 file www/index.html"),
        ("GET /run/x", "- script /usr/bin/python3 - /x"),
    ]);
}

#[test]
fn what_writes() {
    let bench = Bench::new(
        "server { listen 80; root www;
         location /up/ { upload_store store; methods GET POST PUT DELETE; }
         location = /led { upload_store store; upload_redirect /up/; }
         location /dav/ { alias img/; dav_methods PUT DELETE MKCOL COPY; min_delete_depth 2; } }",
    );
    bench.check(&[
        ("POST /up/new", "201 stored store/new /up/new"),
        ("PUT /up/old", "409 page"),
        ("PUT /up/.x", "400 page"),
        ("POST /up/\nContent-Type: multipart/form-data; boundary=x", "400 page"),
        ("POST /up/\nContent-Type: multipart/form-data", "400 page"),
        (
            "POST /up/\nContent-Type: multipart/form-data; boundary=x\nContent-Length: 99",
            "201 stored from a form in store",
        ),
        (
            "POST /led\nContent-Type: multipart/form-data; boundary=x\nContent-Length: 99",
            "303 page /up/",
        ),
        ("DELETE /up/old", "204 removed store/old"),
        ("DELETE /up/none", "404 page"),
        ("GET /up/old", "404 page"),
        ("PUT /dav/a.png", "204 stored img/a.png"),
        ("PUT /dav/x/b.png", "409 page"),
        ("MKCOL /dav/x/", "201 stored img/x /dav/x/"),
        ("MKCOL /dav/a.png/", "405 page"),
        ("DELETE /dav/a.png", "204 removed img/a.png"),
        ("DELETE /dav/a.png\nDepth: 0", "204 removed img/a.png"),
        ("DELETE /dav/a.png\nDepth: infinity", "204 removed img/a.png"),
        ("DELETE /dav/a.png\nDepth: 1", "400 page"),
        ("DELETE /dav/a.png\nDepth: x", "400 page"),
        ("COPY /dav/a.png\nDestination: /dav/b.png\nDepth: 1", "400 page"),
        ("COPY /dav/a.png\nDestination: /dav/b.png\nDepth: 0", "- moved img/a.png"),
        ("DELETE /dav/", "409 page"),
        ("DELETE /dav/a.png/", "409 page"),
        ("DELETE /dav/a.png/x", "409 page"),
        ("DELETE /dav/x/y", "404 page"),
        ("COPY /dav/a.png\nDestination: /dav/b.png", "- moved img/a.png"),
        ("GET /dav/a.png", "200 file img/a.png"),
    ]);
}

#[test]
fn the_default_server_says_whether_slashes_are_merged() {
    let bench = Bench::new(
        "server { listen 80 default_server; server_name a; merge_slashes off; return 204; }
         server { listen 80; server_name b; root www; location ^~ /docs/ { return 302 /no; } }",
    );
    // The path that `index` makes does not come to /docs/ either.
    for (url, status) in [("http://b//docs/", 200), ("http://b/docs/", 302)] {
        assert_eq!(bench.ask(&format!("GET {url}")).status, Some(status), "{url}");
    }
}

#[test]
fn contents_are_bounded_by_the_location_of_the_path() {
    let bench = Bench::new(
        "client_max_body_size 4;
         server { listen 80; server_name a; return 307 /x; }
         server { listen 80; server_name b; root www; rewrite ^/b /c; error_page 405 /e;
             location /a { client_max_body_size 1k; try_files /none @d; }
             location /b { client_max_body_size 1k; return 204; }
             location /c { return 204; }
             location /e { return 200 e; }
             location /f { client_max_body_size 1k; return 405; }
             location @d { return 204; } }",
    );
    for (url, status) in [
        ("http://a/", 307),
        ("http://b/a", 204),
        ("http://b/b", 413),
        ("http://b/c", 413),
        ("http://b/f", 405),
    ] {
        let answer = bench.ask(&format!("POST {url}\nContent-Length: 7"));
        assert_eq!(answer.status, Some(status), "{url}");
    }
}

#[test]
fn error_pages_end_where_they_do_not_recur() {
    let bench = Bench::new(
        "server { listen 80; error_page 403 /p; location /x { deny all; }
         location /p { recursive_error_pages on; deny all; } }",
    );
    assert_eq!(bench.ask("GET /x").status, Some(403));
    assert_eq!(bench.ask("GET /p").status, Some(500));
}

#[test]
fn networks_and_shares() {
    let bench = Bench::new(
        "geo $near { default far; 10.0.0.0/8 near; }
         geo $arg_a $net { default d; 10.0.0.0/8 a; 10.1.0.0/16 b; }
         split_clients $arg_a $half { 50% h; }
         server { listen 80; location / { return 200 \"$net $half\"; }
             location /near { return 200 $near; } }",
    );
    let text = |url: &str| match bench.ask(&format!("GET {url}")).end {
        End::Text(text) => String::from_utf8(text).unwrap(),
        other => panic!("{url}: {other:?}"),
    };
    assert_eq!(text("/?a=10.1.2.3"), "b h");
    assert_eq!(text("/?a=::ffff:10.0.0.1"), "a ");
    assert_eq!(text("/?a=::1"), "d h");
    // Who asks is not known.
    assert!(!bench.ask("GET /near").doubts.is_empty());
}

#[test]
fn charsets() {
    let bench = Bench::new(
        "server { listen 80; root www; charset utf-8; location /i/ { alias img/; autoindex on; }
         location /asked { charset $arg_c; return 200 a; } location /moved { return 301 /; }
         location /away { return 303 /; }
         location /404.html { charset $arg_c; gzip_static always; } }",
    );
    for (path, expected) in [
        ("/", "text/html; charset=utf-8"),
        ("/i/a.png", "image/png"),
        ("/i/", "text/html; charset=utf-8"),
        ("/nowhere", "text/html; charset=utf-8"),
        ("/asked?c=x", "text/plain; charset=x"),
        ("/asked", "text/plain"),
        ("/moved", "text/html"),
        ("/away", "text/html; charset=utf-8"),
        ("/404.html?c=x", "text/html; charset=x"),
    ] {
        let answer = bench.ask(&format!("GET {path}"));
        assert_eq!(answer.field("Content-Type"), Some(expected), "{path}");
    }
}

#[test]
fn recoded_contents() {
    let bench = Bench::among(
        "charset_map koi8-r utf-8 { C0 D18E; }
         server { listen 80; root www; charset utf-8; source_charset koi8-r;
         location /same { source_charset utf-8; return 200 a; }
         location /text { return 200 a; } location /moved { return 301 /; }
         location /asked { source_charset $arg_c; return 200 a; } }",
        &[("www/more.html", "a")],
    );
    for (path, media_type, has_len) in [
        ("/more.html", "text/html; charset=utf-8", false),
        // It is empty.
        ("/404.html", "text/html; charset=utf-8", true),
        ("/same", "text/plain; charset=utf-8", true),
        ("/text", "text/plain; charset=utf-8", false),
        ("/moved", "text/html", false),
        ("/asked?c=koi8-r", "text/plain; charset=utf-8", false),
        ("/asked?c=UTF-8", "text/plain; charset=utf-8", true),
        ("/asked?c=x", "text/plain", true),
    ] {
        let answer = bench.ask(&format!("GET {path}\nRange: bytes=0-0"));
        assert_eq!(answer.field("Content-Type"), Some(media_type), "{path}");
        assert_eq!(answer.field("Content-Length").is_some(), has_len, "{path}");
        assert_ne!(answer.status, Some(206), "{path}");
    }
}

#[test]
fn added_fields() {
    let bench = Bench::new(
        "server { listen 80; expires 1h; add_header X-A $uri; add_header X-B b always;
         location /no { return 404; } location /ok { return 200 ok; } }",
    );
    let fields = |request: &str| {
        let answer = bench.ask(request);
        let shown = answer
            .fields
            .iter()
            .map(|field| format!("{}: {}", field.name, field.value.as_deref().unwrap_or("?")));
        shown.collect::<Vec<_>>().join("; ")
    };
    assert_eq!(
        fields("GET /ok"),
        "Content-Type: text/plain; Expires: ?; Cache-Control: max-age=3600; \
         X-A: /ok; X-B: b; Content-Length: 2"
    );
    assert_eq!(fields("GET /no"), "Content-Type: text/html; X-B: b");
    for (time, expected) in [("0", "max-age=0"), ("-1", "no-cache"), ("1", "max-age=1")] {
        let conf = format!("server {{ listen 80; expires {time}; return 200 ok; }}");
        let answer = Bench::new(&conf).ask("GET /");
        assert_eq!(answer.field("Cache-Control"), Some(expected), "{time}");
    }
}

#[test]
fn hosts_pick_servers() {
    let bench = Bench::new(
        "server { listen 80; server_name a.test; return 200 a; }
         server { listen 80; server_name *.test; return 200 star; }
         server { listen 80; server_name www.*; return 200 www; }
         server { listen 80 default_server; server_name ~^x(.)$ ~^y(.)$; return 200 $1; }
         server { listen 8081; return 200 other; }",
    );
    for (url, expected, by) in [
        ("http://A.test./", "a", ServerBy::Exact),
        ("http://b.a.test/", "star", ServerBy::Suffix("*.test".into())),
        ("http://www.b/", "www", ServerBy::Prefix("www.*".into())),
        ("http://y1/", "1", ServerBy::Regex(1)),
        ("http://c/", "", ServerBy::Default),
        ("http://a.test:8081/", "other", ServerBy::Alone),
    ] {
        let answer = bench.ask(&format!("GET {url}"));
        assert_eq!(answer.end, End::Text(expected.into()), "{url}");
        assert_eq!(answer.server_by, by, "{url}");
    }
    for (request, expected) in [
        ("GET /\nHost: b.test", "200 text star"),
        // The port of a field is no place to come in at, unless somebody listens there.
        ("GET /\nHost: b.test:81", "200 text star"),
        ("GET /\nHost: b.test:8081", "200 text other"),
        ("GET /\nHost: b.test:99999", "200 text star"),
        ("GET /\nHost: b.test:x", "400 page"),
        ("GET /\nHost: ", "400 page"),
        ("GET /\nHost: a.test\nHost: a.test", "400 page"),
        // A target with a host is stronger than the field.
        ("GET http://a.test/\nHost: b.test", "200 text a"),
        ("GET http://a.test:8081/\nHost: a.test", "200 text other"),
    ] {
        assert_eq!(outline(&bench.ask(request)), expected, "{request}");
    }
    let site = bench.compilation.site.as_ref().unwrap();
    for url in ["x", "https://a.test/", "http:///", "http://a.test:81/", "http://a.test:x/"] {
        assert!(Request::new(site, None, "GET", url, &[]).is_err(), "{url}");
    }
}

#[test]
fn the_name_of_the_machine_stands_for_itself() {
    let conf = |expect: &str| {
        format!(
            "server {{ listen 80 default_server; return 200 default; }}
             server {{ listen 80; server_name a.test; return 200 a; }}
             server {{ listen 80; server_name ~^x; return 200 x; }}
             server {{ listen 80; server_name $hostname m.test; {expect}
                 location = /name {{ return 200 \"$server_name $host\"; }}
                 location = /away {{ absolute_redirect on; server_name_in_redirect on;
                     return 301 /name; }}
                 location / {{ return 200 machine; }} }}"
        )
    };
    let bench = Bench::new(&conf(""));
    let doubt = |host: &str| vec![format!("whether `{host}` is the name of the machine")];
    for (url, expected, by, doubts) in [
        ("http://$hostname/", "machine", ServerBy::HostName, vec![]),
        ("http://$HOSTNAME/", "machine", ServerBy::HostName, vec![]),
        ("http://m.test/", "machine", ServerBy::Exact, vec![]),
        ("http://a.test/", "a", ServerBy::Exact, vec![]),
        ("http://x.test/", "x", ServerBy::Regex(0), doubt("x.test")),
        ("http://web1/", "default", ServerBy::Default, doubt("web1")),
        ("http://nobody.invalid/", "default", ServerBy::Default, vec![]),
    ] {
        let answer = bench.ask(&format!("GET {url}"));
        assert_eq!(answer.end, End::Text(expected.into()), "{url}");
        assert_eq!((answer.server_by, answer.doubts), (by, doubts), "{url}");
    }
    let named = bench.ask("GET http://m.test/name");
    assert_eq!(named.end, End::Text("$hostname m.test".into()));
    assert_eq!(named.doubts, ["`$hostname` is known to the running server alone"]);
    let away = bench.ask("GET http://m.test/away");
    assert_eq!(away.field("Location"), Some("http://$hostname/name"));
    assert_eq!(away.doubts, named.doubts);
    // Tests of the conf ask the server itself, or by that name.
    Bench::new(&conf("expect GET / 200; expect GET http://$hostname/ 200 /;"));
    // Where it is the only one that has the name, nothing else can come of it.
    let alone = Bench::new("server { listen 80; server_name $hostname; return 200 machine; }");
    assert_eq!(alone.ask("GET http://web1/").doubts, Vec::<String>::new());
}

#[test]
fn an_answer_in_words() {
    let bench = Bench::new(
        "server {\n listen 80;\n server_name a.test;\n root www;\n location / { try_files $uri $uri/ @no; }\n \
         location ~ \\.php$ { return 403; }\n location @no { return 302 /docs/; }\n}",
    );
    let answer = bench.ask("GET /x");
    assert_eq!(
        bench.shown(&answer),
        "GET /x\n\n\
         server `a.test` on 0.0.0.0:80 (site.conf:1)\n    `a.test` is one of its names\n\
         location / (site.conf:5) for /x\n\
         \x20   location / (site.conf:5) is the longest prefix\n\
         \x20   location ~ \\.php$ (site.conf:6) does not match\n\
         \x20   `try_files` looks for the file `www/x`: not there\n\
         \x20   `try_files` looks for the folder `www/x`: not there\n\
         location @no (site.conf:7)\n\
         \x20   302: `return` says so\n\
         the page of the status is sent\n\n\
         HTTP/1.1 302 Found\nLocation: /docs/\nContent-Type: text/html\n"
    );
    let Compilation { site, places, sources, .. } = &bench.compilation;
    let shown = Shown { site: site.as_ref().unwrap(), places, sources, folder: Path::new("") };
    let json = shown.json(&answer);
    assert_eq!((&json["status"], &json["end"]["kind"]), (&302.into(), &"page".into()));
    assert_eq!(json["steps"][0]["asked"][1]["location"], "~ \\.php$");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn agrees_with_the_router(
        sketch in sketch::sketches(),
        requests in proptest::collection::vec((sketch::hosts(), sketch::paths()), 8),
    ) {
        let bench = Bench::new(&sketch.conf());
        let site = bench.compilation.site.as_ref().unwrap();
        let router = crate::route::Router::new(site);
        for (host, path) in requests {
            let host = if host.is_empty() { "none".to_owned() } else { host };
            let answer = bench.ask(&format!("GET http://{host}:8080{path}"));
            let server = router.server(0, host.as_bytes());
            prop_assert_eq!(answer.server, server);
            let mut normal = Vec::new();
            sitec_runtime::http::target::normalize(path.as_bytes(), true, &mut normal).unwrap();
            let location = router.location(server, &normal);
            let Step::Location { location: found, .. } = answer.steps[0] else { panic!() };
            prop_assert_eq!(found, location);
            // Each location of a sketch returns its number.
            let crate::ir::Action::Return(crate::ir::Return::Text(_, value)) =
                &site.locations[location as usize].action else { continue };
            prop_assert_eq!(&answer.end, &End::Text(match &value.0[..] {
                [crate::ir::Piece::Literal(text)] => text.clone(),
                _ => Vec::new(),
            }));
        }
    }
}

#[test]
fn clients_are_kept_out_as_far_as_they_are_known() {
    let bench = Bench::new(
        "server { listen 80; root www;
        location /shut { deny all; }
        location /some { allow 10.0.0.0/8; allow fd00::/8; deny all; }
        location /six { deny fd00::/8; }
        location /read { limit_except GET { deny all; } }
        location /write { limit_except GET { allow 10.0.0.1; deny all; } return 200; } }",
    );
    let site = bench.compilation.site.as_ref().unwrap();
    for (method, path, from, status, doubts) in [
        ("GET", "/shut", None, 403, 0),
        ("GET", "/some", None, 404, 1),
        ("GET", "/some", Some("10.1.2.3"), 404, 0),
        ("GET", "/some", Some("::ffff:10.1.2.3"), 404, 0),
        ("GET", "/some", Some("fd00::1"), 404, 0),
        ("GET", "/some", Some("11.0.0.0"), 403, 0),
        ("GET", "/six", Some("11.0.0.0"), 404, 0),
        ("GET", "/six", None, 404, 1),
        ("GET", "/six", Some("fd00::1"), 403, 0),
        ("HEAD", "/read", None, 404, 0),
        ("DELETE", "/read", None, 403, 0),
        ("POST", "/write", None, 200, 1),
        ("POST", "/write", Some("10.0.0.2"), 403, 0),
        ("GET", "/write", Some("10.0.0.2"), 200, 0),
    ] {
        let request = Request::new(site, None, method, path, &[]).unwrap();
        let request = match from {
            Some(address) => request.from(address.parse().unwrap()),
            None => request,
        };
        let answer = Answers::new(site, &bench.files, Path::new("")).to(&request);
        let case = format!("{method} {path} {from:?}");
        assert_eq!((answer.status, answer.doubts.len()), (Some(status), doubts), "{case}");
    }
}

/// The status, and the fields of this kind that are told.
fn told(answer: &Answer, names: &[&str]) -> String {
    let status = answer.status.map_or("-".to_owned(), |status| status.to_string());
    let fields = names.iter().map(|name| answer.field(name).unwrap_or("-").to_owned());
    [status].into_iter().chain(fields).collect::<Vec<_>>().join(" | ")
}

#[test]
fn conditions_are_looked_at() {
    let conf = "server { listen 80; root www; location /w/ { alias img/; dav_methods PUT DELETE; }
        location /old/ { alias img/; if_modified_since off; etag off; }
        location /none/ { error_page 404 /t.txt; return 404; } }";
    let mut bench = Bench::among(conf, &[("www/t.txt", "0123456789"), ("img/t", "0123456789")]);
    for path in ["www/t.txt", "img/t"] {
        bench.files.touch(path);
    }
    let (same, before) = ("Thu, 01 Jan 1970 01:00:00 GMT", "Thu, 01 Jan 1970 00:59:59 GMT");
    for (request, expected) in [
        ("GET /t.txt".to_owned(), "200"),
        ("GET /t.txt\nIf-None-Match: \"e10-a\"".to_owned(), "304"),
        ("HEAD /t.txt\nIf-None-Match: W/\"e10-a\", \"x\"".to_owned(), "304"),
        ("GET /t.txt\nIf-None-Match: \"e10-b\"".to_owned(), "200"),
        (format!("GET /t.txt\nIf-Modified-Since: {same}"), "304"),
        (format!("GET /t.txt\nIf-Modified-Since: {before}"), "200"),
        (format!("GET /t.txt\nIf-Unmodified-Since: {before}"), "412"),
        ("GET /t.txt\nIf-Match: \"x\"".to_owned(), "412"),
        ("GET /t.txt\nIf-Match: *".to_owned(), "200"),
        (format!("GET /old/t\nIf-Modified-Since: {same}"), "200"),
        ("GET /old/t\nIf-None-Match: \"e10-a\"".to_owned(), "200"),
        ("GET /none/\nIf-None-Match: \"e10-a\"".to_owned(), "404"),
        ("PUT /w/t\nContent-Length: 0\nIf-None-Match: *".to_owned(), "412"),
        ("PUT /w/new\nContent-Length: 0\nIf-None-Match: *".to_owned(), "201"),
        ("PUT /w/new\nContent-Length: 0\nIf-Match: *".to_owned(), "412"),
        ("PUT /w/t\nContent-Length: 0\nContent-Range: bytes 0-1/2".to_owned(), "501"),
        ("DELETE /w/t\nIf-Match: \"x\"".to_owned(), "412"),
        ("DELETE /w/t\nIf-Match: \"e10-a\"".to_owned(), "204"),
    ] {
        assert_eq!(told(&bench.ask(&request), &[]), expected, "{request}");
    }
    let answer = bench.ask("GET /t.txt\nIf-None-Match: *");
    assert_eq!(answer.end, End::Unchanged("www/t.txt".into()));
    let names = ["Content-Type", "Content-Length", "Last-Modified", "ETag"];
    assert_eq!(told(&answer, &names), format!("304 | - | - | {same} | \"e10-a\""));
}

#[test]
fn ranges_are_looked_at() {
    let conf = "server { listen 80; root www; location /whole/ { alias www/; max_ranges 0; } }";
    let bench = Bench::among(conf, &[("www/t.txt", "0123456789")]);
    let names = ["Content-Length", "Content-Range", "Accept-Ranges"];
    let whole = "200 | 10 | - | bytes";
    for (request, expected) in [
        ("GET /t.txt", whole),
        ("GET /t.txt\nRange: bytes=2-4", "206 | 3 | bytes 2-4/10 | -"),
        ("HEAD /t.txt\nRange: bytes=-3", "206 | 3 | bytes 7-9/10 | -"),
        ("GET /t.txt\nRange: bytes=20-", "416 | - | bytes */10 | -"),
        ("GET /t.txt\nRange: bytes=0-1,4-5", "206 | - | - | -"),
        ("GET /t.txt\nRange: lines=2-4", whole),
        ("GET /t.txt\nRange: bytes=2-4\nIf-Range: \"0-a\"", "206 | 3 | bytes 2-4/10 | -"),
        ("GET /t.txt\nRange: bytes=2-4\nIf-Range: \"0-b\"", whole),
        ("GET /whole/t.txt\nRange: bytes=2-4", "200 | 10 | - | -"),
        ("GET /no\nRange: bytes=2-4", "404 | - | - | -"),
    ] {
        assert_eq!(told(&bench.ask(request), &names), expected, "{request}");
    }
}

#[test]
fn what_may_not_be_opened_is_403() {
    let conf = "server { listen 80; root www; location /l/ { alias www/; autoindex on; } }";
    let mut bench = Bench::among(conf, &[("www/t.txt", ""), ("www/shut/index.html", "")]);
    assert_eq!(bench.ask("GET /t.txt").status, Some(200));
    for path in ["www/t.txt", "www/shut", "www/docs/index.html"] {
        bench.files.lock(path);
    }
    for path in ["/t.txt", "/shut/", "/shut", "/shut/x", "/docs/", "/l/shut/"] {
        assert_eq!(bench.ask(&format!("GET {path}")).status, Some(403), "{path}");
    }
    assert_eq!(bench.ask("POST /t.txt\nContent-Length: 0").status, Some(403));
    assert_eq!(bench.ask("GET /no").status, Some(404));
}

#[test]
fn conditions_of_embedded_files_are_not_known() {
    let bench = Bench::new("server { listen 80; root www; embed on; }");
    assert!(bench.ask("GET /index.html").doubts.is_empty());
    let answer = bench.ask("GET /index.html\nRange: bytes=0-1");
    assert_eq!(answer.doubts, ["what the conditions and ranges of an embedded file come to"]);
    assert_eq!(answer.status, Some(200));
}

#[test]
fn what_is_copied_or_moved_is_not_known() {
    let bench = Bench::new(
        "server { listen 80; root www; location /w/ { alias img/; dav_methods COPY MOVE; } }",
    );
    for method in ["COPY", "MOVE"] {
        let answer = bench.ask(&format!("{method} /w/a.png\nDestination: /w/b.png"));
        assert_eq!((answer.status, &answer.end), (None, &End::Moved("img/a.png".into())));
        assert_eq!(answer.doubts, [format!("what {method} does depends on Destination")]);
        assert!(bench.shown(&answer).contains("\nHTTP/1.1 … (not known here)\n"));
        // Without Destination it comes to nothing, whether the file is there or not.
        for path in ["/w/a.png", "/w/no"] {
            assert_eq!(bench.ask(&format!("{method} {path}")).status, Some(400), "{path}");
        }
    }
}

#[test]
fn proxies_speak_for_clients() {
    let bench = Bench::new(
        "server { listen 80; root www; set_real_ip_from 10.0.0.0/8;
             location / { return 200 \"$remote_addr $realip_remote_addr\"; } }",
    );
    let site = bench.compilation.site.as_ref().unwrap();
    let fields = [("X-Real-IP".to_owned(), "192.0.2.1".to_owned())];
    let text = |from: &str| {
        let request = Request::new(site, None, "GET", "/", &fields).unwrap();
        match Answers::new(site, &bench.files, Path::new(""))
            .to(&request.from(from.parse().unwrap()))
            .end
        {
            End::Text(text) => String::from_utf8(text).unwrap(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(text("10.0.0.1"), "192.0.2.1 10.0.0.1");
    assert_eq!(text("192.0.2.9"), "192.0.2.9 192.0.2.9");
    // Who is connected is not known.
    let request = Request::new(site, None, "GET", "/", &fields).unwrap();
    assert!(Answers::new(site, &bench.files, Path::new("")).to(&request).doubts.len() > 1);
}

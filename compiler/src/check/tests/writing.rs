//! What may be written, and where.

use sitec_runtime::http::method::{Method, MethodSet};
use sitec_runtime::site::{Dav, DavSettings};

use super::{at, codes, refused, site, started, warned};
use crate::ir::{self, Action, Handler, Upload};

/// The handler of the location that takes `path`, and its methods.
fn handler<'a>(site: &'a ir::Site, path: &str) -> (&'a Handler, String) {
    let location = at(site, path);
    let Action::Serve { handler, .. } = &location.action else { panic!("{path}") };
    (handler, location.methods.allow())
}

fn upload<'a>(site: &'a ir::Site, path: &str) -> (&'a Upload, String) {
    match handler(site, path) {
        (Handler::Upload(upload), methods) => (upload, methods),
        (other, _) => panic!("{path}: {other:?}"),
    }
}

#[test]
fn stores() {
    let site = site(
        "param DATA /srv/www;
         server { listen 127.0.0.1:80; root www;
           location /up/ { upload_store other/;
             location ~ ^/up/.*x$ { upload_overwrite on; }
             location /up/in { upload_sync on; methods PUT; } }
           location /bare { upload_store ${DATA}/in; dav_methods delete PUT; }
           location = /one { upload_store other; upload_overwrite on; upload_sync on; }
           location ~ ^/any/ { upload_store ./other; }
           location ^~ /named { try_files $uri @store; }
           location @store { upload_store img; } }",
    );
    let reading = "GET, HEAD, POST, PUT";
    for (path, folder, folder_len, flags, methods) in [
        ("/up/a", "other", Some(3), (false, false), reading),
        ("/up/ax", "other", Some(3), (true, false), reading),
        ("/up/in", "other", Some(3), (false, true), "PUT"),
        ("/bare/a", "${0}/in", Some(5), (false, false), "GET, HEAD, POST, PUT, DELETE"),
        ("/one", "other", Some(4), (true, true), reading),
        ("/any/a", "other", None, (false, false), reading),
    ] {
        let (found, allowed) = upload(&site, path);
        assert_eq!(started(&site.directories[usize::from(found.directory)]), folder, "{path}");
        assert_eq!(found.folder_len, folder_len, "{path}");
        assert_eq!((found.overwrite, found.sync), flags, "{path}");
        assert_eq!(allowed, methods, "{path}");
    }
    let Action::Serve { try_files: Some(tried), .. } = &at(&site, "/named").action else {
        panic!()
    };
    let ir::Fallback::Named(id) = tried.fallback else { panic!("{tried:?}") };
    let stored = &site.locations[id as usize].action;
    assert!(matches!(stored, Action::Serve { handler: Handler::Upload(_), .. }), "{stored:?}");
}

#[test]
fn a_store_needs_no_root() {
    let site = site("server { listen 80; location / { upload_store other; } }");
    assert_eq!(upload(&site, "/").0.folder_len, Some(0));
}

#[test]
fn webdav() {
    let site = site(
        "http { dav_methods PUT DELETE; min_delete_depth 2;
         server { listen 127.0.0.1:80; root www;
           location /on { dav_access group:rw all:r; create_full_put_path on; }
           location /own { dav_methods mkcol Copy MOVE; dav_access user:r; min_delete_depth 0; }
           location /off { dav_methods off; }
           location /less { methods GET PUT; }
           location /back { return 200 x; } } }",
    );
    let dav = |methods: &[Method], create_full_put_path, min_delete_depth, file_mode| Dav {
        methods: MethodSet::of(methods),
        plain: DavSettings { create_full_put_path, min_delete_depth, file_mode },
    };
    let outer = &[Method::Put, Method::Delete];
    let own = &[Method::Mkcol, Method::Copy, Method::Move];
    for (path, expected, methods) in [
        ("/", dav(outer, false, 2, 0o600), "GET, HEAD, PUT, DELETE"),
        ("/on", dav(outer, true, 2, 0o664), "GET, HEAD, PUT, DELETE"),
        ("/own", dav(own, false, 0, 0o400), "GET, HEAD, MKCOL, COPY, MOVE"),
        ("/less", dav(outer, false, 2, 0o600), "GET, HEAD, PUT"),
    ] {
        let expected = (&Handler::Dav(expected), methods.to_owned());
        assert_eq!(handler(&site, path), expected, "{path}");
    }
    assert_eq!(handler(&site, "/off"), (&Handler::Files, "GET, HEAD".to_owned()));
}

#[test]
fn wrong_stores() {
    refused(
        "server { listen 80; location /up/ { upload_store othre; } }",
        "                                                 ^^^^^",
        "F07: there is no folder `othre`",
    );
    refused(
        "server { listen 80; location /up/ { upload_store robots.txt; } }",
        "                                                 ^^^^^^^^^^",
        "F07: `robots.txt` is not a folder",
    );
    refused(
        "server { listen 80; location /up/ { upload_store other/$host; } }",
        "                                                 ^^^^^^^^^^^",
        "X03: uploads are stored in one folder, whatever the request",
    );
    refused(
        "server { listen 80; location /up/ { upload_store /; } }",
        "                                                 ^",
        "X03: uploads would be stored in the root of the file system",
    );
    assert_eq!(codes("server { listen 80; location / { upload_store /none; } }"), ["F07"]);
}

#[test]
fn where_a_form_leads() {
    let site = site(
        "server { listen 80; location /a/ { upload_store other; upload_redirect /a/?b;
           location /a/off { upload_redirect off; } location /a/more { upload_overwrite on; } }
         location = /b { upload_store other; upload_redirect https://a.test/; } }",
    );
    for (path, expected) in [
        ("/a/", Some("/a/?b")),
        ("/a/off", None),
        ("/a/more", Some("/a/?b")),
        ("/b", Some("https://a.test/")),
    ] {
        assert_eq!(upload(&site, path).0.redirect.as_deref(), expected, "{path}");
    }
    for (uri, said) in [
        ("done", "`done` is no address to go to"),
        ("//a.test", "`//a.test` is no address to go to"),
        ("/$arg_a", "`/$arg_a` has a variable, which stands for itself here"),
        ("'/a b'", "`/a b` has characters that no URI has"),
    ] {
        let conf = format!(
            "server {{ listen 80; location / {{ upload_store other; upload_redirect {uri}; }} }}"
        );
        let drawn = format!("{}{}", " ".repeat(conf.find(uri).unwrap()), "^".repeat(uri.len()));
        refused(&conf, &drawn, &format!("T29: {said}"));
    }
}

#[test]
fn scripts_and_writing_keep_apart() {
    let site = site(
        "server { listen 80; root www; cgi_pass .py /usr/bin/python3;
           location /up/ { upload_store other; location /up/bin/ { cgi_pass .sh; } }
           location /dav/ { dav_methods PUT; } }",
    );
    let kind = |path| match handler(&site, path).0 {
        Handler::Files => "files",
        Handler::Cgi(_) => "cgi",
        Handler::Upload(_) => "upload",
        Handler::Dav(_) => "dav",
        Handler::Status | Handler::Metrics | Handler::StatusPage => "status",
        Handler::Proxy(_) => "proxy",
        Handler::EmptyGif => "gif",
    };
    assert_eq!(["/", "/up/a", "/up/bin/a", "/dav/a"].map(kind), ["cgi", "upload", "cgi", "dav"]);
    refused(
        "server { listen 80; location / { root www; cgi_pass .sh; upload_store www; } }",
        "                                           ------------  ^^^^^^^^^^^^^^^^",
        "X02: what clients write here they could run",
    );
    refused(
        "server { listen 80; root www; dav_methods PUT; cgi_pass .sh; }",
        "                              ---------------  ^^^^^^^^^^^^",
        "X02: what clients write here they could run",
    );
}

#[test]
fn wrong_webdav() {
    refused(
        "server { listen 80; root www; dav_methods PUT GET; }",
        "                                              ^^^",
        "T25: `GET` is none of `off`, `PUT`, `DELETE`, `MKCOL`, `COPY` and `MOVE`",
    );
    for (text, drawn) in [
        ("dav_access user:w;", "           ^^^^^^"),
        ("dav_access user;", "           ^^^^"),
        ("dav_access world:r;", "           ^^^^^^^"),
    ] {
        let conf = format!("server {{ listen 80; root www; {text} }}");
        let drawn = " ".repeat("server { listen 80; root www; ".len()) + drawn;
        let word = text["dav_access ".len()..].trim_end_matches(';');
        let message = format!("T25: `{word}` does not say what somebody may do");
        refused(&conf, &drawn, &message);
    }
}

#[test]
fn nobody_runs_what_he_writes() {
    refused(
        "server { listen 80; location /up/ { upload_store www/; }
           location /cgi/ { alias www/; cgi_pass .sh; } }",
        "                                    ^^^^^^^^^^^^^^^^^",
        "X02: what clients write here they could run, as `/cgi/x.sh`",
    );
    refused(
        "server { listen 80; root www; location /dav/ { alias www/; dav_methods PUT; }
           location / { cgi_pass .sh; } }",
        "                                                           ^^^^^^^^^^^^^^^",
        "X02: what clients write here they could run, as `/x.sh`",
    );
    refused(
        "server { listen 80; root www; location /dav/ { alias www/; dav_methods PUT; }
           location /cgi/ { cgi_pass .sh; } }",
        "                                                           ^^^^^^^^^^^^^^^",
        "X02: what clients write here they could run, as `/cgi/x.sh`",
    );
    for good in [
        "location /up/ { upload_store other; } location /cgi/ { root www; cgi_pass .sh; }",
        "location /up/ { upload_store www; } location /cgi/ { root www; cgi_pass .sh; }",
        "root www; dav_methods PUT; location /cgi/ { cgi_pass .sh; }",
        "location /up/ { upload_store www; } location /cgi/ { alias www/; cgi_pass .sh; internal; }",
    ] {
        let found = codes(&format!("server {{ listen 80; {good} }}"));
        assert!(!found.contains(&"X02"), "{good}: {found:?}");
    }
}

#[test]
fn stores_that_are_public() {
    warned(
        "server { listen 80; location /up/ { upload_store www; }
           location / { root .; } }",
        "                                    ^^^^^^^^^^^^^^^^",
        "F08: uploads are public at once, as `/www/NAME`",
    );
    warned(
        "server { listen 80; location /www/ { root .; upload_store www; } }",
        "                                             ^^^^^^^^^^^^^^^^",
        "F08: uploads are public at once, as `/www/NAME`",
    );
    for good in [
        "root www; location /up/ { upload_store other; }",
        "root www; location /up/ { upload_store other; alias other/; }",
        "root www; location /up/ { upload_store other; } location /in/ { alias other/; }",
        "root .; location /up/ { upload_store www; } location /www/ { return 404; }",
    ] {
        let found = codes(&format!("server {{ listen 80; {good} }}"));
        assert!(found.is_empty(), "{good}: {found:?}");
    }
}

#[test]
fn stores_that_are_listed() {
    warned(
        "server { listen 80; location /up/ { alias other/; autoindex on; upload_store other; } }",
        "                                                                ^^^^^^^^^^^^^^^^^^",
        "X04: every upload is listed to everyone, at `/up/`",
    );
    assert_eq!(
        codes("server { listen 80; root .; autoindex on; location /up/ { upload_store www; } }"),
        { ["F08", "X04"] }
    );
    // Where only some may come in, it is not for everyone.
    let some = "allow 10.0.0.0/8; deny all;";
    let conf =
        format!("server {{ root .; autoindex on; {some} location /up/ {{ upload_store www; }} }}");
    assert_eq!(codes(&conf), [""; 0]);
}

#[test]
fn methods_without_a_handler() {
    warned(
        "server { listen 80; root www; methods GET POST; }",
        "                                          ^^^^",
        "Z01: nothing here answers POST: it would be 405",
    );
    for (good, code) in [
        ("root www; methods GET POST; location /x { return 200 x; }", ""),
        ("root www; methods GET DELETE;", ""),
        ("root www; methods GET POST; error_page 405 /404.html;", ""),
        ("root www; methods GET POST; cgi_pass .py python3;", ""),
        ("root www; methods GET PUT; location /up/ { upload_store other; }", ""),
        ("root www; methods GET PUT; dav_methods PUT;", ""),
        (
            "methods POST; location / { root www; try_files $uri @app; } location @app { return 204; }",
            "",
        ),
        ("root www; methods GET PATCH; location /up/ { upload_store other; }", "Z01"),
        (
            "root www; methods GET MKCOL; dav_methods PUT MKCOL; location /x { methods GET PUT; }",
            "",
        ),
    ] {
        let found = codes(&format!("server {{ listen 80; {good} }}"));
        let found: Vec<_> = found.into_iter().filter(|code| *code == "Z01").collect();
        assert_eq!(found.join(" "), code, "{good}");
    }
}

#[test]
fn handlers_without_a_method() {
    warned(
        "server { listen 80; location /up/ { upload_store other; methods GET; } }",
        "                                    ^^^^^^^^^^^^                ---     ",
        "Z02: nobody can upload anything here",
    );
    warned(
        "server { listen 80; root www; location / { dav_methods PUT DELETE; methods GET PUT; } }",
        "                                                           ^^^^^^          ---",
        "Z02: `methods` does not let DELETE be used",
    );
    warned(
        "server { listen 80; root www; methods GET; client_max_body_size 1g; }",
        "                                      ---  ^^^^^^^^^^^^^^^^^^^^",
        "Z03: no method here has content",
    );
    for good in [
        "location /up/ { upload_store other; methods PUT; client_max_body_size 1g; }",
        "location /up/ { upload_store other; methods GET; location /up/x { methods PUT; } }",
        "root www; client_max_body_size 1g;",
        "root www; methods GET; client_max_body_size 1g; location /x { methods POST; return 204; }",
    ] {
        let found = codes(&format!("server {{ listen 80; {good} }}"));
        assert!(found.is_empty(), "{good}: {found:?}");
    }
}

//! What is passed on by FastCGI, SCGI and uwsgi.

use super::{at, codes, compiled, refused, site, warned, written};
use crate::ir::{self, Action, Handler, Proxy, Target, Wire};

/// What a location passes on.
#[track_caller]
fn proxy<'a>(site: &'a ir::Site, path: &str) -> &'a Proxy {
    match &at(site, path).action {
        Action::Serve { handler: Handler::Proxy(proxy), .. } => proxy,
        other => panic!("{path}: {other:?}"),
    }
}

/// By what a location asks whom, and what it tells.
#[track_caller]
fn asked(site: &ir::Site, path: &str) -> String {
    let proxy = proxy(site, path);
    let target = match &proxy.target {
        Target::Fixed { upstream, uri } => {
            assert!(uri.is_none());
            site.upstreams[usize::from(*upstream)].name.clone()
        }
        Target::Computed(text) => written(text),
    };
    let params = proxy.wire.params().iter().map(|it| {
        let end = if it.if_not_empty { "?" } else { "" };
        format!(" {}={}{end}", String::from_utf8_lossy(&it.name), written(&it.value))
    });
    format!("{} {target}{}", proxy.wire.front(), params.collect::<String>())
}

/// A conf in which a location has this content.
fn inside(content: &str) -> String {
    format!("server {{ listen 80; location /a/ {{ {content} }} }}")
}

const NAMED: &str = "fastcgi_param SCRIPT_FILENAME /x;";

#[test]
fn addresses_and_upstreams_are_asked() {
    let site = site(&format!(
        "upstream u {{ server a:9000; }}
         map $arg_v $pool {{ a 127.0.0.1:9001; default unix:/run/b.sock; }}
         server {{ listen 80; {NAMED} scgi_param A $uri if_not_empty; uwsgi_param B b; uwsgi_param B c;
           location / {{ fastcgi_pass u; }}
           location /a {{ fastcgi_pass 127.0.0.1:9000; fastcgi_param SCRIPT_FILENAME $uri; }}
           location /b {{ fastcgi_pass unix:/run/x.sock; location /b/c {{ return 204; }} }}
           location /c {{ fastcgi_pass $pool; }}
           location /d {{ scgi_pass localhost:4000; }}
           location /e {{ uwsgi_pass u; uwsgi_modifier1 9; uwsgi_modifier2 255; }}
           location /f {{ proxy_pass http://u; proxy_set_header Host a; if ($arg_a) {{ fastcgi_pass u; }} }}
         }}"
    ));
    for (path, expected) in [
        ("/", "fastcgi u SCRIPT_FILENAME=/x"),
        ("/a", "fastcgi 127.0.0.1:9000 SCRIPT_FILENAME={uri}"),
        ("/b", "fastcgi unix:/run/x.sock SCRIPT_FILENAME=/x"),
        ("/c", "fastcgi {map pool} SCRIPT_FILENAME=/x"),
        ("/d", "scgi localhost:4000 A={uri}?"),
        ("/e", "uwsgi u B=b B=c"),
        ("/f", "proxy u"),
    ] {
        assert_eq!(asked(&site, path), expected, "{path}");
    }
    let Wire::Uwsgi { modifiers, .. } = proxy(&site, "/e").wire else { panic!() };
    assert_eq!(modifiers, [9, 255]);
    let names: Vec<_> = site.upstreams.iter().map(|it| &it.name[..]).collect();
    for name in ["u", "127.0.0.1:9001", "unix:/run/b.sock"] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    let of_if = site.locations.iter().filter_map(|it| it.action.proxy());
    assert_eq!(of_if.filter(|it| matches!(it.wire, Wire::Fastcgi(_))).count(), 5);
}

#[test]
fn paths_without_their_slash_are_sent_there() {
    let site = site(&format!(
        "server {{ listen 80; location /a/ {{ {NAMED} fastcgi_pass a:1; }} location /b/ {{ uwsgi_pass a:1; }} }}"
    ));
    for path in ["/a", "/b"] {
        assert!(matches!(at(&site, path).action, Action::Return(_)), "{path}");
    }
}

#[test]
fn settings_are_its_own() {
    let site = site(&format!(
        "fastcgi_read_timeout 5m; proxy_read_timeout 7m; fastcgi_hide_header X-Powered-By;
         server {{ listen 80; {NAMED}
           location / {{ fastcgi_pass a:1; fastcgi_pass_header Status; fastcgi_keep_conn on;
             fastcgi_index i.php; fastcgi_split_path_info ^(.+?\\.php)(/.*)$; }}
           location /b {{ fastcgi_pass a:1; fastcgi_buffers 4 4k; fastcgi_max_temp_file_size 0; }}
           location /c {{ uwsgi_pass a:1; }} }}"
    ));
    let first = proxy(&site, "/");
    assert_eq!(first.plain.read_timeout_ms, 300_000);
    assert_eq!(proxy(&site, "/b").plain.buffers, (4, 4096));
    let hidden = |path| String::from_utf8(proxy(&site, path).hidden.join(&b' ')).unwrap();
    let accel =
        "x-accel-buffering x-accel-charset x-accel-expires x-accel-limit-rate x-accel-redirect";
    assert_eq!(hidden("/"), format!("{accel} x-powered-by"));
    assert_eq!(hidden("/b"), format!("status {accel} x-powered-by"));
    assert_eq!(hidden("/c"), accel);
    let Wire::Fastcgi(said) = &first.wire else { panic!() };
    assert!(said.keeps && said.split.as_ref().is_some_and(|split| split.captures_used));
    assert_eq!(said.index.as_ref().map(written).as_deref(), Some("i.php"));
    let Wire::Fastcgi(said) = &proxy(&site, "/b").wire else { panic!() };
    assert!(!said.keeps && said.split.is_none() && said.index.is_none());
}

#[test]
fn files_of_nginx_are_known() {
    let site = site(
        "server { listen 80; root www;
           location / { include fastcgi_params; fastcgi_param SCRIPT_FILENAME $uri; fastcgi_pass a:1; }
           location ~ \\.php$ { include snippets/fastcgi-php.conf; fastcgi_pass a:1; }
           location /s/ { include scgi_params; scgi_pass a:1; }
           location /u/ { include /etc/nginx/uwsgi_params; uwsgi_pass a:1; } }",
    );
    for (path, params) in [
        ("/", &["QUERY_STRING={query_string}", "HTTPS={https}?", "SCRIPT_FILENAME={uri}"][..]),
        (
            "/x.php",
            &[
                "PATH_INFO={set path_info}",
                "SCRIPT_FILENAME={document_root}{fastcgi_script_name}",
                "SERVER_SOFTWARE=nginx/{nginx_version}",
            ],
        ),
        ("/s/", &["SCGI=1"]),
        ("/u/", &["PATH_INFO={document_uri}"]),
    ] {
        let found = asked(&site, path);
        for param in params {
            assert!(found.contains(param), "{path}: {found}");
        }
    }
    let Action::Serve { try_files, .. } = &at(&site, "/x.php").action else { panic!() };
    assert!(try_files.is_some());
}

#[test]
fn addresses_have_their_form() {
    for (content, message) in [
        ("fastcgi_pass http://a:1/;", "U10: `fastcgi_pass` takes an address, and no URL"),
        (
            "fastcgi_pass a:1/x;",
            "U10: `fastcgi_pass` takes no URI: the params say what is asked for",
        ),
        ("scgi_pass /run/x.sock;", "U10: a socket in the file system begins with `unix:`"),
        ("uwsgi_pass app;", "U10: `app` has no port, and there is no such `upstream`"),
        ("fastcgi_pass $arg_a;", "U01: a client writes `$arg_a`, and so chooses who is asked"),
        ("fastcgi_pass a:1; fastcgi_split_path_info ^(.+)$;", "T25: `^(.+)$` must have two groups"),
        (
            "fastcgi_pass a:1; fastcgi_param A b if_empty;",
            "T25: `fastcgi_param` has no parameter `if_empty`",
        ),
        (
            "fastcgi_pass a:1; fastcgi_next_upstream http_502;",
            "T25: `http_502` is none of `error`, `timeout`",
        ),
        (
            "fastcgi_pass a:1; proxy_pass http://b;",
            "D10: `proxy_pass` and `fastcgi_pass` cannot stand side by side",
        ),
        (
            "scgi_pass a:1; uwsgi_pass b:1;",
            "D10: `scgi_pass` and `uwsgi_pass` cannot stand side by side",
        ),
        ("fastcgi_pass a:1; fastcgi_cache c;", "K15: there is no zone `c`"),
    ] {
        let compilation = compiled(&inside(content));
        let said = compilation.diagnostics.render(&compilation.sources, false);
        let (code, text) = message.split_once(": ").unwrap();
        assert!(said.contains(&format!("error[{code}]: {text}")), "{content}\n{said}");
        assert!(compilation.site.is_none(), "{content}");
    }
}

#[test]
fn scripts_are_told_and_looked_for() {
    let conf = |content: &str| {
        format!("server {{ listen 80; root www; location ~ \\.php$ {{ {content} }} }}")
    };
    let front = "server { listen 80; root www; location ~ \\.php$ { ";
    let place = |len: usize| " ".repeat(front.len() + len) + "^^^^^^^^^^^^^^^^";
    let tried = "try_files $uri =404; fastcgi_pass a:1;";
    warned(
        &conf(tried),
        &place("try_files $uri =404; ".len()),
        "U11: the other server is not told which script to run",
    );
    warned(
        &conf(&format!("{NAMED} fastcgi_pass a:1;")),
        &place(NAMED.len() + 1),
        "U06: what is no script may be run as one",
    );
    for test in
        ["try_files $fastcgi_script_name =404;", "if (!-f $request_filename) { return 404; }"]
    {
        assert!(codes(&conf(&format!("{NAMED} {test} fastcgi_pass a:1;"))).is_empty(), "{test}");
    }
    // A program that is none of PHP's does without.
    assert!(codes(&inside("uwsgi_pass a:1;")).is_empty());
    refused(
        &inside("fastcgi_pass a;"),
        &(" ".repeat("server { listen 80; location /a/ { fastcgi_pass ".len()) + "^"),
        "U10: `a` has no port, and there is no such `upstream`",
    );
}

#[test]
fn what_clients_write_is_no_script() {
    let conf = |scripts: &str| {
        format!(
            "server {{ listen 80; root www; include fastcgi.conf; location /up/ {{ upload_store www/; }} {scripts} }}"
        )
    };
    let tried = "try_files $fastcgi_script_name =404;";
    for (scripts, uri) in [
        (format!("location ~ \\.php$ {{ {tried} fastcgi_pass a:1; }}"), Some("/x.php")),
        ("location ~ \\.php$ { fastcgi_pass a:1; }".to_owned(), Some("/x.jpg/x.php")),
        (format!("location ~ ^/app/.*\\.php$ {{ {tried} fastcgi_pass a:1; }}"), None),
        ("location /app/ { fastcgi_pass a:1; fastcgi_param A b; }".to_owned(), None),
    ] {
        let compilation = compiled(&conf(&scripts));
        let said = compilation.diagnostics.render(&compilation.sources, false);
        let message = "X02]: what clients write here they could run, as `";
        match uri {
            Some(uri) => assert!(said.contains(&format!("{message}{uri}`")), "{scripts}\n{said}"),
            None => assert!(!said.contains(message), "{scripts}\n{said}"),
        }
    }
}

#[test]
fn values_are_asked_of_memcached() {
    let site = site(
        "memcached_gzip_flag 2; memcached_next_upstream not_found;
         server { listen 80; set $memcached_key $uri; location / { memcached_pass a:11211; }
           location /b { memcached_pass unix:/run/m.sock; memcached_bind 10.0.0.1; } }",
    );
    let first = proxy(&site, "/");
    let Wire::Memcached { gzip_flag, .. } = first.wire else { panic!() };
    assert_eq!((gzip_flag, first.plain.next_upstream.0), (2, 1 << 8));
    assert!(proxy(&site, "/b").local.is_some());
    assert_eq!(at(&site, "/").methods.allow(), "GET, HEAD");
    let conf = "server { listen 80; location / { memcached_pass a:11211; } }";
    assert_eq!(codes(conf), ["T18"]);
}

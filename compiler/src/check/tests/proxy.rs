//! What is passed on to other servers.

use super::{at, codes, compiled, refused, site, started, warned, written};
use crate::ir::{self, Action, Balance, Handler, Proxy, Replaced, Return, Target};
use crate::route::Router;

/// What a location passes on.
#[track_caller]
fn proxy<'a>(site: &'a ir::Site, path: &str) -> &'a Proxy {
    match &at(site, path).action {
        Action::Serve { handler: Handler::Proxy(proxy), .. } => proxy,
        other => panic!("{path}: {other:?}"),
    }
}

/// Whom a location asks for what, in short.
#[track_caller]
fn target(site: &ir::Site, path: &str) -> String {
    match &proxy(site, path).target {
        Target::Fixed { upstream, uri } => {
            let name = &site.upstreams[usize::from(*upstream)].name;
            let uri = uri.as_ref().map(|uri| {
                format!(" {} for {}", String::from_utf8_lossy(&uri.text), uri.replaced_len)
            });
            format!("{name}{}", uri.unwrap_or_default())
        }
        Target::Computed(url) => written(url),
    }
}

/// The names of the fields that go with a request, and their values.
#[track_caller]
fn fields(site: &ir::Site, path: &str) -> String {
    let fields = proxy(site, path).fields.iter();
    let fields =
        fields.map(|it| format!("{}: {}", String::from_utf8_lossy(&it.name), written(&it.value)));
    fields.collect::<Vec<_>>().join(", ")
}

/// The upstreams: the name, host, port and addresses of each.
fn upstreams(site: &ir::Site) -> Vec<String> {
    let upstreams = site.upstreams.iter().map(|it| {
        let peers = it.peers.iter().map(|peer| started(&peer.address)).collect::<Vec<_>>();
        let (host, port) = (started(&it.host), started(&it.port));
        format!("{} {host} {port} {}", it.name, peers.join(" "))
    });
    upstreams.collect()
}

/// Asserts that this is what is said of a conf, and all.
#[track_caller]
fn said(text: &str, code: &str, message: &str) {
    let compilation = compiled(text);
    let said = compilation.diagnostics.render(&compilation.sources, false);
    assert!(said.contains(message), "{text}\n{said}");
    assert_eq!(codes(text), [code], "{text}\n{said}");
}

/// A conf in which a location has this content.
fn inside(content: &str) -> String {
    format!("server {{ listen 80; location /a/ {{ {content} }} }}")
}

#[test]
fn urls_name_an_upstream_and_a_uri() {
    let site = site(
        "server { listen 80; location / { proxy_pass http://app; }
           location /a/ { proxy_pass http://app/; location /a/b { proxy_pass http://APP/c; } }
           location = /one { proxy_pass HTTP://10.0.0.1:80/x?y=1; }
           location ~ re { proxy_pass http://10.0.0.1:8080; }
           location /six { proxy_pass http://[::1]:81; }
           location /unix/ { proxy_pass http://unix:run/app.sock:/u/; }
           location /unixes { proxy_pass http://unix:run/app.sock; }
           location /name { proxy_pass http://other.test; }
           location /args { proxy_pass http://other.test?x=1; } }
         upstream app { server a.test:81 weight=2; server unix:run/b.sock backup; server [::1]; }",
    );
    for (path, expected) in [
        ("/", "app"),
        ("/a/", "app / for 3"),
        ("/a/b", "app /c for 4"),
        ("/one", "10.0.0.1:80 /x?y=1 for 4"),
        ("/re", "10.0.0.1:8080"),
        ("/six", "[::1]:81"),
        ("/unix/", "unix:run/app.sock /u/ for 6"),
        ("/unixes", "unix:run/app.sock"),
        ("/name", "other.test"),
        ("/args", "other.test /?x=1 for 5"),
    ] {
        assert_eq!(target(&site, path), expected, "{path}");
    }
    assert_eq!(
        upstreams(&site),
        [
            "app app 80 a.test:81 unix:run/b.sock [::1]:80",
            "10.0.0.1:80 10.0.0.1 80 10.0.0.1:80",
            "10.0.0.1:8080 10.0.0.1:8080 8080 10.0.0.1:8080",
            "[::1]:81 [::1]:81 81 [::1]:81",
            "unix:run/app.sock localhost  unix:run/app.sock",
            "other.test other.test 80 other.test:80",
        ]
    );
}

#[test]
fn params_are_part_of_addresses() {
    let site = site(
        "param APP app; param PORT 3000; param ALL app:3000; param SOCKET /run/app.sock;
         upstream u { server ${APP}:${PORT}; server ${ALL}; server unix:${SOCKET}; }
         server { listen 80; location / { proxy_pass http://u; }
           location /port/ { proxy_pass http://127.0.0.1:${PORT}/x/; }
           location /all { proxy_pass http://${ALL}; }
           location /unix { proxy_pass http://unix:${SOCKET}; } }",
    );
    assert_eq!(
        upstreams(&site),
        [
            "u u 80 ${0}:${1} ${2} unix:${3}",
            "127.0.0.1:${PORT} 127.0.0.1:${1} ${1} 127.0.0.1:${1}",
            "${ALL} ${2} 80 ${2}",
            "unix:${SOCKET} localhost  unix:${3}",
        ]
    );
    let Replaced::Front(front) = &proxy(&site, "/port/").redirects[0].pattern else { panic!() };
    assert_eq!(written(front), "http://{proxy_host}/x/");
}

#[test]
fn an_upstream_has_its_own_lines() {
    let site = site(
        "upstream a { server x weight=3 max_conns=4 max_fails=0 fail_timeout=1m down; server y;
           least_conn; keepalive 0; keepalive_requests 5; keepalive_time 1s; keepalive_timeout 2s;
           zone a 64k; }
         upstream b { server x; hash $uri$1; }
         upstream c { server x; hash $uri consistent; }
         upstream d { server x; ip_hash; }
         upstream e { server x; random; }
         upstream f { server x; random two least_conn; }
         server { listen 80; location ~ (x) { proxy_pass http://a; }
           location /b { proxy_pass http://b; } location /c { proxy_pass http://c; }
           location /d { proxy_pass http://d; } location /e { proxy_pass http://e; }
           location /f { proxy_pass http://f; } }",
    );
    let [a, b, c, d, e, f] = &site.upstreams[..] else { panic!("{:?}", site.upstreams) };
    let peer = &a.peers[0];
    assert_eq!(
        (peer.weight, peer.max_conns, peer.max_fails, peer.fail_timeout_ms, peer.down),
        (3, 4, 0, 60_000, true)
    );
    let plain = &a.plain;
    assert_eq!((plain.keepalive, plain.keepalive_requests, plain.keepalive_time_ms), (0, 5, 1000));
    assert_eq!(plain.keepalive_timeout_ms, 2000);
    assert_eq!(a.balance, Balance::LeastConn);
    assert!(matches!(&b.balance, Balance::Hash(key) if written(key) == "{uri}{1}"));
    assert!(matches!(&c.balance, Balance::ConsistentHash(_)));
    assert_eq!(
        [&d.balance, &e.balance, &f.balance],
        [&Balance::IpHash, &Balance::Random, &Balance::RandomTwo]
    );
    // What a key looks at is kept.
    assert!(!at(&site, "/x").patterns.is_empty());
}

#[test]
fn fields_are_inherited_all_or_none() {
    let conf = "proxy_hide_header X-Powered-By; proxy_pass_header Server; proxy_pass_header X-Pad;
         server { listen 80; proxy_set_header X-A $uri; proxy_set_header X-A again;
           location / { proxy_pass http://a; }
           location /b { proxy_pass http://a; proxy_set_header X-A b; proxy_hide_header X-B; }
           location /c { proxy_pass http://a; proxy_set_header HOST $host; proxy_set_header X-A ''; } }";
    let site = site(conf);
    assert_eq!(fields(&site, "/"), "X-A: {uri}, X-A: again, Host: {proxy_host}");
    assert_eq!(fields(&site, "/b"), "X-A: b, Host: {proxy_host}");
    assert_eq!(fields(&site, "/c"), "HOST: {host}, X-A: ");
    let hidden = |path: &str| {
        let names = proxy(&site, path).hidden.iter().map(|name| String::from_utf8_lossy(name));
        names.filter(|name| !name.starts_with("x-accel-")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(hidden("/"), "date x-powered-by");
    assert_eq!(hidden("/b"), "date x-b");
    warned(
        "server { listen 80; proxy_set_header X-A a; proxy_set_header Connection ''; location / {
proxy_pass http://a; proxy_set_header Host $host; } }",
        "                     ^^^^^^^^^^^^^^^^^^^^^",
        "U03: `X-A` is not passed on from here",
    );
}

#[test]
fn an_if_passes_on_what_its_location_does() {
    let site = site(
        "server { listen 80; location /a/ { proxy_pass http://a/x/;
           if ($arg_b) { proxy_pass http://b; }
           if ($arg_c) { add_header X-C c; }
           location /a/in/ { root www; } } }",
    );
    let targets = site.locations.iter().filter_map(|location| location.action.proxy());
    let targets: Vec<_> = targets
        .map(|proxy| match &proxy.target {
            Target::Fixed { upstream, uri } => (*upstream, uri.is_some()),
            Target::Computed(_) => panic!(),
        })
        .collect();
    assert_eq!(targets, [(0, true), (1, false), (0, true)]);
    let inner = &at(&site, "/a/in/x").action;
    assert!(matches!(inner, Action::Serve { handler: Handler::Files, .. }), "{inner:?}");
}

#[test]
fn a_missing_slash_is_added() {
    let site = site(
        "server { listen 80; location ~ ^/a$ { return 204; } location /a/ { proxy_pass http://a; }
           location = /b/ { proxy_pass http://a; }
           location /c { return 204; } location /c/ { proxy_pass http://a; }
           location '/d e/' { proxy_pass http://a; internal; }
           location /f/ { return 204; location /f/g/ { proxy_pass http://a; } }
           location /h/ { return 204; } location ~ /i/ { proxy_pass http://a; }
           location /j/ { location /j/ { proxy_pass http://a; } } }",
    );
    let redirect = |path: &str| match &at(&site, path).action {
        Action::Return(Return::Redirect(301, uri)) => written(uri),
        _ => String::new(),
    };
    for (path, expected) in [
        ("/a", "/a/{is_args}{args}"),
        ("/b", "/b/{is_args}{args}"),
        ("/c", ""),
        ("/d e", "/d%20e/{is_args}{args}"),
        ("/f/g", "/f/g/{is_args}{args}"),
        ("/h", ""),
        ("/i", ""),
        ("/j", ""),
    ] {
        assert_eq!(redirect(path), expected, "{path}");
    }
    assert!(at(&site, "/d e").internal);
    let router = Router::new(&site);
    assert_eq!(
        compiled("server { listen 80; location / { proxy_pass http://a; } }")
            .site
            .unwrap()
            .locations
            .len(),
        2
    );
    drop(router);
}

#[test]
fn redirects_follow_from_the_url() {
    let site = site(
        "proxy_cookie_path / /x/;
         server { listen 80; location /a/ { proxy_pass http://u.test:81/b/; }
           location /none/ { proxy_pass http://u.test; }
           location = /one { proxy_pass http://u.test/two; }
           location ~ re { proxy_pass http://u.test; }
           location /off/ { proxy_pass http://u.test; proxy_redirect off; proxy_redirect a b; proxy_cookie_path off; }
           location /own/ { proxy_pass http://u.test/; proxy_redirect a $host; proxy_redirect default;
             proxy_redirect ~*^http://(?<x>.+)$ $1$x; proxy_cookie_domain ~^(.*)$ $1; proxy_cookie_domain .a.test b; }
           location /var/ { set $u http://u.test; proxy_pass $u; } }",
    );
    let redirects = |path: &str| {
        let all = proxy(&site, path).redirects.iter().map(|it| {
            let front = match &it.pattern {
                Replaced::Front(front) => written(front),
                Replaced::Regex(regex) => {
                    let (text, used) = (&regex.pattern.text, regex.captures_used);
                    format!("~{}{text} {used}", if regex.pattern.ignore_case { "*" } else { "" })
                }
            };
            format!("{front} {}", written(&it.by))
        });
        all.collect::<Vec<_>>().join(", ")
    };
    for (path, expected) in [
        ("/a/", "http://u.test:81/b/ /a/"),
        ("/none/", "http://u.test/ /"),
        ("/one", "http://u.test/two /one"),
        ("/re", "http://u.test/ /"),
        ("/off/", ""),
        ("/own/", "a {host}, http://u.test/ /own/, ~*^http://(?P<x>.+)$ true {1}{group x}"),
        ("/var/", ""),
    ] {
        assert_eq!(redirects(path), expected, "{path}");
    }
    assert_eq!(proxy(&site, "/a/").cookie_paths.len(), 1);
    assert!(proxy(&site, "/off/").cookie_paths.is_empty());
    let domains = &proxy(&site, "/own/").cookie_domains;
    assert!(matches!(&domains[0].pattern, Replaced::Regex(regex) if regex.pattern.ignore_case));
    assert!(matches!(&domains[1].pattern, Replaced::Front(text) if written(text) == "a.test"));
}

#[test]
fn programs_run_beside_the_server() {
    let inside = |lines: &str| {
        format!(
            "upstream u {{ {lines} }} server {{ listen 80; location / {{ proxy_pass http://u; }} }}"
        )
    };
    let site = site(&format!(
        "param APP_PORT 8001; {}",
        inside(
            "server 127.0.0.1:${APP_PORT}; server unix:run/app.sock;
             upstream_command python3 -m app --port ${APP_PORT}; upstream_command bin/app;"
        )
    ));
    let commands = site.upstreams[0].commands.iter().map(|it| {
        let program = started(&site.programs[usize::from(it.program)]);
        let args: Vec<_> = it.args.iter().map(started).collect();
        format!("{program}: {} {}", started(&it.name), args.join(" "))
    });
    let commands: Vec<_> = commands.collect();
    assert_eq!(commands, ["python3: python3 -m app --port ${0}", "bin/app: bin/app "]);
    assert_eq!(site.max_scripts, None);
    for (lines, code, message) in [
        ("server 10.0.0.1:80; upstream_command python3;", "U07", "listens on this machine"),
        (
            "server a; upstream_command python3; upstream_command python3;",
            "U07",
            "there is no `server`",
        ),
        ("server a; upstream_command pyton3;", "F05", "there is no program `pyton3` in `PATH`"),
        ("server a; upstream_command bin/none;", "F05", "bin/none"),
    ] {
        said(&inside(lines), code, message);
    }
}

#[test]
fn clients_may_come_to_the_same_server_again() {
    let inside = |lines: &str| {
        format!(
            "upstream u {{ server a; {lines} }} server {{ listen 80; location / {{ proxy_pass http://u; }} }}"
        )
    };
    let sticky = |lines: &str| site(&inside(lines)).upstreams.remove(0).sticky.unwrap();
    let ir::Sticky::Cookie { name, attributes, lifetime_s } =
        sticky("sticky cookie id expires=2m domain=.$host path=/ httponly secure samesite=LAX;")
    else {
        panic!("it is a cookie")
    };
    let attributes = written(&attributes);
    assert_eq!((&name[..], lifetime_s), (&b"id"[..], Some(120)));
    assert_eq!(attributes, "; domain=.{host}; path=/; HttpOnly; Secure; SameSite=Lax");
    let learn = "sticky learn create=$upstream_cookie_a create=$upstream_http_b lookup=$cookie_a zone=z:64k;";
    let ir::Sticky::Learn { create, lookup, zone_len, timeout_ms } = sticky(learn) else {
        panic!("it is learnt")
    };
    assert_eq!((create.len(), lookup.len(), zone_len, timeout_ms), (2, 1, 65536, 600_000));
    for (lines, code, message) in [
        ("sticky cookie;", "T25", "`sticky cookie` has something behind it"),
        ("sticky;", "D05", "sticky"),
        ("sticky by x;", "T25", "`sticky` knows no `by`"),
        ("sticky cookie a=b;", "T13", "`a=b` is not the name of a cookie"),
        ("sticky cookie a samesite=some;", "T25", "`some` is no `samesite`"),
        ("sticky cookie a expire=1h;", "T25", "`sticky cookie` has no parameter `expire`"),
        ("sticky route one;", "T25", "`one` is the same for all clients"),
        ("sticky learn create=$upstream_cookie_a zone=z:1m;", "T25", "lacks `lookup=$VARIABLE`"),
        (
            "sticky learn create=$cookie_a lookup=$cookie_a zone=1m;",
            "T25",
            "a zone has a name and a size",
        ),
        ("sticky learn create=$cookie_a lookup=$cookie_a zone=z:1m sync;", "D14", "nginx's `sync`"),
    ] {
        said(&inside(lines), code, message);
    }
}

#[test]
fn servers_are_asked_whether_they_are_well() {
    let inside = |lines: &str, check: &str| {
        format!(
            "{lines} upstream u {{ server a; zone z 64k; }} upstream v {{ server b; }}
             server {{ listen 80; location / {{ proxy_pass http://u; {check} }}
               location /v {{ proxy_pass http://v; }} }}"
        )
    };
    let fine = "match fine { status 200-204 301; header ! A; header B = c; header D !~ ^e; body ~ \"f g\"; }";
    let conf =
        inside(fine, "health_check interval=2s fails=3 uri=/h?x port=81 match=fine mandatory;");
    let health = site(&conf).upstreams.remove(0).health.unwrap();
    let (uri, port) = (&health.uri[..], health.port);
    assert_eq!((uri, port, health.interval_ms, health.fails), (&b"/h?x"[..], Some(81), 2000, 3));
    assert_eq!((health.tests.len(), &health.host[..], health.is_mandatory), (5, "u", true));
    let ranges = vec![(200, 204), (301, 301)];
    assert_eq!(health.tests[0], ir::HealthTest::Status { negated: false, ranges });
    for (lines, check, code, message) in [
        ("", "health_check match=fine;", "K15", "there is no `match fine`"),
        (fine, "", "K16", "no `health_check` looks at the match `fine`"),
        ("", "health_check uri=health;", "T25", "`health` is no path"),
        ("", "health_check type=grpc;", "D14", "`type=grpc` is not supported"),
        ("", "health_check every=1s;", "T25", "`health_check` has no parameter `every`"),
        ("match m { status 2xx; }", "health_check match=m;", "T09", "`2xx` is no status"),
        ("match m { code 200; }", "health_check match=m;", "T25", "a `match` has no `code`"),
        ("match m { require $a; }", "health_check match=m;", "D14", "nginx's `require`"),
        ("match m { body = a; }", "health_check match=m;", "T25", "`body` of a `match`"),
    ] {
        said(&inside(lines, check), code, message);
    }
    let elsewhere = |lines: &str| {
        format!("upstream v {{ server b; }} server {{ listen 80; location / {{ {lines} }} }}")
    };
    said(&elsewhere("proxy_pass http://v; health_check;"), "U07", "the upstream has no `zone`");
    assert_eq!(codes(&elsewhere("return 204; health_check;")), ["K16", "U07"]);
}

#[test]
fn cookies_have_flags() {
    let site = site(&inside(
        "proxy_pass http://a; proxy_cookie_flags one secure SameSite=lax; proxy_cookie_flags ~^(t|u) $arg_f;
         location /a/b { proxy_pass http://a; proxy_cookie_flags off; }",
    ));
    let flags = &proxy(&site, "/a/").cookie_flags;
    assert!(matches!(&flags[0].cookie, Replaced::Front(name) if written(name) == "one"));
    assert_eq!(flags[0].flags.iter().map(written).collect::<Vec<_>>(), ["secure", "SameSite=lax"]);
    assert!(matches!(&flags[1].cookie, Replaced::Regex(regex) if regex.pattern.ignore_case));
    assert!(proxy(&site, "/a/b").cookie_flags.is_empty());
    for (wrong, message) in [
        ("proxy_cookie_flags one;", "`one` is not `off`"),
        ("proxy_cookie_flags one secured;", "`secured` is no flag of a cookie"),
        ("proxy_cookie_flags one secure samesite;", "`samesite` is no flag of a cookie"),
    ] {
        said(&inside(&format!("proxy_pass http://a; {wrong}")), "T25", message);
    }
}

#[test]
fn connections_have_a_front_end() {
    let site = site(
        "proxy_bind 10.0.0.1; fastcgi_bind ::1; proxy_limit_rate 1k;
         server { listen 80; location / { proxy_pass http://a; }
           location /off { proxy_pass http://a; proxy_bind off; proxy_limit_rate 0; }
           location /any { proxy_pass http://a; proxy_bind $arg_a; }
           location /f { fastcgi_pass a:9000; fastcgi_param SCRIPT_FILENAME /x;
             fastcgi_catch_stderr Fatal; fastcgi_catch_stderr \"Parse error\"; } }",
    );
    let local = |path| proxy(&site, path).local.as_ref().map(written);
    assert_eq!(local("/"), Some("10.0.0.1".to_owned()));
    assert_eq!(local("/off"), None);
    assert_eq!(local("/any"), Some("{arg a}".to_owned()));
    assert_eq!(local("/f"), Some("::1".to_owned()));
    assert_eq!(proxy(&site, "/").rate, Some(ir::Amount::Fixed(1024)));
    assert_eq!((&proxy(&site, "/off").rate, &proxy(&site, "/f").rate), (&None, &None));
    let ir::Wire::Fastcgi(fastcgi) = &proxy(&site, "/f").wire else { panic!("it is FastCGI") };
    assert_eq!(fastcgi.caught, [b"Fatal".to_vec(), b"Parse error".to_vec()]);
    for (wrong, code, message) in [
        ("proxy_bind eth0;", "T07", "`eth0` is not an address"),
        ("proxy_bind $remote_addr transparent;", "D14", "nginx's `transparent` is not supported"),
        ("proxy_bind 10.0.0.1 port;", "T25", "`proxy_bind` has no parameter `port`"),
    ] {
        said(&inside(&format!("proxy_pass http://a; {wrong}")), code, message);
    }
}

#[test]
fn limited_methods_may_go_elsewhere() {
    let site = site(&inside(
        "proxy_pass http://a; rewrite ^ /b break; limit_except GET { deny all; proxy_pass http://b; }",
    ));
    let location = at(&site, "/a/");
    let limit = location.limit_except.as_ref().unwrap();
    let limited = &site.locations[limit.location.unwrap() as usize];
    assert!(limited.ops.is_empty());
    let Some(passed) = limited.action.proxy() else { panic!("{limited:?}") };
    assert!(matches!(passed.target, Target::Fixed { upstream: 1, uri: None }));
    assert_eq!(limited.limit_except.as_ref().unwrap().admission, limit.admission);
    said(
        &inside("proxy_pass http://a; limit_except GET { proxy_pass http://b/c; }"),
        "U10",
        "`proxy_pass` has no URI in an `if` or a `limit_except`",
    );
}

#[test]
fn hosts_come_from_the_texts_of_the_conf() {
    let site = site(
        "upstream app { server a; }
         map $arg_b $back { default app; b b.test:81; c $other; }
         map $uri $other { /x unix:/run/x.sock; default ''; }
         server { listen 80; set $front http://d.test; set $port 9;
           location / { proxy_pass http://$back; }
           location /b { proxy_pass $front$request_uri; }
           location /c { set $front http://e.test:$port/x; proxy_pass $front/$arg_y; }
           location /d { proxy_pass $scheme://f.test$uri; }
           location ~ ^/e/(.*) { proxy_pass http://g.test/$1$is_args$args; }
           location ~ ^/f(?<rest>/.*)?$ { proxy_pass http://h.test$1; location ~ ^/f/x { proxy_pass http://i.test$uri; } }
           location ~ ^/g(/.*)?$ { proxy_pass http://j.test$1$is_args$args; } }",
    );
    assert_eq!(target(&site, "/b"), "{set front}{request_uri}");
    let mut names: Vec<_> =
        site.upstreams.iter().map(|it| format!("{} {}", it.name, it.is_optional)).collect();
    names.sort();
    assert_eq!(
        names,
        [
            "app false",
            "b.test:81 true",
            "d.test true",
            "e.test:9 true",
            "f.test true",
            "g.test true",
            "h.test true",
            "i.test true",
            "j.test true",
            "unix:/run/x.sock true",
        ]
    );
}

#[test]
fn no_client_chooses_a_host() {
    for (content, drawn, message) in [
        (
            "proxy_pass http://$arg_h;",
            "                  ^^^^^^",
            "U01: a client writes `$arg_h`, and so chooses who is asked",
        ),
        (
            "proxy_pass http://a-$http_x.test/y;",
            "                    ^^^^^^^",
            "U01: a client writes `$http_x`, and so chooses who is asked",
        ),
        (
            "proxy_pass http://${host}:81;",
            "                  ^^^^^^^",
            "U01: a client writes `$host`, and so chooses who is asked",
        ),
        (
            "location ~ ^/a/(.*)$ { proxy_pass http://b$1; }",
            "                                          ^^",
            "U01: a client writes `$1`, and so chooses who is asked",
        ),
        (
            "location ~ ^/a/b(/.*)$ { if ($uri ~ ^/a(.*)$) { set $c c; } proxy_pass http://b$1; }",
            "                                                                               ^^",
            "U01: a client writes `$1`, and so chooses who is asked",
        ),
        (
            "proxy_pass $request_uri;",
            "           ^^^^^^^^^^^^",
            "U01: a client writes `$request_uri`, and so chooses who is asked",
        ),
        (
            "proxy_pass http://$hostname;",
            "                  ^^^^^^^^^",
            "U01: `$hostname` is not known before the server runs",
        ),
        (
            "set $u $cookie_u; proxy_pass http://a.test:$u/;",
            "                                           ^^",
            "U01: a client writes `$cookie_u`, and so chooses who is asked",
        ),
        (
            "set $u ftp://a; proxy_pass $u;",
            "                           ^^",
            "U10: `ftp://a` does not begin with `http://`",
        ),
        (
            "set $u a$u; proxy_pass http://$u;",
            "                       ^^^^^^^^^",
            "U10: this may come to more than 1000 texts",
        ),
    ] {
        let front = "server { listen 80; location /a/ { ";
        refused(&inside(content), &(" ".repeat(front.len()) + drawn), message);
    }
}

#[test]
fn targets_have_their_form() {
    for (content, drawn, message) in [
        ("proxy_pass a:80;", "           ^^^^", "U10: `a:80` does not begin with `http://`"),
        (
            "proxy_pass ftp://a;",
            "           ^^^^^^^",
            "U10: `ftp://a` does not begin with `http://`",
        ),
        ("proxy_pass http://;", "                  ^", "T07: there is no host here"),
        (
            "proxy_pass http://a:0;",
            "                    ^",
            "T06: port `0` is not between 1 and 65535",
        ),
        ("proxy_pass http://a:;", "                    ^", "T06: a port is missing"),
        (
            "proxy_pass http://a_b,c;",
            "                  ^^^^^",
            "T07: `a_b,c` is neither a name nor an address",
        ),
        (
            "proxy_pass http://::1;",
            "                  ^^^",
            "T07: an IPv6 address stands in brackets",
        ),
        (
            "proxy_pass http://unix:;",
            "                  ^^^^^",
            "T07: there is no path behind `unix:`",
        ),
        (
            "proxy_pass http://a; proxy_pass http://b;",
            "-------------------  ^^^^^^^^^^^^^^^^^^^",
            "D06: duplicate `proxy_pass`",
        ),
        (
            "proxy_pass http://a; stub_status;",
            "-------------------  ^^^^^^^^^^^",
            "D10: `proxy_pass` and `stub_status` cannot stand side by side",
        ),
        (
            "cgi_pass .py; proxy_pass http://a;",
            "------------  ^^^^^^^^^^^^^^^^^^^",
            "D10: `proxy_pass` and `cgi_pass` cannot stand side by side",
        ),
        ("proxy_redirect a;", "               ^", "T25: `a` is not `off` or `default`"),
        ("proxy_cookie_path a;", "                  ^", "T25: `a` is not `off`"),
        ("proxy_set_header X: a;", "                 ^^", "T13: `X:` is not the name of a field"),
        (
            "proxy_hide_header 'X Y';",
            "                  ^^^^^",
            "T13: `X Y` is not the name of a field",
        ),
        ("proxy_redirect ~^/(a)$ $2;", "               ------- ^^", "T17: `$2` is always empty"),
        (
            "proxy_next_upstream off error;",
            "                    ^^^",
            "T25: `off` stands alone: others say what it denies",
        ),
        (
            "proxy_next_upstream http_501;",
            "                    ^^^^^^^^",
            "T25: `http_501` is none of",
        ),
        (
            "proxy_connect_timeout 0;",
            "                      ^",
            "Z05: a timeout of 0 leaves no time",
        ),
    ] {
        let front = "server { listen 80; location /a/ { ";
        let conf = inside(content);
        let compilation = compiled(&conf);
        let said = compilation.diagnostics.render(&compilation.sources, false);
        assert!(said.contains(message.split_once(": ").unwrap().1), "{said}");
        if !message.ends_with("none of") {
            refused(&conf, &(" ".repeat(front.len()) + drawn), message);
        }
    }
}

#[test]
fn a_uri_needs_a_path_to_stand_for() {
    refused(
        "server { listen 80; location ~ x { proxy_pass http://a/; } }",
        "                                                      ^",
        "U10: `proxy_pass` has no URI in a regex location",
    );
    refused(
        "server { listen 80; location @x { proxy_pass http://a/b; } location / { try_files /x @x; } }",
        "                                                     ^^",
        "U10: `proxy_pass` has no URI in a named location",
    );
    refused(
        "server { listen 80; location / { if ($arg_a) { proxy_pass http://a/; } return 204; } }",
        "                                                                  ^",
        "U10: `proxy_pass` has no URI in an `if` or a `limit_except`",
    );
    warned(
        "server { listen 80; location /api { proxy_pass http://a/; } }",
        "                                                       ^",
        "U04: `/api/x` arrives as `//x`",
    );
    warned(
        "server { listen 80; location /api/ { proxy_pass http://a/v1; } }",
        "                                                        ^^^",
        "U04: `/api/x` arrives as `/v1x`",
    );
    warned(
        "server { listen 80; location /api/ { set $a a; proxy_pass http://$a/; } }",
        "                                                          ^^^^^^^^^^",
        "U04: every request arrives as `/`",
    );
    warned(
        "server { listen 80; location /a/ { rewrite ^ /b break; proxy_pass http://a/c/; } }",
        "                                   ------------------                     ^^^",
        "U04: `/c/` is left out where the path is rewritten",
    );
    for content in [
        "location /a/ { rewrite ^ /b break; proxy_pass http://a/; }",
        "location /a/ { rewrite ^ /b last; proxy_pass http://a/c/; }",
        "location /api { proxy_pass http://a/v1; }",
        "location / { proxy_pass http://a/; }",
        "location = /api { proxy_pass http://a/; }",
        "location = /api { set $a a; proxy_pass http://$a/x; }",
        "location /api/ { proxy_pass http://a/x?path=; }",
        "location /api/ { set $a a; proxy_pass http://$a; }",
        "location /api/ { set $a a; proxy_pass http://$a$uri$is_args$args; }",
    ] {
        assert_eq!(codes(&format!("server {{ listen 80; {content} }}")), [""; 0], "{content}");
    }
}

#[test]
fn upstreams_have_their_form() {
    for (line, drawn, message) in [
        ("upstream u { }", "^^^^^^^^^^", "U07: there are no servers in the upstream `u`"),
        (
            "upstream u { server a; ip_hash; random; }",
            "                       -------  ^^^^^^",
            "U07: an upstream has one way to choose a server",
        ),
        (
            "upstream u { server a backup; ip_hash; }",
            "                      ^^^^^^  -------",
            "U07: `ip_hash` knows no `backup`",
        ),
        (
            "upstream u { server a weigth=2; }",
            "                      ^^^^^^",
            "T25: `server` of an upstream has no parameter `weigth`",
        ),
        (
            "upstream u { server a weight=0; }",
            "                             ^",
            "T24: `0` is below 1",
        ),
        (
            "upstream u { hash $uri; server a slow_start=30s; }",
            "             ---------           ^^^^^^^^^^^^^^",
            "U07: `hash` knows no `slow_start`",
        ),
        (
            "upstream u { server a; queue 0; }",
            "                             ^",
            "T24: `0` is below 1",
        ),
        (
            "upstream u { server a; queue 5 time=1s; }",
            "                               ^^^^",
            "T25: `queue` has no parameter `time`",
        ),
        (
            "resolver 127.0.0.1 vaild=30s;",
            "                   ^^^^^",
            "T25: `resolver` has no parameter `vaild`",
        ),
        (
            "resolver 127.0.0.1 valid=3x;",
            "                          ^",
            "T04: `x` is no unit of time",
        ),
        (
            "upstream u { server http://a:80/; }",
            "                    ^^^^^^^",
            "U07: a server of an upstream is an address, and no URL",
        ),
        (
            "upstream u { server unix:///a; server http:///a; }",
            "                                      ^^^^^^^",
            "U07: a server of an upstream is an address, and no URL",
        ),
        ("upstream u { server a:x; }", "                      ^", "T06: `x` is not a port"),
        (
            "upstream u { server a; hash $uri ketama; }",
            "                                 ^^^^^^",
            "T25: `hash` has no parameter `ketama`",
        ),
        (
            "upstream u { server a; random three; }",
            "                              ^^^^^",
            "T25: `random` has no parameter `three`",
        ),
        (
            "upstream u { server a; } upstream U { server b; }",
            "         -                        ^",
            "D06: there is an upstream `U` already",
        ),
        ("upstream u { server a }", "                     ^", "Y01: expected `;` after `server a`"),
    ] {
        refused(
            &format!("{line} server {{ listen 80; location / {{ proxy_pass http://u; }} }}"),
            drawn,
            message,
        );
    }
    refused(
        "upstream u { server a; } server { listen 80; location / { proxy_pass http://u:81; } }",
        "         -                                                                    ^^",
        "U07: the upstream `u` has no port of its own",
    );
    warned(
        "upstream u { server a down; } server { listen 80; location / { proxy_pass http://u; } }",
        "         ^",
        "U07: all servers of the upstream `u` are down",
    );
    warned(
        "upstream u { server a; } server { listen 80; location / { proxy_pass http://v; } }",
        "         ^",
        "K16: no request is passed on to the upstream `u`",
    );
}

#[test]
fn names_are_looked_up_as_often_as_a_resolver_says() {
    for (conf, expected) in [
        ("server { listen 80; location / { proxy_pass http://app:80; } }", None),
        ("resolver 127.0.0.11; server { listen 80; return 204; }", None),
        (
            "resolver 127.0.0.11 valid=1m ipv6=off; resolver_timeout 5s;
             server { listen 80; location / { resolver [::1]:53 valid=1500ms; return 204; } }",
            Some(2),
        ),
        (
            "resolver 127.0.0.11 valid=0s; upstream u { server app resolve; zone u 1m; } \
          server { listen 80; location / { proxy_pass http://u; } }",
            Some(1),
        ),
    ] {
        assert_eq!(site(conf).resolve_every_s, expected, "{conf}");
    }
}

#[test]
fn other_servers_are_asked_over_tls() {
    let conf = "param CERTS /etc/ssl; upstream app { server a:8443; }
        proxy_ssl_server_name on; proxy_ssl_verify on; proxy_ssl_verify_depth 2;
        proxy_ssl_trusted_certificate ${CERTS}/ca.pem; proxy_ssl_protocols TLSv1.3;
        server { listen 80;
          location /a { proxy_pass https://b.test; }
          location /b/ { proxy_pass https://b.test:443/x/; proxy_ssl_name $host; proxy_ssl_verify off; }
          location /c { proxy_pass https://app; proxy_ssl_certificate own.pem;
            proxy_ssl_certificate_key own.key; }
          location /d { proxy_pass http://b.test; } }";
    let site = site(conf);
    for (path, expected, name) in [
        ("/a", "b.test:443", "{proxy_host}"),
        ("/b/", "b.test:443 /x/ for 3", "{host}"),
        ("/c", "app", "{proxy_host}"),
        ("/d", "b.test", ""),
    ] {
        assert_eq!(target(&site, path), expected, "{path}");
        let tls = proxy(&site, path).tls.as_ref();
        assert_eq!(tls.map_or(String::new(), |tls| written(&tls.name)), name, "{path}");
    }
    let peer = |path: &str| proxy(&site, path).tls.clone().unwrap().peer;
    assert!(peer("/a").plain.verify && peer("/a").plain.server_name && !peer("/b/").plain.verify);
    assert_eq!((peer("/a").plain.verify_depth, peer("/a").plain.versions.v12), (2, false));
    assert_eq!(started(peer("/a").trusted.as_ref().unwrap()), "${0}/ca.pem");
    assert_eq!(started(&peer("/c").certificate.unwrap().key), "own.key");
    let upstreams: Vec<_> = site
        .upstreams
        .iter()
        .map(|it| (&it.name[..], started(&it.host), started(&it.port)))
        .collect();
    let expected = [
        ("app", "app".to_owned(), "80".to_owned()),
        ("b.test:443", "b.test".to_owned(), "443".to_owned()),
        ("b.test", "b.test".to_owned(), "80".to_owned()),
    ];
    assert_eq!(upstreams, expected);
}

#[test]
fn schemes_may_be_variables() {
    let plain = "server { listen 80; location / { proxy_pass $scheme://a.test; } }";
    assert_eq!(proxy(&site(plain), "/").tls, None);
    let both = "server { listen 80; listen 443 ssl; ssl_certificate a.pem; ssl_certificate_key a.key;
        location / { proxy_pass $scheme://a.test; } location /b { set $to https://b.test:8443; proxy_pass $to; }
        location /c { set $it http://c.test; proxy_pass $it; } }";
    let site = site(both);
    assert!(proxy(&site, "/").tls.is_some() && proxy(&site, "/b").tls.is_some());
    assert_eq!(proxy(&site, "/c").tls, None);
    let names: Vec<_> = site.upstreams.iter().map(|it| &it.name[..]).collect();
    assert_eq!(names, ["a.test", "a.test:443", "b.test:8443", "c.test"]);
}

#[test]
fn what_tls_to_other_servers_lacks_is_told() {
    for (lines, code) in [
        ("proxy_ssl_verify on;", Some("S07")),
        ("proxy_ssl_verify on; proxy_ssl_trusted_certificate ca.pem;", None),
        ("proxy_ssl_certificate a.pem;", Some("S07")),
        ("proxy_ssl_certificate $host.pem; proxy_ssl_certificate_key a.key;", Some("S09")),
        ("proxy_ssl_protocols TLSv1;", Some("S04")),
    ] {
        let conf = |scheme: &str| {
            format!("server {{ listen 80; location / {{ {lines} proxy_pass {scheme}://a:1; }} }}")
        };
        let said = codes(&conf("https"));
        assert_eq!(said.iter().any(|it| Some(&it[..]) == code), code.is_some(), "{lines} {said:?}");
    }
    // Where nobody is asked over it, nothing is missing.
    let said =
        codes("proxy_ssl_verify on; server { listen 80; location / { proxy_pass http://a:1; } }");
    assert!(!said.contains(&"S07"), "{said:?}");
}

//! `allow`, `deny` and `limit_except`.

use std::net::IpAddr;

use sitec_runtime::http::method::Method;
use sitec_runtime::site::{ConnLimit, RealIpSource, ReqLimit};

use super::{at, codes, compiled, refused, settings, site, warned, written};
use crate::ir;

/// Whether the list at `path` lets a client in; `unix` comes through the file system.
fn lets_in(site: &ir::Site, access: Option<usize>, client: &str) -> bool {
    let Some(access) = access.map(|index| &site.accesses[index]) else { return true };
    let verdict = |ranges: &ir::Ranges, address: u128| {
        let flips = ranges.flips.iter().filter(|&&flip| flip <= address).count();
        ranges.first ^ (flips % 2 == 1)
    };
    match client.parse() {
        Err(_) => access.unix,
        Ok(IpAddr::V4(ip)) => access.v4.as_ref().is_none_or(|v4| verdict(v4, ip.to_bits().into())),
        Ok(IpAddr::V6(ip)) => verdict(&access.v6, ip.to_bits()),
    }
}

/// The clients among a few that may come in at `path`.
fn guests(site: &ir::Site, access: Option<usize>) -> String {
    let clients = ["unix", "0.0.0.0", "10.0.0.1", "10.9.9.9", "192.0.2.1", "::1", "2001:db8::1"];
    let clients = clients.into_iter().filter(|client| lets_in(site, access, client));
    clients.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_first_rule_that_fits_decides() {
    for (rules, expected) in [
        ("deny all;", ""),
        ("allow unix:; deny all;", "unix"),
        ("allow 10.0.0.0/8; deny all;", "10.0.0.1 10.9.9.9"),
        ("deny 10.0.0.1; allow 10.0.0.0/8; allow 2001:db8::/32; deny all;", "10.9.9.9 2001:db8::1"),
        ("deny 10.0.0.0/8;", "unix 0.0.0.0 192.0.2.1 ::1 2001:db8::1"),
        ("deny ::/0;", "unix 0.0.0.0 10.0.0.1 10.9.9.9 192.0.2.1"),
        ("deny 0.0.0.0/1; deny unix:;", "192.0.2.1 ::1 2001:db8::1"),
        (
            "allow 10.0.0.0/24; deny 10.0.0.0/8; allow 0.0.0.0/0; deny all;",
            "0.0.0.0 10.0.0.1 192.0.2.1",
        ),
    ] {
        let site = site(&format!("server {{ listen 80; root www; {rules} }}"));
        assert_eq!(guests(&site, settings(&site, "/").admission.access), expected, "{rules}");
    }
}

#[test]
fn rules_are_inherited_whole_or_not_at_all() {
    let site = site(
        "allow 10.0.0.0/8; deny all;
         server { listen 80; root www;
           location /same { }
           location /own { deny 192.0.2.1; location /own/er { } } }",
    );
    for (path, expected) in [
        ("/", "10.0.0.1 10.9.9.9"),
        ("/same", "10.0.0.1 10.9.9.9"),
        ("/own", "unix 0.0.0.0 10.0.0.1 10.9.9.9 ::1 2001:db8::1"),
        ("/own/er", "unix 0.0.0.0 10.0.0.1 10.9.9.9 ::1 2001:db8::1"),
    ] {
        assert_eq!(guests(&site, settings(&site, path).admission.access), expected, "{path}");
    }
    assert_eq!(site.accesses.len(), 2);
}

#[test]
fn limits_are_a_locations_own() {
    let site = site(
        "server { listen 80; root www; allow 10.0.0.1; deny all;
           location /get { limit_except GET { deny all; } location /get/inner { } }
           location /put { limit_except PUT DELETE { allow ::1; deny all; } }
           location /same { limit_except POST { } } }",
    );
    for (path, get, head, others) in [
        ("/get", true, true, Some("")),
        ("/get/inner", false, false, None),
        ("/put", false, false, Some("::1")),
        ("/same", false, false, Some("10.0.0.1")),
    ] {
        let limit = at(&site, path).limit_except.as_ref();
        assert_eq!(
            limit.map(|limit| guests(&site, limit.admission.access)).as_deref(),
            others,
            "{path}"
        );
        let has = |method| limit.is_some_and(|limit| limit.methods.contains(method));
        assert_eq!((has(Method::Get), has(Method::Head)), (get, head), "{path}");
    }
}

#[test]
fn rules_that_do_not_what_they_seem_to() {
    for (rules, drawn, message) in [
        ("allow 10.0.0.0/8;", "^^^^^^^^^^^^^^^^", "X08: nobody is kept out here"),
        (
            "deny 10.0.0.1/8;",
            "     ^^^^^^^^^^",
            "X10: `10.0.0.1/8` has bits that its prefix leaves out",
        ),
        (
            "deny all; allow 10.0.0.1;",
            "--------  ^^^^^^^^^^^^^^",
            "X10: `allow 10.0.0.1` can never apply",
        ),
        (
            "deny ::/1; deny 8000::/1; deny ff00::/8;",
            "           -------------  ^^^^^^^^^^^^^",
            "X10: `deny ff00::/8` can never apply",
        ),
        (
            "deny ::/1; deny 8000::/1; deny 6000::/3;",
            "---------                 ^^^^^^^^^^^^^",
            "X10: `deny 6000::/3` can never apply",
        ),
        (
            "deny 0.0.0.0/1; deny 128.0.0.0/1; deny 0.0.0.0/0;",
            "                                  ^^^^^^^^^^^^^^",
            "X10: `deny 0.0.0.0/0` can never apply",
        ),
    ] {
        warned(&format!("{rules}\nserver {{ listen 80; root www; }}"), drawn, message);
    }
    warned(
        "server { listen 80; location /x { deny all; return 200 x; } }",
        "                                  ^^^^^^^^  ------------",
        "X09: `return` answers before `deny` is looked at, as in nginx",
    );
    for text in [
        "deny 10.0.0.1; server { listen 80; location /x { return 200 x; } }",
        "server { listen 80; location /x { limit_except GET { deny all; } return 200 x; } }",
        "server { listen 80; root www; allow 127.0.0.1; allow ::1; deny all; }",
    ] {
        assert!(codes(text).is_empty(), "{text}");
    }
}

#[test]
fn deletion_is_not_for_everyone() {
    let conf = |listen: &str, directives: &str| {
        format!(
            "server {{ listen {listen}; root www; location /d {{ dav_methods PUT {directives} }} }}"
        )
    };
    warned(
        &conf("80", "DELETE;"),
        "                                            ^^^^^^^^^^^^^^^^^^^^^^",
        "X07: anyone may delete files here",
    );
    for (listen, directives, expected) in [
        ("80", "DELETE; allow 10.0.0.0/8; deny all;", vec![]),
        ("80", "DELETE; limit_except GET { deny 10.0.0.1; }", vec![]),
        ("80", "DELETE; limit_except DELETE { deny all; }", vec!["X07"]),
        ("80", "DELETE; internal;", vec![]),
        ("80", "DELETE; methods GET PUT;", vec!["Z02"]),
        ("80", "DELETE; return 404;", vec![]),
        ("80", "MKCOL;", vec![]),
        ("80", "MKCOL; methods PUT DELETE; location /d/e { }", vec!["X07"]),
        ("127.0.0.1:80", "DELETE;", vec![]),
        ("unix:run/d.sock", "DELETE;", vec![]),
        ("127.0.0.1:80; listen [::]:80", "DELETE;", vec!["X07"]),
    ] {
        assert_eq!(codes(&conf(listen, directives)), expected, "{listen} {directives}");
    }
    // Files are deleted without `dav_methods`, too.
    assert_eq!(codes("server { root www; methods GET DELETE; }"), ["X07"]);
    assert_eq!(codes("server { root www; methods GET DELETE; deny all; }"), [""; 0]);
}

#[test]
fn counts_are_not_for_everyone() {
    for (listen, rules, expected) in [
        ("80", "", vec!["X12"]),
        ("80", "allow 10.0.0.0/8; deny all;", vec![]),
        ("80", "limit_except POST { deny all; }", vec![]),
        ("80", "limit_except GET { deny all; }", vec!["X12"]),
        ("80", "internal;", vec![]),
        ("127.0.0.1:80", "", vec![]),
    ] {
        let conf = format!(
            "server {{ listen {listen}; root www; location = /s {{ stub_status; {rules} }} }}"
        );
        assert_eq!(codes(&conf), expected, "{conf}");
    }
}

#[test]
fn everybody_may_be_let_in() {
    assert_eq!(codes("server { root www; location = /r { allow all; } }"), [""; 0]);
    assert_eq!(codes("server { root www; location = /r { allow 10.0.0.1; } }"), ["X08"]);
}

#[test]
fn what_is_no_rule() {
    // Of the others nothing is said then.
    refused(
        "server { listen 80; root www; deny localhost; allow 10.0.0.1; }",
        "                                   ^^^^^^^^^",
        "T07: `localhost` is not an address",
    );
    refused(
        "server { listen 80; root www; deny localhost; }",
        "                                   ^^^^^^^^^",
        "T07: `localhost` is not an address",
    );
    refused(
        "server { listen 80; root www; location / { limit_except GETT { deny all; } } }",
        "                                                        ^^^^",
        "T12: `GETT` is not a method that is known",
    );
    refused(
        "server { listen 80; root www; location / { limit_except GET { root www; } } }",
        "                                           ----------------   ^^^^",
        "D04: `root` is not allowed in `limit_except`",
    );
}

#[test]
fn passwords_are_inherited_each_by_itself() {
    let site = compiled(
        "auth_basic A; auth_basic_user_file /etc/a;
         server { listen 80; root www;
           location /same { }
           location /off { auth_basic off; }
           location /realm { auth_basic \"B $host\"; }
           location /users { auth_basic_user_file /etc/b; }
           location /limit { auth_basic off; limit_except GET { auth_basic C; } }
           location /any { satisfy any; allow 10.0.0.0/8; }
           location /any-off { satisfy any; allow 10.0.0.0/8; auth_basic off; }
           location /all { allow 10.0.0.0/8; } }",
    );
    let site = site.site.expect("it compiles");
    let asked = |admission: &ir::Admission| {
        let auth = admission.auth.as_ref();
        auth.map(|auth| (crate::wording::value(&auth.realm), auth.users))
    };
    for (path, expected) in [
        ("/", Some(("A", 0))),
        ("/same", Some(("A", 0))),
        ("/off", None),
        ("/realm", Some(("B $host", 0))),
        ("/users", Some(("A", 1))),
        ("/limit", None),
    ] {
        let found = asked(&settings(&site, path).admission);
        let found = found.as_ref().map(|(realm, users)| (realm.as_str(), *users));
        assert_eq!(found, expected, "{path}");
    }
    let limited = site.locations.iter().find_map(|location| location.limit_except.as_ref());
    let limited = limited.map(|limit| asked(&limit.admission));
    assert_eq!(limited, Some(Some(("C".to_owned(), 0))));
    for (path, named, rest) in [
        (
            "/any",
            Some("10.0.0.1 10.9.9.9"),
            "unix 0.0.0.0 10.0.0.1 10.9.9.9 192.0.2.1 ::1 2001:db8::1",
        ),
        ("/any-off", None, "unix 0.0.0.0 10.0.0.1 10.9.9.9 192.0.2.1 ::1 2001:db8::1"),
        ("/all", None, "unix 0.0.0.0 10.0.0.1 10.9.9.9 192.0.2.1 ::1 2001:db8::1"),
    ] {
        let admission = &settings(&site, path).admission;
        let any = admission.named.map(|named| guests(&site, Some(named)));
        assert_eq!(any.as_deref(), named, "{path}");
        assert_eq!(guests(&site, admission.access), rest, "{path}");
    }
}

#[test]
fn a_realm_needs_users_where_it_asks() {
    let conf = |lines: &str| format!("server {{ listen 80; root www; {lines} }}");
    assert_eq!(codes(&conf("auth_basic A;")), ["A02"]);
    // Of many that inherit it, once.
    let any = "satisfy any; allow 10.0.0.0/8; auth_basic A; auth_basic_user_file /etc/a;";
    assert_eq!(codes(&conf(any)), ["A01"], "the password keeps others out");
    let inherited = conf("location /a/ { } location /b/ { } auth_basic A;");
    assert_eq!(codes(&inherited), ["A02"]);
    assert_eq!(codes(&conf("return 204; auth_basic A;")), ["X09"]);
    assert_eq!(codes(&conf("auth_basic A; auth_basic_user_file $host;")), ["T26"]);
}

#[test]
fn another_location_is_asked() {
    let of = site(
        "auth_request /who; auth_request_set $user $upstream_http_x_user; auth_request_set $args a=b;
         server { listen 80; root www; add_header X-User $user;
           location = /who { internal; if ($cookie_a) { return 401; } return 204; }
           location /off { auth_request off; }
           location /other { auth_request /other; satisfy any; }
           location /any { satisfy any; deny all; auth_request_set $user $status; limit_except GET { deny all; } } }",
    );
    let asked = |path| {
        let settings = settings(&of, path);
        let uri = settings.admission.inquiry.as_ref().map(crate::wording::value);
        let sets = settings.answered.iter();
        let sets: Vec<_> =
            sets.map(|it| format!("{}={}", it.name, crate::wording::value(&it.value))).collect();
        (uri, settings.admission.satisfy_any, sets.join(" "))
    };
    let both = "user=$upstream_http_x_user args=a=b";
    for (path, uri, any, sets) in [
        ("/", Some("/who"), false, both),
        ("/off", None, false, ""),
        ("/other", Some("/other"), false, both),
        ("/any", Some("/who"), true, "user=$status"),
    ] {
        let expected = (uri.map(str::to_owned), any, sets.to_owned());
        assert_eq!(asked(path), expected, "{path}");
    }
    let limited = of.locations.iter().find_map(|location| location.limit_except.as_ref());
    assert!(limited.is_some_and(|limit| limit.admission.inquiry.is_some()));
    assert!(of.has_subrequests() && !site("server { listen 80; root www; }").has_subrequests());
}

#[test]
fn requests_are_mirrored() {
    let of = site(
        "mirror /a; mirror /b; server { listen 80; root www; location = /a { return 200 a; } location = /b { return 200 b; }
           location /off { mirror off; } location /own { mirror /b; mirror_request_body off; } }",
    );
    let mirrors = |path| {
        let settings = settings(&of, path);
        (crate::wording::paths(&settings.mirrors), settings.mirror_request_body)
    };
    for (path, expected) in
        [("/", ("/a /b", true)), ("/off", ("off", true)), ("/own", ("/b", false))]
    {
        assert_eq!(mirrors(path), (expected.0.to_owned(), expected.1), "{path}");
    }
    assert!(of.has_mirrors() && of.has_subrequests());
    let conf = |lines: &str| format!("server {{ listen 80; root www; {lines} }}");
    for (lines, expected) in [
        ("mirror /a;", &[][..]),
        ("mirror a;", &["A20"]),
        ("mirror $uri;", &["A20"]),
        ("mirror /a?b;", &["A20"]),
        ("mirror @a;", &["A20"]),
        ("mirror off; mirror /a;", &["D06"]),
        ("mirror /a; mirror off;", &["D06"]),
    ] {
        assert_eq!(codes(&conf(lines)), expected, "{lines}");
    }
}

#[test]
fn what_cannot_be_asked_is_an_error() {
    let conf = |lines: &str| format!("server {{ listen 80; root www; {lines} }}");
    let who = "location = /who { internal; if ($cookie_a) { return 401; } return 204; }";
    for (line, expected) in [
        ("auth_request /who;", &[][..]),
        ("auth_request @who;", &["A20"]),
        ("auth_request who;", &["A20"]),
        ("auth_request $uri;", &["A20"]),
        ("auth_request /who$uri;", &["A20"]),
        ("auth_request /who?a;", &["A20"]),
        ("auth_request /who; auth_request /who;", &["D06"]),
        ("auth_request /who; auth_request_set $host a;", &["R10"]),
        ("auth_request /who; auth_request_set user a;", &["R10"]),
        ("location /a/ { auth_request /who; return 204; }", &["X09"]),
    ] {
        assert_eq!(codes(&conf(&format!("{line} {who}"))), expected, "{line}");
    }
}

#[test]
fn limits_count_in_zones_of_their_kind() {
    let zones = "limit_req_zone $host zone=a:1m rate=30r/m; limit_conn_zone $host zone=b:1m;";
    let conf = |lines: &str| format!("{zones} server {{ listen 80; root www; {lines} }}");
    let used = "limit_req zone=a burst=2 delay=1; limit_conn b 3;";
    let of = site(&conf(used));
    let limits = settings(&of, "/");
    assert_eq!(of.zones[0].rate, 500);
    let ReqLimit { zone, burst, delay } = limits.limit_reqs[0];
    assert_eq!((zone, burst, delay), (0, 2000, 1000));
    assert_eq!(limits.limit_conns[0], ConnLimit { zone: 1, most: 3 });
    for (lines, expected) in [
        ("", &["K16", "K16"][..]),
        ("limit_req zone=c; limit_conn b 1;", &["K16", "K15"]),
        ("limit_req zone=b; limit_conn b 1;", &["K16", "K15"]),
        ("limit_req zone=a; limit_conn b 0;", &["T24"]),
        ("limit_req zone=a bursts=3; limit_conn b 1;", &["T25"]),
        ("limit_req burst=3; limit_conn b 1;", &["K16", "D05"]),
        ("limit_req zone=a; limit_req zone=a burst=1; limit_conn b 1;", &["D06"]),
        ("limit_req zone=a; limit_conn b 1; limit_req_status 200;", &["T24"]),
    ] {
        assert_eq!(codes(&conf(lines)), expected, "{lines}");
    }
    for (zone, expected) in [
        ("limit_req_zone $host zone=a:1m rate=10;", "K16"),
        ("limit_req_zone $host zone=a:1m rate=0;", "T25"),
        ("limit_req_zone $host zone=a:1m rate=1r/h;", "T25"),
        ("limit_req_zone $host zone=a rate=1r/s;", "T25"),
        ("limit_req_zone $host zone=a:1k rate=1r/s;", "T25"),
        ("limit_req_zone $host rate=1r/s rate=2r/s;", "D05"),
        ("limit_conn_zone $nothing zone=a:1m;", "T18"),
    ] {
        assert_eq!(
            codes(&format!("{zone} server {{ listen 80; root www; }}")),
            [expected],
            "{zone}"
        );
    }
}

#[test]
fn referers() {
    let conf = |words: &str| {
        format!(
            "server {{ listen 80; server_name s.test *.t.test; root www; valid_referers {words}; if ($invalid_referer) {{ return 403; }} }}"
        )
    };
    for (words, expected) in [
        ("none blocked server_names", ""),
        ("a.test *.a.test b.* .c.test d.test/p ~^e", ""),
        // nginx refuses this one.
        ("none ~^e", ""),
        ("none", "A10"),
        ("none blocked", "A10"),
        ("a.test A.TEST", "A10"),
        ("a.test a.test/x", "A10"),
        (".a.test *.a.test", "A10"),
        ("server_names s.test", "A10"),
        ("\"\" a.test", "A10"),
        ("a.test http://b.test", "A11"),
        ("a.test b.test:80", "A11"),
        ("a.test /x", "A11"),
        ("*a.test", "T20"),
        ("~", "T20"),
        ("~*x", "T15"),
        ("a..b", "T20"),
        (r"~^a\.test/", ""),
    ] {
        assert_eq!(codes(&conf(words)).join(" "), expected, "{words}");
    }
    let site = site(&conf("none A.test/P *.b.test server_names ~^x"));
    let found = settings(&site, "/").referers.as_ref().unwrap();
    assert!(found.none && !found.blocked && found.regexes.len() == 1);
    let path = |host: &str| found.hosts.find(host.as_bytes()).map(|at| &found.paths[at as usize]);
    assert_eq!(path("a.test"), Some(&b"/P".to_vec()));
    assert_eq!(path("x.b.test"), Some(&Vec::new()));
    assert_eq!((path("x.t.test"), path("t.test")), (Some(&Vec::new()), None));
}

#[test]
fn names_at_start_are_no_referers() {
    refused(
        "server { listen 80; server_name $hostname; root www; valid_referers server_names; if ($invalid_referer) { return 403; } }",
        "                                ---------                           ^^^^^^^^^^^^                                          ",
        "A10: a name of the server is known only when it starts",
    );
}

#[test]
fn secure_links_are_inherited() {
    let site = site(
        "server { listen 80; root www; secure_link $arg_a,$arg_b; secure_link_md5 \"$secure_link_expires w\";
           location /same { if ($secure_link) { return 200; } }
           location /md5 { secure_link_md5 \"$secure_link_expires$uri w\"; }
           location /secret/ { secure_link_secret w; location /secret/in { } } }",
    );
    let of = |path| match settings(&site, path).secure_link.as_ref().unwrap() {
        ir::SecureLink::Pair { link, hashed } => format!("{} {}", written(link), written(hashed)),
        ir::SecureLink::Secret(secret) => String::from_utf8_lossy(secret).into_owned(),
    };
    assert_eq!(of("/same"), "{arg a},{arg b} {secure_link_expires} w");
    assert_eq!(of("/md5"), "{arg a},{arg b} {secure_link_expires}{uri} w");
    assert_eq!((of("/secret/"), of("/secret/in")), ("w".to_owned(), "w".to_owned()));
    refused(
        "server { listen 80; root www; location / { secure_link_secret w; secure_link $arg_a; if ($secure_link) { return 403; } } }",
        "                                           --------------------  ^^^^^^^^^^^^^^^^^^                                          ",
        "A13: `secure_link_secret` and `secure_link` exclude each other",
    );
}

#[test]
fn trusted_proxies() {
    let site = site(
        "set_real_ip_from 10.0.0.0/8; set_real_ip_from unix:; real_ip_header X-Forwarded-For;
         server { listen 80; root www;
           location /same { real_ip_recursive on; }
           location /own { set_real_ip_from ::1; real_ip_header x-forwarded-for; } }",
    );
    let of = |path| settings(&site, path).real_ip.as_ref().unwrap();
    assert_eq!(guests(&site, Some(of("/same").trusted)), "unix 10.0.0.1 10.9.9.9");
    assert_eq!((&of("/same").source, of("/same").recursive), (&RealIpSource::Forwarded, true));
    assert_eq!(guests(&site, Some(of("/own").trusted)), "::1");
    assert_eq!(of("/own").source, RealIpSource::Field(b"x-forwarded-for".to_vec()));
    for (lines, expected) in [
        ("set_real_ip_from 0.0.0.0/0;", "A16"),
        ("set_real_ip_from 10.0.0.1/8;", "X10"),
        ("set_real_ip_from all;", "T07"),
        ("set_real_ip_from localhost;", "T07"),
        ("set_real_ip_from 10.0.0.1; real_ip_header \"X Y\";", "T13"),
        ("set_real_ip_from 10.0.0.1; real_ip_recursive maybe;", "T11"),
    ] {
        let conf = format!("server {{ listen 80; root www; {lines} }}");
        assert_eq!(codes(&conf).join(" "), expected, "{lines}");
    }
}

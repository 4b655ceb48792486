//! Addresses, servers and their names.

use sitec_runtime::site::{SocketOptions, TcpKeepalive};

use super::{codes, compiled, refused, site, started, warned};
use crate::ir::{Address, Site, StartPiece};

/// Each address with its default server, and whether it shares its port.
fn addresses(site: &Site) -> Vec<(String, u16, bool)> {
    let shown = |address: &Address| match address {
        Address::Ip(address) => address.to_string(),
        Address::Unix(path) => format!("unix:{}", started(path)),
        Address::Param(text) => started(text),
    };
    let listens = site.listens.iter();
    listens.map(|l| (shown(&l.address), l.default_server, l.shared_port)).collect()
}

#[test]
fn an_ipv6_socket_takes_no_ipv4_address() {
    for (conf, marks, address) in [
        (
            "server { root www; listen [::ffff:127.0.0.1]:81; }",
            "                          ^^^^^^^^^^^^^^^^^^^^^",
            "[::ffff:127.0.0.1]:81",
        ),
        (
            "server { root www; listen [::ffff:7f00:1] ipv6only=on; }",
            "                          ^^^^^^^^^^^^^^^",
            "[::ffff:127.0.0.1]:80",
        ),
        (
            "server { root www; host ::ffff:10.0.0.1; listen 81; }",
            "                                                ^^",
            "[::ffff:10.0.0.1]:81",
        ),
    ] {
        let message = format!("T07: `{address}` is an IPv4 address, which no IPv6 socket takes");
        refused(conf, marks, &message);
    }
    for address in ["[::ffff:127.0.0.1]:81 ipv6only=off", "127.0.0.1:81", "[::fffe:7f00:1]:81"] {
        site(&format!("server {{ root www; listen {address}; }}"));
    }
}

#[test]
fn servers_are_grouped_by_address() {
    for (conf, expected) in [
        ("server { root www; }", vec![("0.0.0.0:80", 0, false)]),
        ("server { root www; host 10.0.0.1; }", vec![("10.0.0.1:80", 0, false)]),
        (
            "server { root www; host ::1; listen 81; listen 10.0.0.1:81; }",
            vec![("[::1]:81", 0, false), ("10.0.0.1:81", 0, false)],
        ),
        (
            "server { root www; listen 80; listen [::]:80; server_name a; }
             server { root www; listen *:80 default_server; server_name b; }",
            vec![("0.0.0.0:80", 1, false), ("[::]:80", 0, false)],
        ),
        (
            "server { root www; listen 80; } server { root www; listen 127.0.0.1:80; }
             server { root www; listen 81; }",
            vec![("0.0.0.0:80", 0, true), ("127.0.0.1:80", 1, true), ("0.0.0.0:81", 2, false)],
        ),
        (
            "server { root www; listen [::]:80 ipv6only=off; listen 127.0.0.1:80; }",
            vec![("[::]:80", 0, true), ("127.0.0.1:80", 0, true)],
        ),
        ("server { root www; listen unix:run/a.sock; }", vec![("unix:run/a.sock", 0, false)]),
    ] {
        let expected: Vec<_> =
            expected.into_iter().map(|(text, id, shared)| (text.to_owned(), id, shared)).collect();
        assert_eq!(addresses(&site(conf)), expected, "{conf}");
    }
}

#[test]
fn options_hold_for_the_address() {
    let site = site(
        "server { root www; listen [::]:80 default_server backlog=9 reuseport ipv6only=off deferred; server_name a; }
         server { root www; listen [::]:80 backlog=9; server_name b; }",
    );
    let listen = &site.listens[0];
    assert_eq!((listen.backlog, listen.ipv6_only, listen.deferred), (9, false, true));
}

#[test]
fn params_stand_in_addresses() {
    for (conf, expected) in [
        ("param P 80; server { root www; listen ${P}; }", "${0}"),
        ("param P 80; server { root www; listen 127.0.0.1:${P}; }", "127.0.0.1:${0}"),
        ("param P 80; server { root www; listen *:${P}; }", "0.0.0.0:${0}"),
        ("param A 127.0.0.1; server { root www; listen ${A}:80; }", "${0}:80"),
        ("param A 127.0.0.1; param P 1; server { root www; listen ${A}:${P}; }", "${0}:${1}"),
        ("param P 80; server { root www; host 10.0.0.1; listen ${P}; }", "10.0.0.1:${0}"),
        ("param A 10.0.0.1; server { root www; host ${A}; listen 8080; }", "${0}:8080"),
        ("param D run; server { root www; listen unix:${D}/a.sock; }", "unix:${0}/a.sock"),
    ] {
        assert_eq!(addresses(&site(conf))[0].0, expected, "{conf}");
    }
}

#[test]
fn options_of_sockets() {
    let site = site(
        "server { root www; listen 80 rcvbuf=8k so_keepalive=30m::10; listen 81 so_keepalive=off; }
         server { root www; listen 80 fastopen=3 rcvbuf=8k; listen 82-83 sndbuf=1m; server_name b; }",
    );
    let keepalive = |on, idle_s, count| Some(TcpKeepalive { on, idle_s, interval_s: None, count });
    let none = SocketOptions::NONE;
    let options: Vec<_> = site.listens.iter().map(|listen| listen.socket).collect();
    let first = SocketOptions {
        rcvbuf: Some(8192),
        sndbuf: None,
        keepalive: keepalive(true, Some(1800), Some(10)),
        fastopen: Some(3),
    };
    let second = SocketOptions { keepalive: keepalive(false, None, None), ..none };
    let others = SocketOptions { sndbuf: Some(1 << 20), ..none };
    assert_eq!(options, [first, second, others, others]);
    let ports = addresses(&site).into_iter().map(|(address, ..)| address);
    assert_eq!(ports.collect::<Vec<_>>(), ["0.0.0.0:80", "0.0.0.0:81", "0.0.0.0:82", "0.0.0.0:83"]);
}

#[test]
fn wrong_options_of_sockets() {
    for (option, message) in [
        ("so_keepalive=30m:x:1", "T04: `x` is not a time"),
        ("so_keepalive=10h", "T04: `10h` is longer than 32767 seconds"),
        ("so_keepalive=::200", "T24: `200` is above 127"),
        ("so_keepalive=::", "T25: `so_keepalive` is not understood"),
        ("so_keepalive=1:2:3:4", "T25: `so_keepalive` is not understood"),
        ("rcvbuf=0", "T01: a buffer of `0` holds nothing"),
        ("sndbuf=2g", "T01: a buffer of `2g` is larger than 1g"),
        ("fastopen=-1", "T24: `-1` is not a whole number"),
        ("setfib=1", "D14: `setfib=1`: this option of sockets is not built in"),
    ] {
        let conf = format!("server {{ listen 80 {option}; }}");
        let diagnostics = compiled(&conf).diagnostics;
        let first = diagnostics.sorted()[0];
        assert_eq!(format!("{}: {}", first.code, first.message), message, "{option}");
    }
    refused(
        "server { listen unix:a.sock so_keepalive=on; }",
        "                            ^^^^^^^^^^^^^^^",
        "T07: `so_keepalive` belongs to TCP",
    );
    refused(
        "server { listen 80 rcvbuf=1k; server_name a; } server { listen 80 rcvbuf=2k; }",
        "                   ---------                                      ^^^^^^^^^",
        "K06: `0.0.0.0:80` has another `rcvbuf` already",
    );
    refused(
        "server { listen 80-90; listen 85; }",
        "                -----         ^^",
        "D06: duplicate `listen 85`",
    );
    warned(
        "server { listen 80 accept_filter=httpready; root www; }",
        "                   ^^^^^^^^^^^^^^^^^^^^^^^",
        "D08: `accept_filter` has no effect: Linux has no filters of this kind",
    );
}

/// Where it is allowed, what a host cannot hold is a name as in nginx: one that nobody asks for.
#[test]
fn names_that_nobody_asks_for() {
    for name in ["http://a.test/", "a.test/x", "a.test:81", "https://a.test:81"] {
        let conf = format!("server {{ listen 80; server_name {name} b.test; return 204; }}");
        assert_eq!(codes(&conf), ["T20"], "{name}");
        assert!(compiled(&conf).site.is_none());
        let site = compiled(&format!("{conf}  # sitec: allow(T20) it is meant")).site.unwrap();
        assert_eq!(started(&site.servers[0].name), name);
        let exact = &site.listens[0].names.exact;
        assert_eq!(exact.iter().map(|(name, _)| &name[..]).collect::<Vec<_>>(), [b"b.test"]);
    }
}

#[test]
fn http_3_is_left_to_others() {
    let conf = "server { listen 80; listen 443 quic reuseport; listen [::]:443 quic; return 204; }";
    let compilation = compiled(conf);
    assert_eq!(codes(conf), ["D08"]);
    let listens = compilation.site.unwrap().listens;
    assert_eq!(listens.len(), 1);
}

/// `ssl on` is `ssl` behind each address.
#[test]
fn ssl_may_be_switched_on() {
    const CERTIFICATE: &str = "ssl_certificate tls/a.pem; ssl_certificate_key tls/a.key;";
    let listens = |conf: &str| {
        let site = compiled(conf).site.unwrap_or_else(|| panic!("{conf}"));
        site.listens.iter().map(|listen| listen.tls).collect::<Vec<_>>()
    };
    let with = |text: &str| format!("server {{ {text} {CERTIFICATE} return 204; }}");
    assert_eq!(listens(&with("listen 443; listen 444; ssl on;")), [true, true]);
    assert_eq!(listens(&with("listen 443 ssl; listen 80; ssl off;")), [true, false]);
    assert_eq!(listens(&with("ssl on;")), [true]);
    let http = format!("http {{ ssl on; {} {} }}", with("listen 1;"), with("listen 2; ssl off;"));
    assert_eq!(listens(&http), [true, false]);
    let plain = "server { listen 443 default_server; return 204; }";
    let other = with("listen 443; server_name a; ssl on;");
    assert_eq!(codes(&format!("{plain} {other}")), ["D13", "K06", "S07"]);
    let spoken = plain.replace("443", "443 ssl");
    assert!(!codes(&format!("{spoken} {other}")).contains(&"K06"));
}

#[test]
fn wrong_addresses() {
    refused(
        "server { listen 70000; }",
        "                ^^^^^",
        "T06: port `70000` is not between 1 and 65535",
    );
    refused(
        "server { listen 80; listen 80; }",
        "                --         ^^",
        "D06: duplicate `listen 80`",
    );
    refused(
        "server { listen 443 quic; }",
        "                    ^^^^",
        "D14: this server would speak HTTP/3 alone",
    );
    refused(
        "server { listen 80 backlgo=1; }",
        "                   ^^^^^^^^^",
        "T25: `listen` has no parameter `backlgo=1`",
    );
    refused(
        "server { listen 80 ipv6only=on; }",
        "                   ^^^^^^^^^^^",
        "T07: `ipv6only` belongs to IPv6 addresses",
    );
    refused(
        "server { listen unix:a.sock deferred; }",
        "                            ^^^^^^^^",
        "T07: `deferred` belongs to TCP",
    );
    refused(
        "server { listen 80; listen [::]:80 ipv6only=off; }",
        "                --         ^^^^^^^",
        "K05: this address takes IPv4 connections that another one takes too",
    );
    warned(
        "server { listen 80 default; }",
        "                   ^^^^^^^",
        "D13: `default` is spelled `default_server` today",
    );
}

#[test]
fn servers_on_one_address_must_agree() {
    refused(
        "server { listen 80 backlog=1; server_name a; } server { listen 80 backlog=2; }",
        "                   ---------                                      ^^^^^^^^^",
        "K06: `0.0.0.0:80` has another `backlog` already",
    );
    refused(
        "server { listen 80 default_server; server_name a; }\n\
         server { listen 80 default_server; }",
        "                   ^^^^^^^^^^^^^^",
        "K03: `0.0.0.0:80` has a default server already",
    );
    refused(
        "server { listen 80 default_server; server_name a b; } server { listen 80; server_name B c; }",
        "                                                 -                                    ^",
        "K02: another server on `0.0.0.0:80` has the name `b`",
    );
    refused(
        "server { listen 80; } server { listen 80; }",
        "------                ^^^^^^",
        "K02: another server on `0.0.0.0:80` has no name either",
    );
    // One clash is one mistake, on however many addresses it is.
    let twice = "server { listen 80; listen 81; server_name a; }";
    let found = super::codes(&format!("{twice} {twice}"));
    assert_eq!(found.iter().filter(|code| **code == "K02").count(), 1, "{found:?}");
    // Names that are found equal when the server starts keep it from starting.
    let params = "param A a; param B a; ";
    let with = |name: &str| format!("server {{ listen 80 NAME; server_name ${{{name}}}; }}");
    let (first, second) =
        (with("A").replace("NAME", "default_server"), with("B").replace(" NAME", ""));
    let clash = compiled(&format!("{params} {first} {second}"));
    assert!(clash.site.is_none());
    // A server whose name is wrong is not one without a name.
    let (named, nameless) =
        ("server { listen 80; server_name a.test:81; }", "server { listen 80; }");
    assert_eq!(super::codes(&format!("{named} {nameless}")), ["T20"]);
}

#[test]
fn the_name_of_the_machine_stands_alone() {
    let compiled =
        site("server { listen 80; server_name $hostname a.test $hostname; return 204; }");
    let [listen] = &compiled.listens[..] else { panic!("{:?}", compiled.listens) };
    assert!(listen.start_names.iter().all(|name| *name == (vec![StartPiece::HostName], 0)));
    assert_eq!(listen.names.exact, [(b"a.test".to_vec(), 0)]);
    assert_eq!(compiled.servers[0].name, [StartPiece::HostName]);
    refused(
        "server { listen 80; server_name a $hostname; } server { listen 80; server_name $hostname; }",
        "                                  ---------                                    ^^^^^^^^^",
        "K02: another server on `0.0.0.0:80` has the name `$hostname`",
    );
    for (name, drawn) in [
        ("www.$hostname", "                                ^^^^^^^^^"),
        ("${hostname}", "                            ^^^^^^^^^^^"),
        ("*.$hostname", "                              ^^^^^^^^^"),
    ] {
        refused(
            &format!("server {{ listen 80; server_name {name}; }}"),
            &format!("    {drawn}"),
            "T26: the machine's name is no part of another name",
        );
    }
    refused(
        "server { listen 80; server_name $host; }",
        "                                ^^^^^",
        "T26: `$host` is not known before there is a request",
    );
}

#[test]
fn options_go_with_the_default_of_a_param() {
    refused(
        "param L 80; server { listen ${L} ipv6only=on; root www; }",
        "                                 ^^^^^^^^^^^",
        "T07: `ipv6only` belongs to IPv6 addresses",
    );
    refused(
        "param L unix:a; server { listen ${L} deferred; root www; }",
        "                                     ^^^^^^^^",
        "T07: `deferred` belongs to TCP",
    );
    let site = site("param L [::1]:80; server { listen ${L} ipv6only=off deferred; root www; }");
    assert!(site.listens[0].ipv6_only_given && !site.listens[0].ipv6_only);
}

#[test]
fn the_default_of_a_param_clashes_as_a_name_does() {
    refused(
        "param H B; server { listen 80; root www; server_name ${H}; } server { listen 80; root www; server_name b; }",
        "                                                     ----                                              ^",
        "K02: another server on `0.0.0.0:80` has the name `b`",
    );
    site(
        "param H a; server { listen 80 default_server; root www; server_name ${H} a; }
          server { listen 80; root www; server_name b; }",
    );
}

#[test]
fn names_of_one_server_may_overlap() {
    let site = site("server { listen 80; root www; server_name a.test .a.test a.test ~^b; }");
    let names = &site.listens[0].names;
    assert_eq!(names.exact, [(b"a.test".to_vec(), 0)]);
    assert_eq!(names.suffix, [(b".a.test".to_vec(), 0)]);
    assert_eq!(names.regex.len(), 1);
    assert_eq!(super::started(&site.servers[0].name), "a.test");
}

#[test]
fn the_first_name_is_the_servers() {
    for (names, expected) in [
        (".A.test b", "a.test"),
        ("*.a.test", "*.a.test"),
        ("\"\" b", ""),
        ("WWW.${H} b", "WWW.${0}"),
    ] {
        let conf =
            format!("param H h.test; server {{ listen 80; root www; server_name {names}; }}");
        let site = compiled(&conf).site.unwrap();
        assert_eq!(super::started(&site.servers[0].name), expected, "{names}");
    }
}

#[test]
fn params_are_of_one_kind() {
    refused(
        "param P www; server { listen 80; root ${P}; server_name ${P}; }",
        "                                      ----              ^^^^",
        "T26: `P` cannot be a path and a host name",
    );
    refused(
        "param P 80x; server { listen 127.0.0.1:${P}; }",
        "        ^^^                            ----",
        "T06: `80x` is not a port",
    );
    refused(
        "param HOST a; server { listen 80; root www; }",
        "      ^^^^",
        "T26: `$HOST` is a variable of each request",
    );
    refused(
        "param P 1; server { listen ${Q}; root ${P}; }",
        "                           ^^^^",
        "T18: there is no param `Q`",
    );
    refused(
        "param P 80; server { listen ${P}; return 200 ${P}; }",
        "                                             ^^^^",
        "T26: the param `P` cannot stand here",
    );
    refused(
        "pid run/$host; server { listen 80; root www; }",
        "        ^^^^^",
        "T26: `$host` is not known before there is a request",
    );
    warned("param P 1; server { listen 80; root www; }", "      ^", "K16: `P` is never used");
}

/// `listen … http2` is of all servers of the address, and the directive of one.
#[test]
fn http2_is_of_an_address_or_a_server() {
    let spoken = |text: &str| {
        let site = compiled(text).site.expect("a site");
        let listens = site.listens.iter().map(|listen| listen.http2).collect::<Vec<_>>();
        (listens, site.servers.iter().map(|server| server.http2).collect::<Vec<_>>())
    };
    for (conf, listens, servers) in [
        ("server { listen 80; root www; }", &[false][..], &[false][..]),
        ("server { listen 80; listen 81; http2 on; root www; }", &[false, false], &[true]),
        ("http2 on; server { listen 80; http2 off; root www; }", &[false], &[false]),
        (
            "server { listen 80 default_server http2; root www; }
             server { listen 80; server_name a; http2 on; listen 81; root www; }",
            &[true, false],
            &[false, true],
        ),
    ] {
        assert_eq!(spoken(conf), (listens.to_vec(), servers.to_vec()), "{conf}");
    }
    let old = "server { listen 80 http2; listen 81; root www; }";
    warned(old, "                   ^^^^^", "D13: `http2` is a directive today");
}

#[test]
fn http2_settings_have_bounds() {
    let server = &site(
        "server { root www; http2_max_concurrent_streams 7; http2_body_preread_size 0; \
         http2_chunk_size 16k; }",
    )
    .servers[0];
    assert_eq!((server.http2_max_concurrent_streams, server.http2_body_preread_len), (7, 0));
    for (line, code) in [
        ("http2_max_concurrent_streams 0;", "T24"),
        ("http2_body_preread_size 2g;", "T01"),
        ("http2_chunk_size 17k;", "T01"),
        ("http2_chunk_size 0;", "T01"),
        ("http2 maybe;", "T11"),
        ("http2_max_requests 5;", "D08"),
        ("http2_push on;", "D08"),
    ] {
        let found = super::codes(&format!("server {{ root www; {line} }}"));
        assert_eq!(found, [code], "{line}");
    }
}

//! What is passed on by gRPC, and over HTTP/2.

use sitec_runtime::site::{Failures, ProxyVersion};

use super::{at, codes, compiled, site, written};
use crate::ir::{self, Action, Handler, Proxy, Target, Wire};

/// What a location passes on.
#[track_caller]
fn proxy<'a>(site: &'a ir::Site, path: &str) -> &'a Proxy {
    match &at(site, path).action {
        Action::Serve { handler: Handler::Proxy(proxy), .. } => proxy,
        other => panic!("{path}: {other:?}"),
    }
}

/// Whom a location asks, and whether that is over TLS.
#[track_caller]
fn asked(site: &ir::Site, path: &str) -> String {
    let proxy = proxy(site, path);
    assert_eq!(proxy.wire, Wire::Grpc);
    let target = match &proxy.target {
        Target::Fixed { upstream, .. } => site.upstreams[usize::from(*upstream)].name.clone(),
        Target::Computed(text) => written(text),
    };
    if proxy.tls.is_some() { format!("{target} tls") } else { target }
}

#[test]
fn addresses_may_have_a_scheme() {
    let site = site(
        "upstream u { server a:9000; }
         map $arg_v $pool { a grpcs://127.0.0.1:9001; default unix:/run/b.sock; }
         map $arg_v $plain { a grpc://u; default 127.0.0.1:9; }
         server { listen 80; http2 on;
           location / { grpc_pass u; }
           location /a { grpc_pass grpc://127.0.0.1:9000; }
           location /b { grpc_pass GRPCS://u; }
           location /c { grpc_pass unix:/run/x.sock; location /c/d { return 204; } }
           location /d { grpc_pass $pool; }
           location /e { grpc_pass $plain; }
           location /f { proxy_pass http://u; proxy_set_header Host a; if ($arg_a) { grpc_pass u; } }
           location /g/ { grpc_pass u; }
           location /h { root www; limit_except GET { grpc_pass u; } }
         }",
    );
    for (path, expected) in [
        ("/", "u"),
        ("/a", "127.0.0.1:9000"),
        ("/b", "u tls"),
        ("/c", "unix:/run/x.sock"),
        ("/d", "{map pool} tls"),
        ("/e", "{map plain}"),
    ] {
        assert_eq!(asked(&site, path), expected, "{path}");
    }
    assert!(matches!(at(&site, "/g").action, Action::Return(_)));
    let names: Vec<_> = site.upstreams.iter().map(|it| &it.name[..]).collect();
    assert!(names.contains(&"127.0.0.1:9001") && names.contains(&"unix:/run/b.sock"), "{names:?}");
    let all = site.locations.iter().filter_map(|it| it.action.proxy());
    assert_eq!(all.filter(|it| it.wire == Wire::Grpc).count(), 9);
}

#[test]
fn settings_are_its_own() {
    let site = site(
        "grpc_read_timeout 5m; proxy_read_timeout 7m; grpc_ssl_server_name on; grpc_ssl_name n;
         server { listen 80; http2 on; grpc_hide_header X-A; grpc_pass_header Server; grpc_set_header A $uri;
           location / { grpc_pass grpcs://a:1; grpc_next_upstream error http_503; grpc_bind 10.0.0.1; }
           location /b { proxy_pass http://a:1; proxy_http_version 2; proxy_set_header Host a; }
           location /c { proxy_pass https://a:1; proxy_set_header Host a; } }",
    );
    let first = proxy(&site, "/");
    assert_eq!(first.plain.read_timeout_ms, 300_000);
    assert_eq!(first.plain.next_upstream, Failures::ERROR.and(Failures::HTTP_503));
    assert!(!first.plain.buffering && !first.plain.request_buffering && first.local.is_some());
    let hidden = String::from_utf8(first.hidden.join(&b' ')).unwrap();
    let accel =
        "x-accel-buffering x-accel-charset x-accel-expires x-accel-limit-rate x-accel-redirect";
    assert_eq!(hidden, format!("date x-a {accel}"));
    let fields: Vec<_> = first
        .fields
        .iter()
        .map(|field| format!("{} {}", String::from_utf8_lossy(&field.name), written(&field.value)))
        .collect();
    assert_eq!(fields, ["A {uri}", "Host {proxy_host}"]);
    let tls = first.tls.as_ref().unwrap();
    assert!(tls.peer.plain.server_name && tls.peer.is_http2);
    assert_eq!(written(&tls.name), "n");
    let second = proxy(&site, "/b");
    assert_eq!((second.plain.http_version, second.is_http2()), (ProxyVersion::Http2, true));
    let third = proxy(&site, "/c");
    let tls = third.tls.as_ref().unwrap();
    assert!(!third.is_http2() && !tls.peer.is_http2 && !tls.peer.plain.server_name);
    assert_eq!(third.plain.read_timeout_ms, 420_000);
}

#[test]
fn what_is_wrong_is_told() {
    for (content, message) in [
        ("grpc_pass http://a:1;", "U10: `grpc_pass` takes an address, and no URL"),
        (
            "grpc_pass grpc://a:1/x;",
            "U10: `grpc_pass` takes no URI: the client's path is what is asked for",
        ),
        ("grpc_pass /run/x.sock;", "U10: a socket in the file system begins with `unix:`"),
        ("grpc_pass grpc://app;", "U10: `app` has no port, and there is no such `upstream`"),
        ("grpc_pass $arg_a;", "U01: a client writes `$arg_a`, and so chooses who is asked"),
        (
            "grpc_pass a:1; proxy_pass http://b;",
            "D10: `proxy_pass` and `grpc_pass` cannot stand side by side",
        ),
        ("grpc_pass a:1; grpc_buffer_size 4x;", "T02: `x` is no unit of size"),
        ("grpc_pass a:1; grpc_set_header A: b;", "T13: `A:` is not the name of a field"),
        (
            "grpc_pass grpcs://a:1; grpc_ssl_verify on;",
            "S07: nothing says whose certificates the other server may have",
        ),
        (
            "grpc_pass grpcs://a:1; grpc_ssl_certificate a.pem;",
            "S07: no `grpc_ssl_certificate_key` goes with this certificate",
        ),
        ("grpc_pass a:1; grpc_bind 10.0.0.1 transparent;", "D14: nginx's `transparent`"),
        ("grpc_pass a:1; grpc_ssl_conf_command a b;", "D02: nginx's `grpc_ssl_conf_command`"),
    ] {
        let conf = format!("server {{ listen 80; http2 on; location /a/ {{ {content} }} }}");
        let compilation = compiled(&conf);
        let said = compilation.diagnostics.render(&compilation.sources, false);
        let (code, text) = message.split_once(": ").unwrap();
        assert!(said.contains(&format!("error[{code}]: {text}")), "{content}\n{said}");
    }
    let conf =
        |more: &str| format!("server {{ listen 80; {more} location / {{ grpc_pass a:1; }} }}");
    assert_eq!(codes(&conf("http2 on;")), [""; 0]);
}

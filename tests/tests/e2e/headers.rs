//! H8 and more: what `add_header` puts behind the fields of a response.

use crate::launch;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

/// A server of `sites/headers.conf`.
pub(crate) fn headers() -> Server {
    launch("headers").start()
}

/// The fields whose names begin with `X-`, in their order.
fn added(response: &Response) -> String {
    let fields = response.fields.iter().filter(|(name, _)| name.starts_with("X-"));
    fields.map(|(name, value)| format!("{name}={value};")).collect()
}

#[test]
fn fields_go_with_usual_statuses_and_some_with_all() {
    let server = headers();
    for (path, status, expected) in [
        ("/plain.txt", 200, "X-One=1;X-Always=a b;X-Status=200 /plain.txt;"),
        ("/200", 200, "X-One=1;X-Always=a b;X-Status=200 /200;"),
        ("/204", 204, "X-One=1;X-Always=a b;X-Status=204 /204;"),
        ("/301", 301, "X-One=1;X-Always=a b;X-Status=301 /301;"),
        ("/303?to=/x", 303, "X-One=1;X-Always=a b;X-Status=303 /303;"),
        ("/dir", 301, "X-One=1;X-Always=a b;X-Status=301 /dir;"),
        ("/403", 403, "X-Always=a b;X-Status=403 /403;"),
        ("/dir/", 403, "X-Always=a b;X-Status=403 /dir/;"),
        // An error's page is another location's, with the status of the error or its own.
        ("/missing", 404, "X-Always=a b;X-Status=404 /error/404.html;"),
        ("/410", 200, "X-One=1;X-Always=a b;X-Status=200 /error/404.html;"),
        ("/451", 451, "X-Legal=yes;"),
    ] {
        let response = server.get(path);
        assert_eq!((response.status, added(&response).as_str()), (status, expected), "{path}");
    }
}

#[test]
fn fields_are_put_in_the_place_of_others() {
    let server = headers();
    for (path, status, own, expected) in [
        ("/more/?s=own", 404, Some("own"), "X-Set=a: b;X-Set=later;"),
        ("/more/", 404, None, "X-Set=a: b;X-Set=later;"),
        // What holds outside holds here, too, of other names.
        ("/more/none/", 200, None, "x-set=c;"),
    ] {
        let response = server.get(path);
        let fields = response.fields.iter();
        let set = fields.filter(|(name, _)| name.eq_ignore_ascii_case("X-Set"));
        let set: String = set.map(|(name, value)| format!("{name}={value};")).collect();
        assert_eq!((response.status, set.as_str()), (status, expected), "{path}");
        assert_eq!(response.field("Server"), own, "{path}");
        assert_eq!(response.field("Content-Type"), Some("text/x-own"), "{path}");
        assert!(response.field("Date").is_some(), "{path}");
    }
}

#[test]
fn fields_go_with_every_kind_of_request() {
    let server = headers();
    let all = "X-One=1;X-Always=a b;X-Status=";
    let always = "X-Always=a b;X-Status=";
    for (request, status, expected) in [
        ("HEAD /plain.txt HTTP/1.1\r\nHost: a\r\n\r\n", 200, format!("{all}200 /plain.txt;")),
        ("GET /plain.txt HTTP/1.0\r\n\r\n", 200, format!("{all}200 /plain.txt;")),
        ("POST /plain.txt HTTP/1.1\r\nHost: a\r\n\r\n", 405, format!("{always}405 /plain.txt;")),
        (
            "GET /plain.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=1-2\r\n\r\n",
            206,
            format!("{all}206 /plain.txt;"),
        ),
        (
            "GET /plain.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=99-\r\n\r\n",
            416,
            format!("{always}416 /plain.txt;"),
        ),
        (
            "GET /plain.txt HTTP/1.1\r\nHost: a\r\nIf-None-Match: *\r\n\r\n",
            304,
            format!("{all}304 /plain.txt;"),
        ),
        (
            "GET /plain.txt HTTP/1.1\r\nHost: a\r\nIf-Match: \"x\"\r\n\r\n",
            412,
            format!("{always}412 /plain.txt;"),
        ),
        ("FROB / HTTP/1.1\r\nHost: a\r\n\r\n", 501, format!("{always}501 /;")),
        ("GET / HTTP/1.1\r\n\r\n", 400, format!("{always}400 /;")),
    ] {
        let method = request.split(' ').next().unwrap();
        let response = server.connect().send(request).response(method);
        assert_eq!((response.status, added(&response)), (status, expected), "{request}");
    }
}

#[test]
fn fields_are_inherited_as_said() {
    let server = headers();
    for (path, expected) in [
        ("/own/plain.txt", "X-Own=1;"),
        ("/merged/plain.txt", "X-Own=1;X-One=1;X-Always=a b;X-Status=200 /merged/plain.txt;"),
        ("/none/plain.txt", ""),
        ("/empty/plain.txt", ""),
    ] {
        assert_eq!(added(&server.get(path)), expected, "{path}");
    }
}

#[test]
fn cookies_of_the_conf() {
    let response = headers().get("/cookies/?b=2");
    let cookies: Vec<_> = response.values("Set-Cookie").collect();
    assert_eq!(cookies, ["a=1; Path=/", "b=2; HttpOnly"]);
}

#[test]
fn a_value_never_adds_a_field() {
    let server = headers();
    let response = server.get("/values/a%0d%0aX-Evil:%201?x=");
    assert_eq!(added(&response), "X-Path=/values/aX-Evil: 1;X-Type=type=text/plain;");
    let response = server.get("/values/?x=%0a");
    assert_eq!(added(&response), "X-Path=/values/;X-Maybe=%0a;X-Type=type=text/plain;");
}

#[test]
fn some_fields_are_replaced() {
    let server = headers();
    let response = server.get("/replaced/plain.txt");
    assert_eq!(response.field("Last-Modified"), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
    assert_eq!(response.field("ETag"), Some("\"mine\""));
    let controls: Vec<_> = response.values("Cache-Control").collect();
    assert_eq!(controls, ["no-store", "private"]);

    let response = server.get("/removed/plain.txt");
    assert_eq!((response.field("Last-Modified"), response.field("ETag")), (None, None));
    let response = server.get("/removed/plain.txt?tag=W/1");
    assert_eq!(response.field("ETag"), Some("W/1"));
}

#[test]
fn a_preflight_is_answered_as_the_conf_says() {
    let server = headers();
    let ask = |method: &str| {
        let fields = "Origin: https://app.test\r\nAccess-Control-Request-Method: GET\r\n\
                      Access-Control-Request-Headers: X-Own\r\n";
        let head = format!("{method} /shared/plain.txt HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        server.connect().send(head).response(method)
    };
    let preflight = ask("OPTIONS");
    assert_eq!((preflight.status, preflight.text()), (204, String::new()));
    for (name, value) in [
        ("Access-Control-Allow-Origin", "https://app.test"),
        ("Access-Control-Allow-Methods", "GET, POST"),
        ("Access-Control-Allow-Headers", "X-Own"),
        ("Access-Control-Max-Age", "86400"),
    ] {
        assert_eq!(preflight.field(name), Some(value), "{name}");
    }
    for (method, status) in [("GET", 200), ("DELETE", 405)] {
        let response = ask(method);
        assert_eq!(response.status, status);
        assert_eq!(response.field("Access-Control-Allow-Origin"), Some("https://app.test"));
        assert_eq!(response.field("Access-Control-Max-Age"), None);
    }
}

//! C2 to C5: several servers on one port, several ports, Host picks the server.

use crate::routing;

#[test]
fn host_picks_the_server() {
    let server = routing();
    for (host, body) in [
        ("exact.test", "exact"),
        ("EXACT.test", "exact"),
        ("exact.test:81", "exact"),
        ("exact.test.", "exact"),
        ("other.test", "exact"),
        ("a.exact.test", "default"),
        ("unknown.test", "default"),
        ("127.0.0.1", "default"),
        ("[::1]", "default"),
        ("a.star.test", "*.star"),
        ("a.b.star.test", "*.star"),
        ("star.test", "default"),
        ("xstar.test", "default"),
        ("a.long.star.test", "*.long.star"),
        ("long.star.test", "*.star"),
        ("mail.example.test", "mail.*"),
        ("mail.x", "mail.*"),
        ("mail", "default"),
        ("mail.star.test", "*.star"),
        ("dot.test", ".dot"),
        ("a.dot.test", ".dot"),
        ("adot.test", "default"),
        ("ann.home.test", "home of ann"),
        ("Ann.Home.Test", "home of ann"),
        ("a1.home.test", "default"),
        ("www7.home.test", "numbered"),
        ("www42.example.test", "numbered"),
    ] {
        assert_eq!(server.get_from(host, "/").text(), body, "{host:?}");
    }
}

#[test]
fn regexes_look_around() {
    let server = routing();
    for (path, body) in [
        ("/a/b.txt", "ann a/b .txt"),
        ("/apis/b.txt.txt", "ann apis/b .txt.txt"),
        ("/api/b.txt", "no stop"),
        ("/a.md", "page"),
        ("/raw.md", "no stop"),
        ("/a/.git", "hidden"),
        ("/.well-known/x", "no stop"),
        ("/a/stop/b", "stop"),
    ] {
        assert_eq!(server.get_from("ann.look.test", path).text(), body, "{path}");
    }
    assert_eq!(server.get_from("older.look.test", "/a.md").text(), "default");
}

#[test]
fn a_request_without_host_goes_to_the_empty_name() {
    let server = routing();
    let bare = "GET / HTTP/1.0\r\n\r\n";
    assert_eq!(server.connect().send(bare).response("GET").text(), "no name");
    assert_eq!(server.connect_at(1).send(bare).response("GET").text(), "first on two");
    // What cannot be read goes to the default server, whose page is the default one.
    assert_eq!(server.connect().send("BAD\r\n\r\n").response("GET").status, 400);
}

#[test]
fn each_port_has_its_servers() {
    let server = routing();
    for (host, body) in [
        ("first.test", "first on two"),
        ("exact.test", "exact on two"),
        ("a.star.test", "first on two"),
        ("unknown.test", "first on two"),
    ] {
        assert_eq!(server.connect_at(1).get("/", host).text(), body, "{host}");
    }
}

#[test]
fn requests_of_one_connection_may_go_to_different_servers() {
    let server = routing();
    let mut client = server.connect();
    for (host, body) in [("exact.test", "exact"), ("a.star.test", "*.star"), ("x", "default")] {
        assert_eq!(client.get("/", host).text(), body);
    }
}

#[test]
fn limits_are_inherited_and_replaced() {
    let server = routing();
    let post = |path: &str, len: usize| {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: locations.test\r\nContent-Length: {len}\r\n\r\n{}",
            "x".repeat(len)
        );
        server.connect().send(request).response("POST").status
    };
    for (path, limit) in [("/inherited", 100), ("/limits/a", 10), ("/limits/wide/a", 1000)] {
        assert_eq!(post(path, limit), 200, "{path}");
        assert_eq!(post(path, limit + 1), 413, "{path}");
    }
}

//! Clients that come by IPv6, and both families on one socket.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener};

use sitec_tests::client::Client;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

use crate::launch;

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// The server, unless this kernel has no IPv6.
fn serve() -> Option<Server> {
    if let Err(error) = TcpListener::bind((V6, 0)) {
        eprintln!("not tested: no IPv6 here: {error}");
        return None;
    }
    Some(launch("ipv6").ports(2).start())
}

fn ask(address: (IpAddr, u16), host: &str, path: &str) -> Response {
    Client::connect(address).get(path, host)
}

#[test]
fn each_family_has_its_socket() {
    let Some(server) = serve() else { return };
    let port = server.port();
    for (address, host, path, status, text) in [
        (V6, "ipv6.test", "/", 200, "::1 ::1 ipv6.test"),
        (V4, "ipv6.test", "/", 200, "127.0.0.1 127.0.0.1 ipv6.test"),
        (V6, "[::1]", "/", 200, "::1 ::1 [::1]"),
        (V6, "a", "/in/", 200, "in"),
        (V6, "a", "/out/", 403, ""),
        (V4, "a", "/in/", 403, ""),
        (V4, "a", "/out/", 200, "in"),
    ] {
        let response = ask((address, port), host, path);
        assert_eq!(response.status, status, "{address} {path}");
        assert!(status != 200 || response.text() == text, "{address} {path}: {}", response.text());
    }
    let moved = ask((V6, port), "[::1]", "/moved");
    assert_eq!(moved.field("Location"), Some(&*format!("http://[::1]:{port}/in/")));
}

#[test]
fn one_socket_may_take_both() {
    let Some(server) = serve() else { return };
    let port = server.port_at(1);
    assert_eq!(ask((V6, port), "a", "/").text(), "::1 ::1");
    // As in nginx, such a client has an IPv6 address that an IPv4 one is mapped to, and rules
    // look at the one that is mapped.
    assert_eq!(ask((V4, port), "a", "/").text(), "::ffff:127.0.0.1 ::ffff:127.0.0.1");
    assert_eq!(ask((V4, port), "a", "/v4").text(), "in");
    assert_eq!(ask((V6, port), "a", "/v4").status, 403);
}

//! How fast a response is sent: what nginx 1.22 did with the same conf.

use std::time::{Duration, Instant};

use sitec_tests::client::Client;
use sitec_tests::server::Server;

use crate::launch;

fn serve() -> Server {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/sites");
    launch("limits").arg("--prefix").arg(folder).start()
}

fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a.test\r\n\r\n")
}

/// How long a response of 50,000 bytes takes.
fn time(client: &mut Client, path: &str) -> Duration {
    let begun = Instant::now();
    let response = client.send(request(path)).response("GET");
    assert_eq!((response.status, response.body.len()), (200, 50_000), "{path}");
    begun.elapsed()
}

#[test]
fn the_variable_is_what_was_set() {
    let server = serve();
    for (path, expected) in [
        ("/none", "[0]"),
        ("/set", "[4096]"),
        ("/value?r=1m", "[1048576]"),
        ("/value?r=0", "[0]"),
        ("/value?r=4q", "[0]"),
        ("/conf", "[0]"),
        ("/both", "[4096]"),
    ] {
        assert_eq!(server.get(path).text(), expected, "{path}");
    }
    server.wait_for("invalid $limit_rate \"4q\"");
}

#[test]
fn a_response_is_no_faster_than_its_limit() {
    let server = serve();
    // In whole seconds, of which the first is given in advance.
    let paths = [
        ("/slow/fifty?r=20k", 2),
        ("/slow/fifty?r=10k&a=20k", 2),
        ("/slow/fifty?r=20k&a=20k", 1),
        ("/slow/fifty?r=1k&a=50k", 0),
        ("/slow/fifty?r=100m", 0),
        ("/slow/fifty?r=x", 0),
        ("/slow/fifty", 0),
        ("/fixed/fifty", 1),
        ("/script/fifty.sh", 2),
        ("/if/fifty?x=1", 2),
        ("/if/fifty?y=1", 2),
        ("/if/fifty", 0),
    ];
    std::thread::scope(|scope| {
        for (path, seconds) in paths {
            let server = &server;
            scope.spawn(move || {
                let found = time(&mut server.connect(), path);
                let least = Duration::from_secs(seconds).saturating_sub(Duration::from_millis(20));
                let most = least + Duration::from_millis(900);
                assert!((least..most).contains(&found), "{path}: {found:?}");
            });
        }
    });
    server.wait_for("invalid size \"x\"");
}

#[test]
fn each_response_of_a_connection_has_its_own_limit() {
    let server = serve();
    let mut client = server.connect();
    let begun = Instant::now();
    client.send(request("/none") + &request("/fixed/fifty") + &request("/none"));
    assert_eq!(client.response("GET").text(), "[0]");
    assert_eq!(client.response("GET").body.len(), 50_000);
    assert_eq!(client.response("GET").text(), "[0]");
    assert!(begun.elapsed() > Duration::from_millis(950));
    assert!(time(&mut client, "/slow/fifty") < Duration::from_millis(500));
}

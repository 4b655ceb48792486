//! `auth_basic` and `satisfy`: what nginx 1.22 answered, and what is sitec's own.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use sitec_tests::folder::Folder;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

use crate::launch;

/// Digits of base64.
const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(text: &str) -> String {
    let mut digits = String::new();
    for group in text.as_bytes().chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at)) as usize & 63];
            digits.push(if at > group.len() { '=' } else { char::from(digit) });
        }
    }
    digits
}

fn serve() -> (Folder, Server) {
    let folder = Folder::new();
    let written = concat!(env!("CARGO_MANIFEST_DIR"), "/sites/");
    for (from, to) in [
        ("passwords/plain.txt", "passwords/plain.txt"),
        ("passwords/login.html", "passwords/login.html"),
        ("users/users", "users/users"),
        ("users/changing", "users/changing"),
    ] {
        folder.write(to, fs::read(format!("{written}{from}")).expect("a file"));
    }
    fs::create_dir(folder.path().join("store")).expect("a folder");
    let server = launch("passwords").arg("--prefix").arg(folder.path()).start();
    (folder, server)
}

/// A request's head without the empty line, as `user:password` where that is not empty.
fn head(method: &str, path: &str, login: &str) -> String {
    let field = match login {
        "" => String::new(),
        login => format!("Authorization: Basic {}\r\n", base64(login)),
    };
    format!("{method} {path} HTTP/1.1\r\nHost: a.test\r\n{field}")
}

fn ask(server: &Server, path: &str, login: &str) -> Response {
    server.connect().send(head("GET", path, login) + "\r\n").response("GET")
}

/// A path, and without a password and with one: the status, the challenge and the Location.
type Answer = (u16, &'static str, &'static str);
const ANSWERS: &[(&str, Answer, u16)] = &[
    ("/", (200, "", ""), 200),
    ("/in/", (401, "Members only", ""), 200),
    ("/in/open/", (200, "", ""), 200),
    ("/in/deny/", (403, "", ""), 403),
    ("/var/", (401, "Site", ""), 200),
    ("/var/?realm=off", (200, "", ""), 200),
    ("/var/?realm=x", (401, "Site x", ""), 200),
    // nginx does not escape the quotes.
    ("/quote/", (401, r#"a \"b\" \\c"#, ""), 200),
    ("/missing/", (401, "M", ""), 403),
    ("/return/", (200, "", ""), 200),
    ("/page/", (401, "M", ""), 200),
    ("/page200/", (200, "M", ""), 200),
    ("/pagenamed/", (302, "M", "/login"), 200),
    ("/pageredirect/", (302, "M", "http://other.test/"), 200),
    ("/limited/", (200, "", ""), 200),
    ("/any/", (401, "M", ""), 200),
    ("/any/deny/", (401, "M", ""), 200),
    ("/any/allow/", (200, "", ""), 200),
    ("/any/allow-other/", (401, "M", ""), 200),
    ("/any/deny-other/", (401, "M", ""), 200),
    ("/any/off/", (403, "", ""), 403),
    ("/any/off-allow/", (200, "", ""), 200),
    ("/any/var/?realm=off", (403, "", ""), 403),
    ("/any/var/", (401, "M", ""), 200),
    ("/any/var-allow/?realm=off", (200, "", ""), 200),
    ("/any/var-allow/", (401, "M", ""), 200),
    ("/any/missing/", (401, "M", ""), 403),
    ("/all/", (401, "M", ""), 200),
    ("/all/allow/", (401, "M", ""), 200),
    ("/all/deny/", (403, "", ""), 403),
];

#[test]
fn who_is_asked_is_who_nginx_asks() {
    let (_folder, server) = serve();
    for &(path, (status, realm, location), with_password) in ANSWERS {
        let response = ask(&server, path, "");
        // The map names the realm.
        let realm = if path.starts_with("/any/var") && status == 401 { "Site" } else { realm };
        let challenge = response.field("WWW-Authenticate").unwrap_or_default();
        let expected =
            if realm.is_empty() { String::new() } else { format!("Basic realm=\"{realm}\"") };
        let found = (response.status, challenge, response.field("Location").unwrap_or_default());
        assert_eq!(found, (status, expected.as_str(), location), "{path}");
        assert_eq!(response.values("WWW-Authenticate").count(), usize::from(!realm.is_empty()));
        let response = ask(&server, path, "plain:secret");
        assert_eq!(response.status, with_password, "{path}");
        assert_eq!(response.field("WWW-Authenticate"), None, "{path}");
    }
    let post = |login| {
        let request = head("POST", "/limited/", login) + "Content-Length: 0\r\n\r\n";
        server.connect().send(request).response("POST").status
    };
    // A file takes no POST, of whomever.
    assert_eq!((post(""), post("plain:secret")), (401, 405));
}

#[test]
fn all_forms_of_passwords_are_known() {
    let (_folder, server) = serve();
    for (login, status) in [
        ("jane:secret", 200),
        ("jane:secret", 200),
        ("apr:secret", 200),
        ("md5:p", 200),
        ("sha:secret", 200),
        ("ssha:secret", 200),
        ("five:secret", 200),
        ("six:secret", 200),
        ("plain:secret", 200),
        ("twice:secret", 200),
        ("twice:other", 401),
        ("jane:wrong", 401),
        ("jane:wrong", 401),
        ("nobody:x", 401),
        ("jane", 401),
    ] {
        let response = ask(&server, "/in/", login);
        assert_eq!(response.status, status, "{login}");
        let user = login.split_once(':').map(|(user, _)| user);
        assert_eq!(response.field("X-User"), user, "{login}");
    }
    for line in [
        "no user/password was provided for basic authentication, client: 127.0.0.1",
        "user \"nobody\" was not found in \"",
        "user \"jane\": password mismatch, client: 127.0.0.1",
    ] {
        server.wait_for(line);
    }
}

#[test]
fn a_slow_check_holds_up_nobody_else() {
    let (_folder, server) = serve();
    // bcrypt of cost 12: some hundred milliseconds.
    let mut slow = server.connect();
    slow.send(head("GET", "/changing/", "slow:secret") + "\r\n");
    let begun = Instant::now();
    let mut others = 0;
    while slow.silent_for(Duration::from_millis(1)) {
        assert_eq!(ask(&server, "/in/", "plain:secret").status, 200);
        others += 1;
    }
    assert!(others > 1, "{others} in {:?}", begun.elapsed());
    assert_eq!(slow.response("GET").status, 200);
    // It is known now, for all workers.
    let begun = Instant::now();
    for _ in 0..20 {
        assert_eq!(ask(&server, "/changing/", "slow:secret").status, 200);
    }
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[test]
fn requests_that_wait_keep_their_order_and_their_content() {
    let (folder, server) = serve();
    let mut client = server.connect();
    let put = head("PUT", "/up/a", "six:secret") + "Content-Length: 5\r\n\r\nhello";
    let get = |login| head("GET", "/in/", login) + "\r\n";
    let all = get("plain:secret") + &put + &get("five:secret") + &get("jane:wrong") + &get("");
    client.send(all);
    let statuses: Vec<_> =
        ["GET", "PUT", "GET", "GET", "GET"].map(|method| client.response(method).status).into();
    assert_eq!(statuses, [200, 201, 200, 401, 401]);
    assert_eq!(folder.text("store/a"), "hello");
    // A client that is asked for its content only once its password is known.
    let expects = "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n";
    client.send(head("PUT", "/up/b", "apr:secret") + expects);
    let mut line = [0; 25];
    client.read_exact(&mut line);
    assert_eq!(&line, b"HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(client.send("world").response("PUT").status, 201);
    assert_eq!(folder.text("store/b"), "world");
    // One that goes away, and one that only ends what it sends.
    server.connect().send(head("GET", "/changing/", "slow:x1") + "\r\n");
    let mut ends = server.connect();
    ends.send(head("GET", "/changing/", "slow:x2") + "\r\n").finish();
    assert_eq!(ends.response("GET").status, 401);
    assert_eq!(ask(&server, "/in/", "jane:secret").status, 200);
}

#[test]
fn the_users_are_those_of_the_file_as_it_is() {
    let (folder, server) = serve();
    let becomes = |login: &str, status: u16| {
        let begun = Instant::now();
        while ask(&server, "/changing/", login).status != status {
            assert!(begun.elapsed() < Duration::from_secs(10), "{login} {status}");
            thread::sleep(Duration::from_millis(50));
        }
    };
    becomes("quick:secret", 200);
    folder.write("users/changing", "quick:{PLAIN}other\n");
    becomes("quick:other", 200);
    assert_eq!(ask(&server, "/changing/", "quick:secret").status, 401);
    folder.write("users/changing", "quick\n");
    while !server.log().contains("the users of before are kept: `") {
        assert_eq!(ask(&server, "/changing/", "quick:other").status, 200);
    }
    server.wait_for("line 1: there is no `:` after the user");
    assert_eq!(ask(&server, "/changing/", "quick:other").status, 200);
    fs::remove_file(folder.path().join("users/changing")).expect("it was there");
    becomes("quick:other", 403);
    assert_eq!(ask(&server, "/changing/", "").status, 401);
    folder.write("users/changing", "quick:{PLAIN}again\n");
    becomes("quick:again", 200);
    assert_eq!(server.log().matches("are kept").count(), 1);
}

#[test]
fn too_many_checks_are_refused() {
    let (_folder, server) = serve();
    let mut clients: Vec<_> = (0..90).map(|_| server.connect()).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.send(head("GET", "/changing/", &format!("slow:{number}")) + "\r\n");
    }
    server.wait_for("too many passwords are being checked");
    assert_eq!(ask(&server, "/in/", "plain:secret").status, 200);
}

#[test]
fn a_broken_file_stops_the_start() {
    let folder = Folder::new();
    folder.write("passwords/plain.txt", "");
    folder.write("users/users", "jane:secret\n");
    fs::create_dir(folder.path().join("store")).expect("a folder");
    let output = launch("passwords").arg("--prefix").arg(folder.path()).arg("--check").output();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("users`: line 1: this is no hash of a password"), "{said}");
    assert!(!output.status.success());
}

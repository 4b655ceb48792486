//! `ssl_password_file`: keys that take a password, of servers and of who asks them.

use std::sync::Arc;

use rustls::version::{TLS12, TLS13};
use sitec_tests::client::Client;
use sitec_tests::folder::Folder;
use sitec_tests::secure::Authority;
use sitec_tests::server::Launch;

use crate::launch;

macro_rules! key {
    ($name:literal) => {
        include_str!(concat!("../../../runtime/src/sealed/", $name, ".key"))
    };
}

/// A folder with a key that `two words` opens.
fn certs(passwords: &str, key: &str) -> (Authority, Folder) {
    let (authority, folder) = (Authority::new("root"), Folder::new());
    folder.write("a.pem", authority.certificate(&["a.test"], key!("pkcs8")));
    folder.write("ca.pem", authority.pem());
    folder.write("a.key", key);
    folder.write("passwords", passwords);
    (authority, folder)
}

fn sealed(folder: &Folder) -> Launch {
    launch("sealed").ports(2).set("CERTS", &folder.path().display().to_string())
}

#[test]
fn a_key_is_opened_when_it_is_read() {
    let (authority, folder) = certs("wrong\ntwo words\n", key!("pkcs8-aes256"));
    let server = sealed(&folder).start();
    let config = Arc::new(authority.trusted(&[&TLS13, &TLS12], None));
    let ask = || {
        let client = Client::secure(("127.0.0.1", server.port()), &config, "a.test");
        client.expect("a handshake").get("/", "a.test").text()
    };
    assert_eq!(ask(), "a NONE");
    // Who asks shows it, too.
    let mut client = Client::connect(("127.0.0.1", server.port_at(1)));
    assert_eq!(client.get("/", "a.test").text(), "a SUCCESS");
    // And again when it changes.
    folder.write("a.key", key!("sec1-aes128"));
    server.signal("HUP");
    server.wait_for("has changed, and is used from now on");
    assert_eq!(ask(), "a NONE");
    folder.write("passwords", "another\n");
    server.signal("HUP");
    server.wait_for("none of the passwords opens it; what was there before stays in use");
    assert_eq!(ask(), "a NONE");
}

#[test]
fn a_key_that_no_password_opens_stops_the_start() {
    for (passwords, key, expected) in [
        ("two\nwords\n", key!("sec1-des3"), "cannot be opened: none of the passwords opens it"),
        ("", key!("pkcs8-scrypt"), "cannot be opened: none of the passwords opens it"),
        ("two words\n", key!("pkcs8-v1"), "it is sealed in a way that is not known"),
    ] {
        let (_, folder) = certs(passwords, key);
        for check in [false, true] {
            let launch = sealed(&folder);
            let output = if check { launch.arg("--check") } else { launch }.output();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success() && said.contains(expected), "{said}");
        }
    }
}

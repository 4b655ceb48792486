//! Certificates that are fetched by ACME, from an empty folder on, while the site runs.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustls::version::{TLS12, TLS13};
use sitec_tests::PATIENCE;
use sitec_tests::acme::Ca;
use sitec_tests::client::Client;
use sitec_tests::folder::Folder;
use sitec_tests::server::Server;

use crate::launch;

/// A server of `sites/acme.conf` that runs, and an authority.
struct Site {
    folder: Folder,
    server: Server,
    ca: Ca,
}

impl Site {
    fn new() -> Site {
        let folder = Folder::new();
        fs::create_dir(folder.path().join("www")).expect("a folder");
        let dir = folder.path().display().to_string();
        let server = launch("acme").ports(2).set("DIR", &dir).start();
        let ca = Ca::start((server.port(), server.port_at(1)));
        folder.write("ca.pem", ca.pem());
        folder.write("secret", "c2VjcmV0\n");
        Site { folder, server, ca }
    }

    fn command(&self, words: &[&str]) -> Command {
        let dir = self.folder.path().display().to_string();
        let launch = launch("acme").set("DIR", &dir).set("CA", &self.ca.directory()).arg("--acme");
        let launch = words.iter().fold(launch, |launch, word| launch.arg(word));
        launch.command(&[self.server.port(), self.server.port_at(1)])
    }

    /// Runs the command; whether it has gone well, and what it has said.
    fn fetch(&self, words: &[&str]) -> (bool, String) {
        let output = self.command(words).output().expect("the test server runs");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    #[track_caller]
    fn fetch_well(&self, words: &[&str]) -> String {
        let (is_well, said) = self.fetch(words);
        assert!(is_well, "{said}");
        said
    }

    #[track_caller]
    fn fetch_badly(&self, words: &[&str]) -> String {
        let (is_well, said) = self.fetch(words);
        assert!(!is_well, "{said}");
        said
    }

    /// Has the server look at its files.
    fn look(&self, times: usize) {
        self.server.signal("HUP");
        self.server.wait_for_times(times, "is used from now on");
    }

    /// What a server of this name answers to who trusts the authority.
    fn get(&self, name: &str) -> Result<String, std::io::Error> {
        let config = Arc::new(self.ca.authority().trusted(&[&TLS13, &TLS12], None));
        let address = ("127.0.0.1", self.server.port_at(1));
        let mut client = Client::secure(address, &config, name)?;
        Ok(client.get("/", name).text())
    }

    fn file(&self, name: &str) -> String {
        self.folder.text(name)
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").mode() & 0o777
}

#[test]
fn a_site_gets_its_certificates_from_an_empty_folder_on() {
    let site = Site::new();
    site.server.wait_for("live/a.pem` yet: `--acme` fetches it, and until then handshakes fail");
    assert!(site.get("a.test").is_err());
    let said = site.fetch_well(&[]);
    for line in [
        "acme.conf: a.test, www.a.test: is fetched from `file`: there is none yet",
        "acme.conf: b.test: is fetched from `hello`: there is none yet",
        "acme.conf: b.test: good until ",
    ] {
        assert!(said.contains(line), "{said}");
    }
    site.look(2);
    assert_eq!(site.get("a.test").expect("a handshake"), "a a.test");
    assert_eq!(site.get("www.a.test").expect("a handshake"), "a www.a.test");
    assert_eq!(site.get("b.test").expect("a handshake"), "b b.test");
    // Keys are for nobody else, and answers to challenges are gone.
    let path = |name: &str| site.folder.path().join(name);
    for key in ["live/a.key", "hello/b.test.key", "file/account.key", "hello.key"] {
        assert_eq!(mode(&path(key)), 0o600, "{key}");
    }
    assert_eq!(mode(&path("live/a.pem")), 0o644);
    for folder in ["www/.well-known/acme-challenge", "hello/tls-alpn-01"] {
        assert_eq!(fs::read_dir(path(folder)).expect("a folder").count(), 0, "{folder}");
    }
    assert_eq!(fs::read_dir(path("live")).expect("a folder").count(), 2);
    // What is there is good, and stays.
    let before = (site.file("live/a.pem"), site.ca.requests().len());
    let said = site.fetch_well(&[]);
    assert!(said.contains("a.test, www.a.test: good until ") && said.contains("; due "), "{said}");
    assert_eq!((site.file("live/a.pem"), site.ca.issued()), (before.0, 2));
    // Nobody but the directory is asked for that.
    assert!(site.ca.requests()[before.1..].iter().all(|it| it == "GET directory"));
}

#[test]
fn a_certificate_is_renewed_while_the_site_runs() {
    let site = Site::new();
    site.fetch_well(&[]);
    site.look(2);
    let before = site.file("live/a.key");
    let said = site.fetch_well(&["--force"]);
    assert!(said.contains("is fetched from `file`: `--force`"), "{said}");
    // One account for each issuer, however often it is asked.
    assert_eq!((site.ca.issued(), site.ca.accounts()), (4, 2));
    assert_ne!(site.file("live/a.key"), before);
    site.look(4);
    assert_eq!(site.get("a.test").expect("a handshake"), "a a.test");
}

/// With `--watch`, each is fetched again when two thirds of its time are over.
#[test]
fn what_is_watched_is_renewed_in_time() {
    let site = Site::new();
    site.ca.behave(|it| it.lifetime = Duration::from_secs(6));
    let mut watch = Server::spawn(site.command(&["--watch"]), vec![]);
    let begun = Instant::now();
    watch.wait_for_times(4, "is fetched from `");
    assert!(begun.elapsed() >= Duration::from_secs(2), "{}", watch.log());
    watch.signal("TERM");
    assert!(watch.ended().success(), "{}", watch.log());
}

/// RFC 9773: the authority says when, and is told what is replaced.
#[test]
fn an_authority_says_when_to_renew() {
    let site = Site::new();
    site.ca.behave(|it| it.window = Some(("2090-01-01T00:00:00Z", "2090-01-02T00:00:00Z")));
    site.fetch_well(&[]);
    // It has nothing to replace yet.
    assert_eq!(site.ca.replaced(), Vec::<serde_json::Value>::new());
    site.fetch_well(&[]);
    assert_eq!(site.ca.issued(), 2);
    site.ca.behave(|it| it.window = Some(("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z")));
    let said = site.fetch_well(&[]);
    assert!(said.contains("is fetched from `file`: it is good until "), "{said}");
    assert_eq!((site.ca.issued(), site.ca.replaced().len()), (4, 2));
}

#[test]
fn what_may_pass_is_tried_again() {
    let site = Site::new();
    site.ca.behave(|it| (it.refused_nonces, it.busy) = (3, 2));
    site.fetch_well(&[]);
    assert_eq!(site.ca.issued(), 2);
}

#[test]
fn a_dry_run_asks_for_nothing() {
    let site = Site::new();
    let said = site.fetch_well(&["--dry-run"]);
    assert!(said.contains("b.test: would be fetched from `hello`: there is none yet"), "{said}");
    assert_eq!((site.ca.issued(), site.ca.accounts()), (0, 0));
    assert!(!site.folder.path().join("live/a.key").exists());
}

/// Each with its message, and what was there before stays.
#[test]
fn what_goes_wrong_is_told_and_changes_nothing() {
    let site = Site::new();
    site.fetch_well(&[]);
    let files = ["live/a.pem", "live/a.key", "hello/b.test.pem", "hello/b.test.key"];
    let before = files.map(|name| site.file(name));
    let check = |what: &str| {
        let said = site.fetch_badly(&["--force"]);
        let name = "a.test, www.a.test: ";
        assert!(said.contains(&format!("error: {name}")) && said.contains(what), "{said}");
        assert!(said.contains(&format!("{name}the old one stays, until ")), "{said}");
        assert_eq!(files.map(|name| site.file(name)), before);
    };
    let ports = (site.server.port(), site.server.port_at(1));
    site.ca.behave(|it| it.ports = (1, 1));
    check("`a.test`: http-01 has failed: no file: Connection refused");
    site.ca.behave(|it| it.ports = ports);
    site.ca.behave(|it| it.refused_nonces = 100);
    check("the nonce is not good (badNonce)");
    site.ca.behave(|it| (it.refused_nonces, it.closes_accounts) = (0, true));
    check("account.key`; without that file, a new account is made");
    site.ca.behave(|it| (it.closes_accounts, it.mixes_up) = (false, true));
    check("what was issued is not what was ordered: it is not for `a.test`");
    site.ca.behave(|it| it.mixes_up = false);
    // The server has not seen anything of it.
    assert!(!site.server.log().contains("stays in use"), "{}", site.server.log());
}

#[test]
fn an_authority_that_is_not_there_is_told_of() {
    let site = Site::new();
    let port = site.ca.directory();
    let dir = site.folder.path().display().to_string();
    let launch = launch("acme").set("DIR", &dir).set("CA", "https://127.0.0.1:1/directory");
    let output = launch.arg("--acme").command(&[1, 2]).output().expect("the test server runs");
    let said = String::from_utf8_lossy(&output.stderr);
    let expected = "error: file: cannot reach `https://127.0.0.1:1/directory`: ";
    assert!(!output.status.success() && said.contains(expected), "{said}");
    // One that is somebody else.
    site.folder.write("ca.pem", sitec_tests::secure::Authority::new("another").pem());
    let said = site.fetch_badly(&[]);
    assert!(said.contains(&format!("cannot reach `{port}`: ")), "{said}");
    assert_eq!(site.ca.requests(), Vec::<String>::new());
}

/// RFC 8555, 6.6: who was asked too often is left alone.
#[test]
fn an_authority_that_was_asked_too_often_is_left_alone() {
    let site = Site::new();
    site.ca.behave(|it| it.limit = Some("3600"));
    let said = site.fetch_badly(&[]);
    assert!(
        said.contains("error: a.test, www.a.test: the order: too many orders (rateLimited)"),
        "{said}"
    );
    assert!(said.contains("acme.conf: file: is left alone until "), "{said}");
    site.ca.behave(|it| it.limit = None);
    let asked = site.ca.requests().len();
    let said = site.fetch_badly(&[]);
    assert!(said.contains("error: file: was asked too often, and is left alone until "), "{said}");
    assert_eq!((site.ca.requests().len(), site.ca.issued()), (asked, 0));
    site.fetch_well(&["--force"]);
    assert_eq!(site.ca.issued(), 2);
    let until = site.file("file/rest-until").trim().parse::<u64>().expect("seconds");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
    assert!((now + 3500..=now + 3600).contains(&until));
}

#[test]
fn an_account_is_tied_to_one_that_the_authority_knows() {
    let site = Site::new();
    site.ca.behave(|it| it.external = Some(b"secret".to_vec()));
    let said = site.fetch_badly(&[]);
    assert!(
        said.contains("error: a.test, www.a.test: it takes those alone whom it knows"),
        "{said}"
    );
    assert!(said.contains("b.test: good until "), "{said}");
    site.folder.write("secret", "b3RoZXI=");
    fs::remove_file(site.folder.path().join("hello.key")).expect("a key");
    let said = site.fetch_badly(&["--force"]);
    assert!(said.contains("error: b.test: who are you (unauthorized)"), "{said}");
}

#[test]
fn where_nothing_can_be_written_nothing_is_ordered() {
    let site = Site::new();
    site.folder.write("live", "is no folder");
    let said = site.fetch_badly(&[]);
    assert!(said.contains("error: a.test, www.a.test: cannot make the folder `"), "{said}");
    assert_eq!(site.ca.issued(), 1);
    fs::remove_file(site.folder.path().join("live")).expect("a file");
    // Root may write everywhere.
    if fs::metadata(site.folder.path()).expect("a folder").uid() == 0 {
        let output =
            site.command(&[]).uid(65534).gid(65534).output().expect("the test server runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("file/lock`: Permission denied"), "{said}");
        assert!(!output.status.success());
    }
    // Nor by two at once.
    let lock = fs::File::open(site.folder.path().join("file/lock")).expect("a file");
    lock.lock().expect("a lock");
    let said = site.fetch_badly(&[]);
    assert!(said.contains("error: file: another run is under way: "), "{said}");
}

/// Handshakes that check a challenge get no further than that, and other ones nothing of it.
#[test]
fn only_who_checks_a_challenge_is_shown_the_answer() {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    let site = Site::new();
    site.fetch_well(&[]);
    site.look(2);
    let identity = site.ca.authority().server(&["b.test"], &rcgen::PKCS_ECDSA_P256_SHA256);
    let pem = identity.key.clone() + &identity.certificate;
    site.folder.write("hello/tls-alpn-01/b.test.pem", pem);
    let begin = |protocol: &[u8], name: &str| {
        let mut config = site.ca.authority().trusted(&[&TLS13, &TLS12], None);
        config.alpn_protocols = vec![protocol.to_vec()];
        let stream = TcpStream::connect(("127.0.0.1", site.server.port_at(1))).expect("a server");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        sitec_tests::secure::begin(stream, &Arc::new(config), name)
    };
    let mut stream = begin(b"acme-tls/1", "b.test").expect("a handshake");
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"acme-tls/1"[..]));
    let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: b.test\r\n\r\n");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert_eq!(answer, b"");
    for name in ["a.test", "www.a.test"] {
        assert!(begin(b"acme-tls/1", name).is_err());
    }
    assert_eq!(site.get("b.test").expect("a handshake"), "b b.test");
}

#[test]
fn a_site_without_certificates_to_fetch_says_so() {
    let output = launch("few").arg("--acme").output();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("error: the conf has no `acme_certificate`"), "{said}");
}

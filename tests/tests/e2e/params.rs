//! Params: what is set at start reaches every value, and is judged as the conf's text is.

use crate::launch;
use sitec_tests::folder::Folder;
use sitec_tests::server::Launch;

/// The name of this machine, in lower case.
fn hostname() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").expect("a name");
    name.trim().to_ascii_lowercase()
}

/// The folder that the site needs.
fn place() -> Folder {
    let folder = Folder::new();
    folder.write("www/one.txt", "one");
    folder.write("www/docs/there.txt", "there");
    folder.write("www/name.sh", "printf 'Content-Type: text/plain\\n\\n%s' \"$SERVER_NAME\"");
    folder.write("run/access.log", "");
    folder.write("up/kept.txt", "");
    folder
}

/// The site in a place.
fn site(place: &Folder) -> Launch {
    launch("params").arg("--prefix").arg(place.path())
}

#[test]
fn a_name_reaches_all_that_is_made_of_it() {
    for (set, name) in [(None, "www.a.test"), (Some("B.test"), "www.b.test")] {
        let place = place();
        let launch = set.iter().fold(site(&place), |launch, set| launch.set("NAME", set));
        let mut server = launch.start();
        let get = |path| server.get_from(name, path);
        assert_eq!(get("/name").text(), format!("{name} {name}"));
        assert_eq!(server.get_from("other.test", "/name").text(), format!("{name} other.test"));
        let bare = server.connect().send("GET /name HTTP/1.0\r\n\r\n").response("GET");
        assert_eq!(bare.text(), format!("{name} {name}"));
        let away = server.get_from("other.test", "/away");
        assert_eq!(away.field("location"), Some(&*format!("http://{name}/name")));
        assert_eq!(server.get_from("other.test", "/name.sh").text(), name);
        assert_eq!(get("/missing").status, 404);
        server.wait_for(&format!("server: {name}, request: \"GET /missing "));
        server.signal("TERM");
        assert!(server.ended().success());
        let log = place.text("run/access.log");
        assert!(
            log.starts_with(&format!("{name} {name} /name\n{name} other.test /name\n")),
            "{log}"
        );
    }
}

/// nginx 1.22 chooses the same servers, and has the same in `$server_name`.
#[test]
fn a_server_may_have_the_name_of_the_machine() {
    let (place, name) = (place(), hostname());
    let server = site(&place).start();
    for host in [name.clone(), name.to_ascii_uppercase(), format!("{name}:80")] {
        assert_eq!(server.get_from(&host, "/name").text(), format!("{name} {name} {name}"));
    }
    let other = server.get_from("machine.test", "/name").text();
    assert_eq!(other, format!("{name} machine.test {name}"));
    // Nobody else has it, and the words of the conf are no name.
    for host in [format!("www.{name}"), "$hostname".to_owned()] {
        let text = server.get_from(&host, "/name").text();
        assert_eq!(text, format!("www.a.test {host}"));
    }
}

#[test]
fn a_folder_reaches_all_that_is_made_of_it() {
    let place = place();
    for (set, root, docs) in [
        (None, "www", "www/docs/"),
        (Some("www/docs"), "www/docs", "www/docs"),
        (Some("www/docs/"), "www/docs/", "www/docs/"),
    ] {
        let launch =
            set.iter().fold(site(&place), |launch, set| launch.set("ROOT", set).set("DOCS", set));
        let server = launch.start();
        let beneath = |folder: &str| place.path().join(folder).display().to_string();
        assert_eq!(server.get("/root").text(), beneath(root), "{set:?}");
        assert_eq!(server.get("/docs/root").text(), beneath(docs), "{set:?}");
        assert_eq!(server.get("/docs/there.txt").text(), "there", "{set:?}");
    }
}

/// What a run that is to fail says, which must be the same with `--check` and without.
fn refused(launch: impl Fn() -> Launch) -> String {
    let run = |launch: Launch| {
        let output = launch.output();
        assert!(!output.status.success(), "it starts");
        String::from_utf8(output.stderr).unwrap()
    };
    let checked = run(launch().arg("--check"));
    let started = run(launch());
    let first = started.lines().next().unwrap_or_default();
    assert!(checked.lines().any(|line| line == first), "{checked}\nagainst\n{started}");
    checked
}

#[test]
fn what_no_conf_could_say_stops_the_start() {
    let place = place();
    place.link("everything", "/");
    let up = place.path().join("up/..").display().to_string();
    let above = format!("{}{}", up, "/..".repeat(20));
    for (name, value, named) in [
        ("ROOT", "/", "`/` (by param `ROOT`) is the whole file system"),
        ("ROOT", "//", "`ROOT`"),
        ("ROOT", above.as_str(), "`ROOT`"),
        ("ROOT", "everything", "`ROOT`"),
        ("ROOT", "www/one.txt", "(by param `ROOT`) is not a directory"),
        ("ROOT", "missing", "missing` (by param `ROOT`) does not exist"),
        ("DOCS", "/", "`DOCS`"),
        ("STORE", "/", "`STORE`"),
        ("STORE", "everything", "`STORE`"),
        ("RUN", "run/none", "`RUN`"),
        ("RUN", "no-such-program", "`RUN`"),
        ("SECOND", "", "param `SECOND` is \"\""),
        ("SECOND", "*.x", "param `SECOND` is \"*.x\""),
        ("SECOND", ".x", "param `SECOND` is \".x\""),
        ("SECOND", "a.test.", "param `SECOND` is \"a.test.\""),
        ("SECOND", "fixed.test", "`server_name fixed.test` (by param `SECOND`)"),
        ("SECOND", "Fixed.test", "`SECOND`"),
        ("SECOND", &hostname(), "(`$hostname`, the name of this machine): another server has"),
        ("LOG", "no/such/access.log", "no/such/access.log"),
    ] {
        let said = refused(|| site(&place).set(name, value));
        assert!(said.contains(named), "{name}={value}: {said}");
    }
    // The server's own names are its own, and other patterns match less.
    for (name, value) in [("SECOND", "www.a.test"), ("SECOND", "x.fixed.test"), ("LOG", "off")] {
        let checked = site(&place).set(name, value).arg("--check").output();
        assert!(checked.status.success(), "{name}={value}");
        let server = site(&place).set(name, value).start();
        assert_eq!(server.get_from("www.a.test", "/name").status, 200, "{name}={value}");
    }
}

#[test]
fn a_check_names_every_fault_and_leaves_nothing() {
    let place = place();
    std::fs::remove_dir_all(place.path().join("run")).unwrap();
    let taken = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let wrong = || {
        let launch = site(&place).ports(0).set("ROOT", "/").set("STORE", "none");
        launch.set("SECOND", "fixed.test").set("RUN", "run/none").set("PORT", &port)
    };
    let said = refused(wrong);
    for fault in [
        "`/` (by param `ROOT`)",
        "`STORE`",
        "`SECOND`",
        "`RUN`",
        "run/access.log",
        "run/server.pid",
        &format!("cannot listen on http://127.0.0.1:{port}"),
    ] {
        assert_eq!(said.matches(fault).count(), 1, "{fault}: {said}");
    }
    let said = refused(|| wrong().set("PORT", "0").set("SECOND", ".x").set("NONE", "1"));
    for fault in ["`PORT`", "`SECOND`", "`--set NONE`"] {
        assert_eq!(said.matches(fault).count(), 1, "{fault}: {said}");
    }
    let pid = place.write("run/server.pid", "1234567\n");
    let checked = site(&place).arg("--check").output();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    assert_eq!(place.text("run/server.pid"), "1234567\n");
    std::fs::remove_file(&pid).unwrap();
    assert!(site(&place).arg("--check").output().status.success());
    assert!(!pid.exists());
}

/// As in nginx, a conf whose servers are elsewhere starts, and listens to nobody.
#[test]
fn a_conf_may_have_no_servers() {
    let output = launch("nobody").ports(0).arg("--check").output();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

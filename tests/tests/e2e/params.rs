//! Params: what is set at start reaches every value, and is judged as the conf's text is.

use crate::launch;
use sitec_tests::folder::Folder;
use sitec_tests::server::Launch;

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

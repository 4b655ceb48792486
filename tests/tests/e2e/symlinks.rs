//! R6: which symlinks are followed where `disable_symlinks` says so.

use std::os::unix::fs::lchown;

use crate::launch;
use sitec_tests::folder::Folder;
use sitec_tests::server::Server;

/// A root with symlinks in it, and one that leads to it.
fn serve() -> (Folder, Server) {
    let folder = Folder::new();
    folder.write("secret.txt", "secret");
    folder.write("www/a.txt", "a");
    folder.write("www/dir/b.txt", "b");
    folder.write("www/run.sh", "printf 'X: y\\n\\nran'");
    folder.link("www/link.txt", "a.txt");
    folder.link("www/out.txt", "../secret.txt");
    folder.link("www/folder", "dir");
    folder.link("www/link.sh", "run.sh");
    folder.link("www/round", "round");
    folder.link("root", "www");
    let (www, root) = (folder.path().join("www"), folder.path().join("root"));
    let server = launch("content").set("WWW", www.to_str().unwrap());
    let server = server.set("LINK", root.to_str().unwrap()).start();
    (folder, server)
}

fn statuses(server: &Server, cases: &[(&str, u16)]) {
    for (path, status) in cases {
        assert_eq!(server.get_from("links.test", path).status, *status, "{path}");
    }
}

#[test]
fn none_is_followed_where_none_may_be() {
    let (_folder, server) = serve();
    statuses(
        &server,
        &[
            ("/a.txt", 200),
            ("/dir/b.txt", 200),
            ("/link.txt", 403),
            ("/out.txt", 403),
            ("/round", 403),
            ("/folder", 403),
            // In the place of a folder on the way it is no folder, as in nginx.
            ("/folder/b.txt", 404),
            ("/folder/", 404),
            ("/whole/a.txt", 404),
            ("/whole-own/a.txt", 200),
            ("/from/a.txt", 200),
            ("/from/link.txt", 403),
            ("/off/out.txt", 200),
            ("/cgi/run.sh", 200),
            ("/cgi/link.sh", 403),
        ],
    );
    assert_eq!(server.get_from("links.test", "/try/x").text(), "a");
    let listing = server.get_from("links.test", "/").text();
    assert!(listing.contains("run.sh") && !listing.contains("link"), "{listing}");
}

#[test]
fn one_is_followed_that_has_the_owner_of_what_it_leads_to() {
    let (folder, server) = serve();
    statuses(
        &server,
        &[
            ("/owner/link.txt", 200),
            ("/owner/folder/b.txt", 200),
            ("/owner/folder", 301),
            ("/owner/round", 403),
            ("/owner/out.txt", 404),
        ],
    );
    for name in ["link.txt", "folder"] {
        let path = folder.path().join("www").join(name);
        std::fs::rename(&path, path.with_extension("moved")).unwrap();
        let path = path.with_extension("moved");
        if lchown(&path, Some(1), None).is_err() {
            return; // Only the superuser gives files away.
        }
    }
    statuses(&server, &[("/owner/link.moved", 403), ("/owner/folder.moved/b.txt", 403)]);
}

#[test]
fn nothing_is_changed_behind_one_that_may_not_be_followed() {
    let (folder, server) = serve();
    let mut client = server.connect();
    for (method, path, status) in [
        ("DELETE", "/delete/folder/b.txt", 403),
        ("DELETE", "/dav/folder/b.txt", 403),
        ("PUT", "/dav/folder/new.txt", 403),
        ("MKCOL", "/dav/folder/new/", 403),
        ("PUT", "/dav/dir/new.txt", 201),
        // The link itself goes, not what it leads to.
        ("DELETE", "/delete/link.txt", 204),
        ("DELETE", "/delete/dir/b.txt", 204),
    ] {
        client.send(format!(
            "{method} {path} HTTP/1.1\r\nHost: links.test\r\nContent-Length: 0\r\n\r\n"
        ));
        assert_eq!(client.response(method).status, status, "{method} {path}");
    }
    assert_eq!(folder.text("www/a.txt"), "a");
}

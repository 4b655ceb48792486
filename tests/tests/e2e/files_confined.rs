//! R6: no request reaches a file outside of its root.

use std::os::unix::net::UnixListener;
use std::process::Command;

use crate::files::{folder, serve};
use sitec_tests::folder::Folder;
use sitec_tests::server::Server;

const SECRET: &str = "nobody may read this";

/// A root with a secret beside it, and every way out that a file system offers.
fn trap() -> (Folder, Server) {
    let folder = folder(&["a.txt", "dir/b.txt", "dir/deep/c.txt"]);
    let secret = folder.write("secret.txt", SECRET);
    folder.write("www2/secret.txt", SECRET);
    folder.link("www/out", "../secret.txt");
    folder.link("www/absolute", &secret);
    folder.link("www/parent", "..");
    folder.link("www/dir/deep/far", "../../../secret.txt");
    folder.link("www/chain", "out");
    folder.link("www/round", "round");
    folder.link("www/system", "/etc");
    folder.link("www/inside", "dir/b.txt");
    folder.link("www/up-and-in", "../www/a.txt");
    folder.link("www/here", "dir");
    let server = serve(&folder);
    (folder, server)
}

#[test]
fn no_spelling_of_a_path_leads_out() {
    let (_folder, server) = trap();
    for path in [
        "/../secret.txt",
        "/dir/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/%2E%2E%2Fsecret.txt",
        "/.%2e/secret.txt",
        "/%2e./secret.txt",
        "/..%2fsecret.txt",
        "/dir/..%2f..%2fsecret.txt",
        "/dir/%2e%2e/%2e%2e/secret.txt",
        "/dir/deep/../../../secret.txt",
        "/./../secret.txt",
        "//../secret.txt",
        "/dir//..//..//secret.txt",
        "/%252e%252e/secret.txt",
        "/%252e%252e%252fsecret.txt",
        "/..%252fsecret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/%5c..%5c..%5csecret.txt",
        "/%c0%ae%c0%ae/secret.txt",
        "/%c0%ae%c0%ae%c0%afsecret.txt",
        "/%e0%80%ae%e0%80%ae/secret.txt",
        "/..%c0%afsecret.txt",
        "/%uff0e%uff0e/secret.txt",
        "/.../secret.txt",
        "/....//secret.txt",
        "/..;/secret.txt",
        "/..%00/secret.txt",
        "/a.txt%00/../../secret.txt",
        "/../www2/secret.txt",
        "/alias/../../secret.txt",
        "/alias../secret.txt",
        "/off../secret.txt",
        "/off../../secret.txt",
        "/off..",
        "/off/..%2f..%2fsecret.txt",
        "/alias/..%2f..%2fsecret.txt",
        "/alias%2f..%2f..%2fsecret.txt",
        "/ranges../secret.txt",
        "/types/..%2f..%2fsecret.txt",
        "/try/..%2f..%2fsecret.txt",
        "/try/%2e%2e/%2e%2e/secret.txt",
        "/re/..",
        "/re/..%2fsecret",
        "/etc/passwd",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/dir/%2f%2f%2fetc/passwd",
        "/?/../secret.txt",
        "http://files.test/../secret.txt",
        "http://files.test/%2e%2e/secret.txt",
        "file:///etc/passwd",
        "/..",
        "/%2e%2e",
        "/dir/../..",
    ] {
        let response = server.get_from("files.test", path);
        let status = response.status;
        assert!([200, 400, 403, 404].contains(&status), "{path}: {status}");
        assert!(!response.text().contains(SECRET), "{path}");
        assert!(!response.text().contains("root:"), "{path}");
        // Only the fallback of /try/ answers with anything.
        assert!(status != 200 || response.text().starts_with("last "), "{path}: {response:?}");
    }
}

#[test]
fn links_are_followed_within_the_root_alone() {
    let (_folder, server) = trap();
    for path in [
        "/out",
        "/absolute",
        "/parent/secret.txt",
        "/parent/",
        "/parent/www2/secret.txt",
        "/dir/deep/far",
        "/chain",
        "/round",
        "/round/x",
        "/system/passwd",
        "/here/../parent/secret.txt",
        "/alias/deep/far",
    ] {
        let response = server.get_from("plain.test", path);
        assert!([403, 404].contains(&response.status), "{path}: {response:?}");
    }
    for (path, body) in [("/inside", "dir/b.txt"), ("/here/b.txt", "dir/b.txt")] {
        assert_eq!(server.get(path).text(), body, "{path}");
    }
    // Where the conf says so, they are followed everywhere.
    for path in ["/links/out", "/links/absolute", "/links/chain", "/links/parent/secret.txt"] {
        assert_eq!(server.get(path).text(), SECRET, "{path}");
    }
    assert_eq!(server.get("/links/up-and-in").text(), "a.txt");
    assert!([403, 404, 500].contains(&server.get("/links/round").status));
}

#[test]
fn hidden_files_are_not_there() {
    let folder = folder(&[
        ".env",
        ".git/config",
        "dir/.hidden/x",
        "dir/.htaccess",
        ".well-known/acme/token",
        "dir/.well-known/x",
        "..double",
        "a.b/c",
        "try/.secret",
    ]);
    let server = serve(&folder);
    for path in [
        "/.env",
        "/%2eenv",
        "/.git/config",
        "/.git/",
        "/.git",
        "/dir/.hidden/x",
        "/dir/%2ehidden/x",
        "/dir/.htaccess",
        "/alias/.htaccess",
        "/alias/.hidden/x",
        "/..double",
        "/.nothing",
    ] {
        assert_eq!(server.get_from("files.test", path).status, 404, "{path}");
    }
    assert_eq!(server.get("/try/.secret").text(), "last /try-last a=1");
    for (path, body) in [
        ("/.well-known/acme/token", ".well-known/acme/token"),
        ("/a.b/c", "a.b/c"),
        ("/hidden/.env", ".env"),
        ("/hidden/.git/config", ".git/config"),
    ] {
        assert_eq!(server.get(path).text(), body, "{path}");
    }
}

#[test]
fn only_regular_files_are_served() {
    let folder = folder(&["a.txt"]);
    let www = folder.path().join("www");
    let _listener = UnixListener::bind(www.join("socket")).unwrap();
    let made = Command::new("mkfifo").arg(www.join("fifo")).status().unwrap();
    assert!(made.success());
    folder.link("www/null", "/dev/null");
    let server = serve(&folder);
    for path in ["/socket", "/fifo", "/null", "/links/null", "/links/fifo"] {
        let status = server.get(path).status;
        assert!([403, 404].contains(&status), "{path}: {status}");
    }
    assert_eq!(server.get("/a.txt").text(), "a.txt");
}

#[test]
fn files_that_may_not_be_read_are_403() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder(&["closed.txt", "closed/x"]);
    for name in ["www/closed.txt", "www/closed"] {
        let mode = std::fs::Permissions::from_mode(0o000);
        std::fs::set_permissions(folder.path().join(name), mode).unwrap();
    }
    let server = serve(&folder);
    // A superuser reads them all the same.
    let all_powerful = std::fs::read(folder.path().join("www/closed.txt")).is_ok();
    let expected = if all_powerful { 200 } else { 403 };
    assert_eq!(server.get("/closed.txt").status, expected);
    assert_eq!(server.get("/closed/x").status, expected);
    let mode = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(folder.path().join("www/closed"), mode).unwrap();
}

#[test]
fn a_path_longer_than_any_file_name_is_not_there() {
    let folder = folder(&["a.txt"]);
    let server = serve(&folder);
    for path in [format!("/{}", "x".repeat(300)), format!("/{}", "x/".repeat(2500))] {
        let status = server.get(&path).status;
        assert!([404, 414].contains(&status), "{status}");
    }
}

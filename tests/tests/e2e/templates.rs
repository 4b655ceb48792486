//! What `sitec new` writes, as it is served.

use std::net::TcpListener;

use crate::launch;
use sitec_tests::folder::Folder;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

/// What a server answers to a request with this content.
fn send(server: &Server, method: &str, path: &str, fields: &str, content: &str) -> Response {
    let len = content.len();
    let head =
        format!("{method} {path} HTTP/1.1\r\nHost: a\r\n{fields}Content-Length: {len}\r\n\r\n");
    server.connect().send(head + content).response(method)
}

#[test]
fn a_page() {
    let server = launch("new_page").start();
    assert!(server.get("/").text().contains("<h1>"));
    assert_eq!(server.get("/style.css").field("Content-Type"), Some("text/css"));
    let missing = server.get("/nowhere");
    assert!(missing.status == 404 && missing.text().contains("Back to the start"));
    assert_eq!(server.get("/404.html").status, 404);
}

#[test]
fn documentation() {
    let server = launch("new_docs").start();
    for path in ["/", "/guide/", "/guide/install", "/assets/style.css"] {
        let response = server.get(path);
        assert_eq!((response.status, response.field("Cache-Control")), (200, Some("no-cache")));
    }
    for (path, to) in [
        ("/guide", "/guide/"),
        ("/setup", "/guide/install"),
        ("/guide/install.html?a", "/guide/install?a"),
    ] {
        let response = server.get(path);
        assert_eq!((response.status, response.field("Location")), (301, Some(to)), "{path}");
    }
    let missing = server.get("/nowhere");
    assert!(missing.status == 404 && missing.text().contains("There is no such page"));
    let head = "GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br\r\n\r\n";
    let compressed = server.connect().send(head).response("GET");
    assert_eq!(compressed.field("Content-Encoding"), Some("br"));
}

#[test]
fn an_application_of_one_page() {
    let server = launch("new_spa").start();
    for path in ["/", "/notes/7", "/any/where.at-all"] {
        let response = server.get(path);
        assert!(response.status == 200 && response.text().contains("app.js"), "{path}");
        assert_eq!(response.field("Cache-Control"), Some("no-cache"), "{path}");
    }
    let kept = server.get("/assets/app.js");
    let cached: Vec<_> = kept.fields.iter().filter(|(name, _)| name == "Cache-Control").collect();
    assert_eq!(
        cached.iter().map(|field| &*field.1).collect::<Vec<_>>(),
        ["max-age=31536000", "immutable"]
    );
    assert_eq!(server.get("/assets/none.js").status, 404);
    let call = server.get("/api/none");
    assert_eq!((call.status, call.field("Content-Type")), (404, Some("application/json")));
}

#[test]
fn scripts() {
    let server = launch("new_cgi").start();
    assert_eq!(server.get("/hello").text(), "Hello, world!\nYou sent 0 bytes by GET.\n");
    assert_eq!(server.get("/hello/sun").text(), "Hello, sun!\nYou sent 0 bytes by GET.\n");
    let posted = send(&server, "POST", "/hello", "", "abc");
    assert_eq!(posted.text(), "Hello, world!\nYou sent 3 bytes by POST.\n");
    assert!(server.get("/").text().contains("/hello/sun"));
    for path in ["/hello.sh", "/scripts/hello.sh", "/nowhere"] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}

#[test]
fn an_upload_form() {
    let store = Folder::new();
    let server = launch("new_upload").set("STORE", store.path().to_str().unwrap()).start();
    assert!(server.get("/").text().contains("multipart/form-data"));
    let upload = |name: &str| {
        let content = format!(
            "--sep\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n\
             <script>1</script>\r\n--sep--\r\n"
        );
        let fields = "Content-Type: multipart/form-data; boundary=sep\r\nAccept: text/html\r\n";
        send(&server, "POST", "/upload", fields, &content)
    };
    let stored = upload("a.html");
    assert_eq!((stored.status, stored.field("Location")), (303, Some("/files/")));
    assert!(server.get("/files/").text().contains("a.html"));
    let taken = upload("a.html");
    assert!(taken.status == 409 && taken.text().contains("Already there"), "{}", taken.text());
    // Nobody's page runs as one of this site.
    let file = server.get("/files/a.html");
    assert_eq!(file.field("Content-Type"), Some("application/octet-stream"));
    assert_eq!(file.field("X-Content-Type-Options"), Some("nosniff"));
    assert_eq!(send(&server, "PUT", "/files/b", "", "1").status, 201);
    assert_eq!(server.get("/upload").status, 405);
}

#[test]
fn an_application_behind() {
    // A port that nobody listens on.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let server = launch("new_proxy").set("APP", &nobody).start();
    assert_eq!(server.get("/style.css").status, 200);
    let away = server.get("/notes");
    assert!(away.status == 502 && away.text().contains("Away for a moment"), "{}", away.text());
    let app = launch("new_cgi").start();
    let address = format!("127.0.0.1:{}", app.port());
    let server = launch("new_proxy").set("APP", &address).start();
    assert_eq!(server.get("/hello/sun").text(), "Hello, sun!\nYou sent 0 bytes by GET.\n");
}

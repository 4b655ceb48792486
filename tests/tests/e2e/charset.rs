//! H6: which responses say in which charset their content is.

use crate::launch;
use sitec_tests::folder::Folder;
use sitec_tests::server::Server;

/// The virtual servers of `sites/content.conf`, over the files of `folder`.
pub(crate) fn content(folder: &Folder) -> Server {
    for name in ["www/dir", "logs"] {
        std::fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    let www = folder.path().join("www");
    launch("content").set("WWW", www.to_str().unwrap()).start()
}

/// A folder of a page, and files of other types.
fn pages() -> Folder {
    let folder = Folder::new();
    let names = ["page.html", "page.html.gz", "a.txt", "a.js", "a.json", "a.png", "dir/x"];
    names.iter().for_each(|name| drop(folder.write(&format!("www/{name}"), name)));
    folder
}

#[test]
fn types_that_are_text_name_the_charset() {
    let folder = pages();
    let server = content(&folder);
    let (html, plain) = (Some("text/html; charset=utf-8"), Some("text/plain; charset=utf-8"));
    for (path, status, expected) in [
        ("/page.html", 200, html),
        ("/a.txt", 200, plain),
        ("/a.json", 200, Some("application/json")),
        ("/a.png", 200, Some("image/png")),
        ("/dir/x", 200, plain),
        ("/", 200, html),
        ("/text", 200, plain),
        ("/coded", 200, Some("text/html; charset=koi8-r")),
        ("/with", 200, Some("text/html; a=b")),
        ("/untyped", 200, None),
        ("/all", 200, Some("text/html; a=b; charset=utf-8")),
        ("/chosen.css", 200, Some("text/css; charset=utf-8")),
        ("/chosen.html", 200, html),
        ("/chosen.txt", 200, Some("text/plain")),
        ("/off", 200, Some("text/plain")),
        ("/named", 200, Some("text/plain; charset=koi8-r")),
        ("/asked?c=abc", 200, Some("text/plain; charset=abc")),
        ("/asked.html?c=abc", 200, Some("text/html; charset=abc")),
        ("/asked", 200, Some("text/plain")),
        ("/missing", 404, html),
        ("/dir", 301, Some("text/html")),
        ("/301", 301, Some("text/html")),
        ("/302", 302, Some("text/html")),
        ("/303", 303, html),
        ("/307?to=/x", 307, html),
        ("/308", 308, html),
        ("/moved", 301, Some("text/html")),
        ("/status", 200, plain),
        ("/xml/", 200, Some("text/xml; charset=utf-8")),
        ("/json/", 200, Some("application/json")),
    ] {
        let response = server.get_from("charset.test", path);
        assert_eq!((response.status, response.field("Content-Type")), (status, expected), "{path}");
    }
}

#[test]
fn parts_of_a_file_have_the_type_of_the_whole() {
    let folder = pages();
    let server = content(&folder);
    let mut client = server.connect();
    let get = "GET /page.html HTTP/1.1\r\nHost: charset.test\r\n";
    client.send(format!("{get}Range: bytes=0-0\r\n\r\n"));
    let part = client.response("GET");
    assert_eq!((part.status, part.field("Content-Type")), (206, Some("text/html; charset=utf-8")));
    client.send(format!("{get}Range: bytes=0-0,2-2\r\n\r\n"));
    let parts = client.response("GET").text();
    assert_eq!(parts.matches("Content-Type: text/html; charset=utf-8\r\n").count(), 2, "{parts}");
    client.send(format!("{get}If-None-Match: *\r\n\r\n"));
    assert_eq!(client.response("GET").field("Content-Type"), None);
}

#[test]
fn a_script_may_say_it_itself() {
    let folder = pages();
    let server = content(&folder);
    for (query, status, expected) in [
        ("Content-Type:text/html", 200, "text/html; charset=utf-8"),
        ("Content-Type:TEXT/html", 200, "TEXT/html; charset=utf-8"),
        ("Content-Type:text/css", 200, "text/css"),
        ("Content-Type:text/html%20a=b", 200, "text/html a=b"),
        ("X-A:%20b", 200, "text/plain; charset=utf-8"),
        ("Content-Type:text/html;Content-Encoding:x-none", 200, "text/html"),
        ("Status:404;Content-Type:text/html", 404, "text/html; charset=utf-8"),
        ("Status:302;Location:http://a.test/;Content-Type:text/html", 302, "text/html"),
    ] {
        let response = server.get_from("charset.test", &format!("/cgi/fields.sh?{query}"));
        let found = (response.status, response.field("Content-Type"));
        assert_eq!(found, (status, Some(expected)), "{query}");
    }
}

#[test]
fn several_ranges_name_it_in_their_parts() {
    let folder = pages();
    let server = content(&folder);
    let request = "GET /parts HTTP/1.1\r\nHost: charset.test\r\nRange: bytes=0-0,2-2\r\n\r\n";
    let response = server.connect().send(request).response("GET");
    let media_type = response.field("Content-Type").unwrap_or_default();
    assert!(media_type.starts_with("multipart/byteranges; boundary="), "{response:?}");
    assert!(!media_type.contains("charset"), "{response:?}");
    assert_eq!(response.text().matches("charset=utf-8").count(), 2, "{response:?}");
}

//! R2: what is in a folder without an index.

use std::os::unix::fs::PermissionsExt;

use crate::launch;
use sitec_tests::folder::Folder;
use sitec_tests::server::Server;

/// A server over the files of `folder`.
pub(crate) fn serve(folder: &Folder) -> Server {
    // What the conf names must be there.
    std::fs::create_dir_all(folder.path().join("www/docs")).unwrap();
    launch("assets").arg("--prefix").arg(folder.path()).start()
}

/// The targets of a page's links, in order.
fn links(page: &str) -> Vec<&str> {
    page.split("<a href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn a_folder_without_an_index_is_a_page() {
    let folder = Folder::new();
    for name in
        ["www/b.txt", "www/A b&c", "www/d/x", "www/i/index.html", "www/.h", "www/é", "www/try/d/x"]
    {
        folder.write(name, "12345");
    }
    let server = serve(&folder);
    let page = server.get("/");
    assert_eq!((page.status, page.field("Content-Type")), (200, Some("text/html")));
    let text = page.text();
    assert_eq!(links(&text), ["d/", "docs/", "i/", "try/", "A%20b%26c", "b.txt", "%C3%A9"]);
    for piece in [
        "<title>Index of /</title>",
        ">A b&amp;c</a></td><td>5</td><td>",
        ">d/</a></td><td>-</td><td>",
    ] {
        assert!(text.contains(piece), "{piece} is not in {text}");
    }
    assert!(!text.contains("{{") && !text.contains("<script") && !text.contains("http"), "{text}");
    for link in links(&text) {
        assert_eq!(server.get(&format!("/{link}")).status, 200, "{link}");
    }
    let inner = server.get("/d/").text();
    assert_eq!(links(&inner), ["../", "x"]);
    assert_eq!(server.get("/i/").text(), "12345");
    assert_eq!(server.get("/d").field("Location"), Some("/d/"));
    assert_eq!(links(&server.get("/group/d/").text()), ["../", "x"]);
    assert_eq!(links(&server.get("/try/d/").text()), ["../", "x"]);
}

#[test]
fn a_listing_has_a_head_as_others() {
    let folder = Folder::new();
    folder.write("www/a", "");
    let server = serve(&folder);
    let mut client = server.connect();
    let get = client.get("/", "a");
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    let head = client.response("HEAD");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.field("Content-Length"), get.field("Content-Length"));
    assert_eq!(client.get("/", "a").status, 200);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(client.response("POST").status, 405);
}

#[test]
fn a_long_listing_comes_whole_in_every_framing() {
    const COUNT: usize = 5000;
    let folder = Folder::new();
    let name = |number: usize| format!("{number:04}-{}", "x".repeat(100));
    for number in 0..COUNT {
        folder.write(&format!("www/long/{}", name(number)), "");
    }
    folder.write("www/long/zz/a", "");
    let server = serve(&folder);
    let request = |fields: &str| format!("GET /long/ HTTP/1.{fields}\r\n\r\n");
    for (fields, chunked, closes) in [
        ("1\r\nHost: a", true, false),
        ("1\r\nHost: a\r\nConnection: close", true, true),
        ("0\r\nConnection: keep-alive", false, true),
    ] {
        let mut client = server.connect();
        client.send(request(fields));
        let page = client.response("GET");
        assert_eq!((page.status, page.closes()), (200, closes), "{fields}");
        assert_eq!(page.field("Transfer-Encoding").is_some(), chunked, "{fields}");
        let text = page.text();
        let found = links(&text);
        assert_eq!((&found[..2], found.len()), (&["../", "zz/"][..], COUNT + 2));
        assert!((0..COUNT).all(|number| found[number + 2] == name(number)), "in order");
        assert!(text.ends_with("</html>\n"));
        if !closes {
            assert_eq!(client.get("/long/zz/a", "a").status, 200);
        }
    }
    let mut client = server.connect();
    client.send("HEAD /long/ HTTP/1.1\r\nHost: a\r\n\r\n");
    let head = client.response("HEAD");
    assert_eq!((head.status, head.field("Content-Type")), (200, Some("text/html")));
    assert_eq!(client.get("/long/zz/a", "a").status, 200);
}

#[test]
fn some_folders_are_not_listed() {
    let folder = Folder::new();
    for name in ["www/off/x", "www/closed/x", "www/.git/x", "www/fallback/x"] {
        folder.write(name, "");
    }
    let closed = folder.path().join("www/closed");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o300)).unwrap();
    // A superuser may read it all the same.
    let closed_status = if std::fs::read_dir(&closed).is_err() { 403 } else { 200 };
    let server = serve(&folder);
    for (path, status) in
        [("/off/", 403), ("/closed/", closed_status), ("/.git/", 404), ("/none/", 404)]
    {
        assert_eq!(server.get(path).status, status, "{path}");
    }
    let data = server.get("/fallback/");
    assert_eq!((data.status, data.field("Content-Type")), (200, Some("application/json")));
}

#[test]
fn sizes_may_be_rounded() {
    let folder = Folder::new();
    folder.write("www/docs/a", vec![0; 9999]);
    folder.write("www/docs/b", vec![0; 10_752]);
    folder.write("www/docs/c", vec![0; 1_572_864]);
    let server = serve(&folder);
    for (path, sizes) in
        [("/rounded/", ["9999", "11K", "2M"]), ("/docs/", ["9999", "10752", "1572864"])]
    {
        let page = server.get(path).text();
        for size in sizes {
            assert!(page.contains(&format!("<td>{size}</td>")), "{size} is not in {page}");
        }
    }
}

#[test]
fn listings_for_programs() {
    let folder = Folder::new();
    folder.write("www/a\"b", "12");
    let server = serve(&folder);
    let json = server.get("/json/");
    assert_eq!(json.field("Content-Type"), Some("application/json"));
    let text = json.text();
    assert!(text.starts_with("[\r\n{ \"name\":\"docs\", \"type\":\"directory\", \"mtime\":\""));
    assert!(text.contains("{ \"name\":\"a\\\"b\", \"type\":\"file\", \"mtime\":\""), "{text}");
    assert!(text.ends_with(" GMT\", \"size\":2 }\r\n]"), "{text}");
    let call = server.get("/jsonp/?callback=f");
    assert_eq!(call.field("Content-Type"), Some("application/javascript"));
    assert_eq!(call.text(), format!("/* callback */\r\nf({text});"));
    assert_eq!(server.get("/jsonp/?callback=f()").status, 400);
    let xml = server.get("/xml/");
    assert_eq!(xml.field("Content-Type"), Some("text/xml; charset=utf-8"));
    assert!(xml.text().ends_with(" size=\"2\">a&quot;b</file>\r\n</list>\r\n"), "{xml:?}");
}

#[test]
fn links_out_of_the_root_are_not_listed() {
    let folder = Folder::new();
    folder.write("www/a", "");
    folder.write("secret", "");
    folder.link("www/in", "a");
    folder.link("www/out", "../secret");
    let server = serve(&folder);
    assert_eq!(links(&server.get("/").text()), ["docs/", "a", "in"]);
    assert_eq!(server.get("/out").status, 404);
}

#[test]
fn files_that_may_be_deleted_have_a_button() {
    let folder = Folder::new();
    folder.write("www/a", "");
    let server = serve(&folder);
    let page = server.get("/delete/").text();
    assert_eq!(page.matches("<button").count(), 1);
    assert!(page.contains("<button type=\"button\" value=\"a\" aria-label=\"Delete a\" hidden>"));
    assert!(page.contains("<script>"));
}

#[test]
fn any_file_of_a_folder_may_be_drawn() {
    let folder = Folder::new();
    for name in ["a", "b", "c"] {
        folder.write(&format!("www/draw/{name}.txt"), name);
    }
    folder.write("www/draw/.hidden", "h");
    folder.write("www/draw/folder/inner.txt", "i");
    folder.write("www/draw/none/folder/inner.txt", "i");
    let server = serve(&folder);
    let mut client = server.connect();
    let drawn: std::collections::BTreeSet<_> =
        (0..100).map(|_| client.get("/draw/?x=1", "a").text()).collect();
    assert_eq!(drawn.into_iter().collect::<String>(), "abc");
    // Without a file, it is as if nothing were said.
    assert_eq!(links(&server.get("/draw/none/").text()), ["../", "folder/"]);
    assert_eq!(server.get("/draw/nowhere/").status, 404);
    assert_eq!(server.get("/draw/a.txt").text(), "a");
}

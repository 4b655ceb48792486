//! Tables that are written and read again.

use std::collections::BTreeMap;

use super::*;
use crate::http::fields::spans_of;
use crate::samples::leak;

fn node(contents: Contents) -> Node {
    Node { modified_s: 1_000_000_000, len: 3, contents }
}

/// A file of these forms, each a coding and a length; their places are one behind the other.
fn file(forms: &[(Option<Coding>, u64)]) -> Node {
    let mut start = 0;
    let forms = forms.iter().map(|&(coding, len)| {
        let place = start..start + len;
        start += len;
        Form { coding, place, etag: Some(format!("\"{len}\"")) }
    });
    let forms = forms.collect();
    node(Contents::File { content_type: b"text/css".to_vec(), ranges: true, forms })
}

fn pack(nodes: impl IntoIterator<Item = (&'static str, Node)>) -> &'static Pack {
    let mut all = BTreeMap::from([(Vec::new(), node(Contents::Directory))]);
    all.extend(nodes.into_iter().map(|(path, node)| (path.as_bytes().to_vec(), node)));
    leak(Pack::new(leak(write(&all)), b"aaaabbbccdddddeeeeeeeeee"))
}

fn sample() -> &'static Pack {
    pack([
        ("a.css", file(&[(None, 4), (Some(Coding::Gzip), 3), (Some(Coding::Brotli), 2)])),
        ("a.d", node(Contents::Directory)),
        ("a.d/empty", node(Contents::Directory)),
        ("a.d/b.css", file(&[(None, 4)])),
        ("a.d/.hidden", file(&[(None, 4)])),
        ("a.d/c.d", node(Contents::Directory)),
        ("a.d/c.d/deep.css", file(&[(None, 1)])),
        ("film", node(Contents::OnDisk)),
        ("pipe", node(Contents::Special)),
        ("round", node(Contents::Barred)),
    ])
}

#[test]
fn paths_are_found_as_on_a_disk() {
    let pack = sample();
    for (path, expected) in [
        (".", "directory"),
        ("a.css", "file"),
        ("a.css/", "20"),
        ("a.css/x/y", "20"),
        ("a.d", "directory"),
        ("a.d/", "directory"),
        ("a.d//", "directory"),
        ("a.d/b.css", "file"),
        ("a.d//b.css", "file"),
        ("./a.d/./b.css", "file"),
        ("a.d/c.d/deep.css", "file"),
        ("a.d/b", "2"),
        ("b.css", "2"),
        ("a.d/x/y", "2"),
        ("film", "disk"),
        ("pipe", "special"),
        ("round", "40"),
        ("round/", "20"),
        ("round/x", "20"),
    ] {
        let found = match pack.find(path.as_bytes()) {
            Found::File(_) => "file".to_owned(),
            Found::Directory => "directory".to_owned(),
            Found::OnDisk => "disk".to_owned(),
            Found::Special => "special".to_owned(),
            Found::Nothing(error) => error.to_string(),
        };
        assert_eq!(found, expected, "{path}");
    }
}

#[test]
fn many_paths_have_a_slot_each() {
    let names: Vec<&'static str> =
        (0..5000).map(|number| &**leak(format!("page-{number}.html"))).collect();
    let pack = pack(names.iter().map(|name| (*name, file(&[(None, 1)]))));
    assert!(names.iter().all(|name| matches!(pack.find(name.as_bytes()), Found::File(_))));
    assert!(matches!(pack.find(b"page-5000.html"), Found::Nothing(_)));
    assert_eq!(pack.list(b".").unwrap().count(), 5000);
    let table = |names: &[&'static str]| {
        let nodes = names.iter().map(|name| (name.as_bytes().to_vec(), file(&[(None, 1)])));
        write(&nodes.chain([(Vec::new(), node(Contents::Directory))]).collect())
    };
    assert_eq!(table(&names), table(&names), "equal input gives equal bytes");
}

#[test]
fn directories_are_listed() {
    let pack = sample();
    let names = |path: &str| {
        let listed = pack.list(path.as_bytes())?;
        Some(listed.map(|listed| String::from_utf8_lossy(listed.name).into_owned()).collect())
    };
    let list = |names: &[&str]| -> Option<Vec<String>> {
        Some(names.iter().map(|name| (*name).to_owned()).collect())
    };
    assert_eq!(names("."), list(&["a.css", "a.d", "film", "pipe"]));
    assert_eq!(names("a.d/"), list(&["b.css", "c.d", "empty"]));
    assert_eq!(names("a.d/c.d"), list(&["deep.css"]));
    assert_eq!(names("a.d/empty"), list(&[]));
    assert_eq!(names("a.css"), None);
    assert_eq!(names("missing"), None);
}

fn found(path: &str) -> Packed {
    match sample().find(path.as_bytes()) {
        Found::File(file) => file,
        other => panic!("{path}: {other:?}"),
    }
}

#[test]
fn heads_are_ready() {
    let plain = found("a.d/b.css").plain();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(
        text(plain.fields()),
        "Content-Type: text/css\r\nAccept-Ranges: bytes\r\nContent-Length: 4\r\n\
         Last-Modified: Sun, 09 Sep 2001 01:46:40 GMT\r\nETag: \"4\"\r\n"
    );
    assert_eq!(plain.content(), b"aaaa");
    let form = found("a.css").pack.form(found("a.css").forms().start + 1);
    assert_eq!(text(form.coding_field()), "Content-Encoding: gzip\r\n");
    assert_eq!(text(form.type_field()), "Content-Type: text/css\r\n");
    assert_eq!(text(form.ranges_field()), "Accept-Ranges: bytes\r\n");
    assert_eq!(text(form.length_field()), "Content-Length: 3\r\n");
    assert_eq!(
        text(form.validator_fields()),
        "Vary: Accept-Encoding\r\nLast-Modified: Sun, 09 Sep 2001 01:46:40 GMT\r\nETag: \"3\"\r\n"
    );
    assert!(!text(form.own_validator_fields()).contains("Vary"));
    assert_eq!(form.etag(), Some(&b"\"3\""[..]));
    assert_eq!(form.content(), b"bbb");
}

#[test]
fn the_form_is_chosen_that_is_wanted_most() {
    for (value, expected) in [
        ("gzip", Some(Coding::Gzip)),
        ("gzip, br", Some(Coding::Brotli)),
        ("gzip, br;q=0.9", Some(Coding::Gzip)),
        ("*", Some(Coding::Brotli)),
        ("identity, gzip;q=0.5", None),
        ("zstd", None),
        ("", None),
        ("gzip;q=0", None),
        // None that it takes is there: it gets the file as it is.
        ("identity;q=0", None),
        ("identity;q=0, gzip;q=0.1", Some(Coding::Gzip)),
    ] {
        let head = format!("Accept-Encoding: {value}\r\n");
        let spans = spans_of(&head);
        let fields = Fields::new(head.as_bytes(), &spans);
        assert_eq!(found("a.css").choose(fields).coding(), expected, "{value}");
        assert_eq!(found("a.d/b.css").choose(fields).coding(), None, "{value}");
    }
    assert_eq!(found("a.css").choose(Fields::default()).coding(), None);
}

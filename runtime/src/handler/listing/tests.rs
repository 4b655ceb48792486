//! Listings of folders on a disk.

use std::cell::RefCell;
use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::exchange::UriState;
use crate::http::method::{Method, MethodSet};
use crate::samples::{Folder, SETTINGS, head, leak, with_variables};
use crate::site::{
    Action, Handler, ListingHole, ListingPiece, ListingSection, ListingSettings, Location, Settings,
};

/// A page that shows every hole and section.
const PAGE: &[ListingPiece] = &[
    ListingPiece::Hole(ListingHole::Path),
    ListingPiece::Literal(b" "),
    ListingPiece::Hole(ListingHole::Count),
    ListingPiece::Section(ListingSection::Parent, &[ListingPiece::Literal(b" parent")]),
    ListingPiece::Section(ListingSection::Empty, &[ListingPiece::Literal(b" empty")]),
    ListingPiece::Section(ListingSection::Cut, &[ListingPiece::Literal(b" cut")]),
    ListingPiece::Section(ListingSection::Delete, &[ListingPiece::Literal(b" deletes")]),
    ListingPiece::Section(
        ListingSection::Items,
        &[
            ListingPiece::Literal(b"\n"),
            ListingPiece::Hole(ListingHole::Link),
            ListingPiece::Literal(b"|"),
            ListingPiece::Hole(ListingHole::Name),
            ListingPiece::Literal(b"|"),
            ListingPiece::Hole(ListingHole::Size),
            ListingPiece::Literal(b"|"),
            ListingPiece::Hole(ListingHole::Time),
            ListingPiece::Section(ListingSection::Delete, &[ListingPiece::Literal(b"|X")]),
        ],
    ),
];

const HTML: Listing = Listing::new(ListingSettings::DEFAULT, PAGE);

/// A listing for programs.
fn data_in(format: ListingFormat) -> Listing {
    Listing::new(ListingSettings { format, ..ListingSettings::DEFAULT }, &[])
}

/// Asks for a path of a folder; gives status, type and content, and what the log says.
fn list(
    folder: &Folder,
    target: &str,
    listing: Listing,
    methods: MethodSet,
) -> (u16, String, String, String) {
    let settings: &Settings = leak(Settings { listing: Some(leak(listing)), ..SETTINGS });
    let action = Action::Serve { try_files: None, handler: Handler::Files };
    let location: &Location = leak(Location {
        settings,
        internal: false,
        patterns: &[],
        limit_except: None,
        methods,
        methods_named: true,
        ops: &[],
        allow: b"",
        action,
    });
    let log = RefCell::new(String::new());
    let report = |_: Level, text: fmt::Arguments<'_>| *log.borrow_mut() += &text.to_string();
    let directories: &[PathBuf] = std::slice::from_ref(&folder.0);
    let head = head(target, "");
    let outcome = with_variables(&head, settings, directories, |variables| {
        let request = Request {
            variables,
            method: Method::Get,
            framing: head.framing,
            conditional: true,
            append_path: false,
            media_type: |_, _| None,
            locate: &|_| location,
            uri: UriState::AS_SENT,
            programs: &[],
            upstreams: &[],
            list: Some(super::serve),
            cached: None,
            report: &report,
        };
        file::serve(&request, &mut Files::new(directories))
    });
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (status, content_type, content) = match outcome {
        Outcome::Status(status) => (status, String::new(), String::new()),
        Outcome::Made(content_type, mut producer) => {
            let mut content = Vec::new();
            // However small the runs are.
            while producer.produce(&mut content, 1).expect("nothing fails") == Produced::More {}
            (200, text(content_type), text(&content))
        }
        other => panic!("{other:?}"),
    };
    (status, content_type, content, log.into_inner())
}

/// A folder whose files are of the first second of 2020.
fn folder(names: &[&str]) -> Folder {
    let folder = Folder::new();
    for name in names {
        let path = folder.write(name, "x".repeat(name.len()));
        let time = UNIX_EPOCH + Duration::from_secs(1_577_836_800);
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        let parent = std::fs::File::open(path.parent().unwrap()).unwrap();
        parent.set_modified(time).unwrap();
    }
    folder
}

const READ: MethodSet = MethodSet::of(&[Method::Get, Method::Head]);

#[test]
fn folders_come_first_and_names_are_in_order() {
    let folder = folder(&["b/x", "B", "a", "c.txt", ".hidden", "ä", "Z/x"]);
    let (status, content_type, content, _) = list(&folder, "/", HTML, READ);
    assert_eq!((status, content_type.as_str()), (200, "text/html"));
    let expected = "/ 6\nZ/|Z/|-|01-Jan-2020 00:00\nb/|b/|-|01-Jan-2020 00:00\n\
         B|B|1|01-Jan-2020 00:00\na|a|1|01-Jan-2020 00:00\n\
         c.txt|c.txt|5|01-Jan-2020 00:00\n%C3%A4|ä|2|01-Jan-2020 00:00";
    assert_eq!(content, expected);
    let (_, _, content, _) = list(&folder, "/b/", HTML, READ);
    assert_eq!(content, "/b/ 1 parent\nx|x|3|01-Jan-2020 00:00");
}

#[test]
fn names_are_escaped() {
    let folder = folder(&["a b", "q\"<&>'?#%;:", "t\nl\t"]);
    let (_, _, page, _) = list(&folder, "/", HTML, READ);
    for row in [
        "a%20b|a b|",
        "q%22%3C%26%3E%27%3F%23%25%3B%3A|q&quot;&lt;&amp;&gt;'?#%;:|",
        "t%0Al%09|t\nl\t|",
    ] {
        assert!(page.contains(row), "{row} is not in {page}");
    }
    let json = data_in(ListingFormat::Json);
    let (_, _, data, _) = list(&folder, "/", json, READ);
    for name in ["\"q\\\"<&>'?#%;:\"", "\"t\\nl\\t\""] {
        assert!(data.contains(name), "{name} is not in {data}");
    }
}

#[test]
fn what_is_not_served_is_not_listed() {
    let folder = folder(&["f"]);
    folder.fifo("p");
    let _socket = std::os::unix::net::UnixListener::bind(folder.0.join("s")).unwrap();
    for (link, to) in [("to-p", "p"), ("to-f", "f"), ("to-nothing", "n"), ("to-null", "/dev/null")]
    {
        std::os::unix::fs::symlink(to, folder.0.join(link)).unwrap();
    }
    for (format, names) in [
        (ListingFormat::Json, ["\"name\":\"f\"", "\"name\":\"to-f\""]),
        (ListingFormat::Xml, [">f<", ">to-f<"]),
    ] {
        let (_, _, data, _) = list(&folder, "/", data_in(format), READ);
        assert!(names.iter().all(|name| data.contains(name)), "{data}");
        let others = ["p", "s", "to-p", "to-nothing", "to-null"];
        let is_listed = |name: &&str| {
            data.contains(&format!("\"{name}\"")) || data.contains(&format!(">{name}<"))
        };
        assert_eq!(others.iter().find(|name| is_listed(name)), None, "{data}");
    }
}

#[test]
fn data_is_as_nginx_writes_it() {
    let folder = folder(&["d/x", "f"]);
    let date = "Wed, 01 Jan 2020 00:00:00 GMT";
    let objects = format!(
        "[\r\n{{ \"name\":\"d\", \"type\":\"directory\", \"mtime\":\"{date}\" }},\r\n\
         {{ \"name\":\"f\", \"type\":\"file\", \"mtime\":\"{date}\", \"size\":1 }}\r\n]"
    );
    let called = format!("/* callback */\r\na.b_1({objects});");
    let xml = "<?xml version=\"1.0\"?>\r\n<list>\r\n\
         <directory mtime=\"2020-01-01T00:00:00Z\">d</directory>\r\n\
         <file mtime=\"2020-01-01T00:00:00Z\" size=\"1\">f</file>\r\n</list>\r\n";
    use ListingFormat::{Json, Jsonp, Xml};
    for (format, target, status, content_type, content) in [
        (Json, "/", 200, "application/json", &objects[..]),
        (Json, "/?callback=f", 200, "application/json", &objects),
        (Jsonp, "/", 200, "application/json", &objects),
        (Jsonp, "/?callback=", 200, "application/json", &objects),
        (Jsonp, "/?x&callback=a.b_1", 200, "application/javascript", &called),
        (Jsonp, "/?callback=a-b", 400, "", ""),
        (Jsonp, "/?callback=%61", 400, "", ""),
        (Xml, "/", 200, "text/xml; charset=utf-8", xml),
    ] {
        let listing = data_in(format);
        let (found, found_type, data, _) = list(&folder, target, listing, READ);
        assert_eq!(
            (found, &found_type[..], &data[..]),
            (status, content_type, content),
            "{target}"
        );
    }
    let long = format!("/?callback={}", "a".repeat(MAX_CALLBACK_LEN + 1));
    assert_eq!(list(&folder, &long, data_in(Jsonp), READ).0, 400);
}

#[test]
fn what_cannot_be_followed_is_not_listed() {
    let folder = folder(&["a", "d/x"]);
    folder.link("a", "inside");
    folder.link("d", "inner");
    folder.link("/etc/hostname", "outside");
    folder.link("nowhere", "dangling");
    let (_, _, page, _) = list(&folder, "/", HTML, READ);
    let links: Vec<_> = page.lines().skip(1).map(|row| row.split('|').next().unwrap()).collect();
    assert_eq!(links, ["d/", "inner/", "a", "inside"]);
}

#[test]
fn what_has_no_listing() {
    let folder = folder(&["d/x", "f", "closed/x", ".h/x"]);
    for (target, status) in [("/none/", 404), ("/f/", 404), ("/.h/", 404), ("/d/", 200)] {
        assert_eq!(list(&folder, target, HTML, READ).0, status, "{target}");
    }
    let closed = folder.0.join("closed");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o300)).unwrap();
    if std::fs::read_dir(&closed).is_err() {
        let (status, _, _, log) = list(&folder, "/closed/", HTML, READ);
        assert_eq!(status, 403);
        assert!(log.contains("/closed/\" failed (13: Permission denied)"), "{log}");
    }
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn files_have_a_button_where_they_may_be_deleted() {
    let folder = folder(&["d/x", "f"]);
    let (_, _, page, _) = list(&folder, "/", HTML, READ.with(Method::Delete));
    assert!(page.starts_with("/ 2 deletes\nd/|d/|-|"), "{page}");
    assert_eq!(page.matches("|X").count(), 1);
    std::fs::create_dir(folder.0.join("empty")).unwrap();
    assert_eq!(list(&folder, "/empty/", HTML, READ).2, "/empty/ 0 parent empty");
}

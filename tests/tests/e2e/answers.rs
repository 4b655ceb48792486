//! A server answers as the evaluation of its conf says that it does: the sites of these tests,
//! asked for everything that their confs and their folders name, and for what is near that.

use std::collections::BTreeSet;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use sitec_compiler::answer::{Answer, Answers, End, Request};
use sitec_compiler::files::Disk;
use sitec_compiler::ir::{Scope, Site};
use sitec_compiler::{compile, ir};
use sitec_tests::client::Client;
use sitec_tests::folder::Folder;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

use crate::launch;

/// The most requests that one site is asked by one method.
const MOST: usize = 1000;

/// How often what can be read is asked for, one time after the other.
const TIMES: usize = 3;

/// Of what is wrong, so much is shown.
const SHOWN: usize = 5;

/// A field of a request; an empty name for none.
type Field = (&'static str, &'static str);

/// Methods, a field that is sent with them, and how many of the paths are asked so.
const METHODS: &[(&str, Field, usize)] = &[
    ("GET", ("", ""), 1),
    ("HEAD", ("", ""), 3),
    ("GET", ("Accept-Encoding", "br;q=0.5, gzip"), 2),
    ("GET", ("Accept-Encoding", "gzip;q=0, *"), 5),
    ("GET", ("Cookie", "a=1; b=2"), 9),
    ("GET", ("Range", "bytes=1-3"), 3),
    ("HEAD", ("Range", "bytes=-2"), 9),
    ("GET", ("Range", "bytes=0-0,2-2"), 7),
    ("GET", ("Range", "bytes=99999999-"), 7),
    ("GET", ("If-None-Match", "*"), 5),
    ("HEAD", ("If-None-Match", "\"a\", *"), 9),
    ("GET", ("If-Match", "\"a\""), 9),
    ("GET", ("If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"), 9),
    ("GET", ("If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:01 GMT"), 9),
    ("GET", ("Authorization", "Basic cGxhaW46c2VjcmV0"), 5),
    ("GET", ("Authorization", "Basic cGxhaW46b3RoZXI="), 9),
    ("POST", ("Content-Length", "0"), 3),
    ("POST", ("Content-Length", "200000000000"), 9),
    ("PUT", ("Content-Length", "0"), 5),
    ("PUT", ("If-None-Match", "*"), 7),
    ("PUT", ("Content-Range", "bytes 0-0/1"), 9),
    ("DELETE", ("If-Match", "\"a\""), 7),
    ("DELETE", ("", ""), 7),
    ("POST", ("Content-Type", "multipart/form-data; boundary=x"), 9),
    ("POST", ("Content-Type", "multipart/form-data"), 9),
    ("DELETE", ("Depth", "1"), 7),
    ("COPY", ("Depth", "x"), 9),
    ("OPTIONS", ("", ""), 7),
    ("MKCOL", ("", ""), 7),
    ("GET", ("Referer", "http://a.test/"), 3),
    ("GET", ("Referer", "https://e.test/q"), 5),
    ("GET", ("Referer", "http://r1.test:8/x.z"), 5),
    ("COPY", ("", ""), 9),
    ("MOVE", ("", ""), 9),
    ("PROPFIND", ("", ""), 9),
    ("BREW", ("", ""), 40),
];

/// Fields that follow from the connection or the time, or from how long a page is.
const NOT_COMPARED: [&str; 7] = [
    "connection",
    "content-length",
    "date",
    "expires",
    "keep-alive",
    "server",
    "transfer-encoding",
];

/// A server, and the site that it was compiled from.
struct Bench {
    server: Server,
    folder: Folder,
    site: Site,
}

impl Bench {
    /// `conf` is that of the site `name`; the server gets a copy of its folder.
    fn new(name: &'static str, conf: &str) -> Bench {
        let folder = Folder::new();
        let from = Path::new(conf).parent().expect("a conf is in a folder");
        let status = Command::new("cp").arg("-r").arg(from.join(".")).arg(folder.path()).status();
        assert!(status.expect("cp").success());
        for missing in ["logs", "store"] {
            fs::create_dir_all(folder.path().join(missing)).expect("a folder");
        }
        let compilation = compile(&Disk, Path::new(conf));
        let mut site = compilation.site.expect("the conf of a test compiles");
        let is_port = |param: &&mut ir::Param| param.name.starts_with("PORT");
        let ports = site.params.iter_mut().filter(is_port).collect::<Vec<_>>();
        let prefix = launch(name).ports(ports.len()).arg("--prefix");
        let server = prefix.arg(folder.path()).start();
        for (at, param) in ports.into_iter().enumerate() {
            param.default = server.port_at(at).to_string();
        }
        Bench { server, folder, site }
    }

    /// Asks for everything; the number of requests that were compared.
    ///
    /// # Panics
    /// With what is answered otherwise than it was foretold.
    fn compare(&self) -> usize {
        let (mut compared, mut wrong) = (0, Vec::new());
        let hosts = hosts(&self.site);
        let paths = self.paths();
        for &(method, field, step) in METHODS {
            let asked: Vec<_> = paths.iter().step_by(step).collect();
            let stride = (asked.len() * hosts.len()).div_ceil(MOST).max(1);
            let all = asked.iter().flat_map(|path| hosts.iter().map(move |host| (path, host)));
            for (path, host) in all.step_by(stride) {
                match self.compare_one(method, field, path, host) {
                    Ok(asked) => compared += usize::from(asked),
                    Err(said) => wrong.push(said),
                }
            }
        }
        let shown = wrong.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>();
        assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), shown.join("\n"));
        compared
    }

    /// Paths that the conf names, and files that are there, and what is near them.
    fn paths(&self) -> Vec<String> {
        let mut named = BTreeSet::from(["/".to_owned()]);
        for server in &self.site.servers {
            locations(&server.scope, &mut named);
        }
        let mut files = BTreeSet::new();
        walk(self.folder.path(), self.folder.path(), &mut files);
        let beneath =
            named.iter().flat_map(|front| files.iter().map(move |file| front.clone() + file));
        let mut all = named.clone();
        all.extend(beneath.step_by(1 + named.len() * files.len() / 300));
        all.extend(files.iter().map(|file| format!("/{file}")));
        let all = all.into_iter().enumerate().flat_map(|(at, path)| near(&path, at));
        all.filter(|path| path.bytes().all(|byte| byte.is_ascii_graphic())).collect()
    }

    /// Asks the server and the evaluation. Whether there was something to compare; what differs.
    fn compare_one(
        &self,
        method: &str,
        field: Field,
        path: &str,
        (port, host): &(usize, String),
    ) -> Result<bool, String> {
        let port = self.server.port_at(*port);
        let url = format!("http://{host}:{port}{path}");
        let (name, value) = field;
        let fields = [(name.to_owned(), value.to_owned())];
        let fields = if name.is_empty() { &[][..] } else { &fields };
        let request = Request::new(&self.site, None, method, &url, fields).expect("a request");
        let request = request.from(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let answer = Answers::new(&self.site, &Disk, self.folder.path()).to(&request);
        // What a program answers, nobody foretells; and what is not refused is waited for.
        let waits = value.len() > 1 && name == "Content-Length" && answer.status != Some(413);
        // What the conditions of an embedded file come to is not known without its build.
        let undecided = |what| answer.doubts.iter().any(|doubt| doubt.contains(what));
        // Nor does anybody foretell whom a program lets in.
        let undecided = undecided("embedded") || undecided("auth_request");
        let is_made =
            matches!(answer.end, End::Script { .. } | End::Moved(_) | End::PassedOn { .. });
        if waits || undecided || is_made {
            return Ok(false);
        }
        let mut client = Client::connect((Ipv4Addr::LOCALHOST, port));
        let mut line = if name.is_empty() { String::new() } else { format!("{name}: {value}\r\n") };
        // The evaluation takes content to come with its length.
        if matches!(method, "POST" | "PUT") && name != "Content-Length" {
            line += "Content-Length: 0\r\n";
        }
        // Who asks the same again is answered the same.
        for _ in 0..if matches!(method, "GET" | "HEAD") { TIMES } else { 1 } {
            client.send(format!("{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\n{line}\r\n"));
            if answer.end == End::Close {
                assert_eq!(client.until_closed(), b"", "{url}");
                break;
            }
            let response = client.response(method);
            let differs = Some(response.status) != answer.status
                || told(&response) != expected(&answer, &response)
                || !has_content(method, &answer, &response);
            if differs {
                return Err(format!("{method} {url} {field:?}: {answer:#?}\n{response:?}\n"));
            }
            if response.closes() {
                break;
            }
        }
        Ok(true)
    }
}

/// Whether a response has the content that was foretold.
fn has_content(method: &str, answer: &Answer, response: &Response) -> bool {
    match &answer.end {
        _ if method == "HEAD" || matches!(response.status, 204 | 205 | 304) => {
            response.body.is_empty()
        }
        End::Text(text) if answer.doubts.is_empty() => response.body == *text,
        // A compressed form that was made when the site was built is on no disk.
        End::File(_) if response.field("Content-Encoding").is_some() => true,
        End::File(file) => {
            let part = response.field("Content-Range").map(part);
            let several = response.status == 206 && part.is_none();
            let sent = |bytes: Vec<u8>| match part.clone() {
                Some(part) => bytes.get(part).is_some_and(|part| part == response.body),
                None => bytes == response.body,
            };
            several || fs::read(file).is_ok_and(sent)
        }
        _ => true,
    }
}

/// The bytes that a Content-Range names.
fn part(value: &str) -> Range<usize> {
    let (range, _) = value.trim_start_matches("bytes ").split_once('/').expect("a length");
    let (first, last) = range.split_once('-').expect("a range");
    first.parse().expect("a number")..last.parse::<usize>().expect("a number") + 1
}

/// The fields of a response that are compared.
fn told(response: &Response) -> Vec<(String, String)> {
    let fields = response.fields.iter().map(|(name, value)| (name.to_lowercase(), value.clone()));
    let mut fields: Vec<_> = fields.filter(|(name, _)| compared(name)).collect();
    fields.sort();
    fields
}

/// The fields that were foretold. Of those whose value is not known here, and of those that a
/// variable of the running server is part of, the value is the response's.
fn expected(answer: &Answer, response: &Response) -> Vec<(String, String)> {
    let fields = answer.fields.iter().map(|field| {
        let name = field.name.to_lowercase();
        let sent = response.values(&name).next().unwrap_or_default().to_owned();
        let unknown = |value: &&String| !answer.doubts.is_empty() && value.contains('$');
        (name, field.value.clone().filter(|value| !unknown(&value)).unwrap_or(sent))
    });
    let mut fields: Vec<_> = fields.filter(|(name, _)| compared(name)).collect();
    fields.sort();
    fields
}

fn compared(name: &str) -> bool {
    !NOT_COMPARED.contains(&name)
}

/// The paths of locations, and what their regexes are made of.
fn locations(scope: &Scope, paths: &mut BTreeSet<String>) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    paths.extend(scope.exact.iter().map(|(path, _)| text(path)));
    for prefix in &scope.prefix {
        paths.insert(text(&prefix.path));
        locations(&prefix.nested, paths);
    }
    for regex in &scope.regex {
        let letters =
            regex.pattern.text.replace(|c: char| !c.is_alphanumeric() && !"/.-".contains(c), "");
        paths.insert(format!("/{}", letters.trim_start_matches('/')));
        locations(&regex.nested, paths);
    }
}

/// The files and folders beneath a folder, relative to `root`.
fn walk(folder: &Path, root: &Path, found: &mut BTreeSet<String>) {
    let entries =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut entries: Vec<PathBuf> = entries.collect();
    entries.sort();
    for path in entries {
        let name = path.strip_prefix(root).expect("it is beneath").to_string_lossy().into_owned();
        if path.is_dir() {
            walk(&path, root, found);
            found.insert(format!("{name}/"));
        } else {
            // A site's files are looked for in its folders' own names, too.
            found.extend(name.split_once('/').map(|(_, rest)| rest.to_owned()));
            found.insert(name);
        }
    }
}

/// A path, and one of those that are like it.
fn near(path: &str, at: usize) -> [String; 2] {
    let cut = path.len() - 1;
    let (front, last) = path.split_at(if path.is_char_boundary(cut) { cut } else { 0 });
    let other = match at % 10 {
        0 => format!("{path}/"),
        1 => path.trim_end_matches('/').to_owned() + "?a=b&c",
        2 if path.ends_with('/') => format!("{path}?callback=a(b"),
        2 => format!("{path}x"),
        3 => format!("{front}%{:02x}", last.bytes().next().unwrap_or(b'/')),
        4 => format!("/.{path}"),
        5 => format!("/x/..{path}"),
        6 => format!("/{path}"),
        7 => format!("{path}/../x.html"),
        8 => format!("{path}%00"),
        _ => format!("{path}/.hidden"),
    };
    let other = if other.starts_with('/') { other } else { format!("/{other}") };
    [path.to_owned(), other]
}

/// Hosts that the servers are named by, and one that none is, with the port to ask at.
fn hosts(site: &Site) -> Vec<(usize, String)> {
    let mut hosts = Vec::new();
    for listen in &site.listens {
        let ir::Address::Param(address) = &listen.address else { continue };
        let Some(ir::StartPiece::Param(param)) = address.last() else { continue };
        let name = &site.params[*param].name;
        let Some(port) = ["PORT", "PORT_2", "PORT_3"].iter().position(|port| port == name) else {
            continue;
        };
        let names = &listen.names;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let exact = names.exact.iter().map(|(name, _)| text(name)).filter(|name| !name.is_empty());
        let suffix = names.suffix.iter().map(|(name, _)| format!("a{}", text(name)));
        let prefix = names.prefix.iter().map(|(name, _)| format!("{}a", text(name)));
        let others = ["no.such.host".to_owned(), "joe.home.test".to_owned()];
        hosts.extend(exact.chain(suffix).chain(prefix).chain(others).map(|host| (port, host)));
    }
    hosts
}

/// Declares a test for each site: its name, its conf and how many requests are compared at least.
macro_rules! sites_answer {
    ($($test:ident: $name:literal, $conf:literal, $least:literal;)*) => {
        $(#[test]
        fn $test() {
            let compared = Bench::new($name, $conf).compare();
            assert!(compared >= $least, "only {compared} requests");
        })*
    };
}

/// What is asked of which host, by the target and by the field, is answered by whom it is foretold.
#[test]
fn hosts_as_foretold() {
    let bench = Bench::new("routing", "sites/routing.conf");
    let port = bench.server.port_at(0);
    let own = format!("exact.test:{port}");
    for (target, host) in [
        ("/", "exact.test"),
        ("/", &own),
        ("/", "exact.test:1"),
        ("/", "exact.test:99999"),
        ("/", "exact.test:x"),
        ("/", "exact.test:"),
        ("/", ""),
        ("/", "a b"),
        (&format!("http://exact.test:{port}/"), "a.star.test"),
        (&format!("http://a.star.test:{port}/"), "exact.test:99999"),
        (&format!("http://a.star.test:{port}"), ""),
    ] {
        let fields = [("Host".to_owned(), host.to_owned())];
        let request = Request::new(&bench.site, None, "GET", target, &fields).expect("a request");
        let answer = Answers::new(&bench.site, &Disk, bench.folder.path()).to(&request);
        let mut client = Client::connect((Ipv4Addr::LOCALHOST, port));
        client.send(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        let response = client.response("GET");
        assert_eq!(answer.status, Some(response.status), "{target} {host:?}");
        assert!(has_content("GET", &answer, &response), "{target} {host:?}: {answer:?}");
    }
}

sites_answer! {
    access_as_foretold: "access", "sites/access.conf", 300;
    assets_as_foretold: "assets", "sites/assets.conf", 300;
    content_as_foretold: "content", "sites/content.conf", 300;
    embedded_as_foretold: "embed_on", "sites/embed_on.conf", 300;
    files_as_foretold: "files", "sites/files.conf", 300;
    guards_as_foretold: "guards", "sites/guards.conf", 100;
    headers_as_foretold: "headers", "sites/headers.conf", 300;
    inquiries_as_foretold: "inquiries", "sites/inquiries.conf", 100;
    http_as_foretold: "http", "sites/http.conf", 300;
    manual_as_foretold: "manual", "../sites/manual/site.conf", 300;
    pairs_as_foretold: "pairs", "drawn/pairs.conf", 300;
    passwords_as_foretold: "passwords", "sites/passwords.conf", 300;
    routing_as_foretold: "routing", "sites/routing.conf", 300;
    tour_as_foretold: "tour", "../sites/default/site.conf", 300;
    writing_as_foretold: "writing", "sites/writing.conf", 300;
}

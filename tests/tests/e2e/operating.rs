//! What is told of a running server: `metrics`, `status_page`, the log format `json`, traces.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use rustls::version::TLS13;
use serde_json::Value;

use crate::launch;
use crate::tls::keys;
use sitec_tests::PATIENCE;
use sitec_tests::backend::{Backend, Then};
use sitec_tests::client::Client;
use sitec_tests::folder::Folder;
use sitec_tests::secure::Authority;
use sitec_tests::server::Server;

/// What a family is, as its lines say it.
#[derive(Default)]
struct Family {
    kind: String,
    samples: Vec<(String, BTreeMap<String, String>, f64)>,
}

/// All families by name, read as strictly as the format is written: a family stands together, behind
/// its help and its type; no sample comes twice; histograms rise to their count.
fn parse(text: &str) -> BTreeMap<String, Family> {
    let mut families = BTreeMap::<String, Family>::new();
    let (mut current, mut helped) = (String::new(), String::new());
    assert!(text.ends_with('\n'), "the last line ends");
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').expect("a name and a text");
            assert!(!help.is_empty() && !families.contains_key(name), "{line}");
            helped = name.to_owned();
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').expect("a name and a type");
            assert_eq!(name, helped, "{line}");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
            let family = Family { kind: kind.to_owned(), ..Family::default() };
            assert!(families.insert(name.to_owned(), family).is_none(), "{line}");
            current = name.to_owned();
        } else {
            let (name, labels, value) = sample(line);
            let family = families.get_mut(&current).expect("a type comes first");
            let suffix = name.strip_prefix(current.as_str()).expect("the family's own");
            let suffixes: &[_] = match family.kind.as_str() {
                "histogram" => &["_bucket", "_sum", "_count"],
                _ => &[""],
            };
            assert!(suffixes.contains(&suffix), "{line}");
            let is_new = family.samples.iter().all(|it| (&it.0, &it.1) != (&name, &labels));
            assert!(is_new, "twice: {line}");
            family.samples.push((name, labels, value));
        }
    }
    for (name, family) in families.iter().filter(|(_, family)| family.kind == "histogram") {
        check_histogram(name, family);
    }
    families
}

/// Name, labels and value of a line.
fn sample(line: &str) -> (String, BTreeMap<String, String>, f64) {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let end = line.bytes().position(|byte| !is_name(byte)).expect("more than a name");
    let (name, mut rest) = line.split_at(end);
    assert!(!name.is_empty() && !name.as_bytes()[0].is_ascii_digit(), "{line}");
    let mut labels = BTreeMap::new();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        loop {
            let (label, after) = rest.split_once("=\"").expect("a label");
            assert!(!label.is_empty() && label.bytes().all(is_name), "{line}");
            let (mut value, mut chars) = (String::new(), after.char_indices());
            let end = loop {
                match chars.next().expect("a quote ends it") {
                    (at, '"') => break at,
                    (_, '\\') => value.push(match chars.next().expect("what is escaped").1 {
                        'n' => '\n',
                        escaped @ ('\\' | '"') => escaped,
                        other => panic!("\\{other} in {line}"),
                    }),
                    (_, char) => value.push(char),
                }
            };
            assert!(labels.insert(label.to_owned(), value).is_none(), "{line}");
            rest = &after[end + 1..];
            match rest.strip_prefix(',') {
                Some(more) => rest = more,
                None => break,
            }
        }
        rest = rest.strip_prefix('}').expect("a brace ends the labels");
    }
    let value = rest.strip_prefix(' ').expect("one blank");
    (name.to_owned(), labels, value.parse().unwrap_or_else(|_| panic!("{line}")))
}

fn check_histogram(name: &str, family: &Family) {
    let mut series = BTreeMap::<_, (Vec<(f64, f64)>, Option<f64>, Option<f64>)>::new();
    for (sample, labels, value) in &family.samples {
        let mut labels = labels.clone();
        let bound = labels.remove("le");
        let series = series.entry(labels).or_default();
        match sample.strip_prefix(name) {
            Some("_bucket") => {
                let bound = bound.expect("a bucket has a bound");
                series.0.push((bound.replace("+Inf", "inf").parse().expect("a number"), *value));
            }
            Some("_sum") => series.1 = Some(*value),
            _ => series.2 = Some(*value),
        }
    }
    for (labels, (buckets, sum, count)) in series {
        assert!(buckets.is_sorted(), "{name} {labels:?}: {buckets:?}");
        let (last, most) = *buckets.last().expect("buckets");
        assert_eq!((last, Some(most)), (f64::INFINITY, count), "{name} {labels:?}");
        assert!(sum.is_some_and(|sum| sum >= 0.0), "{name} {labels:?}");
    }
}

/// The sum of the samples of a family that have these labels.
fn sum(families: &BTreeMap<String, Family>, name: &str, labels: &[(&str, &str)]) -> f64 {
    let family = &families[name.strip_suffix("_count").unwrap_or(name)];
    let fits = |sample: &(String, BTreeMap<String, String>, f64)| {
        let has =
            |(label, value): &(&str, &str)| sample.1.get(*label).is_some_and(|it| it == value);
        sample.0 == name && labels.iter().all(has)
    };
    family.samples.iter().filter(|sample| fits(sample)).map(|sample| sample.2).sum()
}

/// Asks for the metrics.
fn metrics(client: &mut Client) -> BTreeMap<String, Family> {
    let response = client.get("/metrics", "main.test");
    let content_type = response.field("Content-Type");
    assert_eq!(
        (response.status, content_type),
        (200, Some("text/plain; version=0.0.4; charset=utf-8"))
    );
    parse(&response.text())
}

/// Asks until it is so: what is counted at the end of a response may be counted after the client has it.
fn wait_for(client: &mut Client, name: &str, labels: &[(&str, &str)], expected: f64) {
    let began = Instant::now();
    loop {
        let value = sum(&metrics(client), name, labels);
        if (value - expected).abs() < 1e-9 {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{name} {labels:?} is {value}, not {expected}");
    }
}

/// A server before another one, and the folder that it has everything in.
pub(crate) fn serve(back: &str, log: &str) -> (Server, Folder, Authority) {
    let (folder, authority) = (Folder::new(), Authority::new("root"));
    keys(&authority, &folder);
    folder.write("www/plain.txt", "plain");
    folder.write(
        "say/traced.sh",
        "echo Content-Type: text/plain; echo; echo \"$HTTP_TRACEPARENT|$HTTP_TRACESTATE\"",
    );
    let path = folder.path().display().to_string();
    let launch = launch("operating").ports(3).arg("--prefix").arg(&path).set("BACK", back);
    (launch.set("CERTS", &path).set("LOG", log).start(), folder, authority)
}

const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nback";

#[test]
fn requests_are_counted_by_location_and_status() {
    let (server, _folder, _) = serve("127.0.0.1:1", "off");
    let mut client = server.connect();
    for _ in 0..3 {
        assert_eq!(client.get("/text", "main.test").text(), "text");
    }
    // Other workers count for themselves.
    for _ in 0..20 {
        assert_eq!(server.get_from("main.test", "/text").status, 200);
    }
    client.get("/plain.txt", "main.test");
    client.get("/none.txt", "main.test");
    let mut other = server.connect_at(1);
    other.get("/", "main.test");
    other.get("/", "another.test");
    let text = [("server", "main.test at 127.0.0.1:${PORT}"), ("location", "= /text")];
    wait_for(&mut client, "sitec_http_requests_total", &text, 23.0);
    let families = metrics(&mut client);
    let count = |labels: &[_]| sum(&families, "sitec_http_requests_total", labels);
    let pattern = ("location", "~ \\.(txt|\")$");
    assert_eq!(count(&[pattern, ("status", "200")]), 1.0);
    assert_eq!(count(&[pattern, ("status", "404")]), 1.0);
    let elsewhere = ("server", "main.test at 127.0.0.1:${PORT_2}");
    assert_eq!(count(&[elsewhere, ("location", "/"), ("status", "404")]), 1.0);
    let nameless = ("server", "127.0.0.1:${PORT_2}");
    assert_eq!(count(&[nameless, ("location", "server"), ("status", "301")]), 1.0);
    assert_eq!(sum(&families, "sitec_http_request_duration_seconds_count", &text), 23.0);
    let head = "GET /text HTTP/1.1\r\nHost: main.test\r\n\r\n".len() as f64;
    assert_eq!(sum(&families, "sitec_http_request_bytes_total", &text), 23.0 * head);
    assert!(sum(&families, "sitec_http_response_bytes_total", &text) > 23.0 * 100.0);
}

#[test]
fn a_request_that_cannot_be_read_is_counted() {
    let (server, _folder, _) = serve("127.0.0.1:1", "off");
    server.connect().send("GET\r\n\r\n").until_closed();
    let bad = [("location", "server"), ("status", "400")];
    wait_for(&mut server.connect(), "sitec_http_requests_total", &bad, 1.0);
}

#[test]
fn the_process_and_its_connections_are_told() {
    let (server, _folder, _) = serve("127.0.0.1:1", "off");
    let (mut client, _waiting) = (server.connect(), server.connect());
    // The others may still be starting.
    wait_for(&mut client, "sitec_workers", &[], 3.0);
    let families = metrics(&mut client);
    assert_eq!(sum(&families, "sitec_connections", &[("state", "writing")]), 1.0);
    assert_eq!(sum(&families, "sitec_leaving", &[]), 0.0);
    let build = &families["sitec_build_info"].samples[0];
    assert_eq!(
        (build.1["site"].as_str(), build.1["conf"].len(), build.2),
        ("operating.conf", 32, 1.0)
    );
    for name in ["process_start_time_seconds", "process_max_fds", "sitec_connections_max"] {
        assert!(sum(&families, name, &[]) > 0.0, "{name}");
    }
    wait_for(&mut client, "sitec_connections", &[("state", "waiting")], 1.0);
}

#[test]
fn others_than_get_are_refused_and_old_clients_are_served() {
    let (server, _folder, _) = serve("127.0.0.1:1", "off");
    let mut client = server.connect();
    for path in ["/metrics", "/status"] {
        client
            .send(format!("POST {path} HTTP/1.1\r\nHost: main.test\r\nContent-Length: 0\r\n\r\n"));
        assert_eq!(client.response("POST").status, 405);
        client.send(format!("HEAD {path} HTTP/1.1\r\nHost: main.test\r\n\r\n"));
        assert_eq!(client.response("HEAD").status, 200);
    }
    let mut old = server.connect();
    old.send("GET /metrics HTTP/1.0\r\nHost: main.test\r\n\r\n");
    let response = old.response("GET");
    assert_eq!(response.field("Transfer-Encoding"), None);
    parse(&response.text());
}

#[test]
fn limits_caches_and_servers_behind_are_counted() {
    let backend = Backend::saying(ANSWER, Then::Keep);
    let (server, _folder, _) = serve(&backend.address(), "off");
    let mut client = server.connect();
    for status in [200, 503, 503] {
        assert_eq!(client.get("/few?k=a", "main.test").status, status);
    }
    assert_eq!(client.get("/few?k=b", "main.test").status, 200);
    for _ in 0..3 {
        assert_eq!(client.get("/kept/a", "main.test").text(), "back");
    }
    assert_eq!(client.get("/app/", "main.test").text(), "back");
    let peer = [("upstream", "app"), ("peer", &*backend.address()), ("status", "200")];
    wait_for(&mut client, "sitec_upstream_requests_total", &peer, 2.0);
    let families = metrics(&mut client);
    let zone = |result| {
        sum(&families, "sitec_limit_requests_total", &[("zone", "few"), ("result", result)])
    };
    assert_eq!(["passed", "rejected", "delayed"].map(zone), [2.0, 2.0, 0.0]);
    assert_eq!(sum(&families, "sitec_zone_entries", &[("zone", "few")]), 2.0);
    let kept = |result| {
        sum(&families, "sitec_cache_requests_total", &[("cache", "kept"), ("result", result)])
    };
    assert_eq!(["miss", "hit"].map(kept), [1.0, 2.0]);
    assert!(sum(&families, "sitec_cache_bytes", &[]) > 0.0);
    assert_eq!(sum(&families, "sitec_upstream_response_time_seconds_count", &peer[..2]), 2.0);
    assert_eq!(sum(&families, "sitec_upstream_addresses_up", &peer[..2]), 1.0);
}

#[test]
fn a_server_behind_that_does_not_answer_is_counted() {
    let (server, _folder, _) = serve("127.0.0.1:1", "off");
    let mut client = server.connect();
    assert_eq!(client.get("/app/", "main.test").status, 502);
    let peer = [("peer", "127.0.0.1:1"), ("status", "502")];
    wait_for(&mut client, "sitec_upstream_requests_total", &peer, 1.0);
}

#[test]
fn scripts_are_counted() {
    let (server, _folder, _) = serve("127.0.0.1:1", "off");
    let mut client = server.connect();
    assert_eq!(client.get("/cgi/traced.sh", "main.test").status, 200);
    wait_for(&mut client, "sitec_scripts_started_total", &[], 1.0);
    wait_for(&mut client, "sitec_scripts", &[], 0.0);
}

#[test]
fn handshakes_are_counted() {
    let (server, _folder, authority) = serve("127.0.0.1:1", "off");
    let address = ("127.0.0.1", server.port_at(2));
    let config = Arc::new(authority.trusted(&[&TLS13], None));
    let mut secure = Client::secure(address, &config, "a.test").expect("a handshake");
    secure.get("/text", "main.test");
    let full = [("version", "TLSv1.3"), ("result", "full")];
    wait_for(&mut secure, "sitec_tls_handshakes_total", &full, 1.0);
    Client::connect(address).send(b"\x16\x03\x01\x00\x05hello").until_closed();
    let failed = [("version", "none"), ("result", "failed")];
    wait_for(&mut secure, "sitec_tls_handshakes_total", &failed, 1.0);
}

#[test]
fn the_page_has_its_parts_at_one_path() {
    let (server, _folder, _) = serve("127.0.0.1:1", "off");
    let mut client = server.connect();
    client.get("/text", "main.test");
    for (query, content_type) in [
        ("", "text/html; charset=utf-8"),
        ("?css", "text/css; charset=utf-8"),
        ("?js", "text/javascript; charset=utf-8"),
    ] {
        let response = client.get(&format!("/status{query}"), "main.test");
        assert_eq!((response.status, response.field("Content-Type")), (200, Some(content_type)));
        assert!(!response.text().contains("//cdn") && !response.text().is_empty());
    }
    client.send("GET /status HTTP/1.1\r\nHost: main.test\r\nAccept: application/json\r\n\r\n");
    let response = client.response("GET");
    assert_eq!(response.field("Content-Type"), Some("application/json"));
    let by_accept: Value = serde_json::from_str(&response.text()).expect("JSON");
    let text = client.get("/status?json", "main.test").text();
    let numbers: Value = serde_json::from_str(&text).expect("JSON");
    // The same as what `metrics` tells.
    let families = metrics(&mut client);
    let told = numbers["families"].as_object().expect("an object");
    assert_eq!(told.keys().cloned().collect::<Vec<_>>(), families.into_keys().collect::<Vec<_>>());
    for numbers in [by_accept, numbers] {
        let requests = numbers["families"]["sitec_http_requests_total"].as_array().expect("a list");
        let text = requests.iter().find(|it| it["location"] == "= /text").expect("it was asked");
        assert_eq!((&text["status"], &text["value"]), (&"200".into(), &1.into()));
        let bounds = numbers["bounds"].as_array().expect("a list").len();
        let times = &numbers["families"]["sitec_http_request_duration_seconds"][0];
        assert_eq!(times["buckets"].as_array().expect("a list").len(), bounds + 1);
    }
}

/// The lines of a log, once there are so many.
fn lines(folder: &Folder, count: usize) -> Vec<Value> {
    let value = |line: String| serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
    folder.wait_for_lines("log", count).into_iter().map(value).collect()
}

#[test]
fn lines_of_the_log_are_json() {
    let (server, folder, _) = serve("127.0.0.1:1", "log");
    let mut client = server.connect();
    client.send("GET /text?a HTTP/1.1\r\nHost: main.test\r\nUser-Agent: a\"b\\c\t\u{e4}\r\n\r\n");
    client.response("GET");
    client.get("/app/", "main.test");
    let lines = lines(&folder, 2);
    let line = &lines[0];
    assert_eq!(line["server"], "main.test at 127.0.0.1:${PORT}");
    assert_eq!((&line["location"], &line["status"]), (&"= /text".into(), &200.into()));
    assert_eq!((&line["method"], &line["user_agent"]), (&"GET".into(), &"a\"b\\c\t\u{e4}".into()));
    assert!(line["request_time"].is_number() && line["msec"].is_number(), "{line}");
    assert_eq!((&line["trace_id"], &line["upstream_addr"]), (&"".into(), &"".into()));
    let line = &lines[1];
    assert_eq!((&line["status"], &line["upstream_status"]), (&502.into(), &"502".into()));
}

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// A request that belongs to a trace.
fn traced(client: &mut Client, path: &str) -> String {
    client.send(format!(
        "GET {path} HTTP/1.1\r\nHost: main.test\r\nTraceparent: {PARENT}\r\nTracestate: a=1\r\n\r\n"
    ));
    client.response("GET").text()
}

#[test]
fn a_trace_goes_on_where_the_conf_says_so() {
    let backend = Backend::saying(ANSWER, Then::Keep);
    let (server, folder, _) = serve(&backend.address(), "log");
    let mut client = server.connect();
    let paths = ["/app/", "/traced/", "/begun/", "/ended/", "/own/"];
    for path in paths {
        assert_eq!(traced(&mut client, path), "back");
    }
    let lines = lines(&folder, paths.len());
    let asked = backend.asked();
    let told = |at: usize| (asked[at].fields("traceparent"), asked[at].fields("tracestate"));
    let own = |at: usize| {
        let [trace, span] =
            ["trace_id", "span_id"].map(|name| lines[at][name].as_str().expect("text"));
        (trace, format!("00-{trace}-{span}-01"))
    };
    assert_eq!(told(0), (vec![PARENT], vec!["a=1"]));
    assert_eq!(lines[0]["trace_id"], "");
    let (trace, parent) = own(1);
    assert_eq!(trace, TRACE);
    assert_eq!(told(1), (vec![&*parent], vec!["a=1"]));
    assert_ne!(parent, PARENT);
    let (trace, parent) = own(2);
    assert_ne!(trace, TRACE);
    assert_eq!(told(2), (vec![&*parent], vec![]));
    assert_eq!(own(3).0, TRACE);
    assert_eq!(told(3), (vec![PARENT], vec!["a=1"]));
    assert_eq!(told(4), (vec!["of its own"], vec!["a=1"]));
    // Scripts are told of it in their environment.
    let said = traced(&mut client, "/cgi/traced.sh");
    let (parent, state) = said.trim().split_once('|').expect("two of them");
    assert_eq!((parent.len(), state), (PARENT.len(), ""));
    assert!(!parent.contains(TRACE), "{parent}");
}

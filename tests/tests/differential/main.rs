//! Servers drawn at random, as sitec compiles them and as nginx runs them: they answer alike, but
//! for the differences that are listed, and documented in docs/nginx.md.
//!
//! `DIFFERENTIAL_SEED` draws what that number stands for, and `DIFFERENTIAL_ROUNDS` says with how many
//! numbers after it the test goes on. `DIFFERENTIAL_REFUSED` shows why servers were not taken.

mod back;
mod both;
mod conf;
mod differences;
mod draw;
mod guides;
mod reply;
mod request;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs::{File, FileTimes};
use std::process::Command;
use std::time::{Duration, SystemTime};
use std::{env, fs};

use sitec_tests::folder::Folder;

use both::{Both, Runtime};
use conf::Drawn;
use differences::DIFFERENCES;
use draw::Draw;
use reply::Reply;
use request::Asked;

/// What is drawn without a word in the environment. With what 2 draws, nginx itself is aborted; with
/// what 3 draws, an `include … set` takes what goes round in internal redirects, of which nginx takes
/// nothing (docs/nginx.md).
const SEED: u64 = 4;

/// How many rounds there are without a word in the environment.
const ROUNDS: u64 = 3;

/// Servers of one round, each in the same two confs.
const SERVERS: usize = 60;

/// Requests to each.
const REQUESTS: usize = 25;

/// Of what is wrong, so much is shown.
const SHOWN: usize = 5;

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// Whether there is an nginx; with `CI` set, as it is behind `.ci/run`, there has to be.
fn has_nginx() -> bool {
    let found = Command::new(both::NGINX).arg("-v").output().is_ok();
    assert!(found || env::var_os("CI").is_none(), "there is no nginx: see .ci/run");
    found
}

#[test]
fn servers_answer_as_nginx_does() {
    if !has_nginx() {
        eprintln!("there is no nginx: nothing was compared");
        return;
    }
    let first = number("DIFFERENTIAL_SEED").unwrap_or(SEED);
    let rounds = number("DIFFERENTIAL_ROUNDS").unwrap_or(ROUNDS);
    let runtime = Runtime::find();
    let mut wrong = Vec::new();
    for seed in first..first + rounds {
        let differ = round(seed, &runtime);
        wrong.extend(differ.into_iter().map(|said| format!("\nDIFFERENTIAL_SEED={seed}:{said}")));
    }
    let shown: String = wrong.iter().take(SHOWN).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} differ\n{shown}", wrong.len());
}

/// Draws servers and requests from a number; what differs.
fn round(seed: u64, runtime: &Runtime) -> Vec<String> {
    let mut draw = Draw::new(seed);
    let folder = files();
    let mut servers: Vec<Drawn> = Vec::new();
    let mut refused = 0;
    while servers.len() < SERVERS {
        let server = Drawn::new(&mut draw, servers.len());
        match both::refused(&folder, &server) {
            None => servers.push(server),
            Some(said) => {
                refused += 1;
                if env::var_os("DIFFERENTIAL_REFUSED").is_some() {
                    eprintln!("{said}");
                }
            }
        }
    }
    let mut both = Both::new(folder, &servers, runtime);
    let (mut wrong, mut same) = (Vec::new(), Vec::new());
    for server in &servers {
        for _ in 0..REQUESTS {
            let request = Asked::new(&mut draw, server, same.len());
            let (is_same, differs) = compare(&request, server, &both);
            wrong.extend(differs);
            same.push(is_same);
        }
    }
    eprintln!("seed {seed}: {} requests, {refused} servers refused", same.len());
    wrong.extend(compare_logs(&mut both, &same));
    wrong
}

/// Asks both. Whether the logs are to say the same, and what differs.
fn compare(request: &Asked, server: &Drawn, both: &Both) -> (bool, Option<String>) {
    let ([nginx, sitec], differs) = ask(request, server, both);
    // The path of a cycle depends on when it is seen to be one, and `$status` may be another one
    // than that of the head.
    (nginx == sitec && !matches!(nginx, 206 | 304 | 500), differs)
}

/// Asks both. Their statuses, and what differs.
fn ask(request: &Asked, server: &Drawn, both: &Both) -> ([u16; 2], Option<String>) {
    let bytes = request.bytes();
    let ports = [both.nginx.ports[server.port], both.sitec.port_at(server.port)];
    let [mut nginx, mut sitec] = ports.map(|port| Reply::to(&bytes, port));
    let as_sent = [nginx.clone(), sitec.clone()];
    for (reply, port) in [&mut nginx, &mut sitec].into_iter().zip(ports) {
        for (_, value) in &mut reply.fields {
            *value = value.replace(&format!(":{port}"), ":PORT");
        }
    }
    differences::times(&mut nginx, &mut sitec);
    for (_, alike) in DIFFERENCES {
        alike(request, &mut nginx, &mut sitec);
    }
    // nginx never answers some requests with content that come after an `auth_request` to another server.
    let is_silent = nginx.status == 0 && nginx.text().starts_with("silent on");
    let differs = (nginx != sitec && !is_silent).then(|| {
        let mut said = format!("\n{}\n{bytes}\n", server.text);
        for (name, reply) in ["nginx", "sitec"].iter().zip(&as_sent) {
            let _ = write!(said, "{name}\n{reply:?}");
        }
        said
    });
    (as_sent.map(|reply| reply.status), differs)
}

/// Lines of the access logs that differ, of requests that both answered with the same status.
fn compare_logs(both: &mut Both, same: &[bool]) -> Vec<String> {
    // A connection without a request has no number, and leaves a line in one of them.
    let of_request = |line: String| {
        let (number, line) = line.split_once('|')?;
        Some((number.parse().ok()?, line.to_owned()))
    };
    let mut logs = both
        .logs()
        .map(|log| log.into_iter().filter_map(of_request).collect::<BTreeMap<usize, _>>());
    for log in &mut logs {
        log.retain(|number, _| same[*number]);
    }
    let [nginx, sitec] = logs;
    let numbers: BTreeSet<_> = nginx.keys().chain(sitec.keys()).collect();
    let differ = numbers.into_iter().filter(|number| nginx.get(number) != sitec.get(number));
    differ
        .map(|number| {
            format!(
                "\nin the log, nginx has {:?}\nand sitec {:?}\n",
                nginx.get(number),
                sitec.get(number)
            )
        })
        .collect()
}

#[test]
fn differences_are_documented() {
    let page = include_str!("../../../docs/nginx.md");
    for (words, _) in DIFFERENCES {
        assert!(page.contains(words), "docs/nginx.md does not say: {words}");
    }
}

/// A content with commands in it.
const SSI: &str = concat!(
    r#"<!--#include virtual="/a.txt" --><!--#include virtual="a/a.txt" wait="yes" -->"#,
    r#"<!--#include virtual="/b.html?x=2" --><!--#echo var="uri" -->|<!--#echo var="arg_x" -->|"#,
    r#"<!--#set var="s" value="[$arg_m]" --><!--#echo var="s" --><!--#bogus -->"#,
    r#"<!--#if expr="$arg_x = /^(.)/" -->1: <!--#echo var="1" --><!--#else -->none<!--#endif -->"#,
    r#"<!--#block name="b" -->stub<!--#endblock --><!--#include virtual="/none" stub="b" -->"#,
    r#"<!--#include virtual="/x/y" set="got" --><!--#echo var="got" default="nothing" -->"#,
);

/// The files that both serve, in a folder of their own, all of one time.
fn files() -> Folder {
    let folder = Folder::new();
    let big = "0123456789".repeat(500);
    for (name, content) in [
        ("index.html", "<p>index</p>"),
        ("a.txt", "a.txt\n"),
        ("a.txt.gz", "gz of a.txt, as it were"),
        ("b.html", "<p>b</p>"),
        ("ssi.html", SSI),
        ("a/ssi.html", SSI),
        ("x.bin", "\0\x01\x02"),
        ("noext", "none"),
        ("page.json", "{}"),
        ("empty.txt", ""),
        ("big.txt", &big),
        ("404.html", "<p>not found</p>"),
        ("403.html", "<p>forbidden</p>"),
        ("s p.txt", "space"),
        (".hidden", "hidden"),
        ("a/index.html", "<p>a</p>"),
        ("a/a.txt", "a/a.txt\n"),
        ("a/b/c.txt", "c"),
        ("a/b.html", "<p>a/b</p>"),
        ("a/b.html.gz", "gz of a/b.html"),
        ("d/x.txt", "d/x.txt\n"),
        ("d/y z.txt", "y z"),
        ("d/é.txt", "accent"),
        ("d/a/a.txt", "d/a/a.txt\n"),
        ("in/a.txt", "in/a.txt\n"),
    ] {
        folder.write(&format!("www/{name}"), content);
    }
    folder.link("www/link.txt", "a.txt");
    set_times(&folder.path().join("www"));
    folder
}

/// Sets the time of all that is beneath a folder.
fn set_times(path: &std::path::Path) {
    for entry in fs::read_dir(path).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            set_times(&path);
        }
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
        let file = File::open(&path).expect("a file");
        file.set_times(FileTimes::new().set_modified(time)).expect("a time");
    }
}

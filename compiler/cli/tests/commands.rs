//! The commands as a user calls them.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use common::{Folder, command, errors, sitec, status};

const GOOD: &str = "server { listen 127.0.0.1:8080; return 200 \"hello\"; }\n";
const DOUBTFUL: &str = "daemon off;\nserver { listen 127.0.0.1:8080; return 204; }\n";
const WRONG: &str = "server { lsten 127.0.0.1:8080; }\n";

#[test]
fn check_tells_wrong_from_unreadable() {
    let folder = Folder::new("check");
    fs::write(folder.join("good.conf"), GOOD).unwrap();
    fs::write(folder.join("doubtful.conf"), DOUBTFUL).unwrap();
    fs::write(folder.join("wrong.conf"), WRONG).unwrap();
    for (files, expected) in [
        (&["good.conf"][..], 0),
        (&["doubtful.conf"], 0),
        (&["wrong.conf"], 1),
        (&["missing.conf"], 2),
        (&["."], 2),
        (&["good.conf", "wrong.conf"], 1),
        (&["missing.conf", "wrong.conf", "good.conf"], 2),
    ] {
        let output = sitec(&folder, &[&["check"], files].concat());
        assert_eq!(status(&output), expected, "{files:?}: {}", errors(&output));
        assert!(output.stdout.is_empty(), "{files:?}");
    }
    let shown = errors(&sitec(&folder, &["check", "good.conf"]));
    assert_eq!(shown, "`good.conf` is fine: 1 server, 0 locations\n");
    let shown = errors(&sitec(&folder, &["check", "doubtful.conf"]));
    assert!(shown.contains("`daemon`") && shown.contains("1 warning"), "{shown}");
    let shown = errors(&sitec(&folder, &["check", "wrong.conf"]));
    for part in ["error", "`lsten`", "wrong.conf:1:10", "listen", "1 error"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains('\x1b'), "colours in a pipe: {shown}");
}

#[test]
fn a_wrong_conf_is_not_built() {
    let folder = Folder::new("wrong");
    fs::write(folder.join("site.conf"), WRONG).unwrap();
    for command in ["build", "run"] {
        let output = sitec(&folder, &[command, "site.conf"]);
        assert_eq!(status(&output), 1, "{command}");
        assert!(errors(&output).contains("site.conf:1:10"), "{}", errors(&output));
        let output = sitec(&folder, &[command, "missing.conf"]);
        assert!(status(&output) != 0 && errors(&output).contains("missing.conf"), "{command}");
    }
    assert_eq!(fs::read_dir(&*folder).unwrap().count(), 1, "something was written");
    fs::write(folder.join("site.conf"), GOOD).unwrap();
    let output = sitec(&folder, &["build", "site.conf", "-o", "no/such/folder"]);
    assert!(status(&output) == 1 && errors(&output).contains("no/such/folder"));
}

#[test]
fn a_conf_anywhere_becomes_a_binary() {
    let folder = Folder::new("build");
    let conf = folder.join("hello/site.conf");
    fs::create_dir(folder.join("hello")).unwrap();
    fs::write(&conf, GOOD).unwrap();
    let build = |args: &[&str]| {
        let output = sitec(&folder, &[&["build", "--debug"], args].concat());
        assert_eq!(status(&output), 0, "{args:?}: {}", errors(&output));
    };
    build(&["hello/site.conf", "-o", "server"]);
    assert_eq!(printed_conf(&folder.join("server")), GOOD);
    let runtime_built = runtime_built();

    // Another conf: the site is compiled again, the runtime is not. The place is the folder
    // of the conf's name, as that exists.
    let other = GOOD.replace("hello", "good bye");
    fs::write(&conf, &other).unwrap();
    build(&["hello/site.conf"]);
    assert_eq!(printed_conf(&folder.join("hello/hello")), other);
    assert_eq!(runtime_built, self::runtime_built());

    // As it stands in the folder, and under a name of its own.
    fs::copy(&conf, folder.join("other.conf")).unwrap();
    build(&["other.conf"]);
    assert_eq!(printed_conf(&folder.join("other")), other);
    let run = sitec(&folder, &["run", "--debug", "other.conf", "--", "--conf"]);
    assert_eq!(String::from_utf8_lossy(&run.stdout), other);
    let names = fs::read_dir(&*folder).unwrap().count();
    assert_eq!(names, 4, "server, hello, other.conf, other and nothing else");
}

#[test]
fn a_binary_is_built_for_a_named_target() {
    let folder = Folder::new("target");
    fs::write(folder.join("site.conf"), GOOD).unwrap();
    let build = |target: &str| {
        sitec(&folder, &["build", "--debug", "site.conf", "-o", "server", "--target", target])
    };
    let rustc = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let version = String::from_utf8(rustc.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let output = build(host);
    assert_eq!(status(&output), 0, "{}", errors(&output));
    assert_eq!(printed_conf(&folder.join("server")), GOOD);

    // Known to rustc, and hardly ever installed.
    let output = build("sparc-unknown-linux-gnu");
    assert_eq!(status(&output), 1);
    let added = "`rustup target add sparc-unknown-linux-gnu`";
    assert!(errors(&output).contains(added), "{}", errors(&output));
}

/// Builds `folder`/site.conf with a time that no file is later than, and returns the binary.
fn built_at(folder: &Path, epoch: &str) -> Vec<u8> {
    let mut command = command(folder, &["build", "--debug", "site.conf", "-o", "server"]);
    let output = command.env("SOURCE_DATE_EPOCH", epoch).output().expect("sitec runs");
    assert_eq!(status(&output), 0, "{}", errors(&output));
    fs::read(folder.join("server")).expect("the binary")
}

#[test]
fn equal_files_make_an_equal_binary() {
    let folder = Folder::new("embed");
    let conf = "server { listen 8080; root www; embed on; precompress gzip br zstd; }";
    fs::write(folder.join("site.conf"), conf).unwrap();
    fs::create_dir(folder.join("www")).unwrap();
    let page = "<p>again and again</p>\n".repeat(100);
    fs::write(folder.join("www/index.html"), &page).unwrap();
    let first = built_at(&folder, "1000000000");
    let gzip = [0x1f, 0x8b, 8];
    assert!(first.windows(page.len()).any(|bytes| bytes == page.as_bytes()), "the page");
    assert!(first.windows(gzip.len()).any(|bytes| bytes == gzip), "its compressed form");
    // Written anew, it has another time.
    fs::remove_file(folder.join("www/index.html")).unwrap();
    fs::write(folder.join("www/index.html"), &page).unwrap();
    assert!(built_at(&folder, "1000000000") == first, "the same files, the same binary");
    assert!(built_at(&folder, "1000000001") != first, "another time");
    fs::write(folder.join("www/more.html"), "more").unwrap();
    let more = built_at(&folder, "1000000000");
    assert!(more != first && built_at(&folder, "1000000000") == more, "a file more");
    fs::remove_file(folder.join("www/more.html")).unwrap();
    assert!(built_at(&folder, "1000000000") == first, "as it was");
}

/// The conf that a binary says it was built from.
fn printed_conf(binary: &Path) -> String {
    let output = Command::new(binary).arg("--conf").output().expect("the binary runs");
    String::from_utf8(output.stdout).expect("text")
}

/// When the runtime that sites are linked with was compiled.
fn runtime_built() -> Vec<(PathBuf, SystemTime)> {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("home");
    let mut built = Vec::new();
    for version in fs::read_dir(home).expect("SITEC_HOME").map(Result::unwrap) {
        let deps = fs::read_dir(version.path().join("target/debug/deps"));
        for file in deps.into_iter().flatten().map(Result::unwrap) {
            if file.file_name().to_string_lossy().starts_with("libsitec_runtime") {
                built.push((file.path(), file.metadata().unwrap().modified().unwrap()));
            }
        }
    }
    built.sort();
    built
}

#[test]
fn a_new_site_stands_alone() {
    let folder = Folder::new("new");
    let new = |args: &[&str]| {
        let output = sitec(&folder, &[&["new"], args].concat());
        (status(&output), String::from_utf8_lossy(&output.stdout).into_owned(), errors(&output))
    };
    for (path, command) in [("blog", "sitec run blog"), ("in/my.site", "sitec run in/my.site")] {
        let (status_of_new, said, wrong) = new(&[path]);
        assert!(status_of_new == 0 && said.contains(command), "{said}{wrong}");
        let conf = fs::read_to_string(folder.join(path).join("site.conf")).unwrap();
        let name = path.trim_start_matches("in/");
        assert!(conf.contains(name) && !conf.contains("{name}"), "{conf}");
        let output = sitec(&folder, &["check", path]);
        assert!(errors(&output).contains("is fine"), "{}", errors(&output));
    }
    // Neither twice, nor over what is there.
    let (again, _, wrong) = new(&["blog"]);
    assert!(again == 1 && wrong.contains("`blog/site.conf` and 3 others"), "{wrong}");
    let part = folder.join("part/www");
    fs::create_dir_all(&part).unwrap();
    fs::write(part.join("index.html"), "mine").unwrap();
    let (taken, _, wrong) = new(&["part"]);
    assert!(taken == 1 && wrong.contains("`part/www/index.html` would be overwritten"), "{wrong}");
    assert!(!folder.join("part/site.conf").exists());
    assert_eq!(fs::read_to_string(part.join("index.html")).unwrap(), "mine");
    // A folder with other files in it.
    let output = sitec(&folder.join("in"), &["new", "."]);
    assert_eq!(status(&output), 0, "{}", errors(&output));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("\n    sitec run\n"), "{said}");
    assert!(errors(&sitec(&folder.join("in"), &["check"])).contains("is fine"));
}

#[test]
fn each_template_is_a_site_whose_tests_hold() {
    let folder = Folder::new("templates");
    for template in ["page", "docs", "spa", "cgi", "upload", "proxy"] {
        let output = sitec(&folder, &["new", "--template", template, template]);
        assert_eq!(status(&output), 0, "{template}: {}", errors(&output));
        let output = sitec(&folder, &["check", "--deny", "warnings", template]);
        let said = errors(&output);
        assert!(status(&output) == 0 && said.contains(" expectations"), "{template}: {said}");
        let output = sitec(&folder, &["fmt", "--check", template]);
        assert_eq!(status(&output), 0, "{}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn a_new_site_in_a_checkout_is_a_feature_where_that_is_asked_for() {
    let folder = Folder::new("checkout");
    fs::create_dir_all(folder.join("sites/default")).unwrap();
    fs::create_dir_all(folder.join("compiler/cli")).unwrap();
    fs::write(folder.join("compiler/cli/Cargo.toml"), "").unwrap();
    let manifest = "[features]\nsite-default = []\n";
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    let output = sitec(&folder, &["new", "sites/plain"]);
    assert!(status(&output) == 0 && folder.join("sites/plain/site.conf").is_file());
    assert_eq!(fs::read_to_string(folder.join("Cargo.toml")).unwrap(), manifest);
    let output = sitec(&folder.join("sites/default"), &["new", "--feature", "blog"]);
    assert_eq!(status(&output), 0, "{}", errors(&output));
    assert!(folder.join("sites/blog/site.conf").is_file());
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    assert_eq!(manifest, "[features]\nsite-default = []\nsite-blog = []\n");
    let output = sitec(&folder, &["new", "--feature", "A"]);
    assert!(status(&output) == 1 && errors(&output).contains("not the name of a feature"));
    let elsewhere = Folder::new("elsewhere");
    let output = sitec(&elsewhere, &["new", "--feature", "blog"]);
    assert!(status(&output) == 1 && errors(&output).contains("is for a checkout of sitec"));
    assert_eq!(fs::read_dir(&*elsewhere).unwrap().count(), 0);
}

#[test]
fn version_and_usage() {
    let here = Folder::new("usage");
    let output = sitec(&here, &["--version"]);
    let version = format!("sitec {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(String::from_utf8_lossy(&output.stdout), version);
    for (args, expected) in [(&[][..], 2), (&["nonsense"], 2), (&["check"], 2), (&["build"], 1)] {
        assert_eq!(status(&sitec(&here, args)), expected, "{args:?}");
    }
    let help = sitec(&here, &["--help"]);
    let help = String::from_utf8_lossy(&help.stdout);
    assert!(help.contains("sitec run blog -- --set PORT=8081"), "{help}");
}

/// Two warnings, one of them about a folder elsewhere, and a lint.
const NOTED: &str =
    "error_log off;\nserver { listen 8080; root /srv/nowhere; server_tokens on; }\n";

#[test]
fn check_sets_severities() {
    let folder = Folder::new("levels");
    fs::write(folder.join("site.conf"), NOTED).unwrap();
    let allowed =
        "# sitec: allow(D11) a file\nerror_log off;\nserver { listen 8080; return 204; }\n";
    fs::write(folder.join("allowed.conf"), allowed).unwrap();
    for (options, expected, codes) in [
        ("site.conf", 0, "D11 F01"),
        ("site.conf --lints", 0, "D11 F01 X13"),
        ("site.conf --deny warnings", 1, "D11 F01"),
        ("site.conf --deny D11 --deny root-missing", 1, "D11 F01"),
        ("site.conf --deny X13", 1, "D11 F01 X13"),
        ("site.conf --deny warnings --allow D11 --allow F01", 0, ""),
        ("allowed.conf --deny warnings", 0, ""),
        ("site.conf --deny D99", 2, ""),
    ] {
        let arguments = ["check", "--format", "short"].into_iter().chain(options.split(' '));
        let output = sitec(&folder, &arguments.collect::<Vec<_>>());
        let said = errors(&output);
        assert_eq!(status(&output), expected, "{options}: {said}");
        let found: Vec<_> =
            said.lines().filter_map(|line| Some(&line.split_once('[')?.1[..3])).collect();
        assert_eq!(found.join(" "), if expected == 2 { "" } else { codes }, "{options}: {said}");
    }
}

#[test]
fn check_tells_programs() {
    let folder = Folder::new("formats");
    fs::write(folder.join("site.conf"), NOTED).unwrap();
    fs::write(folder.join("wrong.conf"), WRONG).unwrap();
    for (format, part) in [("json", "\"severity\": \"error\""), ("sarif", "\"ruleId\": \"D01\"")] {
        let files = ["site.conf", "wrong.conf", "missing.conf"];
        let output = sitec(&folder, &[&["check", "--format", format][..], &files].concat());
        assert_eq!(status(&output), 2);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.starts_with('{') && text.ends_with("}\n") && text.contains(part), "{text}");
        assert!(errors(&output).contains("missing.conf"));
    }
    let output = sitec(&folder, &["check", "--format", "svg", "wrong.conf"]);
    let svg = String::from_utf8_lossy(&output.stdout);
    assert!(status(&output) == 1 && svg.starts_with("<svg ") && svg.contains("lsten"), "{svg}");
}

#[test]
fn check_looks_into_an_image() {
    let folder = Folder::new("sysroot");
    fs::write(folder.join("site.conf"), "server { listen 8080; root /srv/nowhere; }\n").unwrap();
    fs::create_dir_all(folder.join("empty")).unwrap();
    fs::create_dir_all(folder.join("image/srv/nowhere")).unwrap();
    fs::write(folder.join("image/srv/nowhere/index.html"), "").unwrap();
    let check = |sysroot: &[&str]| sitec(&folder, &[&["check", "site.conf"], sysroot].concat());
    assert!(errors(&check(&[])).contains("warning[F01]"));
    let found = check(&["--sysroot", "image"]);
    assert!(errors(&found).contains("is fine"), "{}", errors(&found));
    let missing = check(&["--sysroot", "empty"]);
    assert!(errors(&missing).contains("error[F01]"), "{}", errors(&missing));
    assert_eq!((status(&missing), status(&check(&["--sysroot", "none"]))), (1, 2));
}

#[test]
fn explain_tells_what_a_check_means() {
    let folder = Folder::new("explain");
    let explained = |code| {
        let output = sitec(&folder, &["explain", code]);
        (status(&output), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (status_of_code, text) = explained("D01");
    assert!(status_of_code == 0 && text.contains("unknown-directive") && text.contains("lsten"));
    assert_eq!(explained("unknown-directive"), (0, text));
    assert_eq!(explained("D99"), (1, String::new()));
    for (word, part) in [("root", "Example:\n\n    root www;\n"), ("$uri", "The path")] {
        let (status, text) = explained(word);
        assert!(status == 0 && text.contains(part), "{word}: {text}");
    }
    let output = sitec(&folder, &["explain", "rooot"]);
    assert!(status(&output) == 1 && errors(&output).contains("did you mean `root`?"));
    let all = sitec(&folder, &["explain"]);
    let all = String::from_utf8_lossy(&all.stdout);
    assert!(["Y01", "try_files", "$uri"].iter().all(|part| all.contains(part)), "{all}");
}

#[test]
fn route_shows_each_step() {
    let folder = Folder::new("route");
    let conf = "server { listen 8080; location /a { return 301 /b?$http_x; } }\n";
    fs::write(folder.join("site.conf"), conf).unwrap();
    let route = |args: &[&str]| sitec(&folder, &[&["route", "site.conf"], args].concat());
    let output = route(&["GET", "/a/b", "--header", "X: 1"]);
    let shown = String::from_utf8_lossy(&output.stdout);
    for part in ["location /a (site.conf:1)", "HTTP/1.1 301", "Location: /b?1"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    // The conf and the method that are meant without a name.
    for args in [&["/a/b"][..], &["GET", "/a/b"], &["site.conf", "/a/b"], &[".", "GET", "/a/b"]] {
        let output = sitec(&folder, &[&["route", "--header", "X: 1"], args].concat());
        assert_eq!(String::from_utf8_lossy(&output.stdout), shown, "{args:?}");
    }
    let json = route(&["GET", "/a", "--format", "json"]);
    assert!(String::from_utf8_lossy(&json.stdout).contains("\"status\": 301"));
    for wrong in [&["GET", "a"][..], &["GET", "http://a:81/"], &["GET", "/", "--header", "X"]] {
        assert_ne!(status(&route(wrong)), 0, "{wrong:?}");
    }
}

#[test]
fn routes_are_shown_in_each_format() {
    let folder = Folder::new("routes");
    let conf = "server { listen 8080; location /a { return 301 /b; } }\n";
    fs::write(folder.join("site.conf"), conf).unwrap();
    fs::write(folder.join("wrong.conf"), "server {").unwrap();
    for (format, part) in [
        (&[][..], "301 to /b"),
        (&["--format", "table"], "301 to /b"),
        (&["--format", "json"], "\"target\": \"/b\""),
        (&["--format", "dot"], "digraph site {"),
        (&["--format", "html"], "<title>Routes of site.conf</title>"),
        (&["--format", "svg"], "<text x=\"52\" y=\"67\">/a</text>"),
    ] {
        let output = sitec(&folder, &[&["routes", "site.conf"], format].concat());
        let shown = String::from_utf8_lossy(&output.stdout);
        assert!(status(&output) == 0 && shown.contains(part), "{format:?}: {shown}");
    }
    for wrong in ["wrong.conf", "missing.conf"] {
        let output = sitec(&folder, &["routes", wrong]);
        assert!(status(&output) == 1 && errors(&output).contains(wrong), "{wrong}");
    }
}

#[test]
fn differences_have_a_witness() {
    let folder = Folder::new("diff");
    fs::write(folder.join("old.conf"), GOOD).unwrap();
    fs::write(folder.join("same.conf"), GOOD.replace("; }", ";\n}")).unwrap();
    fs::write(folder.join("new.conf"), GOOD.replace("200 \"hello\"", "204")).unwrap();
    fs::write(folder.join("wrong.conf"), WRONG).unwrap();
    for (new, expected, part) in [
        ("same.conf", 0, ""),
        ("new.conf", 1, "becomes  204"),
        ("wrong.conf", 2, ""),
        ("missing.conf", 2, ""),
    ] {
        let output = sitec(&folder, &["diff", "old.conf", new]);
        let shown = String::from_utf8_lossy(&output.stdout);
        assert_eq!(status(&output), expected, "{new}: {shown}");
        assert!(shown.contains(part) && shown.is_empty() == part.is_empty(), "{new}: {shown}");
        assert_eq!(errors(&output).is_empty(), expected < 2, "{new}");
    }
    let json = sitec(&folder, &["diff", "old.conf", "new.conf", "--format", "json"]);
    assert!(String::from_utf8_lossy(&json.stdout).contains("\"directive\": \"return\""));
}

#[test]
fn bounds_are_shown() {
    let folder = Folder::new("bounds");
    fs::write(folder.join("site.conf"), GOOD).unwrap();
    let human = sitec(&folder, &["bounds", "site.conf"]);
    let shown = String::from_utf8_lossy(&human.stdout);
    assert!(status(&human) == 0 && shown.contains("processes              1"), "{shown}");
    let json = sitec(&folder, &["bounds", "site.conf", "--format", "json"]);
    assert!(String::from_utf8_lossy(&json.stdout).contains("\"processes\": 1"));
    assert_eq!(status(&sitec(&folder, &["bounds", "missing.conf"])), 1);
}

#[test]
fn fmt_lays_out() {
    let folder = Folder::new("fmt");
    let conf = folder.join("site.conf");
    fs::write(&conf, "server{listen 8080;return 200;}").unwrap();
    assert_eq!(status(&sitec(&folder, &["fmt", "--check", "site.conf"])), 1);
    assert_eq!(status(&sitec(&folder, &["fmt", "site.conf"])), 0);
    let laid_out = "server {\n    listen 8080;\n    return 200;\n}\n";
    assert_eq!(fs::read_to_string(&conf).unwrap(), laid_out);
    assert_eq!(status(&sitec(&folder, &["fmt", "--check", "site.conf"])), 0);
    assert_eq!(status(&sitec(&folder, &["fmt"])), 0, "the conf that is meant without a name");
    fs::write(&conf, "server {").unwrap();
    let output = sitec(&folder, &["fmt", "site.conf"]);
    assert!(status(&output) == 1 && errors(&output).contains("Y02"), "{}", errors(&output));
    assert_eq!(fs::read_to_string(&conf).unwrap(), "server {");
}

#[test]
fn fmt_shows_what_would_change() {
    let folder = Folder::new("fmt-check");
    fs::write(folder.join("site.conf"), "server {\n  listen 8080;\n    return 200;\n}\n").unwrap();
    let output = sitec(&folder, &["fmt", "--check"]);
    let diff = "--- site.conf\n+++ site.conf, formatted\n@@ -1,4 +1,4 @@\n server {\n-  listen \
                8080;\n+    listen 8080;\n     return 200;\n }\n";
    assert_eq!((status(&output), String::from_utf8_lossy(&output.stdout).as_ref()), (1, diff));
    assert!(errors(&output).contains("`site.conf` is not formatted"), "{}", errors(&output));
}

#[test]
fn fmt_is_a_filter() {
    let folder = Folder::new("fmt-filter");
    let filtered = |args: &[&str], conf: &str| {
        let mut command = command(&folder, &[&["fmt"], args].concat());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("sitec runs");
        child.stdin.take().unwrap().write_all(conf.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let output = filtered(&["-"], "server{listen 8080;return 200;}");
    let laid_out = "server {\n    listen 8080;\n    return 200;\n}\n";
    assert_eq!((status(&output), String::from_utf8_lossy(&output.stdout).as_ref()), (0, laid_out));
    let output = filtered(&["-", "--check"], laid_out);
    assert!(status(&output) == 0 && output.stdout.is_empty());
    let output = filtered(&["--check", "-"], "server{listen 8080;return 200;}");
    assert!(status(&output) == 1 && output.stdout.starts_with(b"--- standard input\n"));
    let output = filtered(&["-"], "server {");
    assert!(status(&output) == 1 && output.stdout.is_empty() && errors(&output).contains("Y02"));
}

#[test]
fn a_folder_or_nothing_means_its_site_conf() {
    let folder = Folder::new("folder");
    fs::create_dir(folder.join("blog")).unwrap();
    let conf = "server { listen 8080; location /a { return 204; } expect GET /a 204; }\n";
    fs::write(folder.join("blog/site.conf"), conf).unwrap();
    let fine = |name: &str| format!("`{name}` is fine: 1 server, 1 location, 1 expectation\n");
    assert_eq!(errors(&sitec(&folder, &["check", "blog"])), fine("blog/site.conf"));
    for args in [&["check"][..], &["check", "."]] {
        assert_eq!(errors(&sitec(&folder.join("blog"), args)), fine("site.conf"), "{args:?}");
    }
    for command in ["routes", "bounds"] {
        assert_eq!(status(&sitec(&folder.join("blog"), &[command])), 0, "{command}");
        assert_eq!(status(&sitec(&folder, &[command, "blog"])), 0, "{command}");
        let output = sitec(&folder, &[command]);
        assert!(status(&output) == 1 && errors(&output).contains("`sitec new`"), "{command}");
    }
    assert_eq!(status(&sitec(&folder.join("blog"), &["diff", "../blog"])), 0);
}

#[test]
fn a_build_knows_which_findings_count() {
    let folder = Folder::new("build-levels");
    fs::write(folder.join("site.conf"), DOUBTFUL).unwrap();
    for command in ["build", "run"] {
        let output = sitec(&folder, &[command, "--deny", "warnings"]);
        assert!(status(&output) == 1 && errors(&output).contains("error[D08]"), "{command}");
    }
    let output = sitec(&folder, &["build", "--debug", "--allow", "D08", "-o", "server"]);
    assert_eq!(status(&output), 0, "{}", errors(&output));
    assert!(!errors(&output).contains("D08") && folder.join("server").is_file());
}

#[test]
fn completions_and_man_pages_install_themselves() {
    let folder = Folder::new("install");
    let install = |args: &[&str], shell: &str| {
        let mut command = command(&folder, args);
        command.env("HOME", &*folder).env("SHELL", shell);
        command.env_remove("XDG_DATA_HOME").env_remove("XDG_CONFIG_HOME");
        let output = command.output().expect("sitec runs");
        assert_eq!(status(&output), 0, "{}", errors(&output));
        errors(&output)
    };
    install(&["completions", "--install"], "/bin/bash");
    let bash = folder.join(".local/share/bash-completion/completions/sitec");
    assert!(fs::read_to_string(bash).unwrap().contains("complete -F _sitec"));
    install(&["completions", "fish", "--install"], "/bin/bash");
    assert!(folder.join(".config/fish/completions/sitec.fish").is_file());
    let said = install(&["completions", "zsh", "--install"], "/bin/bash");
    assert!(said.contains("fpath=(") && said.contains("/zsh/site-functions"), "{said}");
    install(&["man", "--install"], "/bin/bash");
    assert!(folder.join(".local/share/man/man1/sitec-check.1").is_file());
    let mut unknown = command(&folder, &["completions"]);
    let output = unknown.env_remove("SHELL").output().unwrap();
    assert!(status(&output) == 1 && errors(&output).contains("name a shell"));
}

#[test]
fn watch_checks_again() {
    let folder = Folder::new("watch");
    fs::write(folder.join("site.conf"), WRONG).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sitec"));
    command.current_dir(&*folder).args(["check", "--watch", "site.conf"]);
    let mut child = command.stderr(Stdio::piped()).spawn().expect("sitec runs");
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("lsten")));
    assert!(lines.any(|line| line == "waiting for changes"));
    fs::write(folder.join("site.conf"), GOOD).unwrap();
    assert_eq!(lines.next().as_deref(), Some("`site.conf` is fine: 1 server, 0 locations"));
    assert_eq!(lines.next().as_deref(), Some("waiting for changes"));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn import_writes_what_compiles() {
    let folder = Folder::new("import");
    let etc = folder.join("image/etc/nginx");
    fs::create_dir_all(etc.join("sites-enabled")).unwrap();
    fs::create_dir(folder.join("site")).unwrap();
    let sites = "http { # all\n    include /etc/nginx/sites-enabled/*;\n}\n";
    fs::write(etc.join("nginx.conf"), sites).unwrap();
    let one = "server { listen 8080; location / { return 204; } }\n";
    fs::write(etc.join("sites-enabled/one"), one).unwrap();
    let import = |args: &[&str]| {
        sitec(
            &folder,
            &[&["import", "--sysroot", "image", "image/etc/nginx/nginx.conf"], args].concat(),
        )
    };

    let output = import(&[]);
    let written = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(status(&output), 0, "{}", errors(&output));
    let part =
        "    # all\n    # from /etc/nginx/sites-enabled/one\n    server {\n        listen 8080;\n";
    assert!(written.contains(part), "{written}");
    assert!(errors(&output).contains("0 left out"), "{}", errors(&output));

    // What is lost is told, and the rest compiles.
    fs::write(etc.join("sites-enabled/one"), one.replace("return", "fancyindex on; return"))
        .unwrap();
    let output = import(&["-o", "site/site.conf"]);
    assert_eq!(status(&output), 1, "{}", errors(&output));
    for part in ["`fancyindex` is not supported", "/etc/nginx/sites-enabled/one:1:36", "1 left out"]
    {
        assert!(errors(&output).contains(part), "{part}: {}", errors(&output));
    }
    let written = fs::read_to_string(folder.join("site/site.conf")).unwrap();
    assert!(written.contains("# not carried over: nginx's `fancyindex`"), "{written}");
    assert_eq!(status(&sitec(&folder, &["check", "site"])), 0, "{written}");
    assert_eq!(status(&sitec(&folder, &["fmt", "--check", "site"])), 0, "{written}");

    // A site.conf that is there stays, and what cannot be read is told.
    let output = import(&["-o", "site/site.conf"]);
    assert!(errors(&output).contains("is there already"), "{}", errors(&output));
    fs::write(etc.join("nginx.conf"), "http {").unwrap();
    let output = import(&[]);
    assert!(status(&output) == 2 && output.stdout.is_empty(), "{}", errors(&output));
    assert_eq!(status(&sitec(&folder, &["import", "missing.conf"])), 2);
}

#[test]
fn import_knows_languages_by_name_and_content() {
    let folder = Folder::new("import-languages");
    let caddy = ":8080 {\n\trespond \"hello\"\n}\n";
    for (name, text, told) in [
        ("Caddyfile", caddy, "server {"),
        (".htaccess", "Redirect 301 /old /new\n", "permanent;"),
        ("lighttpd.conf", "server.port = 8081\n", "listen 8081 default_server;"),
        ("site", caddy, "listen 8080;"),
        ("nginx", "server { listen 8082; return 204; }\n", "listen 8082;"),
    ] {
        fs::write(folder.join(name), text).unwrap();
        let output = sitec(&folder, &["import", name]);
        let written = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(status(&output) == 0 && written.contains(told), "{name}: {written}");
    }
    let output = sitec(&folder, &["import", "--from", "nginx", "Caddyfile"]);
    assert!(status(&output) == 2 && errors(&output).contains("a Caddyfile"), "{}", errors(&output));
}

#[test]
fn completions_and_man_pages() {
    let folder = Folder::new("man");
    for shell in ["bash", "fish", "zsh"] {
        let output = sitec(&folder, &["completions", shell]);
        assert!(String::from_utf8_lossy(&output.stdout).contains("route"), "{shell}");
    }
    let output = sitec(&folder, &["man"]);
    assert!(String::from_utf8_lossy(&output.stdout).starts_with(".ie"), "{output:?}");
    assert_eq!(status(&sitec(&folder, &["man", "--out", "."])), 0);
    assert!(folder.join("sitec.1").is_file() && folder.join("sitec-route.1").is_file());
}

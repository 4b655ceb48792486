//! Real programs, as they come: git, gitweb, PHP, CGI.pm. `.ci/run` installs them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::launch;
use sitec_tests::folder::Folder;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

/// Where a program is, by a line of the shell that prints it. `None`, said on standard error,
/// where it is not installed; with `CI` set, as it is behind `.ci/run`, that is a failure.
fn find(line: &str) -> Option<String> {
    let output = Command::new("sh").args(["-c", line]).output().expect("a shell");
    let path = String::from_utf8(output.stdout).expect("a path").trim().to_owned();
    if Path::new(&path).is_file() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "`{line}` finds no program: see .ci/run");
    eprintln!("not tested: `{line}` finds no program");
    None
}

/// A server over a copy of `sites/programs`, with the program that the param stands for.
fn serve(folder: &Folder, param: &str, program: &str) -> Server {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("sites/programs");
    for entry in fs::read_dir(from).expect("sites/programs").flatten() {
        if entry.file_type().expect("a file").is_file() {
            let name = format!("programs/{}", entry.file_name().display());
            folder.write(&name, fs::read(entry.path()).expect("a file"));
        }
    }
    fs::create_dir_all(folder.path().join("programs/git")).expect("a folder");
    fs::create_dir_all(folder.path().join("programs/sessions")).expect("a folder");
    launch("programs").set(param, program).arg("--prefix").arg(folder.path()).start()
}

/// A git that knows nobody's settings.
struct Git {
    home: PathBuf,
}

impl Git {
    fn try_run(&self, args: &[&str]) -> Output {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=Test", "-c", "user.email=test@localhost"]);
        command.args(["-c", "init.defaultBranch=main", "-c", "http.postBuffer=65536"]);
        command.env("HOME", &self.home).env("GIT_CONFIG_NOSYSTEM", "1");
        command.env("GIT_TERMINAL_PROMPT", "0").env_remove("GIT_DIR");
        command.current_dir(&self.home).args(args).output().expect("git")
    }

    fn run(&self, args: &[&str]) -> String {
        let output = self.try_run(args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "git {}:\n{said}", args.join(" "));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// Bytes that do not compress.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1u64;
    let mut byte = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..len).map(|_| byte()).collect()
}

#[test]
fn git_clones_and_pushes() {
    let folder = Folder::new();
    let Some(program) = find("echo $(git --exec-path)/git-http-backend") else { return };
    let server = serve(&folder, "GIT", &program);
    let git = Git { home: folder.path().to_owned() };
    git.run(&["init", "--bare", "-q", "programs/git/project.git"]);
    let url = format!("http://127.0.0.1:{}/git/project.git", server.port());
    git.run(&["clone", "-q", &url, "first"]);
    folder.write("first/text", "hello\n");
    folder.write("first/noise", noise(3_000_000));
    git.run(&["-C", "first", "add", "."]);
    git.run(&["-C", "first", "commit", "-q", "-m", "Begin"]);
    git.run(&["-C", "first", "push", "-q", "origin", "HEAD:main"]);
    git.run(&["clone", "-q", "-b", "main", &url, "second"]);
    assert_eq!(folder.text("second/text"), "hello\n");
    let read = |name: &str| fs::read(folder.path().join(name)).expect("a file");
    assert!(read("second/noise") == noise(3_000_000));
    folder.write("second/text", "hello again\n");
    git.run(&["-C", "second", "commit", "-q", "-a", "-m", "Go on"]);
    git.run(&["-C", "second", "push", "-q", "origin", "main"]);
    git.run(&["-C", "first", "pull", "-q", "origin", "main"]);
    assert_eq!(folder.text("first/text"), "hello again\n");
    let missing = git.try_run(&["clone", "-q", &url.replace("project", "none"), "third"]);
    assert!(!missing.status.success());
}

#[test]
fn gitweb_shows_a_repository() {
    let folder = Folder::new();
    let Some(program) = find("echo /usr/share/gitweb/gitweb.cgi") else { return };
    let server = serve(&folder, "GITWEB", &program);
    let git = Git { home: folder.path().to_owned() };
    git.run(&["init", "-q", "programs/git/project"]);
    folder.write("programs/git/project/text", "hello\n");
    git.run(&["-C", "programs/git/project", "add", "."]);
    git.run(&["-C", "programs/git/project", "commit", "-q", "-m", "Begin with <text>"]);
    let root = folder.path().join("programs/git");
    folder.write(
        "programs/git/gitweb.conf",
        format!("our $projectroot = '{}';\n$ENV{{HOME}} = '{0}';\n1;\n", root.display()),
    );
    let list = server.get("/gitweb/");
    assert_eq!(list.status, 200, "{}", server.log());
    assert!(list.text().contains("project/.git"), "{}", list.text());
    let summary = server.get("/gitweb/?p=project/.git;a=log").text();
    assert!(summary.contains("Begin with &lt;text&gt;"), "{summary}");
    assert_eq!(server.get("/gitweb/?p=none;a=log").status, 404);
}

/// The cookies that a response sets, as a request brings them back.
fn cookies(response: &Response) -> String {
    let cookies = response.values("Set-Cookie").filter_map(|value| value.split(';').next());
    cookies.collect::<Vec<_>>().join("; ")
}

#[test]
fn php_has_sessions_and_takes_files() {
    let folder = Folder::new();
    let Some(program) = find("command -v php-cgi") else { return };
    let server = serve(&folder, "PHP", &program);
    assert_eq!(server.get("/").field("Location"), Some("/session.php"));
    let first = server.get("/session.php/extra?q=a%20b");
    assert_eq!(first.text(), "visit 1\nname -\nquery a b\ninfo /extra\n");
    assert_eq!(first.field("X-Script"), Some("/session.php"));
    assert!(first.field("Content-Type").is_some_and(|kind| kind.starts_with("text/html")));
    assert_eq!(first.values("Set-Cookie").count(), 2, "{first:?}");

    let cookies = cookies(&first);
    let post = |content_type: &str, content: &[u8]| {
        let head = format!(
            "POST /session.php HTTP/1.1\r\nHost: a\r\nCookie: {cookies}\r\n\
             Content-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
            content.len()
        );
        server.connect().send([head.as_bytes(), content].concat()).response("POST").text()
    };
    let form = post("application/x-www-form-urlencoded", b"name=Ann+B");
    assert_eq!(form, "visit 2\nname Ann B\nquery -\ninfo -\n");

    let content = noise(1_500_000);
    let part = "Content-Disposition: form-data; name=\"file\"; filename=\"a.bin\"";
    let body = [format!("--x\r\n{part}\r\n\r\n").as_bytes(), &content, b"\r\n--x--\r\n"].concat();
    folder.write("sum", &content);
    let sum = Command::new("md5sum").arg(folder.path().join("sum")).output().expect("md5sum");
    let sum = String::from_utf8_lossy(&sum.stdout).split(' ').next().unwrap_or("").to_owned();
    let upload = post("multipart/form-data; boundary=x", &body);
    let expected = format!("visit 3\nname -\nquery -\ninfo -\nfile a.bin 0 1500000 {sum}\n");
    assert_eq!(upload, expected, "{}", server.log());
}

#[test]
fn perl_answers_a_form() {
    let folder = Folder::new();
    let Some(program) = find("perl -MCGI -e 1 && command -v perl") else { return };
    let server = serve(&folder, "PERL", &program);
    let form = server.get("/form.pl");
    assert_eq!(form.status, 200, "{}", server.log());
    assert!(form.text().contains("action=\"/form.pl\""), "{}", form.text());
    assert_eq!(form.field("Content-Type"), Some("text/html; charset=utf-8"));
    let head = "POST /form.pl HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\
                Content-Type: application/x-www-form-urlencoded\r\n\r\n";
    let chunks = "5\r\nname=\r\n8\r\n%3CA%3E+\r\n1\r\nB\r\n0\r\n\r\n";
    let answer = server.connect().send(format!("{head}{chunks}")).response("POST");
    assert!(answer.text().contains("Hello, &lt;A&gt; B"), "{answer:?}");
    assert_eq!(cookies(&answer), "name=%3CA%3E%20B");
}

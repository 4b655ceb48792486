//! G1, G2: which script a path names, and what it is told.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::launch;
use sitec_tests::client::Client;
use sitec_tests::folder::Folder;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

/// A server of `sites/cgi.conf`.
pub(crate) fn serve() -> Server {
    launch("cgi").start()
}

/// A script that does what `code`, one line of the shell, says.
pub(crate) fn run(server: &Server, code: &str) -> Response {
    ask(&mut server.connect(), "/bin/run.sh", code)
}

/// The same on a connection and at a path.
pub(crate) fn ask(client: &mut Client, path: &str, code: &str) -> Response {
    send(client, path, code).response("GET")
}

/// Asks for it without waiting for the response.
pub(crate) fn send<'a>(client: &'a mut Client, path: &str, code: &str) -> &'a mut Client {
    client.send(format!("GET {path} HTTP/1.1\r\nHost: cgi.test\r\nX-Run: {code}\r\n\r\n"))
}

/// A script that was told something: its folder, its variables, and its content.
struct Told {
    folder: String,
    variables: BTreeMap<String, String>,
    content: String,
}

impl Told {
    fn of(response: &Response) -> Told {
        assert_eq!(response.status, 200, "{response:?}");
        let text = response.text();
        let mut lines = text.lines();
        let folder = lines.next().unwrap_or_default().to_owned();
        let (mut variables, mut content) = (BTreeMap::new(), String::new());
        for line in lines {
            match line.split_once('=') {
                Some((name, value)) => drop(variables.insert(name.to_owned(), value.to_owned())),
                None => content += line,
            }
        }
        Told { folder, variables, content }
    }

    fn get(server: &Server, path: &str) -> Told {
        Told::of(&server.get_from("cgi.test", path))
    }

    /// The variable; a dash where there is none.
    fn variable(&self, name: &str) -> &str {
        self.variables.get(name).map_or("-", String::as_str)
    }
}

#[test]
fn the_front_of_a_path_is_the_script() {
    let server = serve();
    for (path, name, extra) in [
        ("/bin/env.sh", "/bin/env.sh", "-"),
        ("/bin/env.sh?a=b", "/bin/env.sh", "-"),
        ("/bin/env.sh/", "/bin/env.sh", "/"),
        ("/bin/env.sh/a/b%20c%3f", "/bin/env.sh", "/a/b c?"),
        ("/bin/env.sh/run.sh", "/bin/env.sh", "/run.sh"),
        ("/bin/x/../env.sh/y/../z", "/bin/env.sh", "/z"),
        ("/aliased/env.sh/x", "/aliased/env.sh", "/x"),
        ("/one", "/one", "-"),
        ("/re/env", "/re/env", "-"),
        ("/program/", "/program", "/"),
        ("/program/a.sh/b", "/program", "/a.sh/b"),
        ("/bare/x", "/bare", "/x"),
        ("/program-re/x", "", "/program-re/x"),
        ("/fallback/x", "", "/fallback/x"),
    ] {
        let told = Told::get(&server, path);
        assert_eq!(
            (told.variable("SCRIPT_NAME"), told.variable("PATH_INFO")),
            (name, extra),
            "{path}"
        );
        assert!(told.variable("SCRIPT_FILENAME").ends_with("/cgi/bin/env.sh"), "{path}");
        assert!(told.folder.ends_with("/cgi/bin"), "{path}: {}", told.folder);
    }
}

#[test]
fn what_is_no_script_is_a_file_or_nothing() {
    let server = serve();
    for (path, status) in [
        ("/bin/none.sh", 404),
        ("/bin/none.sh/env.sh", 404),
        ("/bin/plain.txt/env.sh", 404),
        ("/bin/plain.txt/x.sh", 404),
        ("/bin/env.shx", 404),
        ("/bin/.hidden.sh", 404),
        ("/.sh", 404),
        ("/dir.sh/none.sh", 404),
        ("/barefoot", 404),
        ("/program", 404),
        ("/bin/plain.txt", 200),
        ("/page.html", 200),
        ("/dir.sh/file.txt", 200),
        ("/hidden/bin/.hidden.sh", 200),
        ("/dir.sh", 301),
        ("/bin/", 403),
    ] {
        assert_eq!(server.get_from("cgi.test", path).status, status, "{path}");
    }
    // Not even where scripts are off does a file run.
    assert!(server.get_from("cgi.test", "/none/env.sh").text().starts_with("#!/bin/sh"));
    assert_eq!(server.get_from("cgi.test", "/").text(), "index of /index.sh");
    let by_interpreter = server.get_from("cgi.test", "/bin/by.run").text();
    assert!(by_interpreter.starts_with("run by /") && by_interpreter.ends_with("/cgi/bin/by.run"));
}

#[test]
fn methods_are_those_that_scripts_take() {
    let server = serve();
    let ask = |method: &str, path: &str| {
        let text =
            format!("{method} {path} HTTP/1.1\r\nHost: cgi.test\r\nContent-Length: 0\r\n\r\n");
        server.connect().send(text).response(method)
    };
    for method in ["GET", "POST", "HEAD"] {
        assert_eq!(ask(method, "/bin/env.sh").status, 200, "{method}");
    }
    for method in ["PUT", "DELETE", "PATCH"] {
        let response = ask(method, "/bin/env.sh");
        assert_eq!((response.status, response.field("Allow")), (405, Some("GET, HEAD, POST")));
    }
    assert_eq!(ask("POST", "/get/env.sh").status, 405);
    assert_eq!(ask("POST", "/page.html").status, 405);
}

#[test]
fn what_the_server_has_acted_on_is_not_told() {
    let server = serve();
    // Where the request itself leads, an error page, and where a script leads.
    for (path, code) in [
        ("/bin/env.sh", "-"),
        ("/rescued/run.sh", "exit 1"),
        ("/bin/run.sh", "printf 'Location: /bin/env.sh\\n\\n'"),
    ] {
        let request = format!(
            "POST http://CGI.test:81{path} HTTP/1.1\r\nHost: any.any.test\r\nX-Run: {code}\r\n\
             Transfer-Encoding: chunked\r\nExpect: 100-continue\r\nTE: trailers\r\n\r\n"
        );
        let mut client = server.connect();
        let mut response = client.send(request).response("POST");
        if response.status == 100 {
            response = client.send("3\r\nabc\r\n0\r\n\r\n").response("POST");
        }
        let told = Told::of(&response);
        for (name, value) in [
            ("HTTP_HOST", "CGI.test:81"),
            ("SERVER_NAME", "cgi.test"),
            ("HTTP_TRANSFER_ENCODING", "-"),
            ("HTTP_EXPECT", "-"),
            ("HTTP_TE", "trailers"),
            ("CONTENT_LENGTH", if path == "/bin/env.sh" { "3" } else { "-" }),
        ] {
            assert_eq!(told.variable(name), value, "{name} at {path}");
        }
    }
    let by_target = "GET http://a.any.test/bin/env.sh HTTP/1.0\r\n\r\n";
    let told = Told::of(&server.connect().send(by_target).response("GET"));
    assert_eq!(told.variable("HTTP_HOST"), "a.any.test");
    assert_eq!(told.variable("SERVER_NAME"), "a.any.test");
}

#[test]
fn a_script_that_makes_an_error_page_is_told_the_status() {
    let server = serve();
    for (path, status) in [("/gone", "410"), ("/gone/too", "410"), ("/bin/env.sh", "200")] {
        assert_eq!(Told::get(&server, path).variable("REDIRECT_STATUS"), status, "{path}");
    }
}

#[test]
fn a_script_is_told_about_its_request() {
    let server = serve();
    let request = "POST /bin/env.sh/x%20y?a=b&c=%20 HTTP/1.1\r\nHost: CGI.test:80\r\n\
                   Content-Type: text/x-test\r\nContent-Length: 7\r\nCookie: a=1\r\nCookie: b=2\r\n\
                   X-Two: one\r\nx-two: two\r\nX_Under: no\r\nX.Dot: no\r\nProxy: http://evil\r\n\
                   Authorization: Basic eDp5\r\n\r\ncontent";
    let told = Told::of(&server.connect().send(request).response("POST"));
    let root = told.variable("DOCUMENT_ROOT").to_owned();
    let translated = format!("{root}/x y");
    assert_eq!(told.folder, format!("{root}/bin"));
    for (name, value) in [
        ("GATEWAY_INTERFACE", "CGI/1.1"),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("REQUEST_METHOD", "POST"),
        ("REQUEST_URI", "/bin/env.sh/x%20y?a=b&c=%20"),
        ("DOCUMENT_URI", "/bin/env.sh/x y"),
        ("QUERY_STRING", "a=b&c=%20"),
        ("SCRIPT_NAME", "/bin/env.sh"),
        ("PATH_INFO", "/x y"),
        ("PATH_TRANSLATED", &translated),
        ("CONTENT_LENGTH", "7"),
        ("CONTENT_TYPE", "text/x-test"),
        ("SERVER_NAME", "cgi.test"),
        ("SERVER_PORT", &server.port().to_string()),
        ("SERVER_ADDR", "127.0.0.1"),
        ("REMOTE_ADDR", "127.0.0.1"),
        ("REMOTE_HOST", "127.0.0.1"),
        ("REQUEST_SCHEME", "http"),
        ("REDIRECT_STATUS", "200"),
        ("HTTP_HOST", "CGI.test:80"),
        ("HTTP_COOKIE", "a=1; b=2"),
        ("HTTP_X_TWO", "one, two"),
        ("PATH", &std::env::var("PATH").unwrap()),
    ] {
        assert_eq!(told.variable(name), value, "{name}");
    }
    assert!(told.variable("SERVER_SOFTWARE").starts_with("sitec/"));
    assert!(told.variable("REMOTE_PORT").parse::<u16>().is_ok());
    for name in [
        "HTTPS",
        "AUTH_TYPE",
        "REMOTE_USER",
        "HTTP_PROXY",
        "HTTP_AUTHORIZATION",
        "HTTP_CONTENT_TYPE",
        "HTTP_CONTENT_LENGTH",
        "HTTP_X_UNDER",
        "HTTP_X_DOT",
        "HTTP_X.DOT",
        "HOME",
    ] {
        assert_eq!(told.variable(name), "-", "{name}");
    }
    assert_eq!(told.content, "content");
}

#[test]
fn without_content_nothing_is_told_of_it() {
    let server = serve();
    let told = Told::get(&server, "/bin/env.sh");
    for name in ["CONTENT_LENGTH", "CONTENT_TYPE", "PATH_INFO", "PATH_TRANSLATED"] {
        assert_eq!(told.variable(name), "-", "{name}");
    }
    assert_eq!((told.variable("QUERY_STRING"), told.content.as_str()), ("", ""));
    let empty = "POST /bin/env.sh HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
    let told = Told::of(&server.connect().send(empty).response("POST"));
    assert_eq!(told.variable("CONTENT_LENGTH"), "0");
    let old = server.connect().send("GET /bin/env.sh HTTP/1.0\r\n\r\n").until_closed();
    assert!(String::from_utf8_lossy(&old).contains("\nSERVER_PROTOCOL=HTTP/1.0\n"));
}

#[test]
fn a_server_without_a_plain_name_goes_by_the_host() {
    let server = serve();
    let told = Told::of(&server.get_from("x.any.test:8080", "/bin/env.sh"));
    assert_eq!(told.variable("SERVER_NAME"), "x.any.test");
}

#[test]
fn the_conf_may_say_more() {
    let server = serve();
    let request = "GET /params/env.sh HTTP/1.1\r\nHost: a\r\nAuthorization: Basic eDp5\r\n\r\n";
    let told = Told::of(&server.connect().send(request).response("GET"));
    for (name, value) in [
        ("GREETING", "hello 127.0.0.1"),
        ("SERVER_NAME", "other.test"),
        ("EMPTY", ""),
        ("HTTP_AUTHORIZATION", "Basic eDp5"),
    ] {
        assert_eq!(told.variable(name), value, "{name}");
    }
}

#[test]
fn heads_may_be_large() {
    let server = serve();
    let value = "x".repeat(7000);
    let fields: String = (0..4).map(|n| format!("X-{n}: {value}\r\n")).collect();
    let request = format!("GET /bin/env.sh HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
    let told = Told::of(&server.connect().send(request).response("GET"));
    assert_eq!((told.variable("HTTP_X_0"), told.variable("HTTP_X_3")), (&*value, &*value));
}

#[test]
fn scripts_inherit_three_descriptors() {
    let server = serve();
    let code = "printf 'Content-Type: text/plain\\n\\n'; exec ls -l /proc/self/fd";
    let listed = run(&server, code).text();
    let open: Vec<_> = listed.lines().filter_map(|line| line.split(" -> ").next()).collect();
    let numbers: Vec<_> = open.iter().filter_map(|line| line.rsplit(' ').next()).collect();
    // The last one is the folder that `ls` reads.
    assert_eq!(numbers[1..], ["0", "1", "2", "3"], "{listed}");
    assert!(listed.contains("0 -> /dev/null"), "{listed}");
}

#[test]
fn what_may_not_be_executed_is_forbidden() {
    let folder = Folder::new();
    folder.write("cgi/bin/env.sh", "#!/bin/sh\n");
    folder.write("cgi/bin/mode.sh", "#!/bin/sh\n");
    let missing = folder.write("cgi/bin/missing.sh", "#!/no/such/interpreter\n");
    for path in [folder.path().join("cgi/bin/env.sh"), missing] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let server = launch("cgi").arg("--prefix").arg(folder.path()).start();
    assert_eq!(server.get_from("cgi.test", "/bin/mode.sh").status, 403);
    server.wait_for("/cgi/bin/mode.sh\" could not be started: Permission denied");
    assert_eq!(server.get_from("cgi.test", "/bin/missing.sh").status, 502);
    server.wait_for("/cgi/bin/missing.sh\" could not be started: No such file");
    // The server is none the worse for it.
    assert_eq!(server.get_from("cgi.test", "/bin/env.sh").status, 502);
}

#[test]
fn a_program_that_is_missing_stops_the_start() {
    let folder = Folder::new();
    folder.write("cgi/bin/env.sh", "#!/bin/sh\n");
    for args in [&["--check"][..], &[]] {
        let launch = args.iter().fold(launch("cgi"), |launch, arg| launch.arg(arg));
        let output = launch.arg("--prefix").arg(folder.path()).output();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && said.contains("cgi/bin/env.sh` is no program"),
            "{said}"
        );
    }
}

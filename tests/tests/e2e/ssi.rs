//! `ssi`: what nginx 1.22 answered to the same contents, and what comes of parts that are long or slow.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use sitec_tests::backend::{Backend, Then};
use sitec_tests::folder::Folder;
use sitec_tests::http2::Http2;
use sitec_tests::response::Response;
use sitec_tests::server::Server;

use crate::launch;

/// What stands in the place of a command that is wrong.
const ERROR: &str = "[an error occurred while processing the directive]";

struct Site {
    server: Server,
    www: Folder,
}

fn serve(back: &str) -> Site {
    let www = Folder::new();
    www.write("inc/h.txt", "HEAD");
    www.write("ssi/page.html", "");
    let launch = launch("ssi").set("WWW", www.path().to_str().expect("UTF-8"));
    Site { server: launch.set("BACK", back).start(), www }
}

impl Site {
    /// What comes of a content, asked for over HTTP/1.1.
    fn made(&self, content: &str) -> String {
        self.www.write("ssi/page.html", content);
        let response = self.ask("GET", "/ssi/page.html?a=1&b=x%20y", "");
        assert_eq!(response.status, 200);
        response.text()
    }

    fn ask(&self, method: &str, path: &str, fields: &str) -> Response {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: h.test\r\nCookie: c=1\r\nX-A: <b>&\"\r\n\
             X-Z: a b\"%'<>\\^`{{|}}&?#+~;:@=,!*()[]$/_-.\r\n{fields}\r\n"
        );
        self.server.connect().send(request).response(method)
    }
}

/// A content that comes from elsewhere as fast as it is taken has its turn, and others have theirs: also where
/// nothing comes of it, since it is within a command that does not end.
#[test]
fn contents_without_end_do_not_hold_up_others() {
    let ended = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ended);
    let endless = Backend::start(move |_, stream| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<!--# ";
        let _ = stream.write_all(head.as_bytes());
        while stream.write_all(&[b'a'; 65_536]).is_ok() {}
        count.fetch_add(1, Ordering::SeqCst);
        Then::Close
    });
    let site = serve(&endless.address());
    let mut clients: Vec<_> = (0..2).map(|_| site.server.connect()).collect();
    for client in &mut clients {
        client.send("GET /back/ HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    for client in &mut clients {
        client.read_exact(&mut [0; 8]);
    }
    for _ in 0..20 {
        assert_eq!(site.server.get("/quick").text(), "quick");
    }
    // Clients that are gone are not worked for: there is nothing to send by which that would show.
    drop(clients);
    let began = Instant::now();
    while ended.load(Ordering::SeqCst) < 2 {
        assert!(began.elapsed() < Duration::from_secs(20), "the other server is read on");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The commands of a page are carried out in turns with what others ask.
#[test]
fn many_commands_do_not_hold_up_others() {
    let site = serve("127.0.0.1:1");
    let page = "<!--#set var=\"a\" value=\"b\" -->".repeat(100_000);
    site.www.write("ssi/page.html", page + "<!--#echo var=\"a\" -->");
    let (mut many, mut quick) = (site.server.connect(), site.server.connect());
    // Both requests are there before either is looked at, this one first.
    site.server.signal("STOP");
    many.send("GET /many/page.html HTTP/1.1\r\nHost: a\r\n\r\n");
    quick.send("GET /quick HTTP/1.1\r\nHost: a\r\n\r\n");
    site.server.signal("CONT");
    assert_eq!(quick.response("GET").text(), "quick");
    assert_eq!(many.response("GET").text(), "b");
    site.server.wait_for("sent /many/page.html");
    let log = site.server.log();
    assert!(log.find("sent /quick") < log.find("sent /many"), "{log}");
}

/// Contents, and what comes of them; `!` is the text of an error.
const CASES: &[(&str, &str)] = &[
    (r#"<!--#include virtual="/t?x=1" -->"#, "T[/t|x=1|]"),
    (r#"<!--#include file="../inc/h.txt" -->|<!--#include file="/inc/h.txt" -->"#, "!|HAT"),
    (r#"<!--#include virtual="/inc/h.txt" file="x" -->"#, "!"),
    (r#"<!--#include -->"#, "!"),
    (r#"<!--#include virtual="/inc/../../etc/passwd" -->"#, "!"),
    (r#"<!--#include virtual="/ssi/%2e%2e/inc/h.txt" -->"#, "!"),
    (
        r#"<!--#include virtual="/%69nc/h.txt" -->|<!--#include virtual="//inc/h.txt" -->"#,
        "HAT|HAT",
    ),
    (r#"<!--#include virtual="/e404" -->|<!--#include virtual="/e204" -->"#, "plain|"),
    (
        r#"<!--#block name="one" -->stub <!--#echo var="arg_a" --><!--#endblock -->a<!--#include virtual="/e404" stub="one" -->b<!--#include virtual="/e204" stub="one" -->c<!--#include virtual="/t" stub="one" -->d<!--#include virtual="/e404" stub="nope" -->"#,
        r#"aplainbstub <!--#echo var="arg_a" -->cT[/t||]d!"#,
    ),
    (
        r#"<!--#block name="one" -->S<!--#endblock --><!--#include virtual="/ssi/none.html" stub="one" -->"#,
        "S",
    ),
    (
        r#"<!--#echo var="nope" -->|<!--#echo var="nope" default="d<e" -->|<!--#echo var="http_x_a" -->|<!--#echo var="http_x_a" encoding="none" -->|<!--#echo var="http_x_a" encoding="url" -->|<!--#echo var="http_x_a" encoding="entity" -->|<!--#echo var="http_x_a" encoding="bad" -->|<!--#echo encoding="none" var="http_x_a" -->|<!--#echo var="http_x_a" -->"#,
        r#"(none)|d&lt;e|&lt;b&gt;&amp;&quot;|<b>&"|%3Cb%3E&%22|&lt;b&gt;&amp;&quot;|&lt;b&gt;&amp;&quot;|<b>&"|<b>&""#,
    ),
    (
        r#"<!--#echo var="http_x_z" encoding="url" -->"#,
        "a%20b%22%25%27%3C%3E%5C%5E%60%7B%7C%7D&?%23+~;:@=,!*()[]$/_-.",
    ),
    (
        r#"<!--#set var="x" value="a$arg_a/${arg_b}z" --><!--#echo var="x" -->|<!--#set var="X" value="\$arg_a" --><!--#echo var="x" -->|<!--#echo var="X" -->"#,
        "a1/x%20yz|$arg_a|$arg_a",
    ),
    (
        r#"<!--#if expr="$arg_a" -->yes<!--#else -->no<!--#endif -->|<!--#if expr="$arg_c" -->yes<!--#else -->no<!--#endif -->"#,
        "yes|no",
    ),
    (
        r#"<!--#if expr="$arg_a = 1" -->1<!--#elif expr="$arg_a = 2" -->2<!--#else -->n<!--#endif -->|<!--#if expr="$arg_a = 2" -->1<!--#elif expr="$arg_a = 1" -->2<!--#else -->n<!--#endif -->|<!--#if expr="$arg_a != 1" -->ne<!--#else -->eq<!--#endif -->"#,
        "1|2|eq",
    ),
    (
        r#"<!--#if expr="$arg_b = /x(.)20(?P<n>.)/" -->[<!--#echo var="0" -->][<!--#echo var="1" -->][<!--#echo var="n" -->][<!--#echo var="2" -->]<!--#else -->no<!--#endif -->[<!--#echo var="1" -->]"#,
        "[x%20y][%][y][y][%]",
    ),
    (r#"<!--#if expr="$arg_b != /x/" -->a<!--#else -->b<!--#endif -->"#, "b"),
    (
        r#"<!--#if expr="A = a" -->y<!--#else -->n<!--#endif -->|<!--#if expr="'x y' = 'x y'" -->y<!--#else -->n<!--#endif -->|<!--#if expr="x = 'x'" -->y<!--#else -->n<!--#endif -->"#,
        "y|!y!n!|n",
    ),
    (
        r#"<!--#if expr="$arg_a == 1" -->y<!--#else -->n<!--#endif -->|<!--#if expr="$arg_a > 1" -->y<!--#else -->n<!--#endif -->"#,
        "n|!y!n!",
    ),
    (
        r#"<!--#if expr="$arg_a" --><!--#if expr="$arg_a" -->in<!--#endif --><!--#endif -->z"#,
        "!in!z",
    ),
    (r#"<!--#else -->x<!--#endif -->y<!--#elif expr="a" -->"#, "!x!y!"),
    (
        r#"<!--#config timefmt="%Y" --><!--#if expr="$date_gmt = /^2\d\d\d/" -->y<!--#endif -->"#,
        "y",
    ),
    (r#"<!--#config timefmt="" -->[<!--#echo var="date_gmt" -->]"#, "[!]"),
    (
        r#"<!--#config errmsg="E<b>" --><!--#bogus -->|<!--#config bogus="x" -->|<!--#config -->"#,
        "E<b>|E<b>|",
    ),
    (
        r#"<!--#bogus --> <!--#echo --> <!--#echo bar="x" --> <!--#echo var="a" var="b" --> <!--# echo var="arg_a" --> <!--#echo var = "arg_a" --> <!--#echo var='arg_a'--> <!--#echo var=arg_a --> <!--#echovar="arg_a" --> <!--#echo var="arg_a"default="x" -->"#,
        "! ! ! ! 1 1 1 ! ! !",
    ),
    (
        r##"<!--#echo var="a\"b" default="q\"r\\s" -->|<!--# --> |<!---#echo var="arg_a" -->|<!--#echo var="arg_a" ->|-->|<!--#"##,
        r"q\&quot;r\\s|!|!|",
    ),
    (
        r#"<!--#set var="v" value="V" --><!--#include virtual="/vars" -->;<!--#echo var="w" -->;<!--#include virtual="/vars" wait="yes" -->;<!--#echo var="w" -->"#,
        "V,,/vars;(none);V,,/vars;inner",
    ),
    (
        r#"<!--#include virtual="/t?a=&" set="got" -->[<!--#echo var="got" -->][<!--#echo var="got" encoding="none" -->]"#,
        "[T[/t|a=&amp;|]][T[/t|a=&|]]",
    ),
    (
        r#"<!--#echo var="mine" -->|<!--#echo var="mapped" -->|<!--#echo var="cookie_c" -->|<!--#echo var="uri" -->|<!--#echo var="request_method" -->|<!--#echo var="sent_http_content_type" -->|<!--#echo var="ARG_A" -->"#,
        "mine&lt;|one|1|/ssi/page.html|GET|text/html|1",
    ),
    (
        r#"<!--#block name="one" -->B<!--#endblock --><!--#include virtual="/block" -->|<!--#block name="two" --><!--#block name="three" -->x<!--#endblock -->y<!--#endblock -->z"#,
        "plain|yz",
    ),
    (r#"a<!--#endif -->b<!--#endblock -->c<!--#block name="q" -->never ended"#, "a!bc"),
    (r#"a<!--#if expr="0" -->unended"#, "aunended"),
    (
        r#"<!--#echo var="" -->|<!--#set var="" value="x" -->|<!--#if expr="" -->a<!--#else -->b<!--#endif -->"#,
        "(none)||b",
    ),
    (r#"<!--#include virtual="/t?a=$arg_a&b=${arg_b}" -->"#, "T[/t|a=1&b=x%20y|1]"),
    (
        r#"<!--#ECHO var="arg_a" -->|<!--#echo VAR="arg_a" -->|<!--#echo abcdefghijklmnopqrstuvwxyzabcdefghijklmnop="x" -->|<!--#abcdefghijklmnopqrstuvwxyzabcdefghijklmnop -->|<!--#set var="a" value="b" c="d" e="f" g="h" -->|"#,
        "!|!|!|!|!|",
    ),
    (
        r#"<!--#if expr="$arg_a = 1" -->a<!--#set var="k" value="in" --><!--#else --><!--#set var="k" value="out" --><!--#echo var="k" --><!--#endif --><!--#echo var="k" -->"#,
        "ain",
    ),
    (
        r#"<!--#include virtual="/t" wait="no" -->|<!--#include virtual="/t" wait="maybe" -->|"#,
        "T[/t||]|!|",
    ),
    (
        r#"<<!--#echo var="arg_a" --><!<!--#echo var="arg_a" --><!--<!--#echo var="arg_a" -->"#,
        "<1<!1<!--1",
    ),
    (
        r#"<!-- comment --><!-- #echo var="arg_a" --><!---->x<!--->"#,
        r#"<!-- comment --><!-- #echo var="arg_a" --><!---->x<!--->"#,
    ),
    (
        r#"<!--#if expr="$arg_a=1" -->y<!--#else -->n<!--#endif -->|<!--#if expr="$arg_a=/1/" -->y<!--#else -->n<!--#endif -->|<!--#if expr="$arg_a = /1" -->y<!--#else -->n<!--#endif -->|<!--#if expr="$arg_a !=/2/" -->y<!--#else -->n<!--#endif -->|<!--#if expr="$arg_a ! /2/" -->y<!--#else -->n<!--#endif -->"#,
        "y|y|!y!n!|y|!y!n!",
    ),
    (
        r#"<!--#if expr="$arg_a = 2" -->y<!--#elif expr="$arg_a > 2" -->e<!--#else -->n<!--#endif -->|<!--#if expr="" -->y<!--#elif expr="x" -->e<!--#else -->n<!--#endif -->|<!--#if expr="/x/" -->y<!--#else -->n<!--#endif -->"#,
        "!n|e|!y!n!",
    ),
    (
        r#"<!--#if expr="${arg_a} = 1" -->y<!--#else -->n<!--#endif -->|<!--#if expr="$arg_a = $arg_a" -->y<!--#else -->n<!--#endif -->|<!--#if expr="$arg_b = /X/" -->y<!--#else -->n<!--#endif -->|<!--#if expr="$arg_b = /$arg_a/" -->y<!--#else -->n<!--#endif -->|<!--#if expr="$arg_b = /(/" -->y<!--#else -->n<!--#endif -->|<!--#if expr="$arg_b = /[xy]$/" -->y<!--#else -->n<!--#endif -->"#,
        "y|y|n|n|!y!n!|!y!n!",
    ),
    (
        r#"<!--#if expr=" a = a" -->y<!--#else -->n<!--#endif -->|<!--#if expr="a = a " -->y<!--#else -->n<!--#endif -->|<!--#if expr="a-b = a-b" -->y<!--#else -->n<!--#endif -->|<!--#if expr="$nope" -->y<!--#else -->n<!--#endif -->|<!--#if expr="$nope = " -->y<!--#else -->n<!--#endif -->|<!--#if expr="a =" -->y<!--#else -->n<!--#endif -->"#,
        "!y!n!|n|!y!n!|n|y|n",
    ),
    (
        r#"<!--#set var="x" value="$" -->[<!--#echo var="x" -->]<!--#set var="x" value="$-" -->[<!--#echo var="x" -->]<!--#set var="x" value="${arg_a" -->[<!--#echo var="x" -->]<!--#set var="x" value="${}" -->[<!--#echo var="x" -->]<!--#set var="x" value="$nope." -->[<!--#echo var="x" -->]<!--#set var="x" value="\\$arg_a \q \" \' '" -->[<!--#echo var="x" -->]"#,
        r#"![(none)]![(none)]![(none)]![(none)][.][\1 \q &quot; ' ']"#,
    ),
    (
        r#"<!--#set var="x" value="$1 $0 ${1}" -->[<!--#echo var="x" -->]<!--#if expr="abc = /a(b)c/" --><!--#set var="x" value="$1 $0 ${1}" -->[<!--#echo var="x" -->]<!--#endif -->"#,
        "[  ][b abc b]",
    ),
    (
        r#"<!--#include virtual="/t" stub="" -->|<!--#block name="" -->E<!--#endblock --><!--#include virtual="/e204" stub="" -->|<!--#block -->x<!--#endblock -->"#,
        "!|E|!x",
    ),
    (
        r#"<!--#block name="a" -->x<!--#bogus y='z"q' --><!--#if expr="1" -->w<!--#endif --><!--#endblock --><!--#include virtual="/e204" stub="a" -->"#,
        r#"x<!--#if expr="1" -->w<!--#endif -->"#,
    ),
    (
        r#"<!--#if expr="$arg_c" --><!--#block name="a" -->x<!--#endblock --><!--#endif -->y<!--#include virtual="/e204" stub="a" -->"#,
        "y!",
    ),
    (r#"<!--#include virtual="/ssi/none.html" set="got" -->[<!--#echo var="got" -->]"#, "[]"),
    (
        r#"<!--#if expr="a = /b/" -->y<!--#else -->n<!--#endif --><!--#echo var="0" --><!--#echo var="1" default="d" -->"#,
        "n(none)d",
    ),
    (
        r#"<!--#endif --><!--#if expr="a" -->x<!--#else -->y<!--#else -->z<!--#elif expr="a" -->w<!--#endif -->"#,
        "!x!!",
    ),
    (
        r#"<!--#if expr="$nope" --><!--#echo var=x --><!--#bogus --><!--#echo --><!--#endif -->|<!--#if expr="$nope" --><!--#endblock -->Z<!--#endif -->|<!--#if expr="$nope" --><!--#if expr="a" -->in<!--#endif -->after<!--#endif -->"#,
        "!|Z|after!",
    ),
    (
        r#"<!--#echo var="a" default="" -->|<!--#echo var="arg_e" -->|<!--#echo var="arg_e" default="dd" -->|<!--#echo var="is_args" -->|<!--#echo var="remote_user" -->"#,
        "|(none)|dd|?|(none)",
    ),
    (
        r#"<!--#set var="arg_a" value="own" --><!--#echo var="arg_a" -->|<!--#if expr="$arg_a = own" -->y<!--#endif -->|<!--#include virtual="/t?$arg_a" -->"#,
        "own|y|T[/t|own|]",
    ),
    (
        r#"<!--#block name="x" -->one<!--#endblock --><!--#block name="x" -->two<!--#endblock --><!--#include virtual="/e204" stub="x" -->"#,
        "one",
    ),
    (
        r#"<!--#if expr="$arg_a = '1'" -->y<!--#else -->n<!--#endif -->|<!--#if expr="'$arg_a' = '1'" -->y<!--#else -->n<!--#endif -->|<!--#if expr="$arg_a  != 1" -->y<!--#else -->n<!--#endif -->|<!--#if expr="$arg_a = \$arg_a" -->y<!--#else -->n<!--#endif -->"#,
        "n|y|n|n",
    ),
    (
        r#"<!--#if expr="$arg_a" -->1<!--#elif expr="$arg_a" -->2<!--#else -->3<!--#endif -->|<!--#if expr="$no" -->1<!--#elif expr="$arg_a" -->2<!--#elif expr="$arg_a" -->3<!--#else -->4<!--#endif -->"#,
        "1|2",
    ),
];

#[test]
fn commands_do_what_they_do_in_nginx() {
    let site = serve("127.0.0.1:1");
    for (content, expected) in CASES {
        let expected = expected.replace('!', ERROR);
        // What is no command keeps its own.
        let expected = expected.replace(&format!("<{ERROR}"), "<!");
        let expected = match content.contains("http_x_z") {
            true => expected.replace(ERROR, "!"),
            false => expected,
        };
        assert_eq!(site.made(content), expected, "{content}: {}", site.server.log());
    }
    assert!(site.server.log().contains("invalid SSI command: \"bogus\""));
}

#[test]
fn fields_are_those_of_a_changed_content() {
    let site = serve("127.0.0.1:1");
    site.www.write("ssi/page.html", "a<!--#echo var=\"arg_a\" -->");
    for method in ["GET", "HEAD"] {
        let response = site.ask(method, "/ssi/page.html?a=1", "Range: bytes=0-0\r\n");
        assert_eq!(response.status, 200);
        for name in ["Content-Length", "Accept-Ranges", "Content-Range", "ETag", "Last-Modified"] {
            assert_eq!(response.field(name), None, "{method} {name}");
        }
        let kept = site.ask(method, "/kept/page.html", "");
        assert!(kept.field("ETag").is_some_and(|tag| tag.starts_with("W/")));
        assert!(kept.field("Last-Modified").is_some());
    }
    site.www.write("ssi/page.css", "<!--#echo var=\"arg_a\" -->");
    let css = site.ask("GET", "/ssi/page.css?a=1", "");
    assert_eq!((css.text().len(), css.field("Content-Length")), (25, Some("25")));
    assert_eq!(site.ask("GET", "/types/page.css?a=1", "").text(), "1");
    assert_eq!(site.ask("GET", "/if/page.html?a=1", "").text(), "a1");
    assert_eq!(site.ask("GET", "/if/page.html", "").text(), "a<!--#echo var=\"arg_a\" -->");
    let gzip = site.ask("GET", "/gzip/page.html?a=1", "Accept-Encoding: gzip\r\n");
    let mut text = String::new();
    GzDecoder::new(&gzip.body[..]).read_to_string(&mut text).expect("gzip");
    assert_eq!(text, "a1");
    assert_eq!(site.ask("GET", "/named/p/q/", "").text(), "p/q|(none)");
}

#[test]
fn limits_and_errors_are_those_of_the_location() {
    let site = serve("127.0.0.1:1");
    site.www.write(
        "ssi/page.html",
        "<!--#bogus -->a<!--#echo var=\"123456789\" -->b<!--#include virtual=\"/t\" set=\"x\" -->\
         [<!--#echo var=\"x\" -->]",
    );
    assert_eq!(site.ask("GET", "/silent/page.html", "").text(), "a(none)b[T[/t||]]");
    let expected = format!("{ERROR}a{ERROR}b[]");
    assert_eq!(site.ask("GET", "/long/page.html", "").text(), expected);
    site.server.wait_for("too big subrequest response");
    // What is put in by another filter is carried out.
    site.www.write("ssi/page.html", "<b>TITLE</b>");
    assert_eq!(site.ask("GET", "/around/page.html?a=1", "").text(), "(none),,/vars<b>1</b>");
    // Includes end somewhere.
    let text = site.ask("GET", "/cycle", "").text();
    assert_eq!(text, format!("{}{ERROR}", ".".repeat(11)));
    site.server.wait_for("subrequests cycle while processing \"/cycle\"");
    // A variable does not grow for ever.
    let grow = "<!--#set var=\"x\" value=\"$x$x$x$x$x$x$x$x\" -->".repeat(12);
    let text = site.made(&format!("<!--#set var=\"x\" value=\"12345678\" -->{grow}."));
    assert!(text.ends_with(&format!("{ERROR}.")), "{text}");
    // One that was closed closes the client's.
    site.www.write("ssi/page.html", "a<!--#include virtual=\"/e444\" -->b");
    let mut client = site.server.connect();
    client.send("GET /ssi/page.html HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(!client.until_closed().ends_with(b"0\r\n\r\n"));
}

/// One that answers after a while, with a command in its content that comes in two pieces.
fn slow() -> Backend {
    Backend::start(|asked, stream| {
        let _ = stream.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<!--#ec",
        );
        std::thread::sleep(Duration::from_millis(150));
        let text = format!("ho var=\"uri\" -->={}", asked.target());
        let _ = stream.write_all(text.as_bytes());
        Then::Close
    })
}

#[test]
fn includes_are_asked_at_once_and_come_in_order() {
    let back = slow();
    let site = serve(&back.address());
    let all = (0..4).map(|at| format!("<!--#include virtual=\"/back/{at}\" -->;"));
    let expected: String = (0..4).map(|at| format!("/back/{at}=/{at};")).collect();
    let page: String = all.collect();
    let began = Instant::now();
    assert_eq!(site.made(&page), expected);
    assert!(began.elapsed() < Duration::from_millis(450), "{:?}", began.elapsed());
    let mut client = Http2::connect(&site.server);
    assert_eq!(client.get("/ssi/page.html").text(), expected);
    assert_eq!(client.get("/back/x").text(), "/back/x=/x");
    // Many more than are asked at once.
    let page: String = (0..100).map(|at| format!("<!--#include virtual=\"/t?{at}\" -->")).collect();
    let expected: String = (0..100).map(|at| format!("T[/t|{at}|]")).collect();
    assert_eq!(site.made(&page), expected);
    let page = "<!--#include virtual=\"/t\" -->".repeat(1001);
    assert!(site.made(&page).ends_with(ERROR));
}

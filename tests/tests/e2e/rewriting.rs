//! `rewrite`, `if`, `set`, `break` and `return` among them: what nginx 1.22 answered to the same
//! steps, request by request.

use crate::launch;

/// A path, a field, and what the answer is: its status, its Location or its text, and the fields that
/// locations add.
const ANSWERS: &[(&str, &str, u16, &str, &str)] = &[
    ("/", "", 404, "", ""),
    ("/plain", "", 200, "plain\n", ""),
    ("/plain.txt", "", 200, "plain\n", ""),
    ("/none", "", 404, "", ""),
    ("/old/x", "", 301, "/x?from=old", ""),
    ("/old/x?y=1", "", 301, "/x?from=old&y=1", ""),
    ("/o2/x?y", "", 302, "/x", ""),
    ("/o3/a%20b?z", "", 302, "http://other.test/a%20b?z", ""),
    ("/srv/a?b", "", 200, "/x/a b en", ""),
    ("/in", "", 200, "int /internal", ""),
    ("/internal", "", 404, "", ""),
    ("/r/az", "", 200, "/x/az y=az en", ""),
    ("/r/b", "", 200, "plain\n", ""),
    ("/r/zz", "", 404, "no /r/zz", ""),
    ("/r/b?x", "", 200, "plain\n", ""),
    ("/if/q", "", 200, "plain\n", "X-Outer=1"),
    ("/if/q?a=1", "", 404, "", ""),
    ("/if/plain.txt?b=1", "", 404, "", ""),
    ("/if/q?a=1&b=1", "", 404, "", ""),
    ("/if/q?c=1", "", 404, "", ""),
    ("/loop", "", 500, "", ""),
    ("/v?q=1", "", 200, "a1b", ""),
    ("/v?q=%20+", "", 200, "a%20+b", ""),
    ("/d/", "", 201, "e", ""),
    ("/d/dir", "", 201, "e", ""),
    ("/arg/p?k=v", "", 200, "/x/p z=1&k=v en", ""),
    ("/arg2/p?k=v", "", 200, "/x/p q=1&k=v en", ""),
    ("/arg2/p", "", 200, "/x/p q=1 en", ""),
    ("/arg3/p?k", "", 200, "/x/p  en", ""),
    ("/arg4/p%26q?k", "", 200, "/x/p&q a=p%26q&b=/arg4/p&q&k en", ""),
    ("/arg4/a+b", "", 200, "/x/a+b a=a%2Bb&b=/arg4/a+b en", ""),
    ("/arg4/pq", "", 200, "/x/pq a=pq&b=/arg4/pq en", ""),
    ("/brk/plain.txt", "", 200, "plain\n", ""),
    ("/brk/none", "", 404, "", ""),
    ("/brk2/x", "", 404, "", ""),
    ("/esc/a%20b", "", 200, "a%20b|a b", ""),
    ("/esc/ab", "", 200, "ab|ab", ""),
    ("/esc/a+b", "", 200, "a%2Bb|a+b", ""),
    ("/esc2/a%2Bb", "", 200, "a%2Bb|a+b", ""),
    ("/esc2/a+b%20c", "", 200, "a%2Bb%20c|a+b c", ""),
    ("/esc2/no/a+b", "", 200, "no/a%2Bb|a+b", ""),
    ("/one/abc", "", 200, "abc|", ""),
    ("/one/abc?s=1", "", 200, "set|", ""),
    ("/one/abc?k=kk", "", 200, "k|k", ""),
    ("/one/abc?s=1&k=kx", "", 200, "k|k", ""),
    ("/one/a?k=z", "", 200, "a|", ""),
    ("/ep?z=0", "", 200, "/x/gone  en", ""),
    ("/ep?z=1", "", 200, "z=1", ""),
    ("/num?n=0", "", 200, "false", ""),
    ("/num?n=00", "", 200, "true", ""),
    ("/num?n=", "", 200, "false", ""),
    ("/num?n=1", "", 200, "true", ""),
    ("/re/xy", "", 200, "xyx", ""),
    ("/re/xy?k=k", "", 200, "xyx k  x", ""),
    ("/re/xy?k=kl", "", 200, "xyx k l x", ""),
    ("/re/%20%26?k=k", "", 200, "%20%26  k   ", ""),
    ("/neg", "", 200, "not", ""),
    ("/ci", "", 200, "n", ""),
    ("/cont/1", "", 200, "/x/3  en", ""),
    ("/cont/2", "", 200, "/x/3  en", ""),
    ("/deny", "", 403, "", ""),
    ("/deny?ok=1", "", 200, "ok", ""),
    ("/hd", "", 204, "", ""),
    ("/hd?h=1", "", 410, "", ""),
    ("/empty", "", 500, "", ""),
    ("/empty/plain.txt", "", 404, "", ""),
    ("/q/a%20b?c", "", 301, "/t?a%20b&c", ""),
    ("/q/ab", "", 301, "/t?ab", ""),
    ("/q/%3F%41%2f", "", 301, "/t?%3FA/", ""),
    ("/logx", "", 200, "plain\n", ""),
    ("/logx?x=1", "", 200, "plain\n", "Cache-Control=max-age=3600"),
    ("/x/%C3%A9", "", 200, "/x/é  en", ""),
    ("/old/%C3%A9%22?x", "", 301, "/%C3%A9%22?from=old&x", ""),
    ("/?m=1", "", 200, "plain\n", ""),
    ("/dir?m=1", "", 200, "plain\n", ""),
    ("/old/a%2520b", "", 301, "/a%2520b?from=old", ""),
    ("/x/1", "Accept-Language: de-DE", 200, "/x/1  de", ""),
    ("/x/1", "Accept-Language: FR", 200, "/x/1  FR", ""),
    ("/x/1?q=2", "Host: www.a.test", 301, "http://a.test/x/1?q=2", ""),
    ("/neg", "X: abc", 200, "is", ""),
    ("/neg", "X: b", 200, "not", ""),
    ("/ci", "X: abc", 200, "y", ""),
];

#[test]
fn steps_are_those_of_nginx() {
    let server = launch("rewriting").start();
    let mut client = server.connect();
    for &(path, field, status, said, fields) in ANSWERS {
        let host = if field.starts_with("Host: ") { "" } else { "Host: a.test\r\n" };
        let field = if field.is_empty() { String::new() } else { format!("{field}\r\n") };
        let request = format!("GET {path} HTTP/1.1\r\n{host}{field}\r\n");
        let response = client.send(request).response("GET");
        let is_text = response.field("Content-Type") == Some("text/plain");
        let text = if is_text { response.text() } else { String::new() };
        let found = response.field("Location").map_or(text, str::to_owned);
        let added = ["X-Outer", "X-A", "X-B", "Cache-Control"].into_iter();
        let added = added.filter_map(|name| Some(format!("{name}={}", response.field(name)?)));
        let found = (response.status, found, added.collect::<Vec<_>>().join(" "));
        assert_eq!(found, (status, said.to_owned(), fields.to_owned()), "{path} {field}");
    }
}

/// A method that a step refuses, and one that the steps do not ask about.
#[test]
fn methods_are_looked_at_behind_the_steps() {
    let server = launch("rewriting").start();
    for (request, status) in [("POST /r/b", 405), ("POST /x/1", 200), ("HEAD /old/x", 301)] {
        let (method, _) = request.split_once(' ').expect("a method");
        let request = format!("{request} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n");
        let response = server.connect().send(request).response(method);
        assert_eq!(response.status, status, "{method}");
    }
}

/// As in nginx, once for a request, and not of what has no value by `set`.
#[test]
fn variables_without_values_are_told_of() {
    let server = launch("rewriting").start();
    let told = || server.log().matches("[warn]").count();
    for (path, text, lines) in
        [("/late?q=1", "", 0), ("/late", "", 1), ("/late?s=1&q=1", "--", 2), ("/late?s=1", "--", 3)]
    {
        assert_eq!(server.get_from("a.test", path).text(), text, "{path}");
        server.wait_for_times(lines, "using uninitialized \"late\" variable");
        assert_eq!(told(), lines, "{path}: {}", server.log());
    }
}

#[test]
fn rewrites_are_told_of() {
    let server = launch("rewriting").start();
    assert_eq!(server.get_from("a.test", "/told/1?c").status, 301);
    server.wait_for("rewritten data: \"/told/2\", args: \"a=b&c\"");
    server.wait_for("rewritten redirect: \"/x/3?a=b&c\"");
    assert!(!server.log().contains("/cont"));
}

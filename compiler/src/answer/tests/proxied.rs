//! What is passed on to other servers.

use super::Bench;

/// Each row is the location's content, the path that is asked for, and what nginx 1.22 asks for then.
#[test]
fn paths_are_passed_on_as_nginx_does() {
    for (location, asked, expected) in [
        ("/a/ { proxy_pass http://u; }", "/a/x%20y?z", "/a/x%20y?z"),
        ("/a/ { proxy_pass http://u; }", "/a/./b//c%2fd?", "/a/./b//c%2fd?"),
        ("/a/ { proxy_pass http://u/; }", "/a/x?z", "/x?z"),
        ("/a/ { proxy_pass http://u/; }", "/a/x%2Fy%20z", "/x/y%20z"),
        ("/a/ { proxy_pass http://u/; }", "/a/x//y", "/x/y"),
        ("/a/ { proxy_pass http://u/; }", "/a/x?", "/x"),
        ("/a/ { proxy_pass http://u/b/; }", "/a/x%3Fy", "/b/x%3Fy"),
        ("/a { proxy_pass http://u/b; }", "/ax", "/bx"),
        ("= /a { proxy_pass http://u/b; }", "/a?q", "/b?q"),
        ("/a/ { rewrite ^/a/(.*) /$1 break; proxy_pass http://u; }", "/a/x%20y?z", "/x%20y?z"),
        ("/a/ { rewrite ^/a/(.*) /$1 break; proxy_pass http://u/b/; }", "/a/x", "/x"),
        (
            "/a/ { rewrite ^/a/(.*) /a/c/$1 last; proxy_pass http://u/b/; } location /a/c/ { proxy_pass http://u/d/; }",
            "/a/x",
            "/d/x",
        ),
        ("/a/ { set $u u; proxy_pass http://$u; }", "/a/x%20?z", "/a/x%20?z"),
        ("/a/ { set $u u; proxy_pass http://$u/b$uri; }", "/a/x?z", "/b/a/x"),
        ("/a/ { set $args n=1; proxy_pass http://u; }", "/a/x%20?z", "/a/x%20?n=1"),
        (
            "/a/ { error_page 404 = /b/; root www; } location /b/ { proxy_pass http://u; }",
            "/a/none?z",
            "/b/",
        ),
        (
            "/a/ { try_files $uri @p; } location @p { proxy_pass http://u; }",
            "/a/no%20?z",
            "/a/no%20?z",
        ),
    ] {
        let conf = format!(
            "upstream u {{ server a; }} server {{ listen 80; proxy_set_header Host ''; location {location} }}"
        );
        let bench = Bench::new(&conf);
        bench.check(&[(&format!("GET {asked}"), &format!("- u: GET {expected}"))]);
    }
}

#[test]
fn fields_are_told() {
    let bench = Bench::new(
        "map $arg_b $back { default a.test:81; x unix:/run/x.sock; }
         server { listen 80; server_name s.test;
           proxy_set_header Host $proxy_host:$proxy_port; proxy_set_header X-For $proxy_add_x_forwarded_for;
           proxy_set_header X-Empty $arg_none; proxy_set_header X-Id $request_id;
           location / { proxy_pass http://$back; }
           location /put { proxy_pass http://b.test; proxy_method PUT; proxy_set_header Host $host; }
           location /api/ { proxy_pass http://b.test; } }",
    );
    bench.check(&[
        (
            "POST http://s.test/?b=y\nX-Forwarded-For: 10.0.0.1",
            "- a.test:81: POST /?b=y | Host: a.test:81:81 | X-For: 10.0.0.1, $remote_addr | X-Id: $request_id",
        ),
        (
            "GET http://s.test/?b=x",
            "- unix:/run/x.sock: GET /?b=x | Host: localhost: | X-For: $remote_addr | X-Id: $request_id",
        ),
        ("GET http://s.test/put", "- b.test: PUT /put | Host: s.test"),
        ("GET http://s.test/api?x", "301 page /api/?x"),
    ]);
    // What is not known of a field changes nothing of the way.
    let answer = bench.ask("GET http://s.test/");
    assert!(answer.doubts.is_empty(), "{:?}", answer.doubts);
    let shown = bench.shown(&answer);
    for line in [
        "the upstream `a.test:81` is asked\n    GET /\n    Host: a.test:81:81\n",
        "HTTP/1.1 … (the upstream decides)\n",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
}

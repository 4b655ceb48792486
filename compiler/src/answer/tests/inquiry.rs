//! `auth_request` where the location that is asked can be foretold, and where not.

use super::{Bench, Step};

const CONF: &str = "
    upstream u { server a; }
    server { listen 80; root www; auth_request /who;
        location = /who { internal; set $seen $request_uri; if ($cookie_key = a) { return 204; } if ($cookie_key = b) { return 403; } return 401; }
        location /set/ { auth_request_set $code $status; add_header X-Code $code; add_header X-Seen $seen; try_files /index.html =404; }
        location /file/ { auth_request /404.html; try_files /index.html =404; }
        location /none/ { auth_request /nothing; try_files /index.html =404; }
        location /close/ { auth_request /shut; try_files /index.html =404; }
        location = /shut { return 444; }
        location /back/ { auth_request /ask; try_files /index.html =404; }
        location = /ask { internal; proxy_pass http://u; }
        location /off/ { auth_request off; try_files /index.html =404; }
        location /any/ { satisfy any; allow 10.0.0.0/8; deny all; try_files /index.html =404; } }";

#[test]
fn the_location_that_is_asked_is_followed() {
    let bench = Bench::new(CONF);
    let key = |key: &str, path: &str| format!("GET {path}\nCookie: key={key}");
    for (request, expected) in [
        ("GET /".to_owned(), "401 page"),
        (key("a", "/"), "200 file www/index.html"),
        (key("b", "/"), "403 page"),
        (key("a", "/set/"), "200 file www/index.html"),
        ("GET /file/".to_owned(), "200 file www/index.html"),
        ("GET /none/".to_owned(), "500 page"),
        ("GET /close/".to_owned(), "- close"),
        ("GET /off/".to_owned(), "200 file www/index.html"),
        ("GET /who".to_owned(), "404 page"),
    ] {
        bench.check(&[(&request, expected)]);
    }
    let answer = bench.ask(&key("a", "/set/?x"));
    assert_eq!(answer.field("X-Code"), Some("204"));
    assert_eq!(answer.field("X-Seen"), Some("/set/?x"));
    assert!(answer.doubts.is_empty(), "{:?}", answer.doubts);
    let shown = bench.shown(&answer);
    assert!(
        shown.contains("    `auth_request` asks for /who:\n        location = /who"),
        "{shown}"
    );
    assert!(shown.contains("`auth_request` is answered 204"), "{shown}");
}

#[test]
fn where_a_backend_decides_it_is_said_that_it_does() {
    let bench = Bench::new(CONF);
    let answer = bench.ask("GET /back/");
    assert_eq!(answer.status, Some(200));
    assert_eq!(
        answer.doubts,
        ["what answers `auth_request /ask`; the client is taken to be let in"]
    );
    let is_open = |step: &Step| matches!(step, Step::Inquired { status: None, .. });
    assert!(answer.steps.iter().any(is_open), "{:?}", answer.steps);
}

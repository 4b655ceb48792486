//! A value that is known when the site is built, and the same value computed for each request,
//! make the same response. The texts are drawn: `UPDATE=1` writes `drawn/pairs.conf` anew.

use std::fmt::Write;
use std::{env, fs};

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sitec_tests::response::Response;

use crate::launch;

/// A file of drawn locations.
const CONF: &str = "drawn/pairs.conf";
/// Pairs of each kind.
const COUNT: usize = 12;
/// What no request has, and so is nothing: with it, a value is not known before.
const NOTHING: &str = "$arg_no_such_argument";

/// What stands in a location: `{}` is a text.
const KINDS: &[(&str, &[&str])] = &[
    (
        "redirect",
        &[
            "return 301 \"/{}\";",
            "return 302 \"http://x.test/{}\";",
            "return 303 \"/{}\";",
            "return 307 \"/{}\";",
            "return 308 \"https://x.test/?{}\";",
            "absolute_redirect on; return 301 \"/{}\";",
            "charset utf-8; return 302 \"/{}\";",
        ],
    ),
    (
        "text",
        &[
            "return 200 \"a{}\";",
            "return 404 \"a{}\";",
            "default_type text/html; return 403 \"a{}\";",
            "charset utf-8; types { } default_type text/html; return 200 \"a{}\";",
            "error_page 500 =503 /shown; return 500 \"a{}\";",
        ],
    ),
    ("page", &["error_page 404 \"/shown/{}\"; return 404;", "try_files /none \"/shown/{}\";"]),
    ("elsewhere", &["error_page 404 \"http://x.test/{}\"; return 404;"]),
    (
        "field",
        &["add_header X-A \"{}\" always; return 204;", "add_header ETag \"{}\"; return 200 a;"],
    ),
];

/// Texts with all that is escaped somewhere.
fn texts() -> impl Strategy<Value = String> {
    let parts = [
        "a", "b", "/", "..", "%", "%41", "%2F", "?", "&", "=", "#", " ", "<", ">", "{", "}", "|",
        "^", "`", "ü", "é/", ";", "'", "\\\\", "\\\"", "~", "+", ":", "@", "[", "]", "*",
    ];
    proptest::collection::vec(select(parts.to_vec()), 0..6).prop_map(|parts| parts.concat())
}

/// The conf: each location twice.
fn conf() -> String {
    let mut conf =
        "# Drawn at random by tests/e2e/pairs.rs: do not edit.\nparam PORT 8080;\nserver {\n    \
                    listen 127.0.0.1:${PORT};\n    server_name pairs.test;\n    \
                    location /shown { internal; return 200 \"$uri|$args|$status\"; }\n"
            .to_owned();
    let mut runner = TestRunner::deterministic();
    for (kind, bodies) in KINDS {
        for index in 0..COUNT {
            let text = texts().new_tree(&mut runner).expect("nothing is rejected").current();
            let body = bodies[index % bodies.len()];
            for (how, end) in [("known", ""), ("computed", NOTHING)] {
                let body = body.replace("{}", &format!("{text}{end}"));
                let _ = writeln!(conf, "    location = /{how}/{kind}/{index} {{ {body} }}");
            }
        }
    }
    conf + "}\n"
}

#[test]
fn the_conf_is_as_drawn() {
    if env::var_os("UPDATE").is_some() {
        fs::write(CONF, conf()).expect("tests/drawn is writable");
    }
    assert!(
        fs::read_to_string(CONF).unwrap_or_default() == conf(),
        "{CONF} is not as drawn: set UPDATE=1"
    );
}

#[test]
fn what_is_known_before_is_answered_as_what_is_computed() {
    let server = launch("pairs").start();
    let mut asked = 0;
    for (kind, _) in KINDS {
        for index in 0..COUNT {
            let ask = |how: &str| {
                let path = format!("/{how}/{kind}/{index}");
                without_date(server.get_from("pairs.test", &path))
            };
            assert_eq!(ask("known"), ask("computed"), "{kind} {index}");
            asked += 1;
        }
    }
    assert_eq!(asked, KINDS.len() * COUNT);
}

/// The order of fields is no part of what they say.
fn without_date(mut response: Response) -> Response {
    response.fields.retain(|(name, _)| name != "Date");
    response.fields.sort();
    response
}

//! Tests that stand in the conf.

use super::{Check, Group, error, warning};

pub(super) const GROUP: Group = Group { title: "Tests in the conf", checks: CHECKS };

const CHECKS: &[Check] = &[
    error(
        "E01",
        "expect-failed",
        "A test of the conf fails: the request would not be answered as `expect` says. The \
         message has what it would get, and which location decides; `sitec route` shows each \
         step of the way. Either the conf is wrong or the test is.",
        "server {\n    listen 8080;\n    root www;\n    location /old/ { return 301 /; }\n    \
         expect GET /old ⟪301⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    location /old/ { return 301 /; }\n    \
         expect GET /old/ 301 location=/;\n}",
    ),
    error(
        "E02",
        "expect-unreadable",
        "A test asks for something that no request can come to: a URL that is none, a location \
         that the conf has not, a condition that `expect` does not know.",
        "server {\n    listen 8080;\n    root www;\n    location /img/ { }\n    \
         expect GET / 200 ⟪/imgs/⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    location /img/ { }\n    \
         expect GET /img/ 404 /img/;\n}",
    ),
    warning(
        "E03",
        "expect-undecided",
        "A test fails here, and may hold where the server runs: the answer depends on something \
         that this machine lacks, such as a folder with an absolute path, or that only a running \
         server knows, such as the client's address.",
        "server {\n    listen 8080;\n    location / { return 301 http://$hostname/; }\n    \
         expect GET / 301 ⟪location=http://a.test/⟫;\n}",
        "server {\n    listen 8080;\n    location / { return 301 http://$server_name/; }\n    \
         server_name a.test;\n    expect GET / 301 location=http://a.test/;\n}",
    ),
];

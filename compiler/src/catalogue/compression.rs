//! What is compressed on its way.

use super::{Check, Group, lint, warning};

pub(super) const GROUP: Group = Group { title: "Compression", checks: CHECKS };

const CHECKS: &[Check] = &[
    warning(
        "G01",
        "compressed-already",
        "Contents of this type are compressed by themselves: pictures, sound, films, archives, fonts \
         for the web. To compress them once more costs time for every request, and saves nothing.",
        "server {\n    listen 8080;\n    root www;\n    gzip on;\n    gzip_types text/css ⟪image/png⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    gzip on;\n    gzip_types text/css image/svg+xml;\n}",
    ),
    lint(
        "G02",
        "breach",
        "What a script, a listing or a `return` makes for one client is compressed. If it repeats \
         something of the request, whoever can make the client send requests, and sees how long the \
         responses are, learns the secrets that stand beside it (BREACH).",
        "server {\n    listen 8080;\n    root www;\n    gzip on;\n    compress_private ⟪on⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    gzip on;\n}",
    ),
    warning(
        "G03",
        "nothing-compressed",
        "The conf says how contents are compressed, and nowhere that they are: `gzip`, `brotli` and \
         `zstd` are off unless they are turned on.",
        "server {\n    listen 8080;\n    root www;\n    ⟪gzip_types text/css⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    gzip on;\n    gzip_types text/css;\n}",
    ),
];

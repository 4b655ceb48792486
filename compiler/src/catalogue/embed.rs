//! What the conf says about files that are part of the binary.

use super::{Check, Entry, Group, error, warning};

pub(super) const GROUP: Group = Group { title: "Embedded files", checks: CHECKS };

const CHECKS: &[Check] = &[
    warning(
        "F12",
        "embed-size",
        "The files that `embed` makes part of the binary are 64 MB and more. It takes memory and \
         time to build, and all of it to ship for every change. The largest files are named; \
         `embed off` leaves a folder on the disk.",
        "server {\n    listen 8080;\n    root www;\n    ⟪embed on⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    embed on;\n    location /video/ { embed off; }\n}",
    )
    .among(&[Entry::Long("www/video/film.mp4", 80_000_000)]),
    error(
        "F16",
        "embed-unknown",
        "What `embed` would make part of the binary is not known when that is built: its folder is \
         named by a `param`, is not on this machine, or cannot be read.",
        "param WWW www;\nserver {\n    listen 8080;\n    root ${WWW};\n    ⟪embed on⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    embed on;\n}",
    ),
    error(
        "F17",
        "embed-changing",
        "A location both embeds its files and changes or runs them: it has scripts, takes uploads, \
         or allows `DELETE`. What is in the binary never changes and cannot be run. Where `embed` \
         is inherited, such a location just stays on the disk.",
        "server {\n    listen 8080;\n    root www;\n    cgi_pass .py python3;\n    ⟪embed on⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    embed on;\n    location /cgi/ { cgi_pass .py python3; }\n}",
    ),
    warning(
        "Z18",
        "precompress-unused",
        "`precompress` says which compressed forms `embed` makes, and no location embeds its \
         files. Files that are on the disk are sent as they are there; `gzip_static` sends those \
         that are compressed already.",
        "server {\n    listen 8080;\n    root www;\n    ⟪precompress gzip br⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    embed on;\n    precompress gzip br;\n}",
    ),
];

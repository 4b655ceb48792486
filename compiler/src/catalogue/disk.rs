//! What the conf says about files, and what is there.

use super::{Check, Entry, Group, error, warning};

pub(super) const GROUP: Group = Group { title: "Files", checks: CHECKS };

const CHECKS: &[Check] = &[
    error(
        "F01",
        "root-missing",
        "A folder or file that the conf names is not there. Beneath the site's folder that is an \
         error; an absolute path may be another machine's, so it is a warning, and is looked for \
         again when the server starts. With `--sysroot`, absolute paths are looked for there.",
        "server {\n    listen 8080;\n    root ⟪wwww⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n}",
    ),
    error(
        "F03",
        "error-page-missing",
        "The page of an `error_page` is served by a location that would look for a file, and there \
         is no such file: the answer to an error would be another error.",
        "server {\n    listen 8080;\n    root www;\n    error_page 404 ⟪/missing.html⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    error_page 404 /404.html;\n}",
    ),
    error(
        "F04",
        "fallback-missing",
        "`try_files` falls back to a page that is not there: a request for anything that is \
         missing would go round in circles.",
        "server {\n    listen 8080;\n    root www;\n    location / { try_files $uri ⟪/missing.html⟫; }\n}",
        "server {\n    listen 8080;\n    root www;\n    location /docs/ { try_files $uri /404.html; }\n}",
    ),
    error(
        "F05",
        "interpreter-missing",
        "The interpreter of a `cgi_pass` is not found in `PATH`. An image made from nothing has \
         none: ship it, or use a script that is a program by itself.",
        "server {\n    listen 8080;\n    root www;\n    cgi_pass .py ⟪python9⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    cgi_pass .py python3;\n}",
    ),
    error(
        "F06",
        "script-not-runnable",
        "A file that would be run by itself cannot be: it is not executable, or it does not say in \
         its first line what runs it. Every request for it would be answered with an error.",
        "server {\n    listen 8080;\n    root www;\n    cgi_pass ⟪.cgi⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    cgi_pass .cgi python3;\n}",
    )
    .among(&[Entry::File("www/form.cgi", "print('hello')\n")]),
    error(
        "F07",
        "upload-store-missing",
        "The folder of an `upload_store` is not there, or is none. It is not made by the server: \
         who may write there is for whoever installs it to say.",
        "server {\n    listen 8080;\n    root www;\n    location /up/ { upload_store ⟪up⟫; }\n}",
        "server {\n    listen 8080;\n    root www;\n    location /up/ { upload_store store; }\n}",
    )
    .among(&[Entry::File("store/.keep", "")]),
    warning(
        "F08",
        "upload-inside-root",
        "The folder of an `upload_store` lies in a root that is served: whatever somebody uploads \
         is a page of the site at once. Where that is meant, a location with an `alias` to the \
         folder says so.",
        "server {\n    listen 8080;\n    root www;\n    location /up/ { ⟪upload_store www/up⟫; }\n}",
        "server {\n    listen 8080;\n    root www;\n    location /up/ { upload_store store; alias store/; }\n}",
    )
    .among(&[Entry::File("www/up/.keep", ""), Entry::File("store/.keep", "")]),
    warning(
        "F19",
        "log-dir-missing",
        "The folder of a log file is not there, so the server could not open it.",
        "access_log ⟪logs/access.log⟫;\nserver {\n    listen 8080;\n    root www;\n}",
        "access_log stdout;\nserver {\n    listen 8080;\n    root www;\n}",
    ),
];

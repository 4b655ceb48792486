//! What the conf says about files, and what is there.

use super::{Check, Entry, Group, error, warning};

pub(super) const GROUP: Group = Group { title: "Files", checks: CHECKS };

const CHECKS: &[Check] = &[
    error(
        "F01",
        "root-missing",
        "A folder or file that the conf names is not there. Beneath the site's folder that is an \
         error; an absolute path may be another machine's, so it is a warning, and is looked for \
         again when the server starts. So it is with a relative path in a whole nginx.conf (one with \
         `events` and `http`), unless there is something of a similar name, and with nginx's folder \
         `html`. With `--sysroot`, absolute paths are looked for there. A file that is there as \
         `.gz` alone is a warning with `gzip_static on`, and all that is needed with `always`; so it \
         is with `brotli_static` and `zstd_static`.",
        "server {\n    listen 8080;\n    root ⟪wwww⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n}",
    ),
    warning(
        "F02",
        "no-index",
        "The front page of a server is a folder that has none of the files that `index` names and \
         is not listed, so that it is always answered with an error. The same is said of the folder \
         of any location that has an `index` of its own.",
        "server {\n    listen 8080;\n    root ⟪img⟫;\n}",
        "server {\n    listen 8080;\n    root img;\n    autoindex on;\n}",
    )
    .among(&[Entry::File("img/a.png", "")]),
    error(
        "F03",
        "error-page-missing",
        "The page of an `error_page` is answered 404, whatever the request is: the answer to an \
         error would be another error. Nothing is said where a script, a `return` or another \
         location answers, or where clients may bring the file.",
        "server {\n    listen 8080;\n    root www;\n    error_page 404 ⟪/missing.html⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n    error_page 404 /404.html;\n}",
    ),
    error(
        "F04",
        "fallback-missing",
        "`try_files` falls back to a page that is answered 404, whatever the request is, or that \
         leads back to it: a request for anything that is missing would go round in circles. Or \
         what it falls back to is no path: a status has a `=` before it.",
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
    error(
        "F09",
        "secret-in-root",
        "A file lies where it is served, and is nobody's business: a repository, a file of \
         passwords or settings (`.env`, `.htpasswd`), a private key, a dump (`*.sql`), what an \
         editor left behind (`*~`), or the conf itself. Where only `hidden_files deny` keeps it \
         back, it is a warning.",
        "server {\n    listen 8080;\n    root ⟪site⟫;\n}",
        "server {\n    listen 8080;\n    root site;\n    location ~ \\.sql$ { return 404; }\n}",
    )
    .among(&[Entry::File("site/index.html", ""), Entry::File("site/dump.sql", "")]),
    warning(
        "F10",
        "symlink-escapes",
        "A link in a folder that is served leads out of it. It is not followed, unless \
         `disable_symlinks off` says so; then everything behind it is served.",
        "server {\n    listen 8080;\n    root ⟪site⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n}",
    )
    .among(&[Entry::File("site/index.html", ""), Entry::Link("site/out", "/srv/www")]),
    warning(
        "F11",
        "mime-unknown",
        "Files have an extension that no type is known for, so they are sent as text/plain. With a \
         `default_type` of the conf's own, nothing is said.",
        "server {\n    listen 8080;\n    root ⟪site⟫;\n}",
        "server {\n    listen 8080;\n    root site;\n    default_type application/octet-stream;\n}",
    )
    .among(&[Entry::File("site/index.html", ""), Entry::File("site/scene.blend", "")]),
    warning(
        "F13",
        "stale-precompressed",
        "A `.gz` file is older than the one that it was made from, and `gzip_static` sends it in \
         its place: clients that take gzip get the old content. The same is said of the files of \
         `brotli_static` and `zstd_static`.",
        "server {\n    listen 8080;\n    root ⟪site⟫;\n    gzip_static on;\n}",
        "server {\n    listen 8080;\n    root site;\n}",
    )
    .among(&[
        Entry::File("site/index.html", ""),
        Entry::File("site/index.html.gz", ""),
        Entry::Newer("site/index.html"),
    ]),
    warning(
        "F14",
        "case-collision",
        "Two files have names that differ only by case: on some machines they are one file, and \
         readers take them for one.",
        "server {\n    listen 8080;\n    root ⟪site⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n}",
    )
    .among(&[
        Entry::File("site/index.html", ""),
        Entry::File("site/a.html", ""),
        Entry::File("site/A.html", ""),
    ]),
    warning(
        "F15",
        "unreadable",
        "The mode of a file lets nobody but its owner read it, and the server is likely to run as \
         somebody else. Where no file can be read by others and the conf names no `user`, nothing \
         is said.",
        "server {\n    listen 8080;\n    root ⟪site⟫;\n}",
        "server {\n    listen 8080;\n    root www;\n}",
    )
    .among(&[Entry::File("site/index.html", ""), Entry::Private("site/a.html")]),
    warning(
        "F19",
        "log-dir-missing",
        "The folder of a log file is not there, so the server could not open it.",
        "access_log ⟪logs/access.log⟫;\nserver {\n    listen 8080;\n    root www;\n}",
        "access_log stdout;\nserver {\n    listen 8080;\n    root www;\n}",
    ),
];

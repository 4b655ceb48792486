//! Rows about scripts.

use super::Context::{Http, Location, Main, Server};
use super::kind::*;
use super::setting::setting;
use super::{Context, Group, simple};

const SERVER_LOCATION: &[Context] = &[Server, Location];

pub(super) const GROUP: Group = Group {
    title: "CGI",
    about: "Scripts answer requests as RFC 3875 has it. Each runs in a process group of its own, in \
            the folder that it is in, and inherits nothing but its three standard streams and its \
            variables. What it writes to standard error goes to the error log. All of these \
            directives are sitec's own.\n\n\
            A script is told the variables of RFC 3875, and `REQUEST_URI`, `DOCUMENT_URI`, \
            `DOCUMENT_ROOT`, `SCRIPT_FILENAME`, `REQUEST_SCHEME`, `REMOTE_PORT`, `SERVER_ADDR`, \
            `REDIRECT_STATUS` and `PATH`; a request's fields are `HTTP_NAME`, all but `Proxy`, \
            `Authorization` and `Proxy-Authorization`. Content with a length is streamed to it; \
            chunked content is gathered first, in memory up to `client_body_buffer_size` and then \
            in a nameless file, since a script is told the length before it starts.\n\n\
            Its output is streamed too, chunked unless it has a Content-Length. `Location: /path` \
            alone is a redirect within the server; with a `Status` or another field it is one of \
            the client. Output without a Content-Type gets `default_type`. A script whose output \
            has no valid head, or ends before it, is answered with 502, and one that may not be \
            executed with 403. A script that \
            speaks for itself (`nph-`) is run like any other; its `HTTP/1.1 200 OK` counts as the \
            status. A query without `=` is never turned into arguments.",
    about_files: true,
    rows: &[
        simple("cgi_pass", SERVER_LOCATION, (1, 2), ".EXT [INTERPRETER] | PROGRAM | off")
            .inherits_all("off")
            .params(2)
            .doc(
                "`.EXT`: files whose names end in it are scripts, run by INTERPRETER (a path, or a \
                 name that is looked for in `PATH` at start), or by themselves. Of a longer path, \
                 the front that is such a file is the script and the rest is its `PATH_INFO`. \
                 Other files are served as they are. May stand once for each extension. PROGRAM, \
                 a path, in a `location`: every request there is this program's, and what follows \
                 the location's prefix is its `PATH_INFO`. `off`: no scripts, whatever was \
                 inherited. Without `methods`, GET, HEAD and POST may be used.",
            ),
        simple("cgi_param", SERVER_LOCATION, (2, 2), "NAME VALUE").inherits_all("").doc(
            "One more variable that scripts are told, in place of one that they would be told by \
             this name. VALUE may hold variables.",
        ),
        setting!(
            "cgi_timeout",
            TIMEOUT,
            cgi.timeout_ms,
            "How long a script may neither read nor write. Past it, its process group is killed \
             (SIGTERM, and SIGKILL a second later), and the response is 504 unless it has begun.",
        )
        .only_in(SERVER_LOCATION)
        .unseen(),
        setting!(
            "cgi_max_processes",
            MAX_SCRIPTS,
            compiled.cgi_max_processes,
            "How many scripts run at once. Four times as many, and at least 128, wait for their \
             turn; what comes beyond that is answered with 503.",
        )
        .holds_only_in(&[Main, Http]),
    ],
};

//! Rows that lead a path to what serves it.

use super::Context::{Location, Server};
use super::Naming::{Gives, Uses};
use super::kind::*;
use super::setting::setting;
use super::{At, Group, HTTP_SERVER_LOCATION, MANY, NameKind, block, simple};

pub(super) const GROUP: Group = Group {
    title: "Routing",
    about: "The path of a request, decoded and without dot segments, chooses one location.",
    about_files: false,
    rows: &[
        block("location", &[Server, Location], (1, 2), Location, "[= | ^~ | ~ | ~*] URI | @NAME")
            .names(&[Gives(NameKind::Location, At::Marked)])
            .repeats()
            .doc(
                "What holds for some paths. `= URI` is that path alone and ends the search; URI is \
                 every path that begins with it, and the longest such prefix is remembered; then \
                 `~ REGEX` and `~* REGEX` (any case) are tried in the order of the conf, unless \
                 the prefix has `^~`, and the first that matches wins; otherwise, the prefix wins. \
                 Locations nest: nested ones are tried once the outer one was chosen. Only \
                 `try_files`, `error_page` and their like lead to `@NAME`.",
            )
            .differs(
                "A regex is matched in linear time: it has groups and lookaround, and no \
                 backreference, atomic group or possessive repetition, and `$` is the very end. \
                 No group captures within `(?=…)` and `(?<=…)`. ⟪One that would need a very \
                 large automaton is refused.⟫",
            ),
        simple("internal", &[Location], (0, 0), "").inherits("").doc(
            "Only `try_files`, `error_page`, `index` and other internal redirects lead here. \
                  A client that asks for it gets 404.",
        ),
        simple("methods", HTTP_SERVER_LOCATION, (1, MANY), "METHOD…")
            .inherits("")
            .doc(
                "The methods that are allowed; GET includes HEAD. Other known methods get 405 with \
                 an Allow field. Without it, files take GET and HEAD, and `return` takes any \
                 method.",
            )
            .differs("sitec's own."),
        simple(
            "expect",
            &[Server],
            (3, MANY),
            "METHOD URL STATUS [LOCATION] [file=PATH] [location=URI] [type=TYPE] [upstream=NAME]",
        )
        .names(&[
            Uses(NameKind::Location, At::Marked),
            Uses(NameKind::Upstream, At::Option("upstream")),
        ])
        .repeats()
        .doc(
            "A test of the conf, which runs when it is compiled. If it fails, no server is built. \
             URL is a path, for this server, or `http://HOST[:PORT]/PATH` or `https://…`, whose \
             host chooses the server as it does for clients. LOCATION is the location that answers \
             (or whose `error_page` does), as it is written: `= /x`, `~ \\.php$`, `@name`. `file=` \
             is the file that is sent or the script that runs, `location=` the Location field, \
             `type=` the Content-Type, `upstream=` the server or the `upstream` that is asked. The \
             answer of a script or of another server is not known: 200 means that it runs, or is \
             asked. 444 is a connection that is closed without a response. If the result depends \
             on something that the compiling machine lacks, such as a folder with an absolute \
             path, a failure is only a warning.",
        )
        .differs("sitec's own."),
        setting!(
            "merge_slashes",
            FLAG,
            server.merge_slashes,
            "Whether several slashes in a row count as one."
        )
        .server_wide(),
    ],
};

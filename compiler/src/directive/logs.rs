//! Rows about logs.

use super::Context::{Http, Location, Main, Server};
use super::Naming::{Gives, Uses};
use super::kind::*;
use super::setting::setting;
use super::{At, Group, HTTP_SERVER_LOCATION, HTTP_SERVER_LOCATION_IF, MANY, NameKind, simple};

pub(super) const GROUP: Group = Group {
    title: "Logs",
    about: "FILE is a path, `stderr`, `stdout`, or \
            `syslog:server=ADDRESS[,facility=NAME][,severity=LEVEL][,tag=NAME][,nohostname]`: a syslog \
            server at `HOST`, `HOST:PORT` or `unix:PATH`, which gets each line as a datagram. Nothing \
            waits for it. SIGUSR1 reopens all files.",
    about_files: false,
    rows: &[
        simple(
            "access_log",
            HTTP_SERVER_LOCATION_IF,
            (1, 7),
            "off | FILE [FORMAT] [gzip[=LEVEL]] [buffer=SIZE] [flush=TIME] [if=VALUE]",
        ).names(&[Uses(NameKind::LogFormat, At::Word(1))])
        .inherits_all("off")
        .params(1)
        .doc(
            "Writes a line for each request, in a format that `log_format` names, or `combined`. \
             `buffer` holds lines back to write them together, `flush` bounds for how long, `gzip` \
             compresses what is written together, by a level of 1 (the default, which is fast) to 9, with \
             a buffer of 64k unless another is named: `zcat` reads such a file at any time. `if` \
             leaves out requests for which VALUE is empty or `0`. FILE may come to `stderr`, \
             `stdout` or `off` by a `param`. A log has the same \
             `buffer` and `flush` wherever it has any, and `gzip` everywhere or nowhere. Variables may be part of a path: the file is opened \
             for each line, unless `open_log_file_cache` keeps it open, and made where it is missing, \
             but its folder is not. Where `root` has variables too, a line is written only if that folder \
             is there, so that clients cannot make files for hosts that do not exist.",
        )
        .differs(
            "⟪Nothing is logged unless it is asked for; nginx's default is `logs/access.log`.⟫ A file \
             that variables name never leaves the folder before the first of them, by `..` or by a \
             symlink; in nginx it may.",
        )
        .unseen(),
        simple(
            "open_log_file_cache",
            HTTP_SERVER_LOCATION,
            (1, 4),
            "off | max=N [inactive=TIME] [min_uses=N] [valid=TIME]",
        )
        .inherits("off")
        .doc(
            "Keeps open the files of logs that variables name: N of each worker, those used last, as \
             long as they are used again within `inactive` (10s), once they were used `min_uses` (1) \
             times. After `valid` (60s) a file is opened anew, in case that it has been moved.",
        )
        .differs("One cache of each worker serves all locations, as large as the `max` that holds.")
        .unseen(),
        simple("log_format", &[Http], (2, MANY), "NAME [escape=default | json | none] TEXT…").names(&[Gives(NameKind::LogFormat, At::Word(0))])
            .repeats()
            .default(
                "combined '$remote_addr - $remote_user [$time_local] \"$request\" $status \
                 $body_bytes_sent \"$http_referer\" \"$http_user_agent\"'",
            )
            .doc(
                "A format for lines of `access_log`: the texts are put together, and variables in \
                 them are escaped as said.",
            ),
        simple("error_log", &[Main, Http, Server, Location], (1, 2), "FILE [LEVEL]")
            .inherits_all("stderr error")
            .params(1)
            .doc(
                "Where faults are reported, from LEVEL up: `debug`, `info`, `notice`, `warn`, \
                 `error`, `crit`, `alert`, `emerg`. Several in one context are several logs, each \
                 with a level of its own: `error_log stderr crit; error_log logs/all.log info;`.",
            )
            .differs("⟪nginx's default is `logs/error.log`.⟫")
            .unseen(),
        simple("stub_status", &[Server, Location], (0, 1), "[on]").doc(
            "Answers `GET` with nginx's counts: connections that are open, connections and \
             requests so far, and how many connections read a head, have a request under way, \
             or wait for one. Over all workers; counted only in a site that has the directive.",
        ),
        setting!(
            "otel_trace_context",
            words(),
            plain.trace_context,
            "What becomes of the `traceparent` that a client sends (W3C Trace Context). `extract`: the \
             request belongs to the client's trace, or begins one; variables tell of it. `inject`: it begins \
             one, which goes on to the server or the script that makes the response, in a `traceparent` of \
             its own. `propagate`: both. `ignore`: the field is one as any other, and the variables are \
             empty."
        )
        .differs("Nothing is sent to a collector: the ids are for logs, and for who is behind."),
        simple("metrics", &[Server, Location], (0, 1), "[on]").doc(
            "Answers `GET` with what the server counts, in the text format of Prometheus: requests and \
             bytes by server, location and status, times, connections, limits, caches, upstreams, TLS \
             and the process. Over all workers; counted only in a site that has this or `status_page`. \
             docs/operating.md lists all of it.",
        ),
        simple("status_page", &[Server, Location], (0, 1), "[on]").doc(
            "Answers `GET` with a page that shows, live, what `metrics` counts. It asks this same location \
             for the numbers, which anything else gets by `?json`.",
        ),
        setting!(
            "log_not_found",
            FLAG,
            plain.log_not_found,
            "Whether a file that was not found is reported as a fault."
        )
        .unseen(),
    ],
};

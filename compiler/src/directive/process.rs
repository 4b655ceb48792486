//! Rows about the process as a whole.

use super::Context::{Events, Http, Location, Main, Server};
use super::Naming::Gives;
use super::kind::*;
use super::setting::setting;
use super::{At, Context, Group, NameKind, block, simple};

const ANYWHERE: &[Context] = &[Main, Events, Http, Server, Location];

pub(super) const GROUP: Group = Group {
    title: "Process",
    about: "What holds for the whole process: its threads, its identity, and how a conf is \
            put together.",
    about_files: false,
    rows: &[
        setting!(
            "worker_processes",
            WORKERS,
            process.workers,
            "How many worker threads serve. Each has its own listening sockets, connections and \
             buffers; `auto` is one for each CPU.",
        )
        .holds_only_in(&[Main])
        .differs("Workers are threads of one process."),
        setting!(
            "worker_connections",
            AT_LEAST_ONE,
            process.worker_connections,
            "How many connections one worker holds open at once. Further connections wait to be \
             accepted until another one closes.",
        )
        .holds_only_in(&[Events])
        .differs("⟪The default is 512 in nginx.⟫"),
        setting!(
            "worker_shutdown_timeout",
            LONGEST,
            process.shutdown_timeout_ms,
            "How long requests under way may take once the server is told to stop. After that, \
             their connections are closed. 0 sets no limit.",
        )
        .holds_only_in(&[Main])
        .differs("⟪nginx waits without a limit unless one is set.⟫"),
        simple("use", &[Events], (1, 1), "METHOD")
            .default("poll")
            .doc("How a worker waits for its connections.")
            .differs("There is one way, `poll`; another method's name is accepted with a note."),
        simple("user", &[Main], (1, 2), "USER [GROUP]")
            .doc(
                "The user that the process becomes once its sockets are open, if it was started as \
             root. Without GROUP, the group has the same name as USER.",
            )
            .differs("⟪Without it, the process keeps its user.⟫"),
        simple("pid", &[Main], (1, 1), "FILE")
            .params(1)
            .doc("A file that holds the process id while the server runs.")
            .differs("⟪There is no such file unless one is named.⟫"),
        simple("param", &[Main], (2, 2), "NAME DEFAULT")
            .names(&[Gives(NameKind::Param, At::Word(0))])
            .repeats()
            .doc(
                "A value that may still be set when the binary starts: by `--set NAME=VALUE`, \
             otherwise by the environment variable NAME. Otherwise, it is DEFAULT. `${NAME}` may \
             stand in {with_params}, and these uses settle what a value must look like. What would \
             be an error in the conf stops the start: a text that does not fit, a folder that is \
             the whole file system or is not there, a name that another server has. Everything \
             else is frozen when the binary is built.",
            )
            .differs("sitec's own."),
        simple("include", ANYWHERE, (1, 1), "FILE | PATTERN")
            .repeats()
            .doc(
                "Inserts the directives of another file, or of all files that match a pattern with \
             `*`, `?` and `[…]`. A relative name is relative to the folder of the site.conf.",
            )
            .differs(
                "⟪A file that includes itself and a name that is not there are errors when the \
                  conf is compiled.⟫",
            ),
        block("events", &[Main], (0, 0), Events, "")
            .doc(
                "Encloses `worker_connections` and `use`, as in nginx. They may also stand at top \
             level.",
            )
            .differs("⟪It may be left out.⟫"),
        block("http", &[Main], (0, 0), Http, "")
            .doc("Encloses servers and what they inherit, as in nginx.")
            .differs("⟪It may be left out: whatever may stand in `http` may stand at top level.⟫"),
    ],
};

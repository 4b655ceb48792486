//! Rows about what is done before a location answers, and about variables of the conf's own.

use super::Context::{Http, Location, Server};
use super::Naming::Gives;
use super::kind::FLAG;
use super::setting::setting;
use super::{At, Directive, Form, Group, MANY, NameKind, SERVER_LOCATION_IF, simple, table};

pub(super) const GROUP: Group = Group {
    title: "Rewriting",
    about: "The steps of a server run before a location is chosen, and again after an internal \
            redirect. The steps of a location run before anything else in it, also before `allow` \
            and `deny`. They run in the order of the conf, `return` among them. A location does \
            not inherit the steps of its server or of an outer location.",
    about_files: false,
    rows: &[
        simple("rewrite", SERVER_LOCATION_IF, (2, 3), "REGEX TARGET [last | break | redirect | permanent]")
            .repeats()
            .doc(
                "Replaces a path that REGEX matches by TARGET; `$1` to `$9` are the groups. The \
                 request's arguments are appended, unless TARGET ends in `?`. Without a flag, the \
                 next step follows, and after the last step, the location of the new path is \
                 chosen. `last` does that at once. `break` stays in this location. `redirect` \
                 (302), `permanent` (301), and a TARGET that begins with `http://`, `https://` or \
                 `$scheme` (302) redirect the client. After ten rounds the answer is 500.",
            ),
        simple("set", SERVER_LOCATION_IF, (2, 2), "$VARIABLE VALUE").names(&[Gives(NameKind::Variable, At::FirstVariable)])
            .repeats()
            .doc(
                "Sets a variable of the conf's own, or `$args`. Until then, the variable is empty. \
                 It may be used in the whole conf, wherever values may have variables.",
            )
            .differs("⟪Of the server's own variables, only `$args` and `$limit_rate` can be set.⟫"),
        Directive {
            form: Form::Condition,
            ..simple("if", &[Server, Location], (1, MANY), "(CONDITION)")
        }
        .repeats()
        .doc(
            "Takes the steps in it if CONDITION holds: `$x` (neither empty nor `0`), `$x = TEXT`, \
             `$x != TEXT`, `$x ~ REGEX` and `$x ~* REGEX` (any case), `-f PATH` (a file is there), \
             `-d` (a directory), `-e` (anything), `-x` (a file that may be executed), and their \
             negations `!~`, `!~*`, `!-f` and so on. In a location, an `if` whose condition holds \
             acts as a location without a path: its settings replace those of the location, which \
             loses its `try_files`. If several hold, the last one counts. It holds `root`, \
             `error_page`, `add_header`, `expires`, `charset`, `access_log` and `sendfile` beside \
             steps.",
        ),
        Directive {
            args: (2, 2),
            usage: "TEXT $VARIABLE",
            ..table("map", &[Http])
        }
        .names(&[Gives(NameKind::Variable, At::LastVariable)])
        .repeats()
        .doc(
            "A variable whose value depends on TEXT. It is computed when it is first used. Each \
             line is a text, which is compared in any case, and a value, which may hold variables. \
             `~REGEX` and `~*REGEX` (any case) are tried after the texts, in their order, and the \
             value may use their groups; the named ones are variables of the request once the map \
             was used. `default VALUE` is for everything else. With `hostnames;`, texts are names \
             like those of `server_name`. With `volatile;`, it is computed at every use. To write \
             a text that is one of these words, put a `\\` before it.",
        ),
        Directive {
            args: (1, 2),
            usage: "[$ADDRESS] $VARIABLE",
            ..table("geo", &[Http])
        }
        .names(&[Gives(NameKind::Variable, At::LastVariable)])
        .repeats()
        .doc(
            "A variable whose value depends on the client's address, or on the address in \
             `$ADDRESS`. Each line is a network, `10.0.0.0/8` or `2001:db8::/32`, and a text. If \
             an address lies in several networks, the smallest one counts. `default TEXT` is for \
             all other addresses. A value that is not an address counts as 255.255.255.255. \
             `delete NETWORK` removes an earlier line. With `ranges;`, the first line, networks \
             are written as `192.0.2.1-192.0.2.9`; a range may lie within one before it. `proxy \
             NETWORK;` names those whose X-Forwarded-For is taken for the address; with \
             `proxy_recursive;`, the last one that none of them has. For example, `geo $inside { \
             default no; 10.0.0.0/8 yes; }`.",
        )
        .differs(
            "⟪Lines that no address comes to are a warning, and a `delete` of what is not there is an error.⟫",
        ),
        Directive {
            args: (2, 2),
            usage: "TEXT $VARIABLE",
            ..table("split_clients", &[Http])
        }
        .names(&[Gives(NameKind::Variable, At::LastVariable)])
        .repeats()
        .doc(
            "A variable that divides all values of TEXT into shares: `0.5% new;` and, for the \
             rest, `* old;`. The same TEXT always has the same value, by its MurmurHash2, which is \
             nginx's. For example, `split_clients $remote_addr $variant { 10% b; * a; }`.",
        ),
        simple("break", SERVER_LOCATION_IF, (0, 0), "")
            .repeats()
            .doc("Ends the steps. The location goes on with the path as it is."),
        setting!(
            "rewrite_log",
            FLAG,
            plain.rewrite_log,
            "Whether the results of `rewrite` are written to the error log, with level `notice`: \
             `error_log stderr notice;` shows it."
        )
        .differs("Regexes that do not match are not logged, and it may not stand in `if`.")
        .unseen(),
        setting!(
            "uninitialized_variable_warn",
            FLAG,
            plain.uninitialized_variable_warn,
            "Whether the error log tells, with level `warn`, of a variable of `set` that is read before it \
             was given a value: once for a request. `error_log stderr warn;` shows it."
        )
        .and_in_if()
        .unseen(),
    ],
};

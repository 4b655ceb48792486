//! Rows about what is done before a location answers, and about variables of the conf's own.

use super::Context::{Http, Location, Server};
use super::kind::FLAG;
use super::setting::setting;
use super::{Directive, Form, Group, MANY, SERVER_LOCATION_IF, simple, table};

pub(super) const GROUP: Group = Group {
    title: "Rewriting",
    about: "A server takes these steps before a location is looked for, and again after an internal \
            redirect; a location takes its own before anything else, also before `allow` and `deny`. \
            They are taken in the order of the conf, `return` among them. A location does not have \
            those of its server or of an outer location.",
    about_files: false,
    rows: &[
        simple("rewrite", SERVER_LOCATION_IF, (2, 3), "REGEX TARGET [last | break | redirect | permanent]")
            .repeats()
            .doc(
                "Puts TARGET in the place of a path that REGEX matches; `$1` to `$9` are its groups. \
                 The request's arguments are appended, unless TARGET ends in `?`. Without a flag the \
                 next step follows, and in the end the location of the new path is looked for. \
                 `last` does that at once; `break` stays in this location. `redirect` (302), \
                 `permanent` (301), and a TARGET that begins with `http://`, `https://` or \
                 `$scheme` (302) send the client there. After ten rounds the answer is 500.",
            ),
        simple("set", SERVER_LOCATION_IF, (2, 2), "$VARIABLE VALUE")
            .repeats()
            .doc(
                "Gives a value to a variable of the conf's own, or to `$args`. Before that it is \
                 empty. It may be used wherever values have variables, in the whole conf.",
            )
            .differs("Of the server's own variables, only `$args` and `$limit_rate` can be set."),
        Directive {
            form: Form::Condition,
            ..simple("if", &[Server, Location], (1, MANY), "(CONDITION)")
        }
        .repeats()
        .doc(
            "Takes the steps in it if CONDITION holds: `$x` (neither empty nor `0`), `$x = TEXT`, \
             `$x != TEXT`, `$x ~ REGEX` and `$x ~* REGEX` (any case), `-f PATH` (a file is there), \
             `-d` (a directory), `-e` (anything), `-x` (a file that may be executed), and their \
             negations `!~`, `!~*`, `!-f` and so on. In a location, an `if` that holds is a location \
             without a path: its settings stand in the place of the location's, which loses its \
             `try_files`; of several that hold, it is the last. It holds `root`, `error_page`, \
             `add_header`, `expires`, `charset`, `access_log` and `sendfile` beside steps.",
        ),
        Directive {
            args: (2, 2),
            usage: "TEXT $VARIABLE",
            ..table("map", &[Http])
        }
        .repeats()
        .doc(
            "A variable whose value TEXT decides on, worked out when it is first used. Each line is a \
             text, whatever its case, and a value, which may hold variables; `~REGEX` and `~*REGEX` (any \
             case) are asked behind the texts, in their order, and their groups may stand in the value. \
             `default VALUE` is for all else. With `hostnames;`, texts are names like those of \
             `server_name`. With `volatile;`, it is worked out at every use. A text that is one of these \
             words has a `\\` before it.",
        ),
        Directive {
            args: (1, 2),
            usage: "[$ADDRESS] $VARIABLE",
            ..table("geo", &[Http])
        }
        .repeats()
        .doc(
            "A variable whose value the client's address decides on, or the address that `$ADDRESS` \
             holds. Each line is a network, `10.0.0.0/8` or `2001:db8::/32`, and a text; of several that \
             an address lies in, the smallest counts. `default TEXT` is for all else. What is no address \
             counts as 255.255.255.255. `delete NETWORK` takes a line back that \
             stands before it. With `ranges;`, the first line, networks are written as \
             `192.0.2.1-192.0.2.9`; a range may lie within one before it. `proxy NETWORK;` names those whose \
             X-Forwarded-For is taken for the address; with `proxy_recursive;`, the last one that none of them \
             has. For example, \
             `geo $inside { default no; 10.0.0.0/8 yes; }`.",
        )
        .differs(
            "Lines that no address comes to are a warning, and a `delete` of what is not there is an error.",
        ),
        Directive {
            args: (2, 2),
            usage: "TEXT $VARIABLE",
            ..table("split_clients", &[Http])
        }
        .repeats()
        .doc(
            "A variable that gives each share of all TEXTs its value: `0.5% new;` and, for what is left, \
             `* old;`. The same TEXT always has the same value, by its MurmurHash2, which is nginx's. For \
             example, `split_clients $remote_addr $variant { 10% b; * a; }`.",
        ),
        simple("break", SERVER_LOCATION_IF, (0, 0), "")
            .repeats()
            .doc("Ends the steps: the location goes on with the path as it is."),
        setting!(
            "rewrite_log",
            FLAG,
            plain.rewrite_log,
            "Whether what a `rewrite` leads to is written to the error log, with level `notice`: \
             `error_log stderr notice;` shows it."
        )
        .differs("Regexes that do not match are not told of, and it does not stand in `if`.")
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

//! Rows about cookies by which clients are known again.

use super::{Group, HTTP_SERVER_LOCATION, MANY, simple};

pub(super) const GROUP: Group = Group {
    title: "Client identifiers",
    about: "A number for each client, which it brings again as a cookie: logs tell clients apart by \
            `$uid_got` and `$uid_set`. The cookies are nginx's, so that both know each other's.",
    about_files: false,
    rows: &[
        simple("userid", HTTP_SERVER_LOCATION, (1, 1), "on | v1 | log | off").inherits("off").doc(
            "Gives a client a number, in a cookie, unless it brings one: `on` the second form of them, \
             `v1` the first. `log` gives none, and has `$uid_got` in logs. For example, `userid on; \
             userid_name uid; userid_expires 365d; log_format ids '$remote_addr $uid_got $uid_set';`. \
             `set $uid_reset 1;` gives a client another number, and `log` in its place writes that to \
             the error log.",
        ),
        simple("userid_name", HTTP_SERVER_LOCATION, (1, 1), "NAME")
            .inherits("uid")
            .doc("The name of the cookie."),
        simple("userid_domain", HTTP_SERVER_LOCATION, (1, 1), "NAME | none")
            .inherits("none")
            .doc("The domain that the cookie is for; without one, it is for the host that was asked."),
        simple("userid_path", HTTP_SERVER_LOCATION, (1, 1), "PATH")
            .inherits("/")
            .doc("The path that the cookie is for."),
        simple("userid_expires", HTTP_SERVER_LOCATION, (1, 1), "TIME | max | off").inherits("off").doc(
            "How long a browser keeps the cookie: `max` up to the end of 2037, `off` until it is closed.",
        ),
        simple("userid_flags", HTTP_SERVER_LOCATION, (1, MANY), "off | FLAG…").inherits("off").doc(
            "What else is said of the cookie: `secure`, `httponly`, `samesite=strict`, `samesite=lax`, \
             `samesite=none`.",
        ),
        simple("userid_mark", HTTP_SERVER_LOCATION, (1, 1), "LETTER | DIGIT | = | off")
            .inherits("off")
            .doc(
                "A mark behind the number. Who brings a cookie without it is given the same number with \
                 it, so that another `userid_expires` or `userid_domain` reaches clients that have one.",
            ),
        simple("userid_p3p", HTTP_SERVER_LOCATION, (1, 1), "TEXT | none")
            .inherits("none")
            .doc("A P3P field, which goes with the cookie. Browsers have forgotten it."),
        simple("userid_service", HTTP_SERVER_LOCATION, (1, 1), "NUMBER").inherits("").doc(
            "A number in the place of the server's address, which is a part of the clients' numbers: \
             0 in the first form.",
        ),
    ],
};

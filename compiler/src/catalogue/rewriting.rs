//! `rewrite`, `if` and `set`.

use super::{Check, Group, error};

pub(super) const GROUP: Group = Group { title: "Rewriting", checks: CHECKS };

const CHECKS: &[Check] = &[
    error(
        "R10",
        "rewriting-form",
        "A condition, a variable of `set` or a flag of `rewrite` that cannot be read. A condition stands in \
     parentheses and is one of `$name`, `$name = text`, `$name ~ regex` and `-f path`, or a negation; \
     there is no `and`, `or` or `else`. `set` gives values to variables of the conf's own and to `$args`.",
        "server {\n    listen 8080;\n    root www;\n    if ($host ⟪==⟫ a.test) { return 403; }\n}",
        "server {\n    listen 8080;\n    root www;\n    if ($host = a.test) { return 403; }\n}",
    ),
    error(
        "R11",
        "map-form",
        "A line of a `map` that cannot be read or has a text that stands there already, case aside; or a \
         variable that something else gives values to, or that rests on itself.",
        "map $uri $kind {\n    /a 1;\n    ⟪/A⟫ 2;\n}\nserver {\n    listen 8080;\n    location / { return 200 $kind; }\n}",
        "map $uri $kind {\n    /a 1;\n    /b 2;\n}\nserver {\n    listen 8080;\n    location / { return 200 $kind; }\n}",
    ),
];

//! How a conf is written.

use super::{Check, Group, error, warning};

pub(super) const GROUP: Group = Group { title: "Syntax", checks: CHECKS };

const CHECKS: &[Check] = &[
    error(
        "Y01",
        "missing-semicolon",
        "A directive without a block ends in `;`. Without one, the next line would be read as more \
         parameters of it. The place shown is the end of the directive, where the `;` belongs.",
        "server {\n    listen 8080;\n    root www⟪⟫\n    index index.html;\n}",
        "server {\n    listen 8080;\n    root\n        www;\n    index index.html;\n}",
    ),
    error(
        "Y02",
        "unclosed-block",
        "A `{` has no `}`. Where the lines are indented, the message says before which line the \
         `}` is most likely missing.",
        "server ⟪{⟫\n    listen 8080;\n    root www;\n",
        "server { listen 8080;\n    root www; }",
    ),
    error(
        "Y03",
        "stray-brace",
        "A `}` closes nothing. The message shows which block was closed before it, perhaps too \
         early.",
        "server {\n    listen 8080;\n    root www;\n}\n⟪}⟫",
        "server {\n    listen 8080;\n    location / { root www; }\n}",
    ),
    error(
        "Y04",
        "unterminated-quote",
        "A string begins with a quote and never ends, so that it would take in the rest of the \
         conf. A quote within a string is written `\\\"`.",
        "server {\n    listen 8080;\n    return 200 ⟪\"⟫hi;\n}",
        "server {\n    listen 8080;\n    return 200 \"she said \\\"hi\\\"\";\n}",
    ),
    error(
        "Y05",
        "block-or-statement",
        "Some directives enclose others in `{ }`, the rest end in `;`. No directive takes both \
         forms.",
        "server {\n    listen 8080;\n    root www ⟪{⟫ }\n}",
        "server {\n    listen 8080;\n    location / { }\n    root www;\n}",
    ),
    error(
        "Y06",
        "lookalike-char",
        "A character that looks like a quote, a blank, a semicolon or a brace and is another one, \
         as word processors and web pages put in: typographic quotes, no-break spaces, full-width \
         signs.",
        "server {\n    listen 8080;\n    server_name ⟪“a.test”⟫;\n    root www;\n}",
        "server {\n    listen 8080;\n    server_name \"a.test\";\n    return 200 \"“quoted”\";\n}",
    ),
    error(
        "Y07",
        "brace-in-regex",
        "A `{` in a pattern without quotes begins a block, as in nginx, and a `;` ends the \
         directive. Put the pattern in quotes.",
        "server {\n    listen 8080;\n    location ~ ^/\\d⟪{⟫3}$ { return 200 \"ok\"; }\n}",
        "server {\n    listen 8080;\n    location ~ \"^/\\d{3}$\" { return 200 \"ok\"; }\n}",
    ),
    error(
        "Y08",
        "bad-modifier",
        "Before the URI of a `location` stands nothing, `=`, `^~`, `~` or `~*`. It may be glued to \
         the URI.",
        "server {\n    listen 8080;\n    location ⟪=~⟫ ^/x { return 200 \"x\"; }\n}",
        "server {\n    listen 8080;\n    location ~^/x { return 200 \"x\"; }\n    location =/y { return 200 \"y\"; }\n}",
    ),
    error(
        "Y09",
        "include-missing",
        "An included file is not there, cannot be read, or includes itself. A pattern with `*` \
         that matches nothing is a warning: nginx takes it silently.",
        "server {\n    listen 8080;\n    include ⟪common.conf⟫;\n    root www;\n}",
        "server {\n    listen 8080;\n    include sites/*.conf;\n    root www;\n}",
    )
    .among(&[super::Entry::File("sites/a.conf", "index index.html;\n")]),
    error(
        "Y10",
        "stray-semicolon",
        "A `;`, a quote or a `{` where nothing can follow it: a second `;`, a `;` between a block's \
         name and its `{`, a `{` without a name, words glued to a closing quote.",
        "server {\n    listen 8080;⟪;⟫\n    root www;\n}",
        "server {\n    listen 8080;\n    return 200 \";\";\n}",
    ),
    error(
        "Y11",
        "nested-too-deep",
        "Blocks may be within each other a hundred deep, those of included files counted. No conf \
         that anybody can read comes near.",
        DEEP,
        "server {\n    listen 8080;\n    location /a/ {\n        location /a/b/ { root www; }\n    }\n}",
    ),
    warning(
        "Y12",
        "unused-allow",
        "A `# sitec: allow(CODE) REASON` comment silences nothing: what it was written for is gone, \
         or it stands at another place. It holds for its own line, or, alone on a line, for the \
         directive below it.",
        "server {\n    listen 8080;\n    # sitec: allow(⟪D11⟫) kept from the old server\n    root www;\n}",
        "# sitec: allow(D11) the file is really called off\nerror_log off;\nserver {\n    listen 8080;\n    root www;\n}",
    ),
    error(
        "Y13",
        "bad-allow",
        "A `# sitec: allow(CODE) REASON` comment names no check, or gives no reason. The reason is \
         for whoever reads the conf next.",
        "⟪# sitec: allow(D11)⟫\nerror_log off;\nserver {\n    listen 8080;\n    root www;\n}",
        "# sitec: allow(D11) the file is really called off\nerror_log off;\nserver {\n    listen 8080;\n    root www;\n}",
    ),
];

/// A server, and 100 locations within each other.
const DEEP: &str = "\
server {
    listen 8080;
    root www;
    location / { location / { location / { location / { location / {
    location / { location / { location / { location / { location / {
    location / { location / { location / { location / { location / {
    location / { location / { location / { location / { location / {
    location / { location / { location / { location / { location / {
    location / { location / { location / { location / { location / {
    location / { location / { location / { location / { location / {
    location / { location / { location / { location / { location / {
    location / { location / { location / { location / { location / {
    location / { location / { location / { location / { location / {
    location / { location / { location / { location / { location / {
    location / { location / { location / { location / { location / {
    location / { location / { location / { location / { location / {
    location / { location / { location / { location / { location / {
    location / { location / { location / { location / { location / {
    location / { location / { location / { location / { location / {
    location / { location / { location / { location / { location / {
    location / { location / { location / { location / { location / {
    location / { location / { location / { location / { location / {
    location / { location / { location / { location / { location / ⟪{⟫
    } } } } } } } } } } } } } } } } } } } } } } } } }
    } } } } } } } } } } } } } } } } } } } } } } } } }
    } } } } } } } } } } } } } } } } } } } } } } } } }
    } } } } } } } } } } } } } } } } } } } } } } } } }
}";

//! The parser as a whole: what a text is read as, and what is said about a broken one.

use std::path::{Path, PathBuf};

use super::tree::MAX_DEPTH;
use super::*;
use crate::ast::Word;
use crate::files::Memory;
use crate::testing::{check_err, diagnose};

/// What came of reading `site.conf`.
struct Read {
    conf: Option<Conf>,
    sources: Sources,
    dependencies: Vec<PathBuf>,
    diagnostics: Diagnostics,
}

fn read<'a, B: AsRef<[u8]>>(files: impl IntoIterator<Item = (&'a str, B)>) -> Read {
    let files = Memory::new(files);
    let (mut sources, mut dependencies) = (Sources::default(), Vec::new());
    let mut diagnostics = Diagnostics::default();
    let path = Path::new("site.conf");
    let conf = parse(&files, path, &mut sources, &mut dependencies, &mut diagnostics);
    Read { conf, sources, dependencies, diagnostics }
}

/// The tree of a conf in one line, words in Rust's spelling, separated by one space.
fn tree(directives: &[Directive]) -> String {
    let mut text = String::new();
    for directive in directives {
        for word in [&directive.name].into_iter().chain(&directive.args) {
            text += &word.value.escape_ascii().to_string();
            text.push(' ');
        }
        match &directive.block {
            Some(block) => text += &format!("{{ {}}} ", tree(&block.directives)),
            None => text += "; ",
        }
    }
    text
}

fn read_as(text: impl AsRef<[u8]>) -> String {
    let read = read([("site.conf", text)]);
    assert_eq!(read.diagnostics.render(&read.sources, false), "");
    tree(&read.conf.expect("no errors").directives)
}

#[test]
fn words_are_those_of_nginx() {
    for (text, expected) in [
        (&b""[..], ""),
        (b" \t\r\n # only a comment", ""),
        (b"root www;", "root www ; "),
        (b"root\twww\r\n;\r\n", "root www ; "),
        (b"\xEF\xBB\xBFroot www;", "root www ; "),
        (b"server{listen 80;}", "server { listen 80 ; } "),
        (b"server\n{\n}\n", "server { } "),
        (b"a # b; {\n c # d }\n;", "a c ; "),
        (b"a b#c d;", "a b#c d ; "),
        (b"a '' \"\";", "a   ; "),
        (b"a 'b \"c\" ;{}#' \"d 'e' ;{}#\";", r#"a b \"c\" ;{}# d \'e\' ;{}# ; "#),
        (b"a b'c d\"e;", r#"a b\'c d\"e ; "#),
        (b"a 'b'{}", "a b { } "),
        (b"a 'b'\n'c';", "a b c ; "),
        (b"if ('a' = 'b') {}", "if (\\'a\\' = b ) { } "),
        (b"a 'b\nc';", "a b\\nc ; "),
        // Escapes: six are replaced, any other backslash stays.
        (br#"a \" \' \\ \t \r \n;"#, r#"a \" \' \\ \t \r \n ; "#),
        (br#"a "\" \' \\ \t \r \n";"#, r#"a \" \' \\ \t \r \n ; "#),
        (br#"a '\" \' \\ \t \r \n';"#, r#"a \" \' \\ \t \r \n ; "#),
        (br"a \.php$ \d \$ \x41;", r"a \\.php$ \\d \\$ \\x41 ; "),
        (br"a b\ c \; \{ \} \#;", r"a b\\ c \\; \\{ \\} \\# ; "),
        (b"a b\\\nc;", r"a b\\\nc ; "),
        (br"a '\\' '\d' b\\;", r"a \\ \\d b\\ ; "),
        // A brace behind `$` is part of the word.
        (b"a $b ${c} x${d}y \"${e}\" $;", "a $b ${c} x${d}y ${e} $ ; "),
        (b"a $b{c;}", "a $b { c ; } "),
        (b"a $b}c d};", "a $b}c d} ; "),
        (
            b"location = /a { location ~ \"^/\\d{3}$\" { } }",
            "location = /a { location ~ ^/\\\\d{3}$ { } } ",
        ),
        (b"types { text/html html htm; }", "types { text/html html htm ; } "),
        // Bytes that are not UTF-8 are words as any other, as is what is not ASCII.
        (b"a \xFF\xE9 \"\\t\xFF\" x\\\xFF;", r"a \xff\xe9 \t\xff x\\\xff ; "),
        ("a ü \u{F7FF};".as_bytes(), r"a \xc3\xbc \xef\x9f\xbf ; "),
        (b"a \0\x01;", r"a \x00\x01 ; "),
    ] {
        assert_eq!(read_as(text), expected, "{}", text.escape_ascii());
    }
}

/// The only argument of the only directive in `text`.
fn argument(text: &str) -> Word {
    let conf = read([("site.conf", text)]).conf.expect("no errors");
    conf.directives[0].args[0].clone()
}

#[test]
fn parts_of_a_word_have_places() {
    for (text, needle) in [
        ("a xxneedle;", "needle"),
        ("a 'xxneedle';", "needle"),
        (r#"a "\t\"needle\"";"#, "needle"),
        (r"a \t\\needle;", "needle"),
        (r"a \.needle\.;", "needle"),
        ("a 'üneedle';", "needle"),
        ("a needle;", "needle"),
    ] {
        let word = argument(text);
        let value = word.text().unwrap();
        let at = value.find(needle).unwrap();
        let part = word.part(at..at + needle.len());
        assert_eq!(&text[part.start as usize..part.end as usize], needle, "{text}");
        let whole = word.part(0..word.value.len());
        let written = &text[2..text.len() - 1];
        let inner = &written[usize::from(word.quoted)..written.len() - usize::from(word.quoted)];
        assert_eq!(&text[whole.start as usize..whole.end as usize], inner, "{text}");
    }
}

#[test]
fn includes_are_put_in_place() {
    let files = [
        ("site.conf", "include a.conf;\nserver { include d/*.conf; types { include ./t; } }"),
        ("a.conf", "user a;\n"),
        ("d/2.conf", "listen 2;"),
        ("d/1.conf", "listen 1;"),
        ("d/.3.conf", "listen 3;"),
        ("d/e/4.conf", "listen 4;"),
        ("t", "text/html html;"),
    ];
    let read = read(files);
    assert_eq!(read.diagnostics.render(&read.sources, false), "");
    assert_eq!(
        tree(&read.conf.unwrap().directives),
        "user a ; server { listen 1 ; listen 2 ; types { text/html html ; } } "
    );
    let dependencies: Vec<_> =
        read.dependencies.iter().map(|path| path.to_str().unwrap()).collect();
    assert_eq!(dependencies, ["site.conf", "a.conf", "d", "d/1.conf", "d/2.conf", "t"]);
    let names: Vec<_> = read.sources.iter().map(|(_, source)| &source.name[..]).collect();
    assert_eq!(names, ["site.conf", "a.conf", "d/1.conf", "d/2.conf", "t"]);
}

#[test]
fn missing_semicolons_are_found() {
    for (text, drawn, after) in [
        ("root www\nindex a.html;", "        ^", "root www"),
        ("root www # w\nindex a.html;", "        ^", "root www"),
        ("server {\n  root www\n  location / { }\n}", "          ^", "root www"),
        ("server {\n  server_name a\n    location / { }\n}", "               ^", "server_name a"),
        ("server {\n  root www\n}", "          ^", "root www"),
        ("server { root www }", "                 ^", "root www"),
        ("server { root www} ", "                 ^", "root www"),
        (
            "server { location / { root www} listen 80; }",
            "                              ^",
            "root www",
        ),
        ("server { listen 80; root www}", "                            ^", "root www"),
        ("root www", "        ^", "root www"),
        ("server { return 200 \"a b\" }", "                         ^", "return 200 \"a b\""),
        ("types {\n  text/css css\n  text/html html;\n}", "              ^", "text/css css"),
        (
            "log_format a '$remote_addr $request $status $body_bytes_sent'\nuser b;",
            "                                                             ^",
            "log_format",
        ),
    ] {
        check_err(text, drawn, &format!("Y01: expected `;` after `{after}`"));
    }
}

/// The next statement has mistakes of its own, which are independent.
#[test]
fn a_missing_semicolon_hides_no_mistake() {
    for (next, code) in [("redis_pass a;", "D02"), ("lisen 80;", "D01"), ("root b;", "D06")] {
        let text = format!("server {{\n  root a\n  {next}\n}}");
        let (diagnostics, _) = diagnose(&text);
        let codes: Vec<_> = diagnostics.sorted().iter().map(|d| d.code).collect();
        assert_eq!(codes, ["Y01", code], "{text}");
    }
}

#[test]
fn options_of_listen_are_no_directives() {
    check_err(
        "server { listen 80 root www; }",
        "                  ^----",
        "Y01: expected `;` after `listen 80`",
    );
    let (diagnostics, _) = diagnose("server { listen 80 default_server backlog=5; root www; }");
    assert!(diagnostics.is_empty());
}

#[test]
fn comments_of_other_languages() {
    let message = "D03: a comment begins with `#` here";
    check_err("server {\n  // the root\n  root www;\n}", "  ^^", message);
    check_err("server {\n  // root a;\n  root www;\n}", "  ^^", message);
    check_err("server {\n  /* the\n root */\n  root www;\n}", "  ^^", message);
    check_err("server { /* it */ root www; }", "         ^^", message);
    // What stands unseen between the two is a mistake of its own.
    let (diagnostics, sources) = diagnose("/\u{feff}/ a;");
    assert!(diagnostics.render(&sources, false).contains("U+FEFF"));
}

#[test]
fn each_line_of_another_language_is_told() {
    let (diagnostics, sources) = diagnose("server.port = 80\nserver.bind = 1\npagespeed\n");
    assert_eq!(
        diagnostics.short(&sources),
        "site.conf:1:1: error[D03]: `server.port` is called `listen` here\n\
         site.conf:1:17: error[Y01]: expected `;` after `server.port = 80`\n\
         site.conf:2:1: error[D03]: `server.bind` is called `host` here\n\
         site.conf:2:16: error[Y01]: expected `;` after `server.bind = 1`\n\
         site.conf:3:1: error[D02]: nginx's `pagespeed` is not supported\n\
         site.conf:3:10: error[Y01]: expected `;` after `pagespeed`\n"
    );
}

#[test]
fn parameters_on_further_lines_are_no_mistake() {
    for text in [
        "server {\n  server_name a\n    b\n    index;\n}",
        "server_tokens\n  off;",
        "log_format index\n  '$status'\n  '$uri';",
        "types {\n  text/html\n    html\n    htm;\n}",
        "server {\n  server_name\n    root;\n}",
        "server\n{\nlisten\n80\n;\n}",
        "server {\n\tserver_name a\n\t\tb;\n}",
    ] {
        let read = read([("site.conf", text)]);
        assert_eq!(read.diagnostics.render(&read.sources, false), "", "{text}");
    }
}

/// However its lines are indented, a directive without a row ends at its `;`.
#[test]
fn what_is_not_supported_may_take_several_lines() {
    for text in [
        "concat_types\ntext/css\ntext/plain;",
        "server {\n  concat_types\n  text/css\n  application/json;\n}",
        "server {\n\tconcat_types\n    text/css\n    text/plain;\n}",
        "redis2_query\nget\n$uri;",
    ] {
        let (diagnostics, sources) = diagnose(text);
        let said = diagnostics.short(&sources);
        assert!(said.contains("error[D02]") && said.lines().count() == 1, "{text}\n{said}");
    }
    let text = "nobodys\nfirst\nsecond;";
    check_err(text, "^^^^^^^", "D01: unknown directive `nobodys`");
    // Where a directive of the language begins, a mark is missing.
    for text in
        ["pagespeed on\nroot www;", "concat_types\na/b\nserver { }", "pagespeed on\nconcat on;"]
    {
        let (diagnostics, _) = diagnose(text);
        assert!(diagnostics.sorted().iter().any(|found| found.code == "Y01"), "{text}");
    }
}

#[test]
fn blocks_of_lua_are_not_looked_into() {
    for lua in [
        "ngx.say(\"hi {\")",
        "local t = { a = '}', b = { } } -- } {\n",
        "--[[ } ]] --[==[ ]] } ]==] s = [[ } ]]",
        "s = \"\\\"}\" t = '\\'}'",
        "if a[b[1]] then x = 1; end;",
        ";",
        "",
    ] {
        let text = format!("location / {{ content_by_lua_block {{{lua}}} root a; }}");
        assert_eq!(tree_of(&text), "location / { content_by_lua_block { } root a ; } ", "{text}");
    }
    assert_eq!(tree_of("set_by_lua_block $a {x()}"), "set_by_lua_block $a { } ");
    assert_eq!(tree_of("log_by_lua_block # {\n{x()}"), "log_by_lua_block { } ");
    assert_eq!(tree_of("a_lua_block { b c; }"), "a_lua_block { b c ; } ");
    check_err(
        "location / { content_by_lua_block { if a then { }",
        "           -                      ^",
        "Y02: the block `content_by_lua_block` is never closed",
    );
    let (diagnostics, sources) = diagnose("root a\ninit_by_lua_block { x(\"}\") }");
    let said = diagnostics.short(&sources);
    assert!(said.contains("expected `;` after `root a`") && said.lines().count() == 2, "{said}");
}

/// The tree of a text whose braces have their partners.
fn tree_of(text: &str) -> String {
    tree(&read([("site.conf", text)]).conf.expect("it can be read").directives)
}

#[test]
fn braces_without_a_partner_are_found() {
    for (text, drawn, message) in [
        ("server {", "       ^", "Y02: the block `server` is never closed"),
        ("server {\n  listen 80;\n", "       ^", "Y02: the block `server` is never closed"),
        (
            "server {\n  location / {\n    index a;\n\n  location /b {\n    index b;\n  }\n}\n",
            "             ^",
            "Y02: the block `location /` is never closed",
        ),
        (
            "server {\n  listen 80;\n\nserver {\n  listen 81;\n}\n",
            "       ^",
            "Y02: the block `server` is never closed",
        ),
        (
            "server {\n  location / {\n    index a;\n}\n",
            "             ^",
            "Y02: the block `location /` is never closed",
        ),
        ("server { location / { }", "       ^", "Y02: the block `server` is never closed"),
        ("server { } }", "       - - ^", "Y03: unexpected `}`"),
        ("}", "^", "Y03: unexpected `}`"),
        ("server { } } } }", "       - - ^", "Y03: unexpected `}`"),
        ("server {\n  listen 80;\n  }\n  location / { }\n}\n", "^", "Y03: unexpected `}`"),
        ("server {\n  listen 80;\n}\n\n  location / {\n  }\n}\n", "^", "Y03: unexpected `}`"),
        ("server { { listen 80; } }", "         ^", "Y10: unexpected `{`"),
        ("server { listen 80; };", "                     ^", "Y10: unexpected `;`"),
        ("server; { listen 80; }", "      ^", "Y10: `;` between `server` and its block"),
        (
            "server {\n  location /\n    index a;\n  }\n}\n",
            "            ^",
            "Y05: expected `{` after `location /`",
        ),
        ("server { location / }", "                   ^", "Y05: expected `{` after `location /`"),
    ] {
        check_err(text, drawn, message);
    }
}

#[test]
fn slips_within_words_have_their_own_messages() {
    for (text, drawn, message) in [
        ("root \"www;", "     ^", "Y04: unterminated string"),
        ("root 'www;\nuser a;", "     ^", "Y04: unterminated string"),
        ("root \"www;\nuser \"a\";", "     ^", "Y04: unterminated string"),
        ("server { root \"www; }", "              ^", "Y04: unterminated string"),
        ("server {\n  root \"www;\n}\n", "       ^", "Y04: unterminated string"),
        ("root \"www", "     ^", "Y04: unterminated string"),
        (
            "server { server_name “a b”; }",
            "                     ^^^^^",
            "Y06: U+201C (left double quotation mark) does not quote",
        ),
        (
            "server { server_name “a b\"; }",
            "                     ^^^^^",
            "Y06: U+201C (left double quotation mark) does not quote",
        ),
        ("root \"www”;\n", "         ^", "Y06: U+201D (right double quotation mark) is not `\"`"),
        ("root www”;", "        ^", "Y06: U+201D (right double quotation mark) is not `\"`"),
        ("root ‘www;", "     ^", "Y06: U+2018 (left single quotation mark) is not `'`"),
        ("root\u{A0}www;", "    ^", "Y06: U+00A0 (no-break space) does not separate words"),
        (
            "server {\n\u{A0} \u{A0}listen 80;\n}",
            "^^^",
            "Y06: U+00A0 (no-break space) does not separate words",
        ),
        ("root w\u{200B}ww;", "      ^", "Y06: U+200B (zero-width space) stands here, unseen"),
        ("user a;\n\u{FEFF}root a;", "^", "Y06: U+FEFF (byte order mark) stands here, unseen"),
        ("root www；\nuser a;", "        ^", "Y06: U+FF1B (full-width semicolon) is not `;`"),
        ("server ｛ listen 80; ｝", "", ""),
        (
            "server { location ~ ^/\\d{3}$ { } }",
            "                        ^",
            "Y07: `{` within an unquoted word",
        ),
        (
            "server { location /{id}/a { } }",
            "                   ^",
            "Y07: `{` within an unquoted word",
        ),
        (
            "server { location ~ a${ root b; } }",
            "                      ^",
            "Y07: `{` directly behind `$`",
        ),
        ("root \"a\"b;", "     ---^", "Y10: a word cannot go on behind its closing `\"`"),
        ("root 'a''b c';", "     ---^", "Y10: a word cannot go on behind its closing `'`"),
        ("root \"a\"#b\n;", "     ---^", "Y10: a word cannot go on behind its closing `\"`"),
    ] {
        match drawn {
            "" => assert_eq!(diagnose(text).0.summary(), "2 errors", "{text}"),
            _ => check_err(text, drawn, message),
        }
    }
}

#[test]
fn includes_that_fail_say_why() {
    for (pattern, message) in [
        ("b.conf", "error[Y09]: `b.conf` does not exist"),
        ("d", "error[Y09]: `d` is a directory"),
        ("site.conf", "error[Y09]: `site.conf` includes itself"),
        ("./site.conf", "error[Y09]: `site.conf` includes itself"),
        ("d/loop.conf", "error[Y09]: `d/loop.conf` includes itself"),
        ("*.txt", "warning[Y09]: nothing matches this `include`"),
        ("[.conf", "error[Y09]: bad pattern in `include`: invalid range pattern"),
        ("a.conf a.conf", "error[D05]: `include` takes one file or pattern"),
    ] {
        let text = format!("include {pattern};");
        let files = [
            ("site.conf", &text[..]),
            ("a.conf", ""),
            ("d/loop.conf", "include d/back.conf;"),
            ("d/back.conf", "include d/loop.conf;"),
        ];
        let read = read(files);
        let short = read.diagnostics.short(&read.sources);
        assert_eq!(short.trim_end().split_once(": ").unwrap().1, message);
        let missing = read.dependencies.contains(&PathBuf::from("b.conf"));
        assert_eq!(missing, pattern == "b.conf", "{pattern}");
    }
}

#[test]
fn a_mistake_in_a_file_included_twice_is_told_once() {
    let text = "server { include a; } server { include a; }";
    let read = read([("site.conf", text), ("a", "listen 80")]);
    assert_eq!(read.diagnostics.summary(), "1 error");
    let tree = tree(&read.conf.unwrap().directives);
    assert_eq!(tree, "server { listen 80 ; } server { listen 80 ; } ");
}

#[test]
fn files_that_multiply_are_bounded() {
    let texts: Vec<_> = (1..=40).map(|n| format!("include {n};\n").repeat(2)).collect();
    let names: Vec<_> =
        (0..40).map(|n| if n == 0 { "site.conf".into() } else { n.to_string() }).collect();
    let read =
        read(names.iter().map(|name| &name[..]).zip(&texts).chain([("40", &"user a;".into())]));
    assert_eq!(read.diagnostics.summary(), "1 error");
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| "a {".repeat(depth) + &"}".repeat(depth);
    let bounded = |text: String| read([("site.conf", text)]).diagnostics.summary();
    assert_eq!(bounded(nested(MAX_DEPTH)), "");
    for depth in [MAX_DEPTH + 1, 50_000] {
        assert_eq!(bounded(nested(depth)), "1 error");
    }
    let outer = format!("{}include a;{}", "b {".repeat(60), "}".repeat(60));
    let read = read([("site.conf", outer), ("a", nested(60))]);
    assert_eq!(read.diagnostics.sorted()[0].code, "Y11");
}

/// A conf as people write them, without any mistake.
const SOUND: &str = r#"user www;

http {
    types {
        text/html html htm;
        text/css  css;
    }
    server {
        listen 80;
        server_name a.test "b.test";
        root 'www';
        index index.html
              index.htm;

        location / {
            try_files $uri ${uri}/ =404;
        }
        location ~ "^/\d{3}$" {
            return 200 "three; \"digits\"";
        }
        location /a { root "x y"; }

        error_page 404 /404.html;
    }

    server {
        listen 81;
        location = /b {
            return 301 /c;
        }
    }
}
"#;

/// One mark that is missing, or one too many, is one mistake and has one message.
#[test]
fn one_mistake_has_one_message() {
    let flat: Vec<_> = SOUND.lines().map(str::trim).collect();
    for sound in [SOUND.to_owned(), flat.join("\n"), flat.join(" ")] {
        let (diagnostics, sources) = diagnose(&sound);
        assert_eq!(diagnostics.short(&sources), "");
        for (at, mark) in sound.char_indices().filter(|(_, c)| ";{}\"'".contains(*c)) {
            let without = format!("{}{}", &sound[..at], &sound[at + 1..]);
            let twice = format!("{}{mark}{}", &sound[..at], &sound[at..]);
            for text in [without, twice] {
                let (diagnostics, sources) = diagnose(&text);
                // Without its quote or its brace, a word may be another one.
                assert!(
                    ["", "1 error"].contains(&&diagnostics.summary()[..]),
                    "{text}\n{}",
                    diagnostics.render(&sources, false)
                );
            }
        }
    }
}

/// A text of one piece over and over is where quadratic time would show: as minutes.
#[test]
fn time_is_linear() {
    for piece in [
        "{", "}", ";", "\"", "'", "\\", "#", " ", "a", "a ", "a\n", "a{", "a}", "${", "{a", "a{b}",
        "\"a\nb ", "\"\\", "' \" ", "root\n", "“", "\u{A0} ", "\" {;} ", " {\n", "types {",
        "a ;\n}\n",
    ] {
        let read = read([("site.conf", piece.repeat(20_000 / piece.len()))]);
        let rendered = read.diagnostics.short(&read.sources);
        assert!(!rendered.is_empty() || matches!(piece, "#" | " "), "{piece}");
    }
    let server = "server {\n    listen 80; # a\n    location /a { root \"b c\"; }\n}\n";
    let text = server.repeat((1 << 20) / server.len());
    let read = read([("site.conf", &text)]);
    assert_eq!(read.conf.unwrap().directives.len(), text.matches("server").count());
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config {
        failure_persistence: None,
        ..Default::default()
    })]

    /// Any text is read, what it says can be shown, and every place is within the text.
    #[test]
    fn any_text_is_read(
        pieces in proptest::collection::vec(proptest::sample::select(&[
            "server", "location", "root", "include a", "types", " ", " ", "\n", "\n    ", "{", "}",
            ";", ";", "\"", "'", "\\", "$", "#", "~", "/", "“", "”", "\u{A0}", "\u{FEFF}", "；", "ü", "\r\n",
            "\t", "{3}", ")",
        ][..]), 0..40),
        byte in 0..=255_u8,
    ) {
        let mut text = pieces.concat().into_bytes();
        if byte > 127 {
            text.push(byte);
        }
        let read = read([("site.conf", &text[..]), ("a", b"root a")]);
        let rendered = read.diagnostics.render(&read.sources, false);
        let is_plain = !rendered.contains('\x1b') && !rendered.contains(" \n");
        proptest::prop_assert!(is_plain, "{}", rendered);
        proptest::prop_assert!(read.conf.is_some() || read.diagnostics.has_errors());
    }
}

#[test]
fn comments_are_kept() {
    let files = [
        ("site.conf", "# a\r\nroot # b;\n www;#c\ninclude x.conf;\nx a#b '#';"),
        ("x.conf", "#\u{e9} # d"),
    ];
    let read = read(files);
    let comments = read.conf.expect("no errors").comments;
    let found: Vec<_> = comments
        .iter()
        .map(|comment| (comment.text.as_str(), read.sources.line_column(comment.span)))
        .collect();
    assert_eq!(found, [(" a", (1, 1)), (" b;", (2, 6)), ("c", (3, 6)), ("\u{e9} # d", (1, 1))]);
}

/// What is said about a conf, one line each.
fn said(text: &str) -> String {
    let (diagnostics, sources) = diagnose(text);
    diagnostics.short(&sources)
}

#[test]
fn files_of_nginx_that_are_not_there_are_known() {
    for path in ["mime.types", "/etc/nginx/mime.types"] {
        let text = format!("include {path};");
        let expected = format!("site.conf:1:9: warning[Y09]: there is no file `{path}`\n");
        assert_eq!(said(&text), expected);
        // The types that are built in stand there as a block of their own.
        let conf = read([("site.conf", text)]).conf.expect("it can be read");
        assert!(tree(&conf.directives).starts_with("types { text/html html ; "));
    }
    let types = "types { text/html page; }";
    let both = read([("site.conf", format!("include mime.types; {types}"))]).conf.unwrap();
    assert_eq!(both.directives.len(), 2);

    let maps = read([("site.conf", "include koi-utf; include /etc/x/koi-win;")]).conf.unwrap();
    let maps = tree(&maps.directives);
    assert!(maps.starts_with("charset_map koi8-r utf-8 { 80 E282AC ; "), "{maps}");
    assert!(maps.contains("charset_map koi8-r windows-1251 { 80 88 ; "), "{maps}");
    for (text, begins) in [
        ("include proxy_params;", "proxy_set_header Host $http_host ; "),
        ("include fastcgi_params;", "fastcgi_param QUERY_STRING $query_string ; "),
        ("include snippets/fastcgi-php.conf;", "fastcgi_split_path_info ^(.+?"),
        ("include snippets/snakeoil.conf;", "ssl_certificate /etc/ssl/certs/"),
    ] {
        let conf = read([("site.conf", text)]).conf.unwrap();
        assert!(tree(&conf.directives).starts_with(begins), "{text}");
        assert!(!tree(&conf.directives).contains("include"), "{text}");
    }
    // Nothing is loaded anyway.
    assert_eq!(said("include /etc/nginx/modules-enabled/*.conf;"), "");
    assert!(said("include sites-enabled/*;").contains("warning[Y09]"));
    assert!(said("include own.types;").contains("error[Y09]"));
}

#[test]
fn files_of_nginx_that_are_there_are_read() {
    let files = [
        ("site.conf", "include mime.types; include fastcgi_params;"),
        ("mime.types", "types { a/b c; }"),
        ("fastcgi_params", "user b;"),
    ];
    let read = read(files);
    assert!(read.diagnostics.is_empty());
    assert_eq!(tree(&read.conf.unwrap().directives), "types { a/b c ; } user b ; ");
}

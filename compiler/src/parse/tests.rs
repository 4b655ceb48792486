//! The parser as a whole: what a text is read as, and what is said about a broken one.

use std::path::{Path, PathBuf};

use super::*;
use crate::ast::Word;
use crate::files::Memory;

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

//! Confs as they are while somebody writes them, and what an editor asks about them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::*;
use crate::compile;
use crate::diagnostic::Levels;
use crate::files::{Disk, Files, Memory, Overlay};
use crate::source::{FileId, Span};

/// A project of a text in which `¦` marks a place, and that place.
fn project(marked: &str) -> (Project, usize) {
    project_among(Memory::default(), marked)
}

fn project_among(files: Memory, marked: &str) -> (Project, usize) {
    let at = marked.find('¦').expect("a mark");
    let text = marked.replace('¦', "");
    (Project::read(&files.with("site.conf", &text), Path::new("site.conf")), at)
}

const FIRST: FileId = FileId(0);

fn texts(marked: &str) -> Vec<String> {
    let (project, at) = project(marked);
    project.completions(FIRST, at).into_iter().map(|it| it.text).collect()
}

#[track_caller]
fn offers(marked: &str, some: &[&str], none: &[&str]) {
    let texts = texts(marked);
    let missing: Vec<_> = some.iter().filter(|text| !texts.iter().any(|it| it == *text)).collect();
    assert!(missing.is_empty(), "{marked}: {missing:?} not in {texts:?}");
    let found: Vec<_> = none.iter().filter(|text| texts.iter().any(|it| it == *text)).collect();
    assert!(found.is_empty(), "{marked}: {found:?} in {texts:?}");
}

#[test]
fn directives_are_those_that_may_stand_here() {
    offers("¦", &["server", "http", "worker_processes"], &["listen", "location"]);
    offers("server {\n    ¦\n}", &["listen", "location", "root"], &["server", "worker_processes"]);
    offers("server { location / { ro¦ } }", &["root", "proxy_pass"], &["listen"]);
    offers("upstream a { ¦ }", &["server", "least_conn"], &["root", "location"]);
    offers("server { if ($uri) { ¦", &["return", "set", "rewrite"], &["listen", "proxy_pass"]);
    offers("server { location / { if ($uri) { ¦", &["proxy_pass"], &["listen"]);
    offers("acme_issuer a { ¦ }", &["uri", "challenge"], &["root"]);
    // The directive before has no `;` yet.
    offers("server {\n    listen 80\n    ro¦\n}", &["root"], &["reuseport"]);
    // Lines of its own, strings and comments.
    for nothing in ["map $uri $a { ¦ }", "server { # ro¦\n}", "types { ¦ }", "nonsense { ¦ }"] {
        assert_eq!(texts(nothing), [""; 0], "{nothing}");
    }
}

#[test]
fn a_directive_says_what_is_to_follow() {
    let one = |marked: &str, name: &str| {
        let (project, at) = project(marked);
        let found = project.completions(FIRST, at);
        found.into_iter().find(|it| it.text == name).expect(name)
    };
    let root = one("server { ro¦\n}", "root");
    assert_eq!((root.of, root.ends_line, root.has_parameters), (Of::Simple, true, true));
    assert_eq!((root.replaces, &*root.detail), (9..11, "PATH"));
    let location = one("server { ¦ }", "location");
    assert_eq!((location.of, location.ends_line), (Of::Block, false));
    assert!(!one("server { location / { ¦ } }", "internal").has_parameters);
}

#[test]
fn parameters_are_words_of_the_table() {
    offers("server { autoindex ¦; }", &["on", "off"], &["root"]);
    offers("server { listen 80 ¦; }", &["ssl", "backlog="], &["on"]);
    offers("server { listen 80 ssl ¦; }", &["http2"], &["ssl"]);
    offers("server { listen 80 ipv6only=¦; }", &["ipv6only=on"], &["ssl"]);
    offers("server { autoindex on ¦; }", &[], &["on", "off"]);
    offers("server { access_log a ¦; }", &["gzip"], &["off"]);
    offers("server { location / { proxy_next_upstream error ¦; } }", &["http_502"], &["error"]);
    offers("server { location ¦ { } }", &["=", "~*"], &["root"]);
    offers("server { # sitec: allow(K0¦\n}", &["K04"], &["root"]);
}

#[test]
fn names_are_offered_where_they_are_meant() {
    let conf = "upstream app { server a; }\nlog_format main $uri;\nparam ROOT www;\n\
                limit_req_zone $uri zone=slow:1m rate=1r/s;\nmap $uri $kind { default a; }\n\
                proxy_cache_path c keys_zone=pages:1m;\n\
                server { location @b { set $own 1; } location ~ (?<part>.) { } ";
    let conf = |end: &str| format!("{conf}{end}");
    offers(&conf("location / { proxy_pass http://¦; } }"), &["app"], &["main"]);
    offers(&conf("location / { proxy_pass http://a¦; } }"), &["app"], &[]);
    offers(&conf("location / { fastcgi_pass ¦; } }"), &["app", "unix:"], &[]);
    offers(&conf("access_log logs/a ¦; }"), &["main", "gzip"], &["app"]);
    offers(&conf("access_log ¦; }"), &["off"], &["main"]);
    offers(&conf("limit_req ¦; }"), &["zone="], &["slow"]);
    offers(&conf("limit_req zone=¦; }"), &["slow"], &["burst="]);
    offers(&conf("proxy_cache ¦; }"), &["pages", "off"], &[]);
    offers(&conf("error_page 404 ¦; }"), &["@b"], &[]);
    offers(&conf("error_page 404 @¦; }"), &["b"], &[]);
    // Another server has none of that name.
    offers(&conf("} server { error_page 404 @¦; }"), &[], &["b"]);
    let variables = ["$kind", "$own", "$part", "${ROOT}", "$uri", "$http_"];
    offers(&conf("return 200 $¦; }"), &variables, &["on"]);
    offers(&conf("add_header A \"a$¦"), &variables, &[]);
    offers(&conf("return 200 ${k¦}; }"), &["${kind", "${ROOT"], &[]);
    offers(&conf("return 200 a${¦; }"), &["${kind}", "${ROOT}"], &[]);
}

#[test]
fn a_place_tells_what_stands_there() {
    for (marked, begin, span) in [
        ("server { ro¦ot www; }", "```nginx\nroot PATH;\n```", "root"),
        ("upstream a { s¦erver b; }", "```nginx\nserver ADDRESS", "server"),
        ("server { s¦erver b; }", "```nginx\nserver { … }", "server"),
        ("server { return 200 $u¦ri; }", "$uri\n", "$uri"),
        ("server { return 200 a${http_¦x}b; }", "$http_NAME\n", "${http_x}"),
        ("server { # sitec: allow(K0¦4) so\n}", "# K04: ", "K04"),
        (
            "map $uri $a { default b; } server { return 200 $¦a; }",
            "```nginx\nmap $uri $a\n```\n\nvariable, site.conf:1",
            "a",
        ),
        (
            "upstream a { }\nserver { location / { proxy_pass http://a¦; } }",
            "```nginx\nupstream a\n",
            "a",
        ),
    ] {
        let (project, at) = project(marked);
        let (told, place) = project.hover(FIRST, at).unwrap_or_else(|| panic!("{marked}"));
        assert!(told.starts_with(begin), "{marked}: {told}");
        let text = &project.source(FIRST).text[place.start as usize..place.end as usize];
        assert_eq!(text, span, "{marked}");
    }
    for nothing in ["¦", "nonsen¦se a;", "server { root w¦ww; }", "# a¦", "map $uri $a { b¦ c; }"]
    {
        let (project, at) = project(nothing);
        assert_eq!(project.hover(FIRST, at), None, "{nothing}");
    }
    assert!(documentation("keepalive", true).unwrap().contains("keepalive N;"));
    assert!(documentation("$uri", false).is_some() && documentation("K04", false).is_some());
    assert_eq!(documentation("nonsense", false), None);
}

/// The texts of the places that are the same name as the one marked, with a `!` where it is given.
fn same(marked: &str) -> Vec<String> {
    let (project, at) = project(marked);
    let Some(name) = project.name_at(FIRST, at) else { return Vec::new() };
    let line = |span: Span| project.draft.sources.line_column(span);
    project
        .same(name)
        .map(|it| {
            let (line, column) = line(it.span);
            format!("{}{line}:{column}", if it.gives { "!" } else { "" })
        })
        .collect()
}

#[test]
fn a_name_is_the_same_wherever_it_stands() {
    for (marked, expected) in [
        (
            "upstream a¦ { }\nserver { location / { proxy_pass http://a/b; } }",
            &["!1:10", "2:41"][..],
        ),
        ("server { set $a 1; return 200 \"${¦a}$a\"; }", &["!1:15", "1:34", "1:37"]),
        ("param A 1;\nserver { listen ${A¦}; root $A; }", &["!1:7", "2:19", "2:29"]),
        ("server { location ~ (?<a>.) { return 200 $a¦; } }", &["!1:24", "1:43"]),
        (
            "server { error_page 404 @¦a; location @a { } } server { location @a { } }",
            &["1:26", "!1:39"],
        ),
        ("limit_conn_zone $uri zone=a¦:1m; server { limit_conn a 1; }", &["!1:27", "1:53"]),
        (
            "upstream a¦ { } map $uri $b { c a; } server { location / { proxy_pass http://$b; } }",
            &["!1:10", "1:32"],
        ),
        // No variable says whom to ask: `a` is a text.
        ("upstream a¦ { } map $uri $b { c a; }", &["!1:10"]),
        ("server { root a¦; }", &[]),
    ] {
        assert_eq!(same(marked), expected, "{marked}");
    }
}

#[test]
fn names_can_be_replaced() {
    let rename = |marked: &str, new: &str| {
        let (project, at) = project(marked);
        project.rename(FIRST, at, new).map(|spans| spans.len())
    };
    use crate::directive::NameKind::{LogFormat, Upstream, Variable};
    let conf = "server { set $a¦ 1; set $b 1; return 200 $a; }";
    assert_eq!(rename(conf, "c"), Ok(2));
    assert_eq!(rename(conf, "a"), Ok(2));
    assert_eq!(rename(conf, "b"), Err(Unnamable::Taken(Variable)));
    assert_eq!(rename(conf, "uri"), Err(Unnamable::Taken(Variable)));
    assert_eq!(rename(conf, "a b"), Err(Unnamable::Malformed(Variable)));
    assert_eq!(rename(conf, ""), Err(Unnamable::Malformed(Variable)));
    assert_eq!(rename("upstream a¦ { }", "a;b"), Err(Unnamable::Malformed(Upstream)));
    assert_eq!(rename("log_format a¦ b; log_format c d;", "c"), Err(Unnamable::Taken(LogFormat)));
    assert_eq!(rename("server { set $args¦ 1; }", "b"), Err(Unnamable::NotOfTheConf));
    assert_eq!(rename("server { access_log a b¦; }", "c"), Err(Unnamable::NotOfTheConf));
    assert_eq!(rename("server { root a¦; }", "c"), Err(Unnamable::NotOfTheConf));
}

#[test]
fn included_files_are_part_of_the_conf() {
    let files = Memory::new([
        ("parts/app.inc", "location @a { }\nerror_page 404 @a;\n"),
        ("parts/empty.inc", ""),
    ]);
    let conf = "server {\n include parts/*¦.inc;\n error_page 500 @a;\n}";
    let (project, at) = project_among(files, conf);
    let (span, included) = project.included_at(FIRST, at).unwrap();
    assert_eq!((span.start, span.end, included.len()), (18, 29, 2));
    let [app, empty] = ["parts/app.inc", "./parts/empty.inc"]
        .map(|path| project.file(Path::new(path)).expect(path));
    assert_eq!(included, [app, empty]);
    // What may stand in a file follows from where it is included, even if it is empty.
    for file in [app, empty] {
        let found = project.completions(file, 0);
        assert!(found.iter().any(|it| it.text == "location"), "{file:?}");
        assert!(!found.iter().any(|it| it.text == "upstream"), "{file:?}");
    }
    let name = project.name_at(app, 11).unwrap();
    assert_eq!(project.same(name).map(|it| it.span.file).collect::<Vec<_>>(), [FIRST, app, app]);
    assert!(project.hover(app, 2).unwrap().0.starts_with("```nginx\nlocation "));
}

#[test]
fn a_file_has_an_outline_however_broken_it_is() {
    let shown = |text: &str| {
        fn lines(items: &[Item], depth: usize, out: &mut Vec<String>) {
            for item in items {
                let detail = if item.detail.is_empty() { "" } else { " - " };
                out.push(format!("{}{}{detail}{}", "  ".repeat(depth), item.name, item.detail));
                lines(&item.items, depth + 1, out);
            }
        }
        let files = Memory::new([("site.conf", text)]);
        let project = Project::read(&files, Path::new("site.conf"));
        let mut out = Vec::new();
        lines(&project.outline(FIRST), 0, &mut out);
        out
    };
    let whole = "log_format a b;\nupstream u { server c; }\nserver { listen 80; server_name a b;\n\
                 location /a { root x; location /a/b { } } }";
    let expected =
        ["log_format a b", "upstream u", "server - a b", "  location /a", "    location /a/b"];
    assert_eq!(shown(whole), expected);
    // No braces at the end, a brace too many, no `;`.
    assert_eq!(shown(whole.trim_end_matches([' ', '}'])), expected);
    assert_eq!(shown(&whole.replace("upstream", "}\nupstream")), expected);
    assert_eq!(shown(&whole.replace("listen 80;", "listen 80\n")), expected);
}

#[test]
fn findings_have_their_own_places_and_fixes() {
    let text = "server {\n    daemon off;\n    lisen 80;\n    lisen 81;\n}\n";
    let files = Memory::new([("site.conf", text)]);
    let compilation = compile(&files, Path::new("site.conf"));
    let findings = findings(&compilation.diagnostics, &compilation.sources);
    let lines = findings.iter().map(|finding| {
        (
            finding.diagnostic.code,
            compilation.sources.line_column(finding.diagnostic.primary.span).0,
        )
    });
    assert_eq!(lines.collect::<Vec<_>>(), [("D08", 2), ("D01", 3), ("D01", 4)]);
    let fixed = |finding: &Finding, index: usize| {
        let fix = &finding.fixes[index];
        let mut fixed = text.to_owned();
        for (span, replacement) in fix.changes.iter().rev() {
            fixed.replace_range(span.start as usize..span.end as usize, replacement);
        }
        (fix.text.clone(), fixed)
    };
    assert_eq!(fixed(&findings[2], 0).1, text.replace("lisen 81", "listen 81"));
    let (said, all) = fixed(&findings[2], 1);
    assert!(said.ends_with("(all 2 places)"), "{said}");
    assert_eq!(all, text.replace("lisen", "listen"));
    let (said, allowed) = fixed(&findings[0], findings[0].fixes.len() - 1);
    assert_eq!(said, "allow D08 here");
    assert!(allowed.starts_with("server {\n    # sitec: allow(D08) why it is meant\n    daemon"));
}

/// Texts that somebody has cut, and every place in them.
#[test]
fn broken_texts_are_answered_everywhere() {
    // What cannot be seen, what is more than one byte, and what means something else in a string.
    let text = "\u{FEFF}\u{FEFF}param A 1;\nserver {\n listen ${A} ssl;\n location ~ ^/(?<n>é𝄞)$ {\n  \
                proxy_set_header X \"\\\"$n ${uri}\";\n  return 200 $\u{200B}a;\n }\n \
                # sitec: allow(éK04  ) so\n}\n";
    for cut in (0..text.len()).filter(|&at| text.is_char_boundary(at)) {
        for rest in ["", "\"", "} $", "{ ${"] {
            let files = Memory::new([("site.conf", format!("{}{rest}", &text[..cut]))]);
            let project = Project::read(&files, Path::new("site.conf"));
            project.outline(FIRST);
            for offset in [cut.saturating_sub(1), cut + rest.len()] {
                for completion in project.completions(FIRST, offset) {
                    let replaced = project.source(FIRST).text.get(completion.replaces.clone());
                    assert!(replaced.is_some(), "{cut} {rest}: {completion:?}");
                }
                project.hover(FIRST, offset);
                let _ = project.rename(FIRST, offset, "x");
            }
        }
    }
}

/// What is found in a conf, by code.
fn codes(files: &dyn Files, path: &Path) -> Vec<&'static str> {
    let levels = Levels { lints: true, ..Levels::default() };
    let compilation = crate::compile_with(files, path, levels);
    let mut codes: Vec<_> = findings(&compilation.diagnostics, &compilation.sources)
        .iter()
        .map(|finding| finding.diagnostic.code)
        .collect();
    codes.sort_unstable();
    codes
}

/// A conf whose names are all replaced means the same: each place where a name is used is known.
#[test]
fn every_name_of_real_confs_can_be_replaced() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = |path: &str| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(root.join(path)).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    };
    let is_conf = |path: &PathBuf| path.extension().is_some_and(|end| end == "conf");
    let sites = folder("sites").into_iter().map(|site| site.join("site.conf"));
    let confs = folder("tests/sites").into_iter().chain(sites).filter(is_conf);
    let (mut count, mut wrong) = (0, Vec::new());
    for path in confs {
        let project = Project::read(&Disk, &path);
        let mut contents = BTreeMap::new();
        let mut changes = BTreeMap::new();
        for name in project.names.iter().filter(|name| name.gives) {
            if changes.contains_key(&name.span) || name.is_of_the_language() {
                continue;
            }
            count += 1;
            let new = format!("renamed_{count}");
            let spans = project.rename(name.span.file, name.span.start as usize, &new);
            let spans = spans.unwrap_or_else(|why| panic!("{path:?}: {name:?}: {why:?}"));
            changes.extend(spans.into_iter().map(|span| (span, new.clone())));
        }
        for (file, source) in project.files() {
            let mut text = source.text.clone();
            for (span, new) in changes.iter().rev().filter(|(span, _)| span.file == file) {
                text.replace_range(span.start as usize..span.end as usize, new);
            }
            contents.insert(crate::files::plain(&source.name), text);
        }
        let before = codes(&Disk, &path);
        let after = codes(&Overlay::new(&Disk, &contents), &path);
        if before != after {
            wrong.push((path, before, after));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count > 100, "{count} names");
}

//! Confs of nginx and of others in the style of the guides that people follow, as site.confs, and what is told of
//! them. Beside each, a file has the whole outcome; `UPDATE=1` writes it anew.

use std::fs;
use std::path::{Path, PathBuf};

use sitec_compiler::compile;
use sitec_compiler::files::Memory;
use sitec_compiler::import::{Base, Import, Language, Request, import};

/// Imports a conf as if it stood in nginx's folder on a machine with nothing else on it.
fn imported(name: &str, language: Language, bytes: &[u8]) -> Import {
    imported_with(&Memory::default(), name, language, bytes)
}

/// The same on a machine that has these files.
fn imported_with(files: &Memory, name: &str, language: Language, bytes: &[u8]) -> Import {
    let (conf, prefix) = (PathBuf::from("/etc/nginx"), PathBuf::from("/usr/share/nginx"));
    let base = Base { conf, prefix, out: PathBuf::from("/srv/site") };
    let request = Request {
        path: Path::new(name),
        bytes,
        language,
        out: Path::new("site.conf"),
        base: &base,
    };
    import(files, &request)
}

#[test]
fn confs_of_guides() {
    assert!(all("nginx", Language::Nginx) >= 30);
}

#[test]
fn confs_of_lighttpd() {
    assert!(all("lighttpd", Language::Lighttpd) >= 4);
}

#[test]
fn htaccess_files() {
    assert!(all("apache", Language::Apache) >= 7);
}

#[test]
fn caddyfiles() {
    assert!(all("caddy", Language::Caddy) >= 5);
}

/// Imports all confs of a folder, and returns how many there are.
fn all(folder: &str, language: Language) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import").join(folder);
    let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut confs: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|it| it == "conf")).collect();
    confs.sort();
    let count = confs.len();
    let mut wrong = Vec::new();
    for path in confs {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Import { conf, report } = imported(&name, language, &fs::read(&path).unwrap());
        let conf = String::from_utf8(conf.unwrap()).unwrap();
        // All that is written compiles, and what is lost stands there as a comment.
        let compilation = compile(&Memory::new([("site.conf", &conf)]), Path::new("site.conf"));
        let found = compilation.diagnostics.render(&compilation.sources, false);
        assert!(compilation.site.is_some(), "{name}: {found}\n{conf}");
        assert_eq!(report.lost().is_empty(), report.is_whole(), "{name}");
        assert_eq!(conf.contains("# not carried over: "), !report.is_whole(), "{name}");
        let outcome = format!("{}\n{conf}", report.render(false));
        let expected = path.with_extension("txt");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&expected, &outcome).unwrap();
        } else if fs::read_to_string(&expected).ok().as_deref() != Some(&outcome) {
            wrong.push(format!("{name}:\n{outcome}"));
        }
    }
    assert!(wrong.is_empty(), "`UPDATE=1` writes them anew:\n{}", wrong.join("\n\n"));
    count
}

/// A conf with files beside it, as one conf; where something is wrong in a file, it is shown there.
fn with_files(language: Language, main: &str, files: &[(&str, &str)]) -> (String, String) {
    let name = "/etc/server/main";
    let disk = Memory::new(files.iter().copied().chain([(name, main)]));
    let Import { conf, report } = imported_with(&disk, name, language, main.as_bytes());
    let conf = String::from_utf8(conf.unwrap()).unwrap();
    let compilation = compile(&Memory::new([("site.conf", &conf)]), Path::new("site.conf"));
    assert!(compilation.site.is_some(), "{conf}");
    (conf, report.render(false))
}

#[test]
fn files_of_lighttpd_stand_in_place() {
    let main = "var.root = \"/srv\"\nserver.port = 8080\ninclude \"conf.d/*.conf\"\n\
                $HTTP[\"host\"] == \"a.test\" { include \"host.inc\" }\ninclude \"missing.conf\"\n";
    let files = [
        ("/etc/server/conf.d/a.conf", "server.document-root = var.root + \"/a\"\n"),
        ("/etc/server/conf.d/b.conf", "# b\nno.such-thing = \"x\"\ninclude \"conf.d/b.conf\"\n"),
        ("/etc/server/host.inc", "server.document-root = \"/srv/host\"\n"),
    ];
    let (conf, told) = with_files(Language::Lighttpd, main, &files);
    assert!(conf.contains("root /srv/a;") && conf.contains("root /srv/host;"), "{conf}");
    for said in [
        "/etc/server/conf.d/b.conf:2:1",
        "`/etc/server/conf.d/b.conf` includes itself",
        "there is no file `missing.conf`",
        "main:5:1",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
}

#[test]
fn files_of_caddy_stand_in_place() {
    let main =
        "import sites/*\nhttp://main.test {\n  import common.inc /srv/main\n  import none.inc\n}\n";
    let files = [
        (
            "/etc/server/sites/a",
            "http://a.test {\n  root * /srv/a\n  import ../common.inc /srv/other\n}\n",
        ),
        (
            "/etc/server/sites/b",
            "import b\n(own) {\n  respond \"own\" 200\n}\nhttp://b.test {\n  import own\n}\n",
        ),
        (
            "/etc/server/common.inc",
            "header X-Common yes\nroot * {args[0]}\nfile_server\nno_such_thing\n",
        ),
    ];
    let (conf, told) = with_files(Language::Caddy, main, &files);
    for part in ["server_name a.test;", "server_name b.test;", "root /srv/main;", "return 200 own;"]
    {
        assert!(conf.contains(part), "{part}: {conf}");
    }
    assert_eq!(conf.matches("add_header X-Common yes").count(), 2, "{conf}");
    for said in
        ["/etc/server/common.inc:4:1", "what it imports is not known", "main:4:3", "sites/b:1:1"]
    {
        assert!(told.contains(said), "{said}: {told}");
    }
}

/// A conf may make more of itself than there is memory.
#[test]
fn confs_do_not_grow_without_end() {
    let lighttpd = format!("var.a = \"x\"\n{}", "var.a = var.a + var.a\n".repeat(60));
    assert!(imported("lighttpd.conf", Language::Lighttpd, lighttpd.as_bytes()).conf.is_some());
    let mut caddy = String::new();
    for index in 0..15 {
        let args = "{args[0]}".repeat(20);
        caddy += &format!("(s{index}) {{\n import s{} \"{args}\"\n}}\n", index + 1);
    }
    caddy += "(s15) {\n respond \"{args[0]}\"\n}\nhttp://a.test {\n import s0 x\n}\n";
    assert!(imported("Caddyfile", Language::Caddy, caddy.as_bytes()).conf.is_some());
    let many: String = (0..60)
        .map(|n| {
            format!(
                "$SERVER[\"socket\"] == \":{}\" {{ }}\n\
                 $HTTP[\"host\"] == \"h{n}.test\" {{ server.document-root = \"/srv\" }}\n",
                8000 + n
            )
        })
        .collect();
    let told = imported("lighttpd.conf", Language::Lighttpd, many.as_bytes()).report.render(false);
    assert!(told.contains("too many servers"), "{told}");
}

/// Whatever is read is read to its end, and what is no conf is told as such.
#[test]
fn broken_confs_are_told() {
    for text in ["server {", "}", "server { listen 80 }", "a 'b;", "{ }", "if", "\u{FEFF}\0;"] {
        let Import { conf, report } = imported("nginx.conf", Language::Nginx, text.as_bytes());
        let told = report.render(false);
        assert!(conf.is_none() || told.contains("left out"), "{text}: {told}");
        assert!(!report.is_whole() && !told.is_empty(), "{text}: {told}");
    }
}

/// Any piece of a conf is read, or refused with a message.
#[test]
fn pieces_of_confs() {
    for (language, conf) in [
        (Language::Nginx, include_str!("import/nginx/lua-inside.conf")),
        (Language::Lighttpd, include_str!("import/lighttpd/applications.conf")),
        (Language::Apache, include_str!("import/apache/who-may.conf")),
        (Language::Caddy, include_str!("import/caddy/php.conf")),
    ] {
        for end in (0..conf.len()).step_by(13) {
            let Import { report, .. } = imported("conf", language, &conf.as_bytes()[..end]);
            assert!(!report.render(false).is_empty(), "{end}");
        }
    }
}

/// Whatever stands in the wrong place is told, and nothing ends the import.
#[test]
fn odd_confs_of_others() {
    let caddy =
        [":80 {\n{\n}\n}", "{\n{\n}\n}", ":80 {\n\"\"\n@\n}", "a {\nhandle {\n{\n}\n}\n}", "\\"];
    let apache =
        ["<\n", "<>\n</>", "RewriteEngine on\nRewriteRule [ $", "ExpiresByType a \u{e9}", "\""];
    let lighttpd =
        ["alias.url = ( \"\" => \"\" )", "fastcgi.server = ( \"\" => (()) )", "$", "\u{e9}"];
    let all = [
        (Language::Caddy, &caddy[..]),
        (Language::Apache, &apache[..]),
        (Language::Lighttpd, &lighttpd[..]),
    ];
    for (language, confs) in all {
        for conf in confs {
            let Import { report, .. } = imported("conf", language, conf.as_bytes());
            assert!(!report.render(false).is_empty(), "{conf}");
        }
    }
}

/// What is of one language is read as any other without harm.
#[test]
fn confs_in_the_wrong_language() {
    let all = [Language::Nginx, Language::Lighttpd, Language::Apache, Language::Caddy];
    for conf in [
        include_str!("import/nginx/wordpress.conf"),
        include_str!("import/lighttpd/hosts.conf"),
        include_str!("import/apache/odd-rules.conf"),
        include_str!("import/caddy/answers.conf"),
    ] {
        let languages = all
            .iter()
            .filter(|language| !imported("x", **language, conf.as_bytes()).report.is_whole());
        assert_eq!(languages.count(), 3 + usize::from(!conf.starts_with("server {")), "{conf}");
    }
}

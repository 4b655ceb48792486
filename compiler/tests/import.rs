//! Confs of nginx in the style of the guides that people follow, as site.confs, and what is told of
//! them. Beside each, a file has the whole outcome; `UPDATE=1` writes it anew.

use std::fs;
use std::path::{Path, PathBuf};

use sitec_compiler::compile;
use sitec_compiler::files::Memory;
use sitec_compiler::import::{Base, Import, Request, import};

/// Imports a conf as if it stood in nginx's folder on a machine with nothing else on it.
fn imported(name: &str, bytes: &[u8]) -> Import {
    let (conf, prefix) = (PathBuf::from("/etc/nginx"), PathBuf::from("/usr/share/nginx"));
    let base = Base { conf, prefix, out: PathBuf::from("/srv/site") };
    let request =
        Request { path: Path::new(name), bytes, out: Path::new("site.conf"), base: &base };
    import(&Memory::default(), &request)
}

#[test]
fn confs_of_guides() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import/nginx");
    let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut confs: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|it| it == "conf")).collect();
    confs.sort();
    assert!(confs.len() >= 30, "{}", confs.len());
    let mut wrong = Vec::new();
    for path in confs {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Import { conf, report } = imported(&name, &fs::read(&path).unwrap());
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
}

/// Whatever is read is read to its end, and what is no conf is told as such.
#[test]
fn broken_confs_are_told() {
    for text in ["server {", "}", "server { listen 80 }", "a 'b;", "{ }", "if", "\u{FEFF}\0;"] {
        let Import { conf, report } = imported("nginx.conf", text.as_bytes());
        let told = report.render(false);
        assert!(conf.is_none() || told.contains("left out"), "{text}: {told}");
        assert!(!report.is_whole() && !told.is_empty(), "{text}: {told}");
    }
}

/// Any piece of a conf is read, or refused with a message.
#[test]
fn pieces_of_confs() {
    let conf = include_str!("import/nginx/lua-inside.conf");
    for end in (0..conf.len()).step_by(7) {
        let Import { report, .. } = imported("nginx.conf", &conf.as_bytes()[..end]);
        assert!(!report.render(false).is_empty(), "{end}");
    }
}

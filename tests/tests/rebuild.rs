//! The root package's build script, under cargo: which conf it compiles, what makes it compile
//! again, and what it shows.
//!
//! The builds share the target folder of this test, so that only the site is compiled, and
//! have the feature `site-default`, so that what cargo knows of the package without features
//! stays as it is.

use std::path::Path;
use std::process::Command;

use sitec_tests::folder::Folder;

/// What one build came to.
struct Build {
    fine: bool,
    said: String,
}

impl Build {
    /// Whether the site was compiled, rather than found to be fresh.
    fn compiled(&self) -> bool {
        assert!(self.fine, "{}", self.said);
        let line = |status: &str| {
            let start = format!("{status} site v");
            self.said.lines().any(|line| line.trim_start().starts_with(&start))
        };
        assert!(line("Compiling") != line("Fresh"), "{}", self.said);
        line("Compiling")
    }
}

/// Builds the root package. `--workspace` and the harness make cargo choose the same features
/// of dependencies as for the build of this test.
fn build(conf: Option<&Path>, features: &str) -> Build {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    cargo.args(["test", "--no-run", "--workspace", "--bin", "site", "--verbose"]);
    cargo.args(["--features", features, "--target-dir"]);
    cargo.arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join(".."));
    cargo.env_remove("SITE_CONF").envs(conf.map(|conf| ("SITE_CONF", conf)));
    let output = cargo.output().expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Build { fine: output.status.success(), said }
}

/// Builds that follow each other, as they share a target folder.
#[test]
fn the_site_is_compiled_when_and_only_when_it_changed() {
    let folder = Folder::new();
    let text =
        "include parts/*.conf;\nserver { listen 127.0.0.1:8080; root www; include a.inc; }\n";
    let conf = folder.write("site.conf", text);
    folder.write("a.inc", "location = /a { return 204; }\n");
    folder.write("parts/one.conf", "client_timeout 10s;\n");
    folder.write("www/index.html", "");
    let build = || build(Some(&conf), "site/site-default");
    let changes = [
        ("site.conf", text.replace("8080", "8081")),
        ("a.inc", "location = /b { return 204; }\n".to_owned()),
        ("parts/one.conf", "client_timeout 20s;\n".to_owned()),
        ("parts/two.conf", "sendfile off;\n".to_owned()),
    ];
    build();
    assert!(!build().compiled());
    for (file, text) in changes {
        folder.write(file, text);
        assert!(build().compiled(), "{file} changed");
        assert!(!build().compiled(), "nothing changed after {file}");
    }

    // Files that are no part of the binary may change; those that are may not be missed.
    folder.write("www/index.html", "new");
    assert!(!build().compiled(), "what stays on the disk changed");
    folder.write("a.inc", "embed on; precompress gzip;");
    assert!(build().compiled(), "files are embedded");
    assert!(!build().compiled());
    for (file, text) in [("www/index.html", "newer"), ("www/sub/more.txt", "added")] {
        folder.write(file, text);
        assert!(build().compiled(), "{file} changed");
        assert!(!build().compiled(), "nothing changed after {file}");
    }
    std::fs::remove_file(folder.path().join("www/sub/more.txt")).expect("a file");
    assert!(build().compiled(), "a file was removed");
    assert!(!build().compiled());

    folder.write("a.inc", "locaton = /b { return 204; }\n");
    let broken = build();
    assert!(!broken.fine);
    for part in ["unknown directive `locaton`", "a.inc:1:1", "location"] {
        assert!(broken.said.contains(part), "{part}: {}", broken.said);
    }
    folder.write("a.inc", "");
    assert!(build().compiled());
    assert!(!build().compiled());
}

/// The pages are written by the build itself, which must not take them for a change.
#[test]
fn the_book_is_built_once() {
    build(None, "site/site-docs");
    assert!(!build(None, "site/site-docs").compiled());
}

#[test]
fn a_choice_that_cannot_be_made_is_an_error() {
    let both = build(None, "site/site-default,site/site-manual");
    assert!(!both.fine && both.said.contains("`site-default` and `site-manual`"), "{}", both.said);
    let missing = build(Some(Path::new("no/such.conf")), "site/site-manual");
    assert!(!missing.fine && missing.said.contains("no/such.conf"), "{}", missing.said);
}

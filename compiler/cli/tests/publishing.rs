//! The packages that are published have all that they need, since a checkout is not there where they
//! are built. That they also build is what `.ci/packages` tries.

#[expect(dead_code, reason = "other tests use the rest")]
mod common;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Output};

use common::{Folder, errors};

const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn cargo(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(args).current_dir(CHECKOUT).output();
    let output = output.expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {args:?}: {said}");
    String::from_utf8(output.stdout).expect("it is text")
}

/// The files of a package, from its own folder.
fn listed(name: &str) -> BTreeSet<PathBuf> {
    let list = cargo(&["package", "--list", "--allow-dirty", "--offline", "-p", name]);
    list.lines().map(PathBuf::from).collect()
}

/// The packages that are published: the name and folder of each, and what cargo knows of it.
fn published() -> Vec<(String, PathBuf, serde_json::Value)> {
    let known = cargo(&["metadata", "--no-deps", "--offline", "--format-version=1"]);
    let known: serde_json::Value = serde_json::from_str(&known).expect("it is JSON");
    let packages = known["packages"].as_array().expect("a list").clone();
    let published = packages.into_iter().filter(|package| package["publish"].is_null());
    let published = published.map(|package| {
        let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
        let folder = manifest.parent().expect("a folder").to_owned();
        (package["name"].as_str().expect("a name").to_owned(), folder, package)
    });
    let mut published: Vec<_> = published.collect();
    published.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    published
}

/// All files beneath a folder, from there.
fn files_of(folder: &Path) -> BTreeSet<PathBuf> {
    fn walk(folder: &Path, root: &Path, files: &mut BTreeSet<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => walk(&path, root, files),
                false => drop(files.insert(path.strip_prefix(root).expect("beneath").to_owned())),
            }
        }
    }
    let mut files = BTreeSet::new();
    walk(folder, folder, &mut files);
    files
}

/// The files whose names stand in `include_str!` and `include_bytes!` of `text`, which is in a file
/// of `folder`, without what is compiled for tests alone.
fn included(text: &str, folder: &Path) -> Vec<PathBuf> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let after = ["include_str!(\"", "include_bytes!(\""];
    let names = after.iter().flat_map(|macro_call| text.split(macro_call).skip(1));
    let names = names.filter_map(|rest| rest.split_once('"')).map(|(name, _)| name);
    names.map(|name| straight(&folder.join(name))).collect()
}

/// A path without `..`.
fn straight(path: &Path) -> PathBuf {
    let mut straight = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir if straight.pop() => {}
            component => straight.push(component),
        }
    }
    straight
}

#[test]
fn packages_say_what_they_are() {
    let published = published();
    let names: Vec<_> = published.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["sitec", "sitec-compiler", "sitec-macros", "sitec-runtime"]);
    for (name, folder, package) in &published {
        for field in ["description", "license", "readme", "rust_version"] {
            assert!(package[field].is_string(), "{name}: {field}");
        }
        for field in ["keywords", "categories"] {
            let count = package[field].as_array().expect(field).len();
            assert!((1..=5).contains(&count), "{name}: {field}");
        }
        let files = listed(name);
        for file in ["README.md", "LICENSE-MIT", "LICENSE-APACHE", "Cargo.toml"] {
            assert!(files.contains(Path::new(file)), "{name}: {file}");
        }
        // A package depends on those of the same version alone, so that they fit.
        for dependency in package["dependencies"].as_array().expect("a list") {
            if dependency["path"].is_string() && dependency["kind"].is_null() {
                let version = format!("={}", package["version"].as_str().expect("a version"));
                assert_eq!(dependency["req"], version.as_str(), "{name}: {}", dependency["name"]);
            }
        }
        assert!(
            files_of(&folder.join("src"))
                .iter()
                .all(|file| files.contains(&Path::new("src").join(file)))
        );
    }
}

#[test]
fn packages_have_what_they_include() {
    let mut count = 0;
    for (name, folder, _) in published() {
        let files = listed(&name);
        let is_source = |file: &&PathBuf| {
            let stem = file.file_stem().unwrap_or_default().to_string_lossy();
            file.starts_with("src")
                && file.extension().is_some_and(|end| end == "rs")
                && !stem.ends_with("tests")
        };
        for file in files.iter().filter(is_source) {
            let text = fs::read_to_string(folder.join(file)).expect("a source file");
            for wanted in included(&text, file.parent().expect("a folder")) {
                // Generated code includes what is generated beside it.
                let is_made = wanted.parent() == file.parent() && !folder.join(&wanted).exists();
                assert!(
                    is_made || files.contains(&wanted),
                    "{name}: {}: {}",
                    file.display(),
                    wanted.display()
                );
                count += usize::from(!is_made);
            }
        }
    }
    assert!(count >= 10, "{count}");
}

/// What a step of `action.yml` runs.
fn step(name: &str) -> String {
    let action = fs::read_to_string(Path::new(CHECKOUT).join("action.yml")).expect("the action");
    let (_, rest) = action.split_once(&format!("    - name: {name}\n")).expect("the step");
    let (_, script) = rest.split_once("      run: |\n").expect("a script");
    let lines = script.lines().map_while(|line| line.strip_prefix("        "));
    lines.collect::<Vec<_>>().join("\n")
}

/// Runs a step as a runner does, with `bin` before all other folders of programs.
fn run(name: &str, folder: &Path, bin: &Path, variables: &[(&str, &str)]) -> Output {
    let path = std::env::var("PATH").expect("a path");
    let mut bash = Command::new("bash");
    bash.args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", &step(name)]);
    bash.env("PATH", format!("{}:{path}", bin.display())).env("RUNNER_TEMP", folder);
    bash.env("GITHUB_OUTPUT", folder.join("output")).env("GITHUB_PATH", folder.join("path"));
    bash.envs(variables.iter().copied()).current_dir(folder).output().expect("bash runs")
}

#[test]
fn the_action_reports_what_is_found() {
    let folder = Folder::new("action");
    fs::create_dir(folder.join("a b")).unwrap();
    fs::write(folder.join("a b/site.conf"), "server { listen 8080; return 200; }").unwrap();
    fs::write(folder.join("wrong.conf"), "server { lsten 8080; }").unwrap();
    let bin = Path::new(env!("CARGO_BIN_EXE_sitec")).parent().expect("a folder");
    for (files, status, count) in [("a b\n", "0", 0), ("a b/site.conf\n\nwrong.conf\n", "1", 1)] {
        let output =
            run("Check", &folder, bin, &[("FILES", files), ("ARGS", "--lints --allow X13")]);
        assert!(output.status.success(), "{}", errors(&output));
        let told = fs::read_to_string(folder.join("output")).unwrap();
        fs::remove_file(folder.join("output")).unwrap();
        let sarif = folder.join("sitec.sarif");
        assert_eq!(told, format!("sarif={}\nstatus={status}\n", sarif.display()));
        let log: serde_json::Value = serde_json::from_slice(&fs::read(sarif).unwrap()).unwrap();
        let results = log["runs"][0]["results"].as_array().expect("a list");
        let found = results.iter().filter(|result| result["level"] == "error");
        assert_eq!(found.count(), count, "{}", errors(&output));
    }
}

/// It takes the archive that `.ci/archive` makes, if its hash is the one that was released.
#[test]
fn the_action_installs_a_release() {
    let folder = Folder::new("release");
    let machine = if cfg!(target_arch = "aarch64") { "aarch64" } else { "x86_64" };
    let name = format!("sitec-1.2.3-{machine}-unknown-linux-musl");
    fs::create_dir_all(folder.join(&name)).unwrap();
    fs::write(folder.join(&name).join("sitec"), "").unwrap();
    // What `gh release download` would fetch, and a `gh` that does.
    let pack = format!(
        "mkdir bin released; tar -czf released/{name}.tar.gz {name}; cd released; \
         sha256sum {name}.tar.gz >SHA256SUMS"
    );
    let packed = Command::new("bash").args(["-ec", &pack]).current_dir(&*folder).status();
    assert!(packed.expect("bash runs").success());
    fs::write(folder.join("bin/gh"), "#!/bin/sh\ncp released/* sitec\n").unwrap();
    fs::set_permissions(folder.join("bin/gh"), fs::Permissions::from_mode(0o755)).unwrap();
    let variables = [("VERSION", "v1.2.3"), ("REPOSITORY", "a/b"), ("SOURCE", "/none")];
    let output = run("Install sitec", &folder, &folder.join("bin"), &variables);
    assert!(output.status.success(), "{}", errors(&output));
    let path = fs::read_to_string(folder.join("path")).unwrap();
    assert!(Path::new(path.trim_end()).join("sitec").exists(), "{path}");
    // An archive that is another than was released.
    fs::write(folder.join("released").join(format!("{name}.tar.gz")), "other").unwrap();
    assert!(!run("Install sitec", &folder, &folder.join("bin"), &variables).status.success());
}

/// The command line has what `sitec new` writes, and the runtime that it builds sites with.
#[test]
fn the_command_is_whole() {
    let files = listed("sitec");
    let checkout = Path::new(CHECKOUT);
    for (folder, within) in [("templates/new", "templates/new"), ("runtime/src", "carried/runtime")]
    {
        let wanted = files_of(&checkout.join(folder));
        assert!(wanted.len() > 20);
        for file in wanted {
            assert!(files.contains(&Path::new(within).join(&file)), "{folder}/{}", file.display());
        }
    }
    for file in ["workspace.toml", "workspace.lock", "runtime.toml"] {
        assert!(files.contains(&Path::new("carried").join(file)), "{file}");
    }
}

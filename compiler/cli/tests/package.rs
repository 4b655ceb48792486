//! `sitec package`: a small site is packed, and each package is taken apart and run.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::{Folder, command, errors, sitec, status};
use flate2::read::GzDecoder;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

const CONF: &str = "param AT 127.0.0.1:8080;\n\
    server { listen $AT; root www; access_log logs/access.log;\n\
    location = /old { return 301 /new; }\n\
    location = /watch { metrics; allow 127.0.0.1; deny all; }\n\
    location /in { upload_store data; limit_except GET { allow 127.0.0.1; deny all; } } }\n";

/// The site in `folder`/hello.
fn write_site(folder: &Path) {
    let site = folder.join("hello");
    for path in ["www", "data", "logs"] {
        fs::create_dir_all(site.join(path)).unwrap();
    }
    fs::write(site.join("site.conf"), CONF).unwrap();
    fs::write(site.join("www/index.html"), "<p>hello</p>\n").unwrap();
    fs::write(site.join("data/old"), "stored by somebody").unwrap();
}

/// rustc's name of this machine, whose standard library is there.
fn host() -> String {
    let rustc = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let version = String::from_utf8(rustc.stdout).unwrap();
    version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

/// Packs the site in `folder`/hello to `folder`/out.
fn pack(folder: &Path) -> String {
    let host = host();
    let args = ["package", "--debug", "hello", "-o", "out", "--target", &host, "--release", "1.0"];
    let mut command = command(folder, &args);
    let output = command.env("SOURCE_DATE_EPOCH", "1700000000").output().expect("sitec runs");
    assert_eq!(status(&output), 0, "{}", errors(&output));
    errors(&output)
}

/// All files beneath a folder, by their paths in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false => {
                    let inner = path.strip_prefix(folder).unwrap().to_owned();
                    found.insert(inner, fs::read(path).unwrap());
                }
            }
        }
    }
    found
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn json(bytes: &[u8]) -> Json {
    serde_json::from_slice(bytes).expect("JSON")
}

/// Unpacks a tar archive, which may be compressed.
fn unpack(bytes: &[u8], to: &Path) {
    let mut plain = Vec::new();
    match bytes.starts_with(&[0x1f, 0x8b]) {
        true => drop(GzDecoder::new(bytes).read_to_end(&mut plain).expect("gzip")),
        false => plain = bytes.to_owned(),
    }
    fs::create_dir_all(to).unwrap();
    let mut archive = tar::Archive::new(&plain[..]);
    archive.set_preserve_permissions(true);
    archive.unpack(to).expect("a tar archive");
}

/// A server that is stopped when the value is gone.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a server answers to `GET path`, which is started from its place in a root folder.
fn served(root: &Path, path: &str) -> String {
    let socket = root.join("socket");
    let _ = fs::remove_file(&socket);
    let at = format!("AT=unix:{}", socket.display());
    let prefix = root.join("opt/hello/site");
    let mut server = Command::new(root.join("opt/hello/bin/hello"));
    server.arg("--prefix").arg(prefix).args(["--set", &at]).stderr(Stdio::null());
    let _running = Running(server.spawn().expect("the server runs"));
    let limit = Instant::now() + Duration::from_secs(10);
    let mut stream = loop {
        match UnixStream::connect(&socket) {
            Ok(stream) => break stream,
            Err(error) => assert!(Instant::now() < limit, "nobody listens: {error}"),
        }
        sleep(Duration::from_millis(10));
    };
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

/// The image: its archive is taken apart by what its own texts say, and its server runs.
fn check_image(out: &BTreeMap<PathBuf, Vec<u8>>, manifest: &Json, folder: &Path) {
    let image = folder.join("image");
    unpack(&out[Path::new("hello.oci.tar")], &image);
    let blob = |descriptor: &Json| {
        let digest = descriptor["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap();
        let bytes = fs::read(image.join("blobs/sha256").join(digest)).expect("a blob");
        assert_eq!(sha256(&bytes), digest);
        assert_eq!(descriptor["size"], bytes.len());
        bytes
    };
    let index = json(&fs::read(image.join("index.json")).unwrap());
    assert_eq!(json(&fs::read(image.join("oci-layout")).unwrap())["imageLayoutVersion"], "1.0.0");
    let descriptor = &index["manifests"][0];
    assert_eq!(manifest["image"], descriptor["digest"]);
    let of_image = json(&blob(descriptor));
    let config = json(&blob(&of_image["config"]));
    let layer = blob(&of_image["layers"][0]);
    let mut plain = Vec::new();
    GzDecoder::new(&layer[..]).read_to_end(&mut plain).unwrap();
    assert_eq!(config["rootfs"]["diff_ids"][0], format!("sha256:{}", sha256(&plain)));
    assert_eq!(config["config"]["User"], "65532:65532");
    assert_eq!(config["config"]["Env"][0], "AT=0.0.0.0:8080", "others reach it");
    assert_eq!(config["config"]["Entrypoint"][0], "/opt/hello/bin/hello");
    assert!(config["config"]["Volumes"]["/opt/hello/site/data"].is_object(), "{config}");
    // For old Docker engines, the same by other names.
    let docker = json(&fs::read(image.join("manifest.json")).unwrap());
    assert!(image.join(docker[0]["Layers"][0].as_str().unwrap()).is_file());

    let mut archive = tar::Archive::new(&plain[..]);
    let owners: BTreeMap<_, _> = archive
        .entries()
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.path().unwrap().into_owned(), entry.header().uid().unwrap())
        })
        .collect();
    assert_eq!(owners[Path::new("opt/hello/bin/hello")], 0);
    assert_eq!(owners[Path::new("opt/hello/site/data")], 65532);
    assert!(!owners.contains_key(Path::new("opt/hello/site/data/old")), "what clients stored");
    let root = folder.join("root");
    unpack(&layer, &root);
    let program = root.join("opt/hello/bin/hello");
    assert!(fs::metadata(&program).unwrap().permissions().mode() & 0o111 == 0o111);
    let printed = Command::new(&program).arg("--conf").output().unwrap();
    assert_eq!(String::from_utf8(printed.stdout).unwrap(), CONF);
    // Each file is what the manifest says.
    let listed = manifest["contents"]["files"].as_array().unwrap();
    assert_eq!(listed.len(), files(&root).len());
    for file in listed {
        let path = file["path"].as_str().unwrap().trim_start_matches('/');
        let bytes = fs::read(root.join(path)).unwrap();
        assert_eq!((&file["size"], &file["sha256"]), (&bytes.len().into(), &sha256(&bytes).into()));
    }
    let answer = served(&root, "/");
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("<p>hello</p>\n"), "{answer}");
    assert!(served(&root, "/old").starts_with("HTTP/1.1 301 "));
}

/// The members of an `ar` archive.
fn members(mut ar: &[u8]) -> Vec<(String, Vec<u8>)> {
    ar = ar.strip_prefix(b"!<arch>\n").expect("an ar archive");
    let mut members = Vec::new();
    while !ar.is_empty() {
        let head = std::str::from_utf8(&ar[..60]).expect("a head");
        assert!(head.ends_with("`\n"), "{head:?}");
        let len: usize = head[48..58].trim().parse().expect("a length");
        members.push((head[..16].trim().to_owned(), ar[60..60 + len].to_owned()));
        ar = &ar[60 + len.next_multiple_of(2)..];
    }
    members
}

/// The Debian package: its members, and that its sums are those of its files.
fn check_deb(out: &BTreeMap<PathBuf, Vec<u8>>, folder: &Path) {
    let deb = out.iter().find(|(path, _)| path.extension().is_some_and(|it| it == "deb")).unwrap();
    assert!(deb.0.to_str().unwrap().starts_with("hello_1.0_"), "{}", deb.0.display());
    let members = members(deb.1);
    let names: Vec<_> = members.iter().map(|(name, _)| &name[..]).collect();
    assert_eq!(names, ["debian-binary", "control.tar.gz", "data.tar.gz"]);
    assert_eq!(members[0].1, b"2.0\n");
    let (control, data) = (folder.join("control"), folder.join("data"));
    unpack(&members[1].1, &control);
    unpack(&members[2].1, &data);
    let text = fs::read_to_string(control.join("control")).unwrap();
    assert!(text.contains("Package: hello\nVersion: 1.0\n"), "{text}");
    for script in ["postinst", "prerm", "postrm"] {
        assert!(fs::metadata(control.join(script)).unwrap().mode() & 0o111 == 0o111, "{script}");
        let checked = Command::new("sh").arg("-n").arg(control.join(script)).status().unwrap();
        assert!(checked.success(), "{script}");
    }
    let mut check = Command::new("md5sum");
    check.arg("-c").arg(control.join("md5sums")).current_dir(&data);
    let sums = check.output().expect("md5sum runs");
    assert!(sums.status.success(), "{}", errors(&sums));
    let store = fs::read_link(data.join("opt/hello/site/data")).unwrap();
    assert_eq!(store, Path::new("/var/lib/hello/data"));
    let service = data.join("usr/lib/systemd/system/hello.service");
    assert_eq!(fs::read(service).unwrap(), out[Path::new("systemd/hello.service")]);
}

#[test]
fn a_site_is_packed() {
    let folder = Folder::new("package");
    write_site(&folder);
    let said = pack(&folder);
    for part in ["hello 1.0", "hello.oci.tar", "docker run --rm --read-only -p 8080:8080", "/data"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    let out = files(&folder.join("out"));
    let manifest = json(&out[Path::new("manifest.json")]);
    for artefact in manifest["artefacts"].as_array().unwrap() {
        let bytes = &out[Path::new(artefact["path"].as_str().unwrap())];
        assert_eq!(artefact["sha256"], sha256(bytes), "{artefact}");
    }
    assert_eq!(manifest["artefacts"].as_array().unwrap().len() + 1, out.len(), "all but itself");
    assert_eq!(manifest["stateless"], false);
    assert!(json(&out[Path::new("monitoring/grafana.json")])["panels"].is_array());
    assert!(out.contains_key(Path::new("monitoring/alerts.yml")));
    assert_eq!(manifest["routes"]["servers"][0]["locations"][0]["location"], "= /old");
    let sbom = json(&out[Path::new("sbom.cdx.json")]);
    let components = sbom["components"].as_array().unwrap();
    let named = |name: &str| components.iter().find(|it| it["name"] == name);
    assert_eq!(named("libc").unwrap()["purl"].as_str().unwrap().find("pkg:cargo/libc@"), Some(0));
    assert_eq!(named("libc").unwrap()["hashes"][0]["content"].as_str().unwrap().len(), 64);
    assert!(named("sitec-runtime").is_some() && named("rust-std").is_some());
    assert!(named("rustls").is_none(), "what is not linked");
    assert!(named("proc-macro2").is_none(), "what only the compiler needs");
    check_image(&out, &manifest, &folder);
    check_deb(&out, &folder);

    // The same site in another folder.
    let other = Folder::new("package-again");
    write_site(&other);
    pack(&other);
    let again = files(&other.join("out"));
    assert_eq!(out.keys().collect::<Vec<_>>(), again.keys().collect::<Vec<_>>());
    for (path, bytes) in &out {
        assert!(*bytes == again[path], "{} differs", path.display());
    }
    let home = std::env::var("HOME").unwrap_or_default();
    let binary = &out[Path::new("hello")];
    let tells = |text: &str| binary.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    assert!(!tells(folder.to_str().unwrap()), "it tells where the conf was");
    assert!(home.len() < 2 || !tells(&format!("{home}/")), "it tells whose it was");
}

/// Neither the folder that a site is built in nor the one that it lies in is to be seen.
#[test]
fn equal_sites_are_equal_binaries_anywhere() {
    let folder = Folder::new("homes");
    let conf = "server { listen 8080; return 204; }";
    let host = host();
    let binary = |home: &str| {
        let site = folder.join(home).join("small");
        fs::create_dir_all(&site).unwrap();
        fs::write(site.join("site.conf"), conf).unwrap();
        let args =
            ["package", "--debug", "--format", "binary", "--target", &host, "small", "-o", "out"];
        let mut command = command(&folder.join(home), &args);
        command.env("SITEC_HOME", folder.join(home).join("home")).env("SOURCE_DATE_EPOCH", "1");
        let output = command.output().expect("sitec runs");
        assert_eq!(status(&output), 0, "{}", errors(&output));
        fs::read(folder.join(home).join("out/small")).unwrap()
    };
    let (one, other) = (binary("one"), binary("other/and longer"));
    assert!(one == other, "{} and {} bytes", one.len(), other.len());
}

#[test]
fn nothing_is_made_of_what_cannot_run() {
    let folder = Folder::new("package-wrong");
    let conf = "server { listen 8080; root www; location / { cgi_pass .sh /bin/sh; } }";
    fs::create_dir(folder.join("www")).unwrap();
    fs::write(folder.join("site.conf"), conf).unwrap();
    for (args, said) in [
        (&["--format", "oci"][..], "an image from scratch has no `/bin/sh`"),
        (&["--set", "PORT=1"], "`--set PORT`: the conf has no params"),
        (&["--set", "PORT"], "NAME=VALUE"),
        (&["--release", "v1"], "a version begins with a digit"),
        (&["--target", "x86_64-pc-windows-msvc"], "a package is for Linux"),
        (&["--format", "rpm"], "rpm"),
        (&["nowhere.conf"], "nowhere.conf"),
    ] {
        let output = sitec(&folder, &[&["package"], args].concat());
        assert!(status(&output) != 0, "{args:?}");
        assert!(errors(&output).contains(said), "{args:?}: {}", errors(&output));
    }
    assert_eq!(fs::read_dir(&*folder).unwrap().count(), 2, "something was written");
}

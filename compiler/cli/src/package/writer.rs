//! Writes what was asked for to a folder, and says how to go on with it.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use sitec_compiler::operating;

use super::hashed::Hashed;
use super::packed::{Packed, Prepared};
use super::tree::SERVER_ID;
use super::{Format, Options, deb, docker, k8s, manifest, oci, sbom, systemd};
use crate::cargo_package::CargoPackage;
use crate::conf::Checked;
use crate::shell;

/// What was made, for the end.
struct Made {
    path: PathBuf,
    what: String,
}

/// Writes formats to a folder.
pub(super) struct Writer<'a> {
    out: &'a Path,
    made: Vec<Made>,
    /// What to type next, and what it does.
    next: Vec<(String, String)>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(out: &'a Path) -> Writer<'a> {
        Writer { out, made: Vec::new(), next: Vec::new() }
    }

    /// Writes the formats, the bill of materials and the manifest.
    pub(super) fn write(
        &mut self,
        formats: &[Format],
        (own, open): (&Packed<'_>, &Packed<'_>),
        (options, checked, cargo_package): (&Options, &Checked, &CargoPackage),
    ) -> Result<(), String> {
        let naming = own.naming;
        let name = &naming.name;
        let binary_hash = hash(own.binary)?.1;
        self.add(own.binary.to_owned(), format!("the static binary, for {}", naming.target.triple));
        let mut image_digest = None;
        for format in formats {
            match format {
                Format::Binary => self.next_binary(own),
                Format::Oci => {
                    let file = self.out.join(format!("{name}.oci.tar"));
                    let digest = oci::write(open, &file)?;
                    self.next_image(open, &file, &options.conf.file);
                    self.add(file, format!("the image {name}:{}, {digest}", naming.version));
                    image_digest = Some(digest);
                }
                Format::Docker => {
                    let root = oci::root(open)?;
                    self.archive("docker/root.tar", |file| {
                        root.write_tar("", naming.time_s, file)
                    })?;
                    let text = docker::text(open, "root.tar");
                    self.text("docker/Dockerfile", &text, "for `docker build`")?;
                    let folder = self.out.join("docker");
                    let command = format!("docker build -t {name} {}", shell::quoted(&folder));
                    self.next.push((command, "builds the image from the Dockerfile".to_owned()));
                }
                Format::Systemd => self.systemd(own)?,
                Format::Deb => {
                    let version = &naming.version;
                    let file = format!("{name}_{version}_{}.deb", naming.target.debian);
                    let file = self.out.join(file);
                    deb::write(own, &options.maintainer, &file)?;
                    let command = format!("sudo apt install {}", shell::local(&file));
                    self.next.push((command, "installs it, and starts the service".to_owned()));
                    self.add(file, "the Debian package".to_owned());
                }
                Format::K8s => {
                    let image = options.image.as_deref().unwrap_or(name);
                    let image = format!("{image}:{}", naming.version);
                    let text = k8s::text(open, &image);
                    self.text(&format!("{name}.k8s.yaml"), &text, "for Kubernetes")?;
                    let file = self.out.join(format!("{name}.k8s.yaml"));
                    let command = format!("kubectl apply -f {}", shell::quoted(&file));
                    self.next.push((command, format!("runs it, once {image} is in a registry")));
                }
            }
        }
        if checked.site.has_metrics() {
            for (file, text) in operating::FILES {
                self.text(&format!("monitoring/{file}"), text, "for who watches the site")?;
            }
        }
        let sbom = sbom::sbom(cargo_package, naming, &binary_hash)?;
        self.text("sbom.cdx.json", &format!("{sbom:#}\n"), "what it is made of (CycloneDX)")?;
        let mut text = manifest::manifest(open, checked)?;
        text["image"] = json!(image_digest);
        let mut artefacts = Vec::new();
        for Made { path, .. } in &self.made {
            let (size, sha256) = hash(path)?;
            let path = path.strip_prefix(self.out).unwrap_or(path);
            artefacts.push(json!({ "path": path, "size": size, "sha256": sha256 }));
        }
        text["artefacts"] = json!(artefacts);
        let what = "routes, policy, bounds, files and their hashes";
        self.text("manifest.json", &format!("{text:#}\n"), what)?;
        Ok(())
    }

    fn add(&mut self, path: PathBuf, what: String) {
        self.made.push(Made { path, what });
    }

    /// Writes a text.
    fn text(&mut self, name: &str, text: &str, what: &str) -> Result<(), String> {
        let path = self.out.join(name);
        let folder = path.parent().unwrap_or(self.out);
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, text));
        written.map_err(|error| format!("cannot write `{}`: {error}", path.display()))?;
        self.add(path, what.to_owned());
        Ok(())
    }

    /// Writes an archive.
    fn archive(
        &mut self,
        name: &str,
        write: impl FnOnce(BufWriter<File>) -> Result<BufWriter<File>, String>,
    ) -> Result<(), String> {
        let path = self.out.join(name);
        let problem = |error| format!("cannot write `{}`: {error}", path.display());
        fs::create_dir_all(path.parent().unwrap_or(self.out)).map_err(problem)?;
        let file = File::create(&path).map_err(problem)?;
        write(BufWriter::new(file))?.flush().map_err(problem)?;
        self.add(path, "its files".to_owned());
        Ok(())
    }

    fn systemd(&mut self, own: &Packed<'_>) -> Result<(), String> {
        let (naming, name) = (own.naming, &own.naming.name);
        self.text(&format!("systemd/{name}.service"), &systemd::service(own), "the service")?;
        let has_sockets = systemd::has_sockets(own);
        if has_sockets {
            self.text(&format!("systemd/{name}.socket"), &systemd::socket(own), "its sockets")?;
        }
        let tree = systemd::tree(own);
        let archive = format!("systemd/{name}.tar.gz");
        self.archive(&archive, |file| {
            let encoder = GzEncoder::new(file, Compression::best());
            let encoder = tree.write_tar("", naming.time_s, encoder)?;
            encoder.finish().map_err(|error| error.to_string())
        })?;
        let unit = if has_sockets { "socket" } else { "service" };
        self.next.push((
            format!(
                "sudo tar -C / --no-overwrite-dir -xzf {} && sudo systemd-sysusers && \
                 sudo systemctl daemon-reload && sudo systemctl enable --now {name}.{unit}",
                shell::quoted(&self.out.join(archive))
            ),
            "installs the service where there is no dpkg".to_owned(),
        ));
        Ok(())
    }

    fn next_binary(&mut self, own: &Packed<'_>) {
        let program = shell::local(own.binary);
        self.next.push((
            format!("{program} --prefix FOLDER"),
            "runs it, where FOLDER has the files of the site".to_owned(),
        ));
    }

    /// How an image is run: with what it writes to, and with what it is not to have in it.
    fn next_image(&mut self, open: &Packed<'_>, file: &Path, conf: &Path) {
        let folder = conf.parent().unwrap_or(Path::new(""));
        let (name, version) = (&open.naming.name, &open.naming.version);
        let mut run =
            format!("docker load -i {} && docker run --rm --read-only", shell::quoted(file));
        for (port, _) in open.ports() {
            let outside = if port < 1024 { u32::from(port) + 8000 } else { port.into() };
            let _ = write!(run, " -p {outside}:{port}");
        }
        for (index, (folder, written)) in open.contents.written.iter().enumerate() {
            let volume = format!("{name}-{}-{index}", written.name());
            let _ = write!(run, " -v {}", shell::word(&format!("{volume}:{}", folder.display())));
        }
        for secret in &open.contents.secrets {
            let here = folder.join(open.here(secret));
            let front = if here.is_absolute() { "" } else { "\"$PWD\"/" };
            let mount = shell::word(&format!("{}:{}:ro", here.display(), secret.display()));
            let _ = write!(run, " -v {front}{mount}");
        }
        self.next.push((format!("{run} {name}:{version}"), "runs the image".to_owned()));
        self.next.push((
            format!(
                "skopeo copy oci-archive:{} docker://REGISTRY/{name}:{version}",
                shell::quoted(file)
            ),
            "brings it to a registry".to_owned(),
        ));
    }

    /// Says what was made, and how to go on.
    pub(super) fn say(&self, prepared: &Prepared, refused: &[String]) {
        let Prepared { naming, contents, .. } = prepared;
        let (name, version, out) = (&naming.name, &naming.version, self.out.display());
        eprintln!("{name} {version} ({}), in {out}:\n", naming.time_by);
        let shown = |path: &Path| path.strip_prefix(self.out).unwrap_or(path).display().to_string();
        let width = self.made.iter().map(|it| shown(&it.path).len()).max().unwrap_or(0);
        for Made { path, what } in &self.made {
            let len = fs::metadata(path).map_or(0, |data| data.len());
            eprintln!("  {:<width$}  {:>6} KB  {what}", shown(path), len.div_ceil(1000));
        }
        let mut notes = Vec::new();
        for (folder, written) in &contents.written {
            let (folder, kind) = (folder.display(), written.name());
            notes.push(format!("no part of it is {folder}, which is written to ({kind})"));
        }
        for secret in &contents.secrets {
            let secret = secret.display();
            notes.push(format!(
                "no part of it is {secret}, which is secret: put it there, readable for the server \
                 (in a container, for user {SERVER_ID})"
            ));
        }
        notes.extend(contents.left_out.iter().map(|it| format!("left out: {it}")));
        notes.extend(refused.iter().map(|it| format!("not made: {it}")));
        for (index, note) in notes.iter().enumerate() {
            eprintln!("{}{note}", if index == 0 { "\n" } else { "" });
        }
        eprintln!("\nnext:\n");
        for (command, what) in &self.next {
            eprintln!("  # {what}\n  {command}\n");
        }
    }
}

/// Length and hash of a file.
fn hash(path: &Path) -> Result<(u64, String), String> {
    let mut hashed = Hashed::new(io::sink());
    let read = File::open(path).and_then(|mut file| io::copy(&mut file, &mut hashed));
    read.map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
    let (len, hash, _) = hashed.finish();
    Ok((len, hash))
}

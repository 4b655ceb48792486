//! An image, as the OCI Image Format Specification has it, in one archive: made without an engine,
//! since it is a few JSON texts and one layer. `skopeo` and `podman` read it as an OCI archive;
//! for `docker load` of any age, it is a Docker archive, too.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value as Json, json};

use super::hashed::{Hashed, sha256};
use super::naming::rfc3339;
use super::packed::Packed;
use super::tree::{SERVER_ID, Tree};

/// What a container runs as.
pub(super) const USER: &str = "65532:65532";

const CONFIG_TYPE: &str = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";

/// All files of an image.
pub(super) fn root(packed: &Packed<'_>) -> Result<Tree, String> {
    let (naming, contents) = (packed.naming, packed.contents);
    let mut tree = Tree::default();
    tree.copy(naming.program(), packed.binary, 0o755, 0);
    tree.folder(naming.prefix(), 0);
    tree.extend(&contents.own);
    tree.extend(&contents.absolute);
    for (folder, _) in &contents.written {
        tree.folder(folder, SERVER_ID);
    }
    // What is mounted there has a place, in a file system that nobody writes to.
    for secret in contents.secrets.iter().filter_map(|file| file.parent()) {
        if !tree.has_files(secret) {
            let mut places = Tree::default();
            places.folder(secret, 0);
            tree.extend(&places);
        }
    }
    // Names for who looks them up; a base image has its own.
    let passwd = format!(
        "root:x:0:0:root:/:/nonexistent\n{}:x:{SERVER_ID}:{SERVER_ID}::/:/nonexistent\n",
        naming.name
    );
    let group = format!("root:x:0:\n{}:x:{SERVER_ID}:\n", naming.name);
    if packed.is_for_scratch() && !tree.has_files(Path::new("etc/passwd")) {
        tree.bytes("etc/passwd", passwd, 0o644);
        tree.bytes("etc/group", group, 0o644);
    }
    Ok(tree)
}

/// What an engine is told of an image.
pub(super) fn config(packed: &Packed<'_>, diff_id: &str) -> Json {
    let naming = packed.naming;
    let created = rfc3339(naming.time_s);
    let environment = packed.values.iter().map(|(name, value)| format!("{name}={value}"));
    let object = |keys: Vec<String>| -> Json {
        keys.into_iter().map(|key| (key, json!({}))).collect::<serde_json::Map<_, _>>().into()
    };
    let ports = packed.ports().into_iter().map(|(port, _)| format!("{port}/tcp")).collect();
    let volumes = packed.contents.written.iter().map(|(folder, _)| folder.display().to_string());
    let volumes: Vec<_> = volumes.collect();
    let mut config = json!({
        "User": USER,
        "ExposedPorts": object(ports),
        "Env": environment.collect::<Vec<_>>(),
        "Entrypoint": [naming.program()],
        "WorkingDir": naming.prefix(),
        "Labels": {
            "org.opencontainers.image.title": naming.name,
            "org.opencontainers.image.version": naming.version,
            "org.opencontainers.image.created": created,
        },
        "StopSignal": "SIGTERM",
    });
    if !volumes.is_empty() {
        config["Volumes"] = object(volumes);
    }
    let (architecture, variant) = naming.target.oci;
    let mut image = json!({
        "created": created,
        "architecture": architecture,
        "os": "linux",
        "config": config,
        "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{diff_id}")] },
        "history": [{
            "created": created,
            "created_by": format!("sitec package {}", naming.name),
        }],
    });
    if let Some(variant) = variant {
        image["variant"] = variant.into();
    }
    image
}

/// Writes the archive of an image to `out`, and returns the digest of the image.
pub(super) fn write(packed: &Packed<'_>, out: &Path) -> Result<String, String> {
    let naming = packed.naming;
    let problem = |error: std::io::Error| format!("cannot write `{}`: {error}", out.display());
    // The layer's hash is its name in the archive, so that it is made first.
    let layer_file = out.with_extension("layer");
    let _removed = Removed(&layer_file);
    let compressed = Hashed::new(BufWriter::new(File::create(&layer_file).map_err(problem)?));
    let content = Hashed::new(GzEncoder::new(compressed, Compression::best()));
    let content = root(packed)?.write_tar("", naming.time_s, content)?;
    let (_, diff_id, encoder) = content.finish();
    let (layer_len, layer, file) = encoder.finish().map_err(problem)?.finish();
    file.into_inner().map_err(|error| problem(error.into_error()))?;

    let config = config(packed, &diff_id).to_string();
    let config_digest = sha256(config.as_bytes());
    let descriptor = |media_type: &str, digest: &str, len: u64| json!({ "mediaType": media_type, "digest": format!("sha256:{digest}"), "size": len });
    let created = rfc3339(naming.time_s);
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": descriptor(CONFIG_TYPE, &config_digest, config.len() as u64),
        "layers": [descriptor(LAYER_TYPE, &layer, layer_len)],
        "annotations": {
            "org.opencontainers.image.created": created,
            "org.opencontainers.image.title": naming.name,
            "org.opencontainers.image.version": naming.version,
        },
    })
    .to_string();
    let manifest_digest = sha256(manifest.as_bytes());
    let mut named = descriptor(MANIFEST_TYPE, &manifest_digest, manifest.len() as u64);
    let (architecture, variant) = naming.target.oci;
    named["platform"] = json!({ "architecture": architecture, "os": "linux" });
    if let Some(variant) = variant {
        named["platform"]["variant"] = variant.into();
    }
    named["annotations"] = json!({
        "org.opencontainers.image.ref.name": naming.version,
        "io.containerd.image.name": format!("docker.io/library/{}:{}", naming.name, naming.version),
    });
    let index =
        json!({ "schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [named] }).to_string();
    let blob = |digest: &str| format!("blobs/sha256/{digest}");
    let for_docker = json!([{
        "Config": blob(&config_digest),
        "RepoTags": [
            format!("{}:{}", naming.name, naming.version),
            format!("{}:latest", naming.name),
        ],
        "Layers": [blob(&layer)],
    }]);
    let mut archive = Tree::default();
    archive.bytes("oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#, 0o644);
    archive.bytes("index.json", index, 0o644);
    archive.bytes("manifest.json", for_docker.to_string(), 0o644);
    archive.bytes(blob(&config_digest), config, 0o644);
    archive.bytes(blob(&manifest_digest), manifest, 0o644);
    archive.copy(blob(&layer), &layer_file, 0o644, 0);
    let file = BufWriter::new(File::create(out).map_err(problem)?);
    let mut file = archive.write_tar("", naming.time_s, file)?;
    file.flush().map_err(problem)?;
    Ok(format!("sha256:{manifest_digest}"))
}

/// A file that is not there for longer than the value.
struct Removed<'a>(&'a Path);

impl Drop for Removed<'_> {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.0);
    }
}

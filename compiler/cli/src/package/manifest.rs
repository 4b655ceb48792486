//! What a package is, for programs: what the site answers, needs and may take at most, the hash of
//! each of its files, and of all together.

use serde_json::{Value as Json, json};
use sitec_compiler::bounds::{self, Reckoned};
use sitec_compiler::map::Map;
use sitec_compiler::needs::{ListenAddress, What};

use super::hashed::sha256;
use super::naming::rfc3339;
use super::oci;
use super::packed::Packed;
use crate::conf::Checked;

/// The version of the shape: a later one has all that this one has.
const VERSION: u32 = 1;

/// The bounds of a site with one worker, as on one CPU, so that they are the same on any machine.
pub(super) fn bounds(checked: &Checked) -> Reckoned {
    bounds::reckon(&checked.site, &checked.places, &checked.sources, 1)
}

/// The manifest, but for what was made of it.
pub(super) fn manifest(packed: &Packed<'_>, checked: &Checked) -> Result<Json, String> {
    let naming = packed.naming;
    let root = oci::root(packed)?;
    let files = root.hashes()?;
    let lines: String =
        files.iter().map(|(path, _, hash)| format!("{hash}  {}\n", path.display())).collect();
    let file = |(path, len, hash): &(&std::path::Path, u64, String)| json!({ "path": format!("/{}", path.display()), "size": len, "sha256": hash });
    let listens = packed.needs.listens.iter().map(|listen| {
        let address = match &listen.address {
            ListenAddress::Ip(address) => address.to_string(),
            ListenAddress::Unix(path) => format!("unix:{path}"),
        };
        json!({ "address": address, "tls": listen.tls })
    });
    let params = packed.site.params.iter().zip(packed.values).map(
        |(param, (name, value))| json!({ "name": name, "default": param.default, "value": value }),
    );
    let writes = packed
        .contents
        .written
        .iter()
        .map(|(folder, written)| json!({ "path": folder, "kind": written.name() }));
    let reads = packed.needs.paths.iter().filter_map(|it| match it.what {
        What::Folder { .. } | What::Page { .. } | What::File | What::Program => {
            Some(naming.prefix().join(&it.path).display().to_string())
        }
        What::Secret | What::Written(_) | What::WrittenFile(_) => None,
    });
    let mut reads: Vec<_> = reads.collect();
    reads.sort();
    reads.dedup();
    Ok(json!({
        "version": VERSION,
        "name": naming.name,
        "release": naming.version,
        "created": rfc3339(naming.time_s),
        "created_by": naming.time_by,
        "sitec": env!("CARGO_PKG_VERSION"),
        "target": naming.target.triple,
        "conf": { "name": packed.site.name, "sha256": sha256(&packed.site.conf) },
        "contents": { "sha256": sha256(lines.as_bytes()), "files": files.iter().map(file).collect::<Vec<_>>() },
        "params": params.collect::<Vec<_>>(),
        "stateless": packed.is_stateless(),
        "policy": {
            "user": "not root",
            "capabilities": [],
            "listens": listens.collect::<Vec<_>>(),
            "reads": reads,
            "writes": writes.collect::<Vec<_>>(),
            "secrets": packed.contents.secrets,
            "executes": packed.needs.programs,
            "executes_files": packed.needs.bare_scripts,
            "connects": packed.needs.connects,
            "connects_anywhere": packed.needs.connects_anywhere,
        },
        "routes": Map::new(&checked.site, &checked.places, &checked.sources).json(),
        "bounds": bounds(checked).json(),
        "sbom": "sbom.cdx.json",
    }))
}

//! What a server is made of, as CycloneDX has it: the crates that are linked into it, as cargo
//! resolved them, and the standard library.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::{Value as Json, json};

use super::hashed::sha256;
use super::naming::{Naming, rfc3339};
use crate::cargo_package::CargoPackage;

/// The bill of materials of a server with this hash.
pub(super) fn sbom(
    package: &CargoPackage,
    naming: &Naming,
    binary_hash: &str,
) -> Result<Json, String> {
    let metadata = package.metadata(&naming.target.triple)?;
    let hashes = checksums(&package.lock_file()?);
    Ok(of_metadata(&metadata, &hashes, &compiler(), naming, binary_hash))
}

/// The version of rustc, whose standard library is linked.
fn compiler() -> String {
    let output = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .arg("--version")
        .output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let said = said.unwrap_or_default();
    said.split_whitespace().nth(1).unwrap_or("unknown").to_owned()
}

/// The SHA-256 of each crate's archive, by name and version, as a lock file has them.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let mut sums = BTreeMap::new();
    for package in lock.split("[[package]]").skip(1) {
        let field = |name: &str| {
            let value = |line: &str| {
                let value = line.strip_prefix(name)?.strip_prefix(" = \"")?.strip_suffix('"')?;
                Some(value.to_owned())
            };
            package.lines().find_map(value)
        };
        if let (Some(name), Some(version), Some(sum)) =
            (field("name"), field("version"), field("checksum"))
        {
            sums.insert((name, version), sum);
        }
    }
    sums
}

/// What `cargo metadata` says, as CycloneDX has it.
fn of_metadata(
    metadata: &Json,
    hashes: &BTreeMap<(String, String), String>,
    compiler: &str,
    naming: &Naming,
    binary_hash: &str,
) -> Json {
    let list = |value: &Json| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let nodes: BTreeMap<_, _> =
        list(&metadata["resolve"]["nodes"]).into_iter().map(|it| (text(&it["id"]), it)).collect();
    let packages: BTreeMap<_, _> =
        list(&metadata["packages"]).into_iter().map(|it| (text(&it["id"]), it)).collect();
    let is_macro = |id: &str| {
        let kinds = packages.get(id).map(|it| list(&it["targets"])).unwrap_or_default();
        kinds.iter().any(|it| list(&it["kind"]).iter().any(|kind| kind == "proc-macro"))
    };
    // What is linked: neither what builds it, nor what only runs in the compiler.
    let linked = |id: &str| -> Vec<String> {
        let deps = nodes.get(id).map(|it| list(&it["deps"])).unwrap_or_default();
        let is_normal = |dep: &&Json| list(&dep["dep_kinds"]).iter().any(|it| it["kind"].is_null());
        let deps = deps.iter().filter(is_normal).map(|dep| text(&dep["pkg"]));
        deps.filter(|id| !is_macro(id)).collect()
    };
    let root = text(&metadata["resolve"]["root"]);
    let (mut found, mut open) = (BTreeSet::new(), linked(&root));
    while let Some(id) = open.pop() {
        if found.insert(id.clone()) {
            open.extend(linked(&id));
        }
    }
    let reference = |id: &str| {
        let package = &packages[id];
        format!("pkg:cargo/{}@{}", text(&package["name"]), text(&package["version"]))
    };
    let std_reference = format!("pkg:generic/rust-std@{compiler}");
    let mut components: Vec<_> = found
        .iter()
        .filter_map(|id| {
            let package = packages.get(id)?;
            let (name, version) = (text(&package["name"]), text(&package["version"]));
            let reference = reference(id);
            let mut component = json!({
                "type": "library",
                "bom-ref": reference,
                "name": name,
                "version": version,
                "purl": reference,
                "scope": "required",
            });
            if let Some(licence) = package["license"].as_str() {
                // Old crates write `/` for OR.
                let expression = licence.replace('/', " OR ").replace("  ", " ");
                component["licenses"] = json!([{ "expression": expression }]);
            }
            if let Some(hash) = hashes.get(&(name, version)) {
                component["hashes"] = json!([{ "alg": "SHA-256", "content": hash }]);
            }
            Some(component)
        })
        .collect();
    components.push(json!({
        "type": "library",
        "bom-ref": std_reference,
        "name": "rust-std",
        "version": compiler,
        "purl": std_reference,
        "scope": "required",
        "licenses": [{ "expression": "MIT OR Apache-2.0" }],
    }));
    components.sort_by_key(|it| text(&it["bom-ref"]));
    let site = format!("{}@{}", naming.name, naming.version);
    let depends = |from: &str, ids: Vec<String>| {
        let mut on: Vec<_> = ids.iter().map(|id| reference(id)).collect();
        on.push(std_reference.clone());
        on.sort();
        json!({ "ref": from, "dependsOn": on })
    };
    let mut dependencies = vec![depends(&site, linked(&root))];
    dependencies.extend(found.iter().map(|id| depends(&reference(id), linked(id))));
    // A number of its own for each server, and the same for the same.
    let id = sha256(format!("{site} {binary_hash}").as_bytes());
    let serial = format!(
        "urn:uuid:{}-{}-8{}-8{}-{}",
        &id[..8],
        &id[8..12],
        &id[12..15],
        &id[15..18],
        &id[18..30]
    );
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": serial,
        "version": 1,
        "metadata": {
            "timestamp": rfc3339(naming.time_s),
            "tools": { "components": [{
                "type": "application",
                "name": "sitec",
                "version": env!("CARGO_PKG_VERSION"),
            }] },
            "component": {
                "type": "application",
                "bom-ref": site,
                "name": naming.name,
                "version": naming.version,
                "hashes": [{ "alg": "SHA-256", "content": binary_hash }],
            },
        },
        "components": components,
        "dependencies": dependencies,
    })
}

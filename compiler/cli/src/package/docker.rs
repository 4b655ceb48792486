//! A Dockerfile, for who has an engine, or needs a base image.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::deb::debian_package;
use super::oci;
use super::packed::Packed;

/// The text; the files of the image are in the archive `root` beside it.
pub(super) fn text(packed: &Packed<'_>, root: &str) -> String {
    let naming = packed.naming;
    let programs = packed.programs_elsewhere();
    let mut text = format!("# The image of {}. Written by sitec.\n", naming.name);
    match packed.is_for_scratch() {
        true => text += "FROM scratch\n",
        false => {
            let _ = write!(
                text,
                "# What the site starts must be in the base image: {}.\n\
                 ARG BASE=debian:stable-slim\nFROM ${{BASE}}\n",
                programs.join(", ")
            );
            let packages = programs.iter().filter_map(|program| debian_package(program));
            let packages: Vec<_> = packages.collect();
            if !packages.is_empty() {
                let _ = write!(
                    text,
                    "RUN apt-get update \\\n    && apt-get install -y --no-install-recommends {} \\\n    \
                     && rm -rf /var/lib/apt/lists/*\n",
                    packages.join(" ")
                );
            }
        }
    }
    let _ = writeln!(text, "ADD {root} /");
    for (name, value) in packed.values {
        let quoted = value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$");
        let _ = writeln!(text, "ENV {name}=\"{quoted}\"");
    }
    let ports = packed.ports();
    if !ports.is_empty() {
        let ports = ports.iter().map(|(port, _)| port.to_string()).collect::<Vec<_>>();
        let _ = writeln!(text, "EXPOSE {}", ports.join(" "));
    }
    if !packed.contents.written.is_empty() {
        let folders = packed.contents.written.iter();
        let folders =
            folders.map(|(folder, _)| Json::from(folder.display().to_string()).to_string());
        let _ = writeln!(text, "VOLUME [{}]", folders.collect::<Vec<_>>().join(", "));
    }
    let _ = write!(
        text,
        "WORKDIR {}\nUSER {}\nSTOPSIGNAL SIGTERM\nENTRYPOINT [{:?}]\n",
        naming.prefix().display(),
        oci::USER,
        naming.program().display().to_string(),
    );
    text
}

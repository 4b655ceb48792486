//! `sitec package`: from a conf to what people deploy. One static binary is built; each format
//! puts it, and the files that the conf refers to, into the form that somebody runs.
//!
//! Equal sites give equal bytes: everything is built under one name and prefix, whatever folder the
//! conf is in, and has one time.

mod contents;
mod deb;
mod docker;
mod hashed;
mod k8s;
mod manifest;
mod naming;
mod oci;
mod packed;
mod programs;
mod sbom;
mod systemd;
#[cfg(test)]
mod tests;
mod tree;
mod writer;

use std::path::PathBuf;
use std::process::ExitCode;
use std::{fs, io};

use clap::builder::TypedValueParser;
use clap::{Args, ValueEnum};
use sitec_compiler::needs::ListenAddress;

use crate::cargo_package::{CargoPackage, Fixed, Profile};
use crate::findings::Findings;
use crate::{build, conf, progress};
use packed::{Prepared, Wanted};
use writer::Writer;

/// Make what is deployed: a static binary, an image, a Debian package, a service, manifests
///
/// Builds one static binary, and packs it with the files that the conf refers to. What clients
/// store, logs, keys and passwords are no part of a package. Says in the end what was made, and
/// which command goes on with it.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    conf: conf::Named,
    /// Write to the folder DIR, which is made if it is not there. Without it: NAME-package in the
    /// working directory
    #[arg(short, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Make only these, separated by commas. Without it, all that the site can be
    #[arg(long, value_enum, value_delimiter = ',', value_name = "FORMATS")]
    format: Vec<Format>,
    /// Call the program, the image, the service and the package NAME. Without it: the name of the
    /// conf, or of its folder if the conf is called site.conf
    #[arg(long)]
    name: Option<String>,
    /// Give it this version. Without it, the version is the time of the site's commit or of its
    /// newest file
    #[arg(long, value_parser = naming::check_version)]
    release: Option<String>,
    /// Set a `param` of the conf, in all that is made. It can still be set where the site runs
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair())]
    set: Vec<(String, String)>,
    /// Name the image as Kubernetes is to find it, without a tag: registry.example.org/blog
    #[arg(long, value_parser = line)]
    image: Option<String>,
    /// Say who answers for the Debian package: 'NAME <ADDRESS>'
    #[arg(long, value_parser = line, default_value = "unknown <root@localhost>")]
    maintainer: String,
    /// Build for another machine, by rustc's name for it. Without it: this machine's architecture,
    /// with musl. With a target of glibc, the binary is static, too
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
    #[command(flatten)]
    profile: Profile,
    #[command(flatten)]
    findings: Findings,
}

/// Reads what is to stand in one line.
fn line(text: &str) -> Result<String, &'static str> {
    match text.is_empty() || text.contains(char::is_control) {
        true => Err("this is not one line of text"),
        false => Ok(text.to_owned()),
    }
}

/// Reads `NAME=VALUE`.
fn pair() -> impl TypedValueParser<Value = (String, String)> {
    clap::builder::StringValueParser::new().try_map(|text| match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err("this has no `=`: NAME=VALUE is wanted"),
    })
}

/// What is made of a site.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum)]
enum Format {
    /// The static binary
    Binary,
    /// An image in one archive, made without an engine, for docker, podman, skopeo and registries
    Oci,
    /// A Dockerfile, and the files that it adds
    Docker,
    /// A service and its socket, and an archive to be unpacked in /
    Systemd,
    /// A Debian package, with the service
    Deb,
    /// Manifests for Kubernetes
    K8s,
}

impl Format {
    /// Whether the site then runs in a container, where it is alone.
    fn is_container(self) -> bool {
        match self {
            Format::Oci | Format::Docker | Format::K8s => true,
            Format::Binary | Format::Systemd | Format::Deb => false,
        }
    }
}

/// Compiles the conf, builds the binary, and makes what was asked for.
pub(crate) fn package(options: &Options) -> Result<ExitCode, String> {
    let file = &options.conf.file;
    let Some(checked) = conf::compiled(file, &options.findings)? else {
        return Ok(ExitCode::FAILURE);
    };
    let site = &checked.site;
    let wanted = Wanted {
        name: options.name.as_deref(),
        release: options.release.as_deref(),
        set: &options.set,
        target: options.target.as_deref(),
        out: options.out.as_deref(),
    };
    let prepared = Prepared::new(file, &checked, &wanted)?;
    let naming = &prepared.naming;
    let prefix = naming.prefix();
    let (formats, refused) = formats(&options.format, &prepared)?;
    let out = &prepared.out;
    let problem = |error: io::Error| format!("cannot write to `{}`: {error}", out.display());
    // A build takes too long to find out only after it.
    fs::create_dir_all(out).map_err(problem)?;

    let fixed = Fixed { name: &naming.name, prefix: &prefix, newest_s: naming.time_s };
    let cargo_package = CargoPackage::fixed(site, &fixed)?;
    let built = cargo_package.build_static(options.profile, &naming.target.triple)?;
    let binary = out.join(&naming.name);
    build::install(&built, &binary).map_err(problem)?;
    let shown = progress::spin("packing");
    let mut writer = Writer::new(out);
    let packed = (&prepared.own(site, &binary), &prepared.open(site, &binary));
    writer.write(&formats, packed, (options, &checked, &cargo_package))?;
    drop(shown);
    writer.say(&prepared, &refused);
    Ok(ExitCode::SUCCESS)
}

/// The formats to make. Where all are wanted, those that the site cannot be are told of in the
/// end; where one is asked for, that is an error.
fn formats(asked: &[Format], prepared: &Prepared) -> Result<(Vec<Format>, Vec<String>), String> {
    let Prepared { naming, contents, open_needs: needs, elsewhere, .. } = prepared;
    let written = contents.check_written(&naming.prefix());
    let fault = |format: Format| -> Result<(), String> {
        if format == Format::Binary {
            return Ok(());
        }
        written.clone()?;
        if format.is_container() && needs.listens.iter().all(|it| it.public_port().is_none()) {
            let first = needs.listens.iter().find_map(|listen| match &listen.address {
                ListenAddress::Ip(address) => Some(address.port()),
                ListenAddress::Unix(_) => None,
            });
            let port = first.unwrap_or(8080);
            return Err(format!(
                "nobody outside of the container would reach the site, which listens on the \
                 loopback interface alone: write `listen {port};`, or `param ADDR 127.0.0.1;` and \
                 `listen ${{ADDR}}:{port};`, which a package sets"
            ));
        }
        if format == Format::Oci && !elsewhere.is_empty() {
            let programs: Vec<_> = elsewhere.iter().map(|it| format!("`{it}`")).collect();
            return Err(format!(
                "an image from scratch has no {}, which the site starts: build one from the \
                 Dockerfile, which has a base image (`--format docker`)",
                programs.join(", ")
            ));
        }
        Ok(())
    };
    if asked.is_empty() {
        let (mut formats, mut refused) = (Vec::new(), Vec::new());
        for format in Format::value_variants() {
            match fault(*format) {
                Ok(()) => formats.push(*format),
                Err(fault) => refused.push(format!("{}: {fault}", format_name(*format))),
            }
        }
        return Ok((formats, refused));
    }
    let mut formats: Vec<_> = asked.to_owned();
    formats.sort();
    formats.dedup();
    for format in &formats {
        fault(*format).map_err(|fault| format!("{}: {fault}", format_name(*format)))?;
    }
    Ok((formats, Vec::new()))
}

fn format_name(format: Format) -> String {
    let value = format.to_possible_value();
    value.map(|value| value.get_name().to_owned()).unwrap_or_default()
}

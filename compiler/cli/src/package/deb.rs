//! A Debian package: an `ar` archive of two tar archives.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use md5::{Digest, Md5};

use super::hashed::hex;
use super::packed::Packed;
use super::systemd;
use super::tree::{Node, Tree};

/// Writes the package.
pub(super) fn write(packed: &Packed<'_>, maintainer: &str, out: &Path) -> Result<(), String> {
    let time_s = packed.naming.time_s;
    let data = systemd::tree(packed);
    let control = control(packed, maintainer, &data)?;
    let control = compressed(&control, time_s)?;
    let data = compressed(&data, time_s)?;
    let problem = |error: io::Error| format!("cannot write `{}`: {error}", out.display());
    let mut file = BufWriter::new(File::create(out).map_err(problem)?);
    let members: [(&str, &[u8]); 3] =
        [("debian-binary", b"2.0\n"), ("control.tar.gz", &control), ("data.tar.gz", &data)];
    let mut write = || {
        file.write_all(b"!<arch>\n")?;
        for (name, bytes) in members {
            let len = bytes.len();
            // Name, time, owner, group, mode and length, in columns.
            writeln!(file, "{name:<16}{time_s:<12}{:<6}{:<6}{:<8}{len:<10}`", 0, 0, "100644")?;
            file.write_all(bytes)?;
            if len % 2 == 1 {
                file.write_all(b"\n")?;
            }
        }
        file.flush()
    };
    write().map_err(problem)
}

fn compressed(tree: &Tree, time_s: u64) -> Result<Vec<u8>, String> {
    let encoder = GzEncoder::new(Vec::new(), Compression::best());
    let encoder = tree.write_tar("./", time_s, encoder)?;
    encoder.finish().map_err(|error| error.to_string())
}

/// What dpkg is told.
pub(super) fn control(packed: &Packed<'_>, maintainer: &str, data: &Tree) -> Result<Tree, String> {
    let naming = packed.naming;
    let name = &naming.name;
    let mut tree = Tree::default();
    let (mut sums, mut installed_len) = (String::new(), 0);
    for (path, entry) in data.entries() {
        let bytes = match &entry.node {
            Node::Folder | Node::Link(_) => {
                installed_len += 1024;
                continue;
            }
            Node::Bytes(bytes) => bytes.clone(),
            Node::Copy(from) => std::fs::read(from)
                .map_err(|error| format!("cannot pack `{}`: {error}", from.display()))?,
        };
        installed_len += (bytes.len() as u64).next_multiple_of(1024);
        // What dpkg asks about before it overwrites it is not counted among them.
        if !path.starts_with("etc") {
            let _ = writeln!(sums, "{}  {}", hex(&Md5::digest(&bytes)), path.display());
        }
    }
    // What has a program is only most likely, so that nothing fails where it is not.
    let programs = packed.programs_elsewhere();
    let wanted: Vec<_> = programs.into_iter().filter_map(debian_package).collect();
    let recommends = match wanted.is_empty() {
        true => String::new(),
        false => format!("Recommends: {}\n", wanted.join(", ")),
    };
    let text = format!(
        "Package: {name}\n\
         Version: {version}\n\
         Architecture: {architecture}\n\
         Maintainer: {maintainer}\n\
         Installed-Size: {size}\n\
         {recommends}\
         Section: web\n\
         Priority: optional\n\
         Description: web server of {name}\n \
         One site and its server in one program, built from its conf by sitec.\n",
        version = naming.version,
        architecture = naming.target.debian,
        size = installed_len / 1024,
    );
    tree.bytes("control", text, 0o644);
    tree.bytes("md5sums", sums, 0o644);
    tree.bytes("conffiles", format!("/etc/default/{name}\n"), 0o644);
    let socket = match systemd::has_sockets(packed) {
        true => format!("{name}.socket "),
        false => String::new(),
    };
    let scripts = [
        (
            "postinst",
            format!(
                "if [ \"$1\" = configure ]; then\n    \
                 if command -v systemd-sysusers >/dev/null; then\n        \
                 systemd-sysusers /usr/lib/sysusers.d/{name}.conf\n    fi\n    \
                 if [ -d /run/systemd/system ]; then\n        \
                 systemctl daemon-reload\n        \
                 systemctl enable --quiet {socket}{name}.service\n        \
                 systemctl restart {socket}{name}.service\n    fi\nfi\n"
            ),
        ),
        (
            "prerm",
            format!(
                "if [ \"$1\" = remove ] && [ -d /run/systemd/system ]; then\n    \
                 systemctl disable --quiet --now {socket}{name}.service\nfi\n"
            ),
        ),
        (
            "postrm",
            "if [ -d /run/systemd/system ]; then\n    systemctl daemon-reload\nfi\n".to_owned(),
        ),
    ];
    for (file, body) in scripts {
        tree.bytes(file, format!("#!/bin/sh\nset -e\n{body}"), 0o755);
    }
    Ok(tree)
}

/// The package that most likely has a program: that of its name. `None` for what each system has,
/// and for what lies where no package puts it.
pub(super) fn debian_package(program: &str) -> Option<&str> {
    let path = Path::new(program);
    let folders = ["", "/bin", "/sbin", "/usr/bin", "/usr/sbin"];
    let folder = path.parent().filter(|it| folders.iter().any(|known| *it == Path::new(known)));
    match folder.and(path.file_name()).and_then(|name| name.to_str())? {
        "sh" | "bash" | "perl" | "env" => None,
        "node" => Some("nodejs"),
        name => is_package(name).then_some(name),
    }
}

/// Whether a package may be called so.
fn is_package(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && name.bytes().all(|byte| is_plain(byte) || b"+-.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_have_programs() {
        for (program, package) in [
            ("python3", Some("python3")),
            ("/usr/bin/php-cgi", Some("php-cgi")),
            ("/bin/sh", None),
            ("node", Some("nodejs")),
            ("/opt/tool/run", None),
            ("lua5.4", Some("lua5.4")),
            ("run;reboot", None),
            ("x", None),
            ("/lib64/ld-linux-x86-64.so.2", None),
        ] {
            assert_eq!(debian_package(program), package, "{program}");
        }
    }
}

//! A service and its sockets for systemd, and all that goes with them into the file system of a
//! machine: for a Debian package, and for who unpacks an archive.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use sitec_compiler::needs::{ListenAddress, Listening, Written};

use super::packed::Packed;
use super::tree::Tree;

/// The files of a machine that runs the site.
pub(super) fn tree(packed: &Packed<'_>) -> Tree {
    let naming = packed.naming;
    let name = &naming.name;
    let mut tree = Tree::default();
    tree.copy(naming.program(), packed.binary, 0o755, 0);
    tree.folder(naming.prefix(), 0);
    tree.extend(&packed.contents.own);
    for (folder, written) in packed.own_written() {
        tree.remove(&folder);
        let inner = folder.strip_prefix(naming.prefix()).unwrap_or(&folder);
        tree.link(&folder, Path::new(place(written).0).join(name).join(inner));
    }
    for file in packed.contents.secrets.iter().filter(|file| file.starts_with(naming.prefix())) {
        let mut places = Tree::default();
        places.folder(file.parent().unwrap_or(Path::new("/")), 0);
        tree.extend(&places);
    }
    let units = Path::new("usr/lib/systemd/system");
    tree.bytes(units.join(format!("{name}.service")), service(packed), 0o644);
    if has_sockets(packed) {
        tree.bytes(units.join(format!("{name}.socket")), socket(packed), 0o644);
    }
    tree.bytes(format!("usr/lib/sysusers.d/{name}.conf"), users(packed), 0o644);
    tree.bytes(format!("etc/default/{name}"), defaults(packed), 0o644);
    tree
}

/// Whether there is anything that systemd listens on for the site. Sockets in the file system lie
/// in folders of the service, which makes them itself.
pub(super) fn has_sockets(packed: &Packed<'_>) -> bool {
    addresses(packed).next().is_some()
}

/// What systemd listens on.
fn addresses<'a>(packed: &Packed<'a>) -> impl Iterator<Item = (SocketAddr, &'a Listening)> {
    packed.needs.listens.iter().filter_map(|listen| match &listen.address {
        ListenAddress::Ip(address) => Some((*address, listen)),
        ListenAddress::Unix(_) => None,
    })
}

/// Where systemd keeps such a thing for a service, and the directive that makes a folder there.
fn place(written: Written) -> (&'static str, &'static str) {
    match written {
        Written::State => ("/var/lib", "StateDirectory"),
        Written::Cache => ("/var/cache", "CacheDirectory"),
        Written::Log => ("/var/log", "LogsDirectory"),
        Written::Run => ("/run", "RuntimeDirectory"),
    }
}

/// A path as one word of a list: spaces would end it, and `%` would stand for something. What has no
/// form there is refused before ([`super::contents::Contents::check_written`]).
fn word(front: &str, path: &Path) -> String {
    let text = format!("{front}{}", path.display()).replace('%', "%%");
    if text.contains(char::is_whitespace) { format!("\"{text}\"") } else { text }
}

/// What a service may do is what the conf says, and nothing else.
pub(super) fn service(packed: &Packed<'_>) -> String {
    let (naming, needs) = (packed.naming, packed.needs);
    let name = &naming.name;
    let starts_programs = packed.starts_programs();
    let stays_in = !starts_programs && !packed.connects() && has_sockets(packed);
    let mut text = format!(
        "# The web server of {name}. Written by sitec; `systemctl edit {name}` changes what holds here.\n\
         [Unit]\n\
         Description=Web server of {name}\n\
         After=network.target\n"
    );
    if has_sockets(packed) {
        let _ = write!(text, "Requires={name}.socket\nAfter={name}.socket\n");
    }
    let wait_s = packed.shutdown_s().map_or("infinity".to_owned(), |time| (time + 5).to_string());
    let _ = write!(
        text,
        "\n[Service]\n\
         ExecStart={program}\n\
         ExecReload=/bin/kill -USR1 $MAINPID\n\
         EnvironmentFile=-/etc/default/{name}\n\
         User={name}\n\
         Restart=on-failure\n\
         RestartSec=1\n\
         KillMode=mixed\n\
         TimeoutStopSec={wait_s}\n\
         LimitNOFILE=524288\n\
         UMask=0027\n",
        program = naming.program().display(),
    );
    let _ = write!(text, "\n# What the site writes to.\nProtectSystem=strict\n");
    for (folder, written) in &packed.contents.written {
        let (root, directive) = place(*written);
        let kept = match folder.strip_prefix(naming.prefix()) {
            Ok(inner) => Path::new(name).join(inner),
            // What lies where systemd would put it is made by systemd.
            Err(_) => match folder.strip_prefix(root) {
                Ok(inner) if inner.starts_with(name) => inner.to_owned(),
                _ => {
                    let _ = writeln!(text, "ReadWritePaths={}", word("-", folder));
                    continue;
                }
            },
        };
        let _ = writeln!(text, "{directive}={}", word("", &kept));
    }
    let lies_in = |fronts: &[&str]| {
        let absolute = needs.paths.iter().map(|it| Path::new(&it.path));
        let mut absolute = absolute.filter(|path| path.is_absolute());
        absolute.any(|path| fronts.iter().any(|front| path.starts_with(front)))
    };
    let home = if lies_in(&["/home", "/root", "/run/user"]) { "read-only" } else { "yes" };
    let tmp = if lies_in(&["/tmp", "/var/tmp"]) { "no" } else { "yes" };
    let _ = write!(
        text,
        "\n# What it sees of the machine.\n\
         ProtectHome={home}\n\
         PrivateTmp={tmp}\n\
         PrivateDevices=yes\n\
         DevicePolicy=closed\n\
         PrivateIPC=yes\n\
         PrivateUsers=yes\n\
         ProtectClock=yes\n\
         ProtectControlGroups=yes\n\
         ProtectHostname=yes\n\
         ProtectKernelLogs=yes\n\
         ProtectKernelModules=yes\n\
         ProtectKernelTunables=yes\n\
         ProtectProc=invisible\n\
         ProcSubset=pid\n"
    );
    if !starts_programs {
        let _ = write!(
            text,
            "NoExecPaths=/\nExecPaths={} -/usr/lib -/lib -/bin/kill -/usr/bin/kill\n",
            naming.program().display()
        );
    }
    if stays_in {
        text += "# It connects to nobody: all that it has of the network is its sockets.\n\
                 PrivateNetwork=yes\n\
                 IPAddressDeny=any\n\
                 RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\n";
    } else {
        text += "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\n";
    }
    text += "\n# What it may ask of the kernel.\n\
             NoNewPrivileges=yes\n\
             CapabilityBoundingSet=\n\
             AmbientCapabilities=\n\
             KeyringMode=private\n\
             LockPersonality=yes\n";
    if !starts_programs {
        text += "MemoryDenyWriteExecute=yes\n";
    }
    text += "RemoveIPC=yes\n\
             RestrictNamespaces=yes\n\
             RestrictRealtime=yes\n\
             RestrictSUIDSGID=yes\n\
             SystemCallArchitectures=native\n\
             SystemCallErrorNumber=EPERM\n\
             SystemCallFilter=@system-service\n\
             SystemCallFilter=~@privileged @resources\n\
             \n[Install]\nWantedBy=multi-user.target\n";
    text
}

/// The sockets that systemd opens: the service needs no right to, and is started by the first
/// client.
pub(super) fn socket(packed: &Packed<'_>) -> String {
    let name = &packed.naming.name;
    let mut text = format!(
        "# The sockets of {name}. Written by sitec. `systemctl edit {name}.socket` changes an address, after\n\
         # an empty `ListenStream=`. Only where several addresses have params, these are set in\n\
         # /etc/default/{name}, too.\n\
         [Unit]\n\
         Description=Sockets of the web server of {name}\n\n\
         [Socket]\n"
    );
    for (address, _) in addresses(packed) {
        let _ = writeln!(text, "ListenStream={address}");
    }
    let backlog = addresses(packed).map(|(_, listen)| listen.backlog).max();
    if let Some(backlog) = backlog.filter(|backlog| *backlog > 0) {
        let _ = writeln!(text, "Backlog={backlog}");
    }
    let of_ipv6 = addresses(packed).find(|(address, _)| address.is_ipv6());
    match of_ipv6.map(|(_, listen)| listen.ipv6_only) {
        Some(true) => text += "BindIPv6Only=ipv6-only\n",
        Some(false) => text += "BindIPv6Only=both\n",
        None => {}
    }
    text + "\n[Install]\nWantedBy=sockets.target\n"
}

/// The user that the server runs as.
pub(super) fn users(packed: &Packed<'_>) -> String {
    let name = &packed.naming.name;
    format!("# Written by sitec.\nu {name} - \"Web server of {name}\"\n")
}

/// The values that the conf leaves open, for who runs the service.
pub(super) fn defaults(packed: &Packed<'_>) -> String {
    let name = &packed.naming.name;
    let mut text = format!(
        "# What the conf of {name} leaves open. `systemctl restart {name}` takes it over.\n"
    );
    for (param, (key, value)) in packed.site.params.iter().zip(packed.values) {
        let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
        let mark = if param.default == *value { "#" } else { "" };
        if has_sockets(packed) && packed.is_in_address(key) {
            let _ = writeln!(
                text,
                "# Part of an address: `systemctl edit {name}.socket` changes where the site listens."
            );
        }
        let _ = writeln!(text, "{mark}{key}=\"{quoted}\"");
    }
    text
}

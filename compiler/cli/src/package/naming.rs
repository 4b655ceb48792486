//! What a package is called, where its parts lie on the machine, and when and for what it was made.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

use time::OffsetDateTime;

/// Name, version, time and target of a package.
pub(super) struct Naming {
    /// In lower case: of the program, the image, the service and the Debian package.
    pub(super) name: String,
    pub(super) version: String,
    /// The one time that all files have, in seconds since 1970.
    pub(super) time_s: u64,
    /// What the time is, for people.
    pub(super) time_by: &'static str,
    pub(super) target: Target,
}

impl Naming {
    /// The folder of the site on the machine where it runs.
    pub(super) fn home(&self) -> PathBuf {
        Path::new("/opt").join(&self.name)
    }

    /// The folder that a package is written to unless another is named.
    pub(super) fn default_out(&self) -> PathBuf {
        format!("{}-package", self.name).into()
    }

    /// The server.
    pub(super) fn program(&self) -> PathBuf {
        self.home().join("bin").join(&self.name)
    }

    /// The folder that relative paths of the conf are under.
    pub(super) fn prefix(&self) -> PathBuf {
        self.home().join("site")
    }
}

/// The longest name of a user that systemd takes.
const USER_LEN: usize = 31;

/// Users that each Debian has: a service would run as one of them, and not as a user of its own.
const OF_SYSTEMS: [&str; 19] = [
    "backup",
    "bin",
    "daemon",
    "games",
    "irc",
    "list",
    "lp",
    "mail",
    "man",
    "messagebus",
    "news",
    "nobody",
    "proxy",
    "root",
    "sshd",
    "sync",
    "sys",
    "uucp",
    "www-data",
];

/// Makes a name that images, services, Debian packages and Kubernetes take: lower-case letters,
/// digits and `-`, at least two characters, of which the first is a letter.
pub(super) fn name(wanted: &str) -> String {
    let mut name = String::new();
    for c in wanted.to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' => name.push(c),
            _ if name.is_empty() || name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    let name = name.trim_end_matches('-').to_owned();
    match name.len() {
        0 => "site".to_owned(),
        // Kubernetes wants a letter in front, and Debian two characters.
        1.. if name.len() == 1 || name.starts_with(|c: char| c.is_ascii_digit()) => {
            self::name(&format!("site-{name}"))
        }
        // The user that the service runs as is called so, too.
        _ if OF_SYSTEMS.contains(&&*name) => format!("site-{name}"),
        _ => name[..name.len().min(USER_LEN)].trim_end_matches('-').to_owned(),
    }
}

/// Whether a version is one for images and Debian packages, too.
pub(super) fn check_version(version: &str) -> Result<String, String> {
    let is_good = version.starts_with(|c: char| c.is_ascii_digit())
        && version.ends_with(|c: char| c.is_ascii_alphanumeric())
        && version.len() <= 60
        && version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    match is_good {
        true => Ok(version.to_owned()),
        false => {
            Err("a version begins with a digit, and has letters, digits, `.` and `-`".to_owned())
        }
    }
}

/// The architecture that a package is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Target {
    /// rustc's name.
    pub(super) triple: String,
    /// OCI's and Kubernetes' names: architecture and variant.
    pub(super) oci: (&'static str, Option<&'static str>),
    /// Debian's.
    pub(super) debian: &'static str,
}

/// rustc's name of an architecture, OCI's with its variant, and Debian's.
type Architecture = (&'static str, (&'static str, Option<&'static str>), &'static str);

const ARCHITECTURES: [Architecture; 8] = [
    ("x86_64", ("amd64", None), "amd64"),
    ("aarch64", ("arm64", None), "arm64"),
    ("armv7", ("arm", Some("v7")), "armhf"),
    ("i686", ("386", None), "i386"),
    ("riscv64gc", ("riscv64", None), "riscv64"),
    ("powerpc64le", ("ppc64le", None), "ppc64el"),
    ("s390x", ("s390x", None), "s390x"),
    ("loongarch64", ("loong64", None), "loong64"),
];

impl Target {
    /// The target of a triple; without one, this machine's, with musl.
    pub(super) fn new(triple: Option<&str>) -> Result<Target, String> {
        let own = || match std::env::consts::ARCH {
            "arm" => "armv7-unknown-linux-musleabihf".to_owned(),
            "x86" => "i686-unknown-linux-musl".to_owned(),
            "riscv64" => "riscv64gc-unknown-linux-musl".to_owned(),
            "powerpc64" => "powerpc64le-unknown-linux-musl".to_owned(),
            arch => format!("{arch}-unknown-linux-musl"),
        };
        let triple = triple.map_or_else(own, str::to_owned);
        let arch = triple.split('-').next().unwrap_or_default();
        let known = ARCHITECTURES.into_iter().find(|(name, ..)| *name == arch);
        match known.filter(|_| triple.contains("-linux-")) {
            Some((_, oci, debian)) => Ok(Target { triple, oci, debian }),
            None => Err(format!(
                "`{triple}` cannot be packed: a package is for Linux on one of {}",
                ARCHITECTURES.map(|(name, ..)| name).join(", ")
            )),
        }
    }
}

/// The end of the year 9999, up to which all formats have times.
const LATEST_S: u64 = 253_402_300_799;

/// The time of a package: `SOURCE_DATE_EPOCH`, else that of the commit that the site's folder is
/// at, if nothing in it was changed since, else that of its newest file.
pub(super) fn time(
    variable: Option<&str>,
    folder: &Path,
    files: &[PathBuf],
) -> Result<(u64, &'static str), String> {
    if let Some(text) = variable {
        let time = text.trim().parse().ok().filter(|time| *time <= LATEST_S);
        let time =
            time.ok_or_else(|| format!("SOURCE_DATE_EPOCH is \"{text}\", no time in seconds"))?;
        return Ok((time, "SOURCE_DATE_EPOCH"));
    }
    if let Some(time) = commit_time(folder) {
        return Ok((time, "the time of the commit"));
    }
    let times = files.iter().filter_map(|file| {
        let time = fs::metadata(file).ok()?.modified().ok()?;
        Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs())
    });
    Ok((times.max().unwrap_or(0), "the time of the newest file"))
}

/// When the commit was made that a folder is at, unless something in it has changed since.
fn commit_time(folder: &Path) -> Option<u64> {
    let git = |args: &[&str]| {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let output = Command::new("git").arg("-C").arg(folder).args(args).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let changed = git(&["status", "--porcelain", "--", "."])?;
    // A folder that git ignores has no time of its own.
    let known = git(&["ls-files", "--", "."])?;
    let time = git(&["log", "-1", "--format=%ct"])?.parse().ok()?;
    (changed.is_empty() && !known.is_empty()).then_some(time)
}

/// Year, month, day, hour, minute and second of a time, in UTC.
fn utc(time_s: u64) -> [u64; 6] {
    let time =
        i64::try_from(time_s).ok().and_then(|it| OffsetDateTime::from_unix_timestamp(it).ok());
    let time = time.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let parts = [u8::from(time.month()), time.day(), time.hour(), time.minute(), time.second()];
    let [month, day, hour, minute, second] = parts.map(u64::from);
    [time.year().unsigned_abs().into(), month, day, hour, minute, second]
}

/// A time as RFC 3339 has it.
pub(super) fn rfc3339(time_s: u64) -> String {
    let [year, month, day, hour, minute, second] = utc(time_s);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The version of a package that is given none: its time, so that later ones are larger.
pub(super) fn version_of(time_s: u64) -> String {
    let [year, month, day, hour, minute, second] = utc(time_s);
    format!("{year:04}{month:02}{day:02}.{hour:02}{minute:02}{second:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_everywhere() {
        for (wanted, expected) in [
            ("blog", "blog"),
            ("My Site_2", "my-site-2"),
            ("manual.site", "manual-site"),
            ("-x-", "site-x"),
            ("2048", "site-2048"),
            ("ÄÖ", "site"),
            (&"a".repeat(70), &"a".repeat(31)),
            ("root", "site-root"),
            ("WWW.Data", "site-www-data"),
            (&format!("1{}", "-a".repeat(40)), "site-1-a-a-a-a-a-a-a-a-a-a-a-a"),
        ] {
            assert_eq!(name(wanted), expected, "{wanted}");
        }
        for version in ["1", "1.2.3", "20261201.101112", "1.0-rc1"] {
            assert_eq!(check_version(version), Ok(version.to_owned()));
        }
        for version in ["", "v1", "1_0", "1.", "1 2", "1+a"] {
            assert!(check_version(version).is_err(), "{version}");
        }
    }

    #[test]
    fn a_time_is_in_seconds() {
        let time = |text| time(Some(text), Path::new("/"), &[]).map(|(time, _)| time);
        assert_eq!(time("1700000000\n"), Ok(1_700_000_000));
        assert_eq!(time("253402300799"), Ok(253_402_300_799));
        for text in ["", "-1", "now", "1700000000000", "99999999999999999999"] {
            assert!(time(text).unwrap_err().contains("no time in seconds"), "{text}");
        }
    }

    #[test]
    fn times_are_written() {
        for (time, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_827_696, "2000-02-29T12:34:56Z"),
            (1_796_116_671, "2026-12-01T09:17:51Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(time), expected);
        }
        assert_eq!(version_of(951_827_696), "20000229.123456");
    }

    #[test]
    fn targets_have_names_elsewhere() {
        let target = Target::new(Some("aarch64-unknown-linux-musl")).unwrap();
        assert_eq!((target.oci.0, target.debian), ("arm64", "arm64"));
        assert!(Target::new(None).unwrap().triple.contains("-linux-musl"));
        for triple in ["x86_64-pc-windows-msvc", "mips-unknown-linux-musl"] {
            assert!(Target::new(Some(triple)).unwrap_err().contains("x86_64, aarch64"));
        }
    }
}

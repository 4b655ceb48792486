//! The package of cargo's that stands for one conf: a manifest, a `main` of one line, and the generated
//! text, in a folder of its own. All packages share one target folder, so that the runtime is
//! compiled once. Two builds of one conf wait for each other; cargo sees to the rest.

use std::collections::hash_map::DefaultHasher;
use std::ffi::OsString;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use clap::Args;
use sitec_compiler::files::Disk;
use sitec_compiler::{Generated, assets, generate, ir};

use crate::{carried, progress};

/// How a site is compiled.
#[derive(Clone, Copy, PartialEq, Eq, Args)]
pub(crate) struct Profile {
    /// Build without optimisation: fast to build, slow to run
    #[arg(long)]
    debug: bool,
    /// Build the smallest binary: slow to build
    #[arg(long, conflicts_with = "debug")]
    small: bool,
}

impl Profile {
    /// Cargo's name for it, and for the folder of what it makes.
    fn name(self) -> (&'static str, &'static str) {
        match self {
            Profile { debug: true, .. } => ("dev", "debug"),
            Profile { small: true, .. } => ("small", "small"),
            _ => ("release", "release"),
        }
    }
}

/// What a package has that is the same wherever its conf lies.
pub(crate) struct Fixed<'a> {
    pub(crate) name: &'a str,
    /// The folder that relative paths are under where the site runs.
    pub(crate) prefix: &'a Path,
    /// The latest time of an embedded file, in seconds since 1970.
    pub(crate) newest_s: u64,
}

/// A package of cargo's on disk, held against other processes for as long as the value lives.
pub(crate) struct CargoPackage {
    home: PathBuf,
    name: String,
    /// Whether the library of TLS is part of it.
    has_tls: bool,
    _lock: File,
}

impl CargoPackage {
    /// Writes the package of the conf at `file`, which was compiled to `site`.
    pub(crate) fn new(file: &Path, site: &ir::Site) -> Result<CargoPackage, String> {
        let home = carried::home()?;
        let problem = |error| format!("cannot write to `{}`: {error}", home.display());
        let file = file.canonicalize().map_err(|error| error.to_string())?;
        let mut hasher = DefaultHasher::new();
        file.hash(&mut hasher);
        let name = format!("site-{:016x}", hasher.finish());
        carried::unpack(&home).map_err(problem)?;
        let folder = home.join("sites").join(&name);
        let lock = lock(&folder).map_err(problem)?;
        let variable = |name: &str| std::env::var_os(name);
        let generated = generated(&folder.join("src"), site, variable)?;
        let prefix = file.parent().unwrap_or(Path::new("/"));
        write_package(&folder, &name, prefix, &generated).map_err(problem)?;
        let has_tls = generated.features.contains(&"tls");
        Ok(CargoPackage { _lock: lock, home, name, has_tls })
    }

    /// Writes the package of a site that is the same wherever its conf lies.
    pub(crate) fn fixed(site: &ir::Site, fixed: &Fixed<'_>) -> Result<CargoPackage, String> {
        let home = carried::home()?;
        let problem = |error| format!("cannot write to `{}`: {error}", home.display());
        let name = format!("packed-{}", fixed.name);
        carried::unpack(&home).map_err(problem)?;
        let folder = home.join("sites").join(&name);
        let lock = lock(&folder).map_err(problem)?;
        let epoch = fixed.newest_s.to_string();
        let variable = |name: &str| match name {
            assets::EPOCH_VARIABLE => Some(epoch.clone().into()),
            _ => std::env::var_os(name),
        };
        let generated = generated(&folder.join("src"), site, variable)?;
        write_package(&folder, &name, fixed.prefix, &generated).map_err(problem)?;
        let has_tls = generated.features.contains(&"tls");
        Ok(CargoPackage { _lock: lock, home, name, has_tls })
    }

    /// Builds a static binary that does not tell where it was built.
    pub(crate) fn build_static(&self, profile: Profile, target: &str) -> Result<PathBuf, String> {
        let mut flags = vec![format!("--remap-path-prefix={}=/sitec", self.home.display())];
        let registry = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let registry =
            registry.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
        if let Some(registry) = registry {
            flags.push(format!("--remap-path-prefix={}=/cargo", registry.display()));
        }
        if !target.contains("musl") {
            flags.push("-Ctarget-feature=+crt-static".to_owned());
        }
        self.build_with(profile, Some(target), &flags.join("\x1f"))
    }

    /// What cargo knows of all that the binary is made of.
    pub(crate) fn metadata(&self, target: &str) -> Result<serde_json::Value, String> {
        let mut cargo = self.tool();
        cargo.args(["metadata", "--format-version=1", "--quiet", "--filter-platform", target]);
        // The runtime is asked for the features that the site names, and no others.
        cargo.arg("--no-default-features");
        let output =
            progress::while_running(cargo, || progress::spin("listing what it is made of"))?;
        if !output.status.success() {
            return Err(failure(&output, None));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))
    }

    /// The package's own lock file.
    pub(crate) fn lock_file(&self) -> Result<String, String> {
        let path = self.home.join("sites").join(&self.name).join("Cargo.lock");
        fs::read_to_string(&path)
            .map_err(|error| format!("cannot read `{}`: {error}", path.display()))
    }

    /// Builds the binary, for this machine or for the `target` that is named by its triple, and
    /// returns where it is.
    pub(crate) fn build(&self, profile: Profile, target: Option<&str>) -> Result<PathBuf, String> {
        self.build_with(profile, target, "")
    }

    /// The same with options for rustc, which cargo takes apart at U+001F.
    fn build_with(
        &self,
        profile: Profile,
        target: Option<&str>,
        flags: &str,
    ) -> Result<PathBuf, String> {
        let say = || progress::spin(self.what_takes_long(profile, target));
        // What a build needs was most often downloaded by an earlier one.
        let offline = self.cargo(profile, target, flags, &["--offline"]);
        let mut output = progress::while_running(offline, say)?;
        if !output.status.success() && !is_compile_error(&output) {
            output = progress::while_running(self.cargo(profile, target, flags, &[]), say)?;
        }
        if !output.status.success() {
            return Err(failure(&output, target));
        }
        Ok(self.target(profile, target).join(&self.name))
    }

    /// What a build is at, for who waits for it.
    fn what_takes_long(&self, profile: Profile, target: Option<&str>) -> &'static str {
        let built = self.target(profile, target).join("build");
        let is_library =
            |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with("aws-lc-sys-");
        let mut built = fs::read_dir(built).into_iter().flatten().filter_map(Result::ok);
        match self.has_tls && !built.any(|entry| is_library(&entry)) {
            true => "compiling the TLS library, about a minute the first time",
            false => "compiling the server; the first time takes longest",
        }
    }

    /// Where cargo puts what it builds; for a named target, it has a folder of its own.
    fn target(&self, profile: Profile, target: Option<&str>) -> PathBuf {
        let (_, folder) = profile.name();
        self.home.join("target").join(target.unwrap_or_default()).join(folder)
    }

    /// The cargo that builds it. It runs in the package's folder, so that the settings of a
    /// Rust project around the user's working directory do not apply.
    fn cargo(&self, profile: Profile, target: Option<&str>, flags: &str, args: &[&str]) -> Command {
        let mut cargo = self.tool();
        if !flags.is_empty() {
            cargo.env("CARGO_ENCODED_RUSTFLAGS", flags);
        }
        cargo.args(["build", "--quiet", "--profile", profile.name().0]).args(args);
        cargo.args(target.map(|target| format!("--target={target}")));
        cargo.arg("--target-dir").arg(self.home.join("target"));
        cargo
    }

    fn tool(&self) -> Command {
        let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut cargo = Command::new(program);
        cargo.current_dir(self.home.join("sites").join(&self.name));
        cargo.env_remove("CARGO_BUILD_TARGET").env_remove("CARGO_TARGET_DIR").stdin(Stdio::null());
        cargo
    }
}

/// Makes the folder of a package, and waits until no other process holds its lock.
fn lock(folder: &Path) -> io::Result<File> {
    fs::create_dir_all(folder.join("src"))?;
    let lock = File::create(folder.join("lock"))?;
    lock.lock()?;
    Ok(lock)
}

/// The text of a site; the files that are part of its binary go into `folder`.
fn generated(
    folder: &Path,
    site: &ir::Site,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Generated, String> {
    let bar = progress::Bar::new("compressing files");
    let progress = |done, total| bar.set(done, total);
    let options = assets::Options::new(&Disk, variable, &progress);
    let assets = assets::gather_into(folder, site, &options);
    Ok(generate(site, &assets.map_err(|failure| failure.to_string())?))
}

/// Writes all files of a package. The runtime is within it, by a link: cargo names what it compiles by
/// the path from the package, so that binaries are equal wherever the home is, and all packages
/// share what is compiled.
fn write_package(
    folder: &Path,
    name: &str,
    prefix: &Path,
    generated: &Generated,
) -> io::Result<()> {
    let features = &generated.features;
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies.sitec-runtime]\npath = \"runtime\"\n\
         default-features = false\nfeatures = {features:?}\n\n\
         {}\n{}",
        carried::workspace(),
        carried::profiles()
    );
    let prefix = prefix.display().to_string();
    let main = format!(
        "//! The web server of one conf. Written by sitec; do not edit.\n\nmod site;\n\n\
         fn main() -> std::process::ExitCode {{\n    \
         sitec_runtime::main::<site::Conf>({prefix:?})\n}}\n"
    );
    carried::write(&folder.join("Cargo.toml"), manifest.as_bytes())?;
    link(&folder.join("runtime"), Path::new("../../runtime"))?;
    carried::write(&folder.join("src/main.rs"), main.as_bytes())?;
    carried::write(&folder.join("src/site.rs"), generated.code.as_bytes())?;
    for (name, bytes) in &generated.blobs {
        carried::write(&folder.join("src").join(name), bytes)?;
    }
    // Cargo takes from it what this package needs; after that it is the package's own.
    if !folder.join("Cargo.lock").exists() {
        carried::write(&folder.join("Cargo.lock"), carried::lock())?;
    }
    Ok(())
}

/// Makes a symlink, unless it is there.
fn link(path: &Path, target: &Path) -> io::Result<()> {
    match std::os::unix::fs::symlink(target, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result,
    }
}

/// Whether cargo got as far as rustc, so that another try would end the same way.
fn is_compile_error(output: &Output) -> bool {
    String::from_utf8_lossy(&output.stderr).contains("error: could not compile")
}

/// What to say of a cargo that failed.
fn failure(output: &Output, target: Option<&str>) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim_end();
    if let Some(target) = target.filter(|_| said.contains("target may not be installed")) {
        format!("Rust cannot build for `{target}` yet; `rustup target add {target}` adds it")
    } else if let Some(target) = target.filter(|_| said.contains("failed to find tool")) {
        format!(
            "the site has C code in it, as TLS has, and there is no C compiler for `{target}`: \
             `apt install musl-tools` adds one for musl\n\n{said}"
        )
    } else if is_compile_error(output) {
        format!(
            "the generated server does not compile, which is a fault of sitec and not of the \
             conf; please report it with the conf and what rustc says:\n\n{said}"
        )
    } else {
        format!("cargo could not build the server; it says:\n\n{said}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_of_tls_is_told_of_once() {
        let home = std::env::temp_dir().join(format!("sitec-package-{}", std::process::id()));
        let built = home.join("target/release/build");
        fs::create_dir_all(built.join("libc-0123")).expect("a folder");
        let lock = File::create(home.join("lock")).expect("a file");
        let mut package =
            CargoPackage { home: home.clone(), name: "a".to_owned(), has_tls: true, _lock: lock };
        let profile = Profile { debug: false, small: false };
        let says = |package: &CargoPackage, target| {
            package.what_takes_long(profile, target).contains("TLS library")
        };
        assert!(says(&package, None));
        fs::create_dir(built.join("aws-lc-sys-0123")).expect("a folder");
        assert!(!says(&package, None));
        // What another machine needs is built for itself.
        assert!(says(&package, Some("x86_64-unknown-linux-musl")));
        package.has_tls = false;
        assert!(!says(&package, Some("x86_64-unknown-linux-musl")));
        fs::remove_dir_all(home).expect("removed");
    }
}

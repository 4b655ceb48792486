//! The file system of an image, seen from outside.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use super::{Disk, Files, GLOB_OPTIONS, Kind, Status};

/// Where programs are looked for in an image, as most images set `PATH`.
const SEARCH_PATH: &[&str] =
    &["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// The most symlinks on the way to a file, as in Linux.
const MOST_LINKS: usize = 40;

/// This machine, but for absolute paths outside of the site's folder: they are those of the
/// image in a folder, with symlinks as they are once it runs.
pub struct Sysroot {
    root: PathBuf,
    /// The site's folder, which stays on this machine.
    folder: PathBuf,
}

impl Sysroot {
    /// The image in `root`, for the conf at `conf`.
    pub fn new(root: &Path, conf: &Path) -> Sysroot {
        let folder = conf.parent().unwrap_or(Path::new("")).to_owned();
        Sysroot { root: root.to_owned(), folder }
    }

    /// The path on this machine.
    fn host(&self, path: &Path) -> PathBuf {
        let own = self.folder.is_absolute() && path.starts_with(&self.folder);
        if own || path.is_relative() { path.to_owned() } else { self.root.join(self.inside(path)) }
    }

    /// What in a folder of the image has a name that fits.
    fn matching(&self, folder: &Path, name: &glob::Pattern) -> Vec<PathBuf> {
        let exact = folder.join(name.as_str());
        if self.kind(&exact).is_some() {
            return vec![exact];
        }
        let listed = self.list(folder).unwrap_or_default().into_iter();
        let fitting = listed.filter(|(found, _)| name.matches_with(found, GLOB_OPTIONS));
        fitting.map(|(found, _)| folder.join(found)).collect()
    }

    /// An absolute path of the image without symlinks, as far as it exists, relative to the
    /// image's root. Nothing leads out of it.
    fn inside(&self, path: &Path) -> PathBuf {
        let names = |path: &Path| -> Vec<OsString> {
            let names = path.components().filter_map(|component| match component {
                Component::Normal(name) => Some(name.to_owned()),
                Component::ParentDir => Some("..".into()),
                _ => None,
            });
            names.collect()
        };
        let mut left: VecDeque<_> = names(path).into();
        let (mut reached, mut links) = (PathBuf::new(), 0);
        while let Some(name) = left.pop_front() {
            if name == ".." {
                reached.pop();
                continue;
            }
            match self.root.join(&reached).join(&name).read_link() {
                Ok(target) if links < MOST_LINKS => {
                    links += 1;
                    if target.is_absolute() {
                        reached.clear();
                    }
                    names(&target).into_iter().rev().for_each(|name| left.push_front(name));
                }
                _ => reached.push(name),
            }
        }
        reached
    }
}

impl Files for Sysroot {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        Disk.read(&self.host(path))
    }

    fn kind(&self, path: &Path) -> Option<Kind> {
        Disk.kind(&self.host(path))
    }

    fn glob(&self, pattern: &str) -> Result<Vec<PathBuf>, String> {
        let own = glob::Pattern::escape(&self.folder.to_string_lossy());
        let is_own = self.folder.is_absolute() && Path::new(pattern).starts_with(&own);
        if is_own || Path::new(pattern).is_relative() {
            return Disk.glob(pattern);
        }
        glob::Pattern::new(pattern).map_err(|error| error.msg.to_owned())?;
        let mut found = vec![PathBuf::from("/")];
        for name in pattern.split('/').filter(|name| !name.is_empty()) {
            let name = glob::Pattern::new(name).map_err(|error| error.msg.to_owned())?;
            found = found.iter().flat_map(|folder| self.matching(folder, &name)).collect();
        }
        found.sort();
        Ok(found)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<(String, Kind)>> {
        let host = self.host(directory);
        let mut names = Vec::new();
        for (name, _) in Disk.list(&host)? {
            let kind = self.kind(&directory.join(&name)).unwrap_or(Kind::Other);
            names.push((name, kind));
        }
        Ok(names)
    }

    fn real(&self, path: &Path) -> Option<PathBuf> {
        let host = self.host(path);
        if host == path {
            return Disk.real(path);
        }
        host.exists().then(|| Path::new("/").join(self.inside(path)))
    }

    fn is_link(&self, path: &Path) -> bool {
        let parent = path.parent().map(|parent| self.host(parent));
        let name = path.file_name();
        parent.zip(name).is_some_and(|(parent, name)| Disk.is_link(&parent.join(name)))
    }

    fn modified(&self, path: &Path) -> Option<SystemTime> {
        Disk.modified(&self.host(path))
    }

    fn is_denied(&self, path: &Path) -> bool {
        Disk.is_denied(&self.host(path))
    }

    fn status(&self, path: &Path) -> io::Result<Status> {
        Disk.status(&self.host(path))
    }

    fn is_executable(&self, path: &Path) -> bool {
        Disk.is_executable(&self.host(path))
    }

    fn search_path(&self) -> Vec<PathBuf> {
        SEARCH_PATH.iter().map(PathBuf::from).collect()
    }

    fn mode(&self, path: &Path) -> Option<u32> {
        Disk.mode(&self.host(path))
    }

    fn knows_all(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_lead_nowhere_but_into_the_image() {
        let folder = std::env::temp_dir().join(format!("sitec-sysroot-{}", std::process::id()));
        let root = folder.join("image");
        std::fs::create_dir_all(root.join("usr/bin")).unwrap();
        std::fs::create_dir_all(folder.join("site")).unwrap();
        std::fs::write(root.join("usr/bin/tool-1"), "").unwrap();
        std::fs::write(folder.join("secret"), "").unwrap();
        std::fs::write(folder.join("site/a"), "").unwrap();
        symlink("usr/bin", root.join("bin")).unwrap();
        symlink("/usr/bin/tool-1", root.join("usr/bin/tool")).unwrap();
        symlink("../../secret", root.join("out")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        let sysroot = Sysroot::new(&root, &folder.join("site/site.conf"));
        for (path, expected) in [
            ("/bin/tool", Some(Kind::File)),
            ("/bin/../bin/tool", Some(Kind::File)),
            ("/usr", Some(Kind::Directory)),
            ("/out", None),
            ("/../../secret", None),
            ("/loop", None),
            ("/etc/passwd", None),
        ] {
            assert_eq!(sysroot.kind(Path::new(path)), expected, "{path}");
        }
        // What belongs to the site is looked for where the site is.
        assert_eq!(sysroot.kind(&folder.join("site/a")), Some(Kind::File));
        let names = sysroot.list(Path::new("/bin")).unwrap();
        assert_eq!(names, [("tool".into(), Kind::File), ("tool-1".into(), Kind::File)]);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn patterns_are_of_the_image() {
        let folder = std::env::temp_dir().join(format!("sitec-patterns-{}", std::process::id()));
        let root = folder.join("image");
        for path in ["image/conf/a/x.conf", "image/conf/b/y.conf", "image/conf/b/z", "site/x.conf"]
        {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        symlink("/conf", root.join("linked")).unwrap();
        let sysroot = Sysroot::new(&root, &folder.join("site/site.conf"));
        let found = |pattern: &str| sysroot.glob(pattern).unwrap();
        assert_eq!(
            found("/conf/*/*.conf"),
            [PathBuf::from("/conf/a/x.conf"), PathBuf::from("/conf/b/y.conf")]
        );
        assert_eq!(found("/linked/b/?"), [PathBuf::from("/linked/b/z")]);
        // This machine has such files, and the image has none.
        assert!(found("/usr/b*").is_empty());
        assert!(sysroot.glob("/conf/[").is_err());
        let own = glob::Pattern::escape(&folder.join("site").to_string_lossy());
        assert_eq!(found(&format!("{own}/*.conf")), [folder.join("site/x.conf")]);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

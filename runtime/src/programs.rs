//! Programs of the conf: where they are on this machine.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The absolute path of a program. A name without a slash is looked for in the folders of
/// `search`, as `PATH` has them; a path is under `prefix`. The error names what is missing.
pub fn find(program: &str, prefix: &Path, search: Option<&OsStr>) -> Result<PathBuf, String> {
    if program.contains('/') {
        let path = prefix.join(program);
        return match can_run(&path) {
            true => Ok(path),
            false => Err(format!("`{}` is no program", path.display())),
        };
    }
    let folders = search.map(std::env::split_paths).into_iter().flatten();
    let mut paths = folders.filter(|folder| folder.is_absolute()).map(|dir| dir.join(program));
    paths.find(|path| can_run(path)).ok_or(format!("program `{program}` is not in PATH"))
}

/// Whether the path is a file that somebody may execute. The kernel has the last word.
fn can_run(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Folder;

    #[test]
    fn programs_are_found_by_name_or_path() {
        let folder = Folder::new();
        let set_mode = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
        };
        let program = folder.write("bin/run", "");
        set_mode(&program, 0o755);
        set_mode(&folder.write("plain/run", ""), 0o644);
        folder.write("plain/text", "");
        let at = |name| folder.0.join(name);
        let paths = ["plain", "missing", "bin"].map(at);
        let search = std::env::join_paths(paths.iter()).expect("a search path");
        let find = |name: &str| find(name, &folder.0, Some(&search));
        assert_eq!(find("run"), Ok(program.clone()));
        assert_eq!(find("bin/run"), Ok(program.clone()));
        assert_eq!(find(program.to_str().expect("UTF-8")), Ok(program));
        assert_eq!(find("text"), Err("program `text` is not in PATH".into()));
        let text = at("plain/text");
        assert_eq!(find("plain/text"), Err(format!("`{}` is no program", text.display())));
        assert!(find("bin/").is_err());
    }

    #[test]
    fn without_a_search_path_there_is_only_the_prefix() {
        assert!(find("sh", Path::new("/"), None).is_err());
        assert_eq!(find("bin/sh", Path::new("/"), None), Ok("/bin/sh".into()));
    }
}

//! Where shells look for completions, and `man` for its pages.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, fs};

use clap_complete::Shell;

use crate::carried;

/// The folders that the places follow from.
pub(crate) struct Places {
    /// For what programs bring along.
    data: PathBuf,
    /// For settings.
    config: PathBuf,
    /// The folder that sitec itself lies in.
    program: Option<PathBuf>,
}

impl Places {
    /// Those of the user.
    pub(crate) fn of_user() -> Result<Places, String> {
        let program = env::current_exe().ok();
        let program = program.as_deref().and_then(Path::parent).map(Path::to_owned);
        Places::new(|name| env::var_os(name), program)
    }

    fn new(
        variable: impl Fn(&str) -> Option<OsString>,
        program: Option<PathBuf>,
    ) -> Result<Places, String> {
        let home = variable("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
        // Relative ones are to be ignored (XDG Base Directory Specification).
        let named = |name, under: &str| {
            let own = variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
            own.or_else(|| Some(home.as_ref()?.join(under)))
        };
        match (named("XDG_DATA_HOME", ".local/share"), named("XDG_CONFIG_HOME", ".config")) {
            (Some(data), Some(config)) => Ok(Places { data, config, program }),
            _ => Err("HOME does not say where your files are".to_owned()),
        }
    }

    /// The file of a shell's completions.
    pub(crate) fn completions(&self, shell: Shell) -> Result<PathBuf, String> {
        match shell {
            Shell::Bash => Ok(self.data.join("bash-completion/completions/sitec")),
            Shell::Fish => Ok(self.config.join("fish/completions/sitec.fish")),
            Shell::Zsh => Ok(self.data.join("zsh/site-functions/_sitec")),
            _ => Err(format!(
                "where {shell} looks for completions is not known: `sitec completions {shell}` \
                 prints them"
            )),
        }
    }

    /// The folder of man pages: `man` looks in `share/man` beside each `bin` of PATH.
    pub(crate) fn man_pages(&self) -> PathBuf {
        let bin = self.program.as_deref().filter(|program| program.ends_with("bin"));
        let share = bin.and_then(Path::parent).map(|prefix| prefix.join("share"));
        share.unwrap_or_else(|| self.data.clone()).join("man/man1")
    }
}

/// Writes a file, and the folders on the way.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder)
        .and_then(|()| carried::write(path, bytes))
        .map_err(|error| format!("cannot write `{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_go_where_they_are_looked_for() {
        let places = |pairs: &'static [(&str, &str)], program: &str| {
            let variable = |name: &str| {
                pairs.iter().find(|pair| pair.0 == name).map(|pair| OsString::from(pair.1))
            };
            Places::new(variable, Some(PathBuf::from(program)))
        };
        let usual = places(&[("HOME", "/home/a")], "/home/a/.cargo/bin").unwrap();
        let file = |places: &Places, shell| places.completions(shell).unwrap();
        let bash = "/home/a/.local/share/bash-completion/completions/sitec";
        assert_eq!(file(&usual, Shell::Bash), Path::new(bash));
        let zsh = "/home/a/.local/share/zsh/site-functions/_sitec";
        assert_eq!(file(&usual, Shell::Zsh), Path::new(zsh));
        let fish = "/home/a/.config/fish/completions/sitec.fish";
        assert_eq!(file(&usual, Shell::Fish), Path::new(fish));
        assert!(usual.completions(Shell::Elvish).unwrap_err().contains("elvish"));
        assert_eq!(usual.man_pages(), Path::new("/home/a/.cargo/share/man/man1"));

        let set = places(
            &[("HOME", "/home/a"), ("XDG_DATA_HOME", "/data"), ("XDG_CONFIG_HOME", "not/absolute")],
            "/home/a/sitec/target/release",
        );
        let set = set.unwrap();
        assert_eq!(set.man_pages(), Path::new("/data/man/man1"));
        assert_eq!(file(&set, Shell::Fish), Path::new(fish));
        assert!(places(&[], "/usr/bin").is_err());
    }
}

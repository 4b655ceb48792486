//! `sitec new`: a site to begin with, in a folder of its own. Files that are there stay as they are.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

use clap::{Args, ValueEnum};

use crate::shell;

/// Begin a new site
///
/// Writes a conf and first files to a folder, which is made if it is not there: `sitec new blog`,
/// `sitec new .`. No file that is there is changed.
#[derive(Args)]
pub(crate) struct Options {
    /// The folder of the site, whose name becomes the site's
    path: PathBuf,
    /// Choose what to begin with
    #[arg(long, value_enum, default_value_t = Template::Page)]
    template: Template,
    /// In a checkout of sitec: write to sites/PATH, and add the feature `site-PATH` to its
    /// Cargo.toml
    #[arg(long)]
    feature: bool,
}

/// What a new site begins with.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Template {
    /// A page, a style sheet and a page for 404
    Page,
    /// Pages under clean addresses, in the binary, compressed
    Docs,
    /// An application of one page, whose code reads the address
    Spa,
    /// Pages that scripts write
    Cgi,
    /// A form that takes files, and a list of them
    Upload,
    /// Files, and an application that answers all else
    Proxy,
}

/// A file of a template: its path, and its text, in which `{name}` stands for the site's name.
type File = (&'static str, &'static str);

/// The files of a template, which lie in a folder of `templates/new`.
macro_rules! files {
    ($template:literal: $($path:literal),* $(,)?) => {
        &[$((
            $path,
            include_str!(concat!("../templates/new/", $template, "/", $path)),
        )),*]
    };
}

impl Template {
    fn files(self) -> &'static [File] {
        match self {
            Template::Page => files!(
                "page": "site.conf", "www/index.html", "www/404.html", "www/style.css",
            ),
            Template::Docs => files!(
                "docs": "site.conf", "www/index.html", "www/404.html", "www/assets/style.css",
                "www/guide/index.html", "www/guide/install.html",
            ),
            Template::Spa => files!(
                "spa": "site.conf", "www/index.html", "www/assets/app.js", "www/assets/style.css",
            ),
            Template::Cgi => files!(
                "cgi": "site.conf", "scripts/hello.sh", "www/index.html", "www/404.html",
                "www/style.css",
            ),
            Template::Upload => files!(
                "upload": "site.conf", "incoming/.gitignore", "www/index.html", "www/taken.html",
                "www/large.html", "www/style.css",
            ),
            Template::Proxy => files!("proxy": "site.conf", "www/sorry.html", "www/style.css"),
        }
    }
}

/// Writes the site and says how it is run.
pub(crate) fn new(options: &Options) -> Result<ExitCode, String> {
    let checkout = match options.feature {
        true => Some(checkout().ok_or("`--feature` is for a checkout of sitec, and this is none")?),
        false => None,
    };
    let folder = match &checkout {
        Some(root) => root.join("sites").join(&options.path),
        None => options.path.clone(),
    };
    let problem = |error| format!("cannot create `{}`: {error}", folder.display());
    let name = name(&folder).map_err(problem)?;
    if checkout.is_some() {
        feature_name(&options.path)?;
    }
    write_site(&folder, &name, options.template.files())?;
    let command = match &checkout {
        Some(root) => {
            add_feature(&root.join("Cargo.toml"), &name)
                .map_err(|error| format!("cannot add the feature `site-{name}`: {error}"))?;
            format!("cargo run --release --features site-{name}")
        }
        None if folder == Path::new(".") => "sitec run".to_owned(),
        None => format!("sitec run {}", shell::quoted(&folder)),
    };
    println!(
        "wrote {}\nto serve it on http://127.0.0.1:8080:\n\n    {command}\n\n\
         what it does is written in {}",
        folder.display(),
        folder.join("site.conf").display()
    );
    Ok(ExitCode::SUCCESS)
}

/// The checkout of sitec around the working directory.
fn checkout() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    let is_checkout = |root: &&Path| {
        root.join("sites").is_dir() && root.join("compiler/cli/Cargo.toml").is_file()
    };
    here.ancestors().find(is_checkout).map(Path::to_owned)
}

/// The name of a site: that of its folder, without what would mean something in a comment or in
/// HTML.
fn name(folder: &Path) -> io::Result<String> {
    let absolute = match folder.canonicalize() {
        Ok(absolute) => absolute,
        Err(_) => std::path::absolute(folder)?,
    };
    let name = absolute.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let plain = |c: char| if c.is_alphanumeric() || " ._-+".contains(c) { c } else { '-' };
    let name: String = name.chars().map(plain).collect();
    Ok(if name.is_empty() { "site".to_owned() } else { name })
}

/// Whether a path is the name of a feature of cargo's.
fn feature_name(path: &Path) -> Result<(), String> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let name = path.to_str().unwrap_or_default();
    let begins = name.starts_with(|first: char| first.is_ascii_alphanumeric());
    match begins && name.bytes().all(allowed) {
        true => Ok(()),
        false => Err(format!(
            "`{}` is not the name of a feature: lower-case letters, digits and `-`, with one of \
             the first two in front",
            path.display()
        )),
    }
}

/// Writes a new site to `folder`. If one of its files is there already, nothing is written.
fn write_site(folder: &Path, name: &str, files: &[File]) -> Result<(), String> {
    let there: Vec<_> =
        files.iter().map(|(file, _)| folder.join(file)).filter(|path| path.exists()).collect();
    if let [first, others @ ..] = &there[..] {
        let others = match others.len() {
            0 => String::new(),
            1 => " and another file".to_owned(),
            count => format!(" and {count} others"),
        };
        return Err(format!(
            "`{}`{others} would be overwritten: nothing was written",
            first.display()
        ));
    }
    for (file, text) in files {
        let path = folder.join(file);
        write_new(&path, &text.replace("{name}", name))
            .map_err(|error| format!("cannot create `{}`: {error}", path.display()))?;
    }
    Ok(())
}

/// Writes a file that is not there yet.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(path.parent().ok_or(ErrorKind::InvalidInput)?)?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
}

/// Adds the feature of the site `name` to a manifest.
fn add_feature(manifest: &Path, name: &str) -> io::Result<()> {
    let text = fs::read_to_string(manifest)?;
    fs::write(manifest, with_feature(&text, name))
}

/// A manifest's text with the feature `site-NAME` as the last of its features.
fn with_feature(manifest: &str, name: &str) -> String {
    let feature = format!("site-{name} = []\n");
    if manifest.lines().any(|line| line == feature.trim_end()) {
        return manifest.to_owned();
    }
    let Some(header) = manifest.find("[features]\n") else {
        return format!("{manifest}\n[features]\n{feature}");
    };
    let section_end = manifest[header..].find("\n[").map_or(manifest.len(), |len| header + len);
    let (before, after) = manifest.split_at(section_end);
    format!("{}\n{feature}{after}", before.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_is_added_once_and_last() {
        let cases = [
            ("[features]\na = []\n\n[x]\n", "[features]\na = []\nsite-n = []\n\n[x]\n"),
            ("[features]\na = []\n", "[features]\na = []\nsite-n = []\n"),
            ("[features]\nsite-n = []\n", "[features]\nsite-n = []\n"),
            ("[x]\ny = 1\n", "[x]\ny = 1\n\n[features]\nsite-n = []\n"),
        ];
        for (before, after) in cases {
            assert_eq!(with_feature(before, "n"), after, "{before}");
        }
    }

    #[test]
    fn a_feature_has_a_name_that_cargo_and_the_file_system_take() {
        for name in ["blog", "a-1", "2048"] {
            assert_eq!(feature_name(Path::new(name)), Ok(()));
        }
        for name in ["", "-a", "a/b", "..", ".", "A", "a b", "a_b", "ä", "/a"] {
            assert!(feature_name(Path::new(name)).is_err(), "{name}");
        }
    }

    #[test]
    fn a_site_is_called_after_its_folder() {
        let cases = [
            ("/a/blog", "blog"),
            ("/a/my.site", "my.site"),
            ("/a/b c", "b c"),
            ("/a/<b>\n", "-b--"),
            ("/", "site"),
        ];
        for (folder, expected) in cases {
            assert_eq!(name(Path::new(folder)).unwrap(), expected, "{folder}");
        }
        let here = env::current_dir().unwrap();
        assert_eq!(name(Path::new(".")).unwrap(), here.file_name().unwrap().to_str().unwrap());
    }

    /// Whatever lies in the folder of a template is part of it.
    #[test]
    fn templates_are_whole() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/new");
        let mut folders = 0;
        for template in Template::value_variants() {
            let name = template.to_possible_value().unwrap();
            let folder = root.join(name.get_name());
            let mut on_disk = Vec::new();
            list(&folder, &folder, &mut on_disk);
            let mut files: Vec<_> = template.files().iter().map(|file| file.0.to_owned()).collect();
            on_disk.sort();
            files.sort();
            assert_eq!(files, on_disk);
            folders += 1;
        }
        assert_eq!(fs::read_dir(root).unwrap().count(), folders);
    }

    fn list(root: &Path, folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => list(root, &path, found),
                false => found.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned()),
            }
        }
    }
}

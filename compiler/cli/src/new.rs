//! `sitec new`: a site to begin with. In a checkout of sitec it goes to `sites/` and gets its
//! feature; anywhere else it is a folder of its own.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

use clap::Args;

/// Begin a new site
#[derive(Args)]
pub(crate) struct Options {
    /// Its name: lower-case letters, digits and `-`
    #[arg(value_parser = parse_name)]
    name: String,
}

/// What a new site consists of; `{name}` stands for its name.
const FILES: [(&str, &str); 4] = [
    ("site.conf", include_str!("../../../templates/new/site.conf")),
    ("www/index.html", include_str!("../../../templates/new/www/index.html")),
    ("www/404.html", include_str!("../../../templates/new/www/404.html")),
    ("www/style.css", include_str!("../../../templates/new/www/style.css")),
];

fn parse_name(name: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let begins = name.starts_with(|first: char| first.is_ascii_alphanumeric());
    if begins && name.bytes().all(allowed) {
        return Ok(name.to_owned());
    }
    Err("a name is lower-case letters, digits and `-`, and begins with one of the first two".into())
}

/// Writes the site and says how it is run.
pub(crate) fn new(options: &Options) -> Result<ExitCode, String> {
    let name = &options.name;
    let checkout = env::current_dir().ok().and_then(|here| checkout(&here));
    let folder = match &checkout {
        Some(root) => root.join("sites").join(name),
        None => PathBuf::from(name),
    };
    write_site(&folder, name)
        .map_err(|error| format!("cannot create `{}`: {error}", folder.display()))?;
    let command = match &checkout {
        Some(root) => {
            add_feature(&root.join("Cargo.toml"), name)
                .map_err(|error| format!("cannot add the feature `site-{name}`: {error}"))?;
            format!("cargo run --release --features site-{name}")
        }
        None => format!("sitec run {name}/site.conf"),
    };
    println!(
        "created {}\nto serve it on http://127.0.0.1:8080:\n\n    {command}",
        folder.display()
    );
    Ok(ExitCode::SUCCESS)
}

/// The checkout of sitec around `here`.
fn checkout(here: &Path) -> Option<PathBuf> {
    let is_checkout = |root: &&Path| {
        root.join("sites").is_dir() && root.join("compiler/cli/Cargo.toml").is_file()
    };
    here.ancestors().find(is_checkout).map(Path::to_owned)
}

/// Writes a new site to `folder`, which must not be there yet.
fn write_site(folder: &Path, name: &str) -> io::Result<()> {
    fs::create_dir(folder)?;
    fs::create_dir(folder.join("www"))?;
    let files = FILES.iter();
    files
        .copied()
        .try_for_each(|(file, text)| fs::write(folder.join(file), text.replace("{name}", name)))
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
    fn a_name_is_one_that_cargo_and_the_file_system_take() {
        for name in ["blog", "a-1", "2048"] {
            assert_eq!(parse_name(name).as_deref(), Ok(name));
        }
        for name in ["", "-a", "a/b", "..", "A", "a b", "a_b", "ä"] {
            assert!(parse_name(name).is_err(), "{name}");
        }
    }
}

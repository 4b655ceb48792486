//! The confs that the open texts belong to, read and checked when somebody asks.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sitec_compiler::compile_with;
use sitec_compiler::diagnostic::Levels;
use sitec_compiler::editor::{Finding, Project, findings};
use sitec_compiler::files::{Disk, Overlay, plain};
use sitec_compiler::source::{Source, Sources};

use super::documents::Documents;

/// How many folders above a file may have the conf that includes it.
const MOST_FOLDERS: usize = 6;
/// How many confs of a folder are looked at.
const MOST_CONFS: usize = 100;
/// The longest conf that is looked at.
const MOST_LEN: u64 = 1 << 20;

/// What is known of a conf.
pub(super) struct Checked {
    pub(super) sources: Sources,
    pub(super) findings: Vec<Finding>,
}

/// What is known of the confs that have been asked for, as long as nothing changes.
#[derive(Default)]
pub(super) struct Analysis {
    projects: BTreeMap<PathBuf, Project>,
    checked: BTreeMap<PathBuf, Checked>,
    /// The confs on the disk that include a file.
    found: BTreeMap<PathBuf, Vec<PathBuf>>,
    /// The folders that the editor works in.
    pub(super) folders: Vec<PathBuf>,
}

impl Analysis {
    /// Forgets what a changed text was part of.
    pub(super) fn change(&mut self, path: &Path) {
        self.projects.retain(|_, project| project.file(path).is_none());
        let is_path = |source: &Source| plain(&source.name) == path;
        self.checked.retain(|_, checked| !checked.sources.iter().any(|(_, it)| is_path(it)));
    }

    /// Forgets everything: the disk may have changed.
    pub(super) fn clear(&mut self) {
        self.projects.clear();
        self.checked.clear();
        self.found.clear();
    }

    /// A conf and what it includes.
    pub(super) fn project(&mut self, documents: &Documents, root: &Path) -> &Project {
        self.projects
            .entry(root.to_owned())
            .or_insert_with(|| Project::read(&Overlay::new(&Disk, documents.contents()), root))
    }

    /// What was found in a conf.
    pub(super) fn checked(&mut self, documents: &Documents, root: &Path) -> &Checked {
        self.checked.entry(root.to_owned()).or_insert_with(|| {
            let levels = Levels { lints: true, ..Levels::default() };
            let files = Overlay::new(&Disk, documents.contents());
            let compilation = compile_with(&files, root, levels);
            let findings = findings(&compilation.diagnostics, &compilation.sources);
            Checked { sources: compilation.sources, findings }
        })
    }

    /// The confs that a file is part of: those that include it, among the open ones and those in
    /// the folders above it, or else itself.
    pub(super) fn roots(&mut self, documents: &Documents, path: &Path) -> Vec<PathBuf> {
        let open = documents.paths();
        let mut owners = self.owners(documents, path, &open);
        if owners.is_empty() {
            let found = self.found(documents, path);
            owners = self.owners(documents, path, &found);
        }
        // What is included itself is no conf.
        let all = owners.clone();
        owners.retain(|owner| self.owners(documents, owner, &all).is_empty());
        if owners.is_empty() { vec![path.to_owned()] } else { owners }
    }

    /// Those of some confs that include a file.
    fn owners(&mut self, documents: &Documents, path: &Path, confs: &[PathBuf]) -> Vec<PathBuf> {
        let others = confs.iter().filter(|conf| *conf != path);
        others.filter(|conf| self.project(documents, conf).file(path).is_some()).cloned().collect()
    }

    /// The confs in the nearest folder above a file that has any which include it.
    fn found(&mut self, documents: &Documents, path: &Path) -> Vec<PathBuf> {
        if let Some(found) = self.found.get(path) {
            return found.clone();
        }
        let mut found = Vec::new();
        for folder in path.ancestors().skip(1).take(MOST_FOLDERS).map(Path::to_owned) {
            let confs = confs_in(&folder);
            found = self.owners(documents, path, &confs);
            let is_outermost = self.folders.contains(&folder);
            if !found.is_empty() || is_outermost {
                break;
            }
        }
        self.found.insert(path.to_owned(), found.clone());
        found
    }
}

/// The confs of a folder that include anything.
fn confs_in(folder: &Path) -> Vec<PathBuf> {
    if !folder.is_absolute() {
        return Vec::new();
    }
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let paths = entries.map(|entry| entry.path());
    let mut paths: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "conf")).collect();
    paths.sort();
    paths.truncate(MOST_CONFS);
    let includes = |path: &PathBuf| {
        let is_short =
            std::fs::metadata(path).is_ok_and(|data| data.is_file() && data.len() <= MOST_LEN);
        let text = is_short.then(|| std::fs::read(path).ok()).flatten().unwrap_or_default();
        text.windows(b"include".len()).any(|part| part == b"include")
    };
    paths.retain(includes);
    paths
}

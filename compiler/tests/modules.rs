//! Modules use each other without circles: what a module needs can be read without reading what
//! needs it. The first layers of the runtime use what [`LAYERS`] says, and the compiler no event loop.
//!
//! Children of a folder are looked at like the modules of a crate. Only what is built without tests
//! counts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The crates, by the folders of their sources.
const CRATES: &[&str] = &["runtime/src", "compiler/src"];

/// What the first layers of the runtime use beside themselves: values of HTTP, the contract that
/// generated code fills in, and the phases of a request. What they use of others is values, too:
/// times and blocks of bytes of `sys`, tables that are read, what a proxy says. No list may become
/// longer.
const LAYERS: &[(&str, &[&str])] = &[
    ("sys", &[]),
    ("http", &["media", "sys"]),
    (
        "site",
        &["clock", "counts", "http", "links", "media", "pack", "proxy_protocol", "regex", "sys"],
    ),
    ("exchange", &["escape", "http", "media", "site"]),
];

/// The event loop, and what leads to it.
const EVENT_LOOP: &[&str] = &["deadlines", "listener", "start", "worker"];

/// A module by the names on the way to it from the crate's root.
type Module = Vec<String>;

/// Which modules of a crate each module uses.
type Uses = BTreeMap<Module, BTreeSet<Module>>;

/// Reads a crate.
struct Reader {
    /// All modules that there are, those of tests left out.
    modules: BTreeSet<Module>,
    /// Paths that a module names, as paths from the crate's root. What they end in may be no module.
    named: Vec<(Module, Vec<String>)>,
}

impl Reader {
    fn read(root: &Path) -> Reader {
        let mut reader = Reader { modules: BTreeSet::new(), named: Vec::new() };
        reader.file(&root.join("lib.rs"), root, Vec::new());
        reader
    }

    /// Reads a file; `folder` is where the files of its children are.
    fn file(&mut self, path: &Path, folder: &Path, module: Module) {
        let text = fs::read_to_string(path).unwrap_or_else(|_| panic!("no {}", path.display()));
        let tokens: TokenStream = text.parse().unwrap_or_else(|_| panic!("{}", path.display()));
        self.modules.insert(module.clone());
        self.tokens(tokens, folder, &module);
    }

    /// Reads the tokens of a module, or of something in it.
    fn tokens(&mut self, tokens: TokenStream, folder: &Path, module: &Module) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            if is_test_attribute(&tokens[at..]) {
                at += 2 + item_len(&tokens[at + 2..]);
                continue;
            }
            at += match word(&tokens[at]).as_deref() {
                Some("mod") => self.child(&tokens[at + 1..], folder, module) + 1,
                Some("use") => {
                    let len = tokens[at..].iter().take_while(|token| !is_punct(token, ';')).count();
                    let tree = tokens[at + 1..at + len].to_vec();
                    self.tree(&tree, &mut Vec::new(), module);
                    len
                }
                Some("crate" | "super" | "self") if !follows_path(&tokens[..at]) => {
                    let (path, len) = path(&tokens[at..]);
                    self.name(module, &path);
                    len
                }
                _ => {
                    if let TokenTree::Group(group) = &tokens[at] {
                        self.tokens(group.stream(), folder, module);
                    }
                    1
                }
            };
        }
    }

    /// Reads a child behind `mod`; how many tokens it has.
    fn child(&mut self, tokens: &[TokenTree], folder: &Path, module: &Module) -> usize {
        let [first, second, ..] = tokens else { return 0 };
        let Some(name) = word(first) else { return 0 };
        let inner = folder.join(&name);
        let child = [module.as_slice(), &[name]].concat();
        if let TokenTree::Group(group) = second {
            self.modules.insert(child.clone());
            self.tokens(group.stream(), &inner, &child);
        } else {
            let files = [inner.with_extension("rs"), inner.join("mod.rs")];
            let file = files.iter().find(|file| file.exists());
            let file = file.unwrap_or_else(|| panic!("no file for {}", inner.display()));
            self.file(file, &inner, child);
        }
        2
    }

    /// Reads the tree of a `use`, of which `front` was read already.
    fn tree(&mut self, tokens: &[TokenTree], front: &mut Vec<String>, module: &Module) {
        for part in tokens.split(|token| is_punct(token, ',')) {
            let len = front.len();
            for token in part {
                match token {
                    TokenTree::Group(group) => {
                        let inner: Vec<_> = group.stream().into_iter().collect();
                        self.tree(&inner, front, module);
                    }
                    token => match word(token) {
                        Some(name) if name == "as" => break,
                        name => front.extend(name),
                    },
                }
            }
            if !matches!(part.last(), Some(TokenTree::Group(_))) {
                let path = front.clone();
                self.name(module, &path);
            }
            front.truncate(len);
        }
    }

    /// Notes a path that a module names, if it is one within the crate.
    fn name(&mut self, module: &Module, path: &[String]) {
        // One that begins otherwise is that of a child, or of another crate.
        let mut from = module.clone();
        let mut rest = path;
        while let Some((first, behind)) = rest.split_first() {
            match first.as_str() {
                "crate" => from.clear(),
                "self" => {}
                "super" => drop(from.pop()),
                _ => break,
            }
            rest = behind;
        }
        self.named.push((module.clone(), [from.as_slice(), rest].concat()));
    }

    /// Which module uses which: of each path, the longest front that is a module.
    fn uses(self) -> Uses {
        let mut uses = Uses::new();
        for (module, mut path) in self.named {
            while !self.modules.contains(&path) {
                path.pop();
            }
            uses.entry(module).or_default().insert(path);
        }
        uses
    }
}

fn word(token: &TokenTree) -> Option<String> {
    match token {
        TokenTree::Ident(name) => Some(name.to_string()),
        _ => None,
    }
}

fn is_punct(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

/// Whether a word goes on a path that begins before it.
fn follows_path(before: &[TokenTree]) -> bool {
    matches!(before, [.., first, second] if is_punct(first, ':') && is_punct(second, ':'))
}

/// The path at the front, and how many tokens it has.
fn path(tokens: &[TokenTree]) -> (Vec<String>, usize) {
    let mut names: Vec<String> = tokens.first().and_then(word).into_iter().collect();
    let mut len = 1;
    while let [first, second, name, ..] = &tokens[len..]
        && is_punct(first, ':')
        && is_punct(second, ':')
        && let Some(name) = word(name)
    {
        names.push(name);
        len += 3;
    }
    (names, len)
}

/// Whether `#[cfg(test)]` is at the front.
fn is_test_attribute(tokens: &[TokenTree]) -> bool {
    let [first, TokenTree::Group(group), ..] = tokens else { return false };
    let attribute = group.stream().to_string().replace(' ', "");
    is_punct(first, '#')
        && group.delimiter() == Delimiter::Bracket
        && ["cfg(test)", "test"].contains(&attribute.as_str())
}

/// How many tokens the item at the front has, with its attributes: up to its `;` or its block.
fn item_len(tokens: &[TokenTree]) -> usize {
    let is_end = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => is_punct(token, ';'),
    };
    tokens.iter().position(is_end).map_or(tokens.len(), |last| last + 1)
}

/// Which children of a module use which, themselves or by what is in them.
fn between_children(uses: &Uses, parent: &Module) -> BTreeMap<String, BTreeSet<String>> {
    let child = |module: &Module| {
        module.strip_prefix(parent.as_slice()).and_then(|rest| rest.first().cloned())
    };
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (user, used) in uses {
        let Some(user) = child(user) else { continue };
        let used = used.iter().filter_map(child).filter(|used| *used != user);
        graph.entry(user.clone()).or_default().extend(used);
    }
    graph
}

/// Everything that can be reached from a node, by one step at least.
fn reached(graph: &BTreeMap<String, BTreeSet<String>>, from: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut left = vec![from.to_owned()];
    while let Some(node) = left.pop() {
        for next in graph.get(&node).into_iter().flatten() {
            if reached.insert(next.clone()) {
                left.push(next.clone());
            }
        }
    }
    reached
}

/// The strongly connected components of more than one node.
fn circles(graph: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<Vec<String>> {
    let reached: BTreeMap<&String, _> =
        graph.keys().map(|node| (node, reached(graph, node))).collect();
    let mut circles = BTreeSet::new();
    for (node, there) in &reached {
        if there.contains(*node) {
            let back =
                |other: &&String| reached.get(other).is_some_and(|back| back.contains(*node));
            circles.insert(there.iter().filter(back).cloned().collect());
        }
    }
    circles
}

fn uses_of(root: &str) -> Uses {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    Reader::read(&repository.join(root)).uses()
}

/// All modules that have children, the crate's root among them.
fn parents(uses: &Uses) -> BTreeSet<Module> {
    let fronts =
        |module: &Module| (0..module.len()).map(|len| module[..len].to_vec()).collect::<Vec<_>>();
    uses.keys().flat_map(fronts).collect()
}

#[test]
fn modules_have_no_circles() {
    let mut found = Vec::new();
    for &root in CRATES {
        let uses = uses_of(root);
        for parent in parents(&uses) {
            let circles = circles(&between_children(&uses, &parent));
            let at = |members| (root, parent.join("::"), members);
            found.extend(circles.into_iter().map(at));
        }
    }
    match &found[..] {
        [] => println!("circles of modules: none between modules"),
        found => panic!("modules use each other in a circle: {found:#?}"),
    }
}

#[test]
fn the_compiler_uses_no_event_loop() {
    let graph = between_children(&uses_of("runtime/src"), &Vec::new());
    let named = named_of_runtime(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(named.is_superset(&["exchange", "http", "site"].map(str::to_owned).into()));
    let mut used = named.clone();
    used.extend(named.iter().flat_map(|module| reached(&graph, module)));
    for module in EVENT_LOOP {
        assert!(graph.contains_key(*module), "no module `{module}`");
        assert!(!used.contains(*module), "what the compiler names leads to `{module}`");
    }
}

/// The modules of the runtime that files in a folder name.
fn named_of_runtime(folder: &Path) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            named.extend(named_of_runtime(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a file");
            let after = text.split("sitec_runtime::").skip(1);
            let name = |rest: &str| {
                let is_part = |found: char| found.is_alphanumeric() || found == '_';
                rest.split(|found| !is_part(found)).next().unwrap_or_default().to_owned()
            };
            named.extend(after.map(name));
        }
    }
    named
}

#[test]
fn layers_use_what_they_may() {
    let graph = between_children(&uses_of("runtime/src"), &Vec::new());
    for (layer, allowed) in LAYERS {
        let used = graph.get(*layer).unwrap_or_else(|| panic!("no module `{layer}`"));
        let allowed: BTreeSet<String> = allowed.iter().map(|&name| name.to_owned()).collect();
        let more: Vec<_> = used.difference(&allowed).collect();
        assert!(more.is_empty(), "`{layer}` uses {more:?}");
        let less: Vec<_> = allowed.difference(used).collect();
        assert!(
            less.is_empty(),
            "`{layer}` does not use {less:?} any more: take it out of the list"
        );
    }
}

/// A small crate, as files, and the circles that are found in it.
#[test]
fn circles_are_found() {
    let folder = Folder::new(&[
        ("lib.rs", "mod a; mod b; mod c; #[cfg(test)] mod tests; mod d { use super::a; }"),
        ("a.rs", "use crate::{b::{Thing, other as c}, x};"),
        ("b.rs", "//! use crate::c;\nfn f() { let s = \"crate::c\"; g!(super::c::X) }"),
        (
            "c/mod.rs",
            "mod e; mod f; #[cfg(test)] use crate::d;\n#[cfg(test)]\nmod t { use super::super::d; }",
        ),
        ("c/e.rs", "impl X for super::f::Y {} pub(super) fn g() -> self::super::super::a::Z {}"),
        ("c/f.rs", "use super::e::g;"),
    ]);
    let uses = Reader::read(&folder.0).uses();
    let found = |parent: &[&str]| {
        let parent = parent.iter().map(|&name| name.to_owned()).collect();
        circles(&between_children(&uses, &parent)).into_iter().collect::<Vec<_>>()
    };
    assert_eq!(found(&[]), [["a", "b", "c"]]);
    assert_eq!(found(&["c"]), [["e", "f"]]);
    let d = between_children(&uses, &Vec::new());
    assert_eq!(d["d"], BTreeSet::from(["a".to_owned()]));
    assert!(!d["c"].contains("d"));
}

/// A folder with files, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Folder {
        let folder = std::env::temp_dir().join(format!("sitec-modules-{}", std::process::id()));
        for (name, text) in files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

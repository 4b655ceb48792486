//! A conf of nginx, with what it includes in place.

use std::path::{Path, PathBuf};

use super::outcome::{Fate, Fates};
use super::tree::{Body, Item, Node, Nodes};
use super::{Base, Read, fragment, paths};
use crate::ast::{Comment, Directive, Word};
use crate::check::types;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::files::Files;
use crate::names::{self, Stock};
use crate::parse;
use crate::source::{FileId, Sources, Span};

/// The most files that are put in place.
const MOST_FILES: usize = 10_000;
/// The most files that include each other.
const MOST_WITHIN: usize = 50;
/// The folder of nginx's own confs.
const NGINX: &str = "/etc/nginx";

/// Reads files to a tree.
pub(super) struct Reader<'a> {
    files: &'a dyn Files,
    sources: &'a mut Sources,
    diagnostics: &'a mut Diagnostics,
    nodes: Nodes,
    fates: Fates,
    /// The folder of the first file.
    folder: PathBuf,
    base: &'a Base,
    chain: Vec<PathBuf>,
    included: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        files: &'a dyn Files,
        sources: &'a mut Sources,
        diagnostics: &'a mut Diagnostics,
        base: &'a Base,
        path: &Path,
    ) -> Reader<'a> {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let (nodes, fates, chain) = (Nodes::default(), Fates::default(), vec![path.to_owned()]);
        Reader { files, sources, diagnostics, nodes, fates, folder, base, chain, included: 0 }
    }

    /// The tree of the file with this id; what is wrong with it is in the diagnostics.
    pub(super) fn file(&mut self, id: FileId) -> Vec<Item> {
        let mut comments = Vec::new();
        let source = self.sources.file(id);
        let (directives, _) = parse::file(id, source, &mut comments, self.diagnostics);
        if self.diagnostics.has_errors() {
            return Vec::new();
        }
        comments.sort_by_key(|comment| comment.span.start);
        let end = self.sources.file(id).text.len() as u32;
        let mut rest = &comments[..];
        self.items(id, &directives, &mut rest, (0, end))
    }

    /// What was read: `items`, as a whole conf.
    pub(super) fn end(mut self, items: Vec<Item>) -> Read {
        let items = fragment::completed(items, &mut self.nodes, &mut self.fates);
        Read { items, nodes: self.nodes, fates: self.fates }
    }

    /// The items of one block, which is at `within`; takes its comments off `comments`.
    fn items(
        &mut self,
        file: FileId,
        directives: &[Directive],
        comments: &mut &[Comment],
        within: (u32, u32),
    ) -> Vec<Item> {
        let (mut items, mut last) = (Vec::new(), within.0);
        for directive in directives {
            let (start, header_end) = (directive.name.span.start, directive.span().end);
            self.comments(&mut items, comments, start, &mut last);
            let gap = self.gap(file, last, start) && !items.is_empty();
            // Those between the parameters are part of the header.
            while comments.first().is_some_and(|comment| comment.span.end <= header_end) {
                *comments = &comments[1..];
            }
            let opens = directive
                .block
                .as_ref()
                .map_or_else(|| self.semicolon(file, header_end), |block| block.open.start);
            self.comments(&mut items, comments, opens, &mut last);
            let body = match &directive.block {
                None => Body::None,
                Some(block) if self.is_lua(directive) => {
                    let text = &self.sources.file(file).text;
                    let range = block.open.start as usize..block.close.end as usize;
                    Body::Verbatim(text[range].to_owned())
                }
                Some(block) => {
                    let within = (block.open.end, block.close.start);
                    Body::Block(self.items(file, &block.directives, comments, within))
                }
            };
            last = match &directive.block {
                None => self.sources.file(file).text.len().min(opens as usize + 1) as u32,
                Some(block) => block.close.end,
            };
            let after = self.behind(file, comments, last);
            let end = directive.block.as_ref().map_or(header_end, |block| block.close.end);
            let origin = Span { file, start, end };
            self.directive(directive, origin, body, (gap, after), &mut items);
        }
        self.comments(&mut items, comments, within.1, &mut last);
        items
    }

    /// Adds the comments that begin before `until`.
    fn comments(
        &self,
        items: &mut Vec<Item>,
        comments: &mut &[Comment],
        until: u32,
        last: &mut u32,
    ) {
        while let Some((comment, rest)) = comments.split_first()
            && comment.span.start < until
        {
            let gap = self.gap(comment.span.file, *last, comment.span.start) && !items.is_empty();
            items.push(Item::Comment { text: comment.text.clone(), gap });
            (*comments, *last) = (rest, comment.span.end);
        }
    }

    /// The comment on the line that ends at `end`.
    fn behind(&self, file: FileId, comments: &mut &[Comment], end: u32) -> Option<String> {
        let (comment, rest) = comments.split_first()?;
        let text = &self.sources.file(file).text;
        let between = text.get(end as usize..comment.span.start as usize)?;
        if !between.chars().all(|c| c == ' ' || c == '\t') {
            return None;
        }
        *comments = rest;
        Some(comment.text.clone())
    }

    fn gap(&self, file: FileId, from: u32, to: u32) -> bool {
        let text = &self.sources.file(file).text;
        text.get(from as usize..to as usize).is_some_and(|text| text.matches('\n').count() > 1)
    }

    /// Where the `;` of a directive is whose last word ends at `from`.
    fn semicolon(&self, file: FileId, from: u32) -> u32 {
        let text = self.sources.file(file).text.as_bytes();
        let mut at = from as usize;
        while let Some(&byte) = text.get(at) {
            match byte {
                b';' => return at as u32,
                b'#' => at += text[at..].iter().take_while(|byte| **byte != b'\n').count(),
                _ => at += 1,
            }
        }
        text.len() as u32
    }

    /// Whether what is in the block of a directive is another language.
    fn is_lua(&self, directive: &Directive) -> bool {
        directive.name.value.ends_with(b"_by_lua_block")
    }

    fn directive(
        &mut self,
        directive: &Directive,
        origin: Span,
        body: Body,
        (gap, after): (bool, Option<String>),
        items: &mut Vec<Item>,
    ) {
        let name = directive.name.shown();
        let text = &self.sources.file(origin.file).text;
        let header = &text[origin.start as usize..directive.span().end as usize];
        if name == "include"
            && let ([word], None) = (&directive.args[..], &directive.block)
        {
            let header = header.to_owned();
            let mut node = self.nodes.written(origin, name, &header, body);
            (node.gap, node.after) = (gap, after);
            return self.include(&word.shown(), node, items);
        }
        let moved = paths::moved(directive, self.base, self.files);
        let mut node = self.nodes.written(origin, name, header, body);
        (node.gap, node.after) = (gap, after);
        if let Some(moved) = moved {
            (node.header, node.verbatim) = (moved.header, false);
            self.fates.set(node.id, Fate::Different(moved.how));
        }
        items.push(Item::Node(node));
    }

    /// Puts the files in place that a node includes.
    fn include(&mut self, name: &str, mut node: Node, items: &mut Vec<Item>) {
        let is_pattern = name.contains(['*', '?', '[']);
        let stock = names::stock(name);
        let found = match is_pattern {
            true => self.matching(name),
            false => self.located(name).into_iter().collect(),
        };
        match (&found[..], stock) {
            ([], Some(Stock::Types)) => self.types_are_built_in(node, items),
            ([], Some(Stock::Lines(_) | Stock::Charsets(_))) => items.push(kept(node, name)),
            ([], _) if is_pattern => {
                let why = "no file matches it";
                self.fates.set(node.id, Fate::Needless(why.to_owned()));
                items.push(Item::Node(node));
            }
            ([], _) => {
                let span = node.origin.unwrap_or_default();
                let message = format!("there is no file `{name}`");
                let lost = Diagnostic::error("Y09", span, message)
                    .label("what it says is not known")
                    .help(
                        "import on the machine that has it, or name its files by `--sysroot DIR`",
                    );
                self.fates.set(node.id, Fate::lost(lost));
                items.push(Item::Node(node));
            }
            ([path], Some(stock)) if self.is_stock(path, &stock) => match stock {
                Stock::Types => self.types_are_built_in(node, items),
                _ => items.push(kept(node, name)),
            },
            (paths, _) => {
                let gap = std::mem::take(&mut node.gap);
                for (index, path) in paths.iter().enumerate() {
                    self.put(path, &node, gap && index == 0, items);
                }
            }
        }
    }

    /// Puts one file in place.
    fn put(&mut self, path: &Path, node: &Node, gap: bool, items: &mut Vec<Item>) {
        let shown = path.to_string_lossy().into_owned();
        let span = node.origin.unwrap_or_default();
        self.included += 1;
        let message = match self.files.read(path) {
            _ if self.chain.iter().any(|earlier| earlier == path) => "includes itself".to_owned(),
            _ if self.chain.len() > MOST_WITHIN || self.included > MOST_FILES => {
                "is one file too many".to_owned()
            }
            Err(error) => format!("cannot be read: {error}"),
            Ok(bytes) => {
                let id = self.sources.add(shown.clone(), &bytes);
                let mut own = Diagnostics::default();
                std::mem::swap(self.diagnostics, &mut own);
                self.chain.push(path.to_owned());
                let inner = self.file(id);
                self.chain.pop();
                std::mem::swap(self.diagnostics, &mut own);
                if !own.has_errors() {
                    items.push(Item::Comment { text: format!(" from {shown}"), gap });
                    items.extend(inner);
                    return;
                }
                self.diagnostics.extend(own.sorted().into_iter().cloned());
                return;
            }
        };
        let lost = Diagnostic::error("Y09", span, format!("`{shown}` {message}"));
        let mut left = self.nodes.made(node.origin, &["include", &shown], Body::None);
        left.gap = gap;
        self.fates.set(left.id, Fate::lost(lost));
        items.push(Item::Node(left));
    }

    fn types_are_built_in(&mut self, node: Node, items: &mut Vec<Item>) {
        let why = "the types of nginx's file are built in";
        self.fates.set(node.id, Fate::Needless(why.to_owned()));
        items.push(Item::Node(node));
    }

    /// The file of this name: in the folder of the conf, in that above it, or in nginx's.
    fn located(&self, name: &str) -> Option<PathBuf> {
        let mut candidates = self.folders().into_iter().map(|folder| plain(&folder.join(name)));
        candidates.find(|path| self.files.kind(path).is_some())
    }

    fn matching(&self, pattern: &str) -> Vec<PathBuf> {
        let globs = self.folders().into_iter().map(|folder| {
            let escaped = glob::Pattern::escape(&folder.to_string_lossy());
            Path::new(&escaped).join(pattern).to_string_lossy().into_owned()
        });
        let mut found = globs.filter_map(|pattern| self.files.glob(&pattern).ok());
        let found = found.find(|found| !found.is_empty()).unwrap_or_default();
        found.iter().map(|path| plain(path)).collect()
    }

    fn folders(&self) -> Vec<PathBuf> {
        let above = self.folder.join("..");
        vec![self.folder.clone(), above, PathBuf::from(NGINX)]
    }

    /// Whether the file that is there says what the stock file of its name says.
    fn is_stock(&mut self, path: &Path, stock: &Stock) -> bool {
        let Ok(bytes) = self.files.read(path) else { return false };
        let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::default());
        let id = sources.add("", &bytes);
        let (directives, _) = parse::file(id, sources.file(id), &mut Vec::new(), &mut diagnostics);
        if diagnostics.has_errors() {
            return false;
        }
        match stock {
            Stock::Types => says_common_types(&directives),
            Stock::Lines(lines) => {
                let words = |directive: &Directive| {
                    let args = directive.args.iter().map(|word| word.shown());
                    [directive.name.shown()].into_iter().chain(args).collect::<Vec<_>>().join(" ")
                };
                directives.iter().map(words).eq(lines.iter().copied())
            }
            Stock::Charsets(map) => says_charset_map(&directives, map),
            Stock::Modules => false,
        }
    }
}

/// Whether all that a file of types says is built in.
fn says_common_types(directives: &[Directive]) -> bool {
    let common = types::common();
    let [Directive { name, block: Some(block), .. }] = directives else { return false };
    name.value == b"types"
        && block.directives.iter().all(|line| {
            let is_built_in = |extension: &Word| {
                common.iter().any(|(known, media_type)| {
                    *known == extension.value && *media_type == line.name.value
                })
            };
            line.args.iter().all(is_built_in)
        })
}

fn says_charset_map(directives: &[Directive], map: &names::StockMap) -> bool {
    let [Directive { args, block: Some(block), .. }] = directives else { return false };
    let lines = block.directives.iter().filter_map(|line| match &line.args[..] {
        [to] => Some((line.name.shown(), to.shown())),
        _ => None,
    });
    let is_named =
        args.iter().map(|word| word.shown()).eq(map.charsets.iter().map(|name| (*name).to_owned()));
    is_named && lines.eq(map.lines.iter().cloned())
}

/// An `include` that the compiler knows wherever it is.
fn kept(mut node: Node, name: &str) -> Item {
    let name = name.rsplit('/').next().unwrap_or(name);
    let own = format!("include {name}");
    if node.header != own {
        (node.header, node.verbatim) = (own, false);
    }
    Item::Node(node)
}

/// `path` without `.` and `..`, so that equal files have equal names.
fn plain(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(plain.components().next_back(), Some(Component::Normal(_))) =>
            {
                plain.pop();
            }
            _ => plain.push(component),
        }
    }
    plain
}

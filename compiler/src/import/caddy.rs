//! A Caddyfile: a server for each of its sites.

mod address;
mod lines;
mod matcher;
mod placeholder;
mod proxy;
mod scope;
mod settings;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::draft::{Draft, comment};
use super::included::Included;
use super::tree::Item;
use super::{Base, Read};
use address::Address;
use lines::Statement;
use scope::Scope;

/// The most statements that snippets are put in place to, and a share of their length.
const MOST_STATEMENTS: usize = 20_000;
/// How many bytes of words count as a statement.
const SHARE: usize = 64;
/// The most snippets within each other.
const MOST_WITHIN: usize = 20;

/// Reads a Caddyfile and the files that it imports.
pub(super) fn read(mut included: Included<'_>, base: &Base) -> Read {
    let mut statements = lines::statements(&included.text());
    // Without braces, the first line names the only site.
    let first = statements.iter().position(|it| !it.is_comment());
    let has_one_site = first.is_some_and(|first| statements[first].names_all())
        && statements
            .iter()
            .filter(|it| !it.is_comment())
            .all(|it| it.block.is_none() || it.words.len() > 1);
    if let Some(first) = first.filter(|_| has_one_site) {
        let rest = statements.split_off(first + 1);
        let site = &mut statements[first];
        site.range.end = rest.last().map_or(site.range.end, |last| last.range.end);
        site.block = Some(rest);
    }
    let mut expander = Expander { snippets: BTreeMap::new(), included: &mut included, left: 0 };
    let expanded = expander.top(statements);
    let mut draft = Draft::new("Caddy", included.texts, base);
    let (mut items, mut upstreams) = (Vec::new(), proxy::Upstreams::default());
    for statement in &expanded {
        let span = draft.span(statement.range.clone());
        match &statement.block {
            _ if statement.is_comment() => items.push(comment(&statement.words[0], statement.gap)),
            Some(_) if statement.is_snippet() => {
                items.push(draft.needless(
                    span,
                    &statement.words[0],
                    "what it says stands where it is imported",
                ));
            }
            Some(block) if statement.words.is_empty() => globals(block, &mut items, &mut draft),
            Some(block) => {
                let mut scope = Scope::new(block, &mut draft);
                let inner = scope.site(&mut draft, &mut upstreams);
                let names: Vec<_> = statement.words.iter().flat_map(|it| it.split(',')).collect();
                let names = names.into_iter().filter(|name| !name.is_empty());
                let addresses: Vec<_> = names.map(Address::of).collect();
                let mut server = address::lines(&addresses, &scope, span, &mut draft);
                server.extend(inner);
                items.append(&mut upstreams.take(&mut draft));
                items.push(draft.around(&["server"], server));
                items.extend(address::leading(&addresses, &scope, &mut draft));
            }
            None => {
                let name = statement.words.first().cloned().unwrap_or_default();
                items.push(match &name[..] {
                    "import" => draft.lost(span, &name, NOT_IMPORTED, HOW_TO_IMPORT),
                    _ => draft.lost(span, &name, "", "it stands outside of any site"),
                });
            }
        }
    }
    draft.end(items)
}

/// The options that hold for all sites.
fn globals(block: &[Statement], items: &mut Vec<Item>, draft: &mut Draft) {
    for statement in block {
        let span = draft.span(statement.range.clone());
        let name = statement.words.first().map_or("", String::as_str);
        items.push(match name {
            _ if statement.is_comment() => comment(name, statement.gap),
            "email" | "acme_ca" | "admin" | "order" | "auto_https" | "debug" | "persist_config" => {
                draft.needless(span, name, "a site has no such thing to set")
            }
            _ => draft.lost(
                span,
                name,
                "",
                "see docs/directives.md for what holds for the whole server",
            ),
        });
    }
}

/// Why an `import` is left out.
const NOT_IMPORTED: &str = "what it imports is not known";
/// What can be done then.
const HOW_TO_IMPORT: &str = "import on the machine that has it, or name its files by `--sysroot DIR`; or put its \
                             lines in its place";

/// Puts snippets and files in place of each `import`.
struct Expander<'a, 'b> {
    snippets: BTreeMap<String, Vec<Statement>>,
    included: &'a mut Included<'b>,
    /// How many statements there may still be.
    left: usize,
}

impl Expander<'_, '_> {
    /// The statements outside of all sites, and what is imported among them and within them, which is
    /// found from the file that is being read. Notes the snippets.
    fn top(&mut self, statements: Vec<Statement>) -> Vec<Statement> {
        for statement in statements.iter().filter(|it| it.is_snippet()) {
            let name = statement.words[0].trim_matches(['(', ')']).to_owned();
            self.snippets.insert(name, statement.block.clone().unwrap_or_default());
        }
        let mut made = Vec::new();
        for mut statement in statements {
            if !statement.is_snippet() && !statement.words.is_empty() {
                self.left = MOST_STATEMENTS;
                statement.block = statement.block.map(|it| self.expanded(&it, &[], MOST_WITHIN));
            }
            let name = statement.imports().filter(|name| !self.snippets.contains_key(*name));
            match name.and_then(|name| self.files(name)) {
                Some(files) => files.into_iter().for_each(|path| {
                    match self.statements(&path) {
                        Some(inner) => {
                            made.extend(self.top(inner));
                            self.included.close();
                        }
                        None => made.push(statement.clone()),
                    };
                }),
                None => made.push(statement),
            }
        }
        made
    }

    /// The files of this name, if there are any.
    fn files(&self, name: &str) -> Option<Vec<PathBuf>> {
        self.included.find(name, &self.included.folder()).ok()
    }

    /// What a file says, which is then the one that is read.
    fn statements(&mut self, path: &Path) -> Option<Vec<Statement>> {
        let (text, start) = self.included.open(path).ok()?;
        let mut statements = lines::statements(&text);
        statements.iter_mut().for_each(|it| it.shift(start));
        Some(statements)
    }

    /// Statements with snippets and files in place of each `import`.
    fn expanded(
        &mut self,
        statements: &[Statement],
        args: &[String],
        within: usize,
    ) -> Vec<Statement> {
        let mut made = Vec::new();
        for statement in statements {
            let len: usize = statement.words.iter().map(String::len).sum();
            let Some(left) = self.left.checked_sub(1 + len / SHARE) else { break };
            self.left = left;
            let mut statement = statement.clone();
            statement.words.iter_mut().for_each(|word| self.fill(word, args));
            let name = statement.imports().filter(|_| within > 0).map(str::to_owned);
            let args_within = statement.words.get(2..).unwrap_or_default().to_vec();
            let snippet = name.as_ref().and_then(|name| self.snippets.get(name)).cloned();
            if let Some(snippet) = snippet {
                made.extend(self.expanded(&snippet, &args_within, within - 1));
                continue;
            }
            if let Some(files) = name.as_ref().and_then(|name| self.files(name)) {
                for path in files {
                    match self.statements(&path) {
                        Some(inner) => {
                            made.extend(self.expanded(&inner, &args_within, within - 1));
                            self.included.close();
                        }
                        None => made.push(statement.clone()),
                    }
                }
                continue;
            }
            statement.block = statement.block.map(|block| self.expanded(&block, args, within));
            made.push(statement);
        }
        made
    }

    /// Fills in the arguments of an `import`, as long as there is room.
    fn fill(&mut self, word: &mut String, args: &[String]) {
        for (index, arg) in args.iter().enumerate() {
            for hole in [format!("{{args[{index}]}}"), format!("{{args.{index}}}")] {
                let more = word.matches(&hole).count() * arg.len() / SHARE;
                if word.contains(&hole) && more <= self.left {
                    self.left -= more;
                    *word = word.replace(&hole, arg);
                }
            }
        }
    }
}

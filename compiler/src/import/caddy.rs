//! A Caddyfile: a server for each of its sites.

mod address;
mod lines;
mod matcher;
mod placeholder;
mod proxy;
mod scope;
mod settings;

use std::collections::BTreeMap;

use super::draft::{Draft, comment};
use super::tree::Item;
use super::{Base, Read};
use crate::source::FileId;
use address::Address;
use lines::Statement;
use scope::Scope;

/// The most statements that snippets are put in place to.
const MOST_STATEMENTS: usize = 20_000;
/// The most snippets within each other.
const MOST_WITHIN: usize = 20;

/// Reads a Caddyfile.
pub(super) fn read(file: FileId, text: &str, base: &Base) -> Read {
    let mut draft = Draft::new("Caddy", file, text, base);
    let mut statements = lines::statements(text);
    let is_name = |statement: &Statement| {
        statement.block.is_some() && statement.words.first().is_some_and(|it| it.starts_with('('))
    };
    let mut snippets = BTreeMap::new();
    for statement in statements.iter().filter(|it| is_name(it)) {
        let name = statement.words[0].trim_matches(['(', ')']).to_owned();
        snippets.insert(name, statement.block.clone().unwrap_or_default());
    }
    // Without braces, the first line names the only site.
    if statements
        .iter()
        .filter(|it| !it.is_comment())
        .all(|it| it.block.is_none() || it.words.len() > 1)
        && let Some(first) = statements.iter().position(|it| !it.is_comment())
        && statements[first].block.is_none()
    {
        let rest = statements.split_off(first + 1);
        let site = &mut statements[first];
        site.range.end = rest.last().map_or(site.range.end, |last| last.range.end);
        site.block = Some(rest);
    }
    let (mut items, mut upstreams) = (Vec::new(), proxy::Upstreams::default());
    for statement in &statements {
        let span = draft.span(statement.range.clone());
        match &statement.block {
            _ if statement.is_comment() => items.push(comment(&statement.words[0], statement.gap)),
            Some(_) if is_name(statement) => {
                items.push(draft.needless(
                    span,
                    &statement.words[0],
                    "what it says stands where it is imported",
                ));
            }
            Some(block) if statement.words.is_empty() => globals(block, &mut items, &mut draft),
            Some(block) => {
                let mut left = MOST_STATEMENTS;
                let block = expanded(block, &snippets, &[], MOST_WITHIN, &mut left);
                let mut scope = Scope::new(&block, &mut draft);
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
                items.push(draft.lost(span, &name, "", "it stands outside of any site"));
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

/// Statements with snippets in place of each `import`.
fn expanded(
    statements: &[Statement],
    snippets: &BTreeMap<String, Vec<Statement>>,
    args: &[String],
    within: usize,
    left: &mut usize,
) -> Vec<Statement> {
    let mut made = Vec::new();
    for statement in statements {
        if *left == 0 {
            break;
        }
        *left -= 1;
        let mut statement = statement.clone();
        statement.words.iter_mut().for_each(|word| {
            for (index, arg) in args.iter().enumerate() {
                *word = word.replace(&format!("{{args[{index}]}}"), arg);
                *word = word.replace(&format!("{{args.{index}}}"), arg);
            }
        });
        let name = statement.words.get(1).filter(|_| statement.words[0] == "import");
        match name.and_then(|name| snippets.get(name)) {
            Some(snippet) if within > 0 && statement.block.is_none() => {
                let args = statement.words[2..].to_vec();
                made.extend(expanded(snippet, snippets, &args, within - 1, left));
            }
            _ => {
                statement.block =
                    statement.block.map(|block| expanded(&block, snippets, args, within, left));
                made.push(statement);
            }
        }
    }
    made
}

//! `valid_referers`: which pages a request may come from.

use std::collections::HashMap;

use super::noted::Name;
use super::reader::Reader;
use crate::ast::{Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::ir;
use crate::source::Span;
use crate::value::{Checked, ServerName, server_name};

/// What the directives of one context say so far.
#[derive(Default)]
struct Lines {
    referers: ir::Referers,
    /// Where each name stands.
    seen: HashMap<Vec<u8>, Span>,
}

/// Whether a `valid_referers` means the names of the server that these directives are of.
pub(super) fn means_own_names(directives: &[Directive]) -> bool {
    directives.iter().any(|directive| {
        let is_meant = |word: &Word| word.value == b"server_names";
        directive.name.value == b"valid_referers" && directive.args.iter().any(is_meant)
            || directive.block.as_ref().is_some_and(|block| means_own_names(&block.directives))
    })
}

impl Reader<'_> {
    /// What the `valid_referers` of a context say.
    pub(super) fn referers(&mut self, directives: &[Directive]) -> ir::Referers {
        let mut lines = Lines::default();
        lines.referers.paths.push(Vec::new());
        let mut flag = None;
        for word in named(directives, "valid_referers").flat_map(|directive| &directive.args) {
            match &word.value[..] {
                b"none" => lines.referers.none = true,
                b"blocked" => lines.referers.blocked = true,
                b"server_names" => {
                    let taken = self.own_names(word, &mut lines);
                    self.report(taken);
                    continue;
                }
                _ => {
                    let taken = self.referer(word, &mut lines);
                    self.report(taken);
                    continue;
                }
            }
            flag = flag.or(Some(word));
        }
        let ir::Referers { hosts, servers, regexes, .. } = &lines.referers;
        let is_empty = *hosts == ir::NameTable::default() && servers.is_empty();
        if let Some(flag) = flag
            && is_empty
            && regexes.is_empty()
            && !self.diagnostics.has_errors()
        {
            let message = format!("`{}` stands without any page that is valid", flag.shown());
            self.diagnostics.push(
                Diagnostic::error("A10", flag.span, message)
                    .help("name the hosts, or `server_names` for the server's own"),
            );
        }
        lines.referers
    }

    /// Takes a name or a regex.
    fn referer(&mut self, word: &Word, lines: &mut Lines) -> Checked<()> {
        if word.value.is_empty() {
            return Err(Box::new(
                Diagnostic::error("A10", word.span, "there is no name between these quotes")
                    .help("`blocked` is for fields that hold no URL"),
            ));
        }
        if word.value[0] == b'~' {
            if let ServerName::Regex(regex) = server_name(word)? {
                lines.referers.regexes.push(regex.pattern);
            }
            return Ok(());
        }
        if let Some(wrong) = matches_nothing(word) {
            self.diagnostics.push(wrong);
            return Ok(());
        }
        let slash = word.value.iter().position(|&byte| byte == b'/');
        let host_len = slash.unwrap_or(word.value.len());
        let name = server_name(&word.front(host_len))?;
        let path = &word.value[host_len..];
        let paths = &mut lines.referers.paths;
        let number = paths.iter().position(|known| known == path).unwrap_or_else(|| {
            paths.push(path.to_vec());
            paths.len() - 1
        });
        lines.name(name, number as u32, word)
    }

    /// Takes the server's names.
    fn own_names(&mut self, word: &Word, lines: &mut Lines) -> Checked<()> {
        if self.server_names.is_empty() {
            // It has the empty one.
            return lines.name(ServerName::Exact(Vec::new()), 0, word);
        }
        for (name, place) in &self.server_names {
            match name {
                Name::Known(ServerName::Regex(regex)) => {
                    lines.referers.servers.push(regex.pattern.clone());
                }
                Name::Known(name) => lines.name(name.clone(), 0, word)?,
                Name::AtStart(_) => {
                    let message = "a name of the server is known only when it starts";
                    return Err(Box::new(
                        Diagnostic::error("A10", word.span, message)
                            .also(*place, "this one")
                            .help("write the names that pages have here, one by one"),
                    ));
                }
            }
        }
        Ok(())
    }
}

impl Lines {
    /// Takes a name whose path has a number. A name twice, nginx refuses too.
    fn name(&mut self, name: ServerName, path: u32, word: &Word) -> Checked<()> {
        let hosts = &mut self.referers.hosts;
        let mut keys = Vec::new();
        match name {
            ServerName::Exact(name) => {
                keys.push(name.clone());
                hosts.exact.push((name, path));
            }
            ServerName::Suffix(name) => {
                keys.push([b"*", &name[..]].concat());
                hosts.suffix.push((name, path));
            }
            ServerName::Prefix(name) => {
                keys.push([&name[..], b"*"].concat());
                hosts.prefix.push((name, path));
            }
            ServerName::Tree(name) => {
                keys.extend([name[1..].to_vec(), [b"*", &name[..]].concat()]);
                hosts.exact.push((name[1..].to_vec(), path));
                hosts.suffix.push((name, path));
            }
            ServerName::Regex(_) => {}
        }
        for key in keys {
            if let Some(before) = self.seen.insert(key.clone(), word.span) {
                let message = format!("`{}` is named twice", String::from_utf8_lossy(&key));
                return Err(Box::new(
                    Diagnostic::error("A10", word.span, message)
                        .also(before, "it is here")
                        .help("delete one of them"),
                ));
            }
        }
        Ok(())
    }
}

/// What to say of a name that no host has: nginx takes it, and it matches nothing.
fn matches_nothing(word: &Word) -> Option<Diagnostic> {
    let text = word.shown();
    let warning = |range: std::ops::Range<usize>, message: &str| {
        Diagnostic::warning("A11", word.part(range), message).label("so this matches nothing")
    };
    let schemes = ["http://", "https://"];
    if let Some(scheme) = schemes.into_iter().find(|scheme| text.starts_with(scheme)) {
        let place = word.part(0..scheme.len());
        return Some(warning(0..scheme.len(), "names stand here without the scheme").patch(
            "delete it",
            place,
            "",
        ));
    }
    let host = text.split('/').next().unwrap_or_default();
    if let Some(colon) = host.find(':') {
        let place = word.part(colon..host.len());
        return Some(
            warning(colon..host.len(), "the port is left out before a name is looked for").patch(
                "delete it",
                place,
                "",
            ),
        );
    }
    if host.is_empty() {
        return Some(
            warning(0..text.len(), "this is the path of no host").help("begin with a host's name"),
        );
    }
    None
}

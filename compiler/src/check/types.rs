//! Media types by file name extension.

use std::collections::HashMap;

use sitec_runtime::site::TypesId;

use super::charset::say_charset;
use super::common_types::common_types;
use super::intern::Interner;
use super::{Checker, named};
use crate::ast::{Directive, Word};
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Types};
use crate::source::Span;
use crate::value::{Checked, media_type};

/// The table of a conf without `types`.
pub(crate) fn common() -> Types {
    let entry = |(extension, media_type): (&str, &str)| (extension.into(), media_type.into());
    common_types().map(entry).collect()
}

/// The tables of a conf.
pub(super) struct TypeTables {
    /// As they are written.
    written: Interner<Types>,
    /// The one where no `types` was given, once it was asked for.
    common: Option<usize>,
    /// As locations have them.
    resolved: Interner<Types>,
    /// Which come from the same table and the same charset.
    by_charset: HashMap<(usize, Option<ir::Charset>), TypesId>,
}

impl TypeTables {
    pub(super) fn new() -> TypeTables {
        TypeTables {
            written: Interner::new(),
            common: None,
            resolved: Interner::new(),
            by_charset: HashMap::new(),
        }
    }

    pub(super) fn add(&mut self, table: Types) -> usize {
        self.written.add(table)
    }

    /// What a location has: `table`, or the common one, with the charset in its types.
    pub(super) fn resolve(
        &mut self,
        table: Option<usize>,
        charset: Option<&ir::Charset>,
    ) -> TypesId {
        let table =
            table.unwrap_or_else(|| *self.common.get_or_insert_with(|| self.written.add(common())));
        let key = (table, charset.cloned());
        if let Some(types) = self.by_charset.get(&key) {
            return *types;
        }
        let mut types = self.written.items()[table].clone();
        if let Some(charset) = charset {
            types.iter_mut().for_each(|(_, media_type)| say_charset(charset, media_type));
        }
        let id = self.resolved.add(types) as TypesId;
        self.by_charset.insert(key, id);
        id
    }

    pub(super) fn len(&self) -> usize {
        self.resolved.items().len()
    }

    pub(super) fn into_items(self) -> Vec<Types> {
        self.resolved.into_items()
    }
}

impl Checker<'_> {
    /// The table that all `types` among these directives make together. An extension that
    /// stands twice is of the later type, as in nginx.
    pub(super) fn type_table(&mut self, directives: &[Directive]) -> Types {
        let blocks = named(directives, "types").filter_map(|types| types.block.as_ref());
        let mut entries: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        let mut seen: HashMap<Vec<u8>, (usize, Span)> = HashMap::new();
        let mut twice = Vec::new();
        for line in blocks.flat_map(|block| &block.directives) {
            let Some(media_type) = self.report(type_line(line)) else { continue };
            for word in &line.args {
                let extension = word.value.to_ascii_lowercase();
                match seen.get_mut(&extension) {
                    Some((at, span)) => {
                        twice.push((word, *span));
                        entries[*at].1.clone_from(&media_type);
                        *span = word.span;
                    }
                    None => {
                        seen.insert(extension.clone(), (entries.len(), word.span));
                        entries.push((extension, media_type.clone()));
                    }
                }
            }
        }
        self.diagnostics.extend(listed_twice(&twice));
        entries
    }
}

/// Extensions that stand twice, each with the place before: one message for all of them.
fn listed_twice(twice: &[(&Word, Span)]) -> Option<Diagnostic> {
    let ((word, before), others) = twice.split_first()?;
    let message = format!("the extension `{}` has a type already", word.shown());
    let diagnostic = Diagnostic::warning("Z19", word.span, message)
        .label("this one counts")
        .also(*before, "it is here")
        .help("delete one of them");
    let names: Vec<_> = others.iter().map(|(word, _)| word.shown()).collect();
    Some(match names.len() {
        0 => diagnostic,
        1..=8 => diagnostic.note(format!("so have {}", names.join(", "))),
        more => diagnostic.note(format!("so have {more} others: a table may be included twice")),
    })
}

/// The media type of one line of a `types` block.
fn type_line(line: &Directive) -> Checked<Vec<u8>> {
    if let Some(block) = &line.block {
        let message = "a line of `types` is a media type and extensions";
        return Err(Box::new(Diagnostic::error("Y05", block.open, message)));
    }
    if line.args.is_empty() {
        let message = format!("`{}` has no extensions behind it", line.name.shown());
        return Err(Box::new(Diagnostic::error("D05", line.name.span, message)));
    }
    if let Some(dotted) = line.args.iter().find(|word| word.value.starts_with(b".")) {
        let bare = dotted.shown().trim_start_matches('.').to_owned();
        let message = format!("`{}` begins with a dot", dotted.shown());
        return Err(Box::new(Diagnostic::error("T14", dotted.span, message).patch(
            format!("write the extension alone: `{bare}`"),
            dotted.span,
            bare,
        )));
    }
    media_type(&line.name)
}

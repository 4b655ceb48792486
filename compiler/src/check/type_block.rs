//! `types`: one table of all its blocks in a context.

use std::collections::HashMap;

use super::reader::Reader;
use crate::ast::{Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::ir::Types;
use crate::source::Span;
use crate::value::{Checked, media_type};

impl Reader<'_> {
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

//! `embed` and `precompress`, as a context has them.

use std::collections::BTreeSet;

use sitec_runtime::http::accept::Coding;

use crate::ast::Word;
use crate::source::Span;
use crate::value::{Checked, keyword};

/// An `embed on`.
#[derive(Clone, Copy)]
pub(super) struct Embed {
    pub(super) span: Span,
    /// Whether it stands in the context itself, and not around it.
    pub(super) is_own: bool,
}

/// The words of `precompress`, each coding once and in one order.
pub(super) fn codings(words: &[Word]) -> Checked<Vec<Coding>> {
    use Coding::{Brotli, Gzip, Zstd};
    if let [word] = words
        && word.value == b"off"
    {
        return Ok(Vec::new());
    }
    let known = [("gzip", Gzip), ("br", Brotli), ("zstd", Zstd)];
    let codings = words.iter().map(|word| keyword(word, &known));
    Ok(codings.collect::<Checked<BTreeSet<_>>>()?.into_iter().collect())
}

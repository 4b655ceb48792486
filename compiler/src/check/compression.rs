//! `gzip`, `brotli` and `zstd`, as far as they are more than one plain value each: the media types,
//! and the clients that get nothing.

use std::rc::Rc;

use sitec_runtime::http::accept::Coding;
use sitec_runtime::site::{CompressionSettings, PlainSettings};

use super::reader::Reader;
use crate::ast::{Conf, Directive, Word, named};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::directive;
use crate::ir::{self, Regex};
use crate::value::{Checked, media_type, regex};

/// The type that no list need name.
const ALWAYS: &[u8] = b"text/html";
/// The regex of Internet Explorer 4 to 6, but for the one with a service pack that mends it.
const MSIE6: &str = r"MSIE (?:[45]\.|6\.(?:[^S]|S[^V]|SV[^1])*S?V?$)";

/// The codings, and the directives of their types.
const CODINGS: [(Coding, &str); 3] =
    [(Coding::Gzip, "gzip_types"), (Coding::Brotli, "brotli_types"), (Coding::Zstd, "zstd_types")];

/// What one context says, with what it inherits.
#[derive(Clone)]
pub(super) struct Compression {
    /// The types of each coding, in the order of [`CODINGS`]; `None`: all.
    types: [Rc<Option<Vec<Vec<u8>>>>; 3],
    disable: Option<Regex>,
}

impl Compression {
    pub(super) fn outermost() -> Compression {
        let types = CODINGS.map(|(_, name)| {
            let usual = directive::default_words(name);
            let usual = usual.split(' ').map(|name| name.as_bytes().to_vec()).collect();
            Rc::new(Some(usual))
        });
        Compression { types, disable: None }
    }

    /// Takes those among the directives of a context.
    pub(super) fn set(&mut self, directives: &[Directive], reader: &mut Reader<'_>) {
        for ((_, name), types) in CODINGS.into_iter().zip(&mut self.types) {
            let words = named(directives, name).flat_map(|directive| &directive.args);
            let words: Vec<_> = words.collect();
            check_types(&words, reader.diagnostics);
            if !words.is_empty()
                && let Some(read) = reader.report(media_types(&words))
            {
                *types = Rc::new(read);
            }
        }
        if let Some(directive) = named(directives, "gzip_disable").next()
            && let Some(pattern) = reader.report(clients(&directive.args))
        {
            self.disable = Some(pattern);
        }
    }

    /// What it comes to; `None` where nothing is compressed and no form is looked for.
    pub(super) fn resolved(
        &self,
        plain: CompressionSettings,
        beside: &PlainSettings,
    ) -> Option<ir::Compression> {
        let on =
            CODINGS.into_iter().zip(&self.types).filter(|((coding, _), _)| plain.is_on(*coding));
        let coders = on.map(|((coding, _), types)| ir::Coder { coding, types: (**types).clone() });
        let coders: Vec<_> = coders.collect();
        let is_used =
            !coders.is_empty() || plain.gunzip || beside.codings_beside().next().is_some();
        is_used.then(|| ir::Compression { plain, coders, disable: self.disable.clone() })
    }
}

/// Whether a directive has contents compressed, or forms sent that are.
fn is_switch(name: &str) -> bool {
    let is_of = |(on_the_way, before)| name == on_the_way || name == before;
    name == "gunzip" || Coding::ORDER.into_iter().map(directive::beside).any(is_of)
}

/// G03: that of which the conf says how it is done is done somewhere.
pub(super) fn check_use(conf: &Conf, diagnostics: &mut Diagnostics) {
    let (mut first, mut is_used) = (None, false);
    each(&conf.directives, &mut |directive| {
        let name = directive.name.text().unwrap_or_default();
        let is_on = directive.args.first().is_some_and(|word| word.value != b"off");
        let is_switch = is_switch(name);
        is_used |= is_switch && is_on;
        if !is_switch && directive::is_for_compression(name) {
            first.get_or_insert(directive.span());
        }
    });
    if let Some(place) = first.filter(|_| !is_used) {
        let message = "nothing is compressed, so this has no effect";
        let warning = Diagnostic::warning("G03", place, message);
        diagnostics.push(warning.help("write `gzip on;` too, or leave the line out"));
    }
}

/// Calls `see` with all directives, inner ones too.
fn each(directives: &[Directive], see: &mut dyn FnMut(&Directive)) {
    for directive in directives {
        see(directive);
        directive.block.iter().for_each(|block| each(&block.directives, see));
    }
}

/// G01: types that gain nothing.
fn check_types(words: &[&Word], diagnostics: &mut Diagnostics) {
    for word in words {
        if is_compressed(&word.value) {
            let message = format!("`{}` is compressed already", word.shown());
            let warning = Diagnostic::warning("G01", word.span, message);
            diagnostics.push(warning.help("leave it out"));
        }
    }
}

/// Whether contents of a type are compressed by themselves.
fn is_compressed(media_type: &[u8]) -> bool {
    let name = String::from_utf8_lossy(media_type).to_ascii_lowercase();
    match name.split_once('/') {
        Some(("image", kind)) => {
            ["png", "jpeg", "jpg", "gif", "webp", "avif", "heic", "jxl"].contains(&kind)
        }
        Some(("video", _)) => true,
        Some(("audio", kind)) => !["wav", "x-wav", "midi", "basic"].contains(&kind),
        Some(("font", kind)) => ["woff", "woff2"].contains(&kind),
        Some(("application", kind)) => [
            "gzip",
            "x-gzip",
            "zip",
            "x-7z-compressed",
            "x-rar-compressed",
            "x-bzip2",
            "x-xz",
            "zstd",
            "font-woff",
            "font-woff2",
            "x-font-woff",
        ]
        .contains(&kind),
        _ => false,
    }
}

/// The types of a list, in lower case and without parameters; `None`: all.
pub(super) fn media_types(words: &[&Word]) -> Checked<Option<Vec<Vec<u8>>>> {
    if words.iter().any(|word| word.value == b"*") {
        return Ok(None);
    }
    let mut types = vec![ALWAYS.to_vec()];
    for word in words {
        let name = media_type(word)?.to_ascii_lowercase();
        if !types.contains(&name) {
            types.push(name);
        }
    }
    Ok(Some(types))
}

/// One pattern for all clients that are named.
fn clients(words: &[Word]) -> Checked<Regex> {
    let mut all = Vec::new();
    for word in words {
        let text = match &word.value[..] {
            b"msie6" => MSIE6.as_bytes(),
            text => {
                regex(word, 0, true)?;
                text
            }
        };
        let before: &[u8] = if all.is_empty() { b"(?:" } else { b"|(?:" };
        all.extend([before, text, b")"].concat());
    }
    let whole = Word { value: all, quoted: false, offsets: Vec::new(), ..words[0].clone() };
    Ok(Regex { pattern: regex(&whole, 0, true)?.pattern, captures_used: false })
}

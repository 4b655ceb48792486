//! Media types by file name extension.

use std::collections::HashMap;

use sitec_runtime::site::TypesId;

use super::charset::say_charset;
use super::intern::Interner;
use super::value::{Checked, media_type};
use super::{Checker, named};
use crate::ast::{Directive, Word};
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Types};
use crate::source::Span;

/// Extensions of what is found on the web. Those that a conf does not need cost nothing but
/// a place in a match.
const COMMON: &[&str] = &[PAGES, IMAGES, FONTS, MEDIA, DOCUMENTS, ARCHIVES];

const PAGES: &str = "html htm shtml xhtml css js mjs json jsonld map wasm webmanifest xml xsl xslt \
    xsd rss atom txt text log md markdown csv tsv ics vcf vtt srt yaml yml toml conf ini geojson \
    rdf mml jad wml htc appcache";
const IMAGES: &str = "png jpg jpeg jpe gif webp avif svg svgz ico bmp tif tiff apng heic heif jxl \
    jp2 psd wbmp jng xbm";
const FONTS: &str = "woff woff2 ttf ttc otf eot";
const MEDIA: &str = "mp3 m4a aac ogg oga opus wav flac weba mid midi kar aif aiff ra m3u m3u8 mp4 \
    m4v mpg mpeg mpe webm ogv ogx mov qt avi flv wmv asf asx mkv mng 3gp 3gpp 3g2 ts mpd";
const DOCUMENTS: &str = "pdf ps eps ai rtf doc docx dot xls xlsx ppt pptx pps odt ods odp odg epub \
    mobi azw djvu tex latex xps kml kmz swf";
const ARCHIVES: &str = "zip gz tgz bz2 xz 7z rar tar jar war ear apk ipa bin exe dll msi msp msm \
    deb rpm dmg iso img cab run jnlp jardiff sea sit torrent sh pl pm tcl tk py c h cpp rs java cco \
    der pem crt prc pdb hqx xpi";

/// Where nginx's own table is of another mind than the one of mime_guess, or knows more.
const PREFERRED: &[(&str, &str)] = &[
    ("azw", "application/vnd.amazon.ebook"),
    ("conf", "text/plain"),
    ("jardiff", "application/x-java-archive-diff"),
    ("jng", "image/x-jng"),
    ("jsonld", "application/ld+json"),
    ("jxl", "image/jxl"),
    ("log", "text/plain"),
    ("map", "application/json"),
    ("mjs", "text/javascript"),
    ("mng", "video/x-mng"),
    ("srt", "text/plain"),
    ("svgz", "image/svg+xml"),
    ("toml", "text/plain"),
    ("ts", "video/mp2t"),
    ("yaml", "text/yaml"),
    ("yml", "text/yaml"),
];

/// The table of a conf without `types`.
pub(crate) fn common() -> Types {
    let typed = |extension: &str| {
        let preferred = PREFERRED.iter().find(|(name, _)| *name == extension);
        let name = match preferred {
            Some((_, name)) => Some(*name),
            None => mime_guess::from_ext(extension).first_raw(),
        };
        Some((extension.as_bytes().to_vec(), name?.as_bytes().to_vec()))
    };
    extensions().filter_map(typed).collect()
}

/// Extensions of programs that pages are made by.
const SCRIPTS: &[&str] = &["php", "phtml", "cgi", "fcgi", "asp", "aspx", "jsp", "rb"];

/// Whether an extension is in common use.
pub(crate) fn is_known_extension(name: &str) -> bool {
    extensions().chain(SCRIPTS.iter().copied()).any(|known| known == name)
}

fn extensions() -> impl Iterator<Item = &'static str> {
    COMMON.iter().flat_map(|kind| kind.split_ascii_whitespace())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_table_is_whole() {
        let types = common();
        let is_typed = |name: &&str| types.iter().any(|(typed, _)| typed == name.as_bytes());
        let missing: Vec<_> = extensions().filter(|name| !is_typed(name)).collect();
        assert!(missing.is_empty(), "no type: {missing:?}");
        let names: std::collections::HashSet<_> = extensions().collect();
        assert_eq!(names.len(), extensions().count(), "an extension stands twice");
    }

    #[test]
    fn common_types() {
        let types = common();
        for (extension, expected) in [
            ("html", "text/html"),
            ("js", "text/javascript"),
            ("svg", "image/svg+xml"),
            ("woff2", "font/woff2"),
            ("ts", "video/mp2t"),
            ("ico", "image/x-icon"),
            ("json", "application/json"),
        ] {
            let found = types.iter().find(|(name, _)| name == extension.as_bytes());
            assert_eq!(found.unwrap().1, expected.as_bytes(), "{extension}");
        }
    }
}

//! The media types of a conf without `types`: those of the `mime.types` that comes with nginx, and
//! what else is found on the web. One that a conf does not need costs nothing but a place in a match.
//!
//! Where nginx and the registry of the IANA are of another mind it is nginx's type, so that a conf
//! that includes nginx's file and one that does not answer the same.

/// A media type, and the extensions that have it.
type Line = (&'static str, &'static str);

/// What nginx has too, extension by extension.
const NGINX: &[Line] = &[
    ("text/html", "html htm shtml"),
    ("text/css", "css"),
    ("text/xml", "xml"),
    ("image/gif", "gif"),
    ("image/jpeg", "jpeg jpg"),
    ("application/javascript", "js"),
    ("application/atom+xml", "atom"),
    ("application/rss+xml", "rss"),
    ("text/mathml", "mml"),
    ("text/plain", "txt"),
    ("text/vnd.sun.j2me.app-descriptor", "jad"),
    ("text/vnd.wap.wml", "wml"),
    ("text/x-component", "htc"),
    ("image/avif", "avif"),
    ("image/png", "png"),
    ("image/svg+xml", "svg svgz"),
    ("image/tiff", "tif tiff"),
    ("image/vnd.wap.wbmp", "wbmp"),
    ("image/webp", "webp"),
    ("image/x-icon", "ico"),
    ("image/x-jng", "jng"),
    ("image/x-ms-bmp", "bmp"),
    ("font/woff", "woff"),
    ("font/woff2", "woff2"),
    ("application/java-archive", "jar war ear"),
    ("application/json", "json"),
    ("application/mac-binhex40", "hqx"),
    ("application/msword", "doc"),
    ("application/pdf", "pdf"),
    ("application/postscript", "ps eps ai"),
    ("application/rtf", "rtf"),
    ("application/vnd.apple.mpegurl", "m3u8"),
    ("application/vnd.google-earth.kml+xml", "kml"),
    ("application/vnd.google-earth.kmz", "kmz"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.ms-fontobject", "eot"),
    ("application/vnd.ms-powerpoint", "ppt"),
    ("application/vnd.oasis.opendocument.graphics", "odg"),
    ("application/vnd.oasis.opendocument.presentation", "odp"),
    ("application/vnd.oasis.opendocument.spreadsheet", "ods"),
    ("application/vnd.oasis.opendocument.text", "odt"),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ("application/vnd.wap.wmlc", "wmlc"),
    ("application/wasm", "wasm"),
    ("application/x-7z-compressed", "7z"),
    ("application/x-cocoa", "cco"),
    ("application/x-java-archive-diff", "jardiff"),
    ("application/x-java-jnlp-file", "jnlp"),
    ("application/x-makeself", "run"),
    ("application/x-perl", "pl pm"),
    ("application/x-pilot", "prc pdb"),
    ("application/x-rar-compressed", "rar"),
    ("application/x-redhat-package-manager", "rpm"),
    ("application/x-sea", "sea"),
    ("application/x-shockwave-flash", "swf"),
    ("application/x-stuffit", "sit"),
    ("application/x-tcl", "tcl tk"),
    ("application/x-x509-ca-cert", "der pem crt"),
    ("application/x-xpinstall", "xpi"),
    ("application/xhtml+xml", "xhtml"),
    ("application/xspf+xml", "xspf"),
    ("application/zip", "zip"),
    ("application/octet-stream", "bin exe dll deb dmg iso img msi msp msm"),
    ("audio/midi", "mid midi kar"),
    ("audio/mpeg", "mp3"),
    ("audio/ogg", "ogg"),
    ("audio/x-m4a", "m4a"),
    ("audio/x-realaudio", "ra"),
    ("video/3gpp", "3gpp 3gp"),
    ("video/mp2t", "ts"),
    ("video/mp4", "mp4"),
    ("video/mpeg", "mpeg mpg"),
    ("video/quicktime", "mov"),
    ("video/webm", "webm"),
    ("video/x-flv", "flv"),
    ("video/x-m4v", "m4v"),
    ("video/x-mng", "mng"),
    ("video/x-ms-asf", "asx asf"),
    ("video/x-ms-wmv", "wmv"),
    ("video/x-msvideo", "avi"),
];

/// What nginx does not know: by the registry, and where that is silent too, by what servers send.
const OTHERS: &[Line] = &[
    ("text/javascript", "mjs"),
    ("text/plain", "text log srt toml conf ini py c h cpp"),
    ("text/markdown", "md markdown"),
    ("text/csv", "csv"),
    ("text/tab-separated-values", "tsv"),
    ("text/calendar", "ics"),
    ("text/vcard", "vcf"),
    ("text/vtt", "vtt"),
    ("text/xml", "xsl xslt xsd"),
    ("text/yaml", "yaml yml"),
    ("text/cache-manifest", "appcache"),
    ("text/x-java-source", "java"),
    ("text/x-rust", "rs"),
    ("application/json", "map"),
    ("application/ld+json", "jsonld"),
    ("application/geo+json", "geojson"),
    ("application/manifest+json", "webmanifest"),
    ("application/rdf+xml", "rdf"),
    ("application/dash+xml", "mpd"),
    ("image/jpeg", "jpe"),
    ("image/apng", "apng"),
    ("image/heic", "heic"),
    ("image/heif", "heif"),
    ("image/jp2", "jp2"),
    ("image/jxl", "jxl"),
    ("image/vnd.adobe.photoshop", "psd"),
    ("image/vnd.djvu", "djvu"),
    ("image/x-xbitmap", "xbm"),
    ("font/collection", "ttc"),
    ("font/otf", "otf"),
    ("font/ttf", "ttf"),
    ("model/gltf+json", "gltf"),
    ("model/gltf-binary", "glb"),
    ("model/vnd.usdz+zip", "usdz"),
    ("audio/aac", "aac"),
    ("audio/aiff", "aif aiff"),
    ("audio/flac", "flac"),
    ("audio/ogg", "oga opus"),
    ("audio/wav", "wav"),
    ("audio/webm", "weba"),
    ("audio/x-mpegurl", "m3u"),
    ("video/3gpp2", "3g2"),
    ("video/mpeg", "mpe"),
    ("video/ogg", "ogv"),
    ("video/quicktime", "qt"),
    ("video/x-matroska", "mkv"),
    ("application/ogg", "ogx"),
    ("application/epub+zip", "epub"),
    ("application/msword", "dot"),
    ("application/vnd.amazon.ebook", "azw"),
    ("application/vnd.ms-powerpoint", "pps"),
    ("application/vnd.ms-xpsdocument", "xps"),
    ("application/x-latex", "latex"),
    ("application/x-mobipocket-ebook", "mobi"),
    ("application/x-tex", "tex"),
    ("application/gzip", "gz tgz"),
    ("application/vnd.android.package-archive", "apk"),
    ("application/vnd.ms-cab-compressed", "cab"),
    ("application/x-bittorrent", "torrent"),
    ("application/x-bzip2", "bz2"),
    ("application/x-itunes-ipa", "ipa"),
    ("application/x-sh", "sh"),
    ("application/x-tar", "tar"),
    ("application/x-xz", "xz"),
    ("application/zstd", "zst"),
];

/// Extensions of programs that pages are made by.
const SCRIPTS: &[&str] = &["php", "phtml", "cgi", "fcgi", "asp", "aspx", "jsp", "rb"];

/// Every extension with its type.
pub(super) fn common_types() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = NGINX.iter().chain(OTHERS);
    lines.flat_map(|(media_type, extensions)| {
        extensions.split_ascii_whitespace().map(move |extension| (extension, *media_type))
    })
}

/// Whether an extension is in common use.
pub(crate) fn is_known_extension(name: &str) -> bool {
    common_types().map(|(known, _)| known).chain(SCRIPTS.iter().copied()).any(|known| known == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The table that nginx 1.22 comes with, as it stands there.
    const MIME_TYPES: &str = include_str!("common_types/mime.types");

    #[test]
    fn no_extension_stands_twice() {
        let types: BTreeMap<_, _> = common_types().collect();
        assert_eq!(types.len(), common_types().count());
        let mut lines: Vec<_> = OTHERS.iter().map(|(media_type, _)| media_type).collect();
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines.len(), OTHERS.len(), "a type stands twice");
    }

    #[test]
    fn what_nginx_knows_is_as_nginx_has_it() {
        let inner = MIME_TYPES.split(['{', '}']).nth(1).expect("a block");
        let lines = inner.split(';').map(str::split_ascii_whitespace);
        let theirs: BTreeMap<&str, &str> = lines
            .filter_map(|mut words| Some((words.next()?, words)))
            .flat_map(|(media_type, extensions)| extensions.map(move |name| (name, media_type)))
            .collect();
        assert!(theirs.len() > 90, "{} extensions", theirs.len());
        let ours: BTreeMap<_, _> = common_types().collect();
        let found = theirs.keys().map(|name| (*name, ours.get(name).copied().unwrap_or("none")));
        assert_eq!(found.collect::<BTreeMap<_, _>>(), theirs);
        // And no other is said to be.
        let said: Vec<_> = NGINX.iter().flat_map(|(_, names)| names.split(' ')).collect();
        assert!(said.iter().all(|name| theirs.contains_key(name)), "{said:?}");
        assert_eq!(said.len(), theirs.len());
    }

    #[test]
    fn what_nginx_does_not_know_is_as_the_registry_has_it() {
        let types: BTreeMap<_, _> = common_types().collect();
        for (extension, expected) in [
            ("mjs", "text/javascript"),
            ("glb", "model/gltf-binary"),
            ("gltf", "model/gltf+json"),
            ("usdz", "model/vnd.usdz+zip"),
            ("zst", "application/zstd"),
            ("jxl", "image/jxl"),
            ("webmanifest", "application/manifest+json"),
            ("otf", "font/otf"),
            ("tgz", "application/gzip"),
            ("psd", "image/vnd.adobe.photoshop"),
            ("vcf", "text/vcard"),
            ("java", "text/x-java-source"),
        ] {
            assert_eq!(types.get(extension), Some(&expected), "{extension}");
        }
    }

    #[test]
    fn extensions_of_programs_are_known() {
        assert!(is_known_extension("php") && is_known_extension("glb"));
        assert!(!is_known_extension("phpx") && !is_known_extension(""));
    }
}

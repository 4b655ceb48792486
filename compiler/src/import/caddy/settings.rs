//! Directives of Caddy that set something, whatever answers.

use super::lines::Statement;
use super::placeholder::replaced;
use crate::import::draft::Draft;
use crate::import::tree::Item;
use crate::source::Span;

/// `file_server`
pub(super) fn files(statement: &Statement, options: &[&str], draft: &mut Draft) -> Vec<Item> {
    let span = draft.span(statement.range.clone());
    let mut items = Vec::new();
    let mut browses = options == ["browse"];
    for inner in statement.block.iter().flatten().filter(|it| !it.is_comment()) {
        let own = draft.span(inner.range.clone());
        let words: Vec<&str> = inner.words.iter().map(String::as_str).collect();
        match &words[..] {
            ["browse"] => browses = true,
            ["root", folder] => {
                let folder = draft.base.conf.join(folder).to_string_lossy().into_owned();
                items.push(draft.simple(own, &["root", &folder]));
            }
            ["index", names @ ..] => {
                items.push(draft.simple(own, &[&["index"], names].concat()));
            }
            ["precompressed", codings @ ..] => {
                let codings =
                    if codings.is_empty() { &["br", "zstd", "gzip"][..] } else { codings };
                for coding in codings {
                    let name = match *coding {
                        "br" => "brotli_static",
                        "zstd" => "zstd_static",
                        _ => "gzip_static",
                    };
                    items.push(draft.simple(own, &[name, "on"]));
                }
            }
            [name, ..] => items.push(draft.lost(own, name, "", "")),
            [] => {}
        }
    }
    let listing = if browses { "on" } else { "off" };
    items.push(draft.simple(span, &["autoindex", listing]));
    items
}

/// `encode`
pub(super) fn encode(
    codings: &[&str],
    block: &[Statement],
    span: Span,
    draft: &mut Draft,
) -> Vec<Item> {
    let codings = if codings.is_empty() { &["zstd", "gzip"][..] } else { codings };
    let mut items: Vec<_> = codings
        .iter()
        .map(|coding| match *coding {
            "gzip" => draft.simple(span, &["gzip", "on"]),
            "zstd" => draft.simple(span, &["zstd", "on"]),
            "br" => draft.simple(span, &["brotli", "on"]),
            _ => draft.lost(span, "encode", "", "`gzip`, `brotli` and `zstd` compress"),
        })
        .collect();
    const TYPES: &[&str] = &[
        "application/javascript",
        "application/json",
        "application/xml",
        "image/svg+xml",
        "text/css",
        "text/javascript",
        "text/plain",
        "text/xml",
    ];
    for coding in codings {
        let name = match *coding {
            "gzip" => "gzip_types",
            "zstd" => "zstd_types",
            "br" => "brotli_types",
            _ => continue,
        };
        items.push(draft.added(&[&[name], TYPES].concat()));
    }
    for inner in block.iter().filter(|it| !it.is_comment()) {
        let own = draft.span(inner.range.clone());
        let name = inner.words[0].clone();
        items.push(draft.lost(
            own,
            &name,
            "",
            "`gzip_comp_level`, `gzip_types` and `gzip_min_length` say more",
        ));
    }
    items
}

/// `header`
pub(super) fn fields(
    parts: &[&str],
    block: &[Statement],
    span: Span,
    draft: &mut Draft,
) -> Vec<Item> {
    let own: Vec<String> = parts.iter().map(|it| (*it).to_owned()).collect();
    let mut lines = vec![(span, own)];
    if !block.is_empty() {
        let inner = block.iter().filter(|it| !it.is_comment());
        lines = inner.map(|it| (draft.span(it.range.clone()), it.words.clone())).collect();
    }
    let mut items = Vec::new();
    for (span, words) in lines {
        let value = words.get(1).map(|value| replaced(value));
        let field = words.first().map_or("", String::as_str);
        items.push(match (field.trim_start_matches(['+', '?', '>']), value, words.len()) {
            (_, None, 1) if field == "-Server" => draft.simple(span, &["server_tokens", "off"]),
            (_, None, 1) if field.eq_ignore_ascii_case("-etag") => {
                draft.simple(span, &["etag", "off"])
            }
            (name, Some(Ok(value)), 2) if !name.starts_with('-') => {
                draft.simple(span, &["add_header", name, &value, "always"])
            }
            (_, Some(Err(why)), _) => draft.lost(span, "header", &why, ""),
            (_, None, 1) if field.starts_with('-') => draft.lost(
                span,
                "header",
                "a field that is taken away has no counterpart",
                "`proxy_hide_header` keeps back what another server sends",
            ),
            _ => draft.lost(
                span,
                "header",
                "a field that is changed has no counterpart",
                "`add_header NAME VALUE always` adds a field",
            ),
        });
    }
    items
}

/// `log`
pub(super) fn log(block: &[Statement], span: Span, draft: &mut Draft) -> Vec<Item> {
    let how = "Caddy writes JSON; here lines have the format `combined`, unless `log_format` makes another.";
    let (mut file, mut items) = ("/dev/stderr".to_owned(), Vec::new());
    for inner in block.iter().filter(|it| !it.is_comment()) {
        let own = draft.span(inner.range.clone());
        match &inner.words[..] {
            [output, kind, path, ..] if output == "output" && kind == "file" => {
                file = draft.base.conf.join(path).to_string_lossy().into_owned();
            }
            [output, kind] if output == "output" && kind == "stdout" => {
                file = "/dev/stdout".to_owned()
            }
            [output, kind] if output == "output" && kind == "stderr" => {}
            [output, kind] if output == "output" && kind == "discard" => file = "off".to_owned(),
            [format, kind, ..] if format == "format" && kind == "console" => {}
            words => {
                let name = words.first().cloned().unwrap_or_default();
                items.push(draft.lost(own, &name, "", "`log_format` and `access_log` say more"));
            }
        }
    }
    let log = draft.simple(span, &["access_log", &file]);
    items.push(draft.differs(log, how));
    items
}

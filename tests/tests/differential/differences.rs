//! In what a reply may differ from nginx's. docs/nginx.md has each of them.

use std::io::Read;

use sitec_runtime::http::date;

use crate::reply::Reply;
use crate::request::Asked;

/// Makes two replies alike in one respect, where they differ in what is meant.
type Alike = fn(&Asked, &mut Reply, &mut Reply);

/// Each difference: words of docs/nginx.md, which says why, and what makes the replies alike.
pub const DIFFERENCES: &[(&str, Alike)] = &[
    ("anew for each request, in chunks", |_, nginx, sitec| {
        for reply in [nginx, sitec] {
            let mut content = Vec::new();
            let mut decoder = flate2::read::GzDecoder::new(&reply.content[..]);
            // What lies there as `.gz` is none.
            let is_coded = reply.field("content-encoding") == Some("gzip");
            if is_coded && decoder.read_to_end(&mut content).is_ok() {
                reply.content = content;
                reply.drop("content-length");
                reply.drop("transfer-encoding");
            }
        }
    }),
    ("the server name and version", |_, nginx, sitec| {
        nginx.drop("server");
        sitec.drop("server");
    }),
    ("error pages | nginx's", pages),
    ("a page within a content", |_, nginx, sitec| {
        for reply in [nginx, sitec] {
            reply.content = without_pages(&reply.text()).into_bytes();
        }
    }),
    ("without `Allow`", |_, nginx, sitec| {
        if sitec.status == 405 && nginx.field("allow").is_none() {
            sitec.drop("allow");
        }
    }),
    ("`Vary: Accept-Encoding`", |_, nginx, sitec| {
        if nginx.field("vary").is_none() && sitec.field("vary") == Some("Accept-Encoding") {
            sitec.drop("vary");
        }
    }),
    ("the boundary of several ranges", |_, nginx, sitec| {
        for reply in [nginx, sitec] {
            let value = reply.field("content-type").unwrap_or_default();
            if let Some((_, boundary)) = value.split_once("multipart/byteranges; boundary=") {
                let boundary = boundary.to_owned();
                reply.content = reply.text().replace(&boundary, "BOUNDARY").into_bytes();
                reply.replace("content-type", "multipart/byteranges".to_owned());
            }
        }
    }),
    ("A redirect is percent-encoded", |_, nginx, _| {
        if let Some(value) = nginx.field("location") {
            let encoded: String = value.chars().map(encoded).collect();
            nginx.replace("location", encoded);
        }
    }),
    ("the fields of 416", |_, nginx, sitec| {
        let is_416 = |reply: &Reply| {
            reply.field("content-range").is_some_and(|value| value.starts_with("bytes */"))
        };
        // Another status may have taken its place.
        let is_replaced = is_416(nginx) && nginx.status != 416 && nginx.status == sitec.status;
        if is_416(nginx) && is_416(sitec) || is_replaced {
            for reply in [nginx, sitec] {
                reply
                    .fields
                    .retain(|(name, _)| matches!(&name[..], "content-range" | "connection"));
                if is_replaced {
                    reply.fields.retain(|(name, _)| name == "connection");
                }
                // Where an error page has led there twice, it is the last one that holds.
                reply.fields.dedup_by(|later, first| {
                    let is_same = first.0 == later.0;
                    if is_same {
                        first.1 = std::mem::take(&mut later.1);
                    }
                    is_same
                });
            }
        }
    }),
    ("conditions on the text of a `return`", |request, nginx, sitec| {
        let is_file = sitec.field("accept-ranges").is_some();
        let asks = request.fields.contains("If-");
        if asks && matches!(nginx.status, 412 | 304) && sitec.status == 200 && !is_file {
            *nginx = sitec.clone();
        }
    }),
    ("A path that variables make in `proxy_pass`", |request, nginx, sitec| {
        if request.method == "HEAD" && nginx.field("x-powered-by").is_some() {
            nginx.drop("content-length");
            sitec.drop("content-length");
        }
        if nginx.content == sitec.content || nginx.field("x-powered-by").is_none() {
            return;
        }
        let end = nginx.content.iter().position(|&byte| byte == b'\n').unwrap_or_default();
        let (line, rest) = nginx.content.split_at(end);
        if let Some(at) = line.iter().position(|&byte| byte == b' ') {
            let target: String = line[at + 1..].iter().map(|&byte| encoded(byte.into())).collect();
            nginx.content = [&line[..=at], target.as_bytes(), rest].concat();
            nginx.drop("content-length");
            sitec.drop("content-length");
        }
    }),
    ("goes along to its error page", |request, nginx, sitec| {
        let text = nginx.text();
        if request.content.is_empty() || nginx.content == sitec.content {
            return;
        }
        let length = format!("Content-Length: {}\n", request.content.len());
        let without = text.replacen(&length, "", 1);
        if let Some(rest) = without.strip_suffix(&format!("{}\n", request.content))
            && text.starts_with("GET ")
        {
            nginx.content = format!("{rest}\n").into_bytes();
            nginx.drop("content-length");
            sitec.drop("content-length");
        }
    }),
    ("two slashes at the front", |_, nginx, sitec| {
        let path = sitec.field("location").map(|path| path.replacen("/.//", "//", 1));
        if let Some(path) = path.filter(|path| nginx.field("location") == Some(path)) {
            sitec.replace("location", path);
        }
    }),
    ("a folder without an index", |request, nginx, sitec| {
        let is_other = !matches!(request.method, "GET" | "HEAD");
        if is_other && nginx.status == 403 && sitec.status == 405 {
            *nginx = sitec.clone();
        }
    }),
    ("the `$uri` of 400 and of 500", |_, nginx, sitec| {
        if nginx.status == sitec.status && matches!(nginx.status, 400 | 500) {
            // Nor are there arguments, which a charset may be made of.
            for reply in [nginx, sitec] {
                reply.fields.retain(|(name, _)| !name.starts_with("x-") && name != "content-type");
            }
        }
    }),
    ("a Location that an error page", |_, nginx, sitec| {
        if sitec.status >= 400 {
            nginx.drop("location");
            sitec.drop("location");
        }
    }),
    ("`expires modified` of an error page", |_, nginx, sitec| {
        if !matches!(sitec.status, 200 | 206 | 304) {
            for name in ["expires", "cache-control"] {
                if let Some(value) = sitec.field(name).map(str::to_owned) {
                    nginx.replace(name, value);
                }
            }
        }
    }),
    ("the type of a 204", |_, nginx, sitec| {
        if sitec.status == 204 && sitec.field("expires").is_none() {
            nginx.drop("expires");
            nginx.drop("cache-control");
            sitec.drop("cache-control");
        }
    }),
    ("the type of several ranges", |_, nginx, sitec| {
        if sitec.field("content-type").is_some_and(|value| value.starts_with("multipart/")) {
            for name in ["expires", "cache-control"] {
                nginx.drop(name);
                sitec.drop(name);
            }
        }
    }),
    ("the parts of several ranges", |_, nginx, sitec| {
        if nginx.status == 206 && nginx.content != sitec.content {
            nginx.content = nginx.text().replace("; charset=utf-8\r\n", "\r\n").into_bytes();
            if nginx.content == sitec.content {
                sitec.drop("content-length");
                nginx.drop("content-length");
            }
        }
    }),
];

/// A content with each page of a status as its title's number.
fn without_pages(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = ["<html>\r\n<head><title>", "<!DOCTYPE html>"]
        .iter()
        .filter_map(|begin| rest.find(begin))
        .min()
    {
        let page = &rest[at..];
        let title = page.split_once("<title>").and_then(|(_, title)| title.get(..3));
        // A page that no client looks at is shorter.
        let last =
            if page.get(..60).unwrap_or(page).contains("<html") { "</html>" } else { "</h1>" };
        let end = page.find(last).map(|end| end + last.len());
        let (Some(title), Some(end)) = (title, end) else { break };
        out += &rest[..at];
        out += title;
        rest = page[end..].trim_start_matches(['\r', '\n']);
    }
    out + rest
}

/// The statuses' own pages: they tell the same number.
fn pages(request: &Asked, nginx: &mut Reply, sitec: &mut Reply) {
    let is_html = |reply: &Reply| {
        reply.field("content-type").is_some_and(|value| value.starts_with("text/html"))
    };
    if request.method == "HEAD" && nginx.status >= 300 && is_html(nginx) && is_html(sitec) {
        nginx.drop("content-length");
        sitec.drop("content-length");
    }
    let title = |reply: &Reply| {
        let text = reply.text();
        let title = text.split_once("<title>")?.1.split_once("</title>")?.0;
        title.split(' ').next().map(str::to_owned)
    };
    if nginx.text().ends_with("<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n") {
        for reply in [nginx, sitec] {
            reply.content = title(reply).unwrap_or_else(|| reply.text()).into_bytes();
            reply.drop("content-length");
        }
    }
}

/// A byte of a Location, which is a character here, as sitec writes it.
fn encoded(byte: char) -> String {
    match byte {
        '\"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}' | ' ' | '\u{80}'.. => {
            format!("%{:02X}", u32::from(byte))
        }
        byte => byte.to_string(),
    }
}

/// Makes alike what follows from the time: the second may have changed between two replies.
pub fn times(nginx: &mut Reply, sitec: &mut Reply) {
    nginx.drop("date");
    sitec.drop("date");
    for (name, number) in [
        ("expires", date::parse as fn(&[u8]) -> Option<i64>),
        ("cache-control", |value| {
            std::str::from_utf8(value).ok()?.strip_prefix("max-age=")?.parse().ok()
        }),
    ] {
        let Some((theirs, ours)) = nginx.field(name).zip(sitec.field(name)) else { continue };
        let both = number(theirs.as_bytes()).zip(number(ours.as_bytes()));
        if both.is_some_and(|(theirs, ours)| theirs.abs_diff(ours) <= 2) {
            let theirs = theirs.to_owned();
            sitec.replace(name, theirs);
        }
    }
}

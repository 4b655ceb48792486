//! `reverse_proxy` and `php_fastcgi`.

use super::lines::Statement;
use super::placeholder::replaced;
use crate::import::draft::Draft;
use crate::import::tree::Item;
use crate::source::Span;

/// Groups of servers that are asked, which stand outside of the servers.
#[derive(Default)]
pub(super) struct Upstreams {
    waiting: Vec<(Span, Vec<Vec<String>>)>,
    count: usize,
}

impl Upstreams {
    /// The name of a new group.
    fn add(&mut self, span: Span, lines: Vec<Vec<String>>) -> String {
        self.count += 1;
        self.waiting.push((span, lines));
        format!("upstream_{}", self.count)
    }

    /// The blocks of those that were added since.
    pub(super) fn take(&mut self, draft: &mut Draft) -> Vec<Item> {
        let first = self.count + 1 - self.waiting.len();
        let waiting = std::mem::take(&mut self.waiting);
        let blocks = waiting.into_iter().enumerate().map(|(index, (span, lines))| {
            let lines = lines.iter().map(|words| {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                draft.simple(span, &words)
            });
            let lines = lines.collect();
            draft.block(span, &["upstream", &format!("upstream_{}", first + index)], lines)
        });
        blocks.collect()
    }
}

/// A server that is asked: its scheme, and its address as it is written here.
fn server(text: &str) -> Option<(&'static str, String)> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    let scheme = match scheme {
        "http" => "http",
        "https" => "https",
        _ => return None,
    };
    if let Some(path) = rest.strip_prefix("unix/") {
        return Some((scheme, format!("unix:{path}")));
    }
    let rest = rest.trim_end_matches('/');
    let is_plain = !rest.is_empty() && !rest.contains(['/', '{', '*']) && !text.starts_with("unix");
    let rest = if let Some(port) = rest.strip_prefix(':') {
        format!("127.0.0.1:{port}")
    } else {
        rest.to_owned()
    };
    let has_port = rest.rsplit_once(':').is_some_and(|it| it.1.parse::<u16>().is_ok());
    let ports = if scheme == "https" { "443" } else { "80" };
    is_plain.then(|| (scheme, if has_port { rest } else { format!("{rest}:{ports}") }))
}

/// `reverse_proxy`
pub(super) fn http(
    statement: &Statement,
    words: &[String],
    (draft, upstreams): (&mut Draft, &mut Upstreams),
) -> Vec<Item> {
    let span = draft.span(statement.range.clone());
    let mut servers: Vec<String> = words.to_vec();
    let (mut items, mut lines) = (Vec::new(), Vec::new());
    for inner in statement.block.iter().flatten() {
        let own = draft.span(inner.range.clone());
        let words: Vec<&str> = inner.words.iter().map(String::as_str).collect();
        match &words[..] {
            _ if inner.is_comment() => {
                items.push(crate::import::draft::comment(words.first().unwrap_or(&""), inner.gap));
            }
            ["to", more @ ..] => servers.extend(more.iter().map(|it| (*it).to_owned())),
            ["header_up", field] if field.starts_with('-') => {
                items.push(draft.simple(own, &["proxy_set_header", &field[1..], ""]));
            }
            ["header_up", field, value] if !field.starts_with(['+', '~', '?']) => {
                match replaced(value) {
                    Ok(value) => {
                        items.push(draft.simple(own, &["proxy_set_header", field, &value]))
                    }
                    Err(why) => items.push(draft.lost(own, "header_up", &why, "")),
                }
            }
            ["header_down", field] if field.starts_with('-') => {
                items.push(draft.simple(own, &["proxy_hide_header", &field[1..]]));
            }
            ["lb_policy", "round_robin"] => {
                items.push(draft.needless(own, "lb_policy", "servers are asked in turn"));
            }
            ["lb_policy", policy @ ("least_conn" | "ip_hash" | "random")] => {
                lines.push(vec![(*policy).to_owned()]);
            }
            ["flush_interval", "-1"] => items.push(draft.simple(own, &["proxy_buffering", "off"])),
            [] => {}
            [name, ..] => items.push(draft.lost(
                own,
                name,
                "",
                "docs/proxy.md tells what `proxy_pass` and `upstream` know",
            )),
        }
    }
    let known: Option<Vec<_>> = servers.iter().map(|it| server(it)).collect();
    let schemes = known.iter().flatten().map(|it| it.0).collect::<std::collections::BTreeSet<_>>();
    let (Some(known), 1) = (known, schemes.len()) else {
        let help = "`proxy_pass` asks servers by HTTP or HTTPS, at an address, a name or a socket";
        return draft.lost_handler(span, "reverse_proxy", "", help);
    };
    let scheme = known[0].0;
    let target = match &known[..] {
        [(_, only)] if lines.is_empty() => match only.strip_prefix("unix:") {
            Some(path) => format!("{scheme}://unix:{path}:"),
            None => format!("{scheme}://{only}"),
        },
        several => {
            lines.extend(several.iter().map(|it| vec!["server".to_owned(), it.1.clone()]));
            format!("{scheme}://{}", upstreams.add(span, lines))
        }
    };
    let says = |items: &[Item], field: &str| {
        items.iter().any(|item| match item {
            Item::Node(node) => {
                node.header.to_ascii_lowercase().starts_with(&format!("proxy_set_header {field} "))
            }
            Item::Comment { .. } => false,
        })
    };
    for (field, value) in [
        ("Host", "$http_host"),
        ("X-Forwarded-For", "$remote_addr"),
        ("X-Forwarded-Proto", "$scheme"),
        ("X-Forwarded-Host", "$http_host"),
    ] {
        if !says(&items, &field.to_ascii_lowercase()) {
            items.push(draft.added(&["proxy_set_header", field, value]));
        }
    }
    items.push(draft.simple(span, &["proxy_pass", &target]));
    items
}

/// `php_fastcgi`, and the files beside the scripts.
pub(super) fn fastcgi(statement: &Statement, words: &[String], draft: &mut Draft) -> Vec<Item> {
    let span = draft.span(statement.range.clone());
    let target = match words {
        [only] => match only.strip_prefix("unix/") {
            Some(path) => Some(format!("unix:{path}")),
            None if only.contains(':') && !only.contains("//") => {
                Some(only.trim_start_matches("localhost").to_owned())
            }
            None => None,
        },
        _ => None,
    };
    let Some(mut target) = target else {
        let help = "`fastcgi_pass` asks one server, or an `upstream` of several";
        return draft.lost_handler(span, "php_fastcgi", "", help);
    };
    if target.starts_with(':') {
        target = format!("127.0.0.1{target}");
    }
    let mut items = Vec::new();
    for inner in statement.block.iter().flatten().filter(|it| !it.is_comment()) {
        let own = draft.span(inner.range.clone());
        items.push(match &inner.words[..] {
            [name, key, value] if name == "env" => {
                draft.simple(own, &["fastcgi_param", key, value])
            }
            words => draft.lost(own, &words.first().cloned().unwrap_or_default(), "", ""),
        });
    }
    items.push(draft.simple(span, &["index", "index.php", "index.html"]));
    items.push(draft.simple(span, &["try_files", "$uri", "$uri/index.php", "/index.php?$args"]));
    let inner = vec![
        draft.added(&["try_files", "$uri", "=404"]),
        draft.added(&["include", "fastcgi.conf"]),
        draft.added(&["fastcgi_pass", &target]),
    ];
    items.push(draft.block(span, &["location", "~", "\\.php$"], inner));
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers() {
        for (text, expected) in [
            ("localhost:9000", Some(("http", "localhost:9000"))),
            (":9000", Some(("http", "127.0.0.1:9000"))),
            ("app", Some(("http", "app:80"))),
            ("https://app", Some(("https", "app:443"))),
            ("unix//run/app.sock", Some(("http", "unix:/run/app.sock"))),
            ("h2c://app:80", None),
            ("{env.X}", None),
        ] {
            assert_eq!(server(text), expected.map(|it| (it.0, it.1.to_owned())), "{text}");
        }
    }
}

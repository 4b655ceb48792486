//! What answers, leads elsewhere or asks for a password, by the front or the end of a path.

use super::parse::Value;
use super::settings::{pairs, texts};
use crate::import::draft::{Draft, escaped};
use crate::import::tree::Item;
use crate::source::Span;

/// Keys that are read here.
const KEYS: &[&str] = &[
    "alias.url",
    "auth.backend",
    "auth.backend.htpasswd.userfile",
    "auth.require",
    "cgi.assign",
    "fastcgi.server",
    "proxy.server",
    "scgi.server",
    "static-file.exclude-extensions",
    "url.access-deny",
    "url.redirect-code",
    "expire.url",
];

pub(super) fn is_known(key: &str) -> bool {
    KEYS.contains(&key)
}

type Assigned = [(String, Value, Span)];

fn of<'a>(assigned: &'a Assigned, key: &str) -> Option<(&'a Value, Span)> {
    assigned.iter().find(|it| it.0 == key).map(|it| (&it.1, it.2))
}

/// Directives that lead elsewhere, which stand in a block itself.
pub(super) fn leading(
    key: &str,
    value: &Value,
    span: Span,
    assigned: &Assigned,
    draft: &mut Draft,
) -> Option<Vec<Item>> {
    let redirects = key == "url.redirect";
    let if_no_file = key == "url.rewrite-if-not-file";
    if !redirects && !if_no_file && !key.starts_with("url.rewrite") {
        return None;
    }
    let code = of(assigned, "url.redirect-code").and_then(|it| texts(it.0).pop());
    let mut items = Vec::new();
    for (regex, to) in pairs(value) {
        let Some((regex, to)) = led(&regex, &to) else {
            let why = "a rule about the query of a request, or what a condition matched, has no counterpart";
            items.push(draft.lost(span, key, why, "`if ($args ~ …)` asks about the query"));
            continue;
        };
        let flag = match (redirects, code.as_deref()) {
            (true, Some("302" | "303" | "307")) => "redirect",
            (true, _) => "permanent",
            (false, _) => "last",
        };
        let item = draft.simple(span, &["rewrite", &regex, &to, flag]);
        let how = "lighttpd asks a regex about the path and the query; here it is asked about the path, and the \
                   query goes along.";
        items.push(draft.differs(item, how));
    }
    if if_no_file {
        return Some(vec![draft.around(&["if", "(!-f", "$request_filename)"], items)]);
    }
    Some(items)
}

/// Where a rule leads, with variables as they are called here.
pub(super) fn target(to: &str) -> Option<String> {
    const VARIABLES: &[(&str, &str)] = &[
        ("${url.scheme}", "$scheme"),
        ("${url.authority}", "$http_host"),
        ("${url.path}", "$uri"),
        ("${url.query}", "$args"),
        ("${qsa}", ""),
    ];
    let to = VARIABLES.iter().fold(to.to_owned(), |to, (theirs, ours)| to.replace(theirs, ours));
    let is_known = !to.contains("${") && !to.contains('%') && !to.contains("$0");
    is_known.then_some(to)
}

/// A regex and where it leads, as `rewrite` has them.
fn led(regex: &str, to: &str) -> Option<(String, String)> {
    let to = target(to)?;
    let is_plain = !regex.contains("\\?") && !regex.contains("[?") && !regex.contains("^?");
    let regex = if regex.is_empty() { "^" } else { regex };
    is_plain.then(|| (regex.to_owned(), to))
}

/// The location of the files that nobody gets.
pub(super) fn denied(assigned: &Assigned, draft: &mut Draft) -> Vec<Item> {
    let mut items = Vec::new();
    let denied =
        of(assigned, "url.access-deny").filter(|it| texts(it.0).iter().all(|it| !it.is_empty()));
    if let Some((value, span)) = denied {
        let ends: Vec<_> = texts(value).iter().map(|end| escaped(end)).collect();
        let deny = draft.added(&["deny", "all"]);
        let regex = format!("(?:{})$", ends.join("|"));
        items.push(draft.block(span, &["location", "~", &regex], vec![deny]));
    }
    items
}

/// Locations by the ends of paths: scripts, and files that are not shown.
pub(super) fn by_end(
    assigned: &Assigned,
    draft: &mut Draft,
    upstreams: &mut Vec<Item>,
) -> Vec<Item> {
    let mut items = Vec::new();
    let mut scripts = Vec::new();
    for key in ["fastcgi.server", "scgi.server", "proxy.server", "cgi.assign"] {
        let Some((Value::Array(entries), span)) = of(assigned, key) else { continue };
        for (end, value) in entries
            .iter()
            .filter(|it| it.0.as_ref().is_some_and(|it| !it.starts_with('/') && !it.is_empty()))
        {
            let end = end.clone().unwrap_or_default();
            scripts.push(escaped(&end));
            if key == "cgi.assign" {
                items.push(match value {
                    Value::Text(program) if program.is_empty() => {
                        draft.simple(span, &["cgi_pass", &end])
                    }
                    Value::Text(program) => draft.simple(span, &["cgi_pass", &end, program]),
                    Value::Array(_) => {
                        draft.lost(span, key, "", "`cgi_pass .EXT PROGRAM` names a program")
                    }
                });
                continue;
            }
            let inner = handler(key, value, span, (draft, upstreams));
            items.push(draft.block(
                span,
                &["location", "~", &format!("{}$", escaped(&end))],
                inner,
            ));
        }
    }
    if let Some((value, span)) = of(assigned, "static-file.exclude-extensions") {
        let ends: Vec<_> = texts(value)
            .iter()
            .map(|end| escaped(end))
            .filter(|end| !scripts.contains(end))
            .collect();
        if !ends.is_empty() {
            let deny = draft.added(&["deny", "all"]);
            let regex = format!("(?:{})$", ends.join("|"));
            items.push(draft.block(span, &["location", "~", &regex], vec![deny]));
        }
    }
    items
}

/// Locations by the fronts of paths.
pub(super) fn by_front(
    assigned: &Assigned,
    draft: &mut Draft,
    upstreams: &mut Vec<Item>,
) -> Vec<(Vec<String>, Span, Vec<Item>)> {
    let mut found: Vec<(Vec<String>, Span, Vec<Item>)> = Vec::new();
    let mut add = |prefix: &str, span: Span, items: Vec<Item>| {
        let words = match prefix {
            "" | "/" => vec!["/".to_owned()],
            prefix => vec!["^~".to_owned(), prefix.to_owned()],
        };
        match found.iter_mut().find(|it| it.0 == words) {
            Some(known) => known.2.extend(items),
            None => found.push((words, span, items)),
        }
    };
    if let Some((value, span)) = of(assigned, "alias.url") {
        for (prefix, folder) in pairs(value) {
            let folder = match (prefix.ends_with('/'), folder.ends_with('/')) {
                (true, false) => format!("{folder}/"),
                (false, true) => folder.trim_end_matches('/').to_owned(),
                _ => folder,
            };
            let alias = draft.simple(span, &["alias", &folder]);
            add(&prefix, span, vec![alias]);
        }
    }
    if let Some((value, span)) = of(assigned, "expire.url") {
        for (prefix, time) in pairs(value) {
            let words: Vec<_> = time.split_whitespace().collect();
            let item = match crate::import::draft::duration(&words) {
                Some(time) => draft.simple(span, &["expires", &time]),
                None => {
                    draft.lost(span, "expire.url", "", "write `expires` with a time, such as `30d`")
                }
            };
            add(&prefix, span, vec![item]);
        }
    }
    if let Some((Value::Array(entries), span)) = of(assigned, "auth.require") {
        let users = of(assigned, "auth.backend.htpasswd.userfile").and_then(|it| texts(it.0).pop());
        for (prefix, value) in entries {
            let prefix = prefix.clone().unwrap_or_default();
            let says = |key: &str| pairs(value).into_iter().find(|it| it.0 == key).map(|it| it.1);
            let is_plain = says("require").as_deref() == Some("valid-user");
            let items = match (&users, is_plain) {
                (Some(users), true) => {
                    let realm = says("realm").unwrap_or_default();
                    let basic = says("method").as_deref() != Some("digest");
                    let how = "Passwords are asked for by `basic`: use TLS.";
                    let realm = draft.simple(span, &["auth_basic", &realm]);
                    let realm = if basic { realm } else { draft.differs(realm, how) };
                    vec![realm, draft.simple(span, &["auth_basic_user_file", users])]
                }
                _ => draft.lost_guard(
                    span,
                    "auth.require",
                    "",
                    "`auth_basic_user_file` names a file of users, as `htpasswd` makes it",
                ),
            };
            add(&prefix, span, items);
        }
    }
    for key in ["proxy.server", "fastcgi.server", "scgi.server"] {
        let Some((Value::Array(entries), span)) = of(assigned, key) else { continue };
        for (prefix, value) in entries {
            let prefix = prefix.clone().unwrap_or_default();
            if prefix.is_empty() || prefix.starts_with('/') {
                let items = handler(key, value, span, (draft, upstreams));
                add(&prefix, span, items);
            }
        }
    }
    found
}

/// What asks another server, or runs a program.
fn handler(
    key: &str,
    value: &Value,
    span: Span,
    (draft, upstreams): (&mut Draft, &mut Vec<Item>),
) -> Vec<Item> {
    let mut servers = Vec::new();
    addresses(value, &mut servers);
    let known: Option<Vec<String>> = servers.into_iter().collect();
    let target = match known.as_deref() {
        Some([only]) => only.clone(),
        Some(several @ [_, ..]) => {
            let name = format!("upstream_{}", upstreams.len() + 1);
            let lines = several.iter().map(|it| draft.simple(span, &["server", it])).collect();
            upstreams.push(draft.block(span, &["upstream", &name], lines));
            name
        }
        _ => {
            let help = "a server that is asked has a host and a port, or a socket; `upstream_command` starts a program beside the site";
            return draft.lost_handler(span, key, "", help);
        }
    };
    match key {
        "proxy.server" => {
            let url = match target.starts_with("unix:") {
                true => format!("http://{target}:"),
                false => format!("http://{target}"),
            };
            let mut items: Vec<_> = [
                ("Host", "$http_host"),
                ("X-Forwarded-For", "$remote_addr"),
                ("X-Forwarded-Proto", "$scheme"),
            ]
            .iter()
            .map(|(field, value)| draft.added(&["proxy_set_header", field, value]))
            .collect();
            items.push(draft.simple(span, &["proxy_pass", &url]));
            items
        }
        "scgi.server" => vec![
            draft.added(&["include", "scgi_params"]),
            draft.simple(span, &["scgi_pass", &target]),
        ],
        _ => vec![
            draft.added(&["include", "fastcgi_params"]),
            draft.added(&["fastcgi_param", "SCRIPT_FILENAME", "$request_filename"]),
            draft.simple(span, &["fastcgi_pass", &target]),
        ],
    }
}

/// The addresses of all servers in a value; `None` for one that a program is started for.
fn addresses(value: &Value, found: &mut Vec<Option<String>>) {
    let Value::Array(entries) = value else { return };
    let says = |key: &str| pairs(value).into_iter().find(|it| it.0 == key).map(|it| it.1);
    let is_server = entries.iter().any(|it| matches!(it, (Some(_), Value::Text(_))));
    if !is_server {
        return entries.iter().for_each(|entry| addresses(&entry.1, found));
    }
    found.push(match (says("bin-path"), says("socket"), says("host"), says("port")) {
        (Some(_), ..) => None,
        (None, Some(socket), ..) => Some(format!("unix:{socket}")),
        (None, None, Some(host), _) if host.starts_with('/') => Some(format!("unix:{host}")),
        (None, None, Some(host), Some(port)) => Some(format!("{host}:{port}")),
        (None, None, Some(host), None) => Some(format!("{host}:80")),
        (None, None, None, Some(port)) => Some(format!("127.0.0.1:{port}")),
        _ => None,
    });
}

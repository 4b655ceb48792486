//! The directives of a site, or of a `handle` in it.
//!
//! In Caddy, they are carried out in an order of its own, whatever their order in the file, each where
//! its matcher fits; here one location holds. So what has a matcher gets a location of its own, with what
//! answers in the scope around it.

use super::lines::Statement;
use super::matcher::{Matcher, Named, definition, location, regex, taken};
use super::placeholder::replaced;
use super::proxy::{self, Upstreams};
use super::settings;
use super::{HOW_TO_IMPORT, NOT_IMPORTED};
use crate::import::draft::{Draft, comment, escaped};
use crate::import::tree::Item;

/// One block, taken apart.
pub(super) struct Scope<'s> {
    statements: &'s [Statement],
    named: Named,
    bound: Vec<String>,
    has_certificate: bool,
}

/// Directives that answer, in Caddy's order.
const HANDLERS: &[&str] =
    &["abort", "error", "respond", "reverse_proxy", "php_fastcgi", "file_server"];

impl<'s> Scope<'s> {
    pub(super) fn new(statements: &'s [Statement], _: &mut Draft) -> Scope<'s> {
        let defined =
            statements.iter().filter(|it| !it.is_comment() && it.words[0].starts_with('@'));
        let named = defined.map(|it| (it.words[0].clone(), definition(it))).collect();
        let of = |name: &str| {
            statements.iter().filter(|it| !it.is_comment()).find(|it| it.words[0] == name)
        };
        let bound = of("bind").map_or(Vec::new(), |it| it.words[1..].to_vec());
        let has_certificate = of("tls").is_some_and(|it| it.words.len() == 3);
        Scope { statements, named, bound, has_certificate }
    }

    pub(super) fn bound(&self) -> &[String] {
        &self.bound
    }

    pub(super) fn has_certificate(&self) -> bool {
        self.has_certificate
    }

    /// The directives of a site.
    pub(super) fn site(&mut self, draft: &mut Draft, upstreams: &mut Upstreams) -> Vec<Item> {
        let (mut items, handler) = self.items(draft, upstreams);
        let answers = items.iter().any(|item| {
            matches!(item, Item::Node(node) if node.name == "return" || node.header == "location /")
        });
        if !answers {
            items.push(draft.around(&["location", "/"], handler));
        }
        items
    }

    /// What holds in the whole scope, and what answers there.
    fn items(&self, draft: &mut Draft, upstreams: &mut Upstreams) -> (Vec<Item>, Vec<Item>) {
        let (mut items, mut locations) = (Vec::new(), Vec::new());
        let handlers: Vec<_> = self.handlers(|matcher| *matcher == Matcher::All);
        for statement in self.statements {
            if statement.is_comment() {
                items.push(comment(&statement.words[0], statement.gap));
                continue;
            }
            let name = &statement.words[0][..];
            let span = draft.span(statement.range.clone());
            if name.starts_with('@') {
                if let Some(Matcher::Paths(_)) = self.named.get(name) {
                    items.push(draft.needless(span, name, "its paths stand where it is used"));
                } else {
                    let help = "`map` and `if` ask about other things than paths";
                    items.push(draft.lost(
                        span,
                        name,
                        "a matcher that is not about paths has no counterpart",
                        help,
                    ));
                }
                continue;
            }
            let (matcher, words) = match name {
                "import" | "tls" | "bind" | "log" => (Matcher::All, statement.words[1..].to_vec()),
                _ => taken(&statement.words[1..], &self.named),
            };
            match (&matcher, name) {
                (Matcher::Other(what), _) => {
                    let why = format!("`{name}` for `{what}` has no counterpart");
                    let is_guard = matches!(name, "basic_auth" | "basicauth" | "forward_auth");
                    let help = "write it in an `if`, or by a `map`";
                    items.extend(match is_guard {
                        true => draft.lost_guard(span, name, &why, help),
                        false => vec![draft.lost(span, name, &why, help)],
                    });
                }
                (Matcher::All, "handle" | "route") => {
                    let block = statement.block.clone().unwrap_or_default();
                    let inner = Scope::new(&block, draft);
                    let (inner, handler) = inner.items(draft, upstreams);
                    // It answers what nothing before it has answered.
                    locations.push(draft.block(
                        span,
                        &["location", "/"],
                        inner.into_iter().chain(handler).collect(),
                    ));
                }
                (Matcher::Paths(paths), "handle" | "handle_path" | "route") => {
                    for path in paths {
                        locations.push(self.handled(statement, name, path, (draft, upstreams)));
                    }
                }
                (Matcher::All, _) if HANDLERS.contains(&name) => {}
                (Matcher::All, "try_files") => {
                    let first = handlers
                        .iter()
                        .map(|it| &it.words[0][..])
                        .min_by_key(|name| HANDLERS.iter().position(|known| known == name));
                    if first != Some("file_server") {
                        let why = "`try_files` without files to serve has no counterpart";
                        items.push(draft.lost(span, name, why, "`rewrite` leads to another path"));
                    }
                }
                (Matcher::All, _) => {
                    let made = self.directive(statement, &words, None, (draft, upstreams));
                    items.extend(made);
                }
                (Matcher::Paths(paths), "rewrite" | "redir" | "uri" | "method") => {
                    for path in paths {
                        items.extend(self.directive(
                            statement,
                            &words,
                            Some(path),
                            (draft, upstreams),
                        ));
                    }
                }
                (Matcher::Paths(paths), _) => {
                    for path in paths {
                        let mut inner = self.directive(statement, &words, None, (draft, upstreams));
                        if inner.iter().any(is_field) {
                            inner.push(draft.added(&["add_header_inherit", "merge"]));
                        }
                        let answers = HANDLERS.contains(&name);
                        if !answers {
                            inner.extend(self.answer(&handlers, (draft, upstreams)));
                        }
                        let words = location(path);
                        let words: Vec<&str> = ["location"]
                            .into_iter()
                            .chain(words.iter().map(String::as_str))
                            .collect();
                        locations.push(draft.block(span, &words, inner));
                    }
                }
            }
        }
        let has_all = locations
            .iter()
            .any(|item| matches!(item, Item::Node(node) if node.header == "location /"));
        let handler = if has_all { Vec::new() } else { self.answer(&handlers, (draft, upstreams)) };
        items.extend(joined(locations));
        (items, handler)
    }

    /// The location of a `handle` for a path.
    fn handled(
        &self,
        statement: &Statement,
        name: &str,
        path: &str,
        (draft, upstreams): (&mut Draft, &mut Upstreams),
    ) -> Item {
        let span = draft.span(statement.range.clone());
        let block = statement.block.clone().unwrap_or_default();
        let inner = Scope::new(&block, draft);
        let (mut items, handler) = inner.items(draft, upstreams);
        items.extend(handler);
        let prefix = path.trim_end_matches('*').trim_end_matches('/');
        if name == "handle_path" && !prefix.is_empty() {
            let from = format!("^{}/?(.*)$", escaped(prefix));
            items.insert(0, draft.added(&["rewrite", &from, "/$1", "break"]));
        }
        let words = location(path);
        let words: Vec<&str> =
            ["location"].into_iter().chain(words.iter().map(String::as_str)).collect();
        draft.block(span, &words, items)
    }

    /// The directives that answer, for those requests.
    fn handlers(&self, wanted: impl Fn(&Matcher) -> bool) -> Vec<&'s Statement> {
        let answers = |it: &&Statement| !it.is_comment() && HANDLERS.contains(&&it.words[0][..]);
        let all = self.statements.iter().filter(answers);
        all.filter(|it| wanted(&taken(&it.words[1..], &self.named).0)).collect()
    }

    /// What answers where nothing else does.
    fn answer(
        &self,
        handlers: &[&Statement],
        (draft, upstreams): (&mut Draft, &mut Upstreams),
    ) -> Vec<Item> {
        let mut order: Vec<_> = handlers.to_vec();
        order.sort_by_key(|it| HANDLERS.iter().position(|name| *name == it.words[0]));
        let Some(first) = order.first() else { return vec![draft.added(&["return", "404"])] };
        let mut items = Vec::new();
        // What looks for files stands where they are served: no location has it from around it.
        if first.words[0] == "file_server" {
            for statement in self.statements.iter().filter(|it| is_for_files(it)) {
                let words = taken(&statement.words[1..], &self.named).1;
                items.extend(self.directive(statement, &words, None, (draft, upstreams)));
            }
        }
        let words = taken(&first.words[1..], &self.named).1;
        items.extend(self.directive(first, &words, None, (draft, upstreams)));
        items
    }

    /// The directives for one of Caddy's. Those that lead elsewhere do so for `path` alone.
    fn directive(
        &self,
        statement: &Statement,
        words: &[String],
        path: Option<&str>,
        (draft, upstreams): (&mut Draft, &mut Upstreams),
    ) -> Vec<Item> {
        let span = draft.span(statement.range.clone());
        let name = &statement.words[0][..];
        let block = statement.block.as_deref().unwrap_or_default();
        let parts: Result<Vec<_>, String> = words.iter().map(|word| replaced(word)).collect();
        let parts = match parts {
            Ok(parts) => parts,
            Err(why) => return vec![draft.lost(span, name, &why, "")],
        };
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let from = path.map_or("^".to_owned(), regex);
        match (name, &parts[..]) {
            ("root", [folder]) => {
                let folder = draft.base.conf.join(folder).to_string_lossy().into_owned();
                vec![draft.simple(span, &["root", &folder])]
            }
            ("file_server", options) => settings::files(statement, options, draft),
            ("reverse_proxy", _) => proxy::http(statement, words, (draft, upstreams)),
            ("php_fastcgi", _) => proxy::fastcgi(statement, words, draft),
            ("encode", codings) => settings::encode(codings, block, span, draft),
            ("header", _) => settings::fields(&parts, block, span, draft),
            ("respond", [code]) if code.parse::<u16>().is_ok() => {
                vec![draft.simple(span, &["return", code])]
            }
            ("respond", [text, rest @ ..]) if rest.len() <= 1 && block.is_empty() => {
                let code = rest.first().copied().unwrap_or("200");
                let text_type = draft.added(&["default_type", "text/plain"]);
                vec![text_type, draft.simple(span, &["return", code, text])]
            }
            ("abort", []) => vec![draft.simple(span, &["return", "444"])],
            ("redir", [to, rest @ ..]) if rest.len() <= 1 => {
                let code = match rest.first().copied().unwrap_or("302") {
                    "temporary" => "302",
                    "permanent" => "301",
                    code => code,
                };
                if code.parse::<u16>().is_err() {
                    return vec![draft.lost(span, name, "", "`return 301 URL` redirects")];
                }
                match path {
                    None => vec![draft.simple(span, &["return", code, to])],
                    Some(_) => {
                        let back = draft.added(&["return", code, to]);
                        vec![draft.block(span, &["if", "($uri", "~*", &from, ")"], vec![back])]
                    }
                }
            }
            ("rewrite", [to]) if to.starts_with('/') => {
                let flag = if path.is_some() { "last" } else { "break" };
                vec![draft.simple(span, &["rewrite", &from, to, flag])]
            }
            ("uri", ["strip_prefix", prefix]) => {
                let regex = format!("^{}(.*)$", escaped(prefix));
                vec![draft.simple(span, &["rewrite", &regex, "$1", "break"])]
            }
            ("try_files", files @ [_, ..]) => {
                let mut words = vec!["try_files"];
                words.extend(files);
                let last = *words.last().unwrap_or(&"");
                if last.contains('$') && !last.contains("?") || files.len() == 1 {
                    words.push("=404");
                }
                vec![draft.simple(span, &words)]
            }
            ("basic_auth" | "basicauth" | "forward_auth", _) => {
                let help =
                    "put lines of `NAME:HASH` into a file, and name that by `auth_basic_user_file`";
                draft.lost_guard(span, name, "", help)
            }
            ("tls", [certificate, key]) => {
                let whole = |path: &str| draft.base.conf.join(path).to_string_lossy().into_owned();
                let (certificate, key) = (whole(certificate), whole(key));
                vec![
                    draft.simple(span, &["ssl_certificate", &certificate]),
                    draft.simple(span, &["ssl_certificate_key", &key]),
                ]
            }
            ("tls", _) => vec![draft.lost(
                span,
                name,
                "",
                "`ssl_certificate` names a certificate; docs/acme.md tells how to fetch one",
            )],
            ("bind", _) => vec![draft.needless(span, name, "it stands in `listen`")],
            ("log", []) => settings::log(block, span, draft),
            ("request_body", []) => block
                .iter()
                .filter(|it| !it.is_comment())
                .map(|it| match &it.words[..] {
                    [name, size] if name == "max_size" => {
                        let size = size.to_ascii_lowercase();
                        let size = size.trim_end_matches("ib").trim_end_matches('b');
                        draft.simple(span, &["client_max_body_size", size])
                    }
                    words => draft.lost(span, words.first().map_or("", String::as_str), "", ""),
                })
                .collect(),
            ("error", _) => {
                draft.lost_handler(span, name, "", "`return CODE` answers with a status")
            }
            ("import", _) => vec![draft.lost(span, name, NOT_IMPORTED, HOW_TO_IMPORT)],
            _ => vec![draft.lost(span, name, "", "")],
        }
    }
}

/// Locations for the same paths as one.
fn joined(locations: Vec<Item>) -> Vec<Item> {
    use crate::import::tree::Body;
    let mut made: Vec<Item> = Vec::new();
    for item in locations {
        let Item::Node(mut node) = item else { continue };
        let same = made.iter_mut().find_map(|known| match known {
            Item::Node(known) if known.header == node.header => Some(known),
            _ => None,
        });
        match (same.map(|known| &mut known.body), &mut node.body) {
            (Some(Body::Block(known)), Body::Block(more)) => {
                let says = |known: &[Item], new: &Item| {
                    known.iter().any(|it| matches!((it, new), (Item::Node(a), Item::Node(b)) if a.header == b.header))
                };
                for item in std::mem::take(more) {
                    if !says(known, &item) {
                        known.push(item);
                    }
                }
            }
            _ => made.push(Item::Node(node)),
        }
    }
    made
}

/// Whether a statement looks for files, for all paths.
fn is_for_files(statement: &Statement) -> bool {
    let named = Named::new();
    !statement.is_comment()
        && statement.words[0] == "try_files"
        && taken(&statement.words[1..], &named).0 == Matcher::All
}

fn is_field(item: &Item) -> bool {
    matches!(item, Item::Node(node) if node.name == "add_header")
}

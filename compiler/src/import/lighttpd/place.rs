//! What holds in one server, gathered from the whole conf and from the block of its host: in lighttpd
//! all that fits holds together, and here one location does. So each location has what else answers
//! within it.

use super::answers;
use super::not_included;
use super::parse::{Line, Test, Value};
use super::settings::setting;
use crate::import::draft::{Draft, comment};
use crate::import::tree::Item;
use crate::source::Span;

/// Assignments and conditions of one server.
#[derive(Clone, Default)]
pub(super) struct Place {
    assigned: Vec<(String, Value, Span)>,
    locations: Vec<(Vec<String>, Vec<Line>, Span)>,
    comments: Vec<(String, bool)>,
    lost: Vec<(String, String, Span)>,
    is_guarded: bool,
    /// The parameters of `if`, and what is answered then.
    conditions: Vec<(Vec<String>, Vec<String>, Span)>,
    allowed: Vec<(String, &'static str, Span)>,
}

impl Place {
    pub(super) fn assign(&mut self, key: &str, value: &Value, adds: bool, span: Span) {
        let known = self.assigned.iter_mut().find(|it| it.0 == key);
        match (known, value) {
            (Some((_, Value::Array(known), _)), Value::Array(more)) if adds => {
                known.extend(more.clone())
            }
            (Some(known), _) => (known.1, known.2) = (value.clone(), span),
            (None, _) => self.assigned.push((key.to_owned(), value.clone(), span)),
        }
    }

    pub(super) fn lines(&mut self, lines: &[Line], _: Span, draft: &mut Draft) {
        for line in lines {
            let span = draft.span(line.range().clone());
            match line {
                Line::Comment { text, gap, .. } => self.comments.push((text.clone(), *gap)),
                Line::Assign { key, value, adds, .. } => self.assign(key, value, *adds, span),
                Line::Include { why, .. } => self.lose("include", not_included(why), span),
                Line::When { test, lines, .. } => self.when(test, lines, span, draft),
                Line::Wrong { .. } => self.lose("line", "this cannot be read", span),
            }
        }
    }

    fn lose(&mut self, name: &str, why: &str, span: Span) {
        self.lost.push((name.to_owned(), why.to_owned(), span));
    }

    pub(super) fn when(&mut self, test: &Test, lines: &[Line], span: Span, _: &mut Draft) {
        match test {
            Test::Url(words) => self.locations.push((words.clone(), lines.to_vec(), span)),
            Test::RemoteIp { address, is_equal } if denies_all(lines) => {
                self.allowed.push((
                    address.clone(),
                    if *is_equal { "deny" } else { "allow" },
                    span,
                ));
            }
            Test::Host(_) => self.lose("$HTTP", "a host within a block has no counterpart", span),
            Test::Socket(_) => {
                self.lose("$SERVER", "a socket within a block has no counterpart", span)
            }
            Test::RemoteIp { .. } => {
                self.lose("$HTTP", "settings by address have no counterpart", span)
            }
            Test::If(words) => match refusal(lines) {
                Some(inner) => self.conditions.push((words.clone(), inner, span)),
                None => {
                    self.lose("$HTTP", "settings by such a condition have no counterpart", span)
                }
            },
            Test::Other(text) => {
                self.is_guarded |= denies_all(lines);
                self.lose("$HTTP", &format!("the condition `{text}` has no counterpart"), span);
            }
        }
    }

    fn text(&self, key: &str) -> Option<(&str, Span)> {
        self.assigned.iter().find_map(|it| match (it.0 == key, &it.1) {
            (true, Value::Text(text)) => Some((&text[..], it.2)),
            _ => None,
        })
    }

    /// `listen` and `server_name`.
    pub(super) fn listens(
        &mut self,
        socket: Option<&str>,
        test: Option<&Test>,
        draft: &mut Draft,
    ) -> Vec<Item> {
        let place = |key: &str| self.text(key).map(|it| (it.0.to_owned(), it.1));
        let (port, host, is_secure) = (
            place("server.port"),
            place("server.bind"),
            self.text("ssl.engine").is_some_and(|it| it.0 == "enable"),
        );
        let number = port.as_ref().map_or("80", |it| &it.0);
        let listen = match (&socket, &host) {
            (Some(socket), _) => {
                socket.strip_prefix("0.0.0.0:").unwrap_or(socket).trim_start_matches(':').to_owned()
            }
            (None, Some((host, _))) if host.starts_with('/') => format!("unix:{host}"),
            (None, Some((host, _))) if host == "::" => format!("[::]:{number}"),
            (None, Some((host, _))) => format!("{host}:{number}"),
            (None, None) => number.to_owned(),
        };
        let mut words = vec!["listen".to_owned(), listen];
        words.extend((test.is_none()).then(|| "default_server".to_owned()));
        words.extend(is_secure.then(|| "ssl".to_owned()));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut items = match port.or(host) {
            Some((_, span)) if socket.is_none() => vec![draft.simple(span, &words)],
            _ => vec![draft.added(&words)],
        };
        let names = match test {
            Some(Test::Host(names)) => names.clone(),
            _ => self.text("server.name").map_or(Vec::new(), |it| vec![it.0.to_owned()]),
        };
        if !names.is_empty() {
            let words: Vec<&str> =
                ["server_name"].into_iter().chain(names.iter().map(String::as_str)).collect();
            items.push(draft.added(&words));
        }
        if is_secure
            && self.text("ssl.privkey").is_none()
            && let Some((pem, span)) = self.text("ssl.pemfile")
        {
            let pem = draft.base.conf.join(pem).to_string_lossy().into_owned();
            items.push(draft.simple(span, &["ssl_certificate_key", &pem]));
        }
        self.assigned
            .retain(|it| !["server.port", "server.bind", "server.name"].contains(&&it.0[..]));
        items
    }

    /// The directives of the server.
    pub(super) fn items(&mut self, draft: &mut Draft, upstreams: &mut Vec<Item>) -> Vec<Item> {
        let mut items: Vec<_> = self.comments.iter().map(|it| comment(&it.0, it.1)).collect();
        items.extend(self.inner(draft));
        // Regexes are asked in their order: what is denied stands first.
        items.extend(answers::denied(&self.assigned, draft));
        let by_end = answers::by_end(&self.assigned, draft, upstreams);
        let mut locations: Vec<(Vec<String>, Span, Vec<Item>)> =
            answers::by_front(&self.assigned, draft, upstreams);
        for (words, lines, span) in self.locations.clone() {
            let mut inner = Place::default();
            inner.lines(&lines, span, draft);
            let mut own: Vec<_> = inner.comments.iter().map(|it| comment(&it.0, it.1)).collect();
            own.extend(inner.inner(draft));
            own.extend(answers::by_end(&inner.assigned, draft, upstreams));
            for (_, span, more) in answers::by_front(&inner.assigned, draft, upstreams) {
                let _ = span;
                own.extend(more);
            }
            match locations.iter_mut().find(|it| it.0 == words) {
                Some(known) => known.2.extend(own),
                None => locations.push((words, span, own)),
            }
        }
        for (words, span, mut own) in locations {
            if own.iter().any(|item| matches!(item, Item::Node(node) if node.name == "add_header"))
            {
                own.push(draft.added(&["add_header_inherit", "merge"]));
            }
            // Scripts are told again within each location: one alone holds.
            let nested = words[0] != "/"
                && !own
                    .iter()
                    .any(|item| matches!(item, Item::Node(node) if node.name.ends_with("_pass")));
            if nested {
                own.extend(answers::denied(&self.assigned, draft));
                own.extend(answers::by_end(&self.assigned, draft, upstreams));
            }
            let words: Vec<&str> =
                ["location"].into_iter().chain(words.iter().map(String::as_str)).collect();
            items.push(draft.block(span, &words, own));
        }
        items.extend(by_end);
        items
    }

    /// What stands in a block itself.
    fn inner(&self, draft: &mut Draft) -> Vec<Item> {
        let mut items = Vec::new();
        for (name, why, span) in &self.lost {
            items.push(draft.lost(
                *span,
                name,
                why,
                "write it as a `location`, a `map` or an `if`",
            ));
        }
        if self.is_guarded {
            items.push(draft.added(&["deny", "all"]));
        }
        for (address, rule, span) in &self.allowed {
            items.push(draft.simple(*span, &[rule, address]));
        }
        for (test, inner, span) in &self.conditions {
            let inner: Vec<&str> = inner.iter().map(String::as_str).collect();
            let back = draft.added(&inner);
            let words: Vec<&str> =
                ["if"].into_iter().chain(test.iter().map(String::as_str)).collect();
            items.push(draft.block(*span, &words, vec![back]));
        }
        if self.allowed.iter().any(|it| it.1 == "allow") {
            items.push(draft.added(&["deny", "all"]));
        }
        for (key, value, span) in &self.assigned {
            if let Some(made) = setting(key, value, *span, draft) {
                items.extend(made);
            } else if let Some(made) = answers::leading(key, value, *span, &self.assigned, draft) {
                items.extend(made);
            } else if !answers::is_known(key) {
                items.push(draft.lost(*span, key, "", ""));
            }
        }
        items
    }
}

/// What a block answers to all requests, if it does nothing else: a refusal, or a redirect.
fn refusal(lines: &[Line]) -> Option<Vec<String>> {
    if denies_all(lines) {
        return Some(vec!["return".to_owned(), "403".to_owned()]);
    }
    let mut said = lines.iter().filter(|it| !matches!(it, Line::Comment { .. }));
    match (said.next(), said.next()) {
        (Some(Line::Assign { key, value, .. }), None) if key == "url.redirect" => {
            let all = super::settings::pairs(value);
            let [(regex, to)] = &all[..] else { return None };
            let to = answers::target(to).filter(|to| !to.contains("$1"))?;
            let is_all = ["", "^", ".*", "^.*", "^/"].contains(&&regex[..]);
            let query =
                if to.contains(['?', '$']) && to.contains("$uri") { "$is_args$args" } else { "" };
            is_all.then(|| vec!["return".to_owned(), "301".to_owned(), format!("{to}{query}")])
        }
        _ => None,
    }
}

/// Whether a block refuses all requests.
fn denies_all(lines: &[Line]) -> bool {
    let denies = |line: &Line| match line {
        Line::Assign { key, value, .. } => {
            key == "url.access-deny" && super::settings::texts(value).iter().any(String::is_empty)
        }
        _ => false,
    };
    lines.iter().any(denies)
        && lines.iter().all(|it| denies(it) || matches!(it, Line::Comment { .. }))
}

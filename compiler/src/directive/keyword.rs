//! The words that parameters may be written with, read from what the table shows in messages.

use super::{Directive, Setting};

/// A word that a parameter may be, or begin with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keyword {
    /// The word: `on`, `burst=`, `unix:`.
    pub text: String,
    /// Whether it is the first parameter, and nothing else stands beside it.
    pub alone: bool,
}

impl Keyword {
    /// Whether something follows in the same word.
    pub fn goes_on(&self) -> bool {
        self.text.ends_with(['=', ':', '/'])
    }
}

impl Directive {
    /// The words that its parameters may be written with, in the order of the usage.
    pub fn keywords(&self) -> Vec<Keyword> {
        let usage = self.usage.replace(['…', ';'], " ");
        let tokens: Vec<_> = usage.split_whitespace().collect();
        let mut keywords: Vec<Keyword> = Vec::new();
        let mut depth = 0_usize;
        // The key whose values are still being listed: `escape=default | json`.
        let mut key = None;
        for (at, token) in tokens.iter().enumerate() {
            let is_outside = depth == 0 && !token.starts_with('[');
            let borders = |other: Option<usize>| {
                other.and_then(|at| tokens.get(at)).is_none_or(|it| *it == "|")
            };
            let is_alternative = is_outside && borders(at.checked_sub(1)) && borders(Some(at + 1));
            let alone = is_alternative && self.args.1 < super::MANY;
            let mut add = |text: String| {
                if keywords.iter().all(|known| known.text != text) {
                    keywords.push(Keyword { text, alone });
                }
            };
            let goes_on = key.take_if(|_| *token != "|" && borders(at.checked_sub(1)));
            match goes_on.clone() {
                Some(key) if depth > 0 => add(format!("{key}{}", token.trim_end_matches(']'))),
                _ => literals(token).into_iter().for_each(&mut add),
            }
            depth += token.matches('[').count();
            depth = depth.saturating_sub(token.matches(']').count());
            if depth > 0 && key.is_none() {
                key = goes_on.or_else(|| {
                    let (front, value) = token.trim_start_matches('[').split_once('=')?;
                    is_plain(value).then(|| format!("{front}="))
                });
            } else if depth == 0 {
                key = None;
            }
        }
        let choices = self.setting.map_or_else(Vec::new, Setting::choices);
        let choices =
            choices.into_iter().map(|word| Keyword { text: word.to_owned(), alone: false });
        keywords.extend(choices);
        keywords
    }
}

/// The words that one word of a usage stands for: `[ipv6only=on|off]` is two.
fn literals(token: &str) -> Vec<String> {
    let token = token.trim_start_matches('[');
    let token = match token.split_once(']') {
        // What may be left out stands before the rest of a word: `[grpc://]HOST`.
        Some((front, "")) if !front.contains('[') => front,
        Some((front, rest)) if !front.contains('[') && rest.starts_with(char::is_uppercase) => {
            front
        }
        _ => token,
    };
    if !token.is_empty() && token.chars().all(|char| "=^~*".contains(char)) {
        return vec![token.to_owned()];
    }
    if let Some((key, values)) = token.split_once('=')
        && is_word(key)
    {
        let values: Vec<_> = values.split('|').collect();
        return match values.iter().all(|value| is_plain(value)) {
            true => values.iter().map(|value| format!("{key}={value}")).collect(),
            false => vec![format!("{key}=")],
        };
    }
    let front = token.split('[').next().unwrap_or_default();
    if is_word(front) {
        return vec![front.to_owned()];
    }
    // `unix:PATH`, `http://HOST`: what is given begins with a capital.
    let given = front.find(|char: char| char.is_ascii_uppercase()).unwrap_or(front.len());
    let begin = &front[..front[..given].rfind([':', '/']).map_or(0, |at| at + 1)];
    if is_word(&begin.replace([':', '/'], "")) {
        return vec![begin.to_owned()];
    }
    Vec::new()
}

/// Whether a word of a usage stands for itself: those that stand for something else are capitals.
fn is_word(text: &str) -> bool {
    let is_number = text.starts_with(|first: char| first.is_ascii_digit());
    let has_own = text.contains(|char: char| char.is_ascii_lowercase()) || is_number;
    let is_of_words = |char: char| char.is_ascii_alphanumeric() || "._-".contains(char);
    has_own && text.chars().all(is_of_words)
}

/// Whether a value is written in small letters and digits alone.
fn is_plain(text: &str) -> bool {
    is_word(text) && !text.contains(|char: char| char.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::super::{Context, all, find, find_in};
    use super::*;

    fn words(row: &Directive) -> String {
        let words = row.keywords().into_iter();
        let shown = words.map(|it| if it.alone { format!("!{}", it.text) } else { it.text });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_are_those_of_the_usage() {
        for (name, expected) in [
            ("autoindex", "!on !off"),
            ("root", ""),
            (
                "listen",
                "unix: default_server backlog= ipv6only=on ipv6only=off reuseport deferred http2 \
                 proxy_protocol ssl rcvbuf= sndbuf= so_keepalive= fastopen=",
            ),
            ("location", "= ^~ ~ ~*"),
            ("rewrite", "last break redirect permanent"),
            ("limit_req", "zone= burst= nodelay delay="),
            ("access_log", "!off gzip buffer= flush= if="),
            ("log_format", "escape=default escape=json escape=none"),
            ("proxy_pass", "!http:// !http://unix:"),
            ("grpc_pass", "grpc:// !grpcs:// !unix:"),
            ("worker_processes", "!auto"),
            ("valid_referers", "none blocked server_names"),
            ("ssl_protocols", "TLSv1.2 TLSv1.3"),
            ("proxy_http_version", "!1.0 !1.1 !2"),
            (
                "gzip_proxied",
                "off any any auth expired no-cache no-store private no_last_modified no_etag",
            ),
        ] {
            assert_eq!(words(find(name).unwrap()), expected, "{name}");
        }
        let server = find_in("server", Context::Upstream).unwrap();
        assert!(words(server).contains("weight= max_conns="), "{}", words(server));
    }

    #[test]
    fn what_stands_for_something_else_is_no_word() {
        for keyword in all().flat_map(Directive::keywords) {
            let odd = keyword.text.contains(['[', ']', '|', '…', ' ']) || keyword.text.is_empty();
            assert!(!odd, "{keyword:?}");
        }
    }
}

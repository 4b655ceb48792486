//! Confs of other servers. Read as nginx's language, each would bring a message a line.

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Source, Span};

/// Says of a file that it is another server's, if its first line that says anything looks so.
pub(super) fn check(id: FileId, source: &Source) -> Option<Diagnostic> {
    let text = &source.text;
    let mut start = 0;
    let mut said = text.split_inclusive('\n').filter_map(|line| {
        let at = start + (line.len() - line.trim_start().len());
        start += line.len();
        let line = line.trim();
        (!line.is_empty() && !line.starts_with('#')).then_some((at, line))
    });
    let (at, line) = said.next()?;
    let language = language(line, said.next().map_or("", |(_, line)| line))?;
    let span = Span { file: id, start: at as u32, end: (at + line.len()) as u32 };
    let help = match language {
        "JSON" | "YAML" => "the smallest one is `server { listen 8080; root www; }`",
        _ => "`sitec import` writes a site.conf of it",
    };
    Some(
        Diagnostic::error("D03", span, format!("this looks like {language}"))
            .label("a site.conf is written in nginx's language")
            .help(help),
    )
}

/// What a file is written in that begins with these lines, if that is not ours.
fn language(first: &str, second: &str) -> Option<&'static str> {
    let word = first.split_whitespace().next()?;
    let is_address = |word: &str| {
        let host = word.trim_start_matches("http://").trim_start_matches("https://");
        let is_plain = |c: char| c.is_ascii_alphanumeric() || ".:-*,".contains(c);
        host.contains(['.', ':']) && host.chars().all(is_plain) || host == "localhost"
    };
    let is_json = |text: &str| text.trim_start().starts_with(['"', '}']);
    match first {
        _ if first.starts_with('<') => Some("a conf of Apache"),
        _ if first
            .strip_prefix('{')
            .is_some_and(|rest| is_json(rest) || rest.is_empty() && is_json(second)) =>
        {
            Some("JSON")
        }
        _ if word.starts_with("$HTTP[") => Some("a conf of lighttpd"),
        _ if first.ends_with('{') && is_address(word) => Some("a Caddyfile"),
        _ if first.ends_with(':') && word.len() == first.len() => Some("YAML"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_lines() {
        for (first, second, expected) in [
            ("<VirtualHost *:80>", "", Some("a conf of Apache")),
            ("{", "\"server\": 1", Some("JSON")),
            ("{ \"a\": {", "", Some("JSON")),
            // The names in it are told one by one.
            ("server.port = 80", "", None),
            ("$HTTP[\"host\"] == \"a\" {", "", Some("a conf of lighttpd")),
            ("example.com {", "", Some("a Caddyfile")),
            (":8080 {", "", Some("a Caddyfile")),
            ("localhost {", "", Some("a Caddyfile")),
            ("server:", "listen: 80", Some("YAML")),
            ("server {", "", None),
            ("server", "{", None),
            ("{", "listen 80;", None),
            ("server.port 80;", "", None),
            ("text/html html;", "", None),
            ("root: www;", "", None),
            ("server_name a.test {", "", None),
        ] {
            assert_eq!(language(first, second), expected, "{first}");
        }
    }
}

//! Which server a conf is for.

use std::path::Path;

/// A language that confs are imported from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// nginx.conf, and files that it includes.
    Nginx,
    /// lighttpd.conf.
    Lighttpd,
    /// Apache's .htaccess.
    Apache,
    /// A Caddyfile.
    Caddy,
}

impl Language {
    /// What its server is called.
    pub fn server(self) -> &'static str {
        match self {
            Language::Nginx => "nginx",
            Language::Lighttpd => "lighttpd",
            Language::Apache => "Apache",
            Language::Caddy => "Caddy",
        }
    }

    /// The language of a file, by its name, or else by what it says.
    pub fn of(path: &Path, text: &str) -> Language {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        match &name[..] {
            "caddyfile" => return Language::Caddy,
            _ if name.ends_with(".caddyfile") || name.starts_with("caddyfile.") => {
                return Language::Caddy;
            }
            _ if name.contains("htaccess") => return Language::Apache,
            _ if name.contains("lighttpd") => return Language::Lighttpd,
            _ if name.contains("nginx") => return Language::Nginx,
            _ => {}
        }
        let mut lines = text.lines().map(str::trim);
        lines.find_map(Language::of_line).unwrap_or(Language::Nginx)
    }

    /// What one line tells, if that is enough.
    fn of_line(line: &str) -> Option<Language> {
        let first = line.split_whitespace().next()?;
        let lower = first.to_ascii_lowercase();
        if first.starts_with('#') {
            return None;
        }
        const APACHE: &[&str] = &[
            "adddefaultcharset",
            "addtype",
            "authtype",
            "directoryindex",
            "documentroot",
            "errordocument",
            "expiresactive",
            "header",
            "options",
            "order",
            "redirect",
            "redirectmatch",
            "require",
            "rewritebase",
            "rewritecond",
            "rewriteengine",
            "rewriterule",
            "satisfy",
            "servername",
        ];
        if first.starts_with('<') || APACHE.contains(&&lower[..]) && !line.ends_with([';', '{']) {
            return Some(Language::Apache);
        }
        let is_key = |word: &str| word.contains('.') && !word.contains(['/', ':', '*']);
        let assigns = || {
            let rest = line[first.len()..].trim_start();
            rest.starts_with(['=', '+']) && !rest.starts_with("==")
        };
        if first.starts_with("$HTTP[")
            || first.starts_with("$SERVER[")
            || is_key(first) && assigns()
        {
            return Some(Language::Lighttpd);
        }
        let is_address = |word: &str| {
            let host = word.trim_start_matches("http://").trim_start_matches("https://");
            let is_plain = |c: char| c.is_ascii_alphanumeric() || ".:-*,{}$".contains(c);
            !host.is_empty()
                && (host.contains(['.', ':']) && host.chars().all(is_plain) || host == "localhost")
        };
        if line.ends_with('{') && (is_address(first) || line == "{" || first.starts_with('(')) {
            return Some(Language::Caddy);
        }
        line.ends_with([';', '{']).then_some(Language::Nginx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_their_names_or_first_lines() {
        for (name, text, expected) in [
            ("nginx.conf", "a.test {\n}", Language::Nginx),
            ("/etc/caddy/Caddyfile", "", Language::Caddy),
            ("site.Caddyfile", "", Language::Caddy),
            (".htaccess", "", Language::Apache),
            ("lighttpd.conf", "", Language::Lighttpd),
            ("x", "# c\n\nserver {\n", Language::Nginx),
            ("x", "user www;\n", Language::Nginx),
            ("x", "location / {", Language::Nginx),
            ("x", "", Language::Nginx),
            ("x", "server.document-root = \"/x\"", Language::Lighttpd),
            ("x", "$HTTP[\"host\"] == \"a\" {", Language::Lighttpd),
            ("x", "RewriteEngine On", Language::Apache),
            ("x", "<IfModule mod_rewrite.c>", Language::Apache),
            ("x", "example.com {", Language::Caddy),
            ("x", "{\n email a@b.test\n}", Language::Caddy),
            ("x", "(snippet) {", Language::Caddy),
            (":80", ":80 {", Language::Caddy),
        ] {
            assert_eq!(Language::of(Path::new(name), text), expected, "{name}: {text}");
        }
    }
}

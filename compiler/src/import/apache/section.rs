//! What a section of an .htaccess says: the whole of it, or one for some files.

use super::access::Access;
use super::lines::Line;
use super::rewrite::Rewriting;
use crate::check::types;
use crate::import::draft::{Draft, alternatives, comment, duration, escaped, of_pattern, spaced};
use crate::import::tree::Item;
use crate::source::Span;

/// What a section has said so far.
pub(super) struct Section {
    /// Whether it is the whole, and not one for some files.
    is_whole: bool,
    items: Vec<Item>,
    access: Access,
    rewriting: Rewriting,
    /// Sections for files, those that keep clients out first: here the first one that fits holds.
    guards: Vec<Item>,
    sections: Vec<Item>,
    /// Comments and the types that expire by a time of their own.
    expires: Vec<(Span, String, String)>,
    expires_default: Option<(Span, String)>,
    expires_is_on: bool,
    adds_fields: bool,
}

impl Section {
    pub(super) fn new(is_whole: bool) -> Section {
        Section {
            is_whole,
            items: Vec::new(),
            access: Access::default(),
            rewriting: Rewriting::default(),
            guards: Vec::new(),
            sections: Vec::new(),
            expires: Vec::new(),
            expires_default: None,
            expires_is_on: false,
            adds_fields: false,
        }
    }

    pub(super) fn lines(&mut self, lines: &[Line<'_>], draft: &mut Draft) {
        for line in lines {
            let before = self.items.len();
            match line {
                Line::Comment { text, gap } => self.items.push(comment(text, *gap)),
                Line::Stray { range } => {
                    let span = draft.span(range.clone());
                    let lost = draft.lost(span, "</…>", "this closes no section", "delete it");
                    self.items.push(lost);
                }
                Line::Directive { name, args, range, gap } => {
                    let span = draft.span(range.clone());
                    self.directive(name, args, span, draft);
                    spaced(self.items.get_mut(before), *gap);
                }
                Line::Section { name, args, lines, range, gap } => {
                    let span = draft.span(range.clone());
                    self.section((name, args), lines, span, draft);
                    spaced(self.items.get_mut(before), *gap);
                }
            }
        }
    }

    fn section(
        &mut self,
        (name, args): (&str, &[String]),
        lines: &[Line<'_>],
        span: Span,
        draft: &mut Draft,
    ) {
        let first = args.first().map_or("", String::as_str);
        match name {
            "ifmodule" if first.starts_with('!') => {
                let why = "what it asks about is taken to be there";
                self.items.push(draft.needless(span, "<IfModule>", why));
            }
            "ifmodule" | "requireany" => self.lines(lines, draft),
            "ifversion" => self.lines(lines, draft),
            "files" if first == "~" && args.len() == 2 => self.files(&args[1], lines, span, draft),
            "files" if args.len() == 1 => {
                let pattern = format!("^{}$", of_pattern(first, "[^/]*"));
                self.files(&pattern, lines, span, draft);
            }
            "filesmatch" if args.len() == 1 => self.files(first, lines, span, draft),
            "limit" | "limitexcept" | "requireall" | "requirenone" | "if" | "elseif" | "else" => {
                if says_who_may(lines) {
                    self.access.lose(&format!("<{name}>"), span, draft);
                } else {
                    let help = "say it by a `location`, a `map` or an `if`";
                    self.items.push(draft.lost(span, &format!("<{name}>"), "", help));
                }
            }
            _ => {
                let help = "a section of an .htaccess that is known is <Files>, <FilesMatch> or <IfModule>";
                self.items.push(draft.lost(span, &format!("<{name}>"), "", help));
            }
        }
    }

    /// A section for the files whose names match a regex.
    fn files(&mut self, regex: &str, lines: &[Line<'_>], span: Span, draft: &mut Draft) {
        if !self.is_whole {
            let why = "a section for files within another one has no counterpart";
            self.items.push(draft.lost(span, "<Files>", why, "write one `location` for both"));
            return;
        }
        let mut inner = Section::new(false);
        inner.lines(lines, draft);
        let keeps_out = inner.access.keeps_out();
        let items = inner.end(draft);
        let regex = of_names(regex);
        let block = draft.block(span, &["location", "~", &regex], items);
        let how = "Of several sections whose files match, Apache takes all together; here the first alone holds.";
        let several = self.guards.len() + self.sections.len() > 0;
        let block = if several { draft.differs(block, how) } else { block };
        if keeps_out { self.guards.push(block) } else { self.sections.push(block) }
    }

    fn directive(&mut self, name: &str, args: &[String], span: Span, draft: &mut Draft) {
        if self.access.take(name, args, span, draft)
            || self.rewriting.take(name, args, span, draft, &mut self.items)
        {
            return;
        }
        let lower = name.to_ascii_lowercase();
        let words: Vec<&str> = args.iter().map(String::as_str).collect();
        let item = match (&lower[..], &words[..]) {
            ("directoryindex", names @ [_, ..]) => {
                let names = if *names == ["disabled"] { &["index.html"][..] } else { names };
                draft.simple(span, &[&["index"], names].concat())
            }
            ("options", options) => return self.options(options, name, span, draft),
            ("errordocument", [code, page]) => match page.starts_with(['/', 'h']) {
                true => draft.simple(span, &["error_page", code, page]),
                false => draft.lost(
                    span,
                    name,
                    "",
                    "put the text into a file, and name that: `error_page 404 /404.html`",
                ),
            },
            ("redirect" | "redirectmatch" | "redirectpermanent" | "redirecttemp", _) => {
                return self.redirect(&lower, &words, (name, span), draft);
            }
            ("header", _) => return self.header(&words, name, span, draft),
            ("expiresactive", [value]) => {
                self.expires_is_on = value.eq_ignore_ascii_case("on");
                draft.needless(span, name, "`expires` says it")
            }
            ("expiresbytype", [media_type, ..]) => match duration(&words[1..]) {
                Some(time) => return self.expires.push((span, (*media_type).to_owned(), time)),
                None => draft.lost(span, name, "", "write `expires` with a time, such as `30d`"),
            },
            ("expiresdefault", _) => match duration(&words) {
                Some(time) => {
                    self.expires_default = Some((span, time));
                    return;
                }
                None => draft.lost(span, name, "", "write `expires` with a time, such as `30d`"),
            },
            ("adddefaultcharset", [charset]) => {
                let charset =
                    if charset.eq_ignore_ascii_case("on") { "iso-8859-1" } else { charset };
                draft.simple(span, &["charset", &charset.to_ascii_lowercase()])
            }
            ("addtype", [media_type, extensions @ ..])
                if extensions.iter().all(|it| is_built_in(it, media_type)) =>
            {
                draft.needless(span, name, "the type is built in")
            }
            ("addtype", _) => {
                draft.lost(span, name, "", "write all types that the site needs in `types { … }`")
            }
            ("addoutputfilterbytype", ["DEFLATE" | "deflate", types @ ..]) => {
                let others: Vec<_> =
                    types.iter().copied().filter(|it| *it != "text/html").collect();
                if self.items.iter().any(|it| is_named(it, "gzip")) {
                    draft.lost(
                        span,
                        name,
                        "`gzip` is said already",
                        "write all types in one `gzip_types`",
                    )
                } else {
                    let on = draft.simple(span, &["gzip", "on"]);
                    self.items.push(on);
                    if others.is_empty() {
                        return;
                    }
                    draft.simple(span, &[&["gzip_types"], &others[..]].concat())
                }
            }
            ("fileetag", [value]) if value.eq_ignore_ascii_case("none") => {
                draft.simple(span, &["etag", "off"])
            }
            ("fileetag" | "serversignature" | "contentdigest", _) => {
                draft.needless(span, name, "a site does it by itself")
            }
            ("limitrequestbody", ["0"]) => {
                draft.simple(span, &["client_max_body_size", "unlimited"])
            }
            ("limitrequestbody", [size]) => draft.simple(span, &["client_max_body_size", size]),
            ("defaulttype", [media_type]) => draft.simple(span, &["default_type", media_type]),
            ("sethandler" | "addhandler" | "forcetype" | "action", _) => {
                self.items.extend(draft.lost_handler(
                    span,
                    name,
                    "",
                    "run scripts by `fastcgi_pass` or `cgi_pass`",
                ));
                return;
            }
            ("php_value" | "php_flag" | "php_admin_value" | "php_admin_flag", _) => {
                draft.lost(span, name, "", "say it in php.ini, or by `fastcgi_param PHP_VALUE`")
            }
            (
                "setenv" | "passenv" | "unsetenv" | "setenvif" | "setenvifnocase" | "browsermatch",
                _,
            ) => draft.lost(
                span,
                name,
                "",
                "`set` and `map` make variables, `fastcgi_param` and `cgi_param` hand them on",
            ),
            _ => draft.lost(span, name, "", ""),
        };
        self.items.push(item);
    }

    fn options(&mut self, options: &[&str], name: &str, span: Span, draft: &mut Draft) {
        let is_off = |option: &&&str| {
            let option = option.to_ascii_lowercase();
            option.starts_with('-') && !["-indexes", "-followsymlinks"].contains(&&option[..])
        };
        if options.iter().all(|option| is_off(&option)) {
            return self.items.push(draft.needless(span, name, "it is off in any case"));
        }
        for option in options.iter().filter(|option| !is_off(option)) {
            let (is_on, option) = match option.strip_prefix(['+', '-']) {
                Some(rest) => (!option.starts_with('-'), rest),
                None => (true, *option),
            };
            let item = match (&option.to_ascii_lowercase()[..], is_on) {
                ("indexes", true) => draft.simple(span, &["autoindex", "on"]),
                ("indexes", false) => draft.simple(span, &["autoindex", "off"]),
                ("none", _) => draft.simple(span, &["autoindex", "off"]),
                ("followsymlinks", true) => draft.simple(span, &["disable_symlinks", "off"]),
                ("followsymlinks", false) => draft.simple(span, &["disable_symlinks", "on"]),
                ("symlinksifownermatch", true) => {
                    draft.simple(span, &["disable_symlinks", "if_not_owner"])
                }
                ("multiviews", true) => draft.lost(
                    span,
                    name,
                    "`MultiViews` has no counterpart",
                    "`try_files $uri $uri.html =404` finds pages without their extension",
                ),
                ("includes" | "includesnoexec", true) => draft.simple(span, &["ssi", "on"]),
                ("execcgi", true) => draft.lost(
                    span,
                    name,
                    "`ExecCGI` has no counterpart",
                    "`cgi_pass` runs scripts",
                ),
                _ => draft.lost(span, name, &format!("`Options {option}` has no counterpart"), ""),
            };
            self.items.push(item);
        }
    }

    fn redirect(
        &mut self,
        kind: &str,
        words: &[&str],
        (name, span): (&str, Span),
        draft: &mut Draft,
    ) {
        let (status, rest) = match (kind, words) {
            ("redirectpermanent", rest) => (Some(301), rest),
            ("redirecttemp", rest) => (Some(302), rest),
            (_, [first, rest @ ..]) => match status(first) {
                Some(status) => (Some(status), rest),
                None if first.starts_with('/') || kind == "redirectmatch" => (Some(302), words),
                None => (None, words),
            },
            (_, []) => (None, words),
        };
        let regex = |from: &str| match kind {
            "redirectmatch" => from.to_owned(),
            _ if from.ends_with('/') => format!("^{}(.*)$", escaped(from)),
            // Whole segments of a path: `/a` is not the front of `/ab`.
            _ => format!("^{}(/.*)?$", escaped(from)),
        };
        let item = match (status, rest) {
            (Some(code @ 300..=399), [from, to]) => {
                let to = match kind {
                    "redirectmatch" => (*to).to_owned(),
                    _ => format!("{}$1", to.replace('$', "")),
                };
                match code {
                    301 => draft.simple(span, &["rewrite", &regex(from), &to, "permanent"]),
                    302 => draft.simple(span, &["rewrite", &regex(from), &to, "redirect"]),
                    _ => {
                        let to = if to.contains('?') { to } else { format!("{to}$is_args$args") };
                        let back = draft.added(&["return", &code.to_string(), &to]);
                        draft.block(span, &["if", "($uri", "~", &regex(from), ")"], vec![back])
                    }
                }
            }
            (Some(code), [from]) if !(300..=399).contains(&code) => {
                let back = draft.added(&["return", &code.to_string()]);
                draft.block(span, &["if", "($uri", "~", &regex(from), ")"], vec![back])
            }
            _ => draft.lost(span, name, "", "write it as `rewrite` or `return`"),
        };
        let how =
            "Apache does what `RewriteRule` says first, wherever it stands; here the order counts.";
        let item = if self.rewriting.has_rules() { draft.differs(item, how) } else { item };
        self.items.push(item);
    }

    fn header(&mut self, words: &[&str], name: &str, span: Span, draft: &mut Draft) {
        let (always, rest) = match words {
            [first, rest @ ..] if first.eq_ignore_ascii_case("always") => (true, rest),
            [first, rest @ ..] if first.eq_ignore_ascii_case("onsuccess") => (false, rest),
            _ => (false, words),
        };
        let item = match rest {
            [how, field, value]
                if ["set", "add", "setifempty"].contains(&&how.to_ascii_lowercase()[..])
                    && !value.contains('%') =>
            {
                let value = value.replace('$', "");
                let field = field.trim_end_matches(':');
                let mut words = vec!["add_header", field, &value];
                words.extend(always.then_some("always"));
                self.adds_fields = true;
                draft.simple(span, &words)
            }
            [how, field]
                if how.eq_ignore_ascii_case("unset") && field.eq_ignore_ascii_case("etag") =>
            {
                draft.simple(span, &["etag", "off"])
            }
            [how, field]
                if how.eq_ignore_ascii_case("unset") && field.eq_ignore_ascii_case("server") =>
            {
                draft.simple(span, &["server_tokens", "off"])
            }
            [how, field] if how.eq_ignore_ascii_case("unset") => {
                let help = format!(
                    "`proxy_hide_header {field}` and `fastcgi_hide_header {field}` keep back what another server sends"
                );
                draft.lost(span, name, "a field that is taken away has no counterpart", &help)
            }
            _ => draft.lost(
                span,
                name,
                "a field that is changed has no counterpart",
                "`add_header NAME VALUE` adds a field",
            ),
        };
        self.items.push(item);
    }

    /// The directives of the section, in an order in which they hold together.
    pub(super) fn end(mut self, draft: &mut Draft) -> Vec<Item> {
        let mut items = self.rewriting.end(draft);
        items.extend(self.items);
        if !self.is_whole && self.adds_fields {
            items.push(draft.added(&["add_header_inherit", "merge"]));
        }
        let access = self.access.end(draft);
        items.extend(access);
        if self.expires_is_on || !self.is_whole {
            match (&self.expires[..], &self.expires_default) {
                ([], None) => {}
                ([], Some((span, time))) => items.push(draft.simple(*span, &["expires", time])),
                (by_type, default) if self.is_whole => {
                    let mut lines = Vec::new();
                    for (span, media_type, time) in by_type {
                        let regex = format!("~*^{}(?:;|$)", escaped(media_type));
                        lines.push(draft.simple(*span, &[&regex, time]));
                    }
                    match default {
                        Some((span, time)) => lines.push(draft.simple(*span, &["default", time])),
                        None => lines.push(draft.added(&["default", "off"])),
                    }
                    let words = ["map", "$sent_http_content_type", "$expires_by_type"];
                    items.push(draft.around(&words, lines));
                    items.push(draft.added(&["expires", "$expires_by_type"]));
                }
                (by_type, _) => {
                    for (span, _, _) in by_type {
                        let why = "`ExpiresByType` in a section has no counterpart";
                        items.push(draft.lost(
                            *span,
                            "ExpiresByType",
                            why,
                            "`expires TIME` in its `location` holds for all of it",
                        ));
                    }
                }
            }
        } else {
            for span in
                self.expires.iter().map(|it| it.0).chain(self.expires_default.iter().map(|it| it.0))
            {
                items.push(draft.needless(span, "Expires", "`ExpiresActive On` is not said"));
            }
        }
        self.guards.append(&mut self.sections);
        items.extend(self.guards);
        items
    }
}

fn is_named(item: &Item, name: &str) -> bool {
    matches!(item, Item::Node(node) if node.name == name)
}

/// Whether a section says who may come in.
fn says_who_may(lines: &[Line<'_>]) -> bool {
    lines.iter().any(|line| match line {
        Line::Directive { name, .. } => {
            let name = name.to_ascii_lowercase();
            ["require", "allow", "deny", "order"].contains(&&name[..])
        }
        Line::Section { lines, .. } => says_who_may(lines),
        _ => false,
    })
}

/// A regex of paths whose last segment matches a regex of names.
fn of_names(regex: &str) -> String {
    let piece = |alternative: &str| {
        let (from_start, rest) = match alternative.strip_prefix('^') {
            Some(rest) => (true, rest),
            None => (false, alternative),
        };
        let to_end = rest.ends_with('$') && !rest.ends_with("\\$");
        let rest = if to_end { &rest[..rest.len() - 1] } else { rest };
        let (before, after) =
            (if from_start { "" } else { "[^/]*" }, if to_end { "" } else { "[^/]*" });
        format!("/{before}{rest}{after}$")
    };
    alternatives(regex).into_iter().map(piece).collect::<Vec<_>>().join("|")
}

/// Whether the type of an extension is this one without being said.
fn is_built_in(extension: &str, media_type: &str) -> bool {
    let extension = extension.trim_start_matches('.').as_bytes();
    types::common().iter().any(|it| it.0 == extension && it.1 == media_type.as_bytes())
}

fn status(word: &str) -> Option<u16> {
    match &word.to_ascii_lowercase()[..] {
        "permanent" => Some(301),
        "temp" => Some(302),
        "seeother" => Some(303),
        "gone" => Some(410),
        word => word.parse().ok().filter(|code| (100..=599).contains(code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files() {
        assert_eq!(of_names("^\\.ht"), "/\\.ht[^/]*$");
        assert_eq!(of_names("\\.(js|css)$"), "/[^/]*\\.(js|css)$");
        assert_eq!(of_names("^a$|b"), "/a$|/[^/]*b[^/]*$");
    }
}

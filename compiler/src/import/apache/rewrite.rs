//! `RewriteRule` and its conditions, as `rewrite` and `if`.

use super::variables::variables;
use crate::import::draft::{Draft, alternatives, escaped};
use crate::import::tree::Item;
use crate::source::Span;

/// What rewriting has said so far.
pub(super) struct Rewriting {
    is_on: bool,
    base: String,
    conditions: Vec<Condition>,
    /// How many rules there were whose conditions needed variables.
    conditioned: usize,
    has_rules: bool,
}

/// `RewriteCond`
struct Condition {
    span: Span,
    test: String,
    pattern: String,
    flags: String,
}

/// What a rule's flags ask for.
#[derive(Default)]
struct Flags {
    last: bool,
    redirect: Option<u16>,
    no_case: bool,
    append_query: bool,
    drop_query: bool,
    refused: Option<u16>,
    unknown: Option<String>,
}

impl Default for Rewriting {
    fn default() -> Self {
        let base = "/".to_owned();
        Rewriting { is_on: false, base, conditions: Vec::new(), conditioned: 0, has_rules: false }
    }
}

impl Rewriting {
    pub(super) fn has_rules(&self) -> bool {
        self.has_rules
    }

    /// Takes a directive that is about rewriting; whether it is one.
    pub(super) fn take(
        &mut self,
        name: &str,
        args: &[String],
        span: Span,
        draft: &mut Draft,
        items: &mut Vec<Item>,
    ) -> bool {
        match (&name.to_ascii_lowercase()[..], args) {
            ("rewriteengine", [value]) => {
                self.is_on = value.eq_ignore_ascii_case("on");
                items.push(draft.needless(span, name, "`rewrite` needs no switch"));
            }
            ("rewritebase", [base]) => {
                self.base = format!("/{}", base.trim_matches('/'));
                items.push(draft.needless(span, name, "paths are written whole"));
            }
            ("rewriteoptions", _) => items.push(draft.lost(span, name, "", "")),
            ("rewritecond", [test, pattern, flags @ ..]) => {
                let flags = flags.first().cloned().unwrap_or_default().to_ascii_lowercase();
                let (test, pattern) = (test.clone(), pattern.clone());
                self.conditions.push(Condition { span, test, pattern, flags });
            }
            ("rewriterule", [pattern, to, flags @ ..]) => {
                let conditions = std::mem::take(&mut self.conditions);
                let flags = flags.first().map_or("", String::as_str);
                if !self.is_on {
                    let why = "`RewriteEngine On` is not said";
                    items.extend(
                        conditions.iter().map(|it| draft.needless(it.span, "RewriteCond", why)),
                    );
                    items.push(draft.needless(span, name, why));
                    return true;
                }
                self.has_rules = true;
                match self.rule((pattern, to, flags), &conditions, span, draft) {
                    Ok(made) => items.extend(made),
                    Err(why) => {
                        for condition in &conditions {
                            let why = "the rule that it belongs to is not carried over";
                            items.push(draft.lost(condition.span, "RewriteCond", why, ""));
                        }
                        let help = "write it as `rewrite`, `if` or `map`";
                        let refuses = Flags::of(flags).refused.is_some();
                        let why = if refuses {
                            format!("{why}: what it refuses is answered now")
                        } else {
                            why
                        };
                        items.push(draft.lost(span, name, &why, help));
                    }
                }
            }
            (other, _) if other.starts_with("rewrite") => {
                items.push(draft.lost(span, name, "", ""))
            }
            _ => return false,
        }
        true
    }

    /// The directives of one rule, or why there are none.
    fn rule(
        &mut self,
        (pattern, to, flags): (&str, &str, &str),
        conditions: &[Condition],
        span: Span,
        draft: &mut Draft,
    ) -> Result<Vec<Item>, String> {
        let flags = Flags::of(flags);
        if let Some(flag) = &flags.unknown {
            return Err(format!("the flag `{flag}` of a rule has no counterpart"));
        }
        if let Some(pattern) = pattern.strip_prefix('!') {
            return Err(format!("a rule for all paths but `{pattern}` has no counterpart"));
        }
        let no_case = if flags.no_case { "(?i)" } else { "" };
        let regex = format!("{no_case}{}", of_path(pattern));
        let number = self.conditioned + 1;
        let prefix = format!("cond_{number}_");
        let captures =
            to.contains('%') && ('1'..='9').any(|digit| to.contains(&format!("%{digit}")));
        let mut groups = groups(conditions, captures.then_some(&prefix[..]))?;
        let to = self.target(to, &prefix)?.map(|to| with_query(&to, &flags));
        let how = "Apache goes through all rules again with what a rule has made; here each is asked once.";
        let items = match (to, flags.refused, flags.redirect) {
            (Some(to), None, None) => {
                let mut words = vec!["rewrite", &regex[..], &to];
                words.extend(flags.last.then_some("last"));
                let item = draft.simple(span, &words);
                vec![draft.differs(item, how)]
            }
            (Some(to), None, Some(code @ (301 | 302))) => {
                let kind = if code == 301 { "permanent" } else { "redirect" };
                vec![draft.simple(span, &["rewrite", &regex, &to, kind])]
            }
            (to, refused, redirect) => {
                // The pattern is one more condition.
                groups.push(vec![(
                    span,
                    vec!["($uri".to_owned(), "~".to_owned(), regex.clone(), ")".to_owned()],
                    None,
                )]);
                let words = match (to, refused, redirect) {
                    (_, Some(code), _) => vec!["return".to_owned(), code.to_string()],
                    (None, ..) if flags.last => vec!["break".to_owned()],
                    (None, ..) => {
                        return Err("a rule that changes nothing has no counterpart".to_owned());
                    }
                    (Some(to), _, code) => {
                        let to = match to.strip_suffix('?') {
                            Some(to) => to.to_owned(),
                            None if to.contains('?') => to,
                            None => format!("{to}$is_args$args"),
                        };
                        vec!["return".to_owned(), code.unwrap_or(302).to_string(), to]
                    }
                };
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                vec![draft.added(&words)]
            }
        };
        self.conditioned += usize::from(!groups.is_empty());
        Ok(within(&groups, number, items, draft))
    }

    /// What a rule leads to, with variables as they are called here; `None` if that is no change.
    fn target(&self, to: &str, prefix: &str) -> Result<Option<String>, String> {
        if to == "-" {
            return Ok(None);
        }
        let text = variables(to, prefix)?;
        let is_whole = text.starts_with('/') || text.contains("://") || text.starts_with("$http");
        if is_whole || text.starts_with('?') && text.len() > 1 {
            let own = if text.starts_with('?') { format!("$uri{text}") } else { text };
            return Ok(Some(own));
        }
        Ok(Some(format!("{}/{text}", self.base.trim_end_matches('/'))))
    }

    /// Conditions of no rule.
    pub(super) fn end(&mut self, draft: &mut Draft) -> Vec<Item> {
        let left = std::mem::take(&mut self.conditions);
        let why = "no rule follows this condition";
        left.iter().map(|it| draft.needless(it.span, "RewriteCond", why)).collect()
    }
}

/// The words of an `if`, and where it stands; what its groups match goes to variables of such names.
type Test = (Span, Vec<String>, Option<(String, usize)>);

/// `items`, where one test of each group holds.
fn within(groups: &[Vec<Test>], number: usize, items: Vec<Item>, draft: &mut Draft) -> Vec<Item> {
    let words = |test: &Test| {
        let words = test.1.iter().map(String::as_str);
        ["if"].into_iter().chain(words).map(str::to_owned).collect::<Vec<_>>()
    };
    let block = |test: &Test, items: Vec<Item>, draft: &mut Draft| {
        let words = words(test);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut inner = Vec::new();
        if let Some((prefix, count)) = &test.2 {
            for group in 1..=*count {
                inner.push(draft.added(&[
                    "set",
                    &format!("${prefix}{group}"),
                    &format!("${group}"),
                ]));
            }
        }
        inner.extend(items);
        draft.block(test.0, &words, inner)
    };
    match groups {
        [] => return items,
        [group] if group.len() == 1 => return vec![block(&group[0], items, draft)],
        _ => {}
    }
    // Blocks of `if` do not stand within each other: each group leaves a mark.
    let mut made = Vec::new();
    let (mut marks, mut all) = (String::new(), String::new());
    for (index, group) in groups.iter().enumerate() {
        let variable = format!("$rule_{number}_{}", index + 1);
        made.push(draft.added(&["set", &variable, ""]));
        for test in group {
            let set = draft.added(&["set", &variable, "y"]);
            made.push(block(test, vec![set], draft));
        }
        marks += &variable;
        all += "y";
    }
    let variable = format!("$rule_{number}");
    made.push(draft.added(&["set", &variable, &marks]));
    made.push(draft.around(&["if", &format!("({variable}"), "=", &format!("{all})")], items));
    made
}

/// The tests of all conditions: of each group, one has to hold. With `prefix`, what the groups of the
/// last condition's regex match goes to variables of such names.
fn groups(conditions: &[Condition], prefix: Option<&str>) -> Result<Vec<Vec<Test>>, String> {
    let mut groups: Vec<Vec<Test>> = Vec::new();
    let mut joins = false;
    for (index, condition) in conditions.iter().enumerate() {
        let is_last = index + 1 == conditions.len();
        let captures = prefix.filter(|_| is_last);
        let captures = captures.map(|prefix| (prefix.to_owned(), group_count(&condition.pattern)));
        let test = (condition.span, condition.words()?, captures);
        match groups.last_mut().filter(|_| joins) {
            Some(group) => group.push(test),
            None => groups.push(vec![test]),
        }
        joins = condition
            .flags
            .trim_matches(['[', ']'])
            .split(',')
            .any(|flag| matches!(flag.trim(), "or" | "ornext"));
    }
    Ok(groups)
}

impl Condition {
    /// The words of its `if`.
    fn words(&self) -> Result<Vec<String>, String> {
        let flags = self.flags.trim_matches(['[', ']']);
        let mut no_case = false;
        for flag in flags.split(',').map(str::trim).filter(|flag| !flag.is_empty()) {
            match flag {
                "nc" | "nocase" => no_case = true,
                "or" | "ornext" | "nv" => {}
                _ => return Err(format!("the flag `{flag}` of a condition has no counterpart")),
            }
        }
        let value = variables(&self.test, "")?;
        let (not, pattern) = match self.pattern.strip_prefix('!') {
            Some(pattern) => ("!", pattern),
            None => ("", &self.pattern[..]),
        };
        if ["-f", "-d", "-e"].contains(&pattern) {
            return Ok(vec![format!("({not}{pattern}"), format!("{value})")]);
        }
        // `if` compares a variable alone.
        let is_variable = value.starts_with('$')
            && value[1..].chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_variable {
            return Err(format!("a condition about `{}` has no counterpart", self.test));
        }
        if pattern.starts_with(['-', '<', '>']) {
            return Err(format!("a condition by `{pattern}` has no counterpart"));
        }
        let operator = match (not, no_case) {
            ("!", true) => "!~*",
            ("!", false) => "!~",
            (_, true) => "~*",
            (_, false) => "~",
        };
        let is_https = value == "$https";
        let is_off = |text: &str| text.trim_matches(['^', '$']).eq_ignore_ascii_case("off");
        let test = match pattern.strip_prefix('=') {
            // `$https` is `on` or empty.
            _ if is_https && is_off(pattern.trim_start_matches('=')) => {
                return Ok(vec![
                    format!("({value}"),
                    if not.is_empty() { "!=" } else { "=" }.to_owned(),
                    "on)".to_owned(),
                ]);
            }
            Some(text) if no_case => format!("^{}$", escaped(text.trim_matches('"'))),
            Some(text) => {
                let text = text.trim_matches('"');
                return Ok(vec![format!("({value}"), format!("{not}="), format!("{text})")]);
            }
            None if self.test.eq_ignore_ascii_case("%{REQUEST_FILENAME}") => {
                return Err("a condition about the name of a file has no counterpart".to_owned());
            }
            None => pattern.to_owned(),
        };
        Ok(vec![format!("({value}"), operator.to_owned(), test, ")".to_owned()])
    }
}

impl Flags {
    fn of(text: &str) -> Flags {
        let mut flags = Flags::default();
        let all = text.trim().trim_matches(['[', ']']).split(',').map(str::trim);
        for flag in all.filter(|flag| !flag.is_empty()) {
            let lower = flag.to_ascii_lowercase();
            let (name, value) = lower.split_once('=').unwrap_or((&lower, ""));
            match name {
                "l" | "last" | "end" => flags.last = true,
                "r" | "redirect" => {
                    let code = match value {
                        "" | "temp" => Some(302),
                        "permanent" => Some(301),
                        "seeother" => Some(303),
                        value => value.parse().ok(),
                    };
                    match code {
                        Some(300..=399) => flags.redirect = code,
                        Some(100..=599) => flags.refused = code,
                        _ => flags.unknown = Some(flag.to_owned()),
                    }
                }
                "nc" | "nocase" => flags.no_case = true,
                "qsa" | "qsappend" => flags.append_query = true,
                "qsd" | "qsdiscard" => flags.drop_query = true,
                "f" | "forbidden" => flags.refused = Some(403),
                "g" | "gone" => flags.refused = Some(410),
                "ne" | "noescape" | "nosubreq" | "ns" | "pt" | "passthrough" | "dpi" => {}
                _ => flags.unknown = Some(flag.to_owned()),
            }
        }
        flags
    }
}

/// The target with its query as Apache makes it: `rewrite` adds that of the request unless the target
/// ends in `?`.
fn with_query(to: &str, flags: &Flags) -> String {
    let replaces = to.contains('?') && !flags.append_query;
    let drops = replaces || flags.drop_query;
    if drops && !to.ends_with('?') { format!("{to}?") } else { to.to_owned() }
}

/// A regex of paths without their first slash, as one of whole paths.
fn of_path(pattern: &str) -> String {
    let piece = |alternative: &str| match alternative.strip_prefix('^') {
        Some(rest) => format!("^/{rest}"),
        // These match from the start, if they do.
        None if [".", ".*", ".+", "(.*)", "(.+)"].contains(&alternative) => {
            format!("^/{alternative}")
        }
        // The first slash is no part of what is searched.
        None => format!("^/.*?{alternative}"),
    };
    alternatives(pattern).into_iter().map(piece).collect::<Vec<_>>().join("|")
}

/// How many groups of a regex have numbers, as far as `$9`.
fn group_count(regex: &str) -> usize {
    let (mut count, mut in_class) = (0, false);
    let mut characters = regex.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                characters.next();
            }
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class && characters.peek() != Some(&'?') => count += 1,
            _ => {}
        }
    }
    count.min(9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_whole_paths() {
        for (pattern, expected) in [
            ("^(.*)$", "^/(.*)$"),
            (".", "^/."),
            ("a$", "^/.*?a$"),
            ("^a|b$", "^/a|^/.*?b$"),
            ("^(a|b)$", "^/(a|b)$"),
        ] {
            assert_eq!(of_path(pattern), expected);
        }
    }

    #[test]
    fn queries_and_groups() {
        for (to, flags, expected) in [
            ("/a", "[L]", "/a"),
            ("/a?b=1", "[L]", "/a?b=1?"),
            ("/a?b=1", "[L,QSA]", "/a?b=1"),
            ("/a", "[QSD]", "/a?"),
            ("/a?", "", "/a?"),
        ] {
            assert_eq!(with_query(to, &Flags::of(flags)), expected);
        }
        assert_eq!(group_count("^(?:a)(b\\()[(](c)"), 2);
    }
}

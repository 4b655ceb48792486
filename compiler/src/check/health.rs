//! `health_check`, and `match`, which says what an answer to it is to be.

use std::rc::Rc;

use super::draft::Draft;
use super::reader::{Match, Reader};
use super::upstream::no_parameter;
use crate::ast::{Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::ir::{self, FieldTest, Health, HealthTest, Regex, Target};
use crate::suggest::closest;
use crate::value::{Checked, count, is_token, regex, time_ms};

impl Reader<'_> {
    /// Takes the `match`es of a conf, which a `health_check` may come before.
    pub(super) fn read_matches(&mut self, directives: &[Directive]) {
        for directive in directives {
            let Some(block) = &directive.block else { continue };
            match &directive.name.value[..] {
                b"http" => self.read_matches(&block.directives),
                b"match" => {
                    let word = &directive.args[0];
                    let lines = block.directives.iter().map(|line| self.health_test(line));
                    let lines: Vec<_> = lines.collect();
                    let tests = lines.into_iter().filter_map(|line| self.report(line)).collect();
                    let (name, span) = (word.shown(), word.span);
                    self.matches.push(Match { name, span, tests, is_used: false });
                }
                _ => {}
            }
        }
    }

    /// A line of a `match`.
    fn health_test(&mut self, line: &Directive) -> Checked<HealthTest> {
        let wrong = |usage: &str| {
            let message = format!("`{}` of a `match` is not like this", line.name.shown());
            let wrong = Diagnostic::error("T25", line.span(), message);
            Err(Box::new(wrong.help(format!("it is `{usage}`"))))
        };
        match (&line.name.value[..], &line.args[..]) {
            (b"status", words) => {
                let negated = words.first().is_some_and(|word| word.value == b"!");
                let words = &words[usize::from(negated)..];
                if words.is_empty() {
                    return wrong("status [!] CODE | FROM-TO …");
                }
                let ranges = words.iter().map(statuses).collect::<Checked<_>>()?;
                Ok(HealthTest::Status { negated, ranges })
            }
            (b"header", words) => {
                let absent = words.first().is_some_and(|word| word.value == b"!");
                let (name, rest) = match &words[usize::from(absent)..] {
                    [name, rest @ ..] if is_token(&name.value) => (name.shown(), rest),
                    _ => return wrong("header [!] NAME | NAME = VALUE | NAME ~ REGEX"),
                };
                let (test, negated) = match rest {
                    [] => (FieldTest::Present, absent),
                    [sign, value] if !absent && matches!(&sign.value[..], b"=" | b"!=") => {
                        (FieldTest::Equal(value.value.clone()), sign.value == b"!=")
                    }
                    [sign, value] if !absent && matches!(&sign.value[..], b"~" | b"!~") => {
                        (FieldTest::Matches(self.health_regex(value)?), sign.value == b"!~")
                    }
                    _ => return wrong("header [!] NAME | NAME = VALUE | NAME ~ REGEX"),
                };
                Ok(HealthTest::Field { name, test, negated })
            }
            (b"body", [sign, value]) if matches!(&sign.value[..], b"~" | b"!~") => {
                let regex = self.health_regex(value)?;
                Ok(HealthTest::Content { regex, negated: sign.value == b"!~" })
            }
            (b"body", _) => wrong("body ~ REGEX | !~ REGEX"),
            (b"require", _) => {
                let message = "nginx's `require` is not supported";
                let wrong = Diagnostic::error("D14", line.span(), message);
                Err(Box::new(wrong.help("say it by `status`, `header` and `body`")))
            }
            (_, _) => {
                let message = format!("a `match` has no `{}`", line.name.shown());
                let wrong = Diagnostic::error("T25", line.name.span, message);
                Err(Box::new(wrong.help("it has `status`, `header` and `body`")))
            }
        }
    }

    fn health_regex(&mut self, word: &Word) -> Checked<Regex> {
        let regex = regex(word, 0, false)?;
        let found = Regex { pattern: regex.pattern.clone(), captures_used: false };
        self.step_regexes.push(Rc::new(regex));
        Ok(found)
    }

    fn health(&mut self, line: &Directive, proxy: &ir::Proxy, host: String) -> Checked<Health> {
        let plain = &proxy.plain;
        let mut health = Health {
            uri: b"/".to_vec(),
            host,
            port: None,
            interval_ms: 5000,
            jitter_ms: 0,
            timeout_ms: plain.connect_timeout_ms.max(plain.read_timeout_ms),
            fails: 1,
            passes: 1,
            is_mandatory: false,
            tests: Vec::new(),
        };
        for word in &line.args {
            match (&word.value[..], word.option()) {
                (b"mandatory", _) => health.is_mandatory = true,
                // Nothing is known of a server that has not run yet.
                (b"persistent", _) => {}
                (_, Some((b"interval", time))) => health.interval_ms = time_ms(&time)?.max(1),
                (_, Some((b"jitter", time))) => health.jitter_ms = time_ms(&time)?,
                (_, Some((b"fails", number))) => health.fails = count(&number, 1..=1000)? as u32,
                (_, Some((b"passes", number))) => health.passes = count(&number, 1..=1000)? as u32,
                (_, Some((b"port", port))) => health.port = Some(crate::value::port(&port)?),
                // Each question has a connection of its own.
                (_, Some((b"keepalive_time", time))) => {
                    time_ms(&time)?;
                }
                (_, Some((b"uri", uri))) => {
                    let is_path = uri.value.starts_with(b"/");
                    if !is_path || uri.value.iter().any(|byte| *byte <= b' ' || *byte == b'$') {
                        let message = format!("`{}` is no path", uri.shown());
                        let wrong = Diagnostic::error("T25", uri.span, message);
                        return Err(Box::new(wrong.help("write one, as `uri=/health`")));
                    }
                    health.uri = uri.value.clone();
                }
                (_, Some((b"match", name))) => health.tests = self.find_match(&name)?,
                (_, Some((b"type", kind))) => {
                    let message = format!("`type={}` is not supported", kind.shown());
                    let wrong = Diagnostic::error("D14", word.span, message);
                    return Err(Box::new(wrong.help("leave it out: servers are asked by HTTP/1")));
                }
                _ => {
                    let known = [
                        "interval",
                        "jitter",
                        "fails",
                        "passes",
                        "uri",
                        "match",
                        "port",
                        "mandatory",
                    ];
                    return Err(no_parameter("`health_check`", word, &known));
                }
            }
        }
        Ok(health)
    }

    fn find_match(&mut self, word: &Word) -> Checked<Vec<HealthTest>> {
        let name = word.shown();
        if let Some(found) = self.matches.iter_mut().find(|it| it.name == name) {
            found.is_used = true;
            return Ok(found.tests.clone());
        }
        let wrong = Diagnostic::error("K15", word.span, format!("there is no `match {name}`"));
        Err(Box::new(match closest(&name, self.matches.iter().map(|it| &it.name[..])) {
            Some(meant) => wrong.patch(format!("did you mean `{meant}`?"), word.span, meant),
            None => wrong.help(format!("add it: `match {name} {{ status 200; }}`")),
        }))
    }

    /// Says which `match`es nobody looks at.
    pub(super) fn warn_of_unused_matches(&mut self) {
        for Match { name, span, .. } in self.matches.iter().filter(|it| !it.is_used) {
            let message = format!("no `health_check` looks at the match `{name}`");
            self.diagnostics.push(Diagnostic::warning("K16", *span, message).help("delete it"));
        }
    }
}

impl Draft<'_> {
    /// Takes the `health_check` of a location, for the upstream that it passes on to.
    pub(super) fn health_check(&mut self, directives: &[Directive], action: Option<&ir::Proxy>) {
        let Some(line) = named(directives, "health_check").next() else { return };
        let checked = self.checked_upstream(line, action);
        let Some((id, proxy)) = self.reader.report(checked) else { return };
        let of_host = |field: &&ir::ProxyField| field.name.eq_ignore_ascii_case(b"host");
        let host = proxy.fields.iter().find(of_host).and_then(|field| field.value.literal());
        let host = match host {
            Some(host) => String::from_utf8_lossy(host).into_owned(),
            None => self.reader.upstreams[id].name.clone(),
        };
        let health = self.reader.health(line, proxy, host);
        let health = self.reader.report(health);
        self.reader.upstreams[id].health = health;
    }

    fn checked_upstream<'p>(
        &self,
        line: &Directive,
        action: Option<&'p ir::Proxy>,
    ) -> Checked<(usize, &'p ir::Proxy)> {
        let wrong = |message: &str| Diagnostic::error("U07", line.span(), message);
        let Some(proxy) = action.filter(|proxy| proxy.wire == ir::Wire::Http) else {
            let help = "write it beside the `proxy_pass` to the upstream that it is about";
            return Err(Box::new(wrong("there is no `proxy_pass` here").help(help)));
        };
        let Target::Fixed { upstream, .. } = proxy.target else {
            let help = "name an `upstream` without variables";
            return Err(Box::new(wrong("whom it is about is not known").help(help)));
        };
        let upstream = &self.reader.upstreams[usize::from(upstream)];
        if !upstream.is_shared {
            let message = "the upstream has no `zone` in which workers know who is well";
            let help = format!("add `zone {} 64k;` to the upstream", upstream.name);
            return Err(Box::new(wrong(message).help(help)));
        }
        if proxy.tls.is_some() {
            let message = "servers are not asked over TLS whether they are well";
            return Err(Box::new(wrong(message).help("leave `health_check` out")));
        }
        if upstream.health.is_some() {
            let message = format!("the upstream `{}` has a `health_check` already", upstream.name);
            return Err(Box::new(wrong(&message).help("delete one of them")));
        }
        let Target::Fixed { upstream, .. } = proxy.target else { unreachable!("it was looked at") };
        Ok((usize::from(upstream), proxy))
    }
}

/// `CODE` or `FROM-TO`.
fn statuses(word: &Word) -> Checked<(u16, u16)> {
    let text = word.shown();
    let (from, to) = text.split_once('-').unwrap_or((&text, &text));
    let number = |text: &str| text.parse::<u16>().ok().filter(|it| (100..=599).contains(it));
    match (number(from), number(to)) {
        (Some(from), Some(to)) if from <= to => Ok((from, to)),
        _ => {
            let message = format!("`{text}` is no status");
            let wrong = Diagnostic::error("T09", word.span, message);
            Err(Box::new(wrong.help("write `200` or `200-399`")))
        }
    }
}

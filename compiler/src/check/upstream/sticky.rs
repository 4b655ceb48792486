//! `sticky`: how clients come to the same server again.

use super::no_parameter;
use crate::ast::{Directive, Word, named};
use crate::check::groups::Groups;
use crate::check::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::ir::{Sticky, Value};
use crate::value::{self, Checked, is_token, time_ms};

/// How long a session is remembered where the conf says nothing.
const TIMEOUT_MS: u64 = 600_000;
/// `expires=max`.
const FOR_EVER_S: u64 = 315_360_000;

impl Reader<'_> {
    /// What the `sticky` among the lines of an upstream says.
    pub(super) fn sticky(&mut self, lines: &[Directive]) -> Checked<Option<Sticky>> {
        let Some(line) = named(lines, "sticky").next() else { return Ok(None) };
        let [by, rest @ ..] = &line.args[..] else { unreachable!("the structure is checked") };
        match (&by.value[..], rest) {
            (b"cookie", [name, options @ ..]) => self.sticky_cookie(name, options).map(Some),
            (b"route", values @ [_, ..]) => {
                let values = values.iter().map(|word| self.sticky_value(word, 0));
                Ok(Some(Sticky::Route(values.collect::<Checked<_>>()?)))
            }
            (b"learn", options @ [_, ..]) => self.sticky_learn(line, options).map(Some),
            (b"cookie" | b"route" | b"learn", []) => {
                let message = format!("`sticky {}` has something behind it", by.shown());
                Err(Box::new(Diagnostic::error("T25", by.span, message).help(match &by.value[..] {
                    b"cookie" => "name the cookie: `sticky cookie srv_id expires=1h path=/;`",
                    b"route" => "name values: `sticky route $cookie_route $arg_route;`",
                    _ => "`sticky learn create=$upstream_cookie_sid lookup=$cookie_sid zone=sids:1m;`",
                })))
            }
            _ => {
                let message = format!("`sticky` knows no `{}`", by.shown());
                Err(Box::new(
                    Diagnostic::error("T25", by.span, message)
                        .help("it is `sticky cookie`, `sticky route` or `sticky learn`"),
                ))
            }
        }
    }

    fn sticky_value(&mut self, word: &Word, from: usize) -> Checked<Value> {
        let value = self.value(word, from, &Groups::AtMost(9))?;
        if value.literal().is_some() {
            let message = format!("`{}` is the same for all clients", word.shown());
            let wrong = Diagnostic::error("T25", word.span, message);
            return Err(Box::new(wrong.help("name a variable: `$cookie_route`")));
        }
        Ok(value)
    }

    fn sticky_cookie(&mut self, name: &Word, options: &[Word]) -> Checked<Sticky> {
        if !is_token(&name.value) {
            let message = format!("`{}` is not the name of a cookie", name.shown());
            return Err(Box::new(Diagnostic::error("T13", name.span, message)));
        }
        let (mut attributes, mut lifetime_s) = (Value::default(), None);
        for word in options {
            match (&word.value[..], word.option()) {
                (b"httponly", _) => attributes.push_literal(b"; HttpOnly"),
                (b"secure", _) => attributes.push_literal(b"; Secure"),
                (_, Some((b"expires", value))) if value.value == b"max" => {
                    lifetime_s = Some(FOR_EVER_S);
                }
                (_, Some((b"expires", value))) => lifetime_s = Some(time_ms(&value)? / 1000),
                (_, Some((name @ (b"domain" | b"path"), _))) => {
                    attributes.push_literal(&[&b"; "[..], name, b"="].concat());
                    let from = name.len() + 1;
                    attributes.0.extend(self.value(word, from, &Groups::AtMost(9))?.0);
                }
                (_, Some((b"samesite", value))) => {
                    let given = self.value(word, "samesite=".len(), &Groups::AtMost(9))?;
                    attributes.push_literal(b"; SameSite=");
                    match given.literal().map(<[u8]>::to_ascii_lowercase).as_deref() {
                        Some(b"strict") => attributes.push_literal(b"Strict"),
                        Some(b"lax") => attributes.push_literal(b"Lax"),
                        Some(b"none") => attributes.push_literal(b"None"),
                        None => attributes.0.extend(given.0),
                        Some(_) => {
                            let message = format!("`{}` is no `samesite`", value.shown());
                            let wrong = Diagnostic::error("T25", value.span, message);
                            return Err(Box::new(wrong.help("it is `strict`, `lax` or `none`")));
                        }
                    }
                }
                _ => {
                    let known = ["expires", "domain", "httponly", "samesite", "secure", "path"];
                    return Err(no_parameter("`sticky cookie`", word, &known));
                }
            }
        }
        Ok(Sticky::Cookie { name: name.value.clone(), attributes, lifetime_s })
    }

    fn sticky_learn(&mut self, line: &Directive, options: &[Word]) -> Checked<Sticky> {
        let (mut create, mut lookup, mut zone_len) = (Vec::new(), Vec::new(), None);
        let mut timeout_ms = TIMEOUT_MS;
        for word in options {
            match (&word.value[..], word.option()) {
                // What the head of an answer says is known as soon as that is there.
                (b"header", _) => {}
                (_, Some((b"create", _))) => {
                    create.push(self.sticky_value(word, "create=".len())?);
                }
                (_, Some((b"lookup", _))) => {
                    lookup.push(self.sticky_value(word, "lookup=".len())?);
                }
                (_, Some((b"zone", zone))) => zone_len = Some(zone_size(&zone)?),
                (_, Some((b"timeout", time))) => timeout_ms = time_ms(&time)?,
                (b"sync", _) => {
                    let message = "nginx's `sync` is not supported";
                    let wrong = Diagnostic::error("D14", word.span, message);
                    return Err(Box::new(wrong.help("leave it out: servers know of no others")));
                }
                _ => {
                    let known = ["create", "lookup", "zone", "timeout", "header"];
                    return Err(no_parameter("`sticky learn`", word, &known));
                }
            }
        }
        let missing = [
            ("create=$VARIABLE", create.is_empty()),
            ("lookup=$VARIABLE", lookup.is_empty()),
            ("zone=NAME:SIZE", zone_len.is_none()),
        ];
        if let Some((what, _)) = missing.iter().find(|(_, is_missing)| *is_missing) {
            let message = format!("`sticky learn` lacks `{what}`");
            return Err(Box::new(Diagnostic::error("T25", line.span(), message).help(
                "`sticky learn create=$upstream_cookie_sid lookup=$cookie_sid zone=sids:1m;`",
            )));
        }
        let zone_len = zone_len.unwrap_or_default();
        Ok(Sticky::Learn { create, lookup, zone_len, timeout_ms })
    }
}

/// The size in `NAME:SIZE`.
fn zone_size(word: &Word) -> Checked<usize> {
    let Some(colon) = word.value.iter().position(|&byte| byte == b':').filter(|at| *at > 0) else {
        let message = "a zone has a name and a size";
        return Err(Box::new(
            Diagnostic::error("T25", word.span, message).help("write `zone=NAME:1m`"),
        ));
    };
    value::size(&word.tail(colon + 1)).map(|len| len as usize)
}

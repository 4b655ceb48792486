//! What a location does: `return`, `try_files`, or the files of its root.

use sitec_runtime::http::method::{Method, MethodSet};
use sitec_runtime::http::status::is_redirect;
use sitec_runtime::site::LocationId;

use super::draft::{Draft, Names};
use super::groups::Groups;
use super::level::Level;
use super::steps::begins_with_return;
use super::trace;
use crate::ast::{Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::ir::{
    Action, Candidate, Cgi, Fallback, FileBase, Handler, Piece, Return, Scripts, TryFiles, Value,
    Wire,
};
use crate::places::PagePlace;
use crate::value::{Checked, status};

impl Draft<'_> {
    /// What the location `id` with these directives does, by which methods, and where its files
    /// are. `None` if there is a mistake in it.
    pub(super) fn action(
        &mut self,
        id: LocationId,
        directives: &[Directive],
        level: &Level,
        groups: &Groups,
        names: &Names,
    ) -> Option<(Action, MethodSet, Option<FileBase>)> {
        // Both are looked at, so that the mistakes of both are shown.
        let is_first = begins_with_return(directives);
        let answer = named(directives, "return").next().filter(|_| is_first);
        let answer = answer.map(|directive| self.answer(directive, groups));
        let answer = answer.map(|answer| self.reader.report(answer));
        let try_files = named(directives, "try_files").next();
        let try_files = try_files.map(|directive| self.try_files(id, directive, groups, names));
        let try_files = match try_files {
            Some(result) => Some(self.reader.report(result)?),
            None => None,
        };
        if let Some(answer) = answer {
            let methods = level.methods.unwrap_or(MethodSet::ALL);
            return Some((Action::Return(answer?), methods, level.base.clone()));
        }
        let base = match &level.base {
            Some(base) => Some(base.clone()),
            None => self.reader.default_base(),
        };
        let (handler, own_methods) = handler(level);
        if let Handler::Proxy(_) = handler {
            level.proxy.check(&level.values, &mut self.reader);
            level.grpc.check(&level.values, &mut self.reader);
        }
        let methods = level.methods.unwrap_or(own_methods);
        let action = match (try_files, &base) {
            // Without a folder no candidate is ever there.
            (Some(TryFiles { fallback, .. }), None) => {
                let try_files = Some(TryFiles { candidates: Vec::new(), fallback });
                Action::Serve { try_files, handler }
            }
            (None, None) if !needs_no_folder(&handler) => match level.keeps_nobody_out() {
                true => Action::Return(Return::Status(404)),
                // A `return` would come before anybody asks who the client is.
                false => {
                    let (candidates, fallback) = (Vec::new(), Fallback::Status(404));
                    let try_files = Some(TryFiles { candidates, fallback });
                    Action::Serve { try_files, handler }
                }
            },
            (try_files, _) => Action::Serve { try_files, handler },
        };
        Some((action, methods, base))
    }

    pub(super) fn answer(&mut self, directive: &Directive, groups: &Groups) -> Checked<Return> {
        let first = &directive.args[0];
        let second = directive.args.get(1);
        let is_url = [&b"http://"[..], b"https://", b"$scheme", b"${scheme}"]
            .iter()
            .any(|start| first.value.starts_with(start));
        if second.is_none() && is_url {
            return Ok(Return::Redirect(302, self.reader.value(first, 0, groups)?));
        }
        let code = status(first, 0..first.value.len(), 200..=599)
            .map_err(|wrong| misread(first, second.is_none(), wrong))?;
        let text = match second {
            Some(word) => self.reader.value(word, 0, groups)?,
            None => Value::default(),
        };
        let empty = text.literal().is_some_and(<[u8]>::is_empty);
        Ok(match code {
            _ if is_redirect(code) && empty => {
                let (place, message) = (directive.span(), format!("{code} needs a URL to go to"));
                return Err(Box::new(
                    Diagnostic::error("T10", place, message)
                        .help(format!("write it behind the code: `return {code} /new/;`")),
                ));
            }
            _ if is_redirect(code) => Return::Redirect(code, text),
            444 if second.is_none() => Return::Close,
            400.. if empty => Return::Status(code),
            _ => Return::Text(code, text),
        })
    }

    fn try_files(
        &mut self,
        id: LocationId,
        directive: &Directive,
        groups: &Groups,
        names: &Names,
    ) -> Checked<TryFiles> {
        let [candidates @ .., last] = &directive.args[..] else {
            let message = "`try_files` has nothing to fall back to";
            return Err(Box::new(Diagnostic::error("D05", directive.span(), message)));
        };
        if let Some(equals) = candidates.last().filter(|word| word.value == b"=") {
            let (place, meant) = (equals.span.to(last.span), format!("={}", last.shown()));
            let message = format!("a blank in `= {}` makes two words of it", last.shown());
            let wrong = Diagnostic::error("F04", place, message);
            return Err(Box::new(wrong.patch("write it as one word", place, meant)));
        }
        let candidates: Vec<_> =
            candidates.iter().map(|word| self.candidate(word, groups)).collect();
        let candidates =
            candidates.into_iter().filter_map(|result| self.reader.report(result)).collect();
        let fallback = match last.value.first() {
            Some(b'=') => Fallback::Status(status(last, 1..last.value.len(), 200..=599)?),
            Some(b'@') => Fallback::Named(names.find(last)?),
            Some(b'/' | b'$') => {
                let uri = self.reader.value(last, 0, groups)?;
                self.places.pages.push(PagePlace {
                    uri: uri.clone(),
                    span: last.span,
                    server: names.id,
                    fallback_of: Some(id),
                });
                Fallback::Uri(uri)
            }
            _ => return Err(no_fallback(last)),
        };
        Ok(TryFiles { candidates, fallback })
    }

    fn candidate(&mut self, word: &Word, groups: &Groups) -> Checked<Candidate> {
        let mut path = self.reader.value(word, 0, groups)?;
        let mut directory = false;
        if let Some(Piece::Literal(last)) = path.0.last_mut()
            && last.ends_with(b"/")
        {
            directory = true;
            last.pop();
            if last.is_empty() {
                path.0.pop();
            }
        }
        Ok(Candidate { path, directory })
    }
}

/// Who makes the responses, and by which methods unless the conf names others.
fn handler(level: &Level) -> (Handler, MethodSet) {
    let (mut handler, methods) = handler_alone(level);
    if level.values.plain.trace_context.injects() {
        trace::pass_on(&mut handler);
    }
    (handler, methods)
}

/// The same, but for what it is told of a trace.
fn handler_alone(level: &Level) -> (Handler, MethodSet) {
    let reading = MethodSet::of(&[Method::Get, Method::Head]);
    let passed = level.fastcgi.resolved(&level.values);
    let passed = passed.or_else(|| level.grpc.resolved(&level.values));
    if let Some(proxy) = passed.or_else(|| level.proxy.resolved(&level.values)) {
        let any = !matches!(proxy.wire, Wire::Memcached { .. });
        let methods = if any { MethodSet::ALL } else { reading };
        return (Handler::Proxy(Box::new(proxy)), methods);
    }
    if let Some((own, _)) = level.own {
        return (own.handler(), reading);
    }
    if let Some(cgi) = level.cgi.resolved(level.values.cgi) {
        return (Handler::Cgi(cgi), reading.with(Method::Post));
    }
    level.writing.resolved(&level.values).unwrap_or((Handler::Files, reading))
}

/// Whether there is something to do where no folder is.
fn needs_no_folder(handler: &Handler) -> bool {
    let program = |cgi: &Cgi| matches!(cgi.scripts, Scripts::Program { .. });
    match handler {
        Handler::Cgi(cgi) => program(cgi),
        Handler::Upload(_)
        | Handler::Status
        | Handler::Metrics
        | Handler::StatusPage
        | Handler::EmptyGif
        | Handler::Proxy(_) => true,
        Handler::Dav(_) | Handler::Files => false,
    }
}

/// Says what a first parameter must be that is not a code.
fn misread(word: &Word, alone: bool, wrong: Box<Diagnostic>) -> Box<Diagnostic> {
    let shown = word.shown();
    match word.value.first() {
        Some(b'/') if alone => {
            let text = format!("name the kind of redirect: `302 {shown}`");
            Box::new(wrong.patch(text, word.span, format!("302 {shown}")))
        }
        Some(byte) if !byte.is_ascii_digit() && alone => Box::new(wrong.help(
            "a URL alone begins with `http://`, `https://` or `$scheme`; a text needs a code",
        )),
        Some(byte) if !byte.is_ascii_digit() => {
            Box::new(wrong.help("the code comes first: `return 200 TEXT;`"))
        }
        _ => wrong,
    }
}

/// A fallback that no request is for, as nginx too would find out.
fn no_fallback(last: &Word) -> Box<Diagnostic> {
    let shown = last.shown();
    let (what, meant) = match shown.parse::<u16>() {
        Ok(100..600) => ("a status has a `=` before it", format!("={shown}")),
        _ => ("a path begins with a slash", format!("/{shown}")),
    };
    let message = format!("`{shown}` is neither a path, a `@name` nor a `=CODE`");
    Box::new(Diagnostic::error("F04", last.span, message).patch(what, last.span, meant))
}

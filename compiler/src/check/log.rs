//! `access_log`, `log_format` and `error_log`.

use std::path::Path;

use sitec_runtime::site::{ErrorLog, Level, LogCache, LogId, ParamKind};

use super::groups::Groups;
use super::reader::Reader;
use crate::ast::{Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::files::{Kind, is_certain};
use crate::ir::{AccessLog, Escape, LogTarget, Piece, StartPiece, Value};
use crate::source::Span;
use crate::suggest::closest;
use crate::value::{self, Checked, Part, count, keyword, size, time_ms};

/// The format of lines where none is named.
const COMBINED: &str = "$remote_addr - $remote_user [$time_local] \"$request\" $status \
    $body_bytes_sent \"$http_referer\" \"$http_user_agent\"";

/// The format `main`, as the nginx.conf of nginx's packages and images has it.
const MAIN: &str = "$remote_addr - $remote_user [$time_local] \"$request\" $status \
    $body_bytes_sent \"$http_referer\" \"$http_user_agent\" \"$http_x_forwarded_for\"";

/// The format `json`, of which every value is a text, but for the numbers: a line is an object.
const JSON: &str = "{\"time\":\"$time_iso8601\",\"msec\":$msec,\"remote_addr\":\"$remote_addr\",\
    \"server\":\"$server_label\",\"location\":\"$location_label\",\"method\":\"$request_method\",\
    \"scheme\":\"$scheme\",\"host\":\"$host\",\"uri\":\"$request_uri\",\
    \"protocol\":\"$server_protocol\",\"status\":$status,\"request_length\":$request_length,\
    \"bytes_sent\":$bytes_sent,\"request_time\":$request_time,\"user\":\"$remote_user\",\
    \"referer\":\"$http_referer\",\"user_agent\":\"$http_user_agent\",\
    \"upstream_addr\":\"$upstream_addr\",\"upstream_status\":\"$upstream_status\",\
    \"upstream_response_time\":\"$upstream_response_time\",\
    \"request_id\":\"$request_id\",\"trace_id\":\"$otel_trace_id\",\"span_id\":\"$otel_span_id\"}";

/// What is held back of a log that is compressed, where the conf does not say, in bytes.
const GZIP_BUFFER_LEN: usize = 64 << 10;

pub(super) const LEVELS: &[(&str, Level)] = &[
    ("debug", Level::Debug),
    ("info", Level::Info),
    ("notice", Level::Notice),
    ("warn", Level::Warn),
    ("error", Level::Error),
    ("crit", Level::Crit),
    ("alert", Level::Alert),
    ("emerg", Level::Emerg),
];

impl Reader<'_> {
    /// Learns the formats at top level and in `http` blocks.
    pub(super) fn log_formats(&mut self, directives: &[Directive]) {
        for directive in named(directives, "log_format") {
            let result = self.log_format(directive);
            self.report(result);
        }
        for block in named(directives, "http").filter_map(|http| http.block.as_ref()) {
            self.log_formats(&block.directives);
        }
    }

    fn log_format(&mut self, directive: &Directive) -> Checked<()> {
        let [name, texts @ ..] = &directive.args[..] else { return Ok(()) };
        if let Some((_, first)) = self.formats.get(&name.value) {
            let message = format!("there is a `log_format {}` already", name.shown());
            let diagnostic = Diagnostic::error("D06", name.span, message);
            return Err(Box::new(diagnostic.also(*first, "first defined here")));
        }
        if name.value == b"combined" {
            let message = "`combined` is a format of its own";
            return Err(Box::new(
                Diagnostic::error("D06", name.span, message).help("choose another name"),
            ));
        }
        // The name is known even if something is wrong with the format.
        let format = self.format(texts);
        let format = self.report(format).unwrap_or_default();
        let index = self.tables.formats.add(format);
        self.formats.insert(name.value.clone(), (index, name.span));
        Ok(())
    }

    /// The format that the texts behind a name give.
    fn format(&mut self, texts: &[Word]) -> Checked<Value> {
        let (escape, texts) = escape(texts)?;
        let mut format = Value::default();
        for word in texts {
            let value = self.value(word, 0, &Groups::AtMost(9));
            let Some(value) = self.report(value) else { continue };
            append_escaped(&mut format, value, escape);
        }
        Ok(format)
    }

    /// The logs that the `access_log`s among these directives ask for.
    pub(super) fn access_logs(
        &mut self,
        directives: &[Directive],
        groups: &Groups,
    ) -> Vec<AccessLog> {
        let (mut logs, mut off) = (Vec::new(), None);
        for directive in named(directives, "access_log") {
            let first = &directive.args[0];
            if first.value == b"on" {
                self.diagnostics.push(
                    Diagnostic::warning("D11", first.span, "this writes a file with the name `on`")
                        .patch("to log to standard output", first.span, "stdout"),
                );
            }
            if first.value != b"off" {
                let log = self.access_log(directive, groups);
                logs.extend(self.report(log).map(|log| (log, first.span)));
                continue;
            }
            off = Some(directive.span());
            if let Some(word) = directive.args.get(1) {
                let message = "nothing may stand behind `off`";
                self.diagnostics.push(Diagnostic::error("D05", word.span, message));
            }
        }
        if let Some(off) = off {
            for (_, span) in logs {
                let message = "nothing is written to this log";
                self.diagnostics.push(
                    Diagnostic::warning("D08", span, message)
                        .also(off, "`off` stands beside it")
                        .help("delete one of them"),
                );
            }
            return Vec::new();
        }
        logs.into_iter().map(|(log, _)| log).collect()
    }

    fn access_log(&mut self, directive: &Directive, groups: &Groups) -> Checked<AccessLog> {
        let [file, options @ ..] = &directive.args[..] else {
            unreachable!("the table asks for a parameter")
        };
        let (log, name) = match self.first_variable(file)? {
            Some(start) => self.named_log(file, start, groups)?,
            None => (self.log_target(file)?, None),
        };
        let (mut format, mut buffer_len, mut flush_ms, mut condition) = (None, 0, 0, None);
        let (mut buffer_at, mut flush_at, mut gzip, mut gzip_at) = (None, None, None, None);
        for (i, word) in options.iter().enumerate() {
            match word.option() {
                Some((b"buffer", value)) => {
                    buffer_len = at_least_one(size(&value)?, word)? as usize;
                    buffer_at = Some(word.span);
                }
                Some((b"flush", value)) => {
                    flush_ms = at_least_one(time_ms(&value)?, word)?;
                    flush_at = Some(word.span);
                }
                Some((b"gzip", value)) => {
                    gzip = Some(count(&value, 1..=9)? as u32);
                    gzip_at = Some(word.span);
                }
                None if word.value == b"gzip" => {
                    gzip = Some(1);
                    gzip_at = Some(word.span);
                }
                Some((b"if", _)) => condition = Some(self.value(word, 3, groups)?),
                None if i == 0 => format = Some(self.format_named(word)?),
                _ => return Err(unknown_option(word)),
            }
        }
        if gzip.is_some() && buffer_len == 0 {
            buffer_len = GZIP_BUFFER_LEN;
        }
        if let (Some(span), 0) = (flush_at, buffer_len) {
            let message = "`flush` has nothing to write: there is no `buffer`";
            return Err(Box::new(Diagnostic::error("D08", span, message).help("add `buffer=32k`")));
        }
        let target = &self.tables.logs.items()[usize::from(log)];
        if let (Some(span), LogTarget::Stderr) = (gzip_at, target) {
            let message = "standard error is not compressed";
            let diagnostic = Diagnostic::error("D08", span, message);
            return Err(Box::new(diagnostic.help("leave `gzip` out, or name a file")));
        }
        if let (Some(span), LogTarget::Syslog(_)) = (buffer_at.or(gzip_at), target) {
            let message = "lines to a syslog server are not held back";
            let diagnostic = Diagnostic::error("D08", span, message);
            let name = if buffer_at.is_some() { "buffer" } else { "gzip" };
            return Err(Box::new(diagnostic.help(format!("leave `{name}` out"))));
        }
        if let (Some(span), Some(_)) = (buffer_at.or(flush_at).or(gzip_at), &name) {
            let message = "lines to a file that a value names are not held back";
            let diagnostic = Diagnostic::error("D08", span, message);
            return Err(Box::new(diagnostic.help("leave it out, or name the file")));
        }
        let format = match format {
            Some(format) => format,
            None => self.combined(),
        };
        self.same_buffer(log, (buffer_len, flush_ms), directive.span())?;
        if name.is_none() {
            self.same_gzip(log, gzip, directive.span())?;
        }
        let cache = LogCache::OFF;
        Ok(AccessLog { log, name, cache, format, buffer_len, flush_ms, gzip, condition })
    }

    /// Where the first variable of a request stands in the name of a log.
    fn first_variable(&self, word: &Word) -> Checked<Option<usize>> {
        if word.value.starts_with(b"syslog:") {
            return Ok(None);
        }
        let parts = value::split(word, 0)?;
        Ok(parts.into_iter().find_map(|part| match part {
            Part::Name { name, range, .. } if self.params.find(&name).is_none() => {
                Some(range.start)
            }
            Part::Group { range, .. } => Some(range.start),
            Part::Name { .. } | Part::Literal(_) => None,
        }))
    }

    /// A log whose file a value names, of which the first variable is at `start`: the folder that it
    /// never leaves, and the path in there.
    fn named_log(
        &mut self,
        word: &Word,
        start: usize,
        groups: &Groups,
    ) -> Checked<(LogId, Option<Value>)> {
        let slash = word.value[..start].iter().rposition(|&byte| byte == b'/');
        let folder = match slash {
            None => Vec::new(),
            Some(0) => vec![StartPiece::Literal("/".to_owned())],
            Some(end) => self.params.start_text(&word.front(end), 0, ParamKind::Path)?,
        };
        if let [StartPiece::Literal(path)] = &folder[..] {
            self.log_folder(word, &format!("{path}/a.log"));
        }
        let path = self.value(word, slash.map_or(0, |slash| slash + 1), groups)?;
        Ok((self.tables.logs.add(LogTarget::Folder(folder)) as LogId, Some(path)))
    }

    /// That a log's buffer is the same wherever it has one.
    fn same_buffer(&mut self, log: LogId, buffer: (usize, u64), span: Span) -> Checked<()> {
        if buffer.0 == 0 {
            return Ok(());
        }
        match self.tables.log_buffers.get(&log) {
            Some((other, first)) if *other != buffer => {
                let message = "this log has another `buffer` or `flush` elsewhere";
                Err(Box::new(
                    Diagnostic::error("D06", span, message).also(*first, "it is this one"),
                ))
            }
            _ => {
                self.tables.log_buffers.insert(log, (buffer, span));
                Ok(())
            }
        }
    }

    /// That all that is written to a log is compressed alike, or nothing is.
    fn same_gzip(&mut self, log: LogId, gzip: Option<u32>, span: Span) -> Checked<()> {
        let (other, first) = *self.tables.log_gzips.entry(log).or_insert((gzip, span));
        if other == gzip {
            return Ok(());
        }
        let message = match (gzip, other) {
            (None, _) => "this log is compressed elsewhere",
            (Some(_), None) => "this log is not compressed elsewhere",
            (Some(_), Some(_)) => "this log is compressed by another level elsewhere",
        };
        let diagnostic = Diagnostic::error("D06", span, message);
        Err(Box::new(diagnostic.also(first, "it is this one").help("name another file")))
    }

    fn format_named(&mut self, word: &Word) -> Checked<usize> {
        if word.value == b"combined" {
            return Ok(self.combined());
        }
        if let Some((index, _)) = self.formats.get(&word.value) {
            return Ok(*index);
        }
        // Many confs have one of their own, which takes its place.
        if word.value == b"json" {
            return Ok(self.ready_made(JSON, Escape::Json));
        }
        // A part of a conf rests on the nginx.conf that includes it.
        if word.value == b"main" && self.is_part {
            let message = "`log_format main` is elsewhere: taken is that of nginx's packages";
            self.diagnostics.push(
                Diagnostic::warning("K15", word.span, message)
                    .help("define it: `log_format main '…';`, or name `combined`"),
            );
            return Ok(self.ready_made(MAIN, Escape::Default));
        }
        let shown = word.shown();
        let names: Vec<_> = self.formats.keys().map(|name| String::from_utf8_lossy(name)).collect();
        let mut names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        names.extend(["combined", "json"]);
        names.sort_unstable();
        let diagnostic =
            Diagnostic::error("K15", word.span, format!("there is no `log_format {shown}`"));
        Err(Box::new(match closest(&shown, names) {
            Some(meant) => diagnostic.patch(format!("did you mean `{meant}`?"), word.span, meant),
            None => diagnostic.help(format!("define it: `log_format {shown} '$uri $status';`")),
        }))
    }

    fn combined(&mut self) -> usize {
        self.ready_made(COMBINED, Escape::Default)
    }

    /// A format that every conf has.
    fn ready_made(&mut self, text: &str, escape: Escape) -> usize {
        let span = Span { end: text.len() as u32, ..Span::default() };
        let offsets = Vec::new();
        let word = Word { value: text.into(), span, quoted: false, offsets };
        let mut format = Value::default();
        if let Ok(value) = self.value(&word, 0, &Groups::AtMost(0)) {
            append_escaped(&mut format, value, Some(escape));
        }
        self.tables.formats.add(format)
    }

    /// The logs that the `error_log`s among these directives ask for.
    pub(super) fn error_logs(&mut self, directives: &[Directive]) -> Vec<ErrorLog> {
        let mut logs: Vec<(ErrorLog, Span)> = Vec::new();
        for directive in named(directives, "error_log") {
            let log = self.error_log(directive);
            let Some(log) = self.report(log) else { continue };
            let span = directive.args[0].span;
            if let Some((_, first)) = logs.iter().find(|(earlier, _)| earlier.log == log.log) {
                let message = "lines are written to this log twice";
                self.diagnostics.push(
                    Diagnostic::warning("Z19", span, message)
                        .also(*first, "it is here")
                        .help("delete one of them"),
                );
            }
            logs.push((log, span));
        }
        logs.into_iter().map(|(log, _)| log).collect()
    }

    /// Where an `error_log` goes, and from which level up.
    fn error_log(&mut self, directive: &Directive) -> Checked<ErrorLog> {
        let file = &directive.args[0];
        if file.value == b"off" {
            self.diagnostics.push(
                Diagnostic::warning("D11", file.span, "this writes a file with the name `off`")
                    .patch("to see the worst faults only", file.span, "stderr crit"),
            );
        }
        let log = self.log_target(file)?;
        self.same_gzip(log, None, directive.span())?;
        let level = directive.args.get(1).map(|word| keyword(word, LEVELS)).transpose()?;
        Ok(ErrorLog { log, level: level.unwrap_or(Level::Error) })
    }

    fn log_target(&mut self, word: &Word) -> Checked<LogId> {
        let target = match &word.value[..] {
            b"stderr" | b"/dev/stderr" => LogTarget::Stderr,
            b"stdout" | b"/dev/stdout" => LogTarget::Stdout,
            b"" => {
                let message = "the name of a log file cannot be empty";
                return Err(Box::new(Diagnostic::error("F19", word.span, message)));
            }
            value if value.starts_with(b"syslog:") => LogTarget::Syslog(self.syslog(word)?),
            value if value.starts_with(b"memory:") => {
                let message = "logs go to files, `stderr`, `stdout` or a syslog server";
                return Err(Box::new(
                    Diagnostic::error("D14", word.span, message)
                        .help("log to `stderr` and let the service manager pass it on"),
                ));
            }
            _ => LogTarget::File(self.params.start_text(word, 0, ParamKind::Path)?),
        };
        if let LogTarget::File(path) = &target
            && let [StartPiece::Literal(path)] = &path[..]
        {
            self.log_folder(word, path);
        }
        Ok(self.tables.logs.add(target) as LogId)
    }
}

impl Reader<'_> {
    /// Warns, once, if a log has no folder to be in; nobody makes it.
    fn log_folder(&mut self, word: &Word, path: &str) {
        let Some(folder) = Path::new(path).parent() else { return };
        let place = self.folder.join(folder);
        let known = folder.as_os_str().is_empty() || self.dependencies.contains(&place);
        if known || self.files.kind(&place) == Some(Kind::Directory) {
            return;
        }
        let message = format!("there is no folder `{}`", folder.display());
        let is_certain = is_certain(self.files, &self.folder, &place);
        self.diagnostics.push(
            Diagnostic::warning("F19", word.span, message)
                .help("make it, or log to `stdout` or `stderr`")
                .of_this_disk(is_certain),
        );
        self.dependencies.push(place);
    }
}

/// A size or a time that cannot be 0.
fn at_least_one(number: u64, word: &Word) -> Checked<u64> {
    match number {
        0 => {
            let message = format!("`{}` holds nothing back", word.shown());
            Err(Box::new(Diagnostic::error("T24", word.span, message).help("leave it out")))
        }
        number => Ok(number),
    }
}

/// `escape=` of a `log_format`, and the words behind it.
fn escape(texts: &[Word]) -> Checked<(Option<Escape>, &[Word])> {
    let Some((b"escape", value)) = texts.first().and_then(Word::option) else {
        return Ok((Some(Escape::Default), texts));
    };
    let words = [("default", Some(Escape::Default)), ("json", Some(Escape::Json)), ("none", None)];
    Ok((keyword(&value, &words)?, &texts[1..]))
}

/// Adds `value` to a format, its variables escaped.
fn append_escaped(format: &mut Value, value: Value, escape: Option<Escape>) {
    for piece in value.0 {
        match (piece, escape) {
            (Piece::Literal(bytes), _) => format.push_literal(&bytes),
            (Piece::Variable(variable), Some(escape)) => {
                format.0.push(Piece::Logged(variable, escape));
            }
            (piece, _) => format.0.push(piece),
        }
    }
}

fn unknown_option(word: &Word) -> Box<Diagnostic> {
    let shown = word.shown();
    let name = shown.split('=').next().unwrap_or_default();
    let message = format!("`access_log` has no parameter `{shown}`");
    let diagnostic = Diagnostic::error("T25", word.span, message);
    Box::new(match closest(name, ["buffer", "flush", "gzip", "if"]) {
        Some(meant) => diagnostic.help(format!("did you mean `{meant}=`?")),
        None => diagnostic,
    })
}

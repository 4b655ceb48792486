//! What holds for the whole process.

use sitec_runtime::site::ParamKind;

use super::level::Level;
use super::reader::Reader;
use crate::ast::{Directive, named};
use crate::diagnostic::Diagnostic;
use crate::directive;
use crate::ir::Process;
use crate::value::Checked;

/// Other servers' ways to wait; sitec has one of its own.
const EVENT_METHODS: &[&str] = &["select", "poll", "kqueue", "epoll", "/dev/poll", "eventport"];

impl Reader<'_> {
    /// The process that the directives at top level and in `events` ask for, where the top level
    /// has been read to `outermost`.
    pub(super) fn process(&mut self, directives: &[Directive], outermost: &Level) -> Process {
        let mut values = outermost.values;
        let events = named(directives, "events").filter_map(|events| events.block.as_ref());
        let events: Vec<_> = events.flat_map(|block| &block.directives).collect();
        for directive in &events {
            let row = directive.name.text().and_then(directive::find);
            if let Some(setting) = row.and_then(|row| row.setting) {
                let result = setting.read(directive, &mut values, self.diagnostics);
                self.report(result);
            }
        }
        let mut process = Process {
            plain: values.process,
            user: None,
            group: None,
            pid: None,
            error_logs: outermost.error_logs.clone(),
        };
        for directive in directives.iter().chain(events) {
            let result = self.set_process(&mut process, directive);
            self.report(result);
        }
        process
    }

    fn set_process(&mut self, process: &mut Process, directive: &Directive) -> Checked<()> {
        let Some(first) = directive.args.first() else { return Ok(()) };
        match &directive.name.value[..] {
            b"user" => {
                process.user = Some(super::param::utf8(first, first.value.clone())?);
                let group = directive.args.get(1);
                let group = group.map(|word| super::param::utf8(word, word.value.clone()));
                process.group = group.transpose()?;
            }
            b"pid" => process.pid = Some(self.params.start_text(first, 0, ParamKind::Path)?),
            b"use" if first.value != b"poll" => {
                let shown = first.shown();
                if !EVENT_METHODS.contains(&shown.as_str()) {
                    let message = format!("`{shown}` is no way to wait for connections");
                    return Err(Box::new(Diagnostic::error("T25", first.span, message).patch(
                        "leave the line out, or write `poll`",
                        first.span,
                        "poll",
                    )));
                }
                let message = format!("`use {shown}` has no effect: sitec uses `poll`");
                let diagnostic = Diagnostic::warning("D08", first.span, message);
                self.diagnostics.push(diagnostic.help("delete the line"));
            }
            _ => {}
        }
        Ok(())
    }
}

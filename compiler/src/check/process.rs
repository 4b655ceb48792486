//! What holds for the whole process.

use sitec_runtime::site::{ErrorLog, ParamKind};

use super::{Checker, named};
use crate::ast::Directive;
use crate::diagnostic::Diagnostic;
use crate::directive::seconds_or_units;
use crate::ir::Process;
use crate::value::{Checked, count};

/// Other servers' ways to wait; sitec has one of its own.
const EVENT_METHODS: &[&str] = &["select", "poll", "kqueue", "epoll", "/dev/poll", "eventport"];

impl Checker<'_> {
    /// The process that the directives at top level and in `events` ask for.
    pub(super) fn process(
        &mut self,
        directives: &[Directive],
        error_logs: Vec<ErrorLog>,
    ) -> Process {
        let mut process = Process {
            workers: Some(1),
            worker_connections: 1024,
            shutdown_timeout_ms: Some(30_000),
            user: None,
            group: None,
            pid: None,
            error_logs,
        };
        let events = named(directives, "events").filter_map(|events| events.block.as_ref());
        for directive in directives.iter().chain(events.flat_map(|block| &block.directives)) {
            let result = self.set_process(&mut process, directive);
            self.report(result);
        }
        process
    }

    fn set_process(&mut self, process: &mut Process, directive: &Directive) -> Checked<()> {
        let Some(first) = directive.args.first() else { return Ok(()) };
        match &directive.name.value[..] {
            b"worker_processes" if first.value == b"auto" => process.workers = None,
            b"worker_processes" => {
                let workers = count(first, 1..=1024)
                    .map_err(|wrong| wrong.help("write a number, or `auto` for one per CPU"))?;
                process.workers = Some(workers as u16);
            }
            b"worker_connections" => {
                process.worker_connections = count(first, 1..=u64::from(u32::MAX))? as u32;
            }
            b"worker_shutdown_timeout" => {
                let time = seconds_or_units(first, self.diagnostics)?;
                process.shutdown_timeout_ms = (time > 0).then_some(time);
            }
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

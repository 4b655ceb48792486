//! The bounds for people.

use std::fmt::Write;

use sitec_runtime::bounds::LISTED_LEN;

use super::Reckoned;

impl Reckoned {
    /// The bounds, and the parts of the binary, in lines.
    pub fn text(&self) -> String {
        let (facts, bounds) = (&self.facts, &self.bounds);
        let processes = match bounds.processes {
            1 => "1 process".to_owned(),
            count => format!("{count} processes"),
        };
        let mut out = format!(
            "At most {} of memory, {} descriptors and {processes}, whatever clients do.\n\n",
            shown(bounds.memory),
            bounds.descriptors
        );
        let mut line = |name: &str, value: String, note: String| {
            let line = format!("{name:<14}{value:>10}   {note}");
            let _ = writeln!(out, "{}", line.trim_end());
        };
        let cpus = if self.workers_by_cpus { "one for each CPU of this machine" } else { "" };
        line("workers", facts.workers.to_string(), cpus.to_owned());
        let connections = facts.connections * facts.workers;
        line("connections", connections.to_string(), format!("{} a worker", facts.connections));
        let each = |len, what: &str| (shown(len), format!("for each {what}, in the worst case"));
        let (len, note) = each(bounds.connection_len, "connection");
        line("memory", len, note);
        let (len, note) = each(bounds.worker_len, "worker");
        line("", len, note);
        if facts.scripts.is_some() {
            let (len, note) = each(bounds.script_len, "script beside its own");
            line("", len, note);
        }
        if facts.lists {
            let note = "of each worker's, for directories that are listed".to_owned();
            line("", shown(LISTED_LEN), note);
        }
        if facts.sessions_len > 0 {
            let note = "for sessions of TLS that are kept".to_owned();
            line("", shown(facts.sessions_len as u64), note);
        }
        line("descriptors", bounds.descriptors.to_string(), String::new());
        let mut processes = match facts.scripts {
            Some(most) => format!("the server, two that start scripts, {most} scripts"),
            None => "the server".to_owned(),
        };
        if facts.commands > 0 {
            let _ = write!(processes, ", two that start programs, {} programs", facts.commands);
        }
        line("processes", bounds.processes.to_string(), processes);
        out.push_str("\nThe binary contains HTTP, files, redirects, texts, logs, and\n");
        for part in &self.parts {
            let _ = match &part.by {
                Some(by) => writeln!(out, "  {:<18}{by}", part.name),
                None => writeln!(out, "  {:<18}no", part.name),
            };
        }
        out
    }
}

/// Bytes, rounded up to a unit of which there are not too many.
fn shown(len: u64) -> String {
    match len {
        0..=0x00a0_0000 => format!("{} KB", len.div_ceil(1 << 10)),
        _ => format!("{} MB", len.div_ceil(1 << 20)),
    }
}

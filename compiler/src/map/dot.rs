//! The map as a graph in Graphviz's language: addresses lead to servers, servers to locations,
//! and locations to those that `try_files` and `error_page` name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::{Kind, Map, Reached, Row};
use crate::ir::{self, Action, ErrorTarget, Fallback};

const HEAD: &str = "digraph site {
    rankdir=LR;
    graph [fontname=\"sans-serif\"];
    node [fontname=\"sans-serif\", fontsize=11, shape=box, style=\"rounded,filled\", \
fillcolor=\"#f4f6f8\", color=\"#8899aa\"];
    edge [fontname=\"sans-serif\", fontsize=9, color=\"#667788\"];
";

impl Map<'_> {
    /// The graph.
    pub fn dot(&self) -> String {
        let mut out = HEAD.to_owned();
        let listens = self.servers.iter().flat_map(|server| &server.listens);
        let addresses: BTreeSet<_> = listens.map(|it| (&it.address, it.tls)).collect();
        for (address, tls) in &addresses {
            let over = if *tls { ", TLS" } else { "" };
            let label = quoted(&format!("{address}{over}"));
            let id = quoted(&format!("listen {address}"));
            let _ = writeln!(out, "    {id} [label={label}, shape=ellipse];");
        }
        for server in &self.servers {
            let id = format!("s{}", server.id);
            let names = if server.names.is_empty() { "server" } else { &server.names.join("\n") };
            let _ = writeln!(out, "    {id} [label={}, fillcolor=\"#dbe9ff\"];", quoted(names));
            for Reached { address, is_default, .. } in &server.listens {
                let label = if *is_default { " [label=\"default\"]" } else { "" };
                let address = quoted(&format!("listen {address}"));
                let _ = writeln!(out, "    {address} -> {id}{label};");
            }
            let mut within = vec![id.clone()];
            for row in server.shown() {
                within.truncate(row.depth + 1);
                self.row_dot(&mut out, row, within.last().unwrap_or(&id));
                within.push(format!("l{}", row.id));
            }
        }
        out.push_str("}\n");
        out
    }

    fn row_dot(&self, out: &mut String, row: &Row, parent: &str) {
        let id = format!("l{}", row.id);
        let label = quoted(&format!("{}\n{}", row.named(), row.does));
        let _ = writeln!(out, "    {id} [label={label}];");
        if !matches!(row.kind, Kind::Named | Kind::Within) {
            let _ = writeln!(out, "    {parent} -> {id};");
        }
        let location = &self.site.locations[row.id as usize];
        if let Action::Serve { try_files: Some(list), .. } = &location.action
            && let Fallback::Named(target) = list.fallback
        {
            let _ = writeln!(out, "    {id} -> l{target} [label=\"try_files\", style=dashed];");
        }
        self.error_pages_dot(out, row, location);
    }

    /// Edges for the `error_page`s that lead to a named location: from the server for those that
    /// its locations inherit.
    fn error_pages_dot(&self, out: &mut String, row: &Row, location: &ir::Location) {
        if row.error_pages.is_empty() {
            return;
        }
        let mut by_target = BTreeMap::<_, Vec<_>>::new();
        for page in &self.site.settings[location.settings].error_pages {
            if let ErrorTarget::Named(target) = page.target {
                by_target.entry(target).or_default().push(page.status.to_string());
            }
        }
        let from = match row.kind {
            Kind::Rest | Kind::Server => {
                format!("s{}", self.places.locations[row.id as usize].server)
            }
            _ => format!("l{}", row.id),
        };
        for (target, statuses) in by_target {
            let label = quoted(&statuses.join(" "));
            let _ = writeln!(out, "    {from} -> l{target} [label={label}, style=dotted];");
        }
    }
}

/// A string of the language; `\l` would end a line of it, so that backslashes are doubled.
fn quoted(text: &str) -> String {
    let mut out = "\"".to_owned();
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out + "\""
}

//! The map as a picture that needs nothing to be drawn by: a tree for each server, with its addresses
//! above and its locations below, in the order in which they are tried.

use std::fmt::Write;

use super::{Kind, Map, Reached, Row, Server};
use crate::picture::{escaped, open};

/// How wide a character is, how high a row, and how far a box is from its neighbours.
const CHARACTER: f64 = 8.43;
const ROW: usize = 30;
const BOX: usize = 24;
const MARGIN: usize = 20;
/// How far what is nested stands in.
const STEP: usize = 24;
/// What a location does is cut off after so many characters.
const MOST: usize = 60;

const STYLE: &str = "\
text{fill:#1f2328}.does{fill:#59636e;font-family:system-ui,sans-serif}\
rect{fill:#f6f8fa;stroke:#d1d9e0}.server{fill:#ddf4ff;stroke:#54aeff}.name{font-weight:700}\
.exact{fill:#dafbe1;stroke:#4ac26b}.regex{fill:#fff8c5;stroke:#d4a72c}\
.rest{stroke-dasharray:4 3}path{fill:none;stroke:#d1d9e0}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.does{fill:#9198a1}\
rect{fill:#212830;stroke:#3d444d}.server{fill:#121d2f;stroke:#1f6feb}\
.exact{fill:#12261e;stroke:#2ea043}.regex{fill:#272115;stroke:#9e6a03}path{stroke:#3d444d}}";

impl Map<'_> {
    /// The picture.
    pub fn svg(&self) -> String {
        let rows = self.servers.iter().flat_map(Server::shown);
        let boxes = rows.clone().map(|row| left_of(row) + width_of(&row.named()));
        let column = boxes.max().unwrap_or(0) + STEP;
        let does = rows.map(|row| column + width_of(&does(row)));
        let heads = self.servers.iter().map(|server| MARGIN + width_of(&head(server)) + STEP);
        let width = does.chain(heads).max().unwrap_or(0) + MARGIN;
        let mut body = String::new();
        let mut y = MARGIN;
        for server in &self.servers {
            if y > MARGIN {
                y += ROW / 2;
            }
            y = server_svg(&mut body, server, y, column);
        }
        let title = format!("Routes of {}", self.site.name);
        open(width, y + MARGIN - (ROW - BOX), &title, STYLE) + &body + "</svg>\n"
    }
}

/// Draws a server from `top` on, and returns where it ends.
fn server_svg(out: &mut String, server: &Server, top: usize, column: usize) -> usize {
    boxed(out, "server", MARGIN, top, &head(server));
    let mut y = top + ROW;
    // Where the line begins that leads to rows of a depth.
    let mut lines = vec![top + BOX];
    for row in server.shown() {
        let left = left_of(row);
        lines.truncate(row.depth + 1);
        let (from, middle) = (lines.last().copied().unwrap_or(top), y + BOX / 2);
        let x = left - STEP / 2;
        let _ = writeln!(out, "<path d=\"M{x} {from}V{middle}H{left}\"/>");
        let class = match row.kind {
            Kind::Exact => "exact",
            Kind::Regex | Kind::RegexAnyCase => "regex",
            Kind::Rest | Kind::Server | Kind::Named | Kind::Within => "rest",
            Kind::Prefix | Kind::PrefixAlone => "prefix",
        };
        boxed(out, class, left, y, &row.named());
        let does = escaped(&does(row));
        let text = y + 17;
        let _ = writeln!(out, "<text class=\"does\" x=\"{column}\" y=\"{text}\">{does}</text>");
        lines.push(y + BOX);
        y += ROW;
    }
    y
}

/// A box with a text in it.
fn boxed(out: &mut String, class: &str, x: usize, y: usize, text: &str) {
    let width = width_of(text);
    let bold = if class == "server" { " class=\"name\"" } else { "" };
    let _ = writeln!(
        out,
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{BOX}\" rx=\"4\"/>\
         <text{bold} x=\"{}\" y=\"{}\">{}</text>",
        x + 8,
        y + 17,
        escaped(text)
    );
}

fn left_of(row: &Row) -> usize {
    MARGIN + STEP * (row.depth + 1)
}

/// How wide the box of a text is.
fn width_of(text: &str) -> usize {
    (text.chars().count() as f64 * CHARACTER).ceil() as usize + 16
}

/// What a server is called, and where it listens.
fn head(server: &Server) -> String {
    let names = match &server.names[..] {
        [] => "server".to_owned(),
        names => names.join(" "),
    };
    let listens = server.listens.iter().map(|Reached { address, tls, .. }| match tls {
        true => format!("{address} (TLS)"),
        false => address.clone(),
    });
    format!("{names} on {}", listens.collect::<Vec<_>>().join(", "))
}

/// What a location does, with what answers its errors, in a line.
fn does(row: &Row) -> String {
    let mut does = row.does.clone();
    for (statuses, target) in &row.error_pages {
        let _ = write!(does, "; {statuses}: {target}");
    }
    let does = does.trim_start_matches("; ");
    match does.char_indices().nth(MOST) {
        None => does.to_owned(),
        Some((end, _)) => format!("{}…", &does[..end]),
    }
}

//! A conf of lighttpd: a server for each host that it tells apart.

mod answers;
mod parse;
mod place;
mod settings;

use super::draft::{Draft, comment};
use super::included::Included;
use super::tree::Item;
use super::{Base, Read};
use parse::{Line, Test, Value};
use place::Place;

/// The most servers: there is one for each host on each socket.
const MOST_SERVERS: usize = 1_000;

/// Reads a lighttpd.conf and the files that it includes.
pub(super) fn read(mut included: Included<'_>, base: &Base) -> Read {
    let lines = parse::lines(&mut included);
    let mut draft = Draft::new("lighttpd", included.texts, base);
    let mut global = Place::default();
    let (mut items, mut hosts, mut sockets) = (Vec::new(), Vec::new(), Vec::new());
    let group = lines.iter().find_map(|line| match line {
        Line::Assign { key, value: Value::Text(group), .. } if key == "server.groupname" => {
            Some(&group[..])
        }
        _ => None,
    });
    for line in &lines {
        let span = draft.span(line.range().clone());
        match line {
            Line::Comment { text, gap, .. } => items.push(comment(text, *gap)),
            Line::Assign { key, value, adds, .. } => {
                if let Some(item) = settings::of_process(key, value, (span, group), &mut draft) {
                    items.push(item);
                } else {
                    global.assign(key, value, *adds, span);
                }
            }
            Line::Include { what, why, .. } => {
                items.push(match why.is_empty() && what.contains("mime") {
                    true => draft.needless(span, "include_shell", "types are built in"),
                    false => draft.lost(span, "include", not_included(why), HOW_TO_INCLUDE),
                });
            }
            Line::When { test, lines, .. } => match test {
                Test::Host(_) => hosts.push((test, lines, span)),
                Test::Socket(socket) => sockets.push((&socket[..], lines, span)),
                Test::Url(_) | Test::Other(_) | Test::RemoteIp { .. } | Test::If(_) => {
                    global.when(test, lines, span, &mut draft);
                }
            },
            Line::Wrong { .. } => {
                items.push(draft.lost(
                    span,
                    "line",
                    "this cannot be read",
                    "delete it, or mend it",
                ));
            }
        }
    }
    let mut upstreams = Vec::new();
    let mut servers = Vec::new();
    let most_hosts = MOST_SERVERS / (sockets.len() + 1);
    for (_, _, span) in hosts.iter().skip(most_hosts) {
        let why = "there would be too many servers: one for each host on each socket";
        items.push(draft.lost(*span, "host", why, "import in parts, each with some of the hosts"));
    }
    hosts.truncate(most_hosts);
    sockets.truncate(MOST_SERVERS);
    // Whatever fits holds in lighttpd: each host on each socket has what is said for both.
    let mut all = vec![(None, global)];
    for (socket, lines, span) in sockets {
        let mut place = all[0].1.clone();
        place.lines(lines, span, &mut draft);
        all.push((Some(socket), place));
    }
    for (socket, place) in all {
        let mut named: Vec<(Option<&Test>, Place)> = vec![(None, place.clone())];
        for (test, lines, span) in &hosts {
            let mut place = place.clone();
            place.lines(lines, *span, &mut draft);
            named.push((Some(test), place));
        }
        for (test, mut place) in named {
            let mut inner = place.listens(socket, test, &mut draft);
            inner.extend(place.items(&mut draft, &mut upstreams));
            servers.push(draft.around(&["server"], inner));
        }
    }
    items.extend(upstreams);
    items.extend(servers);
    draft.end(items)
}

/// What can be done where a file is not there.
const HOW_TO_INCLUDE: &str = "import on the machine that has it, or name its files by `--sysroot DIR`; or put \
                              its lines in its place";

/// Why something is not included; what a command writes never is.
fn not_included(why: &str) -> &str {
    if why.is_empty() { "what a command adds is not read" } else { why }
}

/// All words of a directive.
fn simple(draft: &mut Draft, span: crate::source::Span, words: &[String]) -> Item {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    draft.simple(span, &words)
}

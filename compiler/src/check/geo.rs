//! `geo`: variables that an address decides on.

use std::collections::BTreeSet;

use super::access::sweep;
use super::groups::Groups;
use super::map::{Numbered, literal};
use super::reader::Reader;
use crate::ast::{Block, Directive, Word};
use crate::diagnostic::Diagnostic;
use crate::ir::{Lookup, Map, Piece, Value, Variable};
use crate::source::Span;
use crate::value::{Checked, Clients, clients};

/// A line that gives a value to addresses.
struct Entry {
    /// Which addresses.
    networks: Vec<Clients>,
    /// The number of their value.
    number: u32,
    /// Where the line names them.
    span: Span,
    /// Whether it is a `default`.
    is_default: bool,
}

/// The lines of a `geo` so far.
struct Lines {
    entries: Vec<Entry>,
    values: Numbered,
    has_ranges: bool,
}

impl Reader<'_> {
    /// Resolves a `geo`, whose variable is `name`.
    pub(super) fn geo(&mut self, directive: &Directive, name: String) -> Checked<Map> {
        let block = directive.block.as_ref().expect("the structure is checked");
        let source = match &directive.args[..] {
            [source, _] => self.value(source, 0, &Groups::AtMost(9))?,
            _ => Value(vec![Piece::Variable(Variable::Simple("remote_addr"))]),
        };
        let mut lines = Lines {
            entries: Vec::new(),
            values: Numbered::default(),
            has_ranges: block.directives.first().is_some_and(is_ranges),
        };
        for (index, line) in block.directives.iter().enumerate() {
            let taken = self.geo_line(line, index == 0, &mut lines);
            self.report(taken);
        }
        if lines.has_ranges {
            let overlaps = overlaps(&lines.entries);
            self.diagnostics.extend(overlaps);
        }
        let Lines { entries, values, .. } = lines;
        let mut used = BTreeSet::new();
        let v4 = parts(&entries, u32::MAX.into(), &mut used, |clients| match clients {
            Clients::V4(range) => Some((*range.start(), *range.end())),
            _ => None,
        });
        let v6 = parts(&entries, u128::MAX, &mut used, |clients| match clients {
            Clients::V6(range) if !is_v4_in_v6(clients) => Some((*range.start(), *range.end())),
            _ => None,
        });
        self.report_unused(&entries, &used);
        let v4 = v4.into_iter().map(|(start, number)| (start as u32, number)).collect();
        let (lookup, values) = (Lookup::Address(v4, v6), values.values);
        let proxies: Vec<_> = lines_named(block, b"proxy").collect();
        let trusted = match proxies.is_empty() {
            true => None,
            false => self.named_clients(proxies.into_iter()),
        };
        let is_recursive = lines_named(block, b"proxy_recursive").next().is_some();
        let proxies = trusted.map(|trusted| (trusted, is_recursive));
        Ok(Map { name, source, volatile: false, proxies, lookup, default: 0, values })
    }

    /// Takes a line of a `geo`.
    fn geo_line(&mut self, line: &Directive, is_first: bool, lines: &mut Lines) -> Checked<()> {
        let name = &line.name;
        if let Some(block) = &line.block {
            let message = "a line of a `geo` ends in `;`";
            return Err(Box::new(Diagnostic::error("R12", block.open, message)));
        }
        match (&name.value[..], &line.args[..]) {
            (b"ranges", []) if is_first => {}
            (b"ranges", []) => {
                let message = "`ranges` comes first in a `geo`";
                return Err(Box::new(
                    Diagnostic::error("R12", name.span, message)
                        .help("put `ranges;` before all other lines"),
                ));
            }
            // They are about all of it.
            (b"proxy", [_]) | (b"proxy_recursive", []) => {}
            (b"default", [value]) => {
                let number = lines.values.number(literal(value));
                let all = vec![Clients::V4(0..=u32::MAX.into()), Clients::V6(0..=u128::MAX)];
                lines.entries.push(Entry {
                    networks: all,
                    number,
                    span: name.span,
                    is_default: true,
                });
            }
            (b"delete", [word]) => {
                let networks = vec![self.network(word, lines.has_ranges)?];
                let before = lines.entries.len();
                lines.entries.retain(|entry| entry.networks != networks);
                if lines.entries.len() == before {
                    let message = format!("there is no `{}` to delete", word.shown());
                    return Err(Box::new(
                        Diagnostic::error("R12", word.span, message)
                            .help("`delete` takes back a line before it, as that is written"),
                    ));
                }
            }
            (_, [value]) => {
                let networks = vec![self.network(name, lines.has_ranges)?];
                let number = lines.values.number(literal(value));
                lines.entries.push(Entry { networks, number, span: name.span, is_default: false });
            }
            _ => {
                let message = "a line of a `geo` is a network and its value";
                return Err(Box::new(
                    Diagnostic::error("R12", line.span(), message).help(
                        "write `10.0.0.0/8 internal;`, and put a value with blanks in quotes",
                    ),
                ));
            }
        }
        Ok(())
    }

    /// The addresses that a line is about.
    fn network(&mut self, word: &Word, has_ranges: bool) -> Checked<Clients> {
        if has_ranges {
            return range(word);
        }
        let (clients, host_bits) = clients(word)?;
        if matches!(clients, Clients::All | Clients::Unix) {
            let message = format!("`{}` is not an address", word.shown());
            return Err(Box::new(
                Diagnostic::error("T07", word.span, message)
                    .help("write `default` for what no other line is about"),
            ));
        }
        if let Some(network) = host_bits {
            let message = format!("`{}` has bits that its prefix leaves out", word.shown());
            self.diagnostics.push(
                Diagnostic::warning("X10", word.span, message)
                    .patch(format!("write `{network}`"), word.span, network)
                    .help("leave the prefix out if one address is meant"),
            );
        }
        Ok(clients)
    }

    /// Reports the lines that no address comes to.
    fn report_unused(&mut self, entries: &[Entry], used: &BTreeSet<usize>) {
        for (index, entry) in entries.iter().enumerate() {
            let same = entries[index + 1..].iter().find(|other| other.networks == entry.networks);
            if used.contains(&index) || entry.is_default && same.is_none() {
                continue;
            }
            let wrong = Diagnostic::warning("R07", entry.span, "no address comes to this line");
            let is_mapped = entry.networks.iter().any(is_v4_in_v6);
            self.diagnostics.push(match same {
                Some(same) => wrong
                    .also(same.span, "this says of the same addresses what holds")
                    .help("delete one of them"),
                None if is_mapped => wrong
                    .note("an IPv4 address within an IPv6 one is looked up as the IPv4 address")
                    .help("write it as IPv4"),
                None => wrong
                    .note("for each of its addresses there is a line about fewer of them")
                    .help("delete it"),
            });
        }
    }
}

/// Whether these are IPv4 addresses, written as IPv6 ones.
fn is_v4_in_v6(clients: &Clients) -> bool {
    const FIRST: u128 = 0xffff_0000_0000;
    let all = FIRST..=FIRST + u128::from(u32::MAX);
    matches!(clients, Clients::V6(range) if all.contains(range.start()) && all.contains(range.end()))
}

/// The lines of a block that begin so.
fn lines_named<'b>(block: &'b Block, name: &'static [u8]) -> impl Iterator<Item = &'b Directive> {
    block.directives.iter().filter(move |line| line.name.value == name && line.block.is_none())
}

fn is_ranges(line: &Directive) -> bool {
    line.name.value == b"ranges" && line.args.is_empty() && line.block.is_none()
}

/// `192.0.2.1-192.0.2.9`.
fn range(word: &Word) -> Checked<Clients> {
    let text = word.text().unwrap_or_default();
    let ends = text.split_once('-').and_then(|(first, last)| {
        let number =
            |text: &str| Some(u128::from(text.parse::<std::net::Ipv4Addr>().ok()?.to_bits()));
        Some((number(first)?, number(last)?))
    });
    let wrong = |message: String| Diagnostic::error("R12", word.span, message);
    match ends {
        Some((first, last)) if first <= last => Ok(Clients::V4(first..=last)),
        Some(_) => {
            let (first, last) = text.split_once('-').unwrap_or_default();
            let message = format!("`{}` ends before it begins", word.shown());
            let meant = format!("{last}-{first}");
            Err(Box::new(wrong(message).patch(format!("write `{meant}`"), word.span, meant)))
        }
        None if text.parse::<std::net::Ipv4Addr>().is_ok() => {
            let message = format!("`{text}` is one address, where `ranges` wants two");
            let meant = format!("{text}-{text}");
            Err(Box::new(wrong(message).patch(format!("write `{meant}`"), word.span, meant)))
        }
        None => Err(Box::new(
            wrong(format!("`{}` is no range of IPv4 addresses", word.shown()))
                .help("write `192.0.2.1-192.0.2.9`, or networks in a `geo` without `ranges`"),
        )),
    }
}

/// Ranges of which each has addresses that the other has not, and wider ones behind those within them.
fn overlaps(entries: &[Entry]) -> Vec<Diagnostic> {
    let ranges = entries.iter().filter_map(|entry| match &entry.networks[..] {
        [Clients::V4(range)] => Some((range.clone(), entry.span)),
        _ => None,
    });
    let mut ranges: Vec<_> = ranges.enumerate().collect();
    ranges.sort_by_key(|(at, (range, _))| (*range.start(), std::cmp::Reverse(*range.end()), *at));
    let (mut around, mut found) = (Vec::<(u128, usize, Span)>::new(), Vec::new());
    for (at, (range, span)) in ranges {
        let (first, last) = range.into_inner();
        while around.last().is_some_and(|(end, ..)| *end < first) {
            around.pop();
        }
        if let Some(&(end, before, other)) = around.last()
            && (last > end || at < before)
        {
            let (later, earlier) = if at > before { (span, other) } else { (other, span) };
            found.push(
                Diagnostic::error("R12", later, "this overlaps with a range before it")
                    .also(earlier, "it is here")
                    .help("a range stands apart from others, or within one that comes before it"),
            );
        }
        around.push((last, at, span));
    }
    found
}

/// The parts of all addresses of a family, each with where it begins and the number of its value: that of
/// the line about the fewest addresses, of equal ones that of the last.
fn parts(
    entries: &[Entry],
    last: u128,
    used: &mut BTreeSet<usize>,
    ends: fn(&Clients) -> Option<(u128, u128)>,
) -> Vec<(u128, u32)> {
    let networks = entries.iter().enumerate().flat_map(|(index, entry)| {
        let networks = entry.networks.iter().filter_map(ends);
        networks.map(move |(start, end)| (index, start, end))
    });
    let mut networks: Vec<_> = networks.collect();
    networks.sort_by_key(|&(index, start, end)| (end - start, std::cmp::Reverse(index)));
    let ranked: Vec<_> = networks.iter().map(|&(_, start, end)| start..=end).enumerate().collect();
    let mut decided = BTreeSet::new();
    let runs = sweep(&ranked, last, &mut decided);
    used.extend(decided.iter().map(|&rank| networks[rank].0));
    let runs = runs.into_iter().map(|(start, deciding)| {
        (start, deciding.map_or(0, |rank| entries[networks[rank].0].number))
    });
    let mut parts: Vec<(u128, u32)> = runs.collect();
    parts.dedup_by_key(|(_, number)| *number);
    parts
}

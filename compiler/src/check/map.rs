//! `map`: variables whose values another one decides on, and what `geo` and `split_clients` have in
//! common with it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;

use super::groups::Groups;
use super::reader::Reader;
use super::steps::assigned_name;
use crate::ast::{Directive, Word};
use crate::diagnostic::Diagnostic;
use crate::ir::{Lookup, Map, Piece, Regex, Texts, Value, Variable};
use crate::source::Span;
use crate::value::{self, Checked, ServerName, regex, server_name};

/// The `map`, `geo` and `split_clients` blocks of a conf, in its order.
pub(super) fn blocks<'a>(directives: &'a [Directive], found: &mut Vec<&'a Directive>) {
    for directive in directives {
        match &directive.name.value[..] {
            b"map" | b"geo" | b"split_clients" => found.push(directive),
            b"http" => {
                let block = directive.block.iter();
                block.for_each(|block| blocks(&block.directives, found));
            }
            _ => {}
        }
    }
}

/// The names of the variables of maps, in the order of the conf.
pub(super) fn names(directives: &[Directive]) -> Vec<String> {
    let mut found = Vec::new();
    blocks(directives, &mut found);
    let names = found.into_iter().map(|directive| directive.args.last().map(assigned_name));
    names.map(|name| name.and_then(Result::ok).unwrap_or_default()).collect()
}

/// Values, of which those without variables are there once. The first is empty.
pub(super) struct Numbered {
    pub(super) values: Vec<Value>,
    known: HashMap<Vec<u8>, u32>,
}

impl Default for Numbered {
    fn default() -> Numbered {
        Numbered { values: vec![Value::default()], known: HashMap::from([(Vec::new(), 0)]) }
    }
}

impl Numbered {
    /// The number of a value.
    pub(super) fn number(&mut self, value: Value) -> u32 {
        let next = self.values.len() as u32;
        if let Some(text) = value.literal() {
            match self.known.entry(text.to_vec()) {
                Entry::Occupied(known) => return *known.get(),
                Entry::Vacant(place) => *place.insert(next),
            };
        }
        self.values.push(value);
        next
    }
}

/// A value in which nothing stands for something else.
pub(super) fn literal(word: &Word) -> Value {
    let mut value = Value::default();
    value.push_literal(&word.value);
    value
}

/// The lines of a map, put together.
struct Lines {
    texts: Texts,
    values: Numbered,
    number_of_default: u32,
    /// Where each name stands.
    seen: HashMap<Vec<u8>, Span>,
    default: Option<Span>,
}

impl Reader<'_> {
    /// Resolves the maps.
    pub(super) fn read_maps(&mut self, directives: &[Directive]) {
        let mut found = Vec::new();
        blocks(directives, &mut found);
        for (index, directive) in found.iter().enumerate() {
            let map = self.map(index, directive);
            let map = self.report(map);
            self.maps.extend(map);
        }
        if self.maps.len() == found.len() {
            self.check_cycles(&found);
        }
    }

    fn map(&mut self, index: usize, directive: &Directive) -> Checked<Map> {
        let (Some(variable), Some(block)) = (directive.args.last(), &directive.block) else {
            unreachable!("the structure is checked")
        };
        let name = assigned_name(variable)?;
        if value::variable(&name).is_some() {
            return Err(taken(variable, &format!("`${name}` is the server's own")));
        }
        if self.map_names[..index].contains(&name) {
            return Err(taken(variable, &format!("`${name}` is looked up already")));
        }
        if self.assigned.contains(&name) {
            return Err(taken(variable, &format!("`set` gives values to `${name}`, too")));
        }
        match &directive.name.value[..] {
            b"geo" => return self.geo(directive, name),
            b"split_clients" => return self.split_clients(directive, name),
            _ => {}
        }
        let source = self.value(&directive.args[0], 0, &Groups::AtMost(9))?;
        let hostnames = block.directives.iter().any(|line| is_flag(line, b"hostnames"));
        let volatile = block.directives.iter().any(|line| is_flag(line, b"volatile"));
        let mut lines = Lines {
            texts: Texts { hostnames, ..Texts::default() },
            values: Numbered::default(),
            number_of_default: 0,
            seen: HashMap::new(),
            default: None,
        };
        for line in &block.directives {
            if is_flag(line, b"hostnames") || is_flag(line, b"volatile") {
                continue;
            }
            let taken = self.line(line, &mut lines);
            self.report(taken);
        }
        let Lines { texts, values, number_of_default: default, .. } = lines;
        let (lookup, values) = (Lookup::Text(texts), values.values);
        Ok(Map { name, source, volatile, proxies: None, lookup, default, values })
    }

    /// Takes `KEY VALUE;`.
    fn line(&mut self, line: &Directive, lines: &mut Lines) -> Checked<()> {
        let (key, [word]) = (&line.name, &line.args[..]) else {
            let message = "a line of a `map` is a text and its value";
            return Err(Box::new(Diagnostic::error("R11", line.span(), message)));
        };
        if let Some(block) = &line.block {
            let message = "a line of a `map` ends in `;`";
            return Err(Box::new(Diagnostic::error("R11", block.open, message)));
        }
        let is_default = key.value == b"default" && !key.quoted;
        let text = key.value.strip_prefix(b"\\").unwrap_or(&key.value).to_vec();
        let asked = match key.value.first() {
            Some(b'~') => {
                let any_case = key.value.starts_with(b"~*");
                Some(regex(key, 1 + usize::from(any_case), any_case)?)
            }
            _ => None,
        };
        let groups = match &asked {
            Some(asked) => Groups::Of { pattern: key.span, count: asked.groups },
            None => Groups::AtMost(9),
        };
        let value = self.value(word, 0, &groups)?;
        let number = lines.values.number(value);
        let before = match is_default {
            true => lines.default.replace(key.span),
            false => lines.seen.insert(text.to_ascii_lowercase(), key.span),
        };
        if let Some(before) = before {
            let message = format!("`{}` has a value already", key.shown());
            return Err(Box::new(
                Diagnostic::error("R11", key.span, message)
                    .also(before, "it is here")
                    .help("delete one of them; case makes no difference"),
            ));
        }
        let map = &mut lines.texts;
        if let Some(asked) = asked {
            let pattern = asked.pattern.clone();
            self.step_regexes.push(Rc::new(asked));
            map.regexes.push((Regex { pattern, captures_used: false }, number));
            return Ok(());
        }
        if is_default {
            lines.number_of_default = number;
            return Ok(());
        }
        if !map.hostnames {
            map.names.exact.push((text.to_ascii_lowercase(), number));
            return Ok(());
        }
        match server_name(key)? {
            ServerName::Exact(name) => map.names.exact.push((name, number)),
            ServerName::Suffix(name) => map.names.suffix.push((name, number)),
            ServerName::Prefix(name) => map.names.prefix.push((name, number)),
            ServerName::Tree(name) => {
                map.names.exact.push((name[1..].to_vec(), number));
                map.names.suffix.push((name, number));
            }
            ServerName::Regex(_) => {}
        }
        Ok(())
    }

    /// Refuses maps that rest on themselves.
    fn check_cycles(&mut self, found: &[&Directive]) {
        let rests_on = |index: usize| {
            let pieces = self.maps[index].all_values().flat_map(|value| &value.0);
            let mapped = pieces.filter_map(|piece| match piece {
                Piece::Variable(Variable::Mapped(other, _)) => Some(*other),
                _ => None,
            });
            mapped.collect::<Vec<_>>()
        };
        let mut wrong = Vec::new();
        for (index, directive) in found.iter().enumerate() {
            let (mut reached, mut next) = (Vec::new(), rests_on(index));
            while let Some(other) = next.pop() {
                if !reached.contains(&other) {
                    reached.push(other);
                    next.extend(rests_on(other));
                }
            }
            if reached.contains(&index) {
                let message = format!("`${}` rests on itself", self.maps[index].name);
                wrong.push(Diagnostic::error("R11", directive.span(), message));
            }
        }
        self.diagnostics.extend(wrong);
    }
}

fn is_flag(line: &Directive, name: &[u8]) -> bool {
    line.name.value == name && !line.name.quoted && line.args.is_empty() && line.block.is_none()
}

fn taken(variable: &Word, message: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error("R11", variable.span, message).help("choose another name"))
}

//! `server` blocks.

use std::collections::BTreeMap;

use sitec_runtime::pure::is_whole_name;
use sitec_runtime::site::{ParamKind, ServerId};

use super::draft::{Draft, Names, Server};
use super::groups::Groups;
use super::groups::Usage;
use super::level::Level;
use super::location::Surrounding;
use super::noted::Name;
use super::param::places::references;
use super::path::location_name;
use super::referers::means_own_names;
use super::rewrite::Stage;
use super::steps::{Constants, begins_with_return};
use super::tls::Said;
use crate::ast::{Block, Directive, Word, named};
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Scope, StartPiece, StartText};
use crate::places::ServerPlace;
use crate::source::Span;
use crate::value::{Checked, ServerName, server_name};

impl Draft<'_> {
    /// Resolves one server and all that is in it.
    pub(super) fn server(&mut self, directive: &Directive, block: &Block, outer: &Level) {
        let id = self.servers.len() as ServerId;
        self.reader.tables.max_scripts = outer.values.compiled.cgi_max_processes;
        let directives = &block.directives;
        let first_location = self.locations.len();
        let location = self.reserve_location(id, directive);
        let mut ids = BTreeMap::new();
        for location in named(directives, "location") {
            let Some(name) = location_name(location) else { continue };
            ids.entry(name.to_vec()).or_insert_with(|| self.reserve_location(id, location));
        }
        let (server, block) = (directive.name.span, block.open.to(block.close));
        let names = Names { id, ids, server, block };
        let groups = Groups::of_conf(std::slice::from_ref(directive));
        self.reader.constants =
            Constants::of_server(directives, |name| self.reader.capture_names.has(name));
        let is_early =
            means_own_names(directives) || named(directives, "acme_certificate").count() > 0;
        let early = is_early.then(|| {
            let (name, names) = self.server_names(directives);
            self.reader.server_names = names;
            name
        });
        let own_names = std::mem::take(&mut self.reader.server_names);
        let wish = self.wish(directives, &own_names);
        self.reader.server_names = own_names;
        self.warn_of_old_ssl(directives);
        let level = outer.inner(directives, &mut self.reader, &groups, None);
        if let Some(wish) = wish {
            self.take_wish(wish, directives, &level.tls);
        }
        self.resolve(location, directives, &level, &groups, &names);
        let around = Surrounding {
            level: &level,
            outer: None,
            regexes: &[],
            groups: &groups,
            names: &names,
        };
        let scope = self.scope(directives, &around);
        // A `return` of the server comes before any location is looked for.
        let answers_all = begins_with_return(directives);
        let stage = Stage { level: &level, location: None, groups: &groups, names: &names };
        let ops = self.steps(directives, &stage);
        let scope = if answers_all { Scope::default() } else { scope };
        let named_locations = names.ids.clone();
        let (name, names) = match early {
            Some(name) => (name, std::mem::take(&mut self.reader.server_names)),
            None => self.server_names(directives),
        };
        let words = named(directives, "server_name").flat_map(|directive| &directive.args);
        let written: Vec<_> = words.map(Word::shown).collect();
        let is_named = !written.is_empty();
        self.places.servers.push(ServerPlace { span: server, names: written });
        self.expectations(id, directives);
        let is_secure = level.values.compiled.ssl;
        let plain = level.values.server;
        let named = named_locations.into_iter().collect();
        let resolved = ir::Server { name, location, ops, tls: None, plain, named, scope };
        let tls = Said::new(&level.tls, level.values.tls, directives);
        let locations = first_location..self.locations.len();
        let earlier_captures = Usage::default();
        let span = server;
        self.servers.push(Server {
            resolved,
            span,
            names,
            is_named,
            locations,
            tls,
            earlier_captures,
        });
        self.listens_of(id, directives, server, is_secure);
    }

    /// The name that the server goes by, and all its names.
    fn server_names(&mut self, directives: &[Directive]) -> (StartText, Vec<(Name, Span)>) {
        let mut first = None;
        let mut names = Vec::new();
        for word in named(directives, "server_name").flat_map(|directive| &directive.args) {
            let name = self.name(word);
            let Some((text, name)) = self.reader.report(name) else { continue };
            first.get_or_insert(text);
            names.extend(name.map(|name| (name, word.span)));
        }
        (first.unwrap_or_default(), names)
    }

    /// A name, unless no request is for it, and what `$server_name` is if it is the first.
    fn name(&mut self, word: &Word) -> Checked<(StartText, Option<Name>)> {
        let is_regex = word.value.starts_with(b"~");
        if is_regex {
            self.reader.params.refuse_in(word, "a regex is compiled when the site is built")?;
        }
        if is_regex || !word.value.contains(&b'$') {
            // In nginx, what a host cannot hold is no more than a name that nobody asks for.
            let is_lost = !is_regex && word.value.iter().any(|byte| b":/".contains(byte));
            let name = match server_name(word) {
                Err(wrong) if is_lost => {
                    let wrong = wrong.note("no request is for this name");
                    self.reader.diagnostics.push(wrong.allowable());
                    return Ok((vec![StartPiece::Literal(word.shown())], None));
                }
                name => name?,
            };
            let shown = match &name {
                ServerName::Tree(name) => name[1..].to_vec(),
                ServerName::Regex(_) => word.value.clone(),
                _ => word.value.to_ascii_lowercase(),
            };
            let shown = StartPiece::Literal(String::from_utf8_lossy(&shown).into_owned());
            return Ok((vec![shown], Some(Name::Known(name))));
        }
        if word.value == StartPiece::HOST_NAME.as_bytes() {
            let text = vec![StartPiece::HostName];
            return Ok((text.clone(), Some(Name::AtStart(text))));
        }
        if let Some((_, range)) = references(word).find(|(name, _)| *name == "hostname") {
            let message = "the machine's name is no part of another name";
            return Err(Box::new(
                Diagnostic::error("T26", word.part(range), message)
                    .help("let it stand alone: `server_name $hostname;`")
                    .note("nginx takes this for text, which no client asks for"),
            ));
        }
        let text = self.reader.params.start_text(word, 0, ParamKind::HostName)?;
        // With a label in the place of each param, it must be a whole name.
        let pieces = text.iter().map(|piece| match piece {
            StartPiece::Literal(text) => text.as_str(),
            StartPiece::Param(_) | StartPiece::HostName => "x",
        });
        let probe: String = pieces.collect();
        if !is_whole_name(&probe) {
            self.reader
                .params
                .refuse_in(word, "a param may be part of one whole name, and of no pattern")?;
        }
        Ok((text.clone(), Some(Name::AtStart(text))))
    }
}

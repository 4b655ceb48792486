//! Which regexes must be run a second time for their captures.
//!
//! `$1` stands for a group of the regex that matched last: the one of the location, or, where
//! none led to the location, one of an earlier location (before an internal redirect) or of a
//! server name.

use std::collections::BTreeSet;

use super::Checker;
use super::server::Name;
use super::value::{Regex, ServerName};
use crate::ir::{
    Action, ErrorTarget, Fallback, Handler, Location, Piece, RegexLocation, Return, Scope,
    Settings, Value, Variable,
};

/// What values refer to.
#[derive(Clone, Default)]
struct Usage {
    numbered: bool,
    names: BTreeSet<String>,
}

impl Checker<'_> {
    /// Settles for every pattern whether its captures are used.
    pub(super) fn mark_captures(&mut self) {
        let formats = self.format_values.items();
        let settings = self.settings.items().iter();
        let of_settings: Vec<_> =
            settings.map(|settings| Usage::of_settings(settings, formats)).collect();
        for server in &mut self.servers {
            let mut anywhere = Usage::default();
            let mut without_regex = Usage::default();
            for index in server.locations.clone() {
                let Some(location) = &self.locations[index] else { continue };
                let usage = Usage::of_location(location, &of_settings);
                if self.regexes[index].is_none() {
                    without_regex.merge(&usage);
                }
                anywhere.merge(&usage);
            }
            for index in server.locations.clone() {
                let (Some(location), Some(regex)) =
                    (&mut self.locations[index], &self.regexes[index])
                else {
                    continue;
                };
                let own = Usage::of_location(location, &of_settings);
                if own.needs(regex) || without_regex.needs(regex) {
                    let mut pattern = regex.pattern.clone();
                    pattern.captures_used = true;
                    location.pattern = Some(pattern);
                }
            }
            mark_scope(&mut server.resolved.scope, &self.locations);
            for (name, _) in &mut server.names {
                if let Name::Known(ServerName::Regex(regex)) = name {
                    regex.pattern.captures_used = anywhere.needs(regex);
                }
            }
        }
    }
}

/// Carries what was found for the locations over to the scopes that they stand in.
fn mark_scope(scope: &mut Scope, locations: &[Option<Location>]) {
    for RegexLocation { pattern, location, nested } in &mut scope.regex {
        let location = locations[*location as usize].as_ref();
        pattern.captures_used = location.is_some_and(|location| location.pattern.is_some());
        mark_scope(nested, locations);
    }
    for prefix in &mut scope.prefix {
        mark_scope(&mut prefix.nested, locations);
    }
}

impl Usage {
    /// Whether the captures of `regex` are looked at.
    fn needs(&self, regex: &Regex) -> bool {
        self.numbered || regex.names.iter().any(|name| self.names.contains(name))
    }

    fn merge(&mut self, other: &Usage) {
        self.numbered |= other.numbered;
        self.names.extend(other.names.iter().cloned());
    }

    fn add(&mut self, value: &Value) {
        for piece in &value.0 {
            match piece {
                Piece::Variable(variable) | Piece::Logged(variable, _) => match variable {
                    Variable::Capture(_) => self.numbered = true,
                    Variable::NamedCapture(name) => {
                        self.names.insert(name.clone());
                    }
                    _ => {}
                },
                Piece::Literal(_) => {}
            }
        }
    }

    fn of_settings(settings: &Settings, formats: &[Value]) -> Usage {
        let mut usage = Usage::default();
        usage.add(&settings.base.inner);
        settings.index.iter().for_each(|value| usage.add(value));
        for page in &settings.error_pages {
            match &page.target {
                ErrorTarget::Uri(value) | ErrorTarget::Redirect(value) => usage.add(value),
                ErrorTarget::Named(_) => {}
            }
        }
        for log in &settings.access_logs {
            log.condition.iter().for_each(|value| usage.add(value));
            usage.add(&formats[log.format]);
        }
        usage
    }

    fn of_location(location: &Location, of_settings: &[Usage]) -> Usage {
        let mut usage = of_settings[location.settings].clone();
        match &location.action {
            Action::Return(Return::Redirect(_, value) | Return::Text(_, value)) => usage.add(value),
            Action::Return(_) => {}
            Action::Serve { try_files, handler } => {
                if let Handler::Cgi(cgi) = handler {
                    cgi.params.iter().for_each(|param| usage.add(&param.value));
                }
                let Some(try_files) = try_files else { return usage };
                try_files.candidates.iter().for_each(|candidate| usage.add(&candidate.path));
                if let Fallback::Uri(value) = &try_files.fallback {
                    usage.add(value);
                }
            }
        }
        usage
    }
}

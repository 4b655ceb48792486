//! Which regexes must be run a second time for their captures.
//!
//! As in nginx, `$1` stands for a group of the regex that matched last, and a named group keeps
//! what the last regex with such a group has given it: through internal redirects, and where a
//! regex without it has matched since.

use std::collections::BTreeSet;

use super::Checker;
use super::server::Server;
use crate::ir::{self, Piece, Value, Variable};
use crate::value::Regex;

/// The captures that values refer to.
#[derive(Clone, Default)]
pub(super) struct Usage {
    numbered: bool,
    names: BTreeSet<String>,
}

impl Checker<'_> {
    /// Settles for every regex whether its captures are used.
    pub(super) fn mark_captures(&mut self) {
        let formats = self.format_values.items();
        let of_settings: Vec<_> = self
            .settings
            .items()
            .iter()
            .map(|settings| {
                let mut usage = Usage::default();
                settings.each_value(formats, &mut |_, value| usage.add(value));
                usage
            })
            .collect();
        // What steps leave behind may be looked at anywhere.
        let mut anywhere = of_settings.iter().fold(Usage::default(), |mut all, usage| {
            all.merge(usage.clone());
            all
        });
        let mut of_maps = Usage::default();
        for map in &self.maps {
            map.all_values().for_each(|value| of_maps.add(value));
        }
        anywhere.merge(of_maps.clone());
        for Server { locations, earlier_captures, resolved, .. } in &mut self.servers {
            earlier_captures.merge(of_maps.clone());
            for op in &resolved.ops {
                op.each_value(&mut |_, value| earlier_captures.add(value));
            }
            let usages: Vec<_> = locations
                .clone()
                .filter_map(|index| {
                    let location = self.locations[index].as_ref()?;
                    let mut usage = of_settings[location.settings].clone();
                    location.each_value(&mut |_, value| usage.add(value));
                    Some((index, usage))
                })
                .collect();
            for (index, usage) in &usages {
                earlier_captures.merge(usage.without(&self.regexes[*index]));
            }
            anywhere.merge(earlier_captures.clone());
            for (index, usage) in &usages {
                anywhere.merge(usage.clone());
                let Some(location) = &mut self.locations[*index] else { continue };
                let regexes = &self.regexes[*index][..];
                let used = (0..regexes.len()).filter(|&at| {
                    earlier_captures.needs(&regexes[at])
                        || usage.without(&regexes[at + 1..]).needs(&regexes[at])
                });
                location.patterns = used.map(|at| regexes[at].pattern.clone()).collect();
            }
        }
        let of_locations = self.locations.iter_mut().flatten().flat_map(|it| &mut it.ops);
        let of_servers = self.servers.iter_mut().flat_map(|it| &mut it.resolved.ops);
        let of_maps = self.maps.iter_mut().flat_map(|map| &mut map.regexes);
        let of_maps = of_maps.map(|(regex, _)| regex);
        for regex in of_locations.chain(of_servers).filter_map(ir::Op::regex_mut).chain(of_maps) {
            let mut asked = self.step_regexes.iter().filter(|it| it.pattern == regex.pattern);
            regex.captures_used = asked.any(|asked| anywhere.needs(asked));
        }
    }
}

impl Usage {
    /// Whether the captures of `regex` are looked at.
    pub(super) fn needs(&self, regex: &Regex) -> bool {
        self.numbered || regex.names.iter().any(|name| self.names.contains(name))
    }

    /// What is left to an earlier regex where these have matched.
    fn without(&self, regexes: &[impl AsRef<Regex>]) -> Usage {
        let given = |name: &String| regexes.iter().any(|regex| regex.as_ref().names.contains(name));
        Usage {
            numbered: self.numbered && regexes.is_empty(),
            names: self.names.iter().filter(|name| !given(name)).cloned().collect(),
        }
    }

    fn merge(&mut self, other: Usage) {
        self.numbered |= other.numbered;
        self.names.extend(other.names);
    }

    fn add(&mut self, value: &Value) {
        for piece in &value.0 {
            match piece {
                Piece::Variable(variable) | Piece::Logged(variable, _) => match variable {
                    Variable::Capture(_) | Variable::EscapedCapture(_) => self.numbered = true,
                    Variable::NamedCapture(name) => {
                        self.names.insert(name.clone());
                    }
                    Variable::Simple(_)
                    | Variable::Argument(_)
                    | Variable::RequestField(_)
                    | Variable::ResponseField(_)
                    | Variable::Cookie(_)
                    | Variable::Assigned(..)
                    | Variable::Mapped(..) => {}
                },
                Piece::Literal(_) => {}
            }
        }
    }
}

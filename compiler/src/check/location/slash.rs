//! The redirects to locations whose path ends in a slash, where they pass requests on: nginx sends
//! who asks without the slash there, and so does sitec.

use sitec_runtime::http::method::MethodSet;
use sitec_runtime::pure::escape_path;
use sitec_runtime::site::LocationId;

use super::Surrounding;
use crate::ast::Directive;
use crate::check::draft::Draft;
use crate::check::path::Path;
use crate::ir::{self, Action, Piece, Return, Scope, Value, Variable};

/// A location that passes requests on, by a path with a slash at its end.
pub(super) struct Slashed<'d> {
    pub(super) directive: &'d Directive,
    pub(super) path: Vec<u8>,
    pub(super) id: LocationId,
}

impl Draft<'_> {
    /// Adds what answers the paths without the slash, unless others do.
    pub(super) fn redirect_to_slashes(
        &mut self,
        slashed: &[Slashed<'_>],
        around: &Surrounding<'_>,
        scope: &mut Scope,
    ) {
        for Slashed { directive, path, id } in slashed {
            let Some(bare) = path.strip_suffix(b"/").filter(|bare| !bare.is_empty()) else {
                continue;
            };
            let is_taken = scope.exact.iter().any(|(other, _)| other == bare)
                || scope.prefix.iter().any(|prefix| prefix.path == bare);
            let is_outside = match around.outer {
                Some((Path::Prefix { path: outer, .. }, _)) => !bare.starts_with(outer),
                _ => false,
            };
            // Of two locations with one path, nginx answers here by the exact one's settings.
            let exact = scope.exact.iter().find(|(other, _)| other == path);
            let id = exact.map_or(*id, |(_, id)| *id);
            let Some(location) = &self.locations[id as usize] else { continue };
            if is_taken || is_outside {
                continue;
            }
            let variables = ["is_args", "args"].map(|name| Piece::Variable(Variable::Simple(name)));
            let target = [Piece::Literal(escape_path(path))].into_iter().chain(variables);
            let location = ir::Location {
                settings: location.settings,
                internal: location.internal,
                patterns: Vec::new(),
                limit_except: None,
                methods: MethodSet::ALL,
                methods_named: false,
                ops: Vec::new(),
                action: Action::Return(Return::Redirect(301, Value(target.collect()))),
            };
            let id = self.reserve_location(around.names.id, directive);
            self.locations[id as usize] = Some(location);
            self.regexes[id as usize] = around.regexes.to_vec();
            let place = &mut self.places.locations[id as usize];
            place.written = format!("= {}", String::from_utf8_lossy(bare));
            place.prefix = bare.to_vec();
            scope.exact.push((bare.to_vec(), id));
        }
    }
}

//! What one location makes of a request, in the order of nginx's phases.

use crate::http::body::Framing;
use crate::http::method::Method;
use crate::http::response;

use super::world::{
    Action, Admission, Candidate, Fallback, Form, Limited, Location, LocationOf, Note, Reason,
    Return, Server, TextOf, World,
};
use super::{Exchange, Outcome, Route};

impl<F: Form> Exchange<F> {
    /// Asks a location, in the order of nginx's phases. The error is a status and its reason.
    pub(super) fn ask<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        location: LocationOf<W>,
        is_named: bool,
    ) -> Result<Outcome<W>, (u16, Reason<'static>)> {
        if location.is_internal() && !self.internal {
            return Err((404, Reason::Internal));
        }
        let len = match self.head.framing {
            Framing::Length(len) => len,
            Framing::Chunked => 0,
        };
        // The content of a request that goes on with an error page is read and forgotten.
        let has_content = self.error_status.is_none() && !self.content_taken;
        // As in nginx, who bounds it is a location that was found by the path.
        let is_found = !is_named && !self.is_answered_by_server::<W>(location);
        if is_found && has_content && len > location.max_content_len() {
            self.rest_unwanted = true;
            return Err((413, Reason::TooLarge(len)));
        }
        // As in nginx, what the location does else is not done then.
        if let Some(id) = location.limited_to().filter(|_| self.limit::<W>(location).is_some()) {
            self.enter(world, id);
            return self.admit(world);
        }
        let is_allowed = self.is_allowed::<W>(location);
        if W::REWRITES && location.op(0).is_some() && self.limit::<W>(location).is_none() {
            if !is_allowed && location.names_methods() {
                return Err((405, Reason::NotAllowed));
            }
            if let Some(outcome) = self.rewrite(world, |_, index| location.op(index))? {
                return Ok(outcome);
            }
        }
        // An `if` may have led to a location of its own.
        self.admit(world)
    }

    /// Lets the client in where the request has come to, or not, and serves it then.
    pub(super) fn admit<W: World<Form = F>>(
        &mut self,
        world: &mut W,
    ) -> Result<Outcome<W>, (u16, Reason<'static>)> {
        let location = self.location();
        let action = location.action();
        if !matches!(action, Action::Return(_)) {
            self.find_client(world);
            match world.limit(self) {
                Limited::Free => {}
                Limited::Refused(status) => return Err((status, Reason::Limited)),
                Limited::Later(later) => return Ok(Outcome::Later(later)),
            }
        }
        let admission = self.admission::<W>(location, &action);
        if let Some(outcome) = self.keep_out(world, admission)? {
            return Ok(outcome);
        }
        let is_allowed = self.is_allowed::<W>(location);
        if !is_allowed && location.names_methods() {
            return Err((405, Reason::NotAllowed));
        }
        match action {
            Action::Return(answer) => self.answer(world, answer),
            Action::Serve { fallback, .. } => {
                if let Some(fallback) = fallback
                    && !self.try_files(world, location)
                {
                    return self.fall_back(world, fallback);
                }
                if !self.is_within()
                    && let Some(later) = world.mirror(self)
                {
                    return Ok(Outcome::Later(later));
                }
                self.hand_over(world)
            }
        }
    }

    /// Has the handler of the location make the response.
    pub(super) fn hand_over<W: World<Form = F>>(
        &mut self,
        world: &mut W,
    ) -> Result<Outcome<W>, (u16, Reason<'static>)> {
        let location = self.location();
        let only_files = matches!(location.action(), Action::Serve { only_files: true, .. });
        // To a POST, what is not there is 404; a file itself refuses it.
        let posted = self.method() == Some(Method::Post);
        let is_for_handler = self.is_allowed::<W>(location) || posted && only_files;
        match is_for_handler {
            true => Ok(world.handle(self)),
            false => Err((405, Reason::NotAllowed)),
        }
    }

    /// Whether it is the server that has a `return`, so that no location is looked for.
    fn is_answered_by_server<W: World<Form = F>>(&self, location: LocationOf<W>) -> bool {
        let Route { id, server, .. } = self.chosen();
        id == server.location() && matches!(location.action(), Action::Return(_))
    }

    /// `limit_except`, where it limits the method: who may use it.
    pub(super) fn limit<W: World<Form = F>>(
        &self,
        location: LocationOf<W>,
    ) -> Option<Admission<LocationOf<W>>> {
        let (methods, admission) = location.limit_except()?;
        let is_named = self.method().is_some_and(|method| methods.contains(method));
        (!is_named).then_some(admission)
    }

    /// Whether the method is one of the location's.
    fn is_allowed<W: World<Form = F>>(&self, location: LocationOf<W>) -> bool {
        self.method().is_some_and(|method| location.methods().contains(method))
    }

    /// A `return`.
    pub(super) fn answer<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        answer: Return<LocationOf<W>>,
    ) -> Result<Outcome<W>, (u16, Reason<'static>)> {
        Ok(match answer {
            Return::Close => Outcome::Close,
            Return::Status(status) => return Err((status, Reason::Returned)),
            Return::Prebuilt(prebuilt) => {
                let (status, body) = world.prebuilt(self, prebuilt);
                Outcome::Response(status, body)
            }
            // The value may name the status.
            Return::Redirect(status, target) => {
                self.status = self.status_of(status);
                let mut uri = Vec::new();
                world.write(self, target, &mut uri);
                let mut location = Vec::with_capacity(uri.len());
                response::write_uri(&mut location, &uri);
                world.note(self, Note::Refused(Reason::Returned));
                Outcome::Redirect(status, location)
            }
            Return::Text(status, text) => {
                self.status = self.status_of(status);
                let mut content = Vec::new();
                world.write(self, text, &mut content);
                let media_type = world.media_type(self);
                if !media_type.is_empty() {
                    self.fields.add("Content-Type", &media_type);
                }
                self.fields.set_content_len(content.len() as u64);
                Outcome::Response(self.status, world.text(content))
            }
        })
    }

    /// `try_files`: whether a candidate is there; the path is its from now on.
    pub(super) fn try_files<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        location: LocationOf<W>,
    ) -> bool {
        (0..)
            .map_while(|index| location.candidate(index))
            .any(|candidate| self.try_one(world, location, candidate))
    }

    fn try_one<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        location: LocationOf<W>,
        candidate: Candidate<TextOf<W>>,
    ) -> bool {
        let base = location.base();
        let mut path = Vec::new();
        world.write(self, candidate.path, &mut path);
        // Beneath an `alias`, a candidate names the whole path of the URI or what is left of it.
        let front = self.head.path.get(..base.replaced_len).unwrap_or_default();
        let names_all = candidate.is_computed && is_within(&path, front);
        if !front.is_empty() && !names_all {
            let slash: &[u8] = if path.is_empty() || path[0] == b'/' { b"" } else { b"/" };
            path = [front, slash, &path].concat();
        }
        let is_complete = base.alias && !base.append_path;
        let append_path = self.append_path || is_complete;
        if !world.is_there(self, &path, append_path, candidate.directory) {
            return false;
        }
        // Of an alias that is complete, nginx takes on a file and leaves a directory.
        let is_taken = !(is_complete && candidate.directory);
        self.append_path = is_complete && is_taken;
        if is_taken {
            self.head.path = path;
        }
        true
    }

    /// What `try_files` falls back to.
    fn fall_back<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        fallback: Fallback<TextOf<W>>,
    ) -> Result<Outcome<W>, (u16, Reason<'static>)> {
        Ok(match fallback {
            Fallback::Status(status) => return Err((status, Reason::NothingFound)),
            Fallback::Named(id) => Outcome::Named(id),
            Fallback::Uri(uri) => {
                let uri = world.target(self, uri);
                world.note(self, Note::FallsBack(&uri));
                Outcome::Uri(uri)
            }
        })
    }
}

/// Whether a path is `front` or leads beneath it.
fn is_within(path: &[u8], front: &[u8]) -> bool {
    path.strip_prefix(front).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
}

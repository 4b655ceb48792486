//! From what has happened to the reply: the phases one after the other, for as long as one location leads
//! to another.

use crate::http::method::Method;
use crate::http::target::{BadTarget, resolve, split_args};
use crate::site::{LocationId, ServerId};

use super::admission::Clearance;
use super::world::{self, Form, Location, LocationOf, Note, Reason, Server, World};
use super::{Event, Exchange, MAX_REDIRECTS, Outcome, Refusal, Reply, ReplyOf, Route};

/// What one look at a location came to.
pub(super) enum Step<W: World> {
    Reply(ReplyOf<W>),
    /// Goes on with this location.
    Location(LocationId),
    /// Goes on as a new request would: with what the server says of the path, which has changed.
    Path,
    /// Goes on with the location of the path.
    Find,
}

impl<F: Form> Exchange<F> {
    /// Takes what has happened, and makes the reply to it.
    pub fn step<W: World<Form = F>>(&mut self, world: &mut W, event: Event<'_, W>) -> ReplyOf<W> {
        let step = match event {
            Event::Head => self.begin(world),
            Event::Refused(refusal) => {
                if self.route.is_none() {
                    self.enter_server(world, world.default_server());
                    self.head.path = b"/".to_vec();
                }
                self.rest_unwanted = true;
                self.fail(world, refusal)
            }
            Event::Done { outcome, content_taken } => {
                self.content_taken |= content_taken;
                self.settle(world, outcome)
            }
            Event::Backend(head) => self.take_head(world, head),
            Event::Failed(refusal) => {
                self.content_taken = true;
                self.fail(world, refusal)
            }
            Event::Waited => {
                let asked = self.admit(world);
                self.settle_asked(world, asked)
            }
            Event::Checked(None) => self.answer_status(world, 503, Reason::Busy),
            Event::Checked(checked) => {
                self.clearance.checked = checked;
                let asked = self.admit(world);
                self.settle_asked(world, asked)
            }
            Event::Led(uri) => {
                self.enter_server(world, world.default_server());
                self.internal = true;
                let set = self.set_uri(world, uri);
                self.go_on(world, set)
                    .unwrap_or_else(|status| self.settle(world, Outcome::Status(status)))
            }
            Event::Within(uri) => {
                let set = self.set_uri(world, uri);
                self.go_on(world, set)
                    .unwrap_or_else(|status| self.settle(world, Outcome::Status(status)))
            }
            Event::Answered(None) => self.answer_status(world, 500, Reason::Unanswered),
            Event::Answered(Some(part)) => {
                self.hear(world, *part);
                let asked = self.admit(world);
                self.settle_asked(world, asked)
            }
        };
        self.follow(world, step)
    }

    /// Answers for what has gone wrong.
    pub(super) fn fail<W: World<Form = F>>(&mut self, world: &mut W, refusal: &Refusal) -> Step<W> {
        world.note(self, Note::Refused(Reason::Other(refusal)));
        self.settle(world, Outcome::Status(refusal.status))
    }

    /// Chooses the server, and sorts out what is for no location.
    pub(super) fn begin<W: World<Form = F>>(&mut self, world: &mut W) -> Step<W> {
        world::write_host(&self.head, &mut self.host);
        let server = world.choose_server(&self.host, &mut self.matches);
        self.enter_server(world, server);
        self.find_client(world);
        if let Some(unfit) = world.unfit(server) {
            self.rest_unwanted = true;
            return self.answer_status(world, unfit.status(), Reason::Unfit(unfit));
        }
        let (status, reason) = match self.head.method {
            None => (501, Reason::UnknownMethod),
            Some(Method::Trace | Method::Connect) => {
                self.rest_unwanted = true;
                (405, Reason::NoProxy)
            }
            Some(Method::Options) if self.head.target() == b"*" => {
                // RFC 9110, 9.3.7.
                let allow = self.location().allow();
                self.status = 204;
                self.fields.add("Allow", &allow);
                return Step::Reply(Reply::Response(world.text(Vec::new())));
            }
            Some(_) => return Step::Path,
        };
        self.answer_status(world, status, reason)
    }

    /// Begins in a server, before a location is looked for.
    pub fn enter_server<W: World<Form = F>>(&mut self, world: &W, server_id: ServerId) {
        let server = world.server(server_id);
        let id = server.location();
        self.route = Some(Route { server_id, server, id, location: world.location(id) });
    }

    /// Finds out who the client really is, unless that is known: before anything is asked of the server,
    /// and once more where the location is known.
    pub(super) fn find_client<W: World<Form = F>>(&mut self, world: &W) {
        if self.real_address.is_none() {
            self.real_address = world.real_address(self);
        }
    }

    /// Answers with a status, and says why.
    pub(super) fn answer_status<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        status: u16,
        reason: Reason<'_>,
    ) -> Step<W> {
        world.note(self, Note::Refused(reason));
        self.settle(world, Outcome::Status(status))
    }

    /// Goes from location to location until there is a reply.
    pub(super) fn follow<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        mut step: Step<W>,
    ) -> ReplyOf<W> {
        loop {
            let Some(route) = self.route else { return Reply::Close };
            step = match step {
                Step::Reply(reply) => return self.finish(world, reply),
                Step::Path => match self.rewrite_in_server(world, route) {
                    Ok(()) => self.visit(world, None),
                    Err(step) => step,
                },
                Step::Find => self.visit(world, None),
                Step::Location(id) => self.visit(world, Some(id)),
            };
            if self.redirects > MAX_REDIRECTS {
                world.note(self, Note::Refused(Reason::Cycle));
                world.note(self, Note::Status(500));
                step = Step::Reply(self.default_page(world, 500));
            }
        }
    }

    /// Asks a location, or the one of the path.
    pub(super) fn visit<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        named: Option<LocationId>,
    ) -> Step<W> {
        let Some(route) = self.route else { return Step::Reply(Reply::Close) };
        let id = named.unwrap_or_else(|| world.route(route.server_id, &self.head.path));
        let location = self.enter(world, id);
        // No regex is asked on the way to a named location: it has no patterns.
        world.enter(location, &self.head.path, &mut self.matches);
        let asked = self.ask(world, location, named.is_some());
        self.settle_asked(world, asked)
    }

    /// Settles what a location has come to. The error is a status and its reason.
    pub(super) fn settle_asked<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        asked: Result<Outcome<W>, (u16, Reason<'static>)>,
    ) -> Step<W> {
        match asked {
            Ok(outcome) => self.settle(world, outcome),
            Err((status, reason)) => self.answer_status(world, status, reason),
        }
    }

    /// Makes a location the one that the request has come to.
    pub(super) fn enter<W: World<Form = F>>(&mut self, world: &W, id: LocationId) -> LocationOf<W> {
        let location = world.location(id);
        // Each location asks anew who may come in.
        self.clearance = Clearance::default();
        if let Some(route) = &mut self.route {
            (route.id, route.location) = (id, location);
        }
        location
    }

    /// Notes that the request goes on in another place.
    pub(super) fn redirected(&mut self) {
        self.internal = true;
        self.append_path = false;
        self.redirects += 1;
    }

    /// Puts a path and its arguments in the place of the request's.
    pub(super) fn set_uri<W: World<Form = F>>(
        &mut self,
        world: &W,
        uri: &[u8],
    ) -> Result<(), BadTarget> {
        let (path, args) = split_args(uri);
        self.set_path(world, path)?;
        self.args = Some(args.to_vec());
        Ok(())
    }

    /// Puts a path in the place of the request's. It may be made of what the client has sent, and
    /// must not come to another location than what it leads to.
    pub(super) fn set_path<W: World<Form = F>>(
        &mut self,
        world: &W,
        path: &[u8],
    ) -> Result<(), BadTarget> {
        let resolved = resolve(path, self.merges_slashes(world))?;
        (self.is_changed, self.has_left_location) = (true, false);
        self.head.path.clear();
        self.head.path.extend_from_slice(&resolved);
        Ok(())
    }

    /// Whether slashes in a row count as one. When a path is read, the server is not known yet: the
    /// one by default decides.
    pub(super) fn merges_slashes<W: World<Form = F>>(&self, world: &W) -> bool {
        world.server(world.default_server()).merges_slashes()
    }

    /// Goes on with the path that was set. The error is the status where it could not be.
    pub(super) fn go_on<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        set: Result<(), BadTarget>,
    ) -> Result<Step<W>, u16> {
        if set.is_err() {
            world.note(self, Note::Refused(Reason::AboveRoot));
            return Err(404);
        }
        Ok(Step::Path)
    }
}

//! Who may come in where a request has come to: rules of addresses, then a password, then what another
//! location says of the client (`auth_request`), in nginx's order.

use super::world::{
    Action, Admission, Form, Inquiry, Location, LocationOf, Login, Note, Reason, World,
};
use super::{Exchange, Outcome};

/// What is known of whether a client may come in where the request has come to.
#[derive(Default)]
pub(super) struct Clearance {
    /// What has come of a password that took long to be checked.
    pub(super) checked: Option<bool>,
    /// What the password is, once that is known.
    login: Option<Known>,
    /// Whether a client that is not let in has waited (`auth_delay`).
    has_waited: bool,
    /// The status that the location has answered which was asked; 0: it closes the connection.
    answered: Option<u16>,
}

/// What is known of a password.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Right,
    Wrong,
    NoUsers,
}

/// How a client is refused, where another of those that are asked may let it in.
#[derive(Clone, Copy)]
enum Refused {
    /// 403, and why.
    Forbidden(Reason<'static>),
    /// 401: a password is asked for.
    Challenged,
    /// 401: so the location says that was asked.
    Unauthorized,
}

/// What a client comes to; the error is a status and its reason.
type Admitted<W> = Result<Option<Outcome<W>>, (u16, Reason<'static>)>;

impl<F: Form> Exchange<F> {
    /// Who of those may come in that want to use the method.
    pub(super) fn admission<W: World<Form = F>>(
        &self,
        location: LocationOf<W>,
        action: &Action<LocationOf<W>>,
    ) -> Admission<LocationOf<W>> {
        match self.limit::<W>(location) {
            // As in nginx, who asks within a request has been let in.
            _ if self.is_within() => Admission::OPEN,
            Some(admission) => admission,
            // A `return` comes before anybody asks who the client is.
            None if matches!(action, Action::Return(_)) => Admission::OPEN,
            None => location.admission(),
        }
    }

    /// Keeps a client out that may not come in. `None`: it may. One that is asked for a password waits
    /// first, where the conf wants that.
    pub(super) fn keep_out<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        admission: Admission<LocationOf<W>>,
    ) -> Admitted<W> {
        let admitted = self.judge(world, admission);
        let is_refused = matches!(admitted, Ok(Some(Outcome::Challenge(_))) | Err((401, _)));
        let delay_ms = self.location().auth_delay_ms();
        if !is_refused || delay_ms == 0 || std::mem::replace(&mut self.clearance.has_waited, true) {
            return admitted;
        }
        match world.wait(self, delay_ms) {
            Some(later) => Ok(Some(Outcome::Later(later))),
            None => admitted,
        }
    }

    /// What a client comes to that wants to come in.
    fn judge<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        admission: Admission<LocationOf<W>>,
    ) -> Admitted<W> {
        let Admission { access, named, satisfy_any, auth, inquiry } = admission;
        if satisfy_any && named.is_some_and(|named| world.lets_in(self, named)) {
            return Ok(None);
        }
        let mut refused = match access.is_some_and(|rules| !world.lets_in(self, rules)) {
            true if !satisfy_any => return Err((403, Reason::Denied)),
            true => Some(Refused::Forbidden(Reason::Denied)),
            false => None,
        };
        let realm = auth.map(|(realm, users)| (self.value(world, realm), users));
        let realm = realm.filter(|(realm, _)| realm != b"off");
        if let Some((realm, users)) = &realm {
            let is_last = inquiry.is_none() || !satisfy_any;
            match self.log_in::<W>(world, *users)? {
                Ok(Known::Right) if satisfy_any => return Ok(None),
                Ok(Known::Right) => {}
                Ok(Known::Wrong) if is_last => {
                    return Ok(Some(self.challenge(world, realm.clone())));
                }
                Ok(Known::Wrong) => refused = Some(Refused::Challenged),
                Ok(Known::NoUsers) if is_last => return Err((403, Reason::NoUsers)),
                Ok(Known::NoUsers) => {
                    refused = refused.or(Some(Refused::Forbidden(Reason::NoUsers)));
                }
                Err(outcome) => return Ok(Some(outcome)),
            }
        }
        if let Some(uri) = inquiry {
            match self.inquire::<W>(world, uri)? {
                Ok(200..=299) if satisfy_any => return Ok(None),
                Ok(200..=299) => {}
                Ok(401) if satisfy_any => {
                    refused = refused.filter(|it| matches!(it, Refused::Challenged));
                    refused = refused.or(Some(Refused::Unauthorized));
                }
                Ok(401) => return Err((401, Reason::Answered(401))),
                Ok(403) if satisfy_any => {
                    refused = refused.or(Some(Refused::Forbidden(Reason::Answered(403))));
                }
                Ok(403) => return Err((403, Reason::Answered(403))),
                // As in nginx, who asked is closed as well.
                Ok(0) => return Ok(Some(Outcome::Close)),
                Ok(status) => {
                    let is_challenged = matches!(refused, Some(Refused::Challenged));
                    self.realm = realm.filter(|_| is_challenged).map(|(realm, _)| realm);
                    return Err((500, Reason::Answered(status)));
                }
                Err(outcome) => return Ok(Some(outcome)),
            }
        }
        match (refused, realm) {
            (None, _) => Ok(None),
            (Some(Refused::Forbidden(reason)), _) => Err((403, reason)),
            (Some(Refused::Challenged), Some((realm, _))) => Ok(Some(self.challenge(world, realm))),
            (Some(Refused::Challenged | Refused::Unauthorized), _) => {
                Err((401, Reason::Answered(401)))
            }
        }
    }

    fn challenge<W: World<Form = F>>(&self, world: &mut W, realm: Vec<u8>) -> Outcome<W> {
        world.note(self, Note::Refused(Reason::NotLoggedIn));
        Outcome::Challenge(realm)
    }

    /// Asks for a password, unless that was done here. The inner error is what comes first.
    fn log_in<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        users: <LocationOf<W> as Location>::Users,
    ) -> Result<Result<Known, Outcome<W>>, (u16, Reason<'static>)> {
        if let Some(known) = self.clearance.login {
            return Ok(Ok(known));
        }
        let checked = self.clearance.checked.take();
        let known = match world.log_in(self, users, checked) {
            Login::Right => Known::Right,
            Login::Wrong => Known::Wrong,
            Login::NoUsers => Known::NoUsers,
            Login::Busy => return Err((503, Reason::Busy)),
            Login::Later(later) => return Ok(Err(Outcome::Later(later))),
        };
        self.clearance.login = Some(known);
        Ok(Ok(known))
    }

    /// Asks a location, unless that has answered. Its status; the inner error is what comes first.
    fn inquire<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        uri: <LocationOf<W> as Location>::Text,
    ) -> Result<Result<u16, Outcome<W>>, (u16, Reason<'static>)> {
        if self.clearance.answered.is_none() {
            match world.inquire(self, uri) {
                Inquiry::Answered(part) => self.hear(world, *part),
                Inquiry::Unknown => self.clearance.answered = Some(200),
                Inquiry::Refused => return Err((500, Reason::Unanswered)),
                Inquiry::Later(later) => return Ok(Err(Outcome::Later(later))),
            }
        }
        Ok(Ok(self.clearance.answered.unwrap_or(500)))
    }

    /// Takes note of what a location has answered that was asked whether the client may come in.
    pub(super) fn hear<W: World<Form = F>>(&mut self, world: &mut W, mut part: Exchange<F>) {
        let location = self.location();
        self.take_back(&mut part);
        for (variable, text) in (0..).map_while(|index| location.answered(index)) {
            let value = part.value(world, text);
            world.assigned(variable, &value);
            if !self.assign(variable, &value) {
                world.note(self, Note::BadRate(&value));
            }
        }
        if part.status == 401 {
            let lines = part.fields.iter();
            let asks = lines.filter(|(name, _)| name.eq_ignore_ascii_case(b"WWW-Authenticate"));
            self.challenges = asks.map(|(_, value)| value.to_vec()).collect();
        }
        self.clearance.answered = Some(part.status);
    }
}

//! `rewrite`, `if`, `set`, `break`, and `return` among them: the steps that a server or a location
//! takes before anything else, as nginx takes them.

use crate::http::{response, size};
use crate::site::{Assigned, Then};

use super::step::Step;
use super::world::{
    Condition, Form, LocationOf, Note, Op, Reason, Rewrite, Server, Test, TextOf, World,
};
use super::{Exchange, Outcome, Route};

/// The longest value that `set` gives, in bytes. A chain of them could double it with each.
pub const MAX_VALUE_LEN: usize = 64 * 1024;

/// What ends a request's way through the steps of a context, if something does. The error is a
/// status and its reason.
type Ended<W> = Result<Option<Outcome<W>>, (u16, Reason<'static>)>;

impl<F: Form> Exchange<F> {
    /// Takes the steps of a server. The error is where they lead, if not on.
    pub(super) fn rewrite_in_server<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        route: Route<F>,
    ) -> Result<(), Step<W>> {
        if !W::REWRITES || world.server_op(route.server_id, 0).is_none() {
            return Ok(());
        }
        self.enter(world, route.server.location());
        match self.rewrite(world, |world, index| world.server_op(route.server_id, index)) {
            // The location is looked for all the same.
            Ok(None | Some(Outcome::Rewritten)) => Ok(()),
            Ok(Some(outcome)) => Err(self.settle(world, outcome)),
            Err(reason) => Err(self.settle_asked(world, Err(reason))),
        }
    }

    /// Takes the steps of a context.
    pub(super) fn rewrite<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        op: impl Fn(&W, usize) -> Option<Op<LocationOf<W>>>,
    ) -> Ended<W> {
        let (mut at, mut is_changed) = (0, false);
        self.escapes_groups = true;
        while let Some(step) = op(world, at) {
            at += 1;
            match step {
                Op::Set(variable, text) => {
                    let value = self.value(world, text);
                    if value.len() > MAX_VALUE_LEN {
                        return Err((500, Reason::TooLong));
                    }
                    world.assigned(variable, &value);
                    if !self.assign(variable, &value) {
                        world.note(self, Note::BadRate(&value));
                    }
                }
                Op::If { condition, skip, location } => {
                    let holds = self.holds(world, &condition);
                    world.asked(&condition, holds);
                    match location {
                        _ if !holds => at += skip,
                        Some(id) => drop(self.enter(world, id)),
                        None => {}
                    }
                }
                Op::Return(answer) => return self.answer(world, answer).map(Some),
                Op::Break => return Ok(None),
                Op::Rewrite(rewrite) => {
                    let then = rewrite.then;
                    if !world.is_match(rewrite.regex, &self.head.path, &mut self.matches) {
                        continue;
                    }
                    if let Then::Redirect { status, has_args } = then {
                        return Ok(Some(self.redirect(world, rewrite, status, has_args)));
                    }
                    self.replace(world, &rewrite)?;
                    self.escapes_groups = false;
                    is_changed = then != Then::Break;
                    if then != Then::Next {
                        break;
                    }
                }
            }
        }
        Ok(is_changed.then_some(Outcome::Rewritten))
    }

    /// A value for the request now.
    pub(super) fn value<W: World<Form = F>>(&self, world: &W, text: TextOf<W>) -> Vec<u8> {
        let mut value = Vec::new();
        world.write(self, text, &mut value);
        value
    }

    /// Gives a variable a value, unless it cannot have that.
    pub(super) fn assign(&mut self, variable: Assigned, value: &[u8]) -> bool {
        match variable {
            Assigned::Args => {
                self.args = Some(value.to_vec());
                self.is_changed = true;
            }
            Assigned::LimitRate => match size::parse(value) {
                Some(rate) => self.limit_rate = Some(rate),
                None => return false,
            },
            Assigned::Slot(slot) => {
                let slot = usize::from(slot);
                if self.slots.len() <= slot {
                    self.slots.resize(slot + 1, None);
                    self.slots_since.resize(slot + 1, 0);
                }
                self.slots_since[slot] = self.matches.len();
                self.slots[slot] = Some(value.to_vec());
            }
        }
        true
    }

    fn holds<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        condition: &Condition<LocationOf<W>>,
    ) -> bool {
        let is_so = match condition.test {
            Test::Truth(text) => !matches!(&self.value(world, text)[..], b"" | b"0"),
            Test::Equal(one, other) => self.value(world, one) == self.value(world, other),
            Test::Matches(text, regex) => {
                let subject = self.value(world, text);
                world.is_match(regex, &subject, &mut self.matches)
            }
            Test::Path(text, test) => {
                let path = self.value(world, text);
                world.test_path(self, &path, test)
            }
        };
        is_so != condition.negated
    }

    /// Puts the path and the arguments of a `rewrite` in the place of the request's.
    fn replace<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        rewrite: &Rewrite<LocationOf<W>>,
    ) -> Result<(), (u16, Reason<'static>)> {
        let path = self.value(world, rewrite.target);
        if let Some(args) = rewrite.args {
            let mut args = self.value(world, args);
            if rewrite.keep_args && !self.args().is_empty() {
                args.push(b'&');
                args.extend_from_slice(self.args());
            }
            self.args = Some(args);
        } else if !rewrite.keep_args {
            self.args = Some(Vec::new());
        }
        if path.is_empty() {
            return Err((500, Reason::EmptyPath));
        }
        self.internal = true;
        self.set_path(world, &path).map_err(|_| (404, Reason::AboveRoot))?;
        self.has_left_location = rewrite.then == Then::Break;
        world.rewritten(self, rewrite);
        Ok(())
    }

    /// The redirect that a `rewrite` is.
    fn redirect<W: World<Form = F>>(
        &mut self,
        world: &mut W,
        rewrite: Rewrite<LocationOf<W>>,
        status: u16,
        has_args: bool,
    ) -> Outcome<W> {
        let mut target = take_back(&self.value(world, rewrite.target));
        if rewrite.keep_args && !self.args().is_empty() {
            target.push(if has_args { b'&' } else { b'?' });
            target.extend_from_slice(self.args());
        }
        let mut location = Vec::with_capacity(target.len());
        response::write_uri(&mut location, &target);
        world.sent_on(self, &location);
        world.note(self, Note::Refused(Reason::Returned));
        Outcome::Redirect(status, location)
    }
}

/// Takes the escapes of the path of a redirect back that it does not need: those of characters
/// between `%` and DEL, up to the first `?`, as nginx does.
fn take_back(target: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(target.len());
    let mut rest = target;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        match (byte, behind) {
            (b'?', _) => {
                out.push(byte);
                break;
            }
            (b'%', [high, low, ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    rest = &behind[2..];
                    match high << 4 | low {
                        plain @ b'&'..0x7f => out.push(plain),
                        _ => out.extend_from_slice(&[b'%', behind[0], behind[1]]),
                    }
                    if out.ends_with(b"?") {
                        break;
                    }
                }
                _ => out.push(byte),
            },
            _ => out.push(byte),
        }
    }
    out.extend_from_slice(rest);
    out
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|digit| digit as u8)
}

//! Requests within a request, which nginx calls subrequests. Each is an exchange of its own in a place of
//! its own among the worker's connections, so that the event loop knows its descriptors and its
//! deadlines like any other's. Who asked waits without being worked at, and is told of the answer.

mod origin;
mod pipe;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use crate::backend::{Backend, Front};
use crate::compiled::Exchange;
use crate::output::Body;
use crate::site::ConnectionFacts;

pub(crate) use origin::Origin;
pub(crate) use pipe::{HELD_LEN, PipeReader, PipeWriter};

/// The requests within others of one worker, as far as the event loop is to do something for them.
#[derive(Default)]
pub struct Subrequests {
    begun: RefCell<VecDeque<Box<Begun>>>,
    /// Who is to be told of an answer, by the event loop's token.
    answered: RefCell<VecDeque<u64>>,
    /// Those that nobody waits for any more.
    unwanted: RefCell<VecDeque<u64>>,
    /// How many are under way whose answer nobody waits for.
    alone: Cell<usize>,
}

/// The most requests of one worker that are under way at once without anybody waiting for them.
pub(crate) const MAX_ALONE: usize = 256;

/// What the event loop is to do.
pub(crate) enum Due {
    /// To give it a place, and to let it begin.
    Begin(Box<Begun>),
    /// To let this one look again, for which an answer is there.
    Tell(u64),
    /// To close this one.
    Drop(u64),
}

/// A request within another one that is to get a place.
pub(crate) struct Begun {
    // Dropped before the rest: who waits is told first.
    pub(crate) answerer: Answerer,
    pub(crate) origin: Origin,
    pub(crate) exchange: Box<Exchange>,
    pub(crate) task: Task,
}

/// What it is to do.
pub(crate) enum Task {
    /// To answer a request for this URI.
    Answer(Vec<u8>),
    /// To pass on a content that is made elsewhere.
    Stream(Box<dyn Backend>, PipeWriter),
    /// To read a content to its end that nobody wants but who keeps it.
    Keep(Box<dyn Backend>),
}

impl Subrequests {
    /// Begins a request within another one, for a URI. `owner` is who waits for the answer, as the event
    /// loop knows it, and `client` the client of both.
    pub(crate) fn begin(
        self: &Rc<Self>,
        owner: u64,
        client: &dyn ConnectionFacts,
        exchange: Exchange,
        uri: Vec<u8>,
    ) -> Asked {
        let answer = self.answer(Some(owner), false);
        self.push(&answer, client, exchange, Task::Answer(uri));
        Asked(answer)
    }

    /// Begins one whose content is wanted as well.
    pub(crate) fn begin_whole(
        self: &Rc<Self>,
        owner: u64,
        client: &dyn ConnectionFacts,
        exchange: Exchange,
        uri: Vec<u8>,
    ) -> Asked {
        let answer = self.answer(Some(owner), true);
        self.push(&answer, client, exchange, Task::Answer(uri));
        Asked(answer)
    }

    /// Gives a place of its own to who makes a content for `owner`, and has made its head: a content of
    /// this length, where that is known. `exchange` is what the log tells of.
    pub(crate) fn stream(
        self: &Rc<Self>,
        owner: u64,
        client: &dyn ConnectionFacts,
        exchange: Exchange,
        (backend, front): (Box<dyn Backend>, Front),
        len: Option<u64>,
    ) -> PipeReader {
        let (mut writer, reader) = pipe::pipe(self, owner, len);
        let answer = self.answer(None, false);
        // Nobody asks for more than the content, whose pipe says whether it is wanted.
        answer.is_there.set(true);
        if writer.push(&front.content) || front.is_last {
            writer.end(false);
        }
        self.push(&answer, client, exchange, Task::Stream(backend, writer));
        reader
    }

    /// Gives a place of its own to what is read to its end by nobody but who keeps it. `exchange` is what the
    /// log tells of. What there is no room for comes back.
    pub(crate) fn keep(
        self: &Rc<Self>,
        client: &dyn ConnectionFacts,
        exchange: Exchange,
        backend: Box<dyn Backend>,
    ) -> Option<Box<dyn Backend>> {
        if self.alone.get() >= MAX_ALONE {
            return Some(backend);
        }
        self.alone.set(self.alone.get() + 1);
        self.push(&self.answer(None, false), client, exchange, Task::Keep(backend));
        None
    }

    /// Begins one whose answer nobody waits for. Whether there is room for it.
    pub(crate) fn begin_alone(
        self: &Rc<Self>,
        client: &dyn ConnectionFacts,
        exchange: Exchange,
        uri: Vec<u8>,
    ) -> bool {
        let has_room = self.alone.get() < MAX_ALONE;
        if has_room {
            self.alone.set(self.alone.get() + 1);
            self.push(&self.answer(None, false), client, exchange, Task::Answer(uri));
        }
        has_room
    }

    fn answer(self: &Rc<Self>, owner: Option<u64>, is_whole: bool) -> Rc<Answer> {
        Rc::new(Answer {
            all: Rc::clone(self),
            owner,
            is_whole,
            token: Cell::new(None),
            is_there: Cell::new(false),
            is_wanted: Cell::new(true),
            given: RefCell::new(None),
        })
    }

    fn push(
        &self,
        answer: &Rc<Answer>,
        client: &dyn ConnectionFacts,
        exchange: Exchange,
        task: Task,
    ) {
        let answerer = Answerer(Rc::clone(answer));
        let (origin, exchange) = (Origin::of(client), Box::new(exchange));
        let begun = Begun { answerer, origin, exchange, task };
        self.begun.borrow_mut().push_back(Box::new(begun));
    }

    /// Has this one look again.
    fn tell(&self, token: u64) {
        self.answered.borrow_mut().push_back(token);
    }

    /// Has this one closed.
    fn drop_later(&self, token: u64) {
        self.unwanted.borrow_mut().push_back(token);
    }

    /// What is to be done next.
    pub(crate) fn next(&self) -> Option<Due> {
        let unwanted = self.unwanted.borrow_mut().pop_front().map(Due::Drop);
        let begin = || self.begun.borrow_mut().pop_front().map(Due::Begin);
        let tell = || self.answered.borrow_mut().pop_front().map(Due::Tell);
        unwanted.or_else(begin).or_else(tell)
    }

    /// Whether nothing is to be done.
    pub(crate) fn are_none_due(&self) -> bool {
        self.unwanted.borrow().is_empty()
            && self.begun.borrow().is_empty()
            && self.answered.borrow().is_empty()
    }

    /// Forgets all: the worker begins again.
    pub(crate) fn clear(&self) {
        // Dropping one tells of others.
        drop(self.begun.take());
        self.answered.take();
        self.unwanted.take();
        self.alone.set(0);
    }
}

/// What a request within another one and who waits for it share.
struct Answer {
    all: Rc<Subrequests>,
    /// Who waits, as the event loop knows it; `None`: nobody does, and it goes on all the same.
    owner: Option<u64>,
    /// Whether its content is wanted as well.
    is_whole: bool,
    /// What the event loop knows the request by, once it has a place.
    token: Cell<Option<u64>>,
    is_there: Cell<bool>,
    is_wanted: Cell<bool>,
    given: RefCell<Option<Given>>,
}

/// The exchange that has come to an answer, and the content of that.
pub(crate) type Given = (Box<Exchange>, Body);

impl Answer {
    /// Tells that the answer is there; `None`: there is none.
    fn tell(&self, given: Option<Given>) {
        if self.is_there.replace(true) {
            return;
        }
        match self.owner {
            Some(owner) if self.is_wanted.get() => {
                self.given.replace(given);
                self.all.tell(owner);
            }
            Some(_) => {}
            None => self.all.alone.set(self.all.alone.get() - 1),
        }
    }
}

/// Who makes an answer. Dropped, it has told who waits that there is none, unless it has told one: nobody
/// is left waiting, whatever has ended it.
pub(crate) struct Answerer(Rc<Answer>);

impl Answerer {
    /// Takes note of what the event loop knows by that makes the answer.
    pub(crate) fn set_token(&self, token: u64) {
        self.0.token.set(Some(token));
    }

    /// Whether anybody waits for it.
    pub(crate) fn is_wanted(&self) -> bool {
        self.0.is_wanted.get()
    }

    /// Whether its content is wanted as well.
    pub(crate) fn is_whole(&self) -> bool {
        self.0.is_whole
    }

    /// Whether somebody is to be told of it.
    pub(crate) fn has_owner(&self) -> bool {
        self.0.owner.is_some()
    }

    /// Tells that the answer is there.
    pub(crate) fn tell(&self, given: Given) {
        self.0.tell(Some(given));
    }

    /// A pipe to who wants the content of the answer, if somebody does: one of this length, where that is
    /// known.
    pub(crate) fn pipe(&self, len: Option<u64>) -> Option<(PipeWriter, PipeReader)> {
        let owner = self.0.owner.filter(|_| self.0.is_whole)?;
        let (writer, reader) = pipe::pipe(&self.0.all, owner, len);
        if let Some(token) = self.0.token.get() {
            writer.set_maker(token);
        }
        Some((writer, reader))
    }
}

impl Drop for Answerer {
    fn drop(&mut self) {
        self.0.tell(None);
    }
}

/// An answer that is waited for. Without it, nobody wants the answer.
pub struct Asked(Rc<Answer>);

impl Asked {
    /// Whether the answer is there, or will never be.
    pub(crate) fn has_answered(&self) -> bool {
        self.0.is_there.get()
    }

    /// The exchange that has come to the answer, if there is one.
    pub(crate) fn take_answer(&self) -> Option<Box<Exchange>> {
        self.take_whole().map(|(exchange, _)| exchange)
    }

    /// The same with its content.
    pub(crate) fn take_whole(&self) -> Option<Given> {
        self.0.given.take()
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.is_wanted.set(false);
        if let Some(token) = self.0.token.get().filter(|_| !self.has_answered()) {
            self.0.all.drop_later(token);
        }
    }
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").field("has_answered", &self.has_answered()).finish()
    }
}

//! One content, with what stands in it.

use std::collections::VecDeque;
use std::io;

use super::loom::{Loom, MOST_AHEAD, Said, Wanted, Weave, Woven};
use crate::coding::Source;
use crate::output::{Answered, Attendant, Body, Part, Piece, Produced, RUN_LEN};
use crate::site::{Around, Encode, Level};

/// One content.
pub(super) struct Node {
    /// The request that it answers.
    part: Part,
    own: Source,
    /// Whether all of its own was taken.
    is_read: bool,
    scratch: Vec<u8>,
    /// What comes next, in order.
    ahead: VecDeque<Segment>,
    around: Around,
    /// Who takes its own apart, where it says of others that go into it.
    weaver: Option<Weaver>,
    /// Whether anything has come of it.
    has_begun: bool,
}

/// Who takes a content apart.
struct Weaver {
    weave: Box<dyn Weave>,
    /// What was read and not taken apart yet.
    unread: Vec<u8>,
    /// Whether what is ahead has to be taken first.
    stops: bool,
}

/// A part of a content.
pub(super) enum Segment {
    Text(Vec<u8>),
    /// What another location answers, which is waited for.
    Asked(Part, Wanted),
    /// The same, once it has begun, and what has come of it where it goes into a variable.
    Node(Box<Node>, Wanted, Vec<u8>),
}

/// Takes a content as it is.
#[derive(Debug)]
struct Copied;

impl Encode for Copied {
    fn write(&mut self, piece: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        out.extend_from_slice(piece);
        Ok(())
    }

    fn flush(&mut self, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }

    fn reset(&mut self) -> bool {
        true
    }

    fn piece_len(&self) -> usize {
        RUN_LEN
    }
}

impl Node {
    /// What a request was answered.
    pub(super) fn new(
        part: Part,
        own: Source,
        around: Around,
        weave: Option<Box<dyn Weave>>,
    ) -> Node {
        let weaver = weave.map(|weave| Weaver { weave, unread: Vec::new(), stops: false });
        let (is_read, has_begun) = (false, false);
        let (scratch, ahead) = (Vec::new(), VecDeque::new());
        Node { part, own, is_read, scratch, ahead, around, weaver, has_begun }
    }

    /// Appends what comes next. An error means that the whole is broken off.
    pub(super) fn fill(
        &mut self,
        attendant: &mut dyn Attendant,
        woven: &mut Woven,
        out: &mut Vec<u8>,
    ) -> io::Result<Produced> {
        let before = std::mem::take(&mut self.around.before);
        if !before.is_empty() {
            self.ask(attendant, before)?;
        }
        while out.len() < RUN_LEN {
            let produced = self.look_ahead(attendant, woven)?;
            match self.ahead.front_mut() {
                Some(Segment::Text(text)) => {
                    self.has_begun = true;
                    out.append(text);
                    self.ahead.pop_front();
                }
                Some(Segment::Asked(part, wanted)) => match attendant.take(*part, self.part) {
                    Answered::Waits => return Ok(Produced::Waits),
                    Answered::Lost => {
                        return Err(io::Error::other("a part of it was not answered"));
                    }
                    Answered::Content { body, has_failed } => {
                        let (part, wanted) = (*part, std::mem::take(wanted));
                        self.ahead[0] =
                            begin_part(attendant, woven, part, (body, has_failed), wanted);
                    }
                },
                Some(Segment::Node(node, wanted, kept)) => {
                    let into = if wanted.into.is_some() { &mut *kept } else { &mut *out };
                    let produced = node.fill(attendant, woven, into)?;
                    self.has_begun |= node.has_begun;
                    let most = wanted.into.as_ref().map_or(usize::MAX, |(_, most)| *most);
                    let is_too_long = kept.len() > most;
                    if produced != Produced::End && !is_too_long {
                        return Ok(produced);
                    }
                    if let Some(Segment::Node(node, wanted, kept)) = self.ahead.pop_front() {
                        self.end_part(attendant, woven, &node, (wanted, kept, is_too_long));
                    }
                }
                None if produced != Produced::End => return Ok(produced),
                None => match std::mem::take(&mut self.around.after) {
                    b"" => return Ok(Produced::End),
                    after => self.ask(attendant, after)?,
                },
            }
        }
        Ok(Produced::More)
    }

    /// Takes of its own content what comes next, up to a bound. Whether more is there.
    fn look_ahead(
        &mut self,
        attendant: &mut dyn Attendant,
        woven: &mut Woven,
    ) -> io::Result<Produced> {
        loop {
            self.weave(attendant, woven)?;
            let has_unread = self.weaver.as_ref().is_some_and(|weaver| !weaver.unread.is_empty());
            let (text_room, part_room) = self.room();
            match self.is_read {
                _ if has_unread || text_room == 0 || part_room == 0 => return Ok(Produced::More),
                true => return Ok(Produced::End),
                false if woven.is_spent() => return Ok(Produced::More),
                false => woven.count_piece(),
            }
            let mut text = Vec::new();
            let (len, produced) = self.own.feed(&mut Copied, &mut self.scratch, &mut text)?;
            self.is_read = produced == Produced::End;
            match &mut self.weaver {
                Some(weaver) => weaver.unread = text,
                None if text.is_empty() => {}
                None => self.ahead.push_back(Segment::Text(text)),
            }
            // It waits, or takes longer than others should wait.
            if len == 0 && !self.is_read {
                if produced == Produced::Waits && self.own.attend(attendant) {
                    continue;
                }
                return Ok(produced);
            }
            if self.is_read {
                self.weave(attendant, woven)?;
            }
        }
    }

    /// Takes apart what was read, where that is done.
    fn weave(&mut self, attendant: &mut dyn Attendant, woven: &mut Woven) -> io::Result<()> {
        let room = self.room();
        let Some(Weaver { weave, unread, stops }) = &mut self.weaver else { return Ok(()) };
        *stops &= !self.ahead.is_empty();
        let (part, mut said) = (self.part, Vec::new());
        let mut loom = Loom { said: &mut said, woven, part, attendant, stops, room };
        if loom.stops() {
            return Ok(());
        }
        let taken = weave.weave(unread, &mut loom)?;
        unread.drain(..taken);
        let is_over = self.is_read && unread.is_empty();
        if is_over {
            weave.finish(&mut loom);
        }
        self.ahead.extend(said.into_iter().map(|said| match said {
            Said::Text(text) => Segment::Text(text),
            Said::Part(part, wanted) => Segment::Asked(part, wanted),
        }));
        if is_over {
            self.weaver = None;
        }
        Ok(())
    }

    /// How many bytes of text and how many others may come before some of what is ahead was taken.
    fn room(&self) -> (usize, usize) {
        let (mut len, mut count) = (0, 0);
        for segment in &self.ahead {
            match segment {
                Segment::Text(text) => len += text.len(),
                Segment::Asked(..) | Segment::Node(..) => count += 1,
            }
        }
        (RUN_LEN.saturating_sub(len), MOST_AHEAD.saturating_sub(count))
    }

    /// Asks for what comes next.
    fn ask(&mut self, attendant: &mut dyn Attendant, uri: &[u8]) -> io::Result<()> {
        match attendant.ask(self.part, uri.to_vec()) {
            Some(part) => {
                self.ahead.push_back(Segment::Asked(part, Wanted::default()));
                Ok(())
            }
            None => Err(io::Error::other("too many requests stand within it")),
        }
    }

    /// Does what is to be done at the end of a part.
    fn end_part(
        &mut self,
        attendant: &mut dyn Attendant,
        woven: &mut Woven,
        node: &Node,
        (wanted, mut kept, is_too_long): (Wanted, Vec<u8>, bool),
    ) {
        if let Some((name, _)) = wanted.into {
            if is_too_long {
                let text = format_args!("too big subrequest response");
                attendant.report(node.part, Level::Error, text);
                kept.clear();
            }
            if let Err(reason) = woven.set(name, kept) {
                attendant.report(node.part, Level::Error, format_args!("{reason}"));
            }
        } else if let Some(stub) = wanted.stub.filter(|_| !node.has_begun) {
            self.ahead.push_front(Segment::Text(stub));
        }
        attendant.forget(node.part);
    }
}

/// What another location has answered.
fn begin_part(
    attendant: &dyn Attendant,
    woven: &Woven,
    part: Part,
    (body, has_failed): (Body, bool),
    wanted: Wanted,
) -> Segment {
    let nothing = || Source::Piece(Piece::Static(b""));
    // A page that tells of an error is none of what was asked for.
    let is_unwanted = (wanted.stub.is_some() || wanted.into.is_some()) && has_failed;
    let own = match is_unwanted {
        true => nothing(),
        false => Source::of(body).unwrap_or_else(|_| nothing()),
    };
    let weave = woven.weave(attendant.commands(part));
    let node = Node::new(part, own, Around::default(), weave);
    Segment::Node(Box::new(node), wanted, Vec::new())
}

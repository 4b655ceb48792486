//! What a connection is, whoever reads its bytes: which frame may come now, blocks of fields that come
//! in parts, which streams there were. No I/O.

use std::borrow::Cow;
use std::rc::Rc;

use super::frame::{self, Code, Fault, Frame, HEADER_LEN, Header};
use super::gathered::Gathered;
use super::hpack::Decoder;
use super::mux::Mux;
use super::priority::Priority;
use crate::connection::Pace;
use crate::site::MinRate;

/// How long a connection that is over waits for its end, at most (RFC 9113, 5.4.1, lets what has gone
/// wrong be said before).
pub const LAST_WAIT_MS: u64 = 2000;
/// How long what a client has sent before it heard that the connection ends may be on its way, where it
/// does not say that it has heard.
const WAY_MS: u64 = 1000;
/// What a client sends back once it has heard that the connection ends.
const HEARD: [u8; 8] = *b"leaving.";
/// A stream that no client comes to (RFC 9113, 6.8).
const LAST_POSSIBLE: u32 = u32::MAX >> 1;

/// The frames of one connection.
pub(crate) struct Session {
    /// What its streams share.
    pub(crate) mux: Rc<Mux>,
    /// What reads fields.
    pub(crate) decoder: Decoder,
    /// What is still to come of the preface.
    preface: &'static [u8],
    /// Whether the client's SETTINGS have come, which are its first frame (RFC 9113, 3.4).
    is_open: bool,
    /// Fields of which the rest is still to come.
    block: Option<Block>,
    /// The longest block.
    max_block_len: usize,
    /// The last stream that was begun, and the last that the client has opened.
    last: u32,
    last_seen: u32,
    leaving: Leaving,
    /// When the client was told our SETTINGS, until it says that it knows them.
    settings_sent_ms: Option<u64>,
    /// Until when the connection is closed in any case, once it is over.
    pub(crate) over_until_ms: Option<u64>,
    /// Whether input is there that is not used yet: others had their turn, or the client takes nothing.
    pub(crate) holds: bool,
    /// When a frame or a block that is not whole began.
    pub(crate) began_ms: Option<u64>,
    /// Since when nobody waits for anything, if nobody does.
    pub(crate) idle_since_ms: Option<u64>,
    /// When the client has last taken something of what is to be sent, and how much it had taken then.
    taken: (u64, u64),
    /// How fast it takes that.
    pub(crate) pace: Pace,
    /// Whether the error log has heard of this client.
    pub(crate) is_known_bad: bool,
}

/// What the client was told of the end of the connection (RFC 9113, 6.8).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Leaving {
    No,
    /// That it comes. What was on its way then is still begun, until this time at most.
    Soon {
        until_ms: u64,
    },
    /// Which stream was the last that is begun.
    Now,
}

/// Fields that come in several frames.
struct Block {
    id: u32,
    ends: bool,
    kind: FieldsKind,
    gathered: Gathered,
}

/// What a block of fields is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FieldsKind {
    /// The head of a request.
    Head,
    /// The trailers of one.
    Trailers,
    /// Of a stream that was reset, or came after the last one: read for what it does to the table.
    Ignored,
    /// Of a stream that depends on itself: an error of that stream.
    Wrong,
    /// Behind the end of a request: the same.
    Late,
}

/// A frame that was taken off the front of the input.
pub(crate) struct Taken<'a> {
    /// Its length with its header.
    pub(crate) len: usize,
    /// The fields that it has brought to their end.
    pub(crate) fields: Option<Fields<'a>>,
    /// What was wrong with it. Its stream was reset.
    pub(crate) fault: Option<Fault>,
}

/// A block of fields that is whole.
pub(crate) struct Fields<'a> {
    pub(crate) id: u32,
    pub(crate) kind: FieldsKind,
    pub(crate) ends: bool,
    pub(crate) block: Cow<'a, [u8]>,
}

impl Session {
    /// A connection that begins with the preface.
    pub(crate) fn new(mux: Rc<Mux>, max_block_len: usize, now_ms: u64) -> Session {
        Session {
            mux,
            decoder: Decoder::default(),
            preface: frame::PREFACE,
            is_open: false,
            block: None,
            max_block_len,
            last: 0,
            last_seen: 0,
            leaving: Leaving::No,
            settings_sent_ms: Some(now_ms),
            over_until_ms: None,
            holds: false,
            began_ms: None,
            idle_since_ms: None,
            taken: (now_ms, 0),
            pace: Pace::default(),
            is_known_bad: false,
        }
    }

    /// Whether the client waits for nothing: closing the connection loses nothing.
    pub(crate) fn is_idle(&self) -> bool {
        let is_told = matches!(self.leaving, Leaving::Soon { .. });
        self.block.is_none() && !is_told && self.mux.open_count() == 0 && !self.mux.has_output()
    }

    /// Whether it is to be closed once all is sent.
    pub(crate) fn is_over(&self) -> bool {
        let is_last = self.leaving == Leaving::Now && self.mux.open_count() == 0;
        self.over_until_ms.is_some() || is_last
    }

    /// Tells the client that the connection ends, so that it begins no further streams. What it has
    /// begun before it hears that is not lost.
    pub(crate) fn leave_soon(&mut self, now_ms: u64) {
        if self.leaving == Leaving::No {
            self.leaving = Leaving::Soon { until_ms: now_ms + WAY_MS };
            self.mux.write(|out| {
                frame::write_goaway(out, LAST_POSSIBLE, Code::NoError);
                frame::write_ping(out, &HEARD);
            });
        }
    }

    /// Tells the client that no further streams are begun.
    pub(crate) fn leave(&mut self) {
        if std::mem::replace(&mut self.leaving, Leaving::Now) != Leaving::Now {
            self.mux.write(|out| frame::write_goaway(out, self.last, Code::NoError));
        }
    }

    /// Looks at what the client has taken, and at whether anybody waits: frames that nobody has asked for
    /// are no reason to wait longer.
    pub(crate) fn note_progress(&mut self, now_ms: u64) {
        let (taken_len, has_output) = (self.mux.taken_len(), self.mux.has_output());
        if taken_len > self.taken.1 || !has_output {
            self.taken = (now_ms, taken_len);
        }
        match has_output || self.mux.open_count() > 0 {
            true => self.idle_since_ms = None,
            false => drop(self.idle_since_ms.get_or_insert(now_ms)),
        }
    }

    /// How long the client may still take nothing, and how long it may go on as slowly as it does, if there
    /// is a bound.
    pub(crate) fn output_left_ms(
        &mut self,
        now_ms: u64,
        most_ms: u64,
        rate: Option<MinRate>,
    ) -> (u64, Option<u64>) {
        let (since_ms, taken_len) = self.taken;
        let slow = self.pace.look(now_ms, taken_len, self.mux.has_output(), rate, most_ms);
        (since_ms.saturating_add(most_ms).saturating_sub(now_ms), slow)
    }

    /// Does what is due, and has not come about by what the client has sent. `patience_ms`: how long it
    /// may take it to know our SETTINGS.
    pub(crate) fn check_time(&mut self, now_ms: u64, patience_ms: u64) -> Result<(), Fault> {
        const UNHEARD: Fault =
            Fault::of_connection(Code::SettingsTimeout, "our SETTINGS are not acknowledged");
        let is_over = |since_ms: u64| since_ms.saturating_add(patience_ms) <= now_ms;
        if self.settings_sent_ms.is_some_and(is_over) {
            return Err(UNHEARD);
        }
        if matches!(self.leaving, Leaving::Soon { until_ms } if until_ms <= now_ms) {
            self.leave();
        }
        Ok(())
    }

    /// When that is to be looked at next.
    pub(crate) fn due_ms(&self, patience_ms: u64) -> Option<u64> {
        let heard_ms = self.settings_sent_ms.map(|since_ms| since_ms.saturating_add(patience_ms));
        let left_ms = match self.leaving {
            Leaving::Soon { until_ms } => Some(until_ms),
            Leaving::No | Leaving::Now => None,
        };
        heard_ms.into_iter().chain(left_ms).min()
    }

    /// Ends the connection because of an error (RFC 9113, 5.4.1).
    pub(crate) fn fail(&mut self, code: Code, now_ms: u64) {
        self.mux.write(|out| frame::write_goaway(out, self.last, code));
        self.mux.kill();
        self.leaving = Leaving::Now;
        self.over_until_ms = Some(now_ms + LAST_WAIT_MS);
    }

    /// A stream is begun.
    pub(crate) fn begin(&mut self, id: u32) {
        self.last = id;
    }

    /// Takes the preface off the front of `input`, as far as it is there (RFC 9113, 3.4).
    pub(crate) fn take_preface(&mut self, input: &mut &[u8]) -> Result<(), Fault> {
        let len = self.preface.len().min(input.len());
        if input[..len] != self.preface[..len] {
            return Err(Fault::of_connection(Code::ProtocolError, "no valid preface"));
        }
        (self.preface, *input) = (&self.preface[len..], &input[len..]);
        Ok(())
    }

    /// Whether the client has said what it begins with.
    pub(crate) fn is_begun(&self) -> bool {
        self.is_open
    }

    /// Takes the frame at the front of `input`, if it is whole. `Err` is an error of the connection.
    pub(crate) fn take<'a>(&mut self, input: &'a [u8]) -> Result<Option<Taken<'a>>, Fault> {
        let Some(header) = Header::read(input) else { return Ok(None) };
        self.check_order(&header)?;
        let checked = header.check();
        if matches!(checked, Err(fault) if !fault.of_stream) {
            checked?;
        }
        let len = HEADER_LEN + header.len;
        let Some(payload) = input.get(HEADER_LEN..len) else { return Ok(None) };
        let useful = if header.is_of_message() { header.len } else { 0 };
        self.mux.count_frame(len, useful)?;
        let frame = checked.and_then(|()| header.frame(payload));
        let taken = match frame.and_then(|frame| self.act(frame)) {
            Ok(fields) => Taken { len, fields, fault: None },
            // Nothing may be said of a stream that is not there.
            Err(fault) if !fault.of_stream || self.is_idle_stream(header.stream) => {
                return Err(Fault { of_stream: false, ..fault });
            }
            Err(fault) => {
                self.mux.reset(header.stream, fault.code);
                Taken { len, fields: None, fault: Some(fault) }
            }
        };
        self.mux.check_budget()?;
        Ok(Some(taken))
    }

    /// Which frames may come now (RFC 9113, 3.4 and 4.3).
    fn check_order(&self, header: &Header) -> Result<(), Fault> {
        let refuse = |reason| Err(Fault::of_connection(Code::ProtocolError, reason));
        match &self.block {
            _ if !self.is_open && !header.is_settings() => {
                refuse("the first frame is not SETTINGS")
            }
            Some(block) if !header.is_continuation() || header.stream != block.id => {
                refuse("a frame within a block of fields")
            }
            None if header.is_continuation() => refuse("CONTINUATION of nothing"),
            _ => Ok(()),
        }
    }

    fn is_idle_stream(&self, id: u32) -> bool {
        id.is_multiple_of(2) || id > self.last_seen
    }

    fn act<'a>(&mut self, frame: Frame<'a>) -> Result<Option<Fields<'a>>, Fault> {
        const IDLE: Fault =
            Fault::of_connection(Code::ProtocolError, "a frame of a stream that is not open yet");
        match frame {
            Frame::Data { stream, .. }
            | Frame::RstStream { stream, .. }
            | Frame::WindowUpdate { stream, .. }
                if stream != 0 && self.is_idle_stream(stream) =>
            {
                return Err(IDLE);
            }
            Frame::Data { stream, content, flow_len, end_stream } => {
                self.mux.receive(stream, content, flow_len, end_stream)?;
            }
            Frame::Headers { stream, block, end_headers, end_stream, is_wrong } => {
                let kind = self.kind_of(stream, is_wrong)?;
                return self.begin_block(stream, kind, block, (end_headers, end_stream));
            }
            Frame::Continuation { block, end_headers, .. } => {
                return self.continue_block(block, end_headers);
            }
            Frame::RstStream { stream, .. } => self.mux.take_reset(stream),
            Frame::Settings(settings) => {
                self.is_open = true;
                self.mux.apply(&settings)?;
            }
            Frame::SettingsAck => {
                self.settings_sent_ms = None;
                self.mux.note_settings_known();
            }
            Frame::Pong(HEARD) if matches!(self.leaving, Leaving::Soon { .. }) => self.leave(),
            Frame::Ping(payload) => self.mux.write(|out| frame::write_pong(out, &payload)),
            Frame::WindowUpdate { stream, increment } => self.mux.grow(stream, increment)?,
            Frame::PriorityUpdate { stream, value } => {
                self.mux.set_priority(stream, Priority::parse(value));
            }
            Frame::Priority | Frame::Pong(_) | Frame::GoAway { .. } | Frame::Unknown => {}
        }
        Ok(None)
    }

    /// What a block of fields is, by its stream (RFC 9113, 5.1).
    fn kind_of(&mut self, id: u32, is_wrong: bool) -> Result<FieldsKind, Fault> {
        if id.is_multiple_of(2) {
            let reason = "a stream with a number that is not the client's";
            return Err(Fault::of_connection(Code::ProtocolError, reason));
        }
        if id > self.last_seen {
            self.last_seen = id;
            return Ok(match () {
                () if is_wrong => FieldsKind::Wrong,
                () if self.leaving == Leaving::Now => {
                    self.mux.remember(id);
                    FieldsKind::Ignored
                }
                () => FieldsKind::Head,
            });
        }
        match self.mux.has_ended(id) {
            Some(false) => Ok(FieldsKind::Trailers),
            Some(true) => Ok(FieldsKind::Late),
            None if self.mux.has_reset(id) => Ok(FieldsKind::Ignored),
            None => Err(Fault::of_connection(Code::StreamClosed, "fields of a closed stream")),
        }
    }

    fn begin_block<'a>(
        &mut self,
        id: u32,
        kind: FieldsKind,
        block: &'a [u8],
        (is_whole, ends): (bool, bool),
    ) -> Result<Option<Fields<'a>>, Fault> {
        if is_whole {
            return Ok(Some(Fields { id, kind, ends, block: Cow::Borrowed(block) }));
        }
        self.block = Some(Block { id, ends, kind, gathered: Gathered::new(block) });
        Ok(None)
    }

    fn continue_block<'a>(
        &mut self,
        more: &[u8],
        is_whole: bool,
    ) -> Result<Option<Fields<'a>>, Fault> {
        let Some(block) = &mut self.block else { return Ok(None) };
        block.gathered.add(more, self.max_block_len)?;
        let block = if is_whole { self.block.take() } else { None };
        Ok(block.map(|Block { id, ends, kind, gathered }| Fields {
            id,
            kind,
            ends,
            block: Cow::Owned(gathered.take()),
        }))
    }

    /// Whether a block of fields is not whole.
    pub(crate) fn is_within_block(&self) -> bool {
        self.block.is_some()
    }
}

impl Drop for Session {
    /// Without its connection, no stream goes on.
    fn drop(&mut self) {
        self.mux.kill();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::target::Scheme;
    use crate::http2::mux::Limits;
    use crate::secured::Told;

    #[test]
    fn who_takes_nothing_has_so_long_and_frames_make_no_connection_younger() {
        let limits = Limits { max_streams: 1, preread_len: 0, chunk_len: 8192, tunnels: false };
        let mux = Mux::new(Rc::default(), (Scheme::HTTP, Told::of(None, |_, _| ())), 7, limits);
        let mut session = Session::new(mux, 1000, 1000);
        // What it begins with is not taken.
        session.note_progress(1500);
        assert_eq!(session.output_left_ms(1500, 2000, None), (1500, None));
        let rate = Some(MinRate { bytes_per_s: 100, grace_ms: 300 });
        assert_eq!(session.output_left_ms(1500, 2000, rate), (1500, Some(0)));
        assert_eq!(session.idle_since_ms, None);
        session.mux.flush(|bytes| Ok(bytes.len())).expect("all is taken");
        session.note_progress(3000);
        assert_eq!(session.idle_since_ms, Some(3000));
        session.mux.write(|out| frame::write_pong(out, &[0; 8]));
        session.mux.flush(|bytes| Ok(bytes.len())).expect("all is taken");
        session.note_progress(3500);
        assert_eq!((session.idle_since_ms, session.taken.0), (Some(3000), 3500));
    }
}

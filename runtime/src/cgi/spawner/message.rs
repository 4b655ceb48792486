//! What workers and the spawner process say to each other: packets with a head of fixed length,
//! the kind of the message first. Both ends are one program, so that numbers keep their form.

use crate::backend::{Event, RequestId};
use crate::sys::spawn::Ended;

/// Length of what every packet begins with: kind, request, value.
pub(super) const HEAD_LEN: usize = 1 + 8 + 8 + 8;

/// Length of a release that goes along with another message.
const RELEASE_LEN: usize = 8 + 8 + 8;

/// The most releases that go along with one.
pub(super) const MAX_RELEASES: usize = 64;

/// Length of all that stands before the texts of a packet to the spawner, at most.
pub(super) const MAX_FRONT_LEN: usize = HEAD_LEN + Release::list_len(MAX_RELEASES);

/// The longest packet: well below what a socket's buffer takes at once.
pub(super) const MAX_PACKET_LEN: usize = 32 * 1024;

/// The longest packet of the spawner: the path of a script is cut at this.
pub(super) const MAX_EVENT_LEN: usize = 512;

/// What a packet is. The comment names the value, where it has one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Kind {
    /// To the spawner: texts, the rest of which follow in another packet of the same request.
    Part,
    /// To the spawner: the last texts. [`Start`].
    Start,
    /// To the spawner: the script is not wanted any more.
    Cancel,
    /// To the spawner: nothing is wanted of the output any more, though it has not come to its
    /// end. Milliseconds that the script may go on.
    Release,
    /// To the spawner: nothing but the releases that go along.
    Releases,
    /// To the worker: it has started, having waited.
    Started,
    /// To the worker: it was not started, since too many wait.
    Refused,
    /// To the worker: it could not be started. `errno`.
    Failed,
    /// To the worker: it, the text, has left with a status other than 0. The status.
    Exited,
    /// To the worker: it, the text, was killed. The signal.
    Killed,
}

impl Kind {
    const ALL: [Kind; 10] = [
        Kind::Part,
        Kind::Start,
        Kind::Cancel,
        Kind::Release,
        Kind::Releases,
        Kind::Started,
        Kind::Refused,
        Kind::Failed,
        Kind::Exited,
        Kind::Killed,
    ];
}

/// What the spawner is to know of a script beside its texts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Start {
    /// How many of the texts are arguments.
    pub(super) argument_count: u32,
    /// Whether a descriptor for standard error comes along, behind that for standard output.
    pub(super) has_errors: bool,
    /// Whether its texts are all in one packet.
    pub(super) is_whole: bool,
}

impl Start {
    /// As the value of a head.
    pub(super) fn value(self) -> u64 {
        let flags = u64::from(self.is_whole) << 1 | u64::from(self.has_errors);
        u64::from(self.argument_count) << 2 | flags
    }

    /// Of the value of a head.
    pub(super) fn of(value: u64) -> Start {
        let (has_errors, is_whole) = (value & 1 == 1, value & 2 == 2);
        Start { argument_count: (value >> 2) as u32, has_errors, is_whole }
    }
}

/// A script whose output is complete, and the milliseconds that it may go on. There is no haste
/// with it: it goes along with the next packet to the spawner, which is woken for that anyway.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Release {
    pub(super) id: RequestId,
    pub(super) patience_ms: u64,
}

impl Release {
    /// Length of a list of so many.
    pub(super) const fn list_len(count: usize) -> usize {
        1 + count * RELEASE_LEN
    }

    /// A list of at most [`MAX_RELEASES`], for behind a head.
    pub(super) fn write_list(list: &[Release], packet: &mut Vec<u8>) {
        packet.push(list.len() as u8);
        for release in list {
            for number in [release.id.token, release.id.serial, release.patience_ms] {
                packet.extend_from_slice(&number.to_ne_bytes());
            }
        }
    }

    /// The list behind a head, and the texts behind it.
    pub(super) fn split_list(bytes: &[u8]) -> Option<(&[[u8; RELEASE_LEN]], &[u8])> {
        let (&count, rest) = bytes.split_first()?;
        let (list, texts) = rest.split_at_checked(usize::from(count) * RELEASE_LEN)?;
        Some((list.as_chunks().0, texts))
    }

    /// One of a list.
    pub(super) fn parse(record: &[u8; RELEASE_LEN]) -> Release {
        let (numbers, _) = record.as_chunks();
        let number = |index: usize| u64::from_ne_bytes(numbers[index]);
        let id = RequestId { token: number(0), serial: number(1) };
        Release { id, patience_ms: number(2) }
    }
}

/// The head of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Head {
    pub(super) kind: Kind,
    pub(super) id: RequestId,
    pub(super) value: u64,
}

impl Head {
    /// A packet with this head, and room for what follows it.
    pub(super) fn packet(self, room: usize) -> Vec<u8> {
        let mut packet = Vec::with_capacity(HEAD_LEN + room);
        packet.push(self.kind as u8);
        packet.extend_from_slice(&self.id.token.to_ne_bytes());
        packet.extend_from_slice(&self.id.serial.to_ne_bytes());
        packet.extend_from_slice(&self.value.to_ne_bytes());
        packet
    }

    /// The head of a packet, and the texts behind it.
    pub(super) fn parse(packet: &[u8]) -> Option<(Head, &[u8])> {
        let (&kind, rest) = packet.split_first()?;
        let (token, rest) = rest.split_first_chunk()?;
        let (serial, rest) = rest.split_first_chunk()?;
        let (value, texts) = rest.split_first_chunk()?;
        let kind = *Kind::ALL.get(usize::from(kind))?;
        let id =
            RequestId { token: u64::from_ne_bytes(*token), serial: u64::from_ne_bytes(*serial) };
        Some((Head { kind, id, value: u64::from_ne_bytes(*value) }, texts))
    }

    /// The packet that tells of an event.
    pub(super) fn packet_of(id: RequestId, event: &Event) -> Vec<u8> {
        let (kind, value, script): (_, _, &[u8]) = match event {
            Event::Started => (Kind::Started, 0, b""),
            Event::Refused => (Kind::Refused, 0, b""),
            Event::Failed(errno) => (Kind::Failed, *errno as u64, b""),
            Event::Ended(Ended::Exited(status), script) => (Kind::Exited, (*status).into(), script),
            Event::Ended(Ended::Killed(signal), script) => (Kind::Killed, (*signal).into(), script),
        };
        let script = &script[..script.len().min(MAX_EVENT_LEN - HEAD_LEN)];
        let mut packet = Head { kind, id, value }.packet(script.len());
        packet.extend_from_slice(script);
        packet
    }

    /// The event that it tells of; `None` for what workers say.
    pub(super) fn event(self, script: &[u8]) -> Option<Event> {
        let ended = |ended| Some(Event::Ended(ended, script.to_vec()));
        match self.kind {
            Kind::Part | Kind::Start | Kind::Cancel | Kind::Release | Kind::Releases => None,
            Kind::Started => Some(Event::Started),
            Kind::Refused => Some(Event::Refused),
            Kind::Failed => Some(Event::Failed(self.value as i32)),
            Kind::Exited => ended(Ended::Exited(self.value as u8)),
            Kind::Killed => ended(Ended::Killed(self.value as u8)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_place() {
        for (index, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, index);
        }
    }

    #[test]
    fn events_are_understood_as_they_were_meant() {
        let id = RequestId { token: u64::MAX, serial: 7 };
        for event in [
            Event::Started,
            Event::Refused,
            Event::Failed(libc::ENOENT),
            Event::Ended(Ended::Exited(255), b"/srv/a.sh".to_vec()),
            Event::Ended(Ended::Killed(9), Vec::new()),
        ] {
            let packet = Head::packet_of(id, &event);
            let (head, script) = Head::parse(&packet).expect("a head");
            assert_eq!((head.id, head.event(script)), (id, Some(event)));
        }
    }

    #[test]
    fn starts_are_understood_as_they_were_meant() {
        for argument_count in [0, 1, u32::MAX] {
            for (has_errors, is_whole) in [(false, true), (true, false), (true, true)] {
                let start = Start { argument_count, has_errors, is_whole };
                assert_eq!(Start::of(start.value()), start);
            }
        }
    }

    #[test]
    fn releases_are_read_as_they_were_written() {
        let release = |serial| Release { id: RequestId { token: 3, serial }, patience_ms: 60_000 };
        for count in [0, 1, MAX_RELEASES] {
            let list: Vec<_> = (0..count as u64).map(release).collect();
            let mut packet = Vec::new();
            Release::write_list(&list, &mut packet);
            assert_eq!(packet.len(), Release::list_len(count));
            packet.extend_from_slice(b"texts");
            let (read, texts) = Release::split_list(&packet).expect("a list");
            let read: Vec<_> = read.iter().map(Release::parse).collect();
            assert_eq!((read, texts), (list, &b"texts"[..]));
            let (cut, _) = packet.split_at(packet.len() - b"texts".len() - 1);
            assert!(Release::split_list(cut).is_none());
        }
    }

    #[test]
    fn what_is_no_packet_is_not_read() {
        let head = Head { kind: Kind::Cancel, id: RequestId { token: 1, serial: 2 }, value: 3 };
        let packet = head.packet(0);
        assert_eq!(Head::parse(&packet), Some((head, &b""[..])));
        assert_eq!(Head::parse(&packet[..HEAD_LEN - 1]), None);
        let no_kind = Kind::ALL.len() as u8;
        assert_eq!(Head::parse(&[&[no_kind], &packet[1..]].concat()), None);
    }
}

//! What workers and the spawner process say to each other: packets with a head of fixed length,
//! the kind of the message first. Both ends are one program, so that numbers keep their form.

use super::{Event, RequestId};
use crate::sys::spawn::Ended;

/// Length of what every packet begins with: kind, request, value.
pub(super) const HEAD_LEN: usize = 1 + 8 + 8 + 8;

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
    /// To the spawner: the last texts. Number of arguments.
    Start,
    /// To the spawner: the script is not wanted any more.
    Cancel,
    /// To the spawner: the output is complete. Milliseconds that the script may go on.
    Release,
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
    const ALL: [Kind; 9] = [
        Kind::Part,
        Kind::Start,
        Kind::Cancel,
        Kind::Release,
        Kind::Started,
        Kind::Refused,
        Kind::Failed,
        Kind::Exited,
        Kind::Killed,
    ];
}

/// The head of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Head {
    pub(super) kind: Kind,
    pub(super) id: RequestId,
    pub(super) value: u64,
}

impl Head {
    /// A packet with this head and `texts` behind it.
    pub(super) fn packet(self, texts: &[u8]) -> Vec<u8> {
        let mut packet = Vec::with_capacity(HEAD_LEN + texts.len());
        packet.push(self.kind as u8);
        packet.extend_from_slice(&self.id.token.to_ne_bytes());
        packet.extend_from_slice(&self.id.serial.to_ne_bytes());
        packet.extend_from_slice(&self.value.to_ne_bytes());
        packet.extend_from_slice(texts);
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
        Head { kind, id, value }.packet(script)
    }

    /// The event that it tells of; `None` for what workers say.
    pub(super) fn event(self, script: &[u8]) -> Option<Event> {
        let ended = |ended| Some(Event::Ended(ended, script.to_vec()));
        match self.kind {
            Kind::Part | Kind::Start | Kind::Cancel | Kind::Release => None,
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
    fn what_is_no_packet_is_not_read() {
        let head = Head { kind: Kind::Cancel, id: RequestId { token: 1, serial: 2 }, value: 3 };
        let packet = head.packet(b"");
        assert_eq!(Head::parse(&packet), Some((head, &b""[..])));
        assert_eq!(Head::parse(&packet[..HEAD_LEN - 1]), None);
        assert_eq!(Head::parse(&[&[9], &packet[1..]].concat()), None);
    }
}

//! Room for new connections, where places or descriptors run out: which connection makes way.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::os::fd::RawFd;

use super::Worker;
use super::guest::Guest;
use crate::connection::{Place, Stake};
use crate::http1::Connection;
use crate::site::{Level, Site};
use crate::sys::process;

/// How often it is reported that connections had to make way, or that there was no room.
const REPORT_MS: u64 = 10_000;

/// Descriptors that are left to files and scripts as long as connections can make way: an eighth of
/// all, and no more than this.
const MOST_SPARE: u64 = 32;

/// What is short.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Short {
    /// `worker_connections`.
    Places,
    /// The limit of the process, or of the machine.
    Descriptors,
}

/// What there was no room for, since it was reported last.
pub(super) struct Shortage {
    /// The descriptors that the process may have.
    limit: u64,
    /// Connections that leave the spare descriptors free, as far as that is known.
    room: usize,
    /// Whether more connections than that have left no descriptor at all.
    is_exhausted: bool,
    last: Short,
    idle: u64,
    slow: u64,
    /// Times that nobody could make way.
    full: u64,
    /// When it was reported last that idle ones have made way, and that more than that was needed.
    reported_ms: [Option<u64>; 2],
}

impl Shortage {
    pub(super) fn new() -> Shortage {
        let limit = process::descriptor_limit().unwrap_or(u64::MAX);
        let (room, last) = (usize::MAX, Short::Places);
        let reported_ms = [None; 2];
        Shortage { limit, room, is_exhausted: false, last, idle: 0, slow: 0, full: 0, reported_ms }
    }

    /// How many descriptors are left to files and scripts.
    fn spare(&self) -> u64 {
        (self.limit / 8).clamp(1, MOST_SPARE)
    }

    /// Whether a descriptor is one that is left to files and scripts. The kernel gives the lowest.
    fn is_spare(&self, descriptor: RawFd) -> bool {
        descriptor as u64 >= self.limit - self.spare()
    }

    /// Notes that `count` connections and what they have open leave no descriptor at all: so many
    /// fewer would leave the spare ones free.
    fn note_exhausted(&mut self, count: usize) {
        self.room = self.room.min(count.saturating_sub(self.spare() as usize).max(1));
        self.is_exhausted = true;
    }

    /// Whether one more connection beside `count` others is one too many, as is known from before.
    fn is_crowded(&self, count: usize) -> bool {
        self.is_exhausted && count >= self.room
    }

    /// Notes which descriptor was given to a new connection beside `count` others; whether one of
    /// them should make way, so that the spare ones stay free.
    fn note_taken(&mut self, taken: RawFd, count: usize) -> bool {
        if self.is_spare(taken) {
            self.room = self.room.min(count);
        } else if count < self.room / 2 {
            // What has taken the others may be gone with those that are.
            self.room = usize::MAX;
            self.is_exhausted = false;
        }
        count >= self.room
    }

    /// When there is something to report, by the monotonic clock.
    pub(super) fn report_at_ms(&self) -> Option<u64> {
        let is_due = self.idle + self.slow + self.full > 0;
        let reported_ms = self.reported_ms[usize::from(self.is_serious())];
        is_due.then(|| reported_ms.map_or(0, |at| at + REPORT_MS))
    }

    /// Whether it was not enough that idle connections made way.
    fn is_serious(&self) -> bool {
        self.slow + self.full > 0
    }
}

impl<S: Site> Worker<S> {
    /// The connection that is missed least: of those that lose nothing the one that has waited
    /// longest, and then the slowest of the place that has most of them. `None`: all are at work.
    pub(super) fn least_missed(&self) -> Option<usize> {
        self.oldest(Stake::Nothing).or_else(|| self.oldest(Stake::Rest)).or_else(|| self.slowest())
    }

    /// The connection that has waited longest of those with so little at stake.
    fn oldest(&self, stake: Stake) -> Option<usize> {
        let now_ms = self.cx.now.monotonic_ms;
        let with = self.connections().filter(|(_, connection)| connection.stake(now_ms) == stake);
        let age = |index: usize, c: &Connection| (self.deadlines.set_ms(index), c.serial());
        with.min_by_key(|&(index, connection)| age(index, connection)).map(|(index, _)| index)
    }

    /// The slowest connection of the place that has most of them; of several such places, the
    /// slowest of all.
    fn slowest(&self) -> Option<usize> {
        let now_ms = self.cx.now.monotonic_ms;
        let mut held: HashMap<Place, usize> = HashMap::new();
        self.connections().for_each(|(_, c)| *held.entry(c.place()).or_default() += 1);
        let slow = self.connections().filter_map(|(index, c)| match c.stake(now_ms) {
            Stake::Slow(rate) => Some((Reverse(held[&c.place()]), rate, index)),
            _ => None,
        });
        slow.min().map(|(_, _, index)| index)
    }

    fn connections(&self) -> impl Iterator<Item = (usize, &Connection)> {
        let guests = self.slots.iter().map(|slot| slot.guest.as_deref());
        let connections = guests.map(|guest| guest.and_then(Guest::client));
        connections.enumerate().filter_map(|(index, connection)| Some((index, connection?)))
    }

    /// Closes a connection for another one.
    pub(super) fn make_way(&mut self, index: usize, short: Short) {
        let Some(guest) = &self.slots[index].guest else { return };
        self.shortage.last = short;
        match guest.stake(self.cx.now.monotonic_ms) {
            Stake::Nothing | Stake::Rest => {
                self.shortage.idle += 1;
                self.close(index);
            }
            Stake::Slow(_) | Stake::Work => {
                self.shortage.slow += 1;
                self.drive(index, |guest, cx| guest.give_way(cx));
            }
        }
    }

    /// What one more connection would be too many for.
    pub(super) fn short(&self) -> Option<Short> {
        let count = self.open_count() - self.part_count;
        match self.shortage.is_crowded(count) {
            _ if count >= S::PROCESS.worker_connections as usize => Some(Short::Places),
            true => Some(Short::Descriptors),
            false => None,
        }
    }

    /// What a stream that has taken a place already is too many for.
    pub(super) fn short_with_born(&self) -> Option<Short> {
        let count = self.open_count() - self.part_count;
        (count > S::PROCESS.worker_connections as usize).then_some(Short::Places)
    }

    /// Closes a connection where a new one, with this descriptor, leaves too few to files and
    /// scripts.
    pub(super) fn spare_descriptors(&mut self, taken: RawFd) {
        let count = self.open_count() - self.part_count;
        if self.shortage.note_taken(taken, count)
            && let Some(index) = self.least_missed()
        {
            self.make_way(index, Short::Descriptors);
        }
    }

    /// Makes room where there is no descriptor at all. Whether anybody has made way.
    pub(super) fn free_descriptor(&mut self) -> bool {
        self.cx.files.release();
        self.shortage.note_exhausted(self.open_count());
        match self.least_missed() {
            Some(index) => self.make_way(index, Short::Descriptors),
            None => {
                self.note_full(Short::Descriptors);
                return false;
            }
        }
        true
    }

    /// Notes that there is no room, and that nobody makes any.
    pub(super) fn note_full(&mut self, short: Short) {
        self.shortage.last = short;
        self.shortage.full += 1;
    }

    /// Says what there was no room for: the first time at once, and then once in a while.
    pub(super) fn report_shortage(&mut self) {
        let now_ms = self.cx.now.monotonic_ms;
        if self.shortage.report_at_ms().is_none_or(|at| at > now_ms) {
            return;
        }
        let Shortage { limit, last, idle, slow, full, .. } = self.shortage;
        let most = u64::from(S::PROCESS.worker_connections);
        let (count, what) = match last {
            Short::Places => (most, "worker_connections"),
            Short::Descriptors => (limit, "descriptors"),
        };
        let level = if self.shortage.is_serious() { Level::Alert } else { Level::Warn };
        let text = format_args!(
            "{count} {what} are not enough: closed {idle} idle and {slow} slow connections to make \
             room, and had none to close {full} times"
        );
        self.cx.report(level, text);
        let is_serious = self.shortage.is_serious();
        let shortage = &mut self.shortage;
        shortage.reported_ms[usize::from(is_serious)] = Some(now_ms);
        (shortage.idle, shortage.slow, shortage.full) = (0, 0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_connections_are_kept_as_leave_descriptors() {
        let mut shortage = Shortage { limit: 40, ..Shortage::new() };
        for (taken, count, is_too_many) in [
            (34, 25, false),
            (35, 26, true),
            // One has made way, whose descriptor is given to the next.
            (9, 26, true),
            (10, 25, false),
            (10, 26, true),
            // Something else has taken more, and is gone again.
            (36, 20, true),
            (11, 20, true),
            (12, 9, false),
            (12, 20, false),
        ] {
            assert_eq!(shortage.note_taken(taken, count), is_too_many, "{taken} {count}");
        }
    }

    /// What the connections have open may have low numbers, and so have those that come.
    #[test]
    fn where_no_descriptor_was_left_there_are_fewer_connections() {
        let mut shortage = Shortage { limit: 400, ..Shortage::new() };
        assert!(!shortage.note_taken(367, 180) && !shortage.is_crowded(usize::MAX));
        shortage.note_exhausted(190);
        assert_eq!((shortage.is_crowded(157), shortage.is_crowded(158)), (false, true));
        assert!(shortage.note_taken(9, 158) && !shortage.note_taken(9, 157));
        // It is not forgotten by more of them, and there is always one.
        shortage.note_exhausted(300);
        assert!(shortage.is_crowded(158));
        assert!(!shortage.note_taken(9, 78) && !shortage.is_crowded(158));
        shortage.note_exhausted(10);
        assert_eq!((shortage.is_crowded(0), shortage.is_crowded(1)), (false, true));
    }
}

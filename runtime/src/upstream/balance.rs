//! Which peer a request goes to, by nginx's rules: by weight and by failures, or by what the conf says
//! instead.

use std::net::IpAddr;
use std::sync::Arc;

use super::FoundPeer;
use crate::site::{Balance, Peer, Upstream, UpstreamSettings};

/// How often a hash is made anew where it names a peer that cannot be asked, before the next by weight
/// is taken, as in nginx.
const MOST_REHASHES: u32 = 20;
/// What weights are counted in, so that a part of one counts.
const WHOLE: u64 = 1000;
/// Points on the ring for each unit of weight.
const POINTS: u32 = 160;

/// The peers of an upstream.
pub(crate) struct Group {
    upstream: &'static Upstream,
    peers: Vec<Seat>,
    /// The ring of `hash … consistent`, by rising points.
    ring: Vec<(u32, usize)>,
    random: u64,
    /// How many peers there have been.
    seated: u64,
}

/// A peer.
struct Seat {
    said: &'static Peer,
    found: Arc<FoundPeer>,
    /// Which of all that there have been it is.
    serial: u64,
    /// How clients that come again know it (`sticky`).
    route: Arc<str>,
    /// Whether it is well, as far as it was asked (`health_check`).
    is_well: bool,
    /// Whether it is nowhere any more: its place is free once nobody is connected to it.
    is_gone: bool,
    /// How much it weighs after failures.
    effective: i64,
    current: i64,
    connections: u32,
    fails: u32,
    /// Whether it cannot be asked, after failures or for its health; and since when it can again.
    is_out: bool,
    back_since_ms: Option<u64>,
    /// When it has failed last, and when that was last looked at.
    failed_ms: u64,
    checked_ms: u64,
}

/// What a choice is made by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choice {
    /// The key of a `hash`.
    pub(crate) key: Vec<u8>,
    /// The client's address, for `ip_hash`; `None` for one that comes through the file system.
    pub(crate) client: Option<IpAddr>,
    /// How the peer is known that it is to be, if it can be asked (`sticky`); empty: any.
    pub(crate) wanted: Vec<u8>,
    /// The peers that were asked already.
    pub(crate) tried: Vec<usize>,
}

impl Group {
    /// The peers that were found for an upstream.
    pub(super) fn new(upstream: &'static Upstream, found: &[Arc<FoundPeer>]) -> Group {
        let (peers, ring) = (Vec::new(), Vec::new());
        let random = 0x9e37_79b9_7f4a_7c15;
        let mut group = Group { upstream, peers, ring, random, seated: 0 };
        group.follow(found);
        group
    }

    /// Takes note of where the peers are now. What is known of those that are where they were stays.
    pub(super) fn follow(&mut self, found: &[Arc<FoundPeer>]) {
        for seat in &mut self.peers {
            seat.is_gone |= !found.contains(&seat.found);
        }
        for found in found {
            if self.peers.iter().any(|seat| !seat.is_gone && seat.found == *found) {
                continue;
            }
            let said = &self.upstream.peers[found.index];
            self.seated += 1;
            let seat = Seat {
                said,
                found: Arc::clone(found),
                serial: self.seated,
                route: route(self.upstream, said, found),
                is_well: !self.upstream.is_mandatory,
                is_out: self.upstream.is_mandatory,
                back_since_ms: None,
                is_gone: false,
                effective: i64::from(said.weight),
                current: 0,
                connections: 0,
                fails: 0,
                failed_ms: 0,
                checked_ms: 0,
            };
            match self.peers.iter_mut().find(|seat| seat.is_gone && seat.connections == 0) {
                Some(free) => *free = seat,
                None => self.peers.push(seat),
            }
        }
        if let Balance::ConsistentHash(_) = self.upstream.balance {
            self.ring = ring(&self.peers);
        }
    }

    /// Which of all peers that there have been this one is.
    pub(super) fn serial(&self, peer: usize) -> u64 {
        self.peers[peer].serial
    }

    /// Whether a peer is there still, and not another one in its place.
    pub(super) fn is_there(&self, peer: usize, serial: u64) -> bool {
        let seat = &self.peers[peer];
        !seat.is_gone && seat.serial == serial
    }

    /// What goes with it.
    pub(super) fn settings(&self) -> UpstreamSettings {
        self.upstream.plain
    }

    /// How the conf names it.
    pub(super) fn name(&self) -> &'static str {
        self.upstream.name
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.peers.iter().filter(|seat| !seat.is_gone).count()
    }

    /// How many of them the conf has not taken out (`down`).
    pub(super) fn up_len(&self) -> usize {
        self.peers.iter().filter(|seat| !seat.is_gone && !seat.said.down).count()
    }

    /// Whether a program of the server's own is to listen there.
    pub(super) fn has_command(&self, peer: usize) -> bool {
        self.peers[peer].found.index < self.upstream.commands.len()
    }

    /// All peers that are there: their places, which of all that there have been they are, and where.
    pub(super) fn all(&self) -> Vec<(usize, u64, Arc<FoundPeer>)> {
        let there = self.peers.iter().enumerate().filter(|(_, seat)| !seat.is_gone);
        there.map(|(at, seat)| (at, seat.serial, Arc::clone(&seat.found))).collect()
    }

    /// Of each peer that is there, which of the conf's it is one of the addresses of, and whether it can be
    /// asked.
    pub(super) fn states(&self, now_ms: u64) -> Vec<(usize, bool)> {
        let there = (0..self.peers.len()).filter(|at| !self.peers[*at].is_gone);
        there.map(|at| (self.peers[at].found.index, self.can_be_asked(at, now_ms))).collect()
    }

    /// Says whether a peer is well, if it is still there.
    pub(super) fn set_well(&mut self, peer: usize, serial: u64, is_well: bool) {
        if let Some(seat) = self.peers.get_mut(peer).filter(|seat| seat.serial == serial) {
            seat.is_well = is_well;
            seat.is_out |= !is_well;
        }
    }

    /// Where a peer is.
    pub(super) fn found(&self, peer: usize) -> Arc<FoundPeer> {
        Arc::clone(&self.peers[peer].found)
    }

    /// The same in words.
    pub(super) fn words(&self, peer: usize) -> Arc<str> {
        Arc::clone(&self.peers[peer].found.words)
    }

    /// Picks a peer, and counts a connection to it. `None`: none can be asked.
    pub(super) fn pick(&mut self, choice: &mut Choice, now_ms: u64) -> Option<usize> {
        self.welcome_back(now_ms);
        let picked = self.designated(choice, now_ms);
        let picked = picked.or_else(|| self.pick_among(choice, false, now_ms));
        let picked = picked.or_else(|| self.pick_among(choice, true, now_ms))?;
        let peer = &mut self.peers[picked];
        if now_ms.saturating_sub(peer.checked_ms) > peer.said.fail_timeout_ms {
            peer.checked_ms = now_ms;
        }
        peer.connections += 1;
        choice.tried.push(picked);
        Some(picked)
    }

    /// Whether any peer can be asked now.
    pub(super) fn can_pick(&self, choice: &Choice, now_ms: u64) -> bool {
        let can = |at: usize| {
            let seat = &self.peers[at];
            let is_wanted = !seat.said.drain || self.designated(choice, now_ms) == Some(at);
            !seat.is_gone && is_wanted && self.can_be_asked(at, now_ms)
        };
        (0..self.peers.len()).any(can)
    }

    /// Counts a connection to a peer as over. Whether it is taken for failed from now on.
    pub(super) fn free(&mut self, peer: usize, has_failed: bool, now_ms: u64) -> bool {
        let is_alone = self.len() == 1;
        let Seat { said, effective, connections, fails, failed_ms, checked_ms, is_out, .. } =
            &mut self.peers[peer];
        *connections = connections.saturating_sub(1);
        if is_alone {
            return false;
        }
        if !has_failed {
            if *failed_ms < *checked_ms {
                *fails = 0;
            }
            return false;
        }
        *fails += 1;
        (*failed_ms, *checked_ms) = (now_ms, now_ms);
        if said.max_fails == 0 {
            return false;
        }
        *effective = (*effective - i64::from(said.weight / said.max_fails)).max(0);
        *is_out |= *fails >= said.max_fails;
        *fails >= said.max_fails
    }

    /// Takes note of peers that can be asked again.
    fn welcome_back(&mut self, now_ms: u64) {
        for at in 0..self.peers.len() {
            if self.peers[at].is_out && self.can_be_asked(at, now_ms) {
                let seat = &mut self.peers[at];
                (seat.is_out, seat.back_since_ms) = (false, Some(now_ms));
            }
        }
    }

    /// The peer that a request is to come to again, if it can be asked.
    fn designated(&self, choice: &Choice, now_ms: u64) -> Option<usize> {
        if choice.wanted.is_empty() || !choice.tried.is_empty() {
            return None;
        }
        let is_it = |seat: &Seat| !seat.is_gone && seat.route.as_bytes() == choice.wanted;
        let found = self.peers.iter().position(is_it)?;
        self.can_be_asked(found, now_ms).then_some(found)
    }

    /// How clients that come again know a peer; `None` where nobody asks.
    pub(super) fn route(&self, peer: usize) -> Option<Arc<str>> {
        self.upstream.sticky.as_ref().map(|_| Arc::clone(&self.peers[peer].route))
    }

    fn pick_among(&mut self, choice: &Choice, backup: bool, now_ms: u64) -> Option<usize> {
        let is_of_them =
            |seat: &Seat| seat.said.backup == backup && !seat.is_gone && !seat.said.drain;
        let all = || (0..self.peers.len()).filter(|&at| is_of_them(&self.peers[at]));
        let can = |at: &usize| !choice.tried.contains(at) && self.can_be_asked(*at, now_ms);
        let mut able = all().filter(can);
        let first = able.next()?;
        let Some(second) = able.next() else { return Some(first) };
        let able: Vec<usize> = [first, second].into_iter().chain(able).collect();
        match (&self.upstream.balance, backup) {
            (Balance::LeastConn, _) => {
                let load = |at: usize| {
                    let peer = &self.peers[at];
                    // By cross-multiplying: the fewest connections for its weight.
                    (u64::from(peer.connections), peer.share(u64::from(peer.said.weight), now_ms))
                };
                let lighter = |a: (u64, u64), b: (u64, u64)| (a.0 * b.1).cmp(&(b.0 * a.1));
                let least = able.iter().map(|&at| load(at)).min_by(|a, b| lighter(*a, *b))?;
                let equal = |at: &usize| lighter(load(*at), least).is_eq();
                let equal: Vec<usize> = able.into_iter().filter(equal).collect();
                self.next_by_weight(&equal, now_ms)
            }
            (Balance::IpHash, false) => {
                let all: Vec<usize> = all().collect();
                self.by_address(choice.client, &all, &able)
                    .or_else(|| self.next_by_weight(&able, now_ms))
            }
            // As in nginx, what has no key has no place.
            (Balance::Hash(_) | Balance::ConsistentHash(_), false) if choice.key.is_empty() => {
                self.next_by_weight(&able, now_ms)
            }
            (Balance::Hash(_), false) => {
                let all: Vec<usize> = all().collect();
                self.by_key(&choice.key, &all, &able).or_else(|| self.next_by_weight(&able, now_ms))
            }
            (Balance::ConsistentHash(_), false) => self.on_ring(&choice.key, &able),
            (Balance::Random, _) => Some(self.draw(&able)),
            (Balance::RandomTwo, _) => {
                let first = self.draw(&able);
                let others: Vec<usize> = able.into_iter().filter(|&at| at != first).collect();
                let second = self.draw(&others);
                let [one, two] = [first, second].map(|at| &self.peers[at]);
                let load = |a: &Seat, b: &Seat| a.connections as u64 * u64::from(b.said.weight);
                Some(if load(one, two) <= load(two, one) { first } else { second })
            }
            (Balance::RoundRobin, _)
            | (Balance::IpHash | Balance::Hash(_) | Balance::ConsistentHash(_), true) => {
                self.next_by_weight(&able, now_ms)
            }
        }
    }

    fn can_be_asked(&self, at: usize, now_ms: u64) -> bool {
        let Seat { said, is_well, connections, fails, checked_ms, .. } = &self.peers[at];
        let has_failed = said.max_fails > 0
            && *fails >= said.max_fails
            && now_ms.saturating_sub(*checked_ms) <= said.fail_timeout_ms;
        let is_full = said.max_conns > 0 && *connections >= said.max_conns;
        !said.down && *is_well && !is_full && (self.len() == 1 || !has_failed)
    }

    /// The next one by weight, so that equal shares are spread out.
    fn next_by_weight(&mut self, able: &[usize], now_ms: u64) -> Option<usize> {
        let mut total = 0;
        let mut best: Option<usize> = None;
        for &at in able {
            let peer = &mut self.peers[at];
            let share = peer.share(u64::try_from(peer.effective).unwrap_or(0), now_ms) as i64;
            peer.current += share;
            total += share;
            // One that has failed comes back step by step.
            peer.effective = (peer.effective + 1).min(i64::from(peer.said.weight));
            let current = peer.current;
            if best.is_none_or(|best| current > self.peers[best].current) {
                best = Some(at);
            }
        }
        self.peers[best?].current -= total;
        best
    }

    /// The peer within whose share of `all` a number falls.
    fn by_share(&self, all: &[usize], number: u64) -> Option<usize> {
        let total: u64 = all.iter().map(|&at| u64::from(self.peers[at].said.weight)).sum();
        let mut left = number.checked_rem(total)?;
        all.iter().copied().find(|&at| {
            let weight = u64::from(self.peers[at].said.weight);
            let is_in = left < weight;
            left = left.saturating_sub(weight);
            is_in
        })
    }

    fn by_address(&self, client: Option<IpAddr>, all: &[usize], able: &[usize]) -> Option<usize> {
        let address: Vec<u8> = match client {
            Some(IpAddr::V4(v4)) => v4.octets()[..3].to_vec(),
            Some(IpAddr::V6(v6)) => v6.octets().to_vec(),
            None => vec![0; 3],
        };
        let mut hash: u64 = 89;
        for _ in 0..MOST_REHASHES {
            hash = address.iter().fold(hash, |hash, &byte| (hash * 113 + u64::from(byte)) % 6271);
            let found = self.by_share(all, hash)?;
            if able.contains(&found) {
                return Some(found);
            }
        }
        None
    }

    fn by_key(&self, key: &[u8], all: &[usize], able: &[usize]) -> Option<usize> {
        let mut sum: u64 = 0;
        for again in 0..MOST_REHASHES {
            let mut crc = Crc32::default();
            if again > 0 {
                crc.update(again.to_string().as_bytes());
            }
            crc.update(key);
            sum += u64::from(crc.sum() >> 16 & 0x7fff);
            let found = self.by_share(all, sum)?;
            if able.contains(&found) {
                return Some(found);
            }
        }
        None
    }

    /// The first one that can be asked from the key's place on.
    fn on_ring(&self, key: &[u8], able: &[usize]) -> Option<usize> {
        let mut crc = Crc32::default();
        crc.update(key);
        let from = self.ring.partition_point(|(point, _)| *point < crc.sum());
        let (front, rest) = self.ring.split_at(from);
        rest.iter().chain(front).map(|(_, at)| *at).find(|at| able.contains(at))
    }

    /// One by chance, by weight.
    fn draw(&mut self, able: &[usize]) -> usize {
        // Xorshift: nobody is to be surprised by it, only to be spread.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.by_share(able, self.random >> 16).unwrap_or(able[0])
    }
}

impl Seat {
    /// What a weight counts, in parts of [`WHOLE`]: one that has come back begins slowly where the conf says so.
    fn share(&self, weight: u64, now_ms: u64) -> u64 {
        let slow_ms = self.said.slow_start_ms;
        let since_ms = self.back_since_ms.filter(|_| slow_ms > 0);
        match since_ms.map(|since_ms| now_ms.saturating_sub(since_ms)) {
            // It is to be asked at all: that shows how it is.
            Some(ms) if ms < slow_ms => (weight * WHOLE * ms / slow_ms).max(1),
            _ => weight * WHOLE,
        }
    }
}

/// How clients that come again know a peer: as the conf says, or by the MD5 of where it is.
fn route(upstream: &Upstream, said: &Peer, found: &FoundPeer) -> Arc<str> {
    let Some(sticky) = upstream.sticky.as_ref().filter(|_| said.route.is_empty()) else {
        return said.route.into();
    };
    let digest = sticky.digest.map(|digest| digest(found.words.as_bytes()));
    let hex = digest.into_iter().flatten().map(|byte| format!("{byte:02x}"));
    hex.collect::<String>().into()
}

/// The ring that `hash … consistent` walks: points of each peer by its name and port, each made of the
/// one before, as in nginx (and Cache::Memcached::Fast).
fn ring(peers: &[Seat]) -> Vec<(u32, usize)> {
    let mut ring = Vec::new();
    let are_on_it = |(_, peer): &(usize, &Seat)| !peer.said.backup && !peer.is_gone;
    for (at, peer) in peers.iter().enumerate().filter(are_on_it) {
        let name = &peer.found.said;
        let (host, port) = match name.strip_prefix("unix:") {
            Some(path) => (path, ""),
            None => name.rsplit_once(':').unwrap_or((name, "")),
        };
        let mut base = Crc32::default();
        base.update(host.as_bytes());
        base.update(b"\0");
        base.update(port.as_bytes());
        let mut last = 0u32;
        for _ in 0..POINTS * peer.said.weight {
            let mut crc = base;
            crc.update(&last.to_le_bytes());
            last = crc.sum();
            ring.push((last, at));
        }
    }
    ring.sort();
    ring.dedup_by_key(|(point, _)| *point);
    ring
}

/// CRC-32 as in Ethernet (ISO 3309), bit by bit: keys are short.
#[derive(Clone, Copy)]
struct Crc32(u32);

impl Default for Crc32 {
    fn default() -> Self {
        Crc32(u32::MAX)
    }
}

impl Crc32 {
    fn update(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 ^= u32::from(byte);
            for _ in 0..8 {
                self.0 = self.0 >> 1 ^ (0xedb8_8320 & (self.0 & 1).wrapping_neg());
            }
        }
    }

    fn sum(self) -> u32 {
        !self.0
    }
}

#[cfg(test)]
mod tests;

//! The peers of an upstream as a worker reaches them: its own, or those of all workers (`zone`), which only
//! one of them looks at at once.

use std::cell::{RefCell, RefMut};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::balance::Group;
use super::sticky::{SESSION_LEN, Sessions};
use super::{FoundPeer, FoundUpstream};
use crate::site::{StickyBy, Upstream, UpstreamId};

/// What workers share of upstreams, by upstream: the groups of those that have a `zone`, and sessions.
#[derive(Default)]
pub struct SharedGroups {
    groups: Vec<Option<Mutex<Group>>>,
    /// What was learnt of sessions.
    sessions: Vec<Option<Mutex<Sessions>>>,
}

impl SharedGroups {
    /// The peers that were found for each upstream.
    pub fn new(upstreams: &'static [Upstream], found: &[FoundUpstream]) -> SharedGroups {
        let group = |(upstream, found): (&'static Upstream, &FoundUpstream)| {
            upstream.is_shared.then(|| Mutex::new(Group::new(upstream, &found.peers)))
        };
        let sessions = |upstream: &'static Upstream| match upstream.sticky.as_ref()?.by {
            StickyBy::Learn { zone_len, timeout_ms, .. } => {
                let most = (zone_len / SESSION_LEN).max(1);
                Some(Mutex::new(Sessions::new(most, timeout_ms)))
            }
            StickyBy::Cookie { .. } | StickyBy::Route(_) => None,
        };
        SharedGroups {
            groups: upstreams.iter().zip(found).map(group).collect(),
            sessions: upstreams.iter().map(sessions).collect(),
        }
    }

    /// The peers of an upstream that is shared: the place of each, which of all that it is, and where.
    pub(super) fn peers(&self, id: UpstreamId) -> Vec<(usize, u64, Arc<FoundPeer>)> {
        self.group(id).map_or_else(Vec::new, |group| group.all())
    }

    /// How the conf names an upstream that is shared.
    pub(super) fn name(&self, id: UpstreamId) -> &'static str {
        self.group(id).map_or("", |group| group.name())
    }

    /// Says whether a peer is well.
    pub(super) fn set_well(&self, id: UpstreamId, peer: usize, serial: u64, is_well: bool) {
        if let Some(mut group) = self.group(id) {
            group.set_well(peer, serial, is_well);
        }
    }

    fn group(&self, id: UpstreamId) -> Option<MutexGuard<'_, Group>> {
        let group = self.groups.get(usize::from(id))?.as_ref()?;
        Some(group.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The sessions of an upstream, if they are learnt.
    pub(super) fn sessions(&self, id: UpstreamId) -> Option<MutexGuard<'_, Sessions>> {
        let sessions = self.sessions.get(usize::from(id))?.as_ref()?;
        Some(sessions.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What a worker has of each.
    pub(super) fn held(
        &'static self,
        upstreams: &'static [Upstream],
        found: &'static [FoundUpstream],
    ) -> Vec<Held> {
        let own = |(upstream, found): (_, &FoundUpstream)| {
            Held::Own(RefCell::new(Group::new(upstream, &found.peers)))
        };
        let all = upstreams.iter().zip(found).zip(&self.groups);
        all.map(|(pair, shared)| shared.as_ref().map_or_else(|| own(pair), Held::Shared)).collect()
    }
}

/// One group.
pub(crate) enum Held {
    Own(RefCell<Group>),
    Shared(&'static Mutex<Group>),
}

impl Held {
    /// Lends it out. It is to be given back before it is asked for again, and before anything else is
    /// done: others wait.
    pub(super) fn lend(&self) -> Lent<'_> {
        match self {
            Held::Own(group) => Lent::Own(group.borrow_mut()),
            Held::Shared(group) => {
                Lent::Shared(group.lock().unwrap_or_else(PoisonError::into_inner))
            }
        }
    }
}

/// A group that is lent out.
pub(super) enum Lent<'a> {
    Own(RefMut<'a, Group>),
    Shared(MutexGuard<'a, Group>),
}

impl Deref for Lent<'_> {
    type Target = Group;

    fn deref(&self) -> &Group {
        match self {
            Lent::Own(group) => group,
            Lent::Shared(group) => group,
        }
    }
}

impl DerefMut for Lent<'_> {
    fn deref_mut(&mut self) -> &mut Group {
        match self {
            Lent::Own(group) => group,
            Lent::Shared(group) => group,
        }
    }
}

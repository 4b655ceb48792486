//! Values that are worked out once for a request.

use std::cell::{Cell, RefCell};

/// A value that is worked out once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Once {
    /// `$invalid_referer`.
    InvalidReferer,
    /// `$secure_link`.
    SecureLink,
    /// `$secure_link_expires`.
    SecureLinkExpires,
    /// What that will be, once `$secure_link` was read.
    Expiry,
    /// `$otel_trace_id` where the request begins a trace.
    Trace,
    /// `$otel_span_id`.
    Span,
    /// What `$uid_got` tells.
    UserIdGot,
    /// What `$uid_set` tells.
    UserIdSet,
    /// The variable of a map, by its number.
    Map(usize),
}

impl Once {
    /// Its number among all of them.
    fn number(self) -> usize {
        match self {
            Once::InvalidReferer => 0,
            Once::SecureLink => 1,
            Once::SecureLinkExpires => 2,
            Once::Expiry => 3,
            Once::Trace => 4,
            Once::Span => 5,
            Once::UserIdGot => 6,
            Once::UserIdSet => 7,
            Once::Map(map) => 8 + map,
        }
    }
}

/// What has been worked out so far.
#[derive(Clone, Default)]
pub struct Memo {
    /// The values, by number.
    values: RefCell<Vec<Option<Vec<u8>>>>,
    /// The variables of `set` that were read before they had a value.
    missed: RefCell<Vec<usize>>,
    /// The named groups of the regexes of maps that have matched, as the last of each name has it.
    groups: RefCell<Vec<(String, Option<Vec<u8>>)>>,
    /// Whether `$slice_range` was read.
    sliced: Cell<bool>,
}

impl Memo {
    /// Appends a value, worked out by `compute` unless that was done before.
    pub fn write(&self, once: Once, out: &mut Vec<u8>, compute: impl FnOnce(&mut Vec<u8>)) {
        let number = once.number();
        if let Some(Some(value)) = self.values.borrow().get(number) {
            return out.extend_from_slice(value);
        }
        // A value may rest on others of them.
        let mut value = Vec::new();
        compute(&mut value);
        out.extend_from_slice(&value);
        self.put(once, value);
    }

    /// Appends a value if it is known.
    pub fn write_known(&self, once: Once, out: &mut Vec<u8>) {
        if let Some(Some(value)) = self.values.borrow().get(once.number()) {
            out.extend_from_slice(value);
        }
    }

    /// Sets a value.
    pub fn put(&self, once: Once, value: Vec<u8>) {
        let mut values = self.values.borrow_mut();
        let number = once.number();
        if values.len() <= number {
            values.resize(number + 1, None);
        }
        values[number] = Some(value);
    }

    /// Takes note that a variable of `set` was read before it had a value. Whether that is so for the
    /// first time.
    pub(crate) fn misses(&self, slot: usize) -> bool {
        let mut missed = self.missed.borrow_mut();
        let is_first = !missed.contains(&slot);
        if is_first {
            missed.push(slot);
        }
        is_first
    }

    /// Takes note of a named group of the regex of a map.
    pub fn put_group(&self, name: &str, group: Option<&[u8]>) {
        let (mut groups, group) = (self.groups.borrow_mut(), group.map(<[u8]>::to_vec));
        match groups.iter_mut().find(|(known, _)| known == name) {
            Some((_, last)) => *last = group,
            None => groups.push((name.to_owned(), group)),
        }
    }

    /// The group of this name of the regex of a map, if one that has it has matched.
    pub fn group(&self, name: &str) -> Option<Option<Vec<u8>>> {
        let groups = self.groups.borrow();
        groups.iter().find(|(known, _)| known == name).map(|(_, group)| group.clone())
    }

    /// Takes note that `$slice_range` was read: a part is asked for.
    pub(crate) fn slice(&self) {
        self.sliced.set(true);
    }

    /// Whether it was.
    pub(crate) fn is_sliced(&self) -> bool {
        self.sliced.get()
    }

    /// Forgets all of them.
    pub(crate) fn clear(&mut self) {
        self.values.get_mut().clear();
        self.missed.get_mut().clear();
        self.groups.get_mut().clear();
        self.sliced.set(false);
    }
}

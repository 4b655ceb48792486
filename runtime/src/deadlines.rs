//! When each connection has waited long enough. A list for each distinct timeout, in order of
//! the last refresh: setting, refreshing and clearing cost the same few writes however many
//! connections there are.

/// No entry.
const NONE: u32 = u32::MAX;

/// One connection's place in a list.
#[derive(Clone, Copy)]
struct Entry {
    list: u32,
    previous: u32,
    next: u32,
    deadline_ms: u64,
}

/// Connections that share a timeout, the first to expire in front.
struct List {
    timeout_ms: u64,
    first: u32,
    last: u32,
}

/// The deadlines of connections, which are numbered from 0.
#[derive(Default)]
pub struct Deadlines {
    entries: Vec<Entry>,
    lists: Vec<List>,
}

impl Deadlines {
    /// Gives `index` a deadline `timeout_ms` from `now_ms`, in place of any that it has.
    pub fn set(&mut self, index: usize, now_ms: u64, timeout_ms: u64) {
        let deadline_ms = now_ms.saturating_add(timeout_ms);
        // Mostly the timeout is that of the last time, and so is the list.
        if let Some(entry) = self.entries.get_mut(index)
            && let Some(list) = self.lists.get(entry.list as usize)
            && list.timeout_ms == timeout_ms
        {
            // Behind the others it stays where it is: a connection alone, or one that is served
            // twice in a millisecond.
            if entry.deadline_ms == deadline_ms || list.last == index as u32 {
                entry.deadline_ms = deadline_ms;
                return;
            }
            let entry = *entry;
            self.unlink(entry);
            return self.append(index, entry.list, deadline_ms);
        }
        self.clear(index);
        let list = self.list_of(timeout_ms);
        self.append(index, list as u32, deadline_ms);
    }

    /// Puts `index`, which is in no list, at the end of one.
    fn append(&mut self, index: usize, list: u32, deadline_ms: u64) {
        let List { first, last, .. } = &mut self.lists[list as usize];
        let previous = std::mem::replace(last, index as u32);
        match previous {
            NONE => *first = index as u32,
            previous => self.entries[previous as usize].next = index as u32,
        }
        self.entries[index] = Entry { list, previous, next: NONE, deadline_ms };
    }

    /// Joins what is on either side of an entry in its list.
    fn unlink(&mut self, entry: Entry) {
        let list = &mut self.lists[entry.list as usize];
        match entry.previous {
            NONE => list.first = entry.next,
            previous => self.entries[previous as usize].next = entry.next,
        }
        match entry.next {
            NONE => list.last = entry.previous,
            next => self.entries[next as usize].previous = entry.previous,
        }
    }

    /// The list of a timeout. What is left of a longer time makes timeouts of any length, so one
    /// that is empty is taken for another: there are no more than deadlines.
    fn list_of(&mut self, timeout_ms: u64) -> usize {
        let same = |list: &List| list.timeout_ms == timeout_ms;
        let empty = |list: &List| list.first == NONE;
        let found = self.lists.iter().position(same);
        let found = found.or_else(|| self.lists.iter().position(empty));
        let list = List { timeout_ms, first: NONE, last: NONE };
        match found {
            Some(index) if empty(&self.lists[index]) => self.lists[index] = list,
            Some(_) => {}
            None => self.lists.push(list),
        }
        found.unwrap_or(self.lists.len() - 1)
    }

    /// Takes the deadline of `index` away.
    pub fn clear(&mut self, index: usize) {
        let absent = Entry { list: NONE, previous: NONE, next: NONE, deadline_ms: 0 };
        if index >= self.entries.len() {
            self.entries.resize(index + 1, absent);
        }
        let entry = std::mem::replace(&mut self.entries[index], absent);
        if entry.list != NONE {
            self.unlink(entry);
        }
    }

    /// When the deadline of `index` was set; 0 without one.
    pub fn set_ms(&self, index: usize) -> u64 {
        let entry = self.entries.get(index).filter(|entry| entry.list != NONE);
        entry.map_or(0, |entry| entry.deadline_ms - self.lists[entry.list as usize].timeout_ms)
    }

    /// The earliest deadline.
    pub fn next_ms(&self) -> Option<u64> {
        let firsts = self.lists.iter().filter(|list| list.first != NONE);
        firsts.map(|list| self.entries[list.first as usize].deadline_ms).min()
    }

    /// Takes away a deadline that has passed, and says whose it was.
    pub fn pop_expired(&mut self, now_ms: u64) -> Option<usize> {
        let mut firsts = self.lists.iter().map(|list| list.first).filter(|&first| first != NONE);
        let index = firsts.find(|&i| self.entries[i as usize].deadline_ms <= now_ms)? as usize;
        self.clear(index);
        Some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expires_in_order_of_deadline_and_refresh() {
        let mut deadlines = Deadlines::default();
        deadlines.set(0, 0, 50);
        deadlines.set(1, 1, 50);
        deadlines.set(2, 2, 10);
        deadlines.set(0, 5, 50);
        assert_eq!(deadlines.next_ms(), Some(12));
        assert_eq!(deadlines.pop_expired(11), None);
        assert_eq!(deadlines.pop_expired(51), Some(1));
        assert_eq!(deadlines.pop_expired(51), Some(2));
        assert_eq!(deadlines.pop_expired(51), None);
        assert_eq!(deadlines.next_ms(), Some(55));
        deadlines.clear(0);
        deadlines.clear(0);
        assert_eq!(deadlines.next_ms(), None);
    }

    #[test]
    fn what_stays_in_its_place_stays_in_order() {
        let mut deadlines = Deadlines::default();
        deadlines.set(0, 0, 50);
        deadlines.set(1, 5, 50);
        // The first again, at the same time; the last, later.
        deadlines.set(0, 0, 50);
        deadlines.set(1, 9, 50);
        assert_eq!(deadlines.next_ms(), Some(50));
        assert_eq!((deadlines.set_ms(0), deadlines.set_ms(1)), (0, 9));
        deadlines.set(0, 9, 50);
        deadlines.set(1, 9, 50);
        deadlines.set(1, 9, 20);
        assert_eq!(deadlines.pop_expired(29), Some(1));
        assert_eq!(deadlines.pop_expired(59), Some(0));
        assert_eq!(deadlines.pop_expired(59), None);
    }

    #[test]
    fn timeouts_that_are_over_take_no_room() {
        let mut deadlines = Deadlines::default();
        deadlines.set(0, 0, 7);
        for timeout_ms in 1..10_000 {
            deadlines.set(1, 0, timeout_ms);
            deadlines.set(2, 0, timeout_ms);
            assert_eq!(deadlines.next_ms(), Some(timeout_ms.min(7)));
        }
        assert!(deadlines.lists.len() <= 3, "{}", deadlines.lists.len());
        assert_eq!(deadlines.pop_expired(7), Some(0));
        assert_eq!(deadlines.pop_expired(9999), Some(1));
        assert_eq!(deadlines.pop_expired(9999), Some(2));
    }
}

//! A list of regexes that is asked once for the first in the list that matches.
//!
//! The list is split into classes by how its patterns are anchored, and a class into groups
//! where one automaton would grow too large. Each group is run once over the subject; what
//! counts is the least index of all.
//!
//! ```text
//! u32 group count, then each group:
//! u32 first index, u32 0, member: all of the group in one; its lists have indices
//! u32 first index, u32 count, member, then so often u32 index, member:
//!     patterns of which the first member finds some that are worth asking; its lists have
//!     the places of these among the following
//! member: u32 class, automaton
//! ```

use super::automaton::{Automaton, Rows, entries};
use super::{Reader, write_number};

/// How the patterns of an automaton are anchored, and so how it is fed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Class {
    /// All begin at the start of the subject: fed from the front, and soon dead.
    Anchored,
    /// All end at the end of the subject: reversed, and fed from the back.
    Suffix,
    /// Anywhere in the subject.
    Rest,
}

/// A list of regexes.
pub struct Set {
    groups: Vec<Group>,
}

/// Patterns that are asked together.
struct Group {
    /// The least index of them.
    first: usize,
    automaton: Member,
    /// With indices, where the automaton finds only which of them are worth asking.
    screened: Vec<(usize, Member)>,
}

/// One automaton.
struct Member {
    class: Class,
    automaton: Automaton,
}

/// A [`Set`] before it is written.
pub enum GroupRows {
    /// All patterns in one automaton, which has their indices.
    Merged(Class, Rows),
    /// An automaton that knows by number which of the others, each with its index, may match.
    Screened(Rows, Vec<(usize, Class, Rows)>),
}

impl Set {
    /// The bytes that [`Set::load`] reads.
    pub fn encode(groups: &[GroupRows]) -> Vec<u8> {
        let mut out = Vec::new();
        write_number(&mut out, groups.len());
        let write_member = |out: &mut Vec<u8>, class: Class, rows: &Rows| {
            write_number(out, class as usize);
            out.extend(rows.encode());
        };
        for group in groups {
            match group {
                GroupRows::Merged(class, rows) => {
                    let first = rows.lists.iter().flatten().min().copied().unwrap_or_default();
                    write_number(&mut out, first);
                    write_number(&mut out, 0);
                    write_member(&mut out, *class, rows);
                }
                GroupRows::Screened(screen, members) => {
                    let first = members.iter().map(|(index, ..)| *index).min().unwrap_or_default();
                    write_number(&mut out, first);
                    write_number(&mut out, members.len());
                    write_member(&mut out, Class::Rest, screen);
                    for (index, class, rows) in members {
                        write_number(&mut out, *index);
                        write_member(&mut out, *class, rows);
                    }
                }
            }
        }
        out
    }

    /// The set in `bytes`.
    ///
    /// # Panics
    /// Where `bytes` is not what [`Set::encode`] wrote: before the server serves anything.
    pub fn load(bytes: &'static [u8]) -> Set {
        Set::decode(bytes).expect("a regex table is as the compiler wrote it")
    }

    fn decode(bytes: &'static [u8]) -> Option<Set> {
        let mut reader = Reader(bytes);
        let group_count = reader.number()?;
        let groups = (0..group_count).map(|_| Group::decode(&mut reader)).collect::<Option<_>>()?;
        Some(Set { groups })
    }

    /// The index of the first pattern in the list that matches `subject`.
    pub fn find(&self, subject: &[u8]) -> Option<usize> {
        self.groups.iter().fold(None, |best, group| match best {
            Some(best) if best < group.first => Some(best),
            _ => [best, group.find(subject)].into_iter().flatten().min(),
        })
    }
}

impl Group {
    fn decode(reader: &mut Reader<'static>) -> Option<Group> {
        let (first, count) = (reader.number()?, reader.number()?);
        let automaton = Member::decode(reader)?;
        let member = |_| Some((reader.number()?, Member::decode(reader)?));
        let screened = (0..count).map(member).collect::<Option<_>>()?;
        Some(Group { first, automaton, screened })
    }

    fn find(&self, subject: &[u8]) -> Option<usize> {
        if self.screened.is_empty() {
            return self.automaton.least(subject, self.first);
        }
        let mut worth_asking = Vec::new();
        self.automaton.walk(subject, |list| {
            worth_asking.extend(entries(list));
            false
        });
        worth_asking.sort_unstable();
        worth_asking.dedup();
        let asked = worth_asking.into_iter().filter_map(|number| self.screened.get(number));
        asked
            .map(|(index, member)| (*index, member))
            .find_map(|(index, member)| member.least(subject, 0).map(|_| index))
    }
}

impl Member {
    fn decode(reader: &mut Reader<'static>) -> Option<Member> {
        let class = match reader.number()? {
            0 => Class::Anchored,
            1 => Class::Suffix,
            _ => Class::Rest,
        };
        Some(Member { class, automaton: Automaton::decode(reader)? })
    }

    /// The least number of what matches; one that is no more than `enough` may be any such.
    fn least(&self, subject: &[u8], enough: usize) -> Option<usize> {
        let mut least = None;
        self.walk(subject, |list| {
            least = least.into_iter().chain(entries(list)).min();
            least.is_some_and(|least| least <= enough)
        });
        least
    }

    #[inline]
    fn walk(&self, subject: &[u8], is_enough: impl FnMut(&'static [[u8; 4]]) -> bool) {
        match self.class {
            Class::Anchored | Class::Rest => self.automaton.walk(subject.iter(), is_enough),
            Class::Suffix => self.automaton.walk(subject.iter().rev(), is_enough),
        }
    }
}

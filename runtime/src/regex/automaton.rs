//! One automaton, as a table of small numbers that is laid out in the order of a walk.
//!
//! A walk that goes through as few cache lines as it can is what a lookup among many regexes
//! costs: cells have two bytes where they can, bytes that are never told apart share a column,
//! and the states behind a state stand next to it.
//!
//! ```text
//! u32 start, u32 columns, u32 states, u32 special states, u32 lists, u32 entries
//! 256 bytes: the column of each byte
//! for each list, u32: where it ends among the entries
//! for each entry, u32
//! for each state a row: for each column the next state; then the list of what matches
//!     where the subject ends. Two bytes each, or four where there is a number above
//! ```
//!
//! State 0 is dead: nothing will match. It and those after it that have matched something are
//! special. List 0 is empty, and each special state has the list with its number.

use super::{Reader, write_number};

/// An automaton before it is written.
pub struct Rows {
    /// The column of each byte.
    pub column_of: [u8; 256],
    /// How many columns there are.
    pub columns: usize,
    /// The state in which a subject begins.
    pub start: usize,
    /// The lists: of each special state, and behind these of ends of subjects.
    pub lists: Vec<Vec<usize>>,
    /// How many states are special, the dead one among them.
    pub special: usize,
    /// For each state, the state behind each column, and the list for the end.
    pub rows: Vec<Vec<usize>>,
}

impl Rows {
    /// The bytes that a server walks.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let entries = self.lists.iter().flatten().count();
        let (states, lists) = (self.rows.len(), self.lists.len());
        for number in [self.start, self.columns, states, self.special, lists, entries] {
            write_number(&mut out, number);
        }
        out.extend(self.column_of);
        let mut end = 0;
        for list in &self.lists {
            end += list.len();
            write_number(&mut out, end);
        }
        self.lists.iter().flatten().for_each(|&entry| write_number(&mut out, entry));
        let narrow = is_narrow(states, lists);
        for &cell in self.rows.iter().flatten() {
            match narrow {
                true => out.extend((cell as u16).to_le_bytes()),
                false => write_number(&mut out, cell),
            }
        }
        out
    }
}

/// Whether the numbers of so many states and lists fit two bytes.
fn is_narrow(states: usize, lists: usize) -> bool {
    states.max(lists) <= 1 << 16
}

/// An automaton that is walked.
pub(super) struct Automaton {
    column_of: &'static [u8; 256],
    start: usize,
    special: usize,
    /// Cells in a row.
    row_len: usize,
    list_ends: &'static [[u8; 4]],
    entries: &'static [[u8; 4]],
    cells: Cells,
}

enum Cells {
    Narrow(&'static [[u8; 2]]),
    Wide(&'static [[u8; 4]]),
}

impl Automaton {
    /// The automaton that [`Rows::encode`] wrote.
    pub(super) fn decode(reader: &mut Reader<'static>) -> Option<Automaton> {
        let (start, columns) = (reader.number()?, reader.number()?);
        let (states, special) = (reader.number()?, reader.number()?);
        let (lists, entries) = (reader.number()?, reader.number()?);
        let column_of = reader.bytes(256)?.try_into().ok()?;
        let row_len = columns.checked_add(1)?;
        let cell_count = states.checked_mul(row_len)?;
        let list_ends = reader.cells(lists)?;
        let entries = reader.cells(entries)?;
        let cells = match is_narrow(states, lists) {
            true => Cells::Narrow(reader.cells(cell_count)?),
            false => Cells::Wide(reader.cells(cell_count)?),
        };
        Some(Automaton { column_of, start, special, row_len, list_ends, entries, cells })
    }

    /// Walks over `bytes` to the end, and tells each list of what has matched on the way. Stops
    /// where nothing more can match, or where `is_enough` says so.
    #[inline]
    pub(super) fn walk<'b>(
        &self,
        bytes: impl Iterator<Item = &'b u8>,
        is_enough: impl FnMut(&'static [[u8; 4]]) -> bool,
    ) {
        match self.cells {
            Cells::Narrow(cells) => {
                self.walk_in(|at| u16::from_le_bytes(cells[at]).into(), bytes, is_enough);
            }
            Cells::Wide(cells) => {
                self.walk_in(|at| u32::from_le_bytes(cells[at]) as usize, bytes, is_enough);
            }
        }
    }

    #[inline]
    fn walk_in<'b>(
        &self,
        cell: impl Fn(usize) -> usize,
        bytes: impl Iterator<Item = &'b u8>,
        mut is_enough: impl FnMut(&'static [[u8; 4]]) -> bool,
    ) {
        let mut state = self.start;
        for &byte in bytes {
            state = cell(state * self.row_len + usize::from(self.column_of[usize::from(byte)]));
            if state < self.special && (state == 0 || is_enough(self.list(state))) {
                return;
            }
        }
        is_enough(self.list(cell(state * self.row_len + self.row_len - 1)));
    }

    fn list(&self, list: usize) -> &'static [[u8; 4]] {
        let end = |list: usize| u32::from_le_bytes(self.list_ends[list]) as usize;
        let start = list.checked_sub(1).map_or(0, end);
        &self.entries[start..end(list)]
    }
}

/// The numbers in a list.
pub(super) fn entries(list: &[[u8; 4]]) -> impl Iterator<Item = usize> + '_ {
    list.iter().map(|&entry| u32::from_le_bytes(entry) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What begins with `a`, and what ends in `b`, as 7 and 8.
    fn rows(states: usize) -> Rows {
        let column_of = std::array::from_fn(|byte| match byte as u8 {
            b'a' => 0,
            b'b' => 1,
            _ => 2,
        });
        let mut rows = vec![
            vec![0, 0, 0, 0],
            vec![1, 2, 1, 0],
            vec![1, 2, 1, 3],
            vec![1, 4, 5, 0],
            vec![5, 4, 5, 3],
            vec![5, 4, 5, 0],
        ];
        rows.resize(states, vec![0; 4]);
        let lists = vec![vec![], vec![7], vec![7], vec![8]];
        Rows { column_of, columns: 3, start: 3, lists, special: 3, rows }
    }

    fn found(rows: &Rows, subject: &str) -> Vec<usize> {
        let mut reader = Reader(Vec::leak(rows.encode()));
        let automaton = Automaton::decode(&mut reader).unwrap();
        assert!(reader.0.is_empty());
        let mut found = Vec::new();
        automaton.walk(subject.as_bytes().iter(), |list| {
            found.extend(entries(list));
            false
        });
        found
    }

    #[test]
    fn narrow_and_wide_tables_are_walked() {
        for rows in [rows(6), rows((1 << 16) + 1)] {
            for (subject, expected) in
                [("", &[][..]), ("b", &[8]), ("xb", &[8]), ("a", &[7]), ("ab", &[7, 7, 8])]
            {
                assert_eq!(found(&rows, subject), expected, "{subject}");
            }
        }
    }

    #[test]
    fn what_is_cut_short_is_no_automaton() {
        let bytes = rows(6).encode();
        for len in 0..bytes.len() {
            let cut = Vec::leak(bytes[..len].to_vec());
            assert!(Automaton::decode(&mut Reader(cut)).is_none(), "{len}");
        }
    }
}

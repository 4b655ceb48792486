//! What a content says of others that go into it: its commands, by whom they are carried out, and what
//! all contents of one response share.

use std::fmt;
use std::io;

use crate::output::{Attendant, Part};
use crate::site::{Level, Ssi};

/// The most that is asked of others before the client has taken what stands before it.
pub(crate) const MOST_AHEAD: usize = 4;
/// How many commands are carried out in one go, before other connections have their turn.
pub(super) const MOST_AT_ONCE: u32 = 256;
/// As many commands is a piece worth that is read, though there be none in it.
const PIECE_WORTH: u32 = 16;
/// The most bytes of variables and blocks that one response may have.
pub(crate) const MOST_WOVEN_LEN: usize = 256 * 1024;

/// Takes a content apart, and puts it together with others.
pub trait Weave {
    /// Takes a piece, and does what it says. How much of it was taken: not all where something has to
    /// come first.
    fn weave(&mut self, piece: &[u8], loom: &mut Loom<'_>) -> io::Result<usize>;

    /// Takes note that the content is at its end.
    fn finish(&mut self, loom: &mut Loom<'_>);
}

/// Begins to take a content apart.
pub(crate) type BeginWeave = fn(&'static Ssi) -> Box<dyn Weave>;

/// What a content needs to be put together with others.
pub struct Loom<'a> {
    pub(super) said: &'a mut Vec<Said>,
    pub(super) woven: &'a mut Woven,
    /// The request that it answers.
    pub(super) part: Part,
    pub(super) attendant: &'a mut dyn Attendant,
    /// Whether what is ahead has to be taken before more is read.
    pub(super) stops: &'a mut bool,
    /// How many bytes of text and how many others may yet come.
    pub(super) room: (usize, usize),
}

/// What a content says comes next.
pub(super) enum Said {
    Text(Vec<u8>),
    Part(Part, Wanted),
}

/// What is wanted of another content.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// What stands in its place where it is empty, or none.
    pub(crate) stub: Option<Vec<u8>>,
    /// The variable that it goes into, and how long it may be.
    pub(crate) into: Option<(Vec<u8>, usize)>,
}

impl Loom<'_> {
    /// Puts a text next.
    pub(crate) fn text(&mut self, text: &[u8]) {
        self.room.0 = self.room.0.saturating_sub(text.len());
        match self.said.last_mut() {
            _ if text.is_empty() => {}
            Some(Said::Text(last)) => last.extend_from_slice(text),
            _ => self.said.push(Said::Text(text.to_vec())),
        }
    }

    /// Puts what another location answers next.
    pub(crate) fn ask(&mut self, uri: Vec<u8>, wanted: Wanted) -> Result<(), String> {
        let part = self.attendant.ask(self.part, uri);
        let part = part.ok_or("too many requests stand within each other")?;
        self.room.1 = self.room.1.saturating_sub(1);
        self.said.push(Said::Part(part, wanted));
        Ok(())
    }

    /// Has all that is ahead taken before more is read.
    pub(crate) fn stop(&mut self) {
        *self.stops = true;
    }

    /// Whether no more is to be read now.
    pub(crate) fn stops(&self) -> bool {
        *self.stops || self.room.0 == 0 || self.room.1 == 0 || self.woven.is_spent()
    }

    /// Counts a command that is carried out.
    pub(crate) fn count(&mut self) {
        self.woven.left = self.woven.left.saturating_sub(1);
    }

    /// What all contents share.
    pub(crate) fn woven(&mut self) -> &mut Woven {
        self.woven
    }

    /// Appends the value of one of the server's variables, if it has one.
    pub(crate) fn variable(&mut self, name: &[u8], out: &mut Vec<u8>) -> bool {
        self.attendant.variable(self.part, name, out)
    }

    /// Appends the time.
    pub(crate) fn write_time(&self, is_utc: bool, format: &[u8], out: &mut Vec<u8>) {
        self.attendant.write_time(is_utc, format, out);
    }

    /// The path of the request that it answers.
    pub(crate) fn path(&self) -> Vec<u8> {
        self.attendant.path(self.part)
    }

    /// Writes a line to the error log.
    pub(crate) fn report(&mut self, level: Level, text: fmt::Arguments<'_>) {
        self.attendant.report(self.part, level, text);
    }
}

/// What all contents of one response share.
#[derive(Debug, Default)]
pub(crate) struct Woven {
    /// Takes contents apart, in a site where any are.
    begin: Option<BeginWeave>,
    variables: Vec<(Vec<u8>, Vec<u8>)>,
    /// The groups of the regex that matched last.
    groups: Vec<(Vec<u8>, Vec<u8>)>,
    blocks: Vec<(Vec<u8>, Vec<u8>)>,
    /// How many commands may yet be carried out in one go.
    left: u32,
}

fn find<'l>(list: &'l [(Vec<u8>, Vec<u8>)], name: &[u8]) -> Option<&'l Vec<u8>> {
    list.iter().find(|(other, _)| other == name).map(|(_, value)| value)
}

impl Woven {
    pub(super) fn new(begin: Option<BeginWeave>) -> Woven {
        Woven { begin, ..Woven::default() }
    }

    /// What takes a content apart, if its commands are carried out.
    pub(super) fn weave(&self, commands: Option<&'static Ssi>) -> Option<Box<dyn Weave>> {
        commands.zip(self.begin).map(|(commands, begin)| begin(commands))
    }

    /// Begins to do something, after others had their turn.
    pub(super) fn begin(&mut self) {
        self.left = MOST_AT_ONCE;
    }

    /// Whether others are to have their turn.
    pub(super) fn is_spent(&self) -> bool {
        self.left == 0
    }

    /// Counts a piece that is read.
    pub(super) fn count_piece(&mut self) {
        self.left = self.left.saturating_sub(PIECE_WORTH);
    }

    /// Why nothing more is taken, if so: there would be too much of it with so many bytes more.
    fn take(&self, more: usize) -> Result<(), String> {
        let all = [&self.variables, &self.groups, &self.blocks].into_iter().flatten();
        let len = all.map(|(name, value)| name.len() + value.len()).sum::<usize>();
        match len + more > MOST_WOVEN_LEN {
            true => Err("the variables and blocks of a response are too long".to_owned()),
            false => Ok(()),
        }
    }

    /// The value of a variable.
    pub(crate) fn get(&self, name: &[u8]) -> Option<&[u8]> {
        find(&self.groups, name).or_else(|| find(&self.variables, name)).map(|value| &value[..])
    }

    /// Gives a variable a value.
    pub(crate) fn set(&mut self, name: Vec<u8>, value: Vec<u8>) -> Result<(), String> {
        self.variables.retain(|(other, _)| *other != name);
        self.take(name.len() + value.len())?;
        self.variables.push((name, value));
        Ok(())
    }

    /// Forgets the groups of the regex that matched last.
    pub(crate) fn forget_groups(&mut self) {
        self.groups.clear();
    }

    /// Keeps a group: by its number, and by its name.
    pub(crate) fn set_group(
        &mut self,
        number: usize,
        name: Option<&str>,
        value: &[u8],
    ) -> Result<(), String> {
        self.take(2 * value.len() + 64)?;
        if number < 10 {
            self.groups.push((number.to_string().into_bytes(), value.to_vec()));
        }
        match name {
            Some(name) => self.set(name.to_ascii_lowercase().into_bytes(), value.to_vec()),
            None => Ok(()),
        }
    }

    /// Keeps a block; of several of one name, the first is the one.
    pub(crate) fn keep_block(&mut self, name: Vec<u8>, text: Vec<u8>) -> Result<(), String> {
        if find(&self.blocks, &name).is_some() {
            return Ok(());
        }
        self.take(name.len() + text.len())?;
        self.blocks.push((name, text));
        Ok(())
    }

    /// The text of a block.
    pub(crate) fn block(&self, name: &[u8]) -> Option<Vec<u8>> {
        find(&self.blocks, name).cloned()
    }
}

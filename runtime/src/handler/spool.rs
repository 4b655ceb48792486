//! Content that is gathered before it is passed on: in memory up to `client_body_buffer_size`, in
//! memory that all share (`client_body_memory`), and beyond that in a file without a name. What is more than `client_max_body_size` is refused by
//! whoever reads it.
//!
//! A script is told the length of its content before it starts (RFC 3875, 4.1.2), and chunked content
//! has none before it is complete. Another server is not to wait for a slow client, and may be asked
//! for the same once more.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::rc::Rc;

use super::{Outcome, Receiver, Request};
use crate::backend::Input;
use crate::exchange::{Pieces, Refusal, Room};
use crate::files::Files;
use crate::site::Level;

/// Who the content is for.
pub(crate) trait Spooled {
    /// All of it is there, so many bytes.
    fn finish(&self, request: &Request<'_>, input: Input, len: u64) -> Outcome;
}

/// Gathers the content of a request.
pub(crate) struct Spool {
    to: Box<dyn Spooled>,
    memory: Pieces,
    /// How much is held in memory before there is a file.
    room: Room,
    file: Option<File>,
    len: u64,
}

impl Spool {
    /// A spool for the content of a request.
    pub(crate) fn new(to: Box<dyn Spooled>, room: Room) -> Spool {
        Spool { to, memory: Pieces::default(), room, file: None, len: 0 }
    }

    fn take(&mut self, data: &[u8]) -> io::Result<()> {
        self.len += data.len() as u64;
        if let Some(file) = &mut self.file {
            return file.write_all(data);
        }
        let rest = &data[self.memory.push(data, self.room)..];
        if rest.is_empty() {
            return Ok(());
        }
        let mut file = nameless_file()?;
        for piece in self.memory.iter() {
            file.write_all(piece)?;
        }
        file.write_all(rest)?;
        self.memory = Pieces::default();
        self.file = Some(file);
        Ok(())
    }

    fn into_input(self) -> io::Result<(Box<dyn Spooled>, Input)> {
        let input = match self.file {
            Some(mut file) => {
                file.rewind()?;
                Input::File(file)
            }
            None => Input::Bytes(Rc::new(self.memory)),
        };
        Ok((self.to, input))
    }
}

impl Receiver for Spool {
    fn receive(&mut self, data: &[u8]) -> Result<(), Refusal> {
        self.take(data).map_err(|error| Refusal {
            status: match error.raw_os_error() {
                Some(libc::ENOSPC | libc::EDQUOT) => 507,
                _ => 500,
            },
            level: Level::Crit,
            reason: format!("the content of a request could not be kept: {error}"),
        })
    }

    fn room(&mut self) -> Option<&mut [u8]> {
        match self.memory.is_shared() {
            true => self.memory.free(self.room),
            false => None,
        }
    }

    fn filled(&mut self, len: usize) {
        self.memory.fill(len);
        self.len += len as u64;
    }

    fn in_memory(&self) -> Option<&[u8]> {
        self.memory.as_short()
    }

    fn finish(self: Box<Self>, request: &Request<'_>, _: &mut Files) -> Outcome {
        let len = self.len;
        match self.into_input() {
            Ok((to, input)) => to.finish(request, input, len),
            Err(error) => {
                let text = format_args!("the content of a request could not be read: {error}");
                (request.report)(Level::Crit, text);
                Outcome::Status(500)
            }
        }
    }
}

impl fmt::Debug for Spool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spool").field("len", &self.len).finish_non_exhaustive()
    }
}

/// A file that has no name, or whose name is gone at once where the file system knows no such
/// files. It ends with its last descriptor.
fn nameless_file() -> io::Result<File> {
    let folder = std::env::temp_dir();
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    match options.custom_flags(libc::O_TMPFILE).open(&folder) {
        Err(error) if matches!(error.raw_os_error(), Some(libc::EOPNOTSUPP | libc::EISDIR)) => {
            let name = format!("sitec-{}-{:p}", std::process::id(), &raw const options);
            let path = folder.join(name);
            let file = options.custom_flags(0).create_new(true).open(&path)?;
            std::fs::remove_file(&path)?;
            Ok(file)
        }
        result => result,
    }
}
